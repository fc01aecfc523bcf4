//! The calendar of working days (F6, F8): editions of each year's notice of holidays, those that the
//! service comes with and those that a county loaded.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use serde::{Deserialize, Serialize};

use super::{App, AppError, Done, Effect, FieldFault, Missing, Refusal, Write, digest, hex};
use crate::{
    domain::time::{
        CalendarMissing, CalendarYear, Day, DaysOf, Moment, SpecialDay, SpecialFault, WorkCalendar,
        read_special_days,
    },
    store::{CalendarRecord, ReadTx, StoreError, StoreTx},
};

/// The days that the service comes with, of the years 2020 to 2026.
const SHIPPED: &str = include_str!("../../data/calendar/cn.csv");

/// An edition of a year's calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Its days.
    pub calendar: CalendarYear,
    /// Its id, unique in its year.
    pub id: String,
    /// Its number in its year: 0 for one that the service comes with. The highest holds.
    pub number: i64,
    /// The title of the notice.
    pub title: String,
    /// Which document it is; empty where nobody said.
    pub document: String,
    /// When it was loaded; none: it came with the service.
    pub loaded: Option<Moment>,
}

impl Edition {
    /// SHA-256 over its days.
    pub fn digest(&self) -> [u8; 32] {
        digest(&[self.calendar.to_string().as_bytes()])
    }

    /// How results name it.
    pub fn named(&self) -> NamedEdition {
        NamedEdition {
            year: self.calendar.year(),
            edition: self.id.clone(),
            digest: hex(&self.digest()),
        }
    }
}

/// An edition by its name: what is kept of a day that was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedEdition {
    /// The year.
    pub year: i64,
    /// The edition's id.
    pub edition: String,
    /// SHA-256 over its days, in hexadecimal digits.
    pub digest: String,
}

/// A year's notice, as it is to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadYear {
    /// The edition's id.
    pub id: String,
    /// The title of the notice.
    pub title: String,
    /// Which document it is; may be empty.
    pub document: String,
    /// The year with its days.
    pub calendar: CalendarYear,
}

/// The years of the calendar.
pub(super) const ALL_YEARS: (i64, i64) = (1, 9999);

/// The editions that the service comes with, by year.
static BASE: LazyLock<BTreeMap<i64, Edition>> = LazyLock::new(|| {
    // A test reads the file: a line that is none would leave all of it out.
    let days = read_special_days(SHIPPED).unwrap_or_default();
    let years: BTreeSet<i64> = days.iter().map(|it| it.day.year()).collect();
    let edition = |year: i64| {
        let of: Vec<SpecialDay> = days.iter().filter(|it| it.day.year() == year).cloned().collect();
        let calendar = CalendarYear::new(year, &of).ok()?;
        let edition = Edition {
            calendar,
            id: format!("base-{year}"),
            number: 0,
            title: format!("国务院办公厅关于{year}年部分节假日安排的通知"),
            document: String::new(),
            loaded: None,
        };
        Some((year, edition))
    };
    years.into_iter().filter_map(edition).collect()
});

/// The editions that the service comes with, by year.
pub fn shipped() -> &'static BTreeMap<i64, Edition> {
    &BASE
}

/// The editions that hold, by year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendars {
    editions: BTreeMap<i64, Edition>,
    calendar: WorkCalendar,
}

impl Calendars {
    /// Those of a county, as known at a moment.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn known(
        tx: &mut dyn ReadTx,
        county: &str,
        known: Moment,
    ) -> Result<Self, StoreError> {
        let mut editions = shipped().clone();
        for record in tx.calendar_editions(county, ALL_YEARS, known).await? {
            // By number, so that the highest stays.
            editions.insert(record.year, edition(&record)?);
        }
        let calendar = WorkCalendar::of(editions.values().map(|it| it.calendar.clone()));
        Ok(Self { editions, calendar })
    }

    /// The day so many days after another, and the editions of working days that were gone by.
    ///
    /// # Errors
    /// `CALENDAR_MISSING`.
    pub fn after(
        &self,
        start: Day,
        days: u32,
        of: DaysOf,
    ) -> Result<(Day, Vec<&Edition>), AppError> {
        let day = self.calendar.after(start, days, of).map_err(missing)?;
        let years = start.year()..=day.year();
        let used = match of {
            DaysOf::Working => self.editions.range(years).map(|it| it.1).collect(),
            DaysOf::Calendar => Vec::new(),
        };
        Ok((day, used))
    }
}

/// The refusal of a year without its notice.
fn missing(why: CalendarMissing) -> AppError {
    let year = why.year;
    let zh = format!("{year} 年节假日安排尚未载入，无法推算工作日");
    let refusal = Refusal::new("CALENDAR_MISSING", why.to_string(), zh);
    AppError::Refused(refusal.with("year", year.to_string()))
}

