//! Which facts a caller may see, record and reverse.

use std::collections::{BTreeMap, BTreeSet};

use super::admit::Call;
use crate::{
    app::{
        App, AppError, Caller,
        access::{FieldGroup, Node, Permission, Permit, Placed, Scope, places},
        fact::DecisionDetail,
        registry::{RecordKind, as_of},
    },
    store::{Fact, FactKind, ReadTx, StoreError, StoredFact},
};

/// What a fact is about; nothing for a decision.
fn subject(fact: &Fact) -> Result<Option<Node>, AppError> {
    if fact.subject_kind.is_empty() {
        return Ok(None);
    }
    let kind = RecordKind::named(&fact.subject_kind)
        .ok_or_else(|| StoreError::unknown_word("subject_kind", &fact.subject_kind))?;
    Ok(Some(Node::new(kind, &fact.subject)))
}

/// Where subjects lie today.
async fn placed(
    app: &App,
    tx: &mut dyn ReadTx,
    county: &str,
    of: &BTreeSet<Node>,
) -> Result<BTreeMap<Node, Placed>, AppError> {
    let known = app.known(tx, county, None).await?.moment()?;
    places(tx, county, as_of(app.today()?, known), of).await
}

/// Refuses the whole message where one fact is about something outside of what the caller holds.
pub(super) async fn recordable<'f>(
    app: &App,
    call: &Call,
    county: &str,
    permit: &Permit,
    facts: impl Iterator<Item = &'f Fact>,
) -> Result<(), AppError> {
    let (mut subjects, mut decisions) = (BTreeSet::new(), Vec::new());
    let mut of_subjects = Vec::new();
    for fact in facts {
        match subject(fact)? {
            Some(node) if permit.whole_kind(node.kind) => (),
            Some(node) => {
                subjects.insert(node.clone());
                subjects.extend(reporting(fact));
                of_subjects.push((fact, node));
            }
            None => decisions.push(fact),
        }
    }
    if subjects.is_empty() && decisions.is_empty() {
        return Ok(());
    }
    let mut tx = app.read().await?;
    let placed = placed(app, &mut *tx, county, &subjects).await?;
    for (fact, node) in of_subjects {
        if !mine(permit, fact, &node, &placed) {
            return Err(AppError::Denied);
        }
    }
    for fact in decisions {
        decides(app, &mut *tx, &call.caller, county, fact).await?;
    }
    Ok(())
}

/// Whether a fact about a subject is the caller's to tell. A unit's branch tells what its own system
/// says of whoever belonged to it, and nobody else does (M1); point entries and check-ins are the
/// compound's (M2, M3), so that holding the member's unit is not enough for them.
fn mine(permit: &Permit, fact: &Fact, node: &Node, placed: &BTreeMap<Node, Placed>) -> bool {
    if let Some(unit) = reporting(fact) {
        return placed.get(&unit).is_some_and(|it| permit.holds_unit(&it.nodes));
    }
    let Some(placed) = placed.get(node) else { return false };
    let of_place = matches!(fact.kind, FactKind::Entry | FactKind::CheckIn);
    if of_place && node.kind == RecordKind::Member {
        let nodes = placed.nodes.iter().filter(|it| it.kind != RecordKind::Branch).cloned();
        return permit.covers(&Placed { kind: placed.kind, nodes: nodes.collect() });
    }
    permit.covers(placed)
}

/// The unit's branch that reports an imported score.
fn reporting(fact: &Fact) -> Option<Node> {
    let reports = fact.kind == FactKind::Import && !fact.by_whom.is_empty();
    reports.then(|| Node::new(RecordKind::Branch, &fact.by_whom))
}

