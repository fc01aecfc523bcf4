//! Which ratings were published since a cursor, by page and by stream.

use std::collections::BTreeSet;

use super::{
    super::{
        admit::Call,
        decode::Faults,
        encode::publication,
        evaluation::position,
        follow::{self, Feed, STREAM_PAGE, Seen, Streamed},
        page::size,
        rating_encode::rating,
        result_encode,
        result_scope::Sight,
    },
    Service,
};
use crate::{
    app::{
        App, AppError,
        registry::RecordKind,
        run::{Change, Following, Position, Step, is_rated},
    },
    proto::v1,
};

/// What is followed.
#[derive(Debug)]
struct Asked {
    county: String,
    scheme_id: String,
}

#[tonic::async_trait]
impl Feed for Asked {
    type Event = v1::RatingChange;
    type Told = v1::WatchRatingsResponse;

    fn county(&self) -> &str {
        &self.county
    }

    fn following(&self, kinds: BTreeSet<RecordKind>) -> Following {
        let kinds = kinds.into_iter().filter(|it| is_rated(*it)).collect();
        let scheme_id = self.scheme_id.clone();
        Following { scheme_id, kinds, every: true, ..Following::default() }
    }

    fn takes(&self, _: &Change) -> bool {
        true
    }

    async fn tell(
        &self,
        app: &App,
        (step, _): (&Step, &Sight),
        seen: &[(Seen, Position)],
    ) -> Result<Vec<v1::RatingChange>, AppError> {
        let now: Vec<_> = seen.iter().filter_map(|it| it.0.change.after.clone()).collect();
        let evidence = app.veto_evidence(&self.county, &step.after, &now).await?;
        let one = |(Seen { what, change }, to): &(Seen, Position)| v1::RatingChange {
            cursor: to.to_string(),
            publication: Some(publication(&step.publication, &step.after)),
            change: (*what).into(),
            subject: Some(result_encode::subject(&step.after.plan, &change.subject)),
            rating: change.after.as_ref().map(|it| rating(&step.after, it, &evidence)),
        };
        Ok(seen.iter().map(one).collect())
    }

    fn message(changes: Vec<v1::RatingChange>, cursor: String) -> v1::WatchRatingsResponse {
        v1::WatchRatingsResponse { changes, cursor }
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
        let found = follow::find(&asked, (&self.app, call), from, most).await?;
        Ok(v1::ListRatingChangesResponse {
            changes: found.events,
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
        follow::watch(asked, (&self.app, call), from).await
    }
}
