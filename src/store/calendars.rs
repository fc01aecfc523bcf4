//! Editions of years' calendars, as counties loaded them.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::time::Moment;

/// A loaded edition of a year's calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarRecord {
    /// The year.
    pub year: i64,
    /// Its number in its year, from 1. The highest holds.
    pub number: i64,
    /// The edition's id, unique in its year.
    pub edition: String,
    /// The title of the notice.
    pub title: String,
    /// Which document it is; empty where nobody said.
    pub document: String,
    /// The days that it names, a line each, as [`crate::domain::time::CalendarYear`] writes them.
    pub days: String,
    /// When it was recorded.
    pub recorded: Moment,
    /// By which principal.
    pub recorded_by: String,
    /// On which request.
    pub request_id: String,
}

/// Reading of calendars.
#[async_trait]
pub trait CalendarReads {
    /// All editions of the years from the first to the last that were recorded until a moment, by
    /// year and number.
    async fn calendar_editions(
        &mut self,
        county: &str,
        years: (i64, i64),
        known: Moment,
    ) -> Result<Vec<CalendarRecord>, StoreError>;
}

/// Writing of calendars. Asks for `lock_county`.
#[async_trait]
pub trait CalendarWrites {
    /// Records an edition (`recorded` is the transaction's moment). One of that number, or of that
    /// id, that is there already: [`StoreError::AlreadyRecorded`].
    async fn insert_calendar_edition(
        &mut self,
        county: &str,
        edition: &CalendarRecord,
    ) -> Result<(), StoreError>;
}
