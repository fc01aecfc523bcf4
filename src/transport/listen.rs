//! The guarded accept loop, and the life of a connection.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::{self, Instant},
};
use tonic::body::Body;
use tower::ServiceExt as _;

use super::{
    Call, Limits, Phase, Phases,
    counted::Counted,
    io::{Connection, Wire},
    streams::{Activity, Streams},
    tls::{Tls, leaf},
};

/// How long a connection without calls is kept once the server stops.
const LAST_QUIET: Duration = Duration::from_secs(1);
/// How long a connection that was told to end may take.
const FAREWELL: Duration = Duration::from_secs(10);

/// Where calls come in.
#[derive(Debug)]
pub struct Listening {
    /// The port.
    pub listener: TcpListener,
    /// How callers shake hands; without it they talk in the clear.
    pub tls: Option<Tls>,
}

impl From<TcpListener> for Listening {
    /// In the clear.
    fn from(listener: TcpListener) -> Self {
        Self { listener, tls: None }
    }
}

/// Who is at the other end of a connection. Every request carries it in its extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The address it connected from.
    pub address: SocketAddr,
    /// The certificate it was verified by (DER), where one was asked for.
    pub certificate: Option<Arc<[u8]>>,
}

/// What an address counts as: an IPv6 network of 64 bits is one house.
pub(super) fn house(address: SocketAddr) -> IpAddr {
    match address.ip().to_canonical() {
        it @ IpAddr::V4(_) => it,
        IpAddr::V6(it) => {
            let [a, b, c, d, ..] = it.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

/// What every connection needs.
#[derive(Clone)]
struct Shared<S> {
    limits: Arc<Limits>,
    tls: Option<Tls>,
    service: S,
    phases: Phases,
}

/// Takes connections until the stop, then lets them end. Answers once all have; who waits no longer
/// drops the future, which closes them.
pub async fn serve<S: Call>(
    listening: Listening,
    limits: Arc<Limits>,
    service: S,
    mut phases: Phases,
) {
    let Listening { listener, tls } = listening;
    let everybody = Arc::new(Semaphore::new(limits.connections));
    let houses = Counted::new(limits.connections_per_address);
    let shared = Shared { limits, tls, service, phases: phases.clone() };
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = phases.reached(Phase::Stopping) => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(why) => {
                // Mostly that no descriptor is left: trying again at once would only spin.
                tracing::warn!("no connection can be taken: {why}");
                time::sleep(shared.limits.accept_pause).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&everybody).try_acquire_owned() else {
            tracing::debug!("too many connections");
            continue;
        };
        let Some(of_house) = houses.take(house(address)) else {
            tracing::debug!("too many connections of one address");
            continue;
        };
        let shared = shared.clone();
        connections.spawn(async move {
            let _places = (place, of_house);
            if let Err(why) = connection(stream, address, shared).await {
                tracing::debug!("a connection ended: {why}");
            }
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection<S: Call>(
    stream: TcpStream,
    address: SocketAddr,
    shared: Shared<S>,
) -> io::Result<()> {
    let Shared { limits, tls, service, mut phases } = shared;
    stream.set_nodelay(true)?;
    let opened = tokio::select! {
        opened = open(stream, tls, &limits) => opened?,
        () = phases.reached(Phase::Stopping) => return Ok(()),
    };
    let (connection, certificate) = opened;
    let peer = Peer { address, certificate };
    let answered = service_fn(move |request: Request<Incoming>| {
        let (service, peer) = (service.clone(), peer.clone());
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            let answer: Result<Response<Body>, Infallible> = service.oneshot(request).await;
            answer
        }
    });
    let activity = Arc::new(Activity::new());
    let streams = Streams { activity: Arc::clone(&activity), stalled: limits.stalled };
    let served = http2::Builder::new(streams)
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_local_error_reset_streams(limits.local_resets)
        .max_pending_accept_reset_streams(limits.pending_resets)
        .max_header_list_size(limits.header_list)
        .initial_connection_window_size(limits.window)
        .keep_alive_interval(limits.keepalive)
        .keep_alive_timeout(limits.keepalive_answer)
        .serve_connection(TokioIo::new(connection), answered);
    tokio::pin!(served);
    let told = tokio::select! {
        ended = &mut served => return ended.map_err(io::Error::other),
        () = quiet(&activity, Instant::now(), limits.idle) => FAREWELL,
        () = phases.reached(Phase::Stopping) => Duration::MAX,
    };
    served.as_mut().graceful_shutdown();
    tokio::select! {
        ended = &mut served => ended.map_err(io::Error::other),
        () = quiet(&activity, Instant::now(), LAST_QUIET) => Ok(()),
        () = time::sleep(told) => Ok(()),
    }
}

/// Shakes hands and reads the first bytes, each in its time.
async fn open(
    stream: TcpStream,
    tls: Option<Tls>,
    limits: &Limits,
) -> io::Result<(Connection, Option<Arc<[u8]>>)> {
    let (wire, certificate) = match tls {
        None => (Wire::Plain(stream), None),
        Some(tls) => {
            let stream = time::timeout(limits.handshake, tls.accept(stream)).await??;
            let certificate = leaf(&stream);
            (Wire::Tls(Box::new(stream)), certificate)
        }
    };
    let connection = time::timeout(limits.first_bytes, Connection::open(wire)).await??;
    Ok((connection, certificate))
}

/// Ends once there was no call for so long, counted from a moment at the earliest.
async fn quiet(activity: &Activity, from: Instant, most: Duration) {
    loop {
        let now = Instant::now();
        let since = activity.quiet_since().unwrap_or(now).max(from);
        let at = since.checked_add(most).unwrap_or(now);
        if at <= now {
            return;
        }
        time::sleep_until(at).await;
    }
}
