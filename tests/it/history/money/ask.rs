//! What is asked about money.

use steelyard::proto::v1;

use super::{cny, today};
use crate::harness::COUNTY;

/// A write, as it is sent and sent again.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    Act(v1::RecordBudgetActRequest),
    Propose(v1::ProposeBatchRequest),
    Approve(v1::ApproveBatchRequest),
    /// By whoever proposed: refused.
    ApproveOwn(v1::ApproveBatchRequest),
    Reject(v1::RejectBatchRequest),
    Cancel(v1::CancelBatchRequest),
    Export(v1::ExportBatchRequest),
    Answer(v1::RecordTreasuryAnswersRequest),
    Close(v1::CloseBatchRequest),
    Demand(v1::DemandRecoveryRequest),
    Collect(v1::RecordRecoveredRequest),
    Waive(v1::WaiveRecoveryRequest),
}

/// More is appropriated to a purpose.
pub(super) fn increase(request_id: &str, (year, purpose): (&str, &str), fen: i64) -> Ask {
    Ask::Act(v1::RecordBudgetActRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        kind: v1::BudgetActKind::Increase.into(),
        year: year.into(),
        purpose_id: purpose.into(),
        amount: cny(fen),
        title: "奖励经费".into(),
        reason: "安排".into(),
        decided_by: "finance".into(),
        ..Default::default()
    })
}

/// Payments by a scheme's results of a year; of nobody named, of all.
pub(super) fn propose(
    (request_id, batch): (&str, &str),
    (scheme, year): (&str, &str),
    members: &[usize],
) -> Ask {
    let key = |number: &usize| v1::EntitlementKey {
        award_id: "bonus".into(),
        recipient: Some(v1::AwardRecipientRef {
            kind: v1::RecipientKind::Member.into(),
            id: format!("m{number:03}"),
            name: String::new(),
        }),
        each: String::new(),
    };
    Ask::Propose(v1::ProposeBatchRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        batch_id: batch.into(),
        purpose_id: scheme.into(),
        source: Some(v1::EntitlementSource {
            document: Some(v1::entitlement_source::Document::SchemeId(scheme.into())),
            period: year.into(),
        }),
        choices: members.iter().map(key).collect(),
        reason: String::new(),
    })
}

pub(super) fn approve(request_id: &str, batch: &str) -> v1::ApproveBatchRequest {
    v1::ApproveBatchRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        batch_id: batch.into(),
        reason: String::new(),
        decided_by: "head".into(),
    }
}

pub(super) fn cancel(request_id: &str, batch: &str) -> Ask {
    Ask::Cancel(v1::CancelBatchRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        batch_id: batch.into(),
        reason: "重新核对".into(),
        decided_by: "head".into(),
    })
}

pub(super) fn export(request_id: &str, batch: &str) -> Ask {
    let (county, request_id, batch_id) = (COUNTY.into(), request_id.into(), batch.into());
    Ask::Export(v1::ExportBatchRequest { county, request_id, batch_id })
}

/// The treasury's answers for lines: paid or sent back.
pub(super) fn answers(request_id: &str, batch: &str, lines: &[(i32, bool)]) -> Ask {
    use v1::treasury_answer::Outcome;
    let answer = |(line, paid): &(i32, bool)| {
        let (on, reference) = (today(), format!("GK-{line}"));
        let outcome = if *paid {
            Outcome::Paid(v1::TreasuryPaid { on, reference })
        } else {
            Outcome::Returned(v1::TreasuryReturned { on, reason: "账号有误".into(), reference })
        };
        v1::TreasuryAnswer { line: *line, outcome: Some(outcome) }
    };
    Ask::Answer(v1::RecordTreasuryAnswersRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        batch_id: batch.into(),
        answers: lines.iter().map(answer).collect(),
    })
}
