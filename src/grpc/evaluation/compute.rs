//! Stateless evaluation: a document and lines of facts, nothing kept.

use std::sync::Arc;

use super::super::{decode::Faults, evaluation_encode as encode, result_encode};
use crate::{
    app::{
        AppError, hex,
        offline::{self, OfflineError, Terms},
    },
    domain::{
        engine::{Plan, result_json},
        scheme::{Schedule, Schedules, Scheme},
    },
    proto::v1,
};

/// The most lines that are evaluated in one call.
const LINES_MAX: usize = 1_000;
/// The most point schedules of one call.
const SCHEDULES_MAX: usize = 1_000;

/// Evaluates the lines of a message.
pub(super) async fn compute(raw: v1::ComputeRequest) -> Result<v1::ComputeResponse, AppError> {
    let mut faults = Faults::default();
    let as_of = faults.moment("as_of", raw.as_of.as_ref());
    if raw.fact_lines.len() > LINES_MAX {
        let en = format!("at most {LINES_MAX} lines are evaluated in one call");
        faults.add("fact_lines", "TOO_MANY", en, "一次至多计算 1000 行事实");
    }
    for (index, line) in raw.fact_lines.iter().enumerate() {
        if line.contains(['\n', '\r']) {
            let path = format!("fact_lines[{index}]");
            faults.add(
                &path,
                "LINE_BREAK",
                "a line of facts has no line break",
                "每行事实不得换行",
            );
        }
    }
    let scheme = Scheme::read(&raw.document);
    if let Err(found) = &scheme {
        for it in found {
            let path = format!("document:{}:{} {}", it.place.line, it.place.column, it.path);
            faults.add(&path, it.code, format!("{}; {}", it.wrong, it.right), &*it.wrong_zh);
        }
    }
    let schedules = schedules(&mut faults, &raw.schedules, scheme.as_ref().ok());
    let asked = as_of.zip(scheme.ok());
    let (as_of, scheme) = faults.finish(asked)?;
    let terms = Terms { as_of, explain: raw.explain, schedules: Arc::new(schedules) };
    let lines = raw.fact_lines.join("\n");
    let work = tokio::task::spawn_blocking(move || evaluate(scheme, lines.as_bytes(), &terms));
    work.await.map_err(|why| AppError::Internal(why.to_string()))?
}

/// The schedules of a message, as adopted ones.
fn schedules(faults: &mut Faults, raw: &[Vec<u8>], scheme: Option<&Scheme>) -> Schedules {
    if raw.len() > SCHEDULES_MAX {
        let en = format!("at most {SCHEDULES_MAX} schedules are taken in one call");
        faults.add("schedules", "TOO_MANY", en, "一次至多 1000 份积分细则");
        return Schedules::default();
    }
    let mut all = Vec::new();
    for (index, document) in raw.iter().enumerate() {
        let read = Schedule::read(document);
        let found = match &read {
            Err(found) => found.clone(),
            Ok(schedule) => scheme.map(|it| it.beyond_bounds(schedule)).unwrap_or_default(),
        };
        for it in found {
            let place = (it.place.line, it.place.column);
            let path = format!("schedules[{index}]:{}:{} {}", place.0, place.1, it.path);
            faults.add(&path, it.code, format!("{}; {}", it.wrong, it.right), &*it.wrong_zh);
        }
        all.extend(read.ok().map(Arc::new));
    }
    Schedules::of(all)
}

/// The same evaluation as the offline command's.
fn evaluate(scheme: Scheme, lines: &[u8], terms: &Terms) -> Result<v1::ComputeResponse, AppError> {
    let plan = Arc::new(Plan::compile(Arc::new(scheme)));
    let mut results = Vec::new();
    let explain = terms.explain;
    let summary = offline::evaluate(&plan, lines, terms, |result| {
        let digest = hex(&crate::app::digest(&[result_json(&plan, &result).as_bytes()]));
        results.push(v1::ComputedResult {
            result: Some(result_encode::computed(&plan, &result, digest)),
            root: result_encode::node(&plan, &result.nodes, 0),
            steps: if explain { result_encode::steps(&plan, &result) } else { Vec::new() },
        });
        Ok(())
    });
    let summary = summary.map_err(|error| match error {
        OfflineError::Refused { faults, .. } => {
            AppError::Invalid(faults.into_iter().map(encode::facts_fault).collect())
        }
        OfflineError::Read(_)
        | OfflineError::Engine(_)
        | OfflineError::Seats(_)
        | OfflineError::Write(_) => error.into(),
    })?;
    Ok(v1::ComputeResponse {
        results,
        quotas: result_encode::quotas(&plan, &summary.quotas),
        document_warnings: plan
            .scheme()
            .warnings
            .iter()
            .cloned()
            .map(super::super::scheme::fault)
            .collect(),
        fact_warnings: summary.warnings.iter().map(encode::warning).collect(),
    })
}
