//! The runner: claims batches of open runs and carries them out. Any replica can take any batch,
//! and a dead one's is taken again when its claim has run out.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use tracing::{Instrument as _, Span};

use super::{
    context::Context,
    kept::{self, Extra},
    unreadable,
};
use crate::{
    app::{App, AppError, hex, write::ended},
    domain::{
        engine::{Assessment, Candidate, Measurement, Settled, Status, quotas_json, settle},
        facts::{Facts, TieDecision},
        masked,
        time::Moment,
    },
    store::{ClaimedBatch, ReadTx, ResultRecord, ResultsAfter, RunRecord, RunState, StoreError},
};

/// How long a claim lasts before another replica may take the batch.
const CLAIM: Duration = Duration::from_mins(1);

/// How long the runner sleeps when there is nothing to do and nobody wakes it.
const IDLE: Duration = Duration::from_millis(500);

/// How many results are read at once for the digest.
const PAGE: i64 = 5_000;

/// The runner as work beside a server: until `stop` turns true.
pub fn background(
    app: App,
    mut stop: tokio::sync::watch::Receiver<bool>,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(run_forever(app, async move {
        // An error means that the server is gone: that is a stop too.
        let _ = stop.wait_for(|it| *it).await;
    }))
}

/// Works on open runs until told to stop; what is under way is finished first.
pub async fn run_forever(app: App, stop: impl Future<Output = ()>) {
    let who = format!("{}-{:x}", std::process::id(), app.clock.now().micros());
    tokio::pin!(stop);
    loop {
        let woken = app.nudge.notified();
        let worked = match app.work_once(&who).await {
            Ok(worked) => worked,
            Err(error) => {
                tracing::error!(error = masked::masked(&error.to_string()), "a run's batch failed");
                false
            }
        };
        let pause = async {
            if !worked {
                tokio::select! {
                    () = woken => (),
                    () = tokio::time::sleep(IDLE) => (),
                }
            }
        };
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = pause => (),
        }
    }
}

/// The span of work that no call waits for: a trace of its own.
fn root(name: &'static str, step: Option<i64>) -> Span {
    tracing::info_span!(target: "steelyard::root", "run", otel.name = name, step)
}

/// What a batch gives: its payload, its results, and what of the run it changes.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) payload: Vec<u8>,
    pub(super) results: Vec<ResultRecord>,
    pub(super) quotas: Option<String>,
}

impl App {
    /// Carries open runs on until nothing can be claimed. Answers whether anything was done.
    ///
    /// # Errors
    /// Those of the store. What is wrong with a run itself ends that run, and is no error here.
    pub async fn work_once(&self, who: &str) -> Result<bool, AppError> {
        let mut worked = false;
        let open = self.read().await?.open_runs().await?;
        for (county, run_id) in open {
            worked = self.work_on(&county, &run_id, who).await? || worked;
        }
        Ok(worked)
    }

    async fn work_on(&self, county: &str, run_id: &str, who: &str) -> Result<bool, AppError> {
        let mut context: Option<Context> = None;
        let mut worked = false;
        while let Some(claimed) = self.claim(county, run_id, who).await? {
            worked = true;
            let span = root("run.batch", Some(claimed.batch.step));
            let batch = self.batch(county, run_id, &mut context, &claimed).instrument(span);
            if !batch.await? {
                return Ok(true);
            }
        }
        Ok(self.finish(county, run_id).await? || worked)
    }

