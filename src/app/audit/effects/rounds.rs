//! Assessment rounds: every row is of exactly one entry, and is what it says. The rows of an entry are
//! those of its moment, which no other write of the county has.

use std::collections::BTreeMap;

use super::{Effects, Finding, Tampering};
use crate::{
    app::{
        AppError,
        round::{all_rounds, opening, revisions, sheets, step_effect},
    },
    domain::time::Moment,
    store::{
        AuditRecord, Mark, ReadTx, RoundHeader, RoundSheet, RoundStep, SheetKey, SheetRevision,
    },
};

/// Later than anything that is recorded.
const EVER: Moment = Moment::from_micros(i64::MAX);
/// How many rows are read at once.
const PAGE: i64 = 1_000;

/// The round and the moment at which rows were recorded.
type At = (String, Moment);

/// The rows that no entry has spoken of yet.
#[derive(Default)]
pub(super) struct Rounds {
    county: String,
    opened: BTreeMap<String, RoundHeader>,
    sheets: BTreeMap<At, Vec<RoundSheet>>,
    revisions: BTreeMap<At, Vec<(SheetKey, SheetRevision)>>,
    steps: BTreeMap<At, Vec<RoundStep>>,
}

impl Rounds {
    pub(super) async fn read(tx: &mut dyn ReadTx, county: &str) -> Result<Self, AppError> {
        let mut all = Self { county: county.to_owned(), ..Self::default() };
        for header in all_rounds(tx, county).await? {
            let id = header.round_id.clone();
            all.opened.insert(id.clone(), header);
            all.read_sheets(tx, &id).await?;
            all.read_revisions(tx, &id).await?;
            for it in tx.round_steps(county, &id, EVER).await? {
                all.steps.entry((id.clone(), it.mark.recorded)).or_default().push(it);
            }
        }
        Ok(all)
    }

    async fn read_sheets(&mut self, tx: &mut dyn ReadTx, id: &str) -> Result<(), AppError> {
        let mut after = SheetKey::default();
        loop {
            let page = tx.round_sheets(&self.county, (id, EVER), &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.key.clone();
            for it in page {
                self.sheets.entry((id.to_owned(), it.mark.recorded)).or_default().push(it);
            }
        }
    }

    async fn read_revisions(&mut self, tx: &mut dyn ReadTx, id: &str) -> Result<(), AppError> {
        let mut after = (SheetKey::default(), 0);
        loop {
            let page = tx.round_revisions(&self.county, id, (&after.0, after.1), PAGE).await?;
            let Some((key, last)) = page.last() else { return Ok(()) };
            after = (key.clone(), last.revision);
            for it in page {
                self.revisions.entry((id.to_owned(), it.1.mark.recorded)).or_default().push(it);
            }
        }
    }

    /// Compares one entry with its rows.
    pub(super) fn take(&mut self, record: &AuditRecord, found: &mut Effects) {
        let subject = record.entry.subject.strip_prefix("round/").unwrap_or_default();
        let (id, what) = subject.split_once('/').unwrap_or((subject, ""));
        let at = (id.to_owned(), record.recorded);
        let of = |it: &Mark| (it.by.clone(), it.request_id.clone());
        let (effect, marks): (_, Vec<_>) = match what {
            "" => {
                let there = self.opened.remove(id);
                let there = there.filter(|it| it.opened.recorded == record.recorded);
                let marks = there.iter().map(|it| of(&it.opened)).collect();
                (there.as_ref().map(opening), marks)
            }
            "sheets" => {
                let rows = self.sheets.remove(&at).unwrap_or_default();
                let marks = rows.iter().map(|it| of(&it.mark)).collect();
                ((!rows.is_empty()).then(|| sheets(id, &rows)), marks)
            }
            "revisions" => {
                let rows = self.revisions.remove(&at).unwrap_or_default();
                let marks = rows.iter().map(|it| of(&it.1.mark)).collect();
                ((!rows.is_empty()).then(|| revisions(id, &rows)), marks)
            }
            _ => {
                let rows = self.steps.remove(&at).unwrap_or_default();
                let marks = rows.iter().map(|it| of(&it.mark)).collect();
                (rows.first().filter(|_| rows.len() == 1).map(|it| step_effect(id, it)), marks)
            }
        };
        let Some(effect) = effect else {
            let text = format!("`{}` is not there as it was recorded", record.entry.subject);
            found.add_round(record, Tampering::EffectWithoutEntry, text);
            return;
        };
        let (principal, request) = (&record.entry.principal, &record.entry.request_id);
        let by = marks.iter().all(|it| it.0 == *principal && it.1 == *request);
        if !by
            || effect.subject != record.entry.subject
            || effect.digest != record.entry.effect_digest
        {
            let text = format!("`{}` is not what was recorded", record.entry.subject);
            found.add_round(record, Tampering::RowChanged, text);
        }
    }

    /// Tells of the rows that are left.
    pub(super) fn end(self, found: &mut Effects) {
        let opened = self.opened.into_keys().map(|it| format!("round `{it}`"));
        let sheets = self.sheets.into_keys().map(|it| format!("sheets of round `{}`", it.0));
        let revised = self.revisions.into_keys().map(|it| format!("revisions of round `{}`", it.0));
        let steps = self.steps.into_keys().map(|it| format!("a step of round `{}`", it.0));
        for what in opened.chain(sheets).chain(revised).chain(steps) {
            let text = format!("no entry speaks of {what}");
            let finding = Finding::new(&self.county, Tampering::EffectWithoutEntry, None, text);
            found.of_rounds.push(finding);
        }
    }
}

impl Effects {
    fn add_round(&mut self, record: &AuditRecord, what: Tampering, text: String) {
        self.of_rounds.push(Finding::new(&record.county, what, record.seq, text));
    }
}
