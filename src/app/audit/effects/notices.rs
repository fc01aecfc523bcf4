//! Public notices, and objections to published results: every notice, objection and answer is of
//! exactly one entry, and is what it says.

use std::collections::BTreeMap;

use super::{Effects, Finding, Tampering};
use crate::{
    app::{
        AppError, Effect,
        notice::{all, answer_effect, notice_effect, objection_effect},
        result_objection as results,
    },
    domain::time::Moment,
    store::{AuditRecord, ReadTx},
};

/// A row as its entry must speak of it.
struct Row {
    effect: Effect,
    recorded: Moment,
    recorded_by: String,
    request_id: String,
}

/// The rows that no entry has spoken of yet, by what entries call them.
pub(super) struct Notices<'a> {
    county: &'a str,
    rows: BTreeMap<String, Row>,
}

impl<'a> Notices<'a> {
    pub(super) async fn read(tx: &mut dyn ReadTx, county: &'a str) -> Result<Self, AppError> {
        let (notices, objections) = all(tx, county).await?;
        let mut rows = BTreeMap::new();
        let mut keep = |effect: Effect, recorded: Moment, by: &str, request: &str| {
            let (recorded_by, request_id) = (by.to_owned(), request.to_owned());
            let row = Row { effect, recorded, recorded_by, request_id };
            rows.insert(row.effect.subject.clone(), row);
        };
        for it in notices {
            keep(notice_effect(&it), it.recorded, &it.recorded_by, &it.request_id);
        }
        for it in objections {
            keep(objection_effect(&it), it.recorded, &it.recorded_by, &it.request_id);
            if let Some(answer) = &it.answer {
                let effect = answer_effect((&it.run_id, it.number), answer);
                keep(effect, answer.recorded, &answer.recorded_by, &answer.request_id);
            }
        }
        for it in results::all(tx, county).await? {
            let effect = results::objection_effect(&it);
            keep(effect, it.recorded, &it.recorded_by, &it.request_id);
            if let Some(answer) = &it.answer {
                let effect = results::answer_effect((&it.run_id, it.number), answer);
                keep(effect, answer.recorded, &answer.recorded_by, &answer.request_id);
            }
        }
        Ok(Self { county, rows })
    }

    /// Compares one entry with its row.
    pub(super) fn take(&mut self, record: &AuditRecord, found: &mut Effects) {
        let name = &record.entry.subject;
        let Some(row) = self.rows.remove(name) else {
            let text = format!("`{name}` is not there, or another entry speaks of it already");
            found.add_other(name, record, Tampering::EffectWithoutEntry, text);
            return;
        };
        let same = row.effect.digest == record.entry.effect_digest
            && row.recorded == record.recorded
            && row.recorded_by == record.entry.principal
            && row.request_id == record.entry.request_id;
        if !same {
            let text = format!("`{name}` is not what was recorded");
            found.add_other(name, record, Tampering::RowChanged, text);
        }
    }

    /// Tells of the rows that are left.
    pub(super) fn end(self, found: &mut Effects) {
        for name in self.rows.into_keys() {
            let text = format!("no entry speaks of `{name}`");
            let finding = Finding::new(self.county, Tampering::EffectWithoutEntry, None, text);
            found.of_others.push((name, finding));
        }
    }
}
