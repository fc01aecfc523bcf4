//! Results: one, by page, by stream, explained, and what changed between two runs.

use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};

use super::{
    super::{
        admit::Call,
        decode::{Decoded, Faults},
        evaluation_encode as encode,
        page::page,
        result_encode,
        result_scope::Sight,
        status,
        stream::spawn,
    },
    Service, Streamed,
};
use crate::{
    app::{
        AppError,
        run::{ResultFilter, RunSelector},
    },
    domain::engine::Status as ResultStatus,
    proto::v1,
};

/// Results of one message of a stream.
pub(super) const STREAM_PAGE: usize = 500;

/// Which run's results are asked for.
pub(crate) fn selector(faults: &mut Faults, raw: Option<v1::RunSelector>) -> Option<RunSelector> {
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

/// A group of a dimension: both are said, or neither.
pub(in crate::grpc) fn group(
    faults: &mut Faults,
    dimension: String,
    id: String,
) -> Decoded<Option<(String, String)>> {
    if dimension.is_empty() != id.is_empty() {
        faults.missing(if id.is_empty() { "group" } else { "group_dimension" });
        return None;
    }
    Some((!id.is_empty()).then_some((dimension, id)))
}

pub(crate) fn filter(faults: &mut Faults, raw: Option<v1::ResultFilter>) -> Option<ResultFilter> {
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
    let group = faults.below("filter", |it| group(it, raw.group_dimension, raw.group))?;
    Some(ResultFilter { grades: raw.grades, statuses, group })
}

impl Service {
    pub(super) async fn list(
        &self,
        call: &Call,
        raw: v1::ListResultsRequest,
    ) -> Result<v1::ListResultsResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let run = selector(&mut faults, raw.run.clone());
        let filter = filter(&mut faults, raw.filter.clone());
        let bare =
            v1::ListResultsRequest { page_size: 0, page_token: String::new(), ..raw.clone() };
        let token = (raw.page_size, raw.page_token.as_str());
        let method = ("EvaluationService.ListResults", call);
        let paging = page(&mut faults, &self.app, method, &bare, token);
        let asked = (|| Some((permit?, county?, run?, filter?, paging?)))();
        let (permit, county, run, filter, paging) = faults.finish(asked)?;
        // A later page is of the run of the first, also when another has been published since.
        let (run, after) = match paging.after.split_once(' ') {
            Some((run_id, ordinal)) => {
                (RunSelector::Id(run_id.to_owned()), encode::ordinal(ordinal))
            }
            None => (run, -1),
        };
        let shown = self.app.shown(&county, &run).await?;
        let sight = Sight::of(&self.app, call, &county, permit, &shown).await?;
        let size = usize::try_from(paging.size).unwrap_or(STREAM_PAGE);
        let seen = |it: &_| sight.sees(it);
        let found =
            self.app.list_results(&county, &shown.run, &filter, (after, size), seen).await?;
        let run_id = shown.run.run_id.clone();
        let next = found.next.map(|it| paging.next(&format!("{run_id} {it}"), None));
        let results = found.results.into_iter().filter_map(|it| sight.shown(it));
        Ok(v1::ListResultsResponse {
            results: results
                .map(|it| result_encode::result(&shown.plan, &shown.run, &it))
                .collect(),
            next_page_token: next.unwrap_or_default(),
            run_id,
        })
    }

    pub(super) async fn stream(
        &self,
        call: &Call,
        raw: v1::StreamResultsRequest,
    ) -> Result<Streamed<v1::StreamResultsResponse>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let run = selector(&mut faults, raw.run);
        let filter = filter(&mut faults, raw.filter);
        let asked = (|| Some((permit?, county?, run?, filter?)))();
        let (permit, county, run, filter) = faults.finish(asked)?;
        let shown = self.app.shown(&county, &run).await?;
        let mut sight = Sight::of(&self.app, call, &county, permit, &shown).await?;
        let (app, call) = (self.app.clone(), call.clone());
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        spawn(async move {
            let mut after = Some(-1_i64);
            while let Some(from) = after {
                let page = async {
                    // What was taken away since the last message ends the stream.
                    let permit = call.permit(&app, &county).await?;
                    sight = Sight::of(&app, &call, &county, permit, &shown).await?;
                    let seen = |it: &_| sight.sees(it);
                    let from = (from, STREAM_PAGE);
                    app.list_results(&county, &shown.run, &filter, from, seen).await
                };
                let page: Result<_, AppError> = page.await;
                let message = page.map_err(status::from).map(|page| {
                    after = page.next;
                    let results = page.results.into_iter().filter_map(|it| sight.shown(it));
                    let one = |it| result_encode::result(&shown.plan, &shown.run, &it);
                    let results = results.map(one).collect();
                    v1::StreamResultsResponse { results, run_id: shown.run.run_id.clone() }
                });
                let failed = message.is_err();
                if sender.send(message).await.is_err() || failed {
                    return;
                }
            }
        });
        Ok(Box::pin(ReceiverStream::new(receiver).fuse()))
    }

    pub(super) async fn get(
        &self,
        call: &Call,
        raw: v1::GetResultRequest,
    ) -> Result<v1::GetResultResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let run = selector(&mut faults, raw.run);
        let subject = faults.id("subject_id", &raw.subject_id);
        let asked = (|| Some((permit?, county?, run?, subject?)))();
        let (permit, county, run, subject) = faults.finish(asked)?;
        let (shown, kept) = self.app.shown_result(&county, &run, &subject).await?;
        let sight = Sight::of(&self.app, call, &county, permit, &shown).await?;
        let kept = sight.found(kept)?;
        let result = result_encode::result(&shown.plan, &shown.run, &kept);
        Ok(v1::GetResultResponse { result: Some(result) })
    }

    pub(super) async fn explain(
        &self,
        call: &Call,
        raw: v1::ExplainResultRequest,
    ) -> Result<v1::ExplainResultResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let run = selector(&mut faults, raw.run);
        let subject = faults.id("subject_id", &raw.subject_id);
        let asked = (|| Some((permit?, county?, run?, subject?)))();
        let (permit, county, run, subject) = faults.finish(asked)?;
        let (shown, kept) = self.app.shown_result(&county, &run, &subject).await?;
        let sight = Sight::of(&self.app, call, &county, permit, &shown).await?;
        // Before the work of explaining: who may not see the result costs nothing.
        let kept = sight.found(kept)?;
        let explained = self.app.explain_result(&county, &shown, &subject).await?;
        Ok(v1::ExplainResultResponse {
            result: Some(result_encode::result(&shown.plan, &shown.run, &kept)),
            root: result_encode::node(&shown.plan, &explained.explained.nodes, 0),
            steps: result_encode::steps(&shown.plan, &explained.explained),
        })
    }

    pub(super) async fn changes(
        &self,
        call: &Call,
        raw: v1::ListChangesRequest,
    ) -> Result<v1::ListChangesResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let old_run = faults.id("old_run_id", &raw.old_run_id);
        let new_run = faults.id("new_run_id", &raw.new_run_id);
        let bare =
            v1::ListChangesRequest { page_size: 0, page_token: String::new(), ..raw.clone() };
        let token = (raw.page_size, raw.page_token.as_str());
        let method = ("EvaluationService.ListChanges", call);
        let paging = page(&mut faults, &self.app, method, &bare, token);
        let asked = (|| Some((permit?, county?, old_run?, new_run?, paging?)))();
        let (permit, county, old_run, new_run, paging) = faults.finish(asked)?;
        let shown = self.app.shown(&county, &RunSelector::Id(new_run.clone())).await?;
        let before = self.app.shown(&county, &RunSelector::Id(old_run.clone())).await?;
        // Both runs must be the caller's to see.
        Sight::of(&self.app, call, &county, permit.clone(), &before).await?;
        let sight = Sight::of(&self.app, call, &county, permit, &shown).await?;
        let changes = self.app.changes_between(&county, &old_run, &new_run).await?;
        let size = usize::try_from(paging.size).unwrap_or(STREAM_PAGE);
        let later = changes.changes.into_iter().filter(|it| it.subject > paging.after);
        let mut rest = later.filter_map(|it| sight.change(it)).peekable();
        let mut page = Vec::new();
        let mut last = None;
        while page.len() < size
            && let Some(change) = rest.next()
        {
            page.push(result_encode::change(&shown.plan, &change));
            last = Some(change.subject);
        }
        let next = last.filter(|_| rest.peek().is_some()).map(|it| paging.next(&it, None));
        let next_page_token = next.unwrap_or_default();
        Ok(v1::ListChangesResponse { changes: page, next_page_token })
    }
}
