//! A selection document (评选办法): who may apply, what share of a street's branches it may
//! recommend, who speaks at each step and until when, and what is asked of the public notice.

use crate::domain::{
    exact::Apportionment,
    scheme::{Award, Basis, InForce, NoticeRule},
    time::{Day, Period},
};

/// One selection's rules, as read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectionDocument {
    /// The id, such as `xinping.red-flag-selection`.
    pub id: String,
    /// The version, from 1.
    pub version: u32,
    /// What people call it.
    pub title: String,
    /// What one who is confirmed is called, such as 红旗小区.
    pub honour: String,
    /// When it holds: a selection goes by the version in force on the last day of its year.
    pub in_force: InForce,
    /// The documents it rests on.
    pub basis: Vec<Basis>,
    /// What candidates are judged by (F10).
    pub criteria: Criteria,
    /// Which branches are counted for the share (F4).
    pub forms: Vec<RosterForm>,
    /// The share, its rounding and the county's cap (F1, F5), within streets.
    pub seats: Apportionment,
    /// The steps before the notice, in their order; every one is there.
    pub steps: Vec<StepRule>,
    /// The public notice (F8).
    pub notice: NoticeRule,
    /// What money follows for those who are confirmed (A1).
    pub awards: Vec<Award>,
}

/// What candidates are judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criteria {
    /// The scheme whose results rank the candidates; its subjects are compounds.
    pub scheme: String,
    /// The grade of that scheme that a candidate reaches at least; none: any.
    pub grade: Option<String>,
    /// Items of that scheme's veto list of which none may be in force about a candidate, on the day
    /// of any step.
    pub bars: Vec<String>,
}

/// A form of branch that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RosterForm {
    /// A compound's own branch.
    CompoundBranch,
    /// A branch of several compounds, counted once, where it lies.
    JointBranch,
    /// A party group.
    PartyGroup,
}

impl RosterForm {
    /// All forms.
    pub const ALL: [Self; 3] = [Self::CompoundBranch, Self::JointBranch, Self::PartyGroup];

    /// The name that documents use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CompoundBranch => "compound_branch",
            Self::JointBranch => "joint_branch",
            Self::PartyGroup => "party_group",
        }
    }

    /// The form of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// A step before the notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// The branch applies (申报, F2).
    Application,
    /// The community checks the material and gives its opinion (社区把关, F3).
    Opinion,
    /// The street looks at the place, screens and recommends (街道审核推荐, F4).
    Recommendation,
    /// The selection group examines (评选组评选, F6).
    Examination,
    /// Members of the standing committee and their departments are asked (征求意见, F7).
    Consultation,
    /// The standing committee decides (常委会审定, F7).
    Decision,
}

impl StepKind {
    /// All steps in their order.
    pub const ALL: [Self; 6] = [
        Self::Application,
        Self::Opinion,
        Self::Recommendation,
        Self::Examination,
        Self::Consultation,
        Self::Decision,
    ];

    /// The name that documents use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Opinion => "opinion",
            Self::Recommendation => "recommendation",
            Self::Examination => "examination",
            Self::Consultation => "consultation",
            Self::Decision => "decision",
        }
    }

    /// The step of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// Who takes a step, until when, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRule {
    /// The step.
    pub kind: StepKind,
    /// Who: `compound`, `community`, `street` or `county` is that unit above the candidate, any other
    /// word an office of the county's.
    pub by: String,
    /// The last day; none: no limit of its own.
    pub until: Option<YearDay>,
    /// The forms that its evidence holds, each once; may be empty.
    pub forms: Vec<Form>,
}

/// A paper that a step asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Unique in its step.
    pub id: String,
    /// What people call it, such as 申报表.
    pub title: String,
}

/// A day in the year of a selection or in the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct YearDay {
    /// Whether it is in the next year.
    pub next_year: bool,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month; 29 February is none that every year has.
    pub day: u8,
}

impl YearDay {
    /// The day, for a selection of a year; none outside the calendar.
    pub fn of(self, year: Period) -> Option<Day> {
        let year = year.year().checked_add(i64::from(self.next_year))?;
        Day::new(year, self.month.into(), self.day.into())
    }
}

impl SelectionDocument {
    /// The rule of a step.
    pub fn step(&self, kind: StepKind) -> Option<&StepRule> {
        self.steps.iter().find(|it| it.kind == kind)
    }
}
