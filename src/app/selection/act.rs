//! Steps of candidates: all that are asked for are taken, or none is.

use std::sync::Arc;

use super::{
    Reach, events_effect, placed,
    read::{At, Selected},
    refused,
};
use crate::{
    app::{
        App, AppError, Done, Write,
        award::{MoneyChanges, follow_selection},
        round::mark,
    },
    domain::selection::{Action, Asked, Event, Obstacle, Phase, StepKind, What, Word},
    domain::time::Moment,
};

/// A step of one candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepOf {
    /// The branch.
    pub branch: String,
    /// What is done.
    pub action: Action,
    /// What is said with it.
    pub word: Word,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// That of whoever the document names for a step.
    Of(StepKind),
    /// That of whoever holds the permission over the county.
    County,
}

/// Steps of candidates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The selection.
    pub selection_id: String,
    /// Whose turn it is.
    pub turn: Turn,
    /// The candidates, each once.
    pub of: Vec<StepOf>,
}

impl App {
    /// Takes steps of candidates, all of them or none; `encode` makes the answer out of the selection
    /// as it then stands and the branches in the order asked for.
    ///
    /// # Errors
    /// The selection is not there; a branch is not the caller's; everything that stands in the way of
    /// any; those of every write.
    pub async fn take_steps(
        &self,
        call: Write,
        reach: Reach,
        step: Step,
        encode: impl Fn(&Selected, &[String], &MoneyChanges) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), reach, step, plans, encode));
        let answer = self
            .write(call, move |tx, now| {
                let shared = Arc::clone(&shared);
                Box::pin(async move {
                    let (call, reach, step, plans, encode) = &*shared;
                    let at = At { county: &call.county, now, plans };
                    let mut selected = Selected::read(tx, at, &step.selection_id).await?;
                    own(&selected, reach, step)?;
                    // Honours that are cancelled take payments with them (A5).
                    let confirmed = selected.state.phase == Phase::Confirmed;
                    let before = confirmed.then(|| selected.clone());
                    let rows = taken(&mut selected, (call, now), step)?;
                    selected.within_caps()?;
                    tx.insert_selection_events(at.county, &step.selection_id, &rows).await?;
                    let mut effects = vec![events_effect(&step.selection_id, &rows)];
                    let mut money = MoneyChanges::default();
                    if let Some(before) = before {
                        let (between, own) = ((&before, &selected), mark(call, now));
                        let followed = follow_selection(tx, at.county, between, own).await?;
                        money = followed.0;
                        effects.extend(followed.1);
                    }
                    let branches: Vec<String> =
                        step.of.iter().map(|it| it.branch.clone()).collect();
                    Ok(Done { response: encode(&selected, &branches, &money), effects })
                })
            })
            .await?;
        self.published.notify_waiters();
        Ok(answer)
    }
}

/// Refuses branches that the caller does not speak for.
fn own(selected: &Selected, reach: &Reach, step: &Step) -> Result<(), AppError> {
    let word = match step.turn {
        Turn::Of(kind) => selected.document.step(kind).map_or("county", |it| it.by.as_str()),
        Turn::County => "county",
    };
    for it in &step.of {
        match selected.roster.get(&it.branch) {
            Some(branch) if reach.speaks_for(word, branch) => (),
            // Who sees all is told that it is not there, with everything else in the way.
            None if reach.sees_all() => (),
            Some(_) | None => return Err(AppError::Denied),
        }
    }
    Ok(())
}

/// Takes the steps, and gives the events as they are kept. Who falls out goes first, so that those
/// who go on are not compared with them.
fn taken(
    selected: &mut Selected,
    (call, now): (&Write, Moment),
    step: &Step,
) -> Result<Vec<crate::store::SelectionEventRecord>, AppError> {
    let mut rows = Vec::new();
    let mut found: Vec<Vec<Obstacle>> = vec![Vec::new(); step.of.len()];
    for advancing in [false, true] {
        for action in Action::ALL.into_iter().filter(|it| it.advances() == advancing) {
            let own: Vec<usize> = (0..step.of.len())
                .filter(|it| step.of.get(*it).is_some_and(|it| it.action == action))
                .collect();
            let of: Vec<&StepOf> = own.iter().filter_map(|it| step.of.get(*it)).collect();
            if of.is_empty() {
                continue;
            }
            let asked: Vec<Asked<'_>> = of.iter().map(|it| asked(it)).collect();
            let standing = selected.standing();
            let obstacles = standing.obstacles(action, &asked, &call.principal);
            let passed_over = standing.passed_over(action, &asked);
            let clear = obstacles.iter().all(Vec::is_empty);
            for (index, obstacles) in own.iter().zip(obstacles) {
                if let Some(found) = found.get_mut(*index) {
                    *found = obstacles;
                }
            }
            if !clear {
                continue;
            }
            for (it, passed_over) in of.iter().zip(passed_over) {
                let vetoed = selected.falls_by_veto(&it.branch, action);
                let branch = it.branch.clone();
                let what = What::Candidate { branch, action, passed_over, vetoed };
                let (number, word, by) = (selected.next(), it.word.clone(), call.principal.clone());
                let event = Event { number, what, word, at: now, by };
                rows.push(selected.take(event, mark(call, now))?);
            }
        }
    }
    let named = step.of.iter().zip(found);
    let all: Vec<(String, Obstacle)> = named
        .flat_map(|(it, found)| found.into_iter().map(|found| (it.branch.clone(), found)))
        .collect();
    if all.is_empty() { Ok(rows) } else { Err(refused(&all)) }
}

fn asked(it: &StepOf) -> Asked<'_> {
    Asked { branch: &it.branch, evidence: &it.word.evidence, explained: !it.word.text.is_empty() }
}

impl Selected {
    /// Whether a candidate falls while a veto is in force about its compound.
    fn falls_by_veto(&self, branch: &str, action: Action) -> bool {
        let falls = matches!(action, Action::Decline | Action::Reject);
        let items = self.roster.get(branch).and_then(|it| self.vetoed.get(&it.compound));
        falls && items.is_some_and(|it| !it.is_empty())
    }
}

/// Whether a caller sees a branch of a selection at all; who sees all is told that it is not there.
pub(super) fn seen<'s>(
    selected: &'s Selected,
    reach: &Reach,
    branch: &str,
) -> Result<&'s crate::domain::selection::RosterBranch, AppError> {
    let found = selected.roster.get(branch);
    match found.filter(|it| reach.permit.covers(&placed(it))) {
        Some(it) => Ok(it),
        None if reach.sees_all() => Err(refused(&[(branch.to_owned(), Obstacle::NotOnRoster)])),
        None => Err(AppError::Denied),
    }
}
