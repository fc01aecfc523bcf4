//! G5: unary writes of one fact each, 64 in flight.
//!
//! Ours keeps the request for its repeat, the audit entry, the source record's key and the sums;
//! the bare ones put a row with a unique key into one table.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use sqlx::{PgPool, QueryBuilder, SqlitePool, postgres::PgPoolOptions, sqlite::SqlitePoolOptions};
use steelyard::{
    proto::{
        google::r#type::{Date, Decimal},
        v1::{
            self,
            fact_service_client::FactServiceClient,
            fact_service_server::{FactService, FactServiceServer},
        },
    },
    sample::COUNTY,
};
use tokio::{
    runtime::Runtime,
    sync::{mpsc, oneshot},
};
use tonic::{Request, Response, Status, Streaming, service::Routes};

use crate::{
    measure::{Contender, Failure, alternate},
    report::{Report, Wanted},
    service::{Place, Served, Wire, bare, county, hammer, product, register},
};

const IN_FLIGHT: u32 = 64;
const CALLS: u32 = 6_000;
/// One transaction per call is slow: fewer are made, and the time per call counts.
const CALLS_ALONE: u32 = 1_500;

/// A point entry of a member, with a source record that nobody has used.
pub fn fact(member: &str, number: u32, source_record: String) -> v1::Fact {
    let month = i32::try_from(number / 28 % 12).unwrap_or(0) + 1;
    let day = i32::try_from(number % 28).unwrap_or(0) + 1;
    let entry = v1::Entry {
        item: format!("i{}", number % 20),
        on: Some(Date { year: 2022, month, day }),
        times: Some(Decimal { value: "1".to_owned() }),
        points: None,
    };
    v1::Fact {
        subject: Some(v1::SubjectRef {
            kind: v1::SubjectKind::Member.into(),
            id: member.to_owned(),
        }),
        fact: Some(v1::fact::Fact::Entry(entry)),
        source: "bench".to_owned(),
        source_record,
        recorded_by: "bench".to_owned(),
        ..v1::Fact::default()
    }
}

/// What a bare service stores of a fact.
struct Row {
    key: String,
    member: String,
    item: String,
    day: i32,
    times: i64,
}

fn row(request: v1::RecordFactsRequest) -> Result<Row, Status> {
    let bad = || Status::invalid_argument("one entry");
    let fact = request.facts.into_iter().next().ok_or_else(bad)?;
    let Some(v1::fact::Fact::Entry(entry)) = fact.fact else { return Err(bad()) };
    let on = entry.on.ok_or_else(bad)?;
    Ok(Row {
        key: fact.source_record,
        member: fact.subject.ok_or_else(bad)?.id,
        item: entry.item,
        day: on.year * 400 + on.month * 32 + on.day,
        times: 10_000,
    })
}

#[derive(Clone)]
enum Table {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Table {
    async fn open(url: &str) -> Result<Self, Failure> {
        let ddl = "CREATE TABLE IF NOT EXISTS bare (key TEXT NOT NULL UNIQUE, member TEXT NOT NULL, \
                   item TEXT NOT NULL, day INTEGER NOT NULL, times BIGINT NOT NULL)";
        if url.starts_with("postgres") {
            let pool = PgPoolOptions::new().max_connections(16).connect(url).await?;
            sqlx::raw_sql(ddl).execute(&pool).await?;
            return Ok(Self::Postgres(pool));
        }
        let pool = SqlitePoolOptions::new().max_connections(1).connect(url).await?;
        sqlx::raw_sql("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
            .execute(&pool)
            .await?;
        sqlx::raw_sql(ddl).execute(&pool).await?;
        Ok(Self::Sqlite(pool))
    }

    /// One statement, which is one transaction.
    async fn insert(&self, rows: &[Row]) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(pool) => {
                let mut query =
                    QueryBuilder::new("INSERT INTO bare (key, member, item, day, times) ");
                query.push_values(rows, |mut it, row| {
                    it.push_bind(&row.key).push_bind(&row.member).push_bind(&row.item);
                    it.push_bind(row.day).push_bind(row.times);
                });
                query.push(" ON CONFLICT DO NOTHING").build().execute(pool).await?;
            }
            Self::Postgres(pool) => {
                let texts =
                    |of: fn(&Row) -> &String| rows.iter().map(of).cloned().collect::<Vec<_>>();
                let days: Vec<i32> = rows.iter().map(|it| it.day).collect();
                let times: Vec<i64> = rows.iter().map(|it| it.times).collect();
                sqlx::query(
                    "INSERT INTO bare SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[], \
                     $4::int[], $5::bigint[]) ON CONFLICT DO NOTHING",
                )
                .bind(texts(|it| &it.key))
                .bind(texts(|it| &it.member))
                .bind(texts(|it| &it.item))
                .bind(days)
                .bind(times)
                .execute(pool)
                .await?;
            }
        }
        Ok(())
    }
}

type Job = (Row, oneshot::Sender<()>);

/// The bare service: with a writer that commits for all that wait, or a transaction per call.
struct Bare {
    table: Table,
    writer: Option<mpsc::Sender<Job>>,
}

impl Bare {
    async fn serve(url: &str, together: bool) -> Result<Served, Failure> {
        let table = Table::open(url).await?;
        let writer = together.then(|| {
            let (sender, receiver) = mpsc::channel(1_024);
            tokio::spawn(write(table.clone(), receiver));
            sender
        });
        bare(Routes::new(FactServiceServer::new(Self { table, writer }))).await
    }
}

