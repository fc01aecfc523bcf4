//! A second person's word on members' point entries, and objections to what is recorded about a
//! member (M2).

mod check;
mod objection;

use std::future::{Future, ready};

pub use check::EntryToCheck;
pub use objection::{Answering, ObjectionCase, ObjectionsListed, Raising};

use super::{AppError, Effect, fact::effect};
use crate::{
    domain::{scheme::SubjectKind, time::Day},
    store::{Fact, FactKind, ReadTx, StoreTx, StoredFact, fact_id},
};

/// How long a member may object where nothing else is said, in days.
const OBJECTION_DAYS: u32 = 10;

/// Whether the schedule of an entry's compound asks a second person to check it. For now every entry
/// of a member may be checked: counties' schedules are not kept yet.
fn asks_for_check(
    _tx: &mut dyn StoreTx,
    _county: &str,
    entry: &Fact,
) -> impl Future<Output = Result<bool, AppError>> + Send + use<> {
    ready(Ok(is_of_member(entry)))
}

/// In how many days a member may object to a fact. For now as many as the language gives where a
/// scheme says nothing.
fn objection_days(
    _tx: &mut dyn StoreTx,
    _county: &str,
    _fact: &Fact,
) -> impl Future<Output = Result<u32, AppError>> + Send + use<> {
    ready(Ok(OBJECTION_DAYS))
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
