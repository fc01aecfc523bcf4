//! The port over sqlx, written once. `sqlite.rs` and `postgres.rs` each load this folder with their
//! own `Db`, so there is one copy of every row mapping and no generic bounds.

mod access;
mod audit;
mod awards;
mod batches;
mod budgets;
mod calendars;
mod chains;
mod connection;
mod county;
mod facts;
mod notices;
mod persons;
mod publications;
mod registry;
mod result_objections;
mod rounds;
mod row;
mod runs;
mod schedules;
mod schemes;
mod selection_documents;
mod selections;
mod sight;
mod totals;

use std::collections::BTreeMap;

use async_trait::async_trait;
use sqlx::{Pool, Transaction, migrate::MigrateError};
use tracing::Instrument as _;

use super::{
    BEGIN_READ, BEGIN_WRITE, CONTENTION, Db, FULL, POOL_WAIT_IS_CONTENTION, READY, SCOPE, sql,
};
use crate::store::{CountyHead, ReadTx, Store, StoreError, StoreTx};

pub(super) use connection::Connection;

/// The store over this database.
#[derive(Debug, Clone)]
pub struct SqlStore {
    write: Pool<Db>,
    read: Pool<Db>,
}

impl SqlStore {
    pub(super) fn over(write: Pool<Db>, read: Pool<Db>) -> Self {
        Self { write, read }
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn read(&self) -> Result<Box<dyn ReadTx>, StoreError> {
        let tx = self.read.begin_with(BEGIN_READ).instrument(connection::span("BEGIN")).await;
        let tx = tx.map_err(fault)?;
        Ok(Box::new(SqlTx::of(tx)))
    }

    async fn begin(&self) -> Result<Box<dyn StoreTx>, StoreError> {
        let tx = self.write.begin_with(BEGIN_WRITE).instrument(connection::span("BEGIN")).await;
        let tx = tx.map_err(fault)?;
        Ok(Box::new(SqlTx::of(tx)))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let answer = async {
            let mut tx = self.read.begin_with(BEGIN_READ).await.map_err(fault)?;
            let row = sqlx::query(READY).fetch_one(&mut *tx).await.map_err(fault)?;
            match row::get::<i64>(&row, "ready")? {
                0 => Err(StoreError::Unfit(super::STANDBY.to_owned())),
                _ => Ok(()),
            }
        };
        match tokio::time::timeout(std::time::Duration::from_secs(2), answer).await {
            Ok(answered) => answered,
            Err(_) => Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)),
        }
    }

    async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// A transaction that gives itself up at the first error. PostgreSQL would answer the `COMMIT` of a
/// failed transaction with a silent rollback, SQLite would keep what went before: neither is wanted.
struct SqlTx {
    tx: Option<Connection>,
    /// The heads of the counties that are locked, as they will be put back.
    heads: BTreeMap<String, CountyHead>,
    /// The county whose rows the database lets this transaction see.
    scope: Option<String>,
}

impl SqlTx {
    fn of(tx: Transaction<'static, Db>) -> Self {
        Self { tx: Some(Connection::of(tx)), heads: BTreeMap::new(), scope: None }
    }

    /// Runs statements of one county. The database is told of it before the first of them, for this
    /// transaction only.
    async fn with<T, F>(&mut self, county: &str, statement: F) -> Result<T, StoreError>
    where
        F: AsyncFnOnce(&mut Connection) -> Result<T, StoreError>,
    {
        if self.scope.as_deref() != Some(county) {
            if let Some(scope) = SCOPE {
                self.unscoped(async |db| {
                    let query = sqlx::query(scope).bind(county);
                    query.execute(db).await.map_err(fault).map(|_| ())
                })
                .await?;
            }
            self.scope = Some(county.to_owned());
        }
        self.unscoped(statement).await
    }

    /// Runs statements of no county, or ones that name it to the database themselves.
    async fn unscoped<T, F>(&mut self, statement: F) -> Result<T, StoreError>
    where
        F: AsyncFnOnce(&mut Connection) -> Result<T, StoreError>,
    {
        let mut tx = self.tx.take().ok_or(StoreError::Aborted)?;
        let value = statement(&mut tx).await?;
        self.tx = Some(tx);
        Ok(value)
    }

    /// The head of a county that this transaction has locked.
    fn locked(&self, county: &str) -> Result<CountyHead, StoreError> {
        if self.tx.is_none() {
            return Err(StoreError::Aborted);
        }
        self.heads
            .get(county)
            .cloned()
            .ok_or_else(|| StoreError::NotLocked { county: county.to_owned() })
    }

    fn keep(&mut self, head: CountyHead) {
        self.heads.insert(head.county.clone(), head);
    }
}

impl ReadTx for SqlTx {}

#[async_trait]
impl StoreTx for SqlTx {
    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        let heads = std::mem::take(&mut self.heads);
        for head in heads.values() {
            self.with(&head.county, async |db| {
                let query = sqlx::query(sql::county::SET_HEAD)
                    .bind(&head.county)
                    .bind(head.fact_seq)
                    .bind(head.registry_seq)
                    .bind(head.audit_count)
                    .bind(head.audit_head.as_slice());
                query.execute(db).await.map_err(fault).map(|_| ())
            })
            .await?;
        }
        let tx = self.tx.take().ok_or(StoreError::Aborted)?;
        tx.commit().await.map_err(commit_fault)
    }
}

/// What an error of the database means to the caller.
pub(super) fn fault(error: sqlx::Error) -> StoreError {
    if let sqlx::Error::ColumnDecode { index, source } = error {
        return StoreError::Corrupt { column: index, source };
    }
    if POOL_WAIT_IS_CONTENTION && matches!(error, sqlx::Error::PoolTimedOut) {
        return StoreError::Contended;
    }
    let Some(database) = error.as_database_error() else {
        return StoreError::Unavailable(error);
    };
    if database.is_unique_violation() {
        return StoreError::AlreadyRecorded;
    }
    match database.code() {
        Some(code) if CONTENTION.contains(&code.as_ref()) => StoreError::Contended,
        Some(code) if code == FULL => StoreError::StorageFull,
        Some(_) | None => StoreError::Unavailable(error),
    }
}

/// What an error at `COMMIT` means: where the database did not say no, nobody knows.
fn commit_fault(error: sqlx::Error) -> StoreError {
    let refused = error.as_database_error().is_some_and(|it| {
        // Classes 08 and 57P are of connections that end.
        it.code().is_none_or(|code| !code.starts_with("08") && !code.starts_with("57P"))
    });
    if refused { fault(error) } else { StoreError::OutcomeUnknown(error) }
}

/// What an error of a migration means.
#[expect(clippy::wildcard_enum_match_arm, reason = "not our enum, and open-ended")]
pub(super) fn migration(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => fault(error),
        MigrateError::VersionMissing(version) => StoreError::newer_schema(version),
        MigrateError::Dirty(version) => StoreError::half_done_schema(version),
        MigrateError::VersionMismatch(version) => StoreError::other_schema(version),
        error => StoreError::Schema(format!("the schema of the database cannot be made: {error}")),
    }
}
