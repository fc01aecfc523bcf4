//! Members by days as they go out.

use super::{
    encode::{date, text},
    registry_encode,
};
use crate::{
    app::member::{Conduct, LateCheckIn, Membership, Moved, Unreported},
    domain::{
        facts::{ConductStanding, Span, Stay, Stint},
        time::Day,
    },
    proto::v1,
};

fn span(span: Span) -> v1::DaySpan {
    v1::DaySpan { from: Some(date(span.from)), until: span.until.map(date) }
}

fn stay(stay: &Stay) -> v1::Stay {
    v1::Stay { place_id: stay.place.clone(), days: Some(span(stay.days)) }
}

fn stint(stint: &Stint, today: Option<Day>) -> v1::Stint {
    let end = today.or(stint.days.until);
    let late = stint.late(end).filter(|_| end.is_some());
    v1::Stint {
        compound_id: stint.compound.clone(),
        days: Some(span(stint.days)),
        due: Some(date(stint.due)),
        checked_in: stint.checked_in.map(date),
        late_days: late.map_or(0, |it| it.count()),
    }
}

pub(super) fn membership(of: &Membership, today: Option<Day>) -> v1::Membership {
    v1::Membership {
        member_id: of.member.clone(),
        compounds: of.compounds.iter().map(stay).collect(),
        units: of.units.iter().map(stay).collect(),
        buildings: of.buildings.iter().map(stay).collect(),
        standings: of
            .standings
            .iter()
            .map(|it| v1::StandingSpan {
                status: registry_encode::status(it.status).into(),
                directly_managed: it.directly_managed,
                formality: registry_encode::formality(it.formality).into(),
                days: Some(span(it.days)),
            })
            .collect(),
        gaps: of.gaps.iter().map(|it| span(*it)).collect(),
        stints: of.stints.iter().map(|it| stint(it, today)).collect(),
    }
}

pub(super) fn moved(of: &Moved) -> v1::MoveMemberResponse {
    v1::MoveMemberResponse {
        membership: Some(membership(&of.membership, None)),
        gap: of.gap.map(span),
        check_in_due: of.check_in_due.map(date),
    }
}

/// By which such entries are listed.
pub(super) fn key(of: &Unreported) -> String {
    format!("{} {}", of.unit, of.member)
}

pub(super) fn unreported(of: &Unreported) -> v1::Unreported {
    let (reason, words) = if of.unit.is_empty() {
        let en = "the member belonged to no unit in the period: there is no unit's score";
        (v1::UnreportedReason::NoUnit, text(en, "该党员本周期不属于任何单位，没有单位积分"))
    } else {
        let en = format!("`{}` has not reported: missing is not zero", of.unit);
        let zh = format!("单位 {} 尚未上报积分，缺失不等于零分", of.unit);
        (v1::UnreportedReason::NotReported, text(en, zh))
    };
    v1::Unreported {
        unit_branch_id: of.unit.clone(),
        member_id: of.member.clone(),
        reason: reason.into(),
        days: of.days.map(|(from, until)| span(Span { from, until: Some(until) })),
        text: Some(words),
    }
}

pub(super) fn late(of: &LateCheckIn, until: Day) -> v1::LateCheckIn {
    v1::LateCheckIn {
        member_id: of.member.clone(),
        unit_branch_id: of.unit.clone().unwrap_or_default(),
        stint: Some(stint(&of.stint, Some(until))),
    }
}

pub(super) fn conduct(of: &Conduct, today: Day) -> v1::ConductCase {
    let standing = of.case.standing(Some(today));
    let established = standing == ConductStanding::Established;
    v1::ConductCase {
        member_id: of.member.clone(),
        case_id: of.case.case.clone(),
        what: of.what.clone(),
        on: Some(date(of.case.on)),
        put_right_by: of.case.put_right_by.map(date),
        put_right: of.case.put_right.map(date),
        not_put_right: of.not_put_right.map(date),
        exposed: of.exposed.map(date),
        reported: of.reported.map(date),
        standing: match standing {
            ConductStanding::Open => v1::ConductStanding::Open,
            ConductStanding::PutRight => v1::ConductStanding::PutRight,
            ConductStanding::Established => v1::ConductStanding::Established,
        }
        .into(),
        bars: established.then(|| span(of.case.bars())),
        fact_id: of.fact.clone(),
    }
}
