//! Awards on their way to those who are entitled (A1, A2, A4, A5): entitlements, batches of payments
//! with what happened to them, and recoveries with what became of them. Append-only.

use async_trait::async_trait;

use super::{Mark, StoreError};
use crate::domain::{
    award::{BatchStep, EntitlementKey, RecoveryCause, RecoveryStep, Source},
    exact::Money,
    time::Day,
};

/// A batch of payments as it was proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRecord {
    /// Its id.
    pub batch_id: String,
    /// The year whose money it draws on, as `2022`.
    pub year: String,
    /// The purpose that it draws on.
    pub purpose: String,
    /// What entitles.
    pub source: Source,
    /// The version of the scheme or selection document.
    pub source_version: i64,
    /// The published run, or the confirmed selection.
    pub origin: String,
    /// What is said with the proposal; empty for nothing.
    pub text: String,
    /// The proposal.
    pub mark: Mark,
}

/// One payment of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRecord {
    /// Its batch.
    pub batch_id: String,
    /// Its number in the batch, from 1.
    pub line: i64,
    /// What it pays.
    pub entitlement: EntitlementKey,
    /// Which payment of that entitlement it is, from 1: the store takes each number once.
    pub attempt: i64,
    /// How much; above zero.
    pub amount: Money,
    /// The subjects of the results that it rests on, a JSON list: posts, compounds, or the branch.
    pub subjects: String,
    /// What the award is called.
    pub award_title: String,
}

/// Something that happened to a batch or to one of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchEventRecord {
    /// Its batch.
    pub batch_id: String,
    /// Its number in the batch, from 1.
    pub event: i64,
    /// What happened.
    pub step: BatchStep,
    /// The line; 0: the batch.
    pub line: i64,
    /// The treasury's day; none where it has none.
    pub on: Option<Day>,
    /// The treasury's reference; empty for none.
    pub reference: String,
    /// The reason; empty for none.
    pub text: String,
    /// Who decided; empty for none.
    pub decided_by: String,
    /// The papers, a JSON list; empty for none.
    pub evidence: String,
    /// Its recording.
    pub mark: Mark,
}

/// Money that is to come back from whom it was paid to (A5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryRecord {
    /// Its number in the county, from 1.
    pub recovery: i64,
    /// The payment: its batch, ...
    pub batch_id: String,
    /// ... and its line.
    pub line: i64,
    /// How much; above zero.
    pub amount: Money,
    /// Why.
    pub cause: RecoveryCause,
    /// The run or selection that it follows from; empty for none.
    pub cause_id: String,
    /// The reason in words; empty for none.
    pub text: String,
    /// Who decided; empty for none.
    pub decided_by: String,
    /// The papers, a JSON list; empty for none.
    pub evidence: String,
    /// Its recording.
    pub mark: Mark,
}

/// What became of a recovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryEventRecord {
    /// The recovery.
    pub recovery: i64,
    /// Its number in the recovery, from 1.
    pub event: i64,
    /// What happened.
    pub step: RecoveryStep,
    /// How much; above zero.
    pub amount: Money,
    /// The day on which it came back; none where nothing did.
    pub on: Option<Day>,
    /// The treasury's reference; empty for none.
    pub reference: String,
    /// The reason; empty for none.
    pub text: String,
    /// Who decided; empty for none.
    pub decided_by: String,
    /// The papers, a JSON list; empty for none.
    pub evidence: String,
    /// Its recording.
    pub mark: Mark,
}

/// Which batches or recoveries; what is empty is not asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AwardListing {
    /// Of this year.
    pub year: String,
    /// Of this purpose.
    pub purpose: String,
    /// Batches after this id.
    pub after_batch: String,
    /// Recoveries after this number.
    pub after_recovery: i64,
    /// How many at most.
    pub limit: i64,
}

/// Which batches' rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchesOf<'a> {
    /// Of one batch.
    Batch(&'a str),
    /// Of all batches of a source.
    Source(&'a Source),
}

/// Reading of awards on their way.
#[async_trait]
pub trait AwardReads {
    /// A batch.
    async fn batch(&mut self, county: &str, id: &str) -> Result<Option<BatchRecord>, StoreError>;
    /// A page of batches, by id.
    async fn batch_page(
        &mut self,
        county: &str,
        listing: &AwardListing,
    ) -> Result<Vec<BatchRecord>, StoreError>;
    /// All batches of a source, by id.
    async fn batches_of(
        &mut self,
        county: &str,
        source: &Source,
    ) -> Result<Vec<BatchRecord>, StoreError>;
    /// The entitlements that a source has had payments for, by award, recipient and post.
    async fn entitlements_of(
        &mut self,
        county: &str,
        source: &Source,
    ) -> Result<Vec<(EntitlementKey, Mark)>, StoreError>;
    /// Payments, by batch and line.
    async fn batch_lines(
        &mut self,
        county: &str,
        of: BatchesOf<'_>,
    ) -> Result<Vec<LineRecord>, StoreError>;
    /// What happened, by batch and number.
    async fn batch_events(
        &mut self,
        county: &str,
        of: BatchesOf<'_>,
    ) -> Result<Vec<BatchEventRecord>, StoreError>;
    /// Recoveries of payments, by number.
    async fn recoveries_of(
        &mut self,
        county: &str,
        of: BatchesOf<'_>,
    ) -> Result<Vec<RecoveryRecord>, StoreError>;
    /// What became of recoveries of payments, by recovery and number.
    async fn recovery_events_of(
        &mut self,
        county: &str,
        of: BatchesOf<'_>,
    ) -> Result<Vec<RecoveryEventRecord>, StoreError>;
    /// A recovery.
    async fn recovery(
        &mut self,
        county: &str,
        number: i64,
    ) -> Result<Option<RecoveryRecord>, StoreError>;
    /// A page of recoveries, by number.
    async fn recovery_page(
        &mut self,
        county: &str,
        listing: &AwardListing,
    ) -> Result<Vec<RecoveryRecord>, StoreError>;
    /// The number of the county's newest recovery; 0: there is none.
    async fn last_recovery(&mut self, county: &str) -> Result<i64, StoreError>;
}

/// Writing of awards on their way. Asks for `lock_county`. What is there already ends the transaction
/// with [`StoreError::AlreadyRecorded`]: look before. Marks are those of the county's lock.
#[async_trait]
pub trait AwardWrites {
    /// Adds a batch with its lines, and the entitlements that are paid for the first time.
    async fn insert_batch(
        &mut self,
        county: &str,
        batch: &BatchRecord,
        entitlements: &[EntitlementKey],
        lines: &[LineRecord],
    ) -> Result<(), StoreError>;
    /// Adds events of batches.
    async fn insert_batch_events(
        &mut self,
        county: &str,
        events: &[BatchEventRecord],
    ) -> Result<(), StoreError>;
    /// Adds recoveries.
    async fn insert_recoveries(
        &mut self,
        county: &str,
        recoveries: &[RecoveryRecord],
    ) -> Result<(), StoreError>;
    /// Adds what became of recoveries.
    async fn insert_recovery_events(
        &mut self,
        county: &str,
        events: &[RecoveryEventRecord],
    ) -> Result<(), StoreError>;
}
