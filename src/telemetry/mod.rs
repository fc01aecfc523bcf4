//! What the service tells of itself: traces, metrics and logs. No names of persons, no tokens, no ids
//! of the county's records and no bodies of messages are in any of it.
//!
//! [`Telemetry::start`] once, then [`layer`] around the services, and [`background`] beside them.
//! Other rooms open spans and write lines by `tracing` alone; `gate` says which of them there are.

mod calls;
mod config;
mod context;
mod export;
mod gate;
mod gauges;
mod layer;
mod lines;
mod scrape;

use std::{
    io::{self, IsTerminal as _},
    net::SocketAddr,
    sync::OnceLock,
    time::Duration,
};

use opentelemetry::{global, trace::TracerProvider as _};
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::{error::OTelSdkError, metrics::SdkMeterProvider};
use prometheus::Registry;
use tokio::{net::TcpListener, task::JoinHandle};
use tracing_subscriber::{
    Layer as _, Registry as Spans, filter::filter_fn, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

pub use config::{InvalidTelemetry, LogFormat, TelemetryConfig};
pub use context::{Outgoing, inject};
pub use gauges::background;
pub use layer::{CallBody, CallFuture, CallLayer, CallService};

use gate::{Gate, Sampler, UNTRACED};
use lines::Lines;

/// How long the last spans, lines and figures may take to be sent.
const FLUSH: Duration = Duration::from_secs(5);

/// The name of the meter, the tracer and the logger.
const SCOPE: &str = "steelyard";

/// The target of lines about sending, which are not sent themselves.
const SENDER: &str = "opentelemetry";

/// How calls are sampled in this process. There is one subscriber in a process, and so one of these.
static SAMPLER: OnceLock<Sampler> = OnceLock::new();

/// Set where somebody reads metrics; without, nothing is counted for them.
static METERED: OnceLock<()> = OnceLock::new();

/// Why telemetry cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The way to the receiver cannot be made out of its address.
    #[error("the receiver of telemetry cannot be spoken to: {0}")]
    Receiver(#[from] ExporterBuildError),
    /// The metrics cannot be kept for Prometheus.
    #[error("metrics cannot be kept: {0}")]
    Registry(OTelSdkError),
    /// The address of the metrics is not to be had.
    #[error("cannot listen for Prometheus on {address}: {why}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        why: io::Error,
    },
}

/// Telemetry that goes on. Ended by [`Telemetry::shutdown`], which sends what is left.
#[derive(Debug)]
pub struct Telemetry {
    sent: Option<export::Sent>,
    meters: SdkMeterProvider,
    scraped: Option<(SocketAddr, JoinHandle<()>)>,
}

impl Telemetry {
    /// Starts it: the lines of the log from now on, spans and figures to the receiver, and metrics
    /// for Prometheus. A receiver that is not there yet is no error.
    ///
    /// # Errors
    /// [`TelemetryError`], before anything is told.
    pub async fn start(config: &TelemetryConfig) -> Result<Self, TelemetryError> {
        let TelemetryConfig { otlp, metrics, trace_share, log_format, log_level } = config;
        let registry = metrics.map(|_| Registry::new());
        let listener = match *metrics {
            None => None,
            Some(address) => {
                let listen = |why| TelemetryError::Listen { address, why };
                Some(TcpListener::bind(address).await.map_err(listen)?)
            }
        };
        let sent = otlp.as_deref().map(export::sent).transpose()?;
        let meters = export::meters(otlp.as_deref(), registry.as_ref())?;
        let sampler = Sampler { exports: sent.is_some(), share: *trace_share };
        let json = match log_format {
            LogFormat::Auto => !io::stderr().is_terminal(),
            LogFormat::Text => false,
            LogFormat::Json => true,
        };
        let gate = Gate { level: *log_level, sampler };
        subscribe(gate, json, sent.as_ref());
        if otlp.is_some() || metrics.is_some() {
            global::set_meter_provider(meters.clone());
            let _ = METERED.set(());
        }
        // A second start keeps the first one's: the subscriber stays as well.
        let _ = SAMPLER.set(sampler);
        let mut scraped = None;
        if let (Some(listener), Some(registry)) = (listener, registry) {
            let at = listener.local_addr().ok().or(*metrics);
            if let Some(at) = at {
                told(at);
                scraped = Some((at, scrape::serve(listener, registry)));
            }
        }
        Ok(Self { sent, meters, scraped })
    }

    /// Where metrics are answered, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.scraped.as_ref().map(|it| it.0)
    }

    /// Sends what is left, for some seconds at most, and ends.
    pub async fn shutdown(self) {
        let Self { sent, meters, scraped } = self;
        if let Some((_, answering)) = scraped {
            answering.abort();
        }
        let flush = tokio::task::spawn_blocking(move || {
            // What cannot be sent now is lost, and there is nowhere to tell it but the log.
            let mut faults = Vec::new();
            if let Some(sent) = sent {
                faults.extend(sent.spans.shutdown_with_timeout(FLUSH).err());
                faults.extend(meters.shutdown_with_timeout(FLUSH).err());
                faults.extend(sent.logs.shutdown_with_timeout(FLUSH).err());
            } else {
                faults.extend(meters.shutdown_with_timeout(FLUSH).err());
            }
            faults
        });
        for fault in flush.await.unwrap_or_default() {
            // Of the exporter's target, whose lines are not sent by it: it has ended.
            tracing::warn!(target: SENDER, "the last of the telemetry was not sent: {fault}");
        }
    }
}

/// Says where metrics are to be had, and a warning where others may reach them.
fn told(at: SocketAddr) {
    if at.ip().is_loopback() {
        tracing::info!("metrics on http://{at}/metrics");
    } else {
        tracing::warn!("metrics on http://{at}/metrics, for everybody who reaches the address");
    }
}

/// Installs the one subscriber. One that is there already stays.
fn subscribe(gate: Gate, json: bool, sent: Option<&export::Sent>) {
    use opentelemetry::logs::LoggerProvider as _;
    let traces = sent.map(|it| {
        tracing_opentelemetry::layer()
            .with_tracer(it.spans.tracer(SCOPE))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|it| it.is_span() && it.target() != UNTRACED))
    });
    let lines = Lines { json, logger: sent.map(|it| it.logs.logger(SCOPE)) };
    let _ = Spans::default().with(gate).with(traces).with(lines).try_init();
}

/// The layer that every call passes, outermost. `descriptors` name the methods that are told apart.
/// Made once in a process, after [`Telemetry::start`]; without one it does next to nothing.
pub fn layer(descriptors: &[&[u8]]) -> CallLayer {
    let sampler = SAMPLER.get().copied().unwrap_or(Sampler::NEVER);
    CallLayer::of(calls::Calls::of(descriptors, &global::meter(SCOPE)), sampler)
}
