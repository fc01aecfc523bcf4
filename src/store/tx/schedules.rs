//! Adopted point schedules.

use async_trait::async_trait;

use super::super::{list, sql::schedules as sql};
use super::{
    SqlTx, fault,
    row::{Row, day, get, hash, moment, optional_day, retirement},
};
use crate::{
    domain::time::{Day, Moment},
    store::{Retirement, ScheduleHeader, ScheduleReads, ScheduleWrites, StoreError, day::SqlDay},
};

#[async_trait]
impl ScheduleReads for SqlTx {
    async fn schedules(
        &mut self,
        county: &str,
        compounds: &[String],
        known: Moment,
    ) -> Result<Vec<(ScheduleHeader, String)>, StoreError> {
        let compounds = list(compounds)?;
        self.with(county, async |db| {
            let query =
                sqlx::query(sql::SCHEDULES).bind(county).bind(known.micros()).bind(compounds);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(whole).collect()
        })
        .await
    }

    async fn schedule(
        &mut self,
        county: &str,
        compound: &str,
        version: i64,
        known: Moment,
    ) -> Result<Option<(ScheduleHeader, String)>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::SCHEDULE)
                .bind(county)
                .bind(known.micros())
                .bind(compound)
                .bind(version);
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.as_ref().map(whole).transpose()
        })
        .await
    }

    async fn schedule_begun(
        &mut self,
        county: &str,
        compound: &str,
        day: Day,
        known: Moment,
    ) -> Result<Option<(ScheduleHeader, String)>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::SCHEDULE_BEGUN)
                .bind(county)
                .bind(known.micros())
                .bind(compound)
                .bind(SqlDay(day));
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.as_ref().map(whole).transpose()
        })
        .await
    }

    async fn schedule_page(
        &mut self,
        county: &str,
        after: (&str, i64),
        known: Moment,
        limit: i64,
    ) -> Result<Vec<ScheduleHeader>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::SCHEDULE_PAGE)
                .bind(county)
                .bind(known.micros())
                .bind(after.0)
                .bind(after.1)
                .bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(header).collect()
        })
        .await
    }
}

#[async_trait]
impl ScheduleWrites for SqlTx {
    async fn insert_schedule(
        &mut self,
        county: &str,
        header: &ScheduleHeader,
        document: &str,
    ) -> Result<(), StoreError> {
        let adopted = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_SCHEDULE)
                .bind(county)
                .bind(&header.compound)
                .bind(header.version)
                .bind(document)
                .bind(header.digest.as_slice())
                .bind(&header.title)
                .bind(SqlDay(header.in_force_from))
                .bind(header.in_force_until.map(SqlDay))
                .bind(&header.branch)
                .bind(SqlDay(header.met_on))
                .bind(header.eligible)
                .bind(header.present)
                .bind(header.in_favour)
                .bind(&header.evidence)
                .bind(adopted.micros())
                .bind(&header.adopted_by)
                .bind(&header.request_id);
            query.execute(db).await.map_err(fault).map(|_| ())
        })
        .await
    }

    async fn retire_schedule(
        &mut self,
        county: &str,
        compound: &str,
        version: i64,
        retirement: &Retirement,
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::RETIRE_SCHEDULE)
                .bind(county)
                .bind(compound)
                .bind(version)
                .bind(SqlDay(retirement.last_day))
                .bind(&retirement.reason)
                .bind(recorded.micros())
                .bind(&retirement.recorded_by);
            query.execute(db).await.map_err(fault).map(|_| ())
        })
        .await
    }
}

fn whole(row: &Row) -> Result<(ScheduleHeader, String), StoreError> {
    Ok((header(row)?, get(row, "document")?))
}

fn header(row: &Row) -> Result<ScheduleHeader, StoreError> {
    Ok(ScheduleHeader {
        compound: get(row, "compound")?,
        version: get(row, "version")?,
        digest: hash(row, "digest")?,
        title: get(row, "title")?,
        in_force_from: day(row, "in_force_from")?,
        in_force_until: optional_day(row, "in_force_until")?,
        branch: get(row, "branch")?,
        met_on: day(row, "met_on")?,
        eligible: get(row, "eligible")?,
        present: get(row, "present")?,
        in_favour: get(row, "in_favour")?,
        evidence: get(row, "evidence")?,
        adopted: moment(row, "adopted")?,
        adopted_by: get(row, "adopted_by")?,
        request_id: get(row, "request_id")?,
        retired: retirement(row)?,
    })
}
