//! The scheme document (评分办法): one evaluation's rules as data, read, checked, and never changed
//! after publication.

mod bounds;
mod chain;
mod check;
mod document;
mod fault;
mod indicator;
mod node;
mod predicate;
mod published;
pub(in crate::domain) mod read;
mod schedule;
mod scheduled;
pub(in crate::domain) mod schema;
#[cfg(test)]
mod tests;
pub(in crate::domain) mod yaml;

pub use chain::{Cohort, Pool, Proposed, ProposedNode, TopMarks};
pub use document::{Advice, AdviceBand, Appraised, CheckInRule, ConductRule, Honours, NoticeRule};
pub use document::{
    Award, AwardTo, Basis, Effect, Example, Expected, Grade, InForce, KeyOf, Order, Paid, Places,
    PutRight, RankKey, Ranking, Scheme, SeatBase, Seats, SubjectKind, Veto, VetoCounts,
};
pub use fault::{Place, SchemeFault, Severity};
pub use indicator::Indicator;
pub use node::{
    Assessed, Band, Cap, Channels, Combine, CompareWith, Counted, CountedPoints, Counting, Listing,
    Measured, Missing, Node, NodeIndex, NodeKind, Quantity, ResultOf, ResultsOf, Rounding, Several,
    Surveyed, Turn, VetoedResults, Voted,
};
pub use predicate::{Comparison, Predicate, ResultsWith, Test};
pub use published::{Consequence, ObjectionRule};
pub use read::SCHEDULE_MAX;
pub use schedule::{Schedule, ScheduleItem, Schedules};
pub use scheduled::{Adoption, Belonging, Imported, Quorum, Scheduled, SeveralPlaces};
pub use schema::json_schema;
