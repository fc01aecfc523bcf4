//! Point schedules: every adoption and every retirement is of exactly one entry, and is what it says.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Effects, Finding, Tampering};
use crate::{
    app::{
        AppError,
        schedule::{adoption_effect, headers, name_of, retirement_effect},
    },
    domain::{scheme::Schedule, time::Moment},
    store::{AuditRecord, ReadTx, ScheduleHeader},
};

/// Later than anything that is recorded.
const EVER: Moment = Moment::from_micros(i64::MAX);

/// The versions that no entry has spoken of yet, with their documents.
pub(super) struct Schedules<'a> {
    county: &'a str,
    adopted: BTreeMap<String, (ScheduleHeader, String)>,
    retired: BTreeMap<String, ScheduleHeader>,
}

/// The columns of a version that are not what its document says.
fn differing(kept: &ScheduleHeader, document: &str) -> Vec<&'static str> {
    let Ok(said) = Schedule::read(document.as_bytes()) else { return vec!["document"] };
    let digest: [u8; 32] = Sha256::digest(document.as_bytes()).into();
    let columns = [
        (kept.compound == said.compound, "compound"),
        (kept.version == i64::from(said.version), "version"),
        (kept.digest == digest, "digest"),
        (kept.title == said.title, "title"),
        (kept.in_force_from == said.in_force.from, "in_force_from"),
        (kept.in_force_until == said.in_force.until, "in_force_until"),
    ];
    columns.into_iter().filter(|it| !it.0).map(|it| it.1).collect()
}

impl<'a> Schedules<'a> {
    pub(super) async fn read(tx: &mut dyn ReadTx, county: &'a str) -> Result<Self, AppError> {
        let (mut adopted, mut retired) = (BTreeMap::new(), BTreeMap::new());
        for header in headers(tx, county, EVER).await? {
            let name = name_of(&header.compound, header.version);
            if header.retired.is_some() {
                retired.insert(name.clone(), header.clone());
            }
            let found = tx.schedule(county, &header.compound, header.version, EVER).await?;
            let document = found.map(|it| it.1).unwrap_or_default();
            adopted.insert(name, (header, document));
        }
        Ok(Self { county, adopted, retired })
    }

    /// Compares one entry with its row.
    pub(super) fn take(&mut self, record: &AuditRecord, found: &mut Effects) {
        let subject = &record.entry.subject;
        let name = subject.strip_prefix("schedule/").unwrap_or_default();
        if let Some(name) = name.strip_suffix("/retirement") {
            self.take_retirement(name, record, found);
            return;
        }
        let Some((kept, document)) = self.adopted.remove(name) else {
            let text =
                format!("schedule `{name}` is not there, or another entry speaks of it already");
            found.add_schedule(name, record, Tampering::EffectWithoutEntry, text);
            return;
        };
        let mut columns = differing(&kept, &document);
        columns.extend((kept.adopted != record.recorded).then_some("adopted"));
        columns.extend((kept.adopted_by != record.entry.principal).then_some("adopted_by"));
        columns.extend((kept.request_id != record.entry.request_id).then_some("request_id"));
        for column in &columns {
            let text = format!("schedule `{name}` has another `{column}` than was adopted");
            found.add_schedule(name, record, Tampering::RowChanged, text);
        }
        // Document and columns may have been changed together, and the meeting stands in no document.
        if columns.is_empty() && adoption_effect(&kept).digest != record.entry.effect_digest {
            let text = format!("schedule `{name}` is not what was adopted, or not how");
            found.add_schedule(name, record, Tampering::RowChanged, text);
        }
    }

    fn take_retirement(&mut self, name: &str, record: &AuditRecord, found: &mut Effects) {
        let retirement = self.retired.remove(name).and_then(|it| it.retired);
        let Some(it) = retirement else {
            let text = format!("the retirement of schedule `{name}` is not there");
            found.add_schedule(name, record, Tampering::EffectWithoutEntry, text);
            return;
        };
        let effect = retirement_effect(name, it.last_day, &it.reason);
        let same = effect.digest == record.entry.effect_digest
            && it.recorded == record.recorded
            && it.recorded_by == record.entry.principal;
        if !same {
            let text = format!("the retirement of schedule `{name}` is not what was recorded");
            found.add_schedule(name, record, Tampering::RowChanged, text);
        }
    }

    /// Tells of the rows that are left.
    pub(super) fn end(self, found: &mut Effects) {
        let adopted = self.adopted.keys().map(|it| (it, "schedule"));
        let retired = self.retired.keys().map(|it| (it, "the retirement of schedule"));
        for (name, what) in adopted.chain(retired) {
            let text = format!("no entry speaks of {what} `{name}`");
            let finding = Finding::new(self.county, Tampering::EffectWithoutEntry, None, text);
            found.of_schedules.push((name.clone(), finding));
        }
    }
}

impl Effects {
    fn add_schedule(&mut self, name: &str, record: &AuditRecord, what: Tampering, text: String) {
        let finding = Finding::new(&record.county, what, record.seq, text);
        self.of_schedules.push((name.to_owned(), finding));
    }
}
