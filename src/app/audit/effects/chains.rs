//! Appraisal chains: every opening and every event is of exactly one entry, and is what it says. The
//! events of an entry are those of its moment, which no other write of the county has.

use std::collections::BTreeMap;

use super::{Effects, Finding, Tampering};
use crate::{
    app::{
        AppError,
        chain::{all_chains, events_effect, opening},
    },
    domain::time::Moment,
    store::{AuditRecord, ChainEvent, ChainRecord, Mark, ReadTx},
};

/// The rows that no entry has spoken of yet.
#[derive(Default)]
pub(super) struct Chains {
    county: String,
    opened: BTreeMap<String, ChainRecord>,
    events: BTreeMap<(String, Moment), Vec<ChainEvent>>,
}

impl Chains {
    pub(super) async fn read(tx: &mut dyn ReadTx, county: &str) -> Result<Self, AppError> {
        let mut all = Self { county: county.to_owned(), ..Self::default() };
        for record in all_chains(tx, county, "").await? {
            let id = record.chain_id.clone();
            for it in tx.chain_events(county, &id).await? {
                all.events.entry((id.clone(), it.mark.recorded)).or_default().push(it);
            }
            all.opened.insert(id, record);
        }
        Ok(all)
    }

    /// Compares one entry with its rows.
    pub(super) fn take(&mut self, record: &AuditRecord, found: &mut Effects) {
        let subject = record.entry.subject.strip_prefix("chain/").unwrap_or_default();
        let (id, what) = subject.split_once('/').unwrap_or((subject, ""));
        let (effect, marks): (_, Vec<Mark>) = if what.is_empty() {
            let there = self.opened.remove(id);
            let there = there.filter(|it| it.opened.recorded == record.recorded);
            (there.as_ref().map(opening), there.map(|it| it.opened).into_iter().collect())
        } else {
            let rows = self.events.remove(&(id.to_owned(), record.recorded)).unwrap_or_default();
            let effect = (!rows.is_empty()).then(|| events_effect(id, &rows));
            (effect, rows.into_iter().map(|it| it.mark).collect())
        };
        let Some(effect) = effect else {
            let text = format!("`{}` is not there as it was recorded", record.entry.subject);
            found.add_chain(record, Tampering::EffectWithoutEntry, text);
            return;
        };
        let (principal, request) = (&record.entry.principal, &record.entry.request_id);
        let by = marks.iter().all(|it| it.by == *principal && it.request_id == *request);
        let same =
            effect.subject == record.entry.subject && effect.digest == record.entry.effect_digest;
        if !by || !same {
            let text = format!("`{}` is not what was recorded", record.entry.subject);
            found.add_chain(record, Tampering::RowChanged, text);
        }
    }

    /// Tells of the rows that are left.
    pub(super) fn end(self, found: &mut Effects) {
        let opened = self.opened.into_keys().map(|it| format!("chain `{it}`"));
        let events = self.events.into_keys().map(|it| format!("an event of chain `{}`", it.0));
        for what in opened.chain(events) {
            let text = format!("no entry speaks of {what}");
            let finding = Finding::new(&self.county, Tampering::EffectWithoutEntry, None, text);
            found.of_rounds.push(finding);
        }
    }
}

impl Effects {
    fn add_chain(&mut self, record: &AuditRecord, what: Tampering, text: String) {
        self.of_rounds.push(Finding::new(&record.county, what, record.seq, text));
    }
}
