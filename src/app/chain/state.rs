//! How cases and cohorts stand: pure, out of what was recorded.

use std::collections::BTreeMap;

use crate::domain::{exact::Decimal, time::Moment};

/// One value of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseValue {
    /// The number of its fact.
    pub seq: i64,
    /// Its level, by position from the lowest.
    pub level: usize,
    /// The points.
    pub points: Decimal,
    /// Why; may be empty.
    pub reason: String,
    /// Who decided.
    pub decided_by: String,
    /// Who recorded it.
    pub recorded_by: String,
    /// When.
    pub recorded: Moment,
    /// Whether it departs by more than the band from what the levels below it came to.
    pub beyond_band: bool,
}

/// A case was opened again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reopened {
    /// Why.
    pub reason: String,
    /// Who recorded it.
    pub by: String,
    /// When.
    pub recorded: Moment,
}

/// How far a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaseStanding {
    /// No level has spoken.
    Open,
    /// The first level has.
    Proposed,
    /// A level between has.
    Adjusted,
    /// The last level has.
    Confirmed,
    /// The facts say that the part does not apply, or is excused.
    LeftOut,
}

/// One part of one post's appraisal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The post.
    pub subject: String,
    /// The `proposed` node.
    pub item: String,
    /// The id of the unit of its cohort.
    pub unit: String,
    /// The levels from the lowest.
    pub levels: Vec<String>,
    /// Since when the facts leave it out; none where they do not.
    pub left_out: Option<Moment>,
    /// All values in the order recorded.
    pub values: Vec<CaseValue>,
    /// The openings in the order recorded.
    pub reopenings: Vec<Reopened>,
}

/// The value in force among some: the last of the highest level (S2).
fn in_force(values: &[CaseValue]) -> Option<&CaseValue> {
    values.iter().max_by_key(|it| (it.level, it.seq))
}

/// The value in force among those of the levels below one: what it departs from.
fn below(values: &[CaseValue], level: usize) -> Option<&CaseValue> {
    values.iter().filter(|it| it.level < level).max_by_key(|it| (it.level, it.seq))
}

impl Case {
    /// Says of each value whether it departs by more than the band from that of the level below it, so
    /// that many small steps of one level do not pass a band unseen.
    pub(super) fn mark_beyond(&mut self, band: Option<Decimal>) {
        let Some(band) = band else { return };
        let since: Vec<Moment> = self.reopenings.iter().map(|it| it.recorded).collect();
        let mut from = 0;
        for index in 0..self.values.len() {
            let (before, rest) = self.values.split_at_mut(index);
            let Some(value) = rest.first_mut() else { return };
            let opened =
                |it: &CaseValue| since.iter().any(|at| it.recorded < *at && *at < value.recorded);
            while before.get(from).is_some_and(opened) {
                from = from.saturating_add(1);
            }
            let stood = below(before.get(from..).unwrap_or_default(), value.level);
            value.beyond_band = stood.is_some_and(|it| departs(it.points, value.points, band));
        }
    }

    /// The values since the case was opened last.
    pub(super) fn current(&self) -> &[CaseValue] {
        let Some(last) = self.reopenings.last() else { return &self.values };
        let from = self.values.partition_point(|it| it.recorded < last.recorded);
        self.values.get(from..).unwrap_or_default()
    }

    /// How far it is.
    pub fn standing(&self) -> CaseStanding {
        if self.left_out.is_some() {
            return CaseStanding::LeftOut;
        }
        match in_force(self.current()).map(|it| it.level) {
            None => CaseStanding::Open,
            Some(level) if level.saturating_add(1) >= self.levels.len() => CaseStanding::Confirmed,
            Some(0) => CaseStanding::Proposed,
            Some(_) => CaseStanding::Adjusted,
        }
    }

    /// Whether a level's word is waited for.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self.standing(), CaseStanding::Confirmed | CaseStanding::LeftOut)
    }

    /// When something of it was recorded last.
    pub(super) fn changed(&self) -> Option<Moment> {
        let values = self.values.iter().map(|it| it.recorded);
        let opened = self.reopenings.iter().map(|it| it.recorded);
        values.chain(opened).chain(self.left_out).max()
    }

    /// The level whose word is waited for.
    pub fn next_level(&self) -> Option<&str> {
        match self.standing() {
            CaseStanding::Confirmed | CaseStanding::LeftOut => None,
            CaseStanding::Open => self.levels.first().map(String::as_str),
            CaseStanding::Proposed | CaseStanding::Adjusted => {
                let spoken = in_force(self.current()).map_or(0, |it| it.level);
                self.levels.get(spoken.saturating_add(1)).map(String::as_str)
            }
        }
    }

    /// The points in force: what an evaluation counts.
    pub fn in_force(&self) -> Option<Decimal> {
        in_force(&self.values).map(|it| it.points)
    }

    /// The points that a level departs from: what the levels below it came to, since the case was
    /// opened last.
    pub(super) fn points_below(&self, level: usize) -> Option<Decimal> {
        below(self.current(), level).map(|it| it.points)
    }

    /// The points that the next level looks at.
    pub(super) fn standing_points(&self) -> Option<Decimal> {
        in_force(self.current()).map(|it| it.points)
    }
}

/// Whether two points lie further apart than a band.
pub(super) fn departs(one: Decimal, other: Decimal, band: Decimal) -> bool {
    let ten_thousandths = |it: Decimal| it.ten_thousandths().map(i128::from);
    match (ten_thousandths(one), ten_thousandths(other), ten_thousandths(band)) {
        (Some(one), Some(other), Some(band)) => one.abs_diff(other) > band.unsigned_abs(),
        _ => true,
    }
}

