//! Assessment rounds as they go out.

use std::collections::BTreeMap;

use super::{
    encode::{date, decimal, subject_kind, text, timestamp},
    result_encode::exact,
};
use crate::{
    app::round::{CoverageCounts, CoverageLine, Flag, RoundView, SheetState, SheetView, Spread},
    domain::{
        exact::{Decimal, Exact, RoundingMode},
        scheme::SubjectKind,
    },
    proto::{google::r#type as google, v1},
    store::{RoundHeader, RoundStep, StepKind, fact_id},
};

/// A round without extensions and excuses.
pub(super) fn header(it: &RoundHeader) -> v1::Round {
    let kind =
        SubjectKind::named(&it.subject_kind).map_or(v1::SubjectKind::Unspecified, subject_kind);
    let closed = it.closed.as_ref();
    let first = closed.map_or(0, |it| it.first_fact);
    v1::Round {
        round_id: it.round_id.clone(),
        scheme_id: it.scheme_id.clone(),
        scheme_version: i32::try_from(it.version).unwrap_or(i32::MAX),
        subject_kind: kind.into(),
        period: it.period.clone(),
        opens_on: Some(date(it.opens_on)),
        due_on: Some(date(it.due_on)),
        opened_by: it.opened.by.clone(),
        open_time: Some(timestamp(it.opened.recorded)),
        closed_by: closed.map(|it| it.mark.by.clone()).unwrap_or_default(),
        close_time: closed.map(|it| timestamp(it.mark.recorded)),
        facts: closed.map_or(0, |it| it.facts),
        first_fact_id: if first > 0 { fact_id(first) } else { String::new() },
        extensions: Vec::new(),
        excuses: Vec::new(),
    }
}

/// A round with its extensions and excuses.
pub(super) fn round(it: &RoundView) -> v1::Round {
    let of = |kind: StepKind| it.steps.iter().filter(move |it| it.kind == kind);
    let extension = |it: &RoundStep| v1::RoundExtension {
        role: it.role.clone(),
        assessor_id: it.assessor.clone(),
        until_day: it.until.map(date),
        reason: it.reason.clone(),
        recorded_by: it.mark.by.clone(),
        record_time: Some(timestamp(it.mark.recorded)),
    };
    let excuse = |it: &RoundStep| v1::RoundExcuse {
        role: it.role.clone(),
        assessor_id: it.assessor.clone(),
        subject_id: it.subject.clone(),
        reason: it.reason.clone(),
        recorded_by: it.mark.by.clone(),
        record_time: Some(timestamp(it.mark.recorded)),
    };
    v1::Round {
        extensions: of(StepKind::Extension).map(extension).collect(),
        excuses: of(StepKind::Excuse).map(excuse).collect(),
        ..header(&it.header)
    }
}

const fn state(of: SheetState) -> v1::SheetState {
    match of {
        SheetState::NotBegun => v1::SheetState::NotBegun,
        SheetState::Draft => v1::SheetState::Draft,
        SheetState::HandedIn => v1::SheetState::HandedIn,
        SheetState::HandedInLate => v1::SheetState::HandedInLate,
        SheetState::Excused => v1::SheetState::Excused,
    }
}

fn points(of: &BTreeMap<String, i64>) -> Vec<v1::ItemPoints> {
    let one = |(item, points): (&String, &i64)| v1::ItemPoints {
        item: item.clone(),
        points: Decimal::from_ten_thousandths(*points).map(decimal),
    };
    of.iter().map(one).collect()
}

/// One of the caller's own sheets.
pub(super) fn sheet(it: &SheetView) -> v1::AssessmentSheet {
    let latest = it.sheet.latest.as_ref();
    let revision = latest.map_or(0, |it| i32::try_from(it.revision).unwrap_or(i32::MAX));
    v1::AssessmentSheet {
        role: it.sheet.key.role.clone(),
        assessor_id: it.sheet.key.assessor.clone(),
        subject_id: it.sheet.key.subject.clone(),
        optional: it.sheet.optional,
        state: state(it.state).into(),
        points: points(&it.points),
        missing_items: it.missing.clone(),
        revision,
        change_time: latest.map(|it| timestamp(it.mark.recorded)),
        last_day: Some(date(it.last_day)),
    }
}

/// A line of coverage.
pub(super) fn line(it: &CoverageLine) -> v1::CoverageLine {
    v1::CoverageLine {
        role: it.key.role.clone(),
        assessor_id: it.key.assessor.clone(),
        subject_id: it.key.subject.clone(),
        optional: it.optional,
        state: state(it.state).into(),
        missing: it.missing,
        hand_in_time: it.handed_in.map(timestamp),
        last_day: Some(date(it.last_day)),
    }
}

/// The counts of a round.
pub(super) const fn counts(it: &CoverageCounts) -> v1::CoverageCounts {
    v1::CoverageCounts {
        expected: it.expected,
        not_begun: it.not_begun,
        draft: it.draft,
        handed_in: it.handed_in,
        handed_in_late: it.handed_in_late,
        excused: it.excused,
        missing: it.missing,
    }
}

/// A number that ends within six places.
fn number(of: &Exact) -> google::Decimal {
    google::Decimal { value: shown(of) }
}

fn shown(of: &Exact) -> String {
    if of.is_decimal(6) { of.exact_text() } else { of.text(4, RoundingMode::HalfUp) }
}

/// How an assessor's sheets spread.
pub(super) fn spread(it: &Spread) -> v1::AssessorSpread {
    v1::AssessorSpread {
        role: it.role.clone(),
        assessor_id: it.assessor.clone(),
        sheets: it.sheets,
        full_marks: Some(number(&it.full_marks)),
        least: Some(number(&it.least)),
        greatest: Some(number(&it.greatest)),
        mean: Some(exact(&it.mean)),
        distinct_totals: it.distinct,
        sheets_with_full_marks: it.with_full_marks,
        full_marks_share: Some(exact(&it.share)),
        flags: it.flag().map(|flag| reason(it, flag)).into_iter().collect(),
    }
}

fn reason(it: &Spread, flag: Flag) -> v1::Reason {
    let Spread { role, assessor, sheets, .. } = it;
    let total = shown(&it.least);
    let (code, sentence) = match flag {
        Flag::FullMarksToAll => (
            "full_marks_to_all",
            text(
                format!(
                    "`{assessor}` as `{role}` gave full marks, {total}, on all {sheets} sheets"
                ),
                format!("{assessor}（{role}）的 {sheets} 份打分表全部为满分 {total}"),
            ),
        ),
        Flag::SameTotalToAll => (
            "same_total_to_all",
            text(
                format!("`{assessor}` as `{role}` gave the same, {total}, on all {sheets} sheets"),
                format!("{assessor}（{role}）的 {sheets} 份打分表总分全部相同，均为 {total}"),
            ),
        ),
    };
    let params = [
        ("role", role.clone()),
        ("assessor", assessor.clone()),
        ("sheets", sheets.to_string()),
        ("total", total),
    ];
    let params = params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    v1::Reason { code: code.to_owned(), params, text: Some(sentence) }
}
