//! What a run keeps between its steps and of its results, as JSON: each shape is written once here
//! and read back for ever.

mod part;
mod reason;
mod settlement;

use std::{collections::BTreeMap, sync::Arc};

pub(crate) use part::{KeptPart, parts};
use reason::KeptReason;
use serde::{Deserialize, Serialize};
pub(crate) use settlement::{read_settlements, settlement_of, settlements};
use sha2::{Digest, Sha256};

use crate::{
    domain::{
        engine::{
            Advisable, Assessment, AwardIf, Barred, Candidate, Key, Measurement, Part, Reason,
            SheetValue, Standing, Status, SubjectResult,
        },
        exact::{Exact, Money, RoundingMode},
        scheme::AwardTo,
    },
    store::ResultRecord,
};

/// Something stored does not read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a stored {what} does not read back: {why}")]
pub struct Unreadable {
    what: &'static str,
    why: String,
}

fn unreadable(what: &'static str) -> impl Fn(serde_json::Error) -> Unreadable {
    move |why| Unreadable { what, why: why.to_string() }
}

fn broken(what: &'static str) -> Unreadable {
    Unreadable { what, why: "a value is out of its range".to_owned() }
}

/// The decimal places of a stored score.
const SCORE_PLACES: u32 = 6;

/// One subject's value that others are compared with.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeptMeasurement {
    relative: usize,
    group: String,
    value: String,
}

/// The payload of a measuring batch.
pub(crate) fn measurements(measured: &[Measurement]) -> Result<Vec<u8>, Unreadable> {
    let kept: Vec<KeptMeasurement> = measured
        .iter()
        .map(|it| KeptMeasurement {
            relative: it.relative,
            group: it.group.to_string(),
            value: it.value.to_string(),
        })
        .collect();
    serde_json::to_vec(&kept).map_err(unreadable("measurement"))
}

/// A measuring batch's payload read back.
pub(crate) fn read_measurements(payload: &[u8]) -> Result<Vec<Measurement>, Unreadable> {
    let kept: Vec<KeptMeasurement> =
        serde_json::from_slice(payload).map_err(unreadable("measurement"))?;
    kept.into_iter()
        .map(|it| {
            let value = Exact::from_parts_text(&it.value).ok_or_else(|| broken("measurement"))?;
            Ok(Measurement { relative: it.relative, group: it.group.into(), value })
        })
        .collect()
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptAssessment {
    subject: String,
    groups: Vec<String>,
    standing: u8,
    grade: Option<u8>,
    qualifies: u64,
    keys: Vec<Option<String>>,
    score: Option<String>,
    before: Option<String>,
    reasons: Vec<KeptReason>,
    awards: Vec<(usize, u64, bool)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    barred: Option<(u64, Vec<Option<String>>)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sheets: Vec<Option<String>>,
    extra: Extra,
}

/// What a result says of its subject besides what the engine decides.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Extra {
    /// All its groups, by dimension.
    pub(crate) groups: BTreeMap<String, String>,
    /// The person it is, or who holds it; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) person: String,
    /// The branch it has; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) branch: String,
    /// SHA-256 over the facts it was computed from, in hexadecimal digits.
    pub(crate) facts_digest: String,
    /// What its scheme lists of other results.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<KeptPart>,
}

const STANDINGS: [Standing; 4] =
    [Standing::Ranked, Standing::Incomplete, Standing::Excluded, Standing::Forced];

/// The payload of a judging batch.
pub(crate) fn assessments(assessed: &[(Assessment, Extra)]) -> Result<Vec<u8>, Unreadable> {
    let kept: Vec<KeptAssessment> = assessed
        .iter()
        .map(|(it, extra)| {
            let candidate = &it.candidate;
            let standing = STANDINGS.iter().position(|at| *at == candidate.standing).unwrap_or(0);
            KeptAssessment {
                subject: candidate.subject.to_string(),
                groups: candidate.groups.iter().map(ToString::to_string).collect(),
                standing: u8::try_from(standing).unwrap_or(0),
                grade: candidate.grade,
                qualifies: candidate.qualifies,
                keys: keys_text(&candidate.keys),
                barred: candidate.barred.as_ref().map(|it| (it.grades, keys_text(&it.keys))),
                score: it.score.as_ref().map(ToString::to_string),
                before: it.score_before_vetoes.as_ref().map(ToString::to_string),
                reasons: it.reasons.iter().map(KeptReason::of).collect(),
                awards: it.awards.iter().map(|it| (it.award, it.grades, it.ungraded)).collect(),
                sheets: it.sheets.iter().map(|it| it.as_ref().map(ToString::to_string)).collect(),
                extra: extra.clone(),
            }
        })
        .collect();
    serde_json::to_vec(&kept).map_err(unreadable("assessment"))
}

