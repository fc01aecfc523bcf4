//! What follows for payments when somebody is entitled to more or to less than before (A4, A5).

use super::LineState;
use crate::domain::exact::{InvalidMoney, Money};

/// A recovery of a payment, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenRecovery {
    /// Its number.
    pub recovery: i64,
    /// What was demanded and not dropped.
    pub stands: Money,
    /// What is waived of that: the recipient keeps it.
    pub waived: Money,
    /// What is owed of it still.
    pub open: Money,
    /// Whether it followed from results or honours, so that it ends with them. What somebody demanded for
    /// a reason of their own stays.
    pub follows: bool,
}

/// One payment of an entitlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The batch.
    pub batch_id: String,
    /// The line.
    pub line: i64,
    /// How much.
    pub amount: Money,
    /// What has become of it.
    pub state: LineState,
    /// Whether its batch has not left for the treasury, so that it can be taken out.
    pub here: bool,
    /// Its recoveries, by number.
    pub recoveries: Vec<OpenRecovery>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consequence {
    /// A payment that is reserved is taken out of its batch.
    Withdraw {
        /// The batch.
        batch_id: String,
        /// The line.
        line: i64,
        /// How much becomes free.
        amount: Money,
    },
    /// A payment that the treasury has cannot be taken out: if it is paid, it is to come back.
    Wait {
        /// The batch.
        batch_id: String,
        /// The line.
        line: i64,
        /// How much of it would have to come back.
        amount: Money,
    },
    /// A payment that was made is to come back, all of it or a part.
    Demand {
        /// The batch.
        batch_id: String,
        /// The line.
        line: i64,
        /// How much.
        amount: Money,
    },
    /// A recovery is not owed any more, all of it or a part.
    Drop {
        /// The recovery.
        recovery: i64,
        /// How much.
        amount: Money,
    },
}

fn sum(mut of: impl Iterator<Item = Money>) -> Result<Money, InvalidMoney> {
    of.try_fold(Money::ZERO, Money::plus)
}

fn live(payments: &[Payment]) -> Result<Money, InvalidMoney> {
    sum(payments.iter().filter(|it| it.state.is_live()).map(|it| it.amount))
}

fn recoveries(payments: &[Payment]) -> impl Iterator<Item = &OpenRecovery> {
    payments.iter().flat_map(|it| &it.recoveries)
}

/// What recipients have, or will have once everything reserved is paid and everything owed is back.
///
/// # Errors
/// More than can be kept.
pub fn held(payments: &[Payment]) -> Result<Money, InvalidMoney> {
    let stands = sum(recoveries(payments).map(|it| it.stands))?;
    let waived = sum(recoveries(payments).map(|it| it.waived))?;
    live(payments)?.minus(stands)?.plus(waived)
}

/// What can be proposed for payment to somebody who is entitled to so much: never more than that in all
/// (A4). What is reserved, paid, owed or waived is not paid a second time; what came back is, but where
/// somebody demanded it for a reason of their own, only where the payment is `chosen` by itself.
///
/// # Errors
/// More than can be kept.
pub fn payable(entitled: Money, payments: &[Payment], chosen: bool) -> Result<Money, InvalidMoney> {
    let mut had = live(payments)?;
    for it in recoveries(payments).filter(|it| it.follows || chosen) {
        had = had.minus(it.stands)?.plus(it.waived)?.plus(it.open)?;
    }
    Ok(entitled.minus(had)?.max(Money::ZERO))
}

/// What is to be done so that nobody keeps more than that, and nobody owes, because of results, what is
/// theirs again. The newest payments go first: `payments` are given oldest first. What was waived counts
/// as kept, and is not demanded again. Doing it leaves nothing to do.
///
/// # Errors
/// More than can be kept.
pub fn settle(entitled: Money, payments: &[Payment]) -> Result<Vec<Consequence>, InvalidMoney> {
    let held = held(payments)?;
    if held > entitled {
        let (mut found, left) = over(held.minus(entitled)?, payments)?;
        // Lines are taken out whole: what became free beyond need is not owed elsewhere.
        if left < Money::ZERO {
            found.extend(again(Money::ZERO.minus(left)?, payments)?);
        }
        Ok(found)
    } else {
        again(entitled.minus(held)?, payments)
    }
}

/// Somebody has so much more than is theirs: what is to be done, and what of it is left then. Below zero:
/// so much more was taken out.
fn over(mut over: Money, payments: &[Payment]) -> Result<(Vec<Consequence>, Money), InvalidMoney> {
    let mut found = Vec::new();
    let reserved = |it: &&Payment| it.state == LineState::Reserved;
    for it in payments.iter().rev().filter(reserved).filter(|it| it.here) {
        if over <= Money::ZERO {
            return Ok((found, over));
        }
        let (batch_id, line, amount) = (it.batch_id.clone(), it.line, it.amount);
        found.push(Consequence::Withdraw { batch_id, line, amount });
        over = over.minus(amount)?;
    }
    for it in payments.iter().rev().filter(reserved).filter(|it| !it.here) {
        if over <= Money::ZERO {
            return Ok((found, over));
        }
        let (batch_id, line, amount) = (it.batch_id.clone(), it.line, it.amount.min(over));
        found.push(Consequence::Wait { batch_id, line, amount });
        over = over.minus(amount)?;
    }
    for it in payments.iter().rev().filter(|it| it.state == LineState::Paid) {
        let stands = sum(it.recoveries.iter().map(|it| it.stands))?;
        let amount = it.amount.minus(stands)?.min(over);
        if amount <= Money::ZERO {
            continue;
        }
        let (batch_id, line) = (it.batch_id.clone(), it.line);
        found.push(Consequence::Demand { batch_id, line, amount });
        over = over.minus(amount)?;
    }
    Ok((found, over))
}

/// Somebody is entitled to so much more than was said to be theirs: nothing of that is owed because of results.
fn again(mut more: Money, payments: &[Payment]) -> Result<Vec<Consequence>, InvalidMoney> {
    let mut found = Vec::new();
    let mut all: Vec<&OpenRecovery> = recoveries(payments).filter(|it| it.follows).collect();
    all.sort_by_key(|it| std::cmp::Reverse(it.recovery));
    for it in all {
        let amount = it.open.min(more);
        if amount > Money::ZERO {
            found.push(Consequence::Drop { recovery: it.recovery, amount });
            more = more.minus(amount)?;
        }
    }
    Ok(found)
}
