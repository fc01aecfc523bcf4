//! Exact rationals: every score between the facts and a named rounding step is one of these.

use std::{cmp::Ordering, fmt};

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::{
    Decimal, RoundingMode,
    rounding::{fixed_text, pointed},
};

/// Why an exact operation has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExactError {
    /// A numerator or denominator would pass the bound of [`Exact::BITS_MAX`] bits.
    #[error("the exact value is too large to be computed")]
    Overflow,
    /// A division by zero.
    #[error("division by zero")]
    DivisionByZero,
}

/// An exact rational number. Always reduced, the denominator positive, so that equal values are
/// equal in every representation.
///
/// Numbers that fit two `i128` are kept in place; larger ones (a scorecard of twenty surveys has
/// twenty unrelated denominators) move to big integers, up to a bound; beyond it an operation
/// answers [`ExactError::Overflow`]. Nothing ever wraps, panics or is rounded on the way.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Exact(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Small { num: i128, den: i128 },
    Big(Box<(BigInt, BigInt)>),
}

impl Exact {
    /// Zero.
    pub const ZERO: Self = Self(Repr::Small { num: 0, den: 1 });
    /// One.
    pub const ONE: Self = Self(Repr::Small { num: 1, den: 1 });
    /// The largest size of a numerator or denominator, in bits.
    pub const BITS_MAX: u64 = 16_384;

    /// A whole number.
    pub fn whole(value: impl Into<i128>) -> Self {
        Self(Repr::Small { num: value.into(), den: 1 })
    }

    /// `num / den`.
    pub fn ratio(num: i128, den: i128) -> Result<Self, ExactError> {
        if den == 0 {
            return Err(ExactError::DivisionByZero);
        }
        if den == 1 {
            return Ok(Self::whole(num));
        }
        if num == i128::MIN || den == i128::MIN {
            return Self::big(BigInt::from(num), BigInt::from(den));
        }
        let common = gcd(num.unsigned_abs(), den.unsigned_abs());
        let common = i128::try_from(common).map_err(|_| ExactError::Overflow)?;
        let sign = den.signum();
        let reduce = |it: i128| it.checked_div(common).and_then(|it| it.checked_mul(sign));
        match (reduce(num), reduce(den)) {
            (Some(num), Some(den)) => Ok(Self(Repr::Small { num, den })),
            _ => Err(ExactError::Overflow),
        }
    }

    /// `num / 10^places`.
    pub fn scaled(num: i128, places: u32) -> Result<Self, ExactError> {
        Self::ratio(num, 10_i128.checked_pow(places).ok_or(ExactError::Overflow)?)
    }

    fn big(num: BigInt, den: BigInt) -> Result<Self, ExactError> {
        if den.is_zero() {
            return Err(ExactError::DivisionByZero);
        }
        let common = num.gcd(&den);
        let common = if den.is_negative() { -common } else { common };
        let (num, den) = (num / &common, den / &common);
        if num.bits() > Self::BITS_MAX || den.bits() > Self::BITS_MAX {
            return Err(ExactError::Overflow);
        }
        Ok(match (num.to_i128(), den.to_i128()) {
            (Some(num), Some(den)) => Self(Repr::Small { num, den }),
            _ => Self(Repr::Big(Box::new((num, den)))),
        })
    }

    fn parts(&self) -> (BigInt, BigInt) {
        match &self.0 {
            Repr::Small { num, den } => (BigInt::from(*num), BigInt::from(*den)),
            Repr::Big(parts) => (**parts).clone(),
        }
    }

    /// The sum.
    pub fn plus(&self, other: &Self) -> Result<Self, ExactError> {
        if let (Repr::Small { num: a, den: b }, Repr::Small { num: c, den: d }) =
            (&self.0, &other.0)
        {
            if b == d {
                if let Some(sum) = a.checked_add(*c) {
                    return Self::ratio(sum, *b);
                }
            } else if let (Some(ad), Some(cb), Some(bd)) =
                (a.checked_mul(*d), c.checked_mul(*b), b.checked_mul(*d))
                && let Some(sum) = ad.checked_add(cb)
            {
                return Self::ratio(sum, bd);
            }
        }
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        Self::big(a * &d + c * &b, b * d)
    }

    /// The difference.
    pub fn minus(&self, other: &Self) -> Result<Self, ExactError> {
        self.plus(&other.negated()?)
    }

    /// The value with the other sign.
    pub fn negated(&self) -> Result<Self, ExactError> {
        match &self.0 {
            Repr::Small { num, den } => match num.checked_neg() {
                Some(num) => Ok(Self(Repr::Small { num, den: *den })),
                None => Self::big(-BigInt::from(*num), BigInt::from(*den)),
            },
            Repr::Big(parts) => Self::big(-&parts.0, parts.1.clone()),
        }
    }

    /// The product.
    pub fn times(&self, other: &Self) -> Result<Self, ExactError> {
        if let (Repr::Small { num: a, den: b }, Repr::Small { num: c, den: d }) =
            (&self.0, &other.0)
            && let (Some(ac), Some(bd)) = (a.checked_mul(*c), b.checked_mul(*d))
        {
            return Self::ratio(ac, bd);
        }
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        Self::big(a * c, b * d)
    }

    /// The quotient.
    pub fn over(&self, other: &Self) -> Result<Self, ExactError> {
        if other.is_zero() {
            return Err(ExactError::DivisionByZero);
        }
        if let (Repr::Small { num: a, den: b }, Repr::Small { num: c, den: d }) =
            (&self.0, &other.0)
            && let (Some(ad), Some(bc)) = (a.checked_mul(*d), b.checked_mul(*c))
        {
            return Self::ratio(ad, bc);
        }
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        Self::big(a * d, b * c)
    }

