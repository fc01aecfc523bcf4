//! Persons' names, and where else a person is named.

use async_trait::async_trait;

use super::super::{
    list,
    sql::{persons as sql, registry},
};
use super::{
    SqlTx, facts, fault,
    registry::version,
    row::{Row, get, moment},
};
use crate::store::{
    Erasure, NameRef, PersonReads, PersonWrites, RequestLine, StoreError, StoredFact,
    StoredVersion, VersionKey, day::SqlDay,
};

#[async_trait]
impl PersonReads for SqlTx {
    async fn erasures(&mut self, county: &str, ids: &[String]) -> Result<Vec<Erasure>, StoreError> {
        let ids = list(ids)?;
        self.with(county, async |db| {
            let query = sqlx::query(sql::ERASURES).bind(county).bind(ids);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(erasure).collect()
        })
        .await
    }

    async fn versions_after(
        &mut self,
        county: &str,
        kind: &str,
        after: &VersionKey,
        limit: i64,
    ) -> Result<Vec<StoredVersion>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(registry::REGISTRY_VERSIONS_AFTER)
                .bind(county)
                .bind(kind)
                .bind(&after.0)
                .bind(SqlDay(after.1))
                .bind(after.2)
                .bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(version).collect()
        })
        .await
    }

    async fn facts_naming(
        &mut self,
        county: &str,
        id: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<StoredFact>, StoreError> {
        // An id has no `%`; its `_` is one character and not any.
        let pattern = format!("%\"{}\"%", id.replace('!', "!!").replace('_', "!_"));
        self.with(county, async |db| {
            let query = sqlx::query(sql::FACTS_NAMING)
                .bind(county)
                .bind(after)
                .bind(id)
                .bind(pattern)
                .bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(facts::with_reversal).collect()
        })
        .await
    }

    async fn requests_of(
        &mut self,
        county: &str,
        principal: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<RequestLine>, StoreError> {
        self.with(county, async |db| {
            let query =
                sqlx::query(sql::REQUESTS_OF).bind(county).bind(principal).bind(after).bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(request).collect()
        })
        .await
    }
}

#[async_trait]
impl PersonWrites for SqlTx {
    async fn erase_names(&mut self, county: &str, names: &[NameRef]) -> Result<u64, StoreError> {
        self.locked(county)?;
        self.with(county, async |db| {
            let mut erased = 0_u64;
            for name in names {
                let query = sqlx::query(sql::ERASE_NAME)
                    .bind(county)
                    .bind(&name.kind)
                    .bind(&name.id)
                    .bind(name.seq)
                    .bind([0_u8; 0].as_slice());
                let rows = query.execute(&mut *db).await.map_err(fault)?.rows_affected();
                erased = erased.saturating_add(rows);
            }
            Ok(erased)
        })
        .await
    }

    async fn note_erasure(
        &mut self,
        county: &str,
        request_id: &str,
        id: &str,
        (by, reason): (&str, &str),
    ) -> Result<bool, StoreError> {
        let recorded = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_ERASURE)
                .bind(county)
                .bind(id)
                .bind(recorded.micros())
                .bind(by)
                .bind(reason)
                .bind(request_id);
            Ok(query.execute(db).await.map_err(fault)?.rows_affected() == 1)
        })
        .await
    }

    async fn blind_request(
        &mut self,
        county: &str,
        principal: &str,
        request_id: &str,
        fingerprint: &[u8; 32],
    ) -> Result<(), StoreError> {
        self.locked(county)?;
        self.with(county, async |db| {
            let query = sqlx::query(sql::BLIND_REQUEST)
                .bind(county)
                .bind(principal)
                .bind(request_id)
                .bind(fingerprint.as_slice());
            query.execute(db).await.map_err(fault).map(|_| ())
        })
        .await
    }
}

fn erasure(row: &Row) -> Result<Erasure, StoreError> {
    Ok(Erasure {
        id: get(row, "id")?,
        recorded: moment(row, "recorded")?,
        by: get(row, "erased_by")?,
        reason: get(row, "reason")?,
    })
}

fn request(row: &Row) -> Result<RequestLine, StoreError> {
    Ok(RequestLine {
        request_id: get(row, "request_id")?,
        method: get(row, "method")?,
        recorded: moment(row, "recorded")?,
    })
}