/// A tie within a group is decided by whoever may decide for that group, any other by whoever may
/// for the county.
async fn decides(
    app: &App,
    tx: &mut dyn ReadTx,
    caller: &Caller,
    county: &str,
    fact: &Fact,
) -> Result<(), AppError> {
    let permit = app.permit(caller, county, Permission::Decide, Scope::Part, true).await?;
    if permit.whole_county() {
        return Ok(());
    }
    let detail: Option<DecisionDetail> = serde_json::from_str(&fact.detail).ok();
    let Some(within) = detail.and_then(|it| it.within) else { return Err(AppError::Denied) };
    let kinds = [RecordKind::Street, RecordKind::Community, RecordKind::Compound];
    let groups = kinds.into_iter().map(|it| Node::new(it, &within)).collect();
    let found = placed(app, tx, county, &groups).await?;
    // An id that several kinds of units have must be theirs in every one of them.
    let theirs = !found.is_empty() && found.values().all(|it| permit.holds_unit(&it.nodes));
    if theirs { Ok(()) } else { Err(AppError::Denied) }
}

/// Refuses to do anything with facts that lie outside of what the caller holds, or are not there.
pub(super) async fn named(
    app: &App,
    call: &Call,
    county: &str,
    permit: &Permit,
    seqs: &[Option<i64>],
) -> Result<(), AppError> {
    if whole(permit) {
        return Ok(());
    }
    let wanted: BTreeSet<i64> = seqs.iter().flatten().copied().collect();
    let wanted: Vec<i64> = wanted.into_iter().collect();
    let mut tx = app.read().await?;
    let known = app.known(&mut *tx, county, None).await?.moment()?;
    let found = tx.facts_of(county, &wanted, known).await?;
    drop(tx);
    if seqs.contains(&None) || found.len() < wanted.len() {
        return Err(AppError::Denied);
    }
    recordable(app, call, county, permit, found.iter().map(|it| &it.fact)).await
}

/// Whether the caller sees every fact of the county, and so may know which there are not.
fn whole(permit: &Permit) -> bool {
    RecordKind::ALL.into_iter().all(|it| permit.whole_kind(it))
}

/// Refuses a listing of a subject that is not the caller's, or of kinds that are never shown to it.
pub(super) async fn listable(
    app: &App,
    tx: &mut dyn ReadTx,
    county: &str,
    permit: &Permit,
    (of, kinds): (Option<&(String, String)>, &[FactKind]),
) -> Result<(), AppError> {
    if kinds.iter().any(|it| secret(*it)) && !permit.may_show(FieldGroup::Ballots) {
        return Err(AppError::Denied);
    }
    let Some((kind, id)) = of else { return Ok(()) };
    let kind = RecordKind::named(kind).ok_or(AppError::Denied)?;
    if permit.whole_kind(kind) {
        return Ok(());
    }
    let node = Node::new(kind, id);
    let placed = placed(app, tx, county, &BTreeSet::from([node.clone()])).await?;
    match placed.get(&node) {
        Some(placed) if permit.covers(placed) => Ok(()),
        Some(_) | None => Err(AppError::Denied),
    }
}

/// The facts that the caller may see.
pub(super) async fn seen(
    app: &App,
    tx: &mut dyn ReadTx,
    county: &str,
    permit: &Permit,
    found: Vec<StoredFact>,
) -> Result<Vec<StoredFact>, AppError> {
    let all = RecordKind::ALL.into_iter();
    if whole(permit) && all.clone().all(|it| permit.shows_all(it, FieldGroup::Ballots)) {
        return Ok(found);
    }
    let mut subjects = BTreeSet::new();
    for it in &found {
        subjects.extend(subject(&it.fact)?);
    }
    let placed = placed(app, tx, county, &subjects).await?;
    let mut seen = Vec::with_capacity(found.len());
    for it in found {
        let visible = match subject(&it.fact)? {
            None => permit.whole_county(),
            Some(node) => {
                let (covered, ballots) = if let Some(at) = placed.get(&node) {
                    (permit.covers(at), permit.shows(at, FieldGroup::Ballots))
                } else {
                    let ballots = permit.shows_all(node.kind, FieldGroup::Ballots);
                    (permit.whole_kind(node.kind), ballots)
                };
                covered && (ballots || !secret(it.fact.kind))
            }
        };
        if visible {
            seen.push(it);
        }
    }
    Ok(seen)
}

/// What only those see who see ballots.
const fn secret(kind: FactKind) -> bool {
    matches!(kind, FactKind::Sheet | FactKind::Ballot | FactKind::Survey)
}
