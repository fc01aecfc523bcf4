//! K5: nothing half-published, in the database and for the reader who looked all the time.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{Found, Rule};
use crate::history::{
    log::{Done, Effect, History, Sighting},
    observe::{Observation, ResultRow, RunRow, bytes, hex},
};

/// When a run was asked to be published first, and when that was first acknowledged.
#[derive(Debug, Clone, Copy)]
struct Asked {
    at: u64,
    acknowledged: Option<u64>,
}

pub(super) fn check(found: &mut Found, history: &History, seen: &Observation) {
    let asked = asked(history);
    let line = line(found, seen);
    for run in &seen.runs {
        complete(found, run, seen.results.get(&run.run));
        let public = matches!(&*run.state, "published" | "superseded");
        if public && !asked.contains_key(run.run.as_str()) {
            found.say(Rule::Unpublished, format!("{}: nobody asked for it", run.run));
        }
    }
    let runs: BTreeMap<&str, &RunRow> = seen.runs.iter().map(|it| (&*it.run, it)).collect();
    let mut newest = 0;
    // A reader is as new as the newest that was acknowledged before it began to ask.
    let mut acknowledged: Vec<(u64, usize)> = Vec::new();
    for (run, asked) in &asked {
        acknowledged.extend(asked.acknowledged.zip(line.get(run).copied()));
    }
    for (index, sighting) in history.sightings.iter().enumerate() {
        let before = acknowledged.iter().filter(|it| it.0 < sighting.from).map(|it| it.1);
        newest = before.max().unwrap_or(0).max(newest);
        let place = line.get(sighting.run.as_str()).copied().unwrap_or(0);
        if place < newest {
            let what = format!("`{}` at {}, after a newer one", sighting.run, sighting.from);
            found.say(Rule::Older, what);
        }
        newest = newest.max(place);
        if !sighting.run.is_empty() && index >= seen.since.sightings {
            let asked = asked.get(sighting.run.as_str()).is_some_and(|it| it.at < sighting.until);
            shown(found, sighting, runs.get(sighting.run.as_str()).copied(), asked);
        }
    }
}

/// The publications that were asked for, unless they were refused.
fn asked(history: &History) -> BTreeMap<&str, Asked> {
    let mut asked: BTreeMap<&str, Asked> = BTreeMap::new();
    for (call, fate) in history.calls.values().filter(|it| it.1.done != Done::No) {
        let effects = call.parts.iter().flat_map(|it| &it.effects);
        for effect in effects {
            if let Effect::Publish { run } | Effect::Supersede { new: run, .. } = effect {
                let new = Asked { at: fate.invoked, acknowledged: fate.acknowledged };
                let first = asked.entry(run).or_insert(new);
                let both = first.acknowledged.into_iter().chain(new.acknowledged);
                first.acknowledged = both.min();
                first.at = first.at.min(new.at);
            }
        }
    }
    asked
}

/// The places of published runs in the line of their successors, from 1.
fn line<'a>(found: &mut Found, seen: &'a Observation) -> BTreeMap<&'a str, usize> {
    let mut line = BTreeMap::new();
    let public = |it: &&RunRow| matches!(&*it.state, "published" | "superseded");
    let mut next = seen.runs.iter().filter(public).find(|it| it.supersedes.is_empty());
    while let Some(run) = next {
        line.insert(&*run.run, line.len() + 1);
        next = seen.runs.iter().find(|it| it.run == run.superseded_by);
        let last = next.is_none();
        let follows = next.is_none_or(|it| it.supersedes == run.run && public(&it));
        if !follows || last != (run.state == "published") {
            found.say(Rule::Forked, format!("{run:?}, then {next:?}"));
            break;
        }
    }
    let all = seen.runs.iter().filter(public).count();
    if all != line.len() {
        found.say(Rule::Forked, format!("{all} runs are public, {} in the line", line.len()));
    }
    line
}

/// A run that says it is computed has all its rows, and they have its digest.
fn complete(found: &mut Found, run: &RunRow, results: Option<&Vec<ResultRow>>) {
    if !matches!(&*run.state, "computed" | "published" | "superseded") {
        return;
    }
    let name = &run.run;
    if run.stored != run.subjects {
        let what = format!("{name} has {} rows of {}", run.stored, run.subjects);
        found.say(Rule::RowMissing, what);
    }
    let Some(results) = results else { return };
    if i64::try_from(results.len()) != Ok(run.stored) {
        found.say(Rule::RowMissing, format!("{name}: {} rows were read", results.len()));
        return;
    }
    let wrong = results.iter().filter(|it| digest(it) != it.digest).count();
    let whole = over(results.iter().map(|it| it.digest.as_str()), &run.quotas);
    if wrong > 0 || whole != run.digest {
        let what = format!("{name}: {wrong} rows; {whole} over all, {} kept", run.digest);
        found.say(Rule::DigestDiffers, what);
    }
}

/// What the reader was shown is a whole run that was published.
fn shown(found: &mut Found, sighting: &Sighting, run: Option<&RunRow>, asked: bool) {
    let name = format!("`{}` at {}", sighting.run, sighting.from);
    let public = matches!(&*sighting.state, "published" | "superseded");
    let kept = run.filter(|it| matches!(&*it.state, "published" | "superseded"));
    let Some(kept) = kept.filter(|_| public && asked) else {
        found.say(Rule::Unpublished, format!("{name}: {} {run:?}", sighting.state));
        return;
    };
    if i64::try_from(sighting.results.len()) != Ok(sighting.subjects) {
        let what = format!("{name}: {} of {}", sighting.results.len(), sighting.subjects);
        found.say(Rule::RowMissing, what);
        return;
    }
    let whole = over(sighting.results.iter().map(|it| it.1.as_str()), &kept.quotas);
    if whole != sighting.digest || whole != kept.digest {
        found.say(Rule::DigestDiffers, format!("{name}: {whole}, shown {}", sighting.digest));
    }
}

/// The digest of a run: over those of its results, and its quota tables.
pub(in crate::history) fn over<'a>(digests: impl Iterator<Item = &'a str>, quotas: &str) -> String {
    let mut hash = Sha256::new();
    digests.for_each(|it| hash.update(bytes(it)));
    hash.update(quotas.as_bytes());
    hex(&hash.finalize())
}

/// The digest of a result: over its fields, each preceded by its length.
pub(in crate::history) fn digest(row: &ResultRow) -> String {
    let mut hash = Sha256::new();
    for field in &row.fields {
        hash.update(u64::try_from(field.len()).unwrap().to_be_bytes());
        hash.update(field.as_bytes());
    }
    hex(&hash.finalize())
}
