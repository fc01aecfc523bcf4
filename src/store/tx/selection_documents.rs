//! Published selection documents.

use async_trait::async_trait;

use super::super::sql::selection_documents as sql;
use super::{
    SqlTx, fault,
    row::{Row, day, get, hash, moment, optional_day},
};
use crate::{
    domain::time::Day,
    store::{
        SelectionDocumentHeader, SelectionDocumentReads, SelectionDocumentWrites, StoreError,
        day::SqlDay,
    },
};

#[async_trait]
impl SelectionDocumentReads for SqlTx {
    async fn selection_document(
        &mut self,
        county: &str,
        document_id: &str,
        version: i64,
    ) -> Result<Option<(SelectionDocumentHeader, String)>, StoreError> {
        self.with(county, async |db| {
            let query =
                sqlx::query(sql::SELECTION_DOCUMENT).bind(county).bind(document_id).bind(version);
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.as_ref().map(whole).transpose()
        })
        .await
    }

    async fn selection_document_in_force(
        &mut self,
        county: &str,
        document_id: &str,
        day: Day,
    ) -> Result<Option<(SelectionDocumentHeader, String)>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::SELECTION_DOCUMENT_IN_FORCE)
                .bind(county)
                .bind(document_id)
                .bind(SqlDay(day));
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.as_ref().map(whole).transpose()
        })
        .await
    }

    async fn selection_document_page(
        &mut self,
        county: &str,
        after: (&str, i64),
        limit: i64,
    ) -> Result<Vec<SelectionDocumentHeader>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::SELECTION_DOCUMENT_PAGE)
                .bind(county)
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
impl SelectionDocumentWrites for SqlTx {
    async fn insert_selection_document(
        &mut self,
        county: &str,
        header: &SelectionDocumentHeader,
        document: &str,
    ) -> Result<(), StoreError> {
        let published = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_SELECTION_DOCUMENT)
                .bind(county)
                .bind(&header.document_id)
                .bind(header.version)
                .bind(document)
                .bind(header.digest.as_slice())
                .bind(&header.title)
                .bind(&header.honour)
                .bind(&header.criteria_scheme)
                .bind(SqlDay(header.in_force_from))
                .bind(header.in_force_until.map(SqlDay))
                .bind(published.micros())
                .bind(&header.published_by)
                .bind(&header.request_id);
            query.execute(db).await.map_err(fault).map(|_| ())
        })
        .await
    }
}

fn whole(row: &Row) -> Result<(SelectionDocumentHeader, String), StoreError> {
    Ok((header(row)?, get(row, "document")?))
}

fn header(row: &Row) -> Result<SelectionDocumentHeader, StoreError> {
    Ok(SelectionDocumentHeader {
        document_id: get(row, "document_id")?,
        version: get(row, "version")?,
        digest: hash(row, "digest")?,
        title: get(row, "title")?,
        honour: get(row, "honour")?,
        criteria_scheme: get(row, "criteria_scheme")?,
        in_force_from: day(row, "in_force_from")?,
        in_force_until: optional_day(row, "in_force_until")?,
        published: moment(row, "published")?,
        published_by: get(row, "published_by")?,
        request_id: get(row, "request_id")?,
    })
}
