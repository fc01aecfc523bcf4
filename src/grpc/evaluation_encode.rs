//! Runs as messages, and the answers that are kept for repeats of a request.

use std::collections::BTreeMap;

use prost::Message;
use serde::Deserialize;

use super::{
    award_encode::consequences,
    encode::{text, timestamp},
    result_encode::{change, why},
};
use crate::{
    app::{
        FieldFault, hex,
        run::{Changes, RunView},
    },
    domain::{engine::Plan, facts::FactsFault, time::Moment},
    proto::{google::r#type as google, v1},
    store::RunState,
};

/// The state of a run.
pub(crate) const fn state(state: RunState) -> v1::RunState {
    match state {
        RunState::Pending => v1::RunState::Pending,
        RunState::Measuring => v1::RunState::Measuring,
        RunState::Computed => v1::RunState::Computed,
        RunState::Published => v1::RunState::Published,
        RunState::Superseded => v1::RunState::Superseded,
        RunState::Failed => v1::RunState::Failed,
    }
}

/// The state that is named, if one is.
pub(crate) const fn state_named(state: v1::RunState) -> Option<RunState> {
    match state {
        v1::RunState::Unspecified => None,
        v1::RunState::Pending => Some(RunState::Pending),
        v1::RunState::Measuring => Some(RunState::Measuring),
        v1::RunState::Computed => Some(RunState::Computed),
        v1::RunState::Published => Some(RunState::Published),
        v1::RunState::Superseded => Some(RunState::Superseded),
        v1::RunState::Failed => Some(RunState::Failed),
    }
}

/// Why a run failed; nothing of one that did not.
fn failure(view: &RunView) -> Option<v1::Reason> {
    (view.run.state == RunState::Failed).then(|| v1::Reason {
        code: "run_failed".to_owned(),
        params: BTreeMap::new(),
        text: Some(text(view.run.reason.clone(), format!("评价未能完成：{}", view.run.reason))),
    })
}

/// A run; its quota tables are part of a single one only.
pub(crate) fn run(view: &RunView, with_quotas: bool) -> v1::Run {
    let run = &view.run;
    let superseded = run.state == RunState::Superseded;
    v1::Run {
        run_id: run.run_id.clone(),
        scheme_id: run.scheme_id.clone(),
        version: i32::try_from(run.version).unwrap_or(i32::MAX),
        scheme_digest: hex(&run.scheme_digest),
        period: run.period.clone(),
        known_at: Some(timestamp(run.known)),
        state: state(run.state).into(),
        subjects_total: run.subjects,
        subjects_done: view.subjects_done,
        quotas: if with_quotas { quotas(&run.quotas) } else { Vec::new() },
        result_digest: run.result_digest.map(|it| hex(&it)).unwrap_or_default(),
        engine_version: run.engine_version.clone(),
        facts_watermark: run.facts_seq,
        facts_digest: view.facts_digest.clone(),
        input_run_ids: view.input_run_ids.clone(),
        status_counts: view.status_counts.clone(),
        supersedes_run_id: run.supersedes.clone(),
        superseded_by_run_id: run.superseded_by.clone(),
        supersede_reason: if superseded { run.reason.clone() } else { String::new() },
        failure: failure(view),
        create_time: Some(timestamp(run.started.0)),
        compute_time: run.computed.map(timestamp),
        publish_time: run.published.as_ref().map(|it| timestamp(it.0)),
        supersede_time: view.superseded.map(timestamp),
    }
}

/// How far a run is.
pub(crate) fn progress(view: &RunView, now: Moment) -> v1::RunProgress {
    v1::RunProgress {
        run_id: view.run.run_id.clone(),
        state: state(view.run.state).into(),
        subjects_total: view.run.subjects,
        subjects_done: view.subjects_done,
        update_time: Some(timestamp(now)),
        failure: failure(view),
    }
}

#[derive(Deserialize)]
struct KeptTables {
    quotas: Vec<KeptTable>,
}

#[derive(Deserialize)]
struct KeptTable {
    r#for: String,
    groups: Vec<KeptGroup>,
}

#[derive(Deserialize)]
struct KeptGroup {
    group: String,
    #[serde(default)]
    pooled: Vec<String>,
    members: i64,
    quota: String,
    quota_exact: Option<String>,
    floor: i64,
    remainder: String,
    seats: i64,
    why: String,
}

/// The quota tables that are kept with a run.
fn quotas(kept: &str) -> Vec<v1::QuotaTable> {
    let Ok(tables) = serde_json::from_str::<KeptTables>(kept) else { return Vec::new() };
    let number = |shown: String, exact: Option<String>| {
        let rounded = exact.is_some();
        let exact = exact.unwrap_or_else(|| shown.clone());
        Some(v1::ExactNumber { shown: Some(google::Decimal { value: shown }), rounded, exact })
    };
    let table = |it: KeptTable| v1::QuotaTable {
        for_grade: it.r#for,
        groups: it
            .groups
            .into_iter()
            .map(|it| v1::QuotaGroup {
                group: it.group,
                pooled_groups: it.pooled,
                members: it.members,
                quota: number(it.quota, it.quota_exact),
                floor: it.floor,
                remainder: number(it.remainder, None),
                seats: it.seats,
                why: why(&it.why).into(),
            })
            .collect(),
    };
    tables.quotas.into_iter().map(table).collect()
}

/// The answer of `StartRun`.
pub(crate) fn started(view: &RunView) -> Vec<u8> {
    v1::StartRunResponse { run: Some(run(view, true)) }.encode_to_vec()
}

/// The answer of `PublishRun`.
pub(crate) fn published(view: &RunView) -> Vec<u8> {
    v1::PublishRunResponse { run: Some(run(view, true)) }.encode_to_vec()
}

/// The answer of `SupersedeRun`, with at most so many changes.
pub(crate) fn superseded(
    plan: &Plan,
    view: &RunView,
    changes: &Changes,
    (most, sees_money): (usize, bool),
) -> v1::SupersedeRunResponse {
    v1::SupersedeRunResponse {
        run: Some(run(view, true)),
        changes: changes.changes.iter().take(most).map(|it| change(plan, it)).collect(),
        changes_total: i64::try_from(changes.changes.len()).unwrap_or(i64::MAX),
        money: sees_money.then(|| consequences(&changes.money, most)),
    }
}

/// A fault of given facts as a fault of the request.
pub(crate) fn facts_fault(fault: FactsFault) -> FieldFault {
    let path = match fault.line.checked_sub(1) {
        Some(index) => format!("fact_lines[{index}].{}", fault.path),
        None => format!("fact_lines.{}", fault.path),
    };
    FieldFault { path, reason: fault.code, en: fault.wrong, zh: fault.wrong_zh }
}

/// What was left out though it was given.
pub(crate) fn warning(fault: &FactsFault) -> v1::Reason {
    let params = BTreeMap::from([
        ("line".to_owned(), fault.line.to_string()),
        ("path".to_owned(), fault.path.clone()),
    ]);
    let code = fault.code.to_ascii_lowercase();
    v1::Reason { code, params, text: Some(text(&fault.wrong, &fault.wrong_zh)) }
}

/// The ordinal of a page token; from the beginning where it is none.
pub(crate) fn ordinal(text: &str) -> i64 {
    let digits = text.bytes().all(|it| it.is_ascii_digit()) && (1..=18).contains(&text.len());
    if !digits {
        return -1;
    }
    text.bytes().fold(0, |sum: i64, it| {
        sum.saturating_mul(10).saturating_add(i64::from(it.saturating_sub(b'0')))
    })
}
