//! Reading of runs and results. Results can be read once they are all there, never half.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;

use super::{
    Frozen, KeptResult, compile,
    kept::{self, read_result},
    unreadable,
};
use crate::{
    app::{App, AppError, Missing, Refusal},
    domain::{
        engine::{Plan, Status},
        time::Moment,
    },
    store::{ReadTx, ResultRecord, ResultsAfter, RunListing, RunRecord, RunState, StoreError},
};

/// How many rows are read at once while filtering.
const PAGE: i64 = 1_000;

/// A run as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunView {
    /// The run.
    pub run: RunRecord,
    /// The published runs that it takes results of.
    pub input_run_ids: Vec<String>,
    /// Subjects done, over all steps.
    pub subjects_done: i64,
    /// Results by status; empty before they are there.
    pub status_counts: BTreeMap<String, i64>,
    /// SHA-256 over the facts that were read, in hexadecimal digits; empty before they were.
    pub facts_digest: String,
    /// When another run took its place.
    pub superseded: Option<Moment>,
}

/// What a run keeps beside its quota tables.
#[derive(Debug, Default, Deserialize)]
struct Tables {
    #[serde(default)]
    counts: BTreeMap<String, i64>,
    #[serde(default)]
    facts: String,
}

/// Reads what a run's record does not say by itself.
pub(crate) async fn view(
    tx: &mut (impl ReadTx + ?Sized),
    county: &str,
    run: RunRecord,
) -> Result<RunView, AppError> {
    let frozen: Frozen = match tx.cohort(county, &run.run_id).await? {
        None => Frozen::default(),
        Some(bytes) => {
            serde_json::from_slice(&bytes).map_err(|why| StoreError::corrupt("runs.cohort", why))?
        }
    };
    let done = match run.state {
        RunState::Pending => 0,
        RunState::Computed | RunState::Published | RunState::Superseded => run.subjects,
        RunState::Measuring | RunState::Failed => {
            let steps = tx.progress(county, &run.run_id).await?;
            let sum = |of: fn(&crate::store::StepProgress) -> i64| {
                steps.iter().map(of).fold(0_i64, i64::saturating_add)
            };
            let (done, total) = (sum(|it| it.done), sum(|it| it.total));
            run.subjects.saturating_mul(done).checked_div(total).unwrap_or(0)
        }
    };
    let tables: Tables = match run.quotas.as_str() {
        "" => Tables::default(),
        text => {
            serde_json::from_str(text).map_err(|why| StoreError::corrupt("runs.quotas", why))?
        }
    };
    // A run is superseded by the publication of the one that takes its place.
    let superseded = match run.superseded_by.as_str() {
        "" => None,
        by => tx.run(county, by).await?.and_then(|it| it.published).map(|it| it.0),
    };
    Ok(RunView {
        run,
        input_run_ids: frozen.inputs.into_iter().map(|it| it.run_id).collect(),
        subjects_done: done,
        status_counts: tables.counts,
        facts_digest: tables.facts,
        superseded,
    })
}

/// Which run's results are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunSelector {
    /// The run of that id, as soon as it is computed.
    Id(String),
    /// The published run of a scheme and period.
    Published {
        /// The scheme.
        scheme_id: String,
        /// The period.
        period: String,
    },
}

/// Which results are shown; what is not said is not asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResultFilter {
    /// One of these grades.
    pub grades: Vec<String>,
    /// One of these statuses.
    pub statuses: Vec<Status>,
    /// In this group of this dimension.
    pub group: Option<(String, String)>,
}

impl ResultFilter {
    pub(super) fn takes(&self, result: &KeptResult) -> bool {
        let grade = |it: &String| Some(it) == result.grade.as_ref();
        (self.grades.is_empty() || self.grades.iter().any(grade))
            && (self.statuses.is_empty() || self.statuses.contains(&result.status))
            && self
                .group
                .as_ref()
                .is_none_or(|(dimension, id)| result.groups.get(dimension) == Some(id))
    }
}

/// What results are shown with.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Their run.
    pub run: RunRecord,
    /// Its compiled scheme.
    pub plan: Arc<Plan>,
}

/// A page of results.
#[derive(Debug, Clone)]
pub struct ResultPage {
    /// The results, in the run's order.
    pub results: Vec<KeptResult>,
    /// The ordinal after which the next page starts; none after the last page.
    pub next: Option<i64>,
}

/// The run that is meant, if its results can be read.
pub(crate) async fn selected(
    tx: &mut dyn ReadTx,
    county: &str,
    selector: &RunSelector,
) -> Result<RunRecord, AppError> {
    let run = match selector {
        RunSelector::Id(id) => {
            let run = tx.run(county, id).await?;
            run.ok_or_else(|| AppError::not_found(Missing::Run, id.clone()))?
        }
        RunSelector::Published { scheme_id, period } => {
            let run = tx.published_run(county, scheme_id, period).await?;
            let id = || format!("{scheme_id} {period}");
            run.ok_or_else(|| AppError::not_found(Missing::PublishedRun, id()))?
        }
    };
    match run.state {
        RunState::Computed | RunState::Published | RunState::Superseded => Ok(run),
        RunState::Pending | RunState::Measuring | RunState::Failed => {
            let (id, state) = (&run.run_id, run.state.word());
            Err(Refusal::new(
                "RUN_NOT_COMPUTED",
                format!("run `{id}` is {state}: its results are not there"),
                format!("批次 {id} 的状态为 {state}，尚无结果"),
            )
            .with("state", state)
            .into())
        }
    }
}

