//! The six rounding modes, and decimal text of scaled integers.

use std::cmp::Ordering;

/// How an exact value becomes one with fewer places. A scheme names it wherever it rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RoundingMode {
    /// To the nearest, halves away from zero (四舍五入). The default.
    #[default]
    HalfUp,
    /// To the nearest, halves to the even neighbour.
    HalfEven,
    /// Toward zero.
    Down,
    /// Away from zero.
    Up,
    /// Toward minus infinity.
    Floor,
    /// Toward plus infinity.
    Ceiling,
}

impl RoundingMode {
    /// All modes, in the order in which the documentation names them.
    pub const ALL: [Self; 6] =
        [Self::HalfUp, Self::HalfEven, Self::Down, Self::Up, Self::Floor, Self::Ceiling];

    /// The name that schemes use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HalfUp => "half_up",
            Self::HalfEven => "half_even",
            Self::Down => "down",
            Self::Up => "up",
            Self::Floor => "floor",
            Self::Ceiling => "ceiling",
        }
    }

    /// The mode of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Whether a value strictly between two neighbours takes the upper one.
    ///
    /// `half` compares the distance from the lower neighbour with one half, `lower_even` tells
    /// whether the lower neighbour is even, `negative` whether the value is below zero.
    pub(super) fn takes_upper(self, half: Ordering, lower_even: bool, negative: bool) -> bool {
        match self {
            Self::Floor => false,
            Self::Ceiling => true,
            Self::Down => negative,
            Self::Up => !negative,
            Self::HalfUp => half.is_gt() || (half.is_eq() && !negative),
            Self::HalfEven => half.is_gt() || (half.is_eq() && !lower_even),
        }
    }
}

/// The text of `value / 10^places` with exactly that many places. Zero never has a sign.
pub(crate) fn fixed_text(value: i128, places: u32) -> String {
    pointed(value < 0, &value.unsigned_abs().to_string(), places)
}

/// The text of a sign and whole digits, with the point before the last `places` of them.
pub(super) fn pointed(negative: bool, digits: &str, places: u32) -> String {
    let places = usize::try_from(places).unwrap_or(0);
    let sign = if negative { "-" } else { "" };
    let width = places.saturating_add(1);
    let digits = format!("{digits:0>width$}");
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}
