//! Roles: what they allow, which kinds they reach, which fields they show. Data: a county can define
//! each anew, and starts with those below.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::app::registry::RecordKind;

/// One thing that a role allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Reading the registry.
    RegistryRead,
    /// Recording versions of registry records.
    RegistryWrite,
    /// Reading and checking schemes.
    SchemeRead,
    /// Publishing and retiring schemes.
    SchemePublish,
    /// Reading facts.
    FactRead,
    /// Recording facts.
    FactRecord,
    /// Reversing facts.
    FactReverse,
    /// Recording decisions on open ties (F11).
    Decide,
    /// Reading runs.
    RunRead,
    /// Starting runs.
    RunStart,
    /// Publishing and superseding runs.
    RunPublish,
    /// Reading published results.
    ResultRead,
    /// Reading computed results before they are published.
    ResultPreview,
    /// Reading how a result came about.
    ResultExplain,
    /// Reading the audit trail.
    AuditRead,
    /// Reading roles and grants.
    AccessRead,
    /// Granting, revoking and defining roles.
    AccessManage,
    /// Recording the adoption of point schedules, and retiring them (M2).
    ScheduleAdopt,
    /// Confirming and refusing entries as a second person (M2).
    EntryCheck,
    /// Objecting to what is recorded about a member (M2).
    Object,
    /// Answering objections (M2).
    ObjectionAnswer,
    /// Opening, extending and closing assessment rounds (P2).
    RoundOrganise,
    /// Writing one's own sheets of assessment rounds (P2).
    RoundAssess,
    /// Loading the state's yearly notices of holidays (F8).
    CalendarLoad,
    /// Posting public notices of computed runs (F8).
    NoticePost,
    /// Objecting to a result under public notice (F9).
    NoticeObject,
    /// Answering objections of public notices (F9).
    NoticeAnswer,
    /// Opening appraisal chains, closing cohorts and opening cases again (S1).
    AppraisalOrganise,
    /// Proposing the values of appraisals (S2).
    AppraisalPropose,
    /// Adjusting proposed values (S2).
    AppraisalAdjust,
    /// Confirming values (S2).
    AppraisalConfirm,
    /// Reading chains, cohorts and cases (S1, S2).
    AppraisalRead,
    /// Opening selections, moving deadlines, taking the ranking, checking reports, confirming (F1, F6 to
    /// F9, F12).
    SelectionOrganise,
    /// Applying for a selection (F2).
    SelectionApply,
    /// Giving opinions on applications (F3).
    SelectionOpine,
    /// Looking at places and recommending (F4).
    SelectionRecommend,
    /// Examining recommended candidates (F6).
    SelectionExamine,
    /// Recording what the standing committee decided (F7, F9).
    SelectionDecide,
    /// Reading selections and their candidates.
    SelectionRead,
    /// Recording what is appropriated to the purposes of a year (A3).
    BudgetManage,
    /// Proposing awards for payment, cancelling proposals, demanding money back (A4, A5).
    AwardPropose,
    /// Approving and rejecting what another proposed, and waiving recoveries (A4, A5).
    AwardApprove,
    /// Handing payments to the treasury, and recording what it answers and what came back (A5).
    AwardSettle,
    /// Reading budgets, entitlements, payments, recoveries and the books.
    AwardRead,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 44] = [
        Self::RegistryRead,
        Self::RegistryWrite,
        Self::SchemeRead,
        Self::SchemePublish,
        Self::FactRead,
        Self::FactRecord,
        Self::FactReverse,
        Self::Decide,
        Self::RunRead,
        Self::RunStart,
        Self::RunPublish,
        Self::ResultRead,
        Self::ResultPreview,
        Self::ResultExplain,
        Self::AuditRead,
        Self::AccessRead,
        Self::AccessManage,
        Self::ScheduleAdopt,
        Self::EntryCheck,
        Self::Object,
        Self::ObjectionAnswer,
        Self::RoundOrganise,
        Self::RoundAssess,
        Self::CalendarLoad,
        Self::NoticePost,
        Self::NoticeObject,
        Self::NoticeAnswer,
        Self::AppraisalOrganise,
        Self::AppraisalPropose,
        Self::AppraisalAdjust,
        Self::AppraisalConfirm,
        Self::AppraisalRead,
        Self::SelectionOrganise,
        Self::SelectionApply,
        Self::SelectionOpine,
        Self::SelectionRecommend,
        Self::SelectionExamine,
        Self::SelectionDecide,
        Self::SelectionRead,
        Self::BudgetManage,
        Self::AwardPropose,
        Self::AwardApprove,
        Self::AwardSettle,
        Self::AwardRead,
    ];
}

/// Fields of answers that only some roles see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldGroup {
    /// Names and free attributes of persons.
    Names,
    /// Ballots, survey counts and single assessors' sheets.
    Ballots,
    /// Awards and amounts.
    Money,
}

