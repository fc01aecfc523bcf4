//! What the county does with a selection as a whole: deadlines, ranking, notice, confirmation.

use std::sync::Arc;

use super::{
    events_effect,
    read::{At, Selected},
    refused,
};
use crate::{
    app::{
        App, AppError, Done, Missing, Refusal, Write,
        calendar::{Calendars, Edition, NamedEdition},
        round::mark,
    },
    domain::{
        selection::{
            Event, Obstacle, Phase, PostedNotice, Stage, StepKind, UnitRef, What, Word,
        },
        time::Day,
    },
    store::{RunState, StoreTx},
};

/// A deadline to be moved (F12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extend {
    /// The selection.
    pub selection_id: String,
    /// The step.
    pub step: StepKind,
    /// Its new last day.
    pub until: Day,
    /// For whom; none: for all.
    pub unit: Option<UnitRef>,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub decided_by: String,
}

/// A list to be posted (F8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostList {
    /// The selection.
    pub selection_id: String,
    /// The day of posting.
    pub posted_on: Day,
    /// Where to report.
    pub report_to: String,
}

/// A selection to be given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abandon {
    /// The selection.
    pub selection_id: String,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub decided_by: String,
}

/// What was decided about the whole, and what was said with it.
pub(super) type Decided = (What, Word);

impl App {
    /// Records one event about a selection as a whole; `judge` says which, `encode` makes the answer.
    pub(super) async fn record_event<A: Send + Sync + 'static>(
        &self,
        call: Write,
        (selection_id, asked): (String, A),
        judge: impl for<'t> Fn(
            &'t mut dyn StoreTx,
            At<'t>,
            &'t Selected,
            &'t A,
        ) -> futures_judge::Judged<'t>
        + Send
        + Sync
        + 'static,
        encode: impl Fn(&Selected) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), selection_id, asked, plans, judge, encode));
        let answer = self
            .write(call, move |tx, now| {
                let shared = Arc::clone(&shared);
                Box::pin(async move {
                    let (call, id, asked, plans, judge, encode) = &*shared;
                    let at = At { county: &call.county, now, plans };
                    let mut selected = Selected::read(tx, at, id).await?;
                    let (what, word) = judge(tx, at, &selected, asked).await?;
                    let (number, by) = (selected.next(), call.principal.clone());
                    let event = Event { number, what, word, at: now, by };
                    let rows = [selected.take(event, mark(call, now))?];
                    selected.count_again()?;
                    selected.within_caps()?;
                    tx.insert_selection_events(at.county, id, &rows).await?;
                    let effects = vec![events_effect(id, &rows)];
                    Ok(Done { response: encode(&selected), effects })
                })
            })
            .await?;
        self.published.notify_waiters();
        Ok(answer)
    }

    /// Moves a deadline.
    ///
    /// # Errors
    /// The selection is not there; `SELECTION_CLOSED`, `NO_DEADLINE`, `EXTENSION_NOT_LATER`,
    /// `NOT_ON_ROSTER`; those of every write.
    pub async fn extend_deadline(
        &self,
        call: Write,
        asked: Extend,
        encode: impl Fn(&Selected) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let of = (asked.selection_id.clone(), asked);
        let judge = |_: &mut dyn StoreTx, _: At<'_>, selected: &Selected, asked: &Extend| {
            let judged = extension(selected, asked);
            futures_judge::ready(judged)
        };
        self.record_event(call, of, judge, encode).await
    }

    /// Takes the results that rank the candidates.
    ///
    /// # Errors
    /// The selection or the run is not there; `SELECTION_CLOSED`, `RUN_NOT_COMPUTED`,
    /// `RUN_OTHER_SCHEME`, `RANKING_IN_USE`; those of every write.
    pub async fn adopt_ranking(
        &self,
        call: Write,
        (selection_id, run_id): (String, String),
        encode: impl Fn(&Selected) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        self.record_event(
            call,
            (selection_id, run_id),
            |tx, at, selected, run| Box::pin(ranking(tx, at, selected, run)),
            encode,
        )
        .await
    }

    /// Posts the list of all approved candidates; `encode` makes the answer.
    ///
    /// # Errors
    /// The selection is not there; what stands in the way of the notice, `NOTICE_BACKDATED`,
    /// `CALENDAR_MISSING`; those of every write.
    pub async fn post_selection_notice(
        &self,
        call: Write,
        asked: PostList,
        encode: impl Fn(&Selected) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let of = (asked.selection_id.clone(), asked);
        self.record_event(
            call,
            of,
            |tx, at, selected, asked| Box::pin(notice(tx, at, selected, asked)),
            encode,
        )
        .await
    }

    /// Ends a selection.
    ///
    /// # Errors
    /// The selection is not there; everything that stands in the way of the confirmation, remembered
    /// for the request id; those of every write.
    pub async fn confirm_selection(
        &self,
        call: Write,
        selection_id: String,
        encode: impl Fn(&Selected) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let judge = |_: &mut dyn StoreTx, _: At<'_>, selected: &Selected, (): &()| {
            futures_judge::ready(confirmation(selected))
        };
        self.record_event(call, (selection_id, ()), judge, encode).await
    }

    /// Gives a selection up.
    ///
    /// # Errors
    /// The selection is not there; `SELECTION_CLOSED`; those of every write.
    pub async fn abandon_selection(
        &self,
        call: Write,
        asked: Abandon,
        encode: impl Fn(&Selected) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let of = (asked.selection_id.clone(), asked);
        let judge = |_: &mut dyn StoreTx, _: At<'_>, selected: &Selected, asked: &Abandon| {
            let word = Word {
                text: asked.reason.clone(),
                decided_by: asked.decided_by.clone(),
                evidence: Vec::new(),
            };
            futures_judge::ready(open(selected).map(|()| (What::Abandoned, word)))
        };
        self.record_event(call, of, judge, encode).await
    }
}

