//! The audit trail over gRPC.

use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX, admit::Call, decode::Faults, encode::timestamp, page::page, status,
};
use crate::{
    app::{App, AppError, audit::checkpoint::to_line, hex},
    domain::time::Moment,
    proto::v1::{
        self,
        audit_service_server::{AuditService, AuditServiceServer},
    },
    store::{AuditListing, AuditRecord, CheckpointRecord},
};

/// The longest beginning of a method, and of a subject, that is asked for.
const METHOD_MAX: usize = 100;
const SUBJECT_MAX: usize = 200;

pub(super) fn service(app: &App) -> AuditServiceServer<impl AuditService + use<>> {
    AuditServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl AuditService for Service {
    async fn list_audit(
        &self,
        request: Request<v1::ListAuditRequest>,
    ) -> Result<Response<v1::ListAuditResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.list(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn get_checkpoint(
        &self,
        request: Request<v1::GetCheckpointRequest>,
    ) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        let call = Call::of(&request)?;
        let raw = request.into_inner();
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await.map_err(status::from)?;
        let county = faults.finish(permit.and(county)).map_err(status::from)?;
        let found = self.app.checkpoint(&county).await.map_err(status::from)?;
        let line = to_line(&found).map_err(status::from)?;
        let checkpoint = Some(checkpoint(&found));
        Ok(Response::new(v1::GetCheckpointResponse { checkpoint, line }))
    }
}

impl Service {
    async fn list(
        &self,
        call: &Call,
        raw: v1::ListAuditRequest,
    ) -> Result<v1::ListAuditResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let after_seq = faults.count("after_seq", raw.after_seq);
        let principal = faults.optional_id("principal", &raw.principal);
        let mut beginning = |path: &str, text: &str, most| match text {
            "" => Some(String::new()),
            _ => faults.text(path, text, most),
        };
        let method = beginning("method_prefix", &raw.method_prefix, METHOD_MAX);
        let subject = beginning("subject_prefix", &raw.subject_prefix, SUBJECT_MAX);
        let times = times(&mut faults, &raw);
        let bare = v1::ListAuditRequest { page_size: 0, page_token: String::new(), ..raw.clone() };
        let token = (raw.page_size, raw.page_token.as_str());
        let paging = page(&mut faults, &self.app, ("AuditService.ListAudit", call), &bare, token);
        let asked = (|| {
            permit?;
            let listing = AuditListing {
                after: after_seq?,
                limit: 0,
                principal: principal?.unwrap_or_default(),
                method_prefix: method?,
                subject_prefix: subject?,
                from: times?.0,
                until: times?.1,
            };
            Some((county?, listing, paging?))
        })();
        let (county, mut listing, paging) = faults.finish(asked)?;
        listing.limit = paging.size;
        listing.after = listing.after.max(super::evaluation_encode::ordinal(&paging.after));
        let found = self.app.list_audit(&county, &listing).await?;
        let head = found.head.as_ref().map(|it| (it.audit_count, it.audit_head));
        let (count, hash) = head.unwrap_or((0, [0; 32]));
        Ok(v1::ListAuditResponse {
            entries: found.entries.iter().map(entry).collect(),
            next_page_token: found
                .next
                .map(|it| paging.next(&it.to_string(), None))
                .unwrap_or_default(),
            head: Some(v1::AuditHead { count, hash: hex(&hash) }),
            checkpoint: found.checkpoint.as_ref().map(checkpoint),
        })
    }
}

/// The first and the last microsecond asked for.
fn times(faults: &mut Faults, raw: &v1::ListAuditRequest) -> Option<(Moment, Moment)> {
    let from = faults.moment("start_time", raw.start_time.as_ref());
    let until = faults.moment("end_time", raw.end_time.as_ref());
    let from = from?.unwrap_or(Moment::from_micros(i64::MIN));
    let before = |it: Moment| Moment::from_micros(it.micros().saturating_sub(1));
    let until = until?.map_or(Moment::from_micros(i64::MAX), before);
    if until < from {
        let en = "the end does not lie after the start";
        faults.add("end_time", "INTERVAL_REVERSED", en, "结束时刻不晚于开始时刻");
        return None;
    }
    Some((from, until))
}

fn entry(it: &AuditRecord) -> v1::AuditEntry {
    v1::AuditEntry {
        seq: it.seq,
        record_time: Some(timestamp(it.recorded)),
        principal: it.entry.principal.clone(),
        method: it.entry.method.clone(),
        request_id: it.entry.request_id.clone(),
        fingerprint: hex(&it.entry.fingerprint),
        subject: it.entry.subject.clone(),
        effect_digest: hex(&it.entry.effect_digest),
        previous_hash: hex(&it.prev_hash),
        hash: hex(&it.hash),
    }
}

fn checkpoint(it: &CheckpointRecord) -> v1::AuditCheckpoint {
    v1::AuditCheckpoint {
        county: it.county.clone(),
        count: it.entries,
        hash: hex(&it.head),
        sign_time: Some(timestamp(it.signed)),
        key_id: it.key_id.clone(),
        signature: it.signature.clone(),
    }
}
