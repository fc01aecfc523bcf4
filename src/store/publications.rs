//! Publications: which run was published when, numbered, for systems that follow results.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::time::Moment;

/// A run that is published, on its way into the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPublication {
    /// The run.
    pub run_id: String,
    /// The published run whose place it takes; empty for none.
    pub replaced_run_id: String,
    /// Its scheme.
    pub scheme_id: String,
    /// Its period.
    pub period: String,
    /// What is evaluated: the word of the scheme's `subject`.
    pub subject_kind: String,
}

/// A publication. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationRecord {
    /// Its number in the county, from 1, without gaps and in the order of publication.
    pub seq: i64,
    /// What was published.
    pub publication: NewPublication,
    /// The moment of the write that published it.
    pub recorded: Moment,
}

/// Reading of publications.
#[async_trait]
pub trait PublicationReads {
    /// Up to `limit` publications of numbers above `after`, by number; those of one scheme, or of
    /// all where `scheme_id` is empty.
    async fn publications(
        &mut self,
        county: &str,
        after: i64,
        scheme_id: &str,
        limit: i64,
    ) -> Result<Vec<PublicationRecord>, StoreError>;
}

/// Writing of publications.
#[async_trait]
pub trait PublicationWrites {
    /// Adds a publication at the moment of the county's lock, in the transaction that publishes the
    /// run, and answers its number. A run that is there already: [`StoreError::AlreadyRecorded`].
    async fn append_publication(
        &mut self,
        county: &str,
        publication: &NewPublication,
    ) -> Result<i64, StoreError>;
}
