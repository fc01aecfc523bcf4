//! Calls about money: all of them ask for the whole county, and nobody who may not is told of faults.

use steelyard::proto::v1;
use tonic::Status;

use super::{
    calls::{Target, done},
    county::Counties,
};
use crate::harness::by;

/// A call of a method with nothing in its message but the county.
macro_rules! bare {
    ($client:ident, $who:ident, $at:ident, $call:ident, $request:ident) => {{
        let request = v1::$request { county: $at.county.to_owned(), ..Default::default() };
        $client.$call(by($who, request)).await.map(done)
    }};
}

pub(super) async fn budget(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let mut client = all.served.budgets();
    match method {
        "BudgetService.RecordBudgetAct" => {
            bare!(client, who, at, record_budget_act, RecordBudgetActRequest)
        }
        "BudgetService.GetBudget" => bare!(client, who, at, get_budget, GetBudgetRequest),
        "BudgetService.GetTrialBalance" => {
            bare!(client, who, at, get_trial_balance, GetTrialBalanceRequest)
        }
        "BudgetService.GetStatement" => bare!(client, who, at, get_statement, GetStatementRequest),
        "BudgetService.ExportJournal" => {
            bare!(client, who, at, export_journal, ExportJournalRequest)
        }
        _ => panic!("{method}"),
    }
}

pub(super) async fn award(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let mut client = all.served.awards();
    match method {
        "AwardService.ListEntitlements" => {
            bare!(client, who, at, list_entitlements, ListEntitlementsRequest)
        }
        "AwardService.ProposeBatch" => bare!(client, who, at, propose_batch, ProposeBatchRequest),
        "AwardService.ApproveBatch" => bare!(client, who, at, approve_batch, ApproveBatchRequest),
        "AwardService.RejectBatch" => bare!(client, who, at, reject_batch, RejectBatchRequest),
        "AwardService.CancelBatch" => bare!(client, who, at, cancel_batch, CancelBatchRequest),
        "AwardService.ExportBatch" => bare!(client, who, at, export_batch, ExportBatchRequest),
        "AwardService.GetPaymentList" => {
            bare!(client, who, at, get_payment_list, GetPaymentListRequest)
        }
        "AwardService.RecordTreasuryAnswers" => {
            bare!(client, who, at, record_treasury_answers, RecordTreasuryAnswersRequest)
        }
        "AwardService.CloseBatch" => bare!(client, who, at, close_batch, CloseBatchRequest),
        "AwardService.GetBatch" => bare!(client, who, at, get_batch, GetBatchRequest),
        "AwardService.ListBatches" => bare!(client, who, at, list_batches, ListBatchesRequest),
        "AwardService.ListPayments" => bare!(client, who, at, list_payments, ListPaymentsRequest),
        _ => panic!("{method}"),
    }
}

pub(super) async fn recovery(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let mut client = all.served.recoveries();
    match method {
        "RecoveryService.DemandRecovery" => {
            bare!(client, who, at, demand_recovery, DemandRecoveryRequest)
        }
        "RecoveryService.RecordRecovered" => {
            bare!(client, who, at, record_recovered, RecordRecoveredRequest)
        }
        "RecoveryService.WaiveRecovery" => {
            bare!(client, who, at, waive_recovery, WaiveRecoveryRequest)
        }
        "RecoveryService.GetRecovery" => bare!(client, who, at, get_recovery, GetRecoveryRequest),
        "RecoveryService.ListRecoveries" => {
            bare!(client, who, at, list_recoveries, ListRecoveriesRequest)
        }
        _ => panic!("{method}"),
    }
}
