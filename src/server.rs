//! Serves until told to stop, then finishes what is under way, and ends in any case.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{self, Instant},
};
use tonic::body::Body;
use tonic_health::{ServingStatus, server::HealthReporter};
use tower::{Layer as _, ServiceExt as _};

use crate::{
    app::App,
    grpc, proto, telemetry,
    transport::{self, Limits, Listening, Methods, MethodsError, Phase, Phases, Stage, stack},
};

/// How often the store is asked whether it answers, ...
const PING_EVERY: Duration = Duration::from_secs(2);
/// ... and how long it may take to.
const PING_MAX: Duration = Duration::from_secs(2);
/// How often it is asked while it does not.
const PING_AGAIN: Duration = Duration::from_millis(200);
/// The most of the grace that is kept for telling the calls still under way that it is over, and
/// for closing the store.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The methods that are told apart in telemetry: all that are served.
const DESCRIPTORS: &[&[u8]] = &[
    proto::DESCRIPTORS,
    tonic_health::pb::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
];

/// Turns true when the server is to stop.
pub type Stop = watch::Receiver<bool>;

/// Work that goes on beside the calls, until told to stop.
pub type Background = fn(App, Stop) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// Why a server ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A method does not state what it asks of its caller.
    #[error(transparent)]
    Policy(#[from] grpc::policy::PolicyError),
    /// The descriptors of the services cannot be read.
    #[error(transparent)]
    Methods(#[from] MethodsError),
    /// The description of the services cannot be shown.
    #[error("the services cannot be described: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// How a server serves.
pub struct Serving<A> {
    /// How long everything may take to end after the stop. Whatever hangs is cut then.
    pub grace: Duration,
    /// What goes on beside the calls.
    pub background: &'static [Background],
    /// Whether the services describe themselves to whoever asks.
    pub reflection: bool,
    /// What connections and calls may take.
    pub limits: Limits,
    /// What tells who calls.
    pub authenticate: A,
}

impl<A: Stage> Serving<A> {
    /// Within the usual limits, described to whoever is let in.
    pub fn new(grace: Duration, background: &'static [Background], authenticate: A) -> Self {
        let (reflection, limits) = (true, Limits::default());
        Self { grace, background, reflection, limits, authenticate }
    }
}

impl<A> fmt::Debug for Serving<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Serving");
        shown.field("grace", &self.grace).field("reflection", &self.reflection);
        shown.field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Serves until `stop`, then lets what is under way end, within the grace. Answers whether all of it
/// had ended by itself.
pub async fn serve(
    app: App,
    listening: Listening,
    serving: Serving<impl Stage>,
    stop: impl Future<Output = ()>,
) -> Result<bool, ServeError> {
    let Serving { grace, background, reflection, limits, authenticate } = serving;
    let (health, health_service) = tonic_health::server::health_reporter();
    let mut described = vec![proto::DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET];
    let mut routes = grpc::routes(&app)?.add_service(health_service);
    if reflection {
        let builder = || {
            described.iter().fold(tonic_reflection::server::Builder::configure(), |builder, set| {
                builder.register_encoded_file_descriptor_set(set)
            })
        };
        routes = routes.add_service(builder().build_v1()?).add_service(builder().build_v1alpha()?);
        described.push(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET);
        described.push(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET);
    }
    let limits = Arc::new(limits);
    let methods = Methods::read(&described, &limits)?;
    let names = names(methods.services());
    set_health(&health, &names, ServingStatus::NotServing).await;
    let (advance, phases) = Phases::new();
    let calls = stack(routes.prepare(), authenticate, methods, &limits, phases.clone());
    let calls = telemetry::layer(DESCRIPTORS).layer(calls);
    let calls = calls.map_response(|answer: http::Response<_>| answer.map(Body::new));
    let (tell, told) = watch::channel(false);
    let mut beside = JoinSet::new();
    for work in background {
        beside.spawn(work(app.clone(), told.clone()));
    }
    let watching = tokio::spawn(watch_store(app.clone(), health.clone(), names.clone()));
    let mut connections = Box::pin(transport::serve(listening, limits, calls, phases));
    tokio::select! {
        () = &mut connections => (),
        () = stop => (),
    }
    watching.abort();
    set_health(&health, &names, ServingStatus::NotServing).await;
    advance.send_replace(Phase::Stopping);
    tell.send_replace(true);
    let quarter = grace.checked_div(4).unwrap_or_default();
    let last = LAST_WORDS.min(quarter);
    let end = Instant::now().checked_add(grace).unwrap_or_else(Instant::now);
    let until = end.checked_sub(last).unwrap_or(end);
    let ended = time::timeout_at(until, &mut connections).await.is_ok();
    if !ended {
        // Those who still wait are told; whoever does not hear it is cut.
        advance.send_replace(Phase::Ending);
        let _ = time::timeout(last.checked_div(2).unwrap_or_default(), &mut connections).await;
    }
    drop(connections);
    let work = time::timeout_at(until, async { while beside.join_next().await.is_some() {} });
    let work = work.await.is_ok();
    beside.abort_all();
    // The connections go last; a store that hangs does not keep the process.
    let closed = time::timeout(last.max(Duration::from_millis(100)), app.store.close());
    let closed = closed.await.is_ok();
    Ok(ended && work && closed)
}

/// What health can be asked about: the server, and each of our services.
fn names(services: &[String]) -> Arc<[String]> {
    let ours = services.iter().filter(|it| it.starts_with("steelyard."));
    std::iter::once(String::new()).chain(ours.cloned()).collect()
}

/// Tells callers whether the store answers, as long as the server runs.
async fn watch_store(app: App, health: HealthReporter, names: Arc<[String]>) {
    loop {
        let store = Arc::clone(&app.store);
        // A task of its own, which is waited for and never cut: half a question would stay on the
        // connection.
        let mut asking = tokio::spawn(async move { store.ping().await });
        let answered = if let Ok(answered) = time::timeout(PING_MAX, &mut asking).await {
            answered
        } else {
            tracing::warn!("the store does not answer in time");
            set_health(&health, &names, ServingStatus::NotServing).await;
            asking.await
        };
        let (status, pause) = match answered {
            Ok(Ok(())) => (ServingStatus::Serving, PING_EVERY),
            Ok(Err(why)) => {
                tracing::warn!("the store does not answer: {why}");
                (ServingStatus::NotServing, PING_AGAIN)
            }
            Err(why) => {
                tracing::error!("the store could not be asked: {why}");
                (ServingStatus::NotServing, PING_AGAIN)
            }
        };
        set_health(&health, &names, status).await;
        time::sleep(pause).await;
    }
}

async fn set_health(health: &HealthReporter, names: &[String], status: ServingStatus) {
    for service in names {
        health.set_service_status(service, status).await;
    }
    for service in ["steelyard.v1.AuditService", "steelyard.v1.ReceiptService"] {
        health.set_service_status(service, status).await;
    }
}
