//! Awards on their way to those who are entitled.

use async_trait::async_trait;
use sqlx::query::Query;

use super::super::{Db, insert_all, sql::awards as sql};
use super::{
    SqlTx, fault,
    rounds::mark,
    row::{Row, get, money, optional_day, word},
};
use crate::{
    domain::{
        award::{
            BatchStep, EntitlementKey, RecipientKind, RecoveryCause, RecoveryStep, Source,
            SourceKind,
        },
        time::Moment,
    },
    store::{
        AwardListing, AwardReads, AwardWrites, BatchEventRecord, BatchRecord, BatchesOf,
        LineRecord, Mark, RecoveryEventRecord, RecoveryRecord, StoreError, bulk::Value,
    },
};

type Asked<'q> = Query<'q, Db, <Db as sqlx::Database>::Arguments>;

fn by_source<'q>(text: &'static str, county: &'q str, source: &'q Source) -> Asked<'q> {
    sqlx::query(text).bind(county).bind(source.kind.word()).bind(&source.id).bind(&source.period)
}

/// The statement of one batch, or that of a source.
fn of_batches<'q>(
    county: &'q str,
    of: BatchesOf<'q>,
    (one, all): (&'static str, &'static str),
) -> Asked<'q> {
    match of {
        BatchesOf::Batch(id) => sqlx::query(one).bind(county).bind(id),
        BatchesOf::Source(source) => by_source(all, county, source),
    }
}

impl SqlTx {
    /// The rows that a statement answers, each read by a function.
    async fn read_all<T>(
        &mut self,
        county: &str,
        query: Asked<'_>,
        read: impl Fn(&Row) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        self.with(county, async |db| {
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(read).collect()
        })
        .await
    }
}

#[async_trait]
impl AwardReads for SqlTx {
    async fn batch(&mut self, county: &str, id: &str) -> Result<Option<BatchRecord>, StoreError> {
        let query = sqlx::query(sql::BATCH).bind(county).bind(id);
        Ok(self.read_all(county, query, batch).await?.pop())
    }

    async fn batch_page(
        &mut self,
        county: &str,
        listing: &AwardListing,
    ) -> Result<Vec<BatchRecord>, StoreError> {
        let query = sqlx::query(sql::BATCH_PAGE)
            .bind(county)
            .bind(&listing.after_batch)
            .bind(&listing.year)
            .bind(&listing.purpose)
            .bind(listing.limit);
        self.read_all(county, query, batch).await
    }

    async fn batches_of(
        &mut self,
        county: &str,
        source: &Source,
    ) -> Result<Vec<BatchRecord>, StoreError> {
        self.read_all(county, by_source(sql::BATCHES_OF, county, source), batch).await
    }

    async fn entitlements_of(
        &mut self,
        county: &str,
        source: &Source,
    ) -> Result<Vec<(EntitlementKey, Mark)>, StoreError> {
        let query = by_source(sql::ENTITLEMENTS_OF, county, source);
        self.read_all(county, query, |row| Ok((entitlement(row)?, mark(row)?))).await
    }

    async fn batch_lines(
        &mut self,
        county: &str,
        of: BatchesOf<'_>,
    ) -> Result<Vec<LineRecord>, StoreError> {
        let query = of_batches(county, of, (sql::LINES_OF_BATCH, sql::LINES_OF_SOURCE));
        self.read_all(county, query, line).await
    }

    async fn batch_events(
        &mut self,
        county: &str,
        of: BatchesOf<'_>,
    ) -> Result<Vec<BatchEventRecord>, StoreError> {
        let query = of_batches(county, of, (sql::EVENTS_OF_BATCH, sql::EVENTS_OF_SOURCE));
        self.read_all(county, query, batch_event).await
    }

    async fn recoveries_of(
        &mut self,
        county: &str,
        of: BatchesOf<'_>,
    ) -> Result<Vec<RecoveryRecord>, StoreError> {
        let query = of_batches(county, of, (sql::RECOVERIES_OF_BATCH, sql::RECOVERIES_OF_SOURCE));
        self.read_all(county, query, recovery).await
    }

    async fn recovery_events_of(
        &mut self,
        county: &str,
        of: BatchesOf<'_>,
    ) -> Result<Vec<RecoveryEventRecord>, StoreError> {
        let texts = (sql::RECOVERY_EVENTS_OF_BATCH, sql::RECOVERY_EVENTS_OF_SOURCE);
        self.read_all(county, of_batches(county, of, texts), recovery_event).await
    }

    async fn recovery(
        &mut self,
        county: &str,
        number: i64,
    ) -> Result<Option<RecoveryRecord>, StoreError> {
        let query = sqlx::query(sql::RECOVERY).bind(county).bind(number);
        Ok(self.read_all(county, query, recovery).await?.pop())
    }

