//! What stands in the way of each step. Everything is looked at, and all of it is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    slice,
};

use super::{
    Action, Candidate, Contender, Evidence, Form, Merit, Obstacle, Phase, QuotaTable, RosterBranch,
    SelectionDocument, Stage, State, StepKind, choice,
};
use crate::domain::time::{Day, Period};

/// A selection as it stands on a day.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Its rules.
    pub document: &'a SelectionDocument,
    /// Its year.
    pub year: Period,
    /// The branches that were counted, by id.
    pub roster: &'a BTreeMap<String, RosterBranch>,
    /// What has happened.
    pub state: &'a State,
    /// How many each street may recommend.
    pub quota: &'a QuotaTable,
    /// How compounds came out by the criteria; none: no results were taken.
    pub merits: Option<&'a BTreeMap<String, Merit>>,
    /// Items of the document's veto list that are in force today, by compound.
    pub vetoed: &'a BTreeMap<String, Vec<String>>,
    /// Today.
    pub today: Day,
}

/// One candidate for whom a step is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The branch.
    pub branch: &'a str,
    /// The papers.
    pub evidence: &'a [Evidence],
    /// Whether a reason was given.
    pub explained: bool,
}

/// What stands in the way of each, in the order asked; empty where nothing does.
pub type Obstacles = Vec<Vec<Obstacle>>;

