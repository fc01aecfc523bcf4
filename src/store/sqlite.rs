//! The embedded default: one file, or memory in tests. One connection writes, others read beside it.

use std::{collections::BTreeSet, path::PathBuf, sync::LazyLock, time::Duration};

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions,
        SqliteSynchronous,
    },
};

use super::{
    Migrated, StoreError,
    bulk::{CHUNKS, Table, Texts, Value, distinct},
};

type Db = sqlx::Sqlite;

/// What traces call it.
const SYSTEM: &str = "sqlite";

/// Takes the write lock at once, so that two writers queue instead of failing half way.
const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";
/// A snapshot from its first statement on.
const BEGIN_READ: &str = "BEGIN";
/// Busy, locked, and their extended codes.
const CONTENTION: &[&str] = &["5", "261", "517", "773", "6", "262"];
/// The disk is full.
const FULL: &str = "13";
/// There is no row-level security: the county in every statement is the only fence.
const SCOPE: Option<&str> = None;
/// Never said of a file, which has no standby.
const STANDBY: &str = "the database is a read-only standby; name its primary instead";
/// A file that is read takes writes.
const READY: &str = "SELECT 1 AS ready";
/// There is one connection that writes; who waits too long for it was kept by another writer.
const POOL_WAIT_IS_CONTENTION: bool = true;

/// How long a writer stands in line for the one connection that writes. A call's own deadline is
/// shorter or ends it; another process that holds the file is waited for two seconds only.
const WRITERS_WAIT: Duration = Duration::from_secs(30);

/// Is one of the list bound as JSON.
macro_rules! among {
    ($list:literal) => {
        concat!("IN (SELECT value FROM json_each(", $list, "))")
    };
}

/// The rows of a table that meet a condition with `k.value`, for each `k.value` of the list: looked up
/// by an index, each by itself. `CROSS JOIN` keeps the list in front.
macro_rules! for_each_of {
    ($list:literal, $table:literal, $alias:literal, $condition:literal) => {
        concat!(
            "json_each(",
            $list,
            ") AS k CROSS JOIN ",
            $table,
            " AS ",
            $alias,
            " ON ",
            $condition
        )
    };
}

/// Writers are in a line anyway.
macro_rules! skip_locked {
    () => {
        ""
    };
}

/// The county; there is no row-level security here.
macro_rules! scope {
    ($county:literal) => {
        $county
    };
}

#[path = "sql/mod.rs"]
mod sql;
#[path = "tx/mod.rs"]
mod tx;

pub use tx::SqlStore as SqliteStore;

/// The schema of this program.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::of(sql::TABLES));

/// A list parameter, each once.
fn list(items: &[String]) -> Result<String, StoreError> {
    serde_json::to_string(&distinct(items)).map_err(|it| StoreError::corrupt("list", it))
}

/// A list parameter of words.
fn words(items: &[&'static str]) -> Result<String, StoreError> {
    serde_json::to_string(items).map_err(|it| StoreError::corrupt("list", it))
}

/// A list parameter of integers.
fn integers(items: &[i64]) -> Result<String, StoreError> {
    serde_json::to_string(items).map_err(|it| StoreError::corrupt("list", it))
}

/// Puts rows into a table, many per statement.
async fn insert_all<'a, R>(
    db: &mut tx::Connection,
    table: &Table,
    rows: &'a [R],
    put: impl Fn(&'a R, &mut Vec<Value<'a>>) + Send,
) -> Result<(), StoreError>
where
    R: Sync,
{
    let mut left = rows;
    let mut values = Vec::with_capacity(table.columns.len());
    while let Some(size) = CHUNKS.into_iter().find(|it| *it <= left.len()) {
        let Some((chunk, rest)) = left.split_at_checked(size) else { break };
        left = rest;
        let mut arguments = SqliteArguments::default();
        for row in chunk {
            values.clear();
            put(row, &mut values);
            for value in &values {
                bind(&mut arguments, *value).map_err(|it| StoreError::corrupt(table.name, it))?;
            }
        }
        let text = AssertSqlSafe(TEXTS.get(table, size));
        sqlx::query_with(text, arguments).execute(&mut *db).await.map_err(tx::fault)?;
    }
    Ok(())
}

fn bind(arguments: &mut SqliteArguments, value: Value<'_>) -> Result<(), sqlx::error::BoxDynError> {
    use sqlx::Arguments as _;
    match value {
        Value::Text(text) => arguments.add(text),
        Value::Int(int) => arguments.add(int),
        Value::NoInt => arguments.add(None::<i64>),
        Value::Bytes(bytes) => arguments.add(bytes),
        Value::Day(day) => arguments.add(day),
        Value::NoDay => arguments.add(None::<super::day::SqlDay>),
    }
}

/// Every statement by name, with the bulk inserts, for the test that prepares them.
pub fn statements() -> Vec<(String, String)> {
    let fixed = sql::all().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned()));
    fixed.chain(sql::TABLES.iter().map(|it| (it.name.to_owned(), it.values(2)))).collect()
}

