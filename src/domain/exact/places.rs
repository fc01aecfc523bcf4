//! Whole places divided by weights (名额, rule A6).

use super::{ApportionRule, Apportioned, Apportionment, Exact, ExactError, Share, apportion};

/// Divides `places` among units by whole weights: each gets the whole part of its quota, then one
/// more goes to the largest remainders, of equal ones to the larger unit; those equal in both at the
/// line are a tie, which `decided` orders where it lists exactly them. `each_at_most` caps a unit;
/// what it cuts is not passed on.
///
/// It is [`apportion`] with a house that is said. There, a house is at most its members; here there
/// may be more places than members, since weights only compare units. Rows tell the weights as
/// `members`. Where all weights are zero, nobody gets anything.
///
/// # Errors
/// The numbers pass the exact bound.
pub fn allot(
    places: u64,
    weights: &[u64],
    each_at_most: Option<u64>,
    decided: Option<&[usize]>,
) -> Result<Apportioned, ExactError> {
    let all = weights.iter().try_fold(0_u64, |sum, it| sum.checked_add(*it));
    let all = all.ok_or(ExactError::Overflow)?;
    // All weights so many times over change no quota, and are as many as the places.
    let times = match all {
        0 => 1,
        all => places.div_ceil(all).max(1),
    };
    let scaled: Option<Vec<u64>> = weights.iter().map(|it| it.checked_mul(times)).collect();
    let scaled = scaled.ok_or(ExactError::Overflow)?;
    let share = match all.checked_mul(times).ok_or(ExactError::Overflow)? {
        0 => Exact::ZERO,
        total => Exact::ratio(places.into(), total.into())?,
    };
    let rule = ApportionRule::LargestRemainder;
    let terms = Apportionment { share: Share::from(share), rule, each_at_most, at_most: None };
    let mut found = apportion(&scaled, &terms, decided)?;
    found.rows.iter_mut().zip(weights).for_each(|(row, weight)| row.members = *weight);
    Ok(found)
}
