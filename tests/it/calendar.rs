//! The calendar of working days as a caller and a command see it, on both stores.

use std::{path::Path, process::Command};

use steelyard::app::audit;
use steelyard::proto::v1::{self, calendar_service_client::CalendarServiceClient};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::harness::{COUNTY, Served, by, date, reason, reference, served_over, violations};

/// Runs each case on each store, on one of its own.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(&super::prepared("sqlite::memory:").await).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!("cal_", stringify!($case));
                let url = crate::postgres::schema(name.get(..59).unwrap_or(name)).await;
                super::$case(&super::prepared(&url).await).await;
            }
        )+ }
    };
}
on_both!(
    days_are_counted_by_the_editions_that_are_named,
    a_new_year_is_loaded_once_and_a_later_edition_holds,
    every_fault_of_a_notice_is_told_at_once,
    a_loaded_edition_is_proved_by_the_trail,
);

async fn prepared(url: &str) -> Served {
    served_over(url).await.with_a_county().await
}

fn calendars(on: &Served) -> CalendarServiceClient<tonic::transport::Channel> {
    on.calendars()
}

async fn add(on: &Served, start: &str, days: i32) -> Result<v1::AddWorkingDaysResponse, Status> {
    let request = v1::AddWorkingDaysRequest {
        county: COUNTY.into(),
        start: date(start),
        days,
        ..Default::default()
    };
    calendars(on).add_working_days(request).await.map(tonic::Response::into_inner)
}

fn special(day: &str, kind: v1::SpecialDayKind, festival: &str) -> v1::SpecialDay {
    v1::SpecialDay { day: date(day), kind: kind.into(), festival: festival.into() }
}

fn notice(request_id: &str, edition_id: &str) -> v1::LoadCalendarYearRequest {
    use v1::SpecialDayKind::{Holiday, Workday};
    v1::LoadCalendarYearRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        year: 2027,
        edition_id: edition_id.into(),
        title: "国务院办公厅关于2027年部分节假日安排的通知".into(),
        document: String::new(),
        days: vec![
            special("2027-01-03", Workday, "元旦"),
            special("2027-01-01", Holiday, "元旦"),
            special("2027-01-02", Holiday, "元旦"),
        ],
    }
}

async fn load(
    on: &Served,
    request: v1::LoadCalendarYearRequest,
) -> Result<v1::CalendarEdition, Status> {
    let answer = calendars(on).load_calendar_year(request).await?;
    Ok(answer.into_inner().edition.unwrap())
}

async fn get(on: &Served, year: i32, edition_id: &str) -> Result<v1::GetCalendarResponse, Status> {
    let (county, edition_id) = (COUNTY.into(), edition_id.into());
    let request = v1::GetCalendarRequest { county, year, edition_id, known_at: None };
    calendars(on).get_calendar(request).await.map(tonic::Response::into_inner)
}

async fn days_are_counted_by_the_editions_that_are_named(on: &Served) {
    let answer = add(on, "2025-12-31", 5).await.unwrap();
    assert_eq!(answer.day, date("2026-01-08"));
    let used: Vec<_> = answer.editions.iter().map(|it| &*it.edition_id).collect();
    assert_eq!(used, ["base-2025", "base-2026"]);
    assert_eq!(answer.editions[1].working_days, 248);
    assert_eq!(answer.editions[1].digest.len(), 64);
    let of = v1::DaysOf::Calendar.into();
    let request = v1::AddWorkingDaysRequest {
        county: COUNTY.into(),
        start: date("2026-12-30"),
        days: 5,
        of,
        known_at: None,
    };
    let answer = calendars(on).add_working_days(request).await.unwrap().into_inner();
    assert_eq!((answer.day, answer.editions.len()), (date("2027-01-04"), 0));
    let missing = add(on, "2026-12-28", 5).await.unwrap_err();
    assert_eq!(
        (missing.code(), reason(&missing)),
        (Code::FailedPrecondition, "CALENDAR_MISSING".into())
    );
    let details = missing.get_error_details();
    assert_eq!(details.error_info().unwrap().metadata["year"], "2027");
    for days in [0, -1, 1_001] {
        let wrong = add(on, "2026-01-05", days).await.unwrap_err();
        assert_eq!(violations(&wrong), [("days".to_owned(), "DAYS_INVALID".to_owned())]);
    }
    let missing = get(on, 2027, "").await.unwrap_err();
    assert_eq!(
        (missing.code(), reason(&missing)),
        (Code::FailedPrecondition, "CALENDAR_MISSING".into())
    );
    let year = get(on, 2026, "").await.unwrap();
    assert_eq!(year.edition.unwrap().days.len(), 39);
    let missing = get(on, 2026, "other").await.unwrap_err();
    assert_eq!(
        (missing.code(), reason(&missing)),
        (Code::NotFound, "CALENDAR_EDITION_NOT_FOUND".into())
    );
}

