//! The engine: a pure function from a compiled scheme and facts to exact, explained results.

mod admit;
mod advice;
mod cohort;
mod counted;
mod examples;
mod followed;
mod judge;
mod kernel;
mod key;
mod leaf;
mod measured;
mod note;
mod output;
mod places;
mod plan;
mod post_words;
mod predicate;
mod proposed;
mod report;
mod roll_up;
mod schedule_words;
mod scheduled;
mod seat_words;
mod settle;
#[cfg(test)]
mod tests;
mod tree;
mod value;
mod words;

pub use advice::{Advisable, Advised, advice, unadvised};
pub use cohort::{Barred, Candidate, Evaluator, Groups, Measurement};
pub use examples::{ExampleFault, first_period, run_examples};
pub use followed::{Followed, followed};
pub use judge::Standing;
pub use kernel::{Columns, Input, InputKind, Kernel, NotInColumns};
pub use key::Key;
pub use note::Note;
pub use output::{quotas_json, result_json};
pub use plan::Plan;
pub use proposed::ProposalLine;
pub use report::{
    Assessment, AwardIf, Awarded, Explained, Reason, SheetValue, Status, SubjectResult, honours,
};
pub use roll_up::{Part, PartWhy, parts};
pub use seat_words::seat_words;
pub use settle::{OpenTie, Quota, QuotaGroup, Settled, Settlement, settle};
pub use value::{EngineError, Value};
pub use words::{Words, missed_grade, reason_words, sentence};
