//! The rules, as total functions over values that cannot be built wrong. Pure: no clock, no store,
//! no transport, nothing asynchronous.

pub mod award;
pub mod engine;
pub mod exact;
pub mod facts;
pub mod masked;
pub mod scheme;
pub mod selection;
pub mod text;
pub mod time;
