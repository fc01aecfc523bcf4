//! `steelyard calendar`: the years' notices of holidays, shown and loaded.

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
    sync::Arc,
};

use clap::Subcommand;

use super::{Failure, serve::SystemClock, store_failure};
use crate::{
    app::{
        App, AppError, Write,
        calendar::{Edition, LoadYear, day_faults, shipped},
        digest, hex,
    },
    domain::{
        text,
        time::{CalendarYear, Moment, read_special_days},
    },
    store,
};

#[derive(Debug, Subcommand)]
pub(super) enum CalendarCommand {
    /// Show a year's days on which work and rest are not those of the week.
    Show {
        /// The year.
        year: i64,
        /// As this county has it; without one, as the service comes.
        #[arg(long, value_name = "COUNTY")]
        county: Option<String>,
        #[command(flatten)]
        store: StoreUrl,
    },
    /// Load a year's notice for a county, as a new edition that takes the place of earlier ones.
    Load {
        /// The days: lines of `2026-01-01,holiday,元旦`, or `workday` for a weekend day that is worked.
        file: PathBuf,
        /// The county.
        #[arg(long)]
        county: String,
        /// The year.
        #[arg(long)]
        year: i64,
        /// The new edition's id.
        #[arg(long, value_name = "ID")]
        edition: String,
        /// The title of the notice.
        #[arg(long)]
        title: String,
        /// Which document it is, such as its reference number.
        #[arg(long, default_value = "")]
        document: String,
        /// On whose word; it stands in the audit trail.
        #[arg(long, value_name = "WHO")]
        by: String,
        #[command(flatten)]
        store: StoreUrl,
    },
}

/// Where counties are kept.
#[derive(Debug, clap::Args)]
pub(super) struct StoreUrl {
    /// The URL of the store, of `sqlite:` or `postgres:`.
    #[arg(
        long = "store",
        env = "STEELYARD_STORE",
        value_name = "URL",
        hide_env_values = true,
        default_value = "sqlite://steelyard.db"
    )]
    url: String,
}

impl StoreUrl {
    async fn app(&self) -> Result<App, Failure> {
        let store = store::open(&self.url).await.map_err(|why| store_failure(&why))?;
        Ok(App::new(store, Arc::new(SystemClock), ""))
    }
}

impl CalendarCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Runtime::new().map_err(|why| Failure::software(&why))?;
        match self {
            Self::Show { year, county, store } => {
                let edition = match county {
                    None => shipped().get(&year).cloned().ok_or_else(|| none(year))?,
                    Some(county) => runtime.block_on(held(&store, &county, year))?,
                };
                Ok(show(&edition)?)
            }
            Self::Load { file, county, year, edition, title, document, by, store } => {
                let bytes = fs::read(&file).map_err(|why| Failure::no_input(&file, &why))?;
                let shown = file.display();
                let text = String::from_utf8(bytes)
                    .map_err(|_| Failure::data(vec![format!("{shown}: no UTF-8 (不是 UTF-8)")]))?;
                let days = read_special_days(&text).map_err(|why| {
                    Failure::data(vec![format!("{shown}: {why} (第 {} 行格式有误)", why.0)])
                })?;
                let calendar = CalendarYear::new(year, &days).map_err(|faults| {
                    let lines = day_faults("days", &faults).into_iter();
                    let line = |it: crate::app::FieldFault| {
                        format!("{shown}: {}: {} {} ({})", it.path, it.reason, it.en, it.zh)
                    };
                    Failure::data(lines.map(line).collect())
                })?;
                let asked = LoadYear { id: edition, title, document, calendar };
                checked(&asked, &county, &by)?;
                let told = runtime.block_on(load(&store, county, by, asked))?;
                Ok(writeln!(io::stdout().lock(), "{told}")?)
            }
        }
    }
}

