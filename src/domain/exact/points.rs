//! Points as the stores keep them: whole ten-thousandths.

use std::fmt;

use super::{Decimal, Exact, ExactError, RoundingMode, rounding::fixed_text};

/// Points (分) in whole ten-thousandths: the unit of every points column of both stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Points(i64);

impl Points {
    /// Decimal places kept.
    pub const PLACES: u32 = 4;

    /// From whole ten-thousandths.
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// The whole ten-thousandths.
    pub const fn units(self) -> i64 {
        self.0
    }

    /// A stated decimal, if it has no more places than points have.
    pub fn from_decimal(value: Decimal) -> Option<Self> {
        value.ten_thousandths().map(Self)
    }

    /// An exact value that has no more places than points have; otherwise an overflow is told.
    pub fn from_exact(value: &Exact) -> Result<Option<Self>, ExactError> {
        if !value.is_decimal(Self::PLACES) {
            return Ok(None);
        }
        let units = value.units(Self::PLACES, RoundingMode::HalfUp)?;
        i64::try_from(units).map(|it| Some(Self(it))).map_err(|_| ExactError::Overflow)
    }

    /// The exact value.
    pub fn exact(self) -> Exact {
        Exact::ratio(i128::from(self.0), 10_000).unwrap_or(Exact::ZERO)
    }

    /// The text with that many places (at most four are kept).
    pub fn text(self, places: u32) -> String {
        self.exact().text(places, RoundingMode::HalfUp)
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&fixed_text(i128::from(self.0), Self::PLACES))
    }
}
