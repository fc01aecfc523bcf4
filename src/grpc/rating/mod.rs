//! `PropertyRatingService`: what the housing bureau's credit-rating system reads (P4, P6).

mod feed;

use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX,
    admit::Call,
    decode::{Decoded, Faults},
    encode::publication,
    evaluation::group,
    evaluation_encode::ordinal,
    follow::{STREAM_PAGE, Streamed},
    page::{fitting, page},
    rating_encode::rating,
    result_scope::Sight,
    status,
    stream::spawn,
};
use crate::{
    app::{
        App, AppError,
        access::Permit,
        run::{KeptResult, Rated, RatingSelector, ResultFilter},
    },
    proto::v1::{
        self,
        property_rating_service_server::{PropertyRatingService, PropertyRatingServiceServer},
    },
};

pub(super) fn service(
    app: &App,
) -> PropertyRatingServiceServer<impl PropertyRatingService + use<>> {
    PropertyRatingServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

fn told<T>(answer: Result<T, AppError>) -> Result<Response<T>, Status> {
    answer.map(Response::new).map_err(status::from)
}

/// Which publication is asked for.
fn selector(faults: &mut Faults, raw: Option<v1::RatingSelector>) -> Option<RatingSelector> {
    let Some(raw) = raw else {
        faults.missing("of");
        return None;
    };
    let scheme_id = faults.id("of.scheme_id", &raw.scheme_id);
    let period = if raw.period.is_empty() {
        Some(None)
    } else {
        faults.period("of.period", &raw.period).map(|it| Some(it.to_string()))
    };
    let as_of_day = faults.day("of.as_of_day", raw.as_of_day.as_ref());
    let (scheme_id, period, as_of_day) = (scheme_id?, period?, as_of_day?);
    Some(RatingSelector { scheme_id, period, as_of_day, run_id: String::new() })
}

/// Which ratings are listed.
fn filter(faults: &mut Faults, dimension: &str, id: &str) -> Decoded<ResultFilter> {
    let group = group(faults, dimension.to_owned(), id.to_owned())?;
    Some(ResultFilter { group, ..ResultFilter::default() })
}

/// One publication, and what the caller sees of it.
struct Read {
    rated: Rated,
    sight: Sight,
}

impl Read {
    fn publication(&self) -> v1::Publication {
        publication(&self.rated.publication, &self.rated.shown)
    }

    /// Those of these results that the caller sees, as ratings.
    async fn ratings(
        &self,
        app: &App,
        county: &str,
        results: Vec<KeptResult>,
    ) -> Result<Vec<v1::Rating>, AppError> {
        let shown = &self.rated.shown;
        let results: Vec<KeptResult> =
            results.into_iter().filter_map(|it| self.sight.shown(it)).collect();
        let evidence = app.veto_evidence(county, shown, &results).await?;
        Ok(results.iter().map(|it| rating(shown, it, &evidence)).collect())
    }
}

impl Service {
    async fn read(
        &self,
        call: &Call,
        (county, permit): (&str, Permit),
        of: &RatingSelector,
    ) -> Result<Read, AppError> {
        let rated = self.app.rated(county, of).await?;
        let sight = Sight::of(&self.app, call, county, permit, &rated.shown).await?;
        Ok(Read { rated, sight })
    }

    async fn get(
        &self,
        call: &Call,
        raw: v1::GetRatingRequest,
    ) -> Result<v1::GetRatingResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let of = selector(&mut faults, raw.of);
        let subject = faults.id("subject_id", &raw.subject_id);
        let asked = (|| Some((permit?, county?, of?, subject?)))();
        let (permit, county, of, subject) = faults.finish(asked)?;
        let read = self.read(call, (&county, permit), &of).await?;
        let kept = self.app.get_result(&county, &read.rated.shown.run, &subject).await;
        let kept = read.sight.found(kept)?;
        let rating = read.ratings(&self.app, &county, vec![kept]).await?.pop();
        Ok(v1::GetRatingResponse { rating, publication: Some(read.publication()) })
    }

    async fn list(
        &self,
        call: &Call,
        raw: v1::ListRatingsRequest,
    ) -> Result<v1::ListRatingsResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let of = selector(&mut faults, raw.of.clone());
        let filter = filter(&mut faults, &raw.group_dimension, &raw.group);
        let bare =
            v1::ListRatingsRequest { page_size: 0, page_token: String::new(), ..raw.clone() };
        let token = (raw.page_size, raw.page_token.as_str());
        let method = ("PropertyRatingService.ListRatings", call);
        let paging = page(&mut faults, &self.app, method, &bare, token);
        let asked = (|| Some((permit?, county?, of?, filter?, paging?)))();
        let (permit, county, of, filter, paging) = faults.finish(asked)?;
        // A later page is of the publication of the first, also when another has taken its place.
        let (of, after) = match paging.after.split_once(' ') {
            Some((run_id, at)) => (RatingSelector { run_id: run_id.to_owned(), ..of }, ordinal(at)),
            None => (of, -1),
        };
        let read = self.read(call, (&county, permit), &of).await?;
        let run = &read.rated.shown.run;
        let size = usize::try_from(paging.size).unwrap_or(STREAM_PAGE);
        let seen = |it: &_| read.sight.sees(it);
        let found = self.app.list_results(&county, run, &filter, (after, size), seen).await?;
        let mut next = found.next;
        let mut ratings = read.ratings(&self.app, &county, found.results).await?;
        let fit = fitting(&ratings);
        if fit < ratings.len() {
            ratings.truncate(fit);
            // Where the last of those that fit stands, the same reading cut there says.
            let cut = self.app.list_results(&county, run, &filter, (after, fit), seen).await?;
            next = cut.next;
        }
        let next = next.map(|it| paging.next(&format!("{} {it}", run.run_id), None));
        Ok(v1::ListRatingsResponse {
            ratings,
            next_page_token: next.unwrap_or_default(),
            publication: Some(read.publication()),
        })
    }

    async fn stream(
        &self,
        call: &Call,
        raw: v1::StreamRatingsRequest,
    ) -> Result<Streamed<v1::StreamRatingsResponse>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let of = selector(&mut faults, raw.of);
        let filter = filter(&mut faults, &raw.group_dimension, &raw.group);
        let asked = (|| Some((permit?, county?, of?, filter?)))();
        let (permit, county, of, filter) = faults.finish(asked)?;
        let mut read = self.read(call, (&county, permit), &of).await?;
        let (app, call) = (self.app.clone(), call.clone());
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        spawn(async move {
            let mut after = Some(-1_i64);
            while let Some(from) = after {
                let page = async {
                    // What was taken away since the last message ends the stream.
                    let permit = call.permit(&app, &county).await?;
                    let shown = &read.rated.shown;
                    read.sight = Sight::of(&app, &call, &county, permit, shown).await?;
                    let seen = |it: &_| read.sight.sees(it);
                    let from = (from, STREAM_PAGE);
                    let page = app.list_results(&county, &shown.run, &filter, from, seen).await?;
                    Ok((page.next, read.ratings(&app, &county, page.results).await?))
                };
                let page: Result<_, AppError> = page.await;
                let mut ratings = match page {
                    Ok((next, ratings)) => {
                        after = next;
                        ratings
                    }
                    Err(error) => {
                        // Whoever reads may have gone away: there is nobody else to tell.
                        let _ = sender.send(Err(status::from(error))).await;
                        return;
                    }
                };
                // At least one message, also of a publication without ratings.
                loop {
                    let rest = ratings.split_off(fitting(&ratings));
                    let publication = Some(read.publication());
                    let message = v1::StreamRatingsResponse { ratings, publication };
                    if sender.send(Ok(message)).await.is_err() {
                        return;
                    }
                    ratings = rest;
                    if ratings.is_empty() {
                        break;
                    }
                }
            }
        });
        Ok(Box::pin(ReceiverStream::new(receiver).fuse()))
    }

    async fn digest(
        &self,
        call: &Call,
        raw: v1::GetRatingDigestRequest,
    ) -> Result<v1::GetRatingDigestResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let of = selector(&mut faults, raw.of);
        let asked = (|| Some((permit?, county?, of?)))();
        let (permit, county, of) = faults.finish(asked)?;
        let read = self.read(call, (&county, permit), &of).await?;
        let seen = |it: &_| read.sight.sees(it);
        let (count, digest) = self.app.rating_digest(&county, &read.rated.shown, seen).await?;
        Ok(v1::GetRatingDigestResponse { publication: Some(read.publication()), count, digest })
    }
}

