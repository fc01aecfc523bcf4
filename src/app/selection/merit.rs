//! How the compounds of a roster came out by the criteria (F10), and which vetoes are in force about
//! them.

use std::collections::{BTreeMap, BTreeSet};

use super::read::At;
use crate::{
    app::{
        AppError, Missing,
        run::{KeptResult, score_text, sound},
        veto::{case, vetoes_about},
    },
    domain::{
        engine::{Plan, Status},
        scheme::SubjectKind,
        selection::{Criteria, Merit, RosterBranch},
        time::Day,
    },
    store::ReadTx,
};

/// How many subjects are asked for at once.
const TOGETHER_MAX: usize = 1_000;

/// The compiled criteria scheme.
///
/// # Errors
/// It is not there; those of the store.
pub(super) async fn plan(
    tx: &mut dyn ReadTx,
    at: At<'_>,
    (id, version): (&str, i64),
) -> Result<std::sync::Arc<Plan>, AppError> {
    let found = tx.scheme(at.county, id, version).await?;
    let found = found.ok_or_else(|| AppError::not_found(Missing::Scheme, id))?;
    Ok(at.plans.plan(&found)?)
}

/// The merits of a roster's compounds by a run.
///
/// # Errors
/// Those of the store.
pub(super) async fn merits(
    tx: &mut dyn ReadTx,
    county: &str,
    (run, plan, criteria): (&str, &Plan, &Criteria),
    roster: &BTreeMap<String, RosterBranch>,
) -> Result<BTreeMap<String, Merit>, AppError> {
    let ids: BTreeSet<&String> = roster.values().map(|it| &it.compound).collect();
    let ids: Vec<String> = ids.into_iter().cloned().collect();
    let mut merits = BTreeMap::new();
    for part in ids.chunks(TOGETHER_MAX) {
        for record in tx.results_of(county, run, part).await? {
            let result = sound(&record)?;
            merits.insert(result.subject.clone(), merit(&result, plan, criteria));
        }
    }
    place_in_streets(&mut merits, roster);
    Ok(merits)
}

fn merit(result: &KeptResult, plan: &Plan, criteria: &Criteria) -> Merit {
    let grades = &plan.scheme().grades;
    let at = |id: &str| grades.iter().position(|it| it.id == id);
    let reached = match &criteria.grade {
        None => true,
        Some(least) => {
            let own = result.grade.as_deref().and_then(at);
            own.zip(at(least)).is_some_and(|(own, least)| own <= least)
        }
    };
    Merit {
        place: result.ranks.get("county").copied(),
        place_in_street: None,
        score: result.score.as_ref().map(|it| score_text(plan, it)),
        grade: result.grade.clone(),
        status: result.status.name(),
        meets: result.status == Status::Final && reached,
    }
}

/// The places within the streets of the roster: a compound that moved since is compared where it was.
fn place_in_streets(merits: &mut BTreeMap<String, Merit>, roster: &BTreeMap<String, RosterBranch>) {
    let mut streets: BTreeMap<&str, BTreeMap<&str, u32>> = BTreeMap::new();
    for it in roster.values() {
        if let Some(place) = merits.get(&it.compound).and_then(|it| it.place) {
            streets.entry(&it.street).or_default().insert(&it.compound, place);
        }
    }
    for places in streets.values() {
        for (compound, place) in places {
            let before = places.values().filter(|it| *it < place).count();
            let own = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1);
            if let Some(merit) = merits.get_mut(*compound) {
                merit.place_in_street = Some(own);
            }
        }
    }
}

/// The items of a document's veto list that are in force on a day, by compound.
///
/// # Errors
/// Those of the store.
pub(super) async fn vetoed(
    tx: &mut dyn ReadTx,
    at: At<'_>,
    (plan, criteria): (&Plan, &Criteria),
    (roster, on): (&BTreeMap<String, RosterBranch>, Day),
) -> Result<BTreeMap<String, Vec<String>>, AppError> {
    let ids: BTreeSet<&String> = roster.values().map(|it| &it.compound).collect();
    let ids: Vec<String> = ids.into_iter().cloned().collect();
    let known = (SubjectKind::Compound, ids.as_slice());
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if criteria.bars.is_empty() {
        return Ok(found);
    }
    for (veto, steps) in vetoes_about(tx, at.county, known, at.now).await? {
        let list = &plan.scheme().vetoes;
        let item = list.iter().find(|it| it.id == veto.fact.item);
        let Some(item) = item.filter(|it| criteria.bars.contains(&it.id)) else { continue };
        if !item.may_raise(Some(&veto.fact.by_whom)) {
            continue;
        }
        let compound = veto.fact.subject.clone();
        if case(veto, steps, std::slice::from_ref(item), on)?.in_force {
            let items = found.entry(compound).or_default();
            if !items.contains(&item.id) {
                items.push(item.id.clone());
            }
        }
    }
    found.values_mut().for_each(|it| it.sort_unstable());
    Ok(found)
}
