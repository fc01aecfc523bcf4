//! `scheduled`: entries by the point schedule of the compound in which the member lived on the day
//! of the deed (M2), compound by compound (M4). The steps are those of docs/schemes.md.

use std::collections::BTreeMap;

use super::{
    counted::{counts, window_name},
    note::{Listener, Note},
    places::{Place, combined, places},
};
use crate::domain::{
    exact::{Decimal, Exact, ExactError},
    facts::{Entry, EntryCheck, Facts, Span, Stay},
    scheme::{Cap, Counted, CountedPoints, Counting, ScheduleItem, Scheduled, Schedules},
    time::{Day, Period, Window},
};

/// A compound's entries of one item that count, each with the item as its version has it.
type Judged<'a> = BTreeMap<&'a str, Vec<(&'a Entry, &'a ScheduleItem)>>;

/// What one node is computed from.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) node: usize,
    pub(super) bounds: &'a Scheduled,
    pub(super) facts: &'a Facts,
    pub(super) schedules: &'a Schedules,
    pub(super) period: Period,
}

impl<'a> Work<'a> {
    /// The value; nothing where there is nothing to go on.
    pub(super) fn value(self, listener: &mut impl Listener) -> Result<Option<Exact>, ExactError> {
        let places = places(&self.facts.stays, self.period);
        self.note_days(&places, listener);
        let mut all = Vec::with_capacity(places.len());
        for place in places {
            let value = self.compound(&place, listener)?;
            let (compound, days, own) = (place.id.to_owned(), place.days, value.clone());
            listener.note(self.node, || Note::StayOf { compound, days, value: own });
            all.push((place, value));
        }
        combined(self.node, self.bounds.places, &all, listener)
    }

    /// Tells of days without a compound, and of entries of such days.
    fn note_days(self, places: &[Place<'_>], listener: &mut impl Listener) {
        let (facts, period) = (self.facts, self.period);
        let here = |stay: &&Stay| places.iter().any(|it| it.id == stay.place);
        listener.note_if(self.node, || {
            let stayed = places.iter().map(|it| it.days).fold(0_i64, i64::saturating_add);
            let days = Span::of(period).count().saturating_sub(stayed);
            (days > 0 && stayed > 0).then_some(Note::DaysWithout { days })
        });
        listener.note_if(self.node, || {
            let stays: Vec<&Stay> = facts.stays.iter().filter(here).collect();
            let outside = |it: &&Entry| {
                period.contains(it.on) && !stays.iter().any(|stay| stay.days.contains(it.on))
            };
            let entries = facts.entries.iter().filter(outside).count();
            (entries > 0).then_some(Note::OutsideStays { entries })
        });
    }

    /// One compound's value; nothing where no version was in force while the member lived there.
    fn compound(
        self,
        place: &Place<'_>,
        listener: &mut impl Listener,
    ) -> Result<Option<Exact>, ExactError> {
        let (days, schedules) = (Span::of(self.period), self.schedules);
        let own = || self.facts.stays.iter().filter(|it| it.place == place.id).map(|it| it.days);
        let (first, last) = (self.period.first_day(), self.period.last_day());
        let covered = own().filter_map(|it| it.within(&days)).any(|it| {
            schedules.any_in_force(place.id, it.from.max(first), it.until.unwrap_or(last))
        });
        if !covered {
            let compound = place.id.to_owned();
            listener.note(self.node, || Note::NoSchedule { compound });
            return Ok(None);
        }
        for version in schedules.versions(place.id).iter().filter(|it| it.in_force.from <= last) {
            let (compound, from) = (place.id.to_owned(), version.in_force.from);
            let version = version.version;
            listener.note(self.node, || Note::ScheduleBy { compound, version, from });
        }
        let stays: Vec<Span> = own().collect();
        let judged = self.judged(place.id, &stays, listener);
        let mut sum = Exact::ZERO;
        for (item, entries) in &judged {
            sum = sum.plus(&self.item(place.id, item, entries, listener)?)?;
        }
        let (least, most) = self.bounds.in_all;
        for (to, outside) in [(least, sum < Exact::from(least)), (most, sum > Exact::from(most))] {
            if outside {
                let total = std::mem::replace(&mut sum, Exact::from(to));
                let compound = place.id.to_owned();
                listener.note(self.node, || Note::InAllCut { compound, total, held: to });
            }
        }
        Ok(Some(sum))
    }

    /// The entries that count, by item.
    fn judged(self, compound: &str, stays: &[Span], listener: &mut impl Listener) -> Judged<'a> {
        let mut judged = Judged::new();
        let mut left_out: BTreeMap<(&str, Left), usize> = BTreeMap::new();
        for entry in &self.facts.entries {
            if !stays.iter().any(|it| it.contains(entry.on)) {
                continue;
            }
            let version = self.schedules.in_force(compound, entry.on);
            let item = version.and_then(|it| it.item(&entry.item));
            let left = match item {
                None if self.period.contains(entry.on) => Some(Left::NotScheduled),
                None => continue,
                Some(item) if !counts(entry.on, item.counted.valid_months, self.period) => continue,
                Some(_) if entry.check == Some(EntryCheck::Refused) => Some(Left::Refused),
                Some(item) if item.second_person && entry.check.is_none() => {
                    Some(Left::NotConfirmed)
                }
                Some(_) => None,
            };
            match (left, item) {
                (Some(left), _) => {
                    let count = left_out.entry((&entry.item, left)).or_default();
                    *count = count.saturating_add(1);
                }
                (None, Some(item)) => judged.entry(&entry.item).or_default().push((entry, item)),
                (None, None) => (),
            }
        }
        for ((item, left), entries) in left_out {
            listener.note(self.node, || left.note(item.to_owned(), entries));
        }
        judged
    }

