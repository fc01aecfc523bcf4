//! What callers ask, each in a line.

use steelyard::proto::{
    google::r#type::Money,
    v1::{self, BudgetActKind, RecipientKind, entitlement_source::Document},
};
use tonic::Status;
use tonic_types::StatusExt as _;

use super::PURPOSE;
use crate::harness::{COUNTY, Served, by, date};

/// What is asked of a client of the harness, by a caller.
macro_rules! asked {
    ($client:expr, $who:expr, $call:ident, $request:expr) => {
        Ok($client.$call(by($who, $request)).await?.into_inner())
    };
}

/// An amount of whole yuan and fen, as `2000.00`.
pub(super) fn yuan(text: &str) -> Option<Money> {
    let (units, fen) = text.split_once('.').unwrap();
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let nanos = sign * fen.parse::<i32>().unwrap() * 10_000_000;
    Some(Money { currency_code: "CNY".into(), units: units.parse().unwrap(), nanos })
}

/// The same as text.
#[expect(clippy::ref_option, reason = "fields of messages are looked at as they are")]
pub(super) fn text(of: &Option<Money>) -> String {
    let it = of.as_ref().expect("an amount");
    assert_eq!(it.currency_code, "CNY");
    let sign = if it.units < 0 || it.nanos < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", it.units.abs(), it.nanos.abs() / 10_000_000)
}

pub(super) fn act(
    request_id: &str,
    kind: BudgetActKind,
    (purpose, amount): (&str, &str),
) -> v1::RecordBudgetActRequest {
    v1::RecordBudgetActRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        kind: kind.into(),
        year: "2022".into(),
        purpose_id: purpose.into(),
        amount: yuan(amount),
        reason: "年初安排".into(),
        decided_by: "finance-head".into(),
        papers: vec!["财预〔2022〕1号".into()],
        ..Default::default()
    }
}

pub(super) async fn record(
    on: &Served,
    request: v1::RecordBudgetActRequest,
) -> Result<v1::RecordBudgetActResponse, Status> {
    asked!(on.budgets(), "finance", record_budget_act, request)
}

/// Appropriates to the purpose of most cases.
pub(super) async fn appropriated(on: &Served, request_id: &str, amount: &str) {
    let request = act(request_id, BudgetActKind::Increase, (PURPOSE, amount));
    let request = v1::RecordBudgetActRequest { title: "创建工作经费".into(), ..request };
    record(on, request).await.unwrap();
}

/// What the purpose of most cases has.
pub(super) async fn budget(on: &Served) -> v1::PurposeBudget {
    let request = v1::GetBudgetRequest {
        county: COUNTY.into(),
        year: "2022".into(),
        purpose_id: PURPOSE.into(),
        known_at: None,
    };
    let answer = on.budgets().get_budget(by("auditor", request)).await.unwrap().into_inner();
    answer.budgets.into_iter().next().unwrap()
}

/// Appropriated, reserved, paid, recovered, available.
pub(super) fn figures(of: &v1::PurposeBudget) -> [String; 5] {
    [&of.appropriated, &of.reserved, &of.paid, &of.recovered, &of.available].map(text)
}

/// Of a scheme of these tests; or of a selection document, with `selection:` before it.
pub(super) fn source(id: &str) -> Option<v1::EntitlementSource> {
    let document = match id.strip_prefix("selection:") {
        Some(id) => Document::SelectionDocumentId(id.into()),
        None => Document::SchemeId(format!("test.{id}")),
    };
    Some(v1::EntitlementSource { document: Some(document), period: "2022".into() })
}

pub(super) fn whom(kind: RecipientKind, id: &str) -> Option<v1::AwardRecipientRef> {
    Some(v1::AwardRecipientRef { kind: kind.into(), id: id.into(), name: String::new() })
}

/// The award of a person by the scheme about posts.
pub(super) fn person(id: &str, each: &str) -> v1::EntitlementKey {
    v1::EntitlementKey {
        award_id: "excellent".into(),
        recipient: whom(RecipientKind::Member, id),
        each: each.into(),
    }
}

