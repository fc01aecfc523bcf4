//! Exact numbers: decimals, rationals, shares, points and money. No float, no wrap, no panic.

mod allocate;
mod apportion;
mod decimal;
mod money;
mod places;
mod points;
mod rational;
mod rounding;
mod share;
#[cfg(test)]
mod tests;
mod words;

pub use allocate::{AllocateError, Part, PartWhy, Remainder, allocate, allocate_table};
pub use apportion::{ApportionRule, Apportioned, Apportionment, GroupSeats, Why, apportion};
pub use decimal::{Decimal, InvalidDecimal};
pub use money::{InvalidMoney, Money};
pub use places::allot;
pub use points::Points;
pub use rational::{Exact, ExactError};
pub use rounding::RoundingMode;
pub use share::{InvalidShare, Share};
