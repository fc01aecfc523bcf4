//! Civil days, periods and moments. Time is an argument: nothing here asks a clock.

mod day;
mod moment;
mod period;

pub use day::{Day, InvalidDay};
pub use moment::{InvalidMoment, Moment};
pub use period::{InvalidPeriod, Period, PeriodKind, Window};
