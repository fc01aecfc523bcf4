//! A whole evaluation over lines of facts that can be read more than once: the offline command,
//! and stateless evaluation over the wire. Memory is bounded by what ranking and seats need of
//! each subject, never by the facts' text. Lines are worked on in chunks side by side; all that
//! comes of them is taken up in the order of the lines.

mod reader;

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, BufRead},
    num::NonZero,
    sync::{Arc, PoisonError, RwLock, mpsc},
    thread,
};

use reader::{Chunk, Reader};

use crate::domain::{
    engine::{
        Candidate, EngineError, Evaluator, Groups, OpenTie, Plan, Quota, Settlement, SubjectResult,
        settle,
    },
    exact::ExactError,
    facts::{Facts, FactsFault, Line, TieDecision, read_line},
    scheme::Schedules,
    time::{Moment, Period},
};

/// The longest line that is read, in bytes.
pub const LINE_MAX: u64 = 16 * 1024 * 1024;

/// The most faults that are told at once.
pub const FAULTS_MAX: usize = 100;

/// A chunk has at most so many lines that are not blank ...
const CHUNK_LINES: usize = 256;

/// ... and takes no further line once it has so many bytes.
const CHUNK_BYTES: usize = 256 * 1024;

/// The most workers of one evaluation.
const WORKERS_MAX: usize = 8;

/// The most chunks that a worker is given before its first answer is taken up.
const AHEAD: usize = 2;

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
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// As known at that moment; all that is given otherwise.
    pub as_of: Option<Moment>,
    /// Whether each result comes with its explanation.
    pub explain: bool,
    /// The point schedules that `scheduled` nodes go by.
    pub schedules: Arc<Schedules>,
}

/// Evaluates all subjects and hands each result to `take`, in the order of the lines.
pub fn evaluate(
    plan: &Arc<Plan>,
    lines: &(impl Lines + ?Sized),
    terms: &Terms,
    take: impl FnMut(SubjectResult) -> io::Result<()>,
) -> Result<Summary, OfflineError> {
    evaluate_as(plan, lines, terms, |result| result, take)
}

/// As [`evaluate`], with each result turned by `make` into what `take` wants, such as a line of
/// output, beside the other work.
pub fn evaluate_as<T: Send>(
    plan: &Arc<Plan>,
    lines: &(impl Lines + ?Sized),
    terms: &Terms,
    make: impl Fn(SubjectResult) -> T + Sync,
    mut take: impl FnMut(T) -> io::Result<()>,
) -> Result<Summary, OfflineError> {
    let period = period_of(plan, lines, terms.as_of)?;
    let mut run = Run::new(plan, period, terms);
    let groups = RwLock::new(Groups::new(plan));
    let seen = || groups.read().unwrap_or_else(PoisonError::into_inner);
    let changed = || groups.write().unwrap_or_else(PoisonError::into_inner);
    for level in 0..plan.levels() {
        // What is measured is of no effect on the others before the level is closed.
        let measure = |it: &mut Evaluator, _: u64, facts: &Facts| it.measure(level, facts, &seen());
        run.pass(lines, measure, |_, measured| {
            let mut groups = changed();
            measured.into_iter().for_each(|it| groups.take(it));
            Ok(())
        })?;
        changed().close_level()?;
    }
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut line_of: Vec<u64> = Vec::new();
    let judge = |it: &mut Evaluator, _: u64, facts: &Facts| it.candidate(facts, &seen());
    run.pass(lines, judge, |line, candidate| {
        candidates.push(candidate);
        line_of.push(line);
        Ok(())
    })?;
    run.refuse_doubles(&candidates, &line_of)?;
    let decisions = std::mem::take(&mut run.decisions);
    let settled = settle(plan, &candidates, &decisions, false)?;
    drop(candidates);
    run.unused_decisions(&decisions, &settled.unused);
    let nothing = Settlement::default();
    let conclude = |it: &mut Evaluator, line: u64, facts: &Facts| {
        let index = line_of.binary_search(&line).ok();
        let settlement = index.and_then(|it| settled.settlements.get(it)).unwrap_or(&nothing);
        let result = if terms.explain {
            it.explain(facts, &seen(), settlement)
        } else {
            it.result(facts, &seen(), settlement)
        };
        result.map(&make)
    };
    run.pass(lines, conclude, |_, made| take(made).map_err(OfflineError::Write))?;
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
    let mut reader = Reader::open(lines)?;
    while stated.is_none()
        && let Some((number, text)) = reader.next()?
    {
        if text.contains("\"period\"")
            && let Ok(Line::Facts(facts)) = read_line(text, number, as_of)
        {
            stated = facts.period;
        }
    }
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

/// What comes of one line.
enum Answer<T> {
    Refused(Vec<FactsFault>),
    Decision(TieDecision),
    Subject {
        line: u64,
        faults: Vec<FactsFault>,
        warnings: Vec<FactsFault>,
        /// None where it was not worked on: something before it had failed or was refused.
        made: Option<Result<T, EngineError>>,
    },
}

/// What a worker is to do with every line of a pass.
struct Task<'a, W> {
    plan: &'a Arc<Plan>,
    period: Period,
    as_of: Option<Moment>,
    schedules: Arc<Schedules>,
    /// Whether facts are checked too.
    first: bool,
    work: W,
}

