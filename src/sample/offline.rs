//! The sample's facts as lines of the offline command, with the groups and attributes that the
//! service derives from the registry, so that both can be compared.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    COUNTY, Document, REVIEW, Review, Sample, Word,
    indicators::{Figures, figures},
    membership::Membership,
    model::{Body, Date, Detail, Fact, Record, RecordKind, Step, Subject, SubjectKind},
};
use crate::domain::{
    exact::Decimal,
    scheme::{Indicator, Scheme},
};

/// One subject's facts, as `steelyard evaluate` reads them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    subject: String,
    period: &'static str,
    groups: BTreeMap<&'static str, String>,
    attributes: BTreeMap<String, String>,
    #[serde(flatten)]
    membership: Membership,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    check_ins: Vec<CheckIn>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conduct: Vec<Case>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entries: Vec<Entry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sheets: Vec<Sheet>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    proposals: Vec<Proposal>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    ballots: BTreeMap<&'static str, BTreeMap<&'static str, i64>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    surveys: BTreeMap<&'static str, BTreeMap<&'static str, Answers>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metrics: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    imports: BTreeMap<&'static str, Vec<Import>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    results: BTreeMap<&'static str, Vec<Given>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vetoes: Vec<Interval>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Interval>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    states: BTreeMap<&'static str, Why>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Entry {
    item: &'static str,
    on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Sheet {
    item: &'static str,
    role: &'static str,
    by: String,
    at: String,
    points: String,
}

