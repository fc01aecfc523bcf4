//! The checker for money is checked: a recorded history is made wrong in every way that a rule is for, and the
//! rule must say so.

use std::collections::BTreeSet;

use super::{
    check::{Done, Kept, Rule},
    kills::{broken, on_sqlite},
    observe::Rows,
};
use crate::history::dice::Dice;

type Corruption = (&'static str, Rule, fn(&mut Vec<Kept>, &mut Rows, &mut Dice));

/// The place of a movement of some kinds.
fn movement(seen: &Rows, kinds: &[&str], dice: &mut Dice) -> usize {
    let all = seen.movements.iter().enumerate();
    let all: Vec<usize> = all.filter(|it| kinds.contains(&&*it.1.what)).map(|it| it.0).collect();
    all[dice.index(all.len())]
}

/// The place of an effect that begins so.
fn effect(seen: &Rows, begins: &str, dice: &mut Dice) -> usize {
    let all = seen.effects.iter().enumerate();
    let all: Vec<usize> = all.filter(|it| it.1.effect.starts_with(begins)).map(|it| it.0).collect();
    all[dice.index(all.len())]
}

/// The place of a call of several effects that was done.
fn done(history: &[Kept], dice: &mut Dice) -> usize {
    let several =
        |it: &Kept| it.done == Done::Yes && it.expected.as_ref().is_ok_and(|it| it.len() > 1);
    let all = history.iter().enumerate();
    let all: Vec<usize> = all.filter(|it| several(it.1)).map(|it| it.0).collect();
    all[dice.index(all.len())]
}

const KINDS: [&str; 6] = ["reserve", "release", "pay", "bounce", "return", "collect"];

const CORRUPTIONS: [Corruption; 14] = [
    ("an entry is changed by a fen", Rule::Unbalanced, |_, seen, dice| {
        let at = movement(seen, &KINDS, dice);
        *seen.movements[at].postings.values_mut().next().unwrap() += 1;
    }),
    ("a movement is of a fen more, entries and all", Rule::Figures, |_, seen, dice| {
        let at = movement(seen, &KINDS, dice);
        let it = &mut seen.movements[at];
        it.amount += 1;
        it.postings.values_mut().for_each(|fen| *fen += fen.signum());
    }),
    ("an entry is on another account", Rule::Unbalanced, |_, seen, dice| {
        let at = movement(seen, &["pay"], dice);
        let fen = seen.movements[at].postings.remove("paid").unwrap();
        seen.movements[at].postings.insert("recovered".to_owned(), fen);
    }),
    ("a figure is a fen more", Rule::Figures, |_, seen, dice| {
        let at = movement(seen, &KINDS, dice);
        seen.movements[at].after[dice.index(7)] += 1;
    }),
    ("more is available than is there", Rule::Overdrawn, |_, seen, dice| {
        let at = movement(seen, &KINDS, dice);
        seen.movements[at].after[1] += 1;
    }),
    ("something is below zero", Rule::Overdrawn, |_, seen, dice| {
        let at = movement(seen, &["reserve"], dice);
        let it = &mut seen.movements[at].after;
        it[2] += it[1] + 1;
        it[1] = -1;
    }),
    ("a movement is dropped", Rule::Lost, |_, seen, dice| {
        let at = movement(seen, &KINDS, dice);
        seen.movements.remove(at);
    }),
    ("a movement is dropped from the middle", Rule::Gap, |_, seen, dice| {
        let at = movement(seen, &["reserve"], dice);
        seen.movements.remove(at);
    }),
    ("a movement is there twice", Rule::Doubled, |_, seen, dice| {
        let at = movement(seen, &KINDS, dice);
        let again = seen.movements[at].clone();
        seen.movements.insert(at, again);
    }),
    ("a payment lost its event", Rule::Held, |_, seen, dice| {
        let at = effect(seen, "returned ", dice);
        seen.effects.remove(at);
    }),
    ("a recovery has another amount", Rule::Held, |_, seen, dice| {
        let at = effect(seen, "demanded ", dice);
        let it = &mut seen.effects[at].effect;
        *it = it.replacen("demanded ", "demanded 1", 1);
    }),
    ("what was refused is there", Rule::Resurrected, |history, _, dice| {
        let at = done(history, dice);
        history[at].done = Done::No;
    }),
    ("an entry of the trail is dropped", Rule::Entry, |_, seen, dice| {
        let at = dice.index(seen.audit.len());
        seen.audit.remove(at);
    }),
    ("a repeat was answered otherwise", Rule::OtherAnswer, |history, _, dice| {
        let at = done(history, dice);
        history[at].answers.insert(vec![0]);
    }),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_corruption_of_the_books_is_caught() {
    let (trial, seen) = on_sqlite("every_corruption_of_the_books_is_caught", 12).await;
    let history = trial.kept();
    assert_eq!(broken(&history, &seen), BTreeSet::new());
    let mut said = BTreeSet::new();
    for (what, rule, apply) in CORRUPTIONS {
        for seed in 0..10 {
            let (mut history, mut seen) = (history.clone(), seen.clone());
            apply(&mut history, &mut seen, &mut Dice(seed));
            let found = broken(&history, &seen);
            assert!(found.contains(&rule), "{what}, {seed}: {found:?}");
            said.insert(rule);
        }
    }
    // Half of a call that nobody knows about: a done one is made unknown, and one row of it goes.
    for seed in 0..10 {
        let (mut history, mut seen, mut dice) = (history.clone(), seen.clone(), Dice(seed));
        let at = done(&history, &mut dice);
        history[at].done = Done::Maybe;
        let id = history[at].request_id.clone();
        let movement = seen.movements.iter().position(|it| it.request_id == id);
        let effect = seen.effects.iter().position(|it| it.request_id == id);
        match (movement, effect) {
            (Some(at), _) => drop(seen.movements.remove(at)),
            (None, Some(at)) => drop(seen.effects.remove(at)),
            (None, None) => panic!("{id} left nothing"),
        }
        assert!(broken(&history, &seen).contains(&Rule::Half));
        said.insert(Rule::Half);
    }
    assert_eq!(said, Rule::ALL.into(), "a rule without a case");
}
