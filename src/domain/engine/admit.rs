//! What facts must be for a scheme to take them. Every fault is told, none is guessed away.

use std::collections::BTreeSet;

use super::{plan::Plan, scheduled};
use crate::domain::{
    exact::Decimal,
    facts::{Facts, FactsFault, GivenResult, Import, PostOfPeriod, Span},
    scheme::{
        Channels, Combine, Listing, Node, NodeKind, Quantity, ResultOf, ResultsOf, Schedules,
    },
    time::Period,
};

/// Every reason to refuse these facts.
pub(super) fn faults(
    plan: &Plan,
    facts: &Facts,
    schedules: &Schedules,
    (period, line): (Period, u64),
) -> Vec<FactsFault> {
    let mut admit = Admit { plan, facts, schedules, line, faults: Vec::new() };
    let stated = facts.period.unwrap_or(period);
    if stated != period {
        admit.fault(
            "period",
            "FACTS_OTHER_PERIOD",
            format!("this evaluation is of {period}, and these facts of {stated}"),
            format!("本次评价的周期为 {period}，事实的周期为 {stated}"),
        );
    }
    for group in plan.groups.iter().filter(|it| !facts.groups.contains_key(*it)) {
        admit.fault(
            &format!("groups.{group}"),
            "FACTS_GROUP_ABSENT",
            format!("the scheme names the group `{group}`, and the subject has none"),
            format!("评分办法用到分组 {group}，该对象未给出"),
        );
    }
    for (index, node) in plan.scheme.nodes.iter().enumerate() {
        admit.node(index, node);
    }
    let known = |id: &String| plan.scheme.nodes.iter().any(|it| it.id == *id);
    for id in facts.states.keys().filter(|it| !known(it)) {
        admit.fault(
            &format!("states.{id}"),
            "FACTS_STATE_UNKNOWN",
            format!("the scheme has no node `{id}`"),
            format!("评分办法没有节点 {id}"),
        );
    }
    admit.faults
}

/// What was left out of the evaluation though it was given: a person should look.
pub(super) fn warnings(
    plan: &Plan,
    facts: &Facts,
    schedules: &Schedules,
    (period, line): (Period, u64),
) -> Vec<FactsFault> {
    let mut admit = Admit { plan, facts, schedules, line, faults: Vec::new() };
    for (index, record) in facts.vetoes.iter().enumerate() {
        let path = format!("vetoes[{index}]");
        let by = record.by.as_deref().unwrap_or("-");
        match plan.scheme.vetoes.iter().find(|it| it.id == record.item) {
            None => admit.fault(
                &path,
                "VETO_UNKNOWN",
                format!("the scheme has no veto `{}`: the record is left out", record.item),
                format!("一票否决清单没有 {}，该记录未计入", record.item),
            ),
            Some(veto) if !veto.may_raise(record.by.as_deref()) => admit.fault(
                &path,
                "VETO_NOT_RAISABLE_BY",
                format!("`{by}` may not raise `{}`: the record is left out", record.item),
                format!("{by} 无权提出 {}，该记录未计入", record.item),
            ),
            Some(_) => (),
        }
    }
    let by_schedule = plan.scheme.scheduled().is_some();
    let item = |id: &str| {
        let node = plan.scheme.nodes.iter().find(|it| it.id == id);
        node.is_some_and(|it| matches!(it.kind, NodeKind::Counted(_)))
            || (by_schedule && lists(facts, schedules, id))
    };
    let of_items = facts.entries.chunk_by(|a, b| a.item == b.item);
    for id in of_items.filter_map(|it| it.first()).map(|it| it.item.as_str()) {
        if item(id) {
            continue;
        }
        admit.fault(
            "entries",
            "ENTRY_ITEM_UNKNOWN",
            format!("the scheme counts no item `{id}`: its entries are left out"),
            format!("评分办法不计 {id}，其积分记录未计入"),
        );
    }
    admit.units(period);
    admit.appraised(period);
    admit.faults
}

