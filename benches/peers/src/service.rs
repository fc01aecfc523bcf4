//! Services in this process: the product's own, and bare ones beside it. All listen on ports of this
//! machine and are called over TCP, one connection each.

use std::{
    future::Future,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use sqlx::Connection as _;
use steelyard::{
    app::{App, Clock, run},
    client::{Client, Tell},
    domain::time::Moment,
    sample::{COUNTY, Record, RecordKind, Sample, Size},
    server, store,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tonic::{
    service::Routes,
    transport::{Channel, Endpoint, Server, server::TcpIncoming},
};

use crate::measure::Failure;

/// Where stores are made.
pub struct Place {
    pub folder: PathBuf,
    pub postgres: Option<String>,
}

impl Place {
    /// An empty SQLite store.
    pub fn sqlite(&self, name: &str) -> String {
        format!("sqlite:{}?mode=rwc", self.folder.join(format!("{name}.db")).display())
    }

    /// An empty schema of its own on PostgreSQL, where there is one, as its owner.
    pub async fn postgres(&self, name: &str) -> Result<Option<String>, Failure> {
        let Some(url) = &self.postgres else { return Ok(None) };
        let mut db = sqlx::PgConnection::connect(url).await?;
        let ddl = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(ddl)).execute(&mut db).await?;
        db.close().await?;
        let and = if url.contains('?') { '&' } else { '?' };
        Ok(Some(format!("{url}{and}options=-c%20search_path%3D{name}")))
    }
}

#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Moment::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A service that runs, and a connection to it.
pub struct Served {
    pub channel: Channel,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Served {
    pub async fn stop(self) -> Result<(), Failure> {
        drop(self.channel);
        let _ = self.stop.send(());
        Ok(self.ended.await?)
    }
}

async fn connect(listener: &TcpListener) -> Result<Channel, Failure> {
    let address = format!("http://{}", listener.local_addr()?);
    Ok(Endpoint::from_shared(address)?.tcp_nodelay(true).connect_lazy())
}

/// The product's service on a store, with everything that `steelyard serve` has. On PostgreSQL it
/// connects as the role that owns nothing; the bare contenders are the owner of their tables.
pub async fn product(url: &str) -> Result<Served, Failure> {
    const SERVICE: &str = "steelyard_service";
    let url = &url.replacen("steelyard_owner", SERVICE, 1);
    if url.starts_with("postgres") {
        store::migrate(&url.replacen(SERVICE, "steelyard_owner", 1), Some(SERVICE)).await?;
    }
    let app = App::new(store::open(url).await?, Arc::new(SystemClock), url);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let channel = connect(&listener).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        let grace = Duration::from_secs(10);
        let served = server::serve(app, listener, stopped, grace, &[run::background]).await;
        if let Err(why) = served {
            eprintln!("the service ended: {why}");
        }
    });
    Ok(Served { channel, stop, ended })
}

/// A bare service: tonic, and nothing else.
pub async fn bare(routes: Routes) -> Result<Served, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let channel = connect(&listener).await?;
    // The builder's own setting says nothing about listeners that are given to it.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::spawn(async move {
        let served = Server::builder()
            .add_routes(routes)
            .serve_with_incoming_shutdown(incoming, async {
                let _ = stopped.await;
            })
            .await;
        if let Err(why) = served {
            eprintln!("the bare service ended: {why}");
        }
    });
    Ok(Served { channel, stop, ended })
}

/// The sample county's registry through the API; the ids of its members.
pub async fn register(served: &Served, sample: &Sample) -> Result<Vec<String>, Failure> {
    let client = Client::new(served.channel.clone(), COUNTY);
    client.load_records(&sample.records, quiet()).await?;
    let member = |it: &&Record| it.kind == RecordKind::Member;
    Ok(sample.records.iter().filter(member).map(|it| it.id.clone()).collect())
}

pub fn county() -> Sample {
    Sample::make(2022, &Size::COUNTY)
}

/// Nobody is told how far it is.
pub fn quiet() -> Tell {
    Arc::new(|_| ())
}

/// Makes so many calls, so many of them in flight, and answers how long it took.
pub async fn hammer<F, C>(calls: u32, in_flight: u32, call: F) -> Result<Duration, Failure>
where
    F: Fn(u32) -> C + Clone + Send + 'static,
    C: Future<Output = Result<(), tonic::Status>> + Send,
{
    let next = Arc::new(AtomicU32::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    let start = Instant::now();
    for _ in 0..in_flight {
        let (next, call) = (Arc::clone(&next), call.clone());
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= calls {
                    return Ok::<(), tonic::Status>(());
                }
                call(number).await?;
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(start.elapsed())
}
