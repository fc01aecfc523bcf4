//! Members over time: where they belong on which days (M1, M4), who is late to check in (M3), whose
//! unit has not reported (M8), and moving them.

mod days;
mod moves;
mod unreported;

use std::collections::BTreeMap;

pub use days::{Conduct, ConductAsked, LateAsked, LateCheckIn, Told};
pub use moves::{Move, Moved};
pub use unreported::{Unreported, UnreportedAsked};

use super::{
    App, AppError, Missing,
    registry::{Detail, Formality, MemberStatus, RecordKind},
    timeline::{Held, buildings, gaps, in_service, joined, stays, timelines, units},
};
use crate::{
    domain::{
        facts::{Facts, Span, Stay, Stint},
        scheme::CheckInRule,
        time::{Day, Moment},
    },
    store::{AsOf, ReadTx},
};

/// A standing of a member on some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// In-service, retired or floating.
    pub status: MemberStatus,
    /// Directly managed (直管党员).
    pub directly_managed: bool,
    /// Formal or probationary; nothing where nobody said so.
    pub formality: Option<Formality>,
    /// The days.
    pub days: Span,
}

/// Where a member belonged on which days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The member.
    pub member: String,
    /// In which compound, by the first day; no two share a day.
    pub compounds: Vec<Stay>,
    /// To which unit's branch, alike.
    pub units: Vec<Stay>,
    /// In which building, alike.
    pub buildings: Vec<Stay>,
    /// In which standing, alike.
    pub standings: Vec<Standing>,
    /// The days between records on which there is none.
    pub gaps: Vec<Span>,
    /// The runs of days for which a check-in is owed.
    pub stints: Vec<Stint>,
}

impl Membership {
    /// What versions say, without check-ins.
    fn of(member: &str, held: &[Held]) -> Self {
        let standings = held.iter().filter_map(|it| match it.record.detail {
            Detail::Member { status, directly_managed, formality, .. } => {
                Some(Standing { status, directly_managed, formality, days: it.days })
            }
            Detail::OrgUnit { .. }
            | Detail::Branch { .. }
            | Detail::Post { .. }
            | Detail::Company {}
            | Detail::Project { .. } => None,
        });
        Self {
            member: member.to_owned(),
            compounds: joined(stays(held), |it| &mut it.days, |a, b| a.place == b.place),
            units: joined(units(held), |it| &mut it.days, |a, b| a.place == b.place),
            buildings: joined(buildings(held), |it| &mut it.days, |a, b| a.place == b.place),
            standings: joined(
                standings.collect(),
                |it| &mut it.days,
                |a, b| {
                    let of = |it: &Standing| (it.status, it.directly_managed, it.formality);
                    of(a) == of(b)
                },
            ),
            gaps: gaps(held),
            stints: Vec::new(),
        }
    }
}

/// The rule of check-in where no scheme is named: one month.
pub(super) fn one_month() -> CheckInRule {
    CheckInRule { first_by: None, within_months: 1, metric: String::new(), finding: String::new() }
}

/// A member's runs of days with their check-ins.
fn stints(held: &[Held], facts: Facts, rule: &CheckInRule) -> Vec<Stint> {
    let (stays, in_service) = (stays(held), Some(in_service(held)));
    Facts { stays, in_service, ..facts }.stints(rule)
}

impl App {
    /// The rule of check-in of a scheme that is in force on a day; of none, one month.
    ///
    /// # Errors
    /// `SCHEME_NOT_FOUND`, where none of that id is in force or it has no such rule.
    pub async fn check_in_rule(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        (scheme, day): (&str, Day),
    ) -> Result<CheckInRule, AppError> {
        if scheme.is_empty() {
            return Ok(one_month());
        }
        let found = tx.scheme_in_force(county, scheme, day).await?;
        let missing = || AppError::not_found(Missing::Scheme, scheme);
        let plan = self.plans.plan(&found.ok_or_else(missing)?)?;
        plan.scheme().check_in.clone().ok_or_else(missing)
    }

    /// One member's days as known at a moment.
    ///
    /// # Errors
    /// The member is not there; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn membership(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        member: &str,
        known: Moment,
        rule: &CheckInRule,
    ) -> Result<Membership, AppError> {
        let ids = [member.to_owned()];
        let mut found = timelines(tx, county, RecordKind::Member.word(), &ids, known).await?;
        let held = found.remove(member);
        let held = held.ok_or_else(|| AppError::not_found(Missing::Record, member))?;
        let mut facts = days::check_ins(tx, county, &ids, known).await?;
        let facts = facts.remove(member).unwrap_or_default();
        let membership = Membership::of(member, &held);
        Ok(Membership { stints: stints(&held, facts, rule), ..membership })
    }

    /// All members registered on a day, by id, with their days.
    async fn member_days(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        as_of: AsOf,
        after: &str,
    ) -> Result<BTreeMap<String, Vec<Held>>, AppError> {
        let page = tx.registry_page(county, RecordKind::Member.word(), as_of, after, 1_000).await?;
        let ids: Vec<String> = page.into_iter().map(|it| it.version.id).collect();
        timelines(tx, county, RecordKind::Member.word(), &ids, as_of.known).await
    }
}
