//! What is known about one subject in one period: the only input of an evaluation besides the
//! scheme.

mod belonging;
mod json;
mod post;
mod proposal;
mod veto;

use std::{collections::BTreeMap, fmt};

pub use belonging::{
    CheckIn, ConductCase, ConductStanding, EntryCheck, Span, Stay, Stint, UnitImport,
};
pub use json::{Line, TieDecision, read_line};
pub use post::{PostHeld, PostLeftOut, PostOfPeriod, PostStanding, posts_of_period};
pub use proposal::{LevelValue, Proposal, in_force, standing};
pub use veto::{HolderVeto, VetoDays, VetoRecord, VetoStep, VetoStepKind};

use crate::domain::{
    exact::Decimal,
    scheme::ResultsOf,
    time::{Day, Moment, Period},
};

/// Everything known about one subject in one period, as of one moment.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The subject's id.
    pub subject: String,
    /// The period; the scheme's first one where none is stated.
    pub period: Option<Period>,
    /// The groups it belongs to, by the name of the level, such as `street` → `guishan`.
    pub groups: BTreeMap<String, String>,
    /// Attributes, such as `status` → `in_service`.
    pub attributes: BTreeMap<String, String>,
    /// Ledger entries (积分记录), in the order recorded.
    pub entries: Vec<Entry>,
    /// Assessment sheets (打分表), in the order recorded.
    pub sheets: Vec<Sheet>,
    /// Counted votes (民主测评) by ballot and option.
    pub ballots: BTreeMap<String, BTreeMap<String, u64>>,
    /// Answers by survey and channel.
    pub surveys: BTreeMap<String, BTreeMap<String, Answers>>,
    /// Reported figures.
    pub metrics: BTreeMap<String, Decimal>,
    /// Marks of other systems, by source.
    pub imports: BTreeMap<String, Import>,
    /// Published results of other schemes, by scheme.
    pub results: BTreeMap<String, Vec<GivenResult>>,
    /// Records of vetoes (一票否决).
    pub vetoes: Vec<VetoRecord>,
    /// Recorded findings.
    pub findings: Vec<Finding>,
    /// Why a node has nothing to go on.
    pub states: BTreeMap<String, State>,
    /// In which compound the member lived on which days, by the first; they do not overlap.
    pub stays: Vec<Stay>,
    /// To which unit's branch the member belonged on which days, alike.
    pub units: Vec<Stay>,
    /// The days in service; all of them where nothing is said.
    pub in_service: Option<Vec<Span>>,
    /// Check-ins (报到) with compounds' branches.
    pub check_ins: Vec<CheckIn>,
    /// Cases of negative conduct (M6).
    pub conduct: Vec<ConductCase>,
    /// Marks of other systems that say which unit reports, by source, in the order recorded.
    pub unit_imports: BTreeMap<String, Vec<UnitImport>>,
    /// The posts that the person who holds the subject held on which days (S1).
    pub posts: Vec<PostHeld>,
    /// Values that levels proposed, adjusted and confirmed (S2), in the order recorded.
    pub proposals: Vec<Proposal>,
    /// How many were eligible to vote, by ballot, where it is stated.
    pub eligible: BTreeMap<String, u64>,
    /// The attributes of the day on which the result was published (S6); none while it is not. A run
    /// of the service never has them.
    pub published: Option<BTreeMap<String, String>>,
}

/// The text over which a receipt's digest of facts is made. It is that of a derived `Debug`, with
/// fields that came later left out while they are empty: so receipts of before stay true.
impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Facts");
        text.field("subject", &self.subject)
            .field("period", &self.period)
            .field("groups", &self.groups)
            .field("attributes", &self.attributes)
            .field("entries", &self.entries)
            .field("sheets", &self.sheets)
            .field("ballots", &self.ballots)
            .field("surveys", &self.surveys)
            .field("metrics", &self.metrics)
            .field("imports", &self.imports)
            .field("results", &self.results)
            .field("vetoes", &self.vetoes)
            .field("findings", &self.findings)
            .field("states", &self.states);
        let mut later = |name: &str, empty: bool, value: &dyn fmt::Debug| {
            if !empty {
                text.field(name, value);
            }
        };
        later("stays", self.stays.is_empty(), &self.stays);
        later("units", self.units.is_empty(), &self.units);
        later("in_service", self.in_service.is_none(), &self.in_service);
        later("check_ins", self.check_ins.is_empty(), &self.check_ins);
        later("conduct", self.conduct.is_empty(), &self.conduct);
        later("unit_imports", self.unit_imports.is_empty(), &self.unit_imports);
        later("posts", self.posts.is_empty(), &self.posts);
        later("proposals", self.proposals.is_empty(), &self.proposals);
        later("eligible", self.eligible.is_empty(), &self.eligible);
        later("published", self.published.is_none(), &self.published);
        text.finish()
    }
}

impl Facts {
    /// Orders the entries as the engine reads them: by item, by the day of the deed, then as
    /// recorded. Whoever builds facts calls it once.
    pub fn prepare(&mut self) {
        self.entries.sort_by(|a, b| (&a.item, a.on, a.recorded).cmp(&(&b.item, b.on, b.recorded)));
    }
}

