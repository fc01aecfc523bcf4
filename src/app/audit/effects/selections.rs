//! Selections: every opening with its roster and every event is of exactly one entry, and is what it
//! says. The events of an entry are those of its moment, which no other write of the county has.

use std::collections::BTreeMap;

use super::Effects;
use crate::{
    app::{
        AppError, Effect,
        selection::{all_selections, events_effect, opening},
    },
    domain::time::Moment,
    store::{AuditRecord, Mark, ReadTx, SelectionEventRecord},
};

/// The rows that no entry has spoken of yet.
#[derive(Default)]
pub(super) struct Selections {
    county: String,
    opened: BTreeMap<String, (Effect, Mark)>,
    events: BTreeMap<(String, Moment), Vec<SelectionEventRecord>>,
}

impl Selections {
    pub(super) async fn read(tx: &mut dyn ReadTx, county: &str) -> Result<Self, AppError> {
        let mut all = Self { county: county.to_owned(), ..Self::default() };
        for record in all_selections(tx, county).await? {
            let id = record.selection_id.clone();
            for it in tx.selection_events(county, &id, 0).await? {
                all.events.entry((id.clone(), it.mark.recorded)).or_default().push(it);
            }
            let roster = tx.selection_roster(county, &id).await?;
            all.opened.insert(id, (opening(&record, &roster), record.opened));
        }
        Ok(all)
    }

    /// Compares one entry with its rows.
    pub(super) fn take(&mut self, record: &AuditRecord, found: &mut Effects) {
        let subject = record.entry.subject.strip_prefix("selection/").unwrap_or_default();
        let (id, what) = subject.split_once('/').unwrap_or((subject, ""));
        let (effect, marks): (Option<Effect>, Vec<Mark>) = if what.is_empty() {
            let there = self.opened.remove(id);
            let there = there.filter(|it| it.1.recorded == record.recorded);
            let mark = there.as_ref().map(|it| it.1.clone()).into_iter().collect();
            (there.map(|it| it.0), mark)
        } else {
            let rows = self.events.remove(&(id.to_owned(), record.recorded)).unwrap_or_default();
            let effect = (!rows.is_empty()).then(|| events_effect(id, &rows));
            (effect, rows.into_iter().map(|it| it.mark).collect())
        };
        found.compare_rows(record, effect.as_ref(), &marks);
    }

    /// Tells of the rows that are left.
    pub(super) fn end(self, found: &mut Effects) {
        let opened = self.opened.into_keys().map(|it| format!("selection `{it}`"));
        let events = self.events.into_keys().map(|it| format!("an event of selection `{}`", it.0));
        opened.chain(events).for_each(|what| found.unspoken(&self.county, &what));
    }
}
