//! One subject's tree: every node's value, from the facts up to the root.

use super::{
    counted, leaf, measured,
    note::{Listener, Note},
    plan::Plan,
    predicate::Asked,
    proposed,
    scheduled::Work,
    value::{EngineError, Value},
};
use crate::domain::{
    exact::{Decimal, Exact, ExactError},
    facts::{Entry, Facts, State},
    scheme::{CompareWith, Missing, Node, NodeIndex, NodeKind, Rounding, Schedules},
    time::Period,
};

/// What the group says about a relative node's target.
pub(super) trait GroupView {
    /// The best or the mean value of the target of that relative; nothing while it is not known.
    fn measure(&self, relative: usize, facts: &Facts, with: CompareWith) -> Option<Exact>;

    /// How many others of the group have a value greater than `own`; `before` is what this subject
    /// itself stands with among the group's values.
    fn greater(
        &self,
        relative: usize,
        facts: &Facts,
        own: &Exact,
        before: Option<&Exact>,
    ) -> Option<u64>;
}

/// A value that a veto holds down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeldDown<'a> {
    pub(super) node: NodeIndex,
    pub(super) value: Decimal,
    /// The veto's item.
    pub(super) item: &'a str,
}

/// One evaluation of the tree: without vetoes, or with what they hold down.
pub(super) struct Walk<'a, G> {
    pub(super) plan: &'a Plan,
    pub(super) facts: &'a Facts,
    pub(super) schedules: &'a Schedules,
    pub(super) period: Period,
    pub(super) group: &'a G,
    /// The values without vetoes, on the second walk: nothing rises above them.
    pub(super) before: Option<&'a [Value]>,
    pub(super) held_down: &'a [HeldDown<'a>],
}

