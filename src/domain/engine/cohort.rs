//! A cohort: all subjects of one evaluation, met one at a time and never held as a whole. What is
//! kept of each is what ranking and seats need.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Key,
    judge::{Judged, Scratch, Standing},
    note::Silent,
    plan::Plan,
    tree::{GroupView, Walk},
    value::{EngineError, Value},
};
use crate::domain::{
    exact::Exact,
    facts::{Facts, FactsFault},
    scheme::{CompareWith, Schedules},
    time::Period,
};

/// One subject's value of a node that others are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measurement {
    /// Which of the plan's relative nodes asks for it.
    pub relative: usize,
    /// The group that the subject belongs to.
    pub group: Arc<str>,
    /// The exact value, before vetoes.
    pub value: Exact,
}

/// What is kept of one subject until the cohort is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The subject.
    pub subject: Box<str>,
    /// Its groups, as the plan names them, in the plan's order.
    pub groups: Box<[Arc<str>]>,
    /// How it takes part.
    pub standing: Standing,
    /// The grade by points and vetoes, as a position from the top.
    pub grade: Option<u8>,
    /// The grades it qualifies for, as a set of positions.
    pub qualifies: u64,
    /// What it is ranked by.
    pub keys: Box<[Key]>,
    /// That it is barred from grades with seats which its score reaches; none where it is not.
    pub barred: Option<Box<Barred>>,
}

/// A subject that a veto or an `unless` bars from grades with seats, though its score without vetoes
/// reaches them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barred {
    /// The grades, as a set of positions.
    pub grades: u64,
    /// What it would be ranked by without vetoes.
    pub keys: Box<[Key]>,
}

/// The values of one relative node's target in one group, ascending once the level is closed.
#[derive(Debug, Clone, Default)]
struct GroupValues {
    values: Vec<Exact>,
    mean: Option<Exact>,
}

/// The groups' values that `compared` and `placed` nodes look at.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    by_relative: Vec<BTreeMap<Arc<str>, GroupValues>>,
    group_names: Vec<String>,
    closed: usize,
    levels: Vec<usize>,
}

impl Groups {
    /// No value gathered yet.
    pub fn new(plan: &Plan) -> Self {
        let name = |group: usize| plan.groups.get(group).cloned().unwrap_or_default();
        Self {
            by_relative: vec![BTreeMap::new(); plan.relatives.len()],
            group_names: plan.relatives.iter().map(|it| name(it.group)).collect(),
            closed: 0,
            levels: plan.relatives.iter().map(|it| it.level).collect(),
        }
    }

    /// Takes one subject's measurement.
    pub fn take(&mut self, measurement: Measurement) {
        let Measurement { relative, group, value } = measurement;
        if let Some(groups) = self.by_relative.get_mut(relative) {
            groups.entry(group).or_default().values.push(value);
        }
    }

    /// Ends a measuring pass: what it gathered may be looked at.
    pub fn close_level(&mut self) -> Result<(), EngineError> {
        for (groups, level) in self.by_relative.iter_mut().zip(&self.levels) {
            if *level != self.closed {
                continue;
            }
            for (group, values) in groups.iter_mut() {
                values.values.sort_unstable();
                let mean = i128::try_from(values.values.len())
                    .map_err(|_| crate::domain::exact::ExactError::Overflow)
                    .and_then(|count| Exact::sum(&values.values)?.over(&Exact::whole(count)));
                values.mean = Some(mean.map_err(|why| EngineError::Exact {
                    subject: group.to_string(),
                    path: "compared".to_owned(),
                    why,
                })?);
            }
        }
        self.closed = self.closed.saturating_add(1);
        Ok(())
    }

    fn values(&self, relative: usize, facts: &Facts) -> Option<&GroupValues> {
        let name = self.group_names.get(relative)?;
        let known = *self.levels.get(relative)? < self.closed;
        let group = facts.groups.get(name).filter(|_| known)?;
        self.by_relative.get(relative)?.get(group.as_str())
    }
}

impl GroupView for Groups {
    fn measure(&self, relative: usize, facts: &Facts, with: CompareWith) -> Option<Exact> {
        let group = self.values(relative, facts)?;
        match with {
            CompareWith::Best => group.values.last().cloned(),
            CompareWith::Mean => group.mean.clone(),
        }
    }