async fn a_new_year_is_loaded_once_and_a_later_edition_holds(on: &Served) {
    let first = load(on, notice("1", "gb-2027")).await.unwrap();
    assert_eq!((first.number, first.days.len(), first.load_time.is_some()), (1, 0, true));
    // The same request, and the same edition by another request.
    assert_eq!(load(on, notice("1", "gb-2027")).await.unwrap(), first);
    assert_eq!(load(on, notice("2", "gb-2027")).await.unwrap(), first);
    assert_eq!(add(on, "2026-12-31", 1).await.unwrap().day, date("2027-01-03"));
    // Another notice under that id, or under the id of the one that came with the service.
    let mut other = notice("3", "gb-2027");
    other.days.pop();
    let refused = load(on, other.clone()).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::AlreadyExists, "CALENDAR_EDITION_EXISTS".into())
    );
    let base = v1::LoadCalendarYearRequest {
        year: 2026,
        edition_id: "base-2026".into(),
        days: vec![special("2026-01-01", v1::SpecialDayKind::Holiday, "")],
        ..notice("4", "")
    };
    assert_eq!(reason(&load(on, base).await.unwrap_err()), "CALENDAR_EDITION_EXISTS");
    // A later edition holds, and the earlier one stays.
    on.clock.set("2023-02-01T00:00:00Z");
    let second = load(
        on,
        v1::LoadCalendarYearRequest {
            edition_id: "gb-2027-2".into(),
            request_id: "5".into(),
            ..other
        },
    )
    .await
    .unwrap();
    assert_eq!(second.number, 2);
    let answer = add(on, "2026-12-31", 2).await.unwrap();
    assert_eq!(answer.day, date("2027-01-04"));
    assert_eq!(answer.editions.last().unwrap(), &second);
    let year = get(on, 2027, "").await.unwrap();
    assert_eq!(year.editions, [first.clone(), second]);
    assert_eq!(year.edition.unwrap().edition_id, "gb-2027-2");
    let old = get(on, 2027, "gb-2027").await.unwrap().edition.unwrap();
    assert_eq!((&old.digest, old.days.len()), (&first.digest, 3));
    assert_eq!(old.days[0].day, date("2027-01-01"), "in order");
    // As it was known before, the first one held.
    let request = v1::GetCalendarRequest {
        county: COUNTY.into(),
        year: 2027,
        known_at: first.load_time,
        ..Default::default()
    };
    let then = calendars(on).get_calendar(request).await.unwrap().into_inner();
    assert_eq!((then.edition.unwrap().edition_id, then.editions.len()), ("gb-2027".into(), 1));
    let proof = audit::verify(&*on.app.store, Some(COUNTY), &audit::Outside::default()).await;
    assert_eq!(proof.unwrap().findings, []);
}

async fn every_fault_of_a_notice_is_told_at_once(on: &Served) {
    use v1::SpecialDayKind::{Holiday, Unspecified, Workday};
    let request = v1::LoadCalendarYearRequest {
        edition_id: "a b".into(),
        title: String::new(),
        days: vec![
            special("2027-01-04", Workday, ""),
            special("2026-01-01", Holiday, ""),
            special("2027-01-04", Holiday, ""),
        ],
        ..notice("1", "")
    };
    let faults = violations(&load(on, request).await.unwrap_err());
    let expected = [
        ("edition_id", "ID_INVALID"),
        ("title", "TEXT_INVALID"),
        ("days[0].day", "WORKED_ANYWAY"),
        ("days[1].day", "DAY_OF_OTHER_YEAR"),
        ("days[2].day", "DAY_TWICE"),
    ];
    assert_eq!(faults, expected.map(|(path, why)| (path.to_owned(), why.to_owned())));
    let request = v1::LoadCalendarYearRequest { year: 1899, days: Vec::new(), ..notice("1", "x") };
    let faults = violations(&load(on, request).await.unwrap_err());
    assert_eq!(faults[0], ("year".to_owned(), "YEAR_INVALID".to_owned()));
    assert_eq!(faults[1], ("days".to_owned(), "FIELD_MISSING".to_owned()));
    let request = v1::LoadCalendarYearRequest {
        days: vec![special("2027-02-30", Unspecified, " x")],
        ..notice("1", "x")
    };
    let faults = violations(&load(on, request).await.unwrap_err());
    let paths: Vec<_> = faults.iter().map(|it| &*it.0).collect();
    assert_eq!(paths, ["days[0].day", "days[0].kind", "days[0].festival"]);
}

