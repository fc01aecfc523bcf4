//! Places and seats between subjects (invariants C1 to C8, D4, D5, D7 and D9).

use std::{cmp::Ordering, sync::Arc};

use proptest::prelude::*;

use super::{cases, evaluate, facts, plan, settle};
use crate::domain::{
    engine::{Candidate, Key, Plan, Settled, Standing},
    exact::Exact,
    facts::{Facts, TieDecision},
};

/// A scheme whose seats go to so many of a hundred.
fn seated(share: u64, of: &str, places: &str) -> Arc<Plan> {
    plan(&format!(
        "steelyard: scheme/v1\nid: x.y\nversion: 1\nsubject: member\nperiod: year\nin_force: {{from: 2022-01-01}}\nscore: {{id: x, measured: {{metric: x, as_is: true}}}}\ngrades:\n  - {{id: top, at_least: 50, seats: {{share: {share}%, of: {of}, within: street, rounding: floor}}}}\n  - {{id: rest}}\nranking: {{within: [street], by: [score, {{metric: y, order: ascending}}], places: {places}}}\n"
    ))
}

/// Who takes part how; the two keys, of which the second may be missing.
type Given = (u8, i64, Option<i128>);

fn given() -> impl Strategy<Value = Vec<Given>> {
    prop::collection::vec((0_u8..12, 0_i64..8, prop::option::of(0_i128..4)), 0..24)
}

fn candidates(all: &[Given]) -> Vec<Candidate> {
    let one = |(index, it): (usize, &Given)| {
        let standing = match it.0 {
            0 => Standing::Incomplete,
            1 => Standing::Excluded,
            2 => Standing::Forced,
            _ => Standing::Ranked,
        };
        let thirds = it.2.map(|it| Exact::ratio(it, 3).unwrap());
        Candidate {
            barred: None,
            subject: format!("s{index:02}").into(),
            groups: Box::from([Arc::from("g")]),
            standing,
            grade: (standing != Standing::Incomplete && standing != Standing::Excluded)
                .then_some(u8::from(it.1 < 3)),
            qualifies: if it.1 < 3 { 0b10 } else { 0b11 },
            keys: Box::from([Key::Small(it.1 * 1_000_000), Key::of(thirds)]),
        }
    };
    all.iter().enumerate().map(one).collect()
}

/// Which of two comes first, written apart: higher score, lower second key, missing last.
fn better(a: &Given, b: &Given) -> bool {
    match a.1.cmp(&b.1) {
        Ordering::Greater => true,
        Ordering::Less => false,
        Ordering::Equal => a.2.is_some() && b.2.is_none_or(|b| a.2.is_some_and(|a| a < b)),
    }
}

fn ranked(it: &Given) -> bool {
    it.0 > 2
}

fn ranks(settled: &Settled) -> Vec<u32> {
    settled.settlements.iter().map(|it| it.ranks[0]).collect()
}