impl FieldGroup {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Names, Self::Ballots, Self::Money];
}

/// Over how much of a county a permission must be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Nothing is asked for.
    Caller,
    /// For any part of the county.
    Part,
    /// For a unit at or above each object.
    Subtree,
    /// For the whole county.
    County,
}

/// What holders of a role may do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Role {
    /// The name, as shown to people.
    pub title: String,
    /// What it allows.
    pub permissions: BTreeSet<Permission>,
    /// The kinds of records that it reaches.
    pub kinds: BTreeSet<RecordKind>,
    /// The groups of fields that it shows.
    pub fields: BTreeSet<FieldGroup>,
}

impl Role {
    fn of(
        title: &str,
        permissions: &[Permission],
        kinds: &[RecordKind],
        fields: &[FieldGroup],
    ) -> Self {
        Self {
            title: title.to_owned(),
            permissions: permissions.iter().copied().collect(),
            kinds: kinds.iter().copied().collect(),
            fields: fields.iter().copied().collect(),
        }
    }

    /// The role of those whom the service's settings name: everything.
    pub(super) fn administrator() -> Self {
        Self::of("系统管理员", &Permission::ALL, &RecordKind::ALL, &FieldGroup::ALL)
    }
}

/// A role as every county starts with it.
struct Start {
    id: &'static str,
    title: &'static str,
    permissions: &'static [Permission],
    kinds: &'static [RecordKind],
    fields: &'static [FieldGroup],
}

/// The units of the tree.
const UNITS: [RecordKind; 5] = [
    RecordKind::County,
    RecordKind::Street,
    RecordKind::Community,
    RecordKind::Compound,
    RecordKind::Building,
];

