//! The registry: every row is of exactly one entry, and is what that entry says.

use std::collections::BTreeMap;

use super::{Effects, Finding, Tampering};
use crate::{
    app::{AppError, registry::effect},
    store::{AuditRecord, ReadTx, RegistryVersion, StoredVersion},
};

/// How many rows are read at once.
const PAGE: i64 = 2_000;

/// Rows of the registry by number, in the order in which the entries speak of them.
pub(super) struct Registry<'a> {
    county: &'a str,
    until: i64,
    next: i64,
    rows: BTreeMap<i64, StoredVersion>,
}

fn named(row: &StoredVersion) -> String {
    format!("registry record `{}/{}` (row {})", row.version.kind, row.version.id, row.seq)
}

/// How many rows an entry speaks of.
fn count_of(subject: &str) -> Option<i64> {
    let rest = subject.strip_prefix("registry/")?;
    match rest.strip_suffix(" records") {
        None => Some(1),
        Some(digits) if digits.bytes().all(|it| it.is_ascii_digit()) && digits.len() < 10 => {
            Some(digits.bytes().fold(0_i64, |sum, it| {
                sum.saturating_mul(10).saturating_add(i64::from(it.saturating_sub(b'0')))
            }))
        }
        Some(_) => None,
    }
}

impl<'a> Registry<'a> {
    pub(super) async fn read(
        tx: &mut dyn ReadTx,
        county: &'a str,
        until: i64,
    ) -> Result<Self, AppError> {
        let mut rows = BTreeMap::new();
        let mut after: Option<StoredVersion> = None;
        loop {
            let page = tx.registry_rows(county, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            rows.extend(page.into_iter().map(|it| (it.seq, it)));
        }
        Ok(Self { county, until, next: 1, rows })
    }

    /// The newest row that an entry spoke of so far.
    pub(super) fn before(&self) -> i64 {
        self.next.saturating_sub(1)
    }

    /// Compares one entry with its rows.
    pub(super) fn take(&mut self, record: &AuditRecord, found: &mut Effects) {
        let subject = &record.entry.subject;
        let Some(count) = count_of(subject) else {
            let text = format!("`{subject}` names no rows of the registry");
            found.add(record, Tampering::EffectWithoutEntry, text);
            return;
        };
        let first = self.next;
        self.next = first.saturating_add(count);
        if first > self.until {
            return;
        }
        let mut rows = Vec::new();
        for seq in first..self.next {
            if let Some(row) = self.rows.remove(&seq) {
                rows.push(row);
            } else {
                let text = format!("row {seq} of the registry is not there");
                found.add(record, Tampering::EffectWithoutEntry, text);
            }
        }
        let mut told = false;
        for row in &rows {
            let columns = [
                (row.recorded != record.recorded, "recorded"),
                (row.request_id != record.entry.request_id, "request_id"),
                (row.version.recorded_by != record.entry.principal, "recorded_by"),
            ];
            for (_, column) in columns.iter().filter(|it| it.0) {
                let text = format!("{} has another `{column}` than was recorded", named(row));
                found.add(record, Tampering::RowChanged, text);
                told = true;
            }
        }
        let versions: Vec<RegistryVersion> = rows.iter().map(|it| it.version.clone()).collect();
        let effect = effect(&versions);
        let whole = i64::try_from(rows.len()).is_ok_and(|it| it == count);
        let same = effect.digest == record.entry.effect_digest && effect.subject == *subject;
        if whole && !same {
            let text = match rows.as_slice() {
                [row] => format!("{} is not what was recorded", named(row)),
                _ => format!(
                    "rows {first} to {} of the registry are not what was recorded",
                    self.next.saturating_sub(1)
                ),
            };
            found.add(record, Tampering::RowChanged, text);
        }
        if told || !same {
            let of = |it: StoredVersion| (it.version.kind, it.version.id, record.seq);
            found.changed_records.extend(rows.into_iter().map(of));
        }
    }

    /// Tells of the rows that are left.
    pub(super) fn end(self, found: &mut Effects) {
        let left = self.rows.values().filter(|it| it.seq <= self.until);
        for row in left {
            let text = format!("no entry speaks of {}", named(row));
            let (kind, id) = (row.version.kind.clone(), row.version.id.clone());
            found.changed_records.push((kind, id, 0));
            found.findings.push(Finding::new(
                self.county,
                Tampering::EffectWithoutEntry,
                None,
                text,
            ));
        }
    }
}
