//! Facts about members only, and what is said about other facts.

use crate::{
    proto::{
        google::r#type as google,
        v1::{self, fact::Fact as Raw},
    },
    store::StoreError,
};

type Date = Option<google::Date>;

pub(super) fn conduct([item, name, detail]: [String; 3], (on, until): (Date, Date)) -> Raw {
    let (case_id, what, text) = (item, name, detail);
    Raw::Conduct(v1::Conduct { case_id, what, on, put_right_by: until, text })
}

pub(super) fn step(case_id: String, name: &str, on: Date) -> Result<Raw, StoreError> {
    let step = stepped(name)?.into();
    Ok(Raw::ConductStep(v1::ConductStep { case_id, step, on }))
}

pub(super) fn check(
    [item, name, detail, by_whom]: [String; 4],
    on: Date,
) -> Result<Raw, StoreError> {
    let verdict = verdict(&name)?.into();
    let (fact_id, reason, checked_by) = (item, detail, by_whom);
    Ok(Raw::EntryCheck(v1::EntryCheck { fact_id, on, verdict, reason, checked_by }))
}

pub(super) fn objection([item, detail, by_whom]: [String; 3], on: Date) -> Raw {
    let (fact_id, text, raised_by) = (item, detail, by_whom);
    Raw::Objection(v1::Objection { fact_id, on, text, raised_by })
}

pub(super) fn answer(
    [item, name, detail, by_whom]: [String; 4],
    on: Date,
) -> Result<Raw, StoreError> {
    let verdict = answered(&name)?.into();
    let (objection_id, text, answered_by) = (item, detail, by_whom);
    Ok(Raw::Answer(v1::Answer { objection_id, on, verdict, text, answered_by }))
}

fn stepped(word: &str) -> Result<v1::ConductStepKind, StoreError> {
    match word {
        "put_right" => Ok(v1::ConductStepKind::PutRight),
        "not_put_right" => Ok(v1::ConductStepKind::NotPutRight),
        "exposed" => Ok(v1::ConductStepKind::Exposed),
        "reported" => Ok(v1::ConductStepKind::Reported),
        _ => Err(StoreError::unknown_word("name", word)),
    }
}

fn verdict(word: &str) -> Result<v1::EntryVerdict, StoreError> {
    match word {
        "confirmed" => Ok(v1::EntryVerdict::Confirmed),
        "refused" => Ok(v1::EntryVerdict::Refused),
        _ => Err(StoreError::unknown_word("name", word)),
    }
}

fn answered(word: &str) -> Result<v1::ObjectionVerdict, StoreError> {
    match word {
        "upheld" => Ok(v1::ObjectionVerdict::Upheld),
        "dismissed" => Ok(v1::ObjectionVerdict::Dismissed),
        _ => Err(StoreError::unknown_word("name", word)),
    }
}
