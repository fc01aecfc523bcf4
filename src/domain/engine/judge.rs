//! One subject judged by itself: vetoes, score, the grade by points, and what it is ranked by.

use super::{
    note::{Listener, Silent},
    plan::Plan,
    predicate::Asked,
    tree::{GroupView, HeldDown, Walk},
    value::{EngineError, Value},
};
use crate::domain::{
    exact::{Decimal, Exact, ExactError},
    facts::{Facts, VetoRecord, touches},
    scheme::{Effect, Grade, KeyOf, NodeIndex, Rounding, Schedules, Veto, VetoCounts},
    time::Period,
};

/// How a subject takes part in ranking and seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has a score and a place.
    Ranked,
    /// Its root is incomplete.
    Incomplete,
    /// A veto excludes it: no score, no place.
    Excluded,
    /// A veto forces its grade: no place.
    Forced,
}

/// What one subject comes to before anything is settled between subjects.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) standing: Standing,
    /// The published score, rounded as the root is; nothing if there is none.
    pub(super) score: Option<Exact>,
    /// The score without vetoes.
    pub(super) before: Option<Exact>,
    /// The grade by points and vetoes, before seats.
    pub(super) grade: Option<usize>,
    /// The grades that the score, `when` and `unless` allow, as a set of positions.
    pub(super) qualifies: u64,
    /// The leaves that made the root incomplete, in the scheme's order.
    pub(super) missing: Vec<NodeIndex>,
    /// The items of the veto list in force, in its order.
    pub(super) vetoes: Vec<usize>,
    /// Whether a veto takes the awards.
    pub(super) no_awards: bool,
    /// The grades with seats that the score without vetoes reaches, and that a veto or `unless`
    /// bars it from, as a set of positions.
    pub(super) barred: u64,
}

/// Room for one subject's values, used again for the next.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// The values without vetoes.
    pub(super) before: Vec<Value>,
    /// The values as they stand.
    pub(super) values: Vec<Value>,
}

/// Whether this record counts for this item of the list.
pub(super) fn record_counts(veto: &Veto, record: &VetoRecord, period: Period) -> bool {
    if record.item != veto.id || !veto.may_raise(record.by.as_deref()) {
        return false;
    }
    let last = period.last_day();
    match veto.counts {
        VetoCounts::AnyDay => touches(record.from, record.until, period.first_day(), last),
        VetoCounts::AtEnd => touches(record.from, record.until, last, last),
    }
}

impl Plan {
    /// Judges one subject. The values stay in `scratch`.
    pub(super) fn judge<G: GroupView>(
        &self,
        (facts, schedules): (&Facts, &Schedules),
        period: Period,
        group: &G,
        scratch: &mut Scratch,
        listener: &mut impl Listener,
    ) -> Result<Judged, EngineError> {
        let vetoes = self.vetoes_in_force(facts, period);
        let held_down = self.held_down(&vetoes);
        let (before, held_none) = (None, &[][..]);
        let walk =
            Walk { plan: self, facts, schedules, period, group, before, held_down: held_none };
        if held_down.is_empty() {
            walk.run(&mut scratch.before, listener)?;
            scratch.values.clone_from(&scratch.before);
        } else {
            walk.run(&mut scratch.before, &mut Silent)?;
            let before = Some(scratch.before.as_slice());
            let walk = Walk { before, held_down: &held_down, ..walk };
            walk.run(&mut scratch.values, listener)?;
        }
        let judged = self.verdict(facts, period, &vetoes, scratch).and_then(|mut judged| {
            judged.barred = self.barred_from(facts, period, &judged, &scratch.before)?;
            Ok(judged)
        });
        judged.map_err(|why| EngineError::Exact {
            subject: facts.subject.clone(),
            path: "grades".to_owned(),
            why,
        })
    }

    fn vetoes_in_force(&self, facts: &Facts, period: Period) -> Vec<usize> {
        if facts.vetoes.is_empty() {
            return Vec::new();
        }
        let in_force = |veto: &Veto| facts.vetoes.iter().any(|it| record_counts(veto, it, period));
        let vetoes = self.scheme.vetoes.iter().enumerate();
        vetoes.filter(|(_, veto)| in_force(veto)).map(|(index, _)| index).collect()
    }