/// One ledger entry: a deed of the subject.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The item.
    pub item: String,
    /// The day the deed was done.
    pub on: Day,
    /// How many times; 1 where nothing is stated.
    pub times: Decimal,
    /// The entry's own points, for items counted by them.
    pub points: Option<Decimal>,
    /// When it was recorded.
    pub recorded: Option<Moment>,
    /// Whether it stands for all entries of a month, kept as sums: `times` is then the sum of
    /// times, or for items counted by the entries' own points the sum of times × points.
    pub rolled_up: bool,
    /// Whether a second person checked it.
    pub check: Option<EntryCheck>,
}

/// As of [`Facts`].
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Entry");
        text.field("item", &self.item)
            .field("on", &self.on)
            .field("times", &self.times)
            .field("points", &self.points)
            .field("recorded", &self.recorded)
            .field("rolled_up", &self.rolled_up);
        if self.check.is_some() {
            text.field("check", &self.check);
        }
        text.finish()
    }
}

/// One assessor's sheet for one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The item: an `assessed` node.
    pub item: String,
    /// The role in which it was given.
    pub role: String,
    /// The assessor; a later sheet of theirs in the same role replaces the earlier.
    pub by: Option<String>,
    /// When it was given.
    pub at: Option<Moment>,
    /// Points out of the node's full marks.
    pub points: Decimal,
}

/// Answers of one channel of a survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answers {
    /// How many answered.
    pub answered: u64,
    /// How many of them were satisfied.
    pub satisfied: u64,
}

/// Marks of another system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Import {
    /// The marks.
    pub raw: Decimal,
    /// That system's full marks.
    pub full: Decimal,
    /// Whether marks above full are meant.
    pub bonus: bool,
}

/// A published result of another scheme.
#[derive(Clone, PartialEq, Eq)]
pub struct GivenResult {
    /// Whose result it is, seen from the subject.
    pub of: ResultsOf,
    /// The published score; none where it has none.
    pub score: Option<Decimal>,
    /// That scheme's full marks.
    pub out_of: Decimal,
    /// Its weight, such as households.
    pub weight: Option<Decimal>,
    /// What is known of it besides, for schemes that list results (P6).
    pub about: Option<Box<AboutResult>>,
}

/// As of [`Facts`].
impl fmt::Debug for GivenResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("GivenResult");
        text.field("of", &self.of);
        match &self.score {
            Some(score) => text.field("score", score),
            None => text.field("score", &self.score),
        };
        text.field("out_of", &self.out_of).field("weight", &self.weight);
        if let Some(about) = &self.about {
            text.field("about", about);
        }
        text.finish()
    }
}

/// What is known of a published result besides its score.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AboutResult {
    /// Whose it is.
    pub subject: String,
    /// Over which period.
    pub period: Option<Period>,
    /// What it is.
    pub status: GivenStatus,
    /// Its grade.
    pub grade: Option<String>,
    /// The items of its scheme's veto list that are in force on it.
    pub vetoes: Vec<String>,
    /// The figures that can weigh it, as `households` to 812.
    pub weights: BTreeMap<String, Decimal>,
    /// The first day on which it was the subject's, where it was another's before in its period.
    pub taken_over: Option<Day>,
}

/// What a published result of another scheme is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GivenStatus {
    /// It stands. The default.
    #[default]
    Final,
    /// Something was missing.
    Incomplete,
    /// A veto took its subject out.
    Excluded,
    /// A tie was open.
    TieOpen,
}

impl GivenStatus {
    /// The one of the word that results use.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "final" => Some(Self::Final),
            "incomplete" => Some(Self::Incomplete),
            "excluded" => Some(Self::Excluded),
            "tie_open" => Some(Self::TieOpen),
            _ => None,
        }
    }
}

/// One recorded finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its kind.
    pub fact: String,
    /// The first day in force.
    pub from: Day,
    /// The last day in force; none while it is.
    pub until: Option<Day>,
}

/// Why a node has nothing to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Which of the three.
    pub kind: StateKind,
    /// The recorded reason.
    pub reason: Option<String>,
}

/// The three reasons a node can have nothing to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateKind {
    /// Nothing was handed in: it is missing, as the scheme treats missing.
    NotSubmitted,
    /// It does not apply to this subject: it is left out.
    NotApplicable,
    /// It was excused: it is left out.
    Excused,
}

impl StateKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::NotSubmitted, Self::NotApplicable, Self::Excused];

    /// The name that facts use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSubmitted => "not_submitted",
            Self::NotApplicable => "not_applicable",
            Self::Excused => "excused",
        }
    }

    /// Whether it takes the node out.
    pub const fn leaves_out(self) -> bool {
        matches!(self, Self::NotApplicable | Self::Excused)
    }
}

/// A fault in given facts: which line, which field, what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactsFault {
    /// The line, from 1; 0 where facts did not come as lines.
    pub line: u64,
    /// The field, such as `entries[3].on`.
    pub path: String,
    /// A stable code, such as `FACTS_DECIMAL`.
    pub code: &'static str,
    /// What is wrong, in English.
    pub wrong: String,
    /// What is wrong, in Chinese.
    pub wrong_zh: String,
}

impl fmt::Display for FactsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, path, code, wrong, wrong_zh } = self;
        if *line > 0 {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{path}: {wrong} [{code}] {wrong_zh}")
    }
}

/// Whether an interval (`until` included, open where there is none) touches `first..=last`.
pub fn touches(from: Day, until: Option<Day>, first: Day, last: Day) -> bool {
    from <= last && until.is_none_or(|it| first <= it)
}
