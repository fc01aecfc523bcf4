//! How far the stop of the server has come.

use tokio::sync::watch;

/// How far the stop has come. It only goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Calls are taken.
    Serving,
    /// No new connection is taken; watches are told to come back; other calls go on.
    Stopping,
    /// Whatever is still under way is told that the server stops.
    Ending,
}

/// What tells a call how far the stop has come.
#[derive(Debug, Clone)]
pub struct Phases(watch::Receiver<Phase>);

impl Phases {
    /// The teller and the told.
    pub fn new() -> (watch::Sender<Phase>, Self) {
        let (tell, told) = watch::channel(Phase::Serving);
        (tell, Self(told))
    }

    /// Where it is now.
    pub fn now(&self) -> Phase {
        *self.0.borrow()
    }

    /// Waits until it has come so far. Whoever tells is gone last: then it never does.
    pub async fn reached(&mut self, phase: Phase) {
        if self.0.wait_for(|it| *it >= phase).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
