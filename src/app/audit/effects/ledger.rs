//! The ledger: every row is of exactly one entry, and is what that entry says.

use super::{Effects, Finding, Tampering};
use crate::{
    app::{
        AppError,
        fact::{effect, reversal_effect},
    },
    domain::time::Moment,
    store::{AuditRecord, Fact, FactKind, ReadTx, StoredFact, fact_id, fact_seq},
};

/// How many rows are read at once.
const PAGE: i64 = 2_000;
/// Later than every moment there is.
const ALWAYS: Moment = Moment::from_micros(i64::MAX);

/// Rows of the ledger, in the order in which the entries speak of them.
pub(super) struct Ledger<'a> {
    county: &'a str,
    until: i64,
    /// The row of which the next entry has to speak.
    next: i64,
    rows: std::collections::VecDeque<StoredFact>,
    read: i64,
}

/// The rows that an entry speaks of: first, last, and what the last reverses.
fn rows_of(subject: &str) -> Option<(i64, i64, Option<i64>)> {
    let rest = subject.strip_prefix("fact/")?;
    if let Some((reversed, by)) = rest.split_once(" reversed by fact/") {
        let by = fact_seq(by)?;
        return Some((by, by, Some(fact_seq(reversed)?)));
    }
    match rest.split_once("..") {
        None => fact_seq(rest).map(|it| (it, it, None)),
        Some((first, last)) => Some((fact_seq(first)?, fact_seq(last)?, None)),
    }
}

fn named(first: i64, last: i64) -> String {
    if first == last {
        format!("fact `{}`", fact_id(first))
    } else {
        format!("facts `{}` to `{}`", fact_id(first), fact_id(last))
    }
}

impl<'a> Ledger<'a> {
    pub(super) fn new(county: &'a str, until: i64) -> Self {
        Self { county, until, next: 1, rows: std::collections::VecDeque::new(), read: i64::MIN }
    }

    /// The newest row that an entry spoke of so far.
    pub(super) fn before(&self) -> i64 {
        self.next.saturating_sub(1)
    }

    /// The next row, if its number is below.
    async fn below(
        &mut self,
        tx: &mut dyn ReadTx,
        limit: i64,
    ) -> Result<Option<StoredFact>, AppError> {
        if self.rows.is_empty() {
            let page = tx.ledger_page(self.county, self.read, PAGE).await?;
            if let Some(last) = page.last() {
                self.read = last.seq;
            }
            self.rows.extend(page);
        }
        let within = self.rows.front().is_some_and(|it| it.seq < limit);
        Ok(if within { self.rows.pop_front() } else { None })
    }

    /// Compares one entry with its rows.
    pub(super) async fn take(
        &mut self,
        tx: &mut dyn ReadTx,
        record: &AuditRecord,
        found: &mut Effects,
    ) -> Result<(), AppError> {
        let subject = &record.entry.subject;
        if subject == "facts none" {
            return Ok(());
        }
        let Some((first, last, reverses)) = rows_of(subject).filter(|it| it.0 <= it.1) else {
            let text = format!("`{subject}` names no rows of the ledger");
            found.add(record, Tampering::EffectWithoutEntry, text);
            return Ok(());
        };
        if first > self.until {
            self.next = last.saturating_add(1);
            return Ok(());
        }
        if first < self.next {
            let text = format!("another entry speaks of {} already", named(first, last));
            found.add(record, Tampering::EffectWithoutEntry, text);
            return Ok(());
        }
        self.without_entry(tx, first, found).await?;
        self.next = last.saturating_add(1);
        let mut rows = Vec::new();
        while let Some(row) = self.below(tx, self.next).await? {
            rows.push(row);
        }
        let wanted = last.saturating_sub(first).saturating_add(1);
        if i64::try_from(rows.len()).unwrap_or(i64::MAX) != wanted {
            let there: std::collections::BTreeSet<i64> = rows.iter().map(|it| it.seq).collect();
            let lost = (first..=last).find(|it| !there.contains(it)).unwrap_or(first);
            let text = format!("{} is not in the ledger", named(lost, lost));
            found.changed_facts.push((lost, lost, record.seq));
            found.add(record, Tampering::EffectWithoutEntry, text);
            return Ok(());
        }
        for row in &rows {
            let named = named(row.seq, row.seq);
            let moment = (row.recorded != record.recorded).then_some("recorded");
            let request = (row.request_id != record.entry.request_id).then_some("request_id");
            for column in moment.into_iter().chain(request) {
                let text = format!("{named} has another `{column}` than was recorded");
                found.changed_facts.push((row.seq, row.seq, record.seq));
                found.add(record, Tampering::RowChanged, text);
            }
        }
        let same = if let (Some(reversed), [row]) = (reverses, rows.as_slice()) {
            self.is_reversal(tx, record, row, reversed).await?
        } else {
            let kinds = rows.iter().all(|it| it.fact.reverses.is_none());
            let facts: Vec<Fact> = rows.into_iter().map(|it| it.fact).collect();
            kinds && effect(first, &facts).digest == record.entry.effect_digest
        };
        if !same {
            let one = if first == last { "is" } else { "are" };
            let text = format!("{} {one} not what was recorded", named(first, last));
            found.changed_facts.push((first, last, record.seq));
            found.add(record, Tampering::RowChanged, text);
        }
        Ok(())
    }

    /// Whether a row is the reversal that its entry states, of the row that it names.
    async fn is_reversal(
        &self,
        tx: &mut dyn ReadTx,
        record: &AuditRecord,
        row: &StoredFact,
        reversed: i64,
    ) -> Result<bool, AppError> {
        let it = &row.fact;
        let parts = [it.detail.as_str(), &it.recorded_by, &it.evidence];
        let effect = reversal_effect(&fact_id(reversed), &fact_id(row.seq), parts);
        let mut same = it.kind == FactKind::Reversal
            && it.reverses == Some(reversed)
            && effect.digest == record.entry.effect_digest;
        if let Some(there) = tx.fact(self.county, reversed, ALWAYS).await? {
            let of = |it: &Fact| {
                let subject = (it.subject_kind.clone(), it.subject.clone());
                (subject, it.item.clone(), it.period.clone(), it.on_day, it.until_day)
            };
            same = same && of(it) == of(&there.fact);
        }
        let empty = [&it.name, &it.by_whom, &it.source, &it.source_record, &it.late_reason];
        let blank = empty.iter().all(|it| it.is_empty());
        Ok(same && blank && (it.amount_a, it.amount_b, it.at) == (None, None, None))
    }

    /// Tells of the rows below a number that no entry speaks of.
    async fn without_entry(
        &mut self,
        tx: &mut dyn ReadTx,
        limit: i64,
        found: &mut Effects,
    ) -> Result<(), AppError> {
        let mut range: Option<(i64, i64)> = None;
        while let Some(row) = self.below(tx, limit).await? {
            range = Some((range.map_or(row.seq, |it| it.0), row.seq));
        }
        if let Some((first, last)) = range {
            let text = format!("no entry speaks of {}", named(first, last));
            found.changed_facts.push((first, last, 0));
            found.findings.push(Finding::new(
                self.county,
                Tampering::EffectWithoutEntry,
                None,
                text,
            ));
        }
        Ok(())
    }

    /// Tells of the rows that are left.
    pub(super) async fn end(
        &mut self,
        tx: &mut dyn ReadTx,
        found: &mut Effects,
    ) -> Result<(), AppError> {
        self.without_entry(tx, self.until.saturating_add(1), found).await
    }
}
