//! The dual score of in-service members from point entry to HR (M1 to M8), on both stores.

mod client;
mod closing;
mod days;
mod golden;
mod judged;
mod scope;
mod world;
