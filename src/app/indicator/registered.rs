//! Figures that the registry gives of a compound: pure, over what was read.

use crate::{
    app::formation::{Bounds, Due, Finding, Form, Formation, Rule, Standing},
    domain::{exact::Decimal, scheme::Indicator},
};

/// What the registry says of a compound on a day, as far as indicators ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InRegistry {
    /// Its organisations against rules I1 to I3.
    pub formation: Formation,
    /// Its households, where they are counted.
    pub households: Option<i64>,
    /// Members in service who live there.
    pub in_service: usize,
    /// Those of them who have checked in there (M3).
    pub checked_in: usize,
    /// The area of its community's site in square metres (I8), where it is measured.
    pub site_area: Option<Decimal>,
}

/// A count, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// So many.
    Known(i64),
    /// What is registered does not decide it.
    Undecided(Bounds),
    /// Nobody registered it.
    NotRecorded,
}

/// Whether a compound has the organisation that it should have (I9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    /// None is asked for.
    NotDue,
    /// One is due and there.
    Done,
    /// One is due and not there.
    Lacking,
    /// What is registered does not decide it.
    Undecided,
}

fn known(count: usize) -> Figure {
    Figure::Known(i64::try_from(count).unwrap_or(i64::MAX))
}

const EITHER: Figure = Figure::Undecided(Bounds { least: 0, most: 1 });

impl InRegistry {
    /// The findings of I1 and I2, which ask for an organisation.
    fn asking(&self) -> impl Iterator<Item = &Finding> {
        // A party group under a community that is a branch is advised, and not asked for.
        let asks = |it: &&Finding| {
            matches!(it.rule, Rule::Settled | Rule::DirectlyManaged)
                && it.due != Some(Due::Organisation(Form::Group))
        };
        self.formation.findings.iter().filter(asks)
    }

    fn any(&self, standings: &[Standing]) -> bool {
        self.asking().any(|it| standings.contains(&it.standing))
    }

    /// Whether a rule of I1 or I2 asks for an organisation. What is only advised is not asked for.
    fn due(&self) -> Figure {
        if self.any(&[Standing::Met, Standing::Lacking]) {
            Figure::Known(1)
        } else if self.any(&[Standing::Undecided]) {
            EITHER
        } else {
            Figure::Known(0)
        }
    }

    /// Whether all that is asked for is there.
    fn done(&self) -> Figure {
        // Undecided with something due by name: it is not there, else the rule would be met.
        let absent = |it: &Finding| {
            it.standing == Standing::Undecided && matches!(it.due, Some(Due::Organisation(_)))
        };
        let absent = self.asking().any(absent) && !self.any(&[Standing::Met]);
        if self.any(&[Standing::Lacking]) || absent {
            Figure::Known(0)
        } else if self.any(&[Standing::Undecided]) {
            EITHER
        } else {
            Figure::Known(i64::from(self.any(&[Standing::Met])))
        }
    }

    /// Whether the compound has the organisation that it should have (I9).
    pub fn coverage(&self) -> Coverage {
        match (self.due(), self.done()) {
            (Figure::Known(0), _) => Coverage::NotDue,
            (Figure::Known(_), Figure::Known(0)) => Coverage::Lacking,
            (Figure::Known(_), Figure::Known(_)) => Coverage::Done,
            (Figure::Known(_) | Figure::Undecided(_) | Figure::NotRecorded, _) => {
                Coverage::Undecided
            }
        }
    }

    /// A figure. No building and no households registered are not recorded: there are some.
    pub fn figure(&self, of: Indicator) -> Figure {
        let it = &self.formation.known;
        let led = it.buildings.iter().filter(|it| it.heads > 0 || !it.groups.is_empty()).count();
        match of {
            Indicator::FormationDue => self.due(),
            Indicator::FormationDone => self.done(),
            Indicator::DirectMembers => known(it.directly_managed),
            Indicator::CommitteeSize => known(it.committee.members.len()),
            Indicator::BranchSecretaries => known(it.committee.secretaries.len()),
            Indicator::DeputySecretaries => known(it.committee.deputies.len()),
            Indicator::Buildings | Indicator::BuildingsLed if it.buildings.is_empty() => {
                Figure::NotRecorded
            }
            Indicator::Buildings => known(it.buildings.len()),
            Indicator::BuildingsLed => known(led),
            Indicator::MembersResident => known(it.residents),
            Indicator::MembersInService => known(self.in_service),
            Indicator::MembersCheckedIn => known(self.checked_in),
            Indicator::Households => self.households.map_or(Figure::NotRecorded, Figure::Known),
        }
    }

    /// Whether a rule's line is met; none where nothing is due or it is undecided.
    pub(super) fn met(&self, of: Indicator) -> Option<bool> {
        match of {
            Indicator::FormationDone => match self.coverage() {
                Coverage::Done => Some(true),
                Coverage::Lacking => Some(false),
                Coverage::NotDue | Coverage::Undecided => None,
            },
            Indicator::CommitteeSize => self.stands(Rule::CommitteeSize),
            Indicator::BranchSecretaries => self.stands(Rule::Secretary),
            Indicator::DeputySecretaries => self.stands(Rule::Deputies),
            Indicator::BuildingsLed => self.stands(Rule::Building),
            Indicator::FormationDue
            | Indicator::DirectMembers
            | Indicator::Buildings
            | Indicator::MembersResident
            | Indicator::MembersInService
            | Indicator::MembersCheckedIn
            | Indicator::Households => None,
        }
    }

    /// Whether a rule holds wherever it is asked: one that lacks decides, then one undecided.
    fn stands(&self, rule: Rule) -> Option<bool> {
        let all = || self.formation.findings.iter().filter(|it| it.rule == rule);
        if all().any(|it| it.standing == Standing::Lacking) {
            return Some(false);
        }
        let asked = all().any(|it| it.standing == Standing::Met);
        (asked && all().all(|it| it.standing == Standing::Met)).then_some(true)
    }
}
