//! The same facts in whatever order their rows were recorded.

use proptest::prelude::*;

use super::*;
use crate::store::fact_id;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn fact(kind: FactKind, item: &str, name: &str, on: &str) -> Fact {
    let on_day = (!on.is_empty()).then(|| day(on));
    let name = name.to_owned();
    Fact { name, on_day, until_day: on_day, ..Fact::of(kind, "member", "m", item) }
}

fn deed(item: &str, on: &str) -> Fact {
    Fact { amount_a: Some(10_000), ..fact(FactKind::Entry, item, "", on) }
}

fn report(unit: &str, raw: i64, at: i64) -> Fact {
    Fact {
        by_whom: unit.to_owned(),
        at: Some(Moment::from_micros(at)),
        amount_a: Some(raw),
        amount_b: Some(1_000_000),
        period: "2022".to_owned(),
        ..fact(FactKind::Import, "unit_branch", "", "")
    }
}

fn case(case: &str, on: &str, by: Option<&str>) -> Fact {
    Fact { until_day: by.map(day), ..fact(FactKind::Conduct, case, "duties", on) }
}

fn assembled(rows: &[Fact]) -> Facts {
    let mut facts = Facts { subject: "m".to_owned(), ..Facts::default() };
    let stored = rows.iter().zip(1..).map(|(fact, seq)| StoredFact {
        seq,
        recorded: Moment::from_micros(seq.min(3)),
        request_id: String::new(),
        fact: fact.clone(),
        reversed: None,
    });
    add_rows(&mut facts, stored.collect()).unwrap();
    facts
}

/// Three entries, which keep their numbers.
fn entries() -> Vec<Fact> {
    vec![deed("b", "2022-03-01"), deed("a", "2022-05-01"), deed("a", "2022-02-01")]
}

/// What may be recorded in any order.
fn others() -> Vec<Fact> {
    let step = |case, name, on| fact(FactKind::ConductStep, case, name, on);
    vec![
        fact(FactKind::CheckIn, "k-2", "", "2022-06-01"),
        fact(FactKind::CheckIn, "k-1", "", "2021-01-31"),
        case("c-2", "2022-04-01", Some("2022-04-30")),
        case("c-1", "2022-04-01", None),
        step("c-2", "put_right", "2022-05-02"),
        step("c-2", "put_right", "2022-04-30"),
        step("c-2", "not_put_right", "2022-04-20"),
        step("c-2", "exposed", "2022-04-10"),
        step("c-9", "put_right", "2022-04-10"),
        fact(FactKind::EntryCheck, "f1", "refused", "2022-03-01"),
        fact(FactKind::EntryCheck, "f3", "confirmed", "2022-02-01"),
        report("u-1", 900_000, 5),
        report("u-1", 800_000, 9),
        report("u-2", 700_000, 7),
    ]
}

proptest! {
    #[test]
    fn the_order_of_recording_changes_nothing(order in Just(others()).prop_shuffle()) {
        let of = |rest: Vec<Fact>| assembled(&[entries(), rest].concat());
        let (expected, found) = (of(others()), of(order));
        prop_assert_eq!(format!("{expected:?}"), format!("{found:?}"), "what receipts are over");
        prop_assert_eq!(expected, found);
    }
}

#[test]
fn rows_become_what_they_say() {
    let facts = assembled(&[entries(), others()].concat());
    let checks: Vec<_> = facts.entries.iter().map(|it| (it.item.as_str(), it.check)).collect();
    let expected =
        [("a", Some(EntryCheck::Confirmed)), ("a", None), ("b", Some(EntryCheck::Refused))];
    assert_eq!(checks, expected);
    let cases: Vec<_> = facts.conduct.iter().map(|it| (it.case.as_str(), it.put_right)).collect();
    assert_eq!(cases, [("c-1", None), ("c-2", Some(day("2022-04-30")))]);
    assert_eq!(facts.check_ins[0].compound, "k-1", "by day");
    assert_eq!(facts.imports, BTreeMap::new());
    assert_eq!(facts.unit_imports["unit_branch"].len(), 3);
}

#[test]
fn what_levels_propose_is_read_in_the_order_recorded() {
    let proposed = |level: &str, points, reason: &str| Fact {
        amount_a: Some(points),
        by_whom: "u-1".to_owned(),
        at: Some(Moment::from_micros(9)),
        detail: reason.to_owned(),
        period: "2022".to_owned(),
        ..fact(FactKind::Proposal, "leaders", level, "")
    };
    let rows = [proposed("street", 840_000, "核实"), proposed("community", 885_000, "")];
    let found = assembled(&rows).proposals;
    let short = |it: &Proposal| format!("{} {} {} {:?}", it.item, it.level, it.points, it.reason);
    let found: Vec<String> = found.iter().map(short).collect();
    assert_eq!(found, ["leaders street 84 Some(\"核实\")", "leaders community 88.5 None"]);
}

#[test]
fn of_several_checks_of_an_entry_the_latest_recorded_holds() {
    fn check(name: &str) -> Fact {
        fact(FactKind::EntryCheck, &fact_id(1), name, "2022-03-01")
    }
    let of = |names: [&str; 2]| {
        let checks = names.map(check);
        assembled(&[vec![deed("a", "2022-03-01")], checks.into()].concat()).entries[0].check
    };
    assert_eq!(of(["refused", "confirmed"]), Some(EntryCheck::Confirmed));
    assert_eq!(of(["confirmed", "refused"]), Some(EntryCheck::Refused));
}

#[test]
fn an_import_without_a_unit_is_as_it_was() {
    let one = Fact { by_whom: String::new(), at: None, ..report("", 900_000, 0) };
    let facts = assembled(&[one]);
    assert_eq!(facts.imports.len(), 1);
    assert_eq!(facts.unit_imports, BTreeMap::new());
}

#[test]
fn a_check_of_no_fact_s_id_does_not_read_back() {
    let mut facts = Facts::default();
    let fact = fact(FactKind::EntryCheck, "x", "confirmed", "2022-03-01");
    let recorded = Moment::from_micros(1);
    let row = StoredFact { seq: 1, recorded, request_id: String::new(), fact, reversed: None };
    assert!(add_rows(&mut facts, vec![row]).is_err());
}
