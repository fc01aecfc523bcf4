//! What the county does with a selection as a whole: deadlines, ranking, notice, confirmation.

use std::sync::Arc;

use super::{
    DecideTie, events_effect,
    read::{At, Selected},
    refused, tie,
};
use crate::{
    app::{
        App, AppError, Done, Missing, Refusal, Write,
        calendar::{Calendars, Edition, NamedEdition},
        round::mark,
    },
    domain::{
        selection::{Event, Obstacle, Phase, PostedNotice, Stage, StepKind, UnitRef, What, Word},
        time::Day,
    },
    store::{RunState, StoreTx},
};

/// How many days before its posting a notice is recorded at most: it cannot be taken back.
const POSTED_AHEAD: i64 = 31;

/// A deadline to be moved (F12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extend {
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
    /// The day of posting.
    pub posted_on: Day,
    /// Where to report.
    pub report_to: String,
}

/// A selection to be given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abandon {
    /// Why.
    pub reason: String,
    /// Who decided.
    pub decided_by: String,
}

/// What is done to a selection as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A deadline is moved: `NO_DEADLINE`, `EXTENSION_NOT_LATER`, `NOT_ON_ROSTER`.
    Extend(Extend),
    /// The results of a run are taken, which rank the candidates: `RUN_NOT_FOUND`,
    /// `RUN_OTHER_SCHEME`, `RUN_NOT_COMPUTED`, `RUN_SUPERSEDED`, `RANKING_IN_USE`.
    Rank(String),
    /// Equals are ordered: `RANKING_MISSING`, `NOT_TIED`, `SEATS_IN_USE`.
    Order(DecideTie),
    /// The list of all approved candidates is posted: what stands in the way of it,
    /// `NOTICE_BACKDATED`, `NOTICE_TOO_FAR_AHEAD`, `CALENDAR_MISSING`.
    Post(PostList),
    /// It is ended: everything that stands in the way of the confirmation, remembered for the
    /// request id.
    Confirm,
    /// It is given up.
    Abandon(Abandon),
}

/// What was decided about the whole, and what was said with it.
pub(super) type Decided = (What, Word);

impl App {
    /// Does something to a selection as a whole; `encode` makes the answer out of it.
    ///
    /// # Errors
    /// The selection is not there; `SELECTION_CLOSED`; those of the act; those of every write.
    pub async fn organise_selection(
        &self,
        call: Write,
        (selection_id, act): (String, Act),
        encode: impl Fn(&Selected) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), selection_id, act, plans, encode));
        let answer = self
            .write(call, move |tx, now| {
                let shared = Arc::clone(&shared);
                Box::pin(async move {
                    let (call, id, act, plans, encode) = &*shared;
                    let at = At { county: &call.county, now, plans };
                    let mut selected = Selected::read(tx, at, id).await?;
                    let (what, word) = judge(tx, at, &selected, act).await?;
                    let (number, by) = (selected.next(), call.principal.clone());
                    let event = Event { number, what, word, at: now, by };
                    let rows = [selected.take(event, mark(call, now))?];
                    selected.again(tx, at).await?;
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
}

async fn judge(
    tx: &mut dyn StoreTx,
    at: At<'_>,
    selected: &Selected,
    act: &Act,
) -> Result<Decided, AppError> {
    match act {
        Act::Extend(asked) => extension(selected, asked),
        Act::Rank(run) => ranking(tx, at, selected, run).await,
        Act::Order(asked) => tie::decided(selected, asked),
        Act::Post(asked) => notice(tx, at, selected, asked).await,
        Act::Confirm => confirmation(selected),
        Act::Abandon(asked) => {
            open(selected)?;
            Ok((What::Abandoned, said(&asked.reason, &asked.decided_by)))
        }
    }
}

/// A reason and who decided.
pub(super) fn said(reason: &str, decided_by: &str) -> Word {
    let (text, decided_by) = (reason.to_owned(), decided_by.to_owned());
    Word { text, decided_by, evidence: Vec::new() }
}

/// Refuses a selection whose steps are over.
pub(super) fn open(selected: &Selected) -> Result<(), AppError> {
    match selected.state.phase {
        Phase::Open => Ok(()),
        phase @ (Phase::Notice | Phase::Confirmed | Phase::Abandoned) => {
            Err(refused(&[(String::new(), Obstacle::Closed(phase))]))
        }
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
    let concerned: Vec<_> =
        branches.filter(|it| asked.unit.as_ref().is_none_or(|unit| it.lies_in(unit))).collect();
    if concerned.is_empty() {
        return Err(refused(&[(String::new(), Obstacle::NotOnRoster)]));
    }
    if until < selected.today {
        let today = selected.today.to_string();
        let en = format!("today is {today}: a day that is over gives nobody time");
        let zh = format!("今日为 {today}，延期不得早于今日");
        let refusal = Refusal::new("EXTENSION_NOT_LATER", en, zh).with("today", today);
        return Err(refusal.with("rule", "F12").into());
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
    let word = said(&asked.reason, &asked.decided_by);
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
        RunState::Computed | RunState::Published => (),
        RunState::Superseded if selected.state.ranking.as_deref() == Some(run_id) => (),
        RunState::Superseded => {
            let by = run.superseded_by.clone();
            let en = format!("run `{run_id}` was superseded by `{by}`");
            let zh = format!("批次 {run_id} 已被 {by} 取代");
            let refusal = Refusal::new("RUN_SUPERSEDED", en, zh).with("run_id", by);
            return Err(refusal.with("rule", "F10").into());
        }
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
    if asked.posted_on.days_since(today) > POSTED_AHEAD {
        let en = format!("a notice is recorded at most {POSTED_AHEAD} days before it is posted");
        let zh = format!("公示至多在张贴前 {POSTED_AHEAD} 日登记");
        let refusal = Refusal::new("NOTICE_TOO_FAR_AHEAD", en, zh);
        return Err(refusal.with("today", today.to_string()).with("rule", "F8").into());
    }
    let named: Vec<NamedEdition> = used.into_iter().map(Edition::named).collect();
    let calendar =
        serde_json::to_string(&named).map_err(|it| AppError::Internal(it.to_string()))?;
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
