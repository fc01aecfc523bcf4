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
//! cases in the conformance list. On PostgreSQL the migration ends with `SELECT fence_by_county();`,
//! and a table that is only added to says so by a trigger `<table>_append_only`.
//!
//! **Two fences.** Every statement names its county, and every function here asks for it: that is the
//! first, everywhere. `SqlTx::with` also names it to PostgreSQL, whose row-level security lets the
//! transaction see and write no other: that is the second.

mod access;
mod audit;
mod awards;
mod budgets;
mod bulk;
mod calendars;
mod chains;
mod claim;
mod county;
mod day;
mod error;
mod facts;
mod notices;
mod persons;
pub mod postgres;
mod publications;
mod registry;
mod result_objections;
mod rounds;
mod runs;
mod schedules;
mod schemes;
mod selection_documents;
mod selections;
mod sight;
pub mod sqlite;
mod totals;

use std::sync::Arc;

use async_trait::async_trait;

pub use access::{AccessReads, AccessRecord, AccessWhat, AccessWrites, NewAccess};
pub use audit::{
    AuditListing, AuditReads, AuditRecord, AuditWrites, AuditedRequest, ChainBreak, ChainCheck,
    CheckpointRecord, NewAudit, entry_hash, verify,
};
pub use awards::{
    AwardListing, AwardReads, AwardWrites, BatchEventRecord, BatchRecord, BatchesOf, LineRecord,
    RecoveryEventRecord, RecoveryRecord,
};
pub use budgets::{
    AccountSum, BudgetReads, BudgetWrites, MovementCursor, MovementListing, MovementRecord,
};
pub use calendars::{CalendarReads, CalendarRecord, CalendarWrites};
pub use chains::{ChainEvent, ChainEventKind, ChainReads, ChainRecord, ChainWrites};
pub use claim::{Claim, claim};
pub use county::{Begun, CountyHead, CountyReads, CountyWrites, Request};
pub use error::StoreError;
pub use facts::{
    Fact, FactKind, FactListing, FactQuery, FactReads, FactWrites, Reversal, Reversing, StoredFact,
    fact_id, fact_seq,
};
pub use notices::{
    NoticeAnswer, NoticeObjection, NoticeReads, NoticeRecord, NoticeVerdict, NoticeWrites,
};
pub use persons::{
    Erasure, NameKept, NameRef, PersonReads, PersonWrites, RequestLine, VersionKey, commitment,
};
pub use publications::{NewPublication, PublicationReads, PublicationRecord, PublicationWrites};
pub use registry::{AsOf, RegistryReads, RegistryVersion, RegistryWrites, StoredVersion};
pub use result_objections::{
    ResultAnswer, ResultObjection, ResultObjectionReads, ResultObjectionWrites, ResultVerdict,
};
pub use rounds::{
    Mark, RevisionState, RoundHeader, RoundListing, RoundReads, RoundSheet, RoundStep, RoundWrites,
    SheetKey, SheetRevision, StepKind,
};
pub use runs::{
    ClaimedBatch, NewBatch, ResultRecord, ResultsAfter, RunListing, RunReads, RunRecord, RunState,
    RunWrites, StepProgress,
};
pub use schedules::{ScheduleHeader, ScheduleReads, ScheduleWrites};
pub use schemes::{Retirement, SchemeHeader, SchemeReads, SchemeWrites};
pub use selection_documents::{
    SelectionDocumentHeader, SelectionDocumentReads, SelectionDocumentWrites,
};
pub use selections::{SelectionEventRecord, SelectionReads, SelectionRecord, SelectionWrites};
pub use sight::{RunCounts, SightReads};
pub use totals::{Cell, Sums, TotalsDifference, TotalsReads, TotalsRow};

/// Opens the store a URL names: `postgres://…` (also over a UNIX socket:
/// `postgres:///name?host=/run/postgresql`), or `sqlite:file.db` and `sqlite::memory:`. A file's schema
/// is brought up to date on the way; that of a database server must be, by [`migrate`], since whoever
/// may change a schema may also set its fences aside.
///
/// [`StoreError::Unfit`] and [`StoreError::Schema`] say in a sentence why a store should not be
/// served from.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    if is_server(url) {
        Ok(Arc::new(postgres::PostgresStore::open(url).await?))
    } else {
        Ok(Arc::new(sqlite::SqliteStore::open(url).await?))
    }
}

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The migrations that were new, in order.
    pub new: Vec<String>,
    /// The rights that the service's role was given.
    pub granted: Vec<String>,
}

/// Brings the schema up to date, as its owner, and leaves `runtime_role` with exactly the rights that
/// the service needs. A file has no roles.
pub async fn migrate(url: &str, runtime_role: Option<&str>) -> Result<Migrated, StoreError> {
    if is_server(url) {
        return postgres::migrate(url, runtime_role).await;
    }
    if runtime_role.is_some() {
        return Err(StoreError::Unfit("a SQLite file has no roles".to_owned()));
    }
    sqlite::migrate(url).await
}

fn is_server(url: &str) -> bool {
    url.starts_with("postgres:") || url.starts_with("postgresql:")
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
    CountyReads
    + AccessReads
    + RegistryReads
    + PersonReads
    + SchemeReads
    + SelectionDocumentReads
    + ScheduleReads
    + CalendarReads
    + NoticeReads
    + ResultObjectionReads
    + RoundReads
    + ChainReads
    + SelectionReads
    + BudgetReads
    + AwardReads
    + FactReads
    + TotalsReads
    + RunReads
    + PublicationReads
    + SightReads
    + AuditReads
    + Send
{
}

/// Everything that can be read and written.
#[async_trait]
pub trait StoreTx:
    ReadTx
    + CountyWrites
    + AccessWrites
    + RegistryWrites
    + PersonWrites
    + SchemeWrites
    + SelectionDocumentWrites
    + ScheduleWrites
    + CalendarWrites
    + NoticeWrites
    + ResultObjectionWrites
    + RoundWrites
    + ChainWrites
    + SelectionWrites
    + BudgetWrites
    + AwardWrites
    + FactWrites
    + RunWrites
    + PublicationWrites
    + AuditWrites
{
    /// Puts the heads of locked counties back and keeps everything, or nothing.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
