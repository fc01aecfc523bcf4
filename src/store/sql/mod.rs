//! Every statement, once, in the SQL both databases read: `$n` placeholders, named columns,
//! `ON CONFLICT`, `RETURNING`, no clock, no arithmetic on points, order by ids and integers only.
//!
//! `sqlite.rs` and `postgres.rs` each load this folder, with three words of their own: `for_each_of!`
//! (look rows up for a list), `among!` (is one of a few) and `skip_locked!` (do not wait for what
//! another replica is claiming).
//! The conformance suite prepares all of them on both and compares the columns.

macro_rules! statements {
    ($($name:ident = $text:expr;)+) => {
        $(pub(in super::super) const $name: &str = $text;)+
        pub(in super::super) const ALL: &[(&str, &str)] = &[$((stringify!($name), $text)),+];
    };
}

pub(super) mod audit;
pub(super) mod county;
pub(super) mod facts;
pub(super) mod registry;
pub(super) mod runs;
pub(super) mod schemes;
pub(super) mod totals;

use crate::store::bulk::Table;

/// Every statement by name, for the test that prepares them.
pub(super) fn all() -> Vec<(&'static str, &'static str)> {
    let kept = [county::ALL, registry::ALL, schemes::ALL, facts::ALL, totals::ALL, runs::ALL];
    [kept.concat(), audit::ALL.to_vec()].concat()
}

/// Every table that is filled by set.
pub(super) const TABLES: &[Table] = &[
    county::AUDIT_ENTRIES,
    registry::REGISTRY_VERSIONS,
    facts::FACTS_TABLE,
    totals::TOTALS_TABLE,
    runs::RUN_BATCHES,
    runs::RESULTS_TABLE,
];
