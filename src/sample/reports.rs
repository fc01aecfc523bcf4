//! What others say of a member: the unit's score (M1, M8) and the neighbours' voice.

use super::{
    YEAR,
    build::{Build, fine, number, subject},
    members::{Member, Zeal, every, recorder},
    model::{Body, State, Subject, SubjectKind},
    places::unit_id,
    rng::Rng,
};
use crate::domain::exact::Decimal;

/// What a unit reports: points, full marks, and whether the former may be above the latter.
type Marks = (Decimal, Decimal, bool);

/// The unit's score and the neighbours' voice. Units' scores differ within a compound by at least
/// a fiftieth of a percent, so that no two members are equal by accident.
pub(super) fn reports(build: &mut Build<'_>, member: &Member, within: usize, rng: &mut Rng) {
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
    let bonus = member.zeal == Zeal::Zealous && every(member.number, 37, 5);
    let raw = if bonus { fine(full * 10_400) } else { fine(full * percent) };
    if every(member.number, 140, 11) {
        if every(member.number, 280, 11) {
            build.fact(&who, state(State::NotSubmitted, "单位党支部未报送"), "hr");
        }
    } else if every(member.number, 700, 33) {
        build.fact(&who, state(State::Excused, "全年外派援藏，单位部分免考核"), "hr");
    } else {
        of_units(build, member, (raw, number(full), bonus));
    }
    if rng.chance(88) {
        neighbours(build, &who, member, rng);
    }
}

/// The reports of the units to which a member belonged. Of those who changed the earlier unit may
/// be silent, or the later one, and then the year is incomplete.
fn of_units(build: &mut Build<'_>, member: &Member, (raw, full, bonus): Marks) {
    let units: Vec<usize> = member.belonging.units().collect();
    let nth = member.number.checked_div(40).unwrap_or(0).checked_rem(5);
    let last = units.len().saturating_sub(1);
    for (index, unit) in units.into_iter().enumerate() {
        let silent = match nth {
            Some(1) => last > 0 && index == 0,
            Some(3) => index < last,
            Some(4) => last > 0 && index == last,
            _ => false,
        };
        if silent {
            continue;
        }
        let marks =
            if index == last { (raw, full, bonus) } else { (number(41), number(50), false) };
        // Now and then what was reported in November is put right in December.
        if index == last && every(member.number, 90, 3) {
            report(build, member, (unit, "2022-11-30T02:00:00Z"), (number(40), number(50), false));
        }
        let at = if index == last { "2022-12-28T02:00:00Z" } else { "2022-12-20T02:00:00Z" };
        report(build, member, (unit, at), marks);
    }
}

fn report(
    build: &mut Build<'_>,
    member: &Member,
    (unit, at): (usize, &str),
    (raw, full, bonus): Marks,
) {
    let unit_branch_id = unit_id(unit);
    let month = at.get(5..7).unwrap_or_default();
    let record = format!("hr-2022-{month}-{}-{unit_branch_id}", member.id);
    let body = Body::Imported {
        source: "unit_branch",
        period: YEAR,
        raw,
        full,
        bonus,
        unit_branch_id,
        reported_at: at.to_owned(),
    };
    build.fact(&subject(SubjectKind::Member, &member.id), body, "hr");
    if let Some(fact) = build.facts.last_mut() {
        fact.source = "unit-hr";
        fact.source_record = record;
    }
}

fn neighbours(build: &mut Build<'_>, who: &Subject, member: &Member, rng: &mut Rng) {
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
    let body = Body::Ballot { ballot: "neighbours", period: YEAR, counts };
    build.fact(who, body, &recorder(member.compound));
}

fn state(state: State, reason: &'static str) -> Body {
    Body::NodeState { node: "unit", state, reason, period: YEAR }
}
