//! Integer expressions with a denominator and an interval each: what a scheme is compiled through.

use num_integer::Integer;

use crate::domain::{
    exact::{Decimal, Exact, RoundingMode},
    scheme::Rounding,
};

/// No number on the way may be larger than this: it leaves room for twice the number plus a divisor
/// in 64 bits, which rounding needs.
const LARGEST: i128 = 1 << 61;

/// A value as `number / den`, the number one of `least..=most` and the same arithmetic for all.
#[derive(Debug, Clone)]
pub(super) struct Expr {
    pub(super) shape: Shape,
    pub(super) den: i128,
    pub(super) least: i128,
    pub(super) most: i128,
}

/// How the number comes about. The parts' numbers are used as they are: their denominators are in
/// the factors.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// A column of the input.
    Input(usize),
    /// The number itself.
    Constant(i64),
    /// A sum of multiples, and a number.
    Linear { terms: Vec<(Expr, i64)>, plus: i64 },
    /// Held to limits.
    Hold { of: Box<Expr>, least: i64, most: i64 },
    /// The greatest of the parts, which have one denominator.
    Best(Vec<Expr>),
    /// The least of the parts.
    Worst(Vec<Expr>),
    /// The sum of the parts from one place to before another, in ascending order.
    Middle { parts: Vec<Expr>, from: usize, until: usize },
    /// The number of the last limit reached.
    Tiers { of: Box<Expr>, tiers: Vec<(i64, i64)> },
    /// Multiplied, divided and rounded.
    Round { of: Box<Expr>, factor: i64, by: u64, mode: RoundingMode },
}

fn whole(value: i128) -> Option<i64> {
    (-LARGEST..=LARGEST).contains(&value).then(|| i64::try_from(value).ok()).flatten()
}

/// A decimal as a number over a denominator that it is a whole number of; nothing otherwise.
fn over(value: Decimal, den: i128) -> Option<i128> {
    let number = i128::from(value.millionths()).checked_mul(den)?;
    let unit = i128::from(Decimal::UNIT);
    (number.checked_rem(unit)? == 0).then(|| number.checked_div(unit)).flatten()
}

/// The least multiple of a denominator over which these decimals are whole.
fn common(den: i128, values: impl IntoIterator<Item = Decimal>) -> Option<i128> {
    values.into_iter().try_fold(den, |den, value| {
        let (_, own) = Exact::from(value).small_parts()?;
        lcm(den, own)
    })
}

fn lcm(a: i128, b: i128) -> Option<i128> {
    let common = a.checked_div(a.gcd(&b))?.checked_mul(b)?;
    (common <= LARGEST).then_some(common)
}

impl Expr {
    fn new(shape: Shape, den: i128, least: i128, most: i128) -> Option<Self> {
        whole(least)?;
        whole(most)?;
        Some(Self { shape, den, least, most })
    }

    /// An input column in ten-thousandths, of at most this size.
    pub(super) fn input(column: usize, limit: i64) -> Option<Self> {
        let most = i128::from(limit);
        Self::new(Shape::Input(column), 10_000, most.checked_neg()?, most)
    }

    /// A sum of multiples, and an amount.
    pub(super) fn linear(parts: Vec<(Self, Exact)>, plus: &Exact) -> Option<Self> {
        let mut terms: Vec<(Self, Exact)> = Vec::new();
        let mut plus = plus.clone();
        for (part, factor) in parts {
            let unit = factor.over(&Exact::whole(part.den)).ok()?;
            match part.shape {
                Shape::Linear { terms: inner, plus: more } => {
                    plus = plus.plus(&unit.times(&Exact::whole(more)).ok()?).ok()?;
                    for (term, factor) in inner {
                        terms.push((term, unit.times(&Exact::whole(factor)).ok()?));
                    }
                }
                Shape::Constant(number) => {
                    plus = plus.plus(&unit.times(&Exact::whole(number)).ok()?).ok()?;
                }
                Shape::Input(_)
                | Shape::Hold { .. }
                | Shape::Best(_)
                | Shape::Worst(_)
                | Shape::Middle { .. }
                | Shape::Tiers { .. }
                | Shape::Round { .. } => terms.push((part, unit)),
            }
        }
        terms.retain(|(_, factor)| !factor.is_zero());
        let all = terms.iter().map(|(_, it)| it).chain([&plus]);
        let den = all.into_iter().try_fold(1_i128, |den, it| lcm(den, it.small_parts()?.1))?;
        let number = |it: &Exact| {
            let (num, own) = it.small_parts()?;
            whole(num.checked_mul(den.checked_div(own)?)?)
        };
        let mut numbers = Vec::with_capacity(terms.len());
        for (term, factor) in terms {
            let factor = number(&factor)?;
            numbers.push((term, factor));
        }
        Self::sum(numbers, number(&plus)?, den)
    }

