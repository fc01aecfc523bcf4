//! Runs: started, watched, read, published, superseded.

use std::{sync::Arc, time::Duration};

use prost::Message as _;
use tokio_stream::wrappers::ReceiverStream;

use super::{
    super::{
        admit::Call, decode::Faults, evaluation_encode as encode, page::page, status,
        stream::spawn, write_call,
    },
    Service, Streamed,
};
use crate::{
    app::{
        AppError,
        access::FieldGroup,
        registry::RecordKind,
        run::{RunSelector, RunView, StartRun},
    },
    proto::v1,
    store::{RunListing, RunState},
};

/// The most changes in one answer.
const CHANGES_MAX: usize = 1_000;
/// How often a watched run is looked at.
const WATCH: Duration = Duration::from_millis(200);
/// After how many looks the caller's right to look is looked at.
const LOOKS: u32 = 5;

impl Service {
    pub(super) async fn start(
        &self,
        call: &Call,
        raw: v1::StartRunRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let scheme_id = faults.id("scheme_id", &raw.scheme_id);
        let version = faults.count("version", raw.version.into());
        let period = faults.period("period", &raw.period);
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let asked = (|| {
            permit?;
            let (scheme_id, version) = (scheme_id?, version?);
            let start = StartRun { scheme_id, version, period: period?, known: known? };
            Some((county?, request_id?, start))
        })();
        let (county, request_id, start) = faults.finish(asked)?;
        let message = v1::StartRunRequest { request_id: String::new(), ..raw };
        let write = write_call(call, "EvaluationService.StartRun", county, request_id, &message);
        self.app.start_run(write, start, Arc::new(encode::started)).await
    }

    /// County and run of a message, where the caller may look.
    async fn named(
        &self,
        call: &Call,
        county: &str,
        run_id: &str,
    ) -> Result<(String, String), AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let run_id = faults.id("run_id", run_id);
        faults.finish(permit.and(county.zip(run_id)))
    }

    pub(super) async fn watch(
        &self,
        call: &Call,
        raw: v1::WatchRunRequest,
    ) -> Result<Streamed<v1::WatchRunResponse>, AppError> {
        let (county, run_id) = self.named(call, &raw.county, &raw.run_id).await?;
        let first = self.app.get_run(&county, &run_id).await?;
        let (sender, receiver) = tokio::sync::mpsc::channel(8);
        let (app, call) = (self.app.clone(), call.clone());
        let next = async move |looks: u32| {
            if looks.is_multiple_of(LOOKS) {
                call.permit(&app, &county).await?;
            }
            app.get_run(&county, &run_id).await
        };
        let clock = Arc::clone(&self.app.clock);
        spawn(async move {
            let (mut view, mut looks) = (first, 0_u32);
            loop {
                let state = view.run.state;
                let shown = (state, view.subjects_done);
                let progress = Some(encode::progress(&view, clock.now()));
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
                    looks = looks.wrapping_add(1);
                    match next(looks).await {
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
        Ok(Box::pin(ReceiverStream::new(receiver)))
    }

    pub(super) async fn get_run(
        &self,
        call: &Call,
        raw: v1::GetRunRequest,
    ) -> Result<v1::GetRunResponse, AppError> {
        let (county, run_id) = self.named(call, &raw.county, &raw.run_id).await?;
        let view = self.app.get_run(&county, &run_id).await?;
        Ok(v1::GetRunResponse { run: Some(encode::run(&view, true)) })
    }

    pub(super) async fn list_runs(
        &self,
        call: &Call,
        raw: v1::ListRunsRequest,
    ) -> Result<v1::ListRunsResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
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
        let method = ("EvaluationService.ListRuns", call);
        let paging = page(&mut faults, &self.app, method, &bare, token);
        let asked = (|| permit.and(Some((county?, scheme?, period?, paging?))))();
        let (county, scheme, period, paging) = faults.finish(asked)?;
        let listing = RunListing {
            scheme_id: scheme.unwrap_or_default(),
            period,
            states,
            after: paging.after.clone(),
            limit: paging.size,
        };
        let (views, next) = self.app.list_runs(&county, &listing).await?;
        Ok(v1::ListRunsResponse {
            runs: views.iter().map(|it| encode::run(it, false)).collect(),
            next_page_token: next.map(|it| paging.next(&it, None)).unwrap_or_default(),
        })
    }

    pub(super) async fn publish(
        &self,
        call: &Call,
        raw: v1::PublishRunRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let run_id = faults.id("run_id", &raw.run_id);
        let asked = (|| permit.and(Some((county?, request_id?, run_id?))))();
        let (county, request_id, run_id) = faults.finish(asked)?;
        let message = v1::PublishRunRequest { request_id: String::new(), ..raw };
        let write = write_call(call, "EvaluationService.PublishRun", county, request_id, &message);
        self.app.publish_run(write, run_id, Arc::new(encode::published)).await
    }

    pub(super) async fn supersede(
        &self,
        call: &Call,
        raw: v1::SupersedeRunRequest,
    ) -> Result<v1::SupersedeRunResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let sees_money = permit.as_ref().is_some_and(|it| {
            let kinds = [RecordKind::Member, RecordKind::Branch];
            kinds.iter().all(|kind| it.shows_all(*kind, FieldGroup::Money))
        });
        let request_id = faults.request_id(&raw.request_id);
        let old_run = faults.id("old_run_id", &raw.old_run_id);
        let new_run = faults.id("new_run_id", &raw.new_run_id);
        let reason = faults.why("reason", &raw.reason);
        let asked = (|| permit.and(Some((county?, request_id?, old_run?, new_run?, reason?))))();
        let (county, request_id, old_run, new_run, reason) = faults.finish(asked)?;
        let preview = if raw.validate_only {
            Some(self.app.preview_supersede(&county, &old_run, &new_run).await?)
        } else {
            None
        };
        let shown = self.app.shown(&county, &RunSelector::Id(new_run.clone())).await?;
        if let Some((view, changes)) = preview {
            return Ok(encode::superseded(&shown.plan, &view, &changes, (CHANGES_MAX, sees_money)));
        }
        let message = v1::SupersedeRunRequest { request_id: String::new(), ..raw };
        let method = "EvaluationService.SupersedeRun";
        let write = write_call(call, method, county, request_id, &message);
        let answer = Arc::new(move |view: &RunView, changes: &_| {
            encode::superseded(&shown.plan, view, changes, (CHANGES_MAX, sees_money))
                .encode_to_vec()
        });
        let bytes = self.app.supersede_run(write, old_run, new_run, reason, answer).await?;
        super::super::stored(&bytes)
    }
}
