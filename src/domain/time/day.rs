//! A civil day: a date on the calendar, in no time zone.

use std::fmt;

use jiff::{ToSpan, civil::Date};

/// Why a text is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDay {
    /// Not written `YYYY-MM-DD`.
    #[error("a day is written as `2022-03-05`")]
    Form,
    /// There is no such day, such as 29 February of a common year.
    #[error("there is no such day on the calendar")]
    NoSuchDay,
}

/// A civil day of the years 1 to 9999: what a deed is dated with. It never changes with a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// Reads `YYYY-MM-DD`, in plain ASCII digits.
    pub fn parse(text: &str) -> Result<Self, InvalidDay> {
        let mut parts = text.split('-');
        let mut number = |width: usize| {
            let part = parts.next()?;
            let plain = part.len() == width && part.bytes().all(|it| it.is_ascii_digit());
            plain.then(|| digits(part))
        };
        let (Some(year), Some(month), Some(day), None) =
            (number(4), number(2), number(2), parts.next())
        else {
            return Err(InvalidDay::Form);
        };
        Self::new(year, month, day).ok_or(InvalidDay::NoSuchDay)
    }

    /// The day of that year, month and day of the month, if there is one.
    pub fn new(year: i64, month: i64, day: i64) -> Option<Self> {
        let year = i16::try_from(year).ok().filter(|it| (1..=9999).contains(it))?;
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        Date::new(year, month, day).ok().map(Self)
    }

    /// The year.
    pub fn year(self) -> i64 {
        i64::from(self.0.year())
    }

    /// The month, 1 to 12.
    pub fn month(self) -> i64 {
        i64::from(self.0.month())
    }

    /// The day of the month, 1 to 31.
    pub fn day(self) -> i64 {
        i64::from(self.0.day())
    }

    /// The same day so many months later; where that month has no such day, its last (rule M3).
    pub fn plus_months(self, months: u32) -> Option<Self> {
        let date = self.0.checked_add(i64::from(months).months()).ok()?;
        (date.year() <= 9999).then_some(Self(date))
    }

    /// The day after.
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1.day()).ok().map(Self)
    }

    /// The day before.
    pub fn previous(self) -> Option<Self> {
        self.0.checked_sub(1.day()).ok().and_then(Self::from_date)
    }

    /// So many days later.
    pub fn plus_days(self, days: u32) -> Option<Self> {
        self.0.checked_add(i64::from(days).days()).ok().and_then(Self::from_date)
    }

    /// Whole days from `earlier` to this day; negative when it is later.
    pub fn days_since(self, earlier: Self) -> i64 {
        self.0.duration_since(earlier.0).as_hours().div_euclid(24)
    }

    /// The calendar date.
    pub fn date(self) -> Date {
        self.0
    }

    /// From a calendar date, if its year is 1 to 9999.
    pub fn from_date(date: Date) -> Option<Self> {
        (date.year() >= 1).then_some(Self(date))
    }
}

fn digits(text: &str) -> i64 {
    text.bytes().fold(0_i64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(i64::from(digit.saturating_sub(b'0')))
    })
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2026-1-5",
            "2026/01/05",
            "２０２６-01-05",
            "20260105",
            "2026-01-05T00",
            "2026-01",
            "2026-01-05-",
            "+026-01-05",
        ] {
            assert_eq!(Day::parse(text), Err(InvalidDay::Form), "`{text}`");
        }
        for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "0000-01-01"] {
            assert_eq!(Day::parse(text), Err(InvalidDay::NoSuchDay), "`{text}`");
        }
    }

    #[test]
    fn a_month_later_is_the_same_day_or_the_month_s_last() {
        let later = |day: &str, months| Day::parse(day).unwrap().plus_months(months).unwrap();
        assert_eq!(later("2024-01-31", 1).to_string(), "2024-02-29");
        assert_eq!(later("2024-02-29", 24).to_string(), "2026-02-28");
        assert_eq!(later("2022-11-30", 3).to_string(), "2023-02-28");
    }

    #[test]
    fn days_between_are_counted_over_leap_days() {
        let day = |text| Day::parse(text).unwrap();
        assert_eq!(day("2024-03-01").days_since(day("2024-02-28")), 2);
        assert_eq!(day("2023-01-01").days_since(day("2023-12-31")), -364);
    }
}
