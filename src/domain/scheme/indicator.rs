//! Figures of a compound that the service computes from its registry, for schemes that ask for them
//! by name (I1 to I3, I9, M3).

/// A figure that the registry gives of a compound on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Indicator {
    /// 1 where a rule of I1 or I2 asks for an organisation (应建), else 0 (I9).
    FormationDue,
    /// 1 where one is due and there (已建), else 0 (I9).
    FormationDone,
    /// Directly managed members (直管党员) who live there (I2).
    DirectMembers,
    /// Persons in the branch's committee (支部委员会), the secretary among them (I3).
    CommitteeSize,
    /// Branch secretaries (I3).
    BranchSecretaries,
    /// Their deputies (I3).
    DeputySecretaries,
    /// Buildings (I3).
    Buildings,
    /// Buildings with a party group or a building head (I3).
    BuildingsLed,
    /// Members who live there.
    MembersResident,
    /// Those of them who are in service (在职党员, M3).
    MembersInService,
    /// Those in service who have checked in there (报到, M3).
    MembersCheckedIn,
    /// Households (住户), as registered.
    Households,
}

impl Indicator {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 12] = [
        Self::FormationDue,
        Self::FormationDone,
        Self::DirectMembers,
        Self::CommitteeSize,
        Self::BranchSecretaries,
        Self::DeputySecretaries,
        Self::Buildings,
        Self::BuildingsLed,
        Self::MembersResident,
        Self::MembersInService,
        Self::MembersCheckedIn,
        Self::Households,
    ];

    /// Its name: that of the metric, too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FormationDue => "formation_due",
            Self::FormationDone => "formation_done",
            Self::DirectMembers => "direct_members",
            Self::CommitteeSize => "committee_size",
            Self::BranchSecretaries => "branch_secretaries",
            Self::DeputySecretaries => "deputy_secretaries",
            Self::Buildings => "buildings",
            Self::BuildingsLed => "buildings_led",
            Self::MembersResident => "members_resident",
            Self::MembersInService => "members_in_service",
            Self::MembersCheckedIn => "members_checked_in",
            Self::Households => "households",
        }
    }
}
