//! Which appraisals were published since a cursor, by page and by stream.

use std::collections::BTreeSet;

use super::{
    super::{
        admit::Call,
        decode::Faults,
        encode::publication,
        evaluation::position,
        follow::{self, Feed, STREAM_PAGE, Seen, Streamed},
        page::size,
        result_scope::Sight,
    },
    Service, encode, told_of,
};
use crate::{
    app::{
        App, AppError,
        registry::RecordKind,
        run::{Appraisal, Change, Following, Position, Step, is_appraised},
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
    type Event = v1::AppraisalChange;
    type Told = v1::WatchAppraisalsResponse;

    fn county(&self) -> &str {
        &self.county
    }

    fn following(&self, kinds: BTreeSet<RecordKind>) -> Following {
        let kinds = kinds.into_iter().filter(|it| is_appraised(*it)).collect();
        let scheme_id = self.scheme_id.clone();
        Following { scheme_id, kinds, whole: true, ..Following::default() }
    }

    fn takes(&self, _: &Change) -> bool {
        true
    }

    fn by_holder(&self) -> bool {
        true
    }

    async fn tell(
        &self,
        app: &App,
        (step, sight): (&Step, &Sight),
        seen: &[(Seen, Position)],
    ) -> Result<Vec<v1::AppraisalChange>, AppError> {
        let posts: Vec<String> = seen.iter().map(|it| it.0.change.subject.clone()).collect();
        let mut who = app.appraised(&self.county, &step.after.run, &posts).await?;
        let told = told_of(app, &self.county, &step.after).await?;
        let mut events = Vec::with_capacity(seen.len());
        for (Seen { what, change }, to) in seen {
            let appraised = who.remove(&change.subject).unwrap_or_default();
            let one = change.after.clone().map(|kept| {
                let it = Appraisal { kept, appraised };
                let sees = |field| sight.shows(&it.kept, &it.appraised.person, field);
                encode::appraisal(told, &it, sees)
            });
            events.push(v1::AppraisalChange {
                cursor: to.to_string(),
                publication: Some(publication(&step.publication, &step.after)),
                change: (*what).into(),
                post_id: change.subject.clone(),
                appraisal: one,
            });
        }
        Ok(events)
    }

    fn message(changes: Vec<v1::AppraisalChange>, cursor: String) -> v1::WatchAppraisalsResponse {
        v1::WatchAppraisalsResponse { changes, cursor }
    }
}

impl Service {
    pub(super) async fn changes(
        &self,
        call: &Call,
        raw: v1::ListAppraisalChangesRequest,
    ) -> Result<v1::ListAppraisalChangesResponse, AppError> {
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
        Ok(v1::ListAppraisalChangesResponse {
            changes: found.events,
            next_cursor: found.to.to_string(),
            at_end: found.at_end,
        })
    }

    pub(super) async fn watch(
        &self,
        call: &Call,
        raw: v1::WatchAppraisalsRequest,
    ) -> Result<Streamed<v1::WatchAppraisalsResponse>, AppError> {
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
