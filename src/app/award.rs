//! Awards and subsidies (奖励与补助, A1 to A5): budgets, entitlements, payments, recoveries, and their books.

mod rows;

#[cfg(test)]
pub(super) use rows::tests::year;
pub(super) use rows::{MoneyRows, Proposed};
