//! Whole seats from a share of groups (名额, rules F4, F5 and S8).

use super::{Exact, ExactError, RoundingMode, Share};

/// How a share of a group's members becomes whole seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApportionRule {
    /// Each group by itself, rounded down.
    Floor,
    /// Each group by itself, rounded to the nearest, halves up.
    HalfUp,
    /// Each group by itself, rounded up.
    Ceiling,
    /// Seats in all = the share of all members, rounded down; each group gets the whole part of
    /// its quota, then one more goes to the largest remainders. Not house-monotone: a larger house
    /// can cost a group a seat.
    LargestRemainder,
}

impl ApportionRule {
    /// All rules, in the order in which the documentation names them.
    pub const ALL: [Self; 4] = [Self::Floor, Self::HalfUp, Self::Ceiling, Self::LargestRemainder];

    /// The name that schemes use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::HalfUp => "half_up",
            Self::Ceiling => "ceiling",
            Self::LargestRemainder => "largest_remainder",
        }
    }

    /// The rule of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// What to apportion and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apportionment {
    /// The share of members that gets a seat.
    pub share: Share,
    /// How it becomes whole seats.
    pub rule: ApportionRule,
    /// A cap per group, applied last; what it cuts is not passed on.
    pub each_at_most: Option<u64>,
    /// A cap over all groups, of `LargestRemainder` only.
    pub at_most: Option<u64>,
}

/// Why a group has the seats it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The whole part of its quota.
    Floor,
    /// Its quota rounded to the nearest.
    HalfUp,
    /// Its quota rounded up.
    Ceiling,
    /// One seat more for its remainder.
    Remainder,
    /// It is equal to others at the line, and nobody has decided yet: it keeps its floor.
    TieOpen,
}

impl Why {
    /// The word of the quota table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::HalfUp => "half_up",
            Self::Ceiling => "ceiling",
            Self::Remainder => "remainder",
            Self::TieOpen => "tie_open",
        }
    }
}

/// One row of a quota table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSeats {
    /// Members counted.
    pub members: u64,
    /// The exact quota.
    pub quota: Exact,
    /// Its whole part.
    pub floor: u64,
    /// What is beyond the whole part.
    pub remainder: Exact,
    /// The seats.
    pub seats: u64,
    /// Why so many.
    pub why: Why,
}

/// The rows of all groups, in the order given, and what was left open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apportioned {
    /// One row a group.
    pub rows: Vec<GroupSeats>,
    /// The groups equal at the line, as indices, and how many seats are between them. Empty when
    /// the line fell between two different groups. Listed whether or not a decision settled it.
    pub tied: Vec<usize>,
    /// Seats that the tied groups compete for.
    pub open_seats: usize,
}

/// Apportions seats to groups of `members`. `decided` orders the tied groups, where a recorded
/// decision has done so: it lists exactly them, first first, and is otherwise not looked at.
pub fn apportion(
    members: &[u64],
    terms: &Apportionment,
    decided: Option<&[usize]>,
) -> Result<Apportioned, ExactError> {
    match terms.rule {
        ApportionRule::Floor => each(members, terms, RoundingMode::Floor, Why::Floor),
        ApportionRule::HalfUp => each(members, terms, RoundingMode::HalfUp, Why::HalfUp),
        ApportionRule::Ceiling => each(members, terms, RoundingMode::Ceiling, Why::Ceiling),
        ApportionRule::LargestRemainder => largest_remainder(members, terms, decided),
    }
}

fn each(
    members: &[u64],
    terms: &Apportionment,
    mode: RoundingMode,
    why: Why,
) -> Result<Apportioned, ExactError> {
    let mut rows = Vec::with_capacity(members.len());
    for members in members.iter().copied() {
        let quota = terms.share.exact().times(&Exact::whole(members))?;
        let seats = count(quota.units(0, mode)?)?.min(members);
        rows.push(row(members, quota, seats, why)?);
    }
    Ok(Apportioned { rows: capped(rows, terms), tied: Vec::new(), open_seats: 0 })
}