/// What a judgement of a step gives, later.
mod futures_judge {
    use std::{future::Future, pin::Pin};

    use super::Decided;
    use crate::app::AppError;

    pub(in crate::app::selection) type Judged<'t> =
        Pin<Box<dyn Future<Output = Result<Decided, AppError>> + Send + 't>>;

    /// One that is there already.
    pub(in crate::app::selection) fn ready<'t>(it: Result<Decided, AppError>) -> Judged<'t> {
        Box::pin(std::future::ready(it))
    }
}

/// Refuses a selection whose steps are over.
pub(super) fn open(selected: &Selected) -> Result<(), AppError> {
    match selected.state.phase {
        Phase::Open => Ok(()),
        phase => Err(refused(&[(String::new(), Obstacle::Closed(phase))])),
    }
}

fn extension(selected: &Selected, asked: &Extend) -> Result<Decided, AppError> {
    open(selected)?;
    let (step, until) = (asked.step, asked.until);
    let rule = selected.document.step(step).and_then(|it| it.until);
    if rule.is_none() {
        let en = format!("`{}` has no last day in the document", step.name());
        let zh = format!("评选办法未规定该环节（{}）的截止日期", step.name());
        return Err(Refusal::new("NO_DEADLINE", en, zh).with("rule", "F12").into());
    }
    let branches = selected.roster.values();
    let concerned: Vec<_> = branches
        .filter(|it| asked.unit.as_ref().is_none_or(|unit| it.lies_in(unit)))
        .collect();
    if concerned.is_empty() {
        return Err(refused(&[(String::new(), Obstacle::NotOnRoster)]));
    }
    let of = |it| selected.state.until(&selected.document, (selected.year, step), it);
    let now = concerned.into_iter().filter_map(of).min();
    if now.is_some_and(|now| until <= now) {
        let now = now.map(|it| it.to_string()).unwrap_or_default();
        let en = format!("the last day of `{}` is {now} already", step.name());
        let zh = format!("该环节的截止日期已是 {now}，延期须更晚");
        let refusal = Refusal::new("EXTENSION_NOT_LATER", en, zh).with("until", now);
        return Err(refusal.with("rule", "F12").into());
    }
    let word = Word {
        text: asked.reason.clone(),
        decided_by: asked.decided_by.clone(),
        evidence: Vec::new(),
    };
    Ok((What::Extended { step, unit: asked.unit.clone(), until }, word))
}

