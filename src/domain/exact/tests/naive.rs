//! A rational number written a second time, as naively as it goes: what `Exact` is held against.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{Signed, Zero};

use crate::domain::exact::{Exact, ExactError, RoundingMode};

/// Numerator and denominator, reduced, the denominator positive. Nothing is ever too large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Naive {
    num: BigInt,
    den: BigInt,
}

impl Naive {
    /// Nothing where the denominator is zero.
    pub(super) fn new(num: impl Into<BigInt>, den: impl Into<BigInt>) -> Option<Self> {
        let (mut num, mut den) = (num.into(), den.into());
        if den.is_zero() {
            return None;
        }
        let (mut a, mut b) = (num.abs(), den.abs());
        while !b.is_zero() {
            (a, b) = (b.clone(), a % b);
        }
        num /= &a;
        den /= &a;
        if den < BigInt::zero() {
            (num, den) = (-num, -den);
        }
        Some(Self { num, den })
    }

    pub(super) fn plus(&self, other: &Self) -> Option<Self> {
        Self::new(&self.num * &other.den + &other.num * &self.den, &self.den * &other.den)
    }

    pub(super) fn minus(&self, other: &Self) -> Option<Self> {
        Self::new(&self.num * &other.den - &other.num * &self.den, &self.den * &other.den)
    }

    pub(super) fn times(&self, other: &Self) -> Option<Self> {
        Self::new(&self.num * &other.num, &self.den * &other.den)
    }

    pub(super) fn over(&self, other: &Self) -> Option<Self> {
        Self::new(&self.num * &other.den, &self.den * &other.num)
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let difference = &self.num * &other.den - &other.num * &self.den;
        difference.cmp(&BigInt::zero())
    }

    /// Whole units of `10^-places`, thought of as people do: the size first, then the sign.
    pub(super) fn units(&self, places: u32, mode: RoundingMode) -> BigInt {
        let negative = self.num < BigInt::zero();
        let size = self.num.abs() * BigInt::from(10).pow(places);
        let (mut whole, rest) = (&size / &self.den, &size % &self.den);
        let half = (&rest + &rest).cmp(&self.den);
        let odd = !(&whole % BigInt::from(2)).is_zero();
        let away = !rest.is_zero()
            && match mode {
                RoundingMode::HalfUp => half != Ordering::Less,
                RoundingMode::HalfEven => {
                    half == Ordering::Greater || (half == Ordering::Equal && odd)
                }
                RoundingMode::Down => false,
                RoundingMode::Up => true,
                RoundingMode::Floor => negative,
                RoundingMode::Ceiling => !negative,
            };
        if away {
            whole += 1;
        }
        if negative { -whole } else { whole }
    }

    pub(super) fn rounded(&self, places: u32, mode: RoundingMode) -> Option<Self> {
        Self::new(self.units(places, mode), BigInt::from(10).pow(places))
    }

    /// The decimal text of the units, by cutting digits off.
    pub(super) fn text(&self, places: usize, mode: RoundingMode) -> String {
        let units = self.units(u32::try_from(places).unwrap(), mode);
        let mut digits = units.abs().to_string();
        while digits.len() <= places {
            digits.insert(0, '0');
        }
        if places > 0 {
            digits.insert(digits.len() - places, '.');
        }
        if units < BigInt::zero() { format!("-{digits}") } else { digits }
    }

    pub(super) fn is_negative(&self) -> bool {
        self.num < BigInt::zero()
    }

    fn written(&self) -> String {
        if self.den == BigInt::from(1) {
            self.num.to_string()
        } else {
            format!("{}/{}", self.num, self.den)
        }
    }

    /// Whether an `Exact` must be able to hold it.
    fn is_bounded(&self) -> bool {
        self.num.bits() <= Exact::BITS_MAX && self.den.bits() <= Exact::BITS_MAX
    }
}

/// What the code answers must be the naive answer: the same number, or the same kind of no.
pub(super) fn agree(ours: &Result<Exact, ExactError>, naive: Option<&Naive>) -> Result<(), String> {
    match (ours, naive) {
        (Err(ExactError::DivisionByZero), None) => Ok(()),
        (Err(ExactError::Overflow), Some(naive)) if !naive.is_bounded() => Ok(()),
        (Ok(ours), Some(naive)) if naive.is_bounded() && ours.to_string() == naive.written() => {
            Ok(())
        }
        _ => Err(format!("ours {ours:?}, naive {naive:?}")),
    }
}
