//! Use cases: load, decide, persist. The only place that holds a clock and a store.

pub mod offline;
