//! A second person's word on members' point entries, and objections to what is recorded about a
//! member (M2).

mod check;
mod objection;

pub use check::EntryToCheck;
pub use objection::{Answering, ObjectionCase, ObjectionsListed, Raising};

use super::{
    AppError, Effect,
    fact::effect,
    schedule::schedules_known,
    scheme::Plans,
    timeline::{stays, timelines},
};
use crate::{
    domain::{scheme::SubjectKind, time::Day},
    store::{Fact, FactKind, ReadTx, StoreTx, StoredFact, fact_id},
};

/// How long a member may object where no scheme that takes schedules is in force, in days.
const OBJECTION_DAYS: u32 = 10;

/// Whether somebody else is asked to check an entry: not where the schedule of the compound in which
/// the member lived on the day lists the item without asking for it.
async fn asks_for_check(
    tx: &mut dyn StoreTx,
    plans: &Plans,
    county: &str,
    entry: &Fact,
) -> Result<bool, AppError> {
    let Some(day) = entry.on_day else { return Ok(false) };
    let members = [entry.subject.clone()];
    let mut held = timelines(tx, county, &entry.subject_kind, &members, objection::ALWAYS).await?;
    let lived = stays(&held.remove(&entry.subject).unwrap_or_default());
    let Some(stay) = lived.into_iter().find(|it| it.days.contains(day)) else { return Ok(true) };
    let compound = [stay.place];
    let schedules = schedules_known(tx, plans, county, &compound, objection::ALWAYS).await?;
    let [compound] = compound;
    let item = schedules.in_force(&compound, day).and_then(|it| it.item(&entry.item));
    Ok(item.is_none_or(|it| it.second_person))
}

/// In how many days a member may object to a fact: as the schemes say that take schedules on its day,
/// of several the longest.
async fn objection_days(
    tx: &mut dyn StoreTx,
    plans: &Plans,
    county: &str,
    (fact, today): (&Fact, Day),
) -> Result<u32, AppError> {
    let day = fact.on_day.unwrap_or(today);
    let in_force = plans.in_force(tx, county, (SubjectKind::Member, day)).await?;
    let days = in_force.iter().filter_map(|it| it.scheme().scheduled().map(|it| it.objection_days));
    Ok(days.max().unwrap_or(OBJECTION_DAYS))
}

/// Whether a fact is about a member.
fn is_of_member(fact: &Fact) -> bool {
    fact.subject_kind == SubjectKind::Member.name()
}

/// A row of that kind about another fact, on a day, by somebody.
fn about(kind: FactKind, there: &StoredFact, on: Option<Day>, by: &str) -> Fact {
    let it = &there.fact;
    Fact {
        on_day: on,
        until_day: on,
        by_whom: by.to_owned(),
        recorded_by: by.to_owned(),
        ..Fact::of(kind, &it.subject_kind, &it.subject, &fact_id(there.seq))
    }
}

/// Records one row, and answers it as it then stands.
async fn recorded(
    tx: &mut dyn StoreTx,
    (county, request_id): (&str, &str),
    fact: Fact,
) -> Result<(StoredFact, Effect), AppError> {
    let facts = [fact];
    let seq = tx.insert_facts(county, request_id, &facts).await?;
    let stored = standing(tx, county, seq).await?;
    let gone = || AppError::Internal(format!("fact {seq} was recorded and is not there"));
    Ok((stored.ok_or_else(gone)?, effect(seq, &facts)))
}

/// A fact as it stands inside a write: with all that is known.
async fn standing(
    tx: &mut dyn ReadTx,
    county: &str,
    seq: i64,
) -> Result<Option<StoredFact>, AppError> {
    Ok(tx.fact(county, seq, objection::ALWAYS).await?)
}
