//! How many branches each street may recommend (F4, F5): the share of the branches on the roster,
//! rounded as the document says, with what was left open.

use std::collections::BTreeMap;

use super::SelectionDocument;
use crate::domain::exact::{Apportioned, ExactError, GroupSeats, apportion};

/// One branch on the roster (名册): where it lay on the roster's day, and lies for this selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterBranch {
    /// The branch.
    pub branch: String,
    /// The compound it lies in.
    pub compound: String,
    /// The community.
    pub community: String,
    /// The street.
    pub street: String,
}

/// The table of a selection's seats (名额).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaTable {
    /// One row a street that has branches, by id.
    pub rows: Vec<(String, GroupSeats)>,
    /// Streets equal at the line of remainders, whether or not a decision settled it.
    pub tied: Vec<String>,
    /// The seats between them.
    pub open_seats: usize,
    /// The seats of all streets together.
    pub all: u64,
    /// The county's cap over all (F1); none: the seats together.
    pub cap: Option<u64>,
}

impl QuotaTable {
    /// The table of a roster; `decided` orders tied streets.
    ///
    /// # Errors
    /// A number leaves its range.
    pub fn of(
        document: &SelectionDocument,
        roster: &[RosterBranch],
        decided: Option<&[String]>,
    ) -> Result<Self, ExactError> {
        let mut members: BTreeMap<&str, u64> = BTreeMap::new();
        for it in roster {
            let count = members.entry(&it.street).or_default();
            *count = count.checked_add(1).ok_or(ExactError::Overflow)?;
        }
        let streets: Vec<&str> = members.keys().copied().collect();
        let counts: Vec<u64> = members.values().copied().collect();
        let place = |street: &String| streets.iter().position(|it| *it == street);
        let decided: Option<Vec<usize>> =
            decided.and_then(|order| order.iter().map(place).collect());
        let Apportioned { rows, tied, open_seats } =
            apportion(&counts, &document.seats, decided.as_deref())?;
        let named = |index: usize| streets.get(index).map(|it| (*it).to_owned());
        let all = rows.iter().try_fold(0_u64, |sum, it| sum.checked_add(it.seats));
        Ok(Self {
            tied: tied.into_iter().filter_map(named).collect(),
            open_seats,
            all: all.ok_or(ExactError::Overflow)?,
            cap: document.seats.at_most,
            rows: streets.iter().map(|it| (*it).to_owned()).zip(rows).collect(),
        })
    }

    /// The seats of a street.
    pub fn seats(&self, street: &str) -> u64 {
        self.rows.iter().find(|it| it.0 == street).map_or(0, |it| it.1.seats)
    }

    /// How many the county may select at most: never more than its cap, nor than the streets have.
    pub fn county(&self) -> u64 {
        self.cap.map_or(self.all, |cap| cap.min(self.all))
    }
}
