//! What the registry says of a record over time: its versions as spans of days, each day's as it
//! would be read. Where a member lived, to which unit it belonged and when it was in service follow
//! from there (M3, M4).

use std::collections::BTreeMap;

use super::{
    AppError,
    registry::{Detail, MemberStatus, Record, RecordKind},
};
use crate::{
    domain::{
        facts::{Span, Stay},
        time::{Day, Moment},
    },
    store::{ReadTx, StoredVersion, VersionKey},
};

/// A version of a record, and the days on which a reading gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What it says.
    pub record: Record,
    /// On which days.
    pub days: Span,
}

/// The versions of each record as known at a moment, by the first day; no two share a day.
pub(crate) async fn timelines(
    tx: &mut dyn ReadTx,
    county: &str,
    kind: &str,
    ids: &[String],
    known: Moment,
) -> Result<BTreeMap<String, Vec<Held>>, AppError> {
    let mut by_id: BTreeMap<String, Vec<StoredVersion>> = BTreeMap::new();
    for part in ids.chunks(1_000) {
        for version in tx.registry_versions(county, kind, part, known).await? {
            by_id.entry(version.version.id.clone()).or_default().push(version);
        }
    }
    let all = by_id.into_iter().map(|(id, versions)| Ok((id, timeline(versions)?)));
    all.collect()
}

/// The version of a day, or the last one that began by then.
pub(crate) fn lately(held: &[Held], day: Day) -> Option<&Record> {
    held.iter().rev().find(|it| it.days.from <= day).map(|it| &it.record)
}

/// How many versions are read at once.
const PAGE: i64 = 1_000;

/// The versions of every record of a kind as known at a moment, alike.
pub(crate) async fn timelines_of_all(
    tx: &mut dyn ReadTx,
    county: &str,
    kind: RecordKind,
    known: Moment,
) -> Result<BTreeMap<String, Vec<Held>>, AppError> {
    let mut by_id: BTreeMap<String, Vec<StoredVersion>> = BTreeMap::new();
    let first = Day::new(1, 1, 1);
    let first = first.ok_or_else(|| AppError::Internal("no first day".to_owned()))?;
    let mut after: VersionKey = (String::new(), first, 0);
    loop {
        let page = tx.versions_after(county, kind.word(), &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = (last.version.id.clone(), last.version.effective_from, last.seq);
        for version in page.into_iter().filter(|it| it.recorded <= known) {
            by_id.entry(version.version.id.clone()).or_default().push(version);
        }
    }
    let all = by_id.into_iter().map(|(id, versions)| Ok((id, timeline(versions)?)));
    all.collect()
}

/// The spans of one record's versions, which come by first day and then as recorded. A later first
/// day takes an earlier version's place from then on, as does a later recorded version of the same
/// day; one that has ended does not bring an earlier one back.
fn timeline(versions: Vec<StoredVersion>) -> Result<Vec<Held>, AppError> {
    let mut held: Vec<Held> = Vec::with_capacity(versions.len());
    for stored in versions {
        let record = Record::from_version(&stored.version)?;
        let days = Span { from: record.from, until: record.until };
        match held.last_mut() {
            Some(last) if last.days.from == days.from => *last = Held { record, days },
            Some(last) => {
                let before = Span { from: last.days.from, until: day_before(days.from) };
                last.days = last.days.within(&before).unwrap_or(before);
                held.push(Held { record, days });
            }
            None => held.push(Held { record, days }),
        }
    }
    Ok(held)
}

fn day_before(day: Day) -> Option<Day> {
    day.date().yesterday().ok().and_then(Day::from_date)
}

/// What a version says of a member.
#[derive(Debug, Clone, Copy)]
struct Said<'h> {
    compound: &'h Option<String>,
    building: &'h Option<String>,
    unit_branch: &'h Option<String>,
    status: MemberStatus,
}

fn member(held: &Held) -> Option<Said<'_>> {
    match &held.record.detail {
        Detail::Member { compound, building, unit_branch, status, .. } => {
            Some(Said { compound, building, unit_branch, status: *status })
        }
        Detail::OrgUnit { .. }
        | Detail::Branch { .. }
        | Detail::Post { .. }
        | Detail::Company {}
        | Detail::Project { .. } => None,
    }
}

fn places<'h>(
    held: &'h [Held],
    of: impl Fn(&'h Held) -> Option<&'h String> + 'h,
) -> impl Iterator<Item = Stay> + 'h {
    held.iter().filter_map(move |it| Some(Stay { place: of(it)?.clone(), days: it.days }))
}

/// In which compound a member lived on which days.
pub(crate) fn stays(held: &[Held]) -> Vec<Stay> {
    places(held, |it| member(it)?.compound.as_ref()).collect()
}

