//! Predicates: what a scheme may ask of a subject.

use std::collections::BTreeMap;

use super::NodeIndex;
use crate::domain::exact::Decimal;

/// How a number is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `at_least: x`.
    AtLeast,
    /// `above: x`.
    Above,
    /// `at_most: x`.
    AtMost,
    /// `below: x`.
    Below,
}

impl Comparison {
    /// All comparisons.
    pub const ALL: [Self; 4] = [Self::AtLeast, Self::Above, Self::AtMost, Self::Below];

    /// The key that schemes use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtLeast => "at_least",
            Self::Above => "above",
            Self::AtMost => "at_most",
            Self::Below => "below",
        }
    }
}

/// A comparison with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Test {
    /// How.
    pub comparison: Comparison,
    /// With what.
    pub limit: Decimal,
}

/// What is asked of listed results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultsWith {
    /// One of these items of the other scheme's veto list is in force.
    Vetoed(Vec<String>),
    /// One of these grades of the other scheme.
    Graded(Vec<String>),
}

/// A condition. About something missing it is false, and `none` of it is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// `{node: id, at_least: x}`: the value of a node of the scheme.
    Node {
        /// The node.
        node: NodeIndex,
        /// The comparison.
        test: Test,
    },
    /// `{metric: m, at_least: x}`: a reported figure.
    Metric {
        /// The metric's name.
        metric: String,
        /// The comparison.
        test: Test,
    },
    /// `{ratio: {of: a, per: b}, at_least: x}`: one reported figure by another.
    Ratio {
        /// The upper metric.
        of: String,
        /// The lower metric.
        per: String,
        /// The comparison.
        test: Test,
    },
    /// `{attribute: a, is: v}` or `{attribute: a, in: [v, …]}`.
    Attribute {
        /// The attribute's name.
        attribute: String,
        /// The values that satisfy it; one for `is`.
        values: Vec<String>,
    },
    /// `{fact: f}`: a recorded finding of that kind is in force in the period.
    Fact {
        /// The kind of finding.
        fact: String,
    },
    /// `{grade: id}`, of awards and consequences only: the position of the grade in [`super::Scheme::grades`].
    Grade {
        /// The grade's position from the top.
        grade: usize,
    },
    /// `{results: id, vetoed: […]}` or `{results: id, graded: […]}`: one of the results that a
    /// `result_of` node lists has one of these vetoes in force, or one of these grades.
    Results {
        /// The node.
        node: NodeIndex,
        /// What is asked of them.
        with: ResultsWith,
    },
    /// All hold.
    All(Vec<Self>),
    /// At least one holds.
    Any(Vec<Self>),
    /// Not one holds.
    None(Vec<Self>),
}

impl Predicate {
    /// Whether a roster takes a subject: a roster asks about attributes only, and whatever else it
    /// asks is refused when the scheme is read.
    pub fn takes(&self, attributes: &BTreeMap<String, String>) -> bool {
        self.holds_of(attributes, None)
    }

    /// Whether it holds of a published result, by its grade and attributes: whatever else it asks is
    /// refused when the scheme is read. Without a grade no `grade` holds.
    pub fn holds_of(&self, attributes: &BTreeMap<String, String>, grade: Option<usize>) -> bool {
        match self {
            Self::Attribute { attribute, values } => {
                attributes.get(attribute).is_some_and(|it| values.contains(it))
            }
            Self::Grade { grade: asked } => grade == Some(*asked),
            Self::All(parts) => parts.iter().all(|it| it.holds_of(attributes, grade)),
            Self::Any(parts) => parts.iter().any(|it| it.holds_of(attributes, grade)),
            Self::None(parts) => !parts.iter().any(|it| it.holds_of(attributes, grade)),
            Self::Node { .. }
            | Self::Metric { .. }
            | Self::Ratio { .. }
            | Self::Fact { .. }
            | Self::Results { .. } => false,
        }
    }
}
