//! The writer of small batches of facts: what waits while one commit is under way shares the next.
//! There is no timer, so a call that comes alone waits for nobody.

use std::{collections::BTreeMap, fmt, sync::Arc};

use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument as _, Span};

use super::{
    App, AppError, Clock, Item, Outcome, Write,
    audit::Guard,
    fact::{Known, record},
    scheme::Plans,
    write::{replayed, retried, stored_answer},
};
use crate::store::{Begun, Fact, Store, StoreError};

/// How many jobs share a transaction at most.
const TOGETHER_MAX: usize = 256;
/// How many jobs may wait; further callers wait for a place.
const WAITING_MAX: usize = 1_024;

/// Makes the answer out of what became of each fact.
type Encode = Box<dyn Fn(&[Outcome]) -> Vec<u8> + Send + Sync>;

/// One call that records facts.
struct Job {
    call: Write,
    items: Vec<Item<Fact>>,
    encode: Encode,
    reply: oneshot::Sender<Result<Vec<u8>, AppError>>,
    /// The span of the use case; none where the call is not traced.
    span: Span,
}

/// One span for what several calls share: below the first that is traced, linked to the others.
fn batch_span(jobs: &[Job]) -> Span {
    let mut traced = jobs.iter().map(|it| &it.span).filter(|it| !it.is_disabled());
    let Some(first) = traced.next() else { return Span::none() };
    let span = tracing::info_span!(
        target: "steelyard::batch",
        parent: first,
        "batch",
        otel.name = "facts.batch",
        calls = i64::try_from(jobs.len()).unwrap_or(i64::MAX),
    );
    for other in traced {
        span.follows_from(other);
    }
    span
}

/// The way to the writing task of an application. The task ends with its last handle.
#[derive(Clone)]
pub(super) struct Writer(mpsc::Sender<Job>);

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("places", &self.0.capacity()).finish()
    }
}

impl Writer {
    /// Starts the task; inside a runtime.
    pub(super) fn start(task: Task) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        tokio::spawn(task.run(receiver));
        Self(sender)
    }
}

impl App {
    /// Records the facts of one call, in one transaction with other calls of the county that come at
    /// the same time. Each call keeps its request id, its audit entry and its answer, and is answered
    /// after the commit only.
    pub async fn record_facts(
        &self,
        call: Write,
        facts: Vec<Fact>,
        encode: impl Fn(&[Outcome]) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let gone = |()| AppError::Internal("the writer of facts has ended".to_owned());
        let span = tracing::info_span!(
            target: "steelyard::use_case",
            "use_case",
            otel.name = call.method,
        );
        let (reply, answer) = oneshot::channel();
        let items = facts.into_iter().map(Ok).collect();
        let job = Job { call, items, encode: Box::new(encode), reply, span: span.clone() };
        let recorded = async {
            self.writer.0.send(job).await.map_err(|_| gone(()))?;
            answer.await.map_err(|_| gone(()))?
        };
        recorded.instrument(span).await
    }
}

/// What the task works with.
pub(super) struct Task {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) plans: Arc<Plans>,
    pub(super) guard: Arc<Guard>,
}

impl Task {
    async fn run(self, mut receiver: mpsc::Receiver<Job>) {
        let task = Arc::new(self);
        let mut waiting = Vec::new();
        while receiver.recv_many(&mut waiting, TOGETHER_MAX).await > 0 {
            let mut counties: BTreeMap<String, Vec<Job>> = BTreeMap::new();
            for job in waiting.drain(..) {
                counties.entry(job.call.county.clone()).or_default().push(job);
            }
            for jobs in counties.into_values() {
                // A task of its own: if it panics, its callers learn of it and the writer goes on.
                let here = Arc::clone(&task);
                let span = batch_span(&jobs);
                let serve = async move { here.serve(jobs).await };
                if let Err(why) = tokio::spawn(serve.instrument(span)).await {
                    tracing::error!("recording facts did not end: {why}");
                }
            }
        }
    }

    /// All jobs of a county in one transaction; if that fails, each by itself, so that none fails for
    /// another's sake.
    async fn serve(&self, jobs: Vec<Job>) {
        let together = retried(|| self.attempt(&jobs)).await;
        match together {
            Ok(answers) => {
                for (job, answer) in jobs.into_iter().zip(answers) {
                    // The caller may have gone; what it asked for is done.
                    let _ = job.reply.send(answer);
                }
            }
            // Another writer holds the county: that would be each one's answer too, one after the
            // other.
            Err(AppError::Store(StoreError::Contended)) => {
                for job in jobs {
                    let _ = job.reply.send(Err(AppError::Store(StoreError::Contended)));
                }
            }
            Err(error) => self.serve_apart(jobs, error).await,
        }
    }

