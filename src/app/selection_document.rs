//! The county's selection documents (评选办法, F1 to F12): checking, publishing once, finding the version
//! in force.

use std::sync::Arc;

use super::{App, AppError, Done, Effect, Missing, Refusal, Violation, Write, scheme};
use crate::{
    domain::{
        scheme::{Scheme, SchemeFault},
        selection::{SelectionDocument, Unfit, UnfitCriteria, unfit, unfit_faults},
        time::{Day, Moment},
    },
    store::{ReadTx, SelectionDocumentHeader, StoreError, StoreTx},
};

/// How many headers are read at once.
const PAGE: i64 = 1_000;

/// A published version: what is kept beside it, and what it says.
pub type Published = (SelectionDocumentHeader, Arc<SelectionDocument>);

/// What a check found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// What the document says, where it is sound by itself.
    pub document: Option<SelectionDocument>,
    /// Every fault, in the order of the document.
    pub faults: Vec<SchemeFault>,
}

/// A version of a document; version 0 is the highest there is.
///
/// # Errors
/// `SELECTION_DOCUMENT_NOT_FOUND`; those of the store.
pub async fn of_version(
    tx: &mut dyn ReadTx,
    county: &str,
    id: &str,
    version: i64,
) -> Result<Published, AppError> {
    Ok(parsed(&text_of(tx, county, id, version).await?)?)
}

/// The version of a document in force on a day: the highest whose days include it.
///
/// # Errors
/// `SELECTION_DOCUMENT_NOT_FOUND` where the county has published none of that id,
/// `SELECTION_DOCUMENT_NOT_IN_FORCE`; those of the store.
pub async fn in_force_on(
    tx: &mut dyn ReadTx,
    county: &str,
    id: &str,
    day: Day,
) -> Result<Published, AppError> {
    Ok(parsed(&text_in_force_on(tx, county, id, day).await?)?)
}

/// [`of_version`] with the text.
///
/// # Errors
/// As there.
pub async fn text_of(
    tx: &mut dyn ReadTx,
    county: &str,
    id: &str,
    version: i64,
) -> Result<(SelectionDocumentHeader, String), AppError> {
    let found = tx.selection_document(county, id, version).await?;
    found.ok_or_else(|| match version {
        0 => AppError::not_found(Missing::SelectionDocument, id),
        version => AppError::not_found(Missing::SelectionDocument, name_of(id, version)),
    })
}

/// [`in_force_on`] with the text.
///
/// # Errors
/// As there.
pub async fn text_in_force_on(
    tx: &mut dyn ReadTx,
    county: &str,
    id: &str,
    day: Day,
) -> Result<(SelectionDocumentHeader, String), AppError> {
    if let Some(found) = tx.selection_document_in_force(county, id, day).await? {
        return Ok(found);
    }
    // Which of the two it is: there is no such document, or none on that day.
    text_of(tx, county, id, 0).await?;
    Err(AppError::not_found(Missing::SelectionDocumentInForce, id))
}

/// What a kept text says. It was checked before it was kept.
fn parsed((header, text): &(SelectionDocumentHeader, String)) -> Result<Published, StoreError> {
    let read = SelectionDocument::read(text.as_bytes()).map_err(|faults| {
        let first = faults.first().map_or_else(String::new, ToString::to_string);
        StoreError::corrupt("document", first)
    })?;
    Ok((header.clone(), Arc::new(read)))
}

/// All published versions of a county, by id and version.
///
/// # Errors
/// Those of the store.
pub async fn headers(
    tx: &mut dyn ReadTx,
    county: &str,
) -> Result<Vec<SelectionDocumentHeader>, AppError> {
    let mut all: Vec<SelectionDocumentHeader> = Vec::new();
    loop {
        let after = all.last().map(|it| (it.document_id.clone(), it.version)).unwrap_or_default();
        let page = tx.selection_document_page(county, (&after.0, after.1), PAGE).await?;
        let last = i64::try_from(page.len()).is_ok_and(|it| it < PAGE);
        all.extend(page);
        if last {
            return Ok(all);
        }
    }
}

