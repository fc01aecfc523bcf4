//! What subjects are ranked by, kept small: a cohort of a million holds a million of these.

use std::cmp::Ordering;

use crate::domain::{
    exact::{Decimal, Exact},
    scheme::{Order, Ranking},
};

/// One key of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// It is missing: it comes last, whatever the order.
    Missing,
    /// A value of whole millionths.
    Small(i64),
    /// Any other exact value.
    Exact(Box<Exact>),
}

impl Key {
    /// From a value, or from its lack.
    pub fn of(value: Option<Exact>) -> Self {
        let Some(value) = value else { return Self::Missing };
        if let Some((num, den)) = value.small_parts()
            && let Some(0) = i128::from(Decimal::UNIT).checked_rem(den)
            && let Some(unit) = i128::from(Decimal::UNIT).checked_div(den)
            && let Some(millionths) = num.checked_mul(unit)
            && let Ok(millionths) = i64::try_from(millionths)
        {
            return Self::Small(millionths);
        }
        Self::Exact(Box::new(value))
    }

    /// The value, if there is one.
    pub fn exact(&self) -> Option<Exact> {
        match self {
            Self::Missing => None,
            Self::Small(value) => Exact::scaled(i128::from(*value), 6).ok(),
            Self::Exact(value) => Some((**value).clone()),
        }
    }

    /// Which of the two is first.
    fn first_of(&self, other: &Self, order: Order) -> Ordering {
        let rising = match (self, other) {
            (Self::Missing, Self::Missing) => return Ordering::Equal,
            (Self::Missing, _) => return Ordering::Greater,
            (_, Self::Missing) => return Ordering::Less,
            (Self::Small(a), Self::Small(b)) => a.cmp(b),
            (Self::Exact(a), Self::Exact(b)) => a.cmp(b),
            (Self::Small(_), Self::Exact(_)) | (Self::Exact(_), Self::Small(_)) => {
                self.exact().cmp(&other.exact())
            }
        };
        match order {
            Order::Ascending => rising,
            Order::Descending => rising.reverse(),
        }
    }
}

/// Which of two subjects is first, by the keys in order; equal if every key is.
pub(super) fn compare(ranking: &Ranking, a: &[Key], b: &[Key]) -> Ordering {
    let keys = ranking.by.iter().zip(a.iter().zip(b));
    let mut orders = keys.map(|(key, (a, b))| a.first_of(b, key.order));
    orders.find(|it| it.is_ne()).unwrap_or(Ordering::Equal)
}
