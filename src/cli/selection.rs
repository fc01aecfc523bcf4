//! `steelyard selection`: check selection documents.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};

use clap::Subcommand;

use super::Failure;
use crate::domain::selection::{SelectionDocument, selection_schema};

#[derive(Debug, Subcommand)]
pub(super) enum SelectionCommand {
    /// Check documents, each by itself; exit 0, or 65 with every fault.
    Check {
        /// The documents.
        #[arg(required = true)]
        documents: Vec<PathBuf>,
    },
    /// Print the JSON Schema of selection documents, for editors.
    Schema,
}

impl SelectionCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match self {
            Self::Check { documents } => check(&documents, &mut out),
            Self::Schema => Ok(writeln!(out, "{}", selection_schema())?),
        }
    }
}

fn check(documents: &[PathBuf], out: &mut impl Write) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for path in documents {
        let bytes = fs::read(path).map_err(|why| Failure::no_input(path, &why))?;
        let name = path.display();
        match SelectionDocument::read(&bytes) {
            Err(faults) => lines.extend(faults.iter().map(|it| format!("{name}:{it}"))),
            Ok(SelectionDocument { id, version, seats, steps, notice, .. }) => {
                let (share, steps, days) = (&seats.share, steps.len(), notice.days);
                writeln!(
                    out,
                    "{name}: good: {id} {version}, {share} of the branches, {steps} steps, \
                     {days} working days of notice"
                )?;
            }
        }
    }
    if lines.is_empty() { Ok(()) } else { Err(Failure::data(lines)) }
}
