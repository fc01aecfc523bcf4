//! Persons' names, kept apart so that they can be erased, and where else a person is named.

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::{StoreError, StoredFact};
use crate::domain::time::{Day, Moment};

/// Where the name of a registry version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKept {
    /// In the version's own row, for ever: units, branches, companies, projects.
    InRow,
    /// Apart, under a salt; the row has the commitment only.
    Apart {
        /// Thirty-two random bytes, of this version alone.
        salt: [u8; 32],
    },
    /// Erased, and its salt with it: the name is empty.
    Erased {
        /// What is left of it.
        commitment: [u8; 32],
    },
}

impl NameKept {
    /// What stands in the version's row for a name that is kept apart.
    pub fn commitment(&self, name: &str) -> Option<[u8; 32]> {
        match self {
            Self::InRow => None,
            Self::Apart { salt } => Some(commitment(salt, name)),
            Self::Erased { commitment } => Some(*commitment),
        }
    }
}

/// SHA-256 over salt and name: says that a name was this one to whoever has the salt, and nothing to
/// anybody else.
pub fn commitment(salt: &[u8; 32], name: &str) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(name).finalize().into()
}

/// The name of one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameRef {
    /// `member` or `post`.
    pub kind: String,
    /// The record's id.
    pub id: String,
    /// The version's number.
    pub seq: i64,
}

/// That a person's names were erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The person.
    pub id: String,
    /// When.
    pub recorded: Moment,
    /// On whose word.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A request as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLine {
    /// Its id.
    pub request_id: String,
    /// The method.
    pub method: String,
    /// When.
    pub recorded: Moment,
}

/// The id, the first day and the number of a version: the order in which all of a kind are read.
pub type VersionKey = (String, Day, i64);

/// Reading about persons.
#[async_trait]
pub trait PersonReads {
    /// Those of these persons (at most 1,000) whose names were erased, by id.
    async fn erasures(&mut self, county: &str, ids: &[String]) -> Result<Vec<Erasure>, StoreError>;
    /// Up to `limit` versions of a kind, whenever they hold, after that key.
    async fn versions_after(
        &mut self,
        county: &str,
        kind: &str,
        after: &VersionKey,
        limit: i64,
    ) -> Result<Vec<super::StoredVersion>, StoreError>;
    /// Up to `limit` facts after that number which this person recorded or assessed, or whose detail
    /// has the id in quotation marks; those about the person are found by subject.
    async fn facts_naming(
        &mut self,
        county: &str,
        id: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<StoredFact>, StoreError>;
    /// Up to `limit` requests of a principal, after that id.
    async fn requests_of(
        &mut self,
        county: &str,
        principal: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<RequestLine>, StoreError>;
}

/// Erasing. Asks for `lock_county`.
#[async_trait]
pub trait PersonWrites {
    /// Erases names with their salts; answers how many were there. What is erased stays erased.
    async fn erase_names(&mut self, county: &str, names: &[NameRef]) -> Result<u64, StoreError>;
    /// Notes that a person's names were erased; false where that is noted already.
    async fn note_erasure(
        &mut self,
        county: &str,
        request_id: &str,
        id: &str,
        (by, reason): (&str, &str),
    ) -> Result<bool, StoreError>;
    /// Puts another fingerprint in the place of one that was made over a message with a name in it.
    async fn blind_request(
        &mut self,
        county: &str,
        principal: &str,
        request_id: &str,
        fingerprint: &[u8; 32],
    ) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_is_of_its_salt_and_its_name() {
        let one = commitment(&[1; 32], "李文琼");
        assert_eq!(one, commitment(&[1; 32], "李文琼"));
        assert_ne!(one, commitment(&[2; 32], "李文琼"));
        assert_ne!(one, commitment(&[1; 32], "李文"));
        assert_eq!(NameKept::Apart { salt: [1; 32] }.commitment("李文琼"), Some(one));
        assert_eq!(NameKept::Erased { commitment: one }.commitment(""), Some(one));
        assert_eq!(NameKept::InRow.commitment("古城街道"), None);
    }
}
