//! Calendars: every loaded edition is of exactly one entry, and is what it says.

use std::collections::BTreeMap;

use super::{Effects, Finding, Tampering};
use crate::{
    app::{
        AppError,
        calendar::{ALL_YEARS, effect, name_of},
    },
    domain::time::Moment,
    store::{AuditRecord, CalendarRecord, ReadTx},
};

/// The editions that no entry has spoken of yet.
pub(super) struct Calendars<'a> {
    county: &'a str,
    loaded: BTreeMap<String, CalendarRecord>,
}

impl<'a> Calendars<'a> {
    pub(super) async fn read(tx: &mut dyn ReadTx, county: &'a str) -> Result<Self, AppError> {
        let ever = Moment::from_micros(i64::MAX);
        let all = tx.calendar_editions(county, ALL_YEARS, ever).await?.into_iter();
        Ok(Self { county, loaded: all.map(|it| (name_of(&it), it)).collect() })
    }

    /// Compares one entry with its row.
    pub(super) fn take(&mut self, record: &AuditRecord, found: &mut Effects) {
        let subject = &record.entry.subject;
        let name = subject.strip_prefix("calendar/").unwrap_or_default();
        let Some(kept) = self.loaded.remove(name) else {
            let text = format!("calendar `{name}` is not there, or is spoken of twice");
            found.add_other(name, record, Tampering::EffectWithoutEntry, text);
            return;
        };
        let same = effect(&kept).digest == record.entry.effect_digest
            && kept.recorded == record.recorded
            && kept.recorded_by == record.entry.principal
            && kept.request_id == record.entry.request_id;
        if !same {
            let text = format!("calendar `{name}` is not what was loaded");
            found.add_other(name, record, Tampering::RowChanged, text);
        }
    }

    /// Tells of the rows that are left.
    pub(super) fn end(self, found: &mut Effects) {
        for name in self.loaded.keys() {
            let text = format!("no entry speaks of calendar `{name}`");
            let finding = Finding::new(self.county, Tampering::EffectWithoutEntry, None, text);
            found.of_others.push((format!("calendar/{name}"), finding));
        }
    }
}

impl Effects {
    /// Notes what does not agree of something that an entry names.
    pub(super) fn add_other(
        &mut self,
        name: &str,
        record: &AuditRecord,
        what: Tampering,
        text: String,
    ) {
        let finding = Finding::new(&record.county, what, record.seq, text);
        self.of_others.push((name.to_owned(), finding));
    }
}
