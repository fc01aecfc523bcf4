//! Erasing a person's names.

use std::{collections::BTreeSet, sync::Arc};

use super::{Versions, random};
use crate::{
    app::{App, AppError, Done, Effect, Missing, Write, digest},
    store::{NameKept, NameRef, StoreTx},
};

/// The most bytes of a reason.
const REASON_MAX: usize = 2_000;

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// How many names, of versions of records.
    pub names: u64,
    /// How many stay, because they were recorded before names stood apart from the registry's rows.
    pub staying: u64,
    /// Whether the person was erased before, so that nothing changed.
    pub before: bool,
}

impl App {
    /// Erases the names of a person in one transaction with its entry in the audit trail. The names of
    /// versions recorded later are not kept either. Done again it changes nothing and answers so.
    ///
    /// `encode` makes the answer that is kept for repeats of the request.
    pub async fn erase_person(
        &self,
        call: Write,
        id: &str,
        reason: &str,
        encode: impl Fn(&Erased) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        if reason.trim().is_empty() || reason.len() > REASON_MAX {
            let en = "say why, in 1 to 2000 bytes";
            return Err(AppError::invalid("reason", "REASON_MISSING", en, "须说明理由"));
        }
        let shared = Arc::new((call.clone(), id.to_owned(), reason.to_owned(), encode));
        self.write(call, move |tx, _| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, id, reason, encode) = &*shared;
                let (erased, effects) = erase(tx, call, id, reason).await?;
                Ok(Done { response: encode(&erased), effects })
            })
        })
        .await
    }
}

async fn erase(
    tx: &mut dyn StoreTx,
    call: &Write,
    id: &str,
    reason: &str,
) -> Result<(Erased, Vec<Effect>), AppError> {
    let county = &call.county;
    let versions = Versions::read(tx, county, id).await?.all;
    if versions.is_empty() {
        return Err(AppError::not_found(Missing::Record, id));
    }
    if versions.iter().any(|it| names(reason, &it.version.name)) {
        let en = "the reason stays, so it must not say the name that is erased";
        let zh = "理由将长期保留，不得写入被删除的姓名";
        return Err(AppError::invalid("reason", "REASON_NAMES_PERSON", en, zh));
    }
    let mut parts: Vec<Vec<u8>> = vec![id.as_bytes().to_vec(), reason.as_bytes().to_vec()];
    let (mut kept, mut staying) = (Vec::new(), 0_u64);
    let mut requests = BTreeSet::new();
    for stored in &versions {
        let version = &stored.version;
        if let Some(commitment) = version.kept.commitment(&version.name) {
            parts.push(commitment.to_vec());
        }
        if version.kept == NameKept::InRow {
            staying = staying.saturating_add(1);
        }
        if matches!(version.kept, NameKept::Apart { .. }) {
            let (kind, id) = (version.kind.clone(), version.id.clone());
            kept.push(NameRef { kind, id, seq: stored.seq });
            requests.insert((version.recorded_by.clone(), stored.request_id.clone()));
        }
    }
    let names = tx.erase_names(county, &kept).await?;
    for (principal, request_id) in requests {
        tx.blind_request(county, &principal, &request_id, &random()?).await?;
    }
    let by = (call.principal.as_str(), reason);
    let noted = tx.note_erasure(county, &call.request_id, id, by).await?;
    let before = !noted && names == 0;
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let effect = Effect { subject: format!("person/{id} erased"), digest: digest(&parts) };
    let effects = if before { Vec::new() } else { vec![effect] };
    Ok((Erased { names, staying, before }, effects))
}

/// Whether a text has a name in it.
fn names(text: &str, name: &str) -> bool {
    !name.is_empty() && text.contains(name)
}
