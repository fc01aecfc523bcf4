//! The audit trail from the outside: tampered with in every way, read, signed, and refused.

mod tamper;
mod trail;
