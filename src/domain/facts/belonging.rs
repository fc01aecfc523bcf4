//! Where a member belonged on which days, and what follows from days: check-in (M3), two places in
//! one period (M4), negative conduct (M6).

use super::{Facts, Finding};
use crate::domain::{
    exact::Decimal,
    scheme::{CheckInRule, ConductRule, Scheme},
    time::{Day, Moment, Period},
};

/// Days from one to another, both included; no end while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub until: Option<Day>,
}

/// A place to which a member belonged on some days: a compound, or a unit's branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// The place's id.
    pub place: String,
    /// The days.
    pub days: Span,
}

/// A check-in (报到) with a compound's branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckIn {
    /// The compound.
    pub compound: String,
    /// The day.
    pub on: Day,
}

/// A case of negative conduct (M6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConductCase {
    /// Its id, unique about the member.
    pub case: String,
    /// The day on which it happened.
    pub on: Day,
    /// The last day on which it can be put right; none where it cannot be.
    pub put_right_by: Option<Day>,
    /// The day on which it was put right; none if it was not.
    pub put_right: Option<Day>,
}

/// How a case of negative conduct stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConductStanding {
    /// The day by which it is to be put right is not over: of no effect yet.
    Open,
    /// Put right in time: of no effect.
    PutRight,
    /// Not put right in time, or nothing that can be: it costs the honours of its year.
    Established,
}

/// Whether somebody checked an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryCheck {
    /// It was confirmed.
    Confirmed,
    /// It was refused: it never counts.
    Refused,
}

/// Marks of another system, as one unit reports them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitImport {
    /// The unit's branch.
    pub unit: String,
    /// When it reported: of one unit the latest holds.
    pub at: Option<Moment>,
    /// The marks.
    pub marks: super::Import,
}

/// A longest run of days in one compound and in service, with what becomes of its check-in (M3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stint {
    /// The compound.
    pub compound: String,
    /// Its days.
    pub days: Span,
    /// The last day on which a check-in is in time.
    pub due: Day,
    /// The day of its check-in; none where there is none.
    pub checked_in: Option<Day>,
}

const LAST_DAY: (i64, i64, i64) = (9999, 12, 31);

fn end_of_time(from: Day) -> Day {
    Day::new(LAST_DAY.0, LAST_DAY.1, LAST_DAY.2).unwrap_or(from)
}

impl Span {
    /// Whether a day is one of them.
    pub fn contains(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|it| day <= it)
    }

    /// The days that two spans share, or a period has of it.
    pub fn within(&self, other: &Self) -> Option<Self> {
        let from = self.from.max(other.from);
        let until = match (self.until, other.until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        until.is_none_or(|it| from <= it).then_some(Self { from, until })
    }

    /// All days of a period.
    pub const fn of(period: Period) -> Self {
        Self { from: period.first_day(), until: Some(period.last_day()) }
    }

    /// How many days they are; up to the last day of the calendar while it lasts.
    pub fn count(&self) -> i64 {
        let last = self.until.unwrap_or_else(|| end_of_time(self.from));
        last.days_since(self.from).saturating_add(1)
    }

    /// Whether another follows on the next day, or overlaps.
    fn touches(&self, later: &Self) -> bool {
        self.until.is_none_or(|it| it.next().is_none_or(|next| later.from <= next))
    }
}

impl ConductCase {
    /// How it stands as of a day; with none, all days have come.
    pub fn standing(&self, today: Option<Day>) -> ConductStanding {
        let Some(by) = self.put_right_by else { return ConductStanding::Established };
        if self.put_right.is_some_and(|it| it <= by) {
            return ConductStanding::PutRight;
        }
        if today.is_some_and(|it| it <= by) {
            return ConductStanding::Open;
        }
        ConductStanding::Established
    }

    /// The days on which it bars honours once it is established: to the end of its year.
    pub fn bars(&self) -> Span {
        Span { from: self.on, until: Day::new(self.on.year(), 12, 31) }
    }
}

