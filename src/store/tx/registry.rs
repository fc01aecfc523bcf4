//! The registry.

use async_trait::async_trait;

use super::super::{
    insert_all, list,
    sql::{persons, registry as sql},
};
use super::{
    SqlTx, fault,
    row::{Row, day, get, hash, moment, optional_day},
};
use crate::{
    domain::time::Moment,
    store::{
        AsOf, NameKept, RegistryReads, RegistryVersion, RegistryWrites, StoreError, StoredVersion,
        bulk::Value, commitment, day::SqlDay,
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
        self.with(county, async |db| {
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
        self.with(county, async |db| {
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
        self.with(county, async |db| {
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

    async fn registry_versions(
        &mut self,
        county: &str,
        kind: &str,
        ids: &[String],
        known: Moment,
    ) -> Result<Vec<StoredVersion>, StoreError> {
        let ids = list(ids)?;
        self.with(county, async |db| {
            let query = sqlx::query(sql::REGISTRY_KNOWN)
                .bind(county)
                .bind(kind)
                .bind(known.micros())
                .bind(ids);
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
        self.with(county, async |db| {
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
    commitment: Option<[u8; 32]>,
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
            .map(|(version, seq)| {
                let commitment = version.kept.commitment(&version.name);
                Line { county, request_id, seq, recorded, version, commitment }
            })
            .collect();
        head.registry_seq = lines.last().map_or(head.registry_seq, |it| it.seq);
        let names: Vec<NameLine<'_>> = lines.iter().filter_map(NameLine::of).collect();
        self.with(county, async |db| {
            insert_all(db, &sql::REGISTRY_VERSIONS, &lines, put).await?;
            insert_all(db, &persons::PERSON_NAMES, &names, put_name).await
        })
        .await?;
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
        Value::Text(if line.commitment.is_none() { &it.name } else { "" }),
        Value::Text(&it.parent_kind),
        Value::Text(&it.parent_id),
        Value::Text(&it.attributes),
        Value::Int(line.recorded.micros()),
        Value::Text(&it.recorded_by),
        Value::Text(line.request_id),
        Value::Bytes(line.commitment.as_ref().map_or(&[], <[u8; 32]>::as_slice)),
    ]);
}

/// The name of a version that is kept apart, or the place of one that is not kept.
struct NameLine<'a> {
    of: &'a Line<'a>,
    name: &'a str,
    salt: &'a [u8],
}

impl<'a> NameLine<'a> {
    fn of(of: &'a Line<'a>) -> Option<Self> {
        match &of.version.kept {
            NameKept::InRow => None,
            NameKept::Apart { salt } => Some(Self { of, name: &of.version.name, salt }),
            NameKept::Erased { .. } => Some(Self { of, name: "", salt: &[] }),
        }
    }
}

fn put_name<'a>(line: &'a NameLine<'a>, values: &mut Vec<Value<'a>>) {
    values.extend([
        Value::Text(line.of.county),
        Value::Text(&line.of.version.kind),
        Value::Text(&line.of.version.id),
        Value::Int(line.of.seq),
        Value::Text(line.name),
        Value::Bytes(line.salt),
    ]);
}

/// The name, and where it is kept. One that is not what was committed to was changed past the
/// service.
fn name(row: &Row) -> Result<(String, NameKept), StoreError> {
    if get::<&[u8]>(row, "commitment")?.is_empty() {
        return Ok((get(row, "name")?, NameKept::InRow));
    }
    let committed = hash(row, "commitment")?;
    let changed = |why: &str| StoreError::corrupt("person_names", why);
    let salt: Option<&[u8]> = get(row, "salt")?;
    let salt = salt.ok_or_else(|| changed("the row of a name is gone"))?;
    if salt.is_empty() {
        return Ok((String::new(), NameKept::Erased { commitment: committed }));
    }
    let salt = salt.try_into().map_err(|_| changed("a salt is no salt"))?;
    let name: String = get(row, "kept_name")?;
    if commitment(&salt, &name) != committed {
        return Err(changed("a name is not the one that was recorded"));
    }
    Ok((name, NameKept::Apart { salt }))
}

pub(super) fn version(row: &Row) -> Result<StoredVersion, StoreError> {
    let (name, kept) = name(row)?;
    Ok(StoredVersion {
        seq: get(row, "seq")?,
        recorded: moment(row, "recorded")?,
        request_id: get(row, "request_id")?,
        version: RegistryVersion {
            kind: get(row, "kind")?,
            id: get(row, "id")?,
            effective_from: day(row, "effective_from")?,
            effective_until: optional_day(row, "effective_until")?,
            name,
            kept,
            parent_kind: get(row, "parent_kind")?,
            parent_id: get(row, "parent_id")?,
            attributes: get(row, "attributes")?,
            recorded_by: get(row, "recorded_by")?,
        },
    })
}
