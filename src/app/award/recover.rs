//! Recoveries: demanded, paid back, waived (A5). The payment itself is never edited.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    books::{Ledger, papers_text, unknown},
    carry::{RecoveryEventSaid, Said, demand, move_recovery},
    held::{BatchView, Paying, RecoveryView, too_large},
    refusal, steps,
};
use crate::{
    app::{
        App, AppError, Done, Missing, Refusal, Write,
        access::{Duty, separate},
        round::mark,
    },
    domain::{
        award::{BatchStep, LineState, RecoveryCause, RecoveryStep},
        exact::Money,
        time::Day,
    },
    store::{AwardListing, BatchesOf, MovementRecord, StoreTx},
};

/// A payment to be paid back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandRecovery {
    /// The batch.
    pub batch_id: String,
    /// The line.
    pub line: i64,
    /// How much.
    pub amount: Money,
    /// Why.
    pub text: String,
    /// Who decided.
    pub decided_by: String,
    /// The papers.
    pub papers: Vec<String>,
}

/// What is done about a recovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepRecovery {
    /// Money came back.
    Collect {
        /// How much.
        amount: Money,
        /// On which day.
        on: Day,
        /// The treasury's reference.
        reference: String,
    },
    /// What is owed still is not asked for.
    Waive {
        /// Why.
        text: String,
        /// Who decided.
        decided_by: String,
        /// The papers.
        papers: Vec<String>,
    },
}

/// A recovery with the payment that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovering {
    /// The payment's batch.
    pub batch: Arc<BatchView>,
    /// The recovery.
    pub recovery: RecoveryView,
}

/// Which recoveries are listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecoveryFilter {
    /// Of this year; empty: all.
    pub year: String,
    /// Of this purpose; empty: all.
    pub purpose: String,
    /// Only those of which something is owed.
    pub open_only: bool,
}

