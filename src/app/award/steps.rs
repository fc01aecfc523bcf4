//! What happens to a batch after it was proposed: approved by another person, handed to the treasury, answered, closed; or given up
//! before it left.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    books::{Ledger, unknown},
    carry::{BatchEventSaid, move_line, step_batch},
    follow::{Because, settle_now},
    held::{BatchView, Paying},
    origin::{Here, Origin},
    refusal,
};
use crate::{
    app::{
        App, AppError, Done, Missing, Refusal, Violation, Write,
        access::{Duty, separate},
        round::mark,
    },
    domain::{
        award::{
            BatchPhase, BatchStep, LineState, Movement, RecoveryCause, RecoveryState, SourceKind,
            StepRefused,
        },
        time::{Day, Moment},
    },
    store::{BatchesOf, LineRecord, MovementRecord, ReadTx},
};

/// What is done to a batch as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepBatch {
    /// The batch.
    pub batch_id: String,
    /// What is done: no step of a line.
    pub step: BatchStep,
    /// Why.
    pub text: String,
    /// Who decided.
    pub decided_by: String,
}

/// What the treasury answered for one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreasuryAnswer {
    /// The line.
    pub line: i64,
    /// Whether it was paid; otherwise it was sent back.
    pub paid: bool,
    /// On which day.
    pub on: Day,
    /// Its reference.
    pub reference: String,
    /// Why it was sent back.
    pub text: String,
}

/// What the treasury answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreasuryAnswers {
    /// The batch.
    pub batch_id: String,
    /// Its answers, each line once.
    pub answers: Vec<TreasuryAnswer>,
}

impl App {
    /// Takes a step of a batch; `encode` makes the answer out of it and what its purpose has then.
    ///
    /// # Errors
    /// `BATCH_NOT_FOUND`, `BATCH_STEP_OUT_OF_ORDER`, `BATCH_EMPTY`, `LINES_UNANSWERED`,
    /// `SEPARATION_OF_DUTIES`; those of every write.
    pub async fn step_batch(
        &self,
        call: Write,
        asked: StepBatch,
        encode: impl Fn(&BatchView, &MovementRecord) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), asked, encode));
        self.write(call, move |tx, now| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, encode) = &*shared;
                let county = call.county.as_str();
                let mut paying = read(tx, county, &asked.batch_id).await?;
                let mut ledger = Ledger::of(county, mark(call, now));
                apart(paying.batch(&asked.batch_id)?, call, asked.step)?;
                let freed = whole(&mut ledger, paying.batch(&asked.batch_id)?, asked)?;
                let id = asked.batch_id.as_str();
                for line in freed {
                    let of = (id, line);
                    move_line(tx, &mut ledger, &mut paying, of, Movement::Release).await?;
                }
                let (view, newest) = stands(tx, &mut ledger, &mut paying, id).await?;
                let effects = ledger.keep(tx).await?.into_iter().collect();
                Ok(Done { response: encode(&view, &newest), effects })
            })
        })
        .await
    }

    /// Records what the treasury answered, all of it or nothing; `encode` makes the answer out of the
    /// batch, what its purpose has then, and the recoveries that follow at once.
    ///
    /// # Errors
    /// `BATCH_NOT_FOUND`, `BATCH_STEP_OUT_OF_ORDER`, `TREASURY_ANSWERS_REFUSED`; those of every write.
    pub async fn record_treasury_answers(
        &self,
        call: Write,
        asked: TreasuryAnswers,
        encode: impl Fn(&BatchView, &MovementRecord, &[i64]) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), asked, plans, encode));
        self.write(call, move |tx, now| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, plans, encode) = &*shared;
                let (county, id) = (call.county.as_str(), asked.batch_id.as_str());
                let record = tx.batch(county, id).await?;
                let record = record.ok_or_else(|| AppError::not_found(Missing::Batch, id))?;
                // All payments of the source, since one may be paid too much by several.
                let of = BatchesOf::Source(&record.source);
                let mut paying = Paying::read(tx, county, of).await?;
                let mut ledger = Ledger::of(county, mark(call, now));
                answerable(paying.batch(id)?, asked, now)?;
                for it in &asked.answers {
                    let state = paying.batch(id)?.state.lines.get(&it.line).map(|it| it.state);
                    let movement = match (it.paid, state) {
                        (true, _) => Movement::Pay,
                        (false, Some(LineState::Paid)) => Movement::Return,
                        (false, _) => Movement::Bounce,
                    };
                    answered(&mut ledger, paying.batch(id)?, it)?;
                    let line = (id, it.line);
                    move_line(tx, &mut ledger, &mut paying, line, movement).await?;
                }
                let here = Here { county, now, plans };
                let origin = Origin::read(tx, here, &record.source).await?;
                let cause = match record.source.kind {
                    SourceKind::Scheme => RecoveryCause::Superseded,
                    SourceKind::Selection => RecoveryCause::HonourCancelled,
                };
                let because = Because { cause, id: origin.id.clone() };
                let settled = (&mut paying, &origin.claims);
                let demanded = settle_now(tx, &mut ledger, settled, &because).await?;
                let (view, newest) = stands(tx, &mut ledger, &mut paying, id).await?;
                let effects = ledger.keep(tx).await?.into_iter().collect();
                Ok(Done { response: encode(&view, &newest, &demanded), effects })
            })
        })
        .await
    }
}

