//! Entitlements, batches and payments as they go out.

use crate::{
    app::{
        AppError,
        award::{BatchView, EntitlementView, Names, subjects},
    },
    domain::{
        award::{BatchPhase, LineState, Payment, Source, SourceKind, Unclaimed},
        exact::Money,
        scheme::Basis,
    },
    grpc::{
        award_encode::named_key,
        encode::{date, timestamp},
        result_encode::money,
    },
    proto::v1,
    store::{BatchEventRecord, LineRecord},
};

fn small(of: i64) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}

fn count(of: usize) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}

const fn phase(of: BatchPhase) -> v1::BatchPhase {
    match of {
        BatchPhase::Proposed => v1::BatchPhase::Proposed,
        BatchPhase::Approved => v1::BatchPhase::Approved,
        BatchPhase::Rejected => v1::BatchPhase::Rejected,
        BatchPhase::Cancelled => v1::BatchPhase::Cancelled,
        BatchPhase::Exported => v1::BatchPhase::Exported,
        BatchPhase::Closed => v1::BatchPhase::Closed,
    }
}

const fn state(of: LineState) -> v1::PaymentState {
    match of {
        LineState::Reserved => v1::PaymentState::Reserved,
        LineState::Freed => v1::PaymentState::Freed,
        LineState::Withdrawn => v1::PaymentState::Withdrawn,
        LineState::Paid => v1::PaymentState::Paid,
        LineState::Returned => v1::PaymentState::Returned,
    }
}

fn source(of: &Source) -> v1::EntitlementSource {
    use v1::entitlement_source::Document;
    let document = match of.kind {
        SourceKind::Scheme => Document::SchemeId(of.id.clone()),
        SourceKind::Selection => Document::SelectionDocumentId(of.id.clone()),
    };
    v1::EntitlementSource { document: Some(document), period: of.period.clone() }
}

fn payment_ref(it: &Payment) -> v1::PaymentRef {
    v1::PaymentRef {
        batch_id: it.batch_id.clone(),
        line: small(it.line),
        amount: Some(money(it.amount)),
        state: state(it.state).into(),
    }
}

/// What somebody is entitled to.
pub(super) fn entitlement(it: &EntitlementView, names: &Names) -> v1::Entitlement {
    let basis =
        |it: &Basis| v1::AwardBasis { document: it.document.clone(), clause: it.clause.clone() };
    v1::Entitlement {
        key: Some(named_key(&it.key, names)),
        award_title: it.title.clone(),
        amount: Some(money(it.amount)),
        payable: Some(money(it.payable)),
        held: Some(money(it.held)),
        due: Some(money(it.due)),
        subject_ids: it.subjects.clone(),
        payments: it.payments.iter().map(payment_ref).collect(),
        because: it.en.clone(),
        because_zh: it.zh.clone(),
        basis: it.basis.iter().map(basis).collect(),
    }
}

/// An award that was earned and that nobody can be paid.
pub(super) fn unclaimed(it: &Unclaimed) -> v1::UnclaimedAward {
    v1::UnclaimedAward {
        award_id: it.award.clone(),
        subject_id: it.subject.clone(),
        reason: it.why.reason().to_owned(),
        because: it.why.en().to_owned(),
        because_zh: it.why.zh().to_owned(),
    }
}

/// A batch as it stands. Its sums were reserved as one, so that they are never more than an amount
/// can be.
pub(super) fn batch(it: &BatchView) -> v1::Batch {
    let record = &it.record;
    let live = it.state.live().ok();
    let proposed = total(it.lines.values().map(|it| it.amount));
    v1::Batch {
        batch_id: record.batch_id.clone(),
        year: record.year.clone(),
        purpose_id: record.purpose.clone(),
        source: Some(source(&record.source)),
        source_version: small(record.source_version),
        origin_id: record.origin.clone(),
        phase: phase(it.state.phase).into(),
        lines: count(it.lines.len()),
        proposed: proposed.map(money),
        live: live.map(money),
        live_words: live.map(Money::in_words).unwrap_or_default(),
        counts: LineState::ALL.into_iter().filter_map(|state| counted(it, state)).collect(),
        reason: record.text.clone(),
        proposed_by: record.mark.by.clone(),
        proposed_time: Some(timestamp(record.mark.recorded)),
    }
}

fn total(of: impl Iterator<Item = Money>) -> Option<Money> {
    of.into_iter().try_fold(Money::ZERO, Money::plus).ok()
}

/// How many payments are in a state; nothing where none is.
fn counted(it: &BatchView, of: LineState) -> Option<v1::PaymentCount> {
    let own: Vec<Money> =
        it.state.lines.values().filter(|it| it.state == of).map(|it| it.amount).collect();
    let amount = total(own.iter().copied()).map(money);
    let some = !own.is_empty();
    some.then(|| v1::PaymentCount { state: state(of).into(), count: count(own.len()), amount })
}

/// Something that happened to a batch.
pub(super) fn event(it: &BatchEventRecord) -> v1::BatchEvent {
    v1::BatchEvent {
        number: it.event,
        what: it.step.word().to_owned(),
        line: small(it.line),
        on: it.on.map(date),
        reference: it.reference.clone(),
        reason: it.text.clone(),
        decided_by: it.decided_by.clone(),
        recorded_by: it.mark.by.clone(),
        recorded_time: Some(timestamp(it.mark.recorded)),
    }
}

/// One payment of a batch.
pub(super) fn payment(
    (batch, line): (&BatchView, &LineRecord),
    names: &Names,
) -> Result<v1::Payment, AppError> {
    let own = batch.state.lines.get(&line.line);
    let lost = || AppError::Internal("a line of no batch".to_owned());
    let recoveries = batch.recoveries.iter().filter(|it| it.1.record.line == line.line);
    Ok(v1::Payment {
        line: small(line.line),
        key: Some(named_key(&line.entitlement, names)),
        award_title: line.award_title.clone(),
        amount: Some(money(line.amount)),
        amount_words: line.amount.in_words(),
        state: own.map(|it| state(it.state)).ok_or_else(lost)?.into(),
        subject_ids: subjects(line)?,
        attempt: small(line.attempt),
        recoveries: recoveries.map(|it| *it.0).collect(),
    })
}