impl<T, W: Fn(&mut Evaluator, u64, &Facts) -> Result<T, EngineError>> Task<'_, W> {
    fn evaluator(&self) -> Evaluator {
        let evaluator = Evaluator::new(Arc::clone(self.plan), self.period);
        evaluator.with_schedules(Arc::clone(&self.schedules))
    }

    fn answers(&self, evaluator: &mut Evaluator, chunk: &Chunk) -> Vec<Answer<T>> {
        let mut answers = Vec::with_capacity(chunk.lines.len());
        let mut work = chunk.work;
        for (line, at) in &chunk.lines {
            let (line, text) = (*line, chunk.text.get(at.clone()).unwrap_or_default());
            let facts = match read_line(text, line, self.as_of) {
                Err(faults) => {
                    work = false;
                    answers.push(Answer::Refused(faults));
                    continue;
                }
                Ok(Line::NotYet) => continue,
                Ok(Line::Decision(decision)) => {
                    answers.push(Answer::Decision(decision));
                    continue;
                }
                Ok(Line::Facts(mut facts)) => {
                    let today = self.as_of.and_then(Moment::beijing_day);
                    facts.follow(self.plan.scheme(), self.period, today);
                    facts
                }
            };
            let checked = || (evaluator.check(&facts, line), evaluator.warnings(&facts, line));
            let (faults, warnings) = self.first.then(checked).unwrap_or_default();
            work = work && faults.is_empty();
            let made = work.then(|| (self.work)(evaluator, line, &facts));
            work = work && !matches!(made, Some(Err(_)));
            answers.push(Answer::Subject { line, faults, warnings, made });
        }
        answers
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
struct Run<'a> {
    plan: &'a Arc<Plan>,
    period: Period,
    as_of: Option<Moment>,
    schedules: Arc<Schedules>,
    refused: Refused,
    warnings: Vec<FactsFault>,
    decisions: Vec<TieDecision>,
    checked: bool,
}

impl<'a> Run<'a> {
    fn new(plan: &'a Arc<Plan>, period: Period, terms: &Terms) -> Self {
        let (as_of, schedules) = (terms.as_of, Arc::clone(&terms.schedules));
        let (refused, warnings, decisions) = (Refused::default(), Vec::new(), Vec::new());
        Self { plan, period, as_of, schedules, refused, warnings, decisions, checked: false }
    }

