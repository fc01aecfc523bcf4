//! Public notices over gRPC.

use prost::Message;
use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX,
    admit::Call,
    decode::Faults,
    decoded, evaluation,
    evaluation_encode::ordinal,
    fact_decode,
    notice_encode::{self, format, verdict},
    page::page,
    status, write_call,
};
use crate::{
    app::{
        App, AppError,
        access::{FieldGroup, Permit, Placed},
        notice::{AnswerNotice, ListedObjections, PostNotice, RaiseNotice},
        registry::RecordKind,
        run::RunSelector,
    },
    proto::v1::{self, notice_service_server::NoticeServiceServer},
    store::{NoticeObjection, NoticeRecord},
};

pub(super) fn service(
    app: &App,
) -> NoticeServiceServer<impl v1::notice_service_server::NoticeService + use<>> {
    NoticeServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl v1::notice_service_server::NoticeService for Service {
    async fn post_notice(
        &self,
        request: Request<v1::PostNoticeRequest>,
    ) -> Result<Response<v1::PostNoticeResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.post(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn get_notice(
        &self,
        request: Request<v1::GetNoticeRequest>,
    ) -> Result<Response<v1::GetNoticeResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.get(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn list_notices(
        &self,
        request: Request<v1::ListNoticesRequest>,
    ) -> Result<Response<v1::ListNoticesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.list(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn generate_notice(
        &self,
        request: Request<v1::GenerateNoticeRequest>,
    ) -> Result<Response<v1::GenerateNoticeResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.generate(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn raise_notice_objection(
        &self,
        request: Request<v1::RaiseNoticeObjectionRequest>,
    ) -> Result<Response<v1::RaiseNoticeObjectionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.raise(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn answer_notice_objection(
        &self,
        request: Request<v1::AnswerNoticeObjectionRequest>,
    ) -> Result<Response<v1::AnswerNoticeObjectionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.answer(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn list_notice_objections(
        &self,
        request: Request<v1::ListNoticeObjectionsRequest>,
    ) -> Result<Response<v1::ListNoticeObjectionsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.objections(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }
}

impl Service {
    async fn post(&self, call: &Call, mut raw: v1::PostNoticeRequest) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let run_id = faults.id("run_id", &raw.run_id);
        let posted_on = faults.some_day("posted_on", raw.posted_on.as_ref());
        let object_to = faults.text("object_to", &raw.object_to, 500);
        let asked = (|| {
            Some(PostNotice { run_id: run_id?, posted_on: posted_on?, object_to: object_to? })
        })();
        let (asked, county, request_id) =
            faults.finish((|| Some((asked?, county?, request_id?)))())?;
        raw.request_id.clear();
        let write = write_call(call, "NoticeService.PostNotice", county, request_id, &raw);
        let encode = |it: &NoticeRecord| {
            v1::PostNoticeResponse { notice: notice_encode::notice(it).ok() }.encode_to_vec()
        };
        self.app.post_notice(write, asked, encode).await
    }

    async fn get(
        &self,
        call: &Call,
        raw: &v1::GetNoticeRequest,
    ) -> Result<v1::GetNoticeResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        call.permit_in(&self.app, county.as_ref()).await?;
        let run_id = faults.id("run_id", &raw.run_id);
        let (county, run_id) = faults.finish(county.zip(run_id))?;
        let view = self.app.notice(&county, &run_id).await?;
        let count = |it: usize| i32::try_from(it).unwrap_or(i32::MAX);
        let blockers = view.blockers.into_iter().map(|it| v1::NoticeBlocker {
            reason: it.reason.to_owned(),
            english: it.en,
            chinese: it.zh,
        });
        Ok(v1::GetNoticeResponse {
            notice: Some(notice_encode::notice(&view.notice)?),
            blockers: blockers.collect(),
            objections: count(view.objections),
            open_objections: count(view.open),
        })
    }

    async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListNoticesRequest,
    ) -> Result<v1::ListNoticesResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        call.permit_in(&self.app, county.as_ref()).await?;
        let method = ("NoticeService.ListNotices", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let (county, page) = faults.finish(county.zip(page))?;
        let (found, more) = self.app.list_notices(&county, (&page.after, page.size)).await?;
        let last = found.last().filter(|_| more).map(|it| it.run_id.clone());
        let notices: Result<Vec<_>, _> = found.iter().map(notice_encode::notice).collect();
        let next_page_token = last.map(|it| page.next(&it, None)).unwrap_or_default();
        Ok(v1::ListNoticesResponse { notices: notices?, next_page_token })
    }

    async fn generate(
        &self,
        call: &Call,
        raw: v1::GenerateNoticeRequest,
    ) -> Result<v1::GenerateNoticeResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let run_id = faults.id("run_id", &raw.run_id);
        let format = faults.said("format", v1::NoticeFormat::try_from(raw.format), format);
        let filter = evaluation::filter(&mut faults, raw.filter);
        let asked = (|| Some((permit?, county?, run_id?, format?, filter?)))();
        let (permit, county, run_id, format, filter) = faults.finish(asked)?;
        // The names of persons are for whoever sees those of all; other subjects' are no secret.
        let names = |kind: &str| match RecordKind::named(kind) {
            Some(kind @ (RecordKind::Member | RecordKind::Post)) => {
                permit.shows_all(kind, FieldGroup::Names)
            }
            Some(kind) => permit.whole_kind(kind),
            None => false,
        };
        let text = self.app.notice_text((&county, &run_id), &filter, format, names).await?;
        let subjects = i32::try_from(text.subjects).unwrap_or(i32::MAX);
        Ok(v1::GenerateNoticeResponse { document: text.document, subjects })
    }

    async fn raise(
        &self,
        call: &Call,
        mut raw: v1::RaiseNoticeObjectionRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let run_id = faults.id("run_id", &raw.run_id);
        let subject = faults.id("subject_id", &raw.subject_id);
        let text = faults.why("text", &raw.text);
        let raised_by = faults.id("raised_by", &raw.raised_by);
        let raised_on = faults.some_day("raised_on", raw.raised_on.as_ref());
        let evidence = fact_decode::evidence(&mut faults, &raw.evidence);
        if let (Some(permit), Some(county), Some(run_id), Some(subject)) =
            (&permit, &county, &run_id, &subject)
        {
            self.covered(permit, county, (run_id, subject)).await?;
        }
        let asked = (|| {
            let (run_id, subject, text) = (run_id?, subject?, text?);
            let (raised_by, raised_on, evidence) = (raised_by?, raised_on?, evidence?);
            Some(RaiseNotice { run_id, subject, text, raised_by, raised_on, evidence })
        })();
        let (asked, county, request_id) =
            faults.finish((|| Some((asked?, county?, request_id?)))())?;
        raw.request_id.clear();
        let method = "NoticeService.RaiseNoticeObjection";
        let write = write_call(call, method, county, request_id, &raw);
        let encode = |it: &NoticeObjection| {
            let objection = notice_encode::objection(it).ok();
            v1::RaiseNoticeObjectionResponse { objection }.encode_to_vec()
        };
        self.app.raise_notice_objection(write, asked, encode).await
    }

    /// Refuses a subject of a run that is not the caller's, and one that is not in it alike.
    async fn covered(
        &self,
        permit: &Permit,
        county: &str,
        (run_id, subject): (&str, &str),
    ) -> Result<(), AppError> {
        let run = RunSelector::Id(run_id.to_owned());
        let (shown, kept) = self.app.shown_result(county, &run, subject).await?;
        let word = shown.plan.scheme().subject.name();
        let kind = RecordKind::named(word)
            .ok_or_else(|| AppError::Internal(format!("no kind of records is named {word}")))?;
        match kept {
            Ok(_) if permit.whole_kind(kind) => Ok(()),
            Ok(it) => {
                let placed = Placed::by_groups(kind, &it.subject, &it.groups);
                if permit.covers(&placed) { Ok(()) } else { Err(AppError::Denied) }
            }
            Err(AppError::NotFound { .. }) if !permit.whole_kind(kind) => Err(AppError::Denied),
            Err(error) => Err(error),
        }
    }

    async fn answer(
        &self,
        call: &Call,
        mut raw: v1::AnswerNoticeObjectionRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let run_id = faults.id("run_id", &raw.run_id);
        let number = faults.count("number", raw.number.into());
        let verdict = faults.said("verdict", v1::NoticeVerdict::try_from(raw.verdict), verdict);
        let text = faults.why("text", &raw.text);
        let answered_by = faults.id("answered_by", &raw.answered_by);
        let evidence = fact_decode::evidence(&mut faults, &raw.evidence);
        if let (Some(permit), Some(county), Some(run_id), Some(number)) =
            (&permit, &county, &run_id, number)
        {
            match self.app.notice_case(county, (run_id, number)).await {
                Ok(case) if permit.covers(&case.placed) => (),
                Err(error @ AppError::NotFound { .. }) if permit.whole_county() => {
                    return Err(error);
                }
                Ok(_) | Err(AppError::NotFound { .. }) => return Err(AppError::Denied),
                Err(error) => return Err(error),
            }
        }
        let asked = (|| {
            let (run_id, number, verdict) = (run_id?, number?, verdict?);
            let (text, answered_by, evidence) = (text?, answered_by?, evidence?);
            Some(AnswerNotice { run_id, number, verdict, text, answered_by, evidence })
        })();
        let (asked, county, request_id) =
            faults.finish((|| Some((asked?, county?, request_id?)))())?;
        raw.request_id.clear();
        let method = "NoticeService.AnswerNoticeObjection";
        let write = write_call(call, method, county, request_id, &raw);
        let encode = |it: &NoticeObjection| {
            let objection = notice_encode::objection(it).ok();
            v1::AnswerNoticeObjectionResponse { objection }.encode_to_vec()
        };
        self.app.answer_notice_objection(write, asked, encode).await
    }

    async fn objections(
        &self,
        call: &Call,
        mut raw: v1::ListNoticeObjectionsRequest,
    ) -> Result<v1::ListNoticeObjectionsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let run_id = faults.optional_id("run_id", &raw.run_id);
        let method = ("NoticeService.ListNoticeObjections", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, run_id?, page?)))();
        let (permit, county, run_id, page) = faults.finish(read)?;
        let (run, number) = page.after.split_once(' ').unwrap_or_default();
        let listed = ListedObjections {
            run_id,
            open_only: raw.open_only,
            after: (run.to_owned(), ordinal(number)),
            limit: usize::try_from(page.size).unwrap_or(1),
        };
        let seen = |case: &crate::app::notice::NoticeCase| permit.covers(&case.placed);
        let (found, next) = self.app.notice_objections(&county, &listed, seen).await?;
        let objections: Result<Vec<_>, _> = found.iter().map(notice_encode::objection).collect();
        let (objections, cut) = page.fit(objections?);
        let next = match objections.last().filter(|_| cut) {
            Some(it) => Some((it.run_id.clone(), it.number.into())),
            None => next,
        };
        let next_page_token = next.map(|it| page.next(&format!("{} {}", it.0, it.1), None));
        Ok(v1::ListNoticeObjectionsResponse {
            objections,
            next_page_token: next_page_token.unwrap_or_default(),
        })
    }
}
