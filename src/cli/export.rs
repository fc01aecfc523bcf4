//! `steelyard export`: what is kept, as a file.

use std::{
    io::{self, BufWriter, Write as _},
    sync::Arc,
};

use clap::{Args, Subcommand};

use super::{Failure, serve::SystemClock, store_failure};
use crate::{
    app::{
        App, AppError,
        run::{ResultFilter, RunSelector, Table},
    },
    store,
};

/// How many results are read at once.
const PAGE: usize = 500;

#[derive(Debug, Subcommand)]
pub(super) enum ExportCommand {
    /// Write the published results of a scheme and period to the standard output, as CSV with money:
    /// `ExportResults` gives a caller the columns that are the caller's.
    Results(Results),
}

#[derive(Debug, Args)]
pub(super) struct Results {
    /// The URL of the store, of `sqlite:` or `postgres:`.
    #[arg(
        long,
        env = "STEELYARD_STORE",
        value_name = "URL",
        hide_env_values = true,
        default_value = "sqlite://steelyard.db"
    )]
    store: String,
    /// The county.
    #[arg(long)]
    county: String,
    /// The scheme.
    #[arg(long)]
    scheme: String,
    /// The period, as `2022` or `2022-H1`.
    #[arg(long)]
    period: String,
    /// Only the subjects of one group, as `unit_branch=b-07`.
    #[arg(long, value_name = "DIMENSION=ID", value_parser = group)]
    group: Option<(String, String)>,
}

fn group(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((dimension, id)) if !dimension.is_empty() && !id.is_empty() => {
            Ok((dimension.to_owned(), id.to_owned()))
        }
        Some(_) | None => {
            Err("a group is written as `unit_branch=b-07` (分组写作 维度=编号)".into())
        }
    }
}

impl ExportCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Runtime::new().map_err(|why| Failure::software(&why))?;
        match self {
            Self::Results(command) => runtime.block_on(command.run()),
        }
    }
}

impl Results {
    async fn run(self) -> Result<(), Failure> {
        let store = store::open(&self.store).await.map_err(|why| store_failure(&why))?;
        let app = App::new(store, Arc::new(SystemClock), "");
        let written = self.write(&app).await;
        app.store.close().await;
        written
    }

    async fn write(self, app: &App) -> Result<(), Failure> {
        let Self { county, scheme: scheme_id, period, group, .. } = self;
        let selector = RunSelector::Published { scheme_id, period };
        let filter = ResultFilter { group, ..ResultFilter::default() };
        let shown = app.shown(&county, &selector).await.map_err(|why| failed(&why))?;
        let table = Table::new(shown.clone(), true);
        let mut out = BufWriter::new(io::stdout().lock());
        out.write_all(&table.head().map_err(|why| failed(&why))?)?;
        let mut after = Some(-1_i64);
        while let Some(from) = after {
            let page = app.list_results(&county, &shown.run, &filter, (from, PAGE), |_| true).await;
            let page = page.map_err(|why| failed(&why))?;
            after = page.next;
            out.write_all(&table.lines(&page.results).map_err(|why| failed(&why))?)?;
        }
        Ok(out.flush()?)
    }
}

fn failed(why: &AppError) -> Failure {
    match why {
        AppError::Store(why) => store_failure(why),
        AppError::NotFound { what, id } => {
            Failure::data(vec![format!("{why} ({}“{id}”不存在)", what.zh())])
        }
        AppError::Invalid(_)
        | AppError::Denied
        | AppError::Refused(_)
        | AppError::Replayed(_)
        | AppError::IdReused
        | AppError::AlreadyExists { .. }
        | AppError::Exhausted { .. }
        | AppError::Engine(_)
        | AppError::Internal(_) => Failure::software(why),
    }
}