/// A batch and what its purpose has.
async fn stands(
    tx: &mut dyn ReadTx,
    ledger: &mut Ledger<'_>,
    paying: &mut Paying,
    id: &str,
) -> Result<(BatchView, MovementRecord), AppError> {
    let view = paying.batch(id)?.clone();
    let of = (view.record.year.as_str(), view.record.purpose.as_str());
    let newest = ledger.newest(tx, of).await?.cloned();
    let newest = newest.ok_or_else(|| unknown(of.0, of.1))?;
    Ok((view, newest))
}

/// A batch by itself.
pub(super) async fn read(tx: &mut dyn ReadTx, county: &str, id: &str) -> Result<Paying, AppError> {
    let paying = Paying::read(tx, county, BatchesOf::Batch(id)).await?;
    if paying.batches.contains_key(id) {
        Ok(paying)
    } else {
        Err(AppError::not_found(Missing::Batch, id))
    }
}

/// Who proposed a batch neither approves nor rejects it.
fn apart(batch: &BatchView, call: &Write, step: BatchStep) -> Result<(), Refusal> {
    if !matches!(step, BatchStep::Approved | BatchStep::Rejected) {
        return Ok(());
    }
    separate(&[(Duty::Propose, &batch.record.mark.by)], Duty::Approve, &call.principal)
}

/// Takes a step of the whole batch, and gives the lines whose money it frees.
fn whole(
    ledger: &mut Ledger<'_>,
    batch: &mut BatchView,
    asked: &StepBatch,
) -> Result<Vec<i64>, AppError> {
    let reserved = |batch: &BatchView| -> Vec<i64> {
        let lines = batch.state.lines.iter();
        lines.filter(|it| it.1.state == LineState::Reserved).map(|it| *it.0).collect()
    };
    let before = reserved(batch);
    let (text, decided_by) = (asked.text.clone(), asked.decided_by.clone());
    let said = BatchEventSaid { text, decided_by, ..BatchEventSaid::default() };
    step_batch(ledger, batch, asked.step, said)
        .map_err(|why| step_refused(&asked.batch_id, why))?;
    let after = reserved(batch);
    Ok(before.into_iter().filter(|it| !after.contains(it)).collect())
}

fn step_refused(batch_id: &str, why: StepRefused) -> AppError {
    match why {
        StepRefused::Phase(phase, step) => out_of_order(batch_id, phase, step).into(),
        StepRefused::Empty => {
            let en = format!("no payment of batch `{batch_id}` is left: cancel it");
            let zh = format!("批次 {batch_id} 已没有待付款项，请取消该批次");
            refusal("BATCH_EMPTY", en, zh).into()
        }
        StepRefused::Unanswered(count, first) => {
            let en = format!(
                "{count} payments of batch `{batch_id}` have no answer, the first is line {first}"
            );
            let zh = format!("批次 {batch_id} 尚有 {count} 笔付款未回执，首笔为第 {first} 行");
            let refusal = refusal("LINES_UNANSWERED", en, zh).with("count", count.to_string());
            refusal.with("first", first.to_string()).into()
        }
        StepRefused::NoLine(_) | StepRefused::Line(..) | StepRefused::Number(_) => {
            AppError::Internal(why.to_string())
        }
    }
}

fn out_of_order(batch_id: &str, phase: BatchPhase, step: BatchStep) -> Refusal {
    let (was, asked) = (phase.word(), step.word());
    let en = format!("batch `{batch_id}` is {was}: nothing of it can be {asked} now");
    let zh = format!("批次 {batch_id} {}，不能办理“{}”", phase.zh(), step.zh());
    let refusal = refusal("BATCH_STEP_OUT_OF_ORDER", en, zh).with("phase", was);
    refusal.with("step", asked)
}

