//! Evaluation runs: started from a frozen scheme, roster and moment, computed in batches that any
//! replica can take, published as a whole, superseded with a reason, and never edited.

mod appraised;
mod belonging;
mod changes;
mod context;
mod explain;
mod feed;
mod holders;
mod kept;
mod others;
mod rating;
mod read;
mod table;
mod verify;
mod work;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use appraised::{Appraisal, AppraisalFilter, AppraisalPage, Appraised, is_appraised};
pub(super) use appraised::{appraised, published_on};
pub use changes::{Change, Changes};
pub use explain::Explanation;
pub use feed::{Following, Position, Step, cursor_fault};
pub(super) use kept::read_result;
pub use kept::{GivenAward, KeptResult, Unreadable};
pub use rating::{Evidence, Rated, RatingSelector, is_rated};
pub use read::{ResultFilter, ResultPage, RunSelector, RunView, Shown};
pub(super) use read::{plan_of, sound};
pub use table::{Table, score_text, seat};
pub use verify::{RunFinding, RunProof, verify};
pub use work::{background, run_forever};

use super::{App, AppError, Done, Effect, Missing, Refusal, Write, chain, notice, roster};
use crate::{
    domain::{
        engine::Plan,
        scheme::{NodeKind, ResultsOf, Scheme},
        time::{Moment, Period, PeriodKind},
    },
    store::{NewBatch, ReadTx, RunRecord, RunState, SchemeHeader, StoreError, StoreTx},
};

/// Subjects of one batch.
const BATCH: usize = 500;

/// The engine that computes results. Part of every receipt: a change that can change a number
/// changes it.
pub const ENGINE_VERSION: &str = concat!("steelyard/", env!("CARGO_PKG_VERSION"));

/// What a run freezes besides what its record says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Frozen {
    /// The published runs of other schemes that it takes results of.
    pub(crate) inputs: Vec<Input>,
}

/// A published run of another scheme, or of another period of this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Input {
    pub(crate) scheme_id: String,
    pub(crate) period: String,
    pub(crate) run_id: String,
}

/// What to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartRun {
    /// The scheme.
    pub scheme_id: String,
    /// Its version; 0 for the one in force on the period's last day.
    pub version: i64,
    /// The period.
    pub period: Period,
    /// As known at that moment; the present one where none is asked for.
    pub known: Option<Moment>,
}

/// How an answer becomes the bytes that are kept for repeats of the request.
pub type Encode = Arc<dyn Fn(&RunView) -> Vec<u8> + Send + Sync>;

pub(crate) fn unreadable(why: Unreadable) -> AppError {
    AppError::Store(StoreError::corrupt("payload", why))
}

pub(crate) fn period_of(text: &str) -> Result<Period, AppError> {
    Period::parse(text).map_err(|why| AppError::Store(StoreError::corrupt("runs.period", why)))
}

/// A stored document compiled: it was checked when it was published.
pub(crate) fn compile(document: &str) -> Result<Arc<Plan>, AppError> {
    let scheme = Scheme::read(document.as_bytes()).map_err(|faults| {
        let why = faults.first().map_or_else(String::new, ToString::to_string);
        AppError::Store(StoreError::corrupt("schemes.document", why))
    })?;
    Ok(Arc::new(Plan::compile(Arc::new(scheme))))
}

impl App {
    /// Starts a run: freezes scheme, roster and moment, and cuts the work into batches.
    ///
    /// # Errors
    /// `SCHEME_NOT_FOUND`, `SCHEME_NOT_IN_FORCE`, `PERIOD_KIND_MISMATCH`, `ROSTER_EMPTY`,
    /// `KNOWN_AT_IN_FUTURE`, and those of every write.
    pub async fn start_run(
        &self,
        call: Write,
        start: StartRun,
        encode: Encode,
    ) -> Result<Vec<u8>, AppError> {
        let county = call.county.clone();
        let seed = super::digest(&[
            county.as_bytes(),
            call.principal.as_bytes(),
            call.request_id.as_bytes(),
        ]);
        let principal = call.principal.clone();
        let app = self.clone();
        let done = self.write(call, move |tx, now| {
            let (county, start, encode) = (county.clone(), start.clone(), Arc::clone(&encode));
            let (principal, app) = (principal.clone(), app.clone());
            Box::pin(async move {
                let known = app.known(tx, &county, start.known).await?.moment()?;
                let known = start.known.map_or(now, |_| known);
                let run = freeze(tx, &county, &start, known, run_id(now, &seed)).await?;
                let run = RunRecord { started: (now, principal), ..run };
                let run = insert(tx, &county, run, &start).await?;
                let view = read::view(tx, &county, run).await?;
                let effect = start_effect(&view.run);
                Ok(Done { response: encode(&view), effects: vec![effect] })
            })
        });
        let answer = done.await?;
        self.nudge.notify_waiters();
        Ok(answer)
    }

