//! Tests against the outside of the product: stores, calls, commands. One binary, so it links once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    clippy::unnecessary_wraps,
    reason = "a test says no by panicking"
)]

mod access;
mod appraisal_results;
mod architecture;
mod audit;
mod awards;
mod calendar;
mod cancelled;
mod catalogue;
mod chains;
mod demo;
mod dual_score;
mod entries;
mod evaluation_rpc;
mod fact_rpc;
mod formation;
mod golden;
mod half_year;
mod harness;
mod history;
mod indicators;
mod notices;
mod offline;
mod person;
mod pools;
mod pools_rpc;
mod postgres;
mod posts;
mod ratings;
mod receipts;
mod registry_rpc;
mod replicas;
mod result_feed;
mod rounds;
mod row_security;
mod schedules;
mod scheme_rpc;
mod selection_county;
mod selection_documents;
mod selections;
mod server;
mod store_conformance;
mod telemetry;
mod transport;
mod vetoes;