/// Refuses answers that cannot be, naming each.
fn answerable(batch: &BatchView, asked: &TreasuryAnswers, now: Moment) -> Result<(), AppError> {
    let phase = batch.state.phase;
    let first = asked.answers.first().map_or(BatchStep::Paid, step_of);
    if !matches!(phase, BatchPhase::Exported | BatchPhase::Closed) {
        return Err(out_of_order(&asked.batch_id, phase, first).into());
    }
    let today = now.beijing_day();
    let left = batch.events.iter().find(|it| it.step == BatchStep::Exported);
    let left = left.and_then(|it| it.mark.recorded.beijing_day());
    let mut refused = Vec::new();
    for it in &asked.answers {
        let state = batch.state.lines.get(&it.line).map(|it| it.state);
        let busy = batch.recoveries.values().any(|own| {
            let stands = own.state.state() != Ok(RecoveryState::Settled)
                || own.state.dropped != own.state.amount;
            own.record.line == it.line && stands
        });
        let reason = match (state, it.paid) {
            (None, _) => Some(("LINE_NOT_FOUND", "the batch has no such line")),
            (Some(LineState::Freed | LineState::Withdrawn), _) => {
                Some(("LINE_NOT_LIVE", "the line fell out before the batch left"))
            }
            (Some(LineState::Returned), _) | (Some(LineState::Paid), true) => {
                Some(("LINE_ANSWERED", "the line has its answer"))
            }
            (Some(LineState::Paid), false) if busy => {
                Some(("LINE_IN_RECOVERY", "the payment is being paid back"))
            }
            (Some(LineState::Reserved), true) if phase == BatchPhase::Closed => {
                Some(("LINE_ANSWERED", "the batch is closed"))
            }
            (Some(LineState::Reserved | LineState::Paid), _) => match (today, left) {
                (Some(today), _) if it.on > today => {
                    Some(("ANSWER_IN_FUTURE", "the treasury's day has not come"))
                }
                (_, Some(left)) if it.on < left => {
                    Some(("ANSWER_BEFORE_EXPORT", "the batch had not left on that day"))
                }
                _ if batch.paid_on(it.line).is_some_and(|paid| it.on < paid) => {
                    Some(("ANSWER_BEFORE_PAYMENT", "it was not paid yet on that day"))
                }
                _ => None,
            },
        };
        if let Some((reason, en)) = reason {
            refused.push(Violation { reason, subject: format!("line/{}", it.line), en });
        }
    }
    let Some(first) = refused.first() else { return Ok(()) };
    let count = refused.len();
    let en = format!("{count} answers cannot be recorded: {}, {}", first.subject, first.en);
    let line = first.subject.trim_start_matches("line/");
    let zh = format!("有 {count} 条回执不能登记：第 {line} 行，{}", told(first.reason));
    let refusal = refusal("TREASURY_ANSWERS_REFUSED", en, zh).with("count", count.to_string());
    let refusal = refusal.with("first", first.reason);
    Err(refusal.naming(refused).into())
}

/// Why an answer is refused, in Chinese.
fn told(reason: &str) -> &'static str {
    match reason {
        "LINE_NOT_FOUND" => "批次中没有该行",
        "LINE_NOT_LIVE" => "该行在送交财政前已撤出",
        "LINE_IN_RECOVERY" => "该笔付款正在追回",
        "ANSWER_IN_FUTURE" => "财政办理日期不得晚于今日",
        "ANSWER_BEFORE_EXPORT" => "财政办理日期不得早于送交日期",
        "ANSWER_BEFORE_PAYMENT" => "退回日期不得早于支付日期",
        _ => "该行已有回执",
    }
}

const fn step_of(answer: &TreasuryAnswer) -> BatchStep {
    if answer.paid { BatchStep::Paid } else { BatchStep::Returned }
}

/// Records one answer.
fn answered(
    ledger: &mut Ledger<'_>,
    batch: &mut BatchView,
    it: &TreasuryAnswer,
) -> Result<(), AppError> {
    let said = BatchEventSaid {
        line: it.line,
        on: Some(it.on),
        reference: it.reference.clone(),
        text: it.text.clone(),
        ..BatchEventSaid::default()
    };
    let batch_id = batch.record.batch_id.clone();
    step_batch(ledger, batch, step_of(it), said).map_err(|why| step_refused(&batch_id, why))
}

/// Payments of a batch that went to the treasury, by line: those that had not fallen out before.
pub(super) fn went(batch: &BatchView) -> Option<(Moment, BTreeMap<i64, &LineRecord>)> {
    let left = batch.events.iter().find(|it| it.step == BatchStep::Exported)?;
    let fallen = |line: i64| {
        batch.events.iter().any(|it| it.step == BatchStep::Withdrawn && it.line == line)
    };
    let lines = batch.lines.iter().filter(|it| !fallen(*it.0));
    Some((left.mark.recorded, lines.map(|(line, it)| (*line, it)).collect()))
}
