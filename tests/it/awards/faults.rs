//! Every fault of a request at once, with its path and reason.

use steelyard::proto::{
    google::r#type::Money,
    v1::{self, treasury_answer::Outcome},
};

use super::{
    cast::{paid, person, source, yuan},
    on_both, small,
};
use crate::harness::{COUNTY, Served, violations};

on_both!(small: every_fault_is_told_at_once);

/// The faults of a call, as `path reason`.
macro_rules! faults {
    ($client:expr, $call:ident, $request:expr) => {{
        let refused = $client.$call($request).await.unwrap_err();
        let all = violations(&refused);
        all.into_iter().map(|(path, reason)| format!("{path} {reason}")).collect::<Vec<_>>()
    }};
}

fn county() -> String {
    COUNTY.into()
}

async fn every_fault_is_told_at_once(on: &Served) {
    of_budgets(on).await;
    of_reads(on).await;
    of_awards(on).await;
    of_answers(on).await;
    of_recoveries(on).await;
}

async fn of_budgets(on: &Served) {
    let request = v1::RecordBudgetActRequest {
        county: county(),
        request_id: " ".into(),
        kind: 9,
        year: "22".into(),
        purpose_id: "a b".into(),
        to_purpose_id: "c d".into(),
        amount: Some(Money { currency_code: "USD".into(), units: 1, nanos: 1 }),
        title: " 经费".into(),
        reason: String::new(),
        decided_by: String::new(),
        papers: vec![String::new(), "文".repeat(67)],
    };
    let expected = [
        "request_id REQUEST_ID_INVALID",
        "kind ENUM_UNSPECIFIED",
        "to_purpose_id ID_INVALID",
        "year YEAR_INVALID",
        "purpose_id ID_INVALID",
        "amount.currency_code MONEY_INVALID",
        "amount.nanos MONEY_INVALID",
        "title TEXT_INVALID",
        "reason REASON_MISSING",
        "decided_by ID_INVALID",
        "papers[0] TEXT_INVALID",
        "papers[1] TEXT_INVALID",
    ];
    assert_eq!(faults!(on.budgets(), record_budget_act, request.clone()), expected);
    let plain = v1::RecordBudgetActRequest {
        request_id: "1".into(),
        year: "2022".into(),
        purpose_id: "a".into(),
        to_purpose_id: "a".into(),
        amount: yuan("0.00"),
        title: "⼩区经费".into(),
        reason: "年初安排".into(),
        decided_by: "head".into(),
        papers: vec!["纸".into(); 21],
        ..request
    };
    for (kind, to, expected) in [
        (v1::BudgetActKind::Increase, "b", Some("to_purpose_id TRANSFER_FIELD")),
        (v1::BudgetActKind::Decrease, "", None),
        (v1::BudgetActKind::Transfer, "", Some("to_purpose_id TRANSFER_FIELD")),
        (v1::BudgetActKind::Transfer, "a", Some("to_purpose_id PURPOSE_SAME")),
    ] {
        let (kind, to_purpose_id) = (kind.into(), to.into());
        let request = v1::RecordBudgetActRequest { kind, to_purpose_id, ..plain.clone() };
        let others = ["amount MONEY_INVALID", "title NAME_CONFUSABLE", "papers EVIDENCE_TOO_MANY"];
        let all: Vec<_> = expected.into_iter().chain(others).collect();
        assert_eq!(faults!(on.budgets(), record_budget_act, request), all, "{kind} {to}");
    }
    let none = v1::RecordBudgetActRequest { kind: 1, amount: None, ..plain.clone() };
    let told = faults!(on.budgets(), record_budget_act, none);
    assert!(told.contains(&"amount FIELD_MISSING".to_owned()), "{told:?}");
}

