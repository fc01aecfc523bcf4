//! What the chain of a year-end appraisal (述职评议考核, S1, S2) needs of a scheme: the cohorts of posts,
//! and the values that one level proposes and others adjust and confirm.

use super::{NodeKind, Scheme};
use crate::domain::exact::Decimal;

/// The dimension in which posts form a cohort that its unit assesses (S1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cohort {
    /// The posts of one compound.
    Compound,
    /// Those of one community: what compound-branch secretaries report to.
    Community,
    /// Those of one street.
    Street,
    /// Those of the county.
    County,
}

impl Cohort {
    /// All of them, from the lowest.
    pub const ALL: [Self; 4] = [Self::Compound, Self::Community, Self::Street, Self::County];

    /// The name that schemes use, which is also that of the group.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compound => "compound",
            Self::Community => "community",
            Self::Street => "street",
            Self::County => "county",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// `proposed: {…}`: a value that a level proposes (建议分) and higher ones adjust and confirm (S2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The levels, lowest first; 1 to 5, no two alike.
    pub by: Vec<String>,
    /// The points by which a level above another may depart from that one's value without a
    /// reason; none: by any.
    pub band: Option<Decimal>,
}

impl Proposed {
    /// The most levels.
    pub const LEVELS_MAX: usize = 5;
}

/// A `proposed` node of a scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProposedNode<'a> {
    /// Its id, which proposals name as their item.
    pub id: &'a str,
    /// What people call it; may be empty.
    pub title: &'a str,
    /// Full marks: proposals are from 0 to this.
    pub out_of: Decimal,
    /// Its levels and band.
    pub proposed: &'a Proposed,
}

impl Scheme {
    /// The nodes whose values are proposed, in the document's order.
    pub fn proposed(&self) -> Vec<ProposedNode<'_>> {
        let nodes = self.nodes.iter().filter_map(|node| {
            let NodeKind::Proposed(proposed) = &node.kind else { return None };
            let out_of = node.out_of.unwrap_or(Decimal::ZERO);
            Some(ProposedNode { id: &node.id, title: &node.title, out_of, proposed })
        });
        nodes.collect()
    }
}