#[tonic::async_trait]
impl PropertyRatingService for Service {
    type StreamRatingsStream = Streamed<v1::StreamRatingsResponse>;
    type WatchRatingsStream = Streamed<v1::WatchRatingsResponse>;

    async fn get_rating(
        &self,
        request: Request<v1::GetRatingRequest>,
    ) -> Result<Response<v1::GetRatingResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.get(&call, request.into_inner()).await)
    }

    async fn list_ratings(
        &self,
        request: Request<v1::ListRatingsRequest>,
    ) -> Result<Response<v1::ListRatingsResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.list(&call, request.into_inner()).await)
    }

    async fn stream_ratings(
        &self,
        request: Request<v1::StreamRatingsRequest>,
    ) -> Result<Response<Self::StreamRatingsStream>, Status> {
        let call = Call::of(&request)?;
        told(self.stream(&call, request.into_inner()).await)
    }

    async fn get_rating_digest(
        &self,
        request: Request<v1::GetRatingDigestRequest>,
    ) -> Result<Response<v1::GetRatingDigestResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.digest(&call, request.into_inner()).await)
    }

    async fn list_rating_changes(
        &self,
        request: Request<v1::ListRatingChangesRequest>,
    ) -> Result<Response<v1::ListRatingChangesResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.changes(&call, request.into_inner()).await)
    }

    async fn watch_ratings(
        &self,
        request: Request<v1::WatchRatingsRequest>,
    ) -> Result<Response<Self::WatchRatingsStream>, Status> {
        let call = Call::of(&request)?;
        told(self.watch(&call, request.into_inner()).await)
    }
}
