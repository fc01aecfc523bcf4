//! The checker itself is checked: a recorded history is made wrong in every way that a rule is for,
//! and the rule must say so.

use std::{fs, path::PathBuf};

use super::{
    check::{Rule, check, trail_hash},
    dice::{Dice, setting},
    kills,
    log::{self, Call, Done, Effect, Fate, History, Part},
    observe::{FactRow, Mark, Observation},
};

/// Something wrong: what, the rule that is to say so, and how it is done.
struct Corruption {
    what: &'static str,
    rule: Rule,
    apply: fn(&mut History, &mut Observation, &mut Dice),
}

/// One of several, by chance.
fn one<T: Clone>(of: &[T], dice: &mut Dice) -> T {
    assert!(!of.is_empty(), "the recorded history has nothing to corrupt");
    of[dice.index(of.len())].clone()
}

/// Whether a part records so many facts and nothing else.
fn facts_of(part: &Part, least: usize, most: usize) -> bool {
    let fact = |it: &Effect| matches!(it, Effect::Fact { good: true, .. });
    (least..=most).contains(&part.effects.len()) && part.effects.iter().all(fact)
}

/// A request of facts of that many, out of the calls that are wanted.
fn request(
    history: &History,
    sizes: (usize, usize),
    dice: &mut Dice,
    wanted: impl Fn(&Call, &Fate) -> bool,
) -> Part {
    let calls = history.calls.values().filter(|it| wanted(&it.0, &it.1));
    let parts: Vec<Part> = calls
        .flat_map(|it| &it.0.parts)
        .filter(|it| facts_of(it, sizes.0, sizes.1))
        .cloned()
        .collect();
    one(&parts, dice)
}

fn sure(_: &Call, fate: &Fate) -> bool {
    fate.done == Done::Yes && !fate.doubted
}

fn doubted(_: &Call, fate: &Fate) -> bool {
    fate.done == Done::Yes && fate.doubted
}

fn refused(_: &Call, fate: &Fate) -> bool {
    fate.done == Done::No
}

/// The places of a request's facts among the rows.
fn places(seen: &Observation, part: &Part) -> Vec<usize> {
    let rows = seen.facts.iter().enumerate();
    let rows = rows.filter(|it| it.1.request_id == part.request_id && it.1.reverses == 0);
    rows.map(|it| it.0).collect()
}

/// Adds a row again, behind the others.
fn double(seen: &mut Observation, place: usize) {
    let seq = seen.facts.last().unwrap().seq + 1;
    let row = seen.facts[place].clone();
    seen.facts.push(FactRow { seq, ..row });
}

/// Makes the audit chain whole again, as somebody would who can write to the database.
fn rechain(seen: &mut Observation) {
    let mut last = (0, "0".repeat(64));
    for row in &mut seen.audit {
        row.seq = last.0 + 1;
        row.prev_hash.clone_from(&last.1);
        row.hash = trail_hash(row);
        last = (row.seq, row.hash.clone());
    }
    seen.head = last;
}

/// The place of the audit entry of a request.
fn entry(seen: &Observation, part: &Part) -> usize {
    seen.audit.iter().position(|it| it.request_id == part.request_id).unwrap()
}

/// The places of runs that were published and have results.
fn public(seen: &Observation) -> Vec<usize> {
    let public = |run: &&super::observe::RunRow| matches!(&*run.state, "published" | "superseded");
    let runs = seen.runs.iter().enumerate().filter(|it| public(&it.1));
    runs.map(|it| it.0).collect()
}

/// The places of sightings of a run.
fn sightings(history: &History) -> Vec<usize> {
    let all = history.sightings.iter().enumerate().filter(|it| !it.1.run.is_empty());
    all.map(|it| it.0).collect()
}

