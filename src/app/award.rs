//! Awards and subsidies (奖励与补助, A1 to A5): budgets, entitlements, payments, recoveries, and their books.

mod books;
mod budget;
mod carry;
mod entitled;
mod follow;
mod held;
mod journal;
mod lists;
mod origin;
mod propose;
mod recover;
mod rows;
mod statement;
mod steps;

pub use books::papers;
pub use budget::{BudgetAct, RecordAct, TrialBalance};
pub use entitled::{Entitled, EntitlementView};
pub use follow::{MoneyChange, MoneyChanges};
pub(super) use follow::{follow_run, follow_selection, preview_run};
pub use held::{BatchView, RecoveryView};
pub use journal::{Journal, JournalFormat};
pub use lists::Names;
pub(super) use lists::{all_batches, batch_view};
pub(super) use origin::Here;
pub use propose::{ProposeBatch, subjects};
pub use recover::{DemandRecovery, Recovering, RecoveryFilter, StepRecovery};
#[cfg(test)]
pub(super) use rows::tests::year;
pub(super) use rows::{MoneyRows, Proposed};
pub use statement::Statement;
pub(super) use statement::all_movements;
pub use steps::{StepBatch, TreasuryAnswer, TreasuryAnswers};

use super::Refusal;

/// How many rows are read at once.
const PAGE: i64 = 1_000;
/// How many payments a batch has at most.
const LINES_MAX: usize = 1_000;

/// A refusal of a write about money: it is kept, so that a late repeat does not do what its caller was
/// told was refused.
fn refusal(reason: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::new(reason, en, zh).remembered()
}