    async fn serve_apart(&self, jobs: Vec<Job>, error: AppError) {
        match <[Job; 1]>::try_from(jobs) {
            Ok([job]) => {
                let _ = job.reply.send(Err(error));
            }
            Err(jobs) => {
                for job in jobs {
                    let alone = std::slice::from_ref(&job);
                    let answer = retried(|| self.attempt(alone)).await;
                    let answer = answer.and_then(|mut it| it.pop().unwrap_or_else(none));
                    let _ = job.reply.send(answer);
                }
            }
        }
    }

    /// The answers of all jobs, or why nothing of any is kept.
    async fn attempt(&self, jobs: &[Job]) -> Result<Vec<Result<Vec<u8>, AppError>>, AppError> {
        let Some(first) = jobs.first() else { return Ok(Vec::new()) };
        let county = &first.call.county;
        let mut tx = self.store.begin().await?;
        let head = tx.lock_county(county, self.clock.now()).await?;
        self.guard.check(&mut *tx, &head).await?;
        let facts = jobs.iter().flat_map(|it| &it.items).filter_map(|it| it.as_ref().ok());
        let mut known = Known::read(&mut *tx, county, head.recorded, facts, &self.plans).await?;
        let mut answers = Vec::with_capacity(jobs.len());
        for Job { call, items, encode, .. } in jobs {
            let request = call.request();
            answers.push(match tx.begin_request(&request).await? {
                Begun::Replay(stored) => replayed(&stored),
                Begun::Reused => Err(AppError::IdReused),
                Begun::Fresh => {
                    let (outcomes, effect) = record(&mut *tx, call, items, &mut known).await?;
                    let response = encode(&outcomes);
                    tx.append_audit(county, &call.audit(&[effect])).await?;
                    tx.finish_request(&request, &stored_answer(&response)).await?;
                    Ok(response)
                }
            });
        }
        tx.commit().await?;
        Ok(answers)
    }
}

fn none() -> Result<Vec<u8>, AppError> {
    Err(AppError::Internal("a job without an answer".to_owned()))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tracing::{Subscriber, span};
    use tracing_subscriber::{
        Layer,
        layer::{Context, SubscriberExt as _},
        registry::{LookupSpan, Registry},
    };

    use super::*;

    /// What is said of spans: parent and name of each, and which are linked.
    #[derive(Clone, Default)]
    struct Said(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Said {
        fn on_new_span(&self, made: &span::Attributes<'_>, id: &span::Id, at: Context<'_, S>) {
            let around = at.span(id).and_then(|it| it.parent().map(|it| it.name()));
            let name = made.metadata().name();
            self.0.lock().unwrap().push(format!("{name} in {}", around.unwrap_or("nothing")));
        }

        fn on_follows_from(&self, one: &span::Id, other: &span::Id, at: Context<'_, S>) {
            let name = |it| at.span(it).unwrap().name();
            self.0.lock().unwrap().push(format!("{} after {}", name(one), name(other)));
        }
    }

    fn job(span: Span) -> Job {
        let call = Write {
            county: "xinping".to_owned(),
            principal: "local".to_owned(),
            request_id: "r".to_owned(),
            method: "FactService.RecordFacts",
            fingerprint: [0; 32],
        };
        let (reply, _) = oneshot::channel();
        Job { call, items: Vec::new(), encode: Box::new(|_| Vec::new()), reply, span }
    }

    #[test]
    fn a_batch_belongs_to_the_first_traced_call_and_knows_the_others() {
        let said = Said::default();
        tracing::subscriber::with_default(Registry::default().with(said.clone()), || {
            let (one, two) = (tracing::info_span!("one"), tracing::info_span!("two"));
            drop(batch_span(&[job(Span::none()), job(one), job(Span::none()), job(two)]));
            assert!(batch_span(&[job(Span::none())]).is_disabled());
        });
        let said = said.0.lock().unwrap();
        let expected = ["one in nothing", "two in nothing", "batch in one", "batch after two"];
        assert_eq!(*said, expected);
    }
}
