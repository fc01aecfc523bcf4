//! The nodes of a score: what each kind is made of. Their meaning is in `docs/schemes.md`.

use super::{Imported, Place, Predicate, Proposed, Scheduled};
use crate::domain::{
    exact::{Decimal, RoundingMode, Share},
    time::Window,
};

/// The position of a node in [`super::Scheme::nodes`], which are in the document's order; the root is 0.
pub type NodeIndex = usize;

/// One node of the score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Unique in the scheme; also the item, for kinds that read entries or sheets.
    pub id: String,
    /// What people call it; empty if nothing was given.
    pub title: String,
    /// What it rests on; empty if nothing was given.
    pub basis: Vec<super::Basis>,
    /// Where it stands in the document.
    pub place: Place,
    /// The ids from the root to this node, joined by `/`.
    pub path: String,
    /// The node above, except of the root.
    pub parent: Option<NodeIndex>,
    /// Full marks.
    pub out_of: Option<Decimal>,
    /// Added first.
    pub base: Decimal,
    /// `[least, most]`, applied after `base` and before `round`.
    pub clamp: Option<(Decimal, Decimal)>,
    /// The named rounding. The root always has one.
    pub round: Option<Rounding>,
    /// What becomes of it when it is missing.
    pub missing: Missing,
    /// Its weight, below `weighted` only.
    pub weight: Option<Share>,
    /// What it is.
    pub kind: NodeKind,
}

/// `round: {to, mode}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounding {
    /// Decimal places, 0 to 6.
    pub to: u32,
    /// How.
    pub mode: RoundingMode,
}

/// What becomes of a missing node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// Its parent is missing too. The default.
    #[default]
    Incomplete,
    /// It is worth this, as it stands: 0 for `zero`, a figure set by decree for `{value: x}`.
    Value(Decimal),
    /// It is left out.
    Exclude,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// The sum.
    Sum(Vec<NodeIndex>),
    /// The weighted mean of fractions of full marks.
    Weighted(Vec<NodeIndex>),
    /// The mean after dropping.
    Average {
        /// The parts.
        children: Vec<NodeIndex>,
        /// How many of the greatest are dropped.
        drop_highest: usize,
        /// How many of the least are dropped.
        drop_lowest: usize,
    },
    /// The greatest.
    Best(Vec<NodeIndex>),
    /// The least.
    Worst(Vec<NodeIndex>),
    /// Ledger entries of the item.
    Counted(Counted),
    /// The compound branch's own items, by its point schedule (M2).
    Scheduled(Scheduled),
    /// Sheets by assessors.
    Assessed(Assessed),
    /// A value that levels propose, adjust and confirm (S2).
    Proposed(Proposed),
    /// A ballot.
    Voted(Voted),
    /// A survey.
    Surveyed(Surveyed),
    /// A reported figure turned into points.
    Measured(Measured),
    /// Points for a condition.
    Checked {
        /// The condition.
        when: Predicate,
        /// Points where it holds.
        points: Decimal,
        /// Points where it does not.
        otherwise: Decimal,
    },
    /// Marks of another system.
    Imported(Imported),
    /// Published results of another scheme.
    ResultOf(ResultOf),
    /// This subject's value of a node by the group's best or mean one.
    Compared {
        /// The node compared.
        node: NodeIndex,
        /// The group's name.
        within: String,
        /// What it is compared with.
        with: CompareWith,
    },
    /// Points for the place in a group.
    Placed {
        /// The node that orders.
        node: NodeIndex,
        /// The group's name.
        within: String,
        /// Points by place.
        points: Vec<(u64, Decimal)>,
        /// Points for every other place.
        otherwise: Decimal,
    },
    /// A fixed number of points.
    Constant(Decimal),
}

