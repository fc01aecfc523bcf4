//! The calendar of working days over gRPC.

use prost::Message;
use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX,
    admit::Call,
    decode::{Faults, YEARS},
    decoded,
    encode::{date, timestamp},
    status, write_call,
};
use crate::{
    app::{
        App, AppError,
        calendar::{Calendars, Edition, LoadYear, day_faults},
        hex,
    },
    domain::time::{CalendarYear, DaysOf, SPECIAL_DAYS_MAX, SpecialDay, SpecialKind},
    proto::v1::{self, calendar_service_server::CalendarServiceServer},
};

/// The most days that are counted.
const DAYS_MAX: u32 = 1_000;

pub(super) fn service(
    app: &App,
) -> CalendarServiceServer<impl v1::calendar_service_server::CalendarService + use<>> {
    CalendarServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl v1::calendar_service_server::CalendarService for Service {
    async fn load_calendar_year(
        &self,
        request: Request<v1::LoadCalendarYearRequest>,
    ) -> Result<Response<v1::LoadCalendarYearResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.load(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn get_calendar(
        &self,
        request: Request<v1::GetCalendarRequest>,
    ) -> Result<Response<v1::GetCalendarResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.get(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn add_working_days(
        &self,
        request: Request<v1::AddWorkingDaysRequest>,
    ) -> Result<Response<v1::AddWorkingDaysResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.add(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }
}

impl Service {
    async fn load(
        &self,
        call: &Call,
        mut raw: v1::LoadCalendarYearRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let id = faults.id("edition_id", &raw.edition_id);
        let title = faults.name("title", &raw.title);
        let document = match raw.document.as_str() {
            "" => Some(String::new()),
            text => faults.name("document", text),
        };
        let calendar = calendar(&mut faults, &raw);
        let asked = (|| {
            Some(LoadYear { id: id?, title: title?, document: document?, calendar: calendar? })
        })();
        let (asked, county, request_id) =
            faults.finish((|| Some((asked?, county?, request_id?)))())?;
        raw.request_id.clear();
        let write = write_call(call, "CalendarService.LoadCalendarYear", county, request_id, &raw);
        let encode = |it: &Edition| {
            v1::LoadCalendarYearResponse { edition: Some(named(it)) }.encode_to_vec()
        };
        self.app.load_calendar_year(write, asked, encode).await
    }

    async fn get(
        &self,
        call: &Call,
        raw: &v1::GetCalendarRequest,
    ) -> Result<v1::GetCalendarResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        call.permit_in(&self.app, county.as_ref()).await?;
        let year = year(&mut faults, raw.year);
        let id = faults.optional_id("edition_id", &raw.edition_id);
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let (county, year, id, known) = faults.finish((|| Some((county?, year?, id?, known?)))())?;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, known).await?.moment()?;
        let all = self.app.calendar_editions(&mut *tx, &county, year, known).await?;
        let chosen = App::chosen_edition(&all, id.as_deref())?;
        let edition = v1::CalendarEdition { days: days(&chosen), ..named(&chosen) };
        let editions = all.iter().map(named).collect();
        Ok(v1::GetCalendarResponse { edition: Some(edition), editions })
    }

    async fn add(
        &self,
        call: &Call,
        raw: &v1::AddWorkingDaysRequest,
    ) -> Result<v1::AddWorkingDaysResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        call.permit_in(&self.app, county.as_ref()).await?;
        let start = faults.some_day("start", raw.start.as_ref());
        let count = u32::try_from(raw.days).ok().filter(|it| (1..=DAYS_MAX).contains(it));
        if count.is_none() {
            let en = format!("1 to {DAYS_MAX} days are counted");
            faults.add("days", "DAYS_INVALID", en, format!("天数为 1 至 {DAYS_MAX}"));
        }
        let of = match v1::DaysOf::try_from(raw.of) {
            Ok(v1::DaysOf::Unspecified | v1::DaysOf::Working) => Some(DaysOf::Working),
            Ok(v1::DaysOf::Calendar) => Some(DaysOf::Calendar),
            Err(unknown) => faults.said("of", Err::<v1::DaysOf, _>(unknown), |_| None),
        };
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let (county, start, count, of, known) =
            faults.finish((|| Some((county?, start?, count?, of?, known?)))())?;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, known).await?.moment()?;
        let calendars = Calendars::known(&mut *tx, &county, known).await?;
        let (day, used) = calendars.after(start, count, of)?;
        let editions = used.into_iter().map(named).collect();
        Ok(v1::AddWorkingDaysResponse { day: Some(date(day)), editions })
    }
}

