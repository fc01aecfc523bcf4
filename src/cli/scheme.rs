//! `steelyard scheme`: check, test, describe and explain scheme documents.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Subcommand;

use super::{
    Failure,
    evaluate::{Source, failure},
};
use crate::{
    app::offline::{self, Terms},
    domain::{
        engine::{
            Explained, Plan, SubjectResult, advice, honours, missed_grade, reason_words,
            run_examples, seat_words, sentence,
        },
        exact::{Exact, RoundingMode},
        scheme::{Scheme, SchemeFault, json_schema},
        time::Moment,
    },
};

#[derive(Debug, Subcommand)]
pub(super) enum SchemeCommand {
    /// Check documents, their worked examples included; exit 0, or 65 with every fault.
    Check {
        /// The documents.
        #[arg(required = true)]
        documents: Vec<PathBuf>,
    },
    /// Run the worked examples of documents.
    Test {
        /// The documents.
        #[arg(required = true)]
        documents: Vec<PathBuf>,
    },
    /// Print the JSON Schema of scheme documents, for editors.
    Schema,
    /// Explain one subject's result, the whole tree in words.
    Explain {
        /// The scheme document.
        scheme: PathBuf,
        /// The facts of the whole cohort, one JSON object a line; `-` reads the standard input.
        #[arg(long)]
        facts: PathBuf,
        /// The subject.
        #[arg(long)]
        subject: String,
        /// Point schedules, as adopted: a file, or a folder of `*.yaml`.
        #[arg(long)]
        schedules: Vec<PathBuf>,
        /// As known at that moment.
        #[arg(long, value_parser = |text: &str| Moment::parse(text).map_err(|it| it.to_string()))]
        as_of: Option<Moment>,
    },
}

impl SchemeCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match self {
            Self::Check { documents } => check(&documents, &mut out),
            Self::Test { documents } => test(&documents, &mut out),
            Self::Schema => Ok(writeln!(out, "{}", json_schema())?),
            Self::Explain { scheme, facts, subject, schedules, as_of } => {
                explain((&scheme, &facts, &schedules), &subject, as_of, &mut out)
            }
        }
    }
}

/// Reads and checks a document, without its examples.
pub(super) fn load(path: &Path) -> Result<Scheme, Failure> {
    let bytes = fs::read(path).map_err(|why| Failure::no_input(path, &why))?;
    Scheme::read(&bytes).map_err(|faults| Failure::data(told(path, &faults)))
}

fn told(path: &Path, faults: &[SchemeFault]) -> Vec<String> {
    faults.iter().map(|it| format!("{}:{it}", path.display())).collect()
}

/// Every fault of a checked document's examples.
fn example_faults(path: &Path, plan: &Arc<Plan>) -> Vec<String> {
    let faults = run_examples(plan).into_iter();
    faults
        .map(|it| {
            let (line, column) = (it.place.line, it.place.column);
            format!(
                "{}:{line}:{column}: fault EXAMPLE_DIFFERS at examples `{}`: {} (示例结果不符)",
                path.display(),
                it.title,
                it.wrong
            )
        })
        .collect()
}

fn check(documents: &[PathBuf], out: &mut impl Write) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for path in documents {
        let bytes = fs::read(path).map_err(|why| Failure::no_input(path, &why))?;
        match Scheme::read(&bytes) {
            Err(faults) => lines.extend(told(path, &faults)),
            Ok(scheme) => {
                for warning in told(path, &scheme.warnings) {
                    writeln!(out, "{warning}")?;
                }
                let plan = Arc::new(Plan::compile(Arc::new(scheme)));
                let faults = example_faults(path, &plan);
                if faults.is_empty() {
                    let (nodes, examples) =
                        (plan.scheme().nodes.len(), plan.scheme().examples.len());
                    let name = path.display();
                    writeln!(out, "{name}: good: {nodes} nodes, {examples} examples")?;
                }
                lines.extend(faults);
            }
        }
    }
    if lines.is_empty() { Ok(()) } else { Err(Failure::data(lines)) }
}

fn test(documents: &[PathBuf], out: &mut impl Write) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for path in documents {
        let plan = Arc::new(Plan::compile(Arc::new(load(path)?)));
        let faults = example_faults(path, &plan);
        let failed = run_examples(&plan);
        for example in &plan.scheme().examples {
            let good = failed.iter().all(|it| it.place != example.place);
            let word = if good { "ok" } else { "FAILED" };
            writeln!(out, "{}: {word}: {}", path.display(), example.title)?;
        }
        lines.extend(faults);
    }
    if lines.is_empty() { Ok(()) } else { Err(Failure::data(lines)) }
}