impl NodeKind {
    /// The key that schemes use.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sum(_) => "sum",
            Self::Weighted(_) => "weighted",
            Self::Average { .. } => "average",
            Self::Best(_) => "best",
            Self::Worst(_) => "worst",
            Self::Counted(_) => "counted",
            Self::Scheduled(_) => "scheduled",
            Self::Assessed(_) => "assessed",
            Self::Proposed(_) => "proposed",
            Self::Voted(_) => "voted",
            Self::Surveyed(_) => "surveyed",
            Self::Measured(_) => "measured",
            Self::Checked { .. } => "checked",
            Self::Imported(_) => "imported",
            Self::ResultOf(_) => "result_of",
            Self::Compared { .. } => "compared",
            Self::Placed { .. } => "placed",
            Self::Constant(_) => "constant",
        }
    }

    /// The parts, for the kinds that have them.
    pub fn children(&self) -> &[NodeIndex] {
        match self {
            Self::Sum(children)
            | Self::Weighted(children)
            | Self::Average { children, .. }
            | Self::Best(children)
            | Self::Worst(children) => children,
            Self::Counted(_)
            | Self::Scheduled(_)
            | Self::Assessed(_)
            | Self::Proposed(_)
            | Self::Voted(_)
            | Self::Surveyed(_)
            | Self::Measured(_)
            | Self::Checked { .. }
            | Self::Imported(_)
            | Self::ResultOf(_)
            | Self::Compared { .. }
            | Self::Placed { .. }
            | Self::Constant(_) => &[],
        }
    }

    /// Whether it yields a fraction of full marks (the kinds marked ◆).
    pub const fn is_fraction(&self) -> bool {
        match self {
            Self::Weighted(_)
            | Self::Assessed(_)
            | Self::Proposed(_)
            | Self::Voted(_)
            | Self::Surveyed(_)
            | Self::Imported(_)
            | Self::ResultOf(_)
            | Self::Compared { .. } => true,
            Self::Sum(_)
            | Self::Average { .. }
            | Self::Best(_)
            | Self::Worst(_)
            | Self::Counted(_)
            | Self::Scheduled(_)
            | Self::Measured(_)
            | Self::Checked { .. }
            | Self::Placed { .. }
            | Self::Constant(_) => false,
        }
    }

    /// Whether it always has a value of its own (`counted`, `checked`, `constant`).
    pub const fn never_missing(&self) -> bool {
        matches!(self, Self::Counted(_) | Self::Checked { .. } | Self::Constant(_))
    }
}

/// `counted: {…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// What an entry is worth.
    pub counting: Counting,
    /// Caps, from the shorter window to the longer.
    pub caps: Vec<Cap>,
    /// `valid: n months`: entries count so long, instead of within the period.
    pub valid_months: Option<u32>,
}

/// How entries become points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counting {
    /// Times × points, one by one.
    Each {
        /// Points of one time.
        points: CountedPoints,
        /// `repeats`: the first entry's multiplier, the second's, …, the last for every later one.
        /// Empty when every entry counts alike.
        repeats: Vec<Decimal>,
    },
    /// `tiers: [[10, 2], [20, 5]]`: the sum of times picks the highest tier reached. Ascending.
    Tiers(Vec<(Decimal, Decimal)>),
}

/// `points` of `counted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedPoints {
    /// The scheme's own points for every time.
    Fixed(Decimal),
    /// `points: entered`: the entry's own, held to `each: [least, most]` where given.
    Entered {
        /// The least and the most of one entry's points.
        each: Option<(Decimal, Decimal)>,
    },
}

/// One cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// The window it is held over.
    pub per: Window,
    /// The most a window's total may be.
    pub at_most: Option<Decimal>,
    /// The least a window's total may be.
    pub at_least: Option<Decimal>,
}

/// `assessed: {…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessed {
    /// Weights by role; they add up to one.
    pub by: Vec<(String, Share)>,
    /// How one role's several sheets combine.
    pub several: Several,
    /// The fewest sheets that `trimmed` trims.
    pub trim_from: usize,
    /// `absent: rescale`: the other roles' weights are scaled up for an absent one.
    pub rescale: bool,
}

