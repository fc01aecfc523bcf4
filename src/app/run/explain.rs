//! Why a result is as it is: computed again from the facts as they were known at the run's moment.

use super::{KeptResult, Shown, context::Context, kept};
use crate::{
    app::{App, AppError, Missing},
    domain::engine::{Settlement, SubjectResult},
    store::{ReadTx, RunRecord, StoreError},
};

/// A result with its tree.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The result as it is kept.
    pub kept: KeptResult,
    /// The same computed again, with what happened at every node.
    pub explained: SubjectResult,
}

impl App {
    /// Explains one result of a run.
    ///
    /// # Errors
    /// `RESULT_NOT_FOUND`; data that was changed behind the service's back, where the facts no
    /// longer give the result; those of the store and the engine.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn explain_result(
        &self,
        county: &str,
        shown: &Shown,
        subject: &str,
    ) -> Result<Explanation, AppError> {
        let kept = self.get_result(county, &shown.run, subject).await?;
        let mut tx = self.read().await?;
        let mut context = Context::read(&mut *tx, county, &shown.run).await?;
        let levels = context.plan.levels();
        context.close_levels(&mut *tx, levels).await?;
        let facts = context.facts(&mut *tx, &[subject.to_owned()], true).await?;
        let settling = i64::try_from(levels.saturating_add(1)).unwrap_or(i64::MAX);
        let left_by = if kept.seated {
            left_by(&mut *tx, county, &shown.run, settling, subject).await?
        } else {
            0
        };
        let facts = facts.into_iter().next();
        let (mut facts, _) = facts.ok_or_else(|| AppError::not_found(Missing::Result, subject))?;
        context.tell_posts(&mut *tx, &mut facts).await?;
        drop(tx);
        let settlement = Settlement { left_by, ..kept::settlement_of(&context.plan, &kept) };
        let mut evaluator = context.evaluator();
        let explained = evaluator.explain(&facts, &context.groups, &settlement)?;
        if explained.score != kept.score || explained.status != kept.status {
            let why = "the facts no longer give the result that was published";
            return Err(StoreError::corrupt("results", why).into());
        }
        Ok(Explanation { kept, explained })
    }
}

/// How many barred subjects left a seated one its seat, as the settling step kept it.
async fn left_by(
    tx: &mut dyn ReadTx,
    county: &str,
    run: &RunRecord,
    settling: i64,
    subject: &str,
) -> Result<u32, AppError> {
    let records = tx.results_of(county, &run.run_id, &[subject.to_owned()]).await?;
    let ordinal = records.first().and_then(|it| usize::try_from(it.ordinal).ok());
    let payloads = tx.payloads(county, &run.run_id, settling).await?;
    let Some((ordinal, payload)) = ordinal.zip(payloads.first()) else { return Ok(0) };
    let settled = kept::read_settlements(payload)
        .map_err(|why| StoreError::corrupt("run_batches.payload", why))?;
    Ok(settled.get(ordinal).map_or(0, |it| it.left_by))
}
