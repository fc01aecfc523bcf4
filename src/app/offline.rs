//! A whole evaluation over lines of facts that can be read more than once: the offline command,
//! and stateless evaluation over the wire. Memory is bounded by what ranking and seats need of
//! each subject, never by the facts' text.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Read},
    sync::Arc,
};

use crate::domain::{
    engine::{
        Candidate, EngineError, Evaluator, Groups, OpenTie, Plan, Quota, SubjectResult, settle,
    },
    exact::ExactError,
    facts::{Facts, FactsFault, Line, TieDecision, read_line},
    time::{Moment, Period},
};

/// The longest line that is read, in bytes.
pub const LINE_MAX: u64 = 16 * 1024 * 1024;

/// The most faults that are told at once.
pub const FAULTS_MAX: usize = 100;

/// Lines of facts, as often as they are needed.
pub trait Lines {
    /// Opens the lines from the start.
    fn open(&self) -> io::Result<Box<dyn BufRead + '_>>;
}

impl Lines for [u8] {
    fn open(&self) -> io::Result<Box<dyn BufRead + '_>> {
        Ok(Box::new(self))
    }
}

/// Why a whole evaluation has no result.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The lines cannot be read.
    #[error("the facts cannot be read: {0}")]
    Read(#[from] io::Error),
    /// Facts are refused; at most [`FAULTS_MAX`] faults, and how many there were in all.
    #[error("{total} fault(s) in the facts")]
    Refused {
        /// The faults, by line.
        faults: Vec<FactsFault>,
        /// How many there were.
        total: u64,
    },
    /// The engine could not compute a value.
    #[error("{0}")]
    Engine(#[from] EngineError),
    /// A share could not be computed.
    #[error("the seats cannot be computed: {0}")]
    Seats(#[from] ExactError),
    /// Whoever takes the results failed.
    #[error("the results cannot be written: {0}")]
    Write(io::Error),
}

/// What is known once every subject has been answered.
#[derive(Debug)]
pub struct Summary {
    /// The quota tables.
    pub quotas: Vec<Quota>,
    /// Ties left open.
    pub ties: Vec<OpenTie>,
    /// What was left out though it was given.
    pub warnings: Vec<FactsFault>,
    /// How many subjects there were.
    pub subjects: u64,
}

/// How to evaluate.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms {
    /// As known at that moment; all that is given otherwise.
    pub as_of: Option<Moment>,
    /// Whether each result comes with its explanation.
    pub explain: bool,
}

/// Evaluates all subjects and hands each result to `take`, in the order of the lines.
pub fn evaluate(
    plan: &Arc<Plan>,
    lines: &(impl Lines + ?Sized),
    terms: Terms,
    mut take: impl FnMut(SubjectResult) -> io::Result<()>,
) -> Result<Summary, OfflineError> {
    let period = period_of(plan, lines, terms.as_of)?;
    let mut run = Run {
        evaluator: Evaluator::new(Arc::clone(plan), period),
        groups: Groups::new(plan),
        as_of: terms.as_of,
        refused: Refused::default(),
        warnings: Vec::new(),
        decisions: Vec::new(),
        checked: false,
    };
    for level in 0..plan.levels() {
        run.pass(lines, |run, _, facts| {
            let measured = run.evaluator.measure(level, facts, &run.groups)?;
            measured.into_iter().for_each(|it| run.groups.take(it));
            Ok(())
        })?;
        run.groups.close_level()?;
    }
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut line_of: Vec<u64> = Vec::new();
    run.pass(lines, |run, line, facts| {
        candidates.push(run.evaluator.candidate(facts, &run.groups)?);
        line_of.push(line);
        Ok(())
    })?;
    run.refuse_doubles(&candidates, &line_of)?;
    drop(line_of);
    let decisions = std::mem::take(&mut run.decisions);
    let settled = settle(plan, &candidates, &decisions, false)?;
    drop(candidates);
    run.unused_decisions(&decisions, &settled.unused);
    let mut settlements = settled.settlements.iter();
    run.pass(lines, |run, _, facts| {
        let settlement = settlements.next().cloned().unwrap_or_default();
        let result = if terms.explain {
            run.evaluator.explain(facts, &run.groups, &settlement)?
        } else {
            run.evaluator.result(facts, &run.groups, &settlement)?
        };
        take(result).map_err(OfflineError::Write)
    })?;
    let subjects = u64::try_from(settled.settlements.len()).unwrap_or(u64::MAX);
    let Run { warnings, .. } = run;
    Ok(Summary { quotas: settled.quotas, ties: settled.ties, warnings, subjects })
}

/// The period that the facts state first; the scheme's first one where none does.
fn period_of(
    plan: &Plan,
    lines: &(impl Lines + ?Sized),
    as_of: Option<Moment>,
) -> Result<Period, OfflineError> {
    let scheme = plan.scheme();
    let mut stated = None;
    each_line(lines, |number, text| {
        if stated.is_none()
            && text.contains("\"period\"")
            && let Ok(Line::Facts(facts)) = read_line(text, number, as_of)
        {
            stated = facts.period;
        }
        Ok(stated.is_none())
    })?;
    let period = match stated {
        Some(period) => Some(period),
        None => crate::domain::engine::first_period(scheme),
    };
    period.filter(|it| it.kind() == scheme.period).ok_or_else(|| {
        let kind = scheme.period.name();
        refused(FactsFault {
            line: 0,
            path: "period".to_owned(),
            code: "FACTS_PERIOD_KIND",
            wrong: format!("the scheme evaluates a {kind}, and these facts are of another period"),
            wrong_zh: format!("评分办法的评价周期为 {kind}，事实的周期不符"),
        })
    })
}

fn refused(fault: FactsFault) -> OfflineError {
    OfflineError::Refused { faults: vec![fault], total: 1 }
}

/// Calls `each` with every line that is not blank, from 1, until it answers `false`.
fn each_line(
    lines: &(impl Lines + ?Sized),
    mut each: impl FnMut(u64, &str) -> Result<bool, OfflineError>,
) -> Result<(), OfflineError> {
    let mut reader = lines.open()?;
    let mut bytes = Vec::new();
    let mut number = 0_u64;
    loop {
        bytes.clear();
        let read = (&mut reader).take(LINE_MAX).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(());
        }
        number = number.saturating_add(1);
        let too_long = bytes.last() != Some(&b'\n') && u64::try_from(read) == Ok(LINE_MAX);
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) if !too_long => text.trim_start_matches('\u{feff}').trim(),
            Ok(_) | Err(_) => {
                return Err(refused(FactsFault {
                    line: number,
                    path: "$".to_owned(),
                    code: "FACTS_TEXT_ENCODING",
                    wrong: "a line is UTF-8 text of at most 16 MiB".to_owned(),
                    wrong_zh: "每行应为不超过 16 MiB 的 UTF-8 文本".to_owned(),
                }));
            }
        };
        if !text.is_empty() && !each(number, text)? {
            return Ok(());
        }
    }
}

