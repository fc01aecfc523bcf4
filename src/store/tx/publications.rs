//! Publications.

use async_trait::async_trait;

use super::super::sql::publications as sql;
use super::{
    SqlTx, fault,
    row::{Row, get, moment},
};
use crate::store::{
    NewPublication, PublicationReads, PublicationRecord, PublicationWrites, StoreError,
};

#[async_trait]
impl PublicationReads for SqlTx {
    async fn publications(
        &mut self,
        county: &str,
        after: i64,
        scheme_id: &str,
        limit: i64,
    ) -> Result<Vec<PublicationRecord>, StoreError> {
        self.with(county, async |db| {
            let query =
                sqlx::query(sql::PUBLICATIONS).bind(county).bind(after).bind(scheme_id).bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(publication).collect()
        })
        .await
    }
}

#[async_trait]
impl PublicationWrites for SqlTx {
    async fn append_publication(
        &mut self,
        county: &str,
        publication: &NewPublication,
    ) -> Result<i64, StoreError> {
        let recorded = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::APPEND_PUBLICATION)
                .bind(county)
                .bind(&publication.run_id)
                .bind(&publication.replaced_run_id)
                .bind(&publication.scheme_id)
                .bind(&publication.period)
                .bind(&publication.subject_kind)
                .bind(recorded.micros());
            get(&query.fetch_one(db).await.map_err(fault)?, "seq")
        })
        .await
    }
}

fn publication(row: &Row) -> Result<PublicationRecord, StoreError> {
    Ok(PublicationRecord {
        seq: get(row, "seq")?,
        publication: NewPublication {
            run_id: get(row, "run_id")?,
            replaced_run_id: get(row, "replaced_run_id")?,
            scheme_id: get(row, "scheme_id")?,
            period: get(row, "period")?,
            subject_kind: get(row, "subject_kind")?,
        },
        recorded: moment(row, "recorded")?,
    })
}
