//! Objections during a notice: raised in time, answered by somebody else, once (F9).

use std::{collections::BTreeMap, sync::Arc};

use super::{PAGE, answer_effect, day_of, objection_effect};
use crate::{
    app::{
        App, AppError, Done, Missing, Refusal, Write,
        access::{Duty, Placed, separate},
        registry::RecordKind,
        run::{read_result, unreadable},
    },
    domain::time::{Day, Moment},
    store::{NoticeAnswer, NoticeObjection, NoticeVerdict, ReadTx, RunState, StoreError, StoreTx},
};

/// How many objections are looked at for one page.
const LOOKED_AT_MAX: usize = 5_000;

/// An objection, as it is raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaiseNotice {
    /// The run.
    pub run_id: String,
    /// The subject.
    pub subject: String,
    /// What is wrong.
    pub text: String,
    /// Who raises it.
    pub raised_by: String,
    /// On which day.
    pub raised_on: Day,
    /// References to evidence, as a JSON list; empty for none.
    pub evidence: String,
}

/// An answer, as it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerNotice {
    /// The run.
    pub run_id: String,
    /// The objection's number.
    pub number: i64,
    /// What it comes to.
    pub verdict: NoticeVerdict,
    /// Why.
    pub text: String,
    /// Who answers.
    pub answered_by: String,
    /// References to evidence, as a JSON list; empty for none.
    pub evidence: String,
}

/// Which objections are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObjections {
    /// Only of this run.
    pub run_id: Option<String>,
    /// Only those that are open.
    pub open_only: bool,
    /// After this run and number.
    pub after: (String, i64),
    /// At most so many.
    pub limit: usize,
}

/// Objections, and after which run and number to go on; none at the end.
pub type ObjectionPage = (Vec<NoticeObjection>, Option<(String, i64)>);

/// An objection with where its subject lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeCase {
    /// The objection.
    pub objection: NoticeObjection,
    /// The subject.
    pub placed: Placed,
}

impl App {
    /// Records an objection; `encode` makes the answer out of it.
    ///
    /// # Errors
    /// `RUN_NOT_FOUND`, `RESULT_NOT_FOUND`, `NOTICE_MISSING`, `NOTICE_OVER`, `NOTICE_NOT_BEGUN`,
    /// `OBJECTION_TOO_LATE`, `RAISED_IN_FUTURE`; those of every write.
    pub async fn raise_notice_objection(
        &self,
        call: Write,
        asked: RaiseNotice,
        encode: impl Fn(&NoticeObjection) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), asked, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, encode) = &*shared;
                let objection = raise(tx, call, asked, at).await?;
                let effects = vec![objection_effect(&objection)];
                Ok(Done { response: encode(&objection), effects })
            })
        })
        .await
    }

    /// Records an answer; `encode` makes the answer of the call out of the objection as it stands.
    ///
    /// # Errors
    /// `OBJECTION_NOT_FOUND`, `OBJECTION_ANSWERED`, `SEPARATION_OF_DUTIES`; those of every write.
    pub async fn answer_notice_objection(
        &self,
        call: Write,
        asked: AnswerNotice,
        encode: impl Fn(&NoticeObjection) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), asked, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, encode) = &*shared;
                let objection = answer(tx, call, asked, at).await?;
                let of = (asked.run_id.as_str(), asked.number);
                let effect = objection.answer.as_ref().map(|it| answer_effect(of, it));
                Ok(Done { response: encode(&objection), effects: effect.into_iter().collect() })
            })
        })
        .await
    }

    /// One objection with where its subject lies.
    ///
    /// # Errors
    /// `OBJECTION_NOT_FOUND`; those of the store.
    pub async fn notice_case(&self, county: &str, of: (&str, i64)) -> Result<NoticeCase, AppError> {
        let mut tx = self.read().await?;
        let objection = one(&mut *tx, county, of).await?;
        let mut kinds = BTreeMap::new();
        let mut cases = placed(&mut *tx, county, vec![objection], &mut kinds).await?;
        cases.pop().ok_or_else(|| missing(of))
    }

    /// A page of objections that are seen, by run and number, and after which to go on; none at the
    /// end.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn notice_objections(
        &self,
        county: &str,
        listed: &ListedObjections,
        seen: impl Fn(&NoticeCase) -> bool + Send,
    ) -> Result<ObjectionPage, AppError> {
        let mut tx = self.read().await?;
        let (mut found, mut looked_at) = (Vec::new(), 0_usize);
        let mut after = match &listed.run_id {
            // The objections of a run stand together, the first one behind number 0.
            Some(run_id) if listed.after.0 != *run_id => (run_id.clone(), 0),
            Some(_) | None => listed.after.clone(),
        };
        let mut kinds = BTreeMap::new();
        loop {
            let page = tx.notice_objections(county, (&after.0, after.1), PAGE).await?;
            let page: Vec<_> = page
                .into_iter()
                .take_while(|it| listed.run_id.as_ref().is_none_or(|run| it.run_id == *run))
                .collect();
            if page.is_empty() {
                return Ok((found, None));
            }
            looked_at = looked_at.saturating_add(page.len());
            for case in placed(&mut *tx, county, page, &mut kinds).await? {
                if found.len() == listed.limit {
                    return Ok((found, Some(after)));
                }
                let open = case.objection.answer.is_none();
                after = (case.objection.run_id.clone(), case.objection.number);
                if (open || !listed.open_only) && seen(&case) {
                    found.push(case.objection);
                }
            }
            if looked_at >= LOOKED_AT_MAX {
                return Ok((found, Some(after)));
            }
        }
    }
}