    /// The sum over a denominator, with its interval. Every partial sum is within bounds whatever
    /// the order.
    fn sum(mut terms: Vec<(Self, i64)>, plus: i64, den: i128) -> Option<Self> {
        let start = i128::from(plus);
        let (mut least, mut most, mut size) = (start, start, start.checked_abs()?);
        for (term, factor) in &terms {
            let factor = i128::from(*factor);
            let (one, two) = (term.least.checked_mul(factor)?, term.most.checked_mul(factor)?);
            least = least.checked_add(one.min(two))?;
            most = most.checked_add(one.max(two))?;
            size = size.checked_add(one.checked_abs()?.max(two.checked_abs()?))?;
        }
        whole(size)?;
        if let (0, [(_, 1)]) = (plus, terms.as_slice()) {
            let (term, _) = terms.pop()?;
            return Self::new(term.shape, den, term.least, term.most);
        }
        if terms.is_empty() {
            return Self::new(Shape::Constant(plus), den, start, start);
        }
        Self::new(Shape::Linear { terms, plus }, den, least, most)
    }

    /// The same value over a multiple of its denominator.
    fn rescaled(self, den: i128) -> Option<Self> {
        let times = den.checked_div(self.den)?;
        if times == 1 {
            return Some(self);
        }
        let factor = whole(times)?;
        match self.shape {
            Shape::Linear { mut terms, plus } => {
                for (_, own) in &mut terms {
                    *own = own.checked_mul(factor)?;
                }
                Self::sum(terms, plus.checked_mul(factor)?, den)
            }
            Shape::Constant(number) => Self::sum(Vec::new(), number.checked_mul(factor)?, den),
            Shape::Input(_)
            | Shape::Hold { .. }
            | Shape::Best(_)
            | Shape::Worst(_)
            | Shape::Middle { .. }
            | Shape::Tiers { .. }
            | Shape::Round { .. } => Self::sum(vec![(self, factor)], 0, den),
        }
    }

    /// Held to limits.
    pub(super) fn held(self, least: Option<Decimal>, most: Option<Decimal>) -> Option<Self> {
        let den = common(self.den, least.into_iter().chain(most))?;
        let of = self.rescaled(den)?;
        let low = least.map(|it| over(it, den));
        let high = most.map(|it| over(it, den));
        if low == Some(None) || high == Some(None) {
            return None;
        }
        let (low, high) = (low.flatten(), high.flatten());
        let least = low.unwrap_or_else(|| of.least.min(high.unwrap_or(of.least)));
        let most = high.unwrap_or_else(|| of.most.max(least));
        if least > most {
            return None;
        }
        if least <= of.least && of.most <= most {
            return Some(of);
        }
        if let Shape::Linear { terms, plus: 0 } = &of.shape
            && let [(term, factor)] = terms.as_slice()
            && let Some(inner) = term.held_before(i128::from(*factor), least, most)
        {
            return Self::sum(vec![(inner, *factor)], 0, den);
        }
        let (lower, upper) = (of.least.clamp(least, most), of.most.clamp(least, most));
        let shape = Shape::Hold { least: whole(least)?, most: whole(most)?, of: Box::new(of) };
        Self::new(shape, den, lower, upper)
    }

    /// Held before it is multiplied instead of after, where the limits are whole then too.
    fn held_before(&self, factor: i128, least: i128, most: i128) -> Option<Self> {
        if least.checked_rem(factor)? != 0 || most.checked_rem(factor)? != 0 {
            return None;
        }
        let (one, two) = (least.checked_div(factor)?, most.checked_div(factor)?);
        let (least, most) = (one.min(two), one.max(two));
        let (lower, upper) = (self.least.clamp(least, most), self.most.clamp(least, most));
        let of = Box::new(self.clone());
        let shape = Shape::Hold { least: whole(least)?, most: whole(most)?, of };
        Self::new(shape, self.den, lower, upper)
    }