    /// One pass over all subjects: `work` beside each other, `done` one after the other in the
    /// order of the lines. The first also checks every line and gathers the decisions; nothing
    /// goes on from facts of which any is refused.
    fn pass<T: Send>(
        &mut self,
        lines: &(impl Lines + ?Sized),
        work: impl Fn(&mut Evaluator, u64, &Facts) -> Result<T, EngineError> + Sync,
        mut done: impl FnMut(u64, T) -> Result<(), OfflineError>,
    ) -> Result<(), OfflineError> {
        let first = !std::mem::replace(&mut self.checked, true);
        let (plan, period, as_of) = (self.plan, self.period, self.as_of);
        let schedules = Arc::clone(&self.schedules);
        let task = Task { plan, period, as_of, schedules, first, work };
        let mut reader = Reader::open(lines)?;
        spread(
            &task,
            |work| reader.chunk(work),
            |answers| {
                let mut answers = answers.into_iter();
                answers.try_for_each(|it| self.take(it, first, &mut done))?;
                Ok(self.refused.total == 0)
            },
        )?;
        self.refuse()
    }

    /// Takes up what came of one line.
    fn take<T>(
        &mut self,
        answer: Answer<T>,
        first: bool,
        done: &mut impl FnMut(u64, T) -> Result<(), OfflineError>,
    ) -> Result<(), OfflineError> {
        match answer {
            Answer::Refused(faults) => self.refused.add(faults),
            Answer::Decision(decision) if first => self.decisions.push(decision),
            Answer::Decision(_) => (),
            Answer::Subject { line, faults, warnings, made } => {
                self.refused.add(faults);
                let room = FAULTS_MAX.saturating_sub(self.warnings.len());
                self.warnings.extend(warnings.into_iter().take(room));
                if let (0, Some(made)) = (self.refused.total, made) {
                    done(line, made?)?;
                }
            }
        }
        Ok(())
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

/// Hands chunks out to workers in turn and takes their answers up in the same turn. `next` gives
/// a chunk, told whether its facts are worked on, and how the lines ended if they did; `taken`
/// answers whether that is still so. A single chunk is worked on here.
fn spread<T: Send>(
    task: &Task<'_, impl Fn(&mut Evaluator, u64, &Facts) -> Result<T, EngineError> + Sync>,
    mut next: impl FnMut(bool) -> (Chunk, Option<Result<(), OfflineError>>),
    mut taken: impl FnMut(Vec<Answer<T>>) -> Result<bool, OfflineError>,
) -> Result<(), OfflineError> {
    let (mut chunk, mut end) = next(true);
    if let Some(end) = end {
        taken(task.answers(&mut task.evaluator(), &chunk))?;
        return end;
    }
    let count = thread::available_parallelism().map_or(1, NonZero::get).min(WORKERS_MAX);
    let most = count.saturating_mul(AHEAD);
    let gone = || OfflineError::Read(io::Error::other("a worker ended early"));
    thread::scope(|scope| {
        let start = |_| {
            let (chunks, given) = mpsc::channel::<Chunk>();
            let (give, answers) = mpsc::channel();
            scope.spawn(move || {
                let mut evaluator = task.evaluator();
                // Nobody waits for an answer once an earlier one has ended the evaluation.
                given.iter().all(|it| give.send(task.answers(&mut evaluator, &it)).is_ok())
            });
            (chunks, answers)
        };
        let workers: Vec<_> = (0..count).map(start).collect();
        let mut pending = VecDeque::with_capacity(most);
        let mut work = true;
        for (chunks, answers) in workers.iter().cycle() {
            chunks.send(chunk).map_err(|_| gone())?;
            pending.push_back(answers);
            while (end.is_some() || pending.len() >= most)
                && let Some(answers) = pending.pop_front()
            {
                work = taken(answers.recv().map_err(|_| gone())?)?;
            }
            if let Some(end) = end {
                return end;
            }
            (chunk, end) = next(work);
        }
        Ok(())
    })
}