impl Stint {
    /// The late days: after the due day, up to the check-in's own or the stint's last, none after
    /// `today`.
    pub fn late(&self, today: Option<Day>) -> Option<Span> {
        let from = self.due.next()?;
        let ends = [self.checked_in, self.days.until, today];
        let until = ends.into_iter().flatten().min();
        until.is_none_or(|it| from <= it).then_some(Span { from, until })
    }
}

/// Joins stays in one place that follow on each other; they are given by their first day.
fn joined(stays: Vec<Stay>) -> Vec<Stay> {
    let mut all: Vec<Stay> = Vec::with_capacity(stays.len());
    for stay in stays {
        match all.last_mut() {
            Some(last) if last.place == stay.place && last.days.touches(&stay.days) => {
                last.days.until = stay.days.until;
            }
            _ => all.push(stay),
        }
    }
    all
}

impl Facts {
    /// The member's stints, with their check-ins, by the first day.
    pub fn stints(&self, rule: &CheckInRule) -> Vec<Stint> {
        let mut runs: Vec<Stay> = Vec::new();
        for stay in joined(self.stays.clone()) {
            match &self.in_service {
                None => runs.push(stay),
                Some(served) => runs.extend(served.iter().filter_map(|it| {
                    let days = stay.days.within(it)?;
                    Some(Stay { place: stay.place.clone(), days })
                })),
            }
        }
        runs.sort_by_key(|it| it.days.from);
        let mut stints: Vec<Stint> = Vec::new();
        for run in joined(runs) {
            let before = stints.iter().rev().find(|it| it.compound == run.place);
            let after = before.and_then(|it| it.days.until);
            let own = self.check_ins.iter().filter(|it| it.compound == run.place);
            let own = own.map(|it| it.on).filter(|on| {
                after.is_none_or(|it| it < *on) && run.days.until.is_none_or(|it| *on <= it)
            });
            let checked_in = own.min();
            let due = run.days.from.plus_months(rule.within_months);
            let due = due.unwrap_or_else(|| end_of_time(run.days.from));
            let due = rule.first_by.map_or(due, |it| it.max(due));
            stints.push(Stint { compound: run.place, days: run.days, due, checked_in });
        }
        stints
    }

    /// Adds what follows from days by the scheme's rules, as of a day; with none, all days have
    /// come. Whoever builds facts calls it once, after everything else is there.
    pub fn follow(&mut self, scheme: &Scheme, period: Period, today: Option<Day>) {
        if let Some(rule) = &scheme.check_in {
            self.follow_check_ins(rule, period, today);
        }
        if let Some(rule) = &scheme.conduct {
            self.follow_conduct(rule, today);
        }
        self.follow_vetoes(&scheme.vetoes);
    }

    fn follow_check_ins(&mut self, rule: &CheckInRule, period: Period, today: Option<Day>) {
        self.metrics.remove(&rule.metric);
        let days = Span::of(period);
        let mut late_days = None;
        for stint in self.stints(rule) {
            let late = stint.late(today);
            if let Some(Span { from, until }) = late {
                self.findings.push(Finding { fact: rule.finding.clone(), from, until });
            }
            if stint.days.within(&days).is_some() {
                let count = late.and_then(|it| it.within(&days)).map_or(0, |it| it.count());
                late_days = Some(late_days.unwrap_or(0_i64).saturating_add(count));
            }
        }
        let late_days = late_days.and_then(Decimal::whole);
        self.metrics.extend(late_days.map(|it| (rule.metric.clone(), it)));
    }

