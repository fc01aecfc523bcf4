//! Party members: in service, retired and floating, and a year of their points.

use super::{
    belonging::{Belonging, check_ins, enrol},
    build::{Build, date, hundredths, number, subject},
    conduct::conduct,
    model::{Body, MemberStatus, SubjectKind},
    names,
    places::Places,
    reports::reports,
    rng::Rng,
    schedules::{Schedules, Terms},
};
use crate::domain::exact::Decimal;

/// How a member takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zeal {
    Zealous,
    Ordinary,
    Lax,
}

/// A member.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: MemberStatus,
    /// The compound at the year's end.
    pub(super) compound: usize,
    /// Where it belonged on which days.
    pub(super) belonging: Belonging,
    /// The number among those in service, from 0.
    pub(super) number: usize,
    pub(super) zeal: Zeal,
}

/// Retired members of each compound, of whom the committees are mostly drawn.
const RETIRED: (i64, i64) = (5, 8);

/// Registers the members; those in service come first.
pub(super) fn register(build: &mut Build<'_>, places: &Places) -> Vec<Member> {
    let mut rng = build.rng("members", 0);
    let count = places.compounds.len();
    let mean = build.size.in_service.checked_div(i64::try_from(count).unwrap_or(1)).unwrap_or(0);
    let in_service = rng.spread(build.size.in_service, count, mean * 2 / 3, mean * 4 / 3);
    let mut members = Vec::new();
    for (compound, many) in in_service.into_iter().enumerate() {
        for _ in 0..many {
            members.push((compound, MemberStatus::InService));
        }
    }
    for compound in 0..count {
        let retired = rng.between(RETIRED.0, RETIRED.1);
        members.extend((0..retired).map(|_| (compound, MemberStatus::Retired)));
        members.extend((0..rng.between(0, 3)).map(|_| (compound, MemberStatus::Floating)));
    }
    let members: Vec<Member> =
        members.into_iter().enumerate().map(|it| person(build, count, it)).collect();
    for member in &members {
        enrol(build, places, member);
    }
    members
}

fn person(
    build: &Build<'_>,
    compounds: usize,
    (index, (compound, status)): (usize, (usize, MemberStatus)),
) -> Member {
    let mut rng = build.rng("member", index);
    let name = names::person(&mut rng);
    let zeal = match rng.between(1, 100) {
        1..=28 => Zeal::Zealous,
        29..=95 => Zeal::Ordinary,
        _ => Zeal::Lax,
    };
    let id = format!("m-{:05}", index + 1);
    let in_service = status == MemberStatus::InService;
    let belonging = Belonging::draw(build, (index, compound), in_service, compounds);
    Member { id, name, status, compound, belonging, number: index, zeal }
}

/// Whether a number is one of every so many, counted from some place.
pub(super) fn every(number: usize, step: usize, from: usize) -> bool {
    number.checked_rem(step) == Some(from.checked_rem(step).unwrap_or(0))
}

/// A year of the members in service.
pub(super) fn facts(
    build: &mut Build<'_>,
    places: &Places,
    members: &[Member],
    schedules: &Schedules,
) {
    let in_service: Vec<&Member> =
        members.iter().filter(|it| it.status == MemberStatus::InService).collect();
    let mean = build.size.entries / build.size.in_service.max(1);
    let mut rng = build.rng("entries", 0);
    let shares = rng.spread(build.size.entries, in_service.len(), mean * 2 / 3, mean * 4 / 3);
    let mut within = 0;
    let mut last = usize::MAX;
    for (member, share) in in_service.into_iter().zip(shares) {
        within = if member.compound == last { within + 1 } else { 0 };
        last = member.compound;
        let mut rng = build.rng("year", member.number);
        check_ins(build, places, member);
        entries(build, (member, schedules), share, &mut rng);
        reports(build, member, within, &mut rng);
        conduct(build, member);
    }
}

