//! Following publications from a cursor on (M7, P4): what the caller sees of each, by page and as a
//! stream that waits for the next. What is told of a change is the feed's own.

use std::{collections::BTreeSet, pin::Pin, sync::Arc, time::Duration};

use prost::Message;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::Status;

use super::{admit::Call, page::BYTES_MAX, result_scope::Sight, status, stream::spawn};
use crate::{
    app::{
        App, AppError,
        registry::RecordKind,
        run::{Change, Following, Position, Step},
    },
    proto::v1,
};

/// The most events of one message of a watch.
pub(super) const STREAM_PAGE: usize = 500;
/// After how many subjects that are looked at an answer is given with what was found: a caller that
/// sees few is not kept waiting for a county's years.
const LOOKED_AT_MAX: usize = 20_000;
/// How often a watch looks for what other servers published, and whether the caller still may.
const WATCH: Duration = Duration::from_secs(1);

/// A stream of answers.
pub(super) type Streamed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A change with the sides that the caller sees.
#[derive(Debug)]
pub(super) struct Seen {
    /// What the publication did, whichever sides are seen.
    pub(super) what: v1::ResultChange,
    /// The sides that are seen.
    pub(super) change: Change,
}

/// What was found from a position on.
#[derive(Debug)]
pub(super) struct Found<E> {
    /// The events, in their order.
    pub(super) events: Vec<E>,
    /// Where to go on.
    pub(super) to: Position,
    /// Whether nothing follows now.
    pub(super) at_end: bool,
}

/// What is followed, and how it is told.
#[tonic::async_trait]
pub(super) trait Feed: Send + Sync + 'static {
    /// What is told of one change.
    type Event: Message;
    /// One message of a watch.
    type Told: Send + 'static;

    /// The county.
    fn county(&self) -> &str;

    /// Which changes are looked at, of kinds that the caller reaches.
    fn following(&self, kinds: BTreeSet<RecordKind>) -> Following;

    /// Whether what is seen of a change is asked for.
    fn takes(&self, seen: &Change) -> bool;

    /// Whether a result about a post is also seen by whoever sees the person appraised.
    fn by_holder(&self) -> bool {
        false
    }

    /// An event for each change, in their order, as the caller sees it. `to` is where to go on after
    /// it.
    async fn tell(
        &self,
        app: &App,
        step: (&Step, &Sight),
        seen: &[(Seen, Position)],
    ) -> Result<Vec<Self::Event>, AppError>;

    /// A message of a watch.
    fn message(events: Vec<Self::Event>, cursor: String) -> Self::Told;
}

const fn what(change: &Change) -> v1::ResultChange {
    match (&change.before, &change.after) {
        (None, _) => v1::ResultChange::Added,
        (Some(_), Some(_)) => v1::ResultChange::Changed,
        (Some(_), None) => v1::ResultChange::Removed,
    }
}

/// Everything that the caller sees from a position on: so many events at most, as many as fit into a
/// message, and what was found while so many subjects were looked at.
pub(super) async fn find<F: Feed>(
    feed: &F,
    (app, call): (&App, &Call),
    from: Position,
    most: usize,
) -> Result<Found<F::Event>, AppError> {
    let county = feed.county();
    let permit = call.permit(app, county).await?;
    let following = feed.following(permit.kinds());
    let mut found = Found { events: Vec::new(), to: from, at_end: false };
    let (mut looked_at, mut left) = (0_usize, BYTES_MAX);
    while looked_at < LOOKED_AT_MAX {
        let step = app.next_publication(county, &following, &found.to).await?;
        let Some(mut step) = step else {
            found.at_end = true;
            break;
        };
        let mut sight = Sight::of(app, call, county, permit.clone(), &step.after).await?;
        if feed.by_holder() {
            sight.learn(app, county, &step).await?;
        }
        looked_at = looked_at.saturating_add(step.looked_at.max(1));
        // One more than there is room for, to know whether something is left.
        let room = most.saturating_sub(found.events.len()).saturating_add(1);
        let seen: Vec<(Seen, Position)> = std::mem::take(&mut step.changes)
            .into_iter()
            .filter_map(|it| {
                let what = what(&it);
                let change = sight.change(it).filter(|it| feed.takes(it))?;
                let to = Position::after(&step.publication, &change.subject);
                Some((Seen { what, change }, to))
            })
            .take(room)
            .collect();
        let told = feed.tell(app, (&step, &sight), &seen).await?;
        for (event, (_, to)) in told.into_iter().zip(seen) {
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

/// What is found from a position on, and then each publication as it happens.
///
/// # Errors
/// What is wrong with the cursor or the caller's right is told as the call's answer, before anything
/// of a stream.
pub(super) async fn watch<F: Feed>(
    feed: F,
    (app, call): (&App, &Call),
    from: Position,
) -> Result<Streamed<F::Told>, AppError> {
    let first = find(&feed, (app, call), from, STREAM_PAGE).await?;
    let (sender, receiver) = tokio::sync::mpsc::channel(2);
    let (app, call) = (app.clone(), call.clone());
    spawn(async move {
        let published = Arc::clone(&app.published);
        let (mut found, mut sent) = (first, None);
        loop {
            // From before what is looked at next: nothing is missed in between.
            let mut woken = std::pin::pin!(published.notified());
            woken.as_mut().enable();
            let Found { events, to, at_end } = found;
            if !events.is_empty() || sent.as_ref() != Some(&to) {
                if sender.send(Ok(F::message(events, to.to_string()))).await.is_err() {
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
            found = match find(&feed, (&app, &call), to, STREAM_PAGE).await {
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
