//! Party members: in service, retired and floating, and a year of their points.

use super::{
    build::{Build, Days, LONG_AGO, date, fine, hundredths, number, subject},
    model::{Body, Date, Detail, MemberStatus, Record, RecordKind, State, SubjectKind},
    names,
    places::{Places, unit_id},
    rng::Rng,
};

/// How a member takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zeal {
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
    /// The number among those in service, from 0.
    number: usize,
    zeal: Zeal,
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
    let members: Vec<Member> = members.into_iter().enumerate().map(person(build)).collect();
    for member in &members {
        enrol(build, places, member);
    }
    members
}

fn person(build: &Build<'_>) -> impl FnMut((usize, (usize, MemberStatus))) -> Member {
    let seed = build.seed;
    move |(index, (compound, status))| {
        let draws = i64::try_from(index).unwrap_or(0);
        let mut rng = Rng::of(seed, "member", draws);
        let name = names::person(&mut rng);
        let zeal = match rng.between(1, 100) {
            1..=28 => Zeal::Zealous,
            29..=95 => Zeal::Ordinary,
            _ => Zeal::Lax,
        };
        let id = format!("m-{:05}", index + 1);
        Member { id, name, status, compound, number: index, zeal }
    }
}

/// Registers one member; every 280th in service moved within the county in the year.
fn enrol(build: &mut Build<'_>, places: &Places, member: &Member) {
    let in_service = member.status == MemberStatus::InService;
    let unit = member.number.checked_rem(build.size.units).unwrap_or(0);
    let detail = |compound: usize| Detail::Member {
        status: member.status,
        unit_branch_id: if in_service { unit_id(unit) } else { String::new() },
        compound_id: places.compounds.get(compound).map_or_else(String::new, |it| it.id.clone()),
        directly_managed: !in_service,
    };
    let mut add = |effective_from: Date, compound: usize| {
        build.records.push(Record {
            kind: RecordKind::Member,
            id: member.id.clone(),
            name: member.name.clone(),
            parent: None,
            effective_from,
            attributes: std::collections::BTreeMap::new(),
            detail: detail(compound),
        });
    };
    if in_service && every(member, 280, 140) {
        let earlier = (member.compound + 3).checked_rem(places.compounds.len()).unwrap_or(0);
        add(LONG_AGO, earlier);
        add(date(7, 1), member.compound);
    } else {
        add(LONG_AGO, member.compound);
    }
}

/// Whether a member is one of every so many, counted from some place.
fn every(member: &Member, step: usize, from: usize) -> bool {
    member.number.checked_rem(step) == Some(from.checked_rem(step).unwrap_or(0))
}

/// A year of the members in service.
pub(super) fn facts(build: &mut Build<'_>, members: &[Member]) {
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
        entries(build, member, share, &mut rng);
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

/// So many point entries: first what is done wrong, then service, duties, meetings and hours.
fn entries(build: &mut Build<'_>, member: &Member, share: i64, rng: &mut Rng) {
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
                1..=36 => ("volunteering", &served),
                37..=56 => ("duty", &any),
                57..=76 => ("meetings", &met),
                _ => ("service_hours", &any),
            }
        };
        let pick = rng.between(0, i64::try_from(months.len()).unwrap_or(1) - 1);
        let month = usize::try_from(pick).ok().and_then(|it| months.get(it)).copied().unwrap_or(1);
        let on = date(month, rng.between(1, 28));
        let (times, points) = amounts(member, item, rng);
        year.push((on, item, times, points));
    }
    year.sort_by_key(|(on, ..)| *on);
    for (on, item, times, points) in year {
        let body = Body::Entry { item, on, times, points };
        build.fact(&subject(SubjectKind::Member, &member.id), body, &recorder(member));
    }
    if let (true, Some(fact)) = (every(member, 180, 60), build.facts.last_mut()) {
        fact.reversed_because = Some("重复录入，按支部核实意见冲销");
    }
}

type Amount = Option<crate::domain::exact::Decimal>;

fn amounts(member: &Member, item: &str, rng: &mut Rng) -> (Amount, Amount) {
    match (item, member.zeal) {
        // Now and then more than the five that one entry may have.
        ("duty", Zeal::Zealous) if rng.chance(1) => (None, Some(number(6))),
        ("duty", Zeal::Zealous) => (None, Some(hundredths(rng.between(8, 20) * 10))),
        ("duty", Zeal::Ordinary) => (None, Some(hundredths(rng.between(2, 10) * 5))),
        ("duty", Zeal::Lax) => (None, Some(hundredths(5))),
        ("service_hours", Zeal::Zealous) => (Some(hundredths(rng.between(4, 12) * 50)), None),
        ("service_hours", Zeal::Ordinary) => (Some(hundredths(rng.between(1, 4) * 50)), None),
        ("service_hours", Zeal::Lax) => (Some(hundredths(50)), None),
        _ => (None, None),
    }
}