    fn held_down(&self, vetoes: &[usize]) -> Vec<HeldDown<'_>> {
        let mut held = Vec::new();
        for veto in vetoes.iter().filter_map(|it| self.scheme.vetoes.get(*it)) {
            for effect in &veto.then {
                if let Effect::Node { node, value } = effect {
                    held.push(HeldDown { node: *node, value: *value, item: &veto.id });
                }
            }
        }
        held
    }

    fn verdict(
        &self,
        facts: &Facts,
        period: Period,
        vetoes: &[usize],
        scratch: &Scratch,
    ) -> Result<Judged, ExactError> {
        let before = scratch.before.first().and_then(Value::known).cloned();
        let raw = scratch.values.first().and_then(Value::known);
        let effects = Effects::of(self, vetoes);
        let missing =
            if raw.is_none() { self.missing_leaves(facts, &scratch.values) } else { Vec::new() };
        let mut judged = Judged {
            standing: Standing::Ranked,
            score: None,
            before,
            grade: None,
            qualifies: 0,
            missing,
            vetoes: vetoes.to_vec(),
            no_awards: effects.no_awards,
            barred: 0,
        };
        let Some(raw) = raw else {
            judged.standing = match effects.forced {
                _ if effects.excluded => Standing::Excluded,
                Some(_) => Standing::Forced,
                None => Standing::Incomplete,
            };
            if judged.standing == Standing::Forced {
                judged.grade = effects.forced;
            }
            return Ok(judged);
        };
        if effects.excluded {
            judged.standing = Standing::Excluded;
            return Ok(judged);
        }
        let score = self.score_after(raw, &effects)?;
        judged.qualifies = self.qualifies(facts, period, &score, &scratch.values)?;
        let mut grade = first(judged.qualifies);
        if let (false, Some(before)) = (vetoes.is_empty(), &judged.before) {
            // A veto never raises anything of its subject: not past an `unless`, and not on the way
            // down from a grade without a seat.
            let without = self.qualifies(facts, period, before, &scratch.before)?;
            grade = grade.max(first(without));
            judged.qualifies &= without;
        }
        let last = self.scheme.grades.len().checked_sub(1);
        judged.grade = grade.zip(last).map(|(grade, last)| {
            let down = grade.saturating_add(effects.grades_down).min(last);
            let best = effects.grade_at_best.map_or(down, |it| down.max(it));
            effects.forced.map_or(best, |it| best.max(it))
        });
        if effects.forced.is_some() {
            judged.standing = Standing::Forced;
        }
        judged.score = Some(score);
        Ok(judged)
    }

    /// The score that vetoes leave.
    fn score_after(&self, raw: &Exact, effects: &Effects) -> Result<Exact, ExactError> {
        let mut score = raw.clone();
        let root = self.scheme.nodes.first();
        if effects.score_less.is_positive() {
            let mut less = score.minus(&effects.score_less)?;
            if let Some((least, _)) = root.and_then(|it| it.clamp) {
                less = less.max(Exact::from(least));
            }
            score = less.min(score);
        }
        if let Some(most) = effects.score_at_most {
            score = score.min(Exact::from(most));
        }
        let Rounding { to, mode } = self.root_rounding();
        score.rounded(to, mode)
    }

    /// How the score is rounded.
    pub(super) fn root_rounding(&self) -> Rounding {
        let round = self.scheme.nodes.first().and_then(|it| it.round);
        round.unwrap_or(Rounding { to: 2, mode: crate::domain::exact::RoundingMode::HalfUp })
    }

    /// The grades that score, `when` and `unless` allow, as a set of positions.
    fn qualifies(
        &self,
        facts: &Facts,
        period: Period,
        score: &Exact,
        values: &[Value],
    ) -> Result<u64, ExactError> {
        let nodes = &self.scheme.nodes;
        let asked = Asked { facts, period, nodes, values, grade: None, node: 0 };
        let mut set = 0_u64;
        for (index, grade) in self.scheme.grades.iter().enumerate().take(Grade::MAX) {
            let enough = grade.at_least.is_none_or(|it| *score >= Exact::from(it));
            let when = match &grade.when {
                Some(when) if enough => asked.holds(when, &mut Silent)?,
                _ => enough,
            };
            let allowed = match &grade.unless {
                Some(unless) if when => !asked.holds(unless, &mut Silent)?,
                _ => when,
            };
            if allowed {
                set |= bit(index);
            }
        }
        Ok(set)
    }

    /// The grades with seats above the one that it has which its score without vetoes reaches: what
    /// keeps it from them is a veto or an `unless`.
    fn barred_from(
        &self,
        facts: &Facts,
        period: Period,
        judged: &Judged,
        values: &[Value],
    ) -> Result<u64, ExactError> {
        let Some(score) = &judged.before else { return Ok(0) };
        let nodes = &self.scheme.nodes;
        let asked = Asked { facts, period, nodes, values, grade: None, node: 0 };
        let mut set = 0_u64;
        for (index, grade) in self.scheme.grades.iter().enumerate().take(Grade::MAX) {
            if judged.grade.is_some_and(|it| it <= index) {
                break;
            }
            let enough = grade.at_least.is_none_or(|it| *score >= Exact::from(it));
            if grade.seats.is_none() || !enough {
                continue;
            }
            if grade.when.as_ref().map_or(Ok(true), |it| asked.holds(it, &mut Silent))? {
                set |= bit(index);
            }
        }
        Ok(set)
    }

    /// The leaves whose lack made the root incomplete, in the scheme's order.
    fn missing_leaves(&self, facts: &Facts, values: &[Value]) -> Vec<NodeIndex> {
        let mut leaves = Vec::new();
        // With `whole`, a part that is out by its state: every leaf of it is named.
        let mut stack = vec![(0, false)];
        while let Some((index, whole)) = stack.pop() {
            let Some(node) = self.node(index) else { continue };
            let children = node.kind.children();
            let value = |it: &NodeIndex| values.get(*it);
            if children.is_empty() {
                if !matches!(value(&index), Some(Value::Known(_))) {
                    leaves.push(index);
                }
                continue;
            }
            let whole = whole || facts.states.get(&node.id).is_some_and(|it| it.kind.leaves_out());
            let incomplete = |it: &&NodeIndex| matches!(value(it), Some(Value::Incomplete));
            if !whole && children.iter().any(|it| incomplete(&it)) {
                stack.extend(children.iter().filter(incomplete).map(|it| (*it, false)));
            } else {
                // Every part was left out (or dropped): those that are out are what it lacks.
                let out = |it: &&NodeIndex| whole || matches!(value(it), Some(Value::LeftOut));
                stack.extend(children.iter().filter(out).map(|it| (*it, whole)));
            }
        }
        leaves.sort_unstable();
        leaves
    }

    /// What the subject is ranked by, key by key.
    pub(super) fn keys(
        &self,
        facts: &Facts,
        score: Option<&Exact>,
        values: &[Value],
    ) -> Box<[super::Key]> {
        let Some(ranking) = &self.scheme.ranking else { return Box::default() };
        let keys = ranking.by.iter().map(|key| {
            let value = match &key.of {
                KeyOf::Score => score.cloned(),
                KeyOf::Node(node) => values.get(*node).and_then(Value::known).cloned(),
                KeyOf::Metric(metric) => facts.metrics.get(metric).map(|it| Exact::from(*it)),
            };
            super::Key::of(value)
        });
        keys.collect()
    }
}

