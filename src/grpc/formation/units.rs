//! Streets and communities against rule I4.

use std::collections::BTreeSet;

use super::{Service, finding, standings};
use crate::{
    app::{
        AppError,
        access::{Node, Permit, Placed, places},
        formation::UnitFormation,
        registry::{Listing, Record, RecordKind, as_of},
    },
    grpc::{admit::Call, decode::Faults, page::page, registry_decode, registry_encode},
    proto::v1,
    store::{AsOf, ReadTx},
};

/// How many units are read at once.
const TOGETHER: i64 = 1_000;

/// The place of a unit in the list: streets first, then communities, each by id.
fn key(of: &Record) -> String {
    let level = if of.kind == RecordKind::Street { 1 } else { 2 };
    format!("{level} {}", of.id)
}

fn encode(of: &UnitFormation) -> v1::UnitFormation {
    v1::UnitFormation {
        unit: Some(registry_encode::reference(of.unit.clone())),
        parent: of.parent.clone().map(registry_encode::reference),
        findings: of.findings.iter().map(finding).collect(),
    }
}

impl Service {
    pub(super) async fn list_units(
        &self,
        call: &Call,
        mut raw: v1::ListUnitFormationsRequest,
    ) -> Result<v1::ListUnitFormationsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let unit = registry_decode::reference(&mut faults, "unit", raw.unit.as_ref());
        let standings = standings(&mut faults, &raw.standings);
        let day = faults.day("as_of_day", raw.as_of_day.as_ref());
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let method = ("FormationService.ListUnitFormations", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, unit?, standings?, day?, known?, page?)))();
        let (permit, county, unit, standings, day, known, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, page.known.or(known)).await?.moment()?;
        let as_of = as_of(day.map_or_else(|| self.app.today(), Ok)?, known);
        let mut units = self.units(&mut *tx, &county, as_of).await?;
        units.retain(|it| {
            let asked = |of: &Node| it.reference() == *of || it.parent.as_ref() == Some(of);
            unit.as_ref().is_none_or(asked) && page.after < key(it)
        });
        let units = covered(&mut *tx, (&county, as_of), &permit, units).await?;
        let registered = self.app.registered_organisations(&mut *tx, &county, as_of).await?;
        let most = usize::try_from(page.size).unwrap_or(usize::MAX).saturating_add(1);
        let found = units.iter().map(|it| (key(it), registered.unit_formation(it)));
        let found: Vec<_> = found.filter(|(_, it)| it.has_any(&standings)).take(most).collect();
        let (formations, more) =
            page.fit::<v1::UnitFormation>(found.iter().map(|(_, it)| encode(it)).collect());
        let last = formations.len().checked_sub(1).and_then(|it| found.get(it));
        let next = last.filter(|_| more).map(|it| page.next(&it.0, Some(known)));
        Ok(v1::ListUnitFormationsResponse { formations, next_page_token: next.unwrap_or_default() })
    }

    /// All streets, and then all communities.
    async fn units(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        as_of: AsOf,
    ) -> Result<Vec<Record>, AppError> {
        let mut units = Vec::new();
        for kind in [RecordKind::Street, RecordKind::Community] {
            let mut after = String::new();
            loop {
                let listing =
                    Listing { kind, parent: None, as_of, after: after.clone(), limit: TOGETHER };
                let found = self.app.records(tx, county, &listing).await?;
                let Some(last) = found.last() else { break };
                after.clone_from(&last.record.id);
                units.extend(found.into_iter().map(|it| it.record));
            }
        }
        Ok(units)
    }
}

/// Those of these units that the caller may see, with the posts that are held in them.
async fn covered(
    tx: &mut dyn ReadTx,
    (county, as_of): (&str, AsOf),
    permit: &Permit,
    mut units: Vec<Record>,
) -> Result<Vec<Record>, AppError> {
    let nodes: BTreeSet<Node> = units.iter().map(Record::reference).collect();
    let placed = places(tx, county, as_of, &nodes).await?;
    units.retain(|it| {
        placed.get(&it.reference()).is_some_and(|it| {
            let posts = Placed { kind: RecordKind::Post, nodes: it.nodes.clone() };
            permit.covers(it) && permit.covers(&posts)
        })
    });
    Ok(units)
}
