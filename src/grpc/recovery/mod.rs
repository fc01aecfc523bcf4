//! Recoveries over gRPC (A5).

mod encode;
mod look;
mod steps;

use tonic::{Request, Response, Status};

use super::{RECEIVE_MAX, SEND_MAX, admit::Call, decoded, status};
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

/// The answer of a write, as it was kept.
macro_rules! written {
    ($self:ident, $request:ident, $do:ident) => {{
        let call = Call::of(&$request)?;
        let answer = $self.$do(&call, $request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }};
}

/// The answer of a read.
macro_rules! answered {
    ($self:ident, $request:ident, $do:ident) => {{
        let call = Call::of(&$request)?;
        let answer = $self.$do(&call, $request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }};
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
