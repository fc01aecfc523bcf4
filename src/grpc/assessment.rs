//! Assessment rounds over gRPC.

mod own;

use std::sync::Arc;

use prost::Message;
use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX, admit::Call, assessment_decode as read, assessment_encode as write,
    decode::Faults, page::page, write_call,
};
use crate::{
    app::{
        App, AppError,
        access::{FieldGroup, Permit},
        registry::RecordKind,
        round::{
            Added, Closed, CoverageListing, ExcuseAssessor, ExtendRound, OpenRound, Organiser,
            RoundView,
        },
    },
    proto::v1::{self, assessment_service_server::AssessmentServiceServer},
    store::{RoundListing, SheetKey},
};

pub(super) fn service(
    app: &App,
) -> AssessmentServiceServer<impl v1::assessment_service_server::AssessmentService + use<>> {
    AssessmentServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl v1::assessment_service_server::AssessmentService for Service {
    async fn open_round(
        &self,
        request: Request<v1::OpenRoundRequest>,
    ) -> Result<Response<v1::OpenRoundResponse>, Status> {
        written!(self, request, open)
    }

    async fn add_assignments(
        &self,
        request: Request<v1::AddAssignmentsRequest>,
    ) -> Result<Response<v1::AddAssignmentsResponse>, Status> {
        written!(self, request, add)
    }

    async fn extend_round(
        &self,
        request: Request<v1::ExtendRoundRequest>,
    ) -> Result<Response<v1::ExtendRoundResponse>, Status> {
        written!(self, request, extend)
    }

    async fn excuse_assessor(
        &self,
        request: Request<v1::ExcuseAssessorRequest>,
    ) -> Result<Response<v1::ExcuseAssessorResponse>, Status> {
        written!(self, request, excuse)
    }

    async fn close_round(
        &self,
        request: Request<v1::CloseRoundRequest>,
    ) -> Result<Response<v1::CloseRoundResponse>, Status> {
        written!(self, request, close)
    }

    async fn get_round(
        &self,
        request: Request<v1::GetRoundRequest>,
    ) -> Result<Response<v1::GetRoundResponse>, Status> {
        answered!(self, request, get)
    }

    async fn list_rounds(
        &self,
        request: Request<v1::ListRoundsRequest>,
    ) -> Result<Response<v1::ListRoundsResponse>, Status> {
        answered!(self, request, list)
    }

    async fn list_coverage(
        &self,
        request: Request<v1::ListCoverageRequest>,
    ) -> Result<Response<v1::ListCoverageResponse>, Status> {
        answered!(self, request, coverage)
    }

    async fn list_spread(
        &self,
        request: Request<v1::ListSpreadRequest>,
    ) -> Result<Response<v1::ListSpreadResponse>, Status> {
        answered!(self, request, spread)
    }

    async fn save_drafts(
        &self,
        request: Request<v1::SaveDraftsRequest>,
    ) -> Result<Response<v1::SaveDraftsResponse>, Status> {
        written!(self, request, save)
    }

    async fn hand_in_sheets(
        &self,
        request: Request<v1::HandInSheetsRequest>,
    ) -> Result<Response<v1::HandInSheetsResponse>, Status> {
        written!(self, request, hand_in)
    }

    async fn withdraw_sheets(
        &self,
        request: Request<v1::WithdrawSheetsRequest>,
    ) -> Result<Response<v1::WithdrawSheetsResponse>, Status> {
        written!(self, request, withdraw)
    }

    async fn get_sheet(
        &self,
        request: Request<v1::GetSheetRequest>,
    ) -> Result<Response<v1::GetSheetResponse>, Status> {
        answered!(self, request, sheet)
    }

    async fn list_sheets(
        &self,
        request: Request<v1::ListSheetsRequest>,
    ) -> Result<Response<v1::ListSheetsResponse>, Status> {
        answered!(self, request, sheets)
    }
}

/// Refuses a round of a kind of which the caller does not see all.
fn seen(permit: &Permit, subject_kind: &str, field: Option<FieldGroup>) -> Result<(), AppError> {
    let kind = RecordKind::named(subject_kind).ok_or(AppError::Denied)?;
    let shown = field.is_none_or(|field| permit.shows_all(kind, field));
    if permit.whole_kind(kind) && shown { Ok(()) } else { Err(AppError::Denied) }
}

/// A count on the wire.
fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

/// The sheet after which a page goes on: ids hold no blank.
fn cursor(after: &str) -> SheetKey {
    let mut parts = after.split(' ').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    SheetKey { role: next(), assessor: next(), subject: next() }
}

impl Service {
    async fn open(&self, call: &Call, mut raw: v1::OpenRoundRequest) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let round_id = faults.id("round_id", &raw.round_id);
        let scheme_id = faults.id("scheme_id", &raw.scheme_id);
        let period = faults.period("period", &raw.period);
        let opens = faults.some_day("opens_on", raw.opens_on.as_ref());
        let due = faults.some_day("due_on", raw.due_on.as_ref());
        if let Some((opens, due)) = opens.zip(due)
            && due < opens
        {
            let en = format!("sheets would be due before they are taken, from {opens} on");
            faults.add("due_on", "INTERVAL_REVERSED", en, "截止日早于开始日");
        }
        let asked = (|| {
            let (round_id, scheme_id, period) = (round_id?, scheme_id?, period?);
            Some(OpenRound { round_id, scheme_id, period, opens_on: opens?, due_on: due? })
        })();
        let read = (|| Some((permit?, county?, request_id?, asked?)))();
        let (permit, county, request_id, asked) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AssessmentService.OpenRound", county, request_id, &raw);
        let encode = |it: &RoundView| {
            v1::OpenRoundResponse { round: Some(write::round(it)) }.encode_to_vec()
        };
        self.app.open_round(of, Organiser::of(&permit), asked, encode).await
    }

    async fn add(
        &self,
        call: &Call,
        mut raw: v1::AddAssignmentsRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let round = faults.id("round_id", &raw.round_id);
        let assignments = read::assignments(&mut faults, &raw.assignments);
        let read = (|| Some((permit?, county?, request_id?, (round?, assignments?))))();
        let (permit, county, request_id, asked) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AssessmentService.AddAssignments", county, request_id, &raw);
        let encode = |it: &Added| {
            let (recorded, unchanged) = (count(it.recorded), count(it.unchanged));
            v1::AddAssignmentsResponse { recorded, unchanged }.encode_to_vec()
        };
        self.app.add_assignments(of, Organiser::of(&permit), asked, encode).await
    }

    async fn extend(
        &self,
        call: &Call,
        mut raw: v1::ExtendRoundRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let round_id = faults.id("round_id", &raw.round_id);
        let of = if raw.role.is_empty() && raw.assessor_id.is_empty() {
            Some(Default::default())
        } else {
            faults.id("role", &raw.role).zip(faults.id("assessor_id", &raw.assessor_id))
        };
        let until = faults.some_day("until_day", raw.until_day.as_ref());
        let reason = faults.why("reason", &raw.reason);
        let asked = (|| {
            let (round_id, of) = (round_id?, of?);
            Some(ExtendRound { round_id, of, until: until?, reason: reason? })
        })();
        let read = (|| Some((permit?, county?, request_id?, asked?)))();
        let (permit, county, request_id, asked) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AssessmentService.ExtendRound", county, request_id, &raw);
        let encode = Arc::new(|it: &RoundView| {
            v1::ExtendRoundResponse { round: Some(write::round(it)) }.encode_to_vec()
        });
        self.app.extend_round(of, Organiser::of(&permit), asked, encode).await
    }

    async fn excuse(
        &self,
        call: &Call,
        mut raw: v1::ExcuseAssessorRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let round_id = faults.id("round_id", &raw.round_id);
        let of = faults.id("role", &raw.role).zip(faults.id("assessor_id", &raw.assessor_id));
        let subject = faults.optional_id("subject_id", &raw.subject_id);
        let reason = faults.why("reason", &raw.reason);
        let asked = (|| {
            let (round_id, of, subject) = (round_id?, of?, subject?.unwrap_or_default());
            Some(ExcuseAssessor { round_id, of, subject, reason: reason? })
        })();
        let read = (|| Some((permit?, county?, request_id?, asked?)))();
        let (permit, county, request_id, asked) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AssessmentService.ExcuseAssessor", county, request_id, &raw);
        let encode = Arc::new(|it: &RoundView| {
            v1::ExcuseAssessorResponse { round: Some(write::round(it)) }.encode_to_vec()
        });
        self.app.excuse_assessor(of, Organiser::of(&permit), asked, encode).await
    }

    async fn close(
        &self,
        call: &Call,
        mut raw: v1::CloseRoundRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let round = faults.id("round_id", &raw.round_id);
        let late = match raw.late_reason.as_str() {
            "" => Some(String::new()),
            some => faults.text("late_reason", some, 2_000),
        };
        let read = (|| Some((permit?, county?, request_id?, (round?, late?))))();
        let (permit, county, request_id, asked) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AssessmentService.CloseRound", county, request_id, &raw);
        let encode = |it: &Closed| {
            let (round, sheets) = (Some(write::round(&it.view)), count(it.sheets));
            v1::CloseRoundResponse { round, sheets }.encode_to_vec()
        };
        self.app.close_round(of, Organiser::of(&permit), asked, encode).await
    }

    async fn get(
        &self,
        call: &Call,
        raw: v1::GetRoundRequest,
    ) -> Result<v1::GetRoundResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let round = faults.id("round_id", &raw.round_id);
        let (permit, (county, round)) = faults.finish(permit.zip(county.zip(round)))?;
        let mut tx = self.app.read().await?;
        let view = self.app.round(&mut *tx, &county, &round).await?;
        // Who is excused, and why, is for those who see the whole round.
        let all = seen(&permit, &view.header.subject_kind, None).is_ok();
        let round = if all { write::round(&view) } else { write::header(&view.header) };
        Ok(v1::GetRoundResponse { round: Some(round) })
    }

    async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListRoundsRequest,
    ) -> Result<v1::ListRoundsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let scheme = faults.optional_id("scheme_id", &raw.scheme_id);
        let period = match raw.period.as_str() {
            "" => Some(String::new()),
            some => faults.period("period", some).map(|it| it.to_string()),
        };
        let method = ("AssessmentService.ListRounds", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| permit.and(Some((county?, scheme?, period?, page?))))();
        let (county, scheme, period, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let (scheme_id, after) = (scheme.unwrap_or_default(), page.after.clone());
        let limit = page.size.saturating_add(1);
        let listing = RoundListing { scheme_id, period, after, limit };
        let found = self.app.list_rounds(&mut *tx, &county, &listing).await?;
        let (rounds, more) = page.fit(found.iter().map(write::header).collect());
        let next_page_token = match rounds.last().filter(|_| more) {
            Some(it) => page.next(&it.round_id, None),
            None => String::new(),
        };
        Ok(v1::ListRoundsResponse { rounds, next_page_token })
    }

    async fn coverage(
        &self,
        call: &Call,
        mut raw: v1::ListCoverageRequest,
    ) -> Result<v1::ListCoverageResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let round = faults.id("round_id", &raw.round_id);
        let role = faults.optional_id("role", &raw.role);
        let assessor = faults.optional_id("assessor_id", &raw.assessor_id);
        let method = ("AssessmentService.ListCoverage", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, round?, (role?, assessor?), page?)))();
        let (permit, county, round_id, (role, assessor), page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, page.known).await?.moment()?;
        let listing = CoverageListing {
            round_id,
            missing_only: raw.missing_only,
            role,
            assessor,
            after: cursor(&page.after),
            known,
            limit: usize::try_from(page.size).unwrap_or(usize::MAX),
        };
        let found = self.app.coverage(&mut *tx, &county, &listing).await?;
        seen(&permit, &found.subject_kind, None)?;
        let (lines, more) = page.fit(found.lines.iter().map(write::line).collect());
        let next = |it: &v1::CoverageLine| {
            page.next(&format!("{} {} {}", it.role, it.assessor_id, it.subject_id), Some(known))
        };
        let next_page_token = lines.last().filter(|_| more).map(next).unwrap_or_default();
        let counts = Some(write::counts(&found.counts));
        Ok(v1::ListCoverageResponse { counts, lines, next_page_token })
    }

    async fn spread(
        &self,
        call: &Call,
        mut raw: v1::ListSpreadRequest,
    ) -> Result<v1::ListSpreadResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let round = faults.id("round_id", &raw.round_id);
        let method = ("AssessmentService.ListSpread", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, round?, page?)))();
        let (permit, county, round, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let view = self.app.round(&mut *tx, &county, &round).await?;
        seen(&permit, &view.header.subject_kind, Some(FieldGroup::Ballots))?;
        let all = self.app.spread(&mut *tx, &county, &round).await?;
        let SheetKey { role, assessor, .. } = cursor(&page.after);
        let after = (role.as_str(), assessor.as_str());
        let left = all.iter().filter(|it| (it.role.as_str(), it.assessor.as_str()) > after);
        let (assessors, more) = page.fit(left.map(write::spread).collect());
        let next =
            |it: &v1::AssessorSpread| page.next(&format!("{} {}", it.role, it.assessor_id), None);
        let next_page_token = assessors.last().filter(|_| more).map(next).unwrap_or_default();
        Ok(v1::ListSpreadResponse { assessors, next_page_token })
    }
}
