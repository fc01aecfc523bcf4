//! Facts as they come in.

mod member;
mod together;
mod veto;

use std::collections::BTreeMap;

use together::Together;
pub(super) use veto::VetoDetail;

use super::decode::{Faults, is_id, subject_kind};
use crate::{
    app::{FieldFault, fact::DecisionDetail, round::SOURCE as ROUND_SOURCE},
    proto::v1::{self, fact::Fact as Raw},
    store::{Fact, FactKind},
};

/// The most references to evidence.
const EVIDENCE_MAX: usize = 20;
/// The most options of a ballot.
const OPTIONS_MAX: usize = 64;
/// The most subjects of a tie.
const ORDER_MAX: usize = 1_000;
/// One time, in ten-thousandths.
const ONCE: i64 = 10_000;

/// Every fact, or every fault of each, in their order. Two facts of one source record in a message
/// are faulty both, and two of one case or of one report: nobody can tell which is meant.
pub(super) fn facts(raw: &[v1::Fact]) -> Vec<Result<Fact, Vec<FieldFault>>> {
    let together = Together::of(raw);
    let decoded = raw.iter().map(|raw| {
        let mut faults = Faults::default();
        let fact = fact(&mut faults, raw);
        together.note(&mut faults, raw);
        let faults = faults.into_inner();
        match fact {
            Some(fact) if faults.is_empty() => Ok(fact),
            Some(_) | None => Err(faults),
        }
    });
    decoded.collect()
}

/// The kind of facts that a filter names.
pub(super) fn kind(faults: &mut Faults, path: &str, raw: i32) -> Option<FactKind> {
    faults.said(path, v1::FactKind::try_from(raw), |it| match it {
        v1::FactKind::Unspecified => None,
        v1::FactKind::Entry => Some(FactKind::Entry),
        v1::FactKind::Sheet => Some(FactKind::Sheet),
        v1::FactKind::Proposal => Some(FactKind::Proposal),
        v1::FactKind::Ballot => Some(FactKind::Ballot),
        v1::FactKind::Survey => Some(FactKind::Survey),
        v1::FactKind::Metric => Some(FactKind::Metric),
        v1::FactKind::Import => Some(FactKind::Import),
        v1::FactKind::Veto => Some(FactKind::Veto),
        v1::FactKind::Finding => Some(FactKind::Finding),
        v1::FactKind::NodeState => Some(FactKind::NodeState),
        v1::FactKind::Decision => Some(FactKind::Decision),
        v1::FactKind::CheckIn => Some(FactKind::CheckIn),
        v1::FactKind::Conduct => Some(FactKind::Conduct),
        v1::FactKind::ConductStep => Some(FactKind::ConductStep),
        v1::FactKind::VetoStep => Some(FactKind::VetoStep),
        v1::FactKind::EntryCheck => Some(FactKind::EntryCheck),
        v1::FactKind::Objection => Some(FactKind::Objection),
        v1::FactKind::Answer => Some(FactKind::Answer),
    })
}

/// A subject by kind and id.
pub(super) fn subject(faults: &mut Faults, raw: &v1::SubjectRef) -> Option<(String, String)> {
    faults.below("subject", |faults| {
        let kind = faults.said("kind", v1::SubjectKind::try_from(raw.kind), subject_kind);
        let id = faults.id("id", &raw.id);
        Some((kind?.name().to_owned(), id?))
    })
}

/// References to evidence as they are stored.
pub(super) fn evidence(faults: &mut Faults, raw: &[String]) -> Option<String> {
    if raw.len() > EVIDENCE_MAX {
        let en = format!("there are at most {EVIDENCE_MAX} references to evidence");
        faults.add("evidence", "BATCH_TOO_LARGE", en, "佐证材料至多 20 项");
        return None;
    }
    let mut good = true;
    for (index, one) in raw.iter().enumerate() {
        good &= faults.text(&format!("evidence[{index}]"), one, 500).is_some();
    }
    match (good, raw) {
        (false, _) => None,
        (true, []) => Some(String::new()),
        (true, all) => serde_json::to_string(all).ok(),
    }
}

/// Who records a fact.
pub(super) fn recorded_by(faults: &mut Faults, raw: &str) -> Option<String> {
    if raw.is_empty() {
        let en = "say who records it, by an id";
        faults.add("recorded_by", "RECORDED_BY_MISSING", en, "须填写登记人");
        return None;
    }
    faults.id("recorded_by", raw)
}

