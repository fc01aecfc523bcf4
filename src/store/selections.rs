//! Selections (F1 to F12): what each was opened with, the branches that were counted, and what
//! happened. Append-only; the state is what the events come to.

use async_trait::async_trait;

use super::{Mark, StoreError};
use crate::domain::{selection::RosterBranch, time::Day};

/// A selection as it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectionRecord {
    /// Its id.
    pub selection_id: String,
    /// The selection document.
    pub document_id: String,
    /// Its version.
    pub document_version: i64,
    /// The year.
    pub period: String,
    /// The day whose branches were counted.
    pub roster_day: Day,
    /// The criteria scheme.
    pub scheme_id: String,
    /// Its version.
    pub scheme_version: i64,
    /// The opening.
    pub opened: Mark,
}

/// Something that happened in a selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectionEventRecord {
    /// Its number in the selection, from 1.
    pub event: i64,
    /// The word of what happened.
    pub what: String,
    /// The branch that it is about; empty for none.
    pub branch: String,
    /// What it says besides, as JSON; empty for nothing.
    pub detail: String,
    /// The opinion or the reason.
    pub text: String,
    /// Who decided.
    pub decided_by: String,
    /// The papers, a JSON list; empty for none.
    pub evidence: String,
    /// Its recording.
    pub mark: Mark,
}

/// Reading of selections.
#[async_trait]
pub trait SelectionReads {
    /// A selection.
    async fn selection(
        &mut self,
        county: &str,
        id: &str,
    ) -> Result<Option<SelectionRecord>, StoreError>;
    /// Up to `limit` selections after an id, by id.
    async fn selection_page(
        &mut self,
        county: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<SelectionRecord>, StoreError>;
    /// The branches that were counted, by id.
    async fn selection_roster(
        &mut self,
        county: &str,
        id: &str,
    ) -> Result<Vec<RosterBranch>, StoreError>;
    /// What happened after an event, in its order.
    async fn selection_events(
        &mut self,
        county: &str,
        id: &str,
        after: i64,
    ) -> Result<Vec<SelectionEventRecord>, StoreError>;
}

/// Writing of selections. Asks for `lock_county`. What is there already ends the transaction with
/// [`StoreError::AlreadyRecorded`]: look before.
#[async_trait]
pub trait SelectionWrites {
    /// Opens a selection over a roster.
    async fn insert_selection(
        &mut self,
        county: &str,
        selection: &SelectionRecord,
        roster: &[RosterBranch],
    ) -> Result<(), StoreError>;
    /// Adds events.
    async fn insert_selection_events(
        &mut self,
        county: &str,
        id: &str,
        events: &[SelectionEventRecord],
    ) -> Result<(), StoreError>;
}
