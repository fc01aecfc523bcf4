//! `steelyard sample`: a whole county with a year's facts, as files.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use serde::Serialize;

use super::{Failure, evaluate};
use crate::{
    app::offline::{self, Terms},
    domain::{engine::Plan, exact::RoundingMode, scheme::Scheme},
    sample::{Adoption, Document, Line, SCHEMES, Sample, Size, SubjectKind},
};

#[derive(Debug, Args)]
pub(super) struct MakeSample {
    /// What the county is made of: the same seed makes the same files, byte for byte.
    #[arg(long, default_value_t = 2022)]
    seed: u64,
    /// The folder to write to; it is made where it is not there.
    #[arg(long, default_value = "sample-county")]
    out: PathBuf,
    /// A county in little, with 25 compounds and 5,000 entries.
    #[arg(long)]
    little: bool,
}

impl MakeSample {
    pub(super) fn run(self) -> Result<(), Failure> {
        let size = if self.little { Size::LITTLE } else { Size::COUNTY };
        let sample = Sample::make(self.seed, &size);
        let unwritable = |why: io::Error| Failure::unwritable(&self.out, &why);
        fs::create_dir_all(self.out.join("offline")).map_err(unwritable)?;
        write_lines(&self.out.join("registry.jsonl"), &sample.records)?;
        write_lines(&self.out.join("adoptions.jsonl"), &sample.schedules)?;
        write_lines(&self.out.join("facts.jsonl"), &sample.facts)?;
        write_schedules(&self.out.join("schedules"), &sample.schedules)?;
        let mut compounds = Vec::new();
        for scheme in &SCHEMES {
            let lines = sample.lines(scheme, &compounds);
            let path = self.out.join("offline").join(format!("{}.jsonl", scheme.id));
            write_lines(&path, &lines)?;
            if scheme.id == "xinping.red-flag-compound" {
                compounds = scores(scheme, &lines)?;
            }
        }
        let readme = self.out.join("README.md");
        fs::write(&readme, readme_text(self.seed, self.little, &sample))
            .map_err(|why| Failure::unwritable(&readme, &why))?;
        let (records, facts) = (sample.records.len(), sample.facts.len());
        let shown = self.out.display();
        writeln!(
            io::stdout().lock(),
            "{shown}: {records} records, {facts} facts, seed {}",
            self.seed
        )?;
        Ok(())
    }
}

/// Writes each version of each compound as a file of its own, in the place of those that another
/// sample left there.
fn write_schedules(folder: &Path, adoptions: &[Adoption]) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        for entry in fs::read_dir(folder)? {
            let file = entry?.path();
            if file.file_name().is_some_and(|it| is_ours(&it.to_string_lossy())) {
                fs::remove_file(&file)?;
            }
        }
        for Adoption { compound_id, version, document, .. } in adoptions {
            fs::write(folder.join(format!("{compound_id}.v{version}.yaml")), document)?;
        }
        Ok(())
    };
    write().map_err(|why| Failure::unwritable(folder, &why))
}

/// Whether a file's name is one that schedules are written under.
fn is_ours(name: &str) -> bool {
    let version = name.strip_suffix(".yaml").and_then(|it| it.rsplit_once(".v"));
    version.is_some_and(|(compound, version)| {
        let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        compound.strip_prefix("k-").is_some_and(digits) && digits(version)
    })
}

fn write_lines<T: Serialize>(path: &Path, items: &[T]) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 18, File::create(path)?);
        for item in items {
            serde_json::to_writer(&mut out, item)?;
            out.write_all(b"\n")?;
        }
        out.flush()
    };
    write().map_err(|why| Failure::unwritable(path, &why))
}

/// What a scheme gives: the subjects that have a score, and their scores.
fn scores(scheme: &Document, lines: &[Line]) -> Result<Vec<(String, String)>, Failure> {
    let document = Scheme::read(scheme.text.as_bytes())
        .map_err(|faults| Failure::data(faults.iter().map(ToString::to_string).collect()))?;
    let plan = Arc::new(Plan::compile(Arc::new(document)));
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, line).map_err(io::Error::from)?;
        text.push(b'\n');
    }
    let places = plan.scheme().nodes.first().and_then(|it| it.round).map_or(2, |it| it.to);
    let mut scores = Vec::new();
    let done = offline::evaluate(&plan, text.as_slice(), &Terms::default(), |result| {
        let score = result.score.map(|it| it.text(places, RoundingMode::HalfUp));
        scores.extend(score.map(|it| (result.subject, it)));
        Ok(())
    });
    done.map_err(evaluate::failure)?;
    Ok(scores)
}

fn readme_text(seed: u64, little: bool, sample: &Sample) -> String {
    let (records, facts) = (sample.records.len(), sample.facts.len());
    let schedules = sample.schedules.len();
    let little = if little { " --little" } else { "" };
    let mut text = format!(
        "# A sample county\n\n\
         Made by `steelyard sample --seed {seed}{little}`. Names and figures are invented; the same \
         seed makes the same files, byte for byte.\n\n\
         - `registry.jsonl`: {records} records, one a line, each after those it refers to.\n\
         - `adoptions.jsonl`: {schedules} point schedules as the compounds' general meetings adopted \
         them, one a line, each compound's versions in their order; `schedules/` has the same \
         documents as files.\n\
         - `facts.jsonl`: {facts} facts, one a line. One with `reversed_because` is reversed after \
         it was recorded. The service asks why facts about members come after their year has closed \
         (`late_reason`).\n\
         - `offline/<scheme>.jsonl`: the same facts by subject, for `steelyard evaluate`: those \
         whom the scheme's roster takes. The community secretaries' file holds the compounds' scores that the \
         red-flag scheme gives on its own file.\n\n\
         ```\n"
    );
    for scheme in &SCHEMES {
        let (county, name) = scheme.id.split_once('.').unwrap_or(("", scheme.id));
        let id = scheme.id;
        let document = format!("schemes/{county}/{name}.yaml");
        let schedules = match scheme.subject {
            SubjectKind::Member => " --schedules schedules",
            SubjectKind::Project
            | SubjectKind::Company
            | SubjectKind::Post
            | SubjectKind::Compound => "",
        };
        text.extend([
            "steelyard evaluate --scheme ",
            &document,
            " --facts offline/",
            id,
            ".jsonl",
            schedules,
            "\n",
        ]);
    }
    text.push_str("```\n");
    text
}
