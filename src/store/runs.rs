//! Evaluation runs: their state, the batches replicas claim, and the results.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::time::Moment;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunState {
    /// Started; no batch is done.
    Pending,
    /// Batches are being worked on.
    Measuring,
    /// All results are there; nobody but those who review sees them.
    Computed,
    /// Published: the one run of its scheme and period that holds.
    Published,
    /// Was published, and another took its place.
    Superseded,
    /// Ended without results; `reason` says why.
    Failed,
}

impl RunState {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Measuring,
        Self::Computed,
        Self::Published,
        Self::Superseded,
        Self::Failed,
    ];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Measuring => "measuring",
            Self::Computed => "computed",
            Self::Published => "published",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
        }
    }

    /// The state of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// A run. What it was started with never changes; the rest is replaced by `update_run`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Its id, unique in the county.
    pub run_id: String,
    /// The scheme.
    pub scheme_id: String,
    /// Its version.
    pub version: i64,
    /// The digest of its document.
    pub scheme_digest: [u8; 32],
    /// The period evaluated.
    pub period: String,
    /// What was known at this moment is evaluated.
    pub known: Moment,
    /// The newest fact known then.
    pub facts_seq: i64,
    /// The newest registry version known then.
    pub registry_seq: i64,
    /// Where it stands.
    pub state: RunState,
    /// How many subjects it has.
    pub subjects: i64,
    /// The engine that computed it.
    pub engine_version: String,
    /// SHA-256 over all results and quotas; absent before they are there.
    pub result_digest: Option<[u8; 32]>,
    /// The quota tables, as JSON; empty before they are there.
    pub quotas: String,
    /// The run it took the place of; empty for none.
    pub supersedes: String,
    /// The run that took its place; empty for none.
    pub superseded_by: String,
    /// Why it failed or was superseded.
    pub reason: String,
    /// When and by whom it was started.
    pub started: (Moment, String),
    /// When it was computed.
    pub computed: Option<Moment>,
    /// When and by whom it was published.
    pub published: Option<(Moment, String)>,
    /// How many times it was written; set by the store.
    pub revision: i64,
}

/// Which runs a listing shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunListing {
    /// Of this scheme; empty for all.
    pub scheme_id: String,
    /// Of this period; empty for all.
    pub period: String,
    /// In one of these states; empty for all.
    pub states: Vec<RunState>,
    /// After this run id; empty from the beginning.
    pub after: String,
    /// At most so many.
    pub limit: i64,
}

/// A part of a step of a run, for one replica to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBatch {
    /// The step; all batches of a step are done before one of the next can be claimed.
    pub step: i64,
    /// Its number within the step.
    pub batch: i64,
    /// The ids of its subjects, as a JSON list.
    pub subjects: String,
}

/// A batch that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedBatch {
    /// The run.
    pub run_id: String,
    /// The batch.
    pub batch: NewBatch,
    /// Which claim of the batch this is: a claim that expired and was taken again is not the same.
    pub claim: i64,
}

/// How far a step of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepProgress {
    /// The step.
    pub step: i64,
    /// Batches done.
    pub done: i64,
    /// Batches in all.
    pub total: i64,
}

/// A subject's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultRecord {
    /// The subject.
    pub subject: String,
    /// Its place in the order of the run, from 0.
    pub ordinal: i64,
    /// The period.
    pub period: String,
    /// `final`, `incomplete` or `excluded`, as the engine has it.
    pub status: String,
    /// The score in millionths; absent when incomplete: missing is not zero.
    pub score: Option<i64>,
    /// The score before vetoes in millionths.
    pub score_before: Option<i64>,
    /// The grade; empty for none.
    pub grade: String,
    /// Places by dimension, as JSON.
    pub ranks: String,
    /// Awards, as JSON.
    pub awards: String,
    /// Reasons, as JSON.
    pub reasons: String,
    /// Groups by dimension, as JSON.
    pub groups: String,
    /// SHA-256 over the result.
    pub digest: [u8; 32],
}

