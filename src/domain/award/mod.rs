//! Awards and subsidies (奖励与补助, A1 to A5): the books of a purpose, batches of payments, recoveries,
//! and what follows for them when somebody is entitled to more or to less.

mod account;
mod balances;
mod batch;
mod claim;
mod recovery;
mod settle;
#[cfg(test)]
mod tests;

pub use account::{Account, Movement};
pub use balances::{Balances, BooksError};
pub use batch::{Batch, BatchPhase, BatchStep, Line, LineState, StepRefused};
pub use claim::{
    Claim, EntitlementKey, RecipientKind, Source, SourceKind, Unclaimed, WhyUnclaimed,
};
pub use recovery::{Recovery, RecoveryCause, RecoveryRefused, RecoveryState, RecoveryStep};
pub use settle::{Consequence, OpenRecovery, Payment, held, payable, settle};
