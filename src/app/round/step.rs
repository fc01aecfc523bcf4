//! Extensions and excuses.

use std::sync::Arc;

use super::{ALWAYS, Organiser, RoundView, mark, step_effect};
use crate::{
    app::{App, AppError, Done, Refusal, Write},
    domain::time::{Day, Moment},
    store::{RoundStep, StepKind, StoreTx},
};

/// A later last day to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendRound {
    /// The round.
    pub round_id: String,
    /// The role and the assessor; both empty for everybody.
    pub of: (String, String),
    /// The last day.
    pub until: Day,
    /// Why.
    pub reason: String,
}

/// An excuse to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExcuseAssessor {
    /// The round.
    pub round_id: String,
    /// The role and the assessor.
    pub of: (String, String),
    /// The subject; empty for all of the assessor's.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// How the answer is made out of the round as it then stands.
type Encode = Arc<dyn Fn(&RoundView) -> Vec<u8> + Send + Sync>;

impl App {
    /// Records a later last day.
    ///
    /// # Errors
    /// The round is not there, or closed; `ASSESSOR_UNKNOWN`; `EXTENSION_TOO_SHORT`; those of every
    /// write.
    pub async fn extend_round(
        &self,
        call: Write,
        organiser: Organiser,
        asked: ExtendRound,
        encode: Encode,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), organiser, asked, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, organiser, asked, encode) = &*shared;
                let ExtendRound { round_id, of: (role, assessor), until, reason } = asked;
                let view = RoundView::open(tx, &call.county, round_id, organiser).await?;
                if !role.is_empty() {
                    expected(tx, call, (&view, role, assessor), "").await?;
                }
                long_enough(*until, view.last_day(role, assessor), at)?;
                let of = (role.as_str(), assessor.as_str(), "");
                let step = next((&view, call, at), StepKind::Extension, of, reason);
                keep(tx, call, view, RoundStep { until: Some(*until), ..step }, encode).await
            })
        })
        .await
    }

    /// Records that an assessor is excused.
    ///
    /// # Errors
    /// The round is not there, or closed; `ASSESSOR_UNKNOWN`; `ALREADY_EXCUSED`; those of every write.
    pub async fn excuse_assessor(
        &self,
        call: Write,
        organiser: Organiser,
        asked: ExcuseAssessor,
        encode: Encode,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), organiser, asked, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, organiser, asked, encode) = &*shared;
                let ExcuseAssessor { round_id, of: (role, assessor), subject, reason } = asked;
                let view = RoundView::open(tx, &call.county, round_id, organiser).await?;
                expected(tx, call, (&view, role, assessor), subject).await?;
                let same = |it: &&RoundStep| {
                    it.kind == StepKind::Excuse
                        && (&it.role, &it.assessor) == (role, assessor)
                        && (it.subject.is_empty() || it.subject == *subject)
                };
                if view.steps.iter().find(same).is_some() {
                    let en = format!("`{assessor}` as `{role}` is excused already");
                    let zh = format!("{assessor}（{role}）已获准免于打分");
                    return Err(AppError::refused("ALREADY_EXCUSED", en, zh));
                }
                let of = (role.as_str(), assessor.as_str(), subject.as_str());
                let step = next((&view, call, at), StepKind::Excuse, of, reason);
                keep(tx, call, view, step, encode).await
            })
        })
        .await
    }
}

/// Refuses an extension that changes nothing: to a day until which sheets are taken already, or to one
/// that is over.
fn long_enough(until: Day, holds: Day, at: Moment) -> Result<(), AppError> {
    let over = at.beijing_day().and_then(Day::previous);
    let (en, zh, behind) = match over {
        _ if until <= holds => {
            let en = format!("sheets are taken until {holds} already");
            (en, format!("现截止日为 {holds}，延期须晚于该日"), holds)
        }
        Some(over) if until <= over => {
            let en = format!("{until} is over: extend to today or later");
            (en, format!("{until} 已过，须延至今日或以后"), over)
        }
        Some(_) | None => return Ok(()),
    };
    let refusal = Refusal::new("EXTENSION_TOO_SHORT", en, zh);
    Err(AppError::Refused(refusal.with("day", behind.to_string())))
}

/// Refuses an assessor, or a subject of an assessor, of whom the round expects nothing.
async fn expected(
    tx: &mut dyn StoreTx,
    call: &Write,
    (view, role, assessor): (&RoundView, &str, &str),
    subject: &str,
) -> Result<(), AppError> {
    let (round, of) = ((view.header.round_id.as_str(), ALWAYS), (role, assessor));
    let there = if subject.is_empty() {
        tx.any_sheet_of(&call.county, round, of).await?.is_some()
    } else {
        !tx.sheets_of(&call.county, round, of, &[subject.to_owned()]).await?.is_empty()
    };
    if there {
        return Ok(());
    }
    let en = match subject {
        "" => format!("the round expects no sheet of `{assessor}` as `{role}`"),
        _ => format!("the round expects no sheet of `{assessor}` as `{role}` about `{subject}`"),
    };
    let zh = format!("该轮次没有 {assessor}（{role}）的此项打分任务");
    Err(AppError::refused("ASSESSOR_UNKNOWN", en, zh))
}

/// The next step of a round.
pub(super) fn next(
    (view, call, at): (&RoundView, &Write, Moment),
    kind: StepKind,
    (role, assessor, subject): (&str, &str, &str),
    reason: &str,
) -> RoundStep {
    RoundStep {
        step: view.steps.last().map_or(0, |it| it.step).saturating_add(1),
        kind,
        role: role.to_owned(),
        assessor: assessor.to_owned(),
        subject: subject.to_owned(),
        until: None,
        reason: reason.to_owned(),
        first_fact: 0,
        facts: 0,
        mark: mark(call, at),
    }
}

async fn keep(
    tx: &mut dyn StoreTx,
    call: &Write,
    mut view: RoundView,
    step: RoundStep,
    encode: &Encode,
) -> Result<Done, AppError> {
    let round = view.header.round_id.clone();
    tx.insert_round_step(&call.county, &round, &step).await?;
    let effect = step_effect(&round, &step);
    view.steps.push(step);
    Ok(Done { response: encode(&view), effects: vec![effect] })
}
