//! The rows of money that one write adds: kept together, and one entry of the audit trail.

use std::collections::BTreeSet;

use crate::{
    app::{Effect, digest},
    domain::{
        award::{EntitlementKey, Source},
        time::Day,
    },
    store::{
        BatchEventRecord, BatchRecord, LineRecord, MovementRecord, RecoveryEventRecord,
        RecoveryRecord,
    },
};

/// A batch as it is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::app) struct Proposed {
    pub(in crate::app) batch: BatchRecord,
    /// The entitlements that are paid for the first time.
    pub(in crate::app) first: Vec<EntitlementKey>,
    pub(in crate::app) lines: Vec<LineRecord>,
}

/// Rows of one moment of a county.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::app) struct MoneyRows {
    pub(in crate::app) movements: Vec<MovementRecord>,
    pub(in crate::app) proposed: Vec<Proposed>,
    pub(in crate::app) batch_events: Vec<BatchEventRecord>,
    pub(in crate::app) recoveries: Vec<RecoveryRecord>,
    pub(in crate::app) recovery_events: Vec<RecoveryEventRecord>,
}

impl MoneyRows {
    /// What was changed, for the audit trail: every column of every row but the marks, whatever the
    /// order in which the rows are given. None where there are no rows.
    pub(in crate::app) fn effect(&self) -> Option<Effect> {
        let subject = self.subject()?;
        let mut parts = Parts::default();
        self.put_movements(&mut parts);
        self.put_proposed(&mut parts);
        self.put_batch_events(&mut parts);
        self.put_recoveries(&mut parts);
        self.put_recovery_events(&mut parts);
        Some(Effect { subject, digest: parts.digest() })
    }

    /// What the rows are about: one batch, one recovery, the books of one year, or several of these.
    fn subject(&self) -> Option<String> {
        let proposed = self.proposed.iter().map(|it| &it.batch.batch_id);
        let events = self.batch_events.iter().map(|it| &it.batch_id);
        let batches: BTreeSet<&String> = proposed.chain(events).collect();
        let recovered = self.recoveries.iter().map(|it| it.recovery);
        let recoveries: BTreeSet<i64> =
            recovered.chain(self.recovery_events.iter().map(|it| it.recovery)).collect();
        let paid = self.recoveries.iter().map(|it| &it.batch_id);
        let moved = self.movements.iter().map(|it| &it.batch_id).filter(|it| !it.is_empty());
        let is_own = |id: &String| batches.contains(id);
        let all_own = paid.chain(moved).all(is_own);
        let years: BTreeSet<&String> = self.movements.iter().map(|it| &it.year).collect();
        let one =
            |of: &BTreeSet<&String>| of.first().filter(|_| of.len() == 1).map(|it| (*it).clone());
        if let Some(batch) = one(&batches).filter(|_| all_own) {
            return Some(format!("money/batch/{batch}"));
        }
        let recovery = recoveries.first().filter(|_| recoveries.len() == 1);
        match (batches.is_empty(), recovery, one(&years)) {
            (true, Some(recovery), _) => Some(format!("money/recovery/{recovery}")),
            (true, None, Some(year)) if recoveries.is_empty() => {
                Some(format!("money/budget/{year}"))
            }
            (true, None, None) if recoveries.is_empty() && years.is_empty() => None,
            _ => Some("money/settlement".to_owned()),
        }
    }

    fn put_movements(&self, parts: &mut Parts) {
        let rows = sorted(&self.movements, |it| (&it.year, &it.purpose, it.number));
        parts.section("movements", rows.len());
        for it in rows {
            parts.texts([it.year.as_str(), &it.purpose]);
            parts.int(it.number);
            parts.texts([it.movement.word()]);
            parts.int(it.amount.fen());
            parts.texts([it.title.as_str(), &it.other_purpose, &it.batch_id]);
            parts.int(it.line);
            parts.int(it.recovery);
            parts.texts([it.recipient_kind.as_str(), &it.recipient, &it.text, &it.decided_by]);
            parts.texts([it.evidence.as_str()]);
            let postings = sorted(&it.postings, |it| *it);
            parts.section("postings", postings.len());
            for (account, amount) in postings {
                parts.texts([account.word()]);
                parts.int(amount.fen());
            }
            let after = &it.after;
            let figures = [after.appropriated, after.available, after.reserved, after.paid];
            figures.iter().for_each(|it| parts.int(it.fen()));
            let figures = [after.returned, after.recovered, after.due];
            figures.iter().for_each(|it| parts.int(it.fen()));
        }
    }