/// How far a cohort is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CohortState {
    /// It was never closed.
    Open,
    /// It is closed.
    Closed,
    /// It was closed, and a case of it was opened again.
    Reopened,
}

/// What a cohort waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// `COHORT_OPEN`, `CASE_OPEN` or `ROUND_OPEN`.
    pub reason: &'static str,
    /// Which.
    pub subject: String,
    /// In English.
    pub en: &'static str,
    /// In Chinese.
    pub zh: &'static str,
}

/// A cohort as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cohort {
    /// The step, by position from the lowest.
    pub step: usize,
    /// The id of the unit that assesses it.
    pub unit: String,
    /// How far it is.
    pub state: CohortState,
    /// How many posts it has.
    pub posts: usize,
    /// How many cases stand how.
    pub cases: BTreeMap<CaseStanding, usize>,
    /// How many cases have a value beyond the band.
    pub beyond_band: usize,
    /// What it waits for, all of it; none where it is closed.
    pub blockers: Vec<Blocker>,
    /// Who closed it last, and when.
    pub closed: Option<(String, Moment)>,
}

impl Cohort {
    /// How many cases there are.
    pub fn all_cases(&self) -> usize {
        self.cases.values().fold(0, |all, it| all.saturating_add(*it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    /// A case of three levels with values (level, points) and openings (0), in this order.
    fn case(said: &[Option<(usize, &str)>]) -> Case {
        let mut case = Case {
            subject: "p".into(),
            item: "i".into(),
            unit: "c".into(),
            levels: ["community", "street", "county"].map(String::from).to_vec(),
            left_out: None,
            values: Vec::new(),
            reopenings: Vec::new(),
        };
        for (at, said) in (1_i64..).zip(said) {
            let recorded = Moment::from_micros(at);
            if let Some((level, points)) = said {
                case.values.push(CaseValue {
                    seq: at,
                    level: *level,
                    points: decimal(points),
                    reason: String::new(),
                    decided_by: String::new(),
                    recorded_by: String::new(),
                    recorded,
                    beyond_band: false,
                });
            } else {
                let (reason, by) = (String::new(), String::new());
                case.reopenings.push(Reopened { reason, by, recorded });
            }
        }
        case.mark_beyond(Some(decimal("5")));
        case
    }

    fn beyond(case: &Case) -> Vec<bool> {
        case.values.iter().map(|it| it.beyond_band).collect()
    }

    #[test]
    fn the_last_of_the_highest_level_is_in_force() {
        let it = case(&[]);
        assert_eq!((it.standing(), it.next_level()), (CaseStanding::Open, Some("community")));
        assert_eq!(it.in_force(), None);
        let it = case(&[Some((0, "80")), Some((0, "82"))]);
        assert_eq!((it.standing(), it.next_level()), (CaseStanding::Proposed, Some("street")));
        assert_eq!(it.in_force(), Some(decimal("82")));
        let it = case(&[Some((0, "80")), Some((1, "70")), Some((0, "90"))]);
        assert_eq!((it.standing(), it.next_level()), (CaseStanding::Adjusted, Some("county")));
        assert_eq!(it.in_force(), Some(decimal("70")));
        let it = case(&[Some((0, "80")), Some((1, "70")), Some((2, "75"))]);
        assert_eq!((it.standing(), it.next_level()), (CaseStanding::Confirmed, None));
        let out = Case { left_out: Some(Moment::from_micros(9)), ..it };
        assert_eq!((out.standing(), out.next_level()), (CaseStanding::LeftOut, None));
    }

    #[test]
    fn the_band_is_counted_from_what_stood_before() {
        let it = case(&[Some((0, "80")), Some((1, "85")), Some((1, "79.9999")), Some((2, "85"))]);
        // 85 is 5 off 80, and so is 79.9999 by a hair; the county's 85 is 5.0001 off what it found.
        assert_eq!(beyond(&it), [false, false, false, true]);
        // Two small steps of one level are a large one.
        let it = case(&[Some((0, "80")), Some((1, "84")), Some((1, "88"))]);
        assert_eq!(beyond(&it), [false, false, true]);
        // The first level may change its mind by as much as it likes.
        assert_eq!(beyond(&case(&[Some((0, "80")), Some((0, "20"))])), [false, false]);
        // A level that speaks where nobody below has departs from nothing.
        assert_eq!(beyond(&case(&[Some((2, "80"))])), [false]);
    }

    #[test]
    fn a_case_that_is_opened_again_begins_anew_and_keeps_its_value() {
        let confirmed = [Some((0, "80")), Some((1, "80")), Some((2, "90"))];
        let mut said = confirmed.to_vec();
        said.push(None);
        let it = case(&said);
        assert_eq!((it.standing(), it.next_level()), (CaseStanding::Open, Some("community")));
        assert_eq!((it.in_force(), it.standing_points()), (Some(decimal("90")), None));
        said.extend([Some((0, "60")), Some((1, "64"))]);
        let it = case(&said);
        assert_eq!(it.standing(), CaseStanding::Adjusted);
        assert_eq!(it.in_force(), Some(decimal("90")), "until it is confirmed");
        assert_eq!(it.standing_points(), Some(decimal("64")));
        // 64 is 4 off 60, and the 90 of before is not looked at.
        assert_eq!(beyond(&it), [false, false, true, false, false]);
        said.push(Some((2, "64")));
        let it = case(&said);
        assert_eq!(it.standing(), CaseStanding::Confirmed);
        assert_eq!(it.in_force(), Some(decimal("64")));
    }
}
