//! Selection documents over gRPC.

use prost::Message;
use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX,
    admit::Call,
    decode::Faults,
    decoded,
    encode::{date, timestamp},
    page::page,
    scheme::{digest, faulty, fit, size, version},
    status, write_call,
};
use crate::{
    app::{
        App, AppError, hex,
        selection_document::{self as documents, Checked},
    },
    domain::selection::SelectionDocument,
    proto::v1::{
        self,
        get_selection_document_request::Selector,
        selection_document_service_server::{
            SelectionDocumentService, SelectionDocumentServiceServer,
        },
    },
    store::SelectionDocumentHeader,
};

pub(super) fn service(
    app: &App,
) -> SelectionDocumentServiceServer<impl SelectionDocumentService + use<>> {
    SelectionDocumentServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl SelectionDocumentService for Service {
    async fn check_selection_document(
        &self,
        request: Request<v1::CheckSelectionDocumentRequest>,
    ) -> Result<Response<v1::CheckSelectionDocumentResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.check(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn publish_selection_document(
        &self,
        request: Request<v1::PublishSelectionDocumentRequest>,
    ) -> Result<Response<v1::PublishSelectionDocumentResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.publish(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn get_selection_document(
        &self,
        request: Request<v1::GetSelectionDocumentRequest>,
    ) -> Result<Response<v1::GetSelectionDocumentResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.get(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn list_selection_documents(
        &self,
        request: Request<v1::ListSelectionDocumentsRequest>,
    ) -> Result<Response<v1::ListSelectionDocumentsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.list(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }
}

impl Service {
    async fn check(
        &self,
        call: &Call,
        raw: v1::CheckSelectionDocumentRequest,
    ) -> Result<v1::CheckSelectionDocumentResponse, AppError> {
        let mut faults = Faults::default();
        // Checking says nothing of a county unless one is named.
        let county = faults.optional_id("county", &raw.county);
        let named = county.as_ref().and_then(Option::as_ref);
        call.permit_in(&self.app, named).await?;
        size(&mut faults, &raw.document);
        let county = faults.finish(county)?;
        let digest = digest(&raw.document);
        let checked = self.app.check_selection_document(county.as_deref(), raw.document).await?;
        Ok(v1::CheckSelectionDocumentResponse {
            publishable: checked.document.is_some() && checked.faults.is_empty(),
            selection_document: checked.document.as_ref().map(|it| declared(it, &digest)),
            faults: fit(checked.faults),
        })
    }

    async fn publish(
        &self,
        call: &Call,
        mut raw: v1::PublishSelectionDocumentRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        size(&mut faults, &raw.document);
        let (county, request_id) =
            faults.finish(county.zip(request_id).filter(|_| permit.is_some()))?;
        raw.request_id.clear();
        let method = "SelectionDocumentService.PublishSelectionDocument";
        let write = write_call(call, method, county, request_id, &raw);
        let checked = documents::checked_apart(raw.document.clone()).await?;
        let Checked { document: Some(document), .. } = checked else {
            return Err(faulty("SELECTION_DOCUMENT_FAULTY", &checked.faults));
        };
        let text = String::from_utf8(raw.document)
            .map_err(|why| AppError::Internal(format!("a checked document: {why}")))?;
        let encode = |header: &SelectionDocumentHeader| {
            let selection_document = Some(published(header));
            v1::PublishSelectionDocumentResponse { selection_document }.encode_to_vec()
        };
        self.app.publish_selection_document(write, document, text, encode).await
    }

    async fn get(
        &self,
        call: &Call,
        raw: &v1::GetSelectionDocumentRequest,
    ) -> Result<v1::GetSelectionDocumentResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let id = faults.id("document_id", &raw.document_id);
        let mut version = Some(0);
        let mut day = Some(None);
        match &raw.selector {
            Some(Selector::Version(raw)) => version = self::version(&mut faults, *raw),
            Some(Selector::InForceOn(raw)) => day = faults.day("in_force_on", Some(raw)),
            None => (),
        }
        let read = (|| permit.and(Some((county?, id?, version?, day?))))();
        let (county, id, version, day) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let (header, text) = match day {
            Some(day) => documents::text_in_force_on(&mut *tx, &county, &id, day).await?,
            None => documents::text_of(&mut *tx, &county, &id, version).await?,
        };
        let found = v1::SelectionDocument { document: text.into_bytes(), ..published(&header) };
        Ok(v1::GetSelectionDocumentResponse { selection_document: Some(found) })
    }

    async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListSelectionDocumentsRequest,
    ) -> Result<v1::ListSelectionDocumentsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let id = faults.optional_id("document_id", &raw.document_id);
        let day = faults.day("in_force_on", raw.in_force_on.as_ref());
        let method = ("SelectionDocumentService.ListSelectionDocuments", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| permit.and(Some((county?, id?, day?, page?))))();
        let (county, id, day, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let mut all = documents::headers(&mut *tx, &county).await?;
        if let Some(day) = day {
            all = documents::headers_in_force(all, day);
        }
        let cursor =
            |it: &SelectionDocumentHeader| format!("{} {:010}", it.document_id, it.version);
        all.retain(|it| {
            id.as_ref().is_none_or(|id| it.document_id == *id) && after(it, &page.after)
        });
        let (selection_documents, more) = page.fit(all.iter().map(published).collect());
        let last = selection_documents.len().checked_sub(1).filter(|_| more);
        let last = last.and_then(|it| all.get(it));
        let next_page_token = last.map_or_else(String::new, |it| page.next(&cursor(it), None));
        Ok(v1::ListSelectionDocumentsResponse { selection_documents, next_page_token })
    }
}

/// Whether a version comes after the cursor of a page.
fn after(header: &SelectionDocumentHeader, cursor: &str) -> bool {
    let Some((id, version)) = cursor.split_once(' ') else { return true };
    let own = format!("{:010}", header.version);
    (header.document_id.as_str(), own.as_str()) > (id, version)
}

/// What a document declares that is not published.
fn declared(document: &SelectionDocument, digest: &str) -> v1::SelectionDocument {
    v1::SelectionDocument {
        document_id: document.id.clone(),
        version: i32::try_from(document.version).unwrap_or(i32::MAX),
        title: document.title.clone(),
        honour: document.honour.clone(),
        criteria_scheme_id: document.criteria.scheme.clone(),
        in_force_from: Some(date(document.in_force.from)),
        in_force_until: document.in_force.until.map(date),
        digest: digest.to_owned(),
        ..v1::SelectionDocument::default()
    }
}

/// A published version, without its document.
fn published(header: &SelectionDocumentHeader) -> v1::SelectionDocument {
    v1::SelectionDocument {
        document_id: header.document_id.clone(),
        version: i32::try_from(header.version).unwrap_or(i32::MAX),
        title: header.title.clone(),
        honour: header.honour.clone(),
        criteria_scheme_id: header.criteria_scheme.clone(),
        in_force_from: Some(date(header.in_force_from)),
        in_force_until: header.in_force_until.map(date),
        digest: hex(&header.digest),
        document: Vec::new(),
        publish_time: Some(timestamp(header.published)),
    }
}
