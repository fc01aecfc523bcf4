//! What receiving systems follow: publications from a cursor on, by page and by stream (M7).

use std::collections::BTreeSet;

use super::{
    super::{
        admit::Call,
        decode::Faults,
        encode::publication,
        follow::{self, Feed, STREAM_PAGE, Seen},
        page::size,
        result_encode,
        result_scope::Sight,
    },
    Service, Streamed,
    results::group,
};
use crate::{
    app::{
        App, AppError,
        registry::RecordKind,
        run::{Change, Following, KeptResult, Position, Shown, Step, cursor_fault},
    },
    proto::v1,
};

/// The most subjects that are named in one request.
const SUBJECTS_MAX: usize = 1_000;

/// What is followed.
#[derive(Debug)]
struct Asked {
    county: String,
    following: Following,
    group: Option<(String, String)>,
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
    let group = faults.below("filter", |it| group(it, raw.group_dimension, raw.group));
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

#[tonic::async_trait]
impl Feed for Asked {
    type Event = v1::ResultEvent;
    type Told = v1::WatchResultsResponse;

    fn county(&self) -> &str {
        &self.county
    }

    fn following(&self, kinds: BTreeSet<RecordKind>) -> Following {
        Following { kinds, ..self.following.clone() }
    }

    /// Only what is seen is asked: a filter tells nothing of the rest.
    fn takes(&self, seen: &Change) -> bool {
        let Some((dimension, id)) = &self.group else { return true };
        let mut sides = [&seen.before, &seen.after].into_iter().flatten();
        sides.any(|it| it.groups.get(dimension) == Some(id))
    }

    async fn tell(
        &self,
        _: &App,
        (step, _): (&Step, &Sight),
        seen: &[(Seen, Position)],
    ) -> Result<Vec<v1::ResultEvent>, AppError> {
        let side =
            |shown: &Shown, it: &KeptResult| result_encode::result(&shown.plan, &shown.run, it);
        let one = |(Seen { what, change }, to): &(Seen, Position)| v1::ResultEvent {
            cursor: to.to_string(),
            publication: Some(publication(&step.publication, &step.after)),
            change: (*what).into(),
            subject: Some(result_encode::subject(&step.after.plan, &change.subject)),
            result: change.after.as_ref().map(|it| side(&step.after, it)),
            previous: step.before.as_ref().zip(change.before.as_ref()).map(|(of, it)| side(of, it)),
        };
        Ok(seen.iter().map(one).collect())
    }

    fn message(events: Vec<v1::ResultEvent>, cursor: String) -> v1::WatchResultsResponse {
        v1::WatchResultsResponse { events, cursor }
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
        let found = follow::find(&asked, (&self.app, call), from, most).await?;
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
        follow::watch(asked, (&self.app, call), from).await
    }
}