/// A judging batch's payload read back.
pub(crate) fn read_assessments(payload: &[u8]) -> Result<Vec<(Assessment, Extra)>, Unreadable> {
    let kept: Vec<KeptAssessment> =
        serde_json::from_slice(payload).map_err(unreadable("assessment"))?;
    kept.into_iter().map(assessment).collect()
}

fn keys_text(keys: &[Key]) -> Vec<Option<String>> {
    keys.iter().map(|it| it.exact().map(|it| it.to_string())).collect()
}

fn assessment(kept: KeptAssessment) -> Result<(Assessment, Extra), Unreadable> {
    let bad = || broken("assessment");
    let exact = |text: Option<String>| {
        text.map(|it| Exact::from_parts_text(&it).ok_or_else(bad)).transpose()
    };
    let keys = |texts: Vec<Option<String>>| -> Result<Box<[Key]>, Unreadable> {
        texts.into_iter().map(|it| exact(it).map(Key::of)).collect()
    };
    let barred = kept
        .barred
        .map(|(grades, texts)| keys(texts).map(|keys| Box::new(Barred { grades, keys })));
    let candidate = Candidate {
        subject: kept.subject.into(),
        groups: kept.groups.into_iter().map(Arc::from).collect(),
        standing: STANDINGS.get(usize::from(kept.standing)).copied().ok_or_else(bad)?,
        grade: kept.grade,
        qualifies: kept.qualifies,
        keys: keys(kept.keys)?,
        barred: barred.transpose()?,
    };
    let awards = kept.awards.into_iter();
    let assessment = Assessment {
        candidate,
        score: exact(kept.score)?,
        score_before_vetoes: exact(kept.before)?,
        reasons: kept.reasons.into_iter().map(KeptReason::reason).collect::<Result<_, _>>()?,
        awards: awards
            .map(|(award, grades, ungraded)| AwardIf { award, grades, ungraded })
            .collect(),
        sheets: kept.sheets.into_iter().map(exact).collect::<Result<_, _>>()?,
    };
    Ok((assessment, kept.extra))
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptAward {
    id: String,
    fen: i64,
    to: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    recipient: String,
}

/// One award of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenAward {
    /// The award's id in the scheme.
    pub id: String,
    /// How much.
    pub amount: Money,
    /// Whom it goes to.
    pub to: AwardTo,
    /// The recipient's id; empty where the registry names none.
    pub recipient: String,
}

/// A result as it is shown: a stored record read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptResult {
    /// The subject's id.
    pub subject: String,
    /// The period.
    pub period: String,
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
    /// Groups by dimension.
    pub groups: BTreeMap<String, String>,
    /// Awards, in the scheme's order.
    pub awards: Vec<GivenAward>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The values of its scheme's sheets (P1).
    pub sheets: Vec<SheetValue>,
    /// The results of others that it took, where its scheme lists them (P6).
    pub parts: Vec<Part>,
    /// SHA-256 over the facts it was computed from, in hexadecimal digits.
    pub facts_digest: String,
    /// SHA-256 over everything above.
    pub digest: [u8; 32],
}

