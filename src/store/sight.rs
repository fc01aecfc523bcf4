//! Counts over all counties, for whoever watches the service. No content, and no ids in the answers
//! but the counties that counting goes on by.

use async_trait::async_trait;

use super::{FactKind, RunState, StoreError};

/// How far a county has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountyCounts {
    /// The county.
    pub county: String,
    /// The number of its newest fact.
    pub fact_seq: i64,
    /// How many entries its audit trail has.
    pub audit_count: i64,
}

/// The runs of one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunCounts {
    /// The state.
    pub state: RunState,
    /// How many runs have it.
    pub runs: i64,
    /// In how many of them a tie at a line was open when seats were given.
    pub tied: i64,
}

/// Counting.
#[async_trait]
pub trait SightReads {
    /// Every county's numbers, by id.
    async fn county_counts(&mut self) -> Result<Vec<CountyCounts>, StoreError>;
    /// The facts of a county by kind, of the numbers above `after` up to `until`. What it costs grows
    /// with the distance of the two alone.
    async fn fact_kinds(
        &mut self,
        county: &str,
        after: i64,
        until: i64,
    ) -> Result<Vec<(FactKind, i64)>, StoreError>;
    /// The runs of all counties by state; states without runs are left out.
    async fn run_counts(&mut self) -> Result<Vec<RunCounts>, StoreError>;
}