/// A level's word; each stands behind the one below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Proposal {
    item: &'static str,
    level: &'static str,
    by: String,
    points: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Answers {
    answered: i64,
    satisfied: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Import {
    unit: String,
    raw: String,
    full: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    bonus: bool,
    at: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct CheckIn {
    compound: String,
    on: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Case {
    #[serde(rename = "case")]
    id: String,
    on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    put_right_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    put_right: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Given {
    of: &'static str,
    score: String,
    out_of: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Interval {
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fact: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Why {
    state: &'static str,
    reason: &'static str,
}

type Registry<'a> = BTreeMap<(RecordKind, &'a str), &'a Record>;

pub(super) fn lines(sample: &Sample, scheme: &Document, results: &[(String, String)]) -> Vec<Line> {
    // Versions stand in the order of their first days, so the last one is that of the year's end.
    let registry: Registry<'_> =
        sample.records.iter().map(|it| ((it.kind, it.id.as_str()), it)).collect();
    let mut members: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in sample.records.iter().filter(|it| it.kind == RecordKind::Member) {
        members.entry(&record.id).or_default().push(record);
    }
    let mut facts: BTreeMap<&Subject, Vec<&Fact>> = BTreeMap::new();
    for fact in sample.facts.iter().filter(|it| it.reversed_because.is_none()) {
        facts.entry(&fact.subject).or_default().push(fact);
    }
    // A document that does not read has no roster; whoever evaluates it is told why.
    let read = Scheme::read(scheme.text.as_bytes()).ok();
    let asked = read.as_ref().map(|it| it.indicators.clone()).unwrap_or_default();
    let computed = if asked.is_empty() { Figures::new() } else { figures(sample) };
    let roster = read.and_then(|it| it.roster);
    let mut reviews: BTreeMap<String, Review> = BTreeMap::new();
    if scheme.subject == SubjectKind::Post {
        reviews.extend(sample.reviews().into_iter().map(|it| (it.post.clone(), it)));
    }
    let mut lines = Vec::new();
    for ((_, id), record) in &registry {
        let Some(mut line) = line_of(record, scheme, &registry) else { continue };
        if roster.as_ref().is_some_and(|it| !it.takes(&line.attributes)) {
            continue;
        }
        if let Some(versions) = members.get(id).filter(|_| scheme.subject == SubjectKind::Member) {
            line.membership = Membership::of(versions);
        }
        let subject = Subject { kind: scheme.subject, id: (*id).to_owned() };
        for fact in facts.remove(&subject).unwrap_or_default() {
            line.add(&fact.body, scheme.period);
        }
        if let Some(figures) = computed.get(*id) {
            line.compute(&asked, figures);
        }
        for word in reviews.remove(*id).into_iter().flat_map(|it| it.words) {
            let (by, points) = (format!("official-{}", word.unit), word.points.to_string());
            let Word { level, reason, .. } = word;
            line.proposals.push(Proposal { item: REVIEW, level, by, points, reason });
        }
        if line.attributes.get("post").is_some_and(|it| it == "community_secretary") {
            line.draw(results, &registry);
        }
        lines.push(line);
    }
    lines
}

/// A record as an empty line, if it is of the scheme's kind of subject.
fn line_of(record: &Record, scheme: &Document, registry: &Registry<'_>) -> Option<Line> {
    let mut attributes = record.attributes.clone();
    let mut groups = BTreeMap::new();
    let mut set = |name: &str, value: &str| {
        attributes.insert(name.to_owned(), value.to_owned());
    };
    match (&record.detail, scheme.subject) {
        (Detail::OrgUnit { .. }, SubjectKind::Compound) if record.kind == RecordKind::Compound => {
            climb(&mut groups, registry, RecordKind::Compound, &record.id);
        }
        (
            Detail::Member {
                status, unit_branch_id, compound_id, directly_managed, formality, ..
            },
            SubjectKind::Member,
        ) => {
            set("status", status.name());
            set("directly_managed", if *directly_managed { "true" } else { "false" });
            set("formality", formality.name());
            if !unit_branch_id.is_empty() {
                groups.insert("unit_branch", unit_branch_id.clone());
            }
            climb(&mut groups, registry, RecordKind::Compound, compound_id);
        }
        (Detail::Post { person_id, title, unit }, SubjectKind::Post) => {
            set("post", title);
            let holder = registry.get(&(RecordKind::Member, person_id.as_str()));
            if let Some(Detail::Member { status, .. }) = holder.map(|it| &it.detail) {
                set("status", status.name());
            }
            climb(&mut groups, registry, unit.kind, &unit.id);
        }
        (Detail::Project { company_id, compound_id, project_class, .. }, SubjectKind::Project) => {
            set("class", project_class);
            groups.insert("class", project_class.clone());
            groups.insert("company", company_id.clone());
            climb(&mut groups, registry, RecordKind::Compound, compound_id);
        }
        _ => return None,
    }
    Some(Line {
        subject: record.id.clone(),
        period: scheme.period,
        groups,
        attributes,
        membership: Membership::default(),
        check_ins: Vec::new(),
        conduct: Vec::new(),
        entries: Vec::new(),
        sheets: Vec::new(),
        proposals: Vec::new(),
        ballots: BTreeMap::new(),
        surveys: BTreeMap::new(),
        metrics: BTreeMap::new(),
        imports: BTreeMap::new(),
        results: BTreeMap::new(),
        vetoes: Vec::new(),
        findings: Vec::new(),
        states: BTreeMap::new(),
    })
}

/// A unit and those above it, as groups.
fn climb(
    groups: &mut BTreeMap<&'static str, String>,
    registry: &Registry<'_>,
    kind: RecordKind,
    id: &str,
) {
    let mut at = (kind, id);
    loop {
        let dimension = match at.0 {
            RecordKind::Building => "building",
            RecordKind::Compound => "compound",
            RecordKind::Community => "community",
            RecordKind::Street => "street",
            RecordKind::County
            | RecordKind::Branch
            | RecordKind::Member
            | RecordKind::Post
            | RecordKind::Company
            | RecordKind::Project => break,
        };
        groups.insert(dimension, at.1.to_owned());
        match registry.get(&at).and_then(|it| it.parent.as_ref()) {
            Some(parent) => at = (parent.kind, parent.id.as_str()),
            None => break,
        }
    }
    groups.insert("county", COUNTY.to_owned());
}

fn texts(value: Option<Decimal>) -> Option<String> {
    value.map(|it| it.to_string())
}

impl Line {
    /// The subject's id.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    fn add(&mut self, body: &Body, of: &'static str) {
        match body {
            Body::Entry { item, on, times, points } => {
                let (times, points) = (texts(*times), texts(*points));
                self.entries.push(Entry { item, on: on.to_string(), times, points });
            }
            Body::Sheet { item, role, assessor, at, points, period } if *period == of => {
                let (by, at) = (assessor.clone(), at.clone());
                self.sheets.push(Sheet { item, role, by, at, points: points.to_string() });
            }
            Body::Ballot { ballot, period, counts } if *period == of => {
                self.ballots.insert(ballot, counts.clone());
            }
            Body::Survey { survey, channel, period, answered, satisfied } if *period == of => {
                let answers = Answers { answered: *answered, satisfied: *satisfied };
                self.surveys.entry(survey).or_default().insert(channel, answers);
            }
            Body::Metric { name, period, value } if *period == of => {
                self.metrics.insert(name, value.to_string());
            }
            Body::Imported { source, period, raw, full, bonus, unit_branch_id, reported_at }
                if *period == of =>
            {
                let (unit, at) = (unit_branch_id.clone(), reported_at.clone());
                let (raw, full, bonus) = (raw.to_string(), full.to_string(), *bonus);
                let reports = self.imports.entry(source).or_default();
                reports.push(Import { unit, raw, full, bonus, at });
            }
            Body::CheckIn { compound_id, on } => {
                let (compound, on) = (compound_id.clone(), on.to_string());
                self.check_ins.push(CheckIn { compound, on });
            }
            Body::Conduct { case_id, on, put_right_by, .. } => self.conduct.push(Case {
                id: case_id.clone(),
                on: on.to_string(),
                put_right_by: put_right_by.map(|it| it.to_string()),
                put_right: None,
            }),
            Body::ConductStep { case_id, step: Step::PutRight, on } => self.put_right(case_id, *on),
            Body::Veto { item, raised_by, effective_from, effective_until } => {
                self.vetoes.push(Interval {
                    item: Some(item),
                    fact: None,
                    by: Some(raised_by),
                    from: effective_from.to_string(),
                    until: effective_until.map(|it| it.to_string()),
                });
            }
            Body::Finding { finding, effective_from, effective_until } => {
                self.findings.push(Interval {
                    item: None,
                    fact: Some(finding),
                    by: None,
                    from: effective_from.to_string(),
                    until: effective_until.map(|it| it.to_string()),
                });
            }
            Body::NodeState { node, state, reason, period } if *period == of => {
                self.states.insert(node, Why { state: state.name(), reason });
            }
            // Of another period.
            Body::Sheet { .. }
            | Body::Ballot { .. }
            | Body::Survey { .. }
            | Body::Metric { .. }
            | Body::Imported { .. }
            | Body::NodeState { .. } => (),
            // Told on, and of no effect on the score.
            Body::ConductStep { .. } => (),
        }
    }

    /// The figures that the service takes from the registry, in the place of recorded ones.
    fn compute(&mut self, asked: &[Indicator], figures: &BTreeMap<&'static str, i64>) {
        for name in asked.iter().map(|it| it.name()) {
            self.metrics.remove(name);
            self.metrics.extend(figures.get(name).map(|it| (name, it.to_string())));
        }
    }

    /// The earliest day on which a case was put right; its case stands before it.
    fn put_right(&mut self, case_id: &str, on: Date) {
        if let Some(case) = self.conduct.iter_mut().find(|it| it.id == case_id) {
            let on = on.to_string();
            case.put_right = Some(case.put_right.take().map_or(on.clone(), |it| it.min(on)));
        }
    }

    /// The published results of the compounds of this line's community.
    fn draw(&mut self, results: &[(String, String)], registry: &Registry<'_>) {
        let community = self.groups.get("community").map_or("", String::as_str);
        let here = results.iter().filter(|(compound, _)| {
            let record = registry.get(&(RecordKind::Compound, compound.as_str()));
            record.and_then(|it| it.parent.as_ref()).is_some_and(|it| it.id == community)
        });
        let given: Vec<Given> = here
            .map(|(_, score)| Given { of: "children", score: score.clone(), out_of: "100" })
            .collect();
        if !given.is_empty() {
            self.results.insert("xinping.red-flag-compound", given);
        }
    }
}
