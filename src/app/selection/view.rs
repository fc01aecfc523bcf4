//! A selection as it is shown: candidates with what comes next, steps with their days.

use super::{Reach, act::seen, read::Selected};
use crate::{
    app::AppError,
    domain::{
        selection::{
            Candidate, Event, Merit, Obstacle, Phase, RosterBranch, Stage, State, StepKind,
            StepRule, TieDecision, UnitRef, What,
        },
        time::Day,
    },
};

/// A candidate, or a branch of the roster that never applied.
#[derive(Debug, Clone)]
pub struct CandidateView<'s> {
    /// Where it lies.
    pub branch: &'s RosterBranch,
    /// How far it has come; none: it never applied.
    pub candidate: Option<&'s Candidate>,
    /// Who stood before it and was left, as far as the caller sees them.
    pub passed_over: Vec<&'s str>,
    /// How its compound came out.
    pub merit: Option<&'s Merit>,
    /// The step that comes next.
    pub next_step: Option<StepKind>,
    /// Who takes it; empty: nobody, or the county as a whole.
    pub next_by: &'s str,
    /// What stands in its way.
    pub obstacles: Vec<Obstacle>,
}

/// A step with its days.
#[derive(Debug, Clone)]
pub struct StepView<'s> {
    /// Its rule.
    pub rule: &'s StepRule,
    /// The last day for all.
    pub until: Option<Day>,
    /// The last days of single units, the latest of each.
    pub of_units: Vec<(&'s UnitRef, Day)>,
}

impl Selected {
    fn candidate(&self, branch: &str) -> Option<CandidateView<'_>> {
        let own = self.state.candidates.get(branch);
        let passed_over = own.iter().flat_map(|it| &it.passed_over).map(String::as_str);
        let of = self.roster.get(branch)?;
        let next = self.standing().next(branch);
        let (next_step, obstacles) = match next {
            None => (None, Vec::new()),
            Some((action, obstacles)) => (action.step(), obstacles),
        };
        let next_by =
            next_step.and_then(|it| self.document.step(it)).map_or("", |it| it.by.as_str());
        Some(CandidateView {
            branch: of,
            candidate: own,
            passed_over: passed_over.collect(),
            merit: self.merits.as_ref().and_then(|it| it.get(&of.compound)),
            next_step,
            next_by,
            obstacles,
        })
    }

    /// A branch of the roster, for a caller.
    ///
    /// # Errors
    /// It is not the caller's, or `NOT_ON_ROSTER`.
    pub fn candidate_for(
        &self,
        reach: &Reach,
        branch: &str,
    ) -> Result<CandidateView<'_>, AppError> {
        seen(self, reach, branch)?;
        let mut view = self.candidate(branch).ok_or(AppError::Denied)?;
        view.obstacles = self.shown(reach, view.obstacles);
        view.passed_over.retain(|it| self.sees(reach, it));
        Ok(view)
    }

    /// Whether a caller is told of an event: of a branch's, a street's order or a unit's extension,
    /// if it sees a branch there; of what is the whole selection's, always.
    pub fn tells(&self, reach: &Reach, event: &Event) -> bool {
        if let Some(branch) = self.branch_of(event) {
            return self.sees(reach, branch);
        }
        let unit = match &event.what {
            What::Extended { unit: Some(unit), .. } => unit.clone(),
            What::CandidatesOrdered(TieDecision { street: Some(street), .. }) => {
                UnitRef { kind: "street".to_owned(), id: street.clone() }
            }
            What::Candidate { .. }
            | What::Extended { .. }
            | What::Ranked { .. }
            | What::CandidatesOrdered(_)
            | What::StreetsOrdered { .. }
            | What::NoticePosted(_)
            | What::Reported { .. }
            | What::Answered { .. }
            | What::Confirmed
            | What::Abandoned => return true,
        };
        self.roster.values().any(|it| it.lies_in(&unit) && reach.sees(it))
    }

    /// Whether a caller sees a branch of the roster.
    pub fn sees(&self, reach: &Reach, branch: &str) -> bool {
        self.roster.get(branch).is_some_and(|it| reach.sees(it))
    }

    /// What happened to a branch, and to the whole selection.
    pub fn events_of(&self, reach: &Reach, branch: &str) -> Vec<(&Event, Option<Stage>)> {
        let mut all = self.since(0);
        all.retain(|it| {
            self.branch_of(it.0).is_none_or(|it| it == branch) && self.tells(reach, it.0)
        });
        all
    }

    /// What happened after an event, each with the stage of its branch after it.
    pub fn since(&self, after: i64) -> Vec<(&Event, Option<Stage>)> {
        let mut state = State::default();
        let mut all = Vec::new();
        for event in &self.events {
            // They were folded once already.
            let _ = state.take(event);
            let stage = self.branch_of(event).and_then(|it| state.stage(it));
            all.push((event, stage));
        }
        all.retain(|it| it.0.number > after);
        all
    }

    /// The branch that an event is about; none: the whole selection.
    pub fn branch_of<'e>(&'e self, event: &'e Event) -> Option<&'e str> {
        match &event.what {
            What::Candidate { branch, .. } | What::Reported { branch, .. } => Some(branch),
            What::Answered { number, .. } => {
                let report = self.state.reports.iter().find(|it| it.number == *number);
                report.map(|it| it.branch.as_str())
            }
            What::Extended { .. }
            | What::Ranked { .. }
            | What::CandidatesOrdered(_)
            | What::StreetsOrdered { .. }
            | What::NoticePosted(_)
            | What::Confirmed
            | What::Abandoned => None,
        }
    }

    /// The steps in their order.
    pub fn steps(&self) -> Vec<StepView<'_>> {
        self.document.steps.iter().map(|rule| self.step(rule)).collect()
    }

    fn step<'s>(&'s self, rule: &'s StepRule) -> StepView<'s> {
        let own = rule.until.and_then(|it| it.of(self.year));
        let moved = self.state.extensions.iter().filter(|it| it.step == rule.kind);
        let mut of_units: Vec<(&UnitRef, Day)> = Vec::new();
        let mut until = own;
        for it in moved {
            match &it.unit {
                None => until = until.max(Some(it.until)),
                Some(unit) => match of_units.iter_mut().find(|at| at.0 == unit) {
                    Some(at) => at.1 = at.1.max(it.until),
                    None => of_units.push((unit, it.until)),
                },
            }
        }
        StepView { rule, until, of_units }
    }

    /// What stands between the selection and its next phase, as a caller may read it.
    pub fn next_phase(&self, reach: &Reach) -> Vec<Obstacle> {
        let found = match self.state.phase {
            Phase::Open => self.standing().before_notice(),
            Phase::Notice => self.standing().before_confirmation(),
            Phase::Confirmed | Phase::Abandoned => Vec::new(),
        };
        self.shown(reach, found)
    }

    /// What stands in the way, without what a caller does not see.
    fn shown(&self, reach: &Reach, found: Vec<Obstacle>) -> Vec<Obstacle> {
        let branch = |id: &str| self.sees(reach, id);
        let compound =
            |id: &str| self.roster.values().any(|it| it.compound == id && reach.sees(it));
        found.into_iter().map(|it| it.shown(branch, compound)).collect()
    }

    /// How many of a street's seats are taken, or of the county's.
    pub fn taken(&self, street: Option<&str>) -> usize {
        let counts = |(branch, it): &(&String, &Candidate)| match street {
            None => it.of_county,
            Some(street) => {
                it.of_street && self.roster.get(*branch).is_some_and(|it| it.street == street)
            }
        };
        self.state.candidates.iter().filter(counts).count()
    }
}