fn fact(faults: &mut Faults, raw: &v1::Fact) -> Option<Fact> {
    let decision = matches!(raw.fact, Some(Raw::Decision(_)));
    let subject = match &raw.subject {
        None if decision => Some((String::new(), String::new())),
        Some(_) if decision => {
            let en = "a decision is about no subject of its own";
            faults.add("subject", "SUBJECT_UNEXPECTED", en, "并列裁定不另填评价对象");
            None
        }
        None => {
            faults.add("subject", "SUBJECT_MISSING", "say whom it is about", "须填写评价对象");
            None
        }
        Some(raw) => subject(faults, raw),
    };
    let evidence = evidence(faults, &raw.evidence);
    let source = system(faults, "source", &raw.source);
    if source.as_deref() == Some(ROUND_SOURCE) {
        let en = "facts of this source are recorded by closing an assessment round only";
        faults.add("source", "SOURCE_RESERVED", en, "该来源仅用于考核轮次结束时生成的事实");
    }
    let source_record = system(faults, "source_record", &raw.source_record);
    let recorded_by = recorded_by(faults, &raw.recorded_by);
    let late_reason = match raw.late_reason.as_str() {
        "" => Some(String::new()),
        some => faults.text("late_reason", some, 2_000),
    };
    refuse_output(faults, raw);
    let content = content(faults, raw.fact.as_ref());
    let (subject_kind, subject) = subject?;
    if let Some(raw) = &raw.fact {
        member::about(faults, raw, &subject_kind);
    }
    Some(Fact {
        subject_kind,
        subject,
        evidence: evidence?,
        source: source?,
        source_record: source_record?,
        recorded_by: recorded_by?,
        late_reason: late_reason?,
        ..content?
    })
}

fn system(faults: &mut Faults, path: &str, raw: &str) -> Option<String> {
    if raw.is_empty() { Some(String::new()) } else { faults.text(path, raw, 64) }
}

fn refuse_output(faults: &mut Faults, raw: &v1::Fact) {
    let set = [
        ("fact_id", !raw.fact_id.is_empty()),
        ("record_time", raw.record_time.is_some()),
        ("reversed_by", !raw.reversed_by.is_empty()),
        ("reverse_time", raw.reverse_time.is_some()),
        ("reverse_reason", !raw.reverse_reason.is_empty()),
    ];
    for (path, _) in set.into_iter().filter(|(_, it)| *it) {
        let en = "this field is for output only";
        faults.add(path, "OUTPUT_FIELD_SET", en, "此项仅用于输出");
    }
}

/// What is known, without whom it is about. Which field says what stands in [`Fact`].
fn content(faults: &mut Faults, raw: Option<&Raw>) -> Option<Fact> {
    let of = |kind| Fact::of(kind, "", "", "");
    match raw {
        None => {
            let en = "say what is known: exactly one kind of fact";
            faults.add("fact", "FACT_KIND_MISSING", en, "须填写一类事实内容");
            None
        }
        Some(Raw::Entry(raw)) => faults.below("entry", |it| entry(it, raw, of(FactKind::Entry))),
        Some(Raw::Sheet(raw)) => faults.below("sheet", |it| sheet(it, raw, of(FactKind::Sheet))),
        Some(Raw::Ballot(raw)) => {
            faults.below("ballot", |it| ballot(it, raw, of(FactKind::Ballot)))
        }
        Some(Raw::Survey(raw)) => {
            faults.below("survey", |it| survey(it, raw, of(FactKind::Survey)))
        }
        Some(Raw::Metric(raw)) => {
            faults.below("metric", |it| metric(it, raw, of(FactKind::Metric)))
        }
        Some(Raw::Imported(raw)) => {
            faults.below("imported", |it| import(it, raw, of(FactKind::Import)))
        }
        Some(Raw::Veto(raw)) => faults.below("veto", |it| veto::veto(it, raw, of(FactKind::Veto))),
        Some(Raw::VetoStep(raw)) => {
            faults.below("veto_step", |it| veto::step(it, raw, of(FactKind::VetoStep)))
        }
        Some(Raw::Finding(raw)) => {
            faults.below("finding", |it| finding(it, raw, of(FactKind::Finding)))
        }
        Some(Raw::NodeState(raw)) => {
            faults.below("node_state", |it| node_state(it, raw, of(FactKind::NodeState)))
        }
        Some(Raw::Decision(raw)) => {
            faults.below("decision", |it| decision(it, raw, of(FactKind::Decision)))
        }
        Some(Raw::CheckIn(raw)) => {
            faults.below("check_in", |it| member::check_in(it, raw, of(FactKind::CheckIn)))
        }
        Some(Raw::Conduct(raw)) => {
            faults.below("conduct", |it| member::conduct(it, raw, of(FactKind::Conduct)))
        }
        Some(Raw::ConductStep(raw)) => {
            faults.below("conduct_step", |it| member::step(it, raw, of(FactKind::ConductStep)))
        }
        Some(Raw::Proposal(_)) => {
            let en = "values of appraisals are recorded by AppraisalService";
            let zh = "评定分值由 AppraisalService 登记";
            faults.add("proposal", "PROPOSAL_IN_APPRAISAL", en, zh);
            None
        }
        Some(Raw::EntryCheck(_)) => elsewhere(faults, "entry_check", "CheckEntries"),
        Some(Raw::Objection(_)) => elsewhere(faults, "objection", "RaiseObjection"),
        Some(Raw::Answer(_)) => elsewhere(faults, "answer", "AnswerObjection"),
    }
}

