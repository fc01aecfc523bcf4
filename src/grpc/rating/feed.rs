//! Which ratings were published since a cursor, by page and by stream.

use std::{sync::Arc, time::Duration};

use prost::Message as _;
use tokio_stream::wrappers::ReceiverStream;

use super::{
    super::{
        admit::Call,
        decode::Faults,
        encode::publication,
        evaluation::position,
        page::{BYTES_MAX, size},
        rating_encode::rating,
        result_encode,
        result_scope::Sight,
        status,
        stream::spawn,
    },
    STREAM_PAGE, Service, Streamed,
};
use crate::{
    app::{
        App, AppError,
        run::{Change, Following, Position, Step, is_rated},
    },
    proto::v1,
};

/// After how many subjects that are looked at an answer is given with what was found.
const LOOKED_AT_MAX: usize = 20_000;
/// How often a watch looks for what other servers published, and whether the caller still may.
const WATCH: Duration = Duration::from_secs(1);

/// What is followed.
#[derive(Debug, Clone)]
struct Asked {
    county: String,
    scheme_id: String,
}

/// What was found from a position on.
struct Found {
    changes: Vec<v1::RatingChange>,
    to: Position,
    at_end: bool,
}

impl Asked {
    /// Everything that the caller sees from a position on: so many changes at most, as many as fit
    /// into a message, and what was found while so many subjects were looked at.
    async fn find(
        &self,
        app: &App,
        call: &Call,
        from: Position,
        most: usize,
    ) -> Result<Found, AppError> {
        let permit = call.permit(app, &self.county).await?;
        let kinds = permit.kinds().into_iter().filter(|it| is_rated(*it)).collect();
        let scheme_id = self.scheme_id.clone();
        let following = Following { scheme_id, kinds, every: true, ..Following::default() };
        let mut found = Found { changes: Vec::new(), to: from, at_end: false };
        let (mut looked_at, mut left) = (0_usize, BYTES_MAX);
        while looked_at < LOOKED_AT_MAX {
            let step = app.next_publication(&self.county, &following, &found.to).await?;
            let Some(mut step) = step else {
                found.at_end = true;
                break;
            };
            let sight = Sight::of(app, call, &self.county, permit.clone(), &step.after).await?;
            looked_at = looked_at.saturating_add(step.looked_at.max(1));
            let seen: Vec<Change> = std::mem::take(&mut step.changes)
                .into_iter()
                .filter_map(|it| sight.change(it))
                .take(most.saturating_add(1))
                .collect();
            for (change, to) in self.told(app, &step, &seen).await? {
                let rest = left.checked_sub(change.encoded_len());
                let fits = rest.is_some() || found.changes.is_empty();
                if !fits || found.changes.len() >= most {
                    return Ok(found);
                }
                left = rest.unwrap_or_default();
                found.changes.push(change);
                found.to = to;
            }
            found.to = step.to;
        }
        Ok(found)
    }

    /// The changes as the caller sees them, each with where to go on after it.
    async fn told(
        &self,
        app: &App,
        step: &Step,
        seen: &[Change],
    ) -> Result<Vec<(v1::RatingChange, Position)>, AppError> {
        let now: Vec<_> = seen.iter().filter_map(|it| it.after.clone()).collect();
        let evidence = app.veto_evidence(&self.county, &step.after, &now).await?;
        let one = |change: &Change| {
            let what = match (&change.before, &change.after) {
                (None, _) => v1::ResultChange::Added,
                (Some(_), Some(_)) => v1::ResultChange::Changed,
                (Some(_), None) => v1::ResultChange::Removed,
            };
            let to = Position::after(&step.publication, &change.subject);
            let told = v1::RatingChange {
                cursor: to.to_string(),
                publication: Some(publication(&step.publication, &step.after)),
                change: what.into(),
                subject: Some(result_encode::subject(&step.after.plan, &change.subject)),
                rating: change.after.as_ref().map(|it| rating(&step.after, it, &evidence)),
            };
            (told, to)
        };
        Ok(seen.iter().map(one).collect())
    }
}

impl Service {
    pub(super) async fn changes(
        &self,
        call: &Call,
        raw: v1::ListRatingChangesRequest,
    ) -> Result<v1::ListRatingChangesResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let scheme_id = faults.optional_id("scheme_id", &raw.scheme_id);
        let from = position(&mut faults, &raw.cursor);
        let most = size(&mut faults, raw.page_size);
        let asked = (|| permit.and(Some((county?, scheme_id?, from?, most?))))();
        let (county, scheme_id, from, most) = faults.finish(asked)?;
        let asked = Asked { county, scheme_id: scheme_id.unwrap_or_default() };
        let most = usize::try_from(most).unwrap_or(STREAM_PAGE);
        let found = asked.find(&self.app, call, from, most).await?;
        Ok(v1::ListRatingChangesResponse {
            changes: found.changes,
            next_cursor: found.to.to_string(),
            at_end: found.at_end,
        })
    }

    pub(super) async fn watch(
        &self,
        call: &Call,
        raw: v1::WatchRatingsRequest,
    ) -> Result<Streamed<v1::WatchRatingsResponse>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let scheme_id = faults.optional_id("scheme_id", &raw.scheme_id);
        let from = position(&mut faults, &raw.cursor);
        let asked = (|| permit.and(Some((county?, scheme_id?, from?))))();
        let (county, scheme_id, from) = faults.finish(asked)?;
        let asked = Asked { county, scheme_id: scheme_id.unwrap_or_default() };
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
                let Found { changes, to, at_end } = found;
                if !changes.is_empty() || sent.as_ref() != Some(&to) {
                    let message = v1::WatchRatingsResponse { changes, cursor: to.to_string() };
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
