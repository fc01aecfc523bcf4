//! Civil days, working days, periods and moments. Time is an argument: nothing here asks a clock.

mod calendar;
mod day;
mod moment;
mod period;

pub use calendar::{
    CalendarMissing, CalendarYear, DaysOf, InvalidLine, SPECIAL_DAYS_MAX, SpecialDay, SpecialFault,
    SpecialKind, WorkCalendar, read_special_days,
};
pub use day::{Day, InvalidDay};
pub use moment::{InvalidMoment, Moment};
pub use period::{InvalidPeriod, Period, PeriodKind, Window};
