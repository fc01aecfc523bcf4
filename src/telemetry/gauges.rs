//! Figures of what is kept: facts by kind, runs by state, ties left open, audit entries. Counted
//! beside the calls, by a share of the time, and never asked for by a scrape.
//!
//! Facts are only ever added, so each round counts those that came since the last one, some tens of
//! thousands a statement; until all there were at the start are counted, nothing is told of them.
//! There is no calendar of working days in the store yet: the years that are loaded belong here, with
//! a figure of [`Figures`] and a gauge of [`instruments`], once it keeps one.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry::{KeyValue, global, metrics::Meter};
use tokio::sync::watch;

use super::{METERED, SCOPE};
use crate::{
    app::App,
    store::{FactKind, RunState, StoreError},
};

/// How often is counted.
const EVERY: Duration = Duration::from_secs(15);
/// Facts that one statement counts at most.
const FACTS: i64 = 50_000;
/// Statements over facts in one round; then others come first.
const STATEMENTS: u32 = 20;
/// A round may take one part in so many of the time, ...
const PARTS: u32 = 50;
/// ... or, as long as facts of before the start are counted, in so many.
const PARTS_AT_START: u32 = 4;

/// What was counted last.
#[derive(Debug, Default)]
struct Figures {
    /// None until all are counted.
    facts: Option<BTreeMap<FactKind, u64>>,
    runs: BTreeMap<RunState, u64>,
    ties_open: Option<u64>,
    audit: Option<u64>,
}

/// How far the counting of facts has come.
#[derive(Debug, Default)]
struct Counted {
    kinds: BTreeMap<FactKind, u64>,
    through: BTreeMap<String, i64>,
}

type Shared = Arc<Mutex<Figures>>;

/// Counts beside the calls until told to stop; for servers that tell their metrics to somebody.
pub fn background(
    app: App,
    mut stop: watch::Receiver<bool>,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if METERED.get().is_none() {
            return;
        }
        let figures = Shared::default();
        instruments(&global::meter(SCOPE), &figures);
        let mut counted = Counted::default();
        loop {
            let began = Instant::now();
            let pause = match count(&app, &mut counted, &figures).await {
                Ok(true) => EVERY.max(began.elapsed().saturating_mul(PARTS)),
                Ok(false) => began.elapsed().saturating_mul(PARTS_AT_START),
                Err(why) => {
                    tracing::warn!("what is kept cannot be counted: {why}");
                    EVERY
                }
            };
            tokio::select! {
                // An error means that the server is gone: that is a stop too.
                _ = stop.wait_for(|it| *it) => return,
                () = tokio::time::sleep(pause) => (),
            }
        }
    })
}

/// One round. Answers whether all facts are counted.
async fn count(app: &App, counted: &mut Counted, figures: &Shared) -> Result<bool, StoreError> {
    let mut tx = app.store.read().await?;
    let whole = |it: i64| u64::try_from(it).unwrap_or(0);
    let (mut runs, mut ties, mut audit) = (BTreeMap::new(), 0_u64, 0_u64);
    let mut statements = 0;
    let mut all = true;
    for county in tx.counties().await? {
        let Some(head) = tx.head(&county).await? else { continue };
        audit = audit.saturating_add(whole(head.audit_count));
        for it in tx.run_counts(&county).await? {
            let sum: &mut u64 = runs.entry(it.state).or_default();
            *sum = sum.saturating_add(whole(it.runs));
            if it.state == RunState::Published {
                ties = ties.saturating_add(whole(it.tied));
            }
        }
        let mut through = counted.through.get(&county).copied().unwrap_or(0);
        while through < head.fact_seq && statements < STATEMENTS {
            statements = statements.saturating_add(1);
            let until = through.saturating_add(FACTS).min(head.fact_seq);
            for (kind, facts) in tx.fact_kinds(&county, through, until).await? {
                let sum = counted.kinds.entry(kind).or_default();
                *sum = sum.saturating_add(whole(facts));
            }
            through = until;
            counted.through.insert(county.clone(), through);
        }
        all = all && through >= head.fact_seq;
    }
    drop(tx);
    let mut figures = figures.lock().unwrap_or_else(PoisonError::into_inner);
    if all {
        figures.facts = Some(counted.kinds.clone());
    }
    figures.runs = runs;
    figures.ties_open = Some(ties);
    figures.audit = Some(audit);
    Ok(all)
}

/// The gauges: each reads what was counted last.
fn instruments(meter: &Meter, figures: &Shared) {
    let read = || {
        let figures = Arc::clone(figures);
        move |with: &mut dyn FnMut(&Figures)| {
            with(&figures.lock().unwrap_or_else(PoisonError::into_inner));
        }
    };
    let facts = read();
    let _kept_by_the_meter = meter
        .u64_observable_gauge("steelyard.facts")
        .with_description("Facts that are kept, by kind.")
        .with_callback(move |into| {
            facts(&mut |figures| {
                for kind in figures.facts.iter().flat_map(|_| FactKind::ALL) {
                    let facts = figures.facts.as_ref().and_then(|it| it.get(&kind).copied());
                    into.observe(facts.unwrap_or(0), &[KeyValue::new("kind", kind.word())]);
                }
            });
        })
        .build();
    let runs = read();
    let _kept_by_the_meter = meter
        .u64_observable_gauge("steelyard.runs")
        .with_description("Evaluation runs, by state.")
        .with_callback(move |into| {
            runs(&mut |figures| {
                for state in figures.ties_open.iter().flat_map(|_| RunState::ALL) {
                    let runs = figures.runs.get(&state).copied().unwrap_or(0);
                    into.observe(runs, &[KeyValue::new("state", state.word())]);
                }
            });
        })
        .build();
    let ties = read();
    let _kept_by_the_meter = meter
        .u64_observable_gauge("steelyard.runs.ties_open")
        .with_description("Published runs in which a tie at a line waits for a decision.")
        .with_callback(move |into| {
            ties(&mut |figures| figures.ties_open.iter().for_each(|it| into.observe(*it, &[])));
        })
        .build();
    let audit = read();
    let _kept_by_the_meter = meter
        .u64_observable_gauge("steelyard.audit.entries")
        .with_description("Entries of the audit trails of all counties.")
        .with_callback(move |into| {
            audit(&mut |figures| figures.audit.iter().for_each(|it| into.observe(*it, &[])));
        })
        .build();
}