/// Refuses what the service would not take either.
fn checked(asked: &LoadYear, county: &str, by: &str) -> Result<(), Failure> {
    let mut lines = Vec::new();
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"._:-".contains(&it);
    for (name, id) in [("--county", county), ("--edition", &*asked.id), ("--by", by)] {
        if !(1..=64).contains(&id.len()) || !id.bytes().all(plain) {
            lines.push(format!(
                "{name} is an id: 1 to 64 characters of A-Z, a-z, 0-9, `.`, `_`, `:`, `-`"
            ));
        }
    }
    let titled = text::check(&asked.title, 200).is_ok();
    if !titled || !(asked.document.is_empty() || text::check(&asked.document, 200).is_ok()) {
        lines.push("--title and --document are one line of at most 200 bytes".to_owned());
    }
    let festivals = asked.calendar.days().map(|it| it.festival);
    if asked.calendar.days().next().is_none() {
        lines.push("the file names no day (文件中没有日期)".to_owned());
    }
    for festival in festivals.filter(|it| !it.is_empty() && text::check(it, 100).is_err()) {
        lines.push(format!("`{festival}` is no text of at most 100 bytes"));
    }
    if lines.is_empty() { Ok(()) } else { Err(Failure::usage(lines)) }
}

fn none(year: i64) -> Failure {
    Failure::data(vec![format!(
        "CALENDAR_MISSING: the notice of holidays of {year} is not there ({year} 年节假日安排尚未载入)"
    )])
}

fn show(it: &Edition) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let (year, worked) = (it.calendar.year(), it.calendar.working_days());
    writeln!(out, "# {year} {}: {}", it.id, it.title)?;
    if !it.document.is_empty() {
        writeln!(out, "# {}", it.document)?;
    }
    writeln!(out, "# {worked} working days; sha256 {}", hex(&it.digest()))?;
    write!(out, "{}", it.calendar)
}

async fn held(store: &StoreUrl, county: &str, year: i64) -> Result<Edition, Failure> {
    let app = store.app().await?;
    let mut tx = app.read().await.map_err(|why| failed(&why))?;
    let ever = Moment::from_micros(i64::MAX);
    let all = app.calendar_editions(&mut *tx, county, year, ever).await;
    drop(tx);
    app.store.close().await;
    all.map_err(|why| failed(&why))?.pop().ok_or_else(|| none(year))
}

async fn load(
    store: &StoreUrl,
    county: String,
    by: String,
    asked: LoadYear,
) -> Result<String, Failure> {
    let app = store.app().await?;
    // The same notice again is the same request.
    let days = asked.calendar.to_string();
    let parts = [&county, &asked.id, &asked.title, &asked.document, &days];
    let mark = digest(&parts.map(String::as_bytes));
    let request_id: String = format!("calendar-{}", hex(&mark)).chars().take(64).collect();
    let call = Write {
        county,
        principal: by,
        request_id,
        method: "CalendarService.LoadCalendarYear",
        fingerprint: mark,
    };
    let encode = |it: &Edition| {
        let (year, worked) = (it.calendar.year(), it.calendar.working_days());
        format!("{year} {}: edition {}, {worked} working days", it.id, it.number).into_bytes()
    };
    let answer = app.load_calendar_year(call, asked, encode).await;
    app.store.close().await;
    let answer = answer.map_err(|why| failed(&why))?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn failed(why: &AppError) -> Failure {
    match why {
        AppError::Store(why) => store_failure(why),
        AppError::Refused(it) => {
            Failure::data(vec![format!("{}: {} ({})", it.reason, it.en, it.zh)])
        }
        AppError::AlreadyExists { reason, existing } => {
            Failure::data(vec![format!("{reason}: `{existing}` exists already (已存在)")])
        }
        AppError::Invalid(_)
        | AppError::NotFound { .. }
        | AppError::Denied
        | AppError::Replayed(_)
        | AppError::IdReused
        | AppError::Exhausted { .. }
        | AppError::Engine(_)
        | AppError::Internal(_) => Failure::software(why),
    }
}