    /// What one item comes to in one compound.
    fn item(
        self,
        compound: &str,
        item: &str,
        entries: &[(&Entry, &ScheduleItem)],
        listener: &mut impl Listener,
    ) -> Result<Exact, ExactError> {
        let (least, most) = self.bounds.each;
        let mut totals: Vec<(Day, Exact)> = Vec::new();
        let (mut plain, mut tiered) = (Exact::ZERO, None);
        let mut held = 0_usize;
        for (position, (entry, version)) in entries.iter().enumerate() {
            let times = Exact::from(entry.times);
            let Counting::Each { points, repeats } = &version.counted.counting else {
                tiered = Some(tiered.unwrap_or(Exact::ZERO).plus(&times)?);
                continue;
            };
            let own = points_of(*points, entry);
            let points = own.max(least).min(most);
            held = held.saturating_add(usize::from(points != own));
            let repeat = repeats.get(position).or(repeats.last());
            let repeat = Exact::from(repeat.copied().unwrap_or(Decimal::ONE));
            let amount = times.times(&Exact::from(points))?.times(&repeat)?;
            plain = plain.plus(&amount)?;
            totals.push((entry.on, amount));
        }
        if held > 0 {
            let item = item.to_owned();
            listener.note(self.node, || Note::ItemHeld { item, entries: held, least, most });
        }
        for window in Window::ALL {
            totals = self.capped(compound, item, window, totals, listener)?;
        }
        let mut total = Exact::sum(totals.iter().map(|(_, it)| it))?;
        if let Some(sum) = tiered {
            total = total.plus(&self.tier(compound, item, sum, listener))?;
        }
        let of = || (item.to_owned(), total.clone());
        listener.note(self.node, || {
            let (item, total) = of();
            Note::ItemOf { item, entries: entries.len(), sum: plain, total }
        });
        Ok(total)
    }

    /// Adds the totals of each window up, and holds them to the cap that holds at its end.
    fn capped(
        self,
        compound: &str,
        item: &str,
        per: Window,
        totals: Vec<(Day, Exact)>,
        listener: &mut impl Listener,
    ) -> Result<Vec<(Day, Exact)>, ExactError> {
        let mut windows: Vec<(Day, Exact)> = Vec::with_capacity(totals.len());
        for (day, amount) in totals {
            match windows.last_mut().filter(|it| per.of(it.0) == per.of(day)) {
                Some((_, total)) => *total = total.plus(&amount)?,
                None => windows.push((day, amount)),
            }
        }
        for (day, total) in &mut windows {
            let end = per.last_day(*day).min(self.period.last_day());
            let Some((version, listed)) = self.schedules.latest(compound, item, end, |_| true)
            else {
                continue;
            };
            let Some(held) = cap_of(&listed.counted, per).and_then(|it| beyond(it, total)) else {
                continue;
            };
            let total = std::mem::replace(total, Exact::from(held));
            let (item, window, version) =
                (item.to_owned(), window_name(per, *day), version.version);
            listener.note(self.node, || Note::ItemCut { item, per, window, total, held, version });
        }
        Ok(windows)
    }

    /// The points of the tier that so many times reach.
    fn tier(self, compound: &str, item: &str, sum: Exact, listener: &mut impl Listener) -> Exact {
        let by_tiers = |it: &Counted| matches!(it.counting, Counting::Tiers(_));
        let found = self.schedules.latest(compound, item, self.period.last_day(), by_tiers);
        let tiers = match found.map(|(_, it)| &it.counted.counting) {
            Some(Counting::Tiers(tiers)) => tiers.as_slice(),
            Some(Counting::Each { .. }) | None => &[],
        };
        let reached = tiers.iter().take_while(|it| Exact::from(it.0) <= sum).last();
        let (least, most) = self.bounds.each;
        let points = reached.map_or(Decimal::ZERO, |it| it.1.max(least).min(most));
        let item = item.to_owned();
        listener.note(self.node, || Note::ItemTier { item, sum, points });
        Exact::from(points)
    }
}

/// Why an entry of the compound does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    NotScheduled,
    Refused,
    NotConfirmed,
}

impl Left {
    const fn note(self, item: String, entries: usize) -> Note {
        match self {
            Self::NotScheduled => Note::NotScheduled { item, entries },
            Self::Refused => Note::EntryRefused { item, entries },
            Self::NotConfirmed => Note::NotConfirmed { item, entries },
        }
    }
}

fn points_of(points: CountedPoints, entry: &Entry) -> Decimal {
    match points {
        CountedPoints::Fixed(points) => points,
        CountedPoints::Entered { each } => {
            let own = entry.points.unwrap_or(Decimal::ZERO);
            each.map_or(own, |(least, most)| own.max(least).min(most))
        }
    }
}

fn cap_of(counted: &Counted, per: Window) -> Option<&Cap> {
    counted.caps.iter().find(|it| it.per == per)
}

/// What a total is held to, where it is beyond the cap.
fn beyond(cap: &Cap, total: &Exact) -> Option<Decimal> {
    let above = cap.at_most.filter(|it| *total > Exact::from(*it));
    above.or_else(|| cap.at_least.filter(|it| *total < Exact::from(*it)))
}

/// Whether the member has an entry that a schedule of one of their compounds lists.
pub(super) fn has_entries(facts: &Facts, schedules: &Schedules) -> bool {
    let lists = |stay: &Stay, item: &str| {
        schedules.versions(&stay.place).iter().any(|it| it.item(item).is_some())
    };
    facts.entries.iter().any(|it| facts.stays.iter().any(|stay| lists(stay, &it.item)))
}
