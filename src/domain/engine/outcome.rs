//! What a subject is after all, and why: statuses and reasons.

use super::{Settlement, Standing};
use crate::domain::{
    facts::{StateKind, VetoRecord},
    scheme::{Predicate, Scheme},
};

/// What a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It stands.
    Final,
    /// Something is missing that the scheme does not replace.
    Incomplete,
    /// A veto excludes the subject.
    Excluded,
    /// It is equal to others at a line, and nobody has decided.
    TieOpen,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Final, Self::Incomplete, Self::Excluded, Self::TieOpen];

    /// The word of the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Incomplete => "incomplete",
            Self::Excluded => "excluded",
            Self::TieOpen => "tie_open",
        }
    }

    /// The status of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// What a standing and a settlement come to.
    pub fn of(standing: Standing, settlement: &Settlement) -> Self {
        match standing {
            Standing::Incomplete => Self::Incomplete,
            Standing::Excluded => Self::Excluded,
            Standing::Ranked if settlement.tie.is_some() => Self::TieOpen,
            Standing::Ranked | Standing::Forced => Self::Final,
        }
    }
}

/// Why a result is as it is. In the order: missing, vetoes, ties, seats, honours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// This leaf is missing, and the root with it.
    Missing {
        /// The leaf's id.
        node: String,
        /// The state that facts gave for it.
        state: Option<StateKind>,
        /// The reason recorded with the state.
        reason: Option<String>,
    },
    /// This item of the veto list is in force.
    Veto {
        /// The item.
        item: String,
        /// Every record of it that is in force.
        records: Vec<VetoRecord>,
    },
    /// Equal to others at the line of this grade.
    TieOpen {
        /// The grade.
        grade: String,
        /// The group within which its seats are counted.
        group: String,
    },
    /// No seat of this grade was left.
    SeatsExhausted {
        /// The grade.
        grade: String,
    },
    /// Not eligible for the period's honours.
    HonoursBarred {
        /// The findings in force that the condition names; none where it is another condition.
        facts: Vec<String>,
    },
}

/// Whether a result is eligible for honours; nothing where its scheme does not say, or where it is
/// not final and not barred.
pub fn honours(scheme: &Scheme, status: Status, reasons: &[Reason]) -> Option<bool> {
    scheme.honours.as_ref()?;
    if reasons.iter().any(|it| matches!(it, Reason::HonoursBarred { .. })) {
        return Some(false);
    }
    (status == Status::Final).then_some(true)
}

/// The findings that a condition names, each once.
pub(super) fn facts_of(predicate: &Predicate, into: &mut Vec<String>) {
    match predicate {
        Predicate::Fact { fact } => {
            if !into.contains(fact) {
                into.push(fact.clone());
            }
        }
        Predicate::All(parts) | Predicate::Any(parts) | Predicate::None(parts) => {
            parts.iter().for_each(|it| facts_of(it, into));
        }
        Predicate::Node { .. }
        | Predicate::Metric { .. }
        | Predicate::Ratio { .. }
        | Predicate::Attribute { .. }
        | Predicate::Results { .. }
        | Predicate::Grade { .. } => (),
    }
}

impl Reason {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Veto { .. } => "veto",
            Self::TieOpen { .. } => "tie_open",
            Self::SeatsExhausted { .. } => "seats_exhausted",
            Self::HonoursBarred { .. } => "honours_barred",
        }
    }
}
