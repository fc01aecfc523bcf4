//! `steelyard serve`: the service on a store, until a signal stops it.

use std::sync::Arc;

use clap::Args;
use tokio::{net::TcpListener, signal::unix};

use super::{
    Failure,
    telemetry_args::TelemetryArgs,
    trust::{self, TrustArgs},
};
use crate::{
    app::{App, Clock},
    config::Config,
    domain::time::Moment,
    server::{self, Background, Serving},
    store,
    telemetry::{self, Telemetry},
    transport::{Authenticate, Listening},
};

/// What goes on beside the calls.
const BACKGROUND: &[Background] =
    &[crate::app::run::background, crate::app::audit::background, telemetry::background];

/// Serve the API over gRPC.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The address and port to listen on [default: 127.0.0.1:50051].
    #[arg(long, env = "STEELYARD_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The URL of the store, of `sqlite:` or `postgres:` [default: `sqlite://steelyard.db`].
    #[arg(long, env = "STEELYARD_STORE", value_name = "URL", hide_env_values = true)]
    store: Option<String>,
    /// Seconds that calls under way may take after a stop is asked for [default: 20].
    #[arg(long, env = "STEELYARD_GRACE_SECONDS", value_name = "SECONDS")]
    grace: Option<String>,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self { listen, store, grace, trust, telemetry } = self;
        let config = Config::from_strings(|key| match key {
            "listen" => listen.clone(),
            "store" => store.clone(),
            "grace" => grace.clone(),
            key => trust.get(key),
        });
        let (config, told) = match (config, telemetry.config()) {
            (Ok(config), Ok(told)) => (config, told),
            (config, told) => {
                let config = config.err().into_iter().flatten().map(|it| it.to_string());
                let told = told.err().into_iter().flatten().map(|it| it.to_string());
                return Err(Failure::usage(config.chain(told).collect()));
            }
        };
        let runtime = tokio::runtime::Runtime::new().map_err(|why| Failure::software(&why))?;
        runtime.block_on(async {
            let telemetry = Telemetry::start(&told).await;
            let telemetry = telemetry.map_err(|why| Failure::unavailable(why.to_string()))?;
            let served = serve(config).await;
            telemetry.shutdown().await;
            served
        })
    }
}

async fn serve(config: Config) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let believed = trust::believed(&config, Arc::clone(&clock))?;
    let receipts = trust::receipt_keys(&config)?;
    let tls = trust::secured(config.tls.as_ref())?;
    let Config { listen, store_url, grace, reflection, .. } = config;
    let _claim = store::claim(&store_url).map_err(|why| super::store_failure(&why))?;
    let store = store::open(&store_url).await.map_err(|why| super::store_failure(&why))?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|why| Failure::unavailable(format!("cannot listen on {listen}: {why}")))?;
    let app = App::new(store, clock, &store_url).with_receipt_keys(receipts);
    let at = listener.local_addr().unwrap_or(listen);
    let scheme = if tls.is_some() { "https" } else { "http" };
    if let Some(own) = &believed.own {
        tracing::info!("the administrator's token lies in {}", own.token_file().display());
    }
    tracing::info!("serving on {scheme}://{at}");
    let signal = |kind| unix::signal(kind).map_err(|why| Failure::software(&why));
    let mut terminate = signal(unix::SignalKind::terminate())?;
    let mut interrupt = signal(unix::SignalKind::interrupt())?;
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
        tracing::info!("stopping");
    };
    let authenticate = Authenticate::new(Arc::clone(&believed.trust));
    let serving = Serving { reflection, ..Serving::new(grace, BACKGROUND, authenticate) };
    let keeping = tokio::spawn(trust::keep(believed));
    let ended = server::serve(app, Listening { listener, tls }, serving, stop).await;
    keeping.abort();
    match ended {
        Ok(true) => Ok(()),
        Ok(false) => {
            let text = "calls were still under way when the grace period ended";
            Err(Failure::unavailable(text.to_owned()))
        }
        Err(why) => Err(Failure::software(&why)),
    }
}

/// The clock of the machine: the one place that asks for it.
#[derive(Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        #[expect(clippy::disallowed_methods, reason = "the one clock")]
        let now = std::time::SystemTime::now();
        let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Moment::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}
