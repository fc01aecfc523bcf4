//! Selection documents: every published version is of exactly one entry, and is what it says.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Effects, Finding, Tampering};
use crate::{
    app::{
        AppError,
        selection_document::{header, headers, name_of},
    },
    domain::selection::SelectionDocument,
    store::{AuditRecord, ReadTx, SelectionDocumentHeader},
};

/// The versions that no entry has spoken of yet, with their texts.
pub(super) struct SelectionDocuments<'a> {
    county: &'a str,
    published: BTreeMap<String, (SelectionDocumentHeader, String)>,
}

/// The columns of a version that are not what its text says.
fn differing(kept: &SelectionDocumentHeader, text: &str) -> Vec<&'static str> {
    let Ok(read) = SelectionDocument::read(text.as_bytes()) else { return vec!["document"] };
    let said = header(&read, text, (kept.published, &kept.published_by, &kept.request_id));
    let columns = [
        (kept.document_id == said.document_id, "document_id"),
        (kept.version == said.version, "version"),
        (kept.digest == said.digest, "digest"),
        (kept.title == said.title, "title"),
        (kept.honour == said.honour, "honour"),
        (kept.criteria_scheme == said.criteria_scheme, "criteria_scheme"),
        (kept.in_force_from == said.in_force_from, "in_force_from"),
        (kept.in_force_until == said.in_force_until, "in_force_until"),
    ];
    columns.into_iter().filter(|it| !it.0).map(|it| it.1).collect()
}

impl<'a> SelectionDocuments<'a> {
    pub(super) async fn read(tx: &mut dyn ReadTx, county: &'a str) -> Result<Self, AppError> {
        let mut published = BTreeMap::new();
        for header in headers(tx, county).await? {
            let (id, version) = (&header.document_id, header.version);
            let found = tx.selection_document(county, id, version).await?;
            let text = found.map(|it| it.1).unwrap_or_default();
            published.insert(name_of(id, version), (header, text));
        }
        Ok(Self { county, published })
    }

    /// Compares one entry with its row.
    pub(super) fn take(&mut self, record: &AuditRecord, found: &mut Effects) {
        let subject = &record.entry.subject;
        let name = subject.strip_prefix("selection_document/").unwrap_or_default();
        let Some((kept, text)) = self.published.remove(name) else {
            let words = format!(
                "selection document `{name}` is not there, or another entry speaks of it already"
            );
            found.add_other(name, record, Tampering::EffectWithoutEntry, words);
            return;
        };
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let mut columns = if digest == record.entry.effect_digest {
            differing(&kept, &text)
        } else {
            vec!["document"]
        };
        columns.extend((kept.digest != record.entry.effect_digest).then_some("digest"));
        columns.extend((kept.published != record.recorded).then_some("published"));
        columns.extend((kept.published_by != record.entry.principal).then_some("published_by"));
        columns.extend((kept.request_id != record.entry.request_id).then_some("request_id"));
        columns.sort_unstable();
        columns.dedup();
        for column in columns {
            let words =
                format!("selection document `{name}` has another `{column}` than was published");
            found.add_other(name, record, Tampering::RowChanged, words);
        }
    }

    /// Tells of the rows that are left.
    pub(super) fn end(self, found: &mut Effects) {
        for name in self.published.keys() {
            let words = format!("no entry speaks of selection document `{name}`");
            let finding = Finding::new(self.county, Tampering::EffectWithoutEntry, None, words);
            found.of_others.push((format!("selection_document/{name}"), finding));
        }
    }
}