impl<'a> Standing<'a> {
    /// What stands in the way of an action of `by` on candidates, all of them together.
    pub fn obstacles(&self, action: Action, asked: &[Asked<'_>], by: &str) -> Obstacles {
        let mut all: Obstacles = asked.iter().map(|it| self.of_one(action, it, by)).collect();
        // Who cannot take the step at all is not compared with others.
        let able: BTreeSet<&str> =
            asked.iter().zip(&all).filter(|it| it.1.is_empty()).map(|it| it.0.branch).collect();
        match action {
            Action::Apply => self.of_compounds(asked, &able, &mut all),
            Action::Recommend => self.of_streets(asked, &able, &mut all),
            Action::Examine => self.of_county(asked, &able, &mut all),
            Action::Withdraw
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
        all
    }

    /// What stands in the way of the next step of a candidate, were it taken now; with the step's
    /// action. None where nothing follows.
    pub fn next(&self, branch: &str) -> Option<(Action, Vec<Obstacle>)> {
        let stage = self.state.stage(branch)?;
        let action = next_action(stage)?;
        // What is handed in with the step is not there before it, and is taken to be.
        let forms = action.step().and_then(|it| self.document.step(it)).map(|it| &it.forms);
        let paper = |it: &Form| Evidence { form: it.id.clone(), reference: String::new() };
        let evidence: Vec<Evidence> = forms.into_iter().flatten().map(paper).collect();
        let asked = [Asked { branch, evidence: &evidence, explained: true }];
        let mut found = self.obstacles(action, &asked, "").pop().unwrap_or_default();
        // These are of the whole list, and tell what the candidate's own would once more.
        if action == Action::Notice {
            found = self.before_notice();
        } else if action == Action::Confirm {
            found = self.before_confirmation();
        }
        Some((action, found))
    }

    /// What stands in the way of the notice (F7, F8).
    pub fn before_notice(&self) -> Vec<Obstacle> {
        if self.state.phase != Phase::Open {
            return vec![Obstacle::Closed(self.state.phase)];
        }
        let mut found = Vec::new();
        let pending = |it: &Candidate| {
            matches!(it.stage, Stage::Recommended | Stage::Examined | Stage::Consulted)
        };
        let mut pending = self.branches(pending);
        pending.extend(self.waiting());
        pending.sort_unstable();
        if !pending.is_empty() {
            found.push(Obstacle::CandidatesPending(pending));
        }
        let approved = self.branches(|it| it.stage == Stage::Approved);
        if approved.is_empty() {
            found.push(Obstacle::NobodyApproved);
        }
        found.extend(self.vetoes_of(&approved));
        found
    }

    /// What stands in the way of the confirmation (F8, F9).
    pub fn before_confirmation(&self) -> Vec<Obstacle> {
        if matches!(self.state.phase, Phase::Confirmed | Phase::Abandoned) {
            return vec![Obstacle::Closed(self.state.phase)];
        }
        let Some(notice) = &self.state.notice else { return vec![Obstacle::NoticeMissing] };
        let mut found = Vec::new();
        // The last day is over with its last microsecond.
        if self.today <= notice.ends_on {
            found.push(Obstacle::NoticeRunning(notice.ends_on));
        }
        let open: Vec<u32> = self.state.open_reports().map(|it| it.number).collect();
        if !open.is_empty() {
            found.push(Obstacle::ReportOpen(open));
        }
        found.extend(self.vetoes_of(&self.branches(|it| it.stage == Stage::Noticed)));
        found
    }

    /// Whether no cap is exceeded: asserted before anything is kept.
    pub fn within_caps(&self) -> bool {
        let over = |street: &str| count(self.taken_in(street)) > self.quota.seats(street);
        let county = count(self.taken(|it| it.of_county).len()) <= self.quota.county();
        county && !self.quota.rows.iter().any(|it| over(&it.0))
    }

    fn branches(&self, which: impl Fn(&Candidate) -> bool) -> Vec<String> {
        let all = self.state.candidates.iter().filter(|it| which(it.1));
        all.map(|it| it.0.clone()).collect()
    }

    pub(super) fn taken(&self, which: impl Fn(&Candidate) -> bool) -> Vec<&'a str> {
        let all = self.state.candidates.iter().filter(|it| which(it.1));
        all.map(|it| it.0.as_str()).collect()
    }

    fn vetoes_of(&self, branches: &[String]) -> Option<Obstacle> {
        let compound = |it: &String| self.roster.get(it).map(|it| it.compound.as_str());
        let items = branches.iter().filter_map(compound).filter_map(|it| {
            let items = self.vetoed.get(it)?;
            Some(items.iter().map(move |item| format!("{it} {item}")))
        });
        let items: Vec<String> = items.flatten().collect();
        (!items.is_empty()).then_some(Obstacle::Vetoed(items))
    }

    fn of_one(&self, action: Action, asked: &Asked<'_>, by: &str) -> Vec<Obstacle> {
        let Some(branch) = self.roster.get(asked.branch) else {
            return vec![Obstacle::NotOnRoster];
        };
        let phase = self.state.phase;
        if !phase.allows(action) {
            let seats = matches!(phase, Phase::Notice | Phase::Confirmed)
                && matches!(
                    action,
                    Action::Apply
                        | Action::Pass
                        | Action::Recommend
                        | Action::Examine
                        | Action::Approve
                );
            return vec![if seats { Obstacle::NoRefill } else { Obstacle::Closed(phase) }];
        }
        let mut found = Vec::new();
        let candidate = self.state.candidates.get(asked.branch);
        match candidate.map(|it| it.stage) {
            None if action != Action::Apply => return vec![Obstacle::NotApplied],
            Some(stage) if stage.after(action).is_none() => {
                return vec![Obstacle::StepOutOfOrder(stage, action)];
            }
            None | Some(_) => (),
        }
        if action == Action::Apply
            && let Some(other) = self.of_same_compound(branch)
        {
            found.push(Obstacle::CompoundApplied(other));
        }
        if let Some(step) = action.step() {
            found.extend(self.late(step, branch));
            found.extend(self.missing_forms((step, action), asked.evidence));
            found.extend(candidate.and_then(|it| same_hands(it, step, by)));
        }
        if action.advances() {
            let items = self.vetoed.get(&branch.compound).filter(|it| !it.is_empty());
            found.extend(items.map(|it| Obstacle::Vetoed(it.clone())));
        }
        if matches!(action, Action::Recommend | Action::Examine | Action::Approve) {
            found.extend(self.criteria(branch));
        }
        found
    }

    fn of_same_compound(&self, branch: &RosterBranch) -> Option<String> {
        let same = |it: &&String| {
            **it != branch.branch
                && self.roster.get(*it).is_some_and(|it| it.compound == branch.compound)
                && !matches!(self.state.stage(it), None | Some(Stage::Withdrawn | Stage::Refused))
        };
        self.state.candidates.keys().find(same).cloned()
    }

    pub(super) fn late(&self, step: StepKind, branch: &RosterBranch) -> Option<Obstacle> {
        let until = self.state.until(self.document, (self.year, step), branch)?;
        (self.today > until).then_some(Obstacle::DeadlinePassed(step, until))
    }

    /// Forms are asked for with what leads on; a street's, with its recommendation.
    fn missing_forms(
        &self,
        (step, action): (StepKind, Action),
        given: &[Evidence],
    ) -> Vec<Obstacle> {
        if !action.advances() || action == Action::Review {
            return Vec::new();
        }
        let rule = self.document.step(step);
        let forms = rule.iter().flat_map(|it| &it.forms);
        let missing = forms.filter(|form| !given.iter().any(|it| it.form == form.id));
        missing.map(|it| Obstacle::FormMissing(it.id.clone(), it.title.clone())).collect()
    }

    pub(super) fn merit(&self, branch: &str) -> Option<&'a Merit> {
        let compound = &self.roster.get(branch)?.compound;
        self.merits?.get(compound)
    }