pub(super) async fn entitled(
    on: &Served,
    who: &str,
    id: &str,
) -> Result<v1::ListEntitlementsResponse, Status> {
    let request = v1::ListEntitlementsRequest {
        county: COUNTY.into(),
        source: source(id),
        ..Default::default()
    };
    asked!(on.awards(), who, list_entitlements, request)
}

pub(super) fn proposal(
    request_id: &str,
    (batch, id): (&str, &str),
    choices: &[v1::EntitlementKey],
) -> v1::ProposeBatchRequest {
    v1::ProposeBatchRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        batch_id: batch.into(),
        purpose_id: PURPOSE.into(),
        source: source(id),
        choices: choices.to_vec(),
        reason: String::new(),
    }
}

pub(super) async fn propose(
    on: &Served,
    request: v1::ProposeBatchRequest,
) -> Result<v1::ProposeBatchResponse, Status> {
    asked!(on.awards(), "department", propose_batch, request)
}

/// Everything of a source is proposed.
pub(super) async fn proposed(on: &Served, batch: &str, id: &str) -> v1::ProposeBatchResponse {
    propose(on, proposal(&format!("propose-{batch}"), (batch, id), &[])).await.unwrap()
}

pub(super) async fn approve(
    on: &Served,
    who: &str,
    (request_id, batch): (&str, &str),
) -> Result<v1::ApproveBatchResponse, Status> {
    let request = v1::ApproveBatchRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        batch_id: batch.into(),
        reason: String::new(),
        decided_by: "director".into(),
    };
    asked!(on.awards(), who, approve_batch, request)
}

pub(super) async fn reject(
    on: &Served,
    who: &str,
    (request_id, batch): (&str, &str),
) -> Result<v1::RejectBatchResponse, Status> {
    let request = v1::RejectBatchRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        batch_id: batch.into(),
        reason: "材料不全".into(),
        decided_by: "director".into(),
    };
    asked!(on.awards(), who, reject_batch, request)
}

pub(super) async fn cancel(
    on: &Served,
    (request_id, batch): (&str, &str),
) -> Result<v1::CancelBatchResponse, Status> {
    let request = v1::CancelBatchRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        batch_id: batch.into(),
        reason: "重新核对".into(),
        decided_by: "director".into(),
    };
    asked!(on.awards(), "department", cancel_batch, request)
}

pub(super) async fn export(
    on: &Served,
    (request_id, batch): (&str, &str),
) -> Result<v1::ExportBatchResponse, Status> {
    let request = v1::ExportBatchRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        batch_id: batch.into(),
    };
    asked!(on.awards(), "finance", export_batch, request)
}

pub(super) async fn close(
    on: &Served,
    (request_id, batch): (&str, &str),
) -> Result<v1::CloseBatchResponse, Status> {
    let request = v1::CloseBatchRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        batch_id: batch.into(),
    };
    asked!(on.awards(), "finance", close_batch, request)
}

/// The treasury paid a line.
pub(super) fn paid(line: i32, day: &str) -> v1::TreasuryAnswer {
    let paid = v1::TreasuryPaid { on: date(day), reference: format!("国库{line}") };
    v1::TreasuryAnswer { line, outcome: Some(v1::treasury_answer::Outcome::Paid(paid)) }
}

/// The treasury sent a line back.
pub(super) fn returned(line: i32, day: &str) -> v1::TreasuryAnswer {
    let returned =
        v1::TreasuryReturned {
            on: date(day), reason: "账号有误".into(), reference: String::new()
        };
    v1::TreasuryAnswer { line, outcome: Some(v1::treasury_answer::Outcome::Returned(returned)) }
}

pub(super) async fn answer(
    on: &Served,
    (request_id, batch): (&str, &str),
    answers: &[v1::TreasuryAnswer],
) -> Result<v1::RecordTreasuryAnswersResponse, Status> {
    let request = v1::RecordTreasuryAnswersRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        batch_id: batch.into(),
        answers: answers.to_vec(),
    };
    asked!(on.awards(), "finance", record_treasury_answers, request)
}

