//! `AppraisalResultService`: what follows from published appraisals of posts (S3, S6), and objections.

mod encode;
mod feed;
mod objection;

use std::collections::BTreeMap;

use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX,
    admit::Call,
    decode::{Decoded, Faults},
    decoded,
    encode::publication,
    evaluation::group,
    evaluation_encode::ordinal,
    follow::Streamed,
    page::{fitting, page},
    result_scope::Sight,
    status,
};
use crate::{
    app::{
        App, AppError,
        access::{Node, Permit, Placed},
        registry::RecordKind,
        run::{Appraisal, AppraisalFilter, Rated, RatingSelector, ResultFilter, Shown},
    },
    proto::v1::{
        self,
        appraisal_result_service_server::{AppraisalResultService, AppraisalResultServiceServer},
    },
};

/// The most grades, and the most consequences, that a list is asked for.
const NAMED_MAX: usize = 64;

pub(super) fn service(
    app: &App,
) -> AppraisalResultServiceServer<impl AppraisalResultService + use<>> {
    AppraisalResultServiceServer::new(Service { app: app.clone() })
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
fn selector(faults: &mut Faults, raw: Option<v1::AppraisalSelector>) -> Option<RatingSelector> {
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

/// Which appraisals are listed.
fn filter(faults: &mut Faults, raw: &v1::ListAppraisalsRequest) -> Decoded<AppraisalFilter> {
    let person = faults.optional_id("person_id", &raw.person_id);
    let mut few = |path: &str, list: &[String]| {
        if list.len() > NAMED_MAX {
            let en = format!("there are at most {NAMED_MAX} of them");
            faults.add(path, "BATCH_TOO_LARGE", en, "至多 64 项");
            return None;
        }
        Some(list.to_vec())
    };
    let grades = few("grades", &raw.grades);
    let consequences = few("consequence_ids", &raw.consequence_ids);
    let group = group(faults, raw.group_dimension.clone(), raw.group.clone());
    let results = ResultFilter { grades: grades?, group: group?, ..ResultFilter::default() };
    Some(AppraisalFilter { results, person: person?, consequences: consequences? })
}

/// What is told of every appraisal of a run.
async fn told_of<'a>(
    app: &App,
    county: &str,
    shown: &'a Shown,
) -> Result<encode::Told<'a>, AppError> {
    let published = shown.run.published.as_ref();
    Ok(encode::Told {
        shown,
        published_on: published.and_then(|it| it.0.beijing_day()),
        object_until: app.object_until(county, (&shown.run, shown.plan.scheme())).await?,
    })
}

/// One publication, and what the caller sees of it.
struct Read {
    rated: Rated,
    sight: Sight,
    answers: Option<Permit>,
}

impl Read {
    /// These appraisals as the caller sees them.
    async fn told(
        &self,
        app: &App,
        county: &str,
        all: &[Appraisal],
    ) -> Result<Vec<v1::Appraisal>, AppError> {
        let shown = &self.rated.shown;
        let told = told_of(app, county, shown).await?;
        let counts = match (&self.answers, shown.plan.scheme().objections) {
            (Some(_), Some(_)) => app.objection_counts(county, &shown.run.run_id).await?,
            _ => BTreeMap::new(),
        };
        let one = |it: &Appraisal| {
            let sees = |field| self.sight.shows(&it.kept, &it.appraised.person, field);
            let mut message = encode::appraisal(told, it, sees);
            if shown.plan.scheme().objections.is_some() && self.answers_about(it) {
                let (open, upheld) = counts.get(&it.kept.subject).copied().unwrap_or_default();
                let number = |it: usize| i32::try_from(it).unwrap_or(i32::MAX);
                let (open, upheld) = (number(open), number(upheld));
                message.objections = Some(v1::AppraisalObjectionCounts { open, upheld });
            }
            message
        };
        Ok(all.iter().map(one).collect())
    }

    fn answers_about(&self, it: &Appraisal) -> bool {
        let mut placed = Placed::by_groups(RecordKind::Post, &it.kept.subject, &it.kept.groups);
        placed.nodes.insert(Node::new(RecordKind::Member, &it.appraised.person));
        self.answers.as_ref().is_some_and(|permit| permit.covers(&placed))
    }

    fn sees(&self, it: &Appraisal) -> bool {
        self.sight.sees_of(&it.kept, &it.appraised.person)
    }

    fn publication(&self) -> v1::Publication {
        publication(&self.rated.publication, &self.rated.shown)
    }
}

impl Service {
    async fn read(
        &self,
        call: &Call,
        (county, permit): (&str, Permit),
        of: &RatingSelector,
    ) -> Result<Read, AppError> {
        let rated = self.app.appraisals_of(county, of).await?;
        let sight = Sight::of(&self.app, call, county, permit, &rated.shown).await?;
        let answers = self.may_answer(call, county).await?;
        Ok(Read { rated, sight, answers })
    }

