//! The storage port. Two adapters implement it, and `tests/it/store_conformance*` hold both to it.
//!
//! **Who calls what.** [`Store::read`] gives a snapshot that may not write; [`Store::begin`] a
//! transaction that may. Nothing is written outside of one (there is no autocommit), and dropping
//! one without `commit` undoes it. A transaction gives itself up at its first error: from then on
//! it answers [`StoreError::Aborted`], on both databases (PostgreSQL would answer the `COMMIT` of a
//! failed transaction with success and keep nothing, SQLite would keep what went before).
//!
//! **Spawn writes.** The caller runs a whole write, from `begin` to `commit`, inside
//! `tokio::spawn` and awaits the handle. A request whose deadline passes drops its future; dropped
//! inside `begin`, sqlx 0.9.0 hands a connection with an open transaction to the next user. The
//! pools roll back every released connection as a second guard; neither is to be removed.
//!
//! **Order of a write.** `lock_county`, `begin_request`, the work, `append_audit`,
//! `finish_request`, `commit`, and only then the answer.
//!
//! **A new table**: `migrations/{sqlite,postgres}/NNNN_*.sql` under the same name, statements in
//! `sql/`, its records and reading and writing traits here, their one implementation in `tx/`, and
//! cases in the conformance list.

mod audit;
mod bulk;
mod county;
mod day;
mod error;
mod facts;
pub mod postgres;
mod registry;
mod runs;
mod schemes;
pub mod sqlite;
mod totals;

use std::sync::Arc;

use async_trait::async_trait;

pub use audit::{
    AuditListing, AuditReads, AuditRecord, AuditWrites, AuditedRequest, ChainBreak, ChainCheck,
    CheckpointRecord, NewAudit, entry_hash, verify,
};
pub use county::{Begun, CountyHead, CountyReads, CountyWrites, Request};
pub use error::StoreError;
pub use facts::{
    Fact, FactKind, FactListing, FactQuery, FactReads, FactWrites, Reversal, Reversing, StoredFact,
    fact_id, fact_seq,
};
pub use registry::{AsOf, RegistryReads, RegistryVersion, RegistryWrites, StoredVersion};
pub use runs::{
    ClaimedBatch, NewBatch, ResultRecord, ResultsAfter, RunListing, RunReads, RunRecord, RunState,
    RunWrites, StepProgress,
};
pub use schemes::{Retirement, SchemeHeader, SchemeReads, SchemeWrites};
pub use totals::{Cell, Sums, TotalsDifference, TotalsReads, TotalsRow};

/// Opens the store a URL names and brings its schema up to date: `postgres://…` (also over a UNIX
/// socket: `postgres:///name?host=/run/postgresql`), or `sqlite:file.db` and `sqlite::memory:`.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        Ok(Arc::new(postgres::PostgresStore::open(url).await?))
    } else {
        Ok(Arc::new(sqlite::SqliteStore::open(url).await?))
    }
}

/// A store of counties' records.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// A snapshot for reading: all its answers are of one moment.
    async fn read(&self) -> Result<Box<dyn ReadTx>, StoreError>;
    /// A transaction that may write. See the module for how to call it.
    async fn begin(&self) -> Result<Box<dyn StoreTx>, StoreError>;
    /// Whether the database answers, within two seconds.
    async fn ping(&self) -> Result<(), StoreError>;
    /// Lets the connections go, after what is under way.
    async fn close(&self);
}

/// Everything that can be read.
pub trait ReadTx:
    CountyReads + RegistryReads + SchemeReads + FactReads + TotalsReads + RunReads + AuditReads + Send
{
}

/// Everything that can be read and written.
#[async_trait]
pub trait StoreTx:
    ReadTx + CountyWrites + RegistryWrites + SchemeWrites + FactWrites + RunWrites + AuditWrites
{
    /// Puts the heads of locked counties back and keeps everything, or nothing.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
