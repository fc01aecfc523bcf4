//! Counts, for whoever watches the service: no content, and no ids.

use async_trait::async_trait;

use super::{FactKind, RunState, StoreError};

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
    /// The facts of a county by kind, of the numbers above `after` up to `until`. What it costs grows
    /// with the distance of the two alone.
    async fn fact_kinds(
        &mut self,
        county: &str,
        after: i64,
        until: i64,
    ) -> Result<Vec<(FactKind, i64)>, StoreError>;
    /// The runs of a county by state; states without runs are left out.
    async fn run_counts(&mut self, county: &str) -> Result<Vec<RunCounts>, StoreError>;
}
