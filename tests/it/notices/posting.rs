//! Posting, the last day, and publication.

use steelyard::proto::v1;
use tonic::Code;

use super::{blocked, failed, get, on_both, post, publish, run, scheme, told};
use crate::harness::{COUNTY, Served, by, date, reason, violations};

on_both!(
    a_run_is_published_once_the_last_day_is_over_to_the_microsecond,
    calendar_days_need_no_notice_of_holidays,
    what_cannot_be_posted_is_refused,
    a_run_that_supersedes_has_a_notice_of_its_own,
    another_version_is_no_way_round_the_notice,
    notices_are_listed_by_page,
);

async fn a_run_is_published_once_the_last_day_is_over_to_the_microsecond(on: &Served) {
    let run_id = run(on, "test.working", "first").await;
    assert_eq!(failed(publish(on, "p0", &run_id).await), "NOTICE_MISSING");
    let notice = post(on, "n1", &run_id, "2026-02-12").await.unwrap();
    assert_eq!((notice.ends_on, notice.days), (date("2026-02-26"), 5));
    assert_eq!(notice.of(), v1::DaysOf::Working);
    let editions: Vec<_> = notice.editions.iter().map(|it| (it.year, &*it.edition_id)).collect();
    assert_eq!(editions, [(2026, "base-2026")]);
    assert_eq!(notice.editions[0].digest.len(), 64);
    assert_eq!(post(on, "n1", &run_id, "2026-02-12").await.unwrap(), notice, "a repeat");
    let refused = publish(on, "p1", &run_id).await.unwrap_err();
    assert_eq!(
        (reason(&refused), told(&refused, "ends_on")),
        ("NOTICE_RUNNING".into(), "2026-02-26".into())
    );
    assert_eq!(blocked(on, &run_id).await, ["NOTICE_RUNNING"]);
    // The last microsecond of 26 February in Beijing.
    on.clock.set("2026-02-26T15:59:59.999999Z");
    assert_eq!(failed(publish(on, "p2", &run_id).await), "NOTICE_RUNNING");
    assert_eq!(blocked(on, &run_id).await, ["NOTICE_RUNNING"]);
    on.clock.set("2026-02-26T16:00:00Z");
    assert_eq!(blocked(on, &run_id).await, [""; 0]);
    // What was refused stays refused for its request.
    assert_eq!(failed(publish(on, "p2", &run_id).await), "NOTICE_RUNNING");
    let published = publish(on, "p3", &run_id).await.unwrap();
    assert_eq!(published.state(), v1::RunState::Published);
    let view = get(on, &run_id).await.unwrap();
    assert_eq!((view.blockers.len(), view.objections, view.notice), (0, 0, Some(notice)));
}

async fn calendar_days_need_no_notice_of_holidays(on: &Served) {
    on.clock.set("2026-12-30T01:00:00Z");
    let run_id = run(on, "test.calendar", "first").await;
    let notice = post(on, "n1", &run_id, "2026-12-31").await.unwrap();
    assert_eq!((notice.ends_on, notice.editions.len()), (date("2027-01-03"), 0));
    assert_eq!(notice.of(), v1::DaysOf::Calendar);
    on.clock.set("2027-01-03T15:59:59.999999Z");
    assert_eq!(failed(publish(on, "p1", &run_id).await), "NOTICE_RUNNING");
    on.clock.set("2027-01-03T16:00:01Z");
    publish(on, "p2", &run_id).await.unwrap();
    // Working days over a year that nobody announced are not guessed.
    let later = run(on, "test.working", "later").await;
    let refused = post(on, "n2", &later, "2027-01-05").await.unwrap_err();
    assert_eq!(
        (reason(&refused), told(&refused, "year")),
        ("CALENDAR_MISSING".into(), "2027".into())
    );
    // Once the year is loaded, they are counted, and the edition is kept.
    let request = v1::LoadCalendarYearRequest {
        county: COUNTY.into(),
        request_id: "2027".into(),
        year: 2027,
        edition_id: "gb".into(),
        title: "2027年".into(),
        document: String::new(),
        days: vec![v1::SpecialDay {
            day: date("2027-01-06"),
            kind: v1::SpecialDayKind::Holiday.into(),
            festival: String::new(),
        }],
    };
    let edition = on.calendars().load_calendar_year(request).await.unwrap().into_inner().edition;
    let notice = post(on, "n3", &later, "2027-01-05").await.unwrap();
    assert_eq!(notice.ends_on, date("2027-01-13"));
    assert_eq!(notice.editions[0].digest, edition.unwrap().digest);
}

