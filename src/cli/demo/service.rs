//! The service in this process, on a port of this machine.

use std::{sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tonic::transport::{Channel, Endpoint};

use super::super::{Failure, serve::SystemClock};
use crate::{
    app::{App, audit, run},
    server::{self, Background, ServeError},
    store,
};

/// How long calls that are under way may take after the stop.
const GRACE: Duration = Duration::from_secs(10);

/// What goes on beside the calls: evaluation runs, and checkpoints of the audit trail.
const BACKGROUND: &[Background] = &[run::background, audit::background];

/// A service that runs beside the demonstration.
pub(super) struct Serving {
    /// Where it listens.
    pub(super) address: String,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<bool, ServeError>>,
}

impl Serving {
    /// Opens the store, migrates it, and starts the service; port 0 is any that is free.
    pub(super) async fn start(url: &str, address: &str) -> Result<Self, Failure> {
        let store = store::open(url).await.map_err(|why| Failure::software(&why))?;
        let app = App::new(store, Arc::new(SystemClock), url);
        let software = |why: std::io::Error| Failure::software(&why);
        let listener = TcpListener::bind(address).await.map_err(software)?;
        let address = listener.local_addr().map_err(software)?.to_string();
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(async move {
            let stopped = async {
                // A sender that is gone means that nobody waits any more: that is a stop too.
                let _ = stopped.await;
            };
            server::serve(app, listener, stopped, GRACE, BACKGROUND).await
        });
        Ok(Self { address, stop, ended })
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
