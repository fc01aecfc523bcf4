//! Schemes: every version and every retirement is of exactly one entry, and is what it says.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Effects, Finding, Tampering};
use crate::{
    app::{
        AppError,
        scheme::{header, headers, retirement_effect},
    },
    domain::scheme::Scheme,
    store::{AuditRecord, ReadTx, SchemeHeader},
};

/// The versions that no entry has spoken of yet, with their documents.
pub(super) struct Schemes<'a> {
    county: &'a str,
    published: BTreeMap<String, (SchemeHeader, String)>,
    retired: BTreeMap<String, SchemeHeader>,
}

/// The columns of a version that are not what its document says.
fn differing(kept: &SchemeHeader, document: &str) -> Vec<&'static str> {
    let Ok(scheme) = Scheme::read(document.as_bytes()) else { return vec!["document"] };
    let said = header(&scheme, document, kept.published, &kept.published_by);
    let columns = [
        (kept.scheme_id == said.scheme_id, "scheme_id"),
        (kept.version == said.version, "version"),
        (kept.digest == said.digest, "digest"),
        (kept.title == said.title, "title"),
        (kept.subject_kind == said.subject_kind, "subject_kind"),
        (kept.period_kind == said.period_kind, "period_kind"),
        (kept.in_force_from == said.in_force_from, "in_force_from"),
        (kept.in_force_until == said.in_force_until, "in_force_until"),
    ];
    columns.into_iter().filter(|it| !it.0).map(|it| it.1).collect()
}

impl<'a> Schemes<'a> {
    pub(super) async fn read(tx: &mut dyn ReadTx, county: &'a str) -> Result<Self, AppError> {
        let (mut published, mut retired) = (BTreeMap::new(), BTreeMap::new());
        for header in headers(tx, county).await? {
            let name = format!("{}/{}", header.scheme_id, header.version);
            if header.retired.is_some() {
                retired.insert(name.clone(), header.clone());
            }
            let found = tx.scheme(county, &header.scheme_id, header.version).await?;
            let document = found.map(|it| it.1).unwrap_or_default();
            published.insert(name, (header, document));
        }
        Ok(Self { county, published, retired })
    }

    /// Compares one entry with its row.
    pub(super) fn take(&mut self, record: &AuditRecord, found: &mut Effects) {
        let subject = &record.entry.subject;
        let name = subject.strip_prefix("scheme/").unwrap_or_default();
        if let Some(name) = name.strip_suffix("/retirement") {
            self.take_retirement(name, record, found);
            return;
        }
        let Some((kept, document)) = self.published.remove(name) else {
            let text =
                format!("scheme `{name}` is not there, or another entry speaks of it already");
            found.add_scheme(name, record, Tampering::EffectWithoutEntry, text);
            return;
        };
        let digest: [u8; 32] = Sha256::digest(document.as_bytes()).into();
        let mut columns = if digest == record.entry.effect_digest {
            differing(&kept, &document)
        } else {
            vec!["document"]
        };
        columns.extend((kept.digest != record.entry.effect_digest).then_some("digest"));
        columns.extend((kept.published != record.recorded).then_some("published"));
        columns.extend((kept.published_by != record.entry.principal).then_some("published_by"));
        columns.sort_unstable();
        columns.dedup();
        for column in columns {
            let text = format!("scheme `{name}` has another `{column}` than was published");
            found.add_scheme(name, record, Tampering::RowChanged, text);
        }
    }

    fn take_retirement(&mut self, name: &str, record: &AuditRecord, found: &mut Effects) {
        let retirement = self.retired.remove(name).and_then(|it| it.retired);
        let Some(it) = retirement else {
            let text = format!("the retirement of scheme `{name}` is not there");
            found.add_scheme(name, record, Tampering::EffectWithoutEntry, text);
            return;
        };
        let effect = retirement_effect(name, it.last_day, &it.reason);
        let same = effect.digest == record.entry.effect_digest
            && it.recorded == record.recorded
            && it.recorded_by == record.entry.principal;
        if !same {
            let text = format!("the retirement of scheme `{name}` is not what was recorded");
            found.add_scheme(name, record, Tampering::RowChanged, text);
        }
    }

    /// Tells of the rows that are left.
    pub(super) fn end(self, found: &mut Effects) {
        let published = self.published.keys().map(|it| (it, "scheme"));
        let retired = self.retired.keys().map(|it| (it, "the retirement of scheme"));
        for (name, what) in published.chain(retired) {
            let text = format!("no entry speaks of {what} `{name}`");
            let finding = Finding::new(self.county, Tampering::EffectWithoutEntry, None, text);
            found.of_schemes.push((name.clone(), finding));
        }
    }
}

impl Effects {
    fn add_scheme(&mut self, name: &str, record: &AuditRecord, what: Tampering, text: String) {
        let finding = Finding::new(&record.county, what, record.seq, text);
        self.of_schemes.push((name.to_owned(), finding));
    }
}