/// A kind that another service records.
fn elsewhere(faults: &mut Faults, path: &str, method: &str) -> Option<Fact> {
    let en = format!("this kind of fact is recorded by EntryService.{method}");
    let zh = format!("此类事实由 EntryService.{method} 登记");
    faults.add(path, "KIND_NOT_RECORDED_HERE", en, zh);
    None
}

fn entry(faults: &mut Faults, raw: &v1::Entry, blank: Fact) -> Option<Fact> {
    let item = faults.id("item", &raw.item);
    let day = faults.some_day("on", raw.on.as_ref());
    let times = faults.points("times", raw.times.as_ref()).map(|it| it.unwrap_or(ONCE));
    let times = times.and_then(|it| not_negative(faults, "times", it));
    let amount_b = faults.points("points", raw.points.as_ref());
    let (item, day, times, amount_b) = (item?, day?, times?, amount_b?);
    let (on_day, amount_a) = (Some(day), Some(times));
    Some(Fact { item, on_day, until_day: on_day, amount_a, amount_b, ..blank })
}

fn sheet(faults: &mut Faults, raw: &v1::Sheet, blank: Fact) -> Option<Fact> {
    let item = faults.id("item", &raw.item);
    let name = faults.id("role", &raw.role);
    let by_whom = faults.id("assessor", &raw.assessor);
    let at = faults.moment("at", raw.at.as_ref());
    if at == Some(None) {
        faults.missing("at");
    }
    let points = faults.some_points("points", raw.points.as_ref());
    let points = points.and_then(|it| not_negative(faults, "points", it));
    let period = faults.period("period", &raw.period);
    let (item, name, by_whom) = (item?, name?, by_whom?);
    let (at, amount_a, period) = (Some(at??), Some(points?), period?.to_string());
    Some(Fact { item, period, name, amount_a, by_whom, at, ..blank })
}

fn ballot(faults: &mut Faults, raw: &v1::Ballot, blank: Fact) -> Option<Fact> {
    let item = faults.id("ballot", &raw.ballot);
    let period = faults.period("period", &raw.period);
    let mut good = (1..=OPTIONS_MAX).contains(&raw.counts.len());
    if !good {
        let en = format!("a ballot has 1 to {OPTIONS_MAX} options");
        faults.add("counts", "OPTIONS_INVALID", en, "选项为 1 至 64 个");
    }
    // Of names that are none, one is told.
    if let Some(wrong) = raw.counts.keys().find(|it| !is_id(it)) {
        faults.id("counts", wrong);
        good = false;
    }
    for (option, count) in raw.counts.iter().filter(|it| is_id(it.0)).take(OPTIONS_MAX) {
        good &= faults.count(&format!("counts.{option}"), *count).is_some();
    }
    let detail = good.then(|| serde_json::to_string(&raw.counts).ok()).flatten();
    Some(Fact { item: item?, period: period?.to_string(), detail: detail?, ..blank })
}

fn survey(faults: &mut Faults, raw: &v1::Survey, blank: Fact) -> Option<Fact> {
    let item = faults.id("survey", &raw.survey);
    let name = faults.id("channel", &raw.channel);
    let period = faults.period("period", &raw.period);
    let answered = faults.count("answered", raw.answered);
    let satisfied = faults.count("satisfied", raw.satisfied);
    let (answered, satisfied) = (answered?, satisfied?);
    if satisfied > answered {
        let en = format!("of {answered} who answered no {satisfied} can be satisfied");
        faults.add("satisfied", "SATISFIED_ABOVE_ANSWERED", en, "满意数不得大于答卷数");
        return None;
    }
    let (amount_a, amount_b) = (Some(answered), Some(satisfied));
    Some(Fact {
        item: item?,
        name: name?,
        period: period?.to_string(),
        amount_a,
        amount_b,
        ..blank
    })
}

