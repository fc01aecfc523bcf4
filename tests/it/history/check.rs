//! The checker: what the clients were told against what the database shows. Pure: no clock, no
//! database, no service; a rule each for what can be wrong.

mod shown;
mod trail;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

pub(super) use trail::hash as trail_hash;

use super::{
    log::{Call, Done, Effect, Fate, History, Part},
    observe::{FactRow, MarkedRow, Observation},
};

/// A rule, by the number it has in the test plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    /// K1: what was acknowledged is not there.
    Lost,
    /// K1: what was acknowledged is there more than once.
    Doubled,
    /// K1: what was acknowledged is not what was sent.
    Altered,
    /// K1: a row that was judged before has gone, or one came behind it.
    Rewritten,
    /// K2: what was refused, or never asked for, is there.
    Resurrected,
    /// K3: what ended in the unknown is there more than once.
    Twice,
    /// K3: what ended in the unknown was repeated until acknowledged, and is not there.
    NotSettled,
    /// K4: some of a batch is there and some is not.
    Half,
    /// K4: a fact stands in another's place or under another's request.
    Swapped,
    /// K5: a run that can be read lacks rows, in the database or for the reader.
    RowMissing,
    /// K5: the digest worked out again is another.
    DigestDiffers,
    /// K5: the reader was shown a run that was not published.
    Unpublished,
    /// K5: the reader was shown an older run after a newer one.
    Older,
    /// K5: two runs are published at once, or the line of successors is broken.
    Forked,
    /// K8: an effect without its entry in the audit trail.
    EntryMissing,
    /// K8: an effect with two.
    EntryDoubled,
    /// K8: an entry of what is not there.
    EntryStray,
    /// K8: the chain does not hold, or does not end where the head says.
    ChainBroken,
    /// K10: a repeat was answered otherwise.
    OtherAnswer,
}

impl Rule {
    /// All of them.
    pub(super) const ALL: [Self; 19] = [
        Self::Lost,
        Self::Doubled,
        Self::Altered,
        Self::Rewritten,
        Self::Resurrected,
        Self::Twice,
        Self::NotSettled,
        Self::Half,
        Self::Swapped,
        Self::RowMissing,
        Self::DigestDiffers,
        Self::Unpublished,
        Self::Older,
        Self::Forked,
        Self::EntryMissing,
        Self::EntryDoubled,
        Self::EntryStray,
        Self::ChainBroken,
        Self::OtherAnswer,
    ];
}

/// A rule that does not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) rule: Rule,
    pub(super) what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.what)
    }
}

/// The violations as they are found.
#[derive(Debug, Default)]
struct Found(Vec<Violation>);

impl Found {
    fn say(&mut self, rule: Rule, what: impl Into<String>) {
        self.0.push(Violation { rule, what: what.into() });
    }
}

/// Everything that is wrong. The log is whole; of the database there is what came after the mark.
pub(super) fn check(history: &History, seen: &Observation) -> Vec<Violation> {
    let mut found = Found::default();
    let since = &seen.since;
    let marked = [since.facts, since.records, since.grants, since.audit];
    if seen.before != marked {
        let what = format!("{:?} rows before the mark, where {marked:?} were", seen.before);
        found.say(Rule::Rewritten, what);
    }
    let rows = Rows::of(seen);
    let mut known = BTreeSet::new();
    for (call, fate) in history.calls.values() {
        if call.number < since.call {
            continue;
        }
        for part in &call.parts {
            known.insert(part.request_id.as_str());
            judge(&mut found, &rows, call, fate, part);
        }
    }
    rows.strays(&mut found, &known);
    replays(&mut found, history);
    trail::check(&mut found, history, seen, &rows);
    shown::check(&mut found, history, seen);
    found.0
}

