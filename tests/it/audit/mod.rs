//! The audit trail from the outside: tampered with in every way, read, signed, and refused.

mod commands;
mod effects;
mod service;
mod tamper;
pub(crate) mod trail;
