//! The exact numbers against a second, naive writing of them, and the laws that seats and money
//! must keep.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::unnecessary_fold,
    reason = "the reference is plain arithmetic, and `sum` is banned"
)]

mod allocation;
mod arithmetic;
mod naive;
mod notation;
mod pools;
mod seats;
mod words;

use proptest::test_runner::{Config, RngSeed};

/// The same cases at every run: a gate that fails by chance is no gate.
fn cases(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(20_220_305),
        failure_persistence: None,
        ..Config::default()
    }
}
