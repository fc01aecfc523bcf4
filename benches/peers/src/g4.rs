//! G4: ingest by client stream: unique source records, an audit entry per batch, sums kept.
//!
//! The limit on PostgreSQL is one COPY BINARY into a staging table and one statement that takes what
//! does not conflict, into a table with the ledger's own columns, checks and indexes; on SQLite it is
//! a prepared INSERT, row by row through the C interface, in one transaction, into the same. What a
//! narrow table of five columns would cost stands beside them.

use std::{
    cell::Cell,
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::{Connection as _, Executor as _, PgConnection};
use steelyard::{
    proto::v1::{self, fact_service_client::FactServiceClient},
    sample::COUNTY,
};
use tokio::runtime::Runtime;

use crate::{
    g5::fact,
    measure::{Contender, Failure, alternate},
    report::{Report, Wanted},
    service::{Place, Wire, county, product, register},
};

/// Facts of a round.
const FACTS: u32 = 40_000;
/// Streams side by side, as the product's own client has them.
const STREAMS: u32 = 4;
/// Facts of a message: the most there may be.
const MESSAGE: u32 = 500;

/// One row of the ledger, as the service would store it.
struct Row {
    seq: i64,
    member: String,
    item: String,
    /// Month and day of 2022.
    on: (u32, u32),
    source_record: String,
    request_id: String,
}

fn rows(round: u32, members: &[String]) -> Vec<Row> {
    let one = |number: u32| Row {
        seq: i64::from(round) * i64::from(FACTS) + i64::from(number) + 1,
        member: members[member(number, members.len())].clone(),
        item: format!("i{}", number % 20),
        on: (number / 28 % 12 + 1, number % 28 + 1),
        source_record: format!("s{round:03}-{number:08}"),
        request_id: format!("r{round:03}-{:08}", number / MESSAGE * MESSAGE),
    };
    (0..FACTS).map(one).collect()
}

/// Facts come as they happen: one member's are far apart.
fn member(number: u32, members: usize) -> usize {
    usize::try_from(number).unwrap_or(0) * 7_919 % members
}

async fn stream(channel: Wire, members: Arc<[String]>, round: u32) -> Result<Duration, Failure> {
    let mut streams = tokio::task::JoinSet::new();
    let start = Instant::now();
    let each = FACTS / STREAMS;
    for part in 0..STREAMS {
        let (mut client, members) = (FactServiceClient::new(channel.clone()), members.clone());
        let starts = (part * each..(part + 1) * each).step_by(MESSAGE as usize);
        let messages = starts.map(move |start| {
            let facts = (start..start + MESSAGE).map(|number| {
                let key = format!("s{round:03}-{number:08}");
                fact(&members[member(number, members.len())], number, key)
            });
            let request_id = format!("r{round:03}-{start:08}");
            v1::StreamFactsRequest { county: COUNTY.to_owned(), request_id, facts: facts.collect() }
        });
        let messages: Vec<_> = messages.collect();
        streams.spawn(async move { client.stream_facts(tokio_stream::iter(messages)).await });
    }
    let mut taken = 0;
    while let Some(ended) = streams.join_next().await {
        taken += ended??.into_inner().counts.map_or(0, |it| it.recorded);
    }
    if taken != i64::from(FACTS) {
        return Err(format!("{taken} of {FACTS} were taken").into());
    }
    Ok(start.elapsed())
}

/// The columns of a row in COPY's binary form.
#[derive(Default)]
struct Binary(Vec<u8>);

impl Binary {
    fn start() -> Self {
        let mut bytes = b"PGCOPY\n\xff\r\n\0".to_vec();
        bytes.extend_from_slice(&[0; 8]);
        Self(bytes)
    }

    fn row(&mut self, columns: i16) {
        self.0.extend_from_slice(&columns.to_be_bytes());
    }

    fn bytes(&mut self, value: &[u8]) {
        self.0.extend_from_slice(&i32::try_from(value.len()).unwrap_or(0).to_be_bytes());
        self.0.extend_from_slice(value);
    }

    fn null(&mut self) {
        self.0.extend_from_slice(&(-1_i32).to_be_bytes());
    }

    /// In the ledger's order of columns.
    fn ledger(&mut self, row: &Row) {
        // Days since 2000-01-01; 2022-01-01 is day 8036.
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
        let day = 8_036 + before[row.on.0 as usize - 1] + row.on.1 as i32 - 1;
        self.row(22);
        self.bytes(COUNTY.as_bytes());
        self.bytes(&row.seq.to_be_bytes());
        for text in ["entry", "member", &row.member, &row.item, ""] {
            self.bytes(text.as_bytes());
        }
        self.bytes(&day.to_be_bytes());
        self.bytes(&day.to_be_bytes());
        self.bytes(b"");
        self.bytes(&10_000_i64.to_be_bytes());
        self.null();
        self.bytes(b"");
        self.bytes(b"");
        self.null();
        for text in ["", "bench", &row.source_record] {
            self.bytes(text.as_bytes());
        }
        self.null();
        self.bytes(&1_660_000_000_000_000_i64.to_be_bytes());
        self.bytes(b"bench");
        self.bytes(row.request_id.as_bytes());
    }

    fn end(mut self) -> Vec<u8> {
        self.null_count();
        self.0
    }

    fn null_count(&mut self) {
        self.0.extend_from_slice(&(-1_i16).to_be_bytes());
    }
}

async fn copy(db: &mut PgConnection, statement: &str, bytes: Vec<u8>) -> Result<(), Failure> {
    let mut copy = db.copy_in_raw(statement).await?;
    // Pieces larger than a socket's buffer: sqlx leaves Nagle's algorithm on.
    for piece in bytes.chunks(1 << 20) {
        copy.send(piece.to_vec()).await?;
    }
    copy.finish().await?;
    Ok(())
}

/// COPY BINARY to a staging table and the check for conflicts, one transaction.
async fn staged(db: &mut PgConnection, rows: Vec<Row>) -> Result<Duration, Failure> {
    let start = Instant::now();
    let mut bytes = Binary::start();
    rows.iter().for_each(|it| bytes.ledger(it));
    db.execute("BEGIN; SELECT pg_advisory_xact_lock(1); TRUNCATE staging").await?;
    copy(db, "COPY staging FROM STDIN (FORMAT binary)", bytes.end()).await?;
    let taken = db
        .execute(
            "INSERT INTO limit_facts SELECT * FROM staging s WHERE NOT EXISTS (SELECT 1 FROM \
             limit_facts f WHERE f.county = s.county AND f.source_record = s.source_record \
             AND f.source = s.source AND f.source_record <> '')",
        )
        .await?;
    db.execute("COMMIT").await?;
    all(taken.rows_affected())?;
    Ok(start.elapsed())
}

fn all(taken: u64) -> Result<(), Failure> {
    if taken == u64::from(FACTS) { Ok(()) } else { Err(format!("{taken} of {FACTS}").into()) }
}

/// The same into five columns.
async fn staged_narrow(db: &mut PgConnection, rows: Vec<Row>) -> Result<Duration, Failure> {
    let start = Instant::now();
    let mut bytes = Binary::start();
    for row in &rows {
        bytes.row(5);
        bytes.bytes(row.source_record.as_bytes());
        bytes.bytes(row.member.as_bytes());
        bytes.bytes(row.item.as_bytes());
        bytes.bytes(&((row.on.0 * 32 + row.on.1) as i32).to_be_bytes());
        bytes.bytes(&10_000_i64.to_be_bytes());
    }
    db.execute("BEGIN; SELECT pg_advisory_xact_lock(2); TRUNCATE narrow_staging").await?;
    copy(db, "COPY narrow_staging FROM STDIN (FORMAT binary)", bytes.end()).await?;
    let statement = "INSERT INTO narrow SELECT * FROM narrow_staging s WHERE NOT EXISTS \
                     (SELECT 1 FROM narrow f WHERE f.key = s.key)";
    let taken = db.execute(statement).await?;
    db.execute("COMMIT").await?;
    all(taken.rows_affected())?;
    Ok(start.elapsed())
}

/// UNNEST … ON CONFLICT by 500, a transaction each, into five columns.
async fn unnest(db: &mut PgConnection, rows: Vec<Row>) -> Result<Duration, Failure> {
    let start = Instant::now();
    let mut taken = 0;
    for rows in rows.chunks(MESSAGE as usize) {
        let texts = |of: fn(&Row) -> &String| rows.iter().map(of).cloned().collect::<Vec<_>>();
        let days = rows.iter().map(|it| (it.on.0 * 32 + it.on.1) as i32).collect::<Vec<_>>();
        let done = sqlx::query(
            "INSERT INTO unnested SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[], \
             $4::int[], $5::bigint[]) ON CONFLICT DO NOTHING",
        )
        .bind(texts(|it| &it.source_record))
        .bind(texts(|it| &it.member))
        .bind(texts(|it| &it.item))
        .bind(days)
        .bind(vec![10_000_i64; rows.len()])
        .execute(&mut *db)
        .await?;
        taken += done.rows_affected();
    }
    all(taken)?;
    Ok(start.elapsed())
}

/// Rounds are numbered, so that no source record comes twice.
fn numbered<'a>(
    mut round: impl FnMut(u32) -> Result<Duration, Failure> + 'a,
) -> Box<dyn FnMut() -> Result<Duration, Failure> + 'a> {
    let number = Cell::new(0);
    Box::new(move || {
        number.set(number.get() + 1);
        round(number.get())
    })
}

