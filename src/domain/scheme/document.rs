//! A whole scheme document, as read and checked.

use std::sync::Arc;

use super::{
    Cohort, Consequence, Indicator, Node, NodeIndex, ObjectionRule, Place, Predicate, Schedule,
    SchemeFault,
};
use crate::domain::{
    exact::{Apportionment, Decimal, Money},
    time::{Day, DaysOf, PeriodKind},
};

/// What a scheme evaluates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectKind {
    /// An in-service member (在职党员).
    Member,
    /// A property project (物业项目): one company's contract on one compound.
    Project,
    /// A property company (物业企业).
    Company,
    /// A post held by a person (职务), such as branch secretary.
    Post,
    /// A residential compound (小区).
    Compound,
}

impl SubjectKind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Member, Self::Project, Self::Company, Self::Post, Self::Compound];

    /// The name that schemes use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Project => "project",
            Self::Company => "company",
            Self::Post => "post",
            Self::Compound => "compound",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// One evaluation's rules (评分办法).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    /// The id, such as `xinping.member-dual-score`.
    pub id: String,
    /// The version, from 1.
    pub version: u32,
    /// What people call it.
    pub title: String,
    /// What it evaluates.
    pub subject: SubjectKind,
    /// Over how long.
    pub period: PeriodKind,
    /// When it holds.
    pub in_force: InForce,
    /// The documents it rests on.
    pub basis: Vec<Basis>,
    /// Which registered subjects a run of the service takes; predicates over attributes only.
    pub roster: Option<Predicate>,
    /// In which of a person's posts they are appraised; none where the document does not say, and
    /// then in all that are held on the period's last day.
    pub appraised: Option<Appraised>,
    /// The dimension in which posts form a cohort that its unit assesses (S1); none: no chain. The
    /// engine makes nothing of it.
    pub cohort: Option<Cohort>,
    /// The metrics that the service computes from its registry instead of reading recorded ones, in
    /// the document's order; offline they are facts like any other. The engine makes nothing of it.
    pub indicators: Vec<Indicator>,
    /// All nodes, in the document's order. The root is the first.
    pub nodes: Vec<Node>,
    /// Grades from the top. May be empty.
    pub grades: Vec<Grade>,
    /// The veto list (一票否决权清单).
    pub vetoes: Vec<Veto>,
    /// How subjects are ranked.
    pub ranking: Option<Ranking>,
    /// What money follows.
    pub awards: Vec<Award>,
    /// What follows from published results beside awards (S3, S6).
    pub consequences: Vec<Consequence>,
    /// Who is eligible for honours.
    pub honours: Option<Honours>,
    /// The nodes whose values a result keeps and shows, as its sheets (打分项, P1).
    pub sheets: Vec<NodeIndex>,
    /// What a result advises.
    pub advice: Option<Advice>,
    /// How check-ins become a figure and a finding (M3).
    pub check_in: Option<CheckInRule>,
    /// How cases of negative conduct become a finding (M6).
    pub conduct: Option<ConductRule>,
    /// How many days after its last day a period closes for new facts; none: it never does.
    pub closes_after: Option<u32>,
    /// The public notice that a run needs before it is published; none: no notice.
    pub notice: Option<NoticeRule>,
    /// How long published results may be objected to; none: they may not.
    pub objections: Option<ObjectionRule>,
    /// The document's own worked examples.
    pub examples: Vec<Example>,
    /// What a person should look at, though it stops nothing.
    pub warnings: Vec<SchemeFault>,
}

/// `appraised: …`: in which of their posts a person is appraised (S1, S3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Appraised {
    /// In every post held on the period's last day. The default.
    #[default]
    AtEnd,
    /// In the one held on the most days of the period.
    Longest,
}

/// `honours: {…}`: who is eligible for the period's honours (M6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Honours {
    /// A condition that must hold.
    pub when: Option<Predicate>,
    /// A condition that must not hold.
    pub unless: Option<Predicate>,
}

