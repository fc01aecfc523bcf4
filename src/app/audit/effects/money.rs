//! Money: every row is of exactly one entry, and is what it says. The rows of an entry are those of
//! its moment, which no other write of the county has. Besides, the books are held to themselves:
//! numbers without gaps, postings that balance, figures that follow from those before.

use std::collections::{BTreeMap, BTreeSet};

use super::{Effects, Finding, Tampering};
use crate::{
    app::{
        AppError,
        award::{MoneyRows, Proposed, all_batches, all_movements},
    },
    domain::{
        award::{Balances, EntitlementKey, Source},
        time::Moment,
    },
    store::{AuditRecord, BatchRecord, BatchesOf, Mark, MovementRecord, ReadTx},
};

/// The rows of one moment, with when, by whom and on what request each was recorded.
#[derive(Default)]
struct Written {
    rows: MoneyRows,
    marks: Vec<Mark>,
}

/// The rows that no entry has spoken of yet, and what is wrong with the books.
#[derive(Default)]
pub(super) struct Books {
    county: String,
    written: BTreeMap<Moment, Written>,
    /// The sources of entitlements that no batch of their moment pays.
    unpaid: Vec<Source>,
    breaks: Vec<String>,
}

impl Books {
    pub(super) async fn read(tx: &mut dyn ReadTx, county: &str) -> Result<Self, AppError> {
        let mut all = Self { county: county.to_owned(), ..Self::default() };
        let movements = all_movements(tx, county).await?;
        all.breaks = breaks(&movements);
        for it in movements {
            all.at(&it.mark).movements.push(it);
        }
        let batches = all_batches(tx, county).await?;
        let sources: BTreeSet<Source> = batches.iter().map(|it| it.source.clone()).collect();
        for batch in batches {
            all.read_batch(tx, batch).await?;
        }
        for source in sources {
            for (key, mark) in tx.entitlements_of(county, &source).await? {
                all.entitle(&source, key, mark);
            }
        }
        Ok(all)
    }

    /// The rows of a mark's moment, to which one is added.
    fn at(&mut self, mark: &Mark) -> &mut MoneyRows {
        let written = self.written.entry(mark.recorded).or_default();
        // Most rows of a moment have the same mark.
        if written.marks.last() != Some(mark) {
            written.marks.push(mark.clone());
        }
        &mut written.rows
    }

    /// Adds an entitlement to a batch of its source and moment: to which of several is the same.
    fn entitle(&mut self, source: &Source, key: EntitlementKey, mark: Mark) {
        let written = self.written.get_mut(&mark.recorded);
        let of = written.and_then(|it| {
            let of = it.rows.proposed.iter_mut().find(|it| it.batch.source == *source);
            of.map(|of| (of, &mut it.marks))
        });
        match of {
            Some((of, marks)) => {
                of.first.push(key);
                marks.push(mark);
            }
            None => self.unpaid.push(source.clone()),
        }
    }

    async fn read_batch(
        &mut self,
        tx: &mut dyn ReadTx,
        batch: BatchRecord,
    ) -> Result<(), AppError> {
        let county = self.county.clone();
        let id = batch.batch_id.clone();
        let of = BatchesOf::Batch(&id);
        let lines = tx.batch_lines(&county, of).await?;
        let mark = batch.mark.clone();
        self.at(&mark).proposed.push(Proposed { batch, first: Vec::new(), lines });
        for it in tx.batch_events(&county, of).await? {
            self.at(&it.mark).batch_events.push(it);
        }
        for it in tx.recoveries_of(&county, of).await? {
            self.at(&it.mark).recoveries.push(it);
        }
        for it in tx.recovery_events_of(&county, of).await? {
            self.at(&it.mark).recovery_events.push(it);
        }
        Ok(())
    }

    /// Compares one entry with its rows.
    pub(super) fn take(&mut self, record: &AuditRecord, found: &mut Effects) {
        let written = self.written.remove(&record.recorded).unwrap_or_default();
        found.compare_rows(record, written.rows.effect().as_ref(), &written.marks);
    }

    /// Tells of the rows that are left, and of what is wrong with the books.
    pub(super) fn end(self, found: &mut Effects) {
        for (moment, written) in &self.written {
            let rows = written.rows.effect().map(|it| format!("`{}` of {moment}", it.subject));
            rows.iter().for_each(|it| found.unspoken(&self.county, it));
        }
        for it in &self.unpaid {
            let of = format!("{} `{}/{}`", it.kind.word(), it.id, it.period);
            found.unspoken(&self.county, &format!("an entitlement of {of}"));
        }
        for text in self.breaks {
            let finding = Finding::new(&self.county, Tampering::RowChanged, None, text);
            found.of_rounds.push(finding);
        }
    }
}

/// What is wrong with books, in sentences: each movement against the one before it of its purpose and
/// year, as that one stands.
fn breaks(movements: &[MovementRecord]) -> Vec<String> {
    let mut by_number: Vec<&MovementRecord> = movements.iter().collect();
    by_number.sort_by_key(|it| (&it.year, &it.purpose, it.number));
    let mut found = Vec::new();
    let mut before: Option<&MovementRecord> = None;
    for it in by_number {
        let last = before.filter(|last| last.year == it.year && last.purpose == it.purpose);
        before = Some(it);
        let name = format!("movement `{}/{}/{}`", it.year, it.purpose, it.number);
        if it.movement.postings(it.amount).as_ref() != Ok(&it.postings) {
            found.push(format!("the postings of {name} do not balance as its kind does"));
        }
        if it.number != last.map_or(0, |it| it.number).saturating_add(1) {
            found.push(format!("the movement before {name} is not there"));
            continue;
        }
        let figures = last.map_or_else(Balances::default, |it| it.after);
        if figures.after(it.movement, it.amount) != Ok(it.after) {
            found.push(format!("the figures of {name} do not follow from those before it"));
        }
    }
    found
}

#[cfg(test)]
mod tests;
