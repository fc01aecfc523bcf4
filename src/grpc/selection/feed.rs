//! What happened in a selection since a cursor, by page and as a stream that waits for the next.

use std::{sync::Arc, time::Duration};

use tokio_stream::wrappers::ReceiverStream;

use super::{Service, decode, encode};
use crate::{
    app::{App, AppError, selection::Reach},
    grpc::{
        admit::Call,
        decode::Faults,
        follow::{STREAM_PAGE, Streamed},
        page::{fitting, size},
        status,
        stream::spawn,
    },
    proto::v1,
};

/// How often a watch looks for what other servers recorded, and whether the caller still may.
const WATCH: Duration = Duration::from_secs(1);

/// What was found from a cursor on.
struct Found {
    events: Vec<v1::SelectionEvent>,
    to: i64,
    more: bool,
}

/// What the caller sees after an event: that of the whole selection, and of branches it covers.
async fn find(
    (app, call): (&App, &Call),
    (county, id): (&str, &str),
    (after, most): (i64, usize),
) -> Result<Found, AppError> {
    let permit = call.permit(app, county).await?;
    let reach = Reach::of(permit, county);
    let mut tx = app.read().await?;
    if app.selection_is_at(&mut *tx, county, (id, after)).await? {
        // Nothing was recorded since: nothing is read either.
        return Ok(Found { events: Vec::new(), to: after, more: false });
    }
    let it = app.selection(&mut *tx, county, id).await?;
    // A number that no answer has given would pass over what is still to come.
    if after > it.state.last {
        let mut faults = Faults::default();
        decode::never_given(&mut faults);
        faults.finish(None::<()>)?;
    }
    let all = it.since(after);
    let last = it.state.last;
    let own = all.iter().filter(|at| it.tells(&reach, at.0));
    let mut events: Vec<_> =
        own.take(most.saturating_add(1)).map(|at| encode::event((&it, &reach), *at)).collect();
    let fits = fitting(&events).min(most);
    let more = events.len() > fits;
    events.truncate(fits);
    let to = if more { events.last().map_or(after, |it| it.number) } else { last.max(after) };
    Ok(Found { events, to, more })
}

impl Service {
    pub(super) async fn events(
        &self,
        call: &Call,
        raw: v1::ListSelectionEventsRequest,
    ) -> Result<v1::ListSelectionEventsResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let id = faults.id("selection_id", &raw.selection_id);
        let after = decode::cursor(&mut faults, &raw.cursor);
        let most = size(&mut faults, raw.page_size);
        let read = (|| permit.and(Some((county?, id?, after?, most?))))();
        let (county, id, after, most) = faults.finish(read)?;
        let most = usize::try_from(most).unwrap_or(STREAM_PAGE);
        let found = find((&self.app, call), (&county, &id), (after, most)).await?;
        Ok(v1::ListSelectionEventsResponse {
            events: found.events,
            cursor: found.to.to_string(),
            more: found.more,
        })
    }

    /// What is wrong with the request is told as the call's answer, before anything of a stream.
    pub(super) async fn watch(
        &self,
        call: &Call,
        raw: v1::WatchSelectionRequest,
    ) -> Result<Streamed<v1::WatchSelectionResponse>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let id = faults.id("selection_id", &raw.selection_id);
        let after = decode::cursor(&mut faults, &raw.cursor);
        let read = (|| permit.and(Some((county?, id?, after?))))();
        let (county, id, after) = faults.finish(read)?;
        let first = find((&self.app, call), (&county, &id), (after, STREAM_PAGE)).await?;
        let (sender, receiver) = tokio::sync::mpsc::channel(2);
        let (app, call) = (self.app.clone(), call.clone());
        spawn(async move {
            let recorded = Arc::clone(&app.published);
            let (mut found, mut sent) = (first, None);
            loop {
                // From before what is looked at next: nothing is missed in between.
                let mut woken = std::pin::pin!(recorded.notified());
                woken.as_mut().enable();
                let Found { events, to, more } = found;
                if !events.is_empty() || sent != Some(to) {
                    let told = v1::WatchSelectionResponse { events, cursor: to.to_string() };
                    if sender.send(Ok(told)).await.is_err() {
                        return;
                    }
                    sent = Some(to);
                }
                if !more {
                    tokio::select! {
                        () = sender.closed() => return,
                        () = woken => (),
                        () = tokio::time::sleep(WATCH) => (),
                    }
                }
                found = match find((&app, &call), (&county, &id), (to, STREAM_PAGE)).await {
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
