//! Results as JSON: what the offline command prints and what stateless evaluation answers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Explained, Part, Plan, Quota, QuotaGroup, Reason, SheetValue, SubjectResult, Words,
    missed_grade, reason_words, seat_words, sentence, words::shown,
};
use crate::domain::{
    exact::{Decimal, Exact, RoundingMode},
    facts::VetoRecord,
    scheme::{AdviceBand, Node, Rounding, Scheme},
};

#[derive(Serialize)]
struct ResultOut<'a> {
    subject: &'a str,
    period: String,
    status: &'static str,
    score: Option<String>,
    score_before_vetoes: Option<String>,
    grade: Option<&'a str>,
    ranks: &'a BTreeMap<String, u32>,
    awards: BTreeMap<&'a str, String>,
    /// Only where the scheme has any and the facts say what was on the day of publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    consequences: Option<&'a [String]>,
    /// Only where the scheme says who is eligible; null where it is open.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    honours: Option<HonoursOut>,
    /// Only where the scheme advises; null where there is no advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<AdvisedOut<'a>>,
    /// Only where the scheme shows sheets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sheets: Vec<SheetOut<'a>>,
    /// Only where the scheme lists the results that it takes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    results: Vec<PartOut<'a>>,
    reasons: Vec<ReasonOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<NodeOut<'a>>,
}

#[derive(Serialize)]
struct HonoursOut {
    honours: Option<&'static str>,
}

#[derive(Serialize)]
struct AdvisedOut<'a> {
    renewal: Option<AdviceOut<'a>>,
    price: Option<AdviceOut<'a>>,
}

#[derive(Serialize)]
struct AdviceOut<'a> {
    id: &'a str,
    title: &'a str,
}

#[derive(Serialize)]
struct SheetOut<'a> {
    node: &'a str,
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<String>,
    out_of: Option<String>,
}

#[derive(Serialize)]
struct PartOut<'a> {
    node: &'a str,
    subject: &'a str,
    period: Option<String>,
    score: Option<String>,
    /// What it counts with, in the same points; null where it does not count.
    counts: Option<String>,
    out_of: String,
    /// What weighs it; null where nothing does.
    figure: Option<String>,
    /// Its exact share, `p/q`; those of one node add up to one.
    weight: Option<String>,
    grade: Option<&'a str>,
    vetoes: &'a [String],
    why: &'static str,
    taken_over: Option<String>,
}

#[derive(Serialize)]
struct ReasonOut<'a> {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    facts: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<Vec<RecordOut<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grade: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    text: String,
    text_zh: String,
}

#[derive(Serialize)]
struct RecordOut<'a> {
    by: Option<&'a str>,
    from: String,
    until: Option<String>,
    /// Only where it is about the member who holds the post.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fact: Option<&'a str>,
}

#[derive(Serialize)]
struct NodeOut<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
    kind: &'static str,
    /// Shown; null when the node has no value.
    value: Option<String>,
    /// `p/q`, only where the shown value is rounded: that is its mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out_of: Option<String>,
    how: Vec<String>,
    how_zh: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tried: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tried_zh: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<NodeOut<'a>>,
}

#[derive(Serialize)]
struct QuotasOut<'a> {
    quotas: Vec<QuotaOut<'a>>,
}

#[derive(Serialize)]
struct QuotaOut<'a> {
    r#for: &'a str,
    groups: Vec<GroupOut<'a>>,
}

#[derive(Serialize)]
struct GroupOut<'a> {
    group: &'a str,
    /// Only of a pool.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pooled: Vec<&'a str>,
    members: u64,
    quota: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    quota_exact: Option<String>,
    floor: u64,
    remainder: String,
    seats: u64,
    why: &'static str,
}

/// One subject's result as one line of JSON.
pub fn result_json(plan: &Plan, result: &SubjectResult) -> String {
    let scheme = plan.scheme();
    let Rounding { to, mode } = plan.root_rounding();
    let text = |it: &Exact| it.text(to, mode);
    let mut out = ResultOut {
        subject: &result.subject,
        period: result.period.to_string(),
        status: result.status.name(),
        score: result.score.as_ref().map(text),
        score_before_vetoes: result.score_before_vetoes.as_ref().map(text),
        grade: result.grade.as_deref(),
        ranks: &result.ranks,
        awards: result.awards.iter().map(|it| (it.id.as_str(), it.amount.to_string())).collect(),
        consequences: result.consequences.as_deref().filter(|_| !scheme.consequences.is_empty()),
        honours: scheme.honours.as_ref().map(|_| {
            let honours = super::honours(scheme, result.status, &result.reasons);
            HonoursOut { honours: honours.map(|it| if it { "eligible" } else { "barred" }) }
        }),
        advice: super::advice(scheme, &result.advisable()).map(|it| AdvisedOut {
            renewal: it.renewal.map(advice_out),
            price: it.price.map(advice_out),
        }),
        sheets: result.sheets.iter().map(|it| sheet_out(scheme, it)).collect(),
        results: result.parts.iter().map(part_out).collect(),
        reasons: result.reasons.iter().map(|it| reason_out(it, scheme)).collect(),
        nodes: result.nodes.first().and_then(|_| node_out(scheme, &result.nodes, 0)),
    };
    if let (Some(root), Some(missed)) = (&mut out.nodes, missed_grade(result, scheme)) {
        root.tried.push(missed.en);
        root.tried_zh.push(missed.zh);
    }
    if let Some(root) = &mut out.nodes {
        let [barred, left] = seat_words(result, scheme);
        if let Some(Words { en, zh }) = barred {
            root.tried.push(en);
            root.tried_zh.push(zh);
        }
        if let Some(Words { en, zh }) = left {
            root.how.push(en);
            root.how_zh.push(zh);
        }
    }
    serde_json::to_string(&out).unwrap_or_default()
}

