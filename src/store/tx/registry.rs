//! The registry.

use async_trait::async_trait;

use super::super::{insert_all, list, sql::registry as sql};
use super::{
    SqlTx, fault,
    row::{Row, day, get, moment, optional_day},
};
use crate::{
    domain::time::Moment,
    store::{
        AsOf, RegistryReads, RegistryVersion, RegistryWrites, StoreError, StoredVersion,
        bulk::Value, day::SqlDay,
    },
};

#[async_trait]
impl RegistryReads for SqlTx {
    async fn registered(
        &mut self,
        county: &str,
        kind: &str,
        ids: &[String],
        as_of: AsOf,
    ) -> Result<Vec<StoredVersion>, StoreError> {
        let ids = list(ids)?;
        self.with(async |db| {
            let query = sqlx::query(sql::REGISTERED)
                .bind(county)
                .bind(kind)
                .bind(SqlDay(as_of.day))
                .bind(as_of.known.micros())
                .bind(ids);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(version).collect()
        })
        .await
    }

    async fn registry_page(
        &mut self,
        county: &str,
        kind: &str,
        as_of: AsOf,
        after: &str,
        limit: i64,
    ) -> Result<Vec<StoredVersion>, StoreError> {
        self.with(async |db| {
            let query = sqlx::query(sql::REGISTRY_PAGE)
                .bind(county)
                .bind(kind)
                .bind(SqlDay(as_of.day))
                .bind(as_of.known.micros())
                .bind(after)
                .bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(version).collect()
        })
        .await
    }

    async fn registry_children(
        &mut self,
        county: &str,
        kind: &str,
        parent: (&str, &str),
        as_of: AsOf,
        after: &str,
        limit: i64,
    ) -> Result<Vec<StoredVersion>, StoreError> {
        self.with(async |db| {
            let query = sqlx::query(sql::REGISTRY_CHILDREN)
                .bind(county)
                .bind(kind)
                .bind(SqlDay(as_of.day))
                .bind(as_of.known.micros())
                .bind(after)
                .bind(limit)
                .bind(parent.0)
                .bind(parent.1);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(version).collect()
        })
        .await
    }

    async fn registry_history(
        &mut self,
        county: &str,
        kind: &str,
        id: &str,
    ) -> Result<Vec<StoredVersion>, StoreError> {
        self.with(async |db| {
            let query = sqlx::query(sql::REGISTRY_HISTORY).bind(county).bind(kind).bind(id);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(version).collect()
        })
        .await
    }
}

/// A version with what the store adds.
struct Line<'a> {
    county: &'a str,
    request_id: &'a str,
    seq: i64,
    recorded: Moment,
    version: &'a RegistryVersion,
}

#[async_trait]
impl RegistryWrites for SqlTx {
    async fn insert_registry(
        &mut self,
        county: &str,
        request_id: &str,
        versions: &[RegistryVersion],
    ) -> Result<i64, StoreError> {
        let mut head = self.locked(county)?;
        let recorded = head.recorded;
        let first = head.registry_seq.checked_add(1).ok_or(StoreError::Overflow)?;
        let lines: Vec<Line<'_>> = versions
            .iter()
            .zip(first..)
            .map(|(version, seq)| Line { county, request_id, seq, recorded, version })
            .collect();
        head.registry_seq = lines.last().map_or(head.registry_seq, |it| it.seq);
        self.with(async |db| insert_all(db, &sql::REGISTRY_VERSIONS, &lines, put).await).await?;
        self.keep(head);
        Ok(first)
    }
}

fn put<'a>(line: &'a Line<'a>, values: &mut Vec<Value<'a>>) {
    let it = line.version;
    values.extend([
        Value::Text(line.county),
        Value::Text(&it.kind),
        Value::Text(&it.id),
        Value::Day(SqlDay(it.effective_from)),
        Value::Int(line.seq),
        Value::day(it.effective_until),
        Value::Text(&it.name),
        Value::Text(&it.parent_kind),
        Value::Text(&it.parent_id),
        Value::Text(&it.attributes),
        Value::Int(line.recorded.micros()),
        Value::Text(&it.recorded_by),
        Value::Text(line.request_id),
    ]);
}

pub(super) fn version(row: &Row) -> Result<StoredVersion, StoreError> {
    Ok(StoredVersion {
        seq: get(row, "seq")?,
        recorded: moment(row, "recorded")?,
        request_id: get(row, "request_id")?,
        version: RegistryVersion {
            kind: get(row, "kind")?,
            id: get(row, "id")?,
            effective_from: day(row, "effective_from")?,
            effective_until: optional_day(row, "effective_until")?,
            name: get(row, "name")?,
            parent_kind: get(row, "parent_kind")?,
            parent_id: get(row, "parent_id")?,
            attributes: get(row, "attributes")?,
            recorded_by: get(row, "recorded_by")?,
        },
    })
}