/// The order in which results are paged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultsAfter {
    /// In the run's order, after this ordinal; -1 from the beginning.
    Ordinal(i64),
    /// By subject, by bytes, after this one; empty from the beginning.
    Subject(String),
}

/// Reading of runs and results.
#[async_trait]
pub trait RunReads {
    /// A run.
    async fn run(&mut self, county: &str, run_id: &str) -> Result<Option<RunRecord>, StoreError>;
    /// The published run of a scheme and period, if there is one.
    async fn published_run(
        &mut self,
        county: &str,
        scheme_id: &str,
        period: &str,
    ) -> Result<Option<RunRecord>, StoreError>;
    /// Runs by id.
    async fn run_page(
        &mut self,
        county: &str,
        listing: &RunListing,
    ) -> Result<Vec<RunRecord>, StoreError>;
    /// County and id of every run that is pending or measuring, for replicas that look for work.
    async fn open_runs(&mut self) -> Result<Vec<(String, String)>, StoreError>;
    /// How far each step is, by step.
    async fn progress(
        &mut self,
        county: &str,
        run_id: &str,
    ) -> Result<Vec<StepProgress>, StoreError>;
    /// The payloads of a step's batches that are done, by batch.
    async fn payloads(
        &mut self,
        county: &str,
        run_id: &str,
        step: i64,
    ) -> Result<Vec<Vec<u8>>, StoreError>;
    /// The cohort's values kept by `set_cohort`; `None` before.
    async fn cohort(&mut self, county: &str, run_id: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// Up to `limit` results. A caller that streams asks page by page in one transaction.
    async fn results(
        &mut self,
        county: &str,
        run_id: &str,
        after: &ResultsAfter,
        limit: i64,
    ) -> Result<Vec<ResultRecord>, StoreError>;
    /// The results of these subjects (at most 1,000), by subject.
    async fn results_of(
        &mut self,
        county: &str,
        run_id: &str,
        subjects: &[String],
    ) -> Result<Vec<ResultRecord>, StoreError>;
}

/// Writing of runs. Work on batches does not ask for `lock_county`; starting, publishing and
/// superseding take it for their audit entry.
#[async_trait]
pub trait RunWrites {
    /// Adds a run; its revision becomes 1.
    async fn insert_run(&mut self, county: &str, run: &RunRecord) -> Result<(), StoreError>;
    /// Replaces what may change of a run and answers its next revision. `run.revision` is the one
    /// read: another is [`StoreError::StaleRevision`]. A second published run of a scheme and
    /// period: [`StoreError::AlreadyRecorded`] (supersede the first before, in this transaction).
    async fn update_run(&mut self, county: &str, run: &RunRecord) -> Result<i64, StoreError>;
    /// Keeps what later steps need of the whole cohort.
    async fn set_cohort(
        &mut self,
        county: &str,
        run_id: &str,
        cohort: &[u8],
    ) -> Result<(), StoreError>;
    /// Adds batches to a run, open. One that is there already: [`StoreError::AlreadyRecorded`].
    async fn insert_batches(
        &mut self,
        county: &str,
        run_id: &str,
        batches: &[NewBatch],
    ) -> Result<(), StoreError>;
    /// Claims the next open batch of a run, or one whose claim has expired; commit at once. `None`
    /// if nothing can be claimed now: all is done, or others work on what the next step waits for.
    async fn claim_batch(
        &mut self,
        county: &str,
        run_id: &str,
        claimed_by: &str,
        now: Moment,
        until: Moment,
    ) -> Result<Option<ClaimedBatch>, StoreError>;
    /// Makes a claim last longer; [`StoreError::StaleRevision`] if it was lost.
    async fn extend_claim(
        &mut self,
        county: &str,
        claimed: &ClaimedBatch,
        until: Moment,
    ) -> Result<(), StoreError>;
    /// Ends a batch with its payload and its results, in one. [`StoreError::StaleRevision`] if the
    /// claim was lost, and then nothing of it is kept. The only way in for results.
    async fn complete_batch(
        &mut self,
        county: &str,
        claimed: &ClaimedBatch,
        payload: &[u8],
        results: &[ResultRecord],
    ) -> Result<(), StoreError>;
}