    async fn recovery_page(
        &mut self,
        county: &str,
        listing: &AwardListing,
    ) -> Result<Vec<RecoveryRecord>, StoreError> {
        let query = sqlx::query(sql::RECOVERY_PAGE)
            .bind(county)
            .bind(listing.after_recovery)
            .bind(&listing.year)
            .bind(&listing.purpose)
            .bind(listing.limit);
        self.read_all(county, query, recovery).await
    }

    async fn last_recovery(&mut self, county: &str) -> Result<i64, StoreError> {
        let query = sqlx::query(sql::LAST_RECOVERY).bind(county);
        let newest = self.read_all(county, query, |row| get(row, "recovery")).await?;
        Ok(newest.first().copied().unwrap_or(0))
    }
}

/// A row with what the store adds.
struct Added<'a, T> {
    county: &'a str,
    recorded: Moment,
    row: &'a T,
}

/// A row of a batch that is proposed.
struct OfBatch<'a, T> {
    county: &'a str,
    recorded: Moment,
    batch: &'a BatchRecord,
    row: &'a T,
}

#[async_trait]
impl AwardWrites for SqlTx {
    async fn insert_batch(
        &mut self,
        county: &str,
        batch: &BatchRecord,
        entitlements: &[EntitlementKey],
        lines: &[LineRecord],
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        let first: Vec<_> =
            entitlements.iter().map(|row| OfBatch { county, recorded, batch, row }).collect();
        let lines: Vec<_> =
            lines.iter().map(|row| OfBatch { county, recorded, batch, row }).collect();
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_BATCH)
                .bind(county)
                .bind(&batch.batch_id)
                .bind(&batch.year)
                .bind(&batch.purpose)
                .bind(batch.source.kind.word())
                .bind(&batch.source.id)
                .bind(&batch.source.period)
                .bind(batch.source_version)
                .bind(&batch.origin)
                .bind(&batch.text)
                .bind(recorded.micros())
                .bind(&batch.mark.by)
                .bind(&batch.mark.request_id);
            query.execute(&mut *db).await.map_err(fault)?;
            insert_all(db, &sql::ENTITLEMENTS, &first, put_entitlement).await?;
            insert_all(db, &sql::AWARD_LINES, &lines, put_line).await
        })
        .await
    }

    async fn insert_batch_events(
        &mut self,
        county: &str,
        events: &[BatchEventRecord],
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        let rows: Vec<_> = events.iter().map(|row| Added { county, recorded, row }).collect();
        self.with(county, async |db| {
            insert_all(db, &sql::AWARD_BATCH_EVENTS, &rows, put_batch_event).await
        })
        .await
    }

    async fn insert_recoveries(
        &mut self,
        county: &str,
        recoveries: &[RecoveryRecord],
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        let rows: Vec<_> = recoveries.iter().map(|row| Added { county, recorded, row }).collect();
        self.with(county, async |db| insert_all(db, &sql::RECOVERIES, &rows, put_recovery).await)
            .await
    }

    async fn insert_recovery_events(
        &mut self,
        county: &str,
        events: &[RecoveryEventRecord],
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        let rows: Vec<_> = events.iter().map(|row| Added { county, recorded, row }).collect();
        self.with(county, async |db| {
            insert_all(db, &sql::RECOVERY_EVENTS, &rows, put_recovery_event).await
        })
        .await
    }
}

fn put_source<'a>(source: &'a Source, values: &mut Vec<Value<'a>>) {
    values.extend([source.kind.word(), &source.id, &source.period].map(Value::Text));
}

fn put_key<'a>(key: &'a EntitlementKey, values: &mut Vec<Value<'a>>) {
    values.extend([&key.award, key.recipient.word(), &key.recipient_id].map(Value::Text));
    values.push(Value::Text(&key.each));
}

fn put_mark<'a>(recorded: Moment, mark: &'a Mark, values: &mut Vec<Value<'a>>) {
    values.push(Value::Int(recorded.micros()));
    values.extend([mark.by.as_str(), &mark.request_id].map(Value::Text));
}

fn put_entitlement<'a>(it: &'a OfBatch<'a, EntitlementKey>, values: &mut Vec<Value<'a>>) {
    values.push(Value::Text(it.county));
    put_source(&it.batch.source, values);
    put_key(it.row, values);
    values.push(Value::Text(&it.batch.batch_id));
    put_mark(it.recorded, &it.batch.mark, values);
}

fn put_line<'a>(of: &'a OfBatch<'a, LineRecord>, values: &mut Vec<Value<'a>>) {
    let it = of.row;
    values.extend([of.county, &it.batch_id].map(Value::Text));
    values.push(Value::Int(it.line));
    put_source(&of.batch.source, values);
    put_key(&it.entitlement, values);
    values.extend([it.attempt, it.amount.fen()].map(Value::Int));
    values.extend([it.subjects.as_str(), &it.award_title].map(Value::Text));
}

