//! Heads, requests and the audit trail.

use async_trait::async_trait;

use super::super::{insert_all, sql::county as sql};
use super::{
    SqlTx, fault,
    row::{Row, get, hash, moment},
};
use crate::{
    domain::time::Moment,
    store::{
        AuditRecord, Begun, CountyHead, CountyReads, CountyWrites, NewAudit, Request, StoreError,
        bulk::Value,
    },
};

#[async_trait]
impl CountyReads for SqlTx {
    async fn counties(&mut self) -> Result<Vec<String>, StoreError> {
        self.unscoped(async |db| {
            let rows = sqlx::query(sql::COUNTIES).fetch_all(db).await.map_err(fault)?;
            rows.iter().map(|it| get(it, "county")).collect()
        })
        .await
    }

    async fn head(&mut self, county: &str) -> Result<Option<CountyHead>, StoreError> {
        if let Some(head) = self.heads.get(county) {
            return Ok(Some(head.clone()));
        }
        self.with(county, async |db| {
            let query = sqlx::query(sql::HEAD).bind(county);
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.as_ref().map(head).transpose()
        })
        .await
    }

    async fn audit_page(
        &mut self,
        county: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::AUDIT_PAGE).bind(county).bind(after).bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(audit_record).collect()
        })
        .await
    }

    async fn answered(&mut self, request: &Request) -> Result<Begun, StoreError> {
        self.with(&request.county, async |db| {
            let query = sqlx::query(sql::REQUEST)
                .bind(&request.county)
                .bind(&request.principal)
                .bind(&request.request_id);
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.map_or(Ok(Begun::Fresh), |it| begun(&it, request))
        })
        .await
    }
}

#[async_trait]
impl CountyWrites for SqlTx {
    async fn lock_county(&mut self, county: &str, now: Moment) -> Result<CountyHead, StoreError> {
        if let Some(head) = self.heads.get(county) {
            return Ok(head.clone());
        }
        let head = self
            .unscoped(async |db| {
                let query = sqlx::query(sql::LOCK_COUNTY)
                    .bind(county)
                    .bind([0_u8; 32].as_slice())
                    .bind(now.micros());
                let row = query.fetch_one(db).await.map_err(fault)?;
                head(&row)
            })
            .await?;
        self.scope = Some(county.to_owned());
        self.keep(head.clone());
        Ok(head)
    }

    async fn begin_request(&mut self, request: &Request) -> Result<Begun, StoreError> {
        let recorded = self.locked(&request.county)?.recorded;
        let fresh = self
            .with(&request.county, async |db| {
                let query = sqlx::query(sql::BEGIN_REQUEST)
                    .bind(&request.county)
                    .bind(&request.principal)
                    .bind(&request.request_id)
                    .bind(&request.method)
                    .bind(request.fingerprint.as_slice())
                    .bind(recorded.micros());
                Ok(query.execute(db).await.map_err(fault)?.rows_affected() == 1)
            })
            .await?;
        // In a statement of its own: it sees what a concurrent holder has committed.
        if fresh { Ok(Begun::Fresh) } else { self.answered(request).await }
    }

    async fn finish_request(
        &mut self,
        request: &Request,
        response: &[u8],
    ) -> Result<(), StoreError> {
        self.locked(&request.county)?;
        self.with(&request.county, async |db| {
            let query = sqlx::query(sql::FINISH_REQUEST)
                .bind(&request.county)
                .bind(&request.principal)
                .bind(&request.request_id)
                .bind(response);
            match query.execute(db).await.map_err(fault)?.rows_affected() {
                0 => Err(StoreError::StaleRevision),
                _ => Ok(()),
            }
        })
        .await
    }

    async fn append_audit(&mut self, county: &str, entries: &[NewAudit]) -> Result<(), StoreError> {
        let mut head = self.locked(county)?;
        let mut records = Vec::with_capacity(entries.len());
        for entry in entries {
            let seq = head.audit_count.checked_add(1).ok_or(StoreError::Overflow)?;
            let link =
                AuditRecord::link(county, seq, head.recorded, entry.clone(), head.audit_head);
            head.audit_count = seq;
            head.audit_head = link.hash;
            records.push(link);
        }
        self.with(county, async |db| insert_all(db, &sql::AUDIT_ENTRIES, &records, put).await)
            .await?;
        self.keep(head);
        Ok(())
    }
}

fn put<'a>(it: &'a AuditRecord, values: &mut Vec<Value<'a>>) {
    values.extend([
        Value::Text(&it.county),
        Value::Int(it.seq),
        Value::Int(it.recorded.micros()),
        Value::Text(&it.entry.principal),
        Value::Text(&it.entry.method),
        Value::Text(&it.entry.request_id),
        Value::Bytes(&it.entry.fingerprint),
        Value::Text(&it.entry.subject),
        Value::Bytes(&it.entry.effect_digest),
        Value::Bytes(&it.prev_hash),
        Value::Bytes(&it.hash),
    ]);
}

fn head(row: &Row) -> Result<CountyHead, StoreError> {
    Ok(CountyHead {
        county: get(row, "county")?,
        fact_seq: get(row, "fact_seq")?,
        registry_seq: get(row, "registry_seq")?,
        audit_count: get(row, "audit_count")?,
        audit_head: hash(row, "audit_head")?,
        recorded: moment(row, "recorded")?,
    })
}

/// A request without an answer is one that this very transaction has taken up.
fn begun(row: &Row, request: &Request) -> Result<Begun, StoreError> {
    let method: &str = get(row, "method")?;
    if method != request.method || hash(row, "fingerprint")? != request.fingerprint {
        return Ok(Begun::Reused);
    }
    Ok(get::<Option<Vec<u8>>>(row, "response")?.map_or(Begun::Fresh, Begun::Replay))
}

pub(super) fn audit_record(row: &Row) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord {
        county: get(row, "county")?,
        seq: get(row, "seq")?,
        recorded: moment(row, "recorded")?,
        entry: NewAudit {
            principal: get(row, "principal")?,
            method: get(row, "method")?,
            request_id: get(row, "request_id")?,
            fingerprint: hash(row, "fingerprint")?,
            subject: get(row, "subject")?,
            effect_digest: hash(row, "effect_digest")?,
        },
        prev_hash: hash(row, "prev_hash")?,
        hash: hash(row, "hash")?,
    })
}