    /// The sum of all; zero for none.
    pub fn sum<'a>(values: impl IntoIterator<Item = &'a Self>) -> Result<Self, ExactError> {
        values.into_iter().try_fold(Self::ZERO, |sum, it| sum.plus(it))
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Repr::Small { num: 0, .. })
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Small { num, .. } => *num < 0,
            Repr::Big(parts) => parts.0.sign() == Sign::Minus,
        }
    }

    /// Whether it is above zero.
    pub fn is_positive(&self) -> bool {
        !self.is_zero() && !self.is_negative()
    }

    /// The value times `10^places`, rounded to a whole number.
    fn rounded_units(&self, places: u32, mode: RoundingMode) -> BigInt {
        let (num, den) = self.parts();
        let scaled = num * BigInt::from(10).pow(places);
        let (lower, rest) = scaled.div_mod_floor(&den);
        if rest.is_zero() {
            return lower;
        }
        let half = (rest * BigInt::from(2)).cmp(&den);
        let upper = mode.takes_upper(half, lower.is_even(), self.is_negative());
        if upper { lower + BigInt::one() } else { lower }
    }

    /// The value as whole units of `10^-places`, rounded as told. Error when it passes an `i128`.
    pub fn units(&self, places: u32, mode: RoundingMode) -> Result<i128, ExactError> {
        if let Repr::Small { num, den } = &self.0
            && let Some(scaled) = 10_i128.checked_pow(places).and_then(|it| num.checked_mul(it))
            && let Some(twice) = den.checked_mul(2)
        {
            let lower = Integer::div_floor(&scaled, den);
            let rest = Integer::mod_floor(&scaled, den);
            if rest == 0 {
                return Ok(lower);
            }
            let half = rest.cmp(&den.saturating_sub(rest));
            debug_assert!(twice > 0, "a denominator is positive");
            let upper = mode.takes_upper(half, lower.is_even(), *num < 0);
            return lower.checked_add(i128::from(upper)).ok_or(ExactError::Overflow);
        }
        self.rounded_units(places, mode).to_i128().ok_or(ExactError::Overflow)
    }

    /// The value rounded to `places` decimal places.
    pub fn rounded(&self, places: u32, mode: RoundingMode) -> Result<Self, ExactError> {
        match self.units(places, mode) {
            Ok(units) => Self::scaled(units, places),
            Err(_) => Self::big(self.rounded_units(places, mode), BigInt::from(10).pow(places)),
        }
    }

    /// The largest whole number that is not above the value.
    pub fn floor(&self) -> Result<i128, ExactError> {
        self.units(0, RoundingMode::Floor)
    }

    /// The text with exactly `places` places, rounded as told. Zero prints without a sign.
    pub fn text(&self, places: u32, mode: RoundingMode) -> String {
        if let Ok(units) = self.units(places, mode) {
            return fixed_text(units, places);
        }
        let units = self.rounded_units(places, mode);
        pointed(units.is_negative(), &units.magnitude().to_string(), places)
    }

    /// The exact text: a terminating decimal where there is one (of up to 12 places), else `p/q`.
    pub fn exact_text(&self) -> String {
        if self.is_decimal(12) {
            let text = self.text(12, RoundingMode::HalfUp);
            return text.trim_end_matches('0').trim_end_matches('.').to_owned();
        }
        self.to_string()
    }

    /// Whether the value has at most that many decimal places.
    pub fn is_decimal(&self, places: u32) -> bool {
        self.rounded(places, RoundingMode::Floor).is_ok_and(|it| it == *self)
    }

    /// The smaller of the two.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    /// The greater of the two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        if other > self { other } else { self }
    }

    /// Numerator and denominator, if both fit.
    pub fn small_parts(&self) -> Option<(i128, i128)> {
        match &self.0 {
            Repr::Small { num, den } => Some((*num, *den)),
            Repr::Big(_) => None,
        }
    }

    /// Reads what `Display` prints: `p` or `p/q`. For stored values, not for input.
    pub fn from_parts_text(text: &str) -> Option<Self> {
        let (num, den) = text.split_once('/').unwrap_or((text, "1"));
        let num = BigInt::parse_bytes(num.as_bytes(), 10)?;
        let den = BigInt::parse_bytes(den.as_bytes(), 10)?;
        Self::big(num, den).ok()
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    match (u64::try_from(a), u64::try_from(b)) {
        (Ok(a), Ok(b)) => u128::from(a.gcd(&b)),
        _ => a.gcd(&b),
    }
}

impl From<Decimal> for Exact {
    fn from(value: Decimal) -> Self {
        let millionths = i128::from(value.millionths());
        Self::ratio(millionths, i128::from(Decimal::UNIT)).unwrap_or(Self::ZERO)
    }
}

impl Default for Exact {
    fn default() -> Self {
        Self::ZERO
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Repr::Small { num: a, den: b }, Repr::Small { num: c, den: d }) =
            (&self.0, &other.0)
        {
            if b == d {
                return a.cmp(c);
            }
            if let (Some(ad), Some(cb)) = (a.checked_mul(*d), c.checked_mul(*b)) {
                return ad.cmp(&cb);
            }
        }
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        (a * d).cmp(&(c * b))
    }
}

impl fmt::Display for Exact {
    /// `p` or `p/q`, exactly.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Small { num, den: 1 } => write!(f, "{num}"),
            Repr::Small { num, den } => write!(f, "{num}/{den}"),
            Repr::Big(parts) if parts.1.is_one() => write!(f, "{}", parts.0),
            Repr::Big(parts) => write!(f, "{}/{}", parts.0, parts.1),
        }
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