/// What the database shows, by what it is looked up by.
#[derive(Debug)]
struct Rows<'a> {
    facts: BTreeMap<&'a str, Vec<&'a FactRow>>,
    reversals: BTreeMap<i64, Vec<&'a FactRow>>,
    records: BTreeMap<&'a str, Vec<&'a MarkedRow>>,
    grants: BTreeMap<&'a str, Vec<&'a MarkedRow>>,
    /// The runs that a request started, as the audit trail says.
    started: BTreeMap<&'a str, Vec<&'a str>>,
    requests: BTreeMap<&'a str, &'static str>,
    seen: &'a Observation,
}

/// Adds to a list under a key.
fn add<'a, K: Ord, V>(map: &mut BTreeMap<K, Vec<&'a V>>, key: K, value: &'a V) {
    map.entry(key).or_default().push(value);
}

impl<'a> Rows<'a> {
    fn of(seen: &'a Observation) -> Self {
        let mut rows = Self {
            facts: BTreeMap::new(),
            reversals: BTreeMap::new(),
            records: BTreeMap::new(),
            grants: BTreeMap::new(),
            started: BTreeMap::new(),
            requests: BTreeMap::new(),
            seen,
        };
        for it in &seen.facts {
            rows.requests.insert(&it.request_id, "facts");
            match it.reverses {
                0 => add(&mut rows.facts, it.marker.as_str(), it),
                of => add(&mut rows.reversals, of, it),
            }
        }
        for it in &seen.records {
            rows.requests.insert(&it.request_id, "records");
            add(&mut rows.records, it.marker.as_str(), it);
        }
        for it in &seen.grants {
            rows.requests.insert(&it.request_id, "grants");
            add(&mut rows.grants, it.marker.as_str(), it);
        }
        for it in seen.audit.iter().filter(|it| it.method == "EvaluationService.StartRun") {
            if let Some(run) = it.subject.strip_prefix("run/") {
                rows.started.entry(&it.request_id).or_default().push(run);
            }
        }
        rows
    }

    /// Rows under requests that nobody sent.
    fn strays(&self, found: &mut Found, known: &BTreeSet<&str>) {
        for (request, table) in &self.requests {
            if !known.contains(request) {
                found.say(Rule::Resurrected, format!("{table} of `{request}`, which nobody sent"));
            }
        }
    }

    /// How often an effect is there.
    fn count(&self, part: &Part, effect: &Effect) -> usize {
        match effect {
            Effect::Fact { marker, .. } => self.facts.get(marker.as_str()).map_or(0, Vec::len),
            Effect::Reversal { of, marker } => {
                let rows = self.reversals.get(of).into_iter().flatten();
                rows.filter(|it| it.detail == *marker).count()
            }
            Effect::Record { marker } => self.records.get(marker.as_str()).map_or(0, Vec::len),
            Effect::Grant { marker } => self.grants.get(marker.as_str()).map_or(0, Vec::len),
            Effect::Run => {
                let started = self.started.get(part.request_id.as_str()).into_iter().flatten();
                let there = |run: &&&str| self.seen.runs.iter().any(|it| it.run == **run);
                started.filter(there).count()
            }
            Effect::Publish { run } | Effect::Supersede { new: run, .. } => {
                let by_it = |it: &&super::observe::AuditRow| {
                    it.request_id == part.request_id
                        && it.subject.starts_with(&format!("run/{run}/"))
                };
                let there = self.seen.runs.iter().filter(|it| it.run == *run);
                let public = there.filter(|it| matches!(&*it.state, "published" | "superseded"));
                public.count().min(self.seen.audit.iter().filter(by_it).count())
            }
            Effect::Scheme => usize::from(self.seen.audit.iter().any(|it| {
                it.request_id == part.request_id && it.method == "SchemeService.PublishScheme"
            })),
        }
    }

