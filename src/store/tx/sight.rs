//! Counts for whoever watches the service.

use async_trait::async_trait;

use super::super::sql::sight as sql;
use super::{
    SqlTx, fault,
    row::{get, word},
};
use crate::store::{FactKind, RunCounts, RunState, SightReads, StoreError};

#[async_trait]
impl SightReads for SqlTx {
    async fn fact_kinds(
        &mut self,
        county: &str,
        after: i64,
        until: i64,
    ) -> Result<Vec<(FactKind, i64)>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::FACT_KINDS).bind(county).bind(after).bind(until);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            let counts = rows
                .iter()
                .map(|row| Ok((word(row, "kind", FactKind::named)?, get(row, "facts")?)));
            counts.collect()
        })
        .await
    }

    async fn run_counts(&mut self, county: &str) -> Result<Vec<RunCounts>, StoreError> {
        self.with(county, async |db| {
            let rows =
                sqlx::query(sql::RUN_COUNTS).bind(county).fetch_all(db).await.map_err(fault)?;
            let counts = rows.iter().map(|row| {
                Ok(RunCounts {
                    state: word(row, "state", RunState::named)?,
                    runs: get(row, "runs")?,
                    tied: get(row, "tied")?,
                })
            });
            counts.collect()
        })
        .await
    }
}
