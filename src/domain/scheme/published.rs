//! What a document says of results once they are published: what follows from them (S3, S6), and
//! how long they may be objected to.

use super::{Basis, Place, Predicate};
use crate::domain::time::DaysOf;

/// One thing that follows from a published result beside awards (S3, S6), such as a commendation
/// (通报表扬) or a proposal to adjust (调整建议).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// Unique among the consequences; what other systems read.
    pub id: String,
    /// What people read.
    pub title: String,
    /// Where it stands.
    pub place: Place,
    /// The condition, over the grade and the attributes of the day of publication.
    pub when: Predicate,
    /// What it rests on.
    pub basis: Vec<Basis>,
}

impl Consequence {
    /// The most consequences that a scheme can have.
    pub const MAX: usize = 64;
}

/// `objections: {…}`: how long a published result may be objected to (异议).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectionRule {
    /// How many days after the day of publication, which is not counted; at least 1.
    pub days: u32,
    /// Which days are counted.
    pub of: DaysOf,
}