    /// The facts of a part that are there once, in the order sent, with their places.
    fn placed(&self, part: &'a Part) -> Vec<(usize, &'a Effect, &'a FactRow)> {
        let row = |(index, effect): (usize, &'a Effect)| match effect {
            Effect::Fact { marker, .. } => match self.facts.get(marker.as_str())?.as_slice() {
                [one] => Some((index, effect, *one)),
                _ => None,
            },
            Effect::Reversal { .. }
            | Effect::Record { .. }
            | Effect::Grant { .. }
            | Effect::Scheme
            | Effect::Run
            | Effect::Publish { .. }
            | Effect::Supersede { .. } => None,
        };
        part.effects.iter().enumerate().filter_map(row).collect()
    }
}

/// Whether an effect is to be there once its call was done.
fn wanted(effect: &Effect) -> bool {
    !matches!(effect, Effect::Fact { good: false, .. })
}

/// K1 to K4 for one request.
fn judge(found: &mut Found, rows: &Rows<'_>, call: &Call, fate: &Fate, part: &Part) {
    let name = format!("{} `{}`", call.method, part.request_id);
    let all = part.effects.iter().filter(|it| wanted(it)).count();
    let (mut there, mut several) = (0, 0);
    for effect in &part.effects {
        let count = rows.count(part, effect);
        if count > 0 && !wanted(effect) {
            found.say(Rule::Resurrected, format!("{name}: {effect:?} was refused"));
            continue;
        }
        there += usize::from(count > 0);
        several += usize::from(count > 1);
    }
    match fate.done {
        Done::No if there > 0 => {
            found
                .say(Rule::Resurrected, format!("{name}: {there} effects, though {}", fate.reason));
        }
        Done::Yes if there == 0 && all > 0 => {
            let rule = if fate.doubted { Rule::NotSettled } else { Rule::Lost };
            found.say(rule, format!("{name}: none of {all}"));
        }
        Done::Yes | Done::Maybe if there > 0 && there < all => {
            found.say(Rule::Half, format!("{name}: {there} of {all}"));
        }
        Done::Yes | Done::No | Done::Maybe => (),
    }
    if several > 0 {
        let rule = if fate.doubted { Rule::Twice } else { Rule::Doubled };
        found.say(rule, format!("{name}: {several} effects more than once"));
    }
    places(found, rows, fate, part, &name);
    if fate.done == Done::Yes && part.effects == [Effect::Run] {
        let started = rows.started.get(part.request_id.as_str()).into_iter().flatten();
        if !started.clone().any(|it| *it == fate.run) {
            let started: Vec<_> = started.collect();
            found.say(Rule::Altered, format!("{name}: answered {}, is {started:?}", fate.run));
        }
    }
}

/// Facts are what was sent, in the order sent, under their request, and of the ids answered.
fn places(found: &mut Found, rows: &Rows<'_>, fate: &Fate, part: &Part, name: &str) {
    let placed = rows.placed(part);
    for (index, effect, row) in &placed {
        let Effect::Fact { subject, amount, .. } = effect else { continue };
        if (subject, amount) != (&row.subject, &row.amount) || row.kind != "entry" {
            found.say(Rule::Altered, format!("{name}: {effect:?} is {row:?}"));
        }
        let answered = fate.ids.get(*index).is_none_or(|it| *it == format!("f{}", row.seq));
        if row.request_id != part.request_id || !answered {
            let ids = fate.ids.get(*index);
            found.say(Rule::Swapped, format!("{name}[{index}]: answered {ids:?}, is {row:?}"));
        }
    }
    if placed.windows(2).any(|it| it[0].2.seq >= it[1].2.seq) {
        found.say(Rule::Swapped, format!("{name}: not in the order sent"));
    }
}

/// K10: a repeat gets the first answer.
fn replays(found: &mut Found, history: &History) {
    for (call, fate) in history.calls.values() {
        let name = &call.parts[0].request_id;
        if fate.answers.len() > 1 {
            found.say(Rule::OtherAnswer, format!("`{name}` has {} answers", fate.answers.len()));
        }
        if let Some(reason) = &fate.denied {
            found.say(Rule::OtherAnswer, format!("`{name}` was acknowledged, then {reason}"));
        }
    }
}
