//! What can only be seen of a whole scheme: circles among nodes, and limits out of reach.

use std::collections::BTreeMap;

use super::{
    Combine, Counted, CountedPoints, Counting, Missing, Node, NodeIndex, NodeKind, Scheme,
    SchemeFault, Severity, Turn, read::Reference,
};
use crate::domain::{
    exact::{Decimal, Exact},
    time::{PeriodKind, Window},
};

/// Every reference that is part of a circle: the node's value would need itself.
pub(super) fn cycles(nodes: &[Node], references: &[Reference]) -> Vec<SchemeFault> {
    let ids: BTreeMap<&str, NodeIndex> =
        nodes.iter().enumerate().rev().map(|(index, it)| (it.id.as_str(), index)).collect();
    let mut needs: Vec<Vec<NodeIndex>> =
        nodes.iter().map(|it| it.kind.children().to_vec()).collect();
    let mut edges = Vec::new();
    for reference in references {
        let Some(to) = ids.get(reference.to.as_str()).copied() else { continue };
        if let Some(node) = needs.get_mut(reference.from) {
            node.push(to);
            edges.push((reference, to));
        }
    }
    let circles = circles(&needs);
    let circle = |node: NodeIndex| circles.get(node).copied();
    let closing = edges
        .into_iter()
        .filter(|(it, to)| circle(it.from).is_some() && circle(it.from) == circle(*to));
    closing
        .map(|(reference, _)| SchemeFault {
            severity: Severity::Fault,
            code: "CYCLE",
            place: reference.spot.place,
            path: reference.spot.path.clone(),
            wrong: format!("the value of `{}` needs this node's own", reference.to),
            wrong_zh: format!("节点 `{}` 的值又依赖于本节点，形成循环", reference.to),
            right: "a node whose value does not depend on this one".to_owned(),
        })
        .collect()
}

/// For every node the circle it is in, by the number of one of its nodes (Kosaraju's two walks,
/// without recursion). Two nodes are in one circle where each needs the other.
fn circles(needs: &[Vec<NodeIndex>]) -> Vec<usize> {
    let mut needed_by: Vec<Vec<NodeIndex>> = vec![Vec::new(); needs.len()];
    for (from, all) in needs.iter().enumerate() {
        for to in all {
            if let Some(node) = needed_by.get_mut(*to) {
                node.push(from);
            }
        }
    }
    let mut order = Vec::with_capacity(needs.len());
    let mut seen = vec![false; needs.len()];
    for node in 0..needs.len() {
        walk(needs, node, &mut seen, &mut order);
    }
    let mut circle = vec![usize::MAX; needs.len()];
    let mut seen = vec![false; needs.len()];
    for node in order.into_iter().rev() {
        let mut members = Vec::new();
        walk(&needed_by, node, &mut seen, &mut members);
        for member in members {
            if let Some(it) = circle.get_mut(member) {
                *it = node;
            }
        }
    }
    circle
}

/// Walks from a node over all not seen yet; notes each when everything behind it is done.
fn walk(edges: &[Vec<NodeIndex>], from: NodeIndex, seen: &mut [bool], done: &mut Vec<NodeIndex>) {
    let mut stack: Vec<(NodeIndex, usize)> = Vec::new();
    let mut next = Some(from);
    loop {
        if let Some(node) = next.take()
            && let Some(seen) = seen.get_mut(node)
            && !*seen
        {
            *seen = true;
            stack.push((node, 0));
        }
        let Some((node, position)) = stack.last_mut() else { return };
        next = edges.get(*node).and_then(|it| it.get(*position)).copied();
        *position = position.saturating_add(1);
        if next.is_none() {
            done.push(*node);
            stack.pop();
        }
    }
}