impl App {
    /// Demands a payment back, or a part of it; `encode` makes the answer out of the recovery.
    ///
    /// # Errors
    /// `BATCH_NOT_FOUND`, `LINE_NOT_FOUND`, `LINE_NOT_PAID`, `RECOVERY_TOO_LARGE`; those of every write.
    pub async fn demand_recovery(
        &self,
        call: Write,
        asked: DemandRecovery,
        encode: impl Fn(&Recovering) -> Result<Vec<u8>, AppError> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), asked, encode));
        self.write(call, move |tx, now| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, encode) = &*shared;
                let (county, id) = (call.county.as_str(), asked.batch_id.as_str());
                let mut paying = steps::read(tx, county, id).await?;
                demandable(paying.batch(id)?, asked)?;
                let mut ledger = Ledger::of(county, mark(call, now));
                let said = Said {
                    text: asked.text.clone(),
                    decided_by: asked.decided_by.clone(),
                    papers: papers_text(&asked.papers)?,
                    ..Said::default()
                };
                let of = ((id, asked.line), asked.amount);
                let number = demand(tx, &mut ledger, &mut paying, of, said).await?;
                let view = recovering(&mut paying, id, number)?;
                let effects = ledger.keep(tx).await?.into_iter().collect();
                Ok(Done { response: encode(&view)?, effects })
            })
        })
        .await
    }

    /// Records that money came back, or waives what is owed; `encode` makes the answer out of the
    /// recovery and what its purpose has then.
    ///
    /// # Errors
    /// `RECOVERY_NOT_FOUND`, `RECOVERY_SETTLED`, `RECOVERY_TOO_LARGE`, `ANSWER_IN_FUTURE`,
    /// `SEPARATION_OF_DUTIES`; those of every write.
    pub async fn step_recovery(
        &self,
        call: Write,
        (number, step): (i64, StepRecovery),
        encode: impl Fn(&Recovering, &MovementRecord) -> Result<Vec<u8>, AppError>
        + Send
        + Sync
        + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), step, encode));
        self.write(call, move |tx, now| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, step, encode) = &*shared;
                let county = call.county.as_str();
                let (mut paying, id) = of_recovery(tx, county, number).await?;
                let view = recovering(&mut paying, &id, number)?;
                let open = view.recovery.state.open().map_err(too_large)?;
                let moved = judge(&view, (call, step), open, now.beijing_day())?;
                let mut ledger = Ledger::of(county, mark(call, now));
                let (moved, said) = moved;
                move_recovery(tx, &mut ledger, &mut paying, (number, moved.0, moved.1), said)
                    .await?;
                let view = recovering(&mut paying, &id, number)?;
                let record = &view.batch.record;
                let of = (record.year.as_str(), record.purpose.as_str());
                let newest = ledger.newest(tx, of).await?.cloned();
                let newest = newest.ok_or_else(|| unknown(of.0, of.1))?;
                let effects = ledger.keep(tx).await?.into_iter().collect();
                Ok(Done { response: encode(&view, &newest)?, effects })
            })
        })
        .await
    }

    /// A recovery.
    ///
    /// # Errors
    /// `RECOVERY_NOT_FOUND`; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn recovery(&self, county: &str, number: i64) -> Result<Recovering, AppError> {
        let mut tx = self.read().await?;
        let missing = || AppError::not_found(Missing::Recovery, number.to_string());
        let record = tx.recovery(county, number).await?.ok_or_else(missing)?;
        let id = record.batch_id;
        let mut paying = Paying::read(&mut *tx, county, BatchesOf::Batch(&id)).await?;
        recovering(&mut paying, &id, number)
    }

    /// A page of recoveries by number, and the number after which the next one starts; none: nothing
    /// follows.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn list_recoveries(
        &self,
        county: &str,
        filter: &RecoveryFilter,
        (after, limit): (i64, usize),
    ) -> Result<(Vec<Recovering>, Option<i64>), AppError> {
        let mut tx = self.read().await?;
        let (mut found, mut after) = (Vec::new(), after);
        let mut batches: BTreeMap<String, Arc<BatchView>> = BTreeMap::new();
        loop {
            let listing = AwardListing {
                year: filter.year.clone(),
                purpose: filter.purpose.clone(),
                after_recovery: after,
                limit: super::PAGE,
                ..AwardListing::default()
            };
            let page = tx.recovery_page(county, &listing).await?;
            if page.is_empty() {
                return Ok((found, None));
            }
            for record in page {
                let id = record.batch_id;
                if !batches.contains_key(&id) {
                    let own = steps::read(&mut *tx, county, &id).await?.batches;
                    batches.extend(own.into_iter().map(|(id, it)| (id, Arc::new(it))));
                }
                let batch = batches.get(&id).ok_or_else(|| AppError::Internal(id.clone()))?;
                let view = of_batch(batch, record.recovery)?;
                let open = view.recovery.state.open().map_err(too_large)?;
                if !filter.open_only || open > Money::ZERO {
                    if found.len() == limit {
                        return Ok((found, Some(after)));
                    }
                    found.push(view);
                }
                after = record.recovery;
            }
        }
    }
}

/// A recovery in its batch.
fn recovering(paying: &mut Paying, id: &str, number: i64) -> Result<Recovering, AppError> {
    of_batch(&Arc::new(paying.batch(id)?.clone()), number)
}

fn of_batch(batch: &Arc<BatchView>, number: i64) -> Result<Recovering, AppError> {
    let own = batch.recoveries.get(&number).cloned();
    let recovery = own.ok_or_else(|| AppError::not_found(Missing::Recovery, number.to_string()))?;
    Ok(Recovering { batch: Arc::clone(batch), recovery })
}

/// The batch of a recovery.
async fn of_recovery(
    tx: &mut dyn StoreTx,
    county: &str,
    number: i64,
) -> Result<(Paying, String), AppError> {
    let missing = || AppError::not_found(Missing::Recovery, number.to_string());
    let record = tx.recovery(county, number).await?.ok_or_else(missing)?;
    let paying = steps::read(tx, county, &record.batch_id).await?;
    Ok((paying, record.batch_id))
}

