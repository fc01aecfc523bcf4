//! Who may do what in a county: grants of roles and their revocations, and definitions of roles.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::time::{Day, Moment};

/// What a row of the trail of access says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessWhat {
    /// A principal holds a role over a unit.
    Grant,
    /// It does not hold it any more.
    Revoke,
    /// What a role means.
    Role,
}

impl AccessWhat {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Revoke => "revoke",
            Self::Role => "role",
        }
    }

    /// What the word says.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Grant, Self::Revoke, Self::Role].into_iter().find(|it| it.word() == word)
    }
}

/// A row to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccess {
    /// What it says.
    pub what: AccessWhat,
    /// Whom it is about; empty for a role.
    pub principal: String,
    /// The role.
    pub role: String,
    /// The kind of the unit; empty for a role.
    pub unit_kind: String,
    /// The unit's id; empty for a role.
    pub unit_id: String,
    /// The first day of a grant; none from the beginning.
    pub effective_from: Option<Day>,
    /// The last day of a grant; none without end.
    pub effective_until: Option<Day>,
    /// What a role means, as canonical JSON; empty otherwise.
    pub definition: String,
    /// Why.
    pub reason: String,
    /// Who recorded it.
    pub recorded_by: String,
}

/// A row as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRecord {
    /// Its place among the county's, from 1.
    pub seq: i64,
    /// When it was recorded.
    pub recorded: Moment,
    /// What it says.
    pub entry: NewAccess,
}

/// Reading of who may do what.
#[async_trait]
pub trait AccessReads {
    /// Every row about a principal, in order; an empty principal gives the definitions of roles.
    async fn access_of(
        &mut self,
        county: &str,
        principal: &str,
    ) -> Result<Vec<AccessRecord>, StoreError>;
    /// Up to `limit` rows after that number, in order.
    async fn access_page(
        &mut self,
        county: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<AccessRecord>, StoreError>;
}

/// Writing of who may do what. Asks for `lock_county`.
#[async_trait]
pub trait AccessWrites {
    /// Adds a row; answers its number.
    async fn insert_access(
        &mut self,
        county: &str,
        request_id: &str,
        entry: &NewAccess,
    ) -> Result<i64, StoreError>;
}