    fn put_proposed(&self, parts: &mut Parts) {
        let rows = sorted(&self.proposed, |it| &it.batch.batch_id);
        parts.section("batches", rows.len());
        for Proposed { batch: it, .. } in &rows {
            parts.texts([it.batch_id.as_str(), &it.year, &it.purpose]);
            parts.source(&it.source);
            parts.int(it.source_version);
            parts.texts([it.origin.as_str(), &it.text]);
        }
        let first = rows.iter().flat_map(|of| of.first.iter().map(|it| (&of.batch.source, it)));
        let first: BTreeSet<(&Source, &EntitlementKey)> = first.collect();
        parts.section("entitlements", first.len());
        for (source, key) in first {
            parts.source(source);
            parts.key(key);
        }
        let lines = rows.iter().flat_map(|it| &it.lines);
        let mut lines: Vec<&LineRecord> = lines.collect();
        lines.sort_by_key(|it| (&it.batch_id, it.line));
        parts.section("lines", lines.len());
        for it in lines {
            parts.texts([it.batch_id.as_str()]);
            parts.int(it.line);
            parts.key(&it.entitlement);
            parts.int(it.attempt);
            parts.int(it.amount.fen());
            parts.texts([it.subjects.as_str(), &it.award_title]);
        }
    }

    fn put_batch_events(&self, parts: &mut Parts) {
        let rows = sorted(&self.batch_events, |it| (&it.batch_id, it.event));
        parts.section("batch_events", rows.len());
        for it in rows {
            parts.texts([it.batch_id.as_str()]);
            parts.int(it.event);
            parts.texts([it.step.word()]);
            parts.int(it.line);
            parts.day(it.on);
            parts.texts([it.reference.as_str(), &it.text, &it.decided_by, &it.evidence]);
        }
    }

    fn put_recoveries(&self, parts: &mut Parts) {
        let rows = sorted(&self.recoveries, |it| it.recovery);
        parts.section("recoveries", rows.len());
        for it in rows {
            parts.int(it.recovery);
            parts.texts([it.batch_id.as_str()]);
            parts.int(it.line);
            parts.int(it.amount.fen());
            parts.texts([it.cause.word(), &it.cause_id, &it.text, &it.decided_by, &it.evidence]);
        }
    }

    fn put_recovery_events(&self, parts: &mut Parts) {
        let rows = sorted(&self.recovery_events, |it| (it.recovery, it.event));
        parts.section("recovery_events", rows.len());
        for it in rows {
            parts.int(it.recovery);
            parts.int(it.event);
            parts.texts([it.step.word()]);
            parts.int(it.amount.fen());
            parts.day(it.on);
            parts.texts([it.reference.as_str(), &it.text, &it.decided_by, &it.evidence]);
        }
    }
}

/// Rows in the order of their keys.
fn sorted<'a, T, K: Ord>(rows: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<&'a T> {
    let mut rows: Vec<&'a T> = rows.iter().collect();
    rows.sort_by_key(|it| key(it));
    rows
}

/// What is digested, in its order.
#[derive(Default)]
struct Parts(Vec<Vec<u8>>);

impl Parts {
    /// What follows, and how many of it.
    fn section(&mut self, name: &str, count: usize) {
        self.texts([name]);
        self.int(i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn texts<const N: usize>(&mut self, texts: [&str; N]) {
        self.0.extend(texts.map(|it| it.as_bytes().to_vec()));
    }

    fn int(&mut self, value: i64) {
        self.0.push(value.to_be_bytes().to_vec());
    }

    fn day(&mut self, day: Option<Day>) {
        self.texts([day.map(|it| it.to_string()).unwrap_or_default().as_str()]);
    }

    fn source(&mut self, it: &Source) {
        self.texts([it.kind.word(), &it.id, &it.period]);
    }

    fn key(&mut self, it: &EntitlementKey) {
        self.texts([it.award.as_str(), it.recipient.word(), &it.recipient_id, &it.each]);
    }

    fn digest(&self) -> [u8; 32] {
        let parts: Vec<&[u8]> = self.0.iter().map(Vec::as_slice).collect();
        digest(&parts)
    }
}

#[cfg(test)]
pub(in crate::app) mod tests;
