//! `steelyard serve`: the service on a store, until a signal stops it.

use std::{
    io::{self, IsTerminal as _},
    sync::Arc,
};

use clap::Args;
use tokio::{net::TcpListener, signal::unix};

use super::Failure;
use crate::{
    app::{App, Clock},
    config::Config,
    domain::time::Moment,
    server::{self, Background},
    store,
};

/// What goes on beside the calls.
const BACKGROUND: &[Background] = &[crate::app::run::background, crate::app::audit::background];

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
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self { listen, store, grace } = self;
        let config = Config::from_strings(|key| match key {
            "listen" => listen.clone(),
            "store" => store.clone(),
            "grace" => grace.clone(),
            _ => None,
        });
        let config = config
            .map_err(|faults| Failure::usage(faults.iter().map(ToString::to_string).collect()))?;
        let level = tracing_subscriber::EnvFilter::new("info,sqlx=warn");
        // A subscriber that is there already stays.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(level)
            .with_ansi(io::stderr().is_terminal())
            .with_writer(io::stderr)
            .try_init();
        let runtime = tokio::runtime::Runtime::new().map_err(|why| Failure::software(&why))?;
        runtime.block_on(serve(config))
    }
}

async fn serve(config: Config) -> Result<(), Failure> {
    let Config { listen, store_url, grace } = config;
    let store = store::open(&store_url)
        .await
        .map_err(|why| Failure::unavailable(format!("the store cannot be opened: {why}")))?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|why| Failure::unavailable(format!("cannot listen on {listen}: {why}")))?;
    let app = App::new(store, Arc::new(SystemClock), &store_url);
    let at = listener.local_addr().unwrap_or(listen);
    tracing::info!("serving on {at}");
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
    match server::serve(app, listener, stop, grace, BACKGROUND).await {
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
