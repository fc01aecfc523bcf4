//! Published selection documents: immutable by id and version.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::time::{Day, Moment};

/// A published selection document without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectionDocumentHeader {
    /// The document's id.
    pub document_id: String,
    /// The version, from 1, without gaps.
    pub version: i64,
    /// SHA-256 of the document's bytes.
    pub digest: [u8; 32],
    /// The title.
    pub title: String,
    /// What one who is confirmed is called.
    pub honour: String,
    /// The id of the scheme that candidates are judged by.
    pub criteria_scheme: String,
    /// The first day in force.
    pub in_force_from: Day,
    /// The last day in force; absent for no end.
    pub in_force_until: Option<Day>,
    /// When it was published.
    pub published: Moment,
    /// Who published it.
    pub published_by: String,
    /// The request that published it.
    pub request_id: String,
}

/// Reading of selection documents.
#[async_trait]
pub trait SelectionDocumentReads {
    /// A version with its text; version 0 is the highest there is.
    async fn selection_document(
        &mut self,
        county: &str,
        document_id: &str,
        version: i64,
    ) -> Result<Option<(SelectionDocumentHeader, String)>, StoreError>;
    /// The highest version whose days in force include the day, with its text.
    async fn selection_document_in_force(
        &mut self,
        county: &str,
        document_id: &str,
        day: Day,
    ) -> Result<Option<(SelectionDocumentHeader, String)>, StoreError>;
    /// Up to `limit` versions after that id and version, by id and version.
    async fn selection_document_page(
        &mut self,
        county: &str,
        after: (&str, i64),
        limit: i64,
    ) -> Result<Vec<SelectionDocumentHeader>, StoreError>;
}

/// Writing of selection documents. Asks for `lock_county`.
#[async_trait]
pub trait SelectionDocumentWrites {
    /// Publishes a version (`published` of the header is not read: the moment is the transaction's).
    /// One that is there already: [`StoreError::AlreadyRecorded`].
    async fn insert_selection_document(
        &mut self,
        county: &str,
        header: &SelectionDocumentHeader,
        document: &str,
    ) -> Result<(), StoreError>;
}
