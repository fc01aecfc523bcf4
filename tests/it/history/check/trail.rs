//! K8: one entry of the audit trail for each effect, none for what is not there, and a whole chain.

use std::collections::BTreeMap;

use steelyard::{
    domain::time::Moment,
    store::{NewAudit, entry_hash},
};

use super::{Found, Rows, Rule, wanted};
use crate::{
    harness::COUNTY,
    history::{
        log::{Call, Done, Effect, Fate, History, Part},
        observe::{AuditRow, Observation, bytes, hex},
    },
};

pub(super) fn check(found: &mut Found, history: &History, seen: &Observation, rows: &Rows<'_>) {
    chain(found, seen);
    let mut entries: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for it in &seen.audit {
        entries.entry(&it.request_id).or_default().push(&it.subject);
    }
    for (call, fate) in history.calls.values().filter(|it| it.0.number >= seen.since.call) {
        for part in &call.parts {
            let there = entries.remove(part.request_id.as_str()).unwrap_or_default();
            entries_of(found, rows, call, fate, part, &there);
        }
    }
    for (request, subjects) in entries {
        found.say(Rule::EntryStray, format!("{subjects:?} of `{request}`, which nobody sent"));
    }
}

/// The entries of one request against what it left behind.
fn entries_of(
    found: &mut Found,
    rows: &Rows<'_>,
    call: &Call,
    fate: &Fate,
    part: &Part,
    there: &[&str],
) {
    let name = format!("{} `{}`", call.method, part.request_id);
    let refused = |it: &&&str| it.starts_with("refused/");
    let refusals = there.iter().filter(refused).count();
    let effects: Vec<&str> = there.iter().copied().filter(|it| !refused(&it)).collect();
    // A refusal of a publication is an answer that is kept, and so an effect itself.
    let kept = format!("refused/{}", fate.reason);
    let answered = match fate.done {
        Done::No => there.contains(&&*kept),
        Done::Maybe => effects.is_empty(),
        Done::Yes => false,
    };
    if refusals > 1 || (refusals == 1 && !answered) {
        found.say(Rule::EntryStray, format!("{name}: {there:?}, though {:?}", fate.done));
    }
    let stored = part.effects.iter().any(|it| rows.count(part, it) > 0);
    let expected = subjects(rows, part);
    if !stored && fate.done != Done::Yes {
        if !effects.is_empty() {
            found.say(Rule::EntryStray, format!("{name}: {effects:?} without effects"));
        }
        return;
    }
    for subject in &expected {
        match effects.iter().filter(|it| *it == subject).count() {
            0 => found.say(Rule::EntryMissing, format!("{name}: no `{subject}` in {there:?}")),
            1 => (),
            count => found.say(Rule::EntryDoubled, format!("{name}: `{subject}` {count} times")),
        }
    }
    for other in effects.iter().filter(|it| !expected.iter().any(|subject| subject == *it)) {
        found.say(Rule::EntryStray, format!("{name}: `{other}` instead of {expected:?}"));
    }
}

/// What the entries of a request name, by what is stored.
fn subjects(rows: &Rows<'_>, part: &Part) -> Vec<String> {
    let facts: Vec<i64> = rows
        .seen
        .facts
        .iter()
        .filter(|it| it.request_id == part.request_id && it.reverses == 0)
        .map(|it| it.seq)
        .collect();
    let first = part.effects.iter().find(|it| wanted(it)).unwrap_or(&part.effects[0]);
    match first {
        Effect::Fact { .. } => match (facts.first(), facts.last()) {
            (Some(first), Some(last)) if first != last => vec![format!("fact/f{first}..f{last}")],
            (Some(one), _) => vec![format!("fact/f{one}")],
            (None, _) => vec!["facts none".to_owned()],
        },
        Effect::Reversal { of, .. } => {
            let by = rows.reversals.get(of).into_iter().flatten().map(|it| it.seq);
            by.map(|by| format!("fact/f{of} reversed by fact/f{by}")).collect()
        }
        Effect::Record { marker } if part.effects.len() == 1 => {
            vec![format!("registry/building/{marker}")]
        }
        Effect::Record { .. } => vec![format!("registry/{} records", part.effects.len())],
        Effect::Grant { marker } => {
            vec![format!("access/grant {marker}/auditor county/{COUNTY}")]
        }
        Effect::Scheme => vec!["scheme/test.kills/1".to_owned()],
        Effect::Run => {
            let started = rows.started.get(part.request_id.as_str()).into_iter().flatten();
            let mut started: Vec<String> = started.map(|it| format!("run/{it}")).collect();
            started.dedup();
            started
        }
        Effect::Publish { run } => vec![format!("run/{run}/publish")],
        Effect::Supersede { old, new } => {
            vec![format!("run/{old}/superseded"), format!("run/{new}/supersede")]
        }
    }
}

/// Follows the chain from the mark to the head.
fn chain(found: &mut Found, seen: &Observation) {
    let since = &seen.since;
    let mut last = (since.audit, since.hash.clone());
    if last.1.is_empty() {
        last.1 = hex(&[0; 32]);
    }
    for row in &seen.audit {
        let follows = row.seq == last.0 + 1 && row.prev_hash == last.1;
        if !follows || hash(row) != row.hash {
            found.say(Rule::ChainBroken, format!("at entry {}", row.seq));
            return;
        }
        last = (row.seq, row.hash.clone());
    }
    if seen.head != last {
        found.say(Rule::ChainBroken, format!("it ends at {last:?}, the head says {:?}", seen.head));
    }
}

/// The hash that an entry's content gives.
pub(in crate::history) fn hash(row: &AuditRow) -> String {
    let digest = |it: &str| <[u8; 32]>::try_from(bytes(it)).expect("a digest of 32 bytes");
    let entry = NewAudit {
        principal: row.principal.clone(),
        method: row.method.clone(),
        request_id: row.request_id.clone(),
        fingerprint: digest(&row.fingerprint),
        subject: row.subject.clone(),
        effect_digest: digest(&row.effect_digest),
    };
    let recorded = Moment::from_micros(row.recorded);
    hex(&entry_hash(COUNTY, row.seq, recorded, &entry, &digest(&row.prev_hash)))
}
