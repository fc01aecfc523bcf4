//! Objections to published results: in time by the scheme's `objections`, one open at a time to each
//! component, answered by somebody else, once. An upheld one asks for a run that supersedes.

mod read;

use std::sync::Arc;

pub use read::{ListedResultObjections, ObjectionCase, ObjectionPage, ObjectionSide};

use super::{
    App, AppError, Done, Effect, Missing, Refusal, Write,
    access::{Duty, separate},
    calendar::Calendars,
    digest,
    registry::RecordKind,
    run::{appraised, plan_of, published_on},
};
use crate::{
    domain::{
        scheme::{ObjectionRule, Scheme},
        time::{Day, Moment},
    },
    store::{
        ReadTx, ResultAnswer, ResultObjection, ResultVerdict, RunRecord, RunState, StoreError,
        StoreTx,
    },
};

/// How many rows are read at once.
const PAGE: i64 = 1_000;

/// An objection, as it is raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaiseObjection {
    /// The run.
    pub run_id: String,
    /// The subject.
    pub subject: String,
    /// The component, a node of the scheme; none: the result as a whole.
    pub node: Option<String>,
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
pub struct AnswerObjection {
    /// The run.
    pub run_id: String,
    /// The objection's number.
    pub number: i64,
    /// What it comes to.
    pub verdict: ResultVerdict,
    /// Why.
    pub text: String,
    /// Who answers.
    pub answered_by: String,
    /// The members over whom the caller holds a role: it is taken for each of them.
    pub caller_is: Vec<String>,
    /// References to evidence, as a JSON list; empty for none.
    pub evidence: String,
}

