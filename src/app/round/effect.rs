//! What was changed of a round, for the audit trail. Of what one call recorded there is one entry; its
//! rows are found by their moment, which no other write of the county has.

use crate::{
    app::{Effect, digest},
    store::{RoundHeader, RoundSheet, RoundStep, SheetKey, SheetRevision},
};

/// An opening.
pub(in crate::app) fn opening(it: &RoundHeader) -> Effect {
    let (opens, due) = (it.opens_on.to_string(), it.due_on.to_string());
    let parts: [&[u8]; 6] = [
        it.scheme_id.as_bytes(),
        &it.version.to_be_bytes(),
        it.subject_kind.as_bytes(),
        it.period.as_bytes(),
        opens.as_bytes(),
        due.as_bytes(),
    ];
    Effect { subject: format!("round/{}", it.round_id), digest: digest(&parts) }
}

/// Expected sheets, by role, assessor and subject.
pub(in crate::app) fn sheets(round: &str, rows: &[RoundSheet]) -> Effect {
    let mut parts: Vec<&[u8]> = Vec::new();
    for it in rows {
        parts.extend(of_key(&it.key));
        parts.push(if it.optional { b"optional" } else { b"required" });
        parts.push(it.holder.as_bytes());
    }
    Effect { subject: format!("round/{round}/sheets"), digest: digest(&parts) }
}

/// Revisions, by role, assessor and subject.
pub(in crate::app) fn revisions(round: &str, rows: &[(SheetKey, SheetRevision)]) -> Effect {
    let numbers: Vec<[u8; 8]> = rows.iter().map(|it| it.1.revision.to_be_bytes()).collect();
    let mut parts: Vec<&[u8]> = Vec::new();
    for ((key, it), number) in rows.iter().zip(&numbers) {
        parts.extend(of_key(key));
        parts.extend([number.as_slice(), it.state.word().as_bytes(), it.points.as_bytes()]);
    }
    Effect { subject: format!("round/{round}/revisions"), digest: digest(&parts) }
}

/// A step.
pub(in crate::app) fn step(round: &str, it: &RoundStep) -> Effect {
    let until = it.until.map_or_else(String::new, |it| it.to_string());
    let parts: [&[u8]; 9] = [
        &it.step.to_be_bytes(),
        it.kind.word().as_bytes(),
        it.role.as_bytes(),
        it.assessor.as_bytes(),
        it.subject.as_bytes(),
        until.as_bytes(),
        it.reason.as_bytes(),
        &it.first_fact.to_be_bytes(),
        &it.facts.to_be_bytes(),
    ];
    Effect { subject: format!("round/{round}/step"), digest: digest(&parts) }
}

fn of_key(key: &SheetKey) -> [&[u8]; 3] {
    [key.role.as_bytes(), key.assessor.as_bytes(), key.subject.as_bytes()]
}
