//! Selections over gRPC (F1 to F12).

mod county;
mod decode;
mod encode;
mod feed;
mod look;
mod report;
mod steps;

use tonic::{Request, Response, Status};

use super::{RECEIVE_MAX, SEND_MAX, follow::Streamed};
use crate::{
    app::App,
    proto::v1::{
        self, selection_service_server::SelectionService,
        selection_service_server::SelectionServiceServer,
    },
};

pub(super) fn service(app: &App) -> SelectionServiceServer<impl SelectionService + use<>> {
    SelectionServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl SelectionService for Service {
    type WatchSelectionStream = Streamed<v1::WatchSelectionResponse>;

    async fn watch_selection(
        &self,
        request: Request<v1::WatchSelectionRequest>,
    ) -> Result<Response<Self::WatchSelectionStream>, Status> {
        answered!(self, request, watch)
    }

    async fn open_selection(
        &self,
        request: Request<v1::OpenSelectionRequest>,
    ) -> Result<Response<v1::OpenSelectionResponse>, Status> {
        written!(self, request, open)
    }

    async fn get_selection(
        &self,
        request: Request<v1::GetSelectionRequest>,
    ) -> Result<Response<v1::GetSelectionResponse>, Status> {
        answered!(self, request, get)
    }

    async fn list_selections(
        &self,
        request: Request<v1::ListSelectionsRequest>,
    ) -> Result<Response<v1::ListSelectionsResponse>, Status> {
        answered!(self, request, list)
    }

    async fn extend_deadline(
        &self,
        request: Request<v1::ExtendDeadlineRequest>,
    ) -> Result<Response<v1::ExtendDeadlineResponse>, Status> {
        written!(self, request, extend)
    }

    async fn adopt_ranking(
        &self,
        request: Request<v1::AdoptRankingRequest>,
    ) -> Result<Response<v1::AdoptRankingResponse>, Status> {
        written!(self, request, rank)
    }

    async fn decide_selection_tie(
        &self,
        request: Request<v1::DecideSelectionTieRequest>,
    ) -> Result<Response<v1::DecideSelectionTieResponse>, Status> {
        written!(self, request, order)
    }

    async fn apply_for_selection(
        &self,
        request: Request<v1::ApplyForSelectionRequest>,
    ) -> Result<Response<v1::ApplyForSelectionResponse>, Status> {
        written!(self, request, apply)
    }

    async fn withdraw_application(
        &self,
        request: Request<v1::WithdrawApplicationRequest>,
    ) -> Result<Response<v1::WithdrawApplicationResponse>, Status> {
        written!(self, request, withdraw)
    }

    async fn give_opinions(
        &self,
        request: Request<v1::GiveOpinionsRequest>,
    ) -> Result<Response<v1::GiveOpinionsResponse>, Status> {
        written!(self, request, opine)
    }

    async fn review_candidates(
        &self,
        request: Request<v1::ReviewCandidatesRequest>,
    ) -> Result<Response<v1::ReviewCandidatesResponse>, Status> {
        written!(self, request, review)
    }

    async fn recommend_candidates(
        &self,
        request: Request<v1::RecommendCandidatesRequest>,
    ) -> Result<Response<v1::RecommendCandidatesResponse>, Status> {
        written!(self, request, recommend)
    }

    async fn examine_candidates(
        &self,
        request: Request<v1::ExamineCandidatesRequest>,
    ) -> Result<Response<v1::ExamineCandidatesResponse>, Status> {
        written!(self, request, examine)
    }

    async fn consult_candidates(
        &self,
        request: Request<v1::ConsultCandidatesRequest>,
    ) -> Result<Response<v1::ConsultCandidatesResponse>, Status> {
        written!(self, request, consult)
    }

    async fn decide_candidates(
        &self,
        request: Request<v1::DecideCandidatesRequest>,
    ) -> Result<Response<v1::DecideCandidatesResponse>, Status> {
        written!(self, request, decide)
    }

    async fn post_selection_notice(
        &self,
        request: Request<v1::PostSelectionNoticeRequest>,
    ) -> Result<Response<v1::PostSelectionNoticeResponse>, Status> {
        written!(self, request, post)
    }

    async fn generate_selection_notice(
        &self,
        request: Request<v1::GenerateSelectionNoticeRequest>,
    ) -> Result<Response<v1::GenerateSelectionNoticeResponse>, Status> {
        answered!(self, request, generate)
    }

    async fn file_report(
        &self,
        request: Request<v1::FileReportRequest>,
    ) -> Result<Response<v1::FileReportResponse>, Status> {
        written!(self, request, file)
    }

    async fn answer_report(
        &self,
        request: Request<v1::AnswerReportRequest>,
    ) -> Result<Response<v1::AnswerReportResponse>, Status> {
        written!(self, request, answer)
    }

    async fn list_reports(
        &self,
        request: Request<v1::ListReportsRequest>,
    ) -> Result<Response<v1::ListReportsResponse>, Status> {
        answered!(self, request, reports)
    }

    async fn confirm_selection(
        &self,
        request: Request<v1::ConfirmSelectionRequest>,
    ) -> Result<Response<v1::ConfirmSelectionResponse>, Status> {
        written!(self, request, confirm)
    }

    async fn cancel_honours(
        &self,
        request: Request<v1::CancelHonoursRequest>,
    ) -> Result<Response<v1::CancelHonoursResponse>, Status> {
        written!(self, request, cancel)
    }

    async fn abandon_selection(
        &self,
        request: Request<v1::AbandonSelectionRequest>,
    ) -> Result<Response<v1::AbandonSelectionResponse>, Status> {
        written!(self, request, abandon)
    }

    async fn list_candidates(
        &self,
        request: Request<v1::ListCandidatesRequest>,
    ) -> Result<Response<v1::ListCandidatesResponse>, Status> {
        answered!(self, request, candidates)
    }

    async fn get_candidate(
        &self,
        request: Request<v1::GetCandidateRequest>,
    ) -> Result<Response<v1::GetCandidateResponse>, Status> {
        answered!(self, request, candidate)
    }

    async fn list_selection_events(
        &self,
        request: Request<v1::ListSelectionEventsRequest>,
    ) -> Result<Response<v1::ListSelectionEventsResponse>, Status> {
        answered!(self, request, events)
    }
}
