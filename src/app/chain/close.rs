//! Closing cohorts, and opening cases again.

use std::sync::Arc;

use super::{
    Chain, ChainStep, NAMED_MAX, Reach, events_effect,
    open::{sees, sees_unit},
    read::{At, Step, steps_to},
    state::{Blocker, Case, CaseStanding, Cohort, CohortState, Reopened},
    value::{NOTHING_PROPOSED, not_there, refusal},
};
use crate::{
    app::{App, AppError, Done, Missing, Refusal, Violation, Write, round::mark},
    domain::time::Moment,
    store::{ChainEvent, ChainEventKind},
};

/// A cohort to be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseCohort {
    /// The chain.
    pub chain_id: String,
    /// The step's scheme.
    pub scheme_id: String,
    /// The id of the unit that assesses it.
    pub unit: String,
}

/// Cases to be opened again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReopenCases {
    /// The chain.
    pub chain_id: String,
    /// The step's scheme.
    pub scheme_id: String,
    /// The posts and items, each case once.
    pub cases: Vec<(String, String)>,
    /// Why.
    pub reason: String,
}

impl App {
    /// Closes a cohort; `encode` makes the answer out of it.
    ///
    /// # Errors
    /// The chain, step or cohort is not there, or not the caller's; `COHORT_CLOSED`;
    /// `COHORT_INCOMPLETE`; those of every write.
    pub async fn close_cohort(
        &self,
        call: Write,
        reach: Reach,
        asked: CloseCohort,
        encode: impl Fn(&ChainStep, &Cohort) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), reach, asked, plans, encode));
        self.write(call, move |tx, now| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, reach, asked, plans, encode) = &*shared;
                let at = At { county: &call.county, now, plans };
                let chain = Chain::read(tx, at.county, &asked.chain_id).await?;
                let index = chain.step(&asked.scheme_id)?;
                let mut steps = steps_to(tx, at, &chain, index).await?;
                let gone = || AppError::Internal("a chain has no such step".to_owned());
                let mut step = steps.pop().ok_or_else(gone)?;
                closable(reach, (&step, &steps), &asked.unit)?;
                let cases = step.cohort(&asked.unit, &steps).all_cases();
                let event = ChainEvent {
                    event: next_event(tx.chain_events(at.county, &chain.chain_id).await?.len()),
                    kind: ChainEventKind::Closing,
                    scheme_id: asked.scheme_id.clone(),
                    unit: asked.unit.clone(),
                    subject: String::new(),
                    item: String::new(),
                    cases: i64::try_from(cases).unwrap_or(i64::MAX),
                    reason: String::new(),
                    mark: mark(call, now),
                };
                let events = [event];
                tx.insert_chain_events(at.county, &chain.chain_id, &events).await?;
                step.closed.insert(asked.unit.clone(), (call.principal.clone(), now));
                let cohort = step.cohort(&asked.unit, &steps);
                let effects = vec![events_effect(&chain.chain_id, &events)];
                Ok(Done { response: encode(&step.of, &cohort), effects })
            })
        })
        .await
    }

    /// Opens confirmed cases again; `encode` makes the answer out of them, in the order asked for.
    ///
    /// # Errors
    /// The chain or step is not there; a post is not the caller's; `NOTHING_PROPOSED`,
    /// `CASE_NOT_CONFIRMED`; those of every write.
    pub async fn reopen_cases(
        &self,
        call: Write,
        reach: Reach,
        asked: ReopenCases,
        encode: impl Fn(&ChainStep, &[Case]) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), reach, asked, plans, encode));
        self.write(call, move |tx, now| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, reach, asked, plans, encode) = &*shared;
                let at = At { county: &call.county, now, plans };
                let chain = Chain::read(tx, at.county, &asked.chain_id).await?;
                let index = chain.step(&asked.scheme_id)?;
                let events = tx.chain_events(at.county, &chain.chain_id).await?;
                let step = Step::read(tx, at, (&chain, index), &events).await?;
                let mut cases = reopenable(reach, &step, asked)?;
                let first = next_event(events.len());
                let events = reopenings((call, now), (asked, &cases), first);
                tx.insert_chain_events(at.county, &chain.chain_id, &events).await?;
                for case in &mut cases {
                    let (reason, by) = (asked.reason.clone(), call.principal.clone());
                    case.reopenings.push(Reopened { reason, by, recorded: now });
                }
                let effects = vec![events_effect(&chain.chain_id, &events)];
                Ok(Done { response: encode(&step.of, &cases), effects })
            })
        })
        .await
    }
}