fn put_batch_event<'a>(line: &'a Added<'a, BatchEventRecord>, values: &mut Vec<Value<'a>>) {
    let it = line.row;
    values.extend([line.county, &it.batch_id].map(Value::Text));
    values.extend([Value::Int(it.event), Value::Text(it.step.word()), Value::Int(it.line)]);
    values.push(Value::day(it.on));
    let texts = [it.reference.as_str(), &it.text, &it.decided_by, &it.evidence];
    values.extend(texts.map(Value::Text));
    put_mark(line.recorded, &it.mark, values);
}

fn put_recovery<'a>(line: &'a Added<'a, RecoveryRecord>, values: &mut Vec<Value<'a>>) {
    let it = line.row;
    values.extend([Value::Text(line.county), Value::Int(it.recovery), Value::Text(&it.batch_id)]);
    values.extend([it.line, it.amount.fen()].map(Value::Int));
    let texts = [it.cause.word(), &it.cause_id, &it.text, &it.decided_by, &it.evidence];
    values.extend(texts.map(Value::Text));
    put_mark(line.recorded, &it.mark, values);
}

fn put_recovery_event<'a>(line: &'a Added<'a, RecoveryEventRecord>, values: &mut Vec<Value<'a>>) {
    let it = line.row;
    values.extend([Value::Text(line.county), Value::Int(it.recovery), Value::Int(it.event)]);
    values.extend([Value::Text(it.step.word()), Value::Int(it.amount.fen()), Value::day(it.on)]);
    let texts = [it.reference.as_str(), &it.text, &it.decided_by, &it.evidence];
    values.extend(texts.map(Value::Text));
    put_mark(line.recorded, &it.mark, values);
}

fn batch(row: &Row) -> Result<BatchRecord, StoreError> {
    Ok(BatchRecord {
        batch_id: get(row, "batch_id")?,
        year: get(row, "year")?,
        purpose: get(row, "purpose")?,
        source: Source {
            kind: word(row, "source_kind", SourceKind::named)?,
            id: get(row, "source_id")?,
            period: get(row, "period")?,
        },
        source_version: get(row, "source_version")?,
        origin: get(row, "origin")?,
        text: get(row, "text")?,
        mark: mark(row)?,
    })
}

fn entitlement(row: &Row) -> Result<EntitlementKey, StoreError> {
    Ok(EntitlementKey {
        award: get(row, "award")?,
        recipient: word(row, "recipient_kind", RecipientKind::named)?,
        recipient_id: get(row, "recipient")?,
        each: get(row, "each_of")?,
    })
}

fn line(row: &Row) -> Result<LineRecord, StoreError> {
    Ok(LineRecord {
        batch_id: get(row, "batch_id")?,
        line: get(row, "line")?,
        entitlement: entitlement(row)?,
        attempt: get(row, "attempt")?,
        amount: money(row, "amount")?,
        subjects: get(row, "subjects")?,
        award_title: get(row, "award_title")?,
    })
}

fn batch_event(row: &Row) -> Result<BatchEventRecord, StoreError> {
    Ok(BatchEventRecord {
        batch_id: get(row, "batch_id")?,
        event: get(row, "event")?,
        step: word(row, "what", BatchStep::named)?,
        line: get(row, "line")?,
        on: optional_day(row, "on_day")?,
        reference: get(row, "reference")?,
        text: get(row, "text")?,
        decided_by: get(row, "decided_by")?,
        evidence: get(row, "evidence")?,
        mark: mark(row)?,
    })
}

fn recovery(row: &Row) -> Result<RecoveryRecord, StoreError> {
    Ok(RecoveryRecord {
        recovery: get(row, "recovery")?,
        batch_id: get(row, "batch_id")?,
        line: get(row, "line")?,
        amount: money(row, "amount")?,
        cause: word(row, "cause", RecoveryCause::named)?,
        cause_id: get(row, "cause_id")?,
        text: get(row, "text")?,
        decided_by: get(row, "decided_by")?,
        evidence: get(row, "evidence")?,
        mark: mark(row)?,
    })
}

fn recovery_event(row: &Row) -> Result<RecoveryEventRecord, StoreError> {
    Ok(RecoveryEventRecord {
        recovery: get(row, "recovery")?,
        event: get(row, "event")?,
        step: word(row, "what", RecoveryStep::named)?,
        amount: money(row, "amount")?,
        on: optional_day(row, "on_day")?,
        reference: get(row, "reference")?,
        text: get(row, "text")?,
        decided_by: get(row, "decided_by")?,
        evidence: get(row, "evidence")?,
        mark: mark(row)?,
    })
}