/// Everything of a source is proposed, approved and handed to the treasury.
pub(super) async fn exported(on: &Served, batch: &str, id: &str) {
    proposed(on, batch, id).await;
    approve(on, "second", (&format!("approve-{batch}"), batch)).await.unwrap();
    export(on, (&format!("export-{batch}"), batch)).await.unwrap();
}

/// And paid, every line of it.
pub(super) async fn all_paid(on: &Served, batch: &str, id: &str) {
    exported(on, batch, id).await;
    let lines = payments(on, "auditor", batch).await;
    let answers: Vec<_> = lines.iter().map(|it| paid(it.line, "2023-01-10")).collect();
    answer(on, (&format!("paid-{batch}"), batch), &answers).await.unwrap();
}

pub(super) async fn batch(on: &Served, id: &str) -> v1::GetBatchResponse {
    let request = v1::GetBatchRequest { county: COUNTY.into(), batch_id: id.into() };
    on.awards().get_batch(by("auditor", request)).await.unwrap().into_inner()
}

/// The payments of a batch, read one by one.
pub(super) async fn payments(on: &Served, who: &str, id: &str) -> Vec<v1::Payment> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListPaymentsRequest {
            county: COUNTY.into(),
            batch_id: id.into(),
            page_size: 2,
            page_token,
        };
        let page = on.awards().list_payments(by(who, request)).await.unwrap().into_inner();
        all.extend(page.payments);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

pub(super) async fn list(
    on: &Served,
    who: &str,
    (id, format): (&str, v1::PaymentListFormat),
) -> Result<v1::GetPaymentListResponse, Status> {
    let request = v1::GetPaymentListRequest {
        county: COUNTY.into(),
        batch_id: id.into(),
        format: format.into(),
    };
    asked!(on.awards(), who, get_payment_list, request)
}

pub(super) async fn demand(
    on: &Served,
    request_id: &str,
    (batch, line, amount): (&str, i32, &str),
) -> Result<v1::Recovery, Status> {
    let request = v1::DemandRecoveryRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        batch_id: batch.into(),
        line,
        amount: yuan(amount),
        reason: "多付".into(),
        decided_by: "director".into(),
        papers: vec!["会议纪要1".into()],
    };
    let answer = on.recoveries().demand_recovery(by("department", request)).await?;
    Ok(answer.into_inner().recovery.unwrap())
}

pub(super) async fn collect(
    on: &Served,
    request_id: &str,
    (recovery, amount, day): (i64, &str, &str),
) -> Result<v1::RecordRecoveredResponse, Status> {
    let request = v1::RecordRecoveredRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        recovery,
        amount: yuan(amount),
        on: date(day),
        reference: "回款".into(),
    };
    asked!(on.recoveries(), "finance", record_recovered, request)
}

pub(super) async fn waive(
    on: &Served,
    who: &str,
    (request_id, recovery): (&str, i64),
) -> Result<v1::Recovery, Status> {
    let request = v1::WaiveRecoveryRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        recovery,
        reason: "确有困难".into(),
        decided_by: "director".into(),
        papers: Vec::new(),
    };
    let answer = on.recoveries().waive_recovery(by(who, request)).await?;
    Ok(answer.into_inner().recovery.unwrap())
}

pub(super) async fn recoveries(on: &Served, who: &str, open_only: bool) -> Vec<v1::Recovery> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListRecoveriesRequest {
            county: COUNTY.into(),
            open_only,
            page_size: 1,
            page_token,
            ..Default::default()
        };
        let page = on.recoveries().list_recoveries(by(who, request)).await.unwrap().into_inner();
        all.extend(page.recoveries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

/// What stands in the way, as `reason subject`.
pub(super) fn in_the_way(status: &Status) -> Vec<String> {
    let failures = status.get_details_precondition_failure();
    let all = failures.map(|it| it.violations).unwrap_or_default();
    all.into_iter().map(|it| format!("{} {}", it.r#type, it.subject)).collect()
}

/// A word of the metadata of a refusal.
pub(super) fn said(status: &Status, key: &str) -> String {
    let details = status.get_error_details();
    details.error_info().unwrap().metadata.get(key).cloned().unwrap_or_default()
}
