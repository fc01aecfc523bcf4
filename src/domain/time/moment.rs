//! A moment: an instant, in microseconds since 1970 in UTC.

use std::fmt;

use jiff::{Timestamp, tz::Offset};

/// Why a text is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a moment is written as `2022-11-30T09:00:00+08:00`, with its offset")]
pub struct InvalidMoment;

/// An instant to the microsecond: when something was recorded, or as of when results are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// Reads an RFC 3339 instant. What is finer than a microsecond is cut off.
    pub fn parse(text: &str) -> Result<Self, InvalidMoment> {
        let with_time = text.contains(['T', 't', ' ']) && text.is_ascii();
        let named_zone = text.contains('[');
        if !with_time || named_zone {
            return Err(InvalidMoment);
        }
        let parser = jiff::fmt::temporal::DateTimeParser::new();
        let instant: Timestamp = parser.parse_timestamp(text).map_err(|_| InvalidMoment)?;
        let nanos = instant.as_nanosecond();
        i64::try_from(nanos.div_euclid(1_000)).map(Self).map_err(|_| InvalidMoment)
    }

    /// From microseconds since 1970 in UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970 in UTC.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The civil day in Beijing time (UTC+8), which every county of the country keeps.
    pub fn beijing_day(self) -> Option<super::Day> {
        let instant = Timestamp::from_microsecond(self.0).ok()?;
        let offset = Offset::from_hours(8).ok()?;
        super::Day::from_date(offset.to_datetime(instant).date())
    }
}

impl fmt::Display for Moment {
    /// RFC 3339 in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_microsecond(self.0) {
            Ok(instant) => write!(f, "{instant}"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_in_two_offsets_is_one_moment() {
        let here = Moment::parse("2022-11-30T09:00:00+08:00").unwrap();
        assert_eq!(Moment::parse("2022-11-30T01:00:00Z"), Ok(here));
        assert_eq!(here.to_string(), "2022-11-30T01:00:00Z");
    }

    #[test]
    fn beijing_changes_its_day_at_sixteen_hours_utc() {
        let day = |text| Moment::parse(text).unwrap().beijing_day().unwrap().to_string();
        assert_eq!(day("2026-12-30T15:59:59.999999Z"), "2026-12-30");
        assert_eq!(day("2026-12-30T16:00:00Z"), "2026-12-31");
    }

    #[test]
    fn a_moment_without_an_offset_is_refused() {
        for text in
            ["2022-11-30", "2022-11-30T09:00:00", "", "now", "2022-11-30T09:00:00[Asia/Shanghai]"]
        {
            assert!(Moment::parse(text).is_err(), "`{text}`");
        }
    }
}
