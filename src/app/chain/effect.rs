//! What was changed of a chain, for the audit trail. The values are facts, and have entries of their
//! own.

use crate::{
    app::{Effect, digest},
    store::{ChainEvent, ChainRecord},
};

/// An opening.
pub(in crate::app) fn opening(it: &ChainRecord) -> Effect {
    let digest = digest(&[it.period.as_bytes(), it.steps.as_bytes()]);
    Effect { subject: format!("chain/{}", it.chain_id), digest }
}

/// Events of one moment, in their order.
pub(in crate::app) fn events(chain: &str, rows: &[ChainEvent]) -> Effect {
    let numbers: Vec<[[u8; 8]; 2]> =
        rows.iter().map(|it| [it.event.to_be_bytes(), it.cases.to_be_bytes()]).collect();
    let mut parts: Vec<&[u8]> = Vec::new();
    for (it, [event, cases]) in rows.iter().zip(&numbers) {
        parts.extend([event.as_slice(), it.kind.word().as_bytes(), it.scheme_id.as_bytes()]);
        parts.extend([it.unit.as_bytes(), it.subject.as_bytes(), it.item.as_bytes()]);
        parts.extend([cases.as_slice(), it.reason.as_bytes()]);
    }
    Effect { subject: format!("chain/{chain}/events"), digest: digest(&parts) }
}
