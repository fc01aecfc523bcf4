//! Indicators of compounds on a day, as known at a moment (I1 to I3, I5 to I11): what the registry
//! gives, what is recorded, and how each stands by its rule; and the monthly report over them (I12).
//! Missing is not zero: an indicator that has no value says why.

mod judge;
mod markdown;
mod read;
mod recorded;
mod registered;
mod report;
mod specs;
mod total;

pub use read::{CompoundIndicators, end_of};
pub(super) use read::{computed, put};
pub use recorded::Recorded;
pub use registered::{Coverage, Figure, InRegistry};
pub use report::{Listed, MonthlyReport, UnitFigures};
pub use total::Total;

use super::formation::Bounds;
use crate::domain::exact::Exact;

/// What an indicator says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// So much.
    Known(Amount),
    /// Nothing, and why.
    Missing(Why),
}

/// How much an indicator says, of one compound or of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amount {
    /// A count or a quantity.
    Number(Exact),
    /// One figure by another, which is above zero.
    Share {
        /// The figure above.
        of: Exact,
        /// The figure below.
        per: Exact,
        /// By what the indicator counts: 1, or 100 for every hundred households.
        times: i64,
        /// The one by the other, so many times.
        value: Exact,
    },
}

impl Amount {
    /// The number, or the share.
    pub const fn value(&self) -> &Exact {
        match self {
            Self::Number(value) | Self::Share { value, .. } => value,
        }
    }
}

/// Why an indicator has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Nobody registered or recorded what it needs, or not all of it.
    NotRecorded,
    /// What is registered does not decide it: it lies between these.
    Undecided(Bounds),
    /// It is on record that it does not apply, with this reason.
    NotApplicable(String),
    /// It is a share of nothing: none of what is counted was there.
    NothingToCount,
}

impl Why {
    /// Its stable word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NotRecorded => "not_recorded",
            Self::Undecided(_) => "undecided",
            Self::NotApplicable(_) => "not_applicable",
            Self::NothingToCount => "nothing_to_count",
        }
    }
}

/// One indicator of one compound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicated {
    /// Its id.
    pub id: &'static str,
    /// The rule, as `I5`.
    pub rule: &'static str,
    /// What it says.
    pub value: Value,
    /// Whether the rule's line is met; none where the rule draws none here, or it is not known.
    pub met: Option<bool>,
    /// The sentence in English.
    pub en: String,
    /// The sentence in Chinese.
    pub zh: String,
}