/// In which building a member lived on which days.
pub(crate) fn buildings(held: &[Held]) -> Vec<Stay> {
    places(held, |it| member(it)?.building.as_ref()).collect()
}

/// To which unit's branch a member belonged on which days.
pub(crate) fn units(held: &[Held]) -> Vec<Stay> {
    places(held, |it| member(it)?.unit_branch.as_ref()).collect()
}

/// Joins what follows on each other and says the same.
pub(crate) fn joined<T>(
    all: Vec<T>,
    days: impl Fn(&mut T) -> &mut Span,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<T> {
    let mut joined: Vec<T> = Vec::with_capacity(all.len());
    for mut it in all {
        let own = *days(&mut it);
        if let Some(last) = joined.last_mut().filter(|last| same(last, &it)) {
            let last = days(last);
            if last.until.and_then(Day::next) == Some(own.from) {
                last.until = own.until;
                continue;
            }
        }
        joined.push(it);
    }
    joined
}

/// On which days a member was in service.
pub(crate) fn in_service(held: &[Held]) -> Vec<Span> {
    let served = |it: &&Held| member(it).is_some_and(|it| it.status == MemberStatus::InService);
    held.iter().filter(served).map(|it| it.days).collect()
}

/// The days between versions on which there is no record at all.
pub(crate) fn gaps(held: &[Held]) -> Vec<Span> {
    let mut gaps = Vec::new();
    for (earlier, later) in held.iter().zip(held.iter().skip(1)) {
        let from = earlier.days.until.and_then(Day::next);
        if let Some(from) = from.filter(|it| *it < later.days.from) {
            gaps.push(Span { from, until: day_before(later.days.from) });
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::registry::RecordKind,
        store::{NameKept, RegistryVersion},
    };

    fn day(number: i64) -> Day {
        Day::new(2024, 1, number).unwrap()
    }

    fn version(seq: i64, from: i64, until: Option<i64>) -> StoredVersion {
        let record = Record {
            kind: RecordKind::Member,
            id: "m".to_owned(),
            name: String::new(),
            erased: false,
            parent: None,
            from: day(from),
            until: until.map(day),
            attributes: BTreeMap::new(),
            detail: Detail::Member {
                building: None,
                compound: Some(format!("k-{seq}")),
                directly_managed: false,
                formality: None,
                status: MemberStatus::InService,
                unit_branch: None,
            },
        };
        let erased = std::collections::BTreeSet::new();
        let version = record.version("somebody", &erased).unwrap();
        let version = RegistryVersion { kept: NameKept::InRow, ..version };
        let recorded = Moment::from_micros(seq);
        StoredVersion { seq, recorded, request_id: String::new(), version }
    }

    /// As docs of the registry say it: the latest first day, then the latest recorded; nothing if
    /// that one has ended.
    fn read(versions: &[StoredVersion], on: Day) -> Option<i64> {
        let begun = versions.iter().filter(|it| it.version.effective_from <= on);
        let found = begun.max_by_key(|it| (it.version.effective_from, it.seq))?;
        found.version.effective_until.is_none_or(|it| on <= it).then_some(found.seq)
    }

    #[test]
    fn every_day_is_in_the_span_of_the_version_that_a_reading_gives() {
        // All sets of three versions over few days, with and without ends.
        let ends = [None, Some(4), Some(6)];
        for (a, b, c) in
            (1..=3).flat_map(|a| (1..=5).flat_map(move |b| (2..=5).map(move |c| (a, b, c))))
        {
            for (x, y) in ends.iter().flat_map(|x| ends.iter().map(move |y| (*x, *y))) {
                let mut versions = vec![
                    version(1, a, x),
                    version(2, b, y.filter(|it| *it >= b)),
                    version(3, c, None),
                ];
                versions.sort_by_key(|it| (it.version.effective_from, it.seq));
                let held = timeline(versions.clone()).unwrap();
                for on in (1..=9).map(day) {
                    let spans: Vec<_> = held.iter().filter(|it| it.days.contains(on)).collect();
                    assert!(spans.len() < 2, "no two share a day");
                    let compound = spans.first().and_then(|it| stays(&[(*it).clone()]).pop());
                    let want = read(&versions, on).map(|it| format!("k-{it}"));
                    assert_eq!(compound.map(|it| it.place), want, "{a} {b} {c} {x:?} {y:?} {on}");
                }
                let gap_days = gaps(&held).iter().map(Span::count).fold(0, i64::saturating_add);
                let ends = (held.first().unwrap().days.from, held.last().unwrap().days.from);
                let without = (1..=9)
                    .map(day)
                    .filter(|it| ends.0 < *it && *it < ends.1 && read(&versions, *it).is_none());
                assert_eq!(gap_days, i64::try_from(without.count()).unwrap());
            }
        }
    }
}