async fn write(table: Table, mut receiver: mpsc::Receiver<Job>) {
    let mut waiting = Vec::new();
    while receiver.recv_many(&mut waiting, 1_000).await > 0 {
        let (rows, replies): (Vec<Row>, Vec<_>) = waiting.drain(..).unzip();
        match table.insert(&rows).await {
            Ok(()) => replies.into_iter().for_each(|it| {
                let _ = it.send(());
            }),
            Err(why) => eprintln!("the bare writer: {why}"),
        }
    }
}

#[tonic::async_trait]
impl FactService for Bare {
    async fn record_facts(
        &self,
        request: Request<v1::RecordFactsRequest>,
    ) -> Result<Response<v1::RecordFactsResponse>, Status> {
        let row = row(request.into_inner())?;
        let item = v1::ItemStatus {
            id: row.key.clone(),
            state: v1::ItemState::Recorded.into(),
            ..v1::ItemStatus::default()
        };
        let failed = |_| Status::internal("not stored");
        match &self.writer {
            Some(writer) => {
                let (reply, answer) = oneshot::channel();
                writer.send((row, reply)).await.map_err(|_| Status::internal("gone"))?;
                answer.await.map_err(|_| Status::internal("not stored"))?;
            }
            None => self.table.insert(&[row]).await.map_err(failed)?,
        }
        let counts = v1::BulkCounts { recorded: 1, ..v1::BulkCounts::default() };
        Ok(Response::new(v1::RecordFactsResponse { items: vec![item], counts: Some(counts) }))
    }

    async fn stream_facts(
        &self,
        _: Request<Streaming<v1::StreamFactsRequest>>,
    ) -> Result<Response<v1::StreamFactsResponse>, Status> {
        Err(Status::unimplemented("bare"))
    }

    async fn reverse_fact(
        &self,
        _: Request<v1::ReverseFactRequest>,
    ) -> Result<Response<v1::ReverseFactResponse>, Status> {
        Err(Status::unimplemented("bare"))
    }

    async fn list_facts(
        &self,
        _: Request<v1::ListFactsRequest>,
    ) -> Result<Response<v1::ListFactsResponse>, Status> {
        Err(Status::unimplemented("bare"))
    }
}

static ROUND: AtomicU32 = AtomicU32::new(0);

fn round(
    runtime: &Runtime,
    channel: &Wire,
    members: &[String],
    calls: u32,
) -> Result<Duration, Failure> {
    let round = ROUND.fetch_add(1, Ordering::Relaxed);
    let client = FactServiceClient::new(channel.clone());
    let members: std::sync::Arc<[String]> = members.into();
    runtime.block_on(hammer(calls, IN_FLIGHT, move |number| {
        let (mut client, members) = (client.clone(), members.clone());
        async move {
            let member = &members[usize::try_from(number).unwrap_or(0) * 7_919 % members.len()];
            let key = format!("u{round:03}-{number:08}");
            let request = v1::RecordFactsRequest {
                county: COUNTY.to_owned(),
                request_id: key.clone(),
                facts: vec![fact(member, number, key)],
            };
            let answer = client.record_facts(request).await?.into_inner();
            match answer.counts {
                Some(counts) if counts.recorded == 1 => Ok(()),
                _ => Err(Status::internal(format!("not recorded: {:?}", answer.items))),
            }
        }
    }))
}

pub fn run(
    runtime: &Runtime,
    place: &Place,
    rounds: usize,
    report: &mut Report,
) -> Result<(), Failure> {
    let (sqlite, bare) = (place.sqlite("g5"), place.sqlite("g5-bare"));
    beside(runtime, "G5, SQLite", [&sqlite, &bare], rounds, report)?;
    let postgres = runtime.block_on(place.postgres("g5"))?;
    let bare = runtime.block_on(place.postgres("g5_bare"))?;
    if let (Some(postgres), Some(bare)) = (postgres, bare) {
        beside(runtime, "G5, PostgreSQL", [&postgres, &bare], rounds, report)?;
    }
    Ok(())
}

fn beside(
    runtime: &Runtime,
    goal: &'static str,
    [ours, bare]: [&str; 2],
    rounds: usize,
    report: &mut Report,
) -> Result<(), Failure> {
    eprintln!("{goal}: unary writes, {IN_FLIGHT} in flight, wall time a call");
    let served = runtime.block_on(product(ours))?;
    let members = runtime.block_on(register(&served, &county()))?;
    let together = runtime.block_on(Bare::serve(bare, true))?;
    let alone = runtime.block_on(Bare::serve(bare, false))?;
    let contender = |name, served: &Served, calls| {
        let (channel, members) = (served.channel.clone(), members.clone());
        let round = move || round(runtime, &channel, &members, calls);
        Contender { name, pieces: calls, round: Box::new(round) }
    };
    let figures = alternate(
        vec![
            contender("RecordFacts", &served, CALLS),
            contender("bare coalescing writer", &together, CALLS),
            contender("one transaction per call", &alone, CALLS_ALONE),
        ],
        rounds,
    )?;
    report.compare(goal, figures[0], figures[1], Some(Wanted::Share(0.8)));
    report.compare(goal, figures[0], figures[2], Some(Wanted::Times(5.0)));
    for served in [served, together, alone] {
        runtime.block_on(served.stop())?;
    }
    Ok(())
}