/// Of each document the version in force on a day, of headers by id and version.
pub fn headers_in_force(
    all: Vec<SelectionDocumentHeader>,
    day: Day,
) -> Vec<SelectionDocumentHeader> {
    let mut highest: Vec<SelectionDocumentHeader> = Vec::new();
    let holds = |it: &SelectionDocumentHeader| {
        it.in_force_from <= day && it.in_force_until.is_none_or(|until| day <= until)
    };
    for header in all.into_iter().filter(holds) {
        highest.pop_if(|it| it.document_id == header.document_id);
        highest.push(header);
    }
    highest
}

/// Reads a document away from the threads that serve.
///
/// # Errors
/// The task did not end.
pub async fn checked_apart(document: Vec<u8>) -> Result<Checked, AppError> {
    let check = move || match SelectionDocument::read(&document) {
        Ok(document) => Checked { document: Some(document), faults: Vec::new() },
        Err(faults) => Checked { document: None, faults },
    };
    apart(check).await
}

/// Does some work away from the threads that serve.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AppError> {
    let span = tracing::Span::current();
    let task = tokio::task::spawn_blocking(move || span.in_scope(work));
    task.await.map_err(|why| AppError::Internal(format!("a check did not end: {why}")))
}

/// The name of a version in the audit trail and in answers.
pub(super) fn name_of(id: &str, version: i64) -> String {
    format!("{id}/{version}")
}

/// What stands beside a published document.
pub(super) fn header(
    document: &SelectionDocument,
    text: &str,
    (at, principal, request_id): (Moment, &str, &str),
) -> SelectionDocumentHeader {
    use sha2::{Digest, Sha256};
    SelectionDocumentHeader {
        document_id: document.id.clone(),
        version: i64::from(document.version),
        digest: Sha256::digest(text.as_bytes()).into(),
        title: document.title.clone(),
        honour: document.honour.clone(),
        criteria_scheme: document.criteria.scheme.clone(),
        in_force_from: document.in_force.from,
        in_force_until: document.in_force.until,
        published: at,
        published_by: principal.to_owned(),
        request_id: request_id.to_owned(),
    }
}

/// What a publication changed, for the audit trail. The columns follow from the text.
pub(super) fn publication_effect(it: &SelectionDocumentHeader) -> Effect {
    let name = name_of(&it.document_id, it.version);
    Effect { subject: format!("selection_document/{name}"), digest: it.digest }
}

/// Everything that the county's schemes in force on a day lack of what a document asks.
///
/// # Errors
/// Those of the store.
pub(super) async fn unfit_criteria(
    tx: &mut dyn ReadTx,
    county: &str,
    plans: &scheme::Plans,
    (document, day): (&SelectionDocument, Day),
) -> Result<Vec<UnfitCriteria>, AppError> {
    let id = &document.criteria.scheme;
    let lacking = |what| Ok(vec![UnfitCriteria::of_scheme(what, document)]);
    if let Some(found) = tx.scheme_in_force(county, id, day).await? {
        let plan = plans.plan(&found)?;
        let scheme: &Scheme = plan.scheme();
        return Ok(unfit(document, scheme));
    }
    match tx.scheme(county, id, 0).await? {
        Some(_) => lacking(Unfit::NotInForce),
        None => lacking(Unfit::Unknown),
    }
}

