//! What receiving systems follow: publications from a cursor on, by page and by stream (M7).

use std::{sync::Arc, time::Duration};

use prost::Message as _;
use tokio_stream::wrappers::ReceiverStream;

use super::{
    super::{
        admit::Call,
        decode::Faults,
        encode::publication,
        page::{BYTES_MAX, size},
        result_encode,
        result_scope::Sight,
        status,
        stream::spawn,
    },
    Service, Streamed,
    results::group,
};
use crate::{
    app::{
        App, AppError,
        run::{Change, Following, Position, Shown, Step, cursor_fault},
    },
    proto::v1,
};

/// The most events of one message of a watch.
const STREAM_PAGE: usize = 500;
/// After how many subjects that are looked at an answer is given with what was found: a caller that
/// sees few is not kept waiting for a county's years.
const LOOKED_AT_MAX: usize = 20_000;
/// How often a watch looks for what other servers published, and whether the caller still may.
const WATCH: Duration = Duration::from_secs(1);
/// The most subjects that are named in one request.
const SUBJECTS_MAX: usize = 1_000;

/// What is followed.
#[derive(Debug, Clone)]
struct Asked {
    county: String,
    following: Following,
    group: Option<(String, String)>,
}

/// What was found from a position on.
struct Found {
    events: Vec<v1::ResultEvent>,
    to: Position,
    at_end: bool,
}

/// Reads which events are asked for.
fn following(
    faults: &mut Faults,
    scheme_id: &str,
    raw: Option<v1::ResultEventFilter>,
) -> Option<(Following, Option<(String, String)>)> {
    let scheme_id = faults.optional_id("scheme_id", scheme_id);
    let raw = raw.unwrap_or_default();
    if raw.subject_ids.len() > SUBJECTS_MAX {
        let en = format!("at most {SUBJECTS_MAX} subjects are named in one request");
        faults.add("filter.subject_ids", "TOO_MANY", en, "一次至多指定 1000 个对象");
        return None;
    }
    let named = raw.subject_ids.iter().enumerate();
    let subjects: Vec<Option<String>> =
        named.map(|(index, it)| faults.id(&format!("filter.subject_ids[{index}]"), it)).collect();
    let group = group(faults, raw.group_dimension, raw.group);
    let subjects = subjects.into_iter().collect::<Option<_>>();
    let (scheme_id, subjects) = (scheme_id?.unwrap_or_default(), subjects?);
    Some((Following { scheme_id, subjects, ..Following::default() }, group?))
}

/// A cursor as it is written.
pub(in crate::grpc) fn position(faults: &mut Faults, raw: &str) -> Option<Position> {
    let position = Position::parse(raw);
    if position.is_none() {
        let fault = cursor_fault();
        faults.add(&fault.path, fault.reason, fault.en, fault.zh);
    }
    position
}

impl Asked {
    /// Everything that the caller sees from a position on: so many events at most, as many as fit
    /// into a message, and what was found while so many subjects were looked at.
    async fn find(
        &self,
        app: &App,
        call: &Call,
        from: Position,
        most: usize,
    ) -> Result<Found, AppError> {
        let permit = call.permit(app, &self.county).await?;
        let following = Following { kinds: permit.kinds(), ..self.following.clone() };
        let mut found = Found { events: Vec::new(), to: from, at_end: false };
        let (mut looked_at, mut left) = (0_usize, BYTES_MAX);
        while looked_at < LOOKED_AT_MAX {
            let step = app.next_publication(&self.county, &following, &found.to).await?;
            let Some(mut step) = step else {
                found.at_end = true;
                break;
            };
            let sight = Sight::of(app, call, &self.county, permit.clone(), &step.after).await?;
            looked_at = looked_at.saturating_add(step.looked_at.max(1));
            for change in std::mem::take(&mut step.changes) {
                let Some(event) = self.event(&step, &sight, change) else { continue };
                let (event, to) = event;
                let rest = left.checked_sub(event.encoded_len());
                let fits = rest.is_some() || found.events.is_empty();
                if !fits || found.events.len() >= most {
                    return Ok(found);
                }
                left = rest.unwrap_or_default();
                found.events.push(event);
                found.to = to;
            }
            found.to = step.to;
        }
        Ok(found)
    }