impl<G: GroupView> Walk<'_, G> {
    /// Evaluates every node into `values`.
    pub(super) fn run(
        &self,
        values: &mut Vec<Value>,
        listener: &mut impl Listener,
    ) -> Result<(), EngineError> {
        values.clear();
        values.resize(self.plan.scheme.nodes.len(), Value::Incomplete);
        for index in &self.plan.order {
            let Some(node) = self.plan.node(*index) else { continue };
            let value = self.value(*index, node, values, listener).map_err(|why| {
                let (subject, path) = (self.facts.subject.clone(), node.path.clone());
                EngineError::Exact { subject, path, why }
            })?;
            if let Some(slot) = values.get_mut(*index) {
                *slot = value;
            }
        }
        Ok(())
    }

    fn value(
        &self,
        index: NodeIndex,
        node: &Node,
        values: &[Value],
        listener: &mut impl Listener,
    ) -> Result<Value, ExactError> {
        if !self.facts.states.is_empty() && self.is_out(index, node, listener) {
            return Ok(Value::LeftOut);
        }
        let own = match self.own(index, node, values, listener)? {
            Some(own) => Some(finished(index, node, own, listener)?),
            None => None,
        };
        let value = match (own, node.missing) {
            (Some(value), _) => Value::Known(value),
            (None, Missing::Incomplete) => Value::Incomplete,
            (None, Missing::Exclude) => Value::LeftOut,
            (None, Missing::Value(value)) => {
                listener.note(index, || Note::ReplacedBy { value });
                Value::Known(Exact::from(value))
            }
        };
        Ok(self.after_vetoes(index, value, listener))
    }

    /// Whether a state takes the node out, by itself or with the whole part that it is in.
    fn is_out(&self, index: NodeIndex, node: &Node, listener: &mut impl Listener) -> bool {
        if let Some(State { kind, reason }) = self.facts.states.get(&node.id) {
            let (kind, reason) = (*kind, reason.clone());
            listener.note(index, || Note::State { kind, reason });
        }
        let out = |it: &Node| self.facts.states.get(&it.id).is_some_and(|it| it.kind.leaves_out());
        let mut above = Some(node);
        while let Some(node) = above {
            if out(node) {
                return true;
            }
            above = node.parent.and_then(|it| self.plan.node(it));
        }
        false
    }

    /// Holds a value down to what vetoes say, and never above what it was without them.
    fn after_vetoes(&self, index: usize, value: Value, listener: &mut impl Listener) -> Value {
        let Value::Known(mut value) = value else { return value };
        for held in self.held_down.iter().filter(|it| it.node == index) {
            let to = Exact::from(held.value);
            if to < value {
                let from = std::mem::replace(&mut value, to.clone());
                let item = held.item.to_owned();
                listener.note(index, || Note::VetoHeld { item, from, to });
            }
        }
        match self.before.and_then(|it| it.get(index)).and_then(Value::known) {
            Some(before) if *before < value => Value::Known(before.clone()),
            _ => Value::Known(value),
        }
    }

    /// What the kind itself comes to, before `base`, `clamp` and `round`; nothing if it is missing.
    fn own(
        &self,
        index: NodeIndex,
        node: &Node,
        values: &[Value],
        listener: &mut impl Listener,
    ) -> Result<Option<Exact>, ExactError> {
        let facts = self.facts;
        let out_of = || node.out_of.map_or(Exact::ONE, Exact::from);
        let fraction = match &node.kind {
            NodeKind::Sum(_)
            | NodeKind::Weighted(_)
            | NodeKind::Average { .. }
            | NodeKind::Best(_)
            | NodeKind::Worst(_) => return self.parts(index, node, values, listener),
            NodeKind::Counted(counted) => {
                let entries = entries_of(&facts.entries, &node.id);
                return counted::value(index, counted, entries, self.period, listener).map(Some);
            }
            NodeKind::Scheduled(bounds) => {
                let (schedules, period) = (self.schedules, self.period);
                let work = Work { node: index, bounds, facts, schedules, period };
                return work.value(listener);
            }
            NodeKind::Measured(measured) => {
                return measured::value(index, measured, facts, listener);
            }
            NodeKind::Checked { when, points, otherwise } => {
                let (period, nodes) = (self.period, &self.plan.scheme.nodes);
                let asked = Asked { facts, period, nodes, values, grade: None, node: index };
                let holds = asked.holds(when, listener)?;
                return Ok(Some(Exact::from(if holds { *points } else { *otherwise })));
            }
            NodeKind::Constant(points) => return Ok(Some(Exact::from(*points))),
            NodeKind::Placed { .. } => return Ok(self.placed(index, node, values, listener)),
            NodeKind::Compared { .. } => self.compared(index, node, values, listener)?,
            NodeKind::Assessed(assessed) => {
                leaf::assessed(index, &node.id, assessed, &out_of(), facts, listener)?
            }
            NodeKind::Proposed(levels) => {
                proposed::value((index, &node.id), levels, &out_of(), facts, listener)?
            }
            NodeKind::Voted(voted) => leaf::voted(index, voted, facts, listener)?,
            NodeKind::Surveyed(surveyed) => leaf::surveyed(index, surveyed, facts, listener)?,
            NodeKind::Imported(imported) => {
                leaf::imported(index, imported, (facts, self.period), listener)?
            }
            NodeKind::ResultOf(of) => leaf::result_of((index, &node.id), of, facts, listener)?,
        };
        fraction.map(|it| it.times(&out_of())).transpose()
    }

    /// The kinds made of parts.
    fn parts(
        &self,
        index: NodeIndex,
        node: &Node,
        values: &[Value],
        listener: &mut impl Listener,
    ) -> Result<Option<Exact>, ExactError> {
        let mut known: Vec<(&Node, &Exact)> = Vec::with_capacity(node.kind.children().len());
        let mut incomplete = false;
        for child in node.kind.children() {
            let (Some(part), Some(value)) = (self.plan.node(*child), values.get(*child)) else {
                continue;
            };
            match value {
                Value::Known(value) => known.push((part, value)),
                Value::LeftOut => {
                    listener.note(index, || Note::PartOut { id: part.id.clone() });
                }
                Value::Incomplete => {
                    incomplete = true;
                    listener.note(index, || Note::PartMissing { id: part.id.clone() });
                }
            }
        }
        if incomplete || known.is_empty() {
            return Ok(None);
        }
        match &node.kind {
            NodeKind::Weighted(_) => weighted(index, node, &known, listener).map(Some),
            NodeKind::Average { drop_highest, drop_lowest, .. } => {
                average(index, known, *drop_highest, *drop_lowest, listener)
            }
            NodeKind::Best(_) => Ok(known.iter().map(|(_, it)| *it).max().cloned()),
            NodeKind::Worst(_) => Ok(known.iter().map(|(_, it)| *it).min().cloned()),
            NodeKind::Sum(_)
            | NodeKind::Counted(_)
            | NodeKind::Scheduled(_)
            | NodeKind::Assessed(_)
            | NodeKind::Proposed(_)
            | NodeKind::Voted(_)
            | NodeKind::Surveyed(_)
            | NodeKind::Measured(_)
            | NodeKind::Checked { .. }
            | NodeKind::Imported(_)
            | NodeKind::ResultOf(_)
            | NodeKind::Compared { .. }
            | NodeKind::Placed { .. }
            | NodeKind::Constant(_) => Exact::sum(known.iter().map(|(_, it)| *it)).map(Some),
        }
    }

    fn compared(
        &self,
        index: NodeIndex,
        node: &Node,
        values: &[Value],
        listener: &mut impl Listener,
    ) -> Result<Option<Exact>, ExactError> {
        let NodeKind::Compared { node: target, within, with } = &node.kind else { return Ok(None) };
        let Some(own) = values.get(*target).and_then(Value::known) else { return Ok(None) };
        let relative = self.plan.relative_of.get(&index).copied().unwrap_or(usize::MAX);
        let measure = self.group.measure(relative, self.facts, *with);
        let Some(measure) = measure.filter(Exact::is_positive) else { return Ok(None) };
        let (with, group) = (*with, within.clone());
        let (seen, value) = (own.clone(), measure.clone());
        listener.note(index, || Note::Compared { own: seen, with, group, value });
        Ok(Some(own.over(&measure)?.max(Exact::ZERO).min(Exact::ONE)))
    }

    fn placed(
        &self,
        index: NodeIndex,
        node: &Node,
        values: &[Value],
        listener: &mut impl Listener,
    ) -> Option<Exact> {
        let NodeKind::Placed { node: target, within, points, otherwise } = &node.kind else {
            return None;
        };
        let own = values.get(*target).and_then(Value::known)?;
        let before = self.before.unwrap_or(values).get(*target).and_then(Value::known);
        let relative = self.plan.relative_of.get(&index).copied().unwrap_or(usize::MAX);
        let place = self.group.greater(relative, self.facts, own, before)?.saturating_add(1);
        let given = points.iter().find(|(it, _)| *it == place).map(|(_, points)| *points);
        let group = within.clone();
        listener.note(index, || Note::Place { place, group, points: given });
        Some(Exact::from(given.unwrap_or(*otherwise)))
    }
}