/// `advice: {…}`: what a result is a basis for (P4). Of each list the first that holds; it takes
/// no part in the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// On renewing the service contract (续约建议); may be empty.
    pub renewal: Vec<AdviceBand>,
    /// On the price that is agreed (议价建议); may be empty.
    pub price: Vec<AdviceBand>,
}

/// One advice. What is written of the three conditions must hold; the last of a list has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdviceBand {
    /// Unique in its list.
    pub id: String,
    /// What people read.
    pub title: String,
    /// The grades of which the result has one, by position from the top; empty: not asked.
    pub grades: Vec<usize>,
    /// The least published score; none: not asked.
    pub at_least: Option<Decimal>,
    /// The vetoes of which one is in force; empty: not asked.
    pub vetoed: Vec<String>,
}

/// `check_in: {…}`: when a member must have checked in (报到, M3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckInRule {
    /// The first day by which anybody had to; none: only the months count.
    pub first_by: Option<Day>,
    /// How many months after a change of residence.
    pub within_months: u32,
    /// The metric that counts late days.
    pub metric: String,
    /// The finding in force on late days.
    pub finding: String,
}

/// `notice: {…}`: how long a run is under public notice (公示, F8) before it is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeRule {
    /// How many days after the day of posting, which is not counted; at least 1.
    pub days: u32,
    /// Which days are counted.
    pub of: DaysOf,
}

/// `conduct: {…}`: what negative conduct that is not put right is called (M6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConductRule {
    /// The finding.
    pub finding: String,
}

/// When a scheme holds, both days included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce {
    /// The first day.
    pub from: Day,
    /// The last day; none if it holds until it is retired.
    pub until: Option<Day>,
}

/// What a rule rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// The document.
    pub document: String,
    /// The clause; empty if none was given.
    pub clause: String,
}

/// One grade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// Unique among the grades.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Where it stands.
    pub place: Place,
    /// The least rounded score.
    pub at_least: Option<Decimal>,
    /// A condition that must hold.
    pub when: Option<Predicate>,
    /// A condition that must not hold.
    pub unless: Option<Predicate>,
    /// How many may have it (名额).
    pub seats: Option<Seats>,
}

impl Grade {
    /// The most grades that a scheme can have.
    pub const MAX: usize = 64;
}

/// Seats of a grade (rules F5, S8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seats {
    /// The share, its rounding, and the caps.
    pub terms: Apportionment,
    /// Who is counted.
    pub of: SeatBase,
    /// The group's name.
    pub within: String,
    /// How small groups share seats; none: each by itself.
    pub pool: Option<super::Pool>,
}

/// Who is counted for the share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatBase {
    /// Everybody in the group.
    Subjects,
    /// Those with a place.
    Results,
}

/// One item of the veto list (一票否决).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Veto {
    /// Unique among the vetoes.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Where it stands.
    pub place: Place,
    /// Who may raise it; empty where the document does not say, and then anybody may.
    pub raised_by: Vec<String>,
    /// When in the period it must have been in force.
    pub counts: VetoCounts,
    /// What comes of putting it right in time; none: nothing by itself.
    pub put_right: Option<PutRight>,
    /// How many days the company has to object after it was told; none: no limit.
    pub object_days: Option<u32>,
    /// Whether records about the member who holds the post count too (S5).
    pub of_holder: bool,
    /// Whether it bars from being a candidate for a post (S5).
    pub candidacy: bool,
    /// What it does; at least one.
    pub then: Vec<Effect>,
}

impl Veto {
    /// Whether somebody in that role may raise it.
    pub fn may_raise(&self, by: Option<&str>) -> bool {
        self.raised_by.is_empty() || by.is_some_and(|by| self.raised_by.iter().any(|it| it == by))
    }
}

/// `put_right: {…}`: what comes of putting a veto's cause right in time (整改, P3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PutRight {
    /// How many days after the day on which the company was told, which is not counted.
    pub days: u32,
    /// Whether the veto then never was in force; otherwise it ends the day before.
    pub annuls: bool,
}