    fn greater(
        &self,
        relative: usize,
        facts: &Facts,
        own: &Exact,
        before: Option<&Exact>,
    ) -> Option<u64> {
        let group = self.values(relative, facts)?;
        let not_greater = group.values.partition_point(|it| it <= own);
        let itself = usize::from(before.is_some_and(|it| it > own));
        let greater = group.values.len().checked_sub(not_greater)?.checked_sub(itself)?;
        u64::try_from(greater).ok()
    }
}

/// Evaluates subjects of one scheme and period, one at a time, with room that is used again.
#[derive(Debug)]
pub struct Evaluator {
    pub(super) plan: Arc<Plan>,
    pub(super) period: Period,
    pub(super) scratch: Scratch,
    pub(super) schedules: Arc<Schedules>,
    names: BTreeSet<Arc<str>>,
}

impl Evaluator {
    /// For a plan and a period.
    pub fn new(plan: Arc<Plan>, period: Period) -> Self {
        let (scratch, schedules) = (Scratch::default(), Arc::default());
        Self { plan, period, scratch, schedules, names: BTreeSet::new() }
    }

    /// The same, with the point schedules that `scheduled` nodes go by.
    #[must_use]
    pub fn with_schedules(mut self, schedules: Arc<Schedules>) -> Self {
        self.schedules = schedules;
        self
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The period.
    pub fn period(&self) -> Period {
        self.period
    }

    /// Refuses facts that cannot be evaluated, with every fault.
    pub fn check(&self, facts: &Facts, line: u64) -> Vec<FactsFault> {
        super::admit::faults(&self.plan, facts, &self.schedules, (self.period, line))
    }

    /// What was left out though it was given: a person should look.
    pub fn warnings(&self, facts: &Facts, line: u64) -> Vec<FactsFault> {
        super::admit::warnings(&self.plan, facts, &self.schedules, (self.period, line))
    }

    /// One measuring pass over one subject: its values that others are compared with.
    pub fn measure(
        &mut self,
        level: usize,
        facts: &Facts,
        groups: &Groups,
    ) -> Result<Vec<Measurement>, EngineError> {
        let plan = Arc::clone(&self.plan);
        let (period, held_down) = (self.period, &[][..]);
        let schedules = &*self.schedules;
        let walk =
            Walk { plan: &plan, facts, schedules, period, group: groups, before: None, held_down };
        walk.run(&mut self.scratch.before, &mut Silent)?;
        let mut measurements = Vec::new();
        for (relative, asked) in plan.relatives.iter().enumerate() {
            let value = self.scratch.before.get(asked.target).and_then(Value::known);
            if let (true, Some(value)) = (asked.level == level, value) {
                let value = value.clone();
                let name = plan.groups.get(asked.group).and_then(|it| facts.groups.get(it));
                let group = self.name(name.map_or("", String::as_str));
                measurements.push(Measurement { relative, group, value });
            }
        }
        Ok(measurements)
    }

    /// Judges one subject, and keeps what ranking and seats need.
    pub fn candidate(&mut self, facts: &Facts, groups: &Groups) -> Result<Candidate, EngineError> {
        let plan = Arc::clone(&self.plan);
        let given = (facts, &*self.schedules);
        let judged = plan.judge(given, self.period, groups, &mut self.scratch, &mut Silent)?;
        Ok(self.candidate_of(facts, &judged))
    }

    pub(super) fn candidate_of(&mut self, facts: &Facts, judged: &Judged) -> Candidate {
        let plan = Arc::clone(&self.plan);
        let names = plan.groups.iter().map(|it| facts.groups.get(it).map_or("", String::as_str));
        Candidate {
            subject: facts.subject.as_str().into(),
            groups: names.map(|it| self.name(it)).collect(),
            standing: judged.standing,
            grade: judged.grade.and_then(|it| u8::try_from(it).ok()),
            qualifies: judged.qualifies,
            keys: plan.keys(facts, judged.score.as_ref(), &self.scratch.values),
            barred: (judged.barred != 0).then(|| {
                let keys = plan.keys(facts, judged.before.as_ref(), &self.scratch.before);
                Box::new(Barred { grades: judged.barred, keys })
            }),
        }
    }

    /// One shared copy of a group's name.
    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name));
        name
    }
}
