//! Where members belonged on which days: read as far as a scheme asks, and no further, since the
//! digest of facts is over all that was read.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    app::{
        AppError,
        timeline::{Held, in_service, stays, timelines, units},
    },
    domain::{
        engine::Plan,
        facts::Facts,
        scheme::{Scheme, SubjectKind},
        time::Moment,
    },
    store::ReadTx,
};

/// Where members belonged on which days, as far as a scheme asks.
#[derive(Debug, Default)]
pub(super) struct Belonging(BTreeMap<String, Vec<Held>>);

impl Belonging {
    pub(super) async fn read(
        tx: &mut dyn ReadTx,
        county: &str,
        (plan, by_unit): (&Plan, bool),
        ids: &[String],
        known: Moment,
    ) -> Result<Self, AppError> {
        let scheme = plan.scheme();
        let by_days = by_unit || scheme.check_in.is_some() || scheme.scheduled().is_some();
        if scheme.subject != SubjectKind::Member || !by_days {
            return Ok(Self::default());
        }
        Ok(Self(timelines(tx, county, "member", ids, known).await?))
    }

    /// The compounds in which the members lived, each once.
    pub(super) fn compounds(&self) -> BTreeSet<String> {
        self.0.values().flat_map(|it| stays(it)).map(|it| it.place).collect()
    }

    /// Puts into a member's facts what its scheme asks for, and nothing else: the digest is over
    /// all of it.
    pub(super) fn put(&self, facts: &mut Facts, scheme: &Scheme) {
        let Some(held) = self.0.get(&facts.subject) else { return };
        if scheme.check_in.is_some() || scheme.scheduled().is_some() {
            facts.stays = stays(held);
        }
        if scheme.check_in.is_some() {
            facts.in_service = Some(in_service(held));
        }
        if !facts.unit_imports.is_empty() {
            facts.units = units(held);
        }
    }
}
