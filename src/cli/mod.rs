//! The commands. Each is thin: it reads arguments and files, calls a use case, and prints.

mod books;
mod calendar;
mod demo;
mod evaluate;
mod export;
mod migrate;
mod person;
mod sample;
mod schedules;
mod scheme;
mod selection;
mod serve;
mod telemetry_args;
mod token;
mod trust;
mod verify;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::domain::masked::Masked;

/// Exact, explained scores, ranks, seats and awards for neighbourhood governance.
#[derive(Debug, Parser)]
#[command(name = "steelyard", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Balance the books of a county's money, and write them out.
    Books {
        #[command(subcommand)]
        command: books::BooksCommand,
    },
    /// Show the calendar of working days, and load a year's notice of holidays.
    Calendar {
        #[command(subcommand)]
        command: calendar::CalendarCommand,
    },
    /// Show a whole county's year: sample, service, five evaluations, seats, ties, stars, money.
    Demo(demo::Demo),
    /// Evaluate a scheme over a file of facts, without a server or a database.
    Evaluate(evaluate::Evaluate),
    /// Write what is kept as a file.
    Export {
        #[command(subcommand)]
        command: export::ExportCommand,
    },
    Migrate(migrate::Migrate),
    /// Show everything that is kept about one person, or erase its names.
    Person {
        #[command(subcommand)]
        command: person::PersonCommand,
    },
    /// Write a sample county: a registry, point schedules, a year's facts, and these for `evaluate`.
    Sample(sample::MakeSample),
    /// Check the point schedules of compound branches.
    Schedule {
        #[command(subcommand)]
        command: schedules::ScheduleCommand,
    },
    /// Check, test, describe and explain scheme documents.
    Scheme {
        #[command(subcommand)]
        command: scheme::SchemeCommand,
    },
    /// Check selection documents.
    Selection {
        #[command(subcommand)]
        command: selection::SelectionCommand,
    },
    /// Serve the API over gRPC.
    Serve(Box<serve::Serve>),
    /// Issue a token by the service's own key, for small installations.
    Token(token::MakeToken),
    /// Prove what is kept beside the ledger from the ledger.
    Verify {
        #[command(subcommand)]
        command: verify::VerifyCommand,
    },
}

/// How a command ends when it cannot do its work: the codes of `sysexits.h`.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    lines: Vec<String>,
}

impl Failure {
    /// A setting is wrong: one line for each.
    pub(crate) fn usage(lines: Vec<String>) -> Self {
        Self { code: 64, lines }
    }

    /// Something that is needed does not answer.
    pub(crate) fn unavailable(why: String) -> Self {
        Self { code: 69, lines: vec![why] }
    }

    /// The data is wrong: the lines say what and where.
    pub(crate) fn data(lines: Vec<String>) -> Self {
        Self { code: 65, lines }
    }

    /// A file cannot be read.
    pub(crate) fn no_input(path: &std::path::Path, why: &io::Error) -> Self {
        Self { code: 66, lines: vec![format!("{}: {why}", path.display())] }
    }

    /// A file or folder cannot be written.
    pub(crate) fn unwritable(path: &std::path::Path, why: &io::Error) -> Self {
        Self { code: 73, lines: vec![format!("{}: {why}", path.display())] }
    }

    /// The product itself failed.
    pub(crate) fn software(why: &dyn std::fmt::Display) -> Self {
        Self { code: 70, lines: vec![why.to_string()] }
    }
}

impl From<io::Error> for Failure {
    fn from(why: io::Error) -> Self {
        Self { code: 74, lines: vec![format!("the output cannot be written: {why}")] }
    }
}

/// Why a store cannot be had: it does not answer, or should not be used as it is.
pub(crate) fn store_failure(why: &crate::store::StoreError) -> Failure {
    Failure::unavailable(format!("the store: {}", crate::domain::masked::told(why)))
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Books { command } => command.run(),
        Command::Calendar { command } => command.run(),
        Command::Demo(command) => command.run(),
        Command::Evaluate(command) => command.run(),
        Command::Export { command } => command.run(),
        Command::Migrate(command) => command.run(),
        Command::Person { command } => command.run(),
        Command::Sample(command) => command.run(),
        Command::Schedule { command } => command.run(),
        Command::Scheme { command } => command.run(),
        Command::Selection { command } => command.run(),
        Command::Serve(command) => command.run(),
        Command::Token(command) => command.run(),
        Command::Verify { command } => command.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let mut err = io::stderr().lock();
            for line in &failure.lines {
                // Nobody is left to tell when even the error stream is closed.
                let _ = writeln!(err, "{}", Masked(line));
            }
            ExitCode::from(failure.code)
        }
    }
}