/// Those that the test plan asks for.
const ASKED_FOR: [Corruption; 15] = [
    Corruption {
        what: "a row dropped",
        rule: Rule::Lost,
        apply: |history, seen, dice| {
            let part = request(history, (1, 1), dice, sure);
            let place = places(seen, &part)[0];
            seen.facts.remove(place);
        },
    },
    Corruption {
        what: "a row doubled",
        rule: Rule::Doubled,
        apply: |history, seen, dice| {
            let part = request(history, (1, 32), dice, sure);
            let place = one(&places(seen, &part), dice);
            double(seen, place);
        },
    },
    Corruption {
        what: "one member of a batch dropped",
        rule: Rule::Half,
        apply: |history, seen, dice| {
            let part = request(history, (2, 32), dice, sure);
            let place = one(&places(seen, &part), dice);
            seen.facts.remove(place);
        },
    },
    Corruption {
        what: "members of two batches swapped",
        rule: Rule::Swapped,
        apply: |history, seen, dice| {
            let (a, b) = loop {
                let mut pick = || request(history, (2, 32), dice, sure);
                let (a, b) = (pick(), pick());
                if a.request_id != b.request_id {
                    break (one(&places(seen, &a), dice), one(&places(seen, &b), dice));
                }
            };
            let (one, other) = (seen.facts[a].clone(), seen.facts[b].clone());
            let within = |of: &FactRow, row: FactRow| FactRow {
                seq: of.seq,
                request_id: of.request_id.clone(),
                ..row
            };
            seen.facts[a] = within(&one, other.clone());
            seen.facts[b] = within(&other, one);
        },
    },
    Corruption {
        what: "an amount changed by one unit",
        rule: Rule::Altered,
        apply: |history, seen, dice| {
            let part = request(history, (1, 32), dice, |_, fate| fate.done == Done::Yes);
            let place = one(&places(seen, &part), dice);
            seen.facts[place].amount += if dice.below(2) == 0 { 1 } else { -1 };
        },
    },
    Corruption {
        what: "an audit entry dropped and the chain made anew",
        rule: Rule::EntryMissing,
        apply: |history, seen, dice| {
            let part = request(history, (1, 32), dice, sure);
            let place = entry(seen, &part);
            seen.audit.remove(place);
            rechain(seen);
        },
    },
    Corruption {
        what: "an audit entry doubled and the chain made anew",
        rule: Rule::EntryDoubled,
        apply: |history, seen, dice| {
            let part = request(history, (1, 32), dice, sure);
            let place = entry(seen, &part);
            seen.audit.insert(place, seen.audit[place].clone());
            rechain(seen);
        },
    },
    Corruption {
        what: "an audit entry edited",
        rule: Rule::ChainBroken,
        apply: |_, seen, dice| {
            let place = dice.index(seen.audit.len());
            seen.audit[place].recorded += 1;
        },
    },
    Corruption {
        what: "a refused write there after all",
        rule: Rule::Resurrected,
        apply: |history, seen, dice| {
            let part = request(history, (1, 32), dice, refused);
            let seq = seen.facts.last().unwrap().seq + 1;
            let Effect::Fact { marker, subject, amount, .. } = one(&part.effects, dice) else {
                panic!("facts only");
            };
            let request_id = part.request_id;
            let blank = seen.facts[0].clone();
            seen.facts.push(FactRow { seq, request_id, subject, amount, marker, ..blank });
        },
    },
    Corruption {
        what: "what ended in the unknown there twice",
        rule: Rule::Twice,
        apply: |history, seen, dice| {
            let part = request(history, (1, 32), dice, doubted);
            let place = one(&places(seen, &part), dice);
            double(seen, place);
        },
    },
    Corruption {
        what: "a repeat answered with other bytes",
        rule: Rule::OtherAnswer,
        apply: |history, _, dice| {
            let known = history.calls.iter().filter(|it| it.1.1.done == Done::Yes);
            let call = one(&known.map(|it| *it.0).collect::<Vec<_>>(), dice);
            history.calls.get_mut(&call).unwrap().1.answers.insert("other".to_owned());
        },
    },
    Corruption {
        what: "a published run with a row missing",
        rule: Rule::RowMissing,
        apply: |_, seen, dice| {
            let run = one(&public(seen), dice);
            let results = seen.results.get_mut(&seen.runs[run].run).unwrap();
            results.remove(dice.index(results.len()));
            seen.runs[run].stored -= 1;
        },
    },
    Corruption {
        what: "a published result that differs from its digest",
        rule: Rule::DigestDiffers,
        apply: |_, seen, dice| {
            let run = one(&public(seen), dice);
            let results = seen.results.get_mut(&seen.runs[run].run).unwrap();
            let place = dice.index(results.len());
            results[place].fields[3].push('0');
        },
    },
    Corruption {
        what: "an older run shown after a newer one",
        rule: Rule::Older,
        apply: |history, _, _| {
            let first = history.sightings[sightings(history)[0]].clone();
            let last = history.sightings.last().unwrap();
            assert_ne!(first.run, last.run);
            let (from, until) = (last.until + 1, last.until + 2);
            history.sightings.push(log::Sighting { from, until, ..first });
        },
    },
    Corruption {
        what: "a run shown that is not published",
        rule: Rule::Unpublished,
        apply: |history, seen, dice| {
            let place = one(&sightings(history), dice);
            let run = history.sightings[place].run.clone();
            let shown = seen.runs.iter_mut().find(|it| it.run == run);
            "computed".clone_into(&mut shown.unwrap().state);
        },
    },
];

