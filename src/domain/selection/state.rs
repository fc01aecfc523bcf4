//! The state of a selection: what its events come to, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Action, Event, Outcome, Phase, PostedNotice, RosterBranch, SelectionDocument, Stage, StepKind,
    TieDecision, What, event::UnitRef,
};
use crate::domain::time::{Day, Moment, Period};

/// One branch that applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// How far it has come.
    pub stage: Stage,
    /// Since the event of that number.
    pub event: i64,
    /// Since when.
    pub since: Moment,
    /// Whether it takes one of its street's places: who withdrew before the selection group looked at
    /// it does not; who was recommended otherwise does, whatever became of it.
    pub of_street: bool,
    /// Whether it takes one of the county's places, alike.
    pub of_county: bool,
    /// Who stood before it and was left when it was recommended.
    pub passed_over: Vec<String>,
    /// Who acted on it, by step.
    pub acted: BTreeMap<StepKind, BTreeSet<String>>,
}

/// A deadline that was moved (延期, F12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Of which step.
    pub step: StepKind,
    /// For whom; none: for all.
    pub unit: Option<UnitRef>,
    /// Its last day.
    pub until: Day,
}

/// A report about a candidate under notice (反映, F9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its number, from 1.
    pub number: u32,
    /// The branch.
    pub branch: String,
    /// The day on which it came in.
    pub received_on: Day,
    /// Who recorded it.
    pub recorded_by: String,
    /// What was found; none: it is being checked.
    pub outcome: Option<Outcome>,
    /// The event that recorded it.
    pub event: i64,
    /// The event that answered it; 0: none has.
    pub answer: i64,
}

/// Events that cannot have happened in that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("event {0} cannot follow the events before it")]
pub struct ImpossibleEvent(pub i64);

/// What a selection has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// How far it has come.
    pub phase: Phase,
    /// Those who applied, by branch.
    pub candidates: BTreeMap<String, Candidate>,
    /// The deadlines that were moved, in their order.
    pub extensions: Vec<Extension>,
    /// The run that ranks the candidates.
    pub ranking: Option<String>,
    /// Decisions on equal candidates, in their order.
    pub ties: Vec<TieDecision>,
    /// The decision on equal remainders.
    pub streets: Option<Vec<String>>,
    /// The notice.
    pub notice: Option<PostedNotice>,
    /// The reports, by number.
    pub reports: Vec<Report>,
    /// The number of the last event.
    pub last: i64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            phase: Phase::Open,
            candidates: BTreeMap::new(),
            extensions: Vec::new(),
            ranking: None,
            ties: Vec::new(),
            streets: None,
            notice: None,
            reports: Vec::new(),
            last: 0,
        }
    }
}

