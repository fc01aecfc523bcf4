//! One subject's whole result: status, score, grade, places, awards, reasons, and why.

use std::collections::BTreeMap;

use super::{
    Settlement, Standing,
    cohort::{Evaluator, Groups},
    judge::{Judged, record_counts},
    note::{Listener, Note, Notes, Silent},
    predicate::Asked,
    value::{EngineError, Value},
};
use crate::domain::{
    exact::{Exact, Money},
    facts::{Facts, StateKind, VetoRecord},
    scheme::AwardTo,
    time::Period,
};

/// What a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It stands.
    Final,
    /// Something is missing that the scheme does not replace.
    Incomplete,
    /// A veto excludes the subject.
    Excluded,
    /// It is equal to others at a line, and nobody has decided.
    TieOpen,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Final, Self::Incomplete, Self::Excluded, Self::TieOpen];

    /// The word of the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Incomplete => "incomplete",
            Self::Excluded => "excluded",
            Self::TieOpen => "tie_open",
        }
    }

    /// The status of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// What a standing and a settlement come to.
    pub fn of(standing: Standing, settlement: &Settlement) -> Self {
        match standing {
            Standing::Incomplete => Self::Incomplete,
            Standing::Excluded => Self::Excluded,
            Standing::Ranked if settlement.tie.is_some() => Self::TieOpen,
            Standing::Ranked | Standing::Forced => Self::Final,
        }
    }
}

/// Why a result is as it is. In the order: missing, vetoes, ties, seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// This leaf is missing, and the root with it.
    Missing {
        /// The leaf's id.
        node: String,
        /// The state that facts gave for it.
        state: Option<StateKind>,
        /// The reason recorded with the state.
        reason: Option<String>,
    },
    /// This item of the veto list is in force.
    Veto {
        /// The item.
        item: String,
        /// Every record of it that is in force.
        records: Vec<VetoRecord>,
    },
    /// Equal to others at the line of this grade.
    TieOpen {
        /// The grade.
        grade: String,
    },
    /// No seat of this grade was left.
    SeatsExhausted {
        /// The grade.
        grade: String,
    },
}

impl Reason {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Veto { .. } => "veto",
            Self::TieOpen { .. } => "tie_open",
            Self::SeatsExhausted { .. } => "seats_exhausted",
        }
    }
}

/// One award that follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awarded {
    /// The award's id.
    pub id: String,
    /// How much.
    pub amount: Money,
    /// Who gets it.
    pub to: AwardTo,
}

/// One node as it came out, with what happened there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The node's position in the scheme.
    pub node: usize,
    /// What it came to.
    pub value: Value,
    /// What happened, in order.
    pub notes: Vec<Note>,
}

/// One subject's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectResult {
    /// The subject.
    pub subject: String,
    /// The period.
    pub period: Period,
    /// What it is.
    pub status: Status,
    /// The published score.
    pub score: Option<Exact>,
    /// The score without vetoes.
    pub score_before_vetoes: Option<Exact>,
    /// The grade's id.
    pub grade: Option<String>,
    /// Whether it holds one of the limited seats of its grade.
    pub seated: bool,
    /// Places by group.
    pub ranks: BTreeMap<String, u32>,
    /// Awards, in the scheme's order.
    pub awards: Vec<Awarded>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The nodes, in the scheme's order; empty where no explanation was asked for.
    pub nodes: Vec<Explained>,
}

impl Evaluator {
    /// The whole result of one subject of a settled cohort, with its explanation.
    pub fn explain(
        &mut self,
        facts: &Facts,
        groups: &Groups,
        settlement: &Settlement,
    ) -> Result<SubjectResult, EngineError> {
        let mut notes = Notes(vec![Vec::new(); self.plan.scheme.nodes.len()]);
        let mut result = self.with_listener(facts, groups, settlement, &mut notes)?;
        let nodes = self.scratch.values.iter().cloned().zip(notes.0).enumerate();
        result.nodes =
            nodes.map(|(node, (value, notes))| Explained { node, value, notes }).collect();
        Ok(result)
    }