async fn ranking(
    tx: &mut dyn StoreTx,
    at: At<'_>,
    selected: &Selected,
    run_id: &str,
) -> Result<Decided, AppError> {
    open(selected)?;
    let found = tx.run(at.county, run_id).await?;
    let run = found.ok_or_else(|| AppError::not_found(Missing::Run, run_id))?;
    let record = &selected.record;
    let own = (run.scheme_id.as_str(), run.version, run.period.as_str());
    let asked = (record.scheme_id.as_str(), record.scheme_version, record.period.as_str());
    if own != asked {
        let (id, version, period) = asked;
        let en = format!("candidates are ranked by `{id}` version {version} of {period}");
        let zh = format!("候选按 {id} 第 {version} 版 {period} 的结果排名");
        let refusal = Refusal::new("RUN_OTHER_SCHEME", en, zh).with("rule", "F10");
        return Err(refusal.with("scheme", id).with("version", version.to_string()).into());
    }
    match run.state {
        RunState::Computed | RunState::Published | RunState::Superseded => (),
        RunState::Pending | RunState::Measuring | RunState::Failed => {
            let en = format!("run `{run_id}` has no results");
            let zh = format!("批次 {run_id} 尚无结果");
            return Err(Refusal::new("RUN_NOT_COMPUTED", en, zh).with("rule", "F10").into());
        }
    }
    let recommended = |it: &crate::domain::selection::Candidate| it.of_street;
    let in_use = selected.state.candidates.values().any(recommended);
    if in_use && selected.state.ranking.as_deref() != Some(run_id) {
        let held = selected.state.ranking.clone().unwrap_or_default();
        let en = format!("streets have recommended by run `{held}`");
        let zh = format!("街道已按批次 {held} 推荐");
        let refusal = Refusal::new("RANKING_IN_USE", en, zh).with("rule", "F10");
        return Err(refusal.with("run_id", held).into());
    }
    Ok((What::Ranked { run: run_id.to_owned() }, Word::default()))
}

async fn notice(
    tx: &mut dyn StoreTx,
    at: At<'_>,
    selected: &Selected,
    asked: &PostList,
) -> Result<Decided, AppError> {
    let found = selected.standing().before_notice();
    if !found.is_empty() {
        let all: Vec<_> = found.into_iter().map(|it| (String::new(), it)).collect();
        return Err(refused(&all));
    }
    let today = selected.today;
    if asked.posted_on < today {
        let en = format!("a notice is recorded until the day it is posted, and today is {today}");
        let zh = format!("公示须在张贴当日或之前登记，今日为 {today}");
        let refusal = Refusal::new("NOTICE_BACKDATED", en, zh).with("today", today.to_string());
        return Err(refusal.with("rule", "F8").into());
    }
    let calendars = Calendars::known(tx, at.county, at.now).await?;
    let rule = selected.document.notice;
    let (ends_on, used) = calendars.after(asked.posted_on, rule.days, rule.of)?;
    let named: Vec<NamedEdition> = used.into_iter().map(Edition::named).collect();
    let calendar = serde_json::to_string(&named).map_err(|it| AppError::Internal(it.to_string()))?;
    let (posted_on, report_to) = (asked.posted_on, asked.report_to.clone());
    let notice = PostedNotice { posted_on, ends_on, report_to, calendar };
    Ok((What::NoticePosted(notice), Word::default()))
}

fn confirmation(selected: &Selected) -> Result<Decided, AppError> {
    let found = selected.standing().before_confirmation();
    if found.is_empty() {
        return Ok((What::Confirmed, Word::default()));
    }
    let all: Vec<_> = found.into_iter().map(|it| (String::new(), it)).collect();
    Err(AppError::Refused(super::refusal(&all).remembered()))
}

impl Selected {
    /// The branches at a stage, by id.
    pub fn at_stage(&self, stage: Stage) -> Vec<String> {
        let all = self.state.candidates.iter().filter(|it| it.1.stage == stage);
        all.map(|it| it.0.clone()).collect()
    }
}
