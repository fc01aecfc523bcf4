//! `steelyard evaluate`: a scheme over a file of facts.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    path::PathBuf,
    sync::Arc,
};

use clap::Args;
use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};

use super::{Failure, schedules, scheme::load};
use crate::{
    app::offline::{self, Lines, OfflineError, Summary, Terms},
    domain::{
        engine::{Plan, QuotaGroup, SubjectResult, quotas_json, reason_words, result_json},
        exact::RoundingMode,
        time::Moment,
    },
};

/// Rows of one table on the screen; a larger cohort prints several.
const TABLE_ROWS: usize = 1_000;

#[derive(Debug, Args)]
pub(super) struct Evaluate {
    /// The scheme document (YAML).
    #[arg(long)]
    scheme: PathBuf,
    /// The facts, one JSON object a line; `-` reads the standard input.
    #[arg(long)]
    facts: PathBuf,
    /// Point schedules, as adopted: a file, or a folder of `*.yaml`. May be given several times.
    #[arg(long)]
    schedules: Vec<PathBuf>,
    /// As known at that moment, such as `2022-12-31T16:00:00Z`: what was recorded later is left out.
    #[arg(long, value_parser = moment)]
    as_of: Option<Moment>,
    /// One JSON object a subject, then the quota tables, instead of a table for people.
    #[arg(long)]
    json: bool,
}

fn moment(text: &str) -> Result<Moment, String> {
    Moment::parse(text).map_err(|why| why.to_string())
}

/// Facts in a file, which is read again for every pass, or all of the standard input.
pub(super) enum Source {
    File(PathBuf),
    Memory(Vec<u8>),
}

impl Source {
    pub(super) fn of(path: &std::path::Path) -> Result<Self, Failure> {
        if path.as_os_str() != "-" {
            File::open(path).map_err(|why| Failure::no_input(path, &why))?;
            return Ok(Self::File(path.to_owned()));
        }
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map_err(|why| Failure::no_input(path, &why))?;
        Ok(Self::Memory(bytes))
    }
}

impl Lines for Source {
    fn open(&self) -> io::Result<Box<dyn BufRead + '_>> {
        match self {
            Self::File(path) => Ok(Box::new(BufReader::with_capacity(1 << 18, File::open(path)?))),
            Self::Memory(bytes) => bytes.open(),
        }
    }
}

impl Evaluate {
    pub(super) fn run(self) -> Result<(), Failure> {
        let plan = Arc::new(Plan::compile(Arc::new(load(&self.scheme)?)));
        let source = Source::of(&self.facts)?;
        let out = BufWriter::with_capacity(1 << 18, io::stdout().lock());
        let schedules = Arc::new(schedules::read(&self.schedules, plan.scheme())?);
        let terms = Terms { as_of: self.as_of, explain: self.json, schedules };
        if self.json {
            json(&plan, &source, &terms, out)
        } else {
            tables(&plan, &source, &terms, out)
        }
    }
}

fn json(
    plan: &Arc<Plan>,
    source: &Source,
    terms: &Terms,
    mut out: impl Write,
) -> Result<(), Failure> {
    let line = |result| result_json(plan, &result);
    let done = offline::evaluate_as(plan, source, terms, line, |line| writeln!(out, "{line}"));
    let summary = done.map_err(failure)?;
    writeln!(out, "{}", quotas_json(plan, &summary.quotas))?;
    out.flush()?;
    warn(&summary);
    Ok(())
}

fn tables(
    plan: &Arc<Plan>,
    source: &Source,
    terms: &Terms,
    mut out: impl Write,
) -> Result<(), Failure> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let done = offline::evaluate_as(
        plan,
        source,
        terms,
        |result| row(plan, &result),
        |row| {
            rows.push(row);
            if rows.len() >= TABLE_ROWS {
                print(&mut out, std::mem::take(&mut rows))
            } else {
                Ok(())
            }
        },
    );
    let summary = done.map_err(failure)?;
    if !rows.is_empty() {
        print(&mut out, rows)?;
    }
    quotas(plan, &summary, &mut out)?;
    for tie in &summary.ties {
        let grade = plan.scheme().grades.get(tie.grade).map_or("", |it| it.id.as_str());
        let within = tie.within.as_deref().unwrap_or("the groups");
        let (tied, seats) = (tie.tied.join(", "), tie.seats);
        writeln!(
            out,
            "open tie for `{grade}` within {within}: {tied}; seats between them: {seats}"
        )?;
    }
    out.flush()?;
    warn(&summary);
    Ok(())
}

fn row(plan: &Plan, result: &SubjectResult) -> Vec<String> {
    let scheme = plan.scheme();
    let places = scheme.nodes.first().and_then(|it| it.round).map_or(2, |it| it.to);
    let ranks: Vec<String> =
        result.ranks.iter().map(|(group, it)| format!("{group} {it}")).collect();
    let awards: Vec<String> =
        result.awards.iter().map(|it| format!("{} {}", it.id, it.amount)).collect();
    let reasons: Vec<String> =
        result.reasons.iter().map(|it| reason_words(it, scheme)).map(|it| it.zh).collect();
    vec![
        result.subject.clone(),
        result.status.name().to_owned(),
        result.score.as_ref().map_or_else(String::new, |it| it.text(places, RoundingMode::HalfUp)),
        result.grade.clone().unwrap_or_default(),
        ranks.join(", "),
        awards.join(", "),
        reasons.join("；"),
    ]
}

fn print(out: &mut impl Write, rows: Vec<Vec<String>>) -> io::Result<()> {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED);
    table.set_header(["subject", "status", "score", "grade", "places", "awards", "reasons"]);
    table.add_rows(rows);
    writeln!(out, "{table}")
}

fn quotas(plan: &Plan, summary: &Summary, out: &mut impl Write) -> io::Result<()> {
    for quota in &summary.quotas {
        let grade = plan.scheme().grades.get(quota.grade).map_or("", |it| it.id.as_str());
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header(["group", "members", "quota", "floor", "remainder", "seats", "why"]);
        for QuotaGroup { group, pooled, row } in &quota.groups {
            let pooled = pooled.join(", ");
            table.add_row([
                if pooled.is_empty() { group.to_string() } else { format!("{group} ({pooled})") },
                row.members.to_string(),
                row.quota.exact_text(),
                row.floor.to_string(),
                row.remainder.exact_text(),
                row.seats.to_string(),
                row.why.name().to_owned(),
            ]);
        }
        writeln!(out, "seats of `{grade}`\n{table}")?;
    }
    Ok(())
}

/// What was left out goes to the error stream: the answer itself stays clean.
fn warn(summary: &Summary) {
    let mut err = io::stderr().lock();
    for warning in &summary.warnings {
        let _ = writeln!(err, "warning: {warning}");
    }
}

pub(super) fn failure(error: OfflineError) -> Failure {
    match error {
        OfflineError::Refused { faults, total } => {
            let shown = u64::try_from(faults.len()).unwrap_or(u64::MAX);
            let mut lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            if total > shown {
                lines.push(format!("… and {} more", total.saturating_sub(shown)));
            }
            Failure::data(lines)
        }
        OfflineError::Engine(_) | OfflineError::Seats(_) => Failure::data(vec![error.to_string()]),
        OfflineError::Write(why) => Failure::from(why),
        OfflineError::Read(_) => Failure::software(&error),
    }
}