/// The months in which a member does one kind of thing, so many of them.
fn months(rng: &mut Rng, least: i64, most: i64) -> Vec<i64> {
    let mut months: Vec<i64> = (1..=12).collect();
    rng.shuffle(&mut months);
    months.truncate(usize::try_from(rng.between(least, most)).unwrap_or(1));
    months
}

/// So many point entries: first what is done wrong, then service, duties, meetings and hours, each
/// by what the schedule of its day has where the member lived on that day.
fn entries(
    build: &mut Build<'_>,
    (member, schedules): (&Member, &Schedules),
    share: i64,
    rng: &mut Rng,
) {
    let (arrears, breaches) = match member.zeal {
        Zeal::Zealous => (0, i64::from(rng.chance(4))),
        Zeal::Ordinary => (i64::from(rng.chance(9)), i64::from(rng.chance(14)) * rng.between(1, 2)),
        Zeal::Lax => (rng.between(2, 5), rng.between(3, 7)),
    };
    let (many, few) = match member.zeal {
        Zeal::Zealous => ((5, 10), (4, 9)),
        Zeal::Ordinary => ((2, 4), (1, 4)),
        Zeal::Lax => ((1, 1), (1, 1)),
    };
    let (served, met) = (months(rng, many.0, many.1), months(rng, few.0, few.1));
    let any: Vec<i64> = (1..=12).collect();
    let mut year = Vec::new();
    for number in 0..share {
        let (item, months) = if number < arrears {
            ("property_fee_arrears", &any)
        } else if number < arrears + breaches {
            ("rule_breaches", &any)
        } else {
            match rng.between(1, 100) {
                1..=34 => ("volunteering", &served),
                35..=40 => ("patrol", &served),
                41..=57 => ("duty", &any),
                58..=76 => ("meetings", &met),
                _ => ("service_hours", &any),
            }
        };
        let pick = rng.between(0, i64::try_from(months.len()).unwrap_or(1) - 1);
        let month = usize::try_from(pick).ok().and_then(|it| months.get(it)).copied().unwrap_or(1);
        let on = date(month, rng.between(1, 28));
        let compound = member.belonging.compound_on(on);
        let Some(terms) = schedules.on(compound, on) else { continue };
        // Where the branch gives nothing for patrols they are service like any other.
        let item = if item == "patrol" && !terms.patrols() { "volunteering" } else { item };
        let (times, points) = amounts(member, (item, terms), rng);
        year.push((on, Body::Entry { item, on, times, points }, recorder(compound)));
    }
    year.sort_by_key(|(on, ..)| *on);
    for (_, body, recorder) in year {
        build.fact(&subject(SubjectKind::Member, &member.id), body, &recorder);
    }
    if let (true, Some(fact)) = (every(member.number, 180, 60), build.facts.last_mut()) {
        fact.reversed_because = Some("重复录入，按支部核实意见冲销");
    }
}

type Amount = Option<Decimal>;

fn amounts(member: &Member, (item, terms): (&str, &Terms), rng: &mut Rng) -> (Amount, Amount) {
    match (item, member.zeal) {
        // Now and then as much as one entry may have.
        ("duty", Zeal::Zealous) if rng.chance(1) => (None, Some(number(terms.duty_at_most()))),
        ("duty", Zeal::Zealous) => (None, Some(hundredths(rng.between(8, 20) * 10))),
        ("duty", Zeal::Ordinary) => (None, Some(hundredths(rng.between(2, 10) * 5))),
        ("duty", Zeal::Lax) => (None, Some(hundredths(5))),
        ("service_hours", Zeal::Zealous) => (Some(hundredths(rng.between(4, 12) * 50)), None),
        ("service_hours", Zeal::Ordinary) => (Some(hundredths(rng.between(1, 4) * 50)), None),
        ("service_hours", Zeal::Lax) => (Some(hundredths(50)), None),
        _ => (None, None),
    }
}

/// Who records for the branch of a compound.
pub(super) fn recorder(compound: usize) -> String {
    format!("clerk-b-k-{:03}", compound + 1)
}
