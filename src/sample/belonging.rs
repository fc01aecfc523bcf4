//! Where members belong on which days: compounds (M4), units, service; and their check-ins (M3).

use std::collections::BTreeSet;

use super::{
    build::{Build, LONG_AGO, date, day_before, days_after, month_after, subject},
    buildings,
    members::{Member, every, recorder},
    model::{Body, Date, Detail, MemberFormality, MemberStatus, Record, RecordKind, SubjectKind},
    places::{Mark, Places, unit_id},
    rng::Rng,
};

/// From which days on where, by the first day; the first of them from long ago.
type Steps = Vec<(Date, usize)>;

/// Where a member belongs on which days.
#[derive(Debug, Clone)]
pub(super) struct Belonging {
    /// The compounds.
    lived: Steps,
    /// The units' branches; none of those who are not in service.
    units: Steps,
    /// Since when in service, of those who are.
    served_from: Date,
}

/// Nobody had to check in before that day.
const FIRST_DUE: Date = Date { year: 2020, month: 6, day: 30 };

/// How a check-in came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    InTime,
    Late(i64),
    Never,
}

/// How those check in who have moved, one after the other.
const MOVERS: [Came; 10] = [
    Came::InTime,
    Came::Late(12),
    Came::InTime,
    Came::Late(1),
    Came::InTime,
    Came::Late(31),
    Came::Never,
    Came::InTime,
    Came::Late(64),
    Came::InTime,
];

impl Belonging {
    /// Three of a hundred in service moved to another compound in the year, two in the year before;
    /// some changed to another unit, and a few have come into service since.
    pub(super) fn draw(
        build: &Build<'_>,
        (number, compound): (usize, usize),
        in_service: bool,
        compounds: usize,
    ) -> Self {
        let mut rng = build.rng("belonging", number);
        let mut lived = vec![(LONG_AGO, compound)];
        let mut units = Vec::new();
        let mut served_from = LONG_AGO;
        if in_service {
            let unit = number.checked_rem(build.size.units).unwrap_or(0);
            units.push((LONG_AGO, unit));
            if every(number, 33, 17) {
                moved(&mut lived, day_in(&mut rng, 2022), other(&mut rng, compound, compounds));
            } else if every(number, 55, 30) {
                moved(&mut lived, day_in(&mut rng, 2021), other(&mut rng, compound, compounds));
            }
            if every(number, 40, 9) {
                let day = date(rng.between(2, 11), rng.between(1, 28));
                moved(&mut units, day, other(&mut rng, unit, build.size.units));
            }
            if every(number, 300, 77) {
                served_from = Date { year: 2021, month: 6, day: 1 };
            }
        }
        Self { lived, units, served_from }
    }

    /// The compound in which the member lived on a day.
    pub(super) fn compound_on(&self, day: Date) -> usize {
        at(&self.lived, day)
    }

    /// The units to which the member belonged in the year, the first first.
    pub(super) fn units(&self) -> impl Iterator<Item = usize> {
        self.units.iter().map(|(_, unit)| *unit)
    }
}

/// Somewhere else.
fn other(rng: &mut Rng, own: usize, all: usize) -> usize {
    let last = i64::try_from(all).unwrap_or(1) - 1;
    let further = usize::try_from(rng.between(1, last)).unwrap_or(1);
    (own + further).checked_rem(all).unwrap_or(0)
}

/// A day of a year on which somebody moves; now and then one that the month after does not have.
fn day_in(rng: &mut Rng, year: i64) -> Date {
    let (month, day) = (rng.between(1, 12), rng.between(2, 28));
    if rng.chance(10) { Date { year, month: 1, day: 31 } } else { Date { year, month, day } }
}

/// Puts another place before where somebody ends up.
fn moved(steps: &mut Steps, on: Date, before: usize) {
    if let Some(first) = steps.first_mut() {
        let now = first.1;
        first.1 = before;
        steps.push((on, now));
    }
}

fn at(steps: &Steps, day: Date) -> usize {
    let begun = steps.iter().take_while(|(from, _)| *from <= day).last();
    begun.or(steps.first()).map_or(0, |it| it.1)
}

