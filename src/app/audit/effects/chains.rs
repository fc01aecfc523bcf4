//! Appraisal chains: every opening and every event is of exactly one entry, and is what it says. The
//! events of an entry are those of its moment, which no other write of the county has.

use std::collections::BTreeMap;

use super::Effects;
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
        found.compare_rows(record, effect.as_ref(), &marks);
    }

    /// Tells of the rows that are left.
    pub(super) fn end(self, found: &mut Effects) {
        let opened = self.opened.into_keys().map(|it| format!("chain `{it}`"));
        let events = self.events.into_keys().map(|it| format!("an event of chain `{}`", it.0));
        opened.chain(events).for_each(|what| found.unspoken(&self.county, &what));
    }
}