/// One for each rule and way of looking that is left.
const BESIDES: [Corruption; 8] = [
    Corruption {
        what: "an audit entry of what was refused",
        rule: Rule::EntryStray,
        apply: |history, seen, dice| {
            let part = request(history, (1, 32), dice, refused);
            let place = dice.index(seen.audit.len());
            let mut row = seen.audit[place].clone();
            row.request_id = part.request_id;
            seen.audit.insert(place, row);
            rechain(seen);
        },
    },
    Corruption {
        what: "two audit entries in the other order",
        rule: Rule::ChainBroken,
        apply: |_, seen, dice| {
            let place = dice.index(seen.audit.len() - 1);
            seen.audit.swap(place, place + 1);
        },
    },
    Corruption {
        what: "the newest audit entry cut off",
        rule: Rule::ChainBroken,
        apply: |_, seen, _| {
            seen.audit.pop();
        },
    },
    Corruption {
        what: "what ended in the unknown and was settled, gone",
        rule: Rule::NotSettled,
        apply: |history, seen, dice| {
            let part = request(history, (1, 32), dice, doubted);
            seen.facts.retain(|it| it.request_id != part.request_id);
        },
    },
    Corruption {
        what: "a page of results that lacks one",
        rule: Rule::RowMissing,
        apply: |history, _, dice| {
            let place = one(&sightings(history), dice);
            let results = &mut history.sightings[place].results;
            results.remove(dice.index(results.len()));
        },
    },
    Corruption {
        what: "a page with a result of another run",
        rule: Rule::DigestDiffers,
        apply: |history, _, dice| {
            let place = one(&sightings(history), dice);
            let results = &mut history.sightings[place].results;
            let row = dice.index(results.len());
            results[row].1 = "0".repeat(64);
        },
    },
    Corruption {
        what: "two runs published at once",
        rule: Rule::Forked,
        apply: |_, seen, dice| {
            let old = seen.runs.iter().enumerate().filter(|it| it.1.state == "superseded");
            let old = one(&old.map(|it| it.0).collect::<Vec<_>>(), dice);
            "published".clone_into(&mut seen.runs[old].state);
        },
    },
    Corruption {
        what: "a row gone that was judged before",
        rule: Rule::Rewritten,
        apply: |_, seen, dice| {
            seen.before[dice.index(4)] -= 1;
        },
    },
];

/// Where a log and an observation lie.
struct Recorded(PathBuf);

impl Recorded {
    fn read(&self) -> (History, Observation) {
        let history = History::of(&log::read(&self.0.join("history.jsonl")));
        let seen = fs::read(self.0.join("observation.json")).unwrap();
        (history, serde_json::from_slice(&seen).unwrap())
    }
}