/// When a veto counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VetoCounts {
    /// In force on any day of the period. The default.
    #[default]
    AnyDay,
    /// In force on the last day of the period.
    AtEnd,
}

/// What a veto does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// No score, no place.
    Excluded,
    /// That grade or a lower one, and no place. The grade's position from the top.
    Grade(usize),
    /// Never above that grade (一票否优). The grade's position from the top.
    GradeAtBest(usize),
    /// So many grades down.
    GradesDown(usize),
    /// The score is at most this.
    ScoreAtMost(Decimal),
    /// The score is less by this.
    ScoreLess(Decimal),
    /// That node becomes this where it was greater.
    Node {
        /// The node.
        node: NodeIndex,
        /// The value.
        value: Decimal,
    },
    /// No awards.
    NoAwards,
}

/// How subjects are ranked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking {
    /// The groups to rank within, by name.
    pub within: Vec<String>,
    /// The keys in order.
    pub by: Vec<RankKey>,
    /// How places are numbered after a tie.
    pub places: Places,
}

/// One key of a ranking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankKey {
    /// What is compared.
    pub of: KeyOf,
    /// Which end is first.
    pub order: Order,
}

/// What a ranking compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyOf {
    /// The published (rounded) score.
    Score,
    /// The exact value of a node.
    Node(NodeIndex),
    /// A reported figure.
    Metric(String),
}

/// Which end of a key is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The greater is first. The default.
    #[default]
    Descending,
    /// The smaller is first.
    Ascending,
}

/// How places are numbered after a tie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Places {
    /// 1 2 2 4. The default.
    #[default]
    Competition,
    /// 1 2 2 3.
    Dense,
}

/// One award (rules A1, A2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    /// Unique among the awards.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Where it stands.
    pub place: Place,
    /// How much.
    pub amount: Money,
    /// The condition; none means every final subject.
    pub when: Option<Predicate>,
    /// Who gets it.
    pub to: AwardTo,
    /// Whether `when` looks at the attributes of the day of publication (S6). Such an award is no
    /// part of a run's result, which does not know that day.
    pub as_of_publication: bool,
    /// How often one recipient is paid it. No result depends on it.
    pub paid: Paid,
    /// What it rests on.
    pub basis: Vec<Basis>,
}

/// How often an award is paid to one who is entitled to it more than once in a scheme and year, as
/// a person who is secretary here and committee member there (A2, A4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paid {
    /// Once, however often. The default.
    #[default]
    Once,
    /// Once for each result that entitles.
    Each,
}

/// Who gets an award.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwardTo {
    /// The branch, as working funds.
    Branch,
    /// The person.
    Person,
}

/// A worked example, kept in the document and run whenever it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// What it shows.
    pub title: String,
    /// Where it stands.
    pub place: Place,
    /// The point schedules that hold for it.
    pub schedules: Vec<Arc<Schedule>>,
    /// The facts, as the JSON text of one line of facts (without `subject`, which is `example`).
    pub facts: String,
    /// `seats: open`: the limits on seats are left out, to show the grade by points alone.
    pub seats_open: bool,
    /// What it gives.
    pub gives: Expected,
}

/// What an example says it gives. What is not said is not compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// The score as printed; `Some(None)` for `score: null`.
    pub score: Option<Option<Decimal>>,
    /// The score without vetoes.
    pub score_before_vetoes: Option<Option<Decimal>>,
    /// The grade's id; `Some(None)` for `grade: null`.
    pub grade: Option<Option<String>>,
    /// The status's name.
    pub status: Option<String>,
    /// Awards by id and amount; compared whole.
    pub awards: Option<Vec<(String, Money)>>,
    /// The ids of what follows; compared whole.
    pub consequences: Option<Vec<String>>,
    /// The word of `honours`.
    pub honours: Option<String>,
    /// The id of the advice on renewal; `Some(None)` for `null`.
    pub renewal: Option<Option<String>>,
    /// The id of the advice on the price; `Some(None)` for `null`.
    pub price: Option<Option<String>>,
}