async fn of_reads(on: &Served) {
    let known_at = Some(prost_types::Timestamp { seconds: 0, nanos: -1 });
    let (year, purpose_id) = ("1899".to_owned(), "a b".to_owned());
    let three = ["year YEAR_INVALID", "purpose_id ID_INVALID", "known_at TIMESTAMP_INVALID"];
    let request = v1::GetBudgetRequest {
        county: county(),
        year: year.clone(),
        purpose_id: purpose_id.clone(),
        known_at,
    };
    assert_eq!(faults!(on.budgets(), get_budget, request), three);
    let request = v1::GetTrialBalanceRequest {
        county: county(),
        year: year.clone(),
        purpose_id: purpose_id.clone(),
        known_at,
    };
    assert_eq!(faults!(on.budgets(), get_trial_balance, request), three);
    let request = v1::GetStatementRequest {
        county: county(),
        year: year.clone(),
        purpose_id: purpose_id.clone(),
        batch_id: "b c".into(),
        recipient: Some(v1::AwardRecipientRef::default()),
        known_at,
        page_size: -1,
        page_token: "x".into(),
    };
    let expected = [
        "year YEAR_INVALID",
        "purpose_id ID_INVALID",
        "batch_id ID_INVALID",
        "recipient.kind ENUM_UNSPECIFIED",
        "recipient.id ID_INVALID",
        "known_at TIMESTAMP_INVALID",
        "page_size PAGE_SIZE_INVALID",
        "page_token PAGE_TOKEN_INVALID",
    ];
    assert_eq!(faults!(on.budgets(), get_statement, request), expected);
    let request =
        v1::ExportJournalRequest { county: county(), year: year.clone(), format: 0, known_at };
    let expected = ["year YEAR_INVALID", "format ENUM_UNSPECIFIED", "known_at TIMESTAMP_INVALID"];
    assert_eq!(faults!(on.budgets(), export_journal, request), expected);
    let later = prost_types::Timestamp { seconds: 1_900_000_000, nanos: 0 };
    let request = v1::GetBudgetRequest {
        county: county(),
        year: "2022".into(),
        purpose_id: String::new(),
        known_at: Some(later),
    };
    assert_eq!(faults!(on.budgets(), get_budget, request), ["known_at KNOWN_AT_IN_FUTURE"]);
    let request = v1::ListBatchesRequest {
        county: county(),
        year: year.clone(),
        purpose_id: purpose_id.clone(),
        page_size: -1,
        page_token: "x".into(),
    };
    let expected = [
        "year YEAR_INVALID",
        "purpose_id ID_INVALID",
        "page_size PAGE_SIZE_INVALID",
        "page_token PAGE_TOKEN_INVALID",
    ];
    assert_eq!(faults!(on.awards(), list_batches, request), expected);
    let request = v1::ListRecoveriesRequest {
        county: county(),
        year,
        purpose_id,
        open_only: true,
        page_size: -1,
        page_token: "x".into(),
    };
    assert_eq!(faults!(on.recoveries(), list_recoveries, request), expected);
}

async fn of_awards(on: &Served) {
    let request = v1::ListEntitlementsRequest { county: county(), ..Default::default() };
    assert_eq!(faults!(on.awards(), list_entitlements, request), ["source SOURCE_MISSING"]);
    let half = v1::EntitlementSource { period: "2022-H1".into(), ..source("once").unwrap() };
    let request =
        v1::ListEntitlementsRequest { county: county(), source: Some(half), ..Default::default() };
    let told = faults!(on.awards(), list_entitlements, request);
    assert_eq!(told, ["source.period PERIOD_NOT_A_YEAR"]);
    let nothing = v1::EntitlementSource { document: None, period: "2022-13".into() };
    let mut broken = person("m 1", "p 1");
    broken.award_id = String::new();
    let bare = v1::EntitlementKey { award_id: "excellent".into(), ..Default::default() };
    let request = v1::ProposeBatchRequest {
        county: county(),
        request_id: String::new(),
        batch_id: "b 1".into(),
        purpose_id: String::new(),
        source: Some(nothing),
        choices: vec![broken, bare],
        reason: "二\n行".into(),
    };
    let expected = [
        "request_id REQUEST_ID_INVALID",
        "batch_id ID_INVALID",
        "purpose_id ID_INVALID",
        "source.document SOURCE_MISSING",
        "source.period PERIOD_INVALID",
        "choices[0].award_id ID_INVALID",
        "choices[0].recipient.id ID_INVALID",
        "choices[0].each ID_INVALID",
        "choices[1].recipient FIELD_MISSING",
        "reason TEXT_INVALID",
    ];
    assert_eq!(faults!(on.awards(), propose_batch, request.clone()), expected);
    let plain = v1::ProposeBatchRequest {
        request_id: "1".into(),
        batch_id: "b1".into(),
        purpose_id: "a".into(),
        source: source("once"),
        reason: String::new(),
        ..request
    };
    let two = vec![person("m-001", ""), person("m-002", ""), person("m-001", "")];
    let twice = v1::ProposeBatchRequest { choices: two, ..plain.clone() };
    let expected = ["choices[0] CHOICE_TWICE", "choices[2] CHOICE_TWICE"];
    assert_eq!(faults!(on.awards(), propose_batch, twice), expected);
    let many = (0..1_001).map(|it| person(&format!("m-{it}"), "")).collect();
    let many = v1::ProposeBatchRequest { choices: many, ..plain };
    assert_eq!(faults!(on.awards(), propose_batch, many), ["choices BATCH_TOO_LARGE"]);
    let request = v1::RejectBatchRequest { county: county(), ..Default::default() };
    let expected = [
        "request_id REQUEST_ID_INVALID",
        "batch_id ID_INVALID",
        "reason REASON_MISSING",
        "decided_by ID_INVALID",
    ];
    assert_eq!(faults!(on.awards(), reject_batch, request), expected);
    let request = v1::CancelBatchRequest { county: county(), ..Default::default() };
    assert_eq!(faults!(on.awards(), cancel_batch, request), expected);
    let request = v1::ApproveBatchRequest { county: county(), ..Default::default() };
    let expected =
        ["request_id REQUEST_ID_INVALID", "batch_id ID_INVALID", "decided_by ID_INVALID"];
    assert_eq!(faults!(on.awards(), approve_batch, request), expected);
    let request = v1::ExportBatchRequest { county: county(), ..Default::default() };
    assert_eq!(faults!(on.awards(), export_batch, request), expected[..2]);
    let request = v1::CloseBatchRequest { county: county(), ..Default::default() };
    assert_eq!(faults!(on.awards(), close_batch, request), expected[..2]);
    let request = v1::GetPaymentListRequest { county: county(), ..Default::default() };
    let expected = ["batch_id ID_INVALID", "format ENUM_UNSPECIFIED"];
    assert_eq!(faults!(on.awards(), get_payment_list, request), expected);
}

