//! The bounds of point schedules (M2), and how two places in one period combine (M4).

use crate::domain::exact::{Decimal, Exact, ExactError};

/// `scheduled: {…}`: the bounds of every compound branch's point schedule (积分明细, M2), and how
/// two compounds in one period combine (M4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// The fewest and the most items of a schedule.
    pub items: (u32, u32),
    /// The least and the most that one time of an item may be worth.
    pub each: (Decimal, Decimal),
    /// The least and the most that all items of a schedule may come to in a period.
    pub in_all: (Decimal, Decimal),
    /// How several compounds combine.
    pub places: Belonging,
    /// The most months that an item's `valid` may have; none: no item has it.
    pub valid_at_most: Option<u32>,
    /// What the general meeting that adopts a schedule must come to.
    pub adoption: Adoption,
    /// In how many days a member may object to an entry.
    pub objection_days: u32,
}

/// The shares of the eligible that a general meeting needs (M2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// How many must be present.
    pub present: Quorum,
    /// How many must be in favour.
    pub in_favour: Quorum,
}

/// A share of the eligible that must be reached or passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    /// The share, 0 to 1.
    pub share: Exact,
    /// Whether it must be passed (`above`), or only reached (`at_least`).
    pub above: bool,
}

impl Adoption {
    /// More than half of the eligible present, and more than half of the eligible in favour.
    pub fn more_than_half() -> Self {
        let half = || Quorum { share: Exact::from(Decimal::HALF), above: true };
        Self { present: half(), in_favour: half() }
    }
}

impl Quorum {
    /// Whether so many of the eligible are enough.
    ///
    /// # Errors
    /// Those of the arithmetic.
    pub fn is_met(&self, count: u32, eligible: u32) -> Result<bool, ExactError> {
        let needed = self.share.times(&Exact::whole(eligible))?;
        let count = Exact::whole(count);
        Ok(if self.above { count > needed } else { count >= needed })
    }
}

/// How the places to which a member belonged on different days of a period combine (M4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Belonging {
    /// How.
    pub several: SeveralPlaces,
    /// `absent: rescale`: a place with nothing to go on is as if the member had not been there.
    pub rescale: bool,
}

/// How several places combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeveralPlaces {
    /// The place of the last day.
    Last,
    /// By the days of the period spent at each.
    ProratedByDays,
    /// The greatest.
    Best,
}

/// `imported: {…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The source's name.
    pub source: String,
    /// How the reports of two units in one period combine.
    pub places: Belonging,
}