/// The compiled scheme of a run.
pub(crate) async fn plan_of(
    tx: &mut dyn ReadTx,
    county: &str,
    run: &RunRecord,
) -> Result<Arc<Plan>, AppError> {
    let found = tx.scheme(county, &run.scheme_id, run.version).await?;
    let (_, document) =
        found.ok_or_else(|| AppError::not_found(Missing::Scheme, run.scheme_id.clone()))?;
    compile(&document)
}

impl App {
    /// One run.
    ///
    /// # Errors
    /// `RUN_NOT_FOUND`, and those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn get_run(&self, county: &str, run_id: &str) -> Result<RunView, AppError> {
        let mut tx = self.read().await?;
        let run = tx.run(county, run_id).await?;
        let run = run.ok_or_else(|| AppError::not_found(Missing::Run, run_id))?;
        view(&mut *tx, county, run).await
    }

    /// A page of runs by id; the id after which the next page starts.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn list_runs(
        &self,
        county: &str,
        listing: &RunListing,
    ) -> Result<(Vec<RunView>, Option<String>), AppError> {
        let mut tx = self.read().await?;
        let one_more = RunListing { limit: listing.limit.saturating_add(1), ..listing.clone() };
        let mut runs = tx.run_page(county, &one_more).await?;
        let limit = usize::try_from(listing.limit).unwrap_or(0);
        let more = runs.len() > limit;
        runs.truncate(limit);
        let next = runs.last().filter(|_| more).map(|it| it.run_id.clone());
        let mut views = Vec::with_capacity(runs.len());
        for run in runs {
            views.push(view(&mut *tx, county, run).await?);
        }
        Ok((views, next))
    }

    /// What a run's results are shown with.
    ///
    /// # Errors
    /// `RUN_NOT_FOUND`, `RUN_NOT_PUBLISHED`, `RUN_NOT_COMPUTED`, and those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn shown(&self, county: &str, selector: &RunSelector) -> Result<Shown, AppError> {
        let mut tx = self.read().await?;
        self.shown_in(&mut *tx, county, selector).await
    }

    async fn shown_in(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        selector: &RunSelector,
    ) -> Result<Shown, AppError> {
        let run = selected(tx, county, selector).await?;
        self.shown_of(tx, county, run).await
    }

    /// A run with its compiled scheme.
    pub(super) async fn shown_of(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        run: RunRecord,
    ) -> Result<Shown, AppError> {
        if let Some(plan) = self.plans.get(&run.scheme_digest) {
            return Ok(Shown { run, plan });
        }
        let found = tx.scheme(county, &run.scheme_id, run.version).await?;
        let found =
            found.ok_or_else(|| AppError::not_found(Missing::Scheme, run.scheme_id.clone()))?;
        let plan = self.plans.plan(&found)?;
        Ok(Shown { run, plan })
    }

    /// One subject's result, or why there is none, with what it is shown with, in one snapshot.
    ///
    /// # Errors
    /// Those of [`App::shown`]; inside, those of [`App::get_result`].
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn shown_result(
        &self,
        county: &str,
        selector: &RunSelector,
        subject: &str,
    ) -> Result<(Shown, Result<KeptResult, AppError>), AppError> {
        let mut tx = self.read().await?;
        let shown = self.shown_in(&mut *tx, county, selector).await?;
        let kept = result_in(&mut *tx, county, &shown.run, subject).await;
        Ok((shown, kept))
    }

    /// A page of a run's results. A run's results never change, so that pages read at different
    /// times are pages of one list.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn list_results(
        &self,
        county: &str,
        run: &RunRecord,
        filter: &ResultFilter,
        (after, limit): (i64, usize),
        seen: impl Fn(&KeptResult) -> bool + Send,
    ) -> Result<ResultPage, AppError> {
        let mut tx = self.read().await?;
        let mut page = ResultPage { results: Vec::new(), next: None };
        let mut after = after;
        loop {
            let from = ResultsAfter::Ordinal(after);
            let records = tx.results(county, &run.run_id, &from, PAGE).await?;
            if records.is_empty() {
                return Ok(page);
            }
            for record in records {
                let result = sound(&record)?;
                if filter.takes(&result) && seen(&result) {
                    if page.results.len() == limit {
                        page.next = Some(after);
                        return Ok(page);
                    }
                    page.results.push(result);
                }
                after = record.ordinal;
            }
        }
    }

    /// One subject's result.
    ///
    /// # Errors
    /// `RESULT_NOT_FOUND`, and those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn get_result(
        &self,
        county: &str,
        run: &RunRecord,
        subject: &str,
    ) -> Result<KeptResult, AppError> {
        let mut tx = self.read().await?;
        result_in(&mut *tx, county, run, subject).await
    }
}

async fn result_in(
    tx: &mut dyn ReadTx,
    county: &str,
    run: &RunRecord,
    subject: &str,
) -> Result<KeptResult, AppError> {
    let records = tx.results_of(county, &run.run_id, &[subject.to_owned()]).await?;
    let record = records.first();
    let record = record.ok_or_else(|| AppError::not_found(Missing::Result, subject))?;
    sound(record)
}

/// A row read back, if it is the one whose digest was kept.
pub(in crate::app) fn sound(record: &ResultRecord) -> Result<KeptResult, AppError> {
    if kept::result_digest(record) != record.digest {
        return Err(StoreError::corrupt("results.digest", "the row was changed").into());
    }
    read_result(record).map_err(unreadable)
}