fn metric(faults: &mut Faults, raw: &v1::Metric, blank: Fact) -> Option<Fact> {
    let item = faults.id("name", &raw.name);
    let period = faults.period("period", &raw.period);
    let value = faults.some_points("value", raw.value.as_ref());
    let (item, period) = (item?, period?.to_string());
    Some(Fact { item, period, amount_a: Some(value?), ..blank })
}

fn finding(faults: &mut Faults, raw: &v1::Finding, blank: Fact) -> Option<Fact> {
    let item = faults.id("finding", &raw.finding);
    let days = faults.days(
        ("effective_from", raw.effective_from.as_ref()),
        ("effective_until", raw.effective_until.as_ref()),
    );
    let (item, (from, until_day)) = (item?, days?);
    Some(Fact { item, on_day: Some(from), until_day, ..blank })
}

fn import(faults: &mut Faults, raw: &v1::Import, blank: Fact) -> Option<Fact> {
    let item = faults.id("source", &raw.source);
    let period = faults.period("period", &raw.period);
    let points = faults.some_points("raw", raw.raw.as_ref());
    let full = faults.some_points("full", raw.full.as_ref());
    let unit = member::unit(faults, raw);
    let (points, full, (by_whom, at)) = (points?, full?, unit?);
    if full <= 0 {
        faults.add("full", "FULL_NOT_POSITIVE", "full marks are above 0", "满分须大于 0");
        return None;
    }
    if points > full && !raw.bonus {
        let en = "the points pass the full marks, and no bonus is stated";
        faults.add("raw", "RAW_ABOVE_FULL", en, "得分高于满分且未标明加分");
        return None;
    }
    let name = if raw.bonus { "bonus" } else { "" }.to_owned();
    let (amount_a, amount_b) = (Some(points), Some(full));
    let (item, period) = (item?, period?.to_string());
    Some(Fact { item, period, name, amount_a, amount_b, by_whom, at, ..blank })
}

fn node_state(faults: &mut Faults, raw: &v1::NodeState, blank: Fact) -> Option<Fact> {
    let item = faults.id("node", &raw.node);
    let period = faults.period("period", &raw.period);
    let state = faults.said("state", v1::NodeStateKind::try_from(raw.state), |it| match it {
        v1::NodeStateKind::Unspecified => None,
        v1::NodeStateKind::NotSubmitted => Some("not_submitted"),
        v1::NodeStateKind::NotApplicable => Some("not_applicable"),
        v1::NodeStateKind::Excused => Some("excused"),
    });
    let detail = if raw.reason.is_empty() && state == Some("not_submitted") {
        Some(String::new())
    } else {
        faults.why("reason", &raw.reason)
    };
    let (name, detail) = (state?.to_owned(), detail?);
    Some(Fact { item: item?, name, detail, period: period?.to_string(), ..blank })
}

fn decision(faults: &mut Faults, raw: &v1::Decision, blank: Fact) -> Option<Fact> {
    let item = faults.id("scheme_id", &raw.scheme_id);
    let name = faults.id("for_grade", &raw.for_grade);
    let within = faults.optional_id("within_group", &raw.within_group);
    let period = faults.period("period", &raw.period);
    let by_whom = faults.id("decided_by", &raw.decided_by);
    let reason = faults.why("reason", &raw.reason);
    let mut good = (1..=ORDER_MAX).contains(&raw.order.len());
    if !good {
        let en = format!("a decision orders 1 to {ORDER_MAX}");
        faults.add("order", "ORDER_INVALID", en, "裁定顺序为 1 至 1000 项");
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, id) in raw.order.iter().take(ORDER_MAX).enumerate() {
        let path = format!("order[{index}]");
        good &= faults.id(&path, id).is_some();
        if let Some(earlier) = seen.insert(id, index) {
            let en = format!("`{id}` stands in order[{earlier}] already");
            faults.add(&path, "ORDER_REPEATED", en, "裁定顺序中重复");
            good = false;
        }
    }
    let (within, reason) = (within?, reason?);
    let detail = DecisionDetail { within, order: raw.order.clone(), reason };
    let detail = good.then(|| serde_json::to_string(&detail).ok()).flatten()?;
    let (item, name, by_whom) = (item?, name?, by_whom?);
    Some(Fact { item, name, detail, by_whom, period: period?.to_string(), ..blank })
}

fn not_negative(faults: &mut Faults, path: &str, value: i64) -> Option<i64> {
    if value < 0 {
        faults.add(path, "COUNT_NEGATIVE", "this is not below 0", "此项不得为负");
    }
    (value >= 0).then_some(value)
}