pub fn run(
    runtime: &Runtime,
    place: &Place,
    rounds: usize,
    report: &mut Report,
) -> Result<(), Failure> {
    on_sqlite(runtime, place, rounds, report)?;
    on_postgres(runtime, place, rounds, report)
}

const NARROW: &str = "(key TEXT NOT NULL UNIQUE, member TEXT NOT NULL, item TEXT NOT NULL, \
                      day INTEGER NOT NULL, times BIGINT NOT NULL)";

fn on_sqlite(
    runtime: &Runtime,
    place: &Place,
    rounds: usize,
    report: &mut Report,
) -> Result<(), Failure> {
    eprintln!("G4, SQLite: {FACTS} facts by {STREAMS} streams, wall time a fact");
    let served = runtime.block_on(product(&place.sqlite("g4")))?;
    let members: Arc<[String]> = runtime.block_on(register(&served, &county()))?.into();
    // The ledger's own table and indexes, as the product made them.
    let product = rusqlite::Connection::open(place.folder.join("g4.db"))?;
    let mut ddl = product.prepare(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'facts' AND type IN ('table', 'index') \
         AND sql IS NOT NULL ORDER BY type DESC",
    )?;
    let ddl: Vec<String> = ddl.query_map([], |it| it.get(0))?.collect::<Result<_, _>>()?;
    let db = rusqlite::Connection::open(place.folder.join("g4-raw.db"))?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536",
    )?;
    db.execute_batch(&ddl.join(";"))?;
    db.execute_batch(&format!("CREATE TABLE narrow {NARROW}"))?;
    let raw = |round| {
        let rows = rows(round, &members);
        let start = Instant::now();
        db.execute_batch("BEGIN IMMEDIATE")?;
        let mut insert = db.prepare_cached(
            "INSERT INTO facts VALUES (?, ?, 'entry', 'member', ?, ?, '', ?, ?, '', ?, NULL, '', \
             '', NULL, '', 'bench', ?, NULL, ?, 'bench', ?)",
        )?;
        for row in &rows {
            let day = format!("2022-{:02}-{:02}", row.on.0, row.on.1);
            insert.execute(rusqlite::params![
                COUNTY,
                row.seq,
                row.member,
                row.item,
                day,
                day,
                10_000_i64,
                row.source_record,
                1_660_000_000_000_000_i64,
                row.request_id
            ])?;
        }
        db.execute_batch("COMMIT")?;
        Ok(start.elapsed())
    };
    let narrow = |round| {
        let rows = rows(round, &members);
        let start = Instant::now();
        db.execute_batch("BEGIN IMMEDIATE")?;
        let mut insert = db.prepare_cached("INSERT INTO narrow VALUES (?, ?, ?, ?, ?)")?;
        for row in &rows {
            let day = row.on.0 * 32 + row.on.1;
            insert.execute(rusqlite::params![
                row.source_record,
                row.member,
                row.item,
                day,
                10_000
            ])?;
        }
        db.execute_batch("COMMIT")?;
        Ok(start.elapsed())
    };
    let ours =
        |round| runtime.block_on(stream(served.channel.clone(), Arc::clone(&members), round));
    let figures = alternate(
        vec![
            Contender { name: "StreamFacts", pieces: FACTS, round: numbered(ours) },
            Contender { name: "raw inserts, ledger's table", pieces: FACTS, round: numbered(raw) },
            Contender { name: "raw inserts, 5 columns", pieces: FACTS, round: numbered(narrow) },
        ],
        rounds,
    )?;
    report.compare("G4, SQLite", figures[0], figures[1], Some(Wanted::Share(0.5)));
    report.compare("G4, SQLite", figures[0], figures[2], None);
    runtime.block_on(served.stop())
}