    /// Publishes a computed run: from then on it can be read, whole.
    ///
    /// # Errors
    /// `RUN_NOT_FOUND`, `RUN_NOT_COMPUTED`, `RUN_PUBLISHED_ALREADY` (another run of the scheme and
    /// period holds: supersede it), and where the scheme asks for a public notice `NOTICE_MISSING`,
    /// `NOTICE_RUNNING`, `OBJECTION_OPEN`, `OBJECTION_UPHELD`, and where it is a step of an appraisal
    /// chain `RUN_OTHER_VERSION`, `APPRAISAL_OPEN`, `POST_WITHOUT_COHORT`, `RUN_BEFORE_CLOSING`,
    /// `RUN_OTHER_POSTS`; all remembered for the
    /// request id.
    pub async fn publish_run(
        &self,
        call: Write,
        run_id: String,
        encode: Encode,
    ) -> Result<Vec<u8>, AppError> {
        let (county, principal) = (call.county.clone(), call.principal.clone());
        let plans = Arc::clone(&self.plans);
        let done = self.write(call, move |tx, now| {
            let (county, principal) = (county.clone(), principal.clone());
            let (run_id, encode) = (run_id.clone(), Arc::clone(&encode));
            let plans = Arc::clone(&plans);
            Box::pin(async move {
                let mut run = computed(tx, &county, &run_id).await?;
                let held = tx.published_run(&county, &run.scheme_id, &run.period).await?;
                if let Some(held) = held {
                    return Err(published_already(&held).into());
                }
                let plan = read::plan_of(tx, &county, &run).await?;
                notice::may_publish(tx, &county, (&run, plan.scheme()), now).await?;
                chain::may_publish(tx, (&county, &plans), &run, now).await?;
                run.state = RunState::Published;
                run.published = Some((now, principal));
                run.revision = tx.update_run(&county, &run).await?;
                feed::publish(tx, &county, &run).await?;
                let effect = publication("publish", &run);
                let view = read::view(tx, &county, run).await?;
                Ok(Done { response: encode(&view), effects: vec![effect] })
            })
        });
        let answer = done.await?;
        self.published.notify_waiters();
        Ok(answer)
    }
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn published_already(held: &RunRecord) -> Refusal {
    Refusal::new(
        "RUN_PUBLISHED_ALREADY",
        format!(
            "run `{}` of `{}` for {} is published: supersede it with a reason",
            held.run_id, held.scheme_id, held.period
        ),
        format!(
            "{} 在 {} 已公布批次 {}，须说明理由以新批次取代",
            held.scheme_id, held.period, held.run_id
        ),
    )
    .with("published_run_id", held.run_id.clone())
    .remembered()
}

/// What a start changed, for the audit trail.
pub(crate) fn start_effect(run: &RunRecord) -> Effect {
    Effect {
        subject: format!("run/{}", run.run_id),
        digest: super::digest(&[
            run.scheme_id.as_bytes(),
            &run.scheme_digest,
            run.period.as_bytes(),
            &run.known.micros().to_be_bytes(),
        ]),
    }
}

/// The audit entry of a publication.
pub(crate) fn publication(what: &str, run: &RunRecord) -> Effect {
    let digest = run.result_digest.unwrap_or_default();
    Effect { subject: format!("run/{}/{what}", run.run_id), digest }
}

/// The audit entry of a run whose place was taken: by which, and why.
pub(crate) fn supersession(run: &RunRecord) -> Effect {
    let digest = run.result_digest.unwrap_or_default();
    let parts = [&digest[..], run.superseded_by.as_bytes(), run.reason.as_bytes()];
    Effect { subject: format!("run/{}/superseded", run.run_id), digest: super::digest(&parts) }
}

/// A run that can be published.
pub(crate) async fn computed(
    tx: &mut dyn StoreTx,
    county: &str,
    run_id: &str,
) -> Result<RunRecord, AppError> {
    let run = tx.run(county, run_id).await?;
    let run = run.ok_or_else(|| AppError::not_found(Missing::Run, run_id))?;
    if run.state != RunState::Computed {
        return Err(Refusal::new(
            "RUN_NOT_COMPUTED",
            format!("run `{run_id}` is {}: only a computed run can be published", run.state.word()),
            format!("批次 {run_id} 的状态为 {}，只有已计算完成的批次可以公布", run.state.word()),
        )
        .with("state", run.state.word())
        .remembered()
        .into());
    }
    Ok(run)
}

/// A run's id: later ones come later in byte order.
fn run_id(now: Moment, seed: &[u8; 32]) -> String {
    let tail: String = seed.iter().take(4).map(|it| format!("{it:02x}")).collect();
    format!("run-{:014x}-{tail}", now.micros().max(0))
}

/// The scheme, the moment and the watermarks of a run that is about to start.
async fn freeze(
    tx: &mut dyn StoreTx,
    county: &str,
    start: &StartRun,
    known: Moment,
    run_id: String,
) -> Result<RunRecord, AppError> {
    let (header, document) = scheme(tx, county, start).await?;
    let kind = PeriodKind::named(&header.period_kind);
    if kind != Some(start.period.kind()) {
        return Err(Refusal::new(
            "PERIOD_KIND_MISMATCH",
            format!(
                "`{}` evaluates a {}, not {}",
                header.scheme_id, header.period_kind, start.period
            ),
            format!(
                "{} 按 {} 评价，与 {} 不符",
                header.scheme_id, header.period_kind, start.period
            ),
        )
        .into());
    }
    drop(document);
    let head = tx.head(county).await?;
    Ok(RunRecord {
        run_id,
        scheme_id: header.scheme_id,
        version: header.version,
        scheme_digest: header.digest,
        period: start.period.to_string(),
        known,
        facts_seq: head.as_ref().map_or(0, |it| it.fact_seq),
        registry_seq: head.as_ref().map_or(0, |it| it.registry_seq),
        state: RunState::Pending,
        subjects: 0,
        engine_version: ENGINE_VERSION.to_owned(),
        result_digest: None,
        quotas: String::new(),
        supersedes: String::new(),
        superseded_by: String::new(),
        reason: String::new(),
        started: (known, String::new()),
        computed: None,
        published: None,
        revision: 0,
    })
}

async fn scheme(
    tx: &mut dyn StoreTx,
    county: &str,
    start: &StartRun,
) -> Result<(SchemeHeader, String), AppError> {
    let id = &start.scheme_id;
    if start.version > 0 {
        let found = tx.scheme(county, id, start.version).await?;
        return found.ok_or_else(|| {
            AppError::not_found(Missing::Scheme, format!("{id} version {}", start.version))
        });
    }
    let day = start.period.last_day();
    match tx.scheme_in_force(county, id, day).await? {
        Some(found) => Ok(found),
        None if tx.scheme(county, id, 0).await?.is_none() => {
            Err(AppError::not_found(Missing::Scheme, id.clone()))
        }
        None => Err(Refusal::new(
            "SCHEME_NOT_IN_FORCE",
            format!("no version of `{id}` is in force on {day}"),
            format!("{id} 在 {day} 没有有效版本"),
        )
        .into()),
    }
}

/// Writes a run with its batches and what it freezes.
async fn insert(
    tx: &mut dyn StoreTx,
    county: &str,
    mut run: RunRecord,
    start: &StartRun,
) -> Result<RunRecord, AppError> {
    let found = tx.scheme(county, &run.scheme_id, run.version).await?;
    let (_, document) =
        found.ok_or_else(|| AppError::not_found(Missing::Scheme, run.scheme_id.clone()))?;
    let plan = compile(&document)?;
    let scheme = plan.scheme();
    let ids = roster::subjects(tx, county, scheme, start.period, run.known).await?;
    let day = start.period.last_day();
    if ids.is_empty() {
        return Err(Refusal::new(
            "ROSTER_EMPTY",
            format!("the registry has no {} to evaluate on {day}", scheme.subject.name()),
            format!("{day} 当日没有可评价的对象（{}）", scheme.subject.name()),
        )
        .into());
    }
    let frozen = Frozen { inputs: inputs(tx, county, &plan, start.period).await? };
    let frozen = serde_json::to_vec(&frozen).map_err(|it| AppError::Internal(it.to_string()))?;
    run.subjects = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    tx.insert_run(county, &run).await?;
    tx.set_cohort(county, &run.run_id, &frozen).await?;
    let batches = batches(&ids, plan.levels())?;
    tx.insert_batches(county, &run.run_id, &batches).await?;
    Ok(run)
}

/// The batches of every step: measuring passes, judging, settling, results.
fn batches(ids: &[String], levels: usize) -> Result<Vec<NewBatch>, AppError> {
    let internal = |it: serde_json::Error| AppError::Internal(it.to_string());
    let levels = i64::try_from(levels).unwrap_or(0);
    let settling = levels.saturating_add(1);
    let mut batches = Vec::new();
    let whole = (0..=levels).chain([settling.saturating_add(1)]);
    for step in whole {
        for (batch, chunk) in (0_i64..).zip(ids.chunks(BATCH)) {
            let subjects = serde_json::to_string(chunk).map_err(internal)?;
            batches.push(NewBatch { step, batch, subjects });
        }
    }
    batches.push(NewBatch { step: settling, batch: 0, subjects: "[]".to_owned() });
    Ok(batches)
}

/// The schemes and periods whose results a scheme takes.
pub(crate) fn input_runs_wanted(plan: &Plan, period: Period) -> Vec<(String, Period)> {
    let mut wanted: Vec<(String, Period)> = Vec::new();
    for node in &plan.scheme().nodes {
        if let NodeKind::ResultOf(of) = &node.kind {
            let periods = input_periods(of.of, period).into_iter();
            wanted.extend(periods.map(|it| (of.scheme.clone(), it)));
        }
    }
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}

/// The ids of the runs whose results a run takes.
pub(crate) async fn frozen_inputs(
    tx: &mut dyn ReadTx,
    county: &str,
    run_id: &str,
) -> Result<Vec<String>, AppError> {
    let frozen = context::frozen(tx, county, run_id).await?;
    Ok(frozen.inputs.into_iter().map(|it| it.run_id).collect())
}

/// The published runs whose results the scheme takes, as they stand now.
async fn inputs(
    tx: &mut dyn ReadTx,
    county: &str,
    plan: &Plan,
    period: Period,
) -> Result<Vec<Input>, AppError> {
    let mut inputs = Vec::new();
    for (scheme_id, period) in input_runs_wanted(plan, period) {
        let period = period.to_string();
        if let Some(run) = tx.published_run(county, &scheme_id, &period).await? {
            inputs.push(Input { scheme_id, period, run_id: run.run_id });
        }
    }
    Ok(inputs)
}

/// The periods over which another scheme's results are taken.
pub(crate) fn input_periods(of: ResultsOf, period: Period) -> Vec<Period> {
    let kind = match of {
        ResultsOf::Itself | ResultsOf::Children | ResultsOf::Projects => {
            // A scheme of another rhythm is taken over every one of its periods within this one.
            return [PeriodKind::Year, PeriodKind::Half, PeriodKind::Quarter, PeriodKind::Month]
                .into_iter()
                .flat_map(|kind| within(kind, period))
                .collect();
        }
        ResultsOf::Halves => PeriodKind::Half,
        ResultsOf::Quarters => PeriodKind::Quarter,
        ResultsOf::Months => PeriodKind::Month,
    };
    within(kind, period)
}

fn within(kind: PeriodKind, period: Period) -> Vec<Period> {
    (1..=12)
        .filter_map(|number| Period::new(kind, period.year(), number))
        .filter(|it| period.contains(it.first_day()) && period.contains(it.last_day()))
        .collect()
}