/// The quota tables as one line of JSON.
pub fn quotas_json(plan: &Plan, quotas: &[Quota]) -> String {
    let grade = |index: usize| plan.scheme().grades.get(index).map_or("", |it| it.id.as_str());
    let quotas = quotas.iter().map(|quota| QuotaOut {
        r#for: grade(quota.grade),
        groups: quota
            .groups
            .iter()
            .map(|QuotaGroup { group, pooled, row }| GroupOut {
                group,
                pooled: pooled.iter().map(|it| &**it).collect(),
                members: row.members,
                quota: decimal(&row.quota),
                quota_exact: (!row.quota.is_decimal(12)).then(|| row.quota.to_string()),
                floor: row.floor,
                remainder: decimal(&row.remainder),
                seats: row.seats,
                why: row.why.name(),
            })
            .collect(),
    });
    serde_json::to_string(&QuotasOut { quotas: quotas.collect() }).unwrap_or_default()
}

fn decimal(value: &Exact) -> String {
    if value.is_decimal(12) { value.exact_text() } else { value.text(4, RoundingMode::HalfUp) }
}

fn advice_out(band: &AdviceBand) -> AdviceOut<'_> {
    AdviceOut { id: &band.id, title: &band.title }
}

fn sheet_out<'a>(scheme: &Scheme, sheet: &'a SheetValue) -> SheetOut<'a> {
    let node = scheme.nodes.iter().find(|it| it.id == sheet.node);
    let rounded = sheet.value.as_ref().filter(|it| !it.is_decimal(12));
    SheetOut {
        node: &sheet.node,
        value: sheet.value.as_ref().map(decimal),
        exact: rounded.map(Exact::to_string),
        out_of: node.and_then(|it| it.out_of).map(|it| it.to_string()),
    }
}

fn part_out(part: &Part) -> PartOut<'_> {
    let number = |it: Option<Decimal>| it.map(|it| it.to_string());
    PartOut {
        node: &part.node,
        subject: &part.subject,
        period: part.period.map(|it| it.to_string()),
        score: number(part.score),
        counts: number(part.counts),
        out_of: part.out_of.to_string(),
        figure: number(part.figure),
        weight: part.weight.as_ref().map(ToString::to_string),
        grade: part.grade.as_deref(),
        vetoes: &part.vetoes,
        why: part.why.name(),
        taken_over: part.taken_over.map(|it| it.to_string()),
    }
}

fn reason_out<'a>(reason: &'a Reason, scheme: &Scheme) -> ReasonOut<'a> {
    let Words { en, zh } = reason_words(reason, scheme);
    let mut out = ReasonOut {
        code: reason.code(),
        node: None,
        state: None,
        because: None,
        item: None,
        records: None,
        grade: None,
        group: None,
        facts: None,
        text: en,
        text_zh: zh,
    };
    match reason {
        Reason::Missing { node, state, reason } => {
            out.node = Some(node);
            out.state = state.map(crate::domain::facts::StateKind::name);
            out.because = reason.as_deref();
        }
        Reason::Veto { item, records } => {
            out.item = Some(item);
            out.records = Some(records.iter().map(record_out).collect());
        }
        Reason::TieOpen { grade, group } => {
            out.grade = Some(grade);
            out.group = Some(group);
        }
        Reason::SeatsExhausted { grade } => out.grade = Some(grade),
        Reason::HonoursBarred { facts } => out.facts = Some(facts),
    }
    out
}

fn record_out(record: &VetoRecord) -> RecordOut<'_> {
    RecordOut {
        by: record.by.as_deref(),
        from: record.from.to_string(),
        until: record.until.map(|it| it.to_string()),
        member: record.of_holder.as_ref().map(|it| it.member.as_str()),
        fact: record.of_holder.as_ref().map(|it| it.fact.as_str()),
    }
}

fn node_out<'a>(scheme: &'a Scheme, nodes: &[Explained], index: usize) -> Option<NodeOut<'a>> {
    let node: &Node = scheme.nodes.get(index)?;
    let explained = nodes.get(index)?;
    let value = explained.value.known();
    let rounded = value.filter(|it| !it.is_decimal(12));
    let (tried, how): (Vec<_>, Vec<_>) = explained.notes.iter().partition(|it| it.is_tried());
    let words = |notes: Vec<&super::Note>| -> (Vec<String>, Vec<String>) {
        notes.into_iter().map(|it| sentence(it, scheme)).map(|it| (it.en, it.zh)).unzip()
    };
    let ((how, how_zh), (tried, tried_zh)) = (words(how), words(tried));
    Some(NodeOut {
        id: &node.id,
        title: &node.title,
        kind: node.kind.name(),
        value: value.map(|it| shown(it).trim_start_matches('≈').to_owned()),
        exact: rounded.map(Exact::to_string),
        state: match explained.value {
            super::Value::Known(_) => None,
            super::Value::Incomplete => Some("incomplete"),
            super::Value::LeftOut => Some("left_out"),
        },
        out_of: node.out_of.map(|it| it.to_string()),
        how,
        how_zh,
        tried,
        tried_zh,
        children: node
            .kind
            .children()
            .iter()
            .filter_map(|it| node_out(scheme, nodes, *it))
            .collect(),
    })
}