async fn what_cannot_be_posted_is_refused(on: &Served) {
    let run_id = run(on, "test.working", "first").await;
    assert_eq!(failed(post(on, "n1", &run_id, "2026-02-11").await), "NOTICE_BACKDATED");
    let none = run(on, "test.none", "first").await;
    assert_eq!(failed(post(on, "n2", &none, "2026-02-12").await), "NOTICE_NOT_ASKED");
    let missing = post(on, "n3", "run-x", "2026-02-12").await.unwrap_err();
    assert_eq!((missing.code(), reason(&missing)), (Code::NotFound, "RUN_NOT_FOUND".into()));
    assert_eq!(reason(&get(on, &run_id).await.unwrap_err()), "NOTICE_NOT_FOUND");
    let wrong = v1::PostNoticeRequest { county: COUNTY.into(), ..Default::default() };
    let faults = violations(&on.notices().post_notice(wrong.clone()).await.unwrap_err());
    let paths: Vec<_> = faults.iter().map(|it| &*it.0).collect();
    assert_eq!(paths, ["request_id", "run_id", "posted_on", "object_to"]);
    let denied = on.notices().post_notice(by("nobody", wrong)).await.unwrap_err();
    assert_eq!(denied.code(), Code::PermissionDenied);
    post(on, "n4", &run_id, "2026-02-12").await.unwrap();
    let again = post(on, "n5", &run_id, "2026-02-13").await.unwrap_err();
    assert_eq!((again.code(), reason(&again)), (Code::AlreadyExists, "NOTICE_POSTED".into()));
    // A scheme without a notice publishes as before.
    publish(on, "p", &none).await.unwrap();
    assert_eq!(failed(post(on, "n6", &none, "2026-02-12").await), "RUN_NOT_COMPUTED");
}

async fn another_version_is_no_way_round_the_notice(on: &Served) {
    // The next version asks for a notice; a run by the first one needs it all the same.
    let next = async |version: u32, notice: &str| {
        let document =
            scheme("test.none", notice).replace("version: 1", &format!("version: {version}"));
        let request = v1::PublishSchemeRequest {
            county: COUNTY.into(),
            request_id: format!("none-{version}"),
            document: document.into(),
        };
        on.schemes().publish_scheme(request).await.unwrap();
    };
    next(2, "notice: {days: 3, of: calendar}").await;
    let start = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: "old-version".into(),
        scheme_id: "test.none".into(),
        period: "2022".into(),
        version: 1,
        ..Default::default()
    };
    let started = on.evaluations().start_run(start).await.unwrap().into_inner();
    while on.app.work_once("test").await.unwrap() {}
    let first = started.run.unwrap().run_id;
    assert_eq!(failed(publish(on, "p1", &first).await), "NOTICE_MISSING");
    post(on, "n1", &first, "2026-02-12").await.unwrap();
    on.clock.set("2026-02-16T01:00:00Z");
    publish(on, "p2", &first).await.unwrap();
    // A version that asks for none does not change in silence what the public saw.
    next(3, "").await;
    let second = run(on, "test.none", "third-version").await;
    let supersede = async |request_id: &str| {
        let request = v1::SupersedeRunRequest {
            county: COUNTY.into(),
            request_id: request_id.into(),
            old_run_id: first.clone(),
            new_run_id: second.clone(),
            reason: "更正".into(),
            validate_only: false,
        };
        on.evaluations().supersede_run(request).await
    };
    assert_eq!(failed(supersede("s1").await), "NOTICE_MISSING");
    let notice = post(on, "n2", &second, "2026-02-16").await.unwrap();
    assert_eq!((notice.days, notice.of()), (3, v1::DaysOf::Calendar));
    on.clock.set("2026-02-20T01:00:00Z");
    supersede("s2").await.unwrap();
}

async fn a_run_that_supersedes_has_a_notice_of_its_own(on: &Served) {
    let old = run(on, "test.calendar", "old").await;
    post(on, "n1", &old, "2026-02-12").await.unwrap();
    on.clock.set("2026-02-16T01:00:00Z");
    publish(on, "p1", &old).await.unwrap();
    let new = run(on, "test.calendar", "new").await;
    let supersede = async |request_id: &str, validate_only: bool| {
        let request = v1::SupersedeRunRequest {
            county: COUNTY.into(),
            request_id: request_id.into(),
            old_run_id: old.clone(),
            new_run_id: new.clone(),
            reason: "复核更正".into(),
            validate_only,
        };
        on.evaluations().supersede_run(request).await
    };
    supersede("s0", true).await.unwrap();
    assert_eq!(failed(supersede("s1", false).await), "NOTICE_MISSING");
    post(on, "n2", &new, "2026-02-16").await.unwrap();
    assert_eq!(failed(supersede("s2", false).await), "NOTICE_RUNNING");
    on.clock.set("2026-02-20T01:00:00Z");
    supersede("s3", false).await.unwrap();
}

async fn notices_are_listed_by_page(on: &Served) {
    let mut runs = Vec::new();
    for (number, second) in [("1", "01"), ("2", "02"), ("3", "03")] {
        on.clock.set(&format!("2026-02-12T01:00:{second}Z"));
        let run_id = run(on, "test.working", number).await;
        post(on, &format!("n{number}"), &run_id, "2026-02-12").await.unwrap();
        runs.push(run_id);
    }
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let county = COUNTY.to_owned();
        let request = v1::ListNoticesRequest { county, page_size: 2, page_token };
        let page = on.notices().list_notices(request).await.unwrap().into_inner();
        seen.extend(page.notices.into_iter().map(|it| it.run_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, runs);
}
