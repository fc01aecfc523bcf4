//! The registry: who and what there is in a county, as versions that are only ever added.

use async_trait::async_trait;

use super::{NameKept, StoreError};
use crate::domain::time::{Day, Moment};

/// A version of a registered unit, branch, member, post, company or project: what holds of it from a
/// day on, until a version with a later day, or a later recorded one of the same day, takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryVersion {
    /// `county`, `street`, `community`, `compound`, `building`, `branch`, `member`, `post`, ...
    pub kind: String,
    /// The id, unique within its kind.
    pub id: String,
    /// From which day it holds.
    pub effective_from: Day,
    /// The last day it holds; absent for as long as nothing follows.
    pub effective_until: Option<Day>,
    /// The name; empty where it was erased.
    pub name: String,
    /// Where the name is kept.
    pub kept: NameKept,
    /// The kind of the parent; empty for none.
    pub parent_kind: String,
    /// The parent's id; empty for none.
    pub parent_id: String,
    /// Attributes and details, as canonical JSON (keys in byte order).
    pub attributes: String,
    /// Who recorded it.
    pub recorded_by: String,
}

/// A version as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredVersion {
    /// Its place among all versions of the county, in the order of commits.
    pub seq: i64,
    /// When it was recorded.
    pub recorded: Moment,
    /// The request that recorded it.
    pub request_id: String,
    /// What was recorded.
    pub version: RegistryVersion,
}

/// The day and the moment for which the registry is read: of the versions recorded by then that
/// start on the day or before, the one that starts last, then the latest recorded; left out if it
/// ended before the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    /// What held on this day ...
    pub day: Day,
    /// ... as known at this moment.
    pub known: Moment,
}

/// Reading of the registry. Everything is ordered by id, by bytes.
#[async_trait]
pub trait RegistryReads {
    /// The versions in force of these ids (at most 1,000) of a kind.
    async fn registered(
        &mut self,
        county: &str,
        kind: &str,
        ids: &[String],
        as_of: AsOf,
    ) -> Result<Vec<StoredVersion>, StoreError>;
    /// Up to `limit` versions in force of a kind, after that id; a whole roster is read by pages.
    async fn registry_page(
        &mut self,
        county: &str,
        kind: &str,
        as_of: AsOf,
        after: &str,
        limit: i64,
    ) -> Result<Vec<StoredVersion>, StoreError>;
    /// The same, of those only that have this parent.
    async fn registry_children(
        &mut self,
        county: &str,
        kind: &str,
        parent: (&str, &str),
        as_of: AsOf,
        after: &str,
        limit: i64,
    ) -> Result<Vec<StoredVersion>, StoreError>;
    /// All versions of these ids (at most 1,000) that were recorded by a moment, by id, then by
    /// first day, then in the order recorded.
    async fn registry_versions(
        &mut self,
        county: &str,
        kind: &str,
        ids: &[String],
        known: Moment,
    ) -> Result<Vec<StoredVersion>, StoreError>;
    /// All versions of one id, by first day, then in the order recorded.
    async fn registry_history(
        &mut self,
        county: &str,
        kind: &str,
        id: &str,
    ) -> Result<Vec<StoredVersion>, StoreError>;
}

/// Writing of the registry. Asks for `lock_county`.
#[async_trait]
pub trait RegistryWrites {
    /// Adds versions in the given order. Answers the sequence number of the first.
    async fn insert_registry(
        &mut self,
        county: &str,
        request_id: &str,
        versions: &[RegistryVersion],
    ) -> Result<i64, StoreError>;
}
