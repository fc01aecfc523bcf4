//! What the parts of the generator share: the county as it grows.

use std::collections::BTreeMap;

use super::{
    COUNTY, Size,
    model::{Body, Date, Detail, Fact, Record, RecordKind, RecordRef, Subject, SubjectKind},
    rng::Rng,
    schedules::Adoption,
};
use crate::domain::{exact::Decimal, time::Day};

/// The first day on which most records hold.
pub(super) const LONG_AGO: Date = Date { year: 2020, month: 1, day: 1 };

/// The county as it grows.
pub(super) struct Build<'a> {
    pub(super) seed: u64,
    pub(super) size: &'a Size,
    pub(super) records: Vec<Record>,
    pub(super) adoptions: Vec<Adoption>,
    pub(super) facts: Vec<Fact>,
}

impl<'a> Build<'a> {
    pub(super) const fn new(seed: u64, size: &'a Size) -> Self {
        Self { seed, size, records: Vec::new(), adoptions: Vec::new(), facts: Vec::new() }
    }

    /// The generator of one part.
    pub(super) fn rng(&self, name: &str, number: usize) -> Rng {
        Rng::of(self.seed, name, whole(number))
    }

    /// Registers a record that has held for long.
    pub(super) fn record(
        &mut self,
        kind: RecordKind,
        id: &str,
        name: String,
        parent: Option<RecordRef>,
        attributes: &[(&str, &str)],
        detail: Detail,
    ) {
        let attributes: BTreeMap<String, String> = attributes
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let id = id.to_owned();
        let effective_from = LONG_AGO;
        self.records.push(Record { kind, id, name, parent, effective_from, attributes, detail });
    }

    /// Records a fact.
    pub(super) fn fact(&mut self, subject: &Subject, body: Body, by: &str) {
        self.facts.push(Fact {
            subject: subject.clone(),
            body,
            source: "",
            source_record: String::new(),
            recorded_by: by.to_owned(),
            reversed_because: None,
        });
    }

    /// Records a veto.
    pub(super) fn veto(
        &mut self,
        subject: &Subject,
        item: &'static str,
        by: &'static str,
        days: Days,
    ) {
        let Days(effective_from, effective_until) = days;
        let body = Body::Veto { item, raised_by: by, effective_from, effective_until };
        self.fact(subject, body, by);
    }

    /// Records a finding.
    pub(super) fn finding(
        &mut self,
        subject: &Subject,
        finding: &'static str,
        days: Days,
        by: &str,
    ) {
        let Days(effective_from, effective_until) = days;
        self.fact(subject, Body::Finding { finding, effective_from, effective_until }, by);
    }
}

/// From a day, until another or for good.
#[derive(Debug, Clone, Copy)]
pub(super) struct Days(pub(super) Date, pub(super) Option<Date>);

impl Days {
    /// From a day of 2022 on.
    pub(super) const fn from(month: i64, day: i64) -> Self {
        Self(date(month, day), None)
    }

    /// Between two days of 2022.
    pub(super) const fn between(from: (i64, i64), until: (i64, i64)) -> Self {
        Self(date(from.0, from.1), Some(date(until.0, until.1)))
    }

    /// Over and done with in 2021.
    pub(super) const fn last_year() -> Self {
        let (year, month) = (2021, 3);
        Self(Date { year, month, day: 1 }, Some(Date { year, month: 12, day: 31 }))
    }
}

/// A day of 2022.
pub(super) const fn date(month: i64, day: i64) -> Date {
    Date { year: 2022, month, day }
}

/// A day that the calendar has; the same day where it does not go on.
fn stepped(from: Date, step: impl Fn(Day) -> Option<Day>) -> Date {
    let day = Day::new(from.year, from.month, from.day).and_then(step);
    day.map_or(from, |it| Date { year: it.year(), month: it.month(), day: it.day() })
}

/// So many days after a day.
pub(super) fn days_after(from: Date, days: i64) -> Date {
    stepped(from, |first| (0..days).try_fold(first, |day, _| day.next()))
}

/// The same day a month later, or that month's last.
pub(super) fn month_after(from: Date) -> Date {
    stepped(from, |day| day.plus_months(1))
}

/// The day before a day.
pub(super) fn day_before(day: Date) -> Date {
    stepped(day, |it| it.date().yesterday().ok().and_then(Day::from_date))
}

/// A count as a number.
pub(super) fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A number of ten-thousandths.
pub(super) fn fine(ten_thousandths: i64) -> Decimal {
    Decimal::from_ten_thousandths(ten_thousandths).unwrap_or(Decimal::ZERO)
}

/// A number of hundredths.
pub(super) fn hundredths(value: i64) -> Decimal {
    fine(value * 100)
}

/// A whole number.
pub(super) fn number(value: i64) -> Decimal {
    fine(value * 10_000)
}

/// A record's reference.
pub(super) fn reference(kind: RecordKind, id: &str) -> RecordRef {
    RecordRef { kind, id: id.to_owned() }
}

/// The county's reference.
pub(super) fn county() -> RecordRef {
    reference(RecordKind::County, COUNTY)
}

/// A subject.
pub(super) fn subject(kind: SubjectKind, id: &str) -> Subject {
    Subject { kind, id: id.to_owned() }
}
