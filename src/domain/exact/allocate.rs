//! Dividing a pool of money by weights, to the fen (rule A7).

use super::{Exact, ExactError, Money, RoundingMode};

/// Where the fen go that an exact division leaves over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Remainder {
    /// Every part is cut to the fen, then one fen each to the largest remainders; equal remainders
    /// in the order of the list given. The default.
    #[default]
    Largest,
    /// Every part but the last is rounded half-up to the fen, but never to more than is left, and
    /// the last takes what is left, as published fee splits do.
    Last,
}

/// Why a pool cannot be divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AllocateError {
    /// Nobody to give to.
    #[error("a pool is divided among at least one party")]
    NoParty,
    /// The pool is below zero.
    #[error("a pool is not below zero")]
    NegativePool,
    /// A weight is below zero.
    #[error("a weight is not below zero")]
    NegativeWeight,
    /// All weights are zero.
    #[error("the weights add up to zero")]
    NoWeight,
    /// The numbers pass the exact bound.
    #[error("{0}")]
    Exact(#[from] ExactError),
}

/// Why a party gets what it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartWhy {
    /// Its exact part, cut to the fen.
    Floor,
    /// That, and one fen more for its remainder.
    Remainder,
    /// Its exact part, rounded half-up to the fen.
    HalfUp,
    /// Rounded half-up it would be more than was left: it gets what was left.
    HeldToRest,
    /// It is the last: it gets what the others left.
    TakesRest,
}

/// What one party gets, and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The exact part in fen.
    pub exact: Exact,
    /// Its whole fen.
    pub floor: i64,
    /// What is beyond the whole fen, from 0 to below 1.
    pub remainder: Exact,
    /// What the party gets.
    pub money: Money,
    /// Why so much.
    pub why: PartWhy,
}

/// Divides `amount` by `weights`. The parts add up to the amount, always, and none is negative.
pub fn allocate(
    amount: Money,
    weights: &[Exact],
    remainder: Remainder,
) -> Result<Vec<Money>, AllocateError> {
    let table = allocate_table(amount, weights, remainder)?;
    Ok(table.into_iter().map(|it| it.money).collect())
}

/// The same with each party's exact part and why it gets what it gets, in the order of the weights.
pub fn allocate_table(
    amount: Money,
    weights: &[Exact],
    remainder: Remainder,
) -> Result<Vec<Part>, AllocateError> {
    if weights.is_empty() {
        return Err(AllocateError::NoParty);
    }
    if amount < Money::ZERO {
        return Err(AllocateError::NegativePool);
    }
    if weights.iter().any(Exact::is_negative) {
        return Err(AllocateError::NegativeWeight);
    }
    let total = Exact::sum(weights)?;
    if total.is_zero() {
        return Err(AllocateError::NoWeight);
    }
    let pool = Exact::whole(amount.fen());
    let parts: Vec<Part> = weights
        .iter()
        .map(|weight| part(pool.times(weight)?.over(&total)?))
        .collect::<Result<_, ExactError>>()?;
    match remainder {
        Remainder::Largest => largest(amount, parts),
        Remainder::Last => last(amount, parts),
    }
}

/// A party's exact part, cut to the fen.
fn part(exact: Exact) -> Result<Part, ExactError> {
    let floor = fen(&exact, RoundingMode::Floor)?;
    let remainder = exact.minus(&Exact::whole(floor))?;
    Ok(Part { exact, floor, remainder, money: Money::from_fen(floor), why: PartWhy::Floor })
}

fn largest(amount: Money, mut parts: Vec<Part>) -> Result<Vec<Part>, AllocateError> {
    let mut left = amount.fen();
    for part in &parts {
        left = left.checked_sub(part.floor).ok_or(ExactError::Overflow)?;
    }
    let extra = usize::try_from(left).map_err(|_| ExactError::Overflow)?;
    let mut order: Vec<&mut Part> = parts.iter_mut().collect();
    // A stable sort: equal remainders stay in the order of the list.
    order.sort_by(|a, b| b.remainder.cmp(&a.remainder));
    for part in order.into_iter().take(extra) {
        let more = part.floor.checked_add(1).ok_or(ExactError::Overflow)?;
        (part.money, part.why) = (Money::from_fen(more), PartWhy::Remainder);
    }
    Ok(parts)
}

fn last(amount: Money, mut parts: Vec<Part>) -> Result<Vec<Part>, AllocateError> {
    let mut left = amount.fen();
    let (last, before) = parts.split_last_mut().ok_or(AllocateError::NoParty)?;
    for part in before {
        let rounded = fen(&part.exact, RoundingMode::HalfUp)?;
        part.why = if rounded > left { PartWhy::HeldToRest } else { PartWhy::HalfUp };
        let given = rounded.min(left);
        left = left.checked_sub(given).ok_or(ExactError::Overflow)?;
        part.money = Money::from_fen(given);
    }
    (last.money, last.why) = (Money::from_fen(left), PartWhy::TakesRest);
    Ok(parts)
}

fn fen(part: &Exact, mode: RoundingMode) -> Result<i64, ExactError> {
    i64::try_from(part.units(0, mode)?).map_err(|_| ExactError::Overflow)
}
