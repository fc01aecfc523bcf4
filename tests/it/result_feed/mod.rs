//! Results as receiving systems follow them: what was published since a cursor, told by page and by
//! stream, and as a file; the same on both stores.

mod export;
mod follow;
mod kept;
mod sight;
mod watch;
mod world;

pub(crate) use world::grant;
