//! The integer kernel: a scheme whose constants allow it, compiled to whole-number arithmetic over
//! columns of subjects.
//!
//! Every node gets a denominator of its own when the scheme is compiled, so that its value is one
//! `i64` per subject. Intervals worked out at the same time prove that no step leaves an `i64`;
//! where that cannot be proved, or where data divide (ballots, surveys, ratios), there is no kernel
//! and [`crate::domain::engine::Evaluator`] computes the same in rationals. What the kernel gives is exactly what
//! the evaluator gives.

mod columns;
mod compile;
mod expr;
mod run;
#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod tests;

use std::{collections::BTreeMap, num::NonZeroU64};

pub use columns::{Columns, NotInColumns};

use super::plan::Plan;
use crate::domain::{
    exact::{Decimal, RoundingMode},
    scheme::NodeIndex,
    time::{PeriodKind, Window},
};

/// A scheme as integer arithmetic over columns. Cheap to share between threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kernel {
    inputs: Vec<Input>,
    steps: Vec<Step>,
    /// How many working columns the steps use.
    slots: usize,
    /// The greatest size of an input.
    limit: i64,
    places: u32,
    /// For each grade, the least score in whole units; nothing where a grade asks for more than
    /// points.
    grades: Option<Vec<i64>>,
    period: PeriodKind,
}

/// One input column of a kernel: ten-thousandths, one number a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The node that reads it: its id is the item of the entries.
    pub node: NodeIndex,
    /// What its numbers are.
    pub what: InputKind,
    /// The stretch of the calendar that one column of this item covers.
    pub per: Window,
    /// Which one of the period's, from 0.
    pub window: usize,
}

/// What the numbers of an input column are, in ten-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// The sum of the entries' times.
    Times,
    /// The sum of the entries' times × own points, each entry's points held to the limits.
    Points {
        /// `each: [least, most]`.
        each: Option<(Decimal, Decimal)>,
    },
    /// Raw marks of another system.
    Marks {
        /// The full marks that the kernel was compiled for.
        full: Decimal,
    },
}

/// One step over a block of subjects. Slots are the kernel's working columns.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// Every subject has this number.
    Fill { to: usize, value: i64 },
    /// Adds an input, multiplied.
    AddInput { input: usize, factor: i64, to: usize },
    /// Adds an input that is multiplied, held to limits, and multiplied again.
    AddHeld { scale: i64, held: Held, to: usize },
    /// Adds four held inputs in one pass.
    AddFour { held: Box<[Held; 4]>, to: usize },
    /// Adds another slot, multiplied.
    Add { from: usize, factor: i64, to: usize },
    /// Holds a slot to limits.
    Hold { slot: usize, least: i64, most: i64 },
    /// Keeps the greater of two slots in the second.
    Greater { from: usize, to: usize },
    /// Keeps the lesser of two slots in the second.
    Lesser { from: usize, to: usize },
    /// Orders `count` slots from `first` for each subject, and adds those from `from` to before
    /// `until` into the first.
    Middle { first: usize, count: usize, from: usize, until: usize },
    /// The last of the ascending limits that is reached gives the number; 0 below the first.
    Tiers { slot: usize, tiers: Vec<(i64, i64)> },
    /// Multiplies, divides, and rounds to a whole number.
    Round { slot: usize, factor: i64, by: Divisor, mode: RoundingMode },
}

/// An input held to limits, and multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    input: usize,
    least: i64,
    most: i64,
    factor: i64,
}

/// A number that is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Divisor {
    by: NonZeroU64,
    /// 2^64 divided by it, rounded up: one multiplication then stands for a division. Only where
    /// the sizes that come are proved small enough for that (see [`run`]).
    reciprocal: Option<u64>,
}

impl Kernel {
    /// Compiles a plan, or answers nothing if the scheme is not for integers: a kind other than
    /// `sum`, `weighted`, `average`, `best`, `worst`, `counted`, `imported` and `constant`; a rule
    /// that looks at single entries or days; or numbers for which an `i64` cannot be proved wide
    /// enough. `full_marks` are those of the sources of `imported` nodes: a kernel serves the
    /// subjects whose marks are out of just that many.
    pub fn compile(plan: &Plan, full_marks: &BTreeMap<String, Decimal>) -> Option<Self> {
        compile::compile(plan, full_marks)
    }

    /// The columns that it reads, in order.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// The greatest size of a number in a column, in ten-thousandths: what the proof that nothing
    /// overflows rests on.
    pub const fn limit(&self) -> i64 {
        self.limit
    }

    /// How many decimal places a score has: a score is in whole units of 10^-places.
    pub const fn places(&self) -> u32 {
        self.places
    }

    /// The scores of all subjects in the columns, in their order, in whole units of
    /// 10^-[`Kernel::places`]. Nothing if the columns were made for another kernel.
    pub fn scores(&self, columns: &Columns) -> Option<Vec<i64>> {
        run::scores(self, columns)
    }

    /// The grades by points of these scores, as positions from the top. Nothing where the scheme
    /// has no grades, or one that asks for more than points (`when`, `unless`).
    pub fn grades(&self, scores: &[i64]) -> Option<Vec<u8>> {
        let least = self.grades.as_deref().filter(|it| !it.is_empty())?;
        Some(run::grades(least, scores))
    }
}