/// The entries of an item: facts keep them ordered by item, day, and as recorded.
fn entries_of<'a>(entries: &'a [Entry], item: &str) -> &'a [Entry] {
    let from = entries.partition_point(|it| it.item.as_str() < item);
    let to = entries.partition_point(|it| it.item.as_str() <= item);
    entries.get(from..to).unwrap_or_default()
}

fn weighted(
    index: usize,
    node: &Node,
    parts: &[(&Node, &Exact)],
    listener: &mut impl Listener,
) -> Result<Exact, ExactError> {
    let (mut sum, mut weights) = (Exact::ZERO, Exact::ZERO);
    for (part, value) in parts {
        let weight = part.weight.as_ref().map_or(Exact::ZERO, |it| it.exact().clone());
        let full = part.out_of.map_or(Exact::ONE, Exact::from);
        sum = sum.plus(&value.over(&full)?.times(&weight)?)?;
        weights = weights.plus(&weight)?;
        listener.note(index, || Note::Part {
            id: part.id.clone(),
            value: Some((*value).clone()),
            weight: Some(weight),
        });
    }
    let out_of = node.out_of.map_or(Exact::ONE, Exact::from);
    sum.over(&weights)?.times(&out_of)
}

fn average(
    index: usize,
    mut parts: Vec<(&Node, &Exact)>,
    drop_highest: usize,
    drop_lowest: usize,
    listener: &mut impl Listener,
) -> Result<Option<Exact>, ExactError> {
    parts.sort_by(|a, b| a.1.cmp(b.1));
    let most = parts.len().saturating_sub(drop_highest);
    let kept = parts.get(drop_lowest..most.max(drop_lowest)).unwrap_or_default();
    for (part, value) in parts.iter().take(drop_lowest).chain(parts.iter().skip(most)) {
        let (id, value) = (part.id.clone(), (*value).clone());
        listener.note(index, || Note::Dropped { id, value });
    }
    let count = i128::try_from(kept.len()).map_err(|_| ExactError::Overflow)?;
    if count == 0 {
        return Ok(None);
    }
    Exact::sum(kept.iter().map(|(_, it)| *it))?.over(&Exact::whole(count)).map(Some)
}

/// `+ base`, then `clamp`, then `round`.
fn finished(
    index: usize,
    node: &Node,
    own: Exact,
    listener: &mut impl Listener,
) -> Result<Exact, ExactError> {
    let mut value = own;
    if node.base != Decimal::ZERO {
        value = value.plus(&Exact::from(node.base))?;
        listener.note(index, || Note::Base { base: node.base });
    }
    if let Some((least, most)) = node.clamp {
        for (to, outside) in
            [(least, value < Exact::from(least)), (most, value > Exact::from(most))]
        {
            if outside {
                let from = std::mem::replace(&mut value, Exact::from(to));
                listener.note(index, || Note::Clamped { from, to });
            }
        }
    }
    if let Some(Rounding { to, mode }) = node.round {
        let rounded = value.rounded(to, mode)?;
        if rounded != value {
            let from = std::mem::replace(&mut value, rounded);
            let text = value.text(to, mode);
            listener.note(index, || Note::Rounded { from, to: text, mode: mode.name() });
        }
    }
    Ok(value)
}