/// How several sheets of one role combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Several {
    /// The mean.
    Average,
    /// The middle one, or the mean of the middle two.
    Median,
    /// The one of the latest moment.
    Latest,
    /// The mean without one highest and one lowest.
    Trimmed,
}

/// `voted: {…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voted {
    /// The ballot's name.
    pub ballot: String,
    /// The options and what each is worth; others are void.
    pub options: Vec<(String, Decimal)>,
    /// The fewest valid ballots.
    pub least: u64,
}

/// `surveyed: {…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surveyed {
    /// The survey's name.
    pub survey: String,
    /// Which channels, and how they combine.
    pub channels: Channels,
    /// The fewest answers over the named channels.
    pub least: u64,
    /// `absent: rescale`: the other channels' weights are scaled up for an absent one.
    pub rescale: bool,
}

/// Channels of a survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Channels {
    /// All channels, by answers counted.
    Pooled,
    /// By weights, which add up to one.
    Weighted(Vec<(String, Share)>),
}

/// `measured: {…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// What is measured.
    pub quantity: Quantity,
    /// How it becomes points.
    pub turn: Turn,
}

/// A reported figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quantity {
    /// One metric.
    Metric(String),
    /// One metric by another; by zero it is missing.
    Ratio {
        /// The upper one.
        of: String,
        /// The lower one.
        per: String,
    },
}

/// How a figure becomes points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// From the top, the first band whose limit holds; the last has none.
    Bands(Vec<Band>),
    /// Between the knots, held at the ends.
    Linear(Vec<(Decimal, Decimal)>),
    /// The figure itself.
    AsIs,
}

/// One band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// Its lower limit; the last band has none.
    pub at_least: Option<Decimal>,
    /// Its points.
    pub points: Decimal,
}

/// `result_of: {…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultOf {
    /// The other scheme's id.
    pub scheme: String,
    /// Whose results.
    pub of: ResultsOf,
    /// How several combine.
    pub combine: Combine,
    /// The fewest results; under it the node is missing.
    pub least: u32,
    /// How single results are told apart and listed; none where they are not.
    pub listed: Option<Listing>,
}

/// What `listed: true` and the keys that need it say of single results (P6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The figure of each result that weighs it; none: the weight that it comes with.
    pub weight: Option<String>,
    /// Whether a result without a score is left out; otherwise the node is missing.
    pub leave_out: bool,
    /// What a result with a veto in force counts with.
    pub vetoed: Option<VetoedResults>,
}

/// `vetoed: {…}` of a `result_of`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VetoedResults {
    /// The items, of the other scheme's veto list.
    pub items: Vec<String>,
    /// The most that such a result counts with, in points of the other scheme.
    pub score_at_most: Decimal,
    /// What such a result counts with that has no score; none: it is as any other without one.
    pub unscored: Option<Decimal>,
}

/// Whose published results are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultsOf {
    /// The subject's own.
    Itself,
    /// Of the subjects below it.
    Children,
    /// Of its projects.
    Projects,
    /// Its own over the halves.
    Halves,
    /// Its own over the quarters.
    Quarters,
    /// Its own over the months.
    Months,
}

impl ResultsOf {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Itself, Self::Children, Self::Projects, Self::Halves, Self::Quarters, Self::Months];

    /// The name that schemes and facts use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Itself => "self",
            Self::Children => "children",
            Self::Projects => "projects",
            Self::Halves => "halves",
            Self::Quarters => "quarters",
            Self::Months => "months",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// How several results combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// The mean.
    Average,
    /// The mean by each result's weight.
    Weighted,
    /// The greatest.
    Best,
    /// The least.
    Worst,
    /// The sum.
    Sum,
}

/// What `compared` divides by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareWith {
    /// The group's greatest value.
    Best,
    /// The group's mean value.
    Mean,
}