    /// The whole result of one subject of a settled cohort, without the explanation.
    pub fn result(
        &mut self,
        facts: &Facts,
        groups: &Groups,
        settlement: &Settlement,
    ) -> Result<SubjectResult, EngineError> {
        self.with_listener(facts, groups, settlement, &mut Silent)
    }

    fn with_listener(
        &mut self,
        facts: &Facts,
        groups: &Groups,
        settlement: &Settlement,
        listener: &mut impl Listener,
    ) -> Result<SubjectResult, EngineError> {
        let plan = std::sync::Arc::clone(&self.plan);
        let judged = plan.judge(facts, self.period, groups, &mut self.scratch, listener)?;
        let scheme = plan.scheme();
        let grade_id = |it: u8| scheme.grades.get(usize::from(it)).map(|it| it.id.clone());
        let status = Status::of(judged.standing, settlement);
        let within = scheme.ranking.iter().flat_map(|it| it.within.iter().cloned());
        let ranks = within.zip(settlement.ranks.iter().copied()).filter(|(_, place)| *place > 0);
        let awards = if status == Status::Final {
            self.awards(facts, &judged, settlement)?
        } else {
            Vec::new()
        };
        Ok(SubjectResult {
            subject: facts.subject.clone(),
            period: self.period,
            status,
            score: judged.score.clone(),
            score_before_vetoes: judged.before.clone(),
            grade: settlement.grade.and_then(grade_id),
            seated: settlement.seated,
            ranks: ranks.collect(),
            awards,
            reasons: self.reasons(facts, &judged, settlement),
            nodes: Vec::new(),
        })
    }

    fn awards(
        &self,
        facts: &Facts,
        judged: &Judged,
        settlement: &Settlement,
    ) -> Result<Vec<Awarded>, EngineError> {
        let mut awards = Vec::new();
        if judged.no_awards {
            return Ok(awards);
        }
        let grade = settlement.grade.map(usize::from);
        let values = &self.scratch.values;
        let asked = Asked { facts, period: self.period, values, grade, node: 0 };
        for award in &self.plan.scheme.awards {
            let holds = match &award.when {
                None => true,
                Some(when) => {
                    asked.holds(when, &mut Silent).map_err(|why| EngineError::Exact {
                        subject: facts.subject.clone(),
                        path: format!("awards/{}", award.id),
                        why,
                    })?
                }
            };
            if holds {
                awards.push(Awarded { id: award.id.clone(), amount: award.amount, to: award.to });
            }
        }
        Ok(awards)
    }

    fn reasons(&self, facts: &Facts, judged: &Judged, settlement: &Settlement) -> Vec<Reason> {
        let scheme = &self.plan.scheme;
        let mut reasons = Vec::new();
        for node in judged.missing.iter().filter_map(|it| scheme.nodes.get(*it)) {
            let state = facts.states.get(&node.id);
            reasons.push(Reason::Missing {
                node: node.id.clone(),
                state: state.map(|it| it.kind),
                reason: state.and_then(|it| it.reason.clone()),
            });
        }
        for veto in judged.vetoes.iter().filter_map(|it| scheme.vetoes.get(*it)) {
            let records = facts.vetoes.iter().filter(|it| record_counts(veto, it, self.period));
            let records = records.cloned().collect();
            reasons.push(Reason::Veto { item: veto.id.clone(), records });
        }
        let grade = |it: &u8| scheme.grades.get(usize::from(*it)).map(|it| it.id.clone());
        let tie = settlement.tie.as_ref().and_then(grade);
        reasons.extend(tie.map(|grade| Reason::TieOpen { grade }));
        let exhausted = settlement.exhausted.iter().filter_map(grade);
        reasons.extend(exhausted.map(|grade| Reason::SeatsExhausted { grade }));
        reasons
    }
}
