//! The rules over made-up compounds, each outcome at its edge.

use std::collections::BTreeSet;

use super::*;
use crate::app::{
    formation::{Committee, Organisation},
    registry::{RecordKind, RecordRef},
};

fn bounds(least: usize, most: usize) -> Bounds {
    Bounds { least, most }
}

fn compound(form: Option<BranchForm>, settled: Bounds) -> Known {
    Known {
        compound: "k".to_owned(),
        community: Some("c".to_owned()),
        community_form: form,
        residents: settled.most.max(1),
        formal: settled,
        settled,
        directly_managed: 0,
        organisations: Vec::new(),
        committee: Committee::default(),
        buildings: Vec::new(),
    }
}

fn has(mut known: Known, forms: &[Form]) -> Known {
    for form in forms {
        let anchor = RecordRef::new(RecordKind::Compound, "k");
        known.organisations.push(Organisation { id: format!("{form:?}"), anchor, form: *form });
    }
    known
}

fn by(known: &Known, rule: Rule) -> (Standing, Option<Due>, Vec<String>) {
    let found = judge(known).into_iter().find(|it| it.rule == rule).unwrap();
    assert!(!found.en.is_empty() && !found.zh.is_ascii(), "{found:?}");
    (found.standing, found.due, found.met_by)
}

#[test]
fn under_a_committee_three_who_have_settled_make_a_branch() {
    use Standing::{Lacking, Met, NotDue, Undecided};
    for form in [BranchForm::PartyCommittee, BranchForm::GeneralBranch] {
        for (settled, forms, want) in [
            (bounds(2, 2), &[][..], NotDue),
            (bounds(3, 3), &[], Lacking),
            (bounds(2, 3), &[], Undecided),
            (bounds(2, 3), &[Form::Own], Met),
            (bounds(3, 9), &[Form::Joint, Form::Group], Lacking),
            (bounds(3, 3), &[Form::Own], Met),
        ] {
            let known = has(compound(Some(form), settled), forms);
            let (standing, due, met_by) = by(&known, Rule::Settled);
            assert_eq!(standing, want, "{settled:?} {forms:?}");
            assert_eq!(due.is_some(), want != NotDue);
            assert_eq!(met_by.is_empty(), want != Met);
        }
    }
}

#[test]
fn under_a_branch_a_group_is_advised_and_without_an_organisation_nothing_is_decided() {
    let under =
        |forms: &[Form]| has(compound(Some(BranchForm::CompoundBranch), bounds(5, 5)), forms);
    let group = Some(Due::Organisation(Form::Group));
    assert_eq!(by(&under(&[]), Rule::Settled), (Standing::Advised, group, vec![]));
    for form in [Form::Group, Form::Own] {
        let met = vec![format!("{form:?}")];
        assert_eq!(by(&under(&[form]), Rule::Settled), (Standing::Met, group, met));
    }
    assert_eq!(by(&under(&[Form::Joint]), Rule::Settled).0, Standing::Advised);
    let nobody = Known { residents: 0, ..under(&[]) };
    assert_eq!(by(&nobody, Rule::Settled).0, Standing::NotDue);
    assert_eq!(by(&compound(None, bounds(9, 9)), Rule::Settled).0, Standing::Undecided);
}

#[test]
fn directly_managed_members_have_a_branch_of_their_own_or_a_joint_one() {
    use Standing::{Lacking, Met, NotDue};
    let (own, joint) = (Some(Due::Organisation(Form::Own)), Some(Due::Organisation(Form::Joint)));
    for (count, forms, want, due) in [
        (0, &[][..], NotDue, None),
        (1, &[], Lacking, joint),
        (2, &[Form::Group], Lacking, joint),
        (2, &[Form::Joint], Met, joint),
        (2, &[Form::Own], Met, joint),
        (3, &[Form::Joint], Lacking, own),
        (3, &[Form::Own], Met, own),
    ] {
        let known = has(compound(Some(BranchForm::PartyCommittee), bounds(0, 0)), forms);
        let known = Known { directly_managed: count, ..known };
        let found = by(&known, Rule::DirectlyManaged);
        assert_eq!((found.0, found.1), (want, due), "{count} {forms:?}");
    }
}

#[test]
fn a_committee_has_three_to_five_one_secretary_and_one_or_two_deputies() {
    use Standing::{Lacking, Met, NotDue};
    let people = |count: usize| (0..count).map(|it| format!("m-{it}")).collect::<BTreeSet<_>>();
    let stands = |forms: &[Form], members, secretaries, deputies| {
        let committee = Committee {
            members: people(members),
            secretaries: people(secretaries),
            deputies: people(deputies),
        };
        let known = has(compound(Some(BranchForm::PartyCommittee), bounds(3, 3)), forms);
        let known = Known { committee, ..known };
        [Rule::CommitteeSize, Rule::Secretary, Rule::Deputies].map(|it| by(&known, it).0)
    };
    assert_eq!(stands(&[], 0, 0, 0), [NotDue; 3]);
    assert_eq!(stands(&[Form::Group], 4, 1, 1), [NotDue; 3], "a group has no committee");
    assert_eq!(stands(&[Form::Own], 2, 0, 0), [Lacking; 3]);
    assert_eq!(stands(&[Form::Own], 3, 1, 1), [Met; 3]);
    assert_eq!(stands(&[Form::Own], 5, 1, 2), [Met; 3]);
    assert_eq!(stands(&[Form::Own], 6, 2, 3), [Lacking; 3]);
    // A neighbour's joint branch has its committee there.
    let mut joined = compound(Some(BranchForm::PartyCommittee), bounds(3, 3));
    let anchor = RecordRef::new(RecordKind::Compound, "k-2");
    joined.organisations.push(Organisation { id: "j".to_owned(), anchor, form: Form::Joint });
    assert_eq!(by(&joined, Rule::CommitteeSize).0, NotDue);
}

#[test]
fn a_building_of_three_has_a_group_and_another_a_head() {
    use Standing::{Lacking, Met, Undecided};
    let group = Some(Due::Organisation(Form::Group));
    for (formal, groups, heads, want, due) in [
        (bounds(3, 3), 0, 1, Lacking, group),
        (bounds(3, 3), 1, 0, Met, group),
        (bounds(2, 2), 0, 0, Lacking, Some(Due::BuildingHead)),
        (bounds(2, 2), 0, 1, Met, Some(Due::BuildingHead)),
        (bounds(2, 3), 0, 1, Undecided, group),
        (bounds(0, 4), 1, 0, Met, group),
        (bounds(0, 0), 1, 0, Met, group),
    ] {
        let groups = (0..groups).map(|it| format!("g-{it}")).collect();
        let building = Building { id: "k-1".to_owned(), formal, groups, heads };
        let mut known = compound(Some(BranchForm::PartyCommittee), bounds(0, 0));
        known.buildings.push(building);
        let found = by(&known, Rule::Building);
        assert_eq!((found.0, found.1), (want, due), "{formal:?}");
    }
}
