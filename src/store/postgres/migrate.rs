//! Makes the schema as its owner, and gives the service's role what it needs.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, postgres::PgConnection};

use super::{MIGRATIONS, server, tx, url_options};
use crate::store::{Migrated, StoreError};

/// Brings the schema up to date, then grants `runtime_role` exactly what the service does.
pub(in crate::store) async fn migrate(
    url: &str,
    runtime_role: Option<&str>,
) -> Result<Migrated, StoreError> {
    let options =
        url_options(url)?.application_name("steelyard migrate").disable_statement_logging();
    let mut db = options.connect().await.map_err(tx::fault)?;
    let before = applied(&mut db).await?;
    MIGRATIONS.run(&mut db).await.map_err(tx::migration)?;
    let new = MIGRATIONS.iter().filter(|it| !before.contains(&it.version));
    let new = new.map(|it| format!("{:04} {}", it.version, it.description)).collect();
    let granted = match runtime_role {
        Some(role) => grant(&mut db, role).await?,
        None => Vec::new(),
    };
    db.close().await.map_err(tx::fault)?;
    Ok(Migrated { new, granted })
}

async fn applied(db: &mut PgConnection) -> Result<BTreeSet<i64>, StoreError> {
    let there = sqlx::query(server::MIGRATIONS_THERE).fetch_one(&mut *db).await;
    if !there.map_err(tx::fault)?.try_get::<bool, _>("made").map_err(tx::fault)? {
        return Ok(BTreeSet::new());
    }
    let rows = sqlx::query(server::MIGRATIONS).fetch_all(db).await.map_err(tx::fault)?;
    rows.iter().map(|it| it.try_get("version").map_err(tx::fault)).collect()
}

/// All or nothing: a role with half of its rights would fail at some call, later.
async fn grant(db: &mut PgConnection, role: &str) -> Result<Vec<String>, StoreError> {
    let known = sqlx::query(server::ROLE_NAMED).bind(role).fetch_optional(&mut *db).await;
    if known.map_err(tx::fault)?.is_none() {
        return Err(StoreError::Unfit(format!(
            "the database server has no role `{role}`; make it first: CREATE ROLE \"{role}\" LOGIN"
        )));
    }
    let mut all = db.begin().await.map_err(tx::fault)?;
    let rows = sqlx::query(server::GRANTS).bind(role).fetch_all(&mut *all).await;
    let mut granted = Vec::new();
    for row in rows.map_err(tx::fault)? {
        // The server quoted the names.
        let text: String = row.try_get("statement").map_err(tx::fault)?;
        sqlx::raw_sql(AssertSqlSafe(text.clone())).execute(&mut *all).await.map_err(tx::fault)?;
        if text.starts_with("GRANT") {
            granted.push(text);
        }
    }
    all.commit().await.map_err(tx::fault)?;
    Ok(granted)
}
