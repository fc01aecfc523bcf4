//! Public notices of runs, with what was objected to and answered.

use async_trait::async_trait;

use super::super::sql::notices as sql;
use super::{
    SqlTx, fault,
    row::{Row, day, get, moment, optional_moment, word},
};
use crate::{
    domain::time::DaysOf,
    store::{
        NoticeAnswer, NoticeObjection, NoticeReads, NoticeRecord, NoticeVerdict, NoticeWrites,
        StoreError, day::SqlDay,
    },
};

#[async_trait]
impl NoticeReads for SqlTx {
    async fn notice(
        &mut self,
        county: &str,
        run_id: &str,
    ) -> Result<Option<NoticeRecord>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::NOTICE).bind(county).bind(run_id);
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.as_ref().map(notice).transpose()
        })
        .await
    }

    async fn notice_page(
        &mut self,
        county: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<NoticeRecord>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::NOTICE_PAGE).bind(county).bind(after).bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(notice).collect()
        })
        .await
    }

    async fn notice_objections(
        &mut self,
        county: &str,
        after: (&str, i64),
        limit: i64,
    ) -> Result<Vec<NoticeObjection>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::NOTICE_OBJECTIONS)
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
impl NoticeWrites for SqlTx {
    async fn insert_notice(
        &mut self,
        county: &str,
        notice: &NoticeRecord,
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_NOTICE)
                .bind(county)
                .bind(&notice.run_id)
                .bind(SqlDay(notice.posted_on))
                .bind(SqlDay(notice.ends_on))
                .bind(notice.days)
                .bind(notice.days_of.word())
                .bind(&notice.calendar)
                .bind(&notice.object_to)
                .bind(recorded.micros())
                .bind(&notice.recorded_by)
                .bind(&notice.request_id);
            query.execute(db).await.map_err(fault).map(|_| ())
        })
        .await
    }

    async fn insert_notice_objection(
        &mut self,
        county: &str,
        objection: &NoticeObjection,
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_NOTICE_OBJECTION)
                .bind(county)
                .bind(&objection.run_id)
                .bind(objection.number)
                .bind(&objection.subject)
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

    async fn insert_notice_answer(
        &mut self,
        county: &str,
        of: (&str, i64),
        answer: &NoticeAnswer,
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_NOTICE_ANSWER)
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

fn notice(row: &Row) -> Result<NoticeRecord, StoreError> {
    Ok(NoticeRecord {
        run_id: get(row, "run_id")?,
        posted_on: day(row, "posted_on")?,
        ends_on: day(row, "ends_on")?,
        days: get(row, "days")?,
        days_of: word(row, "days_of", DaysOf::named)?,
        calendar: get(row, "calendar")?,
        object_to: get(row, "object_to")?,
        recorded: moment(row, "recorded")?,
        recorded_by: get(row, "recorded_by")?,
        request_id: get(row, "request_id")?,
    })
}

fn objection(row: &Row) -> Result<NoticeObjection, StoreError> {
    Ok(NoticeObjection {
        run_id: get(row, "run_id")?,
        number: get(row, "number")?,
        subject: get(row, "subject")?,
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
fn answer(row: &Row) -> Result<Option<NoticeAnswer>, StoreError> {
    let Some(recorded) = optional_moment(row, "answered")? else { return Ok(None) };
    Ok(Some(NoticeAnswer {
        verdict: word(row, "verdict", NoticeVerdict::named)?,
        text: get(row, "answer")?,
        answered_by: get(row, "answered_by")?,
        evidence: get(row, "answer_evidence")?,
        recorded,
        recorded_by: get(row, "answer_recorded_by")?,
        request_id: get(row, "answer_request_id")?,
    }))
}
