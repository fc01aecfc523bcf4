//! Working days (工作日): the week, changed by the state's yearly notices of holidays (节假日安排). A year
//! without its notice has no working days that anybody could know.

use std::{collections::BTreeMap, fmt};

use jiff::civil::Weekday;

use super::Day;

/// What a notice makes of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpecialKind {
    /// A day off (放假).
    Holiday,
    /// A Saturday or Sunday that is worked (调休上班).
    Workday,
}

impl SpecialKind {
    /// The word that files and stores use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Holiday => "holiday",
            Self::Workday => "workday",
        }
    }

    /// The kind of that word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Holiday, Self::Workday].into_iter().find(|it| it.word() == word)
    }
}

/// A day that a notice names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpecialDay {
    /// The day.
    pub day: Day,
    /// What becomes of it.
    pub kind: SpecialKind,
    /// The festival it belongs to, as `春节`; may be empty.
    pub festival: String,
}

/// Why a notice cannot be taken as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecialFault {
    /// The day is of another year.
    OtherYear,
    /// The day is named twice.
    Twice,
    /// A day that is worked is no Saturday or Sunday: it is worked without being named.
    WorkedAnyway,
}

/// One year's notice: the days on which work and rest are not those of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarYear {
    year: i64,
    days: BTreeMap<Day, (SpecialKind, String)>,
}

/// The most days that a notice names.
pub const SPECIAL_DAYS_MAX: usize = 366;

impl CalendarYear {
    /// A year of these days, in any order.
    ///
    /// # Errors
    /// Every fault, with the position of its day in the list.
    pub fn new(year: i64, days: &[SpecialDay]) -> Result<Self, Vec<(usize, SpecialFault)>> {
        let mut faults = Vec::new();
        let mut taken = BTreeMap::new();
        for (index, it) in days.iter().enumerate() {
            if it.day.year() != year {
                faults.push((index, SpecialFault::OtherYear));
            }
            if it.kind == SpecialKind::Workday && !weekend(it.day) {
                faults.push((index, SpecialFault::WorkedAnyway));
            }
            if taken.insert(it.day, (it.kind, it.festival.clone())).is_some() {
                faults.push((index, SpecialFault::Twice));
            }
        }
        if faults.is_empty() { Ok(Self { year, days: taken }) } else { Err(faults) }
    }

    /// The year.
    pub const fn year(&self) -> i64 {
        self.year
    }

    /// The days that the notice names, from the first.
    pub fn days(&self) -> impl Iterator<Item = SpecialDay> {
        let day = |(day, (kind, festival)): (&Day, &(SpecialKind, String))| SpecialDay {
            day: *day,
            kind: *kind,
            festival: festival.clone(),
        };
        self.days.iter().map(day)
    }

    /// Whether a day of this year is worked.
    fn works(&self, day: Day) -> bool {
        match self.days.get(&day) {
            Some((SpecialKind::Holiday, _)) => false,
            Some((SpecialKind::Workday, _)) => true,
            None => !weekend(day),
        }
    }

    /// How many days of the year are worked.
    pub fn working_days(&self) -> u32 {
        let first = Day::new(self.year, 1, 1);
        let days = std::iter::successors(first, |it| it.next());
        let worked = days.take_while(|it| it.year() == self.year).filter(|it| self.works(*it));
        worked.fold(0_u32, |count, _| count.saturating_add(1))
    }
}

/// One line a day, `2026-01-01,holiday,元旦`, from the first: what digests go by and stores keep.
impl fmt::Display for CalendarYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (day, (kind, festival)) in &self.days {
            writeln!(f, "{day},{},{festival}", kind.word())?;
        }
        Ok(())
    }
}

/// A line that is no day of a notice, by its number from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {0}: a line is a day, `holiday` or `workday`, and the festival, as `2026-01-01,holiday,元旦`"
)]
pub struct InvalidLine(pub usize);

/// Reads lines of days. Empty lines, lines that begin with `#`, and the heading `date,kind,festival`
/// say nothing.
///
/// # Errors
/// The first line that is none.
pub fn read_special_days(text: &str) -> Result<Vec<SpecialDay>, InvalidLine> {
    let mut days = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_end_matches('\r');
        if line.is_empty() || line.starts_with('#') || line == "date,kind,festival" {
            continue;
        }
        let mut parts = line.splitn(3, ',');
        let day = parts.next().and_then(|it| Day::parse(it).ok());
        let kind = parts.next().and_then(SpecialKind::named);
        let (Some(day), Some(kind), Some(festival)) = (day, kind, parts.next()) else {
            return Err(InvalidLine(number));
        };
        days.push(SpecialDay { day, kind, festival: festival.to_owned() });
    }
    Ok(days)
}

/// No notice of that year is there, so that nobody knows its working days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the working days of {year} are not known: its notice of holidays is not there")]
pub struct CalendarMissing {
    /// The year.
    pub year: i64,
}

/// What days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DaysOf {
    /// Working days (工作日).
    Working,
    /// All days (自然日).
    Calendar,
}

impl DaysOf {
    /// The word that schemes and stores use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Calendar => "calendar",
        }
    }

    /// The kind of that word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Working, Self::Calendar].into_iter().find(|it| it.word() == word)
    }
}

/// Several years' notices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkCalendar(BTreeMap<i64, CalendarYear>);

impl WorkCalendar {
    /// Of these years; of two of one year the later counts.
    pub fn of(years: impl IntoIterator<Item = CalendarYear>) -> Self {
        Self(years.into_iter().map(|it| (it.year, it)).collect())
    }

