//! Whose point schedules a caller may have adopted and retired.

use std::collections::BTreeSet;

use crate::{
    app::{
        App, AppError,
        access::{Node, Permit, places},
        registry::{RecordKind, as_of},
    },
    domain::time::Day,
};

/// Refuses a compound that is not the caller's, and one that is not there alike. It must be the
/// caller's on whichever of that day, if one is said, and today it is registered.
pub(super) async fn adoptable(
    app: &App,
    county: &str,
    permit: &Permit,
    compound: &str,
    day: Option<Day>,
) -> Result<(), AppError> {
    if permit.whole_kind(RecordKind::Compound) {
        return Ok(());
    }
    let node = Node::new(RecordKind::Compound, compound);
    let of = BTreeSet::from([node.clone()]);
    let mut tx = app.read().await?;
    let known = app.known(&mut *tx, county, None).await?.moment()?;
    let mut registered = false;
    for day in day.into_iter().chain([app.today()?]) {
        let placed = places(&mut *tx, county, as_of(day, known), &of).await?;
        let Some(at) = placed.get(&node) else { continue };
        if !permit.covers(at) {
            return Err(AppError::Denied);
        }
        registered = true;
    }
    if registered { Ok(()) } else { Err(AppError::Denied) }
}
