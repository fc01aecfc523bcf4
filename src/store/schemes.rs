//! Published schemes: immutable documents by id and version.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::time::{Day, Moment};

/// A published scheme without its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemeHeader {
    /// The scheme's id.
    pub scheme_id: String,
    /// The version, from 1.
    pub version: i64,
    /// SHA-256 of the document's bytes.
    pub digest: [u8; 32],
    /// The title.
    pub title: String,
    /// Whom it evaluates.
    pub subject_kind: String,
    /// `year`, `half`, `quarter` or `month`.
    pub period_kind: String,
    /// The first day in force.
    pub in_force_from: Day,
    /// The last day in force as the document says; absent for no end.
    pub in_force_until: Option<Day>,
    /// When it was published.
    pub published: Moment,
    /// Who published it.
    pub published_by: String,
    /// Its retirement, if there was one.
    pub retired: Option<Retirement>,
}

/// The end put to a version before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retirement {
    /// The last day in force.
    pub last_day: Day,
    /// Why.
    pub reason: String,
    /// When it was recorded.
    pub recorded: Moment,
    /// Who recorded it.
    pub recorded_by: String,
}

/// Reading of schemes.
#[async_trait]
pub trait SchemeReads {
    /// A version with its document; version 0 is the highest there is.
    async fn scheme(
        &mut self,
        county: &str,
        scheme_id: &str,
        version: i64,
    ) -> Result<Option<(SchemeHeader, String)>, StoreError>;
    /// The highest version whose days in force include the day, with its document.
    async fn scheme_in_force(
        &mut self,
        county: &str,
        scheme_id: &str,
        day: Day,
    ) -> Result<Option<(SchemeHeader, String)>, StoreError>;
    /// Up to `limit` versions after that id and version, by id and version.
    async fn scheme_page(
        &mut self,
        county: &str,
        after: (&str, i64),
        limit: i64,
    ) -> Result<Vec<SchemeHeader>, StoreError>;
}

/// Writing of schemes. Asks for `lock_county`.
#[async_trait]
pub trait SchemeWrites {
    /// Publishes a version (`published` and `retired` of the header are not read: the moment is the
    /// transaction's). One that is there already: [`StoreError::AlreadyRecorded`].
    async fn insert_scheme(
        &mut self,
        county: &str,
        header: &SchemeHeader,
        document: &str,
    ) -> Result<(), StoreError>;
    /// Retires a version (`recorded` is the transaction's moment). One that is retired already:
    /// [`StoreError::AlreadyRecorded`].
    async fn retire_scheme(
        &mut self,
        county: &str,
        scheme_id: &str,
        version: i64,
        retirement: &Retirement,
    ) -> Result<(), StoreError>;
}
