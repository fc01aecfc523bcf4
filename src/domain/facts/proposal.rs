//! Values that levels propose, adjust and confirm (S2), and which of them is in force.

use crate::domain::{exact::Decimal, scheme::Proposed, time::Moment};

/// One level's word on a value: a proposal (建议), an adjustment (调整) or a confirmation (审定), by
/// where its level stands among the scheme's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The item: a `proposed` node.
    pub item: String,
    /// The level, as `community`.
    pub level: String,
    /// Who; none where nobody is named.
    pub by: Option<String>,
    /// When; none is before every moment.
    pub at: Option<Moment>,
    /// Points out of the node's full marks.
    pub points: Decimal,
    /// Why; none where nothing is said.
    pub reason: Option<String>,
}

/// The last value of one level, with how it stands to the one below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelValue<'a> {
    /// The value.
    pub proposal: &'a Proposal,
    /// How many values of its level it replaced.
    pub replaced: usize,
    /// By how many points it departs from the value of the nearest level below that has one,
    /// negative where it lowers it; none where there is none below.
    pub departs: Option<Decimal>,
    /// Whether it departs by more than the scheme's band, so that it needs a reason.
    pub beyond: bool,
}

/// The last value of every level that has one, lowest level first: of one level the last by its
/// moment (none first), of equal moments the one that was recorded later. `proposals` are those of
/// one node in the order recorded; those of levels that the scheme does not name do not count.
/// The value in force is the last of the answer; an empty answer is a missing value (S2, M8).
pub fn standing<'a>(
    proposed: &Proposed,
    proposals: impl IntoIterator<Item = &'a Proposal>,
) -> Vec<LevelValue<'a>> {
    let all: Vec<&Proposal> = proposals.into_iter().collect();
    let mut standing: Vec<LevelValue<'a>> = Vec::new();
    for level in &proposed.by {
        let own = || all.iter().copied().filter(|it| it.level == *level);
        // Of equal moments the later in the list holds, which `max_by_key` gives.
        let Some(last) = own().max_by_key(|it| it.at) else { continue };
        let below = standing.last().map(|it| it.proposal.points);
        let departs = below.and_then(|it| last.points.millionths().checked_sub(it.millionths()));
        let departs = departs.and_then(Decimal::from_millionths);
        let by = departs.map(|it| it.millionths().unsigned_abs());
        let beyond =
            by.zip(proposed.band).is_some_and(|(by, it)| by > it.millionths().unsigned_abs());
        let replaced = own().count().saturating_sub(1);
        standing.push(LevelValue { proposal: last, replaced, departs, beyond });
    }
    standing
}

/// The value in force among the proposals of one node: the last of the highest level that has one;
/// nothing where no level has.
pub fn in_force<'a>(
    proposed: &Proposed,
    proposals: impl IntoIterator<Item = &'a Proposal>,
) -> Option<&'a Proposal> {
    standing(proposed, proposals).last().map(|it| it.proposal)
}
