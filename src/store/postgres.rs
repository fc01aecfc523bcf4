//! The store of a county with a database server.

use std::{sync::LazyLock, time::Duration};

use sqlx::{
    Arguments as _, AssertSqlSafe, ConnectOptions as _, Executor as _,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions},
};

use super::{
    StoreError,
    bulk::{Holds, Table, Texts, Value, distinct},
    day::SqlDay,
};

type Db = sqlx::Postgres;

/// What traces call it.
const SYSTEM: &str = "postgresql";

/// Writers of a county are put in a line by its head row, not by SERIALIZABLE and its retries.
const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE";
/// All statements of a reader see the same moment.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
/// Serialization failure, deadlock, lock not available within `lock_timeout`.
const CONTENTION: &[&str] = &["40001", "40P01", "55P03"];
/// The disk is full.
const FULL: &str = "53100";
/// Why a standby is not served from.
const STANDBY: &str = "the database is a read-only standby; name its primary instead";
/// Names the county to the row-level security of a transaction, and of it alone.
const SCOPE: Option<&str> = Some("SELECT set_config('steelyard.county', $1, true)");
/// Whether the server takes writes.
const READY: &str =
    "SELECT CAST(CASE WHEN pg_is_in_recovery() THEN 0 ELSE 1 END AS BIGINT) AS ready";
/// No connection in time: the server is away, or far too much is asked of it.
const POOL_WAIT_IS_CONTENTION: bool = false;

/// Is one of the list bound as an array: of a few, to narrow down.
macro_rules! among {
    ($list:literal) => {
        concat!("= ANY(", $list, ")")
    };
}

/// The rows of a table that meet a condition with `k.value`, for each `k.value` of the list: looked up
/// by an index, each by itself. Of `= ANY` with hundreds of texts a table without statistics is
/// believed to have nothing else, and is read whole.
macro_rules! for_each_of {
    ($list:literal, $table:literal, $alias:literal, $condition:literal) => {
        concat!(
            "UNNEST(",
            $list,
            "::text[]) AS k (value) CROSS JOIN LATERAL (SELECT ",
            $alias,
            ".* FROM ",
            $table,
            " ",
            $alias,
            " WHERE ",
            $condition,
            " OFFSET 0) AS ",
            $alias
        )
    };
}

/// Leaves out what another replica is claiming.
macro_rules! skip_locked {
    () => {
        " FOR UPDATE SKIP LOCKED"
    };
}

/// The county, named to the database for the rest of the transaction.
macro_rules! scope {
    ($county:literal) => {
        concat!("set_config('steelyard.county', ", $county, ", true)")
    };
}

mod migrate;
mod ready;
#[path = "sql/server.rs"]
mod server;
#[path = "sql/mod.rs"]
mod sql;
#[path = "tx/mod.rs"]
mod tx;

pub(super) use migrate::migrate;
pub use tx::SqlStore as PostgresStore;

/// The schema of this program.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::of(sql::TABLES));

/// A list parameter, each once.
#[expect(clippy::unnecessary_wraps, reason = "the other database's may fail")]
fn list(items: &[String]) -> Result<Vec<String>, StoreError> {
    Ok(distinct(items))
}