    /// A year's notice.
    pub fn year(&self, year: i64) -> Result<&CalendarYear, CalendarMissing> {
        self.0.get(&year).ok_or(CalendarMissing { year })
    }

    /// Whether a day is worked.
    ///
    /// # Errors
    /// The year's notice is not there.
    pub fn is_working(&self, day: Day) -> Result<bool, CalendarMissing> {
        self.year(day.year()).map(|it| it.works(day))
    }

    /// The day so many days after another, which is itself not counted (F8).
    ///
    /// # Errors
    /// Of working days: the notice of a year on the way is not there, be it that of the day itself.
    pub fn after(&self, start: Day, days: u32, of: DaysOf) -> Result<Day, CalendarMissing> {
        let mut day = start;
        let mut left = days;
        if of == DaysOf::Working {
            self.year(start.year())?;
        }
        while left > 0 {
            // The calendar ends with 9999.
            day = day.next().ok_or(CalendarMissing { year: day.year().saturating_add(1) })?;
            let counted = match of {
                DaysOf::Working => self.is_working(day)?,
                DaysOf::Calendar => true,
            };
            if counted {
                left = left.saturating_sub(1);
            }
        }
        Ok(day)
    }
}

fn weekend(day: Day) -> bool {
    matches!(day.date().weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> WorkCalendar {
        let days = read_special_days(include_str!("../../../data/calendar/cn.csv")).unwrap();
        WorkCalendar::of((2020..=2026).map(|year| {
            let of: Vec<_> = days.iter().filter(|it| it.day.year() == year).cloned().collect();
            CalendarYear::new(year, &of).unwrap()
        }))
    }

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn the_fifth_working_day_is_known_whatever_lies_between() {
        for (start, fifth) in [
            ("2025-12-31", "2026-01-08"),
            ("2026-01-09", "2026-01-16"),
            ("2026-01-12", "2026-01-19"),
            ("2026-02-09", "2026-02-14"),
            ("2026-02-12", "2026-02-26"),
            ("2026-02-13", "2026-02-27"),
            ("2026-02-24", "2026-03-02"),
            ("2026-09-18", "2026-09-24"),
            ("2026-09-30", "2026-10-13"),
        ] {
            let found = shipped().after(day(start), 5, DaysOf::Working);
            assert_eq!(found, Ok(day(fifth)), "after {start}");
        }
        assert_eq!(shipped().year(2026).unwrap().working_days(), 248);
        let found = shipped().after(day("2026-02-13"), 5, DaysOf::Calendar);
        assert_eq!(found, Ok(day("2026-02-18")));
        assert_eq!(shipped().after(day("2026-02-13"), 0, DaysOf::Working), Ok(day("2026-02-13")));
    }

    #[test]
    fn every_day_counts_as_the_days_of_its_year_do() {
        let calendar = shipped();
        for year in 2020..=2026 {
            let last = Day::new(year, 12, 31).unwrap();
            let worked = calendar.year(year).unwrap().working_days();
            let first = Day::new(year, 1, 1).unwrap();
            let rest = worked.saturating_sub(u32::from(calendar.is_working(first).unwrap()));
            let reached = calendar.after(first, rest, DaysOf::Working).unwrap();
            assert!(calendar.is_working(reached).unwrap() && reached <= last, "{year}");
            let beyond = calendar.after(first, rest.saturating_add(1), DaysOf::Working);
            assert!(beyond.is_err() || beyond.unwrap() > last, "{year}");
            assert!((240..=253).contains(&worked), "{year}: {worked}");
        }
    }

    #[test]
    fn nobody_guesses_a_year() {
        let calendar = shipped();
        assert_eq!(
            calendar.after(day("2026-12-29"), 5, DaysOf::Working),
            Err(CalendarMissing { year: 2027 })
        );
        assert_eq!(
            calendar.after(day("2019-12-31"), 1, DaysOf::Working),
            Err(CalendarMissing { year: 2019 })
        );
        assert_eq!(calendar.after(day("2026-12-29"), 5, DaysOf::Calendar), Ok(day("2027-01-03")));
        let end = calendar.after(day("9999-12-31"), 1, DaysOf::Calendar);
        assert_eq!(end, Err(CalendarMissing { year: 10_000 }));
    }

    #[test]
    fn every_fault_of_a_notice_is_told() {
        let days = read_special_days(
            "date,kind,festival\n2026-01-01,holiday,元旦\r\n# more\n\n2026-01-05,workday,元旦\n\
             2026-01-01,holiday,\n2025-12-31,holiday,除夕,又一个\n",
        )
        .unwrap();
        assert_eq!(days[3].festival, "除夕,又一个");
        let faults = CalendarYear::new(2026, &days).unwrap_err();
        let expected = [
            (1, SpecialFault::WorkedAnyway),
            (2, SpecialFault::Twice),
            (3, SpecialFault::OtherYear),
        ];
        assert_eq!(faults, expected);
        for (text, line) in [("2026-01-01,holiday", 1), ("#\n2026-1-1,holiday,x", 2), ("x", 1)] {
            assert_eq!(read_special_days(text), Err(InvalidLine(line)));
        }
    }

    #[test]
    fn a_year_reads_back_from_its_own_lines() {
        let year = shipped().year(2025).unwrap().clone();
        let again = read_special_days(&year.to_string()).unwrap();
        assert_eq!(again, year.days().collect::<Vec<_>>());
        assert_eq!(CalendarYear::new(2025, &again), Ok(year));
    }
}
