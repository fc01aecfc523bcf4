//! A run computed again, in memory, by the functions of the run itself.

use super::super::{
    BATCH,
    context::Context,
    kept, unreadable,
    work::{self, RunDigest},
};
use crate::{
    app::{AppError, roster},
    store::{ReadTx, ResultRecord, RunRecord},
};

/// What a run gives when it is computed again.
#[derive(Debug)]
pub(super) struct Again {
    /// The results, in the run's order.
    pub(super) results: Vec<ResultRecord>,
    /// The quota tables, as they are kept.
    pub(super) quotas: String,
    /// The digest over both.
    pub(super) digest: [u8; 32],
}

impl Again {
    /// Computes a run from the ledger and the registry as they were known at its moment.
    pub(super) async fn compute(
        tx: &mut dyn ReadTx,
        county: &str,
        run: &RunRecord,
    ) -> Result<Self, AppError> {
        let mut context = Context::read(tx, county, run).await?.reading_the_ledger();
        let scheme = context.plan.scheme();
        let ids = roster::subjects(tx, county, scheme, context.period, run.known).await?;
        let levels = context.plan.levels();
        let mut judged = Vec::new();
        for step in 0..=levels {
            let mut payloads = Vec::new();
            for chunk in ids.chunks(BATCH) {
                let facts = context.facts(tx, chunk, false).await?;
                context.check(&facts)?;
                payloads.push(work::evaluate(&context, step, levels, facts).await?.payload);
            }
            if step < levels {
                context.close_level(&payloads)?;
            } else {
                judged = payloads;
            }
        }
        let decisions = context.decisions(tx).await?;
        let settled = work::settlement(&context, &judged, &decisions)?;
        let quotas = settled.quotas.unwrap_or_default();
        let settled = [settled.payload];
        let (mut results, mut hash) = (Vec::new(), RunDigest::default());
        for (batch, _) in (0_i64..).zip(&judged) {
            results.extend(work::results(&context, batch, &judged, &settled)?.results);
        }
        results.iter().for_each(|it| hash.take(it));
        let digest = hash.end(&quotas);
        Ok(Self { results, quotas, digest })
    }
}

/// The digest of the facts that a result was computed from, as it is kept with it.
pub(super) fn facts_of(record: &ResultRecord) -> Result<String, AppError> {
    Ok(kept::read_result(record).map_err(unreadable)?.facts_digest)
}
