//! Receipts: runs computed again, rows changed behind the service's back, signed results.

mod again;
mod changed;
mod signed;
pub(crate) mod year;
