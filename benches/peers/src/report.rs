//! The table of a run: printed, and kept in docs/performance.md.

use std::{fmt, fs, path::Path};

use crate::measure::{Figure, shown};

const BEGIN: &str = "<!-- bench: begin -->";
const END: &str = "<!-- bench: end -->";

#[derive(Default)]
pub struct Report {
    lines: Vec<Line>,
    notes: Vec<String>,
}

struct Line {
    goal: &'static str,
    ours: Figure,
    other: Figure,
    wanted: Option<Wanted>,
}

/// What the ratio has to be. Ratios are of speeds: ours by the other's.
#[derive(Clone, Copy)]
pub enum Wanted {
    /// Ours is at least so many times as fast.
    Times(f64),
    /// Ours has at least this share of the other's speed.
    Share(f64),
    /// Ours takes at most so many times as long.
    AtMost(f64),
}

impl Report {
    pub fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }

    /// Ours beside another; without a wish the ratio is for information.
    pub fn compare(
        &mut self,
        goal: &'static str,
        ours: Figure,
        other: Figure,
        wanted: Option<Wanted>,
    ) {
        self.lines.push(Line { goal, ours, other, wanted });
    }

    /// Puts the table between the marks of a file.
    pub fn write(&self, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let text = fs::read_to_string(file)?;
        let (before, rest) = text.split_once(BEGIN).ok_or("the file has no mark to write at")?;
        let (_, after) = rest.split_once(END).ok_or("the file has no mark to write up to")?;
        fs::write(file, format!("{before}{BEGIN}\n{self}{END}{after}"))?;
        Ok(())
    }
}

impl Line {
    fn ratio(&self) -> String {
        let speed = self.other.median / self.ours.median;
        match self.wanted {
            Some(Wanted::AtMost(_)) => format!("{:.2}× the time", 1.0 / speed),
            Some(Wanted::Share(_)) => format!("{:.0}% of the speed", speed * 100.0),
            Some(Wanted::Times(_)) | None => format!("{speed:.2}× as fast"),
        }
    }

    fn verdict(&self) -> String {
        let speed = self.other.median / self.ours.median;
        let (met, wish) = match self.wanted {
            None => return "for information".to_owned(),
            Some(Wanted::AtMost(most)) => (1.0 / speed <= most, format!("≤ {most}×")),
            Some(Wanted::Share(least)) => (speed >= least, format!("≥ {:.0}%", least * 100.0)),
            Some(Wanted::Times(least)) => (speed >= least, format!("≥ {least}×")),
        };
        format!("{wish}: {}", if met { "met" } else { "**missed**" })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| goal | ours | beside | ratio | wanted |")?;
        writeln!(f, "| --- | --- | --- | ---: | --- |")?;
        for line in &self.lines {
            let Line { goal, ours, other, .. } = line;
            let side = |it: &Figure| {
                let (median, least, most) = (shown(it.median), shown(it.least), shown(it.most));
                format!("{}: {median} ({least} to {most})", it.name)
            };
            let (ours, other) = (side(ours), side(other));
            let (ratio, verdict) = (line.ratio(), line.verdict());
            writeln!(f, "| {goal} | {ours} | {other} | {ratio} | {verdict} |")?;
        }
        for note in &self.notes {
            writeln!(f, "\n{note}.")?;
        }
        Ok(())
    }
}