/// What a person should look at: grades and full marks that nothing can reach.
pub(super) fn warnings(scheme: &Scheme) -> Vec<SchemeFault> {
    let mut warnings = Vec::new();
    let mut greatest: Vec<Option<Exact>> = vec![None; scheme.nodes.len()];
    for (index, node) in scheme.nodes.iter().enumerate().rev() {
        let own = before_clamp(node, scheme, &greatest);
        if let (NodeKind::Sum(_), Some(full), Some(own)) = (&node.kind, node.out_of, &own)
            && *own < Exact::from(full)
        {
            let own = own.exact_text();
            let wrong = format!("the parts reach {own} at most, not the full marks of {full}");
            let zh = format!("各分项最多合计 {own}，达不到满分 {full}");
            let below = node.path.split_once('/').map(|it| it.1);
            let path = below.map_or_else(|| "score".to_owned(), |it| format!("score/{it}"));
            warnings.push(warning("SUM_BELOW_OUT_OF", node.place, path, wrong, zh));
        }
        if let NodeKind::Counted(counted) = &node.kind
            && let (Counting::Tiers(_), Some(_)) = (&counted.counting, counted.caps.first())
        {
            let wrong = "tiers give one amount for all entries: caps beside them hold nothing";
            let zh = "tiers 对全部记录只给一个分值，同列的 caps 不起作用".to_owned();
            let path = format!("score/{}", node.id);
            let wrong = wrong.to_owned();
            warnings.push(warning("CAPS_BESIDE_TIERS", node.place, path, wrong, zh));
        }
        if let Some(it) = greatest.get_mut(index) {
            *it = own.and_then(|own| finished(node, own));
        }
    }
    let root = greatest.first().cloned().flatten();
    let last = scheme.grades.len().saturating_sub(1);
    for (position, grade) in scheme.grades.iter().enumerate() {
        let path = format!("grades[{position}]");
        if let (Some(least), Some(root)) = (grade.at_least, &root)
            && *root < Exact::from(least)
        {
            let shown = root.exact_text();
            let wrong =
                format!("`{}` needs {least}, and the score reaches {shown} at most", grade.id);
            let zh = format!("等次 `{}` 需要 {least} 分，总分最多 {shown}", grade.id);
            warnings.push(warning(
                "GRADE_OUT_OF_REACH",
                grade.place,
                format!("{path}.at_least"),
                wrong,
                zh,
            ));
        }
        let open = grade.at_least.is_none() && grade.when.is_none() && grade.unless.is_none();
        if open && grade.seats.is_none() && position < last {
            let wrong =
                format!("`{}` takes everybody, so no score leads to a grade below it", grade.id);
            let zh = format!("等次 `{}` 没有条件，其下的等次凭分数无法得到", grade.id);
            warnings.push(warning("GRADE_TAKES_ALL", grade.place, path, wrong, zh));
        }
    }
    warnings
}

fn warning(
    code: &'static str,
    place: super::Place,
    path: String,
    wrong: String,
    wrong_zh: String,
) -> SchemeFault {
    let right = String::new();
    SchemeFault { severity: Severity::Warning, code, place, path, wrong, wrong_zh, right }
}

/// The greatest value after `clamp` and `round`, or of what stands in for it when it is missing.
fn finished(node: &Node, own: Exact) -> Option<Exact> {
    let own =
        node.clamp.map_or(own.clone(), |(least, most)| own.min(most.into()).max(least.into()));
    let own = match node.round {
        Some(round) => own.rounded(round.to, round.mode).ok()?,
        None => own,
    };
    Some(match node.missing {
        Missing::Value(value) => own.max(value.into()),
        Missing::Incomplete | Missing::Exclude => own,
    })
}

