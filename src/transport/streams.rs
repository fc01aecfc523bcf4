//! The tasks that carry the calls of a connection, and the end of those whose answer nobody reads.
//!
//! The transport asks an answer for its next part once the reader took the last one. While a reader
//! grants no room, nothing of ours in the answer is asked, so nothing there can end it: the task
//! that carries the call is ended instead, which resets the stream.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{self, Instant};

tokio::task_local! {
    static READING: Arc<Reading>;
}

/// Whether an answer waits for its reader, and since when.
#[derive(Debug, Default)]
pub(super) struct Reading(Mutex<Option<Instant>>);

impl Reading {
    /// That of the call which this task carries.
    pub(super) fn here() -> Option<Arc<Self>> {
        READING.try_with(Arc::clone).ok()
    }

    /// The answer waits for its reader from now on.
    pub(super) fn waits(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// The reader waits for the answer.
    pub(super) fn asked(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Ends once the reader took nothing for so long.
    async fn stalled(&self, most: Duration) {
        loop {
            let now = Instant::now();
            let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let at = since.unwrap_or(now).checked_add(most).unwrap_or(now);
            if at <= now {
                return;
            }
            time::sleep_until(at).await;
        }
    }
}

/// Calls under way on a connection, and since when there is none.
#[derive(Debug)]
pub(super) struct Activity(Mutex<(usize, Instant)>);

impl Activity {
    pub(super) fn new() -> Self {
        Self(Mutex::new((0, Instant::now())))
    }

    /// Since when there is no call, if there is none.
    pub(super) fn quiet_since(&self) -> Option<Instant> {
        let (calls, since) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (calls == 0).then_some(since)
    }

    fn begins(self: &Arc<Self>) -> Active {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        now.0 = now.0.saturating_add(1);
        Active(Arc::clone(self))
    }
}

/// A call under way.
#[derive(Debug)]
struct Active(Arc<Activity>);

impl Drop for Active {
    fn drop(&mut self) {
        let mut now = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = (now.0.saturating_sub(1), Instant::now());
    }
}

/// Carries the calls of one connection, each as a task of its own.
#[derive(Debug, Clone)]
pub(super) struct Streams {
    pub(super) activity: Arc<Activity>,
    pub(super) stalled: Duration,
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Streams {
    fn execute(&self, call: F) {
        let active = self.activity.begins();
        let most = self.stalled;
        tokio::spawn(async move {
            let _active = active;
            let reading = Arc::new(Reading::default());
            let watched = Arc::clone(&reading);
            READING
                .scope(reading, async move {
                    tokio::select! {
                        biased;
                        () = call => (),
                        () = watched.stalled(most) => tracing::debug!("an answer was not read"),
                    }
                })
                .await;
        });
    }
}
