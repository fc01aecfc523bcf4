//! The audit trail beside what it is about.

use async_trait::async_trait;

use super::super::sql::audit as sql;
use super::{
    SqlTx,
    county::audit_record,
    facts, fault, registry,
    row::{Row, get, hash, moment},
};
use crate::{
    domain::time::Day,
    store::{
        AuditListing, AuditReads, AuditRecord, AuditWrites, AuditedRequest, CheckpointRecord,
        StoreError, StoredFact, StoredVersion, day::SqlDay,
    },
};

#[async_trait]
impl AuditReads for SqlTx {
    async fn audit_found(
        &mut self,
        county: &str,
        listing: &AuditListing,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::AUDIT_FOUND)
                .bind(county)
                .bind(listing.after)
                .bind(listing.limit)
                .bind(&listing.principal)
                .bind(&listing.method_prefix)
                .bind(&listing.subject_prefix)
                .bind(listing.from.micros())
                .bind(listing.until.micros());
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(audit_record).collect()
        })
        .await
    }

    async fn next_county(&mut self, after: &str) -> Result<Option<String>, StoreError> {
        self.unscoped(async |db| {
            let row = sqlx::query(sql::NEXT_COUNTY).bind(after).fetch_one(db).await;
            get(&row.map_err(fault)?, "county")
        })
        .await
    }

    async fn ledger_page(
        &mut self,
        county: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<StoredFact>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::LEDGER_PAGE).bind(county).bind(after).bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(|it| facts::stored(it, None)).collect()
        })
        .await
    }

    async fn registry_rows(
        &mut self,
        county: &str,
        after: Option<&StoredVersion>,
        limit: i64,
    ) -> Result<Vec<StoredVersion>, StoreError> {
        let first = Day::new(1, 1, 1).ok_or(StoreError::Overflow)?;
        let (kind, id, day, seq) = after.map_or(("", "", first, i64::MIN), |it| {
            (&it.version.kind, &it.version.id, it.version.effective_from, it.seq)
        });
        self.with(county, async |db| {
            let query = sqlx::query(sql::REGISTRY_ROWS)
                .bind(county)
                .bind(kind)
                .bind(id)
                .bind(SqlDay(day))
                .bind(seq)
                .bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(registry::version).collect()
        })
        .await
    }

    async fn request_page(
        &mut self,
        county: &str,
        after: (&str, &str),
        limit: i64,
    ) -> Result<Vec<AuditedRequest>, StoreError> {
        self.with(county, async |db| {
            let query =
                sqlx::query(sql::REQUEST_PAGE).bind(county).bind(after.0).bind(after.1).bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(request).collect()
        })
        .await
    }

    async fn checkpoints(
        &mut self,
        county: &str,
        after: (i64, &str),
        limit: i64,
    ) -> Result<Vec<CheckpointRecord>, StoreError> {
        self.with(county, async |db| {
            let query =
                sqlx::query(sql::CHECKPOINTS).bind(county).bind(after.0).bind(after.1).bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(checkpoint).collect()
        })
        .await
    }

    async fn newest_checkpoint(
        &mut self,
        county: &str,
    ) -> Result<Option<CheckpointRecord>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::NEWEST_CHECKPOINT).bind(county);
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.as_ref().map(checkpoint).transpose()
        })
        .await
    }
}

#[async_trait]
impl AuditWrites for SqlTx {
    async fn insert_checkpoint(&mut self, it: &CheckpointRecord) -> Result<(), StoreError> {
        self.with(&it.county, async |db| {
            let query = sqlx::query(sql::INSERT_CHECKPOINT)
                .bind(&it.county)
                .bind(it.entries)
                .bind(&it.key_id)
                .bind(it.head.as_slice())
                .bind(it.signed.micros())
                .bind(&it.signature);
            query.execute(db).await.map_err(fault).map(|_| ())
        })
        .await
    }
}

fn request(row: &Row) -> Result<AuditedRequest, StoreError> {
    Ok(AuditedRequest {
        principal: get(row, "principal")?,
        request_id: get(row, "request_id")?,
        method: get(row, "method")?,
        fingerprint: hash(row, "fingerprint")?,
        recorded: moment(row, "recorded")?,
    })
}

fn checkpoint(row: &Row) -> Result<CheckpointRecord, StoreError> {
    Ok(CheckpointRecord {
        county: get(row, "county")?,
        entries: get(row, "entries")?,
        head: hash(row, "head")?,
        signed: moment(row, "signed")?,
        key_id: get(row, "key_id")?,
        signature: get(row, "signature")?,
    })
}
