//! Editions of years' calendars.

use async_trait::async_trait;

use super::super::sql::calendars as sql;
use super::{
    SqlTx, fault,
    row::{Row, get, moment},
};
use crate::{
    domain::time::Moment,
    store::{CalendarReads, CalendarRecord, CalendarWrites, StoreError},
};

#[async_trait]
impl CalendarReads for SqlTx {
    async fn calendar_editions(
        &mut self,
        county: &str,
        years: (i64, i64),
        known: Moment,
    ) -> Result<Vec<CalendarRecord>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::CALENDAR_EDITIONS)
                .bind(county)
                .bind(years.0)
                .bind(years.1)
                .bind(known.micros());
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(edition).collect()
        })
        .await
    }
}

#[async_trait]
impl CalendarWrites for SqlTx {
    async fn insert_calendar_edition(
        &mut self,
        county: &str,
        edition: &CalendarRecord,
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_CALENDAR_EDITION)
                .bind(county)
                .bind(edition.year)
                .bind(edition.number)
                .bind(&edition.edition)
                .bind(&edition.title)
                .bind(&edition.document)
                .bind(&edition.days)
                .bind(recorded.micros())
                .bind(&edition.recorded_by)
                .bind(&edition.request_id);
            query.execute(db).await.map_err(fault).map(|_| ())
        })
        .await
    }
}

fn edition(row: &Row) -> Result<CalendarRecord, StoreError> {
    Ok(CalendarRecord {
        year: get(row, "year")?,
        number: get(row, "number")?,
        edition: get(row, "edition")?,
        title: get(row, "title")?,
        document: get(row, "document")?,
        days: get(row, "days")?,
        recorded: moment(row, "recorded")?,
        recorded_by: get(row, "recorded_by")?,
        request_id: get(row, "request_id")?,
    })
}
