//! Every indicator in every outcome: there, missing, undecided, not applicable, a share of nothing.

use std::collections::BTreeMap;

use super::*;
use crate::{
    app::{
        formation::{self, Building, Committee, Form, Formation, Known, Organisation},
        indicator::{Coverage, read::months_until},
        registry::{BranchForm, RecordKind, RecordRef},
    },
    domain::{exact::Decimal, time::Day},
};

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn exact(bounds: usize) -> Bounds {
    Bounds { least: bounds, most: bounds }
}

/// A compound under a committee with four who have settled, its branch, and a committee of three.
fn known() -> Known {
    let persons = |ids: &[&str]| ids.iter().map(|it| (*it).to_owned()).collect();
    let anchor = RecordRef::new(RecordKind::Compound, "k");
    let building = |id: &str, heads| Building {
        id: id.to_owned(),
        formal: exact(1),
        groups: Vec::new(),
        heads,
    };
    Known {
        compound: "k".to_owned(),
        community: Some("c".to_owned()),
        community_form: Some(BranchForm::PartyCommittee),
        residents: 9,
        formal: exact(4),
        settled: exact(4),
        directly_managed: 2,
        organisations: vec![Organisation { id: "b".to_owned(), anchor, form: Form::Own }],
        committee: Committee {
            members: persons(&["a", "b", "c"]),
            secretaries: persons(&["a"]),
            deputies: persons(&["b"]),
        },
        buildings: vec![building("k-1", 1), building("k-2", 1)],
    }
}

fn registry(known: Known) -> InRegistry {
    let findings = formation::judge(&known);
    InRegistry {
        formation: Formation { day: day("2022-12-31"), known, findings },
        households: Some(812),
        in_service: 5,
        checked_in: 4,
        site_area: Decimal::parse("500").ok(),
    }
}

fn recorded(metrics: &[(&str, &str, &str)]) -> Recorded {
    let value = |text: &str| Exact::from(Decimal::parse(text).unwrap());
    let metrics = metrics
        .iter()
        .map(|(name, period, text)| (((*name).to_owned(), (*period).to_owned()), value(text)));
    Recorded { metrics: metrics.collect(), not_applicable: BTreeMap::new() }
}

/// Value as text, line, and both sentences, which are never empty.
fn told(all: &[Indicated], id: &str) -> (String, Option<bool>) {
    let it = all.iter().find(|it| it.id == id).unwrap_or_else(|| panic!("no {id}"));
    assert!(it.en.contains(": ") && it.zh.contains('：'), "{it:?}");
    let value = match &it.value {
        Value::Known(Amount::Number(value)) => value.exact_text(),
        Value::Known(Amount::Share { value, .. }) => value.exact_text(),
        Value::Missing(why) => why.word().to_owned(),
    };
    (value, it.met)
}

fn judged(known: &InRegistry, recorded: &Recorded, on: &str) -> Vec<Indicated> {
    judge(known, recorded, &months_until(day(on)))
}

#[test]
fn the_registry_gives_every_figure_and_its_line() {
    let all = judged(&registry(known()), &Recorded::default(), "2022-12-31");
    for (id, value, met) in [
        ("formation_due", "1", None),
        ("formation_done", "1", Some(true)),
        ("direct_members", "2", None),
        ("committee_size", "3", Some(true)),
        ("branch_secretaries", "1", Some(true)),
        ("deputy_secretaries", "1", Some(true)),
        ("buildings", "2", None),
        ("buildings_led", "2", Some(true)),
        ("members_resident", "9", None),
        ("members_in_service", "5", None),
        ("members_checked_in", "4", None),
        ("households", "812", None),
        ("community_site_area", "500", Some(true)),
    ] {
        assert_eq!(told(&all, id), (value.to_owned(), met), "{id}");
    }
}

