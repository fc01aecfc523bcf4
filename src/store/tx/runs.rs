//! Runs and their results, for reading.

use async_trait::async_trait;

use super::super::{list, sql::runs as sql, words};
use super::{
    SqlTx, fault,
    row::{Row, get, hash, moment, optional_hash, optional_moment, word},
};
use crate::store::{
    ResultRecord, ResultsAfter, RunListing, RunReads, RunRecord, RunState, StepProgress, StoreError,
};

#[async_trait]
impl RunReads for SqlTx {
    async fn run(&mut self, county: &str, run_id: &str) -> Result<Option<RunRecord>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::RUN).bind(county).bind(run_id);
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.as_ref().map(run).transpose()
        })
        .await
    }

    async fn published_run(
        &mut self,
        county: &str,
        scheme_id: &str,
        period: &str,
    ) -> Result<Option<RunRecord>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::PUBLISHED_RUN).bind(county).bind(scheme_id).bind(period);
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.as_ref().map(run).transpose()
        })
        .await
    }

    async fn run_page(
        &mut self,
        county: &str,
        listing: &RunListing,
    ) -> Result<Vec<RunRecord>, StoreError> {
        let all = RunState::ALL.to_vec();
        let wanted = if listing.states.is_empty() { &all } else { &listing.states };
        let states: Vec<&'static str> = wanted.iter().map(|it| it.word()).collect();
        let states = words(&states)?;
        self.with(county, async |db| {
            let query = sqlx::query(sql::RUN_PAGE)
                .bind(county)
                .bind(&listing.after)
                .bind(&listing.scheme_id)
                .bind(&listing.period)
                .bind(states)
                .bind(listing.limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(run).collect()
        })
        .await
    }

    async fn open_runs(&mut self) -> Result<Vec<(String, String)>, StoreError> {
        self.unscoped(async |db| {
            let rows = sqlx::query(sql::OPEN_RUNS).fetch_all(db).await.map_err(fault)?;
            rows.iter().map(|it| Ok((get(it, "county")?, get(it, "run_id")?))).collect()
        })
        .await
    }

    async fn progress(
        &mut self,
        county: &str,
        run_id: &str,
    ) -> Result<Vec<StepProgress>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::PROGRESS).bind(county).bind(run_id);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(progress).collect()
        })
        .await
    }

    async fn payloads(
        &mut self,
        county: &str,
        run_id: &str,
        step: i64,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::PAYLOADS).bind(county).bind(run_id).bind(step);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(|it| get(it, "payload")).collect()
        })
        .await
    }

    async fn cohort(&mut self, county: &str, run_id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::COHORT).bind(county).bind(run_id);
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.map_or(Ok(None), |it| get(&it, "cohort"))
        })
        .await
    }

    async fn results(
        &mut self,
        county: &str,
        run_id: &str,
        after: &ResultsAfter,
        limit: i64,
    ) -> Result<Vec<ResultRecord>, StoreError> {
        self.with(county, async |db| {
            let query = match after {
                ResultsAfter::Ordinal(ordinal) => sqlx::query(sql::RESULTS_BY_ORDINAL)
                    .bind(county)
                    .bind(run_id)
                    .bind(*ordinal)
                    .bind(limit),
                ResultsAfter::Subject(subject) => sqlx::query(sql::RESULTS_BY_SUBJECT)
                    .bind(county)
                    .bind(run_id)
                    .bind(subject)
                    .bind(limit),
            };
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(result).collect()
        })
        .await
    }

    async fn results_of(
        &mut self,
        county: &str,
        run_id: &str,
        subjects: &[String],
    ) -> Result<Vec<ResultRecord>, StoreError> {
        let subjects = list(subjects)?;
        self.with(county, async |db| {
            let query = sqlx::query(sql::RESULTS_OF).bind(county).bind(run_id).bind(subjects);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(result).collect()
        })
        .await
    }
}

fn progress(row: &Row) -> Result<StepProgress, StoreError> {
    Ok(StepProgress { step: get(row, "step")?, done: get(row, "done")?, total: get(row, "total")? })
}

fn run(row: &Row) -> Result<RunRecord, StoreError> {
    let published = match optional_moment(row, "published")? {
        Some(at) => Some((at, get(row, "published_by")?)),
        None => None,
    };
    Ok(RunRecord {
        run_id: get(row, "run_id")?,
        scheme_id: get(row, "scheme_id")?,
        version: get(row, "version")?,
        scheme_digest: hash(row, "scheme_digest")?,
        period: get(row, "period")?,
        known: moment(row, "known_micros")?,
        facts_seq: get(row, "facts_seq")?,
        registry_seq: get(row, "registry_seq")?,
        state: word(row, "state", RunState::named)?,
        subjects: get(row, "subjects")?,
        engine_version: get(row, "engine_version")?,
        result_digest: optional_hash(row, "result_digest")?,
        quotas: get(row, "quotas")?,
        supersedes: get(row, "supersedes")?,
        superseded_by: get(row, "superseded_by")?,
        reason: get(row, "reason")?,
        started: (moment(row, "started")?, get(row, "started_by")?),
        computed: optional_moment(row, "computed")?,
        published,
        revision: get(row, "revision")?,
    })
}

fn result(row: &Row) -> Result<ResultRecord, StoreError> {
    Ok(ResultRecord {
        subject: get(row, "subject")?,
        ordinal: get(row, "ordinal")?,
        period: get(row, "period")?,
        status: get(row, "status")?,
        score: get(row, "score")?,
        score_before: get(row, "score_before")?,
        grade: get(row, "grade")?,
        ranks: get(row, "ranks")?,
        awards: get(row, "awards")?,
        reasons: get(row, "reasons")?,
        groups: get(row, "groups")?,
        digest: hash(row, "digest")?,
    })
}