#[derive(Default)]
struct Refused {
    faults: Vec<FactsFault>,
    total: u64,
}

impl Refused {
    fn add(&mut self, faults: Vec<FactsFault>) {
        let count = u64::try_from(faults.len()).unwrap_or(u64::MAX);
        self.total = self.total.saturating_add(count);
        let room = FAULTS_MAX.saturating_sub(self.faults.len());
        self.faults.extend(faults.into_iter().take(room));
    }
}

/// One evaluation under way.
struct Run {
    evaluator: Evaluator,
    groups: Groups,
    as_of: Option<Moment>,
    refused: Refused,
    warnings: Vec<FactsFault>,
    decisions: Vec<TieDecision>,
    checked: bool,
}

impl Run {
    /// One pass over all subjects. The first also checks every line and gathers the decisions;
    /// nothing goes on from facts of which any is refused.
    fn pass(
        &mut self,
        lines: &(impl Lines + ?Sized),
        mut each: impl FnMut(&mut Self, u64, &Facts) -> Result<(), OfflineError>,
    ) -> Result<(), OfflineError> {
        let first = !std::mem::replace(&mut self.checked, true);
        each_line(lines, |number, text| {
            match read_line(text, number, self.as_of) {
                Err(faults) => self.refused.add(faults),
                Ok(Line::NotYet) => (),
                Ok(Line::Decision(decision)) if first => self.decisions.push(decision),
                Ok(Line::Decision(_)) => (),
                Ok(Line::Facts(facts)) => {
                    if first {
                        let faults = self.evaluator.check(&facts, number);
                        let refuse = !faults.is_empty();
                        self.refused.add(faults);
                        let room = FAULTS_MAX.saturating_sub(self.warnings.len());
                        let warnings = self.evaluator.warnings(&facts, number);
                        self.warnings.extend(warnings.into_iter().take(room));
                        if refuse {
                            return Ok(true);
                        }
                    }
                    if self.refused.total == 0 {
                        each(self, number, &facts)?;
                    }
                }
            }
            Ok(true)
        })?;
        self.refuse()
    }

    fn refuse(&mut self) -> Result<(), OfflineError> {
        let Refused { faults, total } = std::mem::take(&mut self.refused);
        if total == 0 { Ok(()) } else { Err(OfflineError::Refused { faults, total }) }
    }

    /// A subject that stands twice is refused, both lines named.
    fn refuse_doubles(
        &mut self,
        candidates: &[Candidate],
        line_of: &[u64],
    ) -> Result<(), OfflineError> {
        let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
        for (candidate, line) in candidates.iter().zip(line_of) {
            if let Some(earlier) = seen.insert(&candidate.subject, *line) {
                let subject = &candidate.subject;
                self.refused.add(vec![FactsFault {
                    line: *line,
                    path: "subject".to_owned(),
                    code: "FACTS_SUBJECT_TWICE",
                    wrong: format!("`{subject}` already stands in line {earlier}"),
                    wrong_zh: format!("{subject} 已在第 {earlier} 行出现"),
                }]);
            }
        }
        self.refuse()
    }

    fn unused_decisions(&mut self, decisions: &[TieDecision], unused: &[usize]) {
        for decision in unused.iter().filter_map(|it| decisions.get(*it)) {
            let within = decision.within.as_deref().unwrap_or("-");
            let (grade, order) = (&decision.grade, decision.order.join(", "));
            self.warnings.push(FactsFault {
                line: 0,
                path: "decision".to_owned(),
                code: "DECISION_SETTLES_NOTHING",
                wrong: format!(
                    "no tie for `{grade}` within `{within}` is between exactly {order}: the \
                     decision is left out"
                ),
                wrong_zh: format!("{grade}（{within}）没有恰由 {order} 构成的并列，该决定未采用"),
            });
        }
    }
}
