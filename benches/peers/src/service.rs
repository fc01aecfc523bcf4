//! Services in this process: the product's own, and bare ones beside it. All listen on ports of this
//! machine and are called over TCP, one connection each.

use std::{
    collections::BTreeSet,
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
    client::{Bearer, Client, Tell},
    domain::time::Moment,
    sample::{COUNTY, Record, RecordKind, Sample, Size},
    server::{self, Serving},
    store,
    transport::Authenticate,
    trust::{KeyFolder, Terms, Trust},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tonic::{
    service::{Routes, interceptor::InterceptedService},
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

/// A connection whose calls carry the caller's token, where there is one.
pub type Wire = InterceptedService<Channel, Bearer>;

/// A service that runs, and a connection to it.
pub struct Served {
    pub channel: Wire,
    raw: Channel,
    token: Option<String>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Served {
    /// The product's own caller.
    pub fn client(&self) -> Result<Client, Failure> {
        Ok(Client::new(self.raw.clone(), COUNTY, self.token.as_deref())?)
    }

    pub async fn stop(self) -> Result<(), Failure> {
        drop((self.channel, self.raw));
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
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let app = App::new(store::open(url).await?, Arc::clone(&clock), url);
    let terms = Terms { issuer: "bench".to_owned(), audience: "steelyard".to_owned() };
    let folder = std::env::temp_dir().join(format!("steelyard-bench-keys-{}", std::process::id()));
    let keys = KeyFolder::open(&folder, &terms)?;
    let token = keys.issue("bench", clock.now(), 24 * 60 * 60)?.token;
    let ring = Arc::new(keys.keys()?);
    let trust = Trust::new(ring, terms, None, BTreeSet::from(["bench".to_owned()]), clock);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let raw = connect(&listener).await?;
    let channel = InterceptedService::new(raw.clone(), Bearer::new(Some(&token))?);
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        let grace = Duration::from_secs(10);
        let authenticate = Authenticate::new(Arc::new(trust));
        let serving = Serving::new(grace, &[run::background], authenticate);
        let served = server::serve(app, listener.into(), serving, stopped).await;
        if let Err(why) = served {
            eprintln!("the service ended: {why}");
        }
    });
    Ok(Served { channel, raw, token: Some(token), stop, ended })
}

/// A bare service: tonic, and nothing else.
pub async fn bare(routes: Routes) -> Result<Served, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let raw = connect(&listener).await?;
    let channel = InterceptedService::new(raw.clone(), Bearer::new(None)?);
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
    Ok(Served { channel, raw, token: None, stop, ended })
}

/// The sample county's registry through the API; the ids of its members.
pub async fn register(served: &Served, sample: &Sample) -> Result<Vec<String>, Failure> {
    let client = served.client()?;
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
