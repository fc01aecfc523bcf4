//! Objections to published results, and what they were answered.

use async_trait::async_trait;

use super::super::sql::result_objections as sql;
use super::{
    SqlTx, fault,
    row::{Row, day, get, moment, optional_moment, word},
};
use crate::store::{
    ResultAnswer, ResultObjection, ResultObjectionReads, ResultObjectionWrites, ResultVerdict,
    StoreError, day::SqlDay,
};

#[async_trait]
impl ResultObjectionReads for SqlTx {
    async fn result_objections(
        &mut self,
        county: &str,
        after: (&str, i64),
        limit: i64,
    ) -> Result<Vec<ResultObjection>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::RESULT_OBJECTIONS)
                .bind(county)
                .bind(after.0)
                .bind(after.1)
                .bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(objection).collect()
        })
        .await
    }
}

#[async_trait]
impl ResultObjectionWrites for SqlTx {
    async fn insert_result_objection(
        &mut self,
        county: &str,
        objection: &ResultObjection,
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_RESULT_OBJECTION)
                .bind(county)
                .bind(&objection.run_id)
                .bind(objection.number)
                .bind(&objection.subject)
                .bind(&objection.person)
                .bind(&objection.node)
                .bind(&objection.text)
                .bind(&objection.raised_by)
                .bind(SqlDay(objection.raised_on))
                .bind(&objection.evidence)
                .bind(recorded.micros())
                .bind(&objection.recorded_by)
                .bind(&objection.request_id);
            query.execute(db).await.map_err(fault).map(|_| ())
        })
        .await
    }

    async fn insert_result_answer(
        &mut self,
        county: &str,
        of: (&str, i64),
        answer: &ResultAnswer,
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_RESULT_ANSWER)
                .bind(county)
                .bind(of.0)
                .bind(of.1)
                .bind(answer.verdict.word())
                .bind(&answer.text)
                .bind(&answer.answered_by)
                .bind(&answer.evidence)
                .bind(recorded.micros())
                .bind(&answer.recorded_by)
                .bind(&answer.request_id);
            query.execute(db).await.map_err(fault).map(|_| ())
        })
        .await
    }
}

fn objection(row: &Row) -> Result<ResultObjection, StoreError> {
    Ok(ResultObjection {
        run_id: get(row, "run_id")?,
        number: get(row, "number")?,
        subject: get(row, "subject")?,
        person: get(row, "person")?,
        node: get(row, "node")?,
        text: get(row, "text")?,
        raised_by: get(row, "raised_by")?,
        raised_on: day(row, "raised_on")?,
        evidence: get(row, "evidence")?,
        recorded: moment(row, "recorded")?,
        recorded_by: get(row, "recorded_by")?,
        request_id: get(row, "request_id")?,
        answer: answer(row)?,
    })
}

/// The answer, of columns that are absent where there is none.
fn answer(row: &Row) -> Result<Option<ResultAnswer>, StoreError> {
    let Some(recorded) = optional_moment(row, "answered")? else { return Ok(None) };
    Ok(Some(ResultAnswer {
        verdict: word(row, "verdict", ResultVerdict::named)?,
        text: get(row, "answer")?,
        answered_by: get(row, "answered_by")?,
        evidence: get(row, "answer_evidence")?,
        recorded,
        recorded_by: get(row, "answer_recorded_by")?,
        request_id: get(row, "answer_request_id")?,
    }))
}
