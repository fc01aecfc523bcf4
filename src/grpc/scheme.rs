//! Schemes over gRPC.

use prost::Message;
use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX,
    admit::Call,
    decode::{Faults, subject_kind},
    decoded,
    encode::{self, date, text, timestamp},
    page::page,
    status, write_call,
};
use crate::{
    app::{
        App, AppError, FieldFault, Missing, hex,
        scheme::{self, Checked, DOCUMENT_MAX, Published},
    },
    domain::{
        scheme::{Scheme, SchemeFault, Severity, SubjectKind},
        time::PeriodKind,
    },
    proto::v1::{self, get_scheme_request::Selector, scheme_service_server::SchemeServiceServer},
    store::{SchemeHeader, StoreError},
};

pub(super) fn service(
    app: &App,
) -> SchemeServiceServer<impl v1::scheme_service_server::SchemeService + use<>> {
    SchemeServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl v1::scheme_service_server::SchemeService for Service {
    async fn check_scheme(
        &self,
        request: Request<v1::CheckSchemeRequest>,
    ) -> Result<Response<v1::CheckSchemeResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.check(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn publish_scheme(
        &self,
        request: Request<v1::PublishSchemeRequest>,
    ) -> Result<Response<v1::PublishSchemeResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.publish(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn get_scheme(
        &self,
        request: Request<v1::GetSchemeRequest>,
    ) -> Result<Response<v1::GetSchemeResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.get(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn list_schemes(
        &self,
        request: Request<v1::ListSchemesRequest>,
    ) -> Result<Response<v1::ListSchemesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.list(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn retire_scheme(
        &self,
        request: Request<v1::RetireSchemeRequest>,
    ) -> Result<Response<v1::RetireSchemeResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.retire(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }
}

impl Service {
    async fn check(
        &self,
        call: &Call,
        raw: v1::CheckSchemeRequest,
    ) -> Result<v1::CheckSchemeResponse, AppError> {
        let mut faults = Faults::default();
        // Checking says nothing of a county unless one is named.
        let county = faults.optional_id("county", &raw.county);
        let named = county.as_ref().and_then(Option::as_ref);
        call.permit_in(&self.app, named).await?;
        size(&mut faults, &raw.document);
        let county = faults.finish(county)?;
        let digest = digest(&raw.document);
        let checked = self.app.check_scheme(county.as_deref(), raw.document).await?;
        let count = |it: usize| i32::try_from(it).unwrap_or(i32::MAX);
        Ok(v1::CheckSchemeResponse {
            publishable: checked.is_sound(),
            scheme: checked.plan.as_ref().map(|it| declared(it.scheme(), &digest)),
            examples_passed: count(checked.examples_passed),
            examples_total: count(checked.examples_total),
            faults: fit(checked.faults),
        })
    }

    async fn publish(
        &self,
        call: &Call,
        mut raw: v1::PublishSchemeRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        size(&mut faults, &raw.document);
        let (county, request_id) =
            faults.finish(county.zip(request_id).filter(|_| permit.is_some()))?;
        raw.request_id.clear();
        let write = write_call(call, "SchemeService.PublishScheme", county, request_id, &raw);
        let checked = scheme::checked_apart(raw.document.clone()).await?;
        let sound = checked.is_sound();
        let Checked { plan: Some(plan), faults, .. } = checked else {
            return Err(faulty("SCHEME_FAULTY", &checked.faults));
        };
        if !sound {
            return Err(faulty("SCHEME_FAULTY", &faults));
        }
        let document = String::from_utf8(raw.document)
            .map_err(|why| AppError::Internal(format!("a checked document: {why}")))?;
        let warnings = fit(faults);
        let encode = move |header: &SchemeHeader| {
            let answer = v1::PublishSchemeResponse {
                scheme: published(header).ok(),
                warnings: warnings.clone(),
            };
            answer.encode_to_vec()
        };
        self.app.publish_scheme(write, plan, document, encode).await
    }

    async fn get(
        &self,
        call: &Call,
        raw: &v1::GetSchemeRequest,
    ) -> Result<v1::GetSchemeResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let id = faults.id("scheme_id", &raw.scheme_id);
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
        let highest = tx.scheme(&county, &id, version).await?;
        let missing = || match version {
            0 => AppError::not_found(Missing::Scheme, &id),
            version => AppError::not_found(Missing::Scheme, format!("{id}/{version}")),
        };
        let mut found: Published = highest.ok_or_else(missing)?;
        if let Some(day) = day {
            let in_force = tx.scheme_in_force(&county, &id, day).await?;
            found = in_force.ok_or_else(|| AppError::not_found(Missing::SchemeInForce, &id))?;
        }
        let (header, document) = found;
        let scheme = v1::Scheme { document: document.into_bytes(), ..published(&header)? };
        Ok(v1::GetSchemeResponse { scheme: Some(scheme) })
    }

    async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListSchemesRequest,
    ) -> Result<v1::ListSchemesResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let id = faults.optional_id("scheme_id", &raw.scheme_id);
        let kind = match v1::SubjectKind::try_from(raw.subject) {
            Ok(v1::SubjectKind::Unspecified) => Some(None),
            named => faults.said("subject", named, subject_kind).map(Some),
        };
        let day = faults.day("in_force_on", raw.in_force_on.as_ref());
        let method = ("SchemeService.ListSchemes", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| permit.and(Some((county?, id?, kind?, day?, page?))))();
        let (county, id, kind, day, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let mut all = scheme::headers(&mut *tx, &county).await?;
        if let Some(day) = day {
            all = scheme::headers_in_force(all, day);
        }
        let cursor = |it: &SchemeHeader| format!("{} {:010}", it.scheme_id, it.version);
        all.retain(|it| {
            id.as_ref().is_none_or(|id| it.scheme_id == *id)
                && kind.is_none_or(|kind| it.subject_kind == kind.name())
                && after(it, &page.after)
        });
        let answers: Result<Vec<_>, _> = all.iter().map(published).collect();
        let (schemes, more) = page.fit(answers?);
        let last = schemes.len().checked_sub(1).and_then(|it| all.get(it)).filter(|_| more);
        let next_page_token = last.map_or_else(String::new, |it| page.next(&cursor(it), None));
        Ok(v1::ListSchemesResponse { schemes, next_page_token })
    }

    async fn retire(
        &self,
        call: &Call,
        mut raw: v1::RetireSchemeRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let id = faults.id("scheme_id", &raw.scheme_id);
        let version = version(&mut faults, raw.version);
        let day = faults.some_day("last_day_in_force", raw.last_day_in_force.as_ref());
        let reason = faults.why("reason", &raw.reason);
        let read = (|| permit.and(Some((county?, request_id?, id?, version?, day?, reason?))))();
        let (county, request_id, id, version, day, reason) = faults.finish(read)?;
        raw.request_id.clear();
        let write = write_call(call, "SchemeService.RetireScheme", county, request_id, &raw);
        let encode = |header: &SchemeHeader| {
            v1::RetireSchemeResponse { scheme: published(header).ok() }.encode_to_vec()
        };
        self.app.retire_scheme(write, (id, version), (day, reason), encode).await
    }
}

/// A version, from 1.
pub(super) fn version(faults: &mut Faults, raw: i32) -> Option<i64> {
    if raw < 1 {
        faults.add("version", "VERSION_INVALID", "versions count from 1", "版本号从 1 开始");
    }
    (raw >= 1).then_some(i64::from(raw))
}

/// Whether a version comes after the cursor of a page.
fn after(header: &SchemeHeader, cursor: &str) -> bool {
    let Some((id, version)) = cursor.split_once(' ') else { return true };
    let own = format!("{:010}", header.version);
    (header.scheme_id.as_str(), own.as_str()) > (id, version)
}

pub(super) fn size(faults: &mut Faults, document: &[u8]) {
    if document.len() > DOCUMENT_MAX {
        let en = format!("a document has at most 1 MiB, and this has {} bytes", document.len());
        faults.add("document", "DOCUMENT_TOO_LARGE", en, "文档不得超过 1 MiB");
    }
}

/// The faults of a document that cannot be published, as faults of the request. The first says so
/// itself.
pub(super) fn faulty(reason: &'static str, faults: &[SchemeFault]) -> AppError {
    let wrong = faults.iter().filter(|it| it.severity == Severity::Fault);
    let total = wrong.clone().count();
    let whole = FieldFault {
        path: "document".to_owned(),
        reason,
        en: format!("the document has {total} faults"),
        zh: format!("文档有 {total} 处错误"),
    };
    let each = wrong.map(|it| FieldFault {
        path: format!("document:{}:{}: {}", it.place.line, it.place.column, it.path),
        reason: it.code,
        en: match it.right.as_str() {
            "" => it.wrong.clone(),
            right => format!("{}; {right}", it.wrong),
        },
        zh: it.wrong_zh.clone(),
    });
    AppError::Invalid(std::iter::once(whole).chain(each).collect())
}

/// The faults that fit into one answer, in their order.
pub(super) fn fit(faults: Vec<SchemeFault>) -> Vec<v1::SchemeFault> {
    let mut left = SEND_MAX / 2;
    let mut kept = Vec::with_capacity(faults.len());
    for found in faults.into_iter().map(fault) {
        let Some(rest) = left.checked_sub(found.encoded_len().saturating_add(8)) else { break };
        left = rest;
        kept.push(found);
    }
    kept
}

pub(super) fn fault(it: SchemeFault) -> v1::SchemeFault {
    let severity = match it.severity {
        Severity::Fault => v1::FaultSeverity::Error,
        Severity::Warning => v1::FaultSeverity::Warning,
    };
    v1::SchemeFault {
        line: i32::try_from(it.place.line).unwrap_or(i32::MAX),
        column: i32::try_from(it.place.column).unwrap_or(i32::MAX),
        path: it.path,
        code: it.code.to_ascii_lowercase(),
        severity: severity.into(),
        text: Some(text(it.wrong, it.wrong_zh)),
        suggestion: (!it.right.is_empty()).then(|| text(it.right, "")),
    }
}

pub(super) fn digest(document: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hex(&Sha256::digest(document))
}

const fn period(kind: PeriodKind) -> v1::PeriodKind {
    match kind {
        PeriodKind::Year => v1::PeriodKind::Year,
        PeriodKind::Half => v1::PeriodKind::Half,
        PeriodKind::Quarter => v1::PeriodKind::Quarter,
        PeriodKind::Month => v1::PeriodKind::Month,
    }
}

/// What a document declares that is not published.
fn declared(scheme: &Scheme, digest: &str) -> v1::Scheme {
    v1::Scheme {
        scheme_id: scheme.id.clone(),
        version: i32::try_from(scheme.version).unwrap_or(i32::MAX),
        title: scheme.title.clone(),
        subject: encode::subject_kind(scheme.subject).into(),
        period: period(scheme.period).into(),
        in_force_from: Some(date(scheme.in_force.from)),
        in_force_until: scheme.in_force.until.map(date),
        digest: digest.to_owned(),
        ..v1::Scheme::default()
    }
}

/// A published version, without its document.
fn published(header: &SchemeHeader) -> Result<v1::Scheme, StoreError> {
    let subject = SubjectKind::named(&header.subject_kind)
        .ok_or_else(|| StoreError::unknown_word("subject_kind", &header.subject_kind))?;
    let kind = PeriodKind::named(&header.period_kind)
        .ok_or_else(|| StoreError::unknown_word("period_kind", &header.period_kind))?;
    let retired = header.retired.as_ref();
    Ok(v1::Scheme {
        scheme_id: header.scheme_id.clone(),
        version: i32::try_from(header.version).unwrap_or(i32::MAX),
        title: header.title.clone(),
        subject: encode::subject_kind(subject).into(),
        period: period(kind).into(),
        in_force_from: Some(date(header.in_force_from)),
        in_force_until: scheme::last_day(header).map(date),
        digest: hex(&header.digest),
        document: Vec::new(),
        publish_time: Some(timestamp(header.published)),
        retire_time: retired.map(|it| timestamp(it.recorded)),
        retire_reason: retired.map(|it| it.reason.clone()).unwrap_or_default(),
    })
}