fn year(faults: &mut Faults, raw: i32) -> Option<i64> {
    let year = i64::from(raw);
    if (YEARS.0..=YEARS.1).contains(&year) {
        return Some(year);
    }
    let en = format!("a year is {} to {}", YEARS.0, YEARS.1);
    faults.add("year", "YEAR_INVALID", en, format!("年份为 {} 至 {}", YEARS.0, YEARS.1));
    None
}

/// The year with its days, with every fault of them.
fn calendar(faults: &mut Faults, raw: &v1::LoadCalendarYearRequest) -> Option<CalendarYear> {
    let year = year(faults, raw.year);
    if raw.days.is_empty() {
        faults.missing("days");
        return None;
    }
    if raw.days.len() > SPECIAL_DAYS_MAX {
        let en = format!("a year's notice names at most {SPECIAL_DAYS_MAX} days");
        let zh = format!("一年的安排至多 {SPECIAL_DAYS_MAX} 日");
        faults.add("days", "TOO_MANY_DAYS", en, zh);
        return None;
    }
    let mut days = Some(Vec::with_capacity(raw.days.len()));
    for (index, it) in raw.days.iter().enumerate() {
        let day = faults.below(&format!("days[{index}]"), |faults| special(faults, it));
        days = days.zip(day).map(|(mut all, day)| {
            all.push(day);
            all
        });
    }
    match CalendarYear::new(year?, &days?) {
        Ok(calendar) => Some(calendar),
        Err(found) => {
            faults.extend(day_faults("days", &found));
            None
        }
    }
}

fn special(faults: &mut Faults, raw: &v1::SpecialDay) -> Option<SpecialDay> {
    let day = faults.some_day("day", raw.day.as_ref());
    let kind = faults.said("kind", v1::SpecialDayKind::try_from(raw.kind), |it| match it {
        v1::SpecialDayKind::Unspecified => None,
        v1::SpecialDayKind::Holiday => Some(SpecialKind::Holiday),
        v1::SpecialDayKind::Workday => Some(SpecialKind::Workday),
    });
    let festival = match raw.festival.as_str() {
        "" => Some(String::new()),
        text => faults.text("festival", text, 100),
    };
    Some(SpecialDay { day: day?, kind: kind?, festival: festival? })
}

/// An edition without its days.
pub(super) fn named(it: &Edition) -> v1::CalendarEdition {
    v1::CalendarEdition {
        year: i32::try_from(it.calendar.year()).unwrap_or_default(),
        edition_id: it.id.clone(),
        number: i32::try_from(it.number).unwrap_or(i32::MAX),
        title: it.title.clone(),
        document: it.document.clone(),
        digest: hex(&it.digest()),
        working_days: i32::try_from(it.calendar.working_days()).unwrap_or_default(),
        days: Vec::new(),
        load_time: it.loaded.map(timestamp),
    }
}

fn days(of: &Edition) -> Vec<v1::SpecialDay> {
    let day = |it: SpecialDay| v1::SpecialDay {
        day: Some(date(it.day)),
        kind: match it.kind {
            SpecialKind::Holiday => v1::SpecialDayKind::Holiday,
            SpecialKind::Workday => v1::SpecialDayKind::Workday,
        }
        .into(),
        festival: it.festival,
    };
    of.calendar.days().map(day).collect()
}
