//! Proposing batches and what is done to them.

use prost::Message;

use super::{Service, encode};
use crate::{
    app::{
        AppError,
        award::{BatchView, ProposeBatch, StepBatch, TreasuryAnswers},
    },
    domain::award::BatchStep,
    grpc::{admit::Call, award_decode, award_encode::purpose, decode::Faults, write_call},
    proto::v1,
    store::MovementRecord,
};

/// What every step of a batch carries.
struct Head<'r> {
    method: &'static str,
    county: &'r str,
    request_id: &'r str,
    batch_id: &'r str,
}

/// What is said with a step: why, and who decided.
type Said = (String, String);

impl Service {
    pub(super) async fn propose(
        &self,
        call: &Call,
        mut raw: v1::ProposeBatchRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let batch_id = faults.id("batch_id", &raw.batch_id);
        let purpose_id = faults.id("purpose_id", &raw.purpose_id);
        let source = award_decode::source(&mut faults, raw.source.as_ref());
        let choices = award_decode::choices(&mut faults, &raw.choices);
        let text = award_decode::said(&mut faults, "reason", &raw.reason);
        let asked = (|| {
            let (batch_id, purpose) = (batch_id?, purpose_id?);
            let (source, choices) = (source?, choices?);
            Some(ProposeBatch { batch_id, purpose, source, choices, text: text? })
        })();
        let read = (|| permit.and(Some((county?, request_id?, asked?))))();
        let (county, request_id, asked) = faults.finish(read)?;
        raw.request_id.clear();
        // A choice may be taken out of an answer, with the name that stands there.
        for whom in raw.choices.iter_mut().filter_map(|it| it.recipient.as_mut()) {
            whom.name.clear();
        }
        let of = write_call(call, "AwardService.ProposeBatch", county, request_id, &raw);
        let encode = |it: &BatchView, newest: &MovementRecord| {
            let (batch, budget) = (Some(encode::batch(it)), Some(purpose(newest)));
            v1::ProposeBatchResponse { batch, budget }.encode_to_vec()
        };
        self.app.propose_batch(of, asked, encode).await
    }

    /// Decodes what all steps have alike, and takes the step.
    async fn step<M: Message>(
        &self,
        call: &Call,
        (head, step, message): (Head<'_>, BatchStep, &M),
        said: impl FnOnce(&mut Faults) -> Option<Said>,
        encode: impl Fn(v1::Batch, v1::PurposeBudget) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", head.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(head.request_id);
        let batch_id = faults.id("batch_id", head.batch_id);
        let said = said(&mut faults);
        let read = (|| permit.and(Some((county?, request_id?, batch_id?, said?))))();
        let (county, request_id, batch_id, (text, decided_by)) = faults.finish(read)?;
        let of = write_call(call, head.method, county, request_id, message);
        let asked = StepBatch { batch_id, step, text, decided_by };
        let encode = move |it: &BatchView, newest: &MovementRecord| {
            encode(encode::batch(it), purpose(newest))
        };
        self.app.step_batch(of, asked, encode).await
    }

    pub(super) async fn approve(
        &self,
        call: &Call,
        mut raw: v1::ApproveBatchRequest,
    ) -> Result<Vec<u8>, AppError> {
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "AwardService.ApproveBatch",
            county: &raw.county,
            request_id: &request_id,
            batch_id: &raw.batch_id,
        };
        let said = |faults: &mut Faults| {
            let text = award_decode::said(faults, "reason", &raw.reason);
            let decided_by = faults.id("decided_by", &raw.decided_by);
            Some((text?, decided_by?))
        };
        let encode = |batch, _| v1::ApproveBatchResponse { batch: Some(batch) }.encode_to_vec();
        self.step(call, (head, BatchStep::Approved, &raw), said, encode).await
    }

    pub(super) async fn reject(
        &self,
        call: &Call,
        mut raw: v1::RejectBatchRequest,
    ) -> Result<Vec<u8>, AppError> {
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "AwardService.RejectBatch",
            county: &raw.county,
            request_id: &request_id,
            batch_id: &raw.batch_id,
        };
        let said = |faults: &mut Faults| why(faults, &raw.reason, &raw.decided_by);
        let encode = |batch, budget| {
            let (batch, budget) = (Some(batch), Some(budget));
            v1::RejectBatchResponse { batch, budget }.encode_to_vec()
        };
        self.step(call, (head, BatchStep::Rejected, &raw), said, encode).await
    }

    pub(super) async fn cancel(
        &self,
        call: &Call,
        mut raw: v1::CancelBatchRequest,
    ) -> Result<Vec<u8>, AppError> {
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "AwardService.CancelBatch",
            county: &raw.county,
            request_id: &request_id,
            batch_id: &raw.batch_id,
        };
        let said = |faults: &mut Faults| why(faults, &raw.reason, &raw.decided_by);
        let encode = |batch, budget| {
            let (batch, budget) = (Some(batch), Some(budget));
            v1::CancelBatchResponse { batch, budget }.encode_to_vec()
        };
        self.step(call, (head, BatchStep::Cancelled, &raw), said, encode).await
    }

    pub(super) async fn export(
        &self,
        call: &Call,
        mut raw: v1::ExportBatchRequest,
    ) -> Result<Vec<u8>, AppError> {
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "AwardService.ExportBatch",
            county: &raw.county,
            request_id: &request_id,
            batch_id: &raw.batch_id,
        };
        let encode = |batch, _| v1::ExportBatchResponse { batch: Some(batch) }.encode_to_vec();
        self.step(call, (head, BatchStep::Exported, &raw), |_| Some(Said::default()), encode).await
    }

    pub(super) async fn close(
        &self,
        call: &Call,
        mut raw: v1::CloseBatchRequest,
    ) -> Result<Vec<u8>, AppError> {
        let request_id = std::mem::take(&mut raw.request_id);
        let head = Head {
            method: "AwardService.CloseBatch",
            county: &raw.county,
            request_id: &request_id,
            batch_id: &raw.batch_id,
        };
        let encode = |batch, _| v1::CloseBatchResponse { batch: Some(batch) }.encode_to_vec();
        self.step(call, (head, BatchStep::Closed, &raw), |_| Some(Said::default()), encode).await
    }

    pub(super) async fn answers(
        &self,
        call: &Call,
        mut raw: v1::RecordTreasuryAnswersRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let batch_id = faults.id("batch_id", &raw.batch_id);
        let answers = award_decode::answers(&mut faults, &raw.answers);
        let asked = (|| Some(TreasuryAnswers { batch_id: batch_id?, answers: answers? }))();
        let read = (|| permit.and(Some((county?, request_id?, asked?))))();
        let (county, request_id, asked) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AwardService.RecordTreasuryAnswers", county, request_id, &raw);
        let encode = |it: &BatchView, newest: &MovementRecord, demanded: &[i64]| {
            let (batch, budget) = (Some(encode::batch(it)), Some(purpose(newest)));
            let recoveries = demanded.to_vec();
            v1::RecordTreasuryAnswersResponse { batch, budget, recoveries }.encode_to_vec()
        };
        self.app.record_treasury_answers(of, asked, encode).await
    }
}

/// A reason and who decided, both of which must be said.
fn why(faults: &mut Faults, reason: &str, decided_by: &str) -> Option<Said> {
    let text = faults.why("reason", reason);
    let decided_by = faults.id("decided_by", decided_by);
    Some((text?, decided_by?))
}
