//! Ratings of property projects and companies (P1, P4, P6) as the housing bureau's system reads them;
//! the same on both stores.

mod followed;
mod read;
mod rolled_up;
pub(crate) mod world;
