//! Whether a predicate holds for a subject. About something missing it is false.

use super::{
    measured::ratio,
    note::{Listener, Note},
    roll_up,
    value::Value,
};
use crate::domain::{
    exact::{Exact, ExactError},
    facts::{Facts, touches},
    scheme::{Comparison, Node, Predicate, ResultsWith, Test},
    time::Period,
};

/// What a predicate can ask about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) facts: &'a Facts,
    pub(super) period: Period,
    /// The nodes of the scheme.
    pub(super) nodes: &'a [Node],
    /// The nodes' values.
    pub(super) values: &'a [Value],
    /// The grade, where it is settled.
    pub(super) grade: Option<usize>,
    /// The node that asks, for the explanation.
    pub(super) node: usize,
}

impl Test {
    /// Whether a value passes.
    pub(super) fn passes(&self, value: &Exact) -> bool {
        let limit = Exact::from(self.limit);
        match self.comparison {
            Comparison::AtLeast => *value >= limit,
            Comparison::Above => *value > limit,
            Comparison::AtMost => *value <= limit,
            Comparison::Below => *value < limit,
        }
    }
}

impl Asked<'_> {
    /// Whether the predicate holds.
    pub(super) fn holds(
        &self,
        predicate: &Predicate,
        listener: &mut impl Listener,
    ) -> Result<bool, ExactError> {
        match predicate {
            Predicate::Node { node, test } => {
                let value = self.values.get(*node).and_then(Value::known).cloned();
                Ok(self.tested(test, value, listener, || format!("node #{node}")))
            }
            Predicate::Metric { metric, test } => {
                let value = self.facts.metrics.get(metric).map(|it| Exact::from(*it));
                Ok(self.tested(test, value, listener, || metric.clone()))
            }
            Predicate::Ratio { of, per, test } => {
                let value = ratio(self.facts, of, per)?;
                Ok(self.tested(test, value, listener, || format!("{of} / {per}")))
            }
            Predicate::Attribute { attribute, values } => {
                let own = self.facts.attributes.get(attribute);
                let holds = own.is_some_and(|it| values.contains(it));
                listener.note(self.node, || Note::Holds {
                    what: format!("{attribute}: {}", values.join(" | ")),
                    holds,
                });
                Ok(holds)
            }
            Predicate::Fact { fact } => {
                let (first, last) = (self.period.first_day(), self.period.last_day());
                let mut findings = self.facts.findings.iter().filter(|it| it.fact == *fact);
                let holds = findings.any(|it| touches(it.from, it.until, first, last));
                listener.note(self.node, || Note::Holds { what: fact.clone(), holds });
                Ok(holds)
            }
            Predicate::Results { node, with } => {
                let node = self.nodes.get(*node);
                let (what, wanted) = match with {
                    ResultsWith::Vetoed(items) => ("vetoed", items),
                    ResultsWith::Graded(grades) => ("graded", grades),
                };
                let holds = node.is_some_and(|it| roll_up::any(it, self.facts, with));
                listener.note(self.node, || Note::Holds {
                    what: format!(
                        "{} {what}: {}",
                        node.map_or("", |it| it.id.as_str()),
                        wanted.join(" | ")
                    ),
                    holds,
                });
                Ok(holds)
            }
            Predicate::Grade { grade } => Ok(self.grade == Some(*grade)),
            Predicate::All(parts) => self.count(parts, listener).map(|it| it == parts.len()),
            Predicate::Any(parts) => self.count(parts, listener).map(|it| it > 0),
            Predicate::None(parts) => self.count(parts, listener).map(|it| it == 0),
        }
    }

    /// How many of the parts hold. All are asked, so that the explanation names all.
    fn count(
        &self,
        parts: &[Predicate],
        listener: &mut impl Listener,
    ) -> Result<usize, ExactError> {
        let mut count = 0_usize;
        for part in parts {
            count = count.saturating_add(usize::from(self.holds(part, listener)?));
        }
        Ok(count)
    }

    fn tested(
        &self,
        test: &Test,
        value: Option<Exact>,
        listener: &mut impl Listener,
        what: impl FnOnce() -> String,
    ) -> bool {
        let holds = value.as_ref().is_some_and(|it| test.passes(it));
        listener.note(self.node, || Note::Asked { what: what(), test: *test, value, holds });
        holds
    }
}
