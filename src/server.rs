//! Serves until told to stop, then finishes what is under way, and ends in any case.

use std::{future::Future, pin::Pin, time::Duration};

use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinSet,
    time::{self, Instant},
};
use tonic::transport::{Server, server::TcpIncoming};
use tonic_health::{ServingStatus, server::HealthReporter};

use crate::{app::App, grpc, proto};

/// How many calls one connection may have under way.
const STREAMS_MAX: u32 = 128;
/// How many streams of a connection may end by the caller's own faults before it is closed.
const RESETS_MAX: usize = 1_024;
/// After how long without a sign of life a caller is asked for one, ...
const KEEPALIVE: Duration = Duration::from_secs(30);
/// ... and how long it may take to give it.
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);
/// How long one call may take until its answer begins.
const CALL_MAX: Duration = Duration::from_mins(2);
/// How often the store is asked whether it answers.
const PING_EVERY: Duration = Duration::from_secs(5);
/// The same while it does not.
const PING_AGAIN: Duration = Duration::from_millis(200);

/// Turns true when the server is to stop.
pub type Stop = watch::Receiver<bool>;

/// Work that goes on beside the calls, until told to stop.
pub type Background = fn(App, Stop) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// Why a server ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The transport failed.
    #[error("the transport failed: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// The description of the services cannot be shown.
    #[error("the services cannot be described: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// Serves until `stop`, then lets what is under way end for at most `grace`. Answers whether all of
/// it had ended by itself.
pub async fn serve(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
    grace: Duration,
    background: &[Background],
) -> Result<bool, ServeError> {
    let (health, health_service) = tonic_health::server::health_reporter();
    set_health(&health, ServingStatus::NotServing).await;
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let (tell, told) = watch::channel(false);
    let mut beside = JoinSet::new();
    for work in background {
        beside.spawn(work(app.clone(), told.clone()));
    }
    let watching = tokio::spawn(watch_store(app.clone(), health.clone()));
    let mut drained = told.clone();
    let serving = Server::builder()
        .max_concurrent_streams(STREAMS_MAX)
        .http2_max_local_error_reset_streams(Some(RESETS_MAX))
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_ANSWER))
        .timeout(CALL_MAX)
        .add_routes(
            grpc::routes(&app)
                .add_service(health_service)
                .add_service(reflection().build_v1()?)
                .add_service(reflection().build_v1alpha()?),
        )
        .serve_with_incoming_shutdown(
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            async move {
                // An error means that nobody is left to tell: that is a stop too.
                let _ = drained.wait_for(|it| *it).await;
            },
        );
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = &mut serving => Some(ended),
        () = stop => None,
    };
    watching.abort();
    set_health(&health, ServingStatus::NotServing).await;
    tell.send_replace(true);
    let until = Instant::now().checked_add(grace).unwrap_or_else(Instant::now);
    let calls = match ended {
        Some(ended) => {
            ended?;
            true
        }
        None => match time::timeout_at(until, serving).await {
            Ok(ended) => {
                ended?;
                true
            }
            Err(_) => false,
        },
    };
    let work = time::timeout_at(until, async { while beside.join_next().await.is_some() {} });
    let work = work.await.is_ok();
    beside.abort_all();
    // The connections go last; a store that hangs does not keep the process.
    let closed = time::timeout(Duration::from_secs(2), app.store.close()).await.is_ok();
    Ok(calls && work && closed)
}

/// Tells callers whether the store answers, as long as the server runs.
async fn watch_store(app: App, health: HealthReporter) {
    loop {
        let (status, pause) = match app.store.ping().await {
            Ok(()) => (ServingStatus::Serving, PING_EVERY),
            Err(why) => {
                tracing::warn!("the store does not answer: {why}");
                (ServingStatus::NotServing, PING_AGAIN)
            }
        };
        set_health(&health, status).await;
        time::sleep(pause).await;
    }
}

async fn set_health(health: &HealthReporter, status: ServingStatus) {
    for service in ["", "steelyard.v1.RegistryService", "steelyard.v1.SchemeService"] {
        health.set_service_status(service, status).await;
    }
    for service in ["steelyard.v1.FactService", "steelyard.v1.EvaluationService"] {
        health.set_service_status(service, status).await;
    }
    for service in ["steelyard.v1.AuditService", "steelyard.v1.ReceiptService"] {
        health.set_service_status(service, status).await;
    }
}
