//! Point schedules over gRPC.

use prost::Message;
use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX,
    admit::Call,
    decode::Faults,
    decoded,
    encode::{date, timestamp},
    fact_decode,
    page::page,
    schedule_scope::adoptable,
    scheme::{fit, version},
    status, write_call,
};
use crate::{
    app::{
        App, AppError,
        access::Permit,
        hex,
        schedule::{
            AdoptSchedule, Adopted, CheckedSchedule, Meeting, ScheduleDocument, ScheduleListing,
            Which, field_faults, last_day,
        },
    },
    domain::{
        scheme::{SCHEDULE_MAX, SchemeFault},
        time::Day,
    },
    proto::v1::{
        self, get_schedule_request::Selector, schedule_service_server::ScheduleServiceServer,
    },
    store::{ScheduleHeader, StoreError},
};

pub(super) fn service(
    app: &App,
) -> ScheduleServiceServer<impl v1::schedule_service_server::ScheduleService + use<>> {
    ScheduleServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl v1::schedule_service_server::ScheduleService for Service {
    async fn check_schedule(
        &self,
        request: Request<v1::CheckScheduleRequest>,
    ) -> Result<Response<v1::CheckScheduleResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.check(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn adopt_schedule(
        &self,
        request: Request<v1::AdoptScheduleRequest>,
    ) -> Result<Response<v1::AdoptScheduleResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.adopt(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn retire_schedule(
        &self,
        request: Request<v1::RetireScheduleRequest>,
    ) -> Result<Response<v1::RetireScheduleResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.retire(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn get_schedule(
        &self,
        request: Request<v1::GetScheduleRequest>,
    ) -> Result<Response<v1::GetScheduleResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.get(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn list_schedules(
        &self,
        request: Request<v1::ListSchedulesRequest>,
    ) -> Result<Response<v1::ListSchedulesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.list(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }
}

impl Service {
    async fn check(
        &self,
        call: &Call,
        raw: v1::CheckScheduleRequest,
    ) -> Result<v1::CheckScheduleResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        size(&mut faults, &raw.document);
        let county = faults.finish(permit.and(county))?;
        let checked = self.app.check_schedule(&county, raw.document).await?;
        let CheckedSchedule { document, faults, schemes } = checked;
        Ok(v1::CheckScheduleResponse {
            adoptable: document.is_some() && faults.is_empty(),
            schedule: document.as_ref().map(declared),
            scheme_ids: schemes,
            faults: fit(faults),
        })
    }

    async fn adopt(
        &self,
        call: &Call,
        mut raw: v1::AdoptScheduleRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let of = county.as_deref().zip(permit.as_ref());
        let document = self.document(&mut faults, &raw.document, of).await?;
        let request_id = faults.request_id(&raw.request_id);
        let branch = faults.id("branch_id", &raw.branch_id);
        let from = document.as_ref().map(|it| it.schedule().in_force.from);
        let meeting = meeting(&mut faults, raw.meeting.as_ref(), from, self.app.today()?);
        if let Some((county, document)) = county.as_ref().zip(document.as_ref())
            && faults.any()
        {
            // Of a sound message the bounds are judged within the write.
            let beyond = self.app.bounds_of(county, document.schedule()).await?.1;
            faults.extend(field_faults(&beyond));
        }
        let read = (|| Some((county?, request_id?, document?, branch?, meeting?)))();
        let (county, request_id, document, branch, meeting) = faults.finish(read)?;
        raw.request_id.clear();
        let write = write_call(call, "ScheduleService.AdoptSchedule", county, request_id, &raw);
        let encode = |header: &ScheduleHeader| {
            v1::AdoptScheduleResponse { schedule: adopted(header).ok() }.encode_to_vec()
        };
        let asked = AdoptSchedule { document, branch, meeting };
        self.app.adopt_schedule(write, asked, encode).await
    }

    /// The document of an adoption. Nobody learns anything about a compound that is not theirs.
    async fn document(
        &self,
        faults: &mut Faults,
        raw: &[u8],
        of: Option<(&str, &Permit)>,
    ) -> Result<Option<ScheduleDocument>, AppError> {
        if !size(faults, raw) {
            return Ok(None);
        }
        let found: Vec<SchemeFault> = match ScheduleDocument::read_apart(raw.to_vec()).await? {
            Ok(document) => {
                let schedule = document.schedule();
                let (compound, from) = (&schedule.compound, schedule.in_force.from);
                if let Some((county, permit)) = of {
                    adoptable(&self.app, county, permit, compound, Some(from)).await?;
                }
                return Ok(Some(document));
            }
            Err(found) => found,
        };
        faults.extend(field_faults(&found));
        Ok(None)
    }

    async fn retire(
        &self,
        call: &Call,
        mut raw: v1::RetireScheduleRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let compound = faults.id("compound_id", &raw.compound_id);
        let version = version(&mut faults, raw.version);
        let day = faults.some_day("last_day_in_force", raw.last_day_in_force.as_ref());
        let reason = faults.why("reason", &raw.reason);
        if let Some(((permit, county), compound)) =
            permit.zip(county.as_ref()).zip(compound.as_ref())
        {
            adoptable(&self.app, county, &permit, compound, day).await?;
        }
        let read = (|| Some((county?, request_id?, compound?, version?, day?, reason?)))();
        let (county, request_id, compound, version, day, reason) = faults.finish(read)?;
        raw.request_id.clear();
        let write = write_call(call, "ScheduleService.RetireSchedule", county, request_id, &raw);
        let encode = |header: &ScheduleHeader| {
            v1::RetireScheduleResponse { schedule: adopted(header).ok() }.encode_to_vec()
        };
        self.app.retire_schedule(write, (compound, version), (day, reason), encode).await
    }

    async fn get(
        &self,
        call: &Call,
        raw: &v1::GetScheduleRequest,
    ) -> Result<v1::GetScheduleResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let compound = faults.id("compound_id", &raw.compound_id);
        let which = match &raw.selector {
            Some(Selector::Version(raw)) => version(&mut faults, *raw).map(Which::Version),
            Some(Selector::InForceOn(raw)) => {
                faults.some_day("in_force_on", Some(raw)).map(Which::InForceOn)
            }
            None => Some(Which::Latest),
        };
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let read = (|| permit.and(Some((county?, compound?, which?, known?))))();
        let (county, compound, which, known) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, known).await?.moment()?;
        let found = self.app.schedule(&mut *tx, &county, (&compound, which), known).await?;
        let (header, document): Adopted = found;
        let schedule = v1::Schedule { document: document.into_bytes(), ..adopted(&header)? };
        Ok(v1::GetScheduleResponse { schedule: Some(schedule) })
    }

    async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListSchedulesRequest,
    ) -> Result<v1::ListSchedulesResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let compound = faults.optional_id("compound_id", &raw.compound_id);
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let method = ("ScheduleService.ListSchedules", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| permit.and(Some((county?, compound?, known?, page?))))();
        let (county, compound, known, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, page.known.or(known)).await?.moment()?;
        let limit = page.size.saturating_add(1);
        let listing = ScheduleListing { compound, after: cursor(&page.after), known, limit };
        let found = self.app.list_schedules(&mut *tx, &county, &listing).await?;
        let answers: Result<Vec<_>, _> = found.iter().map(adopted).collect();
        let (schedules, more) = page.fit(answers?);
        let next_page_token = match schedules.last().filter(|_| more) {
            Some(it) => page.next(&format!("{} {}", it.compound_id, it.version), Some(known)),
            None => String::new(),
        };
        Ok(v1::ListSchedulesResponse { schedules, next_page_token })
    }
}

