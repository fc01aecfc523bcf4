//! Point schedules: their documents, and the bounds of a scheme.

use super::{MEMBERS, SCHEDULE};
use crate::domain::{
    exact::Exact,
    scheme::{Quorum, Schedule, Scheme},
    time::Day,
};

fn scheme() -> Scheme {
    Scheme::read(MEMBERS.as_bytes()).unwrap()
}

fn told(text: &str) -> Vec<String> {
    let faults = match Schedule::read(text.as_bytes()) {
        Err(faults) => faults,
        Ok(schedule) => scheme().beyond_bounds(&schedule),
    };
    for fault in &faults {
        assert!(!fault.wrong_zh.is_empty() && !fault.right.is_empty(), "{fault}");
    }
    let line = |it: &crate::domain::scheme::SchemeFault| {
        format!("{} {}:{} {}", it.code, it.place.line, it.place.column, it.path)
    };
    faults.iter().map(line).collect()
}

#[test]
fn a_schedule_is_read_whole() {
    let schedule = Schedule::read(SCHEDULE.as_bytes()).unwrap();
    assert_eq!(schedule.compound, "k-017");
    assert_eq!(schedule.version, 2);
    assert_eq!(schedule.in_force.until, Day::parse("2024-12-31").ok());
    assert_eq!(schedule.items.len(), 4);
    assert!(schedule.item("mediation").unwrap().second_person);
    assert!(!schedule.item("hours").unwrap().second_person);
    assert_eq!(told(SCHEDULE), Vec::<String>::new());
}

#[test]
fn every_fault_of_a_schedule_is_told() {
    let long = format!("{SCHEDULE}#{}\n", "x".repeat(256 * 1024));
    let each_of_ten = "tiers: [[10, 2], [20, 4.5]], valid: 24 months";
    let mut wrong = Vec::new();
    for (from, to, want) in [
        ("schedule/v1", "scheme/v1", vec!["NOT_A_CHOICE 1:12 steelyard"]),
        ("version: 2\n", "", vec!["KEY_MISSING 1:1 version"]),
        ("id: mediation", "id: volunteering", vec!["DUPLICATE_ID 9:10 items[1].id"]),
        (
            "{per: year, at_most: 10}",
            "{per: year, most: 1}",
            vec![
                "ANY_OF 9:69 items[1].counted.caps[0]",
                "UNKNOWN_KEY 9:81 items[1].counted.caps[0].most",
            ],
        ),
        ("points: 2,", "points: 10.5,", vec!["EACH_BOUND 8:5 items[0]"]),
        (
            "each: [0, 5]",
            "each: [-11, 11]",
            vec![
                "EACH_BOUND 9:5 items[1]",
                "EACH_BOUND 9:5 items[1]",
                "ITEM_UNBOUNDED 9:5 items[1]",
            ],
        ),
        (
            "each: [0, 5], caps",
            "caps",
            vec!["EACH_MISSING 9:5 items[1]", "ITEM_UNBOUNDED 9:5 items[1]"],
        ),
        (
            "caps: [{per: year, at_least: -20}]",
            "caps: [{per: year, at_most: 0}]",
            vec!["ITEM_UNBOUNDED 10:5 items[2]"],
        ),
        ("valid: 24 months", "valid: 25 months", vec!["VALID_BOUND 11:5 items[3]"]),
        ("at_least: -20", "at_least: 1", vec!["CAP_SIGN 10:5 items[2]"]),
        ("at_least: -20", "at_least: -61", vec!["IN_ALL 8:3 items"]),
        (
            "{per: month, at_most: 6}, {per: year, at_most: 20}",
            "{per: month, at_most: 2.25}",
            vec!["IN_ALL 8:3 items"],
        ),
        ("tiers: [[10, 2], [20, 4]], valid: 24 months", each_of_ten, vec![]),
        (
            "tiers: [[10, 2], [20, 4]]",
            "tiers: [[10, 2], [20, 11]]",
            vec!["EACH_BOUND 11:5 items[3]", "IN_ALL 8:3 items"],
        ),
    ] {
        assert!(SCHEDULE.contains(from), "{from}");
        let told = told(&SCHEDULE.replacen(from, to, 1));
        if told != want {
            wrong.push(format!("`{to}`: {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(told(&long), ["DOCUMENT_TOO_LARGE 0:0 "]);
}

#[test]
fn a_schedule_has_as_many_items_as_the_scheme_says_and_none_of_its_own() {
    let one = SCHEDULE.split("  - {id: mediation").next().unwrap();
    assert_eq!(told(one), Vec::<String>::new());
    let few = MEMBERS.replacen("items: [1, 30]", "items: [5, 30]", 1);
    let scheme = Scheme::read(few.as_bytes()).unwrap();
    let schedule = Schedule::read(SCHEDULE.as_bytes()).unwrap();
    let codes: Vec<_> = scheme.beyond_bounds(&schedule).iter().map(|it| it.code).collect();
    assert_eq!(codes, ["ITEMS_COUNT"]);
    let counts = MEMBERS.replacen(
        "imported: {source: unit_branch, several: best, absent: rescale}",
        "sum: [{id: hours, counted: {points: 1}}]",
        1,
    );
    let scheme = Scheme::read(counts.as_bytes()).unwrap();
    let codes: Vec<_> = scheme.beyond_bounds(&schedule).iter().map(|it| it.code).collect();
    assert_eq!(codes, ["ITEM_OF_SCHEME"]);
}

#[test]
fn more_than_half_is_not_half_and_two_thirds_of_ten_are_seven() {
    let half = Quorum { share: Exact::ratio(1, 2).unwrap(), above: true };
    assert!(!half.is_met(5, 10).unwrap());
    assert!(half.is_met(6, 10).unwrap());
    assert!(half.is_met(5, 9).unwrap());
    let thirds = Quorum { share: Exact::ratio(2, 3).unwrap(), above: false };
    assert!(!thirds.is_met(6, 10).unwrap());
    assert!(thirds.is_met(7, 10).unwrap());
    assert!(thirds.is_met(6, 9).unwrap());
}