impl App {
    /// Checks a document. With a county, what its schemes lack of what the document asks are faults too.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn check_selection_document(
        &self,
        county: Option<&str>,
        text: Vec<u8>,
    ) -> Result<Checked, AppError> {
        let mut checked = checked_apart(text.clone()).await?;
        if let (Some(county), Some(document)) = (county, &checked.document) {
            let mut tx = self.read().await?;
            let lacking = {
                let of = (document, document.in_force.from);
                unfit_criteria(&mut *tx, county, &self.plans, of).await?
            };
            if !lacking.is_empty() {
                checked.faults = apart(move || unfit_faults(&text, &lacking)).await?;
            }
        }
        Ok(checked)
    }

    /// Publishes a document that is sound by itself; `encode` makes the answer out of the header. The
    /// same text again gets the answer of the first time, and records nothing.
    ///
    /// # Errors
    /// `SELECTION_DOCUMENT_VERSION_EXISTS`, `SELECTION_DOCUMENT_VERSION_NOT_NEXT`, the reasons of
    /// [`Unfit`]; those of every write.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn publish_selection_document(
        &self,
        call: Write,
        document: SelectionDocument,
        text: String,
        encode: impl Fn(&SelectionDocumentHeader) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), document, text, plans, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, document, text, plans, encode) = &*shared;
                let who = (at, call.principal.as_str(), call.request_id.as_str());
                let new = header(document, text, who);
                if let Some(same) = same(tx, &call.county, &new).await? {
                    return Ok(Done { response: encode(&same), effects: Vec::new() });
                }
                may_publish(tx, &call.county, plans, document).await?;
                tx.insert_selection_document(&call.county, &new, text).await?;
                let effects = vec![publication_effect(&new)];
                Ok(Done { response: encode(&new), effects })
            })
        })
        .await
    }
}

/// The version as it is kept, where its text is the same.
async fn same(
    tx: &mut dyn StoreTx,
    county: &str,
    new: &SelectionDocumentHeader,
) -> Result<Option<SelectionDocumentHeader>, AppError> {
    let (id, version) = (&new.document_id, new.version);
    match tx.selection_document(county, id, version).await? {
        None => Ok(None),
        Some((kept, _)) if kept.digest == new.digest => Ok(Some(kept)),
        Some(_) => {
            let (reason, existing) = ("SELECTION_DOCUMENT_VERSION_EXISTS", name_of(id, version));
            Err(AppError::AlreadyExists { reason, existing })
        }
    }
}

/// Versions have no gaps, and candidates are judged by a published scheme that fits.
async fn may_publish(
    tx: &mut dyn StoreTx,
    county: &str,
    plans: &scheme::Plans,
    document: &SelectionDocument,
) -> Result<(), AppError> {
    let highest = tx.selection_document(county, &document.id, 0).await?;
    let highest = highest.map_or(0, |it| it.0.version);
    if i64::from(document.version) != highest.saturating_add(1) {
        let expected = highest.saturating_add(1);
        let en = format!("the next version of `{}` is {expected}", document.id);
        let zh = format!("下一版本号应为 {expected}");
        let refusal = Refusal::new("SELECTION_DOCUMENT_VERSION_NOT_NEXT", en, zh);
        return Err(AppError::Refused(refusal.with("expected", expected.to_string())));
    }
    let from = document.in_force.from;
    fits(&unfit_criteria(tx, county, plans, (document, from)).await?, document)
}

/// Refuses a document that the criteria scheme does not fit, with everything that it lacks.
pub(super) fn fits(
    lacking: &[UnfitCriteria],
    document: &SelectionDocument,
) -> Result<(), AppError> {
    let Some(first) = lacking.first() else { return Ok(()) };
    let en = format!("{} `{}`: {}", first.path(), first.id, first.what.en());
    let zh = format!("{} `{}`：{}", first.path(), first.id, first.what.zh());
    let refusal = Refusal::new(first.what.reason(), en, zh);
    let refusal = refusal.with("scheme_id", document.criteria.scheme.clone());
    let violation = |it: &UnfitCriteria| Violation {
        reason: it.what.reason(),
        subject: format!("{} {}", it.path(), it.id),
        en: it.what.en(),
    };
    Err(AppError::Refused(refusal.naming(lacking.iter().map(violation).collect())))
}
