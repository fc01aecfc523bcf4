//! Point schedules from files: for the offline commands, and to be checked.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Subcommand;

use super::{Failure, scheme::load};
use crate::domain::scheme::{Schedule, Schedules, Scheme, SchemeFault};

#[derive(Debug, Subcommand)]
pub(super) enum ScheduleCommand {
    /// Check point schedules by the bounds of a scheme; exit 0, or 65 with every fault.
    Check {
        /// The scheme whose bounds they keep within.
        #[arg(long)]
        scheme: PathBuf,
        /// The schedules: files, or folders of `*.yaml`.
        #[arg(required = true)]
        schedules: Vec<PathBuf>,
    },
}

impl ScheduleCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self::Check { scheme, schedules } = self;
        let scheme = load(&scheme)?;
        let mut out = io::stdout().lock();
        for schedule in read(&schedules, &scheme)?.all() {
            let Schedule { compound, version, in_force, items, .. } = &**schedule;
            let (from, count) = (in_force.from, items.len());
            writeln!(out, "{compound} {version}: good: from {from}, {count} items")?;
        }
        Ok(())
    }
}

/// Reads schedules as adopted ones, within the scheme's bounds.
pub(super) fn read(paths: &[PathBuf], scheme: &Scheme) -> Result<Schedules, Failure> {
    let mut lines = Vec::new();
    let mut all: Vec<Arc<Schedule>> = Vec::new();
    if scheme.scheduled().is_none() && !paths.is_empty() {
        let words = "takes no point schedules: it has no `scheduled` node";
        return Err(Failure::data(vec![format!("{} {words} (该办法不采用积分细则)", scheme.id)]));
    }
    for path in files(paths)? {
        let bytes = fs::read(&path).map_err(|why| Failure::no_input(&path, &why))?;
        match Schedule::read(&bytes) {
            Err(faults) => lines.extend(told(&path, &faults)),
            Ok(schedule) => {
                lines.extend(told(&path, &scheme.beyond_bounds(&schedule)));
                let same = |it: &&Arc<Schedule>| {
                    it.compound == schedule.compound
                        && (it.version == schedule.version
                            || it.in_force.from == schedule.in_force.from)
                };
                if let Some(other) = all.iter().find(same) {
                    let (compound, version) = (&other.compound, other.version);
                    lines.push(format!(
                        "{}: fault SCHEDULE_TWICE: version {version} of `{compound}` has the same \
                         version or first day (细则版本或生效日重复)",
                        path.display()
                    ));
                }
                all.push(Arc::new(schedule));
            }
        }
    }
    if lines.is_empty() { Ok(Schedules::of(all)) } else { Err(Failure::data(lines)) }
}

fn told(path: &Path, faults: &[SchemeFault]) -> Vec<String> {
    faults.iter().map(|it| format!("{}:{it}", path.display())).collect()
}

/// The files that are meant; those of a folder by name.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let no_input = |why: io::Error| Failure::no_input(path, &why);
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(no_input)? {
            let file = entry.map_err(no_input)?.path();
            if file.extension().is_some_and(|it| it == "yaml") {
                inside.push(file);
            }
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}