/// The compound and the version after which a page goes on.
fn cursor(after: &str) -> (String, i64) {
    let (compound, version) = after.split_once(' ').unwrap_or_default();
    let version = version.bytes().fold(0_i64, |sum, it| {
        sum.saturating_mul(10).saturating_add(i64::from(it.saturating_sub(b'0')))
    });
    (compound.to_owned(), version)
}

/// Whether a document is small enough to be read.
fn size(faults: &mut Faults, document: &[u8]) -> bool {
    let small = document.len() <= SCHEDULE_MAX;
    if !small {
        let en = format!("a document has at most 256 KiB, and this has {} bytes", document.len());
        faults.add("document", "DOCUMENT_TOO_LARGE", en, "积分细则文档不得超过 256 KiB");
    }
    small
}

/// The meeting, with every fault of it, for a document that is in force from a day on.
fn meeting(
    faults: &mut Faults,
    raw: Option<&v1::GeneralMeeting>,
    from: Option<Day>,
    today: Day,
) -> Option<Meeting> {
    let Some(raw) = raw else {
        faults.missing("meeting");
        return None;
    };
    let meeting = faults.below("meeting", |faults| {
        let met_on = faults.some_day("met_on", raw.met_on.as_ref());
        let mut count =
            |path, raw: i32| faults.count(path, raw.into()).and_then(|it| u32::try_from(it).ok());
        let eligible = count("eligible", raw.eligible);
        let present = count("present", raw.present);
        let in_favour = count("in_favour", raw.in_favour);
        let evidence = fact_decode::evidence(faults, &raw.evidence);
        Some(Meeting {
            met_on: met_on?,
            eligible: eligible?,
            present: present?,
            in_favour: in_favour?,
            evidence: evidence?,
        })
    })?;
    faults.extend(meeting.faults(from, today));
    Some(meeting)
}

/// What a document declares that is not adopted.
fn declared(document: &ScheduleDocument) -> v1::Schedule {
    let schedule = document.schedule();
    v1::Schedule {
        compound_id: schedule.compound.clone(),
        version: i32::try_from(schedule.version).unwrap_or(i32::MAX),
        title: schedule.title.clone(),
        in_force_from: Some(date(schedule.in_force.from)),
        in_force_until: schedule.in_force.until.map(date),
        digest: hex(&document.digest()),
        ..v1::Schedule::default()
    }
}

/// An adopted version, without its document.
fn adopted(header: &ScheduleHeader) -> Result<v1::Schedule, StoreError> {
    let count = |it: i64| i32::try_from(it).unwrap_or(i32::MAX);
    let evidence = match header.evidence.as_str() {
        "" => Vec::new(),
        text => serde_json::from_str(text).map_err(|why| StoreError::corrupt("evidence", why))?,
    };
    let meeting = v1::GeneralMeeting {
        met_on: Some(date(header.met_on)),
        eligible: count(header.eligible),
        present: count(header.present),
        in_favour: count(header.in_favour),
        evidence,
    };
    let retired = header.retired.as_ref();
    Ok(v1::Schedule {
        compound_id: header.compound.clone(),
        version: count(header.version),
        title: header.title.clone(),
        in_force_from: Some(date(header.in_force_from)),
        in_force_until: last_day(header).map(date),
        digest: hex(&header.digest),
        document: Vec::new(),
        branch_id: header.branch.clone(),
        meeting: Some(meeting),
        adopt_time: Some(timestamp(header.adopted)),
        retire_time: retired.map(|it| timestamp(it.recorded)),
        retire_reason: retired.map(|it| it.reason.clone()).unwrap_or_default(),
    })
}