    /// A change as the caller sees it, and where to go on after it; nothing of one that it does not
    /// see or did not ask for.
    fn event(
        &self,
        step: &Step,
        sight: &Sight,
        change: Change,
    ) -> Option<(v1::ResultEvent, Position)> {
        let what = match (&change.before, &change.after) {
            (None, _) => v1::ResultChange::Added,
            (Some(_), Some(_)) => v1::ResultChange::Changed,
            (Some(_), None) => v1::ResultChange::Removed,
        };
        let seen = sight.change(change)?;
        if let Some((dimension, id)) = &self.group {
            // Only what is seen is asked: a filter tells nothing of the rest.
            let mut sides = [&seen.before, &seen.after].into_iter().flatten();
            if !sides.any(|it| it.groups.get(dimension) == Some(id)) {
                return None;
            }
        }
        let to = Position::after(&step.publication, &seen.subject);
        let side = |shown: &Shown, it| result_encode::result(&shown.plan, &shown.run, it);
        let event = v1::ResultEvent {
            cursor: to.to_string(),
            publication: Some(publication(&step.publication, &step.after)),
            change: what.into(),
            subject: Some(result_encode::subject(&step.after.plan, &seen.subject)),
            result: seen.after.as_ref().map(|it| side(&step.after, it)),
            previous: step.before.as_ref().zip(seen.before.as_ref()).map(|(of, it)| side(of, it)),
        };
        Some((event, to))
    }
}

impl Service {
    pub(super) async fn events(
        &self,
        call: &Call,
        raw: v1::ListResultEventsRequest,
    ) -> Result<v1::ListResultEventsResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let following = following(&mut faults, &raw.scheme_id, raw.filter);
        let from = position(&mut faults, &raw.cursor);
        let most = size(&mut faults, raw.page_size);
        let asked = (|| permit.and(Some((county?, following?, from?, most?))))();
        let (county, (following, group), from, most) = faults.finish(asked)?;
        let asked = Asked { county, following, group };
        let most = usize::try_from(most).unwrap_or(STREAM_PAGE);
        let found = asked.find(&self.app, call, from, most).await?;
        Ok(v1::ListResultEventsResponse {
            events: found.events,
            next_cursor: found.to.to_string(),
            at_end: found.at_end,
        })
    }

    pub(super) async fn watch_results(
        &self,
        call: &Call,
        raw: v1::WatchResultsRequest,
    ) -> Result<Streamed<v1::WatchResultsResponse>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let following = following(&mut faults, &raw.scheme_id, raw.filter);
        let from = position(&mut faults, &raw.cursor);
        let asked = (|| permit.and(Some((county?, following?, from?))))();
        let (county, (following, group), from) = faults.finish(asked)?;
        let asked = Asked { county, following, group };
        // What is wrong with the cursor is told as the call's answer, before anything of a stream.
        let first = asked.find(&self.app, call, from, STREAM_PAGE).await?;
        let (sender, receiver) = tokio::sync::mpsc::channel(2);
        let (app, call) = (self.app.clone(), call.clone());
        spawn(async move {
            let published = Arc::clone(&app.published);
            let (mut found, mut sent) = (first, None);
            loop {
                // From before what is looked at next: nothing is missed in between.
                let mut woken = std::pin::pin!(published.notified());
                woken.as_mut().enable();
                let Found { events, to, at_end } = found;
                if !events.is_empty() || sent.as_ref() != Some(&to) {
                    let message = v1::WatchResultsResponse { events, cursor: to.to_string() };
                    if sender.send(Ok(message)).await.is_err() {
                        return;
                    }
                    sent = Some(to.clone());
                }
                if at_end {
                    tokio::select! {
                        () = sender.closed() => return,
                        () = woken => (),
                        () = tokio::time::sleep(WATCH) => (),
                    }
                }
                found = match asked.find(&app, &call, to, STREAM_PAGE).await {
                    Ok(found) => found,
                    Err(error) => {
                        // Whoever watches may have gone away: there is nobody else to tell.
                        let _ = sender.send(Err(status::from(error))).await;
                        return;
                    }
                };
            }
        });
        Ok(Box::pin(ReceiverStream::new(receiver)))
    }
}