    /// Carries a batch out and ends it. Answers whether the run goes on.
    async fn batch(
        &self,
        county: &str,
        run_id: &str,
        context: &mut Option<Context>,
        claimed: &ClaimedBatch,
    ) -> Result<bool, AppError> {
        match self.carry_out(county, run_id, context, claimed).await {
            Ok(outcome) => self.complete(county, claimed, outcome).await?,
            Err(AppError::Store(StoreError::StaleRevision)) => (),
            Err(AppError::Store(error)) => return Err(error.into()),
            Err(error) => {
                self.fail(county, run_id, error.to_string()).await?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn claim(
        &self,
        county: &str,
        run_id: &str,
        who: &str,
    ) -> Result<Option<ClaimedBatch>, AppError> {
        let (app, county) = (self.clone(), county.to_owned());
        let (run_id, who) = (run_id.to_owned(), who.to_owned());
        let task = tokio::spawn(async move {
            app.retried(|| async {
                let now = app.clock.now();
                let lasts = i64::try_from(CLAIM.as_micros()).unwrap_or(i64::MAX);
                let until = Moment::from_micros(now.micros().saturating_add(lasts));
                let mut tx = app.store.begin().await?;
                let claimed = tx.claim_batch(&county, &run_id, &who, now, until).await?;
                tx.commit().await?;
                Ok(claimed)
            })
            .await
        });
        ended(task.await)
    }

    /// Computes one batch.
    async fn carry_out(
        &self,
        county: &str,
        run_id: &str,
        context: &mut Option<Context>,
        claimed: &ClaimedBatch,
    ) -> Result<Outcome, AppError> {
        let mut tx = self.read().await?;
        if context.is_none() {
            let run = tx.run(county, run_id).await?;
            let Some(run) = run else { return Err(StoreError::StaleRevision.into()) };
            *context = Some(Context::read(&mut *tx, county, &run).await?);
        }
        let Some(context) = context else { return Err(StoreError::StaleRevision.into()) };
        let step = usize::try_from(claimed.batch.step).unwrap_or(usize::MAX);
        let levels = context.plan.levels();
        let settling = levels.saturating_add(1);
        context.close_levels(&mut *tx, levels.min(step)).await?;
        if step <= levels {
            let ids: Vec<String> = serde_json::from_str(&claimed.batch.subjects)
                .map_err(|why| StoreError::corrupt("run_batches.subjects", why))?;
            let facts = context.facts(&mut *tx, &ids, false).await?;
            drop(tx);
            context.check(&facts)?;
            return evaluate(context, step, levels, facts).await;
        }
        let judged = i64::try_from(levels).unwrap_or(i64::MAX);
        let payloads = tx.payloads(county, run_id, judged).await?;
        if step == settling {
            let decisions = context.decisions(&mut *tx).await?;
            drop(tx);
            return settlement(context, &payloads, &decisions);
        }
        let at = i64::try_from(settling).unwrap_or(i64::MAX);
        let settled = tx.payloads(county, run_id, at).await?;
        drop(tx);
        results(context, claimed.batch.batch, &payloads, &settled)
    }

    /// Ends a batch, and lets the run say that it is under way.
    async fn complete(
        &self,
        county: &str,
        claimed: &ClaimedBatch,
        outcome: Outcome,
    ) -> Result<(), AppError> {
        let (app, county) = (self.clone(), county.to_owned());
        let (claimed, outcome) = (claimed.clone(), Arc::new(outcome));
        let write = async move {
            app.retried(|| async {
                let mut tx = app.store.begin().await?;
                let Outcome { payload, results, quotas } = &*outcome;
                tx.complete_batch(&county, &claimed, payload, results).await?;
                if let Some(mut run) = tx.run(&county, &claimed.run_id).await?
                    && (run.state == RunState::Pending || quotas.is_some())
                {
                    run.state = RunState::Measuring;
                    if let Some(quotas) = quotas {
                        run.quotas.clone_from(quotas);
                    }
                    // Another replica changed the run meanwhile: that is no reason to give the
                    // batch up, so the whole is tried again.
                    let updated = tx.update_run(&county, &run).await;
                    if matches!(updated, Err(StoreError::StaleRevision)) {
                        return Err(StoreError::Contended.into());
                    }
                    updated?;
                }
                tx.commit().await?;
                Ok(())
            })
            .await
        };
        match ended(tokio::spawn(write.in_current_span()).await) {
            // Another replica took the batch over: its work is as good, and ours is given up.
            Err(AppError::Store(StoreError::StaleRevision)) => Ok(()),
            done => done,
        }
    }

    async fn fail(&self, county: &str, run_id: &str, why: String) -> Result<(), AppError> {
        self.change_run(county, run_id, move |run| {
            run.state = RunState::Failed;
            run.reason.clone_from(&why);
        })
        .await
    }

    /// Marks a run computed once every batch is done, with the digest over all its results.
    async fn finish(&self, county: &str, run_id: &str) -> Result<bool, AppError> {
        let mut tx = self.read().await?;
        let progress = tx.progress(county, run_id).await?;
        let run = tx.run(county, run_id).await?;
        let open = |it: &RunRecord| matches!(it.state, RunState::Pending | RunState::Measuring);
        if !run.is_some_and(|it| open(&it)) || progress.iter().any(|it| it.done < it.total) {
            return Ok(false);
        }
        self.conclude(tx, county, run_id).instrument(root("run.conclude", None)).await?;
        Ok(true)
    }

    /// The digest over all results, and the state that lets them be read.
    async fn conclude(
        &self,
        mut tx: Box<dyn ReadTx>,
        county: &str,
        run_id: &str,
    ) -> Result<(), AppError> {
        let mut hash = RunDigest::default();
        let mut after = ResultsAfter::Ordinal(-1);
        loop {
            let page = tx.results(county, run_id, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = ResultsAfter::Ordinal(last.ordinal);
            page.iter().for_each(|it| hash.take(it));
        }
        let run = tx.run(county, run_id).await?;
        drop(tx);
        let digest = hash.end(&run.map(|it| it.quotas).unwrap_or_default());
        let now = self.clock.now();
        self.change_run(county, run_id, move |run| {
            run.state = RunState::Computed;
            run.result_digest = Some(digest);
            run.computed = Some(now);
        })
        .await
    }

    /// Changes an open run; one that another replica has ended meanwhile stays as it is.
    async fn change_run(
        &self,
        county: &str,
        run_id: &str,
        change: impl Fn(&mut RunRecord) + Send + Sync + 'static,
    ) -> Result<(), AppError> {
        let (app, county, run_id) = (self.clone(), county.to_owned(), run_id.to_owned());
        let write = async move {
            app.retried(|| async {
                let mut tx = app.store.begin().await?;
                let Some(mut run) = tx.run(&county, &run_id).await? else { return Ok(()) };
                if !matches!(run.state, RunState::Pending | RunState::Measuring) {
                    return Ok(());
                }
                change(&mut run);
                match tx.update_run(&county, &run).await {
                    Err(StoreError::StaleRevision) => return Ok(()),
                    done => done?,
                };
                tx.commit().await?;
                Ok(())
            })
            .await
        };
        ended(tokio::spawn(write.in_current_span()).await)
    }
}

/// A measuring or a judging batch, off the threads that serve calls.
pub(super) async fn evaluate(
    context: &Context,
    step: usize,
    levels: usize,
    all: Vec<(Facts, Extra)>,
) -> Result<Outcome, AppError> {
    let mut evaluator = context.evaluator();
    let groups = Arc::clone(&context.groups);
    let span = Span::current();
    let work = tokio::task::spawn_blocking(move || {
        let _entered = span.enter();
        if step < levels {
            let mut measured: Vec<Measurement> = Vec::new();
            for (facts, _) in &all {
                measured.extend(evaluator.measure(step, facts, &groups)?);
            }
            let payload = kept::measurements(&measured).map_err(unreadable)?;
            return Ok(Outcome { payload, ..Outcome::default() });
        }
        let mut assessed: Vec<(Assessment, Extra)> = Vec::new();
        for (facts, extra) in all {
            assessed.push((evaluator.assess(&facts, &groups)?, extra));
        }
        let payload = kept::assessments(&assessed).map_err(unreadable)?;
        Ok(Outcome { payload, ..Outcome::default() })
    });
    ended(work.await)
}

/// The digest of a run: over its results in their order, then over its quota tables.
#[derive(Debug, Default)]
pub(super) struct RunDigest(Sha256);

impl RunDigest {
    /// Takes the next result.
    pub(super) fn take(&mut self, result: &ResultRecord) {
        self.0.update(result.digest);
    }

    /// Takes the quota tables.
    pub(super) fn end(mut self, quotas: &str) -> [u8; 32] {
        self.0.update(quotas.as_bytes());
        self.0.finalize().into()
    }
}

/// The settling step: seats, places and ties of everybody who was judged.
pub(super) fn settlement(
    context: &Context,
    judged: &[Vec<u8>],
    decisions: &[TieDecision],
) -> Result<Outcome, AppError> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut facts = Sha256::new();
    for payload in judged {
        let assessed = kept::read_assessments(payload).map_err(unreadable)?;
        for (assessment, extra) in assessed {
            facts.update(extra.facts_digest.as_bytes());
            candidates.push(assessment.candidate);
        }
    }
    let settled = settle(&context.plan, &candidates, decisions, false)
        .map_err(|why| AppError::Engine(why.to_string()))?;
    let payload = kept::settlements(&settled.settlements).map_err(unreadable)?;
    let quotas = Some(tables(context, &candidates, &settled, &hex(&facts.finalize()))?);
    Ok(Outcome { payload, results: Vec::new(), quotas })
}

/// The quota tables, the open ties, the number of results by status and the digest over all facts
/// that were read, as they are kept with the run.
fn tables(
    context: &Context,
    candidates: &[Candidate],
    settled: &Settled,
    facts_digest: &str,
) -> Result<String, AppError> {
    let internal = |it: serde_json::Error| AppError::Internal(it.to_string());
    let mut tables: serde_json::Value =
        serde_json::from_str(&quotas_json(&context.plan, &settled.quotas)).map_err(internal)?;
    let grades = &context.plan.scheme().grades;
    let ties = settled.ties.iter().map(|tie| {
        serde_json::json!({
            "for": grades.get(tie.grade).map(|it| it.id.as_str()),
            "within": tie.within.as_deref(),
            "tied": tie.tied,
            "seats": tie.seats,
        })
    });
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for (candidate, settlement) in candidates.iter().zip(&settled.settlements) {
        let count = counts.entry(Status::of(candidate.standing, settlement).name()).or_default();
        *count = count.saturating_add(1);
    }
    if let Some(object) = tables.as_object_mut() {
        object.insert("ties".to_owned(), ties.collect());
        object.insert("counts".to_owned(), serde_json::json!(counts));
        object.insert("facts".to_owned(), serde_json::json!(facts_digest));
    }
    serde_json::to_string(&tables).map_err(internal)
}

/// The rows of one batch of results.
pub(super) fn results(
    context: &Context,
    batch: i64,
    judged: &[Vec<u8>],
    settled: &[Vec<u8>],
) -> Result<Outcome, AppError> {
    let lost = || AppError::Store(StoreError::corrupt("run_batches.payload", "a part is missing"));
    let batch = usize::try_from(batch).map_err(|_| lost())?;
    let settlements = settled.first().ok_or_else(lost)?;
    let settlements = kept::read_settlements(settlements).map_err(unreadable)?;
    let from = batch.checked_mul(super::BATCH).ok_or_else(lost)?;
    let payload = judged.get(batch).ok_or_else(lost)?;
    let mut records = Vec::new();
    let assessed = kept::read_assessments(payload).map_err(unreadable)?;
    for (ordinal, (assessment, extra)) in (from..).zip(assessed) {
        let settlement = settlements.get(ordinal).ok_or_else(lost)?;
        let result = context.plan.conclude(assessment, settlement, context.period);
        let ordinal = i64::try_from(ordinal).map_err(|_| lost())?;
        records.push(kept::result_record(&result, ordinal, &extra).map_err(unreadable)?);
    }
    Ok(Outcome { payload: Vec::new(), results: records, quotas: None })
}
