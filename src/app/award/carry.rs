//! What happens to batches and recoveries, as it is recorded: the event, and the movement of money with it.

use super::{
    books::{About, Ledger},
    follow::Because,
    held::{BatchView, Paying, RecoveryView},
};
use crate::{
    app::AppError,
    domain::{
        award::{BatchStep, Movement, Recovery, RecoveryCause, RecoveryStep, StepRefused},
        exact::Money,
        time::Day,
    },
    store::{BatchEventRecord, ReadTx, RecoveryEventRecord, RecoveryRecord},
};

/// What is said with an event of a batch; `line` is 0 for the batch as a whole.
#[derive(Debug, Clone, Default)]
pub(super) struct BatchEventSaid {
    pub(super) line: i64,
    pub(super) on: Option<Day>,
    pub(super) reference: String,
    pub(super) text: String,
    pub(super) decided_by: String,
}

/// Records the next event of a batch, and what it makes of it.
///
/// # Errors
/// The step cannot be taken: nothing is recorded then.
pub(super) fn step_batch(
    ledger: &mut Ledger<'_>,
    batch: &mut BatchView,
    step: BatchStep,
    said: BatchEventSaid,
) -> Result<(), StepRefused> {
    let event = BatchEventRecord {
        batch_id: batch.record.batch_id.clone(),
        event: batch.state.last.saturating_add(1),
        step,
        line: said.line,
        on: said.on,
        reference: said.reference,
        text: said.text,
        decided_by: said.decided_by,
        evidence: String::new(),
        mark: ledger.mark(),
    };
    batch.state.take(event.event, step, event.line)?;
    batch.events.push(event.clone());
    ledger.rows.batch_events.push(event);
    Ok(())
}

/// Moves the whole amount of a line.
pub(super) async fn move_line(
    tx: &mut dyn ReadTx,
    ledger: &mut Ledger<'_>,
    paying: &mut Paying,
    (batch_id, line): (&str, i64),
    movement: Movement,
) -> Result<(), AppError> {
    let batch = paying.batch(batch_id)?;
    let (year, purpose) = (batch.record.year.clone(), batch.record.purpose.clone());
    let own = batch.lines.get(&line);
    let own = own.ok_or_else(|| AppError::Internal(format!("no line {line}")))?;
    let (amount, about) = (own.amount, About::of(own));
    ledger.record(tx, (&year, &purpose), (movement, amount), about).await
}

/// What is said with a demand.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) because: Because,
    pub(super) text: String,
    pub(super) decided_by: String,
    pub(super) papers: String,
}

impl Default for Said {
    fn default() -> Self {
        let because = Because { cause: RecoveryCause::Demanded, id: String::new() };
        let (text, decided_by, papers) = (String::new(), String::new(), String::new());
        Self { because, text, decided_by, papers }
    }
}

/// Demands a part of a payment back, and answers the recovery's number.
pub(super) async fn demand(
    tx: &mut dyn ReadTx,
    ledger: &mut Ledger<'_>,
    paying: &mut Paying,
    ((batch_id, line), amount): ((&str, i64), Money),
    said: Said,
) -> Result<i64, AppError> {
    let number = ledger.next_recovery(tx).await?;
    let record = RecoveryRecord {
        recovery: number,
        batch_id: batch_id.to_owned(),
        line,
        amount,
        cause: said.because.cause,
        cause_id: said.because.id,
        text: said.text,
        decided_by: said.decided_by,
        evidence: said.papers,
        mark: ledger.mark(),
    };
    ledger.rows.recoveries.push(record.clone());
    let state = Recovery::demanded(amount);
    let view = RecoveryView { record, events: Vec::new(), state };
    paying.batch(batch_id)?.recoveries.insert(number, view);
    post_recovery(tx, ledger, paying, (batch_id, number), (Movement::Demand, amount)).await?;
    Ok(number)
}

/// What is said with an event of a recovery.
#[derive(Debug, Clone, Default)]
pub(super) struct RecoveryEventSaid {
    pub(super) on: Option<Day>,
    pub(super) reference: String,
    pub(super) text: String,
    pub(super) decided_by: String,
    pub(super) papers: String,
}

/// Records what becomes of a recovery, and its movement.
pub(super) async fn move_recovery(
    tx: &mut dyn ReadTx,
    ledger: &mut Ledger<'_>,
    paying: &mut Paying,
    (number, step, amount): (i64, RecoveryStep, Money),
    said: RecoveryEventSaid,
) -> Result<(), AppError> {
    let mark = ledger.mark();
    let mut batches = paying.batches.iter_mut();
    let found = batches.find_map(|(id, it)| Some((id.clone(), it.recoveries.get_mut(&number)?)));
    let lost = || AppError::Internal(format!("no recovery {number}"));
    let (batch_id, view) = found.ok_or_else(lost)?;
    let event = RecoveryEventRecord {
        recovery: number,
        event: view.state.last.saturating_add(1),
        step,
        amount,
        on: said.on,
        reference: said.reference,
        text: said.text,
        decided_by: said.decided_by,
        evidence: said.papers,
        mark,
    };
    let taken = view.state.take(event.event, step, amount);
    taken.map_err(|why| AppError::Internal(why.to_string()))?;
    view.events.push(event.clone());
    ledger.rows.recovery_events.push(event);
    let movement = match step {
        RecoveryStep::Collected => Movement::Collect,
        RecoveryStep::Waived => Movement::Waive,
        RecoveryStep::Dropped => Movement::Drop,
    };
    post_recovery(tx, ledger, paying, (&batch_id, number), (movement, amount)).await
}

async fn post_recovery(
    tx: &mut dyn ReadTx,
    ledger: &mut Ledger<'_>,
    paying: &mut Paying,
    (batch_id, number): (&str, i64),
    moved: (Movement, Money),
) -> Result<(), AppError> {
    let batch = paying.batch(batch_id)?;
    let (year, purpose) = (batch.record.year.clone(), batch.record.purpose.clone());
    let line = batch.recoveries.get(&number).and_then(|it| batch.lines.get(&it.record.line));
    let line = line.ok_or_else(|| AppError::Internal(format!("recovery {number} of no line")))?;
    let about = About { recovery: number, ..About::of(line) };
    ledger.record(tx, (&year, &purpose), moved, about).await
}
