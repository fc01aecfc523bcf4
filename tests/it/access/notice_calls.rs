//! Calls of calendars: whether they are the caller's to make.

use steelyard::proto::v1;
use tonic::Status;

use super::{calls::Target, county::Counties};
use crate::harness::{by, date};

/// A call about the county's calendar.
pub(super) async fn calendar(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let county = at.county.to_owned();
    let mut client = all.served.calendars();
    match method {
        "CalendarService.LoadCalendarYear" => {
            let request = v1::LoadCalendarYearRequest { county, ..Default::default() };
            client.load_calendar_year(by(who, request)).await.map(|_| true)
        }
        "CalendarService.GetCalendar" => {
            let request = v1::GetCalendarRequest { county, year: 2026, ..Default::default() };
            client.get_calendar(by(who, request)).await.map(|_| true)
        }
        "CalendarService.AddWorkingDays" => {
            let start = date("2026-01-05");
            let request =
                v1::AddWorkingDaysRequest { county, start, days: 5, ..Default::default() };
            client.add_working_days(by(who, request)).await.map(|_| true)
        }
        _ => panic!("{method}"),
    }
}
