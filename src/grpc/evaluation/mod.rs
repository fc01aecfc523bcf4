//! `EvaluationService`: runs, results, explanations, publication, what
//! receiving systems follow, and stateless evaluation.

mod compute;
mod export;
mod feed;
mod results;
mod runs;

use prost::Message;
use tonic::{Request, Response, Status};

pub(super) use feed::position;
pub(super) use results::{filter, group, selector};

use super::{RECEIVE_MAX, SEND_MAX, admit::Call, decoded, follow::Streamed, status};
use crate::{
    app::{App, AppError},
    proto::v1::{
        self,
        evaluation_service_server::{EvaluationService, EvaluationServiceServer},
    },
};

pub(super) fn service(app: &App) -> EvaluationServiceServer<impl EvaluationService + use<>> {
    EvaluationServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

/// An answer that was made now.
fn told<T>(answer: Result<T, AppError>) -> Result<Response<T>, Status> {
    answer.map(Response::new).map_err(status::from)
}

/// An answer that was kept as bytes.
fn kept<T: Message + Default>(answer: Result<Vec<u8>, AppError>) -> Result<Response<T>, Status> {
    decoded(&answer.map_err(status::from)?).map(Response::new)
}

#[tonic::async_trait]
impl EvaluationService for Service {
    type WatchRunStream = Streamed<v1::WatchRunResponse>;
    type StreamResultsStream = Streamed<v1::StreamResultsResponse>;
    type WatchResultsStream = Streamed<v1::WatchResultsResponse>;
    type ExportResultsStream = Streamed<v1::ExportResultsResponse>;

    async fn start_run(
        &self,
        request: Request<v1::StartRunRequest>,
    ) -> Result<Response<v1::StartRunResponse>, Status> {
        let call = Call::of(&request)?;
        kept(self.start(&call, request.into_inner()).await)
    }

    async fn watch_run(
        &self,
        request: Request<v1::WatchRunRequest>,
    ) -> Result<Response<Self::WatchRunStream>, Status> {
        let call = Call::of(&request)?;
        told(self.watch(&call, request.into_inner()).await)
    }

    async fn get_run(
        &self,
        request: Request<v1::GetRunRequest>,
    ) -> Result<Response<v1::GetRunResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.get_run(&call, request.into_inner()).await)
    }

    async fn list_runs(
        &self,
        request: Request<v1::ListRunsRequest>,
    ) -> Result<Response<v1::ListRunsResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.list_runs(&call, request.into_inner()).await)
    }

    async fn list_results(
        &self,
        request: Request<v1::ListResultsRequest>,
    ) -> Result<Response<v1::ListResultsResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.list(&call, request.into_inner()).await)
    }

    async fn stream_results(
        &self,
        request: Request<v1::StreamResultsRequest>,
    ) -> Result<Response<Self::StreamResultsStream>, Status> {
        let call = Call::of(&request)?;
        told(self.stream(&call, request.into_inner()).await)
    }

    async fn get_result(
        &self,
        request: Request<v1::GetResultRequest>,
    ) -> Result<Response<v1::GetResultResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.get(&call, request.into_inner()).await)
    }

    async fn explain_result(
        &self,
        request: Request<v1::ExplainResultRequest>,
    ) -> Result<Response<v1::ExplainResultResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.explain(&call, request.into_inner()).await)
    }

    async fn publish_run(
        &self,
        request: Request<v1::PublishRunRequest>,
    ) -> Result<Response<v1::PublishRunResponse>, Status> {
        let call = Call::of(&request)?;
        kept(self.publish(&call, request.into_inner()).await)
    }

    async fn supersede_run(
        &self,
        request: Request<v1::SupersedeRunRequest>,
    ) -> Result<Response<v1::SupersedeRunResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.supersede(&call, request.into_inner()).await)
    }

    async fn list_changes(
        &self,
        request: Request<v1::ListChangesRequest>,
    ) -> Result<Response<v1::ListChangesResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.changes(&call, request.into_inner()).await)
    }

    async fn list_result_events(
        &self,
        request: Request<v1::ListResultEventsRequest>,
    ) -> Result<Response<v1::ListResultEventsResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.events(&call, request.into_inner()).await)
    }

    async fn watch_results(
        &self,
        request: Request<v1::WatchResultsRequest>,
    ) -> Result<Response<Self::WatchResultsStream>, Status> {
        let call = Call::of(&request)?;
        told(self.watch_results(&call, request.into_inner()).await)
    }

    async fn export_results(
        &self,
        request: Request<v1::ExportResultsRequest>,
    ) -> Result<Response<Self::ExportResultsStream>, Status> {
        let call = Call::of(&request)?;
        told(self.export(&call, request.into_inner()).await)
    }

    async fn compute(
        &self,
        request: Request<v1::ComputeRequest>,
    ) -> Result<Response<v1::ComputeResponse>, Status> {
        told(compute::compute(request.into_inner()).await)
    }
}
