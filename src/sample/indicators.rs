//! What the registry gives of compounds at the year's end, for lines of the offline command: the
//! service computes the same from the same records (I1 to I3, M3).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Sample,
    build::whole,
    membership::{Days, member, spans},
    model::{Body, BranchForm, Date, Detail, MemberStatus, Record, RecordKind},
};
use crate::domain::{
    facts::{CheckIn, Facts, Span, Stay},
    scheme::{CheckInRule, Indicator},
    time::Day,
};

/// The last day of the year.
const END: Date = Date { year: 2022, month: 12, day: 31 };

/// Figures by compound.
pub(super) type Figures = BTreeMap<String, BTreeMap<&'static str, i64>>;

/// The figures of every compound.
pub(super) fn figures(sample: &Sample) -> Figures {
    let mut all = Figures::new();
    let mut buildings: BTreeMap<&str, &str> = BTreeMap::new();
    for it in &sample.records {
        match (&it.detail, it.kind, &it.parent) {
            (Detail::OrgUnit { households }, RecordKind::Compound, _) => {
                add(&mut all, &it.id, Indicator::Households, households.unwrap_or(0));
                for none in [
                    Indicator::DirectMembers,
                    Indicator::DeputySecretaries,
                    Indicator::BranchSecretaries,
                    Indicator::MembersResident,
                    Indicator::MembersInService,
                    Indicator::MembersCheckedIn,
                ] {
                    add(&mut all, &it.id, none, 0);
                }
            }
            (Detail::OrgUnit { .. }, RecordKind::Building, Some(compound)) => {
                add(&mut all, &compound.id, Indicator::Buildings, 1);
                buildings.insert(&it.id, &compound.id);
            }
            _ => (),
        }
    }
    leaders(sample, &buildings, &mut all);
    residents(sample, &mut all);
    all
}

fn add(all: &mut Figures, compound: &str, of: Indicator, count: i64) {
    *all.entry(compound.to_owned()).or_default().entry(of.name()).or_default() += count;
}

/// Committees, and the buildings that are led.
fn leaders(sample: &Sample, buildings: &BTreeMap<&str, &str>, all: &mut Figures) {
    let mut led: BTreeSet<&str> = BTreeSet::new();
    let mut committees: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for it in &sample.records {
        match &it.detail {
            Detail::Branch { form: BranchForm::PartyGroup, anchor } => {
                led.insert(&anchor.id);
            }
            Detail::Post { title, unit, .. } if title == "building_head" => {
                led.insert(&unit.id);
            }
            Detail::Post { person_id, title, unit } if unit.kind == RecordKind::Compound => {
                match title.as_str() {
                    "branch_secretary" => add(all, &unit.id, Indicator::BranchSecretaries, 1),
                    "deputy_secretary" => add(all, &unit.id, Indicator::DeputySecretaries, 1),
                    _ => (),
                }
                committees.entry(&unit.id).or_default().insert(person_id);
            }
            _ => (),
        }
    }
    for building in led {
        if let Some(compound) = buildings.get(building) {
            add(all, compound, Indicator::BuildingsLed, 1);
        }
    }
    for (compound, persons) in committees {
        add(all, compound, Indicator::CommitteeSize, whole(persons.len()));
    }
}

/// Members by where they live at the year's end.
fn residents(sample: &Sample, all: &mut Figures) {
    let mut versions: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for it in sample.records.iter().filter(|it| it.kind == RecordKind::Member) {
        versions.entry(&it.id).or_default().push(it);
    }
    let mut check_ins: BTreeMap<&str, Vec<CheckIn>> = BTreeMap::new();
    for fact in sample.facts.iter().filter(|it| it.reversed_because.is_none()) {
        if let Body::CheckIn { compound_id, on } = &fact.body
            && let Some(on) = day(*on)
        {
            let came = CheckIn { compound: compound_id.clone(), on };
            check_ins.entry(&fact.subject.id).or_default().push(came);
        }
    }
    for (id, versions) in versions {
        let Some(Detail::Member { status, compound_id, directly_managed, .. }) =
            versions.last().map(|it| &it.detail)
        else {
            continue;
        };
        add(all, compound_id, Indicator::MembersResident, 1);
        add(all, compound_id, Indicator::DirectMembers, i64::from(*directly_managed));
        if *status == MemberStatus::InService {
            let own = check_ins.remove(id).unwrap_or_default();
            let came = has_checked_in(&versions, own, compound_id);
            add(all, compound_id, Indicator::MembersInService, 1);
            add(all, compound_id, Indicator::MembersCheckedIn, i64::from(came));
        }
    }
}

fn day(date: Date) -> Option<Day> {
    Day::new(date.year, date.month, date.day)
}

fn span(days: &Days) -> Option<Span> {
    let until = days.until.as_ref().and_then(|it| Day::parse(it).ok());
    Some(Span { from: Day::parse(&days.from).ok()?, until })
}

/// Whether a member has checked in where it lives at the year's end, by then.
fn has_checked_in(versions: &[&Record], mut check_ins: Vec<CheckIn>, compound: &str) -> bool {
    let Some(end) = day(END) else { return false };
    check_ins.retain(|it| it.on <= end);
    let lived = spans(versions, |it| Some(member(it)?.0.clone()));
    let stays = lived
        .iter()
        .filter_map(|(place, days)| Some(Stay { place: place.clone(), days: span(days)? }));
    let served = spans(versions, |it| {
        (member(it)?.2 == MemberStatus::InService).then(|| "in_service".to_owned())
    });
    let facts = Facts {
        stays: stays.collect(),
        in_service: Some(served.iter().filter_map(|it| span(&it.1)).collect()),
        check_ins,
        ..Facts::default()
    };
    let rule = CheckInRule {
        first_by: None,
        within_months: 1,
        metric: String::new(),
        finding: String::new(),
    };
    let stints = facts.stints(&rule);
    let now = stints.iter().find(|it| it.compound == compound && it.days.contains(end));
    now.is_some_and(|it| it.checked_in.is_some())
}
