//! Runs, their batches and results, for writing.

use async_trait::async_trait;

use super::super::{insert_all, sql::runs as sql};
use super::{SqlTx, fault, row::get};
use crate::{
    domain::time::Moment,
    store::{ClaimedBatch, NewBatch, ResultRecord, RunRecord, RunWrites, StoreError, bulk::Value},
};

/// A batch or a result with the run it is of.
struct Line<'a, R> {
    county: &'a str,
    run_id: &'a str,
    record: &'a R,
}

fn lines<'a, R>(county: &'a str, run_id: &'a str, records: &'a [R]) -> Vec<Line<'a, R>> {
    records.iter().map(|record| Line { county, run_id, record }).collect()
}

#[async_trait]
impl RunWrites for SqlTx {
    async fn insert_run(&mut self, county: &str, run: &RunRecord) -> Result<(), StoreError> {
        self.locked(county)?;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_RUN)
                .bind(county)
                .bind(&run.run_id)
                .bind(&run.scheme_id)
                .bind(run.version)
                .bind(run.scheme_digest.as_slice())
                .bind(&run.period)
                .bind(run.known.micros())
                .bind(run.facts_seq)
                .bind(run.registry_seq)
                .bind(run.state.word())
                .bind(run.subjects)
                .bind(&run.engine_version)
                .bind(run.result_digest.as_ref().map(<[u8; 32]>::as_slice))
                .bind(&run.quotas)
                .bind(&run.supersedes)
                .bind(&run.superseded_by)
                .bind(&run.reason)
                .bind(run.started.0.micros())
                .bind(&run.started.1)
                .bind(run.computed.map(Moment::micros))
                .bind(run.published.as_ref().map(|it| it.0.micros()))
                .bind(run.published.as_ref().map_or("", |it| it.1.as_str()));
            query.execute(db).await.map_err(fault).map(|_| ())
        })
        .await
    }

    async fn update_run(&mut self, county: &str, run: &RunRecord) -> Result<i64, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::UPDATE_RUN)
                .bind(county)
                .bind(&run.run_id)
                .bind(run.revision)
                .bind(run.state.word())
                .bind(run.subjects)
                .bind(&run.engine_version)
                .bind(run.result_digest.as_ref().map(<[u8; 32]>::as_slice))
                .bind(&run.quotas)
                .bind(&run.supersedes)
                .bind(&run.superseded_by)
                .bind(&run.reason)
                .bind(run.computed.map(Moment::micros))
                .bind(run.published.as_ref().map(|it| it.0.micros()))
                .bind(run.published.as_ref().map_or("", |it| it.1.as_str()));
            match query.fetch_optional(db).await.map_err(fault)? {
                Some(row) => get(&row, "revision"),
                None => Err(StoreError::StaleRevision),
            }
        })
        .await
    }

    async fn set_cohort(
        &mut self,
        county: &str,
        run_id: &str,
        cohort: &[u8],
    ) -> Result<(), StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::SET_COHORT).bind(county).bind(run_id).bind(cohort);
            touched(query.execute(db).await.map_err(fault)?.rows_affected())
        })
        .await
    }

    async fn insert_batches(
        &mut self,
        county: &str,
        run_id: &str,
        batches: &[NewBatch],
    ) -> Result<(), StoreError> {
        let lines = lines(county, run_id, batches);
        self.with(county, async |db| insert_all(db, &sql::RUN_BATCHES, &lines, put_batch).await)
            .await
    }

    async fn claim_batch(
        &mut self,
        county: &str,
        run_id: &str,
        claimed_by: &str,
        now: Moment,
        until: Moment,
    ) -> Result<Option<ClaimedBatch>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::CLAIM_BATCH)
                .bind(county)
                .bind(run_id)
                .bind(claimed_by)
                .bind(now.micros())
                .bind(until.micros());
            let Some(row) = query.fetch_optional(db).await.map_err(fault)? else {
                return Ok(None);
            };
            let batch = NewBatch {
                step: get(&row, "step")?,
                batch: get(&row, "batch")?,
                subjects: get(&row, "subjects")?,
            };
            let run_id = run_id.to_owned();
            Ok(Some(ClaimedBatch { run_id, batch, claim: get(&row, "claim")? }))
        })
        .await
    }

    async fn extend_claim(
        &mut self,
        county: &str,
        claimed: &ClaimedBatch,
        until: Moment,
    ) -> Result<(), StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::EXTEND_CLAIM)
                .bind(county)
                .bind(&claimed.run_id)
                .bind(claimed.batch.step)
                .bind(claimed.batch.batch)
                .bind(claimed.claim)
                .bind(until.micros());
            touched(query.execute(db).await.map_err(fault)?.rows_affected())
        })
        .await
    }

    async fn complete_batch(
        &mut self,
        county: &str,
        claimed: &ClaimedBatch,
        payload: &[u8],
        results: &[ResultRecord],
    ) -> Result<(), StoreError> {
        let lines = lines(county, &claimed.run_id, results);
        self.with(county, async |db| {
            let query = sqlx::query(sql::COMPLETE_BATCH)
                .bind(county)
                .bind(&claimed.run_id)
                .bind(claimed.batch.step)
                .bind(claimed.batch.batch)
                .bind(claimed.claim)
                .bind(payload);
            touched(query.execute(&mut *db).await.map_err(fault)?.rows_affected())?;
            insert_all(db, &sql::RESULTS_TABLE, &lines, put_result).await
        })
        .await
    }
}

/// A write that found no row has lost what it stood on.
fn touched(rows: u64) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::StaleRevision) } else { Ok(()) }
}

fn put_batch<'a>(line: &'a Line<'a, NewBatch>, values: &mut Vec<Value<'a>>) {
    values.extend([
        Value::Text(line.county),
        Value::Text(line.run_id),
        Value::Int(line.record.step),
        Value::Int(line.record.batch),
        Value::Text(&line.record.subjects),
        Value::Text("open"),
        Value::Text(""),
        Value::Int(0),
        Value::Int(0),
        Value::Bytes(&[]),
    ]);
}

fn put_result<'a>(line: &'a Line<'a, ResultRecord>, values: &mut Vec<Value<'a>>) {
    let it = line.record;
    values.extend([
        Value::Text(line.county),
        Value::Text(line.run_id),
        Value::Int(it.ordinal),
        Value::Text(&it.subject),
        Value::Text(&it.period),
        Value::Text(&it.status),
        Value::int(it.score),
        Value::int(it.score_before),
        Value::Text(&it.grade),
        Value::Text(&it.ranks),
        Value::Text(&it.awards),
        Value::Text(&it.reasons),
        Value::Text(&it.groups),
        Value::Bytes(&it.digest),
    ]);
}