/// All objections of a run, by number.
pub(super) async fn of_run(
    tx: &mut (impl ReadTx + ?Sized),
    county: &str,
    run_id: &str,
) -> Result<Vec<NoticeObjection>, StoreError> {
    let mut all: Vec<NoticeObjection> = Vec::new();
    loop {
        let after = all.last().map_or(0, |it| it.number);
        let page = tx.notice_objections(county, (run_id, after), PAGE).await?;
        let count = page.len();
        all.extend(page.into_iter().take_while(|it| it.run_id == run_id));
        let full = usize::try_from(PAGE).is_ok_and(|it| it == count);
        if !full || all.last().is_none_or(|it| it.number == after) {
            return Ok(all);
        }
    }
}

/// Objections with where their subjects lie, by the groups that their results were kept with.
async fn placed(
    tx: &mut dyn ReadTx,
    county: &str,
    objections: Vec<NoticeObjection>,
    kinds: &mut BTreeMap<String, RecordKind>,
) -> Result<Vec<NoticeCase>, AppError> {
    let mut cases = Vec::with_capacity(objections.len());
    for objection in objections {
        let run_id = &objection.run_id;
        if !kinds.contains_key(run_id) {
            kinds.insert(run_id.clone(), kind_of(tx, county, run_id).await?);
        }
        let kind = kinds.get(run_id).copied().unwrap_or(RecordKind::County);
        let subject = std::slice::from_ref(&objection.subject);
        let record = tx.results_of(county, run_id, subject).await?;
        let record = record.first();
        let record = record.ok_or_else(|| StoreError::corrupt("subject", "no such result"))?;
        let result = read_result(record).map_err(unreadable)?;
        let placed = Placed::by_groups(kind, &result.subject, &result.groups);
        cases.push(NoticeCase { objection, placed });
    }
    Ok(cases)
}

/// The kind of a run's subjects.
async fn kind_of(tx: &mut dyn ReadTx, county: &str, run_id: &str) -> Result<RecordKind, AppError> {
    let run = tx.run(county, run_id).await?;
    let run = run.ok_or_else(|| AppError::not_found(Missing::Run, run_id))?;
    let scheme = tx.scheme(county, &run.scheme_id, run.version).await?;
    let word = scheme.map(|it| it.0.subject_kind).unwrap_or_default();
    RecordKind::named(&word)
        .ok_or_else(|| AppError::Internal(format!("no kind of records is named {word}")))
}

fn missing(of: (&str, i64)) -> AppError {
    AppError::not_found(Missing::Objection, format!("{}/{}", of.0, of.1))
}

async fn one(
    tx: &mut (impl ReadTx + ?Sized),
    county: &str,
    (run_id, number): (&str, i64),
) -> Result<NoticeObjection, AppError> {
    let before = number.saturating_sub(1);
    let found = tx.notice_objections(county, (run_id, before), 1).await?.pop();
    let found = found.filter(|it| it.run_id == run_id && it.number == number);
    found.ok_or_else(|| missing((run_id, number)))
}

