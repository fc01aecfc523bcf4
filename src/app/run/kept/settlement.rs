//! What a subject ends with once its cohort is settled, as it is kept, and as it follows from a result.

use serde::{Deserialize, Serialize};

use super::{KeptResult, Unreadable, unreadable};
use crate::domain::engine::{Plan, Reason, Settlement};

#[derive(Debug, Serialize, Deserialize)]
struct KeptSettlement {
    grade: Option<u8>,
    tie: Option<u8>,
    exhausted: Vec<u8>,
    seated: bool,
    ranks: Vec<u32>,
    #[serde(default, skip_serializing_if = "is_false")]
    pooled: bool,
    #[serde(default, skip_serializing_if = "is_zero")]
    left_by: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what the derive asks for")]
const fn is_false(it: &bool) -> bool {
    !*it
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what the derive asks for")]
const fn is_zero(it: &u32) -> bool {
    *it == 0
}

/// The payload of the settling step: one settlement a subject, in the run's order.
pub(crate) fn settlements(settled: &[Settlement]) -> Result<Vec<u8>, Unreadable> {
    let kept: Vec<KeptSettlement> = settled
        .iter()
        .map(|it| KeptSettlement {
            grade: it.grade,
            tie: it.tie,
            exhausted: it.exhausted.to_vec(),
            seated: it.seated,
            ranks: it.ranks.to_vec(),
            pooled: it.pooled,
            left_by: it.left_by,
        })
        .collect();
    serde_json::to_vec(&kept).map_err(unreadable("settlement"))
}

/// The settling step's payload read back.
pub(crate) fn read_settlements(payload: &[u8]) -> Result<Vec<Settlement>, Unreadable> {
    let kept: Vec<KeptSettlement> =
        serde_json::from_slice(payload).map_err(unreadable("settlement"))?;
    let settlement = |it: KeptSettlement| Settlement {
        grade: it.grade,
        tie: it.tie,
        exhausted: it.exhausted.into(),
        seated: it.seated,
        ranks: it.ranks.into(),
        pooled: it.pooled,
        left_by: it.left_by,
    };
    Ok(kept.into_iter().map(settlement).collect())
}

/// The settlement that a stored result came from, for explaining it again.
pub(crate) fn settlement_of(plan: &Plan, result: &KeptResult) -> Settlement {
    let scheme = plan.scheme();
    let position = |id: &String| {
        let index = scheme.grades.iter().position(|it| it.id == *id);
        index.and_then(|it| u8::try_from(it).ok())
    };
    let tie = result.reasons.iter().find_map(|it| match it {
        Reason::TieOpen { grade, group } => Some((grade, group)),
        Reason::Missing { .. }
        | Reason::Veto { .. }
        | Reason::SeatsExhausted { .. }
        | Reason::HonoursBarred { .. } => None,
    });
    let exhausted = result.reasons.iter().filter_map(|it| match it {
        Reason::SeatsExhausted { grade } => position(grade),
        Reason::Missing { .. }
        | Reason::Veto { .. }
        | Reason::TieOpen { .. }
        | Reason::HonoursBarred { .. } => None,
    });
    let within = scheme.ranking.iter().flat_map(|it| it.within.iter());
    // A tie that is not of its own group is that of a pool.
    let pooled = tie.is_some_and(|(grade, group)| {
        let seats =
            scheme.grades.iter().find(|it| it.id == *grade).and_then(|it| it.seats.as_ref());
        seats.is_some_and(|it| result.groups.get(&it.within) != Some(group))
    });
    Settlement {
        grade: result.grade.as_ref().and_then(position),
        tie: tie.and_then(|it| position(it.0)),
        pooled,
        left_by: 0,
        exhausted: exhausted.collect(),
        seated: result.seated,
        ranks: within.map(|it| result.ranks.get(it).copied().unwrap_or(0)).collect(),
    }
}
