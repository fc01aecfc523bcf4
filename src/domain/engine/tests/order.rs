//! Nothing depends on the order in which things are given, nor on how they are named or written
//! (invariants A2, A3, C3, C6, D10).

use proptest::prelude::*;

use super::{
    cases, evaluate, plan,
    random::{Dice, Made, VETOES},
};
use crate::domain::facts::{Facts, TieDecision, VetoRecord};

/// A cohort in which some are under vetoes.
pub(super) fn with_vetoes(mut cohort: Vec<Facts>, seed: u64) -> Vec<Facts> {
    let mut dice = Dice::new(seed ^ 0x5eed);
    for facts in &mut cohort {
        while dice.chance(25) {
            facts.vetoes.push(veto(dice.pick(&VETOES)));
        }
    }
    cohort
}

pub(super) fn veto(item: &str) -> VetoRecord {
    let from = crate::domain::time::Day::parse("2022-05-01").unwrap();
    VetoRecord {
        item: item.to_owned(),
        by: Some("street".to_owned()),
        from,
        until: None,
        steps: Vec::new(),
        of_holder: None,
    }
}

#[test]
fn the_generator_reaches_what_the_laws_are_about() {
    let (mut ties, mut exhausted, mut incomplete, mut levels, mut inexact) = (0, 0, 0, 0, 0);
    for seed in 0..40 {
        let made = Made::new(&mut Dice::new(seed));
        let plan = plan(&made.text(None));
        let outcome = evaluate(&plan, &with_vetoes(made.cohort(18, seed, 0), seed), &[]);
        ties += outcome.settled.ties.len();
        exhausted +=
            outcome.settled.settlements.iter().filter(|it| !it.exhausted.is_empty()).count();
        let status =
            |name: &str| outcome.results.iter().filter(|it| it.status.name() == name).count();
        incomplete += status("incomplete");
        levels += plan.levels();
        inexact += outcome.lines.iter().filter(|it| it.contains("\"exact\":")).count();
    }
    let seen = [ties, exhausted, incomplete, levels, inexact];
    assert!(seen.iter().all(|it| *it >= 5), "{seen:?}");
}

proptest! {
    #![proptest_config(cases(128))]

    /// Byte for byte: subjects, entries and decisions in any order.
    #[test]
    fn no_order_of_subjects_entries_or_decisions_changes_a_byte(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let made = Made::new(&mut dice);
        let plan = plan(&made.text(None));
        let cohort = with_vetoes(made.cohort(9, seed, 0), seed);
        let first = evaluate(&plan, &cohort, &[]);
        let mut decisions: Vec<TieDecision> = first.settled.ties.iter().map(|tie| {
            let grade = plan.scheme().grades[tie.grade].id.clone();
            let mut order = tie.tied.clone();
            dice.shuffle(&mut order);
            let within = tie.within.as_ref().map(ToString::to_string);
            TieDecision { grade, within, order, by: None, reason: None }
        }).collect();
        let first = evaluate(&plan, &cohort, &decisions);
        let mut moved = cohort;
        dice.shuffle(&mut moved);
        moved.iter_mut().for_each(|it| dice.shuffle(&mut it.entries));
        dice.shuffle(&mut decisions);
        let second = evaluate(&plan, &moved, &decisions);
        prop_assert_eq!(&first.quotas, &second.quotas);
        for facts in &moved {
            prop_assert_eq!(first.line_of(&facts.subject), second.line_of(&facts.subject));
        }
    }

    /// The parts of a node are a set: which stands first changes no score, grade, place or award.
    #[test]
    fn no_order_of_the_parts_changes_a_result(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let made = Made::new(&mut dice);
        let (a, b) = (plan(&made.text(None)), plan(&made.text(Some(dice))));
        let cohort = with_vetoes(made.cohort(9, seed, 0), seed);
        let (a, b) = (evaluate(&a, &cohort, &[]), evaluate(&b, &cohort, &[]));
        prop_assert_eq!(&a.quotas, &b.quotas);
        for facts in &cohort {
            prop_assert_eq!(a.published(&facts.subject), b.published(&facts.subject));
        }
    }

    /// A3: 90, 90.0 and 90.00 are one number, down to the printed bytes.
    #[test]
    fn no_way_of_writing_a_number_changes_a_byte(seed in any::<u64>()) {
        let made = Made::new(&mut Dice::new(seed));
        let plan = plan(&made.text(None));
        let plain = evaluate(&plan, &made.cohort(5, seed, 0), &[]);
        for pad in 1..3 {
            let padded = evaluate(&plan, &made.cohort(5, seed, pad), &[]);
            prop_assert_eq!(&plain.lines, &padded.lines);
            prop_assert_eq!(&plain.quotas, &padded.quotas);
        }
    }

    /// C6: names carry no meaning. Under other names of subjects and groups, that sort the other
    /// way round, everybody has what they had.
    #[test]
    fn no_name_of_a_subject_or_a_group_decides_anything(seed in any::<u64>()) {
        let made = Made::new(&mut Dice::new(seed));
        let plan = plan(&made.text(None));
        let cohort = with_vetoes(made.cohort(9, seed, 0), seed);
        let other = |name: &str| -> String {
            name.chars().map(|it| it.to_digit(10).and_then(|it| char::from_digit(9 - it, 10)).unwrap_or(it)).collect()
        };
        let renamed: Vec<Facts> = cohort.iter().cloned().map(|mut it| {
            it.subject = other(&it.subject);
            it.groups.values_mut().for_each(|it| *it = other(it));
            it
        }).collect();
        let (a, b) = (evaluate(&plan, &cohort, &[]), evaluate(&plan, &renamed, &[]));
        for facts in &cohort {
            // An open tie names its group: the one name that a result may carry.
            let under_other_names = |text: &str| {
                facts.groups.values().fold(text.to_owned(), |text, it| text.replace(it, &other(it)))
            };
            let published = under_other_names(&a.published(&facts.subject));
            prop_assert_eq!(published, b.published(&other(&facts.subject)));
            let line = a.line_of(&facts.subject).replacen(&facts.subject, &other(&facts.subject), 1);
            let line = under_other_names(&line);
            prop_assert_eq!(line.as_str(), b.line_of(&other(&facts.subject)));
        }
        prop_assert_eq!(a.settled.ties.len(), b.settled.ties.len());
    }

    /// D10: what was read before leaves nothing behind; evaluating again gives the same bytes.
    #[test]
    fn one_evaluator_gives_what_a_fresh_one_gives(seed in any::<u64>()) {
        let made = Made::new(&mut Dice::new(seed));
        let plan = plan(&made.text(None));
        let cohort = with_vetoes(made.cohort(6, seed, 0), seed);
        prop_assert_eq!(evaluate(&plan, &cohort, &[]).lines, evaluate(&plan, &cohort, &[]).lines);
    }
}