impl KeptResult {
    /// What advice goes by.
    pub fn advisable(&self) -> Advisable<'_> {
        Advisable {
            status: self.status,
            score: self.score.as_ref(),
            grade: self.grade.as_deref(),
            reasons: &self.reasons,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptReasons {
    facts: String,
    seated: bool,
    reasons: Vec<KeptReason>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sheets: Vec<(String, Option<String>)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<KeptPart>,
}

/// A result as a row.
pub(crate) fn result_record(
    result: &SubjectResult,
    ordinal: i64,
    extra: &Extra,
) -> Result<ResultRecord, Unreadable> {
    let score = |value: &Option<Exact>| match value {
        None => Ok(None),
        Some(value) => value
            .units(SCORE_PLACES, RoundingMode::HalfUp)
            .ok()
            .and_then(|it| i64::try_from(it).ok())
            .map(Some)
            .ok_or_else(|| broken("score")),
    };
    let awards: Vec<KeptAward> = result
        .awards
        .iter()
        .map(|it| KeptAward {
            id: it.id.clone(),
            fen: it.amount.fen(),
            to: to_word(it.to).to_owned(),
            recipient: match it.to {
                AwardTo::Branch => extra.branch.clone(),
                AwardTo::Person => extra.person.clone(),
            },
        })
        .collect();
    let reasons = KeptReasons {
        facts: extra.facts_digest.clone(),
        seated: result.seated,
        reasons: result.reasons.iter().map(KeptReason::of).collect(),
        sheets: result
            .sheets
            .iter()
            .map(|it| (it.node.clone(), it.value.as_ref().map(ToString::to_string)))
            .collect(),
        parts: extra.parts.clone(),
    };
    let json = |it: serde_json::Result<String>| it.map_err(unreadable("result"));
    let mut record = ResultRecord {
        subject: result.subject.clone(),
        ordinal,
        period: result.period.to_string(),
        status: result.status.name().to_owned(),
        score: score(&result.score)?,
        score_before: score(&result.score_before_vetoes)?,
        grade: result.grade.clone().unwrap_or_default(),
        ranks: json(serde_json::to_string(&result.ranks))?,
        awards: json(serde_json::to_string(&awards))?,
        reasons: json(serde_json::to_string(&reasons))?,
        groups: json(serde_json::to_string(&extra.groups))?,
        digest: [0; 32],
    };
    record.digest = result_digest(&record);
    Ok(record)
}

/// SHA-256 over every field of a result but its digest and its place in the run, each preceded by
/// its length, so that no two different results have the same bytes.
pub(crate) fn result_digest(record: &ResultRecord) -> [u8; 32] {
    let number = |it: Option<i64>| it.map_or_else(String::new, |it| it.to_string());
    let (score, before) = (number(record.score), number(record.score_before));
    let fields: [&str; 10] = [
        &record.subject,
        &record.period,
        &record.status,
        &score,
        &before,
        &record.grade,
        &record.ranks,
        &record.awards,
        &record.reasons,
        &record.groups,
    ];
    let mut hash = Sha256::new();
    for field in fields {
        hash.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(field.as_bytes());
    }
    hash.finalize().into()
}

/// A row read back.
pub(crate) fn read_result(record: &ResultRecord) -> Result<KeptResult, Unreadable> {
    let score = |it: Option<i64>| {
        it.map(|it| Exact::scaled(i128::from(it), SCORE_PLACES).map_err(|_| broken("score")))
            .transpose()
    };
    let awards: Vec<KeptAward> =
        serde_json::from_str(&record.awards).map_err(unreadable("awards"))?;
    let reasons: KeptReasons =
        serde_json::from_str(&record.reasons).map_err(unreadable("reasons"))?;
    let award = |it: KeptAward| {
        let to = to_named(&it.to).ok_or_else(|| broken("award"))?;
        Ok(GivenAward { id: it.id, amount: Money::from_fen(it.fen), to, recipient: it.recipient })
    };
    let sheet = |(node, value): (String, Option<String>)| {
        let exact = |it: String| Exact::from_parts_text(&it).ok_or_else(|| broken("sheet"));
        Ok(SheetValue { node, value: value.map(exact).transpose()? })
    };
    Ok(KeptResult {
        subject: record.subject.clone(),
        period: record.period.clone(),
        status: Status::named(&record.status).ok_or_else(|| broken("status"))?,
        score: score(record.score)?,
        score_before_vetoes: score(record.score_before)?,
        grade: Some(record.grade.clone()).filter(|it| !it.is_empty()),
        seated: reasons.seated,
        ranks: serde_json::from_str(&record.ranks).map_err(unreadable("ranks"))?,
        groups: serde_json::from_str(&record.groups).map_err(unreadable("groups"))?,
        awards: awards.into_iter().map(award).collect::<Result<_, Unreadable>>()?,
        reasons: reasons
            .reasons
            .iter()
            .cloned()
            .map(KeptReason::reason)
            .collect::<Result<_, Unreadable>>()?,
        sheets: reasons.sheets.into_iter().map(sheet).collect::<Result<_, Unreadable>>()?,
        parts: reasons.parts.into_iter().map(KeptPart::part).collect::<Result<_, Unreadable>>()?,
        facts_digest: reasons.facts,
        digest: record.digest,
    })
}

const fn to_word(to: AwardTo) -> &'static str {
    match to {
        AwardTo::Branch => "branch",
        AwardTo::Person => "person",
    }
}

fn to_named(word: &str) -> Option<AwardTo> {
    [AwardTo::Branch, AwardTo::Person].into_iter().find(|it| to_word(*it) == word)
}
