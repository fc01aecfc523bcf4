//! Selections of compounds (红旗小区评选, F1 to F12): a document's rules, the stages of a candidate, the
//! quota table, the order of candidates and what stands in the way of each step.

mod document;
mod event;
mod guard;
mod obstacle;
mod order;
mod pool;
mod quota;
mod read;
mod stage;
mod state;
#[cfg(test)]
mod tests;

pub use document::{Criteria, Form, RosterForm, SelectionDocument, StepKind, StepRule, YearDay};
pub use event::{Event, Evidence, Outcome, PostedNotice, UnitRef, What, Word};
pub use guard::{Asked, Obstacles, Standing, next_action};
pub use obstacle::Obstacle;
pub use order::{Choice, Contender, Merit, TieDecision, choice, compare};
pub use quota::{QuotaTable, RosterBranch};
pub use read::{Unfit, UnfitCriteria, selection_schema, unfit, unfit_faults};
pub use stage::{Action, Phase, Stage};
pub use state::{Candidate, Extension, ImpossibleEvent, Report, State};
