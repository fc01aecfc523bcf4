//! Recoveries over gRPC (A5).

mod encode;
mod look;
mod steps;

use tonic::{Request, Response, Status};

use super::{RECEIVE_MAX, SEND_MAX};
use crate::{
    app::App,
    proto::v1::{
        self, recovery_service_server::RecoveryService,
        recovery_service_server::RecoveryServiceServer,
    },
};

pub(super) fn service(app: &App) -> RecoveryServiceServer<impl RecoveryService + use<>> {
    RecoveryServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl RecoveryService for Service {
    async fn demand_recovery(
        &self,
        request: Request<v1::DemandRecoveryRequest>,
    ) -> Result<Response<v1::DemandRecoveryResponse>, Status> {
        written!(self, request, demand)
    }

    async fn record_recovered(
        &self,
        request: Request<v1::RecordRecoveredRequest>,
    ) -> Result<Response<v1::RecordRecoveredResponse>, Status> {
        written!(self, request, collect)
    }

    async fn waive_recovery(
        &self,
        request: Request<v1::WaiveRecoveryRequest>,
    ) -> Result<Response<v1::WaiveRecoveryResponse>, Status> {
        written!(self, request, waive)
    }

    async fn get_recovery(
        &self,
        request: Request<v1::GetRecoveryRequest>,
    ) -> Result<Response<v1::GetRecoveryResponse>, Status> {
        answered!(self, request, get)
    }

    async fn list_recoveries(
        &self,
        request: Request<v1::ListRecoveriesRequest>,
    ) -> Result<Response<v1::ListRecoveriesResponse>, Status> {
        answered!(self, request, list)
    }
}
