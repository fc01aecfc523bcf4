//! Appraisal chains (述职评议考核, S1, S2): which cohorts a year-end appraisal has, what each waits for,
//! and the values that are proposed, adjusted and confirmed in them.

mod close;
mod effect;
mod gate;
mod open;
mod read;
mod state;
mod value;

use std::collections::BTreeSet;

pub use close::{CloseCohort, ReopenCases};
pub(super) use effect::{events as events_effect, opening};
pub(super) use gate::may_publish;
pub(super) use open::all_chains;
pub use open::{CaseFilter, OpenChain};
pub use read::{Chain, ChainStep};
pub use state::{Blocker, Case, CaseStanding, CaseValue, Cohort, CohortState, Reopened};
pub use value::{Decision, Speaking, Speech};

use super::{
    access::{Node, Permit},
    registry::RecordKind,
};

/// How many rows are read at once.
const PAGE: i64 = 1_000;
/// The most things in the way that an error or a cohort names.
const NAMED_MAX: usize = 100;

/// What a caller reaches: the posts that it sees, and the units over which itself, and not over one
/// above, it holds the permission.
#[derive(Debug, Clone)]
pub struct Reach {
    permit: Permit,
    units: BTreeSet<Node>,
}

impl Reach {
    /// By a permit.
    pub fn of(permit: Permit) -> Self {
        let units = permit.units().cloned().collect();
        Self { permit, units }
    }

    /// Whether it is told that a post is not there.
    fn sees_all_posts(&self) -> bool {
        self.permit.whole_kind(RecordKind::Post)
    }

    /// Whether it speaks for a level above a post: for a unit's word exactly that unit, for any other
    /// word the county.
    fn speaks_for(&self, level: &str, county: &str, post: &read::Post) -> bool {
        let unit = match read::unit_of(level) {
            Some(kind) if kind != RecordKind::County => {
                post.groups.get(level).map(|id| Node::new(kind, id))
            }
            Some(_) | None => Some(Node::new(RecordKind::County, county)),
        };
        unit.is_some_and(|it| self.units.contains(&it))
    }
}
