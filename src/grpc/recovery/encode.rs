//! Recoveries as they go out.

use crate::{
    app::{
        AppError,
        award::{Names, Recovering, papers},
    },
    domain::{
        award::{RecipientKind, RecoveryCause, RecoveryState},
        exact::{InvalidMoney, Money},
    },
    grpc::{
        award_encode::{named, paid_to},
        encode::{date, timestamp},
        result_encode::money,
    },
    proto::v1,
    store::RecoveryEventRecord,
};

const fn cause(of: RecoveryCause) -> v1::RecoveryCause {
    match of {
        RecoveryCause::Superseded => v1::RecoveryCause::Superseded,
        RecoveryCause::HonourCancelled => v1::RecoveryCause::HonourCancelled,
        RecoveryCause::Demanded => v1::RecoveryCause::Demanded,
    }
}

const fn state(of: RecoveryState) -> v1::RecoveryState {
    match of {
        RecoveryState::Open => v1::RecoveryState::Open,
        RecoveryState::Partial => v1::RecoveryState::Partial,
        RecoveryState::Settled => v1::RecoveryState::Settled,
    }
}

/// Who pays back.
pub(super) fn payer(it: &Recovering) -> Option<(RecipientKind, String)> {
    it.batch.lines.get(&it.recovery.record.line).map(|it| paid_to(&it.entitlement))
}

/// A recovery as it stands.
///
/// # Errors
/// What is stored does not read back.
pub(super) fn recovery(it: &Recovering, names: &Names) -> Result<v1::Recovery, AppError> {
    let (record, stands) = (&it.recovery.record, it.recovery.state);
    let broken = |why: InvalidMoney| AppError::Internal(format!("a recovery: {why}"));
    let open: Money = stands.open().map_err(broken)?;
    let all = |amount| Some(money(amount));
    Ok(v1::Recovery {
        number: record.recovery,
        batch_id: record.batch_id.clone(),
        line: i32::try_from(record.line).unwrap_or(i32::MAX),
        recipient: payer(it).map(|(kind, id)| named(names, (kind, &id))),
        year: it.batch.record.year.clone(),
        purpose_id: it.batch.record.purpose.clone(),
        amount: all(stands.amount),
        collected: all(stands.collected),
        waived: all(stands.waived),
        dropped: all(stands.dropped),
        open: all(open),
        state: state(stands.state().map_err(broken)?).into(),
        cause: cause(record.cause).into(),
        cause_id: record.cause_id.clone(),
        reason: record.text.clone(),
        decided_by: record.decided_by.clone(),
        papers: papers(&record.evidence)?,
        recorded_by: record.mark.by.clone(),
        recorded_time: Some(timestamp(record.mark.recorded)),
    })
}

/// Something that became of a recovery.
///
/// # Errors
/// What is stored does not read back.
pub(super) fn event(it: &RecoveryEventRecord) -> Result<v1::RecoveryEvent, AppError> {
    Ok(v1::RecoveryEvent {
        number: it.event,
        what: it.step.word().to_owned(),
        amount: Some(money(it.amount)),
        on: it.on.map(date),
        reference: it.reference.clone(),
        reason: it.text.clone(),
        decided_by: it.decided_by.clone(),
        papers: papers(&it.evidence)?,
        recorded_by: it.mark.by.clone(),
        recorded_time: Some(timestamp(it.mark.recorded)),
    })
}
