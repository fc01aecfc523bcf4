//! Rules A3 to A5 held to the books: every movement, every step of a batch and of a recovery, what
//! follows for payments, and whole lives of them by chance.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "tests count plainly, in whole fen that are far from the ends unless they say so"
)]

mod batches;
mod books;
mod lives;
mod recoveries;
mod settling;

use proptest::test_runner::{Config, RngSeed};

use crate::domain::exact::Money;

/// The same cases at every run: a gate that fails by chance is no gate.
fn cases(cases: u32) -> Config {
    let rng_seed = RngSeed::Fixed(20_230_110);
    Config { cases, rng_seed, failure_persistence: None, ..Config::default() }
}

fn yuan(text: &str) -> Money {
    Money::parse(text).unwrap()
}

fn fen(fen: i64) -> Money {
    Money::from_fen(fen)
}

/// Amounts around which sums go wrong.
const ENDS: [i64; 9] =
    [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX / 2, i64::MAX / 2 + 1, i64::MAX - 1, i64::MAX];

/// Rows of words as a grid, each column as wide as its longest word.
fn grid(rows: &[Vec<&str>]) -> Vec<String> {
    use std::fmt::Write as _;
    let width = |column: usize| rows.iter().map(|it| it[column].len()).max().unwrap();
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<&str>| {
        let mut text = String::new();
        for (word, width) in row.iter().zip(&widths) {
            write!(text, "{word:width$} ").unwrap();
        }
        text.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// Holds a table to the one that was reviewed, which stands beside the tests.
fn as_reviewed(reviewed: &str, found: &[String]) {
    let all = found.join("\n");
    assert!(reviewed.lines().eq(found), "not as reviewed; the whole table:\n{all}\n");
}
