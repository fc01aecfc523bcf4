//! Point schedules against pencil and paper (M2, M4). Every figure is worked out beside it.

use std::sync::Arc;

use super::super::{Evaluator, Groups, Plan, Settlement, SubjectResult};
use crate::domain::{
    exact::Exact,
    facts::{Facts, Line, read_line},
    scheme::{Schedule, Schedules, Scheme},
    time::{Day, Period},
};

const SCHEME: &str = "steelyard: scheme/v1
id: t.points
version: 1
subject: member
period: year
in_force: {from: 2020-01-01}
score:
  id: points
  round: {to: 6}
  scheduled: {each: [-10, 10], in_all: [-60, 40], valid_at_most: 24 months, SEVERAL}
";

fn plan(several: &str) -> Arc<Plan> {
    let text = SCHEME.replacen("SEVERAL", several, 1);
    Arc::new(Plan::compile(Arc::new(Scheme::read(text.as_bytes()).unwrap())))
}

fn version(compound: &str, from: &str, items: &str) -> Arc<Schedule> {
    let text = format!(
        "{{steelyard: schedule/v1, compound: {compound}, version: 1, in_force: {from}, items: [{items}]}}"
    );
    Arc::new(Schedule::read(text.as_bytes()).unwrap_or_else(|it| panic!("{it:#?}")))
}