async fn raise(
    tx: &mut dyn StoreTx,
    call: &Write,
    asked: &RaiseNotice,
    at: Moment,
) -> Result<NoticeObjection, AppError> {
    let (county, run_id) = (call.county.as_str(), asked.run_id.as_str());
    let run = tx.run(county, run_id).await?;
    let run = run.ok_or_else(|| AppError::not_found(Missing::Run, run_id))?;
    let Some(notice) = tx.notice(county, run_id).await? else {
        let en = format!("`{run_id}` is not under public notice");
        return Err(AppError::refused("NOTICE_MISSING", en, format!("批次 {run_id} 未公示")));
    };
    if run.state != RunState::Computed {
        let en = format!("`{run_id}` is {}: its notice is over", run.state.word());
        let zh = format!("批次 {run_id} 的状态为 {}，公示已结束", run.state.word());
        return Err(AppError::refused("NOTICE_OVER", en, zh));
    }
    let subject = std::slice::from_ref(&asked.subject);
    if tx.results_of(county, run_id, subject).await?.is_empty() {
        return Err(AppError::not_found(Missing::Result, asked.subject.clone()));
    }
    let (posted_on, ends_on, today) = (notice.posted_on, notice.ends_on, day_of(at)?);
    let raised_on = asked.raised_on;
    if raised_on > today {
        let en = format!("nobody raised it on {raised_on} yet: today is {today}");
        return Err(AppError::refused("RAISED_IN_FUTURE", en, "提出日期尚未到来"));
    }
    if raised_on < posted_on {
        let en = format!("the notice is posted on {posted_on}");
        let zh = format!("公示自 {posted_on} 起");
        let refusal = Refusal::new("NOTICE_NOT_BEGUN", en, zh);
        return Err(AppError::Refused(refusal.with("posted_on", posted_on.to_string())));
    }
    if raised_on > ends_on {
        let en = format!("an objection was in time until the end of {ends_on}");
        let zh = format!("公示已于 {ends_on} 期满，逾期提出");
        let refusal = Refusal::new("OBJECTION_TOO_LATE", en, zh);
        return Err(AppError::Refused(refusal.with("ends_on", ends_on.to_string())));
    }
    let last = of_run(tx, county, run_id).await?.last().map_or(0, |it| it.number);
    let objection = NoticeObjection {
        run_id: run_id.to_owned(),
        number: last.saturating_add(1),
        subject: asked.subject.clone(),
        text: asked.text.clone(),
        raised_by: asked.raised_by.clone(),
        raised_on,
        evidence: asked.evidence.clone(),
        recorded: at,
        recorded_by: call.principal.clone(),
        request_id: call.request_id.clone(),
        answer: None,
    };
    tx.insert_notice_objection(county, &objection).await?;
    Ok(objection)
}

async fn answer(
    tx: &mut dyn StoreTx,
    call: &Write,
    asked: &AnswerNotice,
    at: Moment,
) -> Result<NoticeObjection, AppError> {
    let (county, of) = (call.county.as_str(), (asked.run_id.as_str(), asked.number));
    let mut objection = one(tx, county, of).await?;
    if objection.answer.is_some() {
        let en = format!("objection {} was answered already", asked.number);
        return Err(AppError::refused("OBJECTION_ANSWERED", en, "该异议已有答复"));
    }
    let done = [&objection.raised_by, &objection.subject];
    let done = done.map(|it| (Duty::Propose, it.as_str()));
    for who in [asked.answered_by.as_str(), call.principal.as_str()] {
        separate(&done, Duty::Review, who).map_err(AppError::Refused)?;
    }
    let answer = NoticeAnswer {
        verdict: asked.verdict,
        text: asked.text.clone(),
        answered_by: asked.answered_by.clone(),
        evidence: asked.evidence.clone(),
        recorded: at,
        recorded_by: call.principal.clone(),
        request_id: call.request_id.clone(),
    };
    tx.insert_notice_answer(county, of, &answer).await?;
    objection.answer = Some(answer);
    Ok(objection)
}
