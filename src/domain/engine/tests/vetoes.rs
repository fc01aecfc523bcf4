//! What a veto does, and what it never does (invariants B1 to B6).

use proptest::prelude::*;

use super::{
    SubjectResult, cases, evaluate, facts,
    order::{veto, with_vetoes},
    plan,
    random::{Dice, Made, VETOES},
};
use crate::domain::{
    engine::{Reason, Status},
    facts::Facts,
    scheme::{Effect, Places},
    time::Day,
};

fn grade(result: &SubjectResult) -> Option<usize> {
    result.grade.as_ref().and_then(|it| ["a", "b", "c", "d"].iter().position(|id| id == it))
}

/// The same result, without the list of a veto's records.
fn without_records(mut result: SubjectResult) -> SubjectResult {
    for reason in &mut result.reasons {
        if let Reason::Veto { records, .. } = reason {
            records.clear();
        }
    }
    result
}

proptest! {
    #![proptest_config(cases(128))]

    /// B1: an excluded subject is excluded, and a forced one has that grade or a lower, whatever
    /// else is known.
    #[test]
    fn a_veto_dominates_everything_else(seed in any::<u64>()) {
        let made = Made::new(&mut Dice::new(seed));
        let plan = plan(&made.text(None));
        let mut cohort = made.cohort(8, seed, 0);
        for (index, facts) in cohort.iter_mut().enumerate() {
            let items: &[&str] = if index % 2 == 0 { &["out", "forced", "less"] } else { &["forced"] };
            facts.vetoes.extend(items.iter().map(|it| veto(it)));
        }
        let forced = plan.scheme().vetoes.iter().find(|it| it.id == "forced").unwrap();
        let Effect::Grade(least) = forced.then[0] else { panic!("{forced:?}") };
        for (index, result) in evaluate(&plan, &cohort, &[]).results.iter().enumerate() {
            prop_assert!(result.ranks.is_empty() && !result.seated);
            if index % 2 == 0 {
                prop_assert_eq!(result.status, Status::Excluded);
                prop_assert!(result.score.is_none() && result.grade.is_none() && result.awards.is_empty());
            } else {
                prop_assert_eq!(result.status, Status::Final);
                prop_assert!(grade(result).unwrap() >= least);
            }
        }
    }

    /// B3 and B4: twice is once, and lifting it restores every byte.
    #[test]
    fn a_veto_counts_once_and_leaves_nothing_behind(seed in any::<u64>(), item in 0_usize..8) {
        let made = Made::new(&mut Dice::new(seed));
        let plan = plan(&made.text(None));
        let plain = made.cohort(6, seed, 0);
        let under = |records: Vec<_>| {
            let mut cohort = plain.clone();
            cohort[3].vetoes = records;
            evaluate(&plan, &cohort, &[])
        };
        let once = under(vec![veto(VETOES[item])]);
        let mut earlier = veto(VETOES[item]);
        earlier.from = Day::parse("2021-01-01").unwrap();
        let twice = under(vec![veto(VETOES[item]), earlier.clone(), veto(VETOES[item])]);
        for (a, b) in once.results.iter().zip(&twice.results) {
            prop_assert_eq!(without_records(a.clone()), without_records(b.clone()));
        }
        let before = evaluate(&plan, &plain, &[]);
        earlier.until = Some(Day::parse("2021-12-31").unwrap());
        let mut later = veto(VETOES[item]);
        later.from = Day::parse("2023-01-01").unwrap();
        for lifted in [vec![], vec![earlier], vec![later], vec![veto("unknown")]] {
            let lifted = under(lifted);
            prop_assert_eq!(&lifted.lines, &before.lines);
            prop_assert_eq!(&lifted.quotas, &before.quotas);
        }
    }

    /// B2: vetoes act as a set; the order of the list and of the records is nothing.
    #[test]
    fn the_order_of_vetoes_is_nothing(seed in any::<u64>()) {
        let made = Made::new(&mut Dice::new(seed));
        let (a, b) = (plan(&made.text(None)), plan(&made.text_with_vetoes_reversed()));
        let cohort = with_vetoes(with_vetoes(made.cohort(8, seed, 0), seed), seed + 1);
        let mut turned: Vec<Facts> = cohort.clone();
        turned.iter_mut().for_each(|it| it.vetoes.reverse());
        let (first, records, list) =
            (evaluate(&a, &cohort, &[]), evaluate(&a, &turned, &[]), evaluate(&b, &turned, &[]));
        for (index, facts) in cohort.iter().enumerate() {
            let same = without_records(first.results[index].clone());
            prop_assert_eq!(same, without_records(records.results[index].clone()));
            prop_assert_eq!(records.published(&facts.subject), list.published(&facts.subject));
        }
    }

    /// B5: one subject's veto changes no other's score or parts; their places only improve.
    /// And it never raises anything of its own: no node, no score, no grade, no place.
    #[test]
    fn a_veto_raises_nothing_of_its_own_and_touches_nothing_of_others(seed in any::<u64>(), first in 0_usize..8, second in 0_usize..8) {
        let made = Made::new(&mut Dice::new(seed));
        let plan = plan(&made.text(None));
        let plain = with_vetoes(made.cohort(8, seed, 0), seed);
        let mut vetoed = plain.clone();
        vetoed[5].vetoes.extend([veto(VETOES[first]), veto(VETOES[second])]);
        let (before, after) = (evaluate(&plan, &plain, &[]), evaluate(&plan, &vetoed, &[]));
        for (index, (a, b)) in before.results.iter().zip(&after.results).enumerate() {
            prop_assert_eq!(&a.score_before_vetoes, &b.score_before_vetoes);
            if index != 5 {
                prop_assert_eq!(&a.nodes, &b.nodes);
                prop_assert_eq!(&a.score, &b.score);
                prop_assert_eq!(a.ranks.len(), b.ranks.len());
                // With `dense` places a veto can part two who were equal, which lengthens the list.
                let dense = plan.scheme().ranking.as_ref().unwrap().places == Places::Dense;
                prop_assert!(dense || a.ranks.iter().all(|(group, place)| b.ranks[group] <= *place));
                continue;
            }
            for (a, b) in a.nodes.iter().zip(&b.nodes) {
                prop_assert_eq!(a.value.known().is_some(), b.value.known().is_some());
                prop_assert!(b.value.known() <= a.value.known(), "node {}", a.node);
            }
            prop_assert!(b.score <= a.score);
            if let (Some(a), Some(b)) = (grade(a), grade(b)) {
                prop_assert!(b >= a, "grade {} became {}", a, b);
            }
            prop_assert!(b.ranks.len() <= a.ranks.len());
            prop_assert!(b.ranks.iter().all(|(group, place)| a.ranks[group] <= *place));
            prop_assert!(!b.seated || a.seated || a.status == Status::TieOpen);
        }
    }
}