    /// Parts over one denominator.
    fn alike(parts: Vec<Self>) -> Option<(Vec<Self>, i128)> {
        let den = parts.iter().try_fold(1_i128, |den, it| lcm(den, it.den))?;
        let parts: Option<Vec<Self>> = parts.into_iter().map(|it| it.rescaled(den)).collect();
        Some((parts?, den))
    }

    /// The greatest of some, or the least.
    pub(super) fn extreme(parts: Vec<Self>, greatest: bool) -> Option<Self> {
        let (parts, den) = Self::alike(parts)?;
        let (leasts, mosts) = (parts.iter().map(|it| it.least), parts.iter().map(|it| it.most));
        if greatest {
            let (least, most) = (leasts.max()?, mosts.max()?);
            return Self::new(Shape::Best(parts), den, least, most);
        }
        let (least, most) = (leasts.min()?, mosts.min()?);
        Self::new(Shape::Worst(parts), den, least, most)
    }

    /// The mean after dropping.
    pub(super) fn mean(parts: Vec<Self>, highest: usize, lowest: usize) -> Option<Self> {
        let until = parts.len().checked_sub(highest)?;
        let kept = until.checked_sub(lowest).filter(|it| *it > 0)?;
        let count = Exact::whole(i128::try_from(kept).ok()?);
        let part = Exact::ONE.over(&count).ok()?;
        if kept == parts.len() {
            let parts = parts.into_iter().map(|it| (it, part.clone())).collect();
            return Self::linear(parts, &Exact::ZERO);
        }
        let (parts, den) = Self::alike(parts)?;
        let kept = i128::try_from(kept).ok()?;
        let least = parts.iter().map(|it| it.least).min()?.checked_mul(kept)?;
        let most = parts.iter().map(|it| it.most).max()?.checked_mul(kept)?;
        let shape = Shape::Middle { parts, from: lowest, until };
        Self::linear(vec![(Self::new(shape, den, least, most)?, part)], &Exact::ZERO)
    }

    /// The points of the highest tier reached by an amount in ten-thousandths; 0 below the first.
    pub(super) fn tiers(self, tiers: &[(Decimal, Decimal)]) -> Option<Self> {
        let den = common(1, tiers.iter().map(|(_, points)| *points))?;
        let mut steps = Vec::with_capacity(tiers.len());
        let (mut least, mut most) = (0_i128, 0_i128);
        for (from, points) in tiers {
            // The least whole number of ten-thousandths that reaches it.
            let from = Integer::div_floor(&i128::from(from.millionths()).checked_add(99)?, &100);
            let points = over(*points, den)?;
            least = least.min(points);
            most = most.max(points);
            steps.push((whole(from)?, whole(points)?));
        }
        Self::new(Shape::Tiers { of: Box::new(self), tiers: steps }, den, least, most)
    }

    /// Rounded to places.
    pub(super) fn rounded(self, round: Rounding) -> Option<Self> {
        let units = 10_i128.checked_pow(round.to)?;
        let common = units.gcd(&self.den);
        let (factor, by) = (units.checked_div(common)?, self.den.checked_div(common)?);
        if by == 1 {
            return Some(self);
        }
        let bound = |it: i128| it.checked_mul(factor).filter(|it| whole(*it).is_some());
        let (least, most) = (bound(self.least)?, bound(self.most)?);
        let least = Integer::div_floor(&least, &by).checked_sub(1)?;
        let most = Integer::div_floor(&most, &by).checked_add(1)?;
        let (factor, by) = (whole(factor)?, u64::try_from(whole(by)?).ok()?);
        let shape = Shape::Round { of: Box::new(self), factor, by, mode: round.mode };
        Self::new(shape, units, least, most)
    }

    /// Over just this denominator, if the value always is a whole number of it.
    pub(super) fn in_units(self, den: i128) -> Option<Self> {
        if den.checked_rem(self.den)? != 0 {
            return None;
        }
        self.rescaled(den)
    }
}
