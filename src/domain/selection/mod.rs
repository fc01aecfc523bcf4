//! Selections of compounds (红旗小区评选, F1 to F12): a document's rules, the stages of a candidate, the
//! quota table, the order of candidates and what stands in the way of each step.

mod document;
mod read;

pub use document::{Criteria, Form, RosterForm, SelectionDocument, StepKind, StepRule, YearDay};
pub use read::{Unfit, UnfitCriteria, selection_schema, unfit, unfit_faults};