/// Every fault of a notice's days, for fields of that list.
pub fn day_faults(list: &str, faults: &[(usize, SpecialFault)]) -> Vec<FieldFault> {
    let fault = |(index, fault): &(usize, SpecialFault)| {
        let (reason, en, zh) = match fault {
            SpecialFault::OtherYear => (
                "DAY_OF_OTHER_YEAR",
                "the day is of another year than the notice",
                "该日不属于本年度",
            ),
            SpecialFault::Twice => ("DAY_TWICE", "the day is named twice", "该日重复"),
            SpecialFault::WorkedAnyway => (
                "WORKED_ANYWAY",
                "only a Saturday or Sunday is named as worked",
                "只有周六、周日才列为调休上班日",
            ),
        };
        let path = format!("{list}[{index}].day");
        FieldFault { path, reason, en: en.to_owned(), zh: zh.to_owned() }
    };
    faults.iter().map(fault).collect()
}

/// An edition out of its row.
fn edition(record: &CalendarRecord) -> Result<Edition, StoreError> {
    let corrupt = || StoreError::corrupt("days", "the days of a calendar do not read back");
    let days = read_special_days(&record.days).map_err(|_| corrupt())?;
    Ok(Edition {
        calendar: CalendarYear::new(record.year, &days).map_err(|_| corrupt())?,
        id: record.edition.clone(),
        number: record.number,
        title: record.title.clone(),
        document: record.document.clone(),
        loaded: Some(record.recorded),
    })
}

/// All editions of a year, by number.
async fn editions_of(
    tx: &mut dyn ReadTx,
    county: &str,
    year: i64,
    known: Moment,
) -> Result<Vec<Edition>, StoreError> {
    let mut all: Vec<Edition> = shipped().get(&year).cloned().into_iter().collect();
    for record in tx.calendar_editions(county, (year, year), known).await? {
        all.push(edition(&record)?);
    }
    Ok(all)
}

impl App {
    /// Records a year's notice as a new edition; `encode` makes the answer out of it. The same
    /// edition again records nothing.
    ///
    /// # Errors
    /// `CALENDAR_EDITION_EXISTS`; those of every write.
    pub async fn load_calendar_year(
        &self,
        call: Write,
        asked: LoadYear,
        encode: impl Fn(&Edition) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), asked, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, encode) = &*shared;
                let (edition, effects) = load(tx, call, asked, at).await?;
                Ok(Done { response: encode(&edition), effects })
            })
        })
        .await
    }

    /// All editions of a year, by number, as known at a moment; the last one holds.
    ///
    /// # Errors
    /// `CALENDAR_MISSING`: there is none; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn calendar_editions(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        year: i64,
        known: Moment,
    ) -> Result<Vec<Edition>, AppError> {
        let all = editions_of(tx, county, year, known).await?;
        if all.is_empty() { Err(missing(CalendarMissing { year })) } else { Ok(all) }
    }

    /// One edition of a year: the one of that id, or the one that holds.
    ///
    /// # Errors
    /// `CALENDAR_EDITION_NOT_FOUND`.
    pub fn chosen_edition(all: &[Edition], id: Option<&str>) -> Result<Edition, AppError> {
        let found = match id {
            None => all.last(),
            Some(id) => all.iter().find(|it| it.id == id),
        };
        let missing = || AppError::not_found(Missing::CalendarEdition, id.unwrap_or_default());
        found.cloned().ok_or_else(missing)
    }
}

async fn load(
    tx: &mut dyn StoreTx,
    call: &Write,
    asked: &LoadYear,
    at: Moment,
) -> Result<(Edition, Vec<Effect>), AppError> {
    let year = asked.calendar.year();
    let all = editions_of(tx, &call.county, year, at).await?;
    if let Some(there) = all.iter().find(|it| it.id == asked.id) {
        let same = there.calendar == asked.calendar
            && there.title == asked.title
            && there.document == asked.document;
        if same {
            return Ok((there.clone(), Vec::new()));
        }
        let existing = format!("{year}/{}", asked.id);
        return Err(AppError::AlreadyExists { reason: "CALENDAR_EDITION_EXISTS", existing });
    }
    let record = CalendarRecord {
        year,
        number: all.last().map_or(0, |it| it.number).saturating_add(1),
        edition: asked.id.clone(),
        title: asked.title.clone(),
        document: asked.document.clone(),
        days: asked.calendar.to_string(),
        recorded: at,
        recorded_by: call.principal.clone(),
        request_id: call.request_id.clone(),
    };
    tx.insert_calendar_edition(&call.county, &record).await?;
    Ok((edition(&record)?, vec![effect(&record)]))
}

/// An edition as the audit trail calls it.
pub(super) fn name_of(record: &CalendarRecord) -> String {
    format!("{}/{}", record.year, record.edition)
}

/// What loading an edition changed, for the audit trail: all that it says, and its place.
pub(super) fn effect(it: &CalendarRecord) -> Effect {
    let number = it.number.to_be_bytes();
    let parts =
        [number.as_slice(), it.title.as_bytes(), it.document.as_bytes(), it.days.as_bytes()];
    Effect { subject: format!("calendar/{}", name_of(it)), digest: digest(&parts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_years_are_all_there() {
        let years: Vec<i64> = shipped().keys().copied().collect();
        assert_eq!(years, (2020..=2026).collect::<Vec<_>>());
        let of_2026 = &shipped()[&2026];
        assert_eq!((of_2026.id.as_str(), of_2026.number), ("base-2026", 0));
        assert_eq!(of_2026.calendar.working_days(), 248);
    }
}