/// The roles every county starts with. Reviewed as the table that it is.
#[rustfmt::skip]
const START: [Start; 14] = {
    use FieldGroup::{Ballots, Money, Names};
    use Permission as P;
    use RecordKind as K;
    [
        // keeps everything, publishes, grants; the audit trail is the auditor's
        Start { id: "organization_department", title: "县委组织部",
            permissions: &[P::RegistryRead, P::RegistryWrite, P::SchemeRead, P::SchemePublish, P::FactRead, P::FactRecord,
                P::FactReverse, P::Decide, P::RunRead, P::RunStart, P::RunPublish, P::ResultRead, P::ResultPreview,
                P::ResultExplain, P::AccessRead, P::AccessManage, P::EntryCheck, P::ObjectionAnswer, P::ScheduleAdopt,
                P::RoundOrganise, P::CalendarLoad, P::NoticePost, P::NoticeObject, P::NoticeAnswer, P::AppraisalOrganise, P::AppraisalPropose,
                P::AppraisalAdjust, P::AppraisalConfirm, P::AppraisalRead, P::SelectionOrganise, P::SelectionRead,
                P::AwardPropose, P::AwardApprove, P::AwardRead],
            kinds: &K::ALL, fields: &FieldGroup::ALL },
        // property, and what it is measured on (P1–P7)
        Start { id: "housing_bureau", title: "住房和城乡建设局",
            permissions: &[P::RegistryRead, P::SchemeRead, P::FactRead, P::FactRecord, P::FactReverse, P::RunRead, P::ResultRead,
                P::ResultPreview, P::ResultExplain, P::RoundOrganise, P::RoundAssess, P::NoticeObject, P::NoticeAnswer],
            kinds: &[UNITS[0], UNITS[1], UNITS[2], UNITS[3], UNITS[4], K::Company, K::Project], fields: &[Ballots, Money] },
        // its registry and facts; decides its ties (F11); single assessors' sheets are not its business
        Start { id: "street", title: "街道党工委",
            permissions: &[P::RegistryRead, P::RegistryWrite, P::SchemeRead, P::FactRead, P::FactRecord, P::FactReverse, P::Decide,
                P::RunRead, P::ResultRead, P::ResultExplain, P::EntryCheck, P::ObjectionAnswer, P::ScheduleAdopt, P::RoundAssess,
                P::NoticeObject, P::AppraisalPropose, P::AppraisalAdjust, P::AppraisalRead, P::SelectionRecommend, P::SelectionRead],
            kinds: &K::ALL, fields: &[Names, Money] },
        Start { id: "community", title: "社区党组织",
            permissions: &[P::RegistryRead, P::RegistryWrite, P::SchemeRead, P::FactRead, P::FactRecord, P::FactReverse,
                P::RunRead, P::ResultRead, P::ResultExplain, P::EntryCheck, P::Object, P::ObjectionAnswer, P::ScheduleAdopt,
                P::RoundAssess, P::NoticeObject, P::AppraisalPropose, P::AppraisalRead, P::SelectionOpine, P::SelectionRead],
            kinds: &K::ALL, fields: &[Names, Money] },
        Start { id: "compound_branch", title: "小区党支部",
            permissions: &[P::RegistryRead, P::SchemeRead, P::FactRead, P::FactRecord, P::FactReverse, P::RunRead, P::ResultRead,
                P::ResultExplain, P::EntryCheck, P::Object, P::ObjectionAnswer, P::ScheduleAdopt, P::RoundAssess,
                P::NoticeObject, P::SelectionApply, P::SelectionRead],
            kinds: &[UNITS[0], UNITS[1], UNITS[2], UNITS[3], UNITS[4], K::Branch, K::Member, K::Post, K::Project],
            fields: &[Names, Money] },
        // its own members (M7)
        Start { id: "unit_branch", title: "单位党支部",
            permissions: &[P::RegistryRead, P::SchemeRead, P::FactRead, P::FactRecord, P::RunRead, P::ResultRead],
            kinds: &[K::Branch, K::Member], fields: &[Names] },
        // score, grade, standing and reasons; neither ballots nor money (M7, S6)
        Start { id: "hr_reader", title: "人事系统",
            permissions: &[P::RegistryRead, P::SchemeRead, P::RunRead, P::ResultRead],
            kinds: &[K::Member, K::Post], fields: &[Names] },
        // ratings of projects and companies (P4)
        Start { id: "credit_reader", title: "物业信用系统",
            permissions: &[P::RegistryRead, P::SchemeRead, P::RunRead, P::ResultRead],
            kinds: &[K::Company, K::Project], fields: &[] },
        // held over oneself
        Start { id: "member", title: "党员本人",
            permissions: &[P::RegistryRead, P::SchemeRead, P::FactRead, P::RunRead, P::ResultRead, P::ResultExplain,
                P::Object, P::NoticeObject],
            kinds: &[K::Member, K::Post], fields: &[Names, Money] },
        // examines what the streets recommend (F6): organisation, discipline, political-legal, publicity, housing, urban management
        Start { id: "selection_group", title: "评选组",
            permissions: &[P::RegistryRead, P::SchemeRead, P::RunRead, P::ResultRead, P::ResultPreview, P::ResultExplain,
                P::SelectionExamine, P::SelectionRead],
            kinds: &[UNITS[0], UNITS[1], UNITS[2], UNITS[3], UNITS[4], K::Branch], fields: &[] },
        // records what the standing committee decided (F7)
        Start { id: "standing_committee", title: "县委常委会",
            permissions: &[P::RegistryRead, P::SchemeRead, P::RunRead, P::ResultRead, P::SelectionDecide, P::SelectionRead],
            kinds: &[UNITS[0], UNITS[1], UNITS[2], UNITS[3], UNITS[4], K::Branch], fields: &[] },
        // keeps the year's money, pays what was approved (A3, A5)
        Start { id: "finance_bureau", title: "财政局",
            permissions: &[P::SchemeRead, P::BudgetManage, P::AwardSettle, P::AwardRead], kinds: &K::ALL, fields: &[Names, Money] },
        // reads everything but names, and the trail
        Start { id: "auditor", title: "审计",
            permissions: &[P::RegistryRead, P::SchemeRead, P::FactRead, P::RunRead, P::ResultRead, P::ResultPreview,
                P::ResultExplain, P::AuditRead, P::AccessRead, P::AppraisalRead, P::SelectionRead, P::AwardRead],
            kinds: &K::ALL, fields: &[Ballots, Money] },
        // keeps the service running; sees nothing of anybody
        Start { id: "operator", title: "运维",
            permissions: &[P::SchemeRead, P::RunRead, P::RunStart], kinds: &[], fields: &[] },
    ]
};

/// The roles every county starts with, by id.
pub fn builtin() -> BTreeMap<&'static str, Role> {
    let role = |it: &Start| Role::of(it.title, it.permissions, it.kinds, it.fields);
    START.iter().map(|it| (it.id, role(it))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_s_words_are_kept_as_they_are() {
        let hr = builtin().remove("hr_reader").unwrap();
        let text = serde_json::to_string(&hr).unwrap();
        let expected = concat!(
            r#"{"title":"人事系统","permissions":["registry_read","scheme_read","run_read","#,
            r#""result_read"],"kinds":["member","post"],"fields":["names"]}"#
        );
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Role>(&text).unwrap(), hr);
    }

    #[test]
    fn only_those_who_may_see_ballots_and_the_trail() {
        let having = |test: &dyn Fn(&Role) -> bool| -> Vec<&str> {
            builtin().iter().filter(|(_, it)| test(it)).map(|(id, _)| *id).collect()
        };
        let ballots = having(&|it| it.fields.contains(&FieldGroup::Ballots));
        assert_eq!(ballots, ["auditor", "housing_bureau", "organization_department"]);
        assert_eq!(having(&|it| it.permissions.contains(&Permission::AuditRead)), ["auditor"]);
        let manage = having(&|it| it.permissions.contains(&Permission::AccessManage));
        assert_eq!(manage, ["organization_department"]);
        assert_eq!(builtin().len(), 14);
    }
}
