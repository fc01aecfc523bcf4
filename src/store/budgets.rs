//! The books of the county's money (A3): movements, each with its postings and with what its purpose
//! has after it. Append-only.

use async_trait::async_trait;

use super::{Mark, StoreError};
use crate::domain::{
    award::{Account, Balances, Movement},
    exact::Money,
    time::Moment,
};

/// A movement of one purpose of one year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementRecord {
    /// The year, as `2022`.
    pub year: String,
    /// The purpose.
    pub purpose: String,
    /// Its number in the purpose's year, from 1, without gaps.
    pub number: i64,
    /// What it is.
    pub movement: Movement,
    /// How much; above zero.
    pub amount: Money,
    /// What the purpose is called since this movement.
    pub title: String,
    /// The purpose at the other end of a transfer; empty for none.
    pub other_purpose: String,
    /// The payment that it is about: the batch, empty for none, ...
    pub batch_id: String,
    /// ... and the line, 0 for none.
    pub line: i64,
    /// The recovery that it is about; 0 for none.
    pub recovery: i64,
    /// Who is paid or pays back: `branch` or `member`, empty for none, ...
    pub recipient_kind: String,
    /// ... and the id.
    pub recipient: String,
    /// The reason of an act; empty for what follows from a payment.
    pub text: String,
    /// Who decided; empty for none.
    pub decided_by: String,
    /// The papers, a JSON list; empty for none.
    pub evidence: String,
    /// The entries on accounts, which add up to zero, by account.
    pub postings: Vec<(Account, Money)>,
    /// What the purpose's year has after it.
    pub after: Balances,
    /// Its recording.
    pub mark: Mark,
}

/// Where a listing of movements goes on: they come by moment, year, purpose and number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementCursor {
    /// The moment.
    pub recorded: Moment,
    /// The year.
    pub year: String,
    /// The purpose.
    pub purpose: String,
    /// The number.
    pub number: i64,
}

/// Which movements; what is empty is not asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MovementListing {
    /// Of this year.
    pub year: String,
    /// Of this purpose.
    pub purpose: String,
    /// About this batch.
    pub batch_id: String,
    /// About this kind of recipient, ...
    pub recipient_kind: String,
    /// ... and this one.
    pub recipient: String,
    /// Recorded by that moment; none: all.
    pub until: Option<Moment>,
    /// After this one; none: from the first.
    pub after: Option<MovementCursor>,
    /// How many at most.
    pub limit: i64,
}

/// What the postings of one account of a purpose come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSum {
    /// The purpose.
    pub purpose: String,
    /// The account.
    pub account: Account,
    /// The sum of its postings above zero.
    pub debit: Money,
    /// The sum of its postings below zero, without the sign.
    pub credit: Money,
}

/// Reading of the books.
#[async_trait]
pub trait BudgetReads {
    /// The last movement of a purpose's year that was recorded by a moment.
    async fn last_movement(
        &mut self,
        county: &str,
        of: (&str, &str),
        until: Option<Moment>,
    ) -> Result<Option<MovementRecord>, StoreError>;
    /// The last movements of a year by a moment, one a purpose, by purpose; those of all years, by year
    /// and purpose, where `year` is empty.
    async fn last_movements(
        &mut self,
        county: &str,
        year: &str,
        until: Option<Moment>,
    ) -> Result<Vec<MovementRecord>, StoreError>;
    /// A page of movements, by moment, year, purpose and number.
    async fn movements(
        &mut self,
        county: &str,
        listing: &MovementListing,
    ) -> Result<Vec<MovementRecord>, StoreError>;
    /// What the postings of a year come to, by purpose and account, added up by the database; of one
    /// purpose where it is named.
    async fn account_sums(
        &mut self,
        county: &str,
        of: (&str, &str),
        until: Option<Moment>,
    ) -> Result<Vec<AccountSum>, StoreError>;
}

/// Writing of the books. Asks for `lock_county`. The store holds each movement's numbers to one
/// another: nothing is overdrawn, and what is available is what the other figures leave.
#[async_trait]
pub trait BudgetWrites {
    /// Adds movements with their postings. A number that is taken ends the transaction with
    /// [`StoreError::AlreadyRecorded`].
    async fn insert_movements(
        &mut self,
        county: &str,
        movements: &[MovementRecord],
    ) -> Result<(), StoreError>;
}