#[test]
fn what_is_due_and_there_follows_the_findings() {
    let of = |settled: Bounds, direct: usize, forms: &[Form], form: Option<BranchForm>| {
        let mut it = known();
        let anchor = RecordRef::new(RecordKind::Compound, "k");
        let branch = |form: &Form| Organisation {
            id: format!("{form:?}"),
            anchor: anchor.clone(),
            form: *form,
        };
        it.organisations = forms.iter().map(branch).collect();
        (it.settled, it.directly_managed, it.community_form) = (settled, direct, form);
        let it = registry(it);
        let all = judged(&it, &Recorded::default(), "2022-12-31");
        (told(&all, "formation_due").0, told(&all, "formation_done"), it.coverage())
    };
    let committee = Some(BranchForm::PartyCommittee);
    let (two, three) = (exact(2), exact(3));
    let unsure = Bounds { least: 2, most: 3 };
    let text = |a: &str, b: &str, met| (a.to_owned(), (b.to_owned(), met));
    for (settled, direct, forms, form, want, coverage) in [
        (two, 0, &[][..], committee, text("0", "0", None), Coverage::NotDue),
        (three, 0, &[], committee, text("1", "0", Some(false)), Coverage::Lacking),
        (three, 0, &[Form::Own], committee, text("1", "1", Some(true)), Coverage::Done),
        // Two directly managed have a joint branch, which is not the branch that three settled need.
        (three, 2, &[Form::Joint], committee, text("1", "0", Some(false)), Coverage::Lacking),
        (two, 2, &[Form::Joint], committee, text("1", "1", Some(true)), Coverage::Done),
        (unsure, 0, &[], committee, text("undecided", "0", None), Coverage::Undecided),
        (unsure, 1, &[], committee, text("1", "0", Some(false)), Coverage::Lacking),
        // What the two ask for is there; whether the three ask too is open.
        (unsure, 1, &[Form::Joint], committee, text("1", "undecided", None), Coverage::Undecided),
        // Nobody knows what is due: whether it is there is open too.
        (three, 0, &[Form::Own], None, text("undecided", "undecided", None), Coverage::Undecided),
        // A group is advised, and not asked for, there or not.
        (
            three,
            0,
            &[Form::Group],
            Some(BranchForm::CompoundBranch),
            text("0", "0", None),
            Coverage::NotDue,
        ),
        (three, 0, &[], Some(BranchForm::CompoundBranch), text("0", "0", None), Coverage::NotDue),
    ] {
        let (due, done, found) = of(settled, direct, forms, form);
        assert_eq!(((due, done), found), (want, coverage), "{settled:?} {direct} {forms:?}");
    }
}

#[test]
fn no_buildings_and_no_households_are_not_recorded_and_nobody_there_is_zero() {
    let mut it = known();
    it.buildings.clear();
    it.organisations.clear();
    it.committee = Committee::default();
    let it = InRegistry {
        households: None,
        in_service: 0,
        checked_in: 0,
        site_area: None,
        ..registry(it)
    };
    let all = judged(&it, &recorded(&[("service_centre_area", "2022", "299.9")]), "2022-12-31");
    for id in ["buildings", "buildings_led", "households", "community_site_area"] {
        assert_eq!(told(&all, id), ("not_recorded".to_owned(), None), "{id}");
    }
    for id in ["committee_size", "branch_secretaries", "members_checked_in"] {
        assert_eq!(told(&all, id), ("0".to_owned(), None), "not due: {id}");
    }
    // Too small by itself, and nobody counted the households.
    assert_eq!(told(&all, "service_centre_area"), ("299.9".to_owned(), None));
    assert_eq!(told(&all, "service_centre_per_100_households").0, "not_recorded");
}

#[test]
fn a_building_without_a_head_and_a_second_secretary_fail_their_lines() {
    let mut it = known();
    it.buildings[1].heads = 0;
    it.committee.secretaries.insert("b".to_owned());
    it.committee.deputies.clear();
    let all = judged(&registry(it), &Recorded::default(), "2022-12-31");
    assert_eq!(told(&all, "buildings_led"), ("1".to_owned(), Some(false)));
    assert_eq!(told(&all, "branch_secretaries"), ("2".to_owned(), Some(false)));
    assert_eq!(told(&all, "deputy_secretaries"), ("0".to_owned(), Some(false)));
    let mut unsure = known();
    unsure.buildings[0].formal = Bounds { least: 2, most: 3 };
    let all = judged(&registry(unsure), &Recorded::default(), "2022-12-31");
    assert_eq!(told(&all, "buildings_led"), ("2".to_owned(), None), "a group may be due");
}

#[test]
fn lines_are_met_where_they_are_reached_exactly() {
    let at = |metrics: &[(&str, &str, &str)], id: &str| {
        told(&judged(&registry(known()), &recorded(metrics), "2022-12-31"), id)
    };
    let yes = |text: &str| (text.to_owned(), Some(true));
    let no = |text: &str| (text.to_owned(), Some(false));
    for (name, met, not) in [
        ("seven_haves", "7", "6"),
        ("meeting_place_haves", "7", "6"),
        ("training_sessions", "2", "1"),
    ] {
        assert_eq!(at(&[(name, "2022", met)], name), yes(met));
        assert_eq!(at(&[(name, "2022", not)], name), no(not));
        assert_eq!(at(&[], name), ("not_recorded".to_owned(), None));
    }
    let owners = |party: &str, size: &str| {
        let metrics = [
            ("owners_committee_party_members", "2022", party),
            ("owners_committee_size", "2022", size),
        ];
        at(&metrics, "owners_committee_members")
    };
    assert_eq!(owners("4", "8"), yes("0.5"));
    assert_eq!(owners("3", "7"), no("3/7"));
    assert_eq!(owners("0", "0"), ("nothing_to_count".to_owned(), None));
    let half = [("owners_committee_size", "2022", "7")];
    assert_eq!(at(&half, "owners_committee_members").0, "not_recorded");
    // 243.6 square metres for 812 households are 30 for every hundred exactly.
    let centre = |area: &str, id: &str| at(&[("service_centre_area", "2022", area)], id);
    assert_eq!(centre("243.6", "service_centre_area"), yes("243.6"));
    assert_eq!(centre("243.6", "service_centre_per_100_households"), yes("30"));
    assert_eq!(centre("243.5", "service_centre_area"), no("243.5"));
    assert_eq!(centre("300", "service_centre_area"), yes("300"));
}

