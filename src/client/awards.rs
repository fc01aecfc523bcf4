//! What callers do about money (A1 to A5): the finance bureau appropriates and pays, one person of the
//! department proposes, another approves.

use tonic::Status;

use super::{CallError, Calls, Client};
use crate::{
    proto::{
        google,
        v1::{
            self, RecordKind, award_service_client::AwardServiceClient,
            budget_service_client::BudgetServiceClient,
            recovery_service_client::RecoveryServiceClient,
        },
    },
    sample::COUNTY,
};

/// The purpose of the project's money (A3).
const PURPOSE: &str = "red_flag_project";
/// What it is called.
const TITLE: &str = "“红旗小区”创建工作经费";
/// The year.
const YEAR: &str = "2022";
/// What is appropriated first, in yuan: less than the first list asks for.
const FIRST: i64 = 10_000;
/// What is appropriated in all (A3).
const ALL: i64 = 300_000;

/// What came of the money.
#[derive(Debug, Clone)]
pub struct PaidOut {
    /// The batch of the appraisals' awards, once it is closed.
    pub batch: v1::Batch,
    /// Its payment list as it went to the treasury, as CSV.
    pub list: String,
    /// The second batch: what the treasury sent back, proposed again.
    pub again: v1::Batch,
    /// A recovery, a part of which came back.
    pub recovery: v1::Recovery,
    /// What the purpose has at the end.
    pub budget: v1::PurposeBudget,
    /// The trial balance at the end.
    pub balance: v1::GetTrialBalanceResponse,
    /// What the service refused on the way, by what was tried.
    pub refused: Vec<(&'static str, Status)>,
}

/// Who has to do with money.
struct Hands {
    finance: Client,
    proposer: Client,
    approver: Client,
}

impl Client {
    fn budgets(&self) -> BudgetServiceClient<Calls> {
        BudgetServiceClient::new(self.calls.clone()).max_decoding_message_size(super::ANSWER_MAX)
    }

    fn awards(&self) -> AwardServiceClient<Calls> {
        AwardServiceClient::new(self.calls.clone()).max_decoding_message_size(super::ANSWER_MAX)
    }

    fn recoveries(&self) -> RecoveryServiceClient<Calls> {
        RecoveryServiceClient::new(self.calls.clone()).max_decoding_message_size(super::ANSWER_MAX)
    }

    /// Appropriates the project's money and pays what a scheme's published results give, from the proposal to
    /// the treasury's answers; one payment comes back and is proposed again, and a part of another is
    /// recovered. `today` is the day by the service's clock; `become_caller` gives a caller by its
    /// principal.
    ///
    /// # Errors
    /// What the service says; that it lets something through that it must refuse.
    pub async fn pay_awards<E: From<CallError>>(
        &self,
        (scheme, selection): (&str, &str),
        today: google::r#type::Date,
        become_caller: impl AsyncFn(&str) -> Result<Self, E>,
    ) -> Result<PaidOut, E> {
        let hand = async |role: &str, principal: &str| {
            let over = v1::RecordRef { kind: RecordKind::County.into(), id: COUNTY.to_owned() };
            self.grant_role(principal, role, over).await?;
            become_caller(principal).await
        };
        let hands = Hands {
            finance: hand("finance_bureau", "finance-bureau").await?,
            proposer: hand("organization_department", "organization-office").await?,
            approver: hand("organization_department", "organization-head").await?,
        };
        Ok(hands.pay((scheme, selection), today).await?)
    }
}

impl Hands {
    async fn pay(
        &self,
        (scheme, selection): (&str, &str),
        today: google::r#type::Date,
    ) -> Result<PaidOut, CallError> {
        let mut refused = Vec::new();
        self.appropriate("budget-1", FIRST).await?;
        let persons = source(scheme, false);
        let branches = source(selection, true);
        let early = self.propose(("branches-1", "pay-branches"), branches).await;
        refused.push(("payments to branches that are not confirmed yet", must_refuse(early)?));
        let first = self.propose(("persons-1", "pay-persons"), persons.clone()).await;
        refused.push(("payments of more than is appropriated", must_refuse(first)?));
        self.appropriate("budget-2", ALL.saturating_sub(FIRST)).await?;
        let repeated = self.propose(("persons-1", "pay-persons"), persons.clone()).await;
        refused.push(("the same request once there is enough", must_refuse(repeated)?));
        let batch = self.propose(("persons-1", "pay-persons-2"), persons.clone()).await?;
        let own = approve("persons-1");
        let own = self.proposer.awards().approve_batch(own).await;
        refused.push(("an approval by whoever proposed", must_refuse(own)?));
        self.approver.awards().approve_batch(approve("persons-1")).await?;
        let export = v1::ExportBatchRequest {
            county: COUNTY.to_owned(),
            request_id: "export-persons-1".to_owned(),
            batch_id: "persons-1".to_owned(),
        };
        self.finance.awards().export_batch(export).await?;
        let list = v1::GetPaymentListRequest {
            county: COUNTY.to_owned(),
            batch_id: "persons-1".to_owned(),
            format: v1::PaymentListFormat::Csv.into(),
        };
        let list = self.finance.awards().get_payment_list(list).await?.into_inner().content;
        let list = String::from_utf8(list).map_err(|_| CallError::Lacks("a list in UTF-8"))?;
        self.answer(batch.lines, today).await?;
        let again = self.propose(("persons-2", "pay-persons-3"), persons).await?;
        let recovery = self.recover(today).await?;
        let close = v1::CloseBatchRequest {
            county: COUNTY.to_owned(),
            request_id: "close-persons-1".to_owned(),
            batch_id: "persons-1".to_owned(),
        };
        let closed = self.finance.awards().close_batch(close).await?.into_inner().batch;
        let batch = closed.ok_or(CallError::Lacks("the closed batch"))?;
        let (budget, balance) = self.look().await?;
        Ok(PaidOut { batch, list, again, recovery, budget, balance, refused })
    }

