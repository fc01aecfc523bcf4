//! `steelyard books`: the books of a county's money, balanced and written out.

use std::{
    io::{self, BufWriter, Write as _},
    sync::Arc,
};

use clap::{Args, Subcommand, ValueEnum};
use comfy_table::{Cell, CellAlignment, Table, presets::UTF8_FULL_CONDENSED};

use super::{
    Failure,
    serve::SystemClock,
    verify::{StoreUrl, app_failure},
};
use crate::{
    app::{
        App,
        award::{Journal, JournalFormat},
    },
    domain::{exact::Money, time::Period},
};

#[derive(Debug, Subcommand)]
pub(super) enum BooksCommand {
    /// Show the trial balance of a year's purposes, added up from the entries; exit 0, or 65 where the
    /// books do not balance.
    Balance(Balance),
    /// Write the journal of a year, or of all years, for hledger or beancount, to the standard output.
    Journal(WriteJournal),
}

/// Whose books.
#[derive(Debug, Args)]
struct Of {
    #[command(flatten)]
    store: StoreUrl,
    /// The county.
    #[arg(long)]
    county: String,
}

#[derive(Debug, Args)]
pub(super) struct Balance {
    #[command(flatten)]
    of: Of,
    /// The year, as `2022`.
    #[arg(long, value_parser = year)]
    year: String,
    /// Only this purpose.
    #[arg(long, default_value = "")]
    purpose: String,
}

#[derive(Debug, Args)]
pub(super) struct WriteJournal {
    #[command(flatten)]
    of: Of,
    /// The year, as `2022`; without one, all years.
    #[arg(long, value_parser = year)]
    year: Option<String>,
    /// For which program.
    #[arg(long, value_enum, default_value = "hledger")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// hledger, and ledger.
    Hledger,
    /// beancount.
    Beancount,
}

fn year(text: &str) -> Result<String, String> {
    match Period::parse(text) {
        Ok(it) if it.to_string() == text && text.len() == 4 => Ok(text.to_owned()),
        Ok(_) | Err(_) => Err("a year is written as `2022` (年度写作 2022)".to_owned()),
    }
}

impl BooksCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Runtime::new().map_err(|why| Failure::software(&why))?;
        match self {
            Self::Balance(command) => runtime.block_on(command.run()),
            Self::Journal(command) => runtime.block_on(command.run()),
        }
    }
}

impl Of {
    async fn app(&self) -> Result<App, Failure> {
        Ok(App::new(self.store.open().await?, Arc::new(SystemClock), ""))
    }
}

impl Balance {
    async fn run(self) -> Result<(), Failure> {
        let app = self.of.app().await?;
        let of = (self.year.as_str(), self.purpose.as_str());
        let found = app.trial_balance(&self.of.county, of, None).await;
        app.store.close().await;
        let found = found.map_err(|why| app_failure(&why))?;
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header(["purpose", "account", "科目", "debits 借", "credits 贷", "balance 余额"]);
        let right = |it: Money| Cell::new(it).set_alignment(CellAlignment::Right);
        for it in &found.accounts {
            let balance = it.debit.minus(it.credit).map_err(|why| Failure::software(&why))?;
            table.add_row([
                Cell::new(&it.purpose),
                Cell::new(it.account.word()),
                Cell::new(it.account.zh()),
                right(it.debit),
                right(it.credit),
                right(balance),
            ]);
        }
        let (all, none) = (Cell::new("all 合计"), Cell::new(""));
        let sums = [right(found.debits), right(found.credits), right(Money::ZERO)];
        table.add_row([all, none.clone(), none].into_iter().chain(sums));
        let mut out = io::stdout().lock();
        Ok(writeln!(out, "{table}\nthe books of {} balance (试算平衡)", self.year)?)
    }
}

impl WriteJournal {
    async fn run(self) -> Result<(), Failure> {
        let app = self.of.app().await?;
        let written = self.write(&app).await;
        app.store.close().await;
        written
    }

    async fn write(self, app: &App) -> Result<(), Failure> {
        let format = match self.format {
            Format::Hledger => JournalFormat::Hledger,
            Format::Beancount => JournalFormat::Beancount,
        };
        let county = self.of.county.as_str();
        let known = app.books_known(county, None).await.map_err(|why| app_failure(&why))?;
        let mut journal = Journal::of(format, self.year.as_deref().unwrap_or_default(), known);
        let mut out = BufWriter::new(io::stdout().lock());
        while let Some(part) =
            app.journal_part(county, &mut journal).await.map_err(|why| app_failure(&why))?
        {
            out.write_all(part.as_bytes())?;
        }
        Ok(out.flush()?)
    }
}
