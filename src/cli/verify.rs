//! `steelyard verify`: proves what is kept from what it was made of.

mod audit;
mod receipt;
mod run;

use std::io::{self, Write};

use clap::{Args, Subcommand};

use super::Failure;
use crate::{
    app::AppError,
    store::{StoreError, TotalsDifference},
};

/// Which store is looked at.
#[derive(Debug, Args)]
pub(super) struct StoreUrl {
    /// The URL of the store, of `sqlite:` or `postgres:`.
    #[arg(
        long,
        env = "STEELYARD_STORE",
        value_name = "URL",
        hide_env_values = true,
        default_value = "sqlite://steelyard.db"
    )]
    store: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum VerifyCommand {
    /// Follow every audit entry, compare it with its rows, and with checkpoints kept outside; exit
    /// 0, or 65 with everything that is wrong.
    Audit(audit::Audit),
    /// Check a signed result by itself, without a store and without the network; exit 0 or 65.
    Receipt(receipt::Receipt),
    /// Compute a run again from the facts as they were known at its moment; exit 0, or 65 with each
    /// row that was changed.
    Run(run::Run),
    /// Work every rolled-up row out of the ledger again; exit 0, or 65 with each row that differs.
    Totals {
        #[command(flatten)]
        store: StoreUrl,
        /// The county; all of them where none is named.
        #[arg(long)]
        county: Option<String>,
    },
}

/// How a command ends when a use case has no answer.
pub(super) fn app_failure(why: &AppError) -> Failure {
    match why {
        AppError::Store(StoreError::Corrupt { .. }) | AppError::NotFound { .. } => {
            Failure::data(vec![why.to_string()])
        }
        AppError::Refused(refusal) => {
            Failure::data(vec![format!("{} ({})", refusal.en, refusal.zh)])
        }
        AppError::Store(why) => Failure::unavailable(format!("the store: {why}")),
        AppError::Invalid(_)
        | AppError::Denied
        | AppError::Replayed(_)
        | AppError::IdReused
        | AppError::AlreadyExists { .. }
        | AppError::Exhausted { .. }
        | AppError::Engine(_)
        | AppError::Internal(_) => Failure::software(why),
    }
}

impl VerifyCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Runtime::new().map_err(|why| Failure::software(&why))?;
        match self {
            Self::Audit(command) => runtime.block_on(command.run()),
            Self::Receipt(command) => command.run(),
            Self::Run(command) => runtime.block_on(command.run()),
            Self::Totals { store, county } => runtime.block_on(totals(&store, county)),
        }
    }
}

async fn totals(store: &StoreUrl, county: Option<String>) -> Result<(), Failure> {
    let found = differences(store, county).await?;
    {
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

async fn differences(
    url: &StoreUrl,
    county: Option<String>,
) -> Result<Vec<(String, Vec<TotalsDifference>)>, Failure> {
    let failed = |why: StoreError| super::store_failure(&why);
    let store = url.open().await?;
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