    async fn appropriate(&self, request_id: &str, yuan: i64) -> Result<(), CallError> {
        let request = v1::RecordBudgetActRequest {
            county: COUNTY.to_owned(),
            request_id: request_id.to_owned(),
            kind: v1::BudgetActKind::Increase.into(),
            year: YEAR.to_owned(),
            purpose_id: PURPOSE.to_owned(),
            amount: Some(cny(yuan)),
            title: TITLE.to_owned(),
            reason: "年度预算批复".to_owned(),
            decided_by: "county-finance".to_owned(),
            ..v1::RecordBudgetActRequest::default()
        };
        self.finance.budgets().record_budget_act(request).await?;
        Ok(())
    }

    async fn propose(
        &self,
        (batch_id, request_id): (&str, &str),
        source: v1::EntitlementSource,
    ) -> Result<v1::Batch, Status> {
        let request = v1::ProposeBatchRequest {
            county: COUNTY.to_owned(),
            request_id: request_id.to_owned(),
            batch_id: batch_id.to_owned(),
            purpose_id: PURPOSE.to_owned(),
            source: Some(source),
            choices: Vec::new(),
            reason: "年度奖励发放".to_owned(),
        };
        let answer = self.proposer.awards().propose_batch(request).await?.into_inner();
        answer.batch.ok_or_else(|| Status::internal("no batch"))
    }

    /// Everything is paid but the first line.
    async fn answer(&self, lines: i32, today: google::r#type::Date) -> Result<(), CallError> {
        let answer = |line: i32| {
            let outcome = if line == 1 {
                v1::treasury_answer::Outcome::Returned(v1::TreasuryReturned {
                    on: Some(today),
                    reason: "收款账号有误".to_owned(),
                    reference: "GK-1".to_owned(),
                })
            } else {
                v1::treasury_answer::Outcome::Paid(v1::TreasuryPaid {
                    on: Some(today),
                    reference: format!("GK-{line}"),
                })
            };
            v1::TreasuryAnswer { line, outcome: Some(outcome) }
        };
        let request = v1::RecordTreasuryAnswersRequest {
            county: COUNTY.to_owned(),
            request_id: "answers-persons-1".to_owned(),
            batch_id: "persons-1".to_owned(),
            answers: (1..=lines).map(answer).collect(),
        };
        self.finance.awards().record_treasury_answers(request).await?;
        Ok(())
    }

    /// One payment is to come back, and a part of it does.
    async fn recover(&self, today: google::r#type::Date) -> Result<v1::Recovery, CallError> {
        let request = v1::DemandRecoveryRequest {
            county: COUNTY.to_owned(),
            request_id: "recovery-1".to_owned(),
            batch_id: "persons-1".to_owned(),
            line: 2,
            amount: Some(cny(2_000)),
            reason: "申报材料核查不实".to_owned(),
            decided_by: "discipline-commission".to_owned(),
            papers: Vec::new(),
        };
        let demanded = self.proposer.recoveries().demand_recovery(request).await?.into_inner();
        let demanded = demanded.recovery.ok_or(CallError::Lacks("the recovery"))?;
        let request = v1::RecordRecoveredRequest {
            county: COUNTY.to_owned(),
            request_id: "recovered-1".to_owned(),
            recovery: demanded.number,
            amount: Some(cny(500)),
            on: Some(today),
            reference: "SR-1".to_owned(),
        };
        let answer = self.finance.recoveries().record_recovered(request).await?.into_inner();
        answer.recovery.ok_or(CallError::Lacks("the recovery"))
    }

    async fn look(&self) -> Result<(v1::PurposeBudget, v1::GetTrialBalanceResponse), CallError> {
        let request = v1::GetBudgetRequest {
            county: COUNTY.to_owned(),
            year: YEAR.to_owned(),
            purpose_id: PURPOSE.to_owned(),
            known_at: None,
        };
        let found = self.finance.budgets().get_budget(request).await?.into_inner().budgets.pop();
        let budget = found.ok_or(CallError::Lacks("the budget"))?;
        let request = v1::GetTrialBalanceRequest {
            county: COUNTY.to_owned(),
            year: YEAR.to_owned(),
            purpose_id: String::new(),
            known_at: None,
        };
        let balance = self.finance.budgets().get_trial_balance(request).await?.into_inner();
        Ok((budget, balance))
    }
}

fn cny(yuan: i64) -> google::r#type::Money {
    google::r#type::Money { currency_code: "CNY".to_owned(), units: yuan, nanos: 0 }
}

fn source(id: &str, selection: bool) -> v1::EntitlementSource {
    use v1::entitlement_source::Document;
    let id = id.to_owned();
    let document =
        if selection { Document::SelectionDocumentId(id) } else { Document::SchemeId(id) };
    v1::EntitlementSource { document: Some(document), period: YEAR.to_owned() }
}

fn approve(batch_id: &str) -> v1::ApproveBatchRequest {
    v1::ApproveBatchRequest {
        county: COUNTY.to_owned(),
        request_id: format!("approve-{batch_id}"),
        batch_id: batch_id.to_owned(),
        reason: String::new(),
        decided_by: "organization-department-meeting".to_owned(),
    }
}

/// The refusal of what the service has to refuse.
fn must_refuse<T>(answer: Result<T, Status>) -> Result<Status, CallError> {
    match answer {
        Err(why) => Ok(why),
        Ok(_) => Err(CallError::Lacks("a refusal of what money must not do")),
    }
}