/// B6, day by day: both ends are included, and `at_end` looks at the period's last day alone.
#[test]
fn a_veto_counts_inside_its_days_only() {
    let text = "steelyard: scheme/v1\nid: x.y\nversion: 1\nsubject: member\nperiod: year\nin_force: {from: 2022-01-01}\nscore: {id: r, sum: [{id: c, constant: 90}]}\ngrades: [{id: a, at_least: 80}, {id: d}]\nvetoes:\n  - {id: any, then: {score_at_most: 50}}\n  - {id: end, counts: at_end, then: {score_at_most: 50}}\n";
    let plan = plan(text);
    for (from, until, any, end) in [
        ("2021-01-01", "2021-12-31", false, false),
        ("2021-01-01", "2022-01-01", true, false),
        ("2022-12-30", "2022-12-30", true, false),
        ("2022-12-31", "2022-12-31", true, true),
        ("2022-06-01", "", true, true),
        ("2023-01-01", "", false, false),
        ("2020-01-01", "2024-01-01", true, true),
    ] {
        for (item, counts) in [("any", any), ("end", end)] {
            let until =
                if until.is_empty() { String::new() } else { format!(",\"until\":\"{until}\"") };
            let line = format!(
                "{{\"subject\":\"s\",\"period\":\"2022\",\"vetoes\":[{{\"item\":\"{item}\",\"from\":\"{from}\"{until}}}]}}"
            );
            let outcome = evaluate(&plan, &[facts(&line)], &[]);
            let score = outcome.results[0].score.as_ref().unwrap().to_string();
            assert_eq!(score, if counts { "50" } else { "90" }, "{item} {from} {until}");
        }
    }
}

/// A grade that opens only below a limit stays closed to somebody whom a veto pushed below it,
/// also where the way down leads over a grade without a seat.
#[test]
fn a_veto_opens_no_grade_on_the_way_down_from_a_seat() {
    let text = "steelyard: scheme/v1\nid: x.y\nversion: 1\nsubject: member\nperiod: year\nin_force: {from: 2022-01-01}\nscore: {id: r, clamp: [0, 90], sum: [{id: c, constant: 90}, {id: n, measured: {metric: n, as_is: true}}]}\ngrades:\n  - {id: a, at_least: 80, seats: {share: 0%, of: subjects, within: street, rounding: floor}}\n  - {id: b, at_least: 70, when: {node: n, below: 3}}\n  - {id: c, at_least: 60}\n  - {id: d}\nvetoes: [{id: held, then: {node: n, value: 1}}]\nranking: {within: [street], by: [score]}\n";
    let plan = plan(text);
    let line = "{\"subject\":\"s\",\"period\":\"2022\",\"groups\":{\"street\":\"g\"},\"metrics\":{\"n\":\"5\"}}";
    let mut subject = facts(line);
    let before = evaluate(&plan, &[subject.clone()], &[]).results[0].grade.clone();
    subject.vetoes.push(veto("held"));
    let after = evaluate(&plan, &[subject], &[]).results[0].grade.clone();
    assert_eq!((before.as_deref(), after.as_deref()), (Some("c"), Some("c")));
}
