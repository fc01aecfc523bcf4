//! What happens in a selection, as the state is made of it.

use super::{Action, StepKind, TieDecision};
use crate::domain::time::{Day, Moment};

/// A unit, by the word of its kind and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRef {
    /// `street`, `community` or `compound`.
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// A paper that was handed in with a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Which of the step's forms it is; empty: another paper.
    pub form: String,
    /// Where it lies; the service keeps it and does not follow it.
    pub reference: String,
}

/// What was said with a step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    /// The opinion or the reason.
    pub text: String,
    /// Who decided.
    pub decided_by: String,
    /// The papers.
    pub evidence: Vec<Evidence>,
}

/// The notice of a selection (F8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedNotice {
    /// The day of posting, which is not counted.
    pub posted_on: Day,
    /// The last day.
    pub ends_on: Day,
    /// Where to report.
    pub report_to: String,
    /// The calendar's editions by which it was counted, as kept.
    pub calendar: String,
}

/// What is found true of a report (F9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is true: the candidacy is cancelled.
    Proven,
    /// It is not.
    NotProven,
}

impl Outcome {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Proven, Self::NotProven];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::NotProven => "not_proven",
        }
    }

    /// The outcome of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Something was done to a candidate.
    Candidate {
        /// The branch.
        branch: String,
        /// What.
        action: Action,
        /// Who stood before it and was left, where it was recommended or passed out of order.
        passed_over: Vec<String>,
        /// Whether it fell while a veto was in force about it: then it takes no seat.
        vetoed: bool,
    },
    /// A deadline was moved (F12).
    Extended {
        /// Of which step.
        step: StepKind,
        /// For whom; none: for all.
        unit: Option<UnitRef>,
        /// Its new last day.
        until: Day,
    },
    /// The results that rank the candidates were taken (F10).
    Ranked {
        /// The run.
        run: String,
    },
    /// Equal candidates were ordered (F11).
    CandidatesOrdered(TieDecision),
    /// Streets with equal remainders were ordered (F5).
    StreetsOrdered {
        /// The streets, first first.
        order: Vec<String>,
    },
    /// The list was shown to the public (F8).
    NoticePosted(PostedNotice),
    /// Somebody reported a candidate during the notice (F9).
    Reported {
        /// The report's number, from 1.
        number: u32,
        /// The branch.
        branch: String,
        /// The day on which it came in.
        received_on: Day,
        /// Who reported, where that is kept; empty: not said.
        reported_by: String,
    },
    /// A report was checked (F9).
    Answered {
        /// The report's number.
        number: u32,
        /// What was found.
        outcome: Outcome,
    },
    /// The selection is over, its honours confirmed.
    Confirmed,
    /// The selection was given up.
    Abandoned,
}

impl What {
    /// The stored word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Candidate { action, .. } => action.word(),
            Self::Extended { .. } => "extended",
            Self::Ranked { .. } => "ranked",
            Self::CandidatesOrdered(_) => "candidates_ordered",
            Self::StreetsOrdered { .. } => "streets_ordered",
            Self::NoticePosted(_) => "notice_posted",
            Self::Reported { .. } => "reported",
            Self::Answered { .. } => "answered",
            Self::Confirmed => "confirmed",
            Self::Abandoned => "abandoned",
        }
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number in the selection, from 1.
    pub number: i64,
    /// What happened.
    pub what: What,
    /// What was said with it.
    pub word: Word,
    /// When it was recorded.
    pub at: Moment,
    /// Who recorded it.
    pub by: String,
}