async fn limit_tables(url: &str) -> Result<PgConnection, Failure> {
    let mut db = PgConnection::connect(url).await?;
    let ddl = format!(
        "CREATE TABLE limit_facts (LIKE facts INCLUDING ALL); CREATE TEMP TABLE staging (LIKE facts); \
         CREATE TABLE narrow {NARROW}; CREATE TEMP TABLE narrow_staging (LIKE narrow); \
         CREATE TABLE unnested {NARROW}"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(ddl)).execute(&mut db).await?;
    Ok(db)
}

fn on_postgres(
    runtime: &Runtime,
    place: &Place,
    rounds: usize,
    report: &mut Report,
) -> Result<(), Failure> {
    let Some(url) = runtime.block_on(place.postgres("g4"))? else { return Ok(()) };
    eprintln!("G4, PostgreSQL: {FACTS} facts by {STREAMS} streams, wall time a fact");
    let served = runtime.block_on(product(&url))?;
    let members: Arc<[String]> = runtime.block_on(register(&served, &county()))?.into();
    let [mut one, mut two, mut three] = [
        runtime.block_on(limit_tables(&url))?,
        runtime.block_on(PgConnection::connect(&url))?,
        runtime.block_on(PgConnection::connect(&url))?,
    ];
    let narrow_staging = "CREATE TEMP TABLE narrow_staging (LIKE narrow)";
    runtime.block_on(two.execute(narrow_staging))?;
    let ours =
        |round| runtime.block_on(stream(served.channel.clone(), Arc::clone(&members), round));
    let staged = |round| runtime.block_on(staged(&mut one, rows(round, &members)));
    let narrow = |round| runtime.block_on(staged_narrow(&mut two, rows(round, &members)));
    let unnest = |round| runtime.block_on(unnest(&mut three, rows(round, &members)));
    let figures = alternate(
        vec![
            Contender { name: "StreamFacts", pieces: FACTS, round: numbered(ours) },
            Contender {
                name: "COPY and check, ledger's table",
                pieces: FACTS,
                round: numbered(staged),
            },
            Contender { name: "COPY and check, 5 columns", pieces: FACTS, round: numbered(narrow) },
            Contender { name: "UNNEST, 5 columns", pieces: FACTS, round: numbered(unnest) },
        ],
        rounds,
    )?;
    report.compare("G4, PostgreSQL", figures[0], figures[1], Some(Wanted::Share(0.5)));
    report.compare("G4, PostgreSQL", figures[0], figures[2], None);
    report.compare("G4, PostgreSQL", figures[0], figures[3], None);
    runtime.block_on(served.stop())
}