fn explain(
    (scheme, facts, schedules): (&Path, &Path, &[PathBuf]),
    subject: &str,
    as_of: Option<Moment>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let plan = Arc::new(Plan::compile(Arc::new(load(scheme)?)));
    let source = Source::of(facts)?;
    let mut found = None;
    let schedules = Arc::new(super::schedules::read(schedules, plan.scheme())?);
    let terms = Terms { as_of, explain: true, schedules };
    let done = offline::evaluate(&plan, &source, &terms, |result| {
        if result.subject == subject {
            found = Some(result);
        }
        Ok(())
    });
    done.map_err(failure)?;
    let Some(result) = found else {
        return Err(Failure::data(vec![format!("the facts have no subject `{subject}`")]));
    };
    Ok(tell(&plan, &result, out)?)
}

/// The whole result in words.
fn tell(plan: &Plan, result: &SubjectResult, out: &mut impl Write) -> io::Result<()> {
    let scheme = plan.scheme();
    let places = scheme.nodes.first().and_then(|it| it.round).map_or(2, |it| it.to);
    let text = |it: &Option<Exact>| {
        it.as_ref().map_or_else(|| "—".to_owned(), |it| it.text(places, RoundingMode::HalfUp))
    };
    writeln!(out, "{} {}  {}", scheme.id, scheme.version, scheme.title)?;
    writeln!(out, "{}  {}", result.subject, result.period)?;
    writeln!(out, "status 状态: {}", result.status.name())?;
    writeln!(out, "score 得分: {}", text(&result.score))?;
    if result.score != result.score_before_vetoes {
        writeln!(out, "score before vetoes 否决前: {}", text(&result.score_before_vetoes))?;
    }
    let grade = scheme.grades.iter().find(|it| Some(&it.id) == result.grade.as_ref());
    if let Some(grade) = grade {
        writeln!(out, "grade 等次: {} {}", grade.id, grade.title)?;
    }
    if let Some(missed) = missed_grade(result, scheme) {
        writeln!(out, "  × {}\n    {}", missed.zh, missed.en)?;
    }
    for (sign, words) in ["×", "·"].into_iter().zip(seat_words(result, scheme)) {
        if let Some(words) = words {
            writeln!(out, "  {sign} {}\n    {}", words.zh, words.en)?;
        }
    }
    for (group, place) in &result.ranks {
        writeln!(out, "place in its {group} 位次: {place}")?;
    }
    for award in &result.awards {
        writeln!(out, "award 奖补: {} {} 元", award.id, award.amount)?;
    }
    for consequence in result.consequences.iter().flatten() {
        writeln!(out, "follows 结果运用: {consequence}")?;
    }
    if honours(scheme, result.status, &result.reasons) == Some(true) {
        writeln!(out, "honours 评先评优: eligible 具备资格")?;
    }
    if let Some(advised) = advice(scheme, &result.advisable()) {
        for (what, band) in [("renewal 续约", advised.renewal), ("price 价格", advised.price)] {
            if let Some(band) = band {
                writeln!(out, "advice on {what}: {} {}", band.id, band.title)?;
            }
        }
    }
    for reason in &result.reasons {
        let words = reason_words(reason, scheme);
        writeln!(out, "· {}\n  {}", words.en, words.zh)?;
    }
    writeln!(out)?;
    node(plan, &result.nodes, 0, 0, out)
}

fn node(
    plan: &Plan,
    nodes: &[Explained],
    index: usize,
    depth: usize,
    out: &mut impl Write,
) -> io::Result<()> {
    let scheme = plan.scheme();
    let (Some(node_of), Some(explained)) = (scheme.nodes.get(index), nodes.get(index)) else {
        return Ok(());
    };
    let indent = "  ".repeat(depth);
    let value = explained.value.known().map_or_else(
        || "—".to_owned(),
        |it| {
            let exact = it.is_decimal(12);
            if exact {
                it.exact_text()
            } else {
                format!("≈{} ({it})", it.text(4, RoundingMode::HalfUp))
            }
        },
    );
    let out_of = node_of.out_of.map(|it| format!(" / {it}")).unwrap_or_default();
    let title = if node_of.title.is_empty() { &node_of.id } else { &node_of.title };
    writeln!(out, "{indent}{} {title}: {value}{out_of}  [{}]", node_of.id, node_of.kind.name())?;
    for note in &explained.notes {
        let words = sentence(note, scheme);
        let mark = if note.is_tried() { "×" } else { "·" };
        writeln!(out, "{indent}    {mark} {}\n{indent}      {}", words.zh, words.en)?;
    }
    for child in node_of.kind.children() {
        node(plan, nodes, *child, depth.saturating_add(1), out)?;
    }
    Ok(())
}
