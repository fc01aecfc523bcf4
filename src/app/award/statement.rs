//! Statements (对账单): the movements of a recipient, a batch, a purpose or a year, and what they come to.

use std::collections::BTreeMap;

use super::{PAGE, held::too_large};
use crate::{
    app::{App, AppError},
    domain::{award::Movement, exact::Money, time::Moment},
    store::{MovementCursor, MovementListing, MovementRecord, ReadTx},
};

/// A page of a statement, with what the whole of it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The movements of the page.
    pub movements: Vec<MovementRecord>,
    /// Of the whole statement: how many movements of each kind, and what they come to.
    pub totals: BTreeMap<Movement, (i64, Money)>,
    /// Of the whole statement: what was paid and neither sent back nor paid back.
    pub kept: Money,
    /// Where the next page starts; none: nothing follows.
    pub next: Option<MovementCursor>,
}

impl App {
    /// The moment that books are read as of: the one asked for, or that of the newest write.
    ///
    /// # Errors
    /// `KNOWN_AT_IN_FUTURE`; those of the store.
    pub async fn books_known(
        &self,
        county: &str,
        asked: Option<Moment>,
    ) -> Result<Moment, AppError> {
        let mut tx = self.read().await?;
        self.known(&mut *tx, county, asked).await?.moment()
    }

    /// A statement as known at a moment; `known` is the moment that pages after the first go by.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn statement(
        &self,
        county: &str,
        of: &MovementListing,
        known: Moment,
        (after, limit): (Option<MovementCursor>, usize),
    ) -> Result<Statement, AppError> {
        let mut tx = self.read().await?;
        let of = MovementListing { until: Some(known), after: None, limit: PAGE, ..of.clone() };
        let totals = totals(&mut *tx, county, &of).await?;
        let one_more = i64::try_from(limit).unwrap_or(PAGE).saturating_add(1);
        let own = MovementListing { after, limit: one_more, ..of };
        let mut movements = tx.movements(county, &own).await?;
        let more = movements.len() > limit;
        movements.truncate(limit);
        let next = movements.last().filter(|_| more).map(cursor);
        let kept = kept(&totals)?;
        Ok(Statement { movements, totals, kept, next })
    }
}

/// Where a listing goes on after a movement.
pub(super) fn cursor(it: &MovementRecord) -> MovementCursor {
    MovementCursor {
        recorded: it.mark.recorded,
        year: it.year.clone(),
        purpose: it.purpose.clone(),
        number: it.number,
    }
}

/// All movements of a county, in the order of the books.
///
/// # Errors
/// Those of the store.
pub(in crate::app) async fn all_movements(
    tx: &mut dyn ReadTx,
    county: &str,
) -> Result<Vec<MovementRecord>, AppError> {
    let mut all = Vec::new();
    let mut listing = MovementListing { limit: PAGE, ..MovementListing::default() };
    loop {
        let page = tx.movements(county, &listing).await?;
        let Some(last) = page.last() else { return Ok(all) };
        listing.after = Some(cursor(last));
        all.extend(page);
    }
}

async fn totals(
    tx: &mut dyn ReadTx,
    county: &str,
    of: &MovementListing,
) -> Result<BTreeMap<Movement, (i64, Money)>, AppError> {
    let mut totals: BTreeMap<Movement, (i64, Money)> = BTreeMap::new();
    let mut own = of.clone();
    loop {
        let page = tx.movements(county, &own).await?;
        let Some(last) = page.last() else { return Ok(totals) };
        own.after = Some(cursor(last));
        for it in &page {
            let total = totals.entry(it.movement).or_default();
            total.0 = total.0.saturating_add(1);
            total.1 = total.1.plus(it.amount).map_err(too_large)?;
        }
    }
}

fn kept(totals: &BTreeMap<Movement, (i64, Money)>) -> Result<Money, AppError> {
    let of = |movement| totals.get(&movement).map_or(Money::ZERO, |it| it.1);
    let kept = of(Movement::Pay).minus(of(Movement::Return));
    kept.and_then(|it| it.minus(of(Movement::Collect))).map_err(too_large)
}
