//! What a pool is divided by: every fault at once, with its place.

use std::collections::BTreeMap;

use super::super::{
    decode::{Decoded, Faults},
    evaluation::selector,
};
use crate::{
    app::{
        pool::{Decision, PARTIES_MAX, Party},
        run::RunSelector,
    },
    domain::exact::{Exact, Remainder},
    proto::v1::{self, allocate_pool_request as request},
};

/// By what money is divided.
#[derive(Debug)]
pub(super) enum By {
    /// By weights that are said.
    Parties(Vec<Party>),
    /// By published scores.
    Scores { run: RunSelector, subjects: Vec<String>, leave_out_missing: bool },
}

/// Largest remainders where nothing is said.
pub(super) fn remainder(faults: &mut Faults, raw: i32) -> Option<Remainder> {
    let named = v1::PoolRemainder::try_from(raw);
    faults.said("remainder", named, |it| match it {
        v1::PoolRemainder::Unspecified | v1::PoolRemainder::Largest => Some(Remainder::Largest),
        v1::PoolRemainder::Last => Some(Remainder::Last),
    })
}

pub(super) fn by(faults: &mut Faults, raw: Option<request::By>) -> Option<By> {
    match raw {
        Some(request::By::Parties(raw)) => parties(faults, &raw.parties).map(By::Parties),
        Some(request::By::Scores(raw)) => {
            let run = faults.below("scores", |it| selector(it, raw.run));
            let ids = raw.subject_ids.iter().map(String::as_str);
            let subjects = ids_once(faults, ("scores.subject_ids", ""), ids);
            let leave_out_missing = raw.leave_out_missing;
            Some(By::Scores { run: run?, subjects: subjects?, leave_out_missing })
        }
        None => {
            faults.missing("by");
            None
        }
    }
}

fn parties(faults: &mut Faults, raw: &[v1::PoolParty]) -> Option<Vec<Party>> {
    let path = "parties.parties";
    let ids = some_once(faults, (path, ".id"), raw.iter().map(|it| it.id.as_str()));
    let mut weights = Vec::with_capacity(raw.len().min(PARTIES_MAX));
    for (index, it) in raw.iter().take(PARTIES_MAX).enumerate() {
        weights.extend(weight(faults, &format!("{path}[{index}].weight"), it));
    }
    let (ids, whole) = (ids?, weights.len() == raw.len());
    if whole && weights.iter().all(Exact::is_zero) {
        without_weight(faults, path);
    }
    let pairs = ids.into_iter().zip(weights).map(|(id, weight)| Party { id, weight });
    whole.then(|| pairs.collect())
}

fn weight(faults: &mut Faults, path: &str, raw: &v1::PoolParty) -> Option<Exact> {
    let weight = faults.decimal(path, raw.weight.as_ref())?;
    match weight {
        None => faults.missing(path),
        Some(it) if it.is_negative() => {
            faults.add(path, "WEIGHT_NEGATIVE", "a weight is not below 0", "权重不得为负");
        }
        Some(it) => return Some(Exact::from(it)),
    }
    None
}

fn without_weight(faults: &mut Faults, path: &str) {
    let en = "all weights are zero: there is nobody to divide among";
    faults.add(path, "POOL_WITHOUT_WEIGHT", en, "权重合计为零，无从分配");
}

/// At least one id, and each once.
fn some_once<'a>(
    faults: &mut Faults,
    (path, key): (&str, &str),
    ids: impl ExactSizeIterator<Item = &'a str>,
) -> Option<Vec<String>> {
    if ids.len() == 0 {
        faults.missing(path);
        return None;
    }
    ids_once(faults, (path, key), ids)
}

/// Ids, each once; `key` is where the id stands in an item.
fn ids_once<'a>(
    faults: &mut Faults,
    (path, key): (&str, &str),
    ids: impl ExactSizeIterator<Item = &'a str>,
) -> Option<Vec<String>> {
    let count = ids.len();
    if count > PARTIES_MAX {
        let en = format!("at most {PARTIES_MAX} at once, and there are {count}");
        faults.add(path, "TOO_MANY", en, format!("一次至多 10000 个，现有 {count} 个"));
        return None;
    }
    let (mut once, mut first) = (Vec::with_capacity(count), BTreeMap::new());
    for (index, raw) in ids.enumerate() {
        let at = format!("{path}[{index}]{key}");
        let Some(id) = faults.id(&at, raw) else { continue };
        if let Some(earlier) = first.insert(raw, index) {
            let en = format!("`{id}` stands in {path}[{earlier}] already");
            faults.add(&at, "DUPLICATE_ID", en, format!("{id} 重复"));
            continue;
        }
        once.push(id);
    }
    (once.len() == count).then_some(once)
}

/// A count of 0 or above.
pub(super) fn count(faults: &mut Faults, path: &str, raw: i64) -> Option<u64> {
    faults.count(path, raw).and_then(|it| u64::try_from(it).ok())
}

/// The most of one unit, if it is said.
pub(super) fn cap(faults: &mut Faults, raw: Option<i64>) -> Decoded<Option<u64>> {
    match raw {
        Some(raw) => count(faults, "each_at_most", raw).map(Some),
        None => Some(None),
    }
}

pub(super) fn units(faults: &mut Faults, raw: &[v1::PlacesParty]) -> Option<Vec<(String, u64)>> {
    let ids = some_once(faults, ("parties", ".id"), raw.iter().map(|it| it.id.as_str()));
    let mut weights = Vec::with_capacity(raw.len().min(PARTIES_MAX));
    for (index, it) in raw.iter().take(PARTIES_MAX).enumerate() {
        weights.extend(count(faults, &format!("parties[{index}].weight"), it.weight));
    }
    let (ids, whole) = (ids?, weights.len() == raw.len());
    if whole && weights.iter().all(|it| *it == 0) {
        without_weight(faults, "parties");
    }
    whole.then(|| ids.into_iter().zip(weights).collect())
}

/// A decision on a tie, if one is given. Whether it orders those who are tied is seen when they are
/// known.
pub(super) fn decision(
    faults: &mut Faults,
    raw: Option<v1::PlacesDecision>,
) -> Decoded<Option<Decision>> {
    let Some(raw) = raw else { return Some(None) };
    faults.below("decision", |faults| {
        let order = raw.order.iter().map(String::as_str);
        let order = some_once(faults, ("order", ""), order);
        if raw.decided_by.is_empty() {
            faults.missing("decided_by");
        }
        let by = Some(&raw.decided_by).filter(|it| !it.is_empty());
        let decided_by = by.and_then(|it| faults.name("decided_by", it));
        let reason = faults.why("reason", &raw.reason);
        Some(Some(Decision { order: order?, decided_by: decided_by?, reason: reason? }))
    })
}