#[test]
fn opinions_and_disputes_are_shares_of_what_there_was() {
    let metrics = [
        ("opinions_collected", "2022", "40"),
        ("opinions_answered", "2022", "39"),
        ("opinions_solved", "2022", "30"),
        ("disputes", "2022", "0"),
        ("disputes_settled", "2022", "0"),
    ];
    let all = judged(&registry(known()), &recorded(&metrics), "2022-12-31");
    for (id, want) in [
        ("opinions_collected", "40"),
        ("opinions_answered", "0.975"),
        ("opinions_solved", "0.75"),
        ("opinions_evaluated", "not_recorded"),
        ("disputes_mediated", "nothing_to_count"),
    ] {
        assert_eq!(told(&all, id), (want.to_owned(), None), "{id}");
    }
}

#[test]
fn months_add_up_or_the_latest_holds_and_the_year_stands_in_where_no_month_says_anything() {
    let metrics = [
        ("training_sessions", "2022-01", "1"),
        ("training_sessions", "2022-03", "1"),
        ("training_sessions", "2022-04", "5"),
        ("training_sessions", "2022", "9"),
        ("seven_haves", "2022-02", "5"),
        ("seven_haves", "2022-04", "7"),
        ("meeting_place_haves", "2022", "3"),
        ("opinions_collected", "2022-01", "10"),
        ("opinions_collected", "2022-02", "10"),
        ("opinions_answered", "2022-01", "4"),
        ("opinions_answered", "2022-02", "5"),
        // March tells one figure of two.
        ("opinions_collected", "2022-03", "10"),
    ];
    let on = |on: &str, id: &str| told(&judged(&registry(known()), &recorded(&metrics), on), id).0;
    assert_eq!(on("2022-01-31", "training_sessions"), "1");
    assert_eq!(on("2022-02-28", "training_sessions"), "1");
    assert_eq!(on("2022-03-01", "training_sessions"), "2");
    assert_eq!(on("2022-12-31", "training_sessions"), "7", "the months hold, not the year");
    assert_eq!(on("2022-01-31", "seven_haves"), "not_recorded", "not yet");
    assert_eq!(on("2022-03-31", "seven_haves"), "5", "the latest month up to then");
    assert_eq!(on("2022-06-30", "seven_haves"), "7");
    assert_eq!(on("2022-03-31", "meeting_place_haves"), "3", "the year's own");
    assert_eq!(on("2023-03-31", "meeting_place_haves"), "not_recorded", "of another year");
    assert_eq!(on("2022-02-28", "opinions_answered"), "0.45");
    assert_eq!(on("2022-03-31", "opinions_answered"), "not_recorded");
    assert_eq!(on("2022-03-31", "opinions_collected"), "30");
}

#[test]
fn what_does_not_apply_says_so_unless_something_is_recorded() {
    let key = |id: &str, period: &str| (id.to_owned(), period.to_owned());
    let mut facts = recorded(&[
        ("owners_committee_party_members", "2022-02", "3"),
        ("owners_committee_size", "2022-02", "5"),
    ]);
    for (id, period) in [
        ("owners_committee_members", "2022-04"),
        ("disputes_mediated", "2022"),
        ("training_sessions", "2022-05"),
    ] {
        facts.not_applicable.insert(key(id, period), "尚未成立".to_owned());
    }
    let on = |on: &str, id: &str| told(&judged(&registry(known()), &facts, on), id).0;
    assert_eq!(on("2022-03-31", "owners_committee_members"), "0.6");
    assert_eq!(on("2022-04-30", "owners_committee_members"), "not_applicable");
    assert_eq!(on("2022-04-30", "disputes_mediated"), "not_applicable");
    assert_eq!(on("2022-04-30", "training_sessions"), "not_recorded");
    assert_eq!(on("2022-05-31", "training_sessions"), "not_applicable");
    let all = judged(&registry(known()), &facts, "2022-04-30");
    let said = all.iter().find(|it| it.id == "disputes_mediated").unwrap();
    assert!(said.zh.contains("不适用（尚未成立）"), "{}", said.zh);
}

#[test]
fn every_indicator_has_an_id_of_its_own() {
    let all = judged(&registry(known()), &Recorded::default(), "2022-12-31");
    let ids: std::collections::BTreeSet<_> = all.iter().map(|it| it.id).collect();
    assert_eq!(ids.len(), all.len());
    assert_eq!(all.len(), 24);
}