async fn a_loaded_edition_is_proved_by_the_trail(on: &Served) {
    // Who holds no role, and who holds one over a part.
    let grant = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: "grant".into(),
        principal: "street-1".into(),
        role_id: "street".into(),
        unit: reference(v1::RecordKind::Street, "guishan"),
        reason: "测试".into(),
        ..Default::default()
    };
    on.accesses().grant_role(grant).await.unwrap();
    for who in ["nobody", "street-1"] {
        let refused = calendars(on).load_calendar_year(by(who, notice("1", "x"))).await;
        assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    }
    load(on, notice("1", "gb-2027")).await.unwrap();
    let request = v1::ListAuditRequest { county: COUNTY.into(), ..Default::default() };
    let trail = on.audit().list_audit(request).await.unwrap().into_inner();
    let last = trail.entries.last().unwrap();
    assert_eq!(last.subject, "calendar/2027/gb-2027");
    // Whatever an edition is called, and said again under another id.
    for request_id in ["2", "3"] {
        load(on, notice(request_id, "unchanged")).await.unwrap();
    }
    let proof = audit::verify(&*on.app.store, Some(COUNTY), &audit::Outside::default()).await;
    assert_eq!(proof.unwrap().findings, []);
}

fn steelyard(store: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_steelyard"))
        .args(args)
        .env("STEELYARD_STORE", store)
        .output()
        .unwrap();
    let text = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_command_shows_and_loads_years() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("calendar");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let store = format!("sqlite://{}", folder.join("s.db").display());
    let file = folder.join("2027.csv");
    std::fs::write(&file, "date,kind,festival\n2027-01-01,holiday,元旦\n").unwrap();
    let file = file.to_str().unwrap();
    let (code, out, _) = steelyard(&store, &["calendar", "show", "2026"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("# 248 working days") && out.contains("2026-02-14,workday,春节"), "{out}");
    let (code, _, err) = steelyard(&store, &["calendar", "show", "2027"]);
    assert_eq!(code, Some(65));
    assert!(err.contains("CALENDAR_MISSING"), "{err}");
    let load = [
        "calendar",
        "load",
        file,
        "--county",
        "xinping",
        "--year",
        "2027",
        "--edition",
        "gb-2027",
        "--title",
        "2027年节假日",
        "--by",
        "office",
    ];
    for _ in 0..2 {
        let (code, out, err) = steelyard(&store, &load);
        assert_eq!(
            (code, &*out),
            (Some(0), "2027 gb-2027: edition 1, 260 working days\n"),
            "{err}"
        );
    }
    let (code, out, err) = steelyard(&store, &["calendar", "show", "2027", "--county", "xinping"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.ends_with("2027-01-01,holiday,元旦\n"), "{out}");
    let mut other = load;
    other[10] = "其他";
    let (code, _, err) = steelyard(&store, &other);
    assert_eq!(code, Some(65));
    assert!(err.contains("CALENDAR_EDITION_EXISTS"), "{err}");
    std::fs::write(file, "2027-01-04,workday,元旦\n2026-01-01,holiday,元旦\n").unwrap();
    let (code, _, err) = steelyard(&store, &load);
    assert_eq!((code, err.lines().count()), (Some(65), 2), "{err}");
    // What the command wrote is in the trail.
    let (code, out, err) = steelyard(&store, &["verify", "audit"]);
    assert_eq!(code, Some(0), "{out}{err}");
}
