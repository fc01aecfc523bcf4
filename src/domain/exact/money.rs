//! Money in whole fen.

use std::fmt;

use super::{Decimal, Exact, InvalidDecimal, rounding::fixed_text};

/// Why a text or a number is no amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoney {
    /// The text is no number.
    #[error("{0}")]
    Number(#[from] InvalidDecimal),
    /// Finer than a fen.
    #[error("an amount is stated in yuan with at most 2 places: there is nothing below a fen")]
    BelowFen,
    /// The amount passes what can be kept.
    #[error("the amount is too large")]
    TooLarge,
}

/// An amount of money in whole fen (分). One yuan is a hundred fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From whole fen.
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// The whole fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// Reads yuan, such as `2000.00`.
    pub fn parse(text: &str) -> Result<Self, InvalidMoney> {
        let millionths = Decimal::parse(text)?.millionths();
        match (millionths.checked_rem(10_000), millionths.checked_div(10_000)) {
            (Some(0), Some(fen)) => Ok(Self(fen)),
            _ => Err(InvalidMoney::BelowFen),
        }
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Result<Self, InvalidMoney> {
        self.0.checked_add(other.0).map(Self).ok_or(InvalidMoney::TooLarge)
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Result<Self, InvalidMoney> {
        self.0.checked_sub(other.0).map(Self).ok_or(InvalidMoney::TooLarge)
    }

    /// The amount so many times over.
    pub fn times(self, count: u64) -> Result<Self, InvalidMoney> {
        let count = i64::try_from(count).map_err(|_| InvalidMoney::TooLarge)?;
        self.0.checked_mul(count).map(Self).ok_or(InvalidMoney::TooLarge)
    }

    /// The exact value in yuan.
    pub fn exact(self) -> Exact {
        Exact::ratio(i128::from(self.0), 100).unwrap_or(Exact::ZERO)
    }
}

impl fmt::Display for Money {
    /// Yuan with two places.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&fixed_text(i128::from(self.0), 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_s_money_adds_up_to_its_budget() {
        let branches = Money::parse("5000.00").unwrap().times(20).unwrap();
        let people = Money::parse("2000").unwrap().times(100).unwrap();
        assert_eq!(branches.plus(people).unwrap().to_string(), "300000.00");
    }

    #[test]
    fn nothing_is_below_a_fen_and_nothing_wraps() {
        assert_eq!(Money::parse("5000.001"), Err(InvalidMoney::BelowFen));
        assert_eq!(Money::parse("0.01").unwrap().fen(), 1);
        assert_eq!(Money::from_fen(i64::MAX).plus(Money::from_fen(1)), Err(InvalidMoney::TooLarge));
        assert_eq!(Money::from_fen(i64::MAX).times(2), Err(InvalidMoney::TooLarge));
        assert_eq!(Money::from_fen(-5).to_string(), "-0.05");
    }
}