fn result(plan: &Arc<Plan>, schedules: &[Arc<Schedule>], facts: &str) -> SubjectResult {
    let text = format!(r#"{{"subject":"m","period":"2024",{facts}}}"#);
    let Ok(Line::Facts(facts)) = read_line(&text, 1, None) else { panic!("{text}") };
    let facts: Facts = *facts;
    let schedules = Arc::new(Schedules::of(schedules.iter().cloned()));
    let evaluator = Evaluator::new(Arc::clone(plan), Period::parse("2024").unwrap());
    let mut evaluator = evaluator.with_schedules(schedules);
    assert_eq!(evaluator.check(&facts, 0), Vec::new());
    evaluator.explain(&facts, &Groups::new(plan), &Settlement::default()).unwrap()
}

fn value(plan: &Arc<Plan>, schedules: &[Arc<Schedule>], facts: &str) -> Option<Exact> {
    result(plan, schedules, facts).nodes[0].value.known().cloned()
}

fn exact(num: i128, den: i128) -> Option<Exact> {
    Exact::ratio(num, den).ok()?.rounded(6, crate::domain::exact::RoundingMode::HalfUp).ok()
}

const LIVES_IN_A: &str = r#""stays":[{"compound":"a","from":"2020-01-01"}]"#;

#[test]
fn an_entry_goes_by_the_version_of_its_day_and_caps_by_that_of_the_window_s_end() {
    let plan = plan("several: last");
    let schedules = [
        version(
            "a",
            "{from: 2023-01-01}",
            "{id: v, counted: {points: 2, caps: [{per: month, at_most: 6}, {per: year, at_most: 20}]}}",
        ),
        version(
            "a",
            "{from: 2024-03-15}",
            "{id: v, counted: {points: 3, caps: [{per: month, at_most: 8}, {per: year, at_most: 12}]}}",
        ),
    ];
    // February 4 x 2 = 8 -> 6 by version 1; March 2 x 2 + 2 x 3 = 10 -> 8 by version 2, in force on
    // 31 March; 14 -> 12 by the year's cap of version 2, in force on 31 December.
    let entries = r#""entries":[{"item":"v","on":"2024-02-29","times":4},{"item":"v","on":"2024-03-14","times":2},{"item":"v","on":"2024-03-15","times":2}]"#;
    assert_eq!(value(&plan, &schedules, &format!("{LIVES_IN_A},{entries}")), exact(12, 1));
    // Without the year's cap of version 2 nothing holds the year: its own is asked, which has none.
    let schedules = [
        Arc::clone(&schedules[0]),
        version(
            "a",
            "{from: 2024-03-15}",
            "{id: v, counted: {points: 3, caps: [{per: month, at_most: 8}]}}",
        ),
    ];
    assert_eq!(value(&plan, &schedules, &format!("{LIVES_IN_A},{entries}")), exact(14, 1));
    // A version that drops the item does not lift its caps: 6 + 4 = 10 of version 1, March held to 6.
    let schedules = [
        Arc::clone(&schedules[0]),
        version(
            "a",
            "{from: 2024-03-15}",
            "{id: w, counted: {points: 1, caps: [{per: year, at_most: 1}]}}",
        ),
    ];
    assert_eq!(value(&plan, &schedules, &format!("{LIVES_IN_A},{entries}")), exact(10, 1));
}

#[test]
fn two_compounds_count_by_their_days_exactly() {
    let schedules = [
        version(
            "a",
            "{from: 2023-01-01}",
            "{id: v, counted: {points: 1, caps: [{per: year, at_most: 40}]}}",
        ),
        version(
            "b",
            "{from: 2023-01-01}",
            "{id: v, counted: {points: 2, caps: [{per: year, at_most: 40}]}}",
        ),
    ];
    let facts = r#""stays":[{"compound":"a","from":"2020-01-01","until":"2024-02-28"},{"compound":"b","from":"2024-02-29"}],
        "entries":[{"item":"v","on":"2024-02-28","times":7},{"item":"v","on":"2024-02-29","times":5}]"#
        .replace('\n', "");
    // 31 + 28 = 59 days at a worth 7, 366 - 59 = 307 at b worth 10: (413 + 3070) / 366.
    assert_eq!(value(&plan("several: prorated-by-days"), &schedules, &facts), exact(3483, 366));
    assert_eq!(value(&plan("several: last"), &schedules, &facts), exact(10, 1));
    assert_eq!(value(&plan("several: best"), &schedules, &facts), exact(10, 1));
    // A gap of 100 days (1 March to 8 June) weighs nothing: 60 and 206 days, (60 x 7 + 206 x 0) / 266.
    let gap = r#""stays":[{"compound":"a","from":"2024-01-01","until":"2024-02-29"},{"compound":"b","from":"2024-06-09"}],
        "entries":[{"item":"v","on":"2024-02-28","times":7},{"item":"v","on":"2024-05-01","times":5}]"#
        .replace('\n', "");
    assert_eq!(value(&plan("several: prorated-by-days"), &schedules, &gap), exact(420, 266));
}

#[test]
fn a_compound_without_a_schedule_is_absent_and_never_zero() {
    let schedules = [version(
        "a",
        "{from: 2023-01-01}",
        "{id: v, counted: {points: 1, caps: [{per: year, at_most: 40}]}}",
    )];
    let facts = r#""stays":[{"compound":"a","from":"2024-01-01","until":"2024-01-31"},{"compound":"b","from":"2024-02-01"}],"entries":[{"item":"v","on":"2024-01-31","times":7}]"#;
    assert_eq!(value(&plan("several: prorated-by-days"), &schedules, facts), None);
    assert_eq!(value(&plan("several: last"), &schedules, facts), None);
    assert_eq!(value(&plan("several: best"), &schedules, facts), None);
    for several in ["prorated-by-days", "last", "best"] {
        let plan = plan(&format!("several: {several}, absent: rescale"));
        assert_eq!(value(&plan, &schedules, facts), exact(7, 1), "{several}");
    }
    assert_eq!(value(&plan("absent: rescale"), &schedules, r#""attributes":{}"#), None, "no stay");
    // In force from the day after the move: of no help to the member.
    let late = [version(
        "a",
        "{from: 2024-02-01}",
        "{id: v, counted: {points: 1, caps: [{per: year, at_most: 40}]}}",
    )];
    assert_eq!(value(&plan("absent: rescale"), &late, facts), None);
}

#[test]
fn what_nobody_confirmed_and_what_was_refused_does_not_count() {
    let plan = plan("several: last");
    let schedules = [version(
        "a",
        "{from: 2023-01-01}",
        "{id: c, counted: {points: 1, caps: [{per: year, at_most: 40}]}, check: second_person}, {id: v, counted: {points: 10, caps: [{per: year, at_most: 40}]}}",
    )];
    let entries = r#""entries":[{"item":"c","on":"2024-01-01","times":1,"check":"confirmed"},{"item":"c","on":"2024-01-02","times":2},{"item":"c","on":"2024-01-03","times":4,"check":"refused"},{"item":"v","on":"2024-01-04"},{"item":"v","on":"2024-01-05","check":"refused"},{"item":"other","on":"2024-01-05"}]"#;
    assert_eq!(value(&plan, &schedules, &format!("{LIVES_IN_A},{entries}")), exact(11, 1));
}

#[test]
fn repeats_go_on_over_versions_and_tiers_by_the_last_that_has_them() {
    let plan = plan("several: last");
    let schedules = [
        version(
            "a",
            "{from: 2023-01-01}",
            "{id: r, counted: {points: -1, repeats: [1, 2, 3], caps: [{per: year, at_least: -40}]}}, {id: h, counted: {tiers: [[10, 1], [20, 2]]}}",
        ),
        version(
            "a",
            "{from: 2024-07-01}",
            "{id: r, counted: {points: -2, repeats: [1, 5], caps: [{per: year, at_least: -40}]}}, {id: h, counted: {tiers: [[15, 7], [30, 9]]}}",
        ),
    ];
    // r: 1st -1 x 1, 2nd (July) -2 x 5, 3rd (July) -2 x 5 = -21; h: 8 + 8 = 16 hours reach 15 of
    // the version in force on 31 December: 7. -14 in all.
    let entries = r#""entries":[{"item":"r","on":"2024-06-30"},{"item":"r","on":"2024-07-01"},{"item":"r","on":"2024-07-02"},{"item":"h","on":"2024-06-30","times":8},{"item":"h","on":"2024-07-01","times":8}]"#;
    assert_eq!(value(&plan, &schedules, &format!("{LIVES_IN_A},{entries}")), exact(-14, 1));
}

#[test]
fn entries_stay_valid_as_their_version_says() {
    let plan = plan("several: last");
    let schedules = [version(
        "a",
        "{from: 2020-01-01}",
        "{id: v, counted: {points: 1, valid: 24 months, caps: [{per: year, at_most: 9}]}}",
    )];
    // 31 December 2022 + 24 months is not after 31 December 2024; 1 January 2023 + 24 months is.
    let entries = r#""entries":[{"item":"v","on":"2022-12-31","times":1},{"item":"v","on":"2023-01-01","times":2},{"item":"v","on":"2024-12-31","times":4},{"item":"v","on":"2025-01-01","times":8}]"#;
    assert_eq!(value(&plan, &schedules, &format!("{LIVES_IN_A},{entries}")), exact(6, 1));
}

#[test]
fn the_scheme_s_bounds_hold_whatever_the_schedules_say() {
    // Both versions keep within 40 in all, each by itself; together they do not.
    let plan = plan("several: last");
    let schedules = [
        version(
            "a",
            "{from: 2023-01-01}",
            "{id: v, counted: {points: 10, caps: [{per: year, at_most: 40}]}}",
        ),
        version(
            "a",
            "{from: 2024-07-01}",
            "{id: w, counted: {points: 10, caps: [{per: year, at_most: 40}]}}",
        ),
    ];
    let entries = r#""entries":[{"item":"v","on":"2024-06-30","times":4},{"item":"w","on":"2024-07-01","times":4}]"#;
    assert_eq!(value(&plan, &schedules, &format!("{LIVES_IN_A},{entries}")), exact(40, 1));
}

#[test]
fn the_last_day_of_every_window_is_in_it_and_the_next_is_not() {
    use crate::domain::time::Window;
    let mut day = Day::parse("2023-01-01").unwrap();
    while day.year() < 2025 {
        for window in Window::ALL {
            let last = window.last_day(day);
            assert_eq!(window.of(last), window.of(day));
            assert_ne!(window.of(last.next().unwrap()), window.of(day));
        }
        day = day.next().unwrap();
    }
}