    async fn get(
        &self,
        call: &Call,
        raw: v1::GetAppraisalRequest,
    ) -> Result<v1::GetAppraisalResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let of = selector(&mut faults, raw.of);
        let post = faults.id("post_id", &raw.post_id);
        let asked = (|| Some((permit?, county?, of?, post?)))();
        let (permit, county, of, post) = faults.finish(asked)?;
        let read = self.read(call, (&county, permit), &of).await?;
        let run = &read.rated.shown.run;
        let kept = match self.app.get_result(&county, run, &post).await {
            Err(AppError::NotFound { .. }) if !read.sight.whole() => return Err(AppError::Denied),
            found => found?,
        };
        let mut who = self.app.appraised(&county, run, std::slice::from_ref(&post)).await?;
        let appraised = who.remove(&post).unwrap_or_default();
        let appraisal = Appraisal { kept, appraised };
        if !read.sees(&appraisal) {
            return Err(AppError::Denied);
        }
        let appraisal = read.told(&self.app, &county, &[appraisal]).await?.pop();
        Ok(v1::GetAppraisalResponse { appraisal, publication: Some(read.publication()) })
    }

    async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListAppraisalsRequest,
    ) -> Result<v1::ListAppraisalsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let of = selector(&mut faults, raw.of.clone());
        let filter = filter(&mut faults, &raw);
        let method = ("AppraisalResultService.ListAppraisals", call);
        let paging = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let asked = (|| Some((permit?, county?, of?, filter?, paging?)))();
        let (permit, county, of, filter, paging) = faults.finish(asked)?;
        // A later page is of the publication of the first, also when another has taken its place.
        let (of, after) = match paging.after.split_once(' ') {
            Some((run_id, at)) => (RatingSelector { run_id: run_id.to_owned(), ..of }, ordinal(at)),
            None => (of, -1),
        };
        let read = self.read(call, (&county, permit), &of).await?;
        let shown = &read.rated.shown;
        known_consequences(shown, &filter.consequences)?;
        let size = usize::try_from(paging.size).unwrap_or(1);
        let seen = |it: &_| read.sees(it);
        let found = self.app.list_appraisals(&county, shown, &filter, (after, size), seen).await?;
        let mut next = found.next;
        let mut appraisals = read.told(&self.app, &county, &found.appraisals).await?;
        let fit = fitting(&appraisals);
        if fit < appraisals.len() {
            appraisals.truncate(fit);
            // Where the last of those that fit stands, the same reading cut there says.
            let cut = (after, fit);
            let found = self.app.list_appraisals(&county, shown, &filter, cut, seen).await?;
            next = found.next;
        }
        let next = next.map(|it| paging.next(&format!("{} {it}", shown.run.run_id), None));
        Ok(v1::ListAppraisalsResponse {
            appraisals,
            next_page_token: next.unwrap_or_default(),
            publication: Some(read.publication()),
        })
    }
}

/// Refuses consequences that the scheme of a publication does not have: a list of nobody would pass
/// for an answer.
fn known_consequences(shown: &Shown, asked: &[String]) -> Result<(), AppError> {
    let mut faults = Faults::default();
    let scheme = shown.plan.scheme();
    for (index, id) in asked.iter().enumerate() {
        if !scheme.consequences.iter().any(|it| it.id == *id) {
            let path = format!("consequence_ids[{index}]");
            let en = format!("`{}` has no such consequence", scheme.id);
            faults.add(&path, "CONSEQUENCE_UNKNOWN", en, "评分办法没有该项结果运用");
        }
    }
    faults.finish(Some(()))
}

#[tonic::async_trait]
impl AppraisalResultService for Service {
    type WatchAppraisalsStream = Streamed<v1::WatchAppraisalsResponse>;

    async fn get_appraisal(
        &self,
        request: Request<v1::GetAppraisalRequest>,
    ) -> Result<Response<v1::GetAppraisalResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.get(&call, request.into_inner()).await)
    }

    async fn list_appraisals(
        &self,
        request: Request<v1::ListAppraisalsRequest>,
    ) -> Result<Response<v1::ListAppraisalsResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.list(&call, request.into_inner()).await)
    }

    async fn list_appraisal_changes(
        &self,
        request: Request<v1::ListAppraisalChangesRequest>,
    ) -> Result<Response<v1::ListAppraisalChangesResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.changes(&call, request.into_inner()).await)
    }

    async fn watch_appraisals(
        &self,
        request: Request<v1::WatchAppraisalsRequest>,
    ) -> Result<Response<Self::WatchAppraisalsStream>, Status> {
        let call = Call::of(&request)?;
        told(self.watch(&call, request.into_inner()).await)
    }

    async fn raise_appraisal_objection(
        &self,
        request: Request<v1::RaiseAppraisalObjectionRequest>,
    ) -> Result<Response<v1::RaiseAppraisalObjectionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.raise(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn answer_appraisal_objection(
        &self,
        request: Request<v1::AnswerAppraisalObjectionRequest>,
    ) -> Result<Response<v1::AnswerAppraisalObjectionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.answer(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn list_appraisal_objections(
        &self,
        request: Request<v1::ListAppraisalObjectionsRequest>,
    ) -> Result<Response<v1::ListAppraisalObjectionsResponse>, Status> {
        let call = Call::of(&request)?;
        told(self.objections(&call, request.into_inner()).await)
    }
}
