//! The service in this process, on a port of this machine.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tonic::transport::{Channel, Endpoint};

use super::super::{Failure, serve::SystemClock, store_failure, trust};
use crate::{
    app::{App, Clock, audit, run},
    config::Config,
    domain::time::Day,
    server::{self, Background, ServeError},
    store,
    transport::Authenticate,
    trust::KeyFolder,
};

/// How long calls that are under way may take after the stop.
const GRACE: Duration = Duration::from_secs(10);

/// What goes on beside the calls: evaluation runs, and checkpoints of the audit trail.
const BACKGROUND: &[Background] = &[run::background, audit::background];

/// A service that runs beside the demonstration.
pub(super) struct Serving {
    /// Where it listens.
    pub(super) address: String,
    /// Where the administrator's token lies, and the token.
    pub(super) token: (PathBuf, String),
    keys: KeyFolder,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<bool, ServeError>>,
}

impl Serving {
    /// Claims and opens the store and starts the service; port 0 is any that is free.
    pub(super) async fn start(
        url: &str,
        keys: Option<&str>,
        address: &str,
    ) -> Result<Self, Failure> {
        let claim = store::claim(url).map_err(|why| store_failure(&why))?;
        let store = store::open(url).await.map_err(|why| store_failure(&why))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let config = Config::from_strings(|key| match key {
            "store" => Some(url.to_owned()),
            "keys" => keys.map(str::to_owned),
            _ => None,
        });
        let config = config
            .map_err(|faults| Failure::usage(faults.iter().map(ToString::to_string).collect()))?;
        let believed = trust::believed(&config, Arc::clone(&clock))?;
        let own = believed.own.clone();
        let own = own.ok_or_else(|| Failure::software(&"there are no keys of its own"))?;
        let issued = own.renew(clock.now()).map_err(|why| Failure::software(&why))?;
        let token = (own.token_file(), issued.token);
        let authenticate = Authenticate::new(Arc::clone(&believed.trust));
        let receipts = trust::receipt_keys(&config)?;
        let app = App::new(store, clock, url).with_receipt_keys(receipts);
        let software = |why: std::io::Error| Failure::software(&why);
        let listener = TcpListener::bind(address).await.map_err(software)?;
        let address = listener.local_addr().map_err(software)?.to_string();
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(async move {
            let stopped = async {
                // A sender that is gone means that nobody waits any more: that is a stop too.
                let _ = stopped.await;
            };
            let serving = server::Serving::new(GRACE, BACKGROUND, authenticate);
            let ended = server::serve(app, listener.into(), serving, stopped).await;
            drop(claim);
            ended
        });
        Ok(Self { address, token, keys: own, stop, ended })
    }

    /// The day in the county's calendar, by the clock that the service goes by.
    pub(super) fn today() -> Result<Day, Failure> {
        let today = SystemClock.now().beijing_day();
        today.ok_or_else(|| Failure::software(&"the clock is out of the calendar"))
    }

    /// A token for a principal, by the service's own key.
    pub(super) fn token_for(&self, principal: &str) -> Result<String, Failure> {
        let issued = self.keys.issue(principal, SystemClock.now(), 3_600);
        issued.map(|it| it.token).map_err(|why| Failure::software(&why))
    }

    /// A connection to it.
    pub(super) async fn connect(&self) -> Result<Channel, Failure> {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address))
            .map_err(|why| Failure::software(&why))?;
        endpoint.connect().await.map_err(|why| Failure::software(&why))
    }

    /// Stops it and waits for its end.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        // It may have ended by itself; then the next line says why.
        let _ = self.stop.send(());
        let ended = self.ended.await.map_err(|why| Failure::software(&why))?;
        ended.map_err(|why| Failure::software(&why))?;
        Ok(())
    }
}