/// The first position of a set, if it has one.
pub(super) fn first(set: u64) -> Option<usize> {
    (set != 0).then(|| usize::try_from(set.trailing_zeros()).unwrap_or(0))
}

/// The set of one position.
pub(super) fn bit(index: usize) -> u64 {
    u32::try_from(index).ok().and_then(|it| 1_u64.checked_shl(it)).unwrap_or(0)
}

/// All effects of the vetoes in force, gathered.
#[derive(Debug, Default)]
struct Effects {
    excluded: bool,
    no_awards: bool,
    score_less: Exact,
    score_at_most: Option<Decimal>,
    grades_down: usize,
    grade_at_best: Option<usize>,
    forced: Option<usize>,
}

impl Effects {
    fn of(plan: &Plan, vetoes: &[usize]) -> Self {
        let mut all = Self::default();
        let vetoes = vetoes.iter().filter_map(|it| plan.scheme.vetoes.get(*it));
        for effect in vetoes.flat_map(|it| it.then.iter()) {
            match effect {
                Effect::Excluded => all.excluded = true,
                Effect::NoAwards => all.no_awards = true,
                Effect::Grade(grade) => all.forced = all.forced.max(Some(*grade)),
                Effect::GradeAtBest(grade) => {
                    all.grade_at_best = all.grade_at_best.max(Some(*grade));
                }
                Effect::GradesDown(count) => {
                    all.grades_down = all.grades_down.saturating_add(*count);
                }
                Effect::ScoreAtMost(most) => {
                    let least = all.score_at_most.map_or(*most, |it| it.min(*most));
                    all.score_at_most = Some(least);
                }
                Effect::ScoreLess(less) => {
                    let sum = all.score_less.plus(&Exact::from(*less));
                    all.score_less = sum.unwrap_or_else(|_| all.score_less.clone());
                }
                Effect::Node { .. } => (),
            }
        }
        all
    }
}
