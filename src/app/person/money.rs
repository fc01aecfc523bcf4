//! Money that a person was to be paid, was paid or is to pay back (A1 to A5), and what the person did
//! about anybody's.

use super::lines::{Act, MoneyEvent, MovementLine, PaymentLine, RecoveryLine};
use crate::{
    app::{AppError, award},
    domain::award::{Movement, RecipientKind, RecoveryCause},
    store::{
        BatchEventRecord, LineRecord, Mark, MovementRecord, ReadTx, RecoveryEventRecord, StoreError,
    },
};

/// The payments to the person by batch and line, and what the person did about payments and recoveries.
pub(super) async fn payments(
    tx: &mut dyn ReadTx,
    county: &str,
    id: &str,
    acts: &mut Vec<Act>,
) -> Result<Vec<PaymentLine>, AppError> {
    let mut found = Vec::new();
    for record in award::all_batches(tx, county).await? {
        let batch = award::batch_view(tx, county, &record.batch_id).await?;
        done_about(&batch, id, acts);
        for line in batch.lines.values() {
            let key = &line.entitlement;
            if key.recipient == RecipientKind::Member && key.recipient_id == id {
                found.push(payment_line(&batch, line)?);
            }
        }
    }
    Ok(found)
}

/// The movements of the books that a payment to the person, or its recovery, brought about, in the order
/// of the books; and the budget acts that the person recorded or decided.
pub(super) async fn movements(
    tx: &mut dyn ReadTx,
    county: &str,
    id: &str,
    acts: &mut Vec<Act>,
) -> Result<Vec<MovementLine>, AppError> {
    let mut found = Vec::new();
    for it in &award::all_movements(tx, county).await? {
        if it.recipient_kind == RecipientKind::Member.word() && it.recipient == id {
            found.push(movement_line(it));
        }
        if is_act(it.movement) {
            let of = format!("{}/{}/{}", it.year, it.purpose, it.number);
            let what = format!("budget {}", it.movement.word());
            done(acts, id, (&what, &of), (&it.mark, &it.decided_by));
        }
    }
    Ok(found)
}

/// Whether a movement is an act of its own; the others follow from payments and recoveries.
const fn is_act(movement: Movement) -> bool {
    use Movement as M;
    match movement {
        M::Increase | M::Decrease | M::TransferIn | M::TransferOut => true,
        M::Reserve
        | M::Release
        | M::Pay
        | M::Bounce
        | M::Return
        | M::Demand
        | M::Collect
        | M::Waive
        | M::Drop => false,
    }
}

/// What the person did about a batch and its recoveries.
fn done_about(batch: &award::BatchView, id: &str, acts: &mut Vec<Act>) {
    let record = &batch.record;
    done(acts, id, ("payment batch proposed", &record.batch_id), (&record.mark, ""));
    for it in &batch.events {
        let about = if it.step.of_line() { "payment" } else { "payment batch" };
        let (what, of) =
            (format!("{about} {}", it.step.word()), format!("{}/{}", it.batch_id, it.event));
        done(acts, id, (&what, &of), (&it.mark, &it.decided_by));
    }
    for recovery in batch.recoveries.values() {
        let it = &recovery.record;
        let what = match it.cause {
            RecoveryCause::Demanded => "recovery demanded",
            RecoveryCause::Superseded | RecoveryCause::HonourCancelled => "recovery followed",
        };
        done(acts, id, (what, &it.recovery.to_string()), (&it.mark, &it.decided_by));
        for it in &recovery.events {
            let what = format!("recovery {}", it.step.word());
            let of = format!("{}/{}", it.recovery, it.event);
            done(acts, id, (&what, &of), (&it.mark, &it.decided_by));
        }
    }
}