proptest! {
    #![proptest_config(cases(256))]

    /// C1 and C2: a place is 1 + how many are strictly better (dense: how many better values), and
    /// who takes no part has none.
    #[test]
    fn a_place_is_one_more_than_those_ahead(all in given()) {
        let of = |places| ranks(&settle(&seated(20, "subjects", places), &candidates(&all), &[], false).unwrap());
        let (competition, dense) = (of("competition"), of("dense"));
        for (index, it) in all.iter().enumerate() {
            let ahead: Vec<&Given> = all.iter().filter(|other| ranked(other) && better(other, it)).collect();
            let mut values: Vec<_> = ahead.iter().map(|it| (it.1, it.2)).collect();
            values.sort_unstable();
            values.dedup();
            let place = |count: usize| if ranked(it) { u32::try_from(count + 1).unwrap() } else { 0 };
            prop_assert_eq!(competition[index], place(ahead.len()));
            prop_assert_eq!(dense[index], place(values.len()));
        }
    }

    /// C4: one more who is strictly worse, or the last one gone, changes no other's place.
    #[test]
    fn the_last_changes_nobody_s_place(mut all in given()) {
        let plan = seated(20, "subjects", "competition");
        let before = ranks(&settle(&plan, &candidates(&all), &[], false).unwrap());
        all.push((5, -1, None));
        let after = ranks(&settle(&plan, &candidates(&all), &[], false).unwrap());
        prop_assert_eq!(before.as_slice(), &after[..before.len()]);
    }

    /// C7, D4 and D7: seats go to the best; a tie across the line seats nobody of it and is told;
    /// those without a place hold no seat, and count among the members where the scheme says so.
    #[test]
    fn seats_go_to_the_best_and_a_tie_at_the_line_stays_open(all in given(), share in 0_u64..=100) {
        for of in ["subjects", "results"] {
            let settled = settle(&seated(share, of, "competition"), &candidates(&all), &[], false).unwrap();
            let counted = if of == "subjects" { all.len() } else { all.iter().filter(|it| ranked(it)).count() };
            let seats = counted * usize::try_from(share).unwrap() / 100;
            let eligible = |it: &Given| ranked(it) && it.1 >= 3;
            let mut open = 0;
            for (index, it) in all.iter().enumerate() {
                let settlement = &settled.settlements[index];
                if !eligible(it) {
                    prop_assert!(!settlement.seated && settlement.tie.is_none() && settlement.exhausted.is_empty());
                    continue;
                }
                let ahead = all.iter().filter(|other| eligible(other) && better(other, it)).count();
                let equal = all.iter().filter(|other| eligible(other) && !better(other, it) && !better(it, other)).count();
                let (safe, out) = (ahead + equal <= seats, ahead >= seats);
                prop_assert_eq!(settlement.seated, safe);
                prop_assert_eq!(settlement.tie, (!safe && !out).then_some(0));
                prop_assert_eq!(settlement.grade, if safe { Some(0) } else if out { Some(1) } else { None });
                prop_assert_eq!(settlement.exhausted.len(), usize::from(out));
                open = if !safe && !out { seats - ahead } else { open };
            }
            let taken = settled.settlements.iter().filter(|it| it.seated).count();
            prop_assert!(taken + open <= seats);
            let told: Vec<usize> = settled.ties.iter().map(|it| it.seats).collect();
            prop_assert_eq!(told, if open > 0 { vec![open] } else { Vec::new() });
        }
    }

    /// A recorded decision seats the first of its order, and only a decision about exactly the tied
    /// does; no decision moves anybody outside the tie.
    #[test]
    fn a_decision_orders_exactly_its_tie(all in given(), share in 0_u64..=100, turn in 0_usize..20) {
        let plan = seated(share, "subjects", "competition");
        let candidates = candidates(&all);
        let free = settle(&plan, &candidates, &[], false).unwrap();
        let Some(tie) = free.ties.first() else { return Ok(()) };
        let mut order = tie.tied.clone();
        let turn = turn % order.len();
        order.rotate_left(turn);
        let decision = |order: &[String]| TieDecision {
            grade: "top".to_owned(),
            within: Some("g".to_owned()),
            order: order.to_vec(),
            by: None,
            reason: None,
        };
        let settled = settle(&plan, &candidates, &[decision(&order)], false).unwrap();
        prop_assert!(settled.ties.is_empty() && settled.unused.is_empty());
        for (index, (a, b)) in free.settlements.iter().zip(&settled.settlements).enumerate() {
            prop_assert_eq!(&a.ranks, &b.ranks);
            match order.iter().position(|it| **it == *candidates[index].subject) {
                None => prop_assert_eq!(a, b),
                Some(position) => prop_assert_eq!(b.seated, position < tie.seats),
            }
        }
        for wrong in [&order[1..], &[][..], &[order.clone(), vec!["zz".to_owned()]].concat()] {
            let unused = settle(&plan, &candidates, &[decision(wrong)], false).unwrap();
            prop_assert_eq!(&unused.settlements, &free.settlements);
            prop_assert_eq!(unused.unused, vec![0]);
        }
    }

    /// D5: whoever holds one of few seats holds one of many.
    #[test]
    fn more_seats_take_nobody_s_seat(all in given(), share in 0_u64..100, more in 1_u64..=100) {
        let of = |share: u64| settle(&seated(share, "subjects", "competition"), &candidates(&all), &[], false).unwrap();
        let (few, many) = (of(share), of((share + more).min(100)));
        for (few, many) in few.settlements.iter().zip(&many.settlements) {
            prop_assert!(!few.seated || many.seated);
        }
    }

    /// D9: one subject put out by a veto costs nobody else anything, and leaves the quotas where
    /// all members count.
    #[test]
    fn putting_one_out_costs_nobody_else_a_seat(mut all in given(), share in 0_u64..=100, who in any::<prop::sample::Index>()) {
        if all.is_empty() {
            return Ok(());
        }
        let plan = seated(share, "subjects", "competition");
        let before = settle(&plan, &candidates(&all), &[], false).unwrap();
        let who = who.index(all.len());
        all[who].0 = 1;
        let after = settle(&plan, &candidates(&all), &[], false).unwrap();
        prop_assert_eq!(&before.quotas, &after.quotas);
        for (index, (a, b)) in before.settlements.iter().zip(&after.settlements).enumerate() {
            if index != who {
                prop_assert!(b.ranks[0] <= a.ranks[0]);
                prop_assert!(!a.seated || b.seated);
            }
        }
        prop_assert!(!after.settlements[who].seated && after.settlements[who].ranks[0] == 0);
    }
}

fn subject(id: &str, x: &str, y: &str) -> Facts {
    facts(&format!(
        "{{\"subject\":\"{id}\",\"groups\":{{\"street\":\"g\"}},\"metrics\":{{\"x\":\"{x}\",\"y\":\"{y}\"}}}}"
    ))
}

/// C8: places are by the published score; a difference that rounding takes away is none, and other
/// keys are exact.
#[test]
fn places_look_at_the_published_score_and_at_other_keys_exactly() {
    let plan = seated(100, "subjects", "competition");
    let rank = |all: &[Facts]| -> Vec<u32> {
        evaluate(&plan, all, &[]).results.iter().map(|it| it.ranks["street"]).collect()
    };
    assert_eq!(
        rank(&[subject("a", "89.994", "1"), subject("b", "89.991", "1"), subject("c", "90", "1")]),
        [2, 2, 1]
    );
    assert_eq!(rank(&[subject("a", "89.9951", "1"), subject("b", "89.9949", "1")]), [1, 2]);
    assert_eq!(rank(&[subject("a", "89.994", "1.000001"), subject("b", "89.991", "1")]), [2, 1]);
}

/// C5: nothing but a decision parts two who are equal in every key.
#[test]
fn equal_subjects_have_equal_places_and_no_seat_is_drawn_by_name() {
    let plan: Arc<Plan> = seated(50, "subjects", "competition");
    let outcome = evaluate(&plan, &[subject("a", "70", "1"), subject("b", "70", "1")], &[]);
    for result in &outcome.results {
        assert_eq!(result.ranks["street"], 1);
        assert_eq!((result.status.name(), result.grade.as_ref()), ("tie_open", None));
    }
}
