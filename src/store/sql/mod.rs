//! Every statement, once, in the SQL both databases read: `$n` placeholders, named columns,
//! `ON CONFLICT`, `RETURNING`, no clock, no arithmetic on points, order by ids and integers only.
//!
//! `sqlite.rs` and `postgres.rs` each load this folder, with four words of their own: `for_each_of!`
//! (look rows up for a list), `among!` (is one of a few), `skip_locked!` (do not wait for what
//! another replica is claiming) and `scope!` (the county, which is thereby named to the database).
//! The conformance suite prepares all of them on both and compares the columns.

macro_rules! statements {
    ($($name:ident = $text:expr;)+) => {
        $(pub(in super::super) const $name: &str = $text;)+
        pub(in super::super) const ALL: &[(&str, &str)] = &[$((stringify!($name), $text)),+];
    };
}

/// The columns of fact `f`.
macro_rules! columns {
    () => {
        "
SELECT f.seq, f.kind, f.subject_kind, f.subject, f.item, f.period, f.on_day, f.until_day, f.name,
       f.amount_a, f.amount_b, f.detail, f.by_whom, f.at_micros, f.evidence, f.source,
       f.source_record, f.reverses, f.recorded, f.recorded_by, f.request_id,
       f.late_reason"
    };
}

/// The columns of `r`, which reverses it.
macro_rules! reversal {
    () => {
        ", r.seq AS reversed_seq, r.recorded AS reversed,
       r.detail AS reversed_reason, r.recorded_by AS reversed_by"
    };
}

/// The columns of version `v`. A person's name is looked up where it is kept: by subqueries, since a
/// join reads all names for each version while a table's statistics say that it is empty.
macro_rules! versions {
    () => {
        "
SELECT v.kind, v.id, v.effective_from, v.seq, v.effective_until, v.name, v.parent_kind,
       v.parent_id, v.attributes, v.recorded, v.recorded_by, v.request_id, v.commitment,
       (SELECT p.name FROM person_names p
         WHERE p.county = v.county AND p.kind = v.kind AND p.id = v.id AND p.seq = v.seq)
       AS kept_name,
       (SELECT p.salt FROM person_names p
         WHERE p.county = v.county AND p.kind = v.kind AND p.id = v.id AND p.seq = v.seq) AS salt"
    };
}

pub(super) mod access;
pub(super) mod audit;
pub(super) mod awards;
pub(super) mod budgets;
pub(super) mod calendars;
pub(super) mod chains;
pub(super) mod county;
pub(super) mod facts;
pub(super) mod notices;
pub(super) mod persons;
pub(super) mod publications;
pub(super) mod registry;
pub(super) mod result_objections;
pub(super) mod rounds;
pub(super) mod runs;
pub(super) mod schedules;
pub(super) mod schemes;
pub(super) mod selection_documents;
pub(super) mod selections;
pub(super) mod sight;
pub(super) mod totals;

use crate::store::bulk::Table;

/// Every statement by name, for the test that prepares them.
pub(super) fn all() -> Vec<(&'static str, &'static str)> {
    let parts = [
        access::ALL,
        audit::ALL,
        county::ALL,
        registry::ALL,
        persons::ALL,
        schemes::ALL,
        selections::ALL,
        budgets::ALL,
        awards::ALL,
        selection_documents::ALL,
        schedules::ALL,
        calendars::ALL,
        chains::ALL,
        notices::ALL,
        result_objections::ALL,
        rounds::ALL,
        facts::ALL,
        totals::ALL,
        runs::ALL,
        publications::ALL,
        sight::ALL,
    ];
    parts.concat()
}

/// Every table that is filled by set.
pub(super) const TABLES: &[Table] = &[
    county::AUDIT_ENTRIES,
    registry::REGISTRY_VERSIONS,
    persons::PERSON_NAMES,
    facts::FACTS_TABLE,
    totals::TOTALS_TABLE,
    rounds::ROUND_SHEETS_TABLE,
    rounds::ROUND_REVISIONS_TABLE,
    budgets::MONEY_MOVEMENTS,
    budgets::MONEY_POSTINGS,
    awards::ENTITLEMENTS,
    awards::AWARD_LINES,
    awards::AWARD_BATCH_EVENTS,
    awards::RECOVERIES,
    awards::RECOVERY_EVENTS,
    runs::RUN_BATCHES,
    runs::RESULTS_TABLE,
];