/// Registers a member: one version for every day on which something begins.
pub(super) fn enrol(build: &mut Build<'_>, places: &Places, member: &Member) {
    let Belonging { lived, units, served_from } = &member.belonging;
    let formal_from = formal_from(build, member.number);
    let begins = lived.iter().chain(units).map(|it| it.0).chain([*served_from, formal_from]);
    let begins: BTreeSet<Date> = begins.chain([LONG_AGO]).collect();
    for day in begins {
        let served = member.status == MemberStatus::InService && *served_from <= day;
        let compound = places.compounds.get(at(lived, day));
        let status = match member.status {
            MemberStatus::InService if !served => MemberStatus::Floating,
            MemberStatus::InService | MemberStatus::Retired | MemberStatus::Floating => {
                member.status
            }
        };
        build.records.push(Record {
            kind: RecordKind::Member,
            id: member.id.clone(),
            name: member.name.clone(),
            parent: None,
            effective_from: day,
            attributes: std::collections::BTreeMap::new(),
            detail: Detail::Member {
                status,
                unit_branch_id: if served { unit_id(at(units, day)) } else { String::new() },
                compound_id: compound.map_or_else(String::new, |it| it.id.clone()),
                directly_managed: !served,
                formality: if formal_from <= day {
                    MemberFormality::Formal
                } else {
                    MemberFormality::Probationary
                },
                building_id: compound.map_or_else(String::new, |it| {
                    buildings::home(build, &it.id, (at(lived, day), member.number))
                }),
            },
        });
    }
}

/// The day on which a member's probation was over: for most long ago, for a few in the year.
fn formal_from(build: &Build<'_>, number: usize) -> Date {
    let mut rng = build.rng("formality", number);
    if rng.chance(4) { date(rng.between(3, 12), rng.between(1, 28)) } else { LONG_AGO }
}

/// The check-ins of a member in service: with the branch of each compound of residence.
pub(super) fn check_ins(build: &mut Build<'_>, places: &Places, member: &Member) {
    let mut rng = build.rng("check-ins", member.number);
    let Belonging { lived, served_from, .. } = &member.belonging;
    let ends = lived.iter().skip(1).map(|(from, _)| Some(day_before(*from))).chain([None]);
    for ((from, compound), until) in lived.iter().zip(ends) {
        let first = (*from).max(*served_from);
        if until.is_some_and(|it| it < first) {
            continue;
        }
        let due = month_after(first).max(FIRST_DUE);
        let place = places.compounds.get(*compound);
        // Of the two that are to be equal, everybody has come by the year's end.
        let twin = place.is_some_and(|it| it.mark == Mark::Twin);
        let on = match came(member, *from) {
            Came::Never if twin => first.max(FIRST_DUE),
            Came::Never => continue,
            Came::Late(days) => days_after(due, days),
            Came::InTime if due == FIRST_DUE => {
                Date { year: 2020, month: rng.between(2, 6), day: rng.between(1, 28) }
            }
            Came::InTime => days_after(first, rng.between(0, 27)),
        };
        let on = if twin { on.min(date(12, 31)) } else { on };
        if let Some(place) = place.filter(|_| until.is_none_or(|it| on <= it)) {
            let body = Body::CheckIn { compound_id: place.id.clone(), on };
            let who = subject(SubjectKind::Member, &member.id);
            build.fact(&who, body, &recorder(*compound));
        }
    }
}

/// How a member came to check in where it has lived since a day.
fn came(member: &Member, since: Date) -> Came {
    let movers = MOVERS.iter().cycle();
    if since > LONG_AGO {
        let nth = member.number.checked_div(33).unwrap_or(0).checked_rem(MOVERS.len()).unwrap_or(0);
        movers.into_iter().nth(nth).copied().unwrap_or(Came::InTime)
    } else if every(member.number, 700, 350) {
        Came::Never
    } else if every(member.number, 400, 133) {
        // In the year in which it was asked for: of no effect on this one.
        Came::Late(40)
    } else {
        Came::InTime
    }
}
