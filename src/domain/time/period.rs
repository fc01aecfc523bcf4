//! The periods that are evaluated, and the windows that caps are held over.

use std::fmt;

use super::Day;

/// How long an evaluated period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeriodKind {
    /// A calendar year, written `2022`.
    Year,
    /// Half a year, written `2022-H1`.
    Half,
    /// A quarter, written `2022-Q3`.
    Quarter,
    /// A month, written `2022-07`.
    Month,
}

impl PeriodKind {
    /// The name that schemes use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Half => "half",
            Self::Quarter => "quarter",
            Self::Month => "month",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Year, Self::Half, Self::Quarter, Self::Month]
            .into_iter()
            .find(|it| it.name() == name)
    }

    const fn months(self) -> i64 {
        match self {
            Self::Year => 12,
            Self::Half => 6,
            Self::Quarter => 3,
            Self::Month => 1,
        }
    }
}

/// Why a text is no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a period is written as `2022`, `2022-H1`, `2022-Q3` or `2022-07`")]
pub struct InvalidPeriod;

/// One evaluated period of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    kind: PeriodKind,
    number: i64,
    first: Day,
    last: Day,
}

impl Period {
    /// Reads `2022`, `2022-H1`, `2022-Q3` or `2022-07`.
    pub fn parse(text: &str) -> Result<Self, InvalidPeriod> {
        let (year, part) = match text.split_once('-') {
            Some((year, part)) => (year, Some(part)),
            None => (text, None),
        };
        let year = number(year, 4)?;
        let (kind, number) = match part {
            None => (PeriodKind::Year, 1),
            Some(part) => match part.split_at_checked(1) {
                Some(("H", half)) => (PeriodKind::Half, number(half, 1)?),
                Some(("Q", quarter)) => (PeriodKind::Quarter, number(quarter, 1)?),
                _ => (PeriodKind::Month, number(part, 2)?),
            },
        };
        Self::new(kind, year, number).ok_or(InvalidPeriod)
    }

    /// The period of that kind, year and number within the year (1 for the first).
    pub fn new(kind: PeriodKind, year: i64, number: i64) -> Option<Self> {
        let before = number.checked_sub(1)?.checked_mul(kind.months())?;
        let first = Day::new(year, before.checked_add(1)?, 1)?;
        let last_month = before.checked_add(kind.months())?;
        let last = (28..=31).rev().find_map(|day| Day::new(year, last_month, day))?;
        Some(Self { kind, number, first, last })
    }

    /// How long it is.
    pub const fn kind(self) -> PeriodKind {
        self.kind
    }

    /// Its year.
    pub fn year(self) -> i64 {
        self.first.year()
    }

    /// Its first day.
    pub const fn first_day(self) -> Day {
        self.first
    }

    /// Its last day.
    pub const fn last_day(self) -> Day {
        self.last
    }

    /// Whether the day lies in it.
    pub fn contains(self, day: Day) -> bool {
        self.first <= day && day <= self.last
    }
}

fn number(text: &str, width: usize) -> Result<i64, InvalidPeriod> {
    if text.len() != width || !text.bytes().all(|it| it.is_ascii_digit()) {
        return Err(InvalidPeriod);
    }
    Ok(text.bytes().fold(0_i64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(i64::from(digit.saturating_sub(b'0')))
    }))
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let year = self.year();
        match self.kind {
            PeriodKind::Year => write!(f, "{year:04}"),
            PeriodKind::Half => write!(f, "{year:04}-H{}", self.number),
            PeriodKind::Quarter => write!(f, "{year:04}-Q{}", self.number),
            PeriodKind::Month => write!(f, "{year:04}-{:02}", self.number),
        }
    }
}

/// A stretch of the calendar that a cap is held over, from the shortest to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Window {
    /// One day.
    Day,
    /// A calendar month.
    Month,
    /// A quarter.
    Quarter,
    /// Half a year.
    Half,
    /// A calendar year.
    Year,
}

impl Window {
    /// All windows, from the shortest to the longest.
    pub const ALL: [Self; 5] = [Self::Day, Self::Month, Self::Quarter, Self::Half, Self::Year];

    /// The name that schemes use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Half => "half",
            Self::Year => "year",
        }
    }

    /// The window of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Which window of this length the day lies in: equal for two days of one window, and greater
    /// for a later window.
    pub fn of(self, day: Day) -> i64 {
        let months = |length: i64| {
            let number = day.month().saturating_sub(1).checked_div(length).unwrap_or(0);
            day.year().saturating_mul(12).saturating_add(number)
        };
        match self {
            Self::Day => day
                .year()
                .saturating_mul(400)
                .saturating_add(day.month().saturating_mul(32))
                .saturating_add(day.day()),
            Self::Month => months(1),
            Self::Quarter => months(3),
            Self::Half => months(6),
            Self::Year => day.year(),
        }
    }

    /// The last day of the window that the day lies in.
    pub fn last_day(self, day: Day) -> Day {
        let length = match self {
            Self::Day => return day,
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Half => 6,
            Self::Year => 12,
        };
        let number = day.month().saturating_sub(1).checked_div(length).unwrap_or(0);
        let month = number.saturating_add(1).saturating_mul(length);
        // Every month of a calendar year has one of these days.
        let last = (28..=31).rev().find_map(|it| Day::new(day.year(), month, it));
        last.unwrap_or(day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_and_print_as_they_were_written() {
        for (text, first, last) in [
            ("2022", "2022-01-01", "2022-12-31"),
            ("2022-H1", "2022-01-01", "2022-06-30"),
            ("2022-H2", "2022-07-01", "2022-12-31"),
            ("2022-Q3", "2022-07-01", "2022-09-30"),
            ("2024-02", "2024-02-01", "2024-02-29"),
        ] {
            let period = Period::parse(text).unwrap();
            assert_eq!(period.to_string(), text);
            assert_eq!(period.first_day().to_string(), first);
            assert_eq!(period.last_day().to_string(), last);
        }
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in [
            "",
            "22",
            "2022-",
            "2022-H3",
            "2022-H0",
            "2022-Q5",
            "2022-13",
            "2022-7",
            "2022-h1",
            "0000",
            "2022-01-01",
        ] {
            assert!(Period::parse(text).is_err(), "`{text}`");
        }
    }

    #[test]
    fn windows_nest() {
        let mut day = Day::parse("2023-12-01").unwrap();
        for _ in 0..800 {
            let next = day.next().unwrap();
            for pair in Window::ALL.windows(2) {
                let same = |it: Window| it.of(day) == it.of(next);
                assert!(!same(pair[0]) || same(pair[1]), "{day}");
                assert!(pair[0].of(next) >= pair[0].of(day), "{day}");
            }
            day = next;
        }
    }
}
