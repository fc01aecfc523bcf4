//! `EvaluationService`: runs, results, explanations, publication, and stateless evaluation.

use std::{pin::Pin, sync::Arc, time::Duration};

use tokio_stream::{Stream, StreamExt, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX, decode::Faults, decoded, evaluation_encode as encode, page::page,
    result_encode, status, write_call,
};
use crate::{
    app::{
        App, AppError, hex,
        offline::{self, OfflineError, Terms},
        run::{ResultFilter, RunSelector, Shown, StartRun},
    },
    domain::{
        engine::{Plan, Status as ResultStatus, result_json},
        scheme::Scheme,
    },
    proto::v1::{
        self,
        evaluation_service_server::{EvaluationService, EvaluationServiceServer},
    },
    store::{RunListing, RunState},
};

/// Results of one message of a stream.
const STREAM_PAGE: usize = 500;
/// The most changes in one answer.
const CHANGES_MAX: usize = 1_000;
/// The most lines that are evaluated in one call.
const LINES_MAX: usize = 1_000;
/// How often a watched run is looked at.
const WATCH: Duration = Duration::from_millis(200);

pub(super) fn service(app: &App) -> EvaluationServiceServer<impl EvaluationService + use<>> {
    EvaluationServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

type Streamed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Which run's results are asked for.
pub(super) fn selector(faults: &mut Faults, raw: Option<v1::RunSelector>) -> Option<RunSelector> {
    match raw.and_then(|it| it.selector) {
        Some(v1::run_selector::Selector::RunId(id)) => {
            faults.id("run.run_id", &id).map(RunSelector::Id)
        }
        Some(v1::run_selector::Selector::Published(it)) => {
            let scheme_id = faults.id("run.published.scheme_id", &it.scheme_id);
            let period = faults.period("run.published.period", &it.period);
            let period = period?.to_string();
            Some(RunSelector::Published { scheme_id: scheme_id?, period })
        }
        None => {
            faults.missing("run");
            None
        }
    }
}

fn filter(faults: &mut Faults, raw: Option<v1::ResultFilter>) -> Option<ResultFilter> {
    let raw = raw.unwrap_or_default();
    let mut statuses = Vec::new();
    for (index, it) in raw.statuses().enumerate() {
        let path = format!("filter.statuses[{index}]");
        let named = |it: v1::ResultStatus| match it {
            v1::ResultStatus::Unspecified => None,
            v1::ResultStatus::Final => Some(ResultStatus::Final),
            v1::ResultStatus::Incomplete => Some(ResultStatus::Incomplete),
            v1::ResultStatus::Excluded => Some(ResultStatus::Excluded),
            v1::ResultStatus::TieOpen => Some(ResultStatus::TieOpen),
        };
        statuses.extend(faults.said(&path, Ok(it), named));
    }
    if raw.group_dimension.is_empty() != raw.group.is_empty() {
        faults.missing(if raw.group.is_empty() {
            "filter.group"
        } else {
            "filter.group_dimension"
        });
        return None;
    }
    let group = (!raw.group.is_empty()).then_some((raw.group_dimension, raw.group));
    Some(ResultFilter { grades: raw.grades, statuses, group })
}

impl Service {
    async fn shown(
        &self,
        faults: Faults,
        asked: Option<(String, RunSelector)>,
    ) -> Result<(String, Shown), Status> {
        let (county, selector) = faults.finish(asked).map_err(status::from)?;
        let shown = self.app.shown(&county, &selector).await.map_err(status::from)?;
        Ok((county, shown))
    }
}

#[tonic::async_trait]
impl EvaluationService for Service {
    type WatchRunStream = Streamed<v1::WatchRunResponse>;
    type StreamResultsStream = Streamed<v1::StreamResultsResponse>;

    async fn start_run(
        &self,
        request: Request<v1::StartRunRequest>,
    ) -> Result<Response<v1::StartRunResponse>, Status> {
        let raw = request.into_inner();
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let request_id = faults.request_id(&raw.request_id);
        let scheme_id = faults.id("scheme_id", &raw.scheme_id);
        let version = faults.count("version", raw.version.into());
        let period = faults.period("period", &raw.period);
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let asked = (|| {
            let start = StartRun {
                scheme_id: scheme_id?,
                version: version?,
                period: period?,
                known: known?,
            };
            Some((county?, request_id?, start))
        })();
        let (county, request_id, start) = faults.finish(asked).map_err(status::from)?;
        let message = v1::StartRunRequest { request_id: String::new(), ..raw };
        let call = write_call("EvaluationService.StartRun", county, request_id, &message);
        let bytes = self.app.start_run(call, start, Arc::new(encode::started)).await;
        Ok(Response::new(decoded(&bytes.map_err(status::from)?)?))
    }

    async fn watch_run(
        &self,
        request: Request<v1::WatchRunRequest>,
    ) -> Result<Response<Self::WatchRunStream>, Status> {
        let raw = request.into_inner();
        let mut faults = Faults::default();
        let (county, run_id) = (faults.id("county", &raw.county), faults.id("run_id", &raw.run_id));
        let asked = faults.finish(county.zip(run_id)).map_err(status::from)?;
        let first = self.app.get_run(&asked.0, &asked.1).await.map_err(status::from)?;
        let (sender, receiver) = tokio::sync::mpsc::channel(8);
        let app = self.app.clone();
        tokio::spawn(async move {
            let mut view = first;
            loop {
                let state = view.run.state;
                let shown = (state, view.subjects_done);
                let progress = Some(encode::progress(&view, app.clock.now()));
                if sender.send(Ok(v1::WatchRunResponse { progress })).await.is_err()
                    || !matches!(state, RunState::Pending | RunState::Measuring)
                {
                    return;
                }
                loop {
                    tokio::select! {
                        () = sender.closed() => return,
                        () = tokio::time::sleep(WATCH) => (),
                    }
                    match app.get_run(&asked.0, &asked.1).await {
                        Ok(next) => view = next,
                        Err(error) => {
                            // Whoever watches may have gone away: there is nobody else to tell.
                            let _ = sender.send(Err(status::from(error))).await;
                            return;
                        }
                    }
                    if (view.run.state, view.subjects_done) != shown {
                        break;
                    }
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn get_run(
        &self,
        request: Request<v1::GetRunRequest>,
    ) -> Result<Response<v1::GetRunResponse>, Status> {
        let raw = request.into_inner();
        let mut faults = Faults::default();
        let (county, run_id) = (faults.id("county", &raw.county), faults.id("run_id", &raw.run_id));
        let (county, run_id) = faults.finish(county.zip(run_id)).map_err(status::from)?;
        let view = self.app.get_run(&county, &run_id).await.map_err(status::from)?;
        Ok(Response::new(v1::GetRunResponse { run: Some(encode::run(&view, true)) }))
    }

    async fn list_runs(
        &self,
        request: Request<v1::ListRunsRequest>,
    ) -> Result<Response<v1::ListRunsResponse>, Status> {
        let raw = request.into_inner();
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let scheme = faults.optional_id("scheme_id", &raw.scheme_id);
        let period = match raw.period.as_str() {
            "" => Some(String::new()),
            text => faults.period("period", text).map(|it| it.to_string()),
        };
        let mut states = Vec::new();
        for (index, it) in raw.states().enumerate() {
            let path = format!("states[{index}]");
            states.extend(faults.said(&path, Ok(it), encode::state_named));
        }
        let bare = v1::ListRunsRequest { page_size: 0, page_token: String::new(), ..raw.clone() };
        let token = (raw.page_size, raw.page_token.as_str());
        let paging = page(&mut faults, &self.app, "EvaluationService.ListRuns", &bare, token);
        let asked = (|| Some((county?, scheme?, period?, paging?)))();
        let (county, scheme, period, paging) = faults.finish(asked).map_err(status::from)?;
        let listing = RunListing {
            scheme_id: scheme.unwrap_or_default(),
            period,
            states,
            after: paging.after.clone(),
            limit: paging.size,
        };
        let (views, next) = self.app.list_runs(&county, &listing).await.map_err(status::from)?;
        Ok(Response::new(v1::ListRunsResponse {
            runs: views.iter().map(|it| encode::run(it, false)).collect(),
            next_page_token: next.map(|it| paging.next(&it, None)).unwrap_or_default(),
        }))
    }

    async fn list_results(
        &self,
        request: Request<v1::ListResultsRequest>,
    ) -> Result<Response<v1::ListResultsResponse>, Status> {
        let raw = request.into_inner();
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let run = selector(&mut faults, raw.run.clone());
        let filter = filter(&mut faults, raw.filter.clone());
        let bare =
            v1::ListResultsRequest { page_size: 0, page_token: String::new(), ..raw.clone() };
        let token = (raw.page_size, raw.page_token.as_str());
        let paging = page(&mut faults, &self.app, "EvaluationService.ListResults", &bare, token);
        let asked = (|| Some((county?, run?, filter?, paging?)))();
        let (county, run, filter, paging) = faults.finish(asked).map_err(status::from)?;
        // A later page is of the run of the first, also when another has been published since.
        let (run, after) = match paging.after.split_once(' ') {
            Some((run_id, ordinal)) => {
                (RunSelector::Id(run_id.to_owned()), encode::ordinal(ordinal))
            }
            None => (run, -1),
        };
        let shown = self.app.shown(&county, &run).await.map_err(status::from)?;
        let size = usize::try_from(paging.size).unwrap_or(STREAM_PAGE);
        let found = self.app.list_results(&county, &shown.run, &filter, after, size).await;
        let found = found.map_err(status::from)?;
        let run_id = shown.run.run_id.clone();
        let next = found.next.map(|it| paging.next(&format!("{run_id} {it}"), None));
        let one = |it| result_encode::result(&shown.plan, &shown.run, it);
        Ok(Response::new(v1::ListResultsResponse {
            results: found.results.iter().map(one).collect(),
            next_page_token: next.unwrap_or_default(),
            run_id,
        }))
    }

    async fn stream_results(
        &self,
        request: Request<v1::StreamResultsRequest>,
    ) -> Result<Response<Self::StreamResultsStream>, Status> {
        let raw = request.into_inner();
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let run = selector(&mut faults, raw.run);
        let filter = filter(&mut faults, raw.filter);
        let asked = (|| Some((county?, run?, filter?)))();
        let (county, run, filter) = faults.finish(asked).map_err(status::from)?;
        let shown = self.app.shown(&county, &run).await.map_err(status::from)?;
        let app = self.app.clone();
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        tokio::spawn(async move {
            let mut after = Some(-1_i64);
            while let Some(from) = after {
                let page = app.list_results(&county, &shown.run, &filter, from, STREAM_PAGE).await;
                let message = page.map_err(status::from).map(|page| {
                    after = page.next;
                    let one = |it| result_encode::result(&shown.plan, &shown.run, it);
                    let results = page.results.iter().map(one).collect();
                    v1::StreamResultsResponse { results, run_id: shown.run.run_id.clone() }
                });
                let failed = message.is_err();
                if sender.send(message).await.is_err() || failed {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver).fuse())))
    }

    async fn get_result(
        &self,
        request: Request<v1::GetResultRequest>,
    ) -> Result<Response<v1::GetResultResponse>, Status> {
        let raw = request.into_inner();
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let run = selector(&mut faults, raw.run);
        let subject = faults.id("subject_id", &raw.subject_id);
        let asked = (|| Some((county?, run?, subject?)))();
        let (county, run, subject) = faults.finish(asked).map_err(status::from)?;
        let found = self.app.shown_result(&county, &run, &subject).await;
        let (shown, kept) = found.map_err(status::from)?;
        let result = result_encode::result(&shown.plan, &shown.run, &kept);
        Ok(Response::new(v1::GetResultResponse { result: Some(result) }))
    }

    async fn explain_result(
        &self,
        request: Request<v1::ExplainResultRequest>,
    ) -> Result<Response<v1::ExplainResultResponse>, Status> {
        let raw = request.into_inner();
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let run = selector(&mut faults, raw.run);
        let subject = faults.id("subject_id", &raw.subject_id);
        let asked = county.zip(run).filter(|_| subject.is_some());
        let (county, shown) = self.shown(faults, asked).await?;
        let explained = self.app.explain_result(&county, &shown, &raw.subject_id).await;
        let explained = explained.map_err(status::from)?;
        Ok(Response::new(v1::ExplainResultResponse {
            result: Some(result_encode::result(&shown.plan, &shown.run, &explained.kept)),
            root: result_encode::node(&shown.plan, &explained.explained.nodes, 0),
            steps: result_encode::steps(&shown.plan, &explained.explained),
        }))
    }

    async fn publish_run(
        &self,
        request: Request<v1::PublishRunRequest>,
    ) -> Result<Response<v1::PublishRunResponse>, Status> {
        let raw = request.into_inner();
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let request_id = faults.request_id(&raw.request_id);
        let run_id = faults.id("run_id", &raw.run_id);
        let asked = (|| Some((county?, request_id?, run_id?)))();
        let (county, request_id, run_id) = faults.finish(asked).map_err(status::from)?;
        let message = v1::PublishRunRequest { request_id: String::new(), ..raw };
        let call = write_call("EvaluationService.PublishRun", county, request_id, &message);
        let bytes = self.app.publish_run(call, run_id, Arc::new(encode::published)).await;
        Ok(Response::new(decoded(&bytes.map_err(status::from)?)?))
    }

    async fn supersede_run(
        &self,
        request: Request<v1::SupersedeRunRequest>,
    ) -> Result<Response<v1::SupersedeRunResponse>, Status> {
        let raw = request.into_inner();
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let request_id = faults.request_id(&raw.request_id);
        let old_run = faults.id("old_run_id", &raw.old_run_id);
        let new_run = faults.id("new_run_id", &raw.new_run_id);
        let reason = faults.why("reason", &raw.reason);
        let asked = (|| Some((county?, request_id?, old_run?, new_run?, reason?)))();
        let (county, request_id, old_run, new_run, reason) =
            faults.finish(asked).map_err(status::from)?;
        if raw.validate_only {
            let preview = self.app.preview_supersede(&county, &old_run, &new_run).await;
            let (view, changes) = preview.map_err(status::from)?;
            let shown = self.app.shown(&county, &RunSelector::Id(new_run)).await;
            let plan = shown.map_err(status::from)?.plan;
            let answer = encode::superseded(&plan, &view, &changes, CHANGES_MAX);
            return Ok(Response::new(answer));
        }
        let shown = self.app.shown(&county, &RunSelector::Id(new_run.clone())).await;
        let plan = shown.map_err(status::from)?.plan;
        let message = v1::SupersedeRunRequest { request_id: String::new(), ..raw };
        let call = write_call("EvaluationService.SupersedeRun", county, request_id, &message);
        let answer = Arc::new(move |view: &_, changes: &_| {
            let answer = encode::superseded(&plan, view, changes, CHANGES_MAX);
            prost::Message::encode_to_vec(&answer)
        });
        let bytes = self.app.supersede_run(call, old_run, new_run, reason, answer).await;
        Ok(Response::new(decoded(&bytes.map_err(status::from)?)?))
    }

    async fn list_changes(
        &self,
        request: Request<v1::ListChangesRequest>,
    ) -> Result<Response<v1::ListChangesResponse>, Status> {
        let raw = request.into_inner();
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let old_run = faults.id("old_run_id", &raw.old_run_id);
        let new_run = faults.id("new_run_id", &raw.new_run_id);
        let bare =
            v1::ListChangesRequest { page_size: 0, page_token: String::new(), ..raw.clone() };
        let token = (raw.page_size, raw.page_token.as_str());
        let paging = page(&mut faults, &self.app, "EvaluationService.ListChanges", &bare, token);
        let asked = (|| Some((county?, old_run?, new_run?, paging?)))();
        let (county, old_run, new_run, paging) = faults.finish(asked).map_err(status::from)?;
        let changes = self.app.changes_between(&county, &old_run, &new_run).await;
        let changes = changes.map_err(status::from)?;
        let shown = self.app.shown(&county, &RunSelector::Id(new_run)).await;
        let plan = shown.map_err(status::from)?.plan;
        let size = usize::try_from(paging.size).unwrap_or(STREAM_PAGE);
        let after = |it: &&crate::app::run::Change| it.subject > paging.after;
        let mut rest = changes.changes.iter().filter(after).peekable();
        let mut page = Vec::new();
        let mut last = None;
        while page.len() < size
            && let Some(change) = rest.next()
        {
            page.push(result_encode::change(&plan, change));
            last = Some(&change.subject);
        }
        let next = last.filter(|_| rest.peek().is_some()).map(|it| paging.next(it, None));
        let next_page_token = next.unwrap_or_default();
        Ok(Response::new(v1::ListChangesResponse { changes: page, next_page_token }))
    }

    async fn compute(
        &self,
        request: Request<v1::ComputeRequest>,
    ) -> Result<Response<v1::ComputeResponse>, Status> {
        let raw = request.into_inner();
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
        let asked = as_of.zip(scheme.ok());
        let (as_of, scheme) = faults.finish(asked).map_err(status::from)?;
        let terms = Terms { as_of, explain: raw.explain };
        let lines = raw.fact_lines.join("\n");
        let work = tokio::task::spawn_blocking(move || compute(scheme, lines.as_bytes(), terms));
        let answer = work.await.map_err(|why| AppError::Internal(why.to_string()));
        let answer = answer.and_then(|it| it).map_err(status::from)?;
        Ok(Response::new(answer))
    }
}

/// The same evaluation as the offline command's.
fn compute(scheme: Scheme, lines: &[u8], terms: Terms) -> Result<v1::ComputeResponse, AppError> {
    let plan = Arc::new(Plan::compile(Arc::new(scheme)));
    let mut results = Vec::new();
    let summary = offline::evaluate(&plan, lines, terms, |result| {
        let digest = hex(&crate::app::digest(&[result_json(&plan, &result).as_bytes()]));
        results.push(v1::ComputedResult {
            result: Some(result_encode::computed(&plan, &result, digest)),
            root: result_encode::node(&plan, &result.nodes, 0),
            steps: if terms.explain { result_encode::steps(&plan, &result) } else { Vec::new() },
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
            .map(super::scheme::fault)
            .collect(),
        fact_warnings: summary.warnings.iter().map(encode::warning).collect(),
    })
}
