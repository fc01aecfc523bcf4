//! `steelyard person`: what is kept about one person, and the erasing of its names.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    sync::Arc,
};

use clap::Subcommand;

use super::{Failure, serve::SystemClock, store_failure};
use crate::{
    app::{App, AppError, Write, digest, hex},
    domain::masked::masked,
    store,
};

#[derive(Debug, Subcommand)]
pub(super) enum PersonCommand {
    /// Write everything that is kept about one person, as JSON.
    Export {
        #[command(flatten)]
        whom: Whom,
        /// The file to write, which must not be there yet [default: the standard output].
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Erase a person's names. Scores, facts and posts stay, under the id.
    Erase {
        #[command(flatten)]
        whom: Whom,
        /// Why; it stays, so it must not say the name.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// On whose word; it stands in the audit trail.
        #[arg(long, value_name = "WHO")]
        by: String,
        /// Do it. There is no way back.
        #[arg(long)]
        yes: bool,
    },
}

/// The person.
#[derive(Debug, clap::Args)]
pub(super) struct Whom {
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
    /// The id of the member's record, or of a post's holder.
    #[arg(long)]
    id: String,
}

impl PersonCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Runtime::new().map_err(|why| Failure::software(&why))?;
        match self {
            Self::Export { whom, out } => {
                let text = runtime.block_on(export(&whom))?;
                match out {
                    None => Ok(io::stdout().lock().write_all(text.as_bytes())?),
                    Some(path) => keep(&path, &text),
                }
            }
            Self::Erase { whom, reason, by, yes } => {
                if !yes {
                    let why = "this erases the person's names for good; say --yes to do it";
                    return Err(Failure::usage(vec![why.to_owned()]));
                }
                if !is_id(&by) {
                    let why =
                        "--by is an id: 1 to 64 characters of A-Z, a-z, 0-9, `.`, `_`, `:`, `-`";
                    return Err(Failure::usage(vec![why.to_owned()]));
                }
                let answer = runtime.block_on(erase(&whom, &reason, &by))?;
                Ok(writeln!(io::stdout().lock(), "{answer}")?)
            }
        }
    }
}

fn is_id(text: &str) -> bool {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"._:-".contains(&it);
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

/// A file for its owner's eyes.
fn keep(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let unwritable = |why: io::Error| Failure::unwritable(path, &why);
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    file.map_err(unwritable)?.write_all(text.as_bytes()).map_err(unwritable)
}

async fn app(whom: &Whom) -> Result<App, Failure> {
    let store = store::open(&whom.store).await.map_err(|why| store_failure(&why))?;
    Ok(App::new(store, Arc::new(SystemClock), ""))
}

async fn export(whom: &Whom) -> Result<String, Failure> {
    let app = app(whom).await?;
    let mut tx = app.read().await.map_err(|why| failed(&why))?;
    let all =
        app.export_person(&mut *tx, &whom.county, &whom.id).await.map_err(|it| failed(&it))?;
    drop(tx);
    app.store.close().await;
    let mut text = serde_json::to_string_pretty(&all).map_err(|why| Failure::software(&why))?;
    text.push('\n');
    Ok(text)
}

async fn erase(whom: &Whom, reason: &str, by: &str) -> Result<String, Failure> {
    let app = app(whom).await?;
    let now = app.clock.now().to_string();
    // Done again it finds nothing left, so that no request needs to be known again.
    let mark = digest(&[whom.id.as_bytes(), reason.as_bytes(), by.as_bytes(), now.as_bytes()]);
    let request_id: String = format!("erase-{}", hex(&mark)).chars().take(64).collect();
    let call = Write {
        county: whom.county.clone(),
        principal: by.to_owned(),
        request_id,
        method: "Person.Erase",
        fingerprint: mark,
    };
    let id = whom.id.clone();
    let encode = move |erased: &crate::app::person::Erased| {
        let told = if erased.before {
            format!("the names of `{id}` were erased before; nothing was changed")
        } else {
            format!("{} names of `{id}` are erased", erased.names)
        };
        let told = match erased.staying {
            0 => told,
            more => format!("{told}; {more} stay: they were recorded before names were kept apart"),
        };
        told.into_bytes()
    };
    let answer = app.erase_person(call, &whom.id, reason, encode).await;
    let answer = answer.map_err(|why| failed(&why))?;
    app.store.close().await;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn failed(why: &AppError) -> Failure {
    match why {
        AppError::Store(why) => store_failure(why),
        AppError::Invalid(faults) => {
            let lines = faults.iter().map(|it| format!("{}: {} ({})", it.path, it.en, it.zh));
            Failure::usage(lines.collect())
        }
        AppError::NotFound { id, .. } => Failure::data(vec![masked(&format!(
            "nothing is kept about a person `{id}` (没有该人员的记录)"
        ))]),
        AppError::Denied
        | AppError::Refused(_)
        | AppError::Replayed(_)
        | AppError::IdReused
        | AppError::AlreadyExists { .. }
        | AppError::Exhausted { .. }
        | AppError::Engine(_)
        | AppError::Internal(_) => Failure::software(why),
    }
}
