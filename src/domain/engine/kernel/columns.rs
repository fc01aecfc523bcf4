//! What a kernel reads: a column for each input, a row for each subject.

use super::{Input, InputKind, Kernel};
use crate::domain::{
    engine::plan::Plan,
    exact::Decimal,
    facts::{Entry, Facts},
    scheme::NodeKind,
    time::Period,
};

/// Columns of ten-thousandths for one kernel. Every number in them is within the kernel's limit:
/// that is seen to when a row comes in, so that the arithmetic need not look again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub(super) inputs: Vec<Vec<i64>>,
    pub(super) rows: usize,
    pub(super) limit: i64,
}

/// Why a subject is not for the columns; the evaluator takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotInColumns {
    /// Not one number for each input.
    #[error("a row has one number for each input of the kernel")]
    Width,
    /// A number is beyond the kernel's limit.
    #[error("a number is beyond what the kernel is proved for")]
    Limit,
    /// A number is finer than ten-thousandths.
    #[error("a sum is finer than ten-thousandths")]
    Finer,
    /// The facts hold something that is judged subject by subject: a veto, a state, marks that are
    /// missing or out of another number, another kind of period.
    #[error("the facts are judged by themselves")]
    Facts,
}

impl Columns {
    /// No subject yet.
    pub fn new(kernel: &Kernel) -> Self {
        let inputs = vec![Vec::new(); kernel.inputs.len()];
        Self { inputs, rows: 0, limit: kernel.limit }
    }

    /// How many subjects are in.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Takes all subjects out and keeps the room.
    pub fn clear(&mut self) {
        self.inputs.iter_mut().for_each(Vec::clear);
        self.rows = 0;
    }

    /// Adds one subject, its numbers in the order of [`Kernel::inputs`].
    ///
    /// # Errors
    /// The wrong number of numbers, or one beyond the limit. Nothing is added then.
    pub fn push(&mut self, row: &[i64]) -> Result<(), NotInColumns> {
        if row.len() != self.inputs.len() {
            return Err(NotInColumns::Width);
        }
        if row.iter().any(|it| it.unsigned_abs() > self.limit.unsigned_abs()) {
            return Err(NotInColumns::Limit);
        }
        for (column, value) in self.inputs.iter_mut().zip(row) {
            column.push(*value);
        }
        self.rows = self.rows.saturating_add(1);
        Ok(())
    }

    /// Adds one subject by its facts, which are ordered ([`Facts::prepare`]) and were taken by
    /// [`crate::domain::engine::Evaluator::check`].
    ///
    /// # Errors
    /// Whatever makes the subject one for the evaluator. Nothing is added then.
    pub fn push_facts(
        &mut self,
        kernel: &Kernel,
        plan: &Plan,
        facts: &Facts,
        period: Period,
    ) -> Result<(), NotInColumns> {
        if !facts.vetoes.is_empty() || !facts.states.is_empty() || period.kind() != kernel.period {
            return Err(NotInColumns::Facts);
        }
        let mut row = Vec::with_capacity(kernel.inputs.len());
        for input in &kernel.inputs {
            let node = plan.node(input.node).ok_or(NotInColumns::Width)?;
            let value = match input.what {
                InputKind::Times | InputKind::Points { .. } => {
                    let mut sum = Some(0_i128);
                    for entry in of_window(facts, &node.id, input, period) {
                        sum = sum.and_then(|it| it.checked_add(amount(input.what, entry)?));
                    }
                    // Times are millionths, points again.
                    sum.map(|it| (it, 100_000_000))
                }
                InputKind::Marks { full } => {
                    let NodeKind::Imported(imported) = &node.kind else {
                        return Err(NotInColumns::Width);
                    };
                    let source = &imported.source;
                    let alone = !facts.unit_imports.contains_key(source);
                    let import = facts.imports.get(source);
                    let import = import.filter(|it| alone && it.full == full);
                    import.map(|it| (i128::from(it.raw.millionths()), 100))
                }
            };
            let (amount, unit) = value.ok_or(NotInColumns::Facts)?;
            if amount.checked_rem(unit) != Some(0) {
                return Err(NotInColumns::Finer);
            }
            let amount = amount.checked_div(unit).and_then(|it| i64::try_from(it).ok());
            row.push(amount.ok_or(NotInColumns::Limit)?);
        }
        self.push(&row)
    }
}

/// The entries of an item that count in one window of the period.
fn of_window<'a>(
    facts: &'a Facts,
    item: &'a str,
    input: &'a Input,
    period: Period,
) -> impl Iterator<Item = &'a Entry> {
    let from = facts.entries.partition_point(|it| it.item.as_str() < item);
    let entries = facts.entries.get(from..).unwrap_or_default();
    let first = input.per.of(period.first_day());
    // Windows of a year are numbered on without a gap, so the period's start right after the first.
    let window = i64::try_from(input.window).ok().and_then(|it| first.checked_add(it));
    entries
        .iter()
        .take_while(move |it| it.item == item)
        .filter(move |it| period.contains(it.on) && Some(input.per.of(it.on)) == window)
}

/// What an entry adds, in millionths of millionths.
fn amount(what: InputKind, entry: &Entry) -> Option<i128> {
    let points = match what {
        InputKind::Points { .. } if entry.rolled_up => Decimal::ONE,
        InputKind::Points { each } => {
            let own = entry.points.unwrap_or(Decimal::ZERO);
            each.map_or(own, |(least, most)| own.max(least).min(most))
        }
        InputKind::Times | InputKind::Marks { .. } => Decimal::ONE,
    };
    i128::from(entry.times.millionths()).checked_mul(i128::from(points.millionths()))
}
