//! Adopted point schedules: immutable documents by compound and version, with the meeting that
//! adopted each.

use async_trait::async_trait;

use super::{Retirement, StoreError};
use crate::domain::time::{Day, Moment};

/// An adopted point schedule without its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleHeader {
    /// The compound's id.
    pub compound: String,
    /// The version, from 1, without gaps.
    pub version: i64,
    /// SHA-256 of the document's bytes.
    pub digest: [u8; 32],
    /// The title; empty for none.
    pub title: String,
    /// The first day in force.
    pub in_force_from: Day,
    /// The last day in force as the document says; absent for no end.
    pub in_force_until: Option<Day>,
    /// The branch whose general meeting adopted it.
    pub branch: String,
    /// The day of the meeting.
    pub met_on: Day,
    /// How many members were entitled to vote.
    pub eligible: i64,
    /// How many of them were present.
    pub present: i64,
    /// How many of those voted for it.
    pub in_favour: i64,
    /// References to the evidence of the meeting, a JSON list; empty for none.
    pub evidence: String,
    /// When the adoption was recorded.
    pub adopted: Moment,
    /// Who recorded it.
    pub adopted_by: String,
    /// The request that recorded it.
    pub request_id: String,
    /// Its retirement, if there was one.
    pub retired: Option<Retirement>,
}

/// Reading of point schedules. What was recorded after the moment `known` is not there, be it a
/// version or its retirement.
#[async_trait]
pub trait ScheduleReads {
    /// All versions of these compounds (at most 1,000) with their documents, by compound and version.
    async fn schedules(
        &mut self,
        county: &str,
        compounds: &[String],
        known: Moment,
    ) -> Result<Vec<(ScheduleHeader, String)>, StoreError>;
    /// A version with its document; version 0 is the highest there is.
    async fn schedule(
        &mut self,
        county: &str,
        compound: &str,
        version: i64,
        known: Moment,
    ) -> Result<Option<(ScheduleHeader, String)>, StoreError>;
    /// The version that began last on or before a day, with its document, ended or not.
    async fn schedule_begun(
        &mut self,
        county: &str,
        compound: &str,
        day: Day,
        known: Moment,
    ) -> Result<Option<(ScheduleHeader, String)>, StoreError>;
    /// Up to `limit` versions after that compound and version, by compound and version.
    async fn schedule_page(
        &mut self,
        county: &str,
        after: (&str, i64),
        known: Moment,
        limit: i64,
    ) -> Result<Vec<ScheduleHeader>, StoreError>;
}

/// Writing of point schedules. Asks for `lock_county`.
#[async_trait]
pub trait ScheduleWrites {
    /// Records an adopted version (`adopted` and `retired` of the header are not read: the moment is
    /// the transaction's). One of that version, or of that first day, that is there already:
    /// [`StoreError::AlreadyRecorded`].
    async fn insert_schedule(
        &mut self,
        county: &str,
        header: &ScheduleHeader,
        document: &str,
    ) -> Result<(), StoreError>;
    /// Retires a version (`recorded` is the transaction's moment). One that is retired already:
    /// [`StoreError::AlreadyRecorded`].
    async fn retire_schedule(
        &mut self,
        county: &str,
        compound: &str,
        version: i64,
        retirement: &Retirement,
    ) -> Result<(), StoreError>;
}