fn recorder(member: &Member) -> String {
    format!("clerk-b-k-{:03}", member.compound + 1)
}

/// The unit's score and the neighbours' voice. Units' scores differ within a compound by at least
/// a fiftieth of a percent, so that no two members are equal by accident.
fn reports(build: &mut Build<'_>, member: &Member, within: usize, rng: &mut Rng) {
    let who = subject(SubjectKind::Member, &member.id);
    let draw = match member.zeal {
        Zeal::Zealous => rng.between(88, 98),
        Zeal::Ordinary => rng.between(70, 92),
        Zeal::Lax => rng.between(40, 64),
    };
    // In hundredths of a percent; members of a compound have different last two digits.
    let percent = draw * 100 + i64::try_from(within).unwrap_or(0).checked_rem(50).unwrap_or(0) * 2;
    let full =
        [50, 100, 120, 150].get(member.number.checked_rem(4).unwrap_or(0)).copied().unwrap_or(100);
    let bonus = member.zeal == Zeal::Zealous && every(member, 37, 5);
    let raw = if bonus { fine(full * 10_400) } else { fine(full * percent) };
    let (period, full) = (super::YEAR, number(full));
    if every(member, 140, 11) {
        if every(member, 280, 11) {
            build.fact(&who, state(State::NotSubmitted, "单位党支部未报送"), "hr");
        }
    } else if every(member, 700, 33) {
        build.fact(&who, state(State::Excused, "全年外派援藏，单位部分免考核"), "hr");
    } else {
        build.fact(&who, Body::Imported { source: "unit_branch", period, raw, full, bonus }, "hr");
        if let Some(fact) = build.facts.last_mut() {
            fact.source = "unit-hr";
            fact.source_record = format!("hr-2022-{}", member.id);
        }
    }
    if rng.chance(88) {
        let votes = rng.between(8, 30);
        let (good, poor) = match member.zeal {
            Zeal::Zealous => (votes * rng.between(85, 100) / 100, 0),
            Zeal::Ordinary => (votes * rng.between(35, 85) / 100, 0),
            Zeal::Lax => (votes * rng.between(0, 20) / 100, votes / 3),
        };
        let fair = (votes - good - poor) * 3 / 4;
        let pass = votes - good - poor - fair;
        let spoilt = i64::from(rng.chance(10));
        let counts =
            [("good", good), ("fair", fair), ("pass", pass), ("poor", poor), ("spoilt", spoilt)];
        let counts = counts.into_iter().filter(|(_, count)| *count > 0).collect();
        build.fact(&who, Body::Ballot { ballot: "neighbours", period, counts }, &recorder(member));
    }
}

fn state(state: State, reason: &'static str) -> Body {
    Body::NodeState { node: "unit", state, reason, period: super::YEAR }
}

/// Late check-ins, negative conduct and vetoes, each of every so many members.
fn conduct(build: &mut Build<'_>, member: &Member) {
    let who = subject(SubjectKind::Member, &member.id);
    let by = recorder(member);
    if every(member, 60, 7) {
        let late = [1, 12, 30, 31, 64, 91].get(member.number.checked_rem(6).unwrap_or(0)).copied();
        let value = number(late.unwrap_or(1));
        build.fact(&who, Body::Metric { name: "late_days", period: super::YEAR, value }, &by);
    }
    if every(member, 120, 7) {
        build.finding(&who, "late_check_in", Days::between((2, 1), (3, 4)), &by);
    }
    if every(member, 75, 20) {
        build.finding(&who, "negative_conduct", Days::from(6, 1), &by);
    }
    if every(member, 600, 90) {
        build.veto(&who, "discipline", "county", Days::from(5, 9));
    }
    // Ended in the year before: it no longer counts.
    if every(member, 600, 91) {
        build.veto(&who, "discipline", "street", Days::last_year());
    }
    if every(member, 500, 92) {
        build.veto(&who, "false_points", "community", Days::between((10, 1), (10, 31)));
    }
    if every(member, 400, 93) {
        build.veto(&who, "moved_away", "community", Days::from(9, 1));
    }
    // Moved away and came back before the year's end.
    if every(member, 900, 94) {
        build.veto(&who, "moved_away", "street", Days::between((4, 1), (11, 15)));
    }
}
