//! Published schemes.

use async_trait::async_trait;

use super::super::sql::schemes as sql;
use super::{
    SqlTx, fault,
    row::{Row, day, get, hash, moment, optional_day, retirement},
};
use crate::{
    domain::time::Day,
    store::{Retirement, SchemeHeader, SchemeReads, SchemeWrites, StoreError, day::SqlDay},
};

#[async_trait]
impl SchemeReads for SqlTx {
    async fn scheme(
        &mut self,
        county: &str,
        scheme_id: &str,
        version: i64,
    ) -> Result<Option<(SchemeHeader, String)>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::SCHEME).bind(county).bind(scheme_id).bind(version);
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.as_ref().map(whole).transpose()
        })
        .await
    }

    async fn scheme_in_force(
        &mut self,
        county: &str,
        scheme_id: &str,
        day: Day,
    ) -> Result<Option<(SchemeHeader, String)>, StoreError> {
        self.with(county, async |db| {
            let query =
                sqlx::query(sql::SCHEME_IN_FORCE).bind(county).bind(scheme_id).bind(SqlDay(day));
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.as_ref().map(whole).transpose()
        })
        .await
    }

    async fn scheme_page(
        &mut self,
        county: &str,
        after: (&str, i64),
        limit: i64,
    ) -> Result<Vec<SchemeHeader>, StoreError> {
        self.with(county, async |db| {
            let query =
                sqlx::query(sql::SCHEME_PAGE).bind(county).bind(after.0).bind(after.1).bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(header).collect()
        })
        .await
    }
}

#[async_trait]
impl SchemeWrites for SqlTx {
    async fn insert_scheme(
        &mut self,
        county: &str,
        header: &SchemeHeader,
        document: &str,
    ) -> Result<(), StoreError> {
        let published = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_SCHEME)
                .bind(county)
                .bind(&header.scheme_id)
                .bind(header.version)
                .bind(document)
                .bind(header.digest.as_slice())
                .bind(&header.title)
                .bind(&header.subject_kind)
                .bind(&header.period_kind)
                .bind(SqlDay(header.in_force_from))
                .bind(header.in_force_until.map(SqlDay))
                .bind(published.micros())
                .bind(&header.published_by);
            query.execute(db).await.map_err(fault).map(|_| ())
        })
        .await
    }

    async fn retire_scheme(
        &mut self,
        county: &str,
        scheme_id: &str,
        version: i64,
        retirement: &Retirement,
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::RETIRE_SCHEME)
                .bind(county)
                .bind(scheme_id)
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

fn whole(row: &Row) -> Result<(SchemeHeader, String), StoreError> {
    Ok((header(row)?, get(row, "document")?))
}

fn header(row: &Row) -> Result<SchemeHeader, StoreError> {
    Ok(SchemeHeader {
        scheme_id: get(row, "scheme_id")?,
        version: get(row, "version")?,
        digest: hash(row, "digest")?,
        title: get(row, "title")?,
        subject_kind: get(row, "subject_kind")?,
        period_kind: get(row, "period_kind")?,
        in_force_from: day(row, "in_force_from")?,
        in_force_until: optional_day(row, "in_force_until")?,
        published: moment(row, "published")?,
        published_by: get(row, "published_by")?,
        retired: retirement(row)?,
    })
}