/// The greatest value of kind and base; nothing where there is no bound. Imports count without
/// bonus, other schemes' results up to their full marks, and parts as not excused.
fn before_clamp(node: &Node, scheme: &Scheme, greatest: &[Option<Exact>]) -> Option<Exact> {
    let of = |index: &NodeIndex| greatest.get(*index).cloned().flatten();
    let full = node.out_of.map(Exact::from);
    let kind = match &node.kind {
        // A part may be excused, and then adds nothing.
        NodeKind::Sum(children) => {
            let parts: Option<Vec<_>> =
                children.iter().map(|it| of(it).map(|it| it.max(Exact::ZERO))).collect();
            Exact::sum(&parts?).ok()?
        }
        NodeKind::Weighted(children) => weighted(children, scheme, greatest)?.times(&full?).ok()?,
        NodeKind::Average { children, .. }
        | NodeKind::Best(children)
        | NodeKind::Worst(children) => {
            let parts: Option<Vec<_>> = children.iter().map(of).collect();
            parts?.into_iter().reduce(Exact::max)?
        }
        NodeKind::Counted(counted) => counted_most(counted, scheme.period)?,
        NodeKind::Scheduled(scheduled) => Exact::from(scheduled.in_all.1),
        NodeKind::Assessed(_)
        | NodeKind::Proposed(_)
        | NodeKind::Voted(_)
        | NodeKind::Surveyed(_)
        | NodeKind::Imported(_)
        | NodeKind::Compared { .. } => full?,
        NodeKind::ResultOf(result) => match result.combine {
            Combine::Sum => return None,
            Combine::Average | Combine::Weighted | Combine::Best | Combine::Worst => full?,
        },
        NodeKind::Measured(measured) => match &measured.turn {
            Turn::Bands(bands) => bands.iter().map(|it| it.points).max()?.into(),
            Turn::Linear(knots) => knots.iter().map(|it| it.1).max()?.into(),
            Turn::AsIs => return None,
        },
        NodeKind::Checked { points, otherwise, .. } => (*points).max(*otherwise).into(),
        NodeKind::Placed { points, otherwise, .. } => {
            points.iter().map(|it| it.1).max().map_or(*otherwise, |it| it.max(*otherwise)).into()
        }
        NodeKind::Constant(points) => (*points).into(),
    };
    kind.plus(&node.base.into()).ok()
}

fn weighted(children: &[NodeIndex], scheme: &Scheme, greatest: &[Option<Exact>]) -> Option<Exact> {
    let mut sum = Exact::ZERO;
    let mut best: Option<Exact> = None;
    let mut excludes = false;
    for index in children {
        let node = scheme.nodes.get(*index)?;
        let own = greatest.get(*index).cloned().flatten()?;
        let fraction = own.over(&node.out_of?.into()).ok()?;
        sum = sum.plus(&fraction.times(node.weight.as_ref()?.exact()).ok()?).ok()?;
        best = Some(best.map_or(fraction.clone(), |it| it.max(fraction)));
        excludes |= node.missing == Missing::Exclude;
    }
    if excludes { best } else { Some(sum) }
}

/// The most that entries can come to, where a last cap bounds them.
fn counted_most(counted: &Counted, period: PeriodKind) -> Option<Exact> {
    if let Counting::Tiers(tiers) = &counted.counting {
        return tiers.iter().map(|it| it.1).max().map(|it| it.max(Decimal::ZERO).into());
    }
    if let Some(cap) = counted.caps.last()
        && let Some(most) = cap.at_most
        && counted.valid_months.is_none()
    {
        let windows = Exact::whole(windows(cap.per, period));
        return windows.times(&most.max(Decimal::ZERO).into()).ok();
    }
    let only_down = match &counted.counting {
        Counting::Each { points: CountedPoints::Fixed(points), repeats } => {
            *points <= Decimal::ZERO && !repeats.iter().any(|it| it.is_negative())
        }
        Counting::Each { points: CountedPoints::Entered { .. }, .. } | Counting::Tiers(_) => false,
    };
    let raised = counted.caps.iter().any(|it| it.at_least.is_some_and(|it| it > Decimal::ZERO));
    (only_down && !raised).then_some(Exact::ZERO)
}

/// How many windows a period has at most.
const fn windows(window: Window, period: PeriodKind) -> u32 {
    match (window, period) {
        (Window::Day, PeriodKind::Year) => 366,
        (Window::Day, PeriodKind::Half) => 184,
        (Window::Day, PeriodKind::Quarter) => 92,
        (Window::Day, PeriodKind::Month) => 31,
        (Window::Month, PeriodKind::Year) => 12,
        (Window::Month, PeriodKind::Half) => 6,
        (Window::Month, PeriodKind::Quarter) => 3,
        (Window::Quarter, PeriodKind::Year) => 4,
        (Window::Quarter, PeriodKind::Half) | (Window::Half, PeriodKind::Year) => 2,
        (Window::Month, PeriodKind::Month)
        | (Window::Quarter, PeriodKind::Quarter | PeriodKind::Month)
        | (Window::Half, PeriodKind::Half | PeriodKind::Quarter | PeriodKind::Month)
        | (Window::Year, _) => 1,
    }
}
