//! Steelyard beside its limits and its peers: goals G1, G4, G5 and G6, in one process and one run.
//!
//! Contenders take turns, round by round, and medians are compared: what disturbs one round disturbs
//! all of them. Called by `./bench`.

mod g1;
mod g4;
mod g5;
mod g6;
mod measure;
mod report;
mod service;

use std::{env, fs, path::PathBuf};

use report::Report;

/// What was asked for.
struct Asked {
    goals: Vec<String>,
    rounds: usize,
    write: Option<PathBuf>,
}

fn asked() -> Result<Asked, String> {
    let mut asked = Asked { goals: Vec::new(), rounds: 5, write: None };
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--rounds" => {
                let rounds = words.next().and_then(|it| it.parse().ok()).filter(|it| *it > 0);
                asked.rounds = rounds.ok_or("--rounds takes a number")?;
            }
            "--write" => asked.write = Some(words.next().ok_or("--write takes a file")?.into()),
            "g1" | "g4" | "g5" | "g6" => asked.goals.push(word),
            _ => return Err(format!("`{word}`: g1, g4, g5, g6, --rounds N or --write FILE")),
        }
    }
    if asked.goals.is_empty() {
        asked.goals = ["g1", "g4", "g5", "g6"].map(str::to_owned).to_vec();
    }
    Ok(asked)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let asked = asked()?;
    let mut report = Report::default();
    let postgres = env::var("STEELYARD_TEST_POSTGRES_OWNER").ok();
    if postgres.is_none() {
        report.note("PostgreSQL was not there: its lines are left out");
    }
    let folder = env::temp_dir().join(format!("steelyard-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let place = service::Place { folder: folder.clone(), postgres };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for goal in &asked.goals {
        match goal.as_str() {
            "g1" => g1::run(asked.rounds, &mut report)?,
            "g4" => g4::run(&runtime, &place, asked.rounds, &mut report)?,
            "g5" => g5::run(&runtime, &place, asked.rounds, &mut report)?,
            _ => g6::run(&runtime, &place, asked.rounds, &mut report)?,
        }
    }
    drop(runtime);
    fs::remove_dir_all(folder)?;
    print!("{report}");
    if let Some(file) = asked.write {
        report.write(&file)?;
    }
    Ok(())
}
