//! `steelyard verify run`.

use std::io::{self, Write};

use clap::Args;

use super::{super::Failure, StoreUrl, app_failure};
use crate::app::{
    hex,
    run::{self, RunSelector},
};

#[derive(Debug, Args)]
pub(in super::super) struct Run {
    #[command(flatten)]
    store: StoreUrl,
    /// The county.
    #[arg(long)]
    county: String,
    /// The run, by its id.
    #[arg(long = "run", value_name = "ID", conflicts_with_all = ["scheme", "period"])]
    id: Option<String>,
    /// The scheme, for its published run ...
    #[arg(long, requires = "period")]
    scheme: Option<String>,
    /// ... of this period.
    #[arg(long, requires = "scheme")]
    period: Option<String>,
}

impl Run {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let selector = match (self.id, self.scheme, self.period) {
            (Some(id), _, _) => RunSelector::Id(id),
            (None, Some(scheme_id), Some(period)) => RunSelector::Published { scheme_id, period },
            (None, _, _) => {
                let why = "say which run: --run ID, or --scheme and --period (须指定批次)";
                return Err(Failure::usage(vec![why.to_owned()]));
            }
        };
        let store = self.store.open().await?;
        let proof = run::verify(&*store, &self.county, &selector).await;
        store.close().await;
        let proof = proof.map_err(|why| app_failure(&why))?;
        let it = &proof.run;
        let mut out = io::stdout().lock();
        let (id, scheme, version) = (&it.run_id, &it.scheme_id, it.version);
        writeln!(out, "{id}: {scheme} version {version}, {}, {}", it.period, it.state.word())?;
        writeln!(out, "  known at {}, computed by {}", it.known, it.engine_version)?;
        if let Some(engine) = proof.other_engine {
            writeln!(
                out,
                "  this program is {engine}: where results differ, that may be why (引擎版本不同)"
            )?;
        }
        if proof.findings.is_empty() {
            let digest = it.result_digest.map(|it| hex(&it)).unwrap_or_default();
            writeln!(
                out,
                "  {} results, the quota tables and the digests come out the same (复算一致)",
                proof.results
            )?;
            writeln!(out, "  digest {digest}")?;
            return Ok(());
        }
        drop(out);
        let county = &self.county;
        let lines = proof.findings.iter().map(|it| format!("{county}: {it}")).collect();
        Err(Failure::data(lines))
    }
}
