//! Which records a caller may see and record, and what of them.

use std::collections::BTreeSet;

use super::admit::Call;
use crate::{
    app::{
        App, AppError, Item,
        access::{FieldGroup, Node, Permit, Placed, places, stated},
        registry::{Record, RecordKind, Recorded, as_of},
    },
    domain::time::Day,
    store::{AsOf, ReadTx},
};

/// Refuses the whole message where one record lies, by what it says or by what is registered,
/// outside of what the caller holds.
pub(super) async fn recordable(
    app: &App,
    call: &Call,
    county: &str,
    items: &[Item<Record>],
) -> Result<(), AppError> {
    let permit = call.permit(app, county).await?;
    let records: Vec<&Record> = items.iter().filter_map(|it| it.as_ref().ok()).collect();
    if records.iter().all(|it| permit.whole_kind(it.kind)) {
        return Ok(());
    }
    let mut tx = app.read().await?;
    let known = app.known(&mut *tx, county, None).await?.moment()?;
    let of: BTreeSet<Node> = records.iter().map(|it| it.reference()).collect();
    let mut days: BTreeSet<Day> = records.iter().map(|it| it.from).collect();
    for day in &days {
        let placed = stated(&mut *tx, county, as_of(*day, known), &records).await?;
        let then = records.iter().zip(&placed).filter(|(it, _)| it.from == *day);
        covered(&permit, then.map(|(_, placed)| placed))?;
    }
    days.insert(app.today()?);
    for day in days {
        let registered = places(&mut *tx, county, as_of(day, known), &of).await?;
        covered(&permit, registered.values())?;
    }
    Ok(())
}

fn covered<'p>(
    permit: &Permit,
    placed: impl IntoIterator<Item = &'p Placed>,
) -> Result<(), AppError> {
    if placed.into_iter().all(|it| permit.covers(it)) { Ok(()) } else { Err(AppError::Denied) }
}

/// The record if the caller may see it: without what its role does not show.
pub(super) async fn seen(
    tx: &mut dyn ReadTx,
    permit: &Permit,
    (county, as_of): (&str, AsOf),
    found: Vec<Recorded>,
) -> Result<Vec<Recorded>, AppError> {
    let known_whole = |it: &Recorded| {
        permit.whole_kind(it.record.kind) && permit.shows_all(it.record.kind, FieldGroup::Names)
    };
    if found.iter().all(known_whole) {
        return Ok(found);
    }
    let records: Vec<&Record> = found.iter().map(|it| &it.record).collect();
    let placed = stated(tx, county, as_of, &records).await?;
    let mut seen = Vec::with_capacity(found.len());
    for (mut recorded, placed) in found.into_iter().zip(placed) {
        if permit.covers(&placed) {
            if personal(recorded.record.kind) && !permit.shows(&placed, FieldGroup::Names) {
                recorded.record.name.clear();
                recorded.record.attributes.clear();
            }
            seen.push(recorded);
        }
    }
    Ok(seen)
}

/// Whether names of that kind are those of persons.
const fn personal(kind: RecordKind) -> bool {
    matches!(kind, RecordKind::Member | RecordKind::Post)
}

/// The tree's root, where all below it is covered because it is.
pub(super) async fn holds_root(
    tx: &mut dyn ReadTx,
    permit: &Permit,
    (county, as_of): (&str, AsOf),
    root: &Node,
) -> Result<(), AppError> {
    if permit.whole_kind(root.kind) {
        return Ok(());
    }
    let placed = places(tx, county, as_of, &BTreeSet::from([root.clone()])).await?;
    match placed.get(root) {
        Some(placed) if permit.covers(placed) => Ok(()),
        Some(_) | None => Err(AppError::Denied),
    }
}

/// What is said of one object that is not there: whoever sees all of its kind is told so, everybody
/// else gets the answer for what is not theirs.
pub(super) fn absent<T>(
    permit: &Permit,
    kind: RecordKind,
    found: Result<T, AppError>,
) -> Result<T, AppError> {
    match found {
        Err(AppError::NotFound { .. }) if !permit.whole_kind(kind) => Err(AppError::Denied),
        found => found,
    }
}
