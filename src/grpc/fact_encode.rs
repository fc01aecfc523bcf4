//! Facts as they go out.

mod member;
mod veto;

use std::collections::BTreeMap;

use super::encode::{date, decimal, subject_kind, timestamp};
use crate::{
    app::fact::DecisionDetail,
    domain::{exact::Decimal, scheme::SubjectKind, time::Moment},
    proto::{
        google::r#type as google,
        v1::{self, fact::Fact as Raw},
    },
    store::{Fact, FactKind, StoreError, StoredFact, fact_id},
};

/// A fact as it is kept, with what reversed it.
pub(super) fn fact(stored: StoredFact) -> Result<v1::Fact, StoreError> {
    let StoredFact { seq, recorded, fact, reversed, .. } = stored;
    let subject = match fact.subject_kind.as_str() {
        "" => None,
        word => {
            let kind = SubjectKind::named(word)
                .ok_or_else(|| StoreError::unknown_word("subject_kind", word))?;
            let id = fact.subject.clone();
            Some(v1::SubjectRef { kind: subject_kind(kind).into(), id })
        }
    };
    let evidence = match fact.evidence.as_str() {
        "" => Vec::new(),
        text => json("evidence", text)?,
    };
    let mut told = v1::Fact {
        subject,
        evidence,
        source: fact.source.clone(),
        source_record: fact.source_record.clone(),
        recorded_by: fact.recorded_by.clone(),
        fact_id: fact_id(seq),
        late_reason: fact.late_reason.clone(),
        record_time: Some(timestamp(recorded)),
        fact: content(fact)?,
        ..v1::Fact::default()
    };
    if let Some(reversal) = reversed {
        told.reversed_by = fact_id(reversal.seq);
        told.reverse_time = Some(timestamp(reversal.recorded));
        told.reverse_reason = reversal.reason;
    }
    Ok(told)
}

fn json<T: serde::de::DeserializeOwned>(column: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|why| StoreError::corrupt(column, why))
}

fn amount(column: &str, value: Option<i64>) -> Result<google::Decimal, StoreError> {
    let value = value.and_then(Decimal::from_ten_thousandths);
    value
        .map(decimal)
        .ok_or_else(|| StoreError::corrupt(column, "an amount is missing or out of its range"))
}

fn count(column: &str, value: Option<i64>) -> Result<i64, StoreError> {
    value.ok_or_else(|| StoreError::corrupt(column, "a count is missing"))
}

fn content(fact: Fact) -> Result<Option<Raw>, StoreError> {
    let Fact { item, period, name, by_whom, detail, amount_a, amount_b, .. } = fact;
    let (on, until) = (fact.on_day.map(date), fact.until_day.map(date));
    Ok(Some(match fact.kind {
        FactKind::Entry => Raw::Entry(v1::Entry {
            item,
            on,
            times: Some(amount("amount_a", amount_a)?),
            points: match amount_b {
                None => None,
                some => Some(amount("amount_b", some)?),
            },
        }),
        FactKind::Sheet => Raw::Sheet(v1::Sheet {
            item,
            role: name,
            assessor: by_whom,
            at: fact.at.map(timestamp),
            points: Some(amount("amount_a", amount_a)?),
            period,
        }),
        FactKind::Proposal => {
            let points = amount("amount_a", amount_a)?;
            proposal([item, period, name, by_whom, detail], points, fact.at)
        }
        FactKind::Ballot => ballot(item, period, &detail)?,
        FactKind::Survey => Raw::Survey(v1::Survey {
            survey: item,
            channel: name,
            period,
            answered: count("amount_a", amount_a)?,
            satisfied: count("amount_b", amount_b)?,
        }),
        FactKind::Metric => Raw::Metric(v1::Metric {
            name: item,
            period,
            value: Some(amount("amount_a", amount_a)?),
        }),
        FactKind::Import => Raw::Imported(v1::Import {
            source: item,
            period,
            raw: Some(amount("amount_a", amount_a)?),
            full: Some(amount("amount_b", amount_b)?),
            bonus: name == "bonus",
            unit_branch_id: by_whom,
            reported_at: fact.at.map(timestamp),
        }),
        FactKind::Veto => veto::veto([item, by_whom, detail], (on, until))?,
        FactKind::VetoStep => veto::step([item, name, by_whom, detail], on)?,
        FactKind::Finding => {
            Raw::Finding(v1::Finding { finding: item, effective_from: on, effective_until: until })
        }
        FactKind::NodeState => {
            let state = state(&name)?.into();
            Raw::NodeState(v1::NodeState { node: item, state, reason: detail, period })
        }
        FactKind::Decision => decision([item, name, by_whom, period], &detail)?,
        FactKind::CheckIn => Raw::CheckIn(v1::CheckIn { compound_id: item, on }),
        FactKind::Conduct => member::conduct([item, name, detail], (on, until)),
        FactKind::ConductStep => member::step(item, &name, on)?,
        FactKind::EntryCheck => member::check([item, name, detail, by_whom], on)?,
        FactKind::Objection => member::objection([item, detail, by_whom], on),
        FactKind::Answer => member::answer([item, name, detail, by_whom], on)?,
        FactKind::Reversal => return Ok(None),
    }))
}

fn proposal(
    [item, period, level, proposed_by, reason]: [String; 5],
    points: google::Decimal,
    at: Option<Moment>,
) -> Raw {
    let (points, at) = (Some(points), at.map(timestamp));
    Raw::Proposal(v1::Proposal { item, period, level, proposed_by, points, reason, at })
}

fn ballot(ballot: String, period: String, detail: &str) -> Result<Raw, StoreError> {
    let counts: BTreeMap<String, i64> = json("detail", detail)?;
    Ok(Raw::Ballot(v1::Ballot { ballot, period, counts }))
}

fn decision(
    [scheme_id, for_grade, decided_by, period]: [String; 4],
    detail: &str,
) -> Result<Raw, StoreError> {
    let DecisionDetail { within, order, reason } = json("detail", detail)?;
    let within_group = within.unwrap_or_default();
    Ok(Raw::Decision(v1::Decision {
        scheme_id,
        for_grade,
        within_group,
        order,
        period,
        decided_by,
        reason,
    }))
}

fn state(word: &str) -> Result<v1::NodeStateKind, StoreError> {
    match word {
        "not_submitted" => Ok(v1::NodeStateKind::NotSubmitted),
        "not_applicable" => Ok(v1::NodeStateKind::NotApplicable),
        "excused" => Ok(v1::NodeStateKind::Excused),
        _ => Err(StoreError::unknown_word("name", word)),
    }
}