/// What the person recorded, and what it decided: one who did both has two acts.
fn done(
    acts: &mut Vec<Act>,
    id: &str,
    (what, of): (&str, &str),
    (mark, decided_by): (&Mark, &str),
) {
    let mut act = |what: String| {
        acts.push(Act { what, of: of.to_owned(), at: mark.recorded.to_string() });
    };
    if mark.by == id {
        act(what.to_owned());
    }
    if decided_by == id {
        act(format!("{what}: decided"));
    }
}

fn payment_line(batch: &award::BatchView, line: &LineRecord) -> Result<PaymentLine, AppError> {
    let record = &batch.record;
    let lost = || StoreError::corrupt("award_lines", "of no batch");
    let state = batch.state.lines.get(&line.line).ok_or_else(lost)?.state;
    let events = batch.events.iter().filter(|it| it.line == 0 || it.line == line.line);
    let recoveries = batch.recoveries.values().filter(|it| it.record.line == line.line);
    Ok(PaymentLine {
        batch_id: record.batch_id.clone(),
        line: line.line,
        year: record.year.clone(),
        purpose: record.purpose.clone(),
        source: format!(
            "{}/{}/{}",
            record.source.kind.word(),
            record.source.id,
            record.source_version
        ),
        period: record.source.period.clone(),
        origin: record.origin.clone(),
        award: line.entitlement.award.clone(),
        award_title: line.award_title.clone(),
        each: line.entitlement.each.clone(),
        subjects: award::subjects(line)?,
        attempt: line.attempt,
        amount: line.amount.to_string(),
        state: state.word(),
        reason: record.text.clone(),
        recorded: record.mark.recorded.to_string(),
        recorded_by: record.mark.by.clone(),
        events: events.map(batch_event).collect::<Result<_, _>>()?,
        recoveries: recoveries.map(recovery_line).collect::<Result<_, _>>()?,
    })
}

fn batch_event(it: &BatchEventRecord) -> Result<MoneyEvent, AppError> {
    Ok(MoneyEvent {
        event: it.event,
        what: it.step.word(),
        amount: None,
        on: it.on.map(|it| it.to_string()),
        reference: it.reference.clone(),
        reason: it.text.clone(),
        decided_by: it.decided_by.clone(),
        papers: award::papers(&it.evidence)?,
        recorded: it.mark.recorded.to_string(),
        recorded_by: it.mark.by.clone(),
    })
}

fn recovery_line(view: &award::RecoveryView) -> Result<RecoveryLine, AppError> {
    let it = &view.record;
    let broken = |why| AppError::Store(StoreError::corrupt("recoveries", why));
    Ok(RecoveryLine {
        recovery: it.recovery,
        amount: it.amount.to_string(),
        open: view.state.open().map_err(broken)?.to_string(),
        cause: it.cause.word(),
        cause_id: it.cause_id.clone(),
        reason: it.text.clone(),
        decided_by: it.decided_by.clone(),
        papers: award::papers(&it.evidence)?,
        recorded: it.mark.recorded.to_string(),
        recorded_by: it.mark.by.clone(),
        events: view.events.iter().map(recovery_event).collect::<Result<_, _>>()?,
    })
}

fn recovery_event(it: &RecoveryEventRecord) -> Result<MoneyEvent, AppError> {
    Ok(MoneyEvent {
        event: it.event,
        what: it.step.word(),
        amount: Some(it.amount.to_string()),
        on: it.on.map(|it| it.to_string()),
        reference: it.reference.clone(),
        reason: it.text.clone(),
        decided_by: it.decided_by.clone(),
        papers: award::papers(&it.evidence)?,
        recorded: it.mark.recorded.to_string(),
        recorded_by: it.mark.by.clone(),
    })
}

fn movement_line(it: &MovementRecord) -> MovementLine {
    MovementLine {
        year: it.year.clone(),
        purpose: it.purpose.clone(),
        number: it.number,
        what: it.movement.word(),
        amount: it.amount.to_string(),
        batch_id: it.batch_id.clone(),
        line: it.line,
        recovery: it.recovery,
        recorded: it.mark.recorded.to_string(),
        recorded_by: it.mark.by.clone(),
    }
}