/// Whether a schedule of one of the member's compounds lists an item.
fn lists(facts: &Facts, schedules: &Schedules, item: &str) -> bool {
    let versions = facts.stays.iter().flat_map(|it| schedules.versions(&it.place));
    versions.into_iter().any(|it| it.item(item).is_some())
}

struct Admit<'a> {
    plan: &'a Plan,
    facts: &'a Facts,
    schedules: &'a Schedules,
    line: u64,
    faults: Vec<FactsFault>,
}

impl Admit<'_> {
    fn fault(&mut self, path: &str, code: &'static str, wrong: String, wrong_zh: String) {
        let path = path.to_owned();
        self.faults.push(FactsFault { line: self.line, path, code, wrong, wrong_zh });
    }

    fn node(&mut self, index: usize, node: &Node) {
        let facts = self.facts;
        if facts.states.contains_key(&node.id) {
            self.state(index, node);
        }
        match &node.kind {
            NodeKind::Assessed(_) => self.sheets(node),
            NodeKind::Proposed(_) => self.proposals(node),
            NodeKind::Imported(it) => {
                self.import(&it.source);
                self.reports(&it.source);
            }
            NodeKind::ResultOf(of) => {
                self.results(of);
                if of.listed.is_some() {
                    self.twice(&of.scheme, of.of);
                }
            }
            NodeKind::Scheduled(_)
            | NodeKind::Surveyed(_)
            | NodeKind::Sum(_)
            | NodeKind::Weighted(_)
            | NodeKind::Average { .. }
            | NodeKind::Best(_)
            | NodeKind::Worst(_)
            | NodeKind::Counted(_)
            | NodeKind::Voted(_)
            | NodeKind::Measured(_)
            | NodeKind::Checked { .. }
            | NodeKind::Compared { .. }
            | NodeKind::Placed { .. }
            | NodeKind::Constant(_) => (),
        }
    }

    fn state(&mut self, index: usize, node: &Node) {
        let path = format!("states.{}", node.id);
        if index == 0 {
            self.fault(
                &path,
                "FACTS_STATE_OF_ROOT",
                "the root has no state".to_owned(),
                "根节点不能有状态".to_owned(),
            );
        }
        let mut stack = vec![node];
        while let Some(part) = stack.pop() {
            if self.has_evidence(part) {
                let (id, part) = (&node.id, &part.id);
                self.fault(
                    &path,
                    "FACTS_STATE_BESIDE_EVIDENCE",
                    format!("`{id}` has a state, and there is evidence for `{part}`"),
                    format!("{id} 已有状态，却又有 {part} 的事实"),
                );
            }
            let parts = part.kind.children().iter();
            stack.extend(parts.filter_map(|it| self.plan.scheme.nodes.get(*it)));
        }
    }

    fn has_evidence(&self, node: &Node) -> bool {
        let facts = self.facts;
        match &node.kind {
            NodeKind::Counted(_) => facts.entries.iter().any(|it| it.item == node.id),
            NodeKind::Assessed(_) => facts.sheets.iter().any(|it| it.item == node.id),
            NodeKind::Proposed(_) => facts.proposals.iter().any(|it| it.item == node.id),
            NodeKind::Voted(voted) => facts.ballots.contains_key(&voted.ballot),
            NodeKind::Surveyed(it) => match (&it.channels, facts.surveys.get(&it.survey)) {
                (_, None) => false,
                (Channels::Pooled, Some(_)) => true,
                (Channels::Weighted(channels), Some(survey)) => {
                    channels.iter().any(|(channel, _)| survey.contains_key(channel))
                }
            },
            NodeKind::Measured(measured) => match &measured.quantity {
                Quantity::Metric(metric) => self.reported(metric),
                Quantity::Ratio { of, per } => self.reported(of) || self.reported(per),
            },
            NodeKind::Scheduled(_) => scheduled::has_entries(facts, self.schedules),
            NodeKind::Imported(it) => {
                facts.imports.contains_key(&it.source)
                    || facts.unit_imports.contains_key(&it.source)
            }
            NodeKind::ResultOf(of) => {
                let given = facts.results.get(&of.scheme);
                given.is_some_and(|it| it.iter().any(|it| it.of == of.of))
            }
            NodeKind::Sum(_)
            | NodeKind::Weighted(_)
            | NodeKind::Average { .. }
            | NodeKind::Best(_)
            | NodeKind::Worst(_)
            | NodeKind::Checked { .. }
            | NodeKind::Compared { .. }
            | NodeKind::Placed { .. }
            | NodeKind::Constant(_) => false,
        }
    }

    /// Whether somebody reported a figure: what follows from days is no evidence.
    fn reported(&self, metric: &str) -> bool {
        let follows = self.plan.scheme.check_in.as_ref().is_some_and(|it| it.metric == metric);
        !follows && self.facts.metrics.contains_key(metric)
    }

    fn sheets(&mut self, node: &Node) {
        let out_of = node.out_of.unwrap_or(Decimal::ZERO);
        for (index, sheet) in self.facts.sheets.iter().enumerate() {
            if sheet.item != node.id || (Decimal::ZERO..=out_of).contains(&sheet.points) {
                continue;
            }
            let (item, points) = (&node.id, sheet.points);
            self.fault(
                &format!("sheets[{index}].points"),
                "FACTS_SHEET_POINTS",
                format!("`{item}` is scored from 0 to {out_of}, and {points} is not"),
                format!("{item} 的分值应在 0 至 {out_of} 之间，此处为 {points}"),
            );
        }
    }

    fn proposals(&mut self, node: &Node) {
        let out_of = node.out_of.unwrap_or(Decimal::ZERO);
        for (index, proposal) in self.facts.proposals.iter().enumerate() {
            if proposal.item != node.id || (Decimal::ZERO..=out_of).contains(&proposal.points) {
                continue;
            }
            let (item, points) = (&node.id, proposal.points);
            self.fault(
                &format!("proposals[{index}].points"),
                "FACTS_PROPOSAL_POINTS",
                format!("`{item}` is proposed from 0 to {out_of}, and {points} is not"),
                format!("{item} 的建议分应在 0 至 {out_of} 之间，此处为 {points}"),
            );
        }
    }

    fn import(&mut self, source: &str) {
        if let Some(import) = self.facts.imports.get(source) {
            self.marks(&format!("imports.{source}"), *import);
        }
    }

    fn reports(&mut self, source: &str) {
        let reports = self.facts.unit_imports.get(source);
        for (index, report) in reports.into_iter().flatten().enumerate() {
            self.marks(&format!("imports.{source}[{index}]"), report.marks);
        }
    }

    /// Reports of units to which the member did not belong in the period.
    fn units(&mut self, period: Period) {
        let days = Span::of(period);
        let facts = self.facts;
        let own = |unit: &str| {
            let mut stays = facts.units.iter().filter(|it| it.place == unit);
            stays.any(|it| it.days.within(&days).is_some())
        };
        for (source, reports) in &facts.unit_imports {
            for (index, report) in reports.iter().enumerate().filter(|(_, it)| !own(&it.unit)) {
                let unit = &report.unit;
                self.fault(
                    &format!("imports.{source}[{index}]"),
                    "REPORT_OF_OTHER_UNIT",
                    format!("the member was not in `{unit}` in {period}: the report is left out"),
                    format!("该党员在 {period} 不属于 {unit}，该上报未采用"),
                );
            }
        }
    }

    /// A subject in which, by the days of its holder's posts, nobody is appraised.
    fn appraised(&mut self, period: Period) {
        let facts = self.facts;
        let rule = self.plan.scheme.appraised.unwrap_or_default();
        let posts = facts.posts_of_period(rule, period);
        let own = |it: &PostOfPeriod| it.post == facts.subject && it.standing.appraised();
        if !facts.posts.is_empty() && !posts.iter().any(own) {
            let subject = &facts.subject;
            self.fault(
                "posts",
                "POST_NOT_APPRAISED",
                format!("by the days of the posts nobody is appraised in `{subject}`"),
                format!("按任职天数，不应在职务 {subject} 考核"),
            );
        }
    }

    fn marks(&mut self, path: &str, import: Import) {
        if import.full <= Decimal::ZERO {
            self.fault(
                &format!("{path}.full"),
                "FACTS_IMPORT_FULL",
                "full marks are above 0".to_owned(),
                "满分应大于 0".to_owned(),
            );
        }
        if import.raw.is_negative() || (import.raw > import.full && !import.bonus) {
            let (raw, full) = (import.raw, import.full);
            self.fault(
                &format!("{path}.raw"),
                "FACTS_IMPORT_RAW",
                format!("marks are from 0 to {full} unless `bonus: true`, and {raw} is not"),
                format!("得分应在 0 至 {full} 之间（另有 bonus: true 除外），此处为 {raw}"),
            );
        }
    }

    fn results(&mut self, wanted: &ResultOf) {
        let ResultOf { scheme, of, combine, listed, .. } = wanted;
        let given = self.facts.results.get(scheme).map(Vec::as_slice).unwrap_or_default();
        let weighted = *combine == Combine::Weighted;
        for (index, result) in given.iter().enumerate().filter(|(_, it)| it.of == *of) {
            let path = format!("results.{scheme}[{index}]");
            if result.out_of <= Decimal::ZERO {
                self.fault(
                    &format!("{path}.out_of"),
                    "FACTS_RESULT_OUT_OF",
                    "full marks are above 0".to_owned(),
                    "满分应大于 0".to_owned(),
                );
            }
            if let Some(listing) = listed {
                self.listed(&path, result, listing);
            }
            // Of one that is listed the lack of a weight is told by name.
            let lacks = listed.is_none() && result.score.is_some() && result.weight.is_none();
            if weighted && (lacks || result.weight.is_some_and(Decimal::is_negative)) {
                self.fault(
                    &format!("{path}.weight"),
                    "FACTS_RESULT_WEIGHT",
                    "a weighted result needs a weight that is not below 0".to_owned(),
                    "加权合成的结果需有不小于 0 的权重".to_owned(),
                );
            }
        }
    }

    /// A result that a node lists: whose it is, once for each period, and a weight that is none
    /// below 0.
    fn listed(&mut self, path: &str, result: &GivenResult, listing: &Listing) {
        let about = result.about.as_deref();
        if about.is_none_or(|it| it.subject.is_empty()) {
            self.fault(
                &format!("{path}.subject"),
                "FACTS_RESULT_SUBJECT",
                "a result that is listed names its subject".to_owned(),
                "列出的结果须注明对象".to_owned(),
            );
        }
        let figure = listing.weight.as_ref();
        let figure = figure.and_then(|it| about?.weights.get(it).map(|own| (it, *own)));
        if let Some((name, _)) = figure.filter(|it| it.1.is_negative()) {
            self.fault(
                &format!("{path}.weights.{name}"),
                "FACTS_RESULT_WEIGHT",
                "what weighs a result is not below 0".to_owned(),
                "权重依据不得小于 0".to_owned(),
            );
        }
    }

    /// Results of the same subject and period, which a node that lists would count twice.
    fn twice(&mut self, scheme: &str, of: ResultsOf) {
        let given = self.facts.results.get(scheme).map(Vec::as_slice).unwrap_or_default();
        let mut seen = BTreeSet::new();
        for (index, result) in given.iter().enumerate().filter(|(_, it)| it.of == of) {
            let Some(about) = &result.about else { continue };
            let period = about.period.map(|it| it.to_string());
            if !about.subject.is_empty() && !seen.insert((about.subject.as_str(), period)) {
                self.fault(
                    &format!("results.{scheme}[{index}]"),
                    "FACTS_RESULT_TWICE",
                    format!("`{}` has two results of one period", about.subject),
                    format!("{} 同一周期有两项结果", about.subject),
                );
            }
        }
    }
}
