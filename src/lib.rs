//! Steelyard (衡): exact, explained scores, ranks, seats and awards for neighbourhood governance.
//!
//! `domain` is pure: no clock, no I/O, no transport. Everything else is a shell around it.

pub mod app;
pub mod cli;
pub mod client;
pub mod config;
pub mod domain;
pub mod grpc;
pub mod proto;
pub mod sample;
pub mod server;
pub mod sign;
pub mod store;
pub mod telemetry;
pub mod transport;
pub mod trust;
