//! Results, explanations and quota tables as messages.

use std::collections::BTreeMap;

use super::encode::{decimal, subject_kind, text, timestamp};
use crate::{
    app::{
        hex,
        run::{Change, GivenAward, KeptResult, score_text, seat},
    },
    domain::{
        engine::{
            Explained, Note, Plan, Quota, QuotaGroup, Reason, Status, SubjectResult, Value,
            missed_grade, reason_words, seat_words, sentence,
        },
        exact::{Exact, Money, RoundingMode, Why},
        facts::StateKind,
        scheme::{AwardTo, Basis, Scheme},
    },
    proto::{google::r#type as google, v1},
    store::RunRecord,
};

/// An amount of money.
pub(crate) fn money(amount: Money) -> google::Money {
    let fen = amount.fen();
    let nanos = fen.checked_rem(100).unwrap_or(0).saturating_mul(10_000_000);
    google::Money {
        currency_code: "CNY".to_owned(),
        units: fen.checked_div(100).unwrap_or(0),
        nanos: i32::try_from(nanos).unwrap_or(0),
    }
}

/// An exact number as it is shown: marked where the shown text is rounded.
pub(crate) fn exact(value: &Exact) -> v1::ExactNumber {
    let rounded = !value.is_decimal(12);
    let shown = if rounded { value.text(4, RoundingMode::HalfUp) } else { value.exact_text() };
    v1::ExactNumber {
        shown: Some(google::Decimal { value: shown }),
        rounded,
        exact: value.to_string(),
    }
}

/// A score with the places to which the scheme rounds its root.
pub(crate) fn score(plan: &Plan, value: &Exact) -> google::Decimal {
    google::Decimal { value: score_text(plan, value) }
}

pub(crate) const fn status(status: Status) -> v1::ResultStatus {
    match status {
        Status::Final => v1::ResultStatus::Final,
        Status::Incomplete => v1::ResultStatus::Incomplete,
        Status::Excluded => v1::ResultStatus::Excluded,
        Status::TieOpen => v1::ResultStatus::TieOpen,
    }
}

/// A reason with its parameters and its sentence.
pub(crate) fn reason(reason: &Reason, scheme: &Scheme) -> v1::Reason {
    let words = reason_words(reason, scheme);
    let mut params = BTreeMap::new();
    match reason {
        Reason::Missing { node, state, reason } => {
            params.insert("node".to_owned(), node.clone());
            params.extend(state.map(|it| ("state".to_owned(), it.name().to_owned())));
            params.extend(reason.clone().map(|it| ("because".to_owned(), it)));
        }
        Reason::Veto { item, records } => {
            params.insert("item".to_owned(), item.clone());
            for (index, record) in records.iter().enumerate() {
                let until = record.until.map(|it| it.to_string()).unwrap_or_default();
                let by = record.by.clone().unwrap_or_default();
                let value = format!("{by} {}..{until}", record.from);
                params.insert(format!("record_{index}"), value);
                if let Some(of) = &record.of_holder {
                    params.insert(format!("record_{index}_member"), of.member.clone());
                    params.insert(format!("record_{index}_fact"), of.fact.clone());
                }
            }
        }
        Reason::TieOpen { grade, group } => {
            params.insert("grade".to_owned(), grade.clone());
            params.insert("group".to_owned(), group.clone());
        }
        Reason::SeatsExhausted { grade } => {
            params.insert("grade".to_owned(), grade.clone());
        }
        Reason::HonoursBarred { facts } => {
            params.insert("facts".to_owned(), facts.join(","));
        }
    }
    let code = reason.code().to_owned();
    v1::Reason { code, params, text: Some(text(words.en, words.zh)) }
}

fn basis(basis: &[Basis]) -> String {
    let one = |it: &Basis| match it.clause.as_str() {
        "" => it.document.clone(),
        clause => format!("{} {clause}", it.document),
    };
    basis.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn award(scheme: &Scheme, award: &GivenAward) -> v1::Award {
    let rests_on = scheme.awards.iter().find(|it| it.id == award.id).map(|it| basis(&it.basis));
    v1::Award {
        award_id: award.id.clone(),
        amount: Some(money(award.amount)),
        to: match award.to {
            AwardTo::Branch => v1::AwardRecipient::Branch,
            AwardTo::Person => v1::AwardRecipient::Person,
        }
        .into(),
        recipient_id: award.recipient.clone(),
        basis: rests_on.unwrap_or_default(),
    }
}

fn places(ranks: &BTreeMap<String, u32>) -> BTreeMap<String, i32> {
    let place = |it: &u32| i32::try_from(*it).unwrap_or(i32::MAX);
    ranks.iter().map(|(group, it)| (group.clone(), place(it))).collect()
}

/// A subject of the scheme's kind.
pub(crate) fn subject(plan: &Plan, id: &str) -> v1::SubjectRef {
    let kind = subject_kind(plan.scheme().subject).into();
    v1::SubjectRef { kind, id: id.to_owned() }
}

/// A kept result.
pub(crate) fn result(plan: &Plan, run: &RunRecord, kept: &KeptResult) -> v1::Result {
    let scheme = plan.scheme();
    v1::Result {
        subject: Some(subject(plan, &kept.subject)),
        period: kept.period.clone(),
        status: status(kept.status).into(),
        score: kept.score.as_ref().map(|it| score(plan, it)),
        score_before_vetoes: kept.score_before_vetoes.as_ref().map(|it| score(plan, it)),
        grade: kept.grade.clone(),
        seat: seat(plan, kept.seated, kept.grade.as_ref()),
        ranks: places(&kept.ranks),
        groups: kept.groups.clone(),
        awards: kept.awards.iter().map(|it| award(scheme, it)).collect(),
        reasons: kept.reasons.iter().map(|it| reason(it, scheme)).collect(),
        digest: hex(&kept.digest),
        receipt: Some(v1::Receipt {
            run_id: run.run_id.clone(),
            scheme_id: run.scheme_id.clone(),
            version: i32::try_from(run.version).unwrap_or(i32::MAX),
            scheme_digest: hex(&run.scheme_digest),
            known_at: Some(timestamp(run.known)),
            facts_watermark: run.facts_seq,
            facts_digest: kept.facts_digest.clone(),
            engine_version: run.engine_version.clone(),
        }),
        honours: honours(scheme, kept.status, &kept.reasons).into(),
    }
}

/// Whether a result is eligible for honours.
fn honours(scheme: &Scheme, status: Status, reasons: &[Reason]) -> v1::Honours {
    match crate::domain::engine::honours(scheme, status, reasons) {
        None => v1::Honours::Unspecified,
        Some(true) => v1::Honours::Eligible,
        Some(false) => v1::Honours::Barred,
    }
}

/// A result that was computed in the call and is kept nowhere.
pub(crate) fn computed(plan: &Plan, computed: &SubjectResult, digest: String) -> v1::Result {
    let scheme = plan.scheme();
    let given = |it: &crate::domain::engine::Awarded| {
        let given = GivenAward {
            id: it.id.clone(),
            amount: it.amount,
            to: it.to,
            recipient: String::new(),
        };
        award(scheme, &given)
    };
    v1::Result {
        subject: Some(subject(plan, &computed.subject)),
        period: computed.period.to_string(),
        status: status(computed.status).into(),
        score: computed.score.as_ref().map(|it| score(plan, it)),
        score_before_vetoes: computed.score_before_vetoes.as_ref().map(|it| score(plan, it)),
        grade: computed.grade.clone(),
        seat: seat(plan, computed.seated, computed.grade.as_ref()),
        ranks: places(&computed.ranks),
        groups: BTreeMap::new(),
        awards: computed.awards.iter().map(given).collect(),
        reasons: computed.reasons.iter().map(|it| reason(it, scheme)).collect(),
        digest,
        receipt: None,
        honours: honours(scheme, computed.status, &computed.reasons).into(),
    }
}

/// Who is affected, and how.
pub(crate) fn change(plan: &Plan, change: &Change) -> v1::Change {
    let scheme = plan.scheme();
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    let status_of = |it: Option<&KeptResult>| {
        it.map_or(v1::ResultStatus::Unspecified, |it| status(it.status)).into()
    };
    let score_of = |it: Option<&KeptResult>| it?.score.as_ref().map(|it| score(plan, it));
    let grade_of = |it: Option<&KeptResult>| it?.grade.clone();
    let ranks_of = |it: Option<&KeptResult>| it.map(|it| places(&it.ranks)).unwrap_or_default();
    let seat_of =
        |it: Option<&KeptResult>| it.and_then(|it| seat(plan, it.seated, it.grade.as_ref()));
    let awards_of = |it: Option<&KeptResult>| {
        let awards = it.map(|it| it.awards.as_slice()).unwrap_or_default();
        awards.iter().map(|it| award(scheme, it)).collect()
    };
    let honours_of = |it: Option<&KeptResult>| {
        it.map_or(v1::Honours::Unspecified, |it| honours(scheme, it.status, &it.reasons)).into()
    };
    v1::Change {
        subject: Some(subject(plan, &change.subject)),
        status_before: status_of(before),
        status_after: status_of(after),
        score_before: score_of(before),
        score_after: score_of(after),
        grade_before: grade_of(before),
        grade_after: grade_of(after),
        ranks_before: ranks_of(before),
        ranks_after: ranks_of(after),
        seat_before: seat_of(before),
        seat_after: seat_of(after),
        awards_before: awards_of(before),
        awards_after: awards_of(after),
        honours_before: honours_of(before),
        honours_after: honours_of(after),
    }
}

/// The quota tables of a cohort that was settled in the call.
pub(crate) fn quotas(plan: &Plan, quotas: &[Quota]) -> Vec<v1::QuotaTable> {
    let grade = |index: usize| plan.scheme().grades.get(index).map(|it| it.id.clone());
    let count = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
    let tables = quotas.iter().map(|quota| v1::QuotaTable {
        for_grade: grade(quota.grade).unwrap_or_default(),
        groups: quota
            .groups
            .iter()
            .map(|QuotaGroup { group, pooled, row }| v1::QuotaGroup {
                group: group.to_string(),
                pooled_groups: pooled.iter().map(ToString::to_string).collect(),
                members: count(row.members),
                quota: Some(exact(&row.quota)),
                floor: count(row.floor),
                remainder: Some(exact(&row.remainder)),
                seats: count(row.seats),
                why: why(row.why.name()).into(),
            })
            .collect(),
    });
    tables.collect()
}

/// The word of a quota table as its enum.
pub(crate) fn why(word: &str) -> v1::QuotaWhy {
    let of = |why: Why| match why {
        Why::Floor => v1::QuotaWhy::Floor,
        Why::HalfUp => v1::QuotaWhy::HalfUp,
        Why::Ceiling => v1::QuotaWhy::Ceiling,
        Why::Remainder => v1::QuotaWhy::Remainder,
        Why::TieOpen => v1::QuotaWhy::TieOpen,
    };
    let all = [Why::Floor, Why::HalfUp, Why::Ceiling, Why::Remainder, Why::TieOpen];
    let named = all.into_iter().find(|it| it.name() == word);
    named.map_or(v1::QuotaWhy::Unspecified, of)
}

/// The explained tree below a node.
pub(crate) fn node(plan: &Plan, nodes: &[Explained], index: usize) -> Option<v1::ExplainedNode> {
    let scheme = plan.scheme();
    let (of, explained) = (scheme.nodes.get(index)?, nodes.get(index)?);
    let (tried, how): (Vec<&Note>, Vec<&Note>) =
        explained.notes.iter().partition(|it| it.is_tried());
    let (how, how_zh): (Vec<_>, Vec<_>) =
        how.into_iter().map(|it| sentence(it, scheme)).map(|it| (it.en, it.zh)).unzip();
    let tried = tried.into_iter().map(|it| {
        let words = sentence(it, scheme);
        let params = BTreeMap::from([("node".to_owned(), of.id.clone())]);
        v1::Reason { code: "not_held".to_owned(), params, text: Some(text(words.en, words.zh)) }
    });
    let children = of.kind.children().iter();
    Some(v1::ExplainedNode {
        id: of.id.clone(),
        title: of.title.clone(),
        kind: of.kind.name().to_owned(),
        standing: standing(explained).into(),
        value: explained.value.known().map(exact),
        out_of: of.out_of.map(decimal),
        weight: of.weight.as_ref().map(ToString::to_string).unwrap_or_default(),
        how: Some(text(how.join("; "), how_zh.join("；"))),
        tried_not_held: tried.collect(),
        children: children.filter_map(|it| node(plan, nodes, *it)).collect(),
    })
}

fn standing(explained: &Explained) -> v1::NodeStanding {
    let state = explained.notes.iter().find_map(|it| {
        let Note::State { kind, .. } = it else { return None };
        Some(*kind)
    });
    let replaced = explained.notes.iter().any(|it| matches!(it, Note::ReplacedBy { .. }));
    match (&explained.value, state) {
        (Value::Known(_), _) if replaced => v1::NodeStanding::Replaced,
        (Value::Known(_), _) => v1::NodeStanding::Computed,
        (Value::Incomplete, _) => v1::NodeStanding::Missing,
        (Value::LeftOut, Some(StateKind::NotApplicable)) => v1::NodeStanding::NotApplicable,
        (Value::LeftOut, Some(StateKind::Excused)) => v1::NodeStanding::Excused,
        (Value::LeftOut, Some(StateKind::NotSubmitted) | None) => v1::NodeStanding::LeftOut,
    }
}

/// From the score to the money, step by step.
pub(crate) fn steps(plan: &Plan, result: &SubjectResult) -> Vec<v1::ExplainedStep> {
    let scheme = plan.scheme();
    let mut steps = Vec::new();
    let mut step = |stage: v1::ExplainedStage, id: &str, (en, zh): (String, String), tried| {
        steps.push(v1::ExplainedStep {
            stage: stage.into(),
            id: id.to_owned(),
            how: Some(text(en, zh)),
            tried_not_held: tried,
        });
    };
    let shown = |it: Option<&Exact>| it.map_or_else(|| "—".to_owned(), |it| score(plan, it).value);
    let (after, before) =
        (shown(result.score.as_ref()), shown(result.score_before_vetoes.as_ref()));
    let words = (
        format!("score {after}; without vetoes {before}"),
        format!("得分 {after}；不计一票否决 {before}"),
    );
    step(v1::ExplainedStage::Score, "", words, Vec::new());
    for it in &result.reasons {
        if let Reason::Veto { item, .. } = it {
            let words = reason_words(it, scheme);
            step(v1::ExplainedStage::Veto, item, (words.en, words.zh), Vec::new());
        }
    }
    if let Some(grade) = &result.grade {
        let tried = missed_grade(result, scheme).map(|words| v1::Reason {
            code: "grade_not_given".to_owned(),
            params: BTreeMap::from([("grade".to_owned(), grade.clone())]),
            text: Some(text(words.en, words.zh)),
        });
        let words = (format!("grade {grade}"), format!("等次 {grade}"));
        step(v1::ExplainedStage::Grade, grade, words, tried.into_iter().collect());
    }
    for it in &result.reasons {
        if let Reason::SeatsExhausted { grade } | Reason::TieOpen { grade, .. } = it {
            let words = reason_words(it, scheme);
            let tried = vec![reason(it, scheme)];
            step(v1::ExplainedStage::Seat, grade, (words.en, words.zh), tried);
        }
    }
    let [barred, left] = seat_words(result, scheme);
    if let Some((grade, words)) = result.barred.as_ref().zip(barred) {
        step(v1::ExplainedStage::Seat, grade, (words.en, words.zh), Vec::new());
    }
    if let Some(grade) = seat(plan, result.seated, result.grade.as_ref()) {
        let words = (format!("holds a seat of {grade}"), format!("占用 {grade} 名额一个"));
        step(v1::ExplainedStage::Seat, &grade, words, Vec::new());
        if let Some(words) = left {
            step(v1::ExplainedStage::Seat, &grade, (words.en, words.zh), Vec::new());
        }
    }
    for (group, place) in &result.ranks {
        let words =
            (format!("place {place} in its {group}"), format!("在所属 {group} 列第 {place} 位"));
        step(v1::ExplainedStage::Rank, group, words, Vec::new());
    }
    for it in &result.awards {
        let words = (format!("{} {} CNY", it.id, it.amount), format!("{} {} 元", it.id, it.amount));
        step(v1::ExplainedStage::Award, &it.id, words, Vec::new());
    }
    steps
}
