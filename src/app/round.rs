//! Assessment rounds (P2): opening, who assesses whom, drafts and handing in, coverage, closing, and
//! how assessors spread.

mod assign;
mod close;
mod coverage;
mod effect;
mod open;
mod sheet;
mod spread;
mod state;
mod step;
mod top_marks;

use std::collections::BTreeSet;

pub use assign::{Added, Assignment};
pub use close::Closed;
pub use close::SOURCE;
pub use coverage::{Coverage, CoverageCounts, CoverageLine, CoverageListing};
pub(super) use effect::{opening, revisions, sheets, step as step_effect};
pub use open::OpenRound;
pub(super) use open::all_rounds;
pub(super) use sheet::source_record;
pub use sheet::{Changed, Draft, SheetView};
pub use spread::{Flag, Spread};
pub(super) use state::items_of;
pub use state::{RoundView, SheetState};
pub use step::{ExcuseAssessor, ExtendRound};

use super::{
    AppError, Write,
    access::Permit,
    registry::{RecordKind, RecordRef},
};
use crate::{domain::time::Moment, store::Mark};

/// Later than every moment there is.
const ALWAYS: Moment = Moment::from_micros(i64::MAX);
/// How many rows are read at once.
const PAGE: i64 = 1_000;
/// How many ids are looked up at once.
const TOGETHER_MAX: usize = 500;

/// Whose a sheet is to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// Whoever holds the permission over exactly this record.
    Unit(RecordRef),
    /// A caller by name.
    Principal(String),
}

impl Holder {
    /// The kinds of records that can hold sheets. The county cannot: whoever holds it holds all of it,
    /// so that an office of the county is named by its principal.
    pub(super) const KINDS: [RecordKind; 5] = [
        RecordKind::Street,
        RecordKind::Community,
        RecordKind::Compound,
        RecordKind::Building,
        RecordKind::Branch,
    ];

    /// The kinds that can hold the sheets of a role: where the role's word is that of a unit, units of
    /// that kind alone, so that whoever organises a round cannot make itself a street.
    pub(super) fn of_role(role: &str) -> &'static [RecordKind] {
        match role {
            "street" => &[RecordKind::Street],
            "community" => &[RecordKind::Community],
            "compound" => &[RecordKind::Compound],
            "building" => &[RecordKind::Building],
            "branch" => &[RecordKind::Branch],
            "compound_branch" => &[RecordKind::Compound, RecordKind::Branch],
            _ => &Self::KINDS,
        }
    }

    /// The stored text.
    pub fn text(&self) -> String {
        match self {
            Self::Unit(RecordRef { kind, id }) => format!("{}/{id}", kind.word()),
            Self::Principal(name) => format!("principal/{name}"),
        }
    }
}

/// What a caller may organise: the kinds of which it holds all in the county.
#[derive(Debug, Clone)]
pub struct Organiser(BTreeSet<RecordKind>);

impl Organiser {
    /// By what a permit covers.
    pub fn of(permit: &Permit) -> Self {
        Self(RecordKind::ALL.into_iter().filter(|it| permit.whole_kind(*it)).collect())
    }

    /// Whether rounds about a kind of subject are the caller's.
    fn covers(&self, subject_kind: &str) -> Result<(), AppError> {
        match RecordKind::named(subject_kind) {
            Some(kind) if self.0.contains(&kind) => Ok(()),
            Some(_) | None => Err(AppError::Denied),
        }
    }
}

/// Whose sheets a caller may write: those held in its own name, and those held by a unit over which
/// itself, and not over one above, it holds the permission.
#[derive(Debug, Clone)]
pub struct Own(BTreeSet<String>);

impl Own {
    /// By what a permit reaches.
    pub fn of(permit: &Permit) -> Self {
        let units = permit.units().map(|it| Holder::Unit(it.clone()).text());
        let name = Holder::Principal(permit.principal.to_string()).text();
        Self(units.chain([name]).collect())
    }

    fn holds(&self, holder: &str) -> bool {
        self.0.contains(holder)
    }
}

/// An assessor in a role of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessor {
    /// The round.
    pub round_id: String,
    /// The role.
    pub role: String,
    /// The assessor.
    pub assessor: String,
}

/// The mark of what a call records.
pub(super) fn mark(call: &Write, at: Moment) -> Mark {
    let (by, request_id) = (call.principal.clone(), call.request_id.clone());
    Mark { recorded: at, by, request_id }
}
