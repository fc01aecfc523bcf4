//! Grants of roles, and roles.

use async_trait::async_trait;

use super::super::sql::access as sql;
use super::{
    SqlTx, fault,
    row::{Row, get, moment, optional_day, word},
};
use crate::store::{
    AccessReads, AccessRecord, AccessWhat, AccessWrites, NewAccess, StoreError, day::SqlDay,
};

#[async_trait]
impl AccessReads for SqlTx {
    async fn access_of(
        &mut self,
        county: &str,
        principal: &str,
    ) -> Result<Vec<AccessRecord>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::ACCESS_OF).bind(county).bind(principal);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(record).collect()
        })
        .await
    }

    async fn access_page(
        &mut self,
        county: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<AccessRecord>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::ACCESS_PAGE).bind(county).bind(after).bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(record).collect()
        })
        .await
    }
}

#[async_trait]
impl AccessWrites for SqlTx {
    async fn insert_access(
        &mut self,
        county: &str,
        request_id: &str,
        entry: &NewAccess,
    ) -> Result<i64, StoreError> {
        let recorded = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_ACCESS)
                .bind(county)
                .bind(entry.what.word())
                .bind(&entry.principal)
                .bind(&entry.role)
                .bind(&entry.unit_kind)
                .bind(&entry.unit_id)
                .bind(entry.effective_from.map(SqlDay))
                .bind(entry.effective_until.map(SqlDay))
                .bind(&entry.definition)
                .bind(&entry.reason)
                .bind(recorded.micros())
                .bind(&entry.recorded_by)
                .bind(request_id);
            let row = query.fetch_one(db).await.map_err(fault)?;
            get(&row, "seq")
        })
        .await
    }
}

fn record(row: &Row) -> Result<AccessRecord, StoreError> {
    Ok(AccessRecord {
        seq: get(row, "seq")?,
        recorded: moment(row, "recorded")?,
        entry: NewAccess {
            what: word(row, "what", AccessWhat::named)?,
            principal: get(row, "principal")?,
            role: get(row, "role")?,
            unit_kind: get(row, "unit_kind")?,
            unit_id: get(row, "unit_id")?,
            effective_from: optional_day(row, "effective_from")?,
            effective_until: optional_day(row, "effective_until")?,
            definition: get(row, "definition")?,
            reason: get(row, "reason")?,
            recorded_by: get(row, "recorded_by")?,
        },
    })
}