impl State {
    /// What events come to.
    ///
    /// # Errors
    /// An event could not follow those before it.
    pub fn fold<'e>(events: impl IntoIterator<Item = &'e Event>) -> Result<Self, ImpossibleEvent> {
        let mut state = Self::default();
        for event in events {
            state.take(event)?;
        }
        Ok(state)
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// It could not follow those before it; the state is then not to be used any more.
    pub fn take(&mut self, event: &Event) -> Result<(), ImpossibleEvent> {
        let impossible = ImpossibleEvent(event.number);
        if event.number != self.last.saturating_add(1) {
            return Err(impossible);
        }
        self.last = event.number;
        match &event.what {
            // The notice and the confirmation are of the whole list, and never of one alone.
            What::Candidate { action: Action::Notice | Action::Confirm, .. } => Err(impossible),
            What::Candidate { branch, action, passed_over, vetoed } => {
                self.act((branch, *action), (passed_over, *vetoed), event).ok_or(impossible)
            }
            What::Extended { step, unit, until } if self.phase == Phase::Open => {
                let (step, unit, until) = (*step, unit.clone(), *until);
                self.extensions.push(Extension { step, unit, until });
                Ok(())
            }
            What::Ranked { run } if self.phase == Phase::Open => {
                if self.ranking.as_ref() != Some(run) {
                    // Who was equal by one run need not be by another.
                    self.ties.clear();
                }
                self.ranking = Some(run.clone());
                Ok(())
            }
            What::CandidatesOrdered(decision) if self.phase == Phase::Open => {
                self.ties.push(decision.clone());
                Ok(())
            }
            What::StreetsOrdered { order } if self.phase == Phase::Open => {
                self.streets = Some(order.clone());
                Ok(())
            }
            What::NoticePosted(notice) if self.phase == Phase::Open => {
                self.all(Action::Notice, event);
                self.phase = Phase::Notice;
                self.notice = Some(notice.clone());
                Ok(())
            }
            What::Reported { number, branch, received_on, .. } => {
                self.report((*number, branch, *received_on), event).ok_or(impossible)
            }
            What::Answered { number, outcome } => {
                self.answer((*number, *outcome), event).ok_or(impossible)
            }
            What::Confirmed
                if self.phase == Phase::Notice && self.open_reports().next().is_none() =>
            {
                self.all(Action::Confirm, event);
                self.phase = Phase::Confirmed;
                Ok(())
            }
            What::Abandoned if self.phase == Phase::Open => {
                self.phase = Phase::Abandoned;
                Ok(())
            }
            What::Extended { .. }
            | What::Ranked { .. }
            | What::CandidatesOrdered(_)
            | What::StreetsOrdered { .. }
            | What::NoticePosted(_)
            | What::Confirmed
            | What::Abandoned => Err(impossible),
        }
    }

    /// Takes a report about somebody on the list.
    fn report(&mut self, it: (u32, &str, Day), event: &Event) -> Option<()> {
        let (number, branch, received_on) = it;
        let next = u32::try_from(self.reports.len()).unwrap_or(u32::MAX).saturating_add(1);
        if number != next || self.phase != Phase::Notice || !self.listed(branch) {
            return None;
        }
        self.reports.push(Report {
            number,
            branch: branch.to_owned(),
            received_on,
            recorded_by: event.by.clone(),
            outcome: None,
            event: event.number,
            answer: 0,
        });
        Some(())
    }

    /// Answers a report; one that is true cancels.
    fn answer(&mut self, (number, outcome): (u32, Outcome), event: &Event) -> Option<()> {
        let mut open = self.reports.iter_mut().filter(|it| it.outcome.is_none());
        let report = open.find(|it| it.number == number)?;
        report.outcome = Some(outcome);
        report.answer = event.number;
        let branch = report.branch.clone();
        let gone = self.stage(&branch).and_then(|it| it.after(Action::Cancel)).is_none();
        // Of one that left by itself, or was cancelled by another report, nothing is left to cancel.
        if outcome == Outcome::NotProven || gone {
            return Some(());
        }
        self.act((&branch, Action::Cancel), (&[], false), event)
    }

    /// Whether a branch is, or was, on the list that was shown: who leaves it keeps its county's place.
    fn listed(&self, branch: &str) -> bool {
        self.candidates.get(branch).is_some_and(|it| {
            matches!(it.stage, Stage::Noticed | Stage::Cancelled)
                || (it.stage == Stage::Withdrawn && it.of_county)
        })
    }

    /// What comes to every candidate for which it is the next thing.
    fn all(&mut self, action: Action, event: &Event) {
        for it in self.candidates.values_mut() {
            if let Some(stage) = it.stage.after(action) {
                (it.stage, it.event, it.since) = (stage, event.number, event.at);
            }
        }
    }

    fn act(
        &mut self,
        (branch, action): (&str, Action),
        (passed_over, vetoed): (&[String], bool),
        event: &Event,
    ) -> Option<()> {
        if !self.phase.allows(action) {
            return None;
        }
        let from = self.candidates.get(branch).map(|it| it.stage);
        let stage = Stage::of(from, action)?;
        let fresh = Candidate {
            stage,
            event: event.number,
            since: event.at,
            of_street: false,
            of_county: false,
            passed_over: Vec::new(),
            acted: BTreeMap::new(),
        };
        let it = self.candidates.entry(branch.to_owned()).or_insert(fresh);
        (it.stage, it.event, it.since) = (stage, event.number, event.at);
        match action {
            Action::Recommend => {
                it.of_street = true;
                it.passed_over = passed_over.to_vec();
            }
            Action::Examine => it.of_county = true,
            Action::Decline | Action::Reject if vetoed => {
                (it.of_street, it.of_county) = (false, false);
            }
            Action::Withdraw => {
                // A place is free again only while nobody has used it further on.
                it.of_street &= from != Some(Stage::Recommended);
                it.of_county &= self.phase != Phase::Open;
            }
            Action::Apply
            | Action::Pass
            | Action::Return
            | Action::Refuse
            | Action::Review
            | Action::Decline
            | Action::Consult
            | Action::Approve
            | Action::Reject
            | Action::Notice
            | Action::Confirm
            | Action::Cancel => (),
        }
        if let Some(step) = action.step() {
            it.acted.entry(step).or_default().insert(event.by.clone());
        }
        Some(())
    }

    /// The stage of a branch; none: it never applied.
    pub fn stage(&self, branch: &str) -> Option<Stage> {
        self.candidates.get(branch).map(|it| it.stage)
    }

    /// The last day of a step for a branch, by the document and what was extended; none: no limit.
    pub fn until(
        &self,
        document: &SelectionDocument,
        (year, step): (Period, StepKind),
        branch: &RosterBranch,
    ) -> Option<Day> {
        let own = document.step(step)?.until?.of(year)?;
        let holds = |it: &&Extension| {
            it.step == step && it.unit.as_ref().is_none_or(|unit| branch.lies_in(unit))
        };
        let moved = self.extensions.iter().filter(holds).map(|it| it.until);
        moved.chain([own]).max()
    }

    /// Reports that are not answered.
    pub fn open_reports(&self) -> impl Iterator<Item = &Report> {
        self.reports.iter().filter(|it| it.outcome.is_none())
    }
}

impl RosterBranch {
    /// Whether it lies in a unit, or is of that compound.
    pub fn lies_in(&self, unit: &UnitRef) -> bool {
        let own = match unit.kind.as_str() {
            "street" => &self.street,
            "community" => &self.community,
            "compound" => &self.compound,
            _ => return false,
        };
        *own == unit.id
    }
}