/// A list parameter of words.
#[expect(clippy::unnecessary_wraps, reason = "the other database's may fail")]
fn words(items: &[&'static str]) -> Result<Vec<&'static str>, StoreError> {
    Ok(items.to_vec())
}

/// A list parameter of integers.
#[expect(clippy::unnecessary_wraps, reason = "the other database's may fail")]
fn integers(items: &[i64]) -> Result<Vec<i64>, StoreError> {
    Ok(items.to_vec())
}

/// A whole column of rows.
enum Column<'a> {
    Text(Vec<&'a str>),
    Int(Vec<Option<i64>>),
    Bytes(Vec<&'a [u8]>),
    Day(Vec<Option<SqlDay>>),
}

impl<'a> Column<'a> {
    fn of(holds: Holds, rows: usize) -> Self {
        match holds {
            Holds::Text => Self::Text(Vec::with_capacity(rows)),
            Holds::Int => Self::Int(Vec::with_capacity(rows)),
            Holds::Bytes => Self::Bytes(Vec::with_capacity(rows)),
            Holds::Day => Self::Day(Vec::with_capacity(rows)),
        }
    }

    /// A value of another kind than the column's is left out, and the statement then refused for
    /// the column's length.
    fn push(&mut self, value: Value<'a>) {
        match (self, value) {
            (Self::Text(all), Value::Text(text)) => all.push(text),
            (Self::Int(all), Value::Int(int)) => all.push(Some(int)),
            (Self::Int(all), Value::NoInt) => all.push(None),
            (Self::Bytes(all), Value::Bytes(bytes)) => all.push(bytes),
            (Self::Day(all), Value::Day(day)) => all.push(Some(day)),
            (Self::Day(all), Value::NoDay) => all.push(None),
            (Self::Text(_) | Self::Int(_) | Self::Bytes(_) | Self::Day(_), _) => {}
        }
    }
}

/// Puts rows into a table, a column per parameter.
async fn insert_all<'a, R>(
    db: &mut tx::Connection,
    table: &Table,
    rows: &'a [R],
    put: impl Fn(&'a R, &mut Vec<Value<'a>>) + Send,
) -> Result<(), StoreError>
where
    R: Sync,
{
    /// Keeps a message to the server within some MiB.
    const ROWS: usize = 5_000;
    for chunk in rows.chunks(ROWS) {
        let arguments = columns(table, chunk, &put)?;
        let text = AssertSqlSafe(TEXTS.get(table, 0));
        sqlx::query_with(text, arguments).execute(&mut *db).await.map_err(tx::fault)?;
    }
    Ok(())
}

fn columns<'a, R>(
    table: &Table,
    rows: &'a [R],
    put: &impl Fn(&'a R, &mut Vec<Value<'a>>),
) -> Result<PgArguments, StoreError> {
    let mut columns: Vec<Column<'a>> =
        table.columns.iter().map(|(_, holds)| Column::of(*holds, rows.len())).collect();
    let mut values = Vec::with_capacity(columns.len());
    for row in rows {
        values.clear();
        put(row, &mut values);
        for (column, value) in columns.iter_mut().zip(&values) {
            column.push(*value);
        }
    }
    let mut arguments = PgArguments::default();
    for column in columns {
        let added = match column {
            Column::Text(all) => arguments.add(all),
            Column::Int(all) => arguments.add(all),
            Column::Bytes(all) => arguments.add(all),
            Column::Day(all) => arguments.add(all),
        };
        added.map_err(|it| StoreError::corrupt(table.name, it))?;
    }
    Ok(arguments)
}

/// Every statement by name, with the bulk inserts, for the test that prepares them.
pub fn statements() -> Vec<(String, String)> {
    let fixed = sql::all().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned()));
    fixed.chain(sql::TABLES.iter().map(|it| (it.name.to_owned(), it.unnest()))).collect()
}

impl PostgresStore {
    /// Opens `postgres://user@host/name`, or `postgres:///name?host=/folder` over a UNIX socket, as a
    /// role that may not do more than the service needs, on a server that keeps what it says it
    /// keeps and has the schema of this program.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = url_options(url)?
            .application_name("steelyard")
            .options([
                ("statement_timeout", "20s"),
                ("lock_timeout", "2s"),
                // Plans made while a table was small would stay: with 100,000 versions just loaded
                // one of them took more than 20 s instead of 50 ms.
                ("plan_cache_mode", "force_custom_plan"),
                // Every statement here looks rows up by an index. Of a table that grew since its
                // statistics were taken, hashing or scanning the whole looks cheaper than it is.
                ("enable_hashjoin", "off"),
                ("enable_mergejoin", "off"),
                ("enable_seqscan", "off"),
                ("idle_in_transaction_session_timeout", "10s"),
            ])
            .disable_statement_logging();
        let pool = pool().connect_with(options).await.map_err(tx::fault)?;
        let mut db = pool.acquire().await.map_err(tx::fault)?;
        ready::check(&mut db).await?;
        drop(db);
        Ok(Self::over(pool.clone(), pool))
    }
}

fn url_options(url: &str) -> Result<PgConnectOptions, StoreError> {
    use std::str::FromStr;
    #[expect(clippy::disallowed_methods, reason = "an address, not a number")]
    PgConnectOptions::from_str(url).map_err(tx::fault)
}

fn pool() -> PgPoolOptions {
    guarded(PgPoolOptions::new())
        .max_connections(16)
        .acquire_timeout(Duration::from_secs(2))
        .test_before_acquire(false)
}

/// The second guard (see the module above): nobody inherits an open transaction, whatever sqlx
/// believes of the connection. `BEGIN` goes first because a lone `ROLLBACK` outside a transaction
/// warns in the server's log every time. An error closes the connection.
pub fn guarded(options: PgPoolOptions) -> PgPoolOptions {
    options.after_release(|db, _| {
        Box::pin(async move {
            db.execute("BEGIN; ROLLBACK").await?;
            Ok(true)
        })
    })
}
