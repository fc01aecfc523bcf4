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

/// Divides `amount` by `weights`. The parts add up to the amount, always, and none is negative.
pub fn allocate(
    amount: Money,
    weights: &[Exact],
    remainder: Remainder,
) -> Result<Vec<Money>, AllocateError> {
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
    let exact: Vec<Exact> = weights
        .iter()
        .map(|weight| pool.times(weight)?.over(&total))
        .collect::<Result<_, ExactError>>()?;
    match remainder {
        Remainder::Largest => largest(amount, &exact),
        Remainder::Last => last(amount, &exact),
    }
}

fn largest(amount: Money, exact: &[Exact]) -> Result<Vec<Money>, AllocateError> {
    let mut parts = Vec::with_capacity(exact.len());
    let mut rests = Vec::with_capacity(exact.len());
    let mut left = amount.fen();
    for (index, part) in exact.iter().enumerate() {
        let fen = fen(part, RoundingMode::Floor)?;
        left = left.checked_sub(fen).ok_or(ExactError::Overflow)?;
        parts.push(fen);
        rests.push((part.minus(&Exact::whole(fen))?, index));
    }
    rests.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let extra = usize::try_from(left).map_err(|_| ExactError::Overflow)?;
    for (_, index) in rests.into_iter().take(extra) {
        if let Some(part) = parts.get_mut(index) {
            *part = part.checked_add(1).ok_or(ExactError::Overflow)?;
        }
    }
    Ok(parts.into_iter().map(Money::from_fen).collect())
}

fn last(amount: Money, exact: &[Exact]) -> Result<Vec<Money>, AllocateError> {
    let mut parts = Vec::with_capacity(exact.len());
    let mut left = amount.fen();
    let (_, before) = exact.split_last().ok_or(AllocateError::NoParty)?;
    for part in before {
        let fen = fen(part, RoundingMode::HalfUp)?.min(left);
        left = left.checked_sub(fen).ok_or(ExactError::Overflow)?;
        parts.push(Money::from_fen(fen));
    }
    parts.push(Money::from_fen(left));
    Ok(parts)
}

fn fen(part: &Exact, mode: RoundingMode) -> Result<i64, ExactError> {
    i64::try_from(part.units(0, mode)?).map_err(|_| ExactError::Overflow)
}
