//! Which published runs a run could draw on when it started.

use super::super::{compile, input_runs_wanted, period_of};
use crate::{
    app::AppError,
    store::{ReadTx, RunListing, RunRecord, RunState},
};

/// How many runs of one scheme and period are read.
const PAGE: i64 = 1_000;

/// The runs that were published when a run started, of the schemes and periods that it draws on.
pub(super) async fn at_the_start(
    tx: &mut dyn ReadTx,
    county: &str,
    run: &RunRecord,
) -> Result<Vec<String>, AppError> {
    let Some((_, document)) = tx.scheme(county, &run.scheme_id, run.version).await? else {
        return Ok(Vec::new());
    };
    let plan = compile(&document)?;
    let mut all = Vec::new();
    for (scheme_id, period) in input_runs_wanted(&plan, period_of(&run.period)?) {
        let listing = RunListing {
            scheme_id,
            period: period.to_string(),
            states: vec![RunState::Published, RunState::Superseded],
            after: String::new(),
            limit: PAGE,
        };
        let runs = tx.run_page(county, &listing).await?;
        let before = runs.into_iter().filter_map(|it| {
            let at = it.published.as_ref().map(|it| it.0)?;
            (at < run.started.0).then_some((at, it.run_id))
        });
        all.extend(before.max().map(|it| it.1));
    }
    Ok(all)
}