    fn criteria(&self, branch: &RosterBranch) -> Option<Obstacle> {
        if self.merits.is_none() {
            return Some(Obstacle::RankingMissing);
        }
        match self.merit(&branch.branch) {
            None => Some(Obstacle::CriteriaNotMet("absent", None)),
            Some(it) if !it.meets || it.place.is_none() => {
                Some(Obstacle::CriteriaNotMet(it.status, it.grade.clone()))
            }
            Some(_) => None,
        }
    }

    pub(super) fn taken_in(&self, street: &str) -> usize {
        let here = |it: &&str| self.roster.get(*it).is_some_and(|at| at.street == street);
        self.taken(|it| it.of_street).into_iter().filter(here).count()
    }

    /// The candidates of one street who are equal at that candidate's place (F11).
    pub fn equal_to(&self, branch: &str, street: Option<&str>) -> Vec<String> {
        let all = self.contenders(street);
        let Some(place) = all.iter().find(|it| it.branch == branch).map(|it| it.place) else {
            return Vec::new();
        };
        all.iter().filter(|it| it.place == place).map(|it| it.branch.to_owned()).collect()
    }

    /// Branches of one compound that apply together.
    fn of_compounds(&self, asked: &[Asked<'_>], able: &BTreeSet<&str>, all: &mut Obstacles) {
        let compound = |branch: &str| self.roster.get(branch).map(|it| it.compound.as_str());
        for (one, found) in asked.iter().zip(all).filter(|it| able.contains(it.0.branch)) {
            let own = compound(one.branch);
            let twins = able.iter().filter(|it| **it != one.branch && compound(it) == own);
            found.extend(twins.map(|it| Obstacle::CompoundApplied((*it).to_owned())));
        }
    }

    fn of_streets(&self, asked: &[Asked<'_>], able: &BTreeSet<&str>, all: &mut Obstacles) {
        for (street, row) in &self.quota.rows {
            if !asked
                .iter()
                .any(|it| self.roster.get(it.branch).is_some_and(|it| it.street == *street))
            {
                continue;
            }
            let here =
                |branch: &str| self.roster.get(branch).is_some_and(|it| it.street == *street);
            let taken = self.taken(|it| it.of_street).into_iter().filter(|it| here(it)).count();
            let wanted = asked.iter().filter(|it| able.contains(it.branch) && here(it.branch));
            let (seats, taken, wanted) = (row.seats, count(taken), count(wanted.count()));
            let over = taken.saturating_add(wanted) > seats;
            let pool = self.contenders(Some(street));
            self.compared((&pool, Some(street)), asked, able, all);
            if over {
                let obstacle = Obstacle::QuotaExceeded {
                    street: Some(street.clone()),
                    seats,
                    taken,
                    asked: wanted,
                };
                let both = asked.iter().zip(all.iter_mut());
                both.filter(|it| able.contains(it.0.branch) && here(it.0.branch))
                    .for_each(|it| it.1.push(obstacle.clone()));
            }
        }
    }

    /// The county's cap over all, and its order where the cap leaves somebody out.
    fn of_county(&self, asked: &[Asked<'_>], able: &BTreeSet<&str>, all: &mut Obstacles) {
        let (seats, taken) = (self.quota.county(), count(self.taken(|it| it.of_county).len()));
        let wanted = count(able.len());
        let pool = self.contenders(None);
        self.compared((&pool, None), asked, able, all);
        // Where the streets have more seats than the county, a later one that is no worse is not cut
        // off by an earlier.
        let waiting = if seats < self.quota.all { self.waiting() } else { Vec::new() };
        let place = |branch: &str| self.merit(branch).and_then(|it| it.place);
        for (one, found) in asked.iter().zip(all.iter_mut()) {
            let own = place(one.branch);
            let mut before = waiting.clone();
            before.retain(|it| place(it).is_some_and(|it| Some(it) <= own));
            if able.contains(one.branch) && !before.is_empty() {
                found.push(Obstacle::CandidatesPending(before));
            }
        }
        if taken.saturating_add(wanted) > seats {
            let obstacle = Obstacle::QuotaExceeded { street: None, seats, taken, asked: wanted };
            let both = asked.iter().zip(all.iter_mut());
            both.filter(|it| able.contains(it.0.branch)).for_each(|it| it.1.push(obstacle.clone()));
        }
    }

    /// Whether everybody of the county who is not after that one has a seat besides it: then no
    /// order binds it, whoever else comes after them.
    fn all_fit(&self, own: &Contender<'_>, pool: &[Contender<'_>]) -> bool {
        let taken = self.taken(|it| it.of_county).len();
        let until = pool.iter().filter(|it| it.place <= own.place).count();
        count(taken.saturating_add(until)) <= self.quota.county()
    }

    fn compared(
        &self,
        (pool, street): (&[Contender<'_>], Option<&str>),
        asked: &[Asked<'_>],
        able: &BTreeSet<&str>,
        all: &mut Obstacles,
    ) {
        let chosen = |it: &&Contender<'_>| able.contains(it.branch);
        // Who is asked for too is not left, even where something else is in its way.
        let named: BTreeSet<&str> = asked.iter().map(|it| it.branch).collect();
        let left: Vec<_> = pool.iter().filter(|it| !named.contains(it.branch)).cloned().collect();
        for (one, found) in asked.iter().zip(all.iter_mut()) {
            let Some(own) = pool.iter().find(|it| it.branch == one.branch && chosen(it)) else {
                continue;
            };
            if street.is_none() && self.all_fit(own, pool) {
                continue;
            }
            let mut choice = choice(slice::from_ref(own), &left, &self.state.ties, street);
            let (tied, passed) = (choice.tied.pop(), choice.passed_over.pop());
            let tied = tied.unwrap_or_default();
            if !tied.is_empty() {
                found.push(Obstacle::TieOpen(tied));
            }
            let passed = passed.unwrap_or_default();
            if !passed.is_empty() && !one.explained {
                found.push(Obstacle::PassedOverUnexplained(passed));
            }
        }
    }

    /// Who stands before each of those that a street recommends, or the county passes, and is left.
    pub fn passed_over(&self, action: Action, asked: &[Asked<'_>]) -> Vec<Vec<String>> {
        let chosen: BTreeSet<&str> = asked.iter().map(|it| it.branch).collect();
        let of = |one: &Asked<'_>| {
            let street = self.roster.get(one.branch).map(|it| it.street.as_str());
            let street = match action {
                Action::Recommend => street,
                Action::Examine => None,
                Action::Apply
                | Action::Withdraw
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
                | Action::Cancel => return Vec::new(),
            };
            let pool = self.contenders(street);
            let Some(own) = pool.iter().find(|it| it.branch == one.branch) else {
                return Vec::new();
            };
            if street.is_none() && self.all_fit(own, &pool) {
                return Vec::new();
            }
            let left: Vec<_> =
                pool.iter().filter(|it| !chosen.contains(it.branch)).cloned().collect();
            let mut choice = choice(slice::from_ref(own), &left, &self.state.ties, street);
            choice.passed_over.pop().unwrap_or_default()
        };
        asked.iter().map(of).collect()
    }
}

/// What comes next for a candidate of a stage; none: nothing does.
pub const fn next_action(stage: Stage) -> Option<Action> {
    match stage {
        Stage::Returned => Some(Action::Apply),
        Stage::Applied => Some(Action::Pass),
        Stage::Passed => Some(Action::Review),
        Stage::Reviewed => Some(Action::Recommend),
        Stage::Recommended => Some(Action::Examine),
        Stage::Examined => Some(Action::Consult),
        Stage::Consulted => Some(Action::Approve),
        Stage::Approved => Some(Action::Notice),
        Stage::Noticed => Some(Action::Confirm),
        Stage::Refused
        | Stage::Declined
        | Stage::Rejected
        | Stage::Confirmed
        | Stage::Cancelled
        | Stage::Withdrawn => None,
    }
}

/// Steps that are one another's check: nobody takes two of them on one candidate. Asking the standing
/// committee's members is an errand, and checks nobody.
fn same_hands(candidate: &Candidate, step: StepKind, by: &str) -> Option<Obstacle> {
    let checks = |it: StepKind| it != StepKind::Consultation;
    let mut other = candidate.acted.iter().filter(|it| *it.0 != step && checks(*it.0));
    let had = other.find(|it| it.1.contains(by))?;
    checks(step).then_some(Obstacle::SameHands(*had.0))
}

pub(super) fn count(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}
