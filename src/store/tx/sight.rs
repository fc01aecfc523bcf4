//! Counts for whoever watches the service.

use async_trait::async_trait;

use super::super::sql::sight as sql;
use super::{
    SqlTx, fault,
    row::{get, word},
};
use crate::store::{CountyCounts, FactKind, RunCounts, RunState, SightReads, StoreError};

#[async_trait]
impl SightReads for SqlTx {
    async fn county_counts(&mut self) -> Result<Vec<CountyCounts>, StoreError> {
        self.with(async |db| {
            let rows = sqlx::query(sql::COUNTY_COUNTS).fetch_all(db).await.map_err(fault)?;
            let counts = rows.iter().map(|row| {
                Ok(CountyCounts {
                    county: get(row, "county")?,
                    fact_seq: get(row, "fact_seq")?,
                    audit_count: get(row, "audit_count")?,
                })
            });
            counts.collect()
        })
        .await
    }

    async fn fact_kinds(
        &mut self,
        county: &str,
        after: i64,
        until: i64,
    ) -> Result<Vec<(FactKind, i64)>, StoreError> {
        self.with(async |db| {
            let query = sqlx::query(sql::FACT_KINDS).bind(county).bind(after).bind(until);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            let counts = rows
                .iter()
                .map(|row| Ok((word(row, "kind", FactKind::named)?, get(row, "facts")?)));
            counts.collect()
        })
        .await
    }

    async fn run_counts(&mut self) -> Result<Vec<RunCounts>, StoreError> {
        self.with(async |db| {
            let rows = sqlx::query(sql::RUN_COUNTS).fetch_all(db).await.map_err(fault)?;
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