impl SqliteStore {
    /// Opens `sqlite:path`, made if missing, or `sqlite::memory:`, which has one connection and ends
    /// with it.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = options(url)?;
        // A database in memory lives as long as its connection.
        // Writers stand in one line for the one connection that writes: first come, first served.
        let line = pool().acquire_timeout(WRITERS_WAIT);
        let one = line.max_connections(1).idle_timeout(None).max_lifetime(None);
        let write = one.connect_with(options.clone()).await.map_err(tx::fault)?;
        MIGRATIONS.run(&write).await.map_err(tx::migration)?;
        // The figures the plans are made by were read when the connection was opened; again now.
        let mut db = write.acquire().await.map_err(tx::fault)?;
        db.execute("ANALYZE sqlite_schema").await.map_err(tx::fault)?;
        let synchronous = db.fetch_one("PRAGMA synchronous").await.map_err(tx::fault)?;
        durable(sqlx::Row::try_get(&synchronous, 0).map_err(tx::fault)?)?;
        drop(db);
        let read = if in_memory(url) {
            write.clone()
        } else {
            let options = options.pragma("query_only", "ON");
            pool().max_connections(4).connect_lazy_with(options)
        };
        Ok(Self::over(write, read))
    }
}

fn options(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    let options = url_options(url)?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(2))
        .pragma("recursive_triggers", "ON")
        // What is erased is written over, not only let go.
        .pragma("secure_delete", "ON")
        // 64 MiB of pages, and as much log before it is copied back: batches touch pages all
        // over the indexes.
        .pragma("cache_size", "-65536")
        .pragma("wal_autocheckpoint", "16384")
        .disable_statement_logging();
    Ok(options)
}

/// Anything below FULL may lose what was acknowledged when the power goes.
fn durable(synchronous: i64) -> Result<(), StoreError> {
    const FULL: i64 = 2;
    if synchronous >= FULL {
        return Ok(());
    }
    let why = "the database runs with synchronous below FULL, and would lose what was acknowledged";
    Err(StoreError::Unfit(why.to_owned()))
}

/// Where the file of a URL lies; none for a database in memory.
pub(super) fn file(url: &str) -> Result<Option<PathBuf>, StoreError> {
    let path = url_options(url)?.get_filename().to_owned();
    Ok((!in_memory(url)).then_some(path))
}

fn in_memory(url: &str) -> bool {
    url.contains(":memory:") || url.contains("mode=memory")
}

/// Brings the schema of a file up to date.
pub(super) async fn migrate(url: &str) -> Result<Migrated, StoreError> {
    let mut db = options(url)?.connect().await.map_err(tx::fault)?;
    let before = applied(&mut db).await?;
    MIGRATIONS.run(&mut db).await.map_err(tx::migration)?;
    let new = MIGRATIONS.iter().filter(|it| !before.contains(&it.version));
    let new = new.map(|it| format!("{:04} {}", it.version, it.description)).collect();
    db.close().await.map_err(tx::fault)?;
    Ok(Migrated { new, granted: Vec::new() })
}

async fn applied(db: &mut sqlx::SqliteConnection) -> Result<BTreeSet<i64>, StoreError> {
    let there = "SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations'";
    if db.fetch_optional(there).await.map_err(tx::fault)?.is_none() {
        return Ok(BTreeSet::new());
    }
    let rows = db.fetch_all("SELECT version FROM _sqlx_migrations").await.map_err(tx::fault)?;
    rows.iter().map(|it| sqlx::Row::try_get(it, 0).map_err(tx::fault)).collect()
}

fn url_options(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    use std::str::FromStr;
    #[expect(clippy::disallowed_methods, reason = "an address, not a number")]
    SqliteConnectOptions::from_str(url).map_err(tx::fault)
}

fn pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .acquire_timeout(Duration::from_secs(2))
        .test_before_acquire(false)
        .after_release(|db, _| {
            Box::pin(async move {
                // The second guard (see the module above): nobody inherits an open transaction. The
                // statement waits for a rollback that is queued already, and then finds nothing to
                // undo; what is still open after it closes the connection.
                if db.is_in_transaction() {
                    let _nothing_open = db.execute("ROLLBACK").await;
                }
                Ok(!db.is_in_transaction())
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_synchronous_file_is_served_from() {
        let refused = |level| matches!(durable(level), Err(StoreError::Unfit(_)));
        assert!(refused(0) && refused(1), "OFF and NORMAL");
        assert!(!refused(2) && !refused(3), "FULL and EXTRA");
    }

    #[test]
    fn a_database_in_memory_has_no_file() {
        assert_eq!(file("sqlite::memory:").unwrap(), None);
        assert_eq!(file("sqlite:a/b.db?mode=rwc").unwrap(), Some(PathBuf::from("a/b.db")));
        assert_eq!(file("sqlite:///a/b.db").unwrap(), Some(PathBuf::from("/a/b.db")));
    }
}