async fn of_answers(on: &Served) {
    let request = |answers| v1::RecordTreasuryAnswersRequest {
        county: county(),
        request_id: "1".into(),
        batch_id: "b1".into(),
        answers,
    };
    assert_eq!(
        faults!(on.awards(), record_treasury_answers, request(vec![])),
        ["answers BATCH_EMPTY"]
    );
    let returned =
        v1::TreasuryReturned { on: None, reason: String::new(), reference: "x".repeat(201) };
    let wrong = vec![
        v1::TreasuryAnswer { line: 0, outcome: None },
        v1::TreasuryAnswer { line: 3, outcome: Some(Outcome::Returned(returned)) },
        paid(3, "2023-02-30"),
    ];
    let expected = [
        "answers[0].line LINE_INVALID",
        "answers[0].outcome ANSWER_MISSING",
        "answers[1].returned.on DATE_INVALID",
        "answers[1].returned.reason REASON_MISSING",
        "answers[1].returned.reference TEXT_INVALID",
        "answers[2].paid.on DATE_INVALID",
        "answers[1].line LINE_TWICE",
        "answers[2].line LINE_TWICE",
    ];
    assert_eq!(faults!(on.awards(), record_treasury_answers, request(wrong)), expected);
    let many = request((1..=1_001).map(|it| paid(it, "2023-01-10")).collect());
    assert_eq!(faults!(on.awards(), record_treasury_answers, many), ["answers BATCH_TOO_LARGE"]);
}

async fn of_recoveries(on: &Served) {
    let request = v1::DemandRecoveryRequest {
        county: county(),
        amount: yuan("-1.00"),
        papers: vec!["纸".into(); 21],
        ..Default::default()
    };
    let expected = [
        "request_id REQUEST_ID_INVALID",
        "batch_id ID_INVALID",
        "line LINE_INVALID",
        "amount MONEY_INVALID",
        "reason REASON_MISSING",
        "decided_by ID_INVALID",
        "papers EVIDENCE_TOO_MANY",
    ];
    assert_eq!(faults!(on.recoveries(), demand_recovery, request), expected);
    let request = v1::RecordRecoveredRequest {
        county: county(),
        amount: yuan("0.00"),
        reference: "x".repeat(201),
        ..Default::default()
    };
    let expected = [
        "request_id REQUEST_ID_INVALID",
        "recovery RECOVERY_INVALID",
        "amount MONEY_INVALID",
        "on DATE_INVALID",
        "reference TEXT_INVALID",
    ];
    assert_eq!(faults!(on.recoveries(), record_recovered, request), expected);
    let request = v1::WaiveRecoveryRequest { county: county(), recovery: -1, ..Default::default() };
    let expected = [
        "request_id REQUEST_ID_INVALID",
        "recovery RECOVERY_INVALID",
        "reason REASON_MISSING",
        "decided_by ID_INVALID",
    ];
    assert_eq!(faults!(on.recoveries(), waive_recovery, request), expected);
    let request = v1::GetRecoveryRequest { county: county(), recovery: 0 };
    assert_eq!(faults!(on.recoveries(), get_recovery, request), ["recovery RECOVERY_INVALID"]);
}
