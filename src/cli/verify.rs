//! `steelyard verify`: proves what is kept beside the ledger from the ledger.

use std::io::{self, Write};

use clap::Subcommand;

use super::Failure;
use crate::store::{self, TotalsDifference};

#[derive(Debug, Subcommand)]
pub(super) enum VerifyCommand {
    /// Work every rolled-up row out of the ledger again; exit 0, or 65 with each row that differs.
    Totals {
        /// The URL of the store, of `sqlite:` or `postgres:`.
        #[arg(
            long,
            env = "STEELYARD_STORE",
            value_name = "URL",
            hide_env_values = true,
            default_value = "sqlite://steelyard.db"
        )]
        store: String,
        /// The county; all of them where none is named.
        #[arg(long)]
        county: Option<String>,
    },
}

impl VerifyCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self::Totals { store, county } = self;
        let runtime = tokio::runtime::Runtime::new().map_err(|why| Failure::software(&why))?;
        let found = runtime.block_on(totals(&store, county))?;
        let mut out = io::stdout().lock();
        let mut lines = Vec::new();
        for (county, differences) in &found {
            if differences.is_empty() {
                writeln!(out, "{county}: every rolled-up row agrees with the ledger")?;
            }
            lines.extend(differences.iter().map(|it| told(county, it)));
        }
        if lines.is_empty() { Ok(()) } else { Err(Failure::data(lines)) }
    }
}

async fn totals(
    url: &str,
    county: Option<String>,
) -> Result<Vec<(String, Vec<TotalsDifference>)>, Failure> {
    let failed = |why: store::StoreError| super::store_failure(&why);
    let store = store::open(url).await.map_err(failed)?;
    let mut tx = store.read().await.map_err(failed)?;
    let counties = match county {
        Some(county) => vec![county],
        None => tx.counties().await.map_err(failed)?,
    };
    let mut found = Vec::new();
    for county in counties {
        let differences = tx.verify_totals(&county).await.map_err(failed)?;
        found.push((county, differences));
    }
    drop(tx);
    store.close().await;
    Ok(found)
}

fn told(county: &str, it: &TotalsDifference) -> String {
    let (kind, subject, year) = (&it.subject_kind, &it.subject, it.year);
    let what = match (&it.kept, &it.ledger) {
        (None, _) => "has no row that reads back",
        (Some(_), None) => "has sums, and the ledger no entry",
        (Some(_), Some(_)) => "has other sums than its entries",
    };
    format!("{county}: {kind} `{subject}` of {year} {what} (累计与台账不一致)")
}
