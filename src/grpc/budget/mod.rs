//! Budgets and the books of money over gRPC (A3).

mod act;
mod encode;
mod journal;
mod look;

use tonic::{Request, Response, Status};

use super::{RECEIVE_MAX, SEND_MAX, follow::Streamed};
use crate::{
    app::App,
    proto::v1::{
        self, budget_service_server::BudgetService, budget_service_server::BudgetServiceServer,
    },
};

pub(super) fn service(app: &App) -> BudgetServiceServer<impl BudgetService + use<>> {
    BudgetServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl BudgetService for Service {
    type ExportJournalStream = Streamed<v1::ExportJournalResponse>;

    async fn record_budget_act(
        &self,
        request: Request<v1::RecordBudgetActRequest>,
    ) -> Result<Response<v1::RecordBudgetActResponse>, Status> {
        written!(self, request, act)
    }

    async fn get_budget(
        &self,
        request: Request<v1::GetBudgetRequest>,
    ) -> Result<Response<v1::GetBudgetResponse>, Status> {
        answered!(self, request, budget)
    }

    async fn get_trial_balance(
        &self,
        request: Request<v1::GetTrialBalanceRequest>,
    ) -> Result<Response<v1::GetTrialBalanceResponse>, Status> {
        answered!(self, request, balance)
    }

    async fn get_statement(
        &self,
        request: Request<v1::GetStatementRequest>,
    ) -> Result<Response<v1::GetStatementResponse>, Status> {
        answered!(self, request, statement)
    }

    async fn export_journal(
        &self,
        request: Request<v1::ExportJournalRequest>,
    ) -> Result<Response<Self::ExportJournalStream>, Status> {
        answered!(self, request, journal)
    }
}