fn too_much(open: Money, asked: Money) -> Refusal {
    let en = format!("{asked} yuan are more than the {open} yuan that are left of the payment");
    let zh = format!("{asked} 元超过尚可追回的 {open} 元");
    let refusal = refusal("RECOVERY_TOO_LARGE", en, zh).with("rule", "A5");
    refusal.with("open", open.to_string()).with("asked", asked.to_string())
}

/// Refuses a demand of what was not paid, or was demanded already.
fn demandable(batch: &BatchView, asked: &DemandRecovery) -> Result<(), AppError> {
    let line = asked.line;
    let Some(own) = batch.state.lines.get(&line) else {
        let en = format!("batch `{}` has no line {line}", asked.batch_id);
        let zh = format!("批次 {} 没有第 {line} 行", asked.batch_id);
        return Err(refusal("LINE_NOT_FOUND", en, zh).into());
    };
    if own.state != LineState::Paid {
        let en = format!("line {line} is {}: only what was paid is paid back", own.state.word());
        let zh = format!("第 {line} 行{}，只有已支付的才能追回", own.state.zh());
        return Err(refusal("LINE_NOT_PAID", en, zh).with("rule", "A5").into());
    }
    // What was waived may be demanded again by somebody who has a reason, as where the bank sends it back.
    let taken = batch.recoveries.values().filter(|it| it.record.line == line).map(|it| {
        let state = it.state;
        state.collected.plus(state.open()?)
    });
    let mut left = own.amount;
    for it in taken {
        left = it.and_then(|it| left.minus(it)).map_err(too_large)?;
    }
    if asked.amount > left { Err(too_much(left, asked.amount).into()) } else { Ok(()) }
}

/// What a step of a recovery moves, or why it cannot be taken.
fn judge(
    view: &Recovering,
    (call, step): (&Write, &StepRecovery),
    open: Money,
    today: Option<Day>,
) -> Result<((RecoveryStep, Money), RecoveryEventSaid), AppError> {
    let number = view.recovery.record.recovery;
    if open == Money::ZERO {
        let en = format!("nothing of recovery {number} is owed any more");
        let zh = format!("追回事项 {number} 已办结");
        return Err(refusal("RECOVERY_SETTLED", en, zh).with("rule", "A5").into());
    }
    match step {
        StepRecovery::Collect { amount, on, reference } => {
            if *amount > open {
                return Err(too_much(open, *amount).into());
            }
            if today.is_some_and(|today| *on > today) {
                let en = "money came back on a day that has come";
                return Err(refusal("ANSWER_IN_FUTURE", en, "到账日期不得晚于今日").into());
            }
            let paid = view.batch.paid_on(view.recovery.record.line);
            if let Some(paid) = paid.filter(|paid| on < paid) {
                let en = format!("it was paid on {paid}: nothing came back before");
                let zh = format!("该笔于 {paid} 支付，到账日期不得早于支付日期");
                return Err(refusal("ANSWER_BEFORE_PAYMENT", en, zh).into());
            }
            let (on, reference) = (Some(*on), reference.clone());
            let said = RecoveryEventSaid { on, reference, ..RecoveryEventSaid::default() };
            Ok(((RecoveryStep::Collected, *amount), said))
        }
        StepRecovery::Waive { text, decided_by, papers } => {
            // Neither who demanded it lets it go, nor who proposed the payment; where it followed by itself,
            // nor who approved that.
            let batch = &view.batch;
            let follows = view.recovery.record.cause != RecoveryCause::Demanded;
            let approved = batch.events.iter();
            let approved = approved.filter(|it| follows && it.step == BatchStep::Approved);
            let mut had: Vec<(Duty, &str)> = vec![
                (Duty::Propose, &view.recovery.record.mark.by),
                (Duty::Propose, &batch.record.mark.by),
            ];
            had.extend(approved.map(|it| (Duty::Review, it.mark.by.as_str())));
            separate(&had, Duty::Approve, &call.principal)?;
            let said = RecoveryEventSaid {
                text: text.clone(),
                decided_by: decided_by.clone(),
                papers: papers_text(papers)?,
                ..RecoveryEventSaid::default()
            };
            Ok(((RecoveryStep::Waived, open), said))
        }
    }
}
