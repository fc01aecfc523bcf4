//! The scheme document (评分办法): one evaluation's rules as data, read, checked, and never changed
//! after publication.

mod check;
mod document;
mod fault;
mod node;
mod predicate;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod yaml;

pub use document::{
    Award, AwardTo, Basis, Effect, Example, Expected, Grade, InForce, KeyOf, Order, Places,
    RankKey, Ranking, Scheme, SeatBase, Seats, SubjectKind, Veto, VetoCounts,
};
pub use fault::{Place, SchemeFault, Severity};
pub use node::{
    Assessed, Band, Cap, Channels, Combine, CompareWith, Counted, CountedPoints, Counting,
    Measured, Missing, Node, NodeIndex, NodeKind, Quantity, ResultOf, ResultsOf, Rounding, Several,
    Surveyed, Turn, Voted,
};
pub use predicate::{Comparison, Predicate, Test};
pub use schema::json_schema;