/// A history with kills in it and what the database showed in the end; or one that was kept.
async fn recorded(name: &'static str) -> Recorded {
    if let Ok(folder) = std::env::var("STEELYARD_HISTORY") {
        return Recorded(folder.into());
    }
    let seed = setting("STEELYARD_KILLS_SEED", 14);
    let (mut trial, mut process, store) = kills::sqlite(name, seed).await;
    let rich = |it: &History| {
        let many = |fate: fn(&Call, &Fate) -> bool, most| {
            it.calls
                .values()
                .any(|it| fate(&it.0, &it.1) && it.0.parts.iter().any(|it| facts_of(it, 1, most)))
        };
        let seen = it.sightings.iter().map(|it| &it.run).filter(|it| !it.is_empty());
        let seen: std::collections::BTreeSet<_> = seen.collect();
        many(sure, 1) && many(doubted, 32) && many(refused, 32) && seen.len() > 1
    };
    let mut number = 0;
    while number < 3 || !trial.world.log.look(rich) {
        number += 1;
        assert!(number < 40, "nothing came of it");
        kills::cycle(&mut trial, &mut process, &store, number).await;
    }
    let seen = trial.database.observe(Mark::default()).await;
    trial.world.log.counts();
    let file = trial.folder.join("observation.json");
    fs::write(&file, serde_json::to_vec(&seen).unwrap()).unwrap();
    trial.keep = true;
    Recorded(trial.folder.clone())
}

#[expect(clippy::print_stdout, reason = "the figures of the run")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_corruption_of_a_recorded_history_is_caught() {
    const SEEDS: u64 = 10;
    let recorded = recorded("every_corruption_of_a_recorded_history_is_caught").await;
    let (history, seen) = recorded.read();
    let violations = check(&history, &seen);
    assert!(violations.is_empty(), "as recorded: {violations:#?}");
    let mut unused = Rule::ALL.to_vec();
    let mut caught = 0;
    for Corruption { what, rule, apply } in ASKED_FOR.iter().chain(&BESIDES) {
        for seed in 0..SEEDS {
            let (mut history, mut seen) = (history.clone(), seen.clone());
            apply(&mut history, &mut seen, &mut Dice(seed));
            let violations = check(&history, &seen);
            let named = violations.iter().any(|it| it.rule == *rule);
            assert!(named, "{what} (seed {seed}) is not {rule:?}: {violations:#?}");
        }
        unused.retain(|it| it != rule);
        caught += 1;
    }
    assert_eq!(unused, [], "rules that nothing was made wrong for");
    if std::env::var("STEELYARD_HISTORY").is_err() {
        fs::remove_dir_all(&recorded.0).unwrap();
    }
    println!(
        "{caught} of {} corruptions caught, {SEEDS} times each",
        ASKED_FOR.len() + BESIDES.len()
    );
}

/// Not a service with a fault but a client with one: it takes facts for acknowledged as soon as they
/// are sent, which shows as a service would that answers before it commits.
#[expect(clippy::print_stdout, reason = "the figures of the run")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledging_before_the_commit_is_caught() {
    let seed = setting("STEELYARD_KILLS_SEED", 50);
    let name = "acknowledging_before_the_commit_is_caught";
    let (mut trial, mut process, store) = kills::sqlite(name, seed).await;
    trial.world.hasty.store(true, std::sync::atomic::Ordering::SeqCst);
    for number in 1..=50 {
        kills::killed(&mut trial, &mut process, &store, number).await;
        let violations = trial.violations().await;
        if violations.iter().any(|it| it.rule == Rule::Lost) {
            // Each client has one call under way: so much the kill took, and no more.
            let lost = violations.iter().filter(|it| it.rule == Rule::Lost).count();
            let besides =
                violations.iter().any(|it| !matches!(it.rule, Rule::Lost | Rule::EntryMissing));
            assert!(lost <= 4 && !besides, "{violations:#?}");
            println!("caught at kill {number}: {}", violations[0]);
            return;
        }
        assert!(violations.is_empty(), "{violations:#?}\n{}", trial.again());
        trial.settle().await;
        let seen = trial.judge("once all is known").await;
        trial.go_on(&seen);
    }
    panic!("50 kills did not show it\n{}", trial.again());
}
