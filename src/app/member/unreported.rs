//! Members whose unit has not reported a score for a period: missing is not zero (M8).

use std::collections::BTreeSet;

use crate::{
    app::{
        App, AppError,
        registry::{Detail, MemberStatus, as_of},
        timeline::{Held, units},
    },
    domain::{
        facts::Span,
        time::{Moment, Period},
    },
    store::{FactKind, FactQuery, ReadTx},
};

/// A member without a score of a unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreported {
    /// The unit's branch; empty where the member belonged to none in the period.
    pub unit: String,
    /// The member.
    pub member: String,
    /// The days of the period spent in the unit, from the first to the last; nothing without one.
    pub days: Option<(crate::domain::time::Day, crate::domain::time::Day)>,
}

/// Which are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreportedAsked {
    /// The period.
    pub period: Period,
    /// The source of the reports.
    pub source: String,
    /// Only of this unit.
    pub unit: Option<String>,
    /// As known at this moment.
    pub known: Moment,
}

impl App {
    /// In-service members of a period's last day without a report of a unit to which they belonged
    /// in it, by unit and then by member.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn unreported(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        asked: &UnreportedAsked,
    ) -> Result<Vec<Unreported>, AppError> {
        let on = as_of(asked.period.last_day(), asked.known);
        let mut found = BTreeSet::new();
        let mut after = String::new();
        loop {
            let members = self.member_days(tx, county, on, &after).await?;
            let Some(last) = members.keys().last() else { break };
            after.clone_from(last);
            let ids: Vec<String> = members.keys().cloned().collect();
            let reported = reported(tx, county, asked, &ids).await?;
            for (member, held) in &members {
                if in_service(held, on.day) {
                    found.extend(lacking(member, held, &reported, asked));
                }
            }
        }
        Ok(found.into_iter().collect())
    }
}

fn in_service(held: &[Held], day: crate::domain::time::Day) -> bool {
    let on = held.iter().find(|it| it.days.contains(day));
    on.is_some_and(|it| {
        matches!(it.record.detail, Detail::Member { status: MemberStatus::InService, .. })
    })
}

/// By member and unit, the reports that are there; an empty unit is a report without one.
async fn reported(
    tx: &mut dyn ReadTx,
    county: &str,
    asked: &UnreportedAsked,
    members: &[String],
) -> Result<BTreeSet<(String, String)>, AppError> {
    let query = FactQuery {
        subject_kind: "member".to_owned(),
        subjects: members.to_vec(),
        kinds: vec![FactKind::Import],
        periods: vec![asked.period.to_string()],
        from: asked.period.first_day(),
        until: asked.period.last_day(),
        known: asked.known,
    };
    let rows = tx.facts(county, &query).await?;
    let own = rows.into_iter().filter(|it| it.fact.item == asked.source);
    Ok(own.map(|it| (it.fact.subject, it.fact.by_whom)).collect())
}

/// What a member lacks.
fn lacking(
    member: &str,
    held: &[Held],
    reported: &BTreeSet<(String, String)>,
    asked: &UnreportedAsked,
) -> Vec<Unreported> {
    let has = |unit: &str| reported.contains(&(member.to_owned(), unit.to_owned()));
    let period = Span::of(asked.period);
    let stays = units(held);
    let own = stays.iter().filter_map(|it| Some((&it.place, it.days.within(&period)?)));
    let own: Vec<_> = own.collect();
    // A report that names no unit stands for all of them, unless a unit reports itself.
    if has("") && !own.iter().any(|(unit, _)| has(unit)) {
        return Vec::new();
    }
    let entry =
        |unit: &str, days| Unreported { unit: unit.to_owned(), member: member.to_owned(), days };
    if own.is_empty() {
        let all = asked.unit.is_none();
        return if all { vec![entry("", None)] } else { Vec::new() };
    }
    let mut units: Vec<&String> = own.iter().map(|it| it.0).collect();
    units.sort_unstable();
    units.dedup();
    let wanted = |it: &&&String| asked.unit.as_ref().is_none_or(|unit| unit == **it);
    let lacks = units.iter().filter(wanted).filter(|it| !has(it));
    lacks
        .map(|unit| {
            let days = || own.iter().filter(|it| it.0 == *unit).map(|it| it.1);
            let first = days().map(|it| it.from).min();
            let last = days().filter_map(|it| it.until).max();
            entry(unit, first.zip(last))
        })
        .collect()
}
