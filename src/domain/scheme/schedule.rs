//! Point schedules (积分明细, M2): one compound branch's own items, adopted by its general meeting,
//! in versions by date. How they become points is the engine's; here is what they are.

use std::{collections::BTreeMap, sync::Arc};

use super::{Basis, Counted, InForce, Place};
use crate::domain::time::Day;

/// One version of one compound branch's point schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The compound.
    pub compound: String,
    /// The version, from 1.
    pub version: u32,
    /// What people call it; empty if nothing was given.
    pub title: String,
    /// When it holds, at the longest: a later version takes its place on its first day.
    pub in_force: InForce,
    /// What it rests on.
    pub basis: Vec<Basis>,
    /// Its items, in the document's order.
    pub items: Vec<ScheduleItem>,
    /// Where the list of items stands.
    pub place: Place,
}

/// One item of a point schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleItem {
    /// Its id, which entries name; unique in the schedule.
    pub id: String,
    /// What people call it; empty if nothing was given.
    pub title: String,
    /// How its entries count.
    pub counted: Counted,
    /// Whether a second person must confirm an entry before it counts.
    pub second_person: bool,
    /// Where it stands.
    pub place: Place,
    /// Its path in the document.
    pub path: String,
}

impl Schedule {
    /// The item of that id.
    pub fn item(&self, id: &str) -> Option<&ScheduleItem> {
        self.items.iter().find(|it| it.id == id)
    }
}

/// The schedules of many compounds, each compound's versions by their first day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedules {
    by_compound: BTreeMap<String, Vec<Arc<Schedule>>>,
}

impl Schedules {
    /// None of any compound.
    pub const NONE: &'static Self = &Self { by_compound: BTreeMap::new() };

    /// The given versions. Of two that begin on one day in one compound the later given one holds.
    pub fn of(all: impl IntoIterator<Item = Arc<Schedule>>) -> Self {
        let mut by_compound: BTreeMap<String, Vec<Arc<Schedule>>> = BTreeMap::new();
        for schedule in all {
            by_compound.entry(schedule.compound.clone()).or_default().push(schedule);
        }
        for versions in by_compound.values_mut() {
            versions.sort_by_key(|it| it.in_force.from);
        }
        Self { by_compound }
    }

    /// A compound's versions, by their first day.
    pub fn versions(&self, compound: &str) -> &[Arc<Schedule>] {
        self.by_compound.get(compound).map(Vec::as_slice).unwrap_or_default()
    }

    /// All versions, by compound and first day.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Schedule>> {
        self.by_compound.values().flatten()
    }

    /// The version in force on a day: the one that began last, if it has not ended.
    pub fn in_force(&self, compound: &str, day: Day) -> Option<&Arc<Schedule>> {
        let begun = self.begun(compound, day);
        begun.last().filter(|it| it.in_force.until.is_none_or(|until| day <= until))
    }

    /// The versions that began on or before a day.
    fn begun(&self, compound: &str, day: Day) -> &[Arc<Schedule>] {
        let versions = self.versions(compound);
        let count = versions.partition_point(|it| it.in_force.from <= day);
        versions.get(..count).unwrap_or_default()
    }

    /// Whether some version is in force on some day of a range, both ends included.
    pub fn any_in_force(&self, compound: &str, first: Day, last: Day) -> bool {
        let begun = self.begun(compound, last);
        let ended = |it: &Arc<Schedule>| it.in_force.until.is_some_and(|until| until < first);
        // A version ends when the next begins, so that only the last begun before `first` and those
        // begun after it can hold on a day of the range.
        let before = begun.partition_point(|it| it.in_force.from <= first).saturating_sub(1);
        begun.iter().skip(before).any(|it| !ended(it))
    }

    /// The item as the version in force on a day has it; where none is, or it does not take the item
    /// so, as the latest version before that does.
    pub(in crate::domain) fn latest(
        &self,
        compound: &str,
        item: &str,
        day: Day,
        takes: impl Fn(&Counted) -> bool,
    ) -> Option<(&Schedule, &ScheduleItem)> {
        let listing = |it: &Arc<Schedule>| it.item(item).is_some_and(|it| takes(&it.counted));
        let found = self.begun(compound, day).iter().rev().find(|it| listing(it))?;
        Some((found.as_ref(), found.item(item)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn version(number: u32, from: &str, until: Option<&str>) -> Arc<Schedule> {
        Arc::new(Schedule {
            compound: "k".to_owned(),
            version: number,
            title: String::new(),
            in_force: InForce { from: day(from), until: until.map(day) },
            basis: Vec::new(),
            items: Vec::new(),
            place: Place::default(),
        })
    }

    #[test]
    fn the_version_that_began_last_holds_until_it_ends() {
        let all = Schedules::of([
            version(3, "2024-07-01", None),
            version(1, "2024-01-01", None),
            version(2, "2024-03-01", Some("2024-04-30")),
        ]);
        let on = |text| all.in_force("k", day(text)).map(|it| it.version);
        assert_eq!(on("2023-12-31"), None);
        assert_eq!(on("2024-01-01"), Some(1));
        assert_eq!(on("2024-02-29"), Some(1));
        assert_eq!(on("2024-03-01"), Some(2));
        assert_eq!(on("2024-04-30"), Some(2));
        assert_eq!(on("2024-05-01"), None, "an ended version does not bring the one before back");
        assert_eq!(on("2024-07-01"), Some(3));
        let any = |a, b| all.any_in_force("k", day(a), day(b));
        assert!(!any("2024-05-01", "2024-06-30"));
        assert!(any("2024-04-30", "2024-06-30"));
        assert!(any("2024-05-01", "2024-07-01"));
        assert!(any("2023-01-01", "2024-01-01"));
        assert!(!any("2023-01-01", "2023-12-31"));
        assert!(!all.any_in_force("other", day("2024-01-01"), day("2024-12-31")));
    }
}
