//! The tables of pools, as they are sent.

use super::super::{
    encode::text,
    result_encode::{exact, money, status},
};
use crate::{
    app::pool::{Places, Pool},
    domain::{
        engine::Status,
        exact::{GroupSeats, PartWhy, Remainder, Why},
    },
    proto::v1,
};

pub(super) fn pool(
    of: &Pool,
    run_id: String,
    left_out: &[(String, Status)],
) -> v1::AllocatePoolResponse {
    let share = |(party, part): &(_, _)| share(party, part);
    let left_out = left_out
        .iter()
        .map(|(id, it)| v1::PoolLeftOut { id: id.clone(), status: status(*it).into() });
    let (en, zh) = of.words(left_out.len());
    v1::AllocatePoolResponse {
        amount: Some(money(of.amount)),
        remainder: remainder(of.remainder).into(),
        shares: of.shares.iter().map(share).collect(),
        weight_total: Some(exact(&of.weight_total)),
        given: Some(money(of.given)),
        left_over_fen: of.left_over_fen,
        run_id,
        left_out: left_out.collect(),
        text: Some(text(en, zh)),
    }
}

fn share(party: &crate::app::pool::Party, part: &crate::domain::exact::Part) -> v1::PoolShare {
    v1::PoolShare {
        id: party.id.clone(),
        weight: Some(exact(&party.weight)),
        exact_fen: part.exact.to_string(),
        floor_fen: part.floor,
        remainder_fen: part.remainder.to_string(),
        money: Some(money(part.money)),
        why: why(part.why).into(),
    }
}

const fn remainder(of: Remainder) -> v1::PoolRemainder {
    match of {
        Remainder::Largest => v1::PoolRemainder::Largest,
        Remainder::Last => v1::PoolRemainder::Last,
    }
}

const fn why(of: PartWhy) -> v1::PoolWhy {
    match of {
        PartWhy::Floor => v1::PoolWhy::Floor,
        PartWhy::Remainder => v1::PoolWhy::Remainder,
        PartWhy::HalfUp => v1::PoolWhy::HalfUp,
        PartWhy::HeldToRest => v1::PoolWhy::HeldToRest,
        PartWhy::TakesRest => v1::PoolWhy::TakesRest,
    }
}

fn number(of: u64) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

pub(super) fn places(of: &Places) -> v1::AllocatePlacesResponse {
    let id = |at: &usize| of.ids.get(*at).cloned().unwrap_or_default();
    let decision = of.decision.as_ref().map(|it| v1::PlacesDecision {
        order: it.order.clone(),
        decided_by: it.decided_by.clone(),
        reason: it.reason.clone(),
    });
    let tie = (!of.table.tied.is_empty()).then(|| v1::PlacesTie {
        ids: of.table.tied.iter().map(id).collect(),
        places: i64::try_from(of.table.open_seats).unwrap_or(i64::MAX),
        decision,
    });
    let row = |(at, (id, row)): (usize, (&String, &GroupSeats))| v1::PlacesShare {
        id: id.clone(),
        weight: number(row.members),
        quota: Some(exact(&row.quota)),
        floor: number(row.floor),
        remainder: Some(exact(&row.remainder)),
        places: number(row.seats),
        why: places_why(row, of.table.tied.contains(&at)).into(),
    };
    let (en, zh) = of.words();
    v1::AllocatePlacesResponse {
        places: number(of.places),
        shares: of.ids.iter().zip(&of.table.rows).enumerate().map(row).collect(),
        weight_total: number(of.weight_total),
        given: number(of.given),
        open: number(of.open),
        left_over: number(of.left_over),
        tie,
        text: Some(text(en, zh)),
    }
}

/// Who is tied and has one more has it by the decision.
const fn places_why(row: &GroupSeats, tied: bool) -> v1::PlacesWhy {
    match row.why {
        _ if row.seats < row.floor => v1::PlacesWhy::HeldToCap,
        Why::TieOpen => v1::PlacesWhy::TieOpen,
        Why::Remainder if tied => v1::PlacesWhy::Decision,
        Why::Remainder => v1::PlacesWhy::Remainder,
        Why::Floor | Why::HalfUp | Why::Ceiling => v1::PlacesWhy::Floor,
    }
}