/// The number of the event after so many.
fn next_event(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX).saturating_add(1)
}

/// Refuses a cohort that is not the caller's, is closed, or waits for something.
fn closable(reach: &Reach, (step, below): (&Step, &[Step]), unit: &str) -> Result<(), AppError> {
    if !sees_unit(reach, step, unit) {
        let name = format!("{}/{unit}", step.of.cohort.word());
        return Err(if reach.sees_all_posts() {
            AppError::not_found(Missing::Cohort, name)
        } else {
            AppError::Denied
        });
    }
    if step.state(unit) == CohortState::Closed {
        let en = format!("the cohort of `{unit}` is closed");
        return Err(AppError::refused("COHORT_CLOSED", en, format!("{unit} 的考核组已结束")));
    }
    let blockers = step.blockers(unit, below);
    if blockers.is_empty() { Ok(()) } else { Err(incomplete(unit, &blockers)) }
}

/// The refusal of a cohort that waits for something, with what it waits for.
fn incomplete(unit: &str, blockers: &[Blocker]) -> AppError {
    let (count, first) = (blockers.len(), blockers.first());
    let (what, en, zh) = first.map_or(("", "", ""), |it| (it.subject.as_str(), it.en, it.zh));
    let en = format!("{count} step(s) before it are open; the first: `{what}`, {en}");
    let zh = format!("尚有 {count} 个前置环节未完成，第一个：{what}，{zh}");
    let named = blockers.iter().take(NAMED_MAX).map(|it| Violation {
        reason: it.reason,
        subject: it.subject.clone(),
        en: it.en,
    });
    let refusal = Refusal::new("COHORT_INCOMPLETE", en, zh).with("unit", unit);
    AppError::Refused(refusal.with("open", count.to_string()).naming(named.collect()))
}

/// The cases that are asked for, all of them confirmed.
fn reopenable(reach: &Reach, step: &Step, asked: &ReopenCases) -> Result<Vec<Case>, AppError> {
    let (mut cases, mut against) = (Vec::new(), Vec::new());
    for (post, item) in &asked.cases {
        if !step.posts.contains_key(post) {
            return Err(not_there(reach, post));
        }
        let unit = step.posts.get(post).and_then(|it| step.unit(it));
        // It opens the cohort: who holds less than that does not.
        if !sees(reach, step, post) || unit.is_some_and(|it| !sees_unit(reach, step, it)) {
            return Err(AppError::Denied);
        }
        let name = format!("{post}/{item}");
        match step.cases.get(&(post.clone(), item.clone())) {
            None => against.push((name, NOTHING_PROPOSED)),
            Some(it) if it.standing() != CaseStanding::Confirmed => against.push((
                name,
                ("CASE_NOT_CONFIRMED", "the case is not confirmed", "该项分值尚未审定"),
            )),
            Some(it) => cases.push(it.clone()),
        }
    }
    if against.is_empty() { Ok(cases) } else { Err(refusal(&against)) }
}

/// The events of cases that are opened again, numbered from `first`.
fn reopenings(
    (call, now): (&Write, Moment),
    (asked, cases): (&ReopenCases, &[Case]),
    first: i64,
) -> Vec<ChainEvent> {
    let one = |(event, case): (i64, &Case)| ChainEvent {
        event,
        kind: ChainEventKind::Reopening,
        scheme_id: asked.scheme_id.clone(),
        unit: case.unit.clone(),
        subject: case.subject.clone(),
        item: case.item.clone(),
        cases: 1,
        reason: asked.reason.clone(),
        mark: mark(call, now),
    };
    (first..).zip(cases).map(one).collect()
}
