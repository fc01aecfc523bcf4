//! A scheme compiled once into a flat plan: the order of evaluation, the groups, and what is
//! relative to a group.

use std::{collections::BTreeMap, sync::Arc};

use crate::domain::scheme::{Node, NodeIndex, NodeKind, Predicate, Scheme};

/// A compiled scheme. Cheap to share between threads; holds nothing about any subject.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) scheme: Arc<Scheme>,
    /// Every node after everything that it is made of or asks about.
    pub(super) order: Vec<NodeIndex>,
    /// The names of the groups that the scheme uses, ascending.
    pub(super) groups: Vec<String>,
    /// The nodes that are relative to a group.
    pub(super) relatives: Vec<Relative>,
    /// How many measuring passes over the cohort come before scores can be computed.
    pub(super) levels: usize,
    /// For each node, its children's or its own position among `relatives`.
    pub(super) relative_of: BTreeMap<NodeIndex, usize>,
}

/// A node whose value depends on others of the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relative {
    /// The node whose values are gathered.
    pub(super) target: NodeIndex,
    /// The group, as a position in [`Plan::groups`].
    pub(super) group: usize,
    /// In which pass the target's value is known: 0 for the first.
    pub(super) level: usize,
}

impl Plan {
    /// Compiles a checked scheme.
    pub fn compile(scheme: Arc<Scheme>) -> Self {
        let groups = group_names(&scheme);
        let (order, depth) = ordered(&scheme);
        let mut relatives = Vec::new();
        let mut relative_of = BTreeMap::new();
        for (index, node) in scheme.nodes.iter().enumerate() {
            let (NodeKind::Compared { node: target, within, .. }
            | NodeKind::Placed { node: target, within, .. }) = &node.kind
            else {
                continue;
            };
            let group = groups.iter().position(|it| it == within).unwrap_or(0);
            let level = depth.get(*target).copied().unwrap_or(0);
            relative_of.insert(index, relatives.len());
            relatives.push(Relative { target: *target, group, level });
        }
        let levels = relatives.iter().map(|it| it.level.saturating_add(1)).max().unwrap_or(0);
        Self { scheme, order, groups, relatives, levels, relative_of }
    }

    /// The scheme.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// The scheme, shared.
    pub fn shared_scheme(&self) -> Arc<Scheme> {
        Arc::clone(&self.scheme)
    }

    /// How many measuring passes over the cohort come before scores can be computed: none unless
    /// the scheme has `compared` or `placed` nodes.
    pub const fn levels(&self) -> usize {
        self.levels
    }

    /// The names of the groups that subjects must belong to.
    pub fn group_names(&self) -> &[String] {
        &self.groups
    }

    pub(super) fn node(&self, index: NodeIndex) -> Option<&Node> {
        self.scheme.nodes.get(index)
    }
}

fn group_names(scheme: &Scheme) -> Vec<String> {
    let relative = scheme.nodes.iter().filter_map(|node| match &node.kind {
        NodeKind::Compared { within, .. } | NodeKind::Placed { within, .. } => Some(within),
        NodeKind::Sum(_)
        | NodeKind::Weighted(_)
        | NodeKind::Average { .. }
        | NodeKind::Best(_)
        | NodeKind::Worst(_)
        | NodeKind::Counted(_)
        | NodeKind::Assessed(_)
        | NodeKind::Proposed(_)
        | NodeKind::Voted(_)
        | NodeKind::Surveyed(_)
        | NodeKind::Measured(_)
        | NodeKind::Checked { .. }
        | NodeKind::Imported(_)
        | NodeKind::Scheduled(_)
        | NodeKind::ResultOf(_)
        | NodeKind::Constant(_) => None,
    });
    let seats = scheme.grades.iter().filter_map(|it| it.seats.as_ref().map(|it| &it.within));
    let ranking = scheme.ranking.iter().flat_map(|it| it.within.iter());
    let mut names: Vec<String> = relative.chain(seats).chain(ranking).cloned().collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The nodes of a predicate.
pub(crate) fn nodes_of(predicate: &Predicate, into: &mut Vec<NodeIndex>) {
    match predicate {
        Predicate::Node { node, .. } => into.push(*node),
        Predicate::All(parts) | Predicate::Any(parts) | Predicate::None(parts) => {
            parts.iter().for_each(|it| nodes_of(it, into));
        }
        Predicate::Metric { .. }
        | Predicate::Ratio { .. }
        | Predicate::Attribute { .. }
        | Predicate::Fact { .. }
        | Predicate::Results { .. }
        | Predicate::Grade { .. } => (),
    }
}

/// What must be evaluated before a node, and whether over the whole group.
fn needs(node: &Node) -> (Vec<NodeIndex>, bool) {
    let mut before = node.kind.children().to_vec();
    let mut relative = false;
    if let NodeKind::Checked { when, .. } = &node.kind {
        nodes_of(when, &mut before);
    }
    if let NodeKind::Compared { node, .. } | NodeKind::Placed { node, .. } = &node.kind {
        before.push(*node);
        relative = true;
    }
    (before, relative)
}

/// The order of evaluation, and for each node how many passes over the group it needs.
fn ordered(scheme: &Scheme) -> (Vec<NodeIndex>, Vec<usize>) {
    let count = scheme.nodes.len();
    let mut order = Vec::with_capacity(count);
    let mut depth = vec![0_usize; count];
    let mut seen = vec![false; count];
    for start in 0..count {
        // Depth first without recursion: a node is emitted after everything it needs. A checked
        // scheme has no cycles; if one slipped through, `seen` still ends the walk.
        let mut stack = vec![(start, false)];
        while let Some((index, ready)) = stack.pop() {
            let Some(node) = scheme.nodes.get(index) else { continue };
            let (before, relative) = needs(node);
            if ready {
                let deepest = before.iter().filter_map(|it| depth.get(*it)).max().copied();
                let passes = deepest.unwrap_or(0).saturating_add(usize::from(relative));
                if let Some(depth) = depth.get_mut(index) {
                    *depth = passes;
                }
                order.push(index);
            } else if seen.get_mut(index).is_some_and(|it| !std::mem::replace(it, true)) {
                stack.push((index, true));
                stack.extend(before.into_iter().rev().map(|it| (it, false)));
            }
        }
    }
    (order, depth)
}
