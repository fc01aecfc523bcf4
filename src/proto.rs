//! The messages and services of `proto/`, generated.
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::arithmetic_side_effects,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    missing_debug_implementations,
    missing_docs,
    unreachable_pub,
    rust_2018_idioms,
    reason = "generated"
)]

include!(concat!(env!("OUT_DIR"), "/proto.rs"));

/// The compiled descriptor set of every file, for reflection and for tests.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));

pub use steelyard::v1;
