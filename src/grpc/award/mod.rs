//! Awards and subsidies over gRPC (A1, A2, A4).

mod encode;
mod entitled;
mod list;
mod look;
mod steps;

use tonic::{Request, Response, Status};

use super::{RECEIVE_MAX, SEND_MAX};
use crate::{
    app::App,
    proto::v1::{
        self, award_service_server::AwardService, award_service_server::AwardServiceServer,
    },
};

pub(super) fn service(app: &App) -> AwardServiceServer<impl AwardService + use<>> {
    AwardServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl AwardService for Service {
    async fn list_entitlements(
        &self,
        request: Request<v1::ListEntitlementsRequest>,
    ) -> Result<Response<v1::ListEntitlementsResponse>, Status> {
        answered!(self, request, entitlements)
    }

    async fn propose_batch(
        &self,
        request: Request<v1::ProposeBatchRequest>,
    ) -> Result<Response<v1::ProposeBatchResponse>, Status> {
        written!(self, request, propose)
    }

    async fn approve_batch(
        &self,
        request: Request<v1::ApproveBatchRequest>,
    ) -> Result<Response<v1::ApproveBatchResponse>, Status> {
        written!(self, request, approve)
    }

    async fn reject_batch(
        &self,
        request: Request<v1::RejectBatchRequest>,
    ) -> Result<Response<v1::RejectBatchResponse>, Status> {
        written!(self, request, reject)
    }

    async fn cancel_batch(
        &self,
        request: Request<v1::CancelBatchRequest>,
    ) -> Result<Response<v1::CancelBatchResponse>, Status> {
        written!(self, request, cancel)
    }

    async fn export_batch(
        &self,
        request: Request<v1::ExportBatchRequest>,
    ) -> Result<Response<v1::ExportBatchResponse>, Status> {
        written!(self, request, export)
    }

    async fn get_payment_list(
        &self,
        request: Request<v1::GetPaymentListRequest>,
    ) -> Result<Response<v1::GetPaymentListResponse>, Status> {
        answered!(self, request, payment_list)
    }

    async fn record_treasury_answers(
        &self,
        request: Request<v1::RecordTreasuryAnswersRequest>,
    ) -> Result<Response<v1::RecordTreasuryAnswersResponse>, Status> {
        written!(self, request, answers)
    }

    async fn close_batch(
        &self,
        request: Request<v1::CloseBatchRequest>,
    ) -> Result<Response<v1::CloseBatchResponse>, Status> {
        written!(self, request, close)
    }

    async fn get_batch(
        &self,
        request: Request<v1::GetBatchRequest>,
    ) -> Result<Response<v1::GetBatchResponse>, Status> {
        answered!(self, request, batch)
    }

    async fn list_batches(
        &self,
        request: Request<v1::ListBatchesRequest>,
    ) -> Result<Response<v1::ListBatchesResponse>, Status> {
        answered!(self, request, batches)
    }

    async fn list_payments(
        &self,
        request: Request<v1::ListPaymentsRequest>,
    ) -> Result<Response<v1::ListPaymentsResponse>, Status> {
        answered!(self, request, payments)
    }
}