fn largest_remainder(
    members: &[u64],
    terms: &Apportionment,
    decided: Option<&[usize]>,
) -> Result<Apportioned, ExactError> {
    let all = members.iter().try_fold(0_u64, |sum, it| sum.checked_add(*it));
    let all = all.ok_or(ExactError::Overflow)?;
    let house = count(terms.share.exact().times(&Exact::whole(all))?.floor()?)?;
    let house = terms.at_most.map_or(house, |it| house.min(it)).min(all);
    let mut rows = Vec::with_capacity(members.len());
    let mut left = house;
    for members in members.iter().copied() {
        let quota = match all {
            0 => Exact::ZERO,
            _ => Exact::whole(house).times(&Exact::whole(members))?.over(&Exact::whole(all))?,
        };
        let floor = count(quota.floor()?)?;
        left = left.checked_sub(floor).ok_or(ExactError::Overflow)?;
        rows.push(row(members, quota, floor, Why::Floor)?);
    }
    let left = usize::try_from(left).map_err(|_| ExactError::Overflow)?;
    let line = remainders(&mut rows, terms, left, decided);
    Ok(Apportioned { rows: capped(rows, terms), tied: line.0, open_seats: line.1 })
}

/// Gives one seat more to the largest remainders; answers the tied groups and their open seats.
fn remainders(
    rows: &mut [GroupSeats],
    terms: &Apportionment,
    left: usize,
    decided: Option<&[usize]>,
) -> (Vec<usize>, usize) {
    // A whole quota is never topped up: a group gets its quota's floor or ceiling, nothing else.
    let has_room = |row: &GroupSeats| {
        !row.remainder.is_zero() && terms.each_at_most.is_none_or(|it| row.floor < it)
    };
    let mut order: Vec<(Exact, u64, usize)> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| has_room(row))
        .map(|(index, row)| (row.remainder.clone(), row.members, index))
        .collect();
    order.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2)));
    let key = |at: usize| order.get(at).map(|it| (&it.0, it.1));
    let at_line = left.checked_sub(1).and_then(key);
    let tie = at_line.is_some() && at_line == key(left);
    let mut tied = Vec::new();
    let mut seated = 0_usize;
    for (position, (remainder, members, index)) in order.iter().enumerate() {
        if tie && Some((remainder, *members)) == at_line {
            tied.push(*index);
        } else if position < left {
            seated = seated.saturating_add(1);
            award(rows, *index);
        }
    }
    let open = if tie { left.saturating_sub(seated) } else { 0 };
    settle(rows, &tied, open, decided);
    (tied, open)
}

fn settle(rows: &mut [GroupSeats], tied: &[usize], open: usize, decided: Option<&[usize]>) {
    let matching = decided.filter(|order| {
        let mut sorted = order.to_vec();
        let mut wanted = tied.to_vec();
        sorted.sort_unstable();
        wanted.sort_unstable();
        sorted == wanted
    });
    if let Some(order) = matching {
        order.iter().take(open).for_each(|index| award(rows, *index));
    } else {
        for index in tied {
            if let Some(row) = rows.get_mut(*index) {
                row.why = Why::TieOpen;
            }
        }
    }
}

fn award(rows: &mut [GroupSeats], index: usize) {
    if let Some(row) = rows.get_mut(index) {
        row.seats = row.seats.saturating_add(1);
        row.why = Why::Remainder;
    }
}

fn capped(mut rows: Vec<GroupSeats>, terms: &Apportionment) -> Vec<GroupSeats> {
    if let Some(most) = terms.each_at_most {
        rows.iter_mut().for_each(|row| row.seats = row.seats.min(most));
    }
    rows
}

fn row(members: u64, quota: Exact, seats: u64, why: Why) -> Result<GroupSeats, ExactError> {
    let whole = quota.floor()?;
    let remainder = quota.minus(&Exact::whole(whole))?;
    Ok(GroupSeats { members, quota, floor: count(whole)?, remainder, seats, why })
}

fn count(value: i128) -> Result<u64, ExactError> {
    u64::try_from(value).map_err(|_| ExactError::Overflow)
}