    fn follow_conduct(&mut self, rule: &ConductRule, today: Option<Day>) {
        for case in &self.conduct {
            if case.standing(today) == ConductStanding::Established {
                let Span { from, until } = case.bars();
                self.findings.push(Finding { fact: rule.finding.clone(), from, until });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn stay(place: &str, from: &str, until: Option<&str>) -> Stay {
        let days = Span { from: day(from), until: until.map(day) };
        Stay { place: place.to_owned(), days }
    }

    fn rule() -> CheckInRule {
        CheckInRule {
            first_by: Some(day("2020-06-30")),
            within_months: 1,
            metric: "late_days".to_owned(),
            finding: "late_check_in".to_owned(),
        }
    }

    fn check_in(compound: &str, on: &str) -> CheckIn {
        CheckIn { compound: compound.to_owned(), on: day(on) }
    }

    #[test]
    fn three_days_late_are_the_days_after_the_due_day() {
        let facts = Facts {
            stays: vec![stay("a", "2019-01-01", Some("2024-02-28")), stay("b", "2024-02-29", None)],
            check_ins: vec![check_in("a", "2020-06-30"), check_in("b", "2024-04-01")],
            ..Facts::default()
        };
        let stints = facts.stints(&rule());
        assert_eq!(stints[0].due, day("2020-06-30"), "nobody had to before that day");
        assert_eq!(stints[0].late(None), None);
        assert_eq!(stints[1].due, day("2024-03-29"));
        assert_eq!(stints[1].late(None).unwrap().count(), 3);
        assert_eq!(stints[1].late(Some(day("2024-03-30"))).unwrap().count(), 1);
        assert_eq!(stints[1].late(Some(day("2024-03-29"))), None);
    }

    #[test]
    fn a_month_that_has_no_such_day_ends_with_its_last() {
        let facts = Facts { stays: vec![stay("a", "2023-01-31", None)], ..Facts::default() };
        assert_eq!(facts.stints(&rule())[0].due, day("2023-02-28"));
    }

    #[test]
    fn who_comes_back_checks_in_again() {
        let facts = Facts {
            stays: vec![
                stay("a", "2021-01-01", Some("2021-06-30")),
                stay("b", "2021-07-01", Some("2021-12-31")),
                stay("a", "2022-01-01", None),
            ],
            check_ins: vec![check_in("a", "2021-01-15"), check_in("b", "2021-07-31")],
            ..Facts::default()
        };
        let stints = facts.stints(&rule());
        assert_eq!(stints[1].late(None), None);
        assert_eq!(stints[2].checked_in, None);
        assert_eq!(stints[2].late(Some(day("2022-02-03"))).unwrap().count(), 2);
    }

    #[test]
    fn only_days_in_service_count_and_a_stay_told_in_two_is_one() {
        let facts = Facts {
            stays: vec![stay("a", "2021-01-01", Some("2021-01-31")), stay("a", "2021-02-01", None)],
            in_service: Some(vec![
                Span { from: day("2021-01-10"), until: Some(day("2021-03-01")) },
                Span { from: day("2021-03-02"), until: Some(day("2021-03-20")) },
            ]),
            ..Facts::default()
        };
        let stints = facts.stints(&rule());
        assert_eq!(stints.len(), 1);
        assert_eq!(stints[0].due, day("2021-02-10"));
        assert_eq!(stints[0].late(None).unwrap().count(), 18 + 20);
    }

    #[test]
    fn only_the_dates_of_a_case_decide() {
        let case = |by: Option<&str>, right: Option<&str>| ConductCase {
            case: "c-1".to_owned(),
            on: day("2024-12-20"),
            put_right_by: by.map(day),
            put_right: right.map(day),
        };
        let by = Some("2025-01-10");
        let in_time = case(by, by);
        assert_eq!(in_time.standing(None), ConductStanding::PutRight);
        let late = case(by, Some("2025-01-11"));
        assert_eq!(late.standing(None), ConductStanding::Established);
        assert_eq!(late.standing(Some(day("2025-01-10"))), ConductStanding::Open);
        assert_eq!(late.standing(Some(day("2025-01-11"))), ConductStanding::Established);
        assert_eq!(late.bars().until, Some(day("2024-12-31")), "the year in which it happened");
        let nothing_to_put_right = case(None, Some("2024-12-21"));
        let standing = nothing_to_put_right.standing(Some(day("2024-12-20")));
        assert_eq!(standing, ConductStanding::Established);
    }
}