impl App {
    /// Records an objection; `encode` makes the answer out of it.
    ///
    /// # Errors
    /// `RUN_NOT_FOUND`, `RUN_NOT_PUBLISHED`, `RUN_SUPERSEDED`, `OBJECTIONS_NOT_ASKED`,
    /// `RESULT_NOT_FOUND`, `NODE_UNKNOWN`, `RAISED_IN_FUTURE`, `RAISED_BEFORE_PUBLICATION`,
    /// `OBJECTION_TOO_LATE`, `OBJECTION_OPEN`, `CALENDAR_MISSING`; those of every write.
    pub async fn raise_result_objection(
        &self,
        call: Write,
        asked: RaiseObjection,
        encode: impl Fn(&ResultObjection) -> Vec<u8> + Send + Sync + 'static,
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
    pub async fn answer_result_objection(
        &self,
        call: Write,
        asked: AnswerObjection,
        encode: impl Fn(&ObjectionSide) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), asked, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, encode) = &*shared;
                let side = answer(tx, call, asked, at).await?;
                let of = (asked.run_id.as_str(), asked.number);
                let effect = side.objection.answer.as_ref().map(|it| answer_effect(of, it));
                Ok(Done { response: encode(&side), effects: effect.into_iter().collect() })
            })
        })
        .await
    }

    /// Until when the results of a run may be objected to; nothing where its scheme does not say, and
    /// where the working days on the way are not known.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn object_until(
        &self,
        county: &str,
        (run, scheme): (&RunRecord, &Scheme),
    ) -> Result<Option<Day>, AppError> {
        let Some(rule) = scheme.objections else { return Ok(None) };
        let Some(published) = published_on(run)? else { return Ok(None) };
        let mut tx = self.read().await?;
        match until(&mut *tx, county, rule, published, self.clock.now()).await {
            Ok(day) => Ok(Some(day)),
            Err(AppError::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The last day, by the calendar as it was known when the result was published, so that nothing that
/// is loaded later moves it. Where a year was not known then, the calendar of `now` is gone by.
async fn until(
    tx: &mut dyn ReadTx,
    county: &str,
    rule: ObjectionRule,
    (at, day): (Moment, Day),
    now: Moment,
) -> Result<Day, AppError> {
    let then = Calendars::known(tx, county, at).await?;
    match then.after(day, rule.days, rule.of) {
        Ok((last, _)) => Ok(last),
        Err(AppError::Refused(_)) => {
            let calendars = Calendars::known(tx, county, now).await?;
            calendars.after(day, rule.days, rule.of).map(|it| it.0)
        }
        Err(error) => Err(error),
    }
}

/// A run whose results can be objected to.
async fn open_run(
    tx: &mut dyn ReadTx,
    county: &str,
    run_id: &str,
) -> Result<(RunRecord, (Moment, Day)), AppError> {
    let run = tx.run(county, run_id).await?;
    let run = run.ok_or_else(|| AppError::not_found(Missing::Run, run_id))?;
    if run.state == RunState::Superseded {
        let by = &run.superseded_by;
        let en = format!("`{by}` took the place of `{run_id}`: object to its result");
        let zh = format!("批次 {run_id} 已被 {by} 取代，请对新结果提出异议");
        let refusal = Refusal::new("RUN_SUPERSEDED", en, zh);
        return Err(AppError::Refused(refusal.with("superseded_by", by.clone())));
    }
    match published_on(&run)? {
        Some(published) => Ok((run, published)),
        None => Err(AppError::not_found(Missing::PublishedRun, run_id)),
    }
}

/// Refuses a day on which nobody could object.
fn in_time(raised_on: Day, (published, last): (Day, Day), today: Day) -> Result<(), Refusal> {
    if raised_on > today {
        let en = format!("nobody raised it on {raised_on} yet: today is {today}");
        return Err(Refusal::new("RAISED_IN_FUTURE", en, "提出日期尚未到来"));
    }
    if raised_on < published {
        let en = format!("the result was published on {published}");
        let zh = format!("结果于 {published} 公布，此前无从提出异议");
        let refusal = Refusal::new("RAISED_BEFORE_PUBLICATION", en, zh);
        return Err(refusal.with("published_on", published.to_string()));
    }
    if raised_on > last {
        let en = format!("an objection was in time until the end of {last}");
        let zh = format!("异议期至 {last} 止，逾期提出");
        let refusal = Refusal::new("OBJECTION_TOO_LATE", en, zh);
        return Err(refusal.with("object_until", last.to_string()));
    }
    Ok(())
}

async fn raise(
    tx: &mut dyn StoreTx,
    call: &Write,
    asked: &RaiseObjection,
    at: Moment,
) -> Result<ResultObjection, AppError> {
    let (county, run_id) = (call.county.as_str(), asked.run_id.as_str());
    let (run, published) = open_run(tx, county, run_id).await?;
    let plan = plan_of(tx, county, &run).await?;
    let scheme = plan.scheme();
    let Some(rule) = scheme.objections else {
        let en = format!("`{}` has no `objections`", scheme.id);
        let zh = format!("评分办法 {} 未规定异议期", scheme.id);
        return Err(AppError::refused("OBJECTIONS_NOT_ASKED", en, zh));
    };
    let subject = std::slice::from_ref(&asked.subject);
    if tx.results_of(county, run_id, subject).await?.is_empty() {
        return Err(AppError::not_found(Missing::Result, asked.subject.clone()));
    }
    if let Some(node) =
        asked.node.as_ref().filter(|id| !scheme.nodes.iter().any(|it| it.id == **id))
    {
        let en = format!("`{}` has no node `{node}`", scheme.id);
        let zh = format!("评分办法 {} 没有节点 {node}", scheme.id);
        return Err(AppError::refused("NODE_UNKNOWN", en, zh));
    }
    let last = until(tx, county, rule, published, at).await?;
    let today = at.beijing_day();
    let today =
        today.ok_or_else(|| AppError::Internal("the clock is out of the calendar".into()))?;
    in_time(asked.raised_on, (published.1, last), today)?;
    let node = asked.node.clone().unwrap_or_default();
    let others = of_run(tx, county, run_id).await?;
    let same = |it: &&ResultObjection| {
        it.answer.is_none() && it.subject == asked.subject && it.node == node
    };
    if let Some(open) = others.iter().find(same) {
        let en = format!("objection {} to the same is not answered yet", open.number);
        let refusal = Refusal::new("OBJECTION_OPEN", en, "对同一内容的异议尚未答复");
        return Err(AppError::Refused(refusal.with("number", open.number.to_string())));
    }
    let person = person_of(tx, county, (&run, scheme), &asked.subject).await?;
    let objection = ResultObjection {
        run_id: run_id.to_owned(),
        number: others.last().map_or(0, |it| it.number).saturating_add(1),
        subject: asked.subject.clone(),
        person,
        node,
        text: asked.text.clone(),
        raised_by: asked.raised_by.clone(),
        raised_on: asked.raised_on,
        evidence: asked.evidence.clone(),
        recorded: at,
        recorded_by: call.principal.clone(),
        request_id: call.request_id.clone(),
        answer: None,
    };
    tx.insert_result_objection(county, &objection).await?;
    Ok(objection)
}

/// The person whom a result is about; empty for none.
async fn person_of(
    tx: &mut dyn ReadTx,
    county: &str,
    (run, scheme): (&RunRecord, &Scheme),
    subject: &str,
) -> Result<String, AppError> {
    match RecordKind::named(scheme.subject.name()) {
        Some(RecordKind::Member) => Ok(subject.to_owned()),
        Some(RecordKind::Post) => {
            let posts = [subject.to_owned()];
            let mut found = appraised(tx, county, run, &posts).await?;
            Ok(found.remove(subject).map(|it| it.person).unwrap_or_default())
        }
        _ => Ok(String::new()),
    }
}

async fn answer(
    tx: &mut dyn StoreTx,
    call: &Write,
    asked: &AnswerObjection,
    at: Moment,
) -> Result<ObjectionSide, AppError> {
    let (county, of) = (call.county.as_str(), (asked.run_id.as_str(), asked.number));
    let mut objection = one(tx, county, of).await?;
    if objection.answer.is_some() {
        let en = format!("objection {} was answered already", asked.number);
        return Err(AppError::refused("OBJECTION_ANSWERED", en, "该异议已有答复"));
    }
    let done =
        [&objection.raised_by, &objection.recorded_by, &objection.subject, &objection.person];
    let done = done.map(|it| (Duty::Propose, it.as_str()));
    let who = [&asked.answered_by, &call.principal].into_iter().chain(&asked.caller_is);
    for who in who {
        separate(&done, Duty::Review, who).map_err(AppError::Refused)?;
    }
    let answer = ResultAnswer {
        verdict: asked.verdict,
        text: asked.text.clone(),
        answered_by: asked.answered_by.clone(),
        evidence: asked.evidence.clone(),
        recorded: at,
        recorded_by: call.principal.clone(),
        request_id: call.request_id.clone(),
    };
    tx.insert_result_answer(county, of, &answer).await?;
    objection.answer = Some(answer);
    let run = tx.run(county, of.0).await?;
    let superseded_by = run.map(|it| it.superseded_by).unwrap_or_default();
    Ok(ObjectionSide { objection, superseded_by })
}

/// One objection, which must be there.
async fn one(
    tx: &mut (impl ReadTx + ?Sized),
    county: &str,
    (run_id, number): (&str, i64),
) -> Result<ResultObjection, AppError> {
    let before = number.saturating_sub(1);
    let found = tx.result_objections(county, (run_id, before), 1).await?.pop();
    let found = found.filter(|it| it.run_id == run_id && it.number == number);
    found.ok_or_else(|| AppError::not_found(Missing::Objection, format!("{run_id}/{number}")))
}

/// All objections to results of a run, by number.
async fn of_run(
    tx: &mut (impl ReadTx + ?Sized),
    county: &str,
    run_id: &str,
) -> Result<Vec<ResultObjection>, StoreError> {
    let mut all: Vec<ResultObjection> = Vec::new();
    loop {
        let after = all.last().map_or(0, |it| it.number);
        let page = tx.result_objections(county, (run_id, after), PAGE).await?;
        let full = i64::try_from(page.len()).is_ok_and(|it| it >= PAGE);
        let count = all.len();
        all.extend(page.into_iter().take_while(|it| it.run_id == run_id));
        if !full || all.len() == count {
            return Ok(all);
        }
    }
}

/// All objections to published results of a county, for proofs and exports.
///
/// # Errors
/// Those of the store.
pub(super) async fn all(
    tx: &mut dyn ReadTx,
    county: &str,
) -> Result<Vec<ResultObjection>, StoreError> {
    let mut all: Vec<ResultObjection> = Vec::new();
    loop {
        let after = all.last().map(|it| (it.run_id.clone(), it.number)).unwrap_or_default();
        let page = tx.result_objections(county, (&after.0, after.1), PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// What an objection changed, for the audit trail.
pub(super) fn objection_effect(it: &ResultObjection) -> Effect {
    let day = it.raised_on.to_string();
    let parts = [
        it.subject.as_bytes(),
        it.person.as_bytes(),
        it.node.as_bytes(),
        it.text.as_bytes(),
        it.raised_by.as_bytes(),
        day.as_bytes(),
        it.evidence.as_bytes(),
    ];
    let subject = format!("objection/{}/{}", it.run_id, it.number);
    Effect { subject, digest: digest(&parts) }
}

/// What an answer changed, for the audit trail.
pub(super) fn answer_effect((run_id, number): (&str, i64), it: &ResultAnswer) -> Effect {
    let parts = [
        it.verdict.word().as_bytes(),
        it.text.as_bytes(),
        it.answered_by.as_bytes(),
        it.evidence.as_bytes(),
    ];
    Effect { subject: format!("objection/{run_id}/{number}/answer"), digest: digest(&parts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objection_is_in_time_from_the_day_of_publication_to_the_end_of_the_last() {
        let day = |it: &str| Day::parse(it).unwrap();
        let (published, last) = (day("2023-01-20"), day("2023-01-30"));
        let says = |on: &str, today: &str| {
            in_time(day(on), (published, last), day(today)).err().map(|it| it.reason)
        };
        assert_eq!(says("2023-01-19", "2023-01-25"), Some("RAISED_BEFORE_PUBLICATION"));
        assert_eq!(says("2023-01-20", "2023-01-20"), None);
        assert_eq!(says("2023-01-30", "2023-03-01"), None);
        assert_eq!(says("2023-01-31", "2023-03-01"), Some("OBJECTION_TOO_LATE"));
        assert_eq!(says("2023-01-26", "2023-01-25"), Some("RAISED_IN_FUTURE"));
    }
}
