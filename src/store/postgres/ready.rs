//! Whether the service may run on a server: what its role may do, whether the server keeps what it
//! says it keeps, and whether the schema is this program's.

use std::collections::BTreeMap;

use sqlx::{Row as _, postgres::PgConnection};

use super::{MIGRATIONS, STANDBY, server, tx::fault};
use crate::store::StoreError;

/// Refuses a server or a role that the service should not run on.
pub(super) async fn check(db: &mut PgConnection) -> Result<(), StoreError> {
    settings(db).await?;
    role(db).await?;
    schema(db).await?;
    fence(db).await
}

fn unfit(why: String) -> Result<(), StoreError> {
    Err(StoreError::Unfit(why))
}

/// What is acknowledged must be on the disk, and a standby takes no writes.
async fn settings(db: &mut PgConnection) -> Result<(), StoreError> {
    let row = sqlx::query(server::SETTINGS).fetch_one(db).await.map_err(fault)?;
    if row.try_get::<bool, _>("standby").map_err(fault)? {
        return unfit(STANDBY.to_owned());
    }
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        if row.try_get::<&str, _>(name).map_err(fault)? == "off" {
            return unfit(format!(
                "the database server runs with {name} = off, and would lose what was acknowledged; \
                 set it on"
            ));
        }
    }
    if row.try_get::<&str, _>("default_transaction_read_only").map_err(fault)? == "on" {
        let why = "the database takes no writes: default_transaction_read_only is on";
        return unfit(why.to_owned());
    }
    Ok(())
}

/// Row-level security is silently off for whoever may set it aside.
async fn role(db: &mut PgConnection) -> Result<(), StoreError> {
    let row = sqlx::query(server::ROLE).fetch_one(db).await.map_err(fault)?;
    let name: &str = row.try_get("role").map_err(fault)?;
    for (column, what) in [
        ("superuser", "is a superuser, or a member of one"),
        ("bypass", "has BYPASSRLS, or is a member of a role that has it"),
        ("create_role", "has CREATEROLE, or is a member of a role that has it"),
        ("owner", "owns the schema, a table of it or the database, or is a member of the owner"),
    ] {
        if row.try_get::<bool, _>(column).map_err(fault)? {
            return unfit(format!(
                "the role `{name}` {what}, and could set aside the fence between counties; serve as \
                 a role of its own, with the rights that `steelyard migrate --runtime-role` gives"
            ));
        }
    }
    Ok(())
}

/// Exactly the migrations of this program, each done.
async fn schema(db: &mut PgConnection) -> Result<(), StoreError> {
    let row = sqlx::query(server::MIGRATIONS_THERE).fetch_one(&mut *db).await.map_err(fault)?;
    if !row.try_get::<bool, _>("made").map_err(fault)? {
        let why = "the database has no schema of this program, or the role may not use it; run \
                   `steelyard migrate` as the owner, with --runtime-role";
        return Err(StoreError::Schema(why.to_owned()));
    }
    if !row.try_get::<bool, _>("may_read").map_err(fault)? {
        let why = "the role may not read the schema's state; run `steelyard migrate` as the owner, \
                   with --runtime-role";
        return unfit(why.to_owned());
    }
    let rows = sqlx::query(server::MIGRATIONS).fetch_all(&mut *db).await.map_err(fault)?;
    let mut applied = BTreeMap::new();
    for row in &rows {
        let version: i64 = row.try_get("version").map_err(fault)?;
        let checksum: Vec<u8> = row.try_get("checksum").map_err(fault)?;
        if !row.try_get::<bool, _>("success").map_err(fault)? {
            return Err(StoreError::half_done_schema(version));
        }
        if !MIGRATIONS.version_exists(version) {
            return Err(StoreError::newer_schema(version));
        }
        applied.insert(version, checksum);
    }
    for migration in MIGRATIONS.iter() {
        match applied.get(&migration.version) {
            None => return Err(StoreError::older_schema(migration.version)),
            Some(checksum) if checksum.as_slice() != &*migration.checksum => {
                return Err(StoreError::other_schema(migration.version));
            }
            Some(_) => (),
        }
    }
    Ok(())
}

/// Every table of counties has its fence up.
async fn fence(db: &mut PgConnection) -> Result<(), StoreError> {
    let row = sqlx::query(server::UNFENCED).fetch_optional(db).await.map_err(fault)?;
    let Some(row) = row else { return Ok(()) };
    let table: &str = row.try_get("table_name").map_err(fault)?;
    unfit(format!(
        "row-level security is off for the table `{table}`; ALTER TABLE {table} ENABLE ROW LEVEL \
         SECURITY, FORCE ROW LEVEL SECURITY"
    ))
}
