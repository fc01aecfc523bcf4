//! Which version holds on which day, as it was known when; and what a check says.

use steelyard::{
    app::{
        audit,
        schedule::{schedule_in_force, schedules_known},
    },
    domain::time::{Day, Moment},
    proto::v1::{self, get_schedule_request::Selector},
};
use tonic::Code;

use super::{adopt, adoption, document, get, listed, on_both, retire};
use crate::{
    audit::trail::{Client, address},
    harness::{COUNTY, Served, date, reason, violations},
};

on_both!(
    the_version_in_force_is_picked_by_date,
    a_retirement_ends_a_version_and_brings_none_back,
    schedules_are_read_as_they_were_known_at_a_moment,
    schedules_are_listed_by_page_and_compound,
    a_check_tells_every_fault_and_stores_nothing,
);

async fn in_force(on: &Served, day: &str) -> Result<i32, String> {
    let found = get(on, date(day).map(Selector::InForceOn), None).await;
    found.map(|it| it.version).map_err(|it| reason(&it))
}

/// Two versions, the second with an end.
async fn two_versions(on: &Served) {
    adopt(on, adoption("v1", &document("k-01", 1, "2022-03-11"))).await.unwrap();
    let second = document("k-01", 2, "2022-07-01")
        .replace("from: 2022-07-01", "from: 2022-07-01, until: 2022-12-31");
    on.clock.set("2023-01-11T01:00:00Z");
    adopt(on, adoption("v2", &second)).await.unwrap();
}

async fn the_version_in_force_is_picked_by_date(on: &Served) {
    let none = Err("SCHEDULE_NOT_FOUND".to_owned());
    assert_eq!(in_force(on, "2022-05-01").await, none);
    two_versions(on).await;
    let not = Err("SCHEDULE_NOT_IN_FORCE".to_owned());
    for (day, version) in [
        ("2022-03-10", not.clone()),
        ("2022-03-11", Ok(1)),
        ("2022-06-30", Ok(1)),
        ("2022-07-01", Ok(2)),
        ("2022-12-31", Ok(2)),
        ("2023-01-01", not),
    ] {
        assert_eq!(in_force(on, day).await, version, "on {day}");
    }
    let first = get(on, Some(Selector::Version(1)), None).await.unwrap();
    assert_eq!(first.document, document("k-01", 1, "2022-03-11").into_bytes());
    let latest = get(on, None, None).await.unwrap();
    assert_eq!((latest.version, latest.in_force_until), (2, date("2022-12-31")));
    let status = get(on, Some(Selector::Version(3)), None).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "SCHEDULE_NOT_FOUND"));
    let status = get(on, Some(Selector::Version(0)), None).await.unwrap_err();
    assert_eq!(reason(&status), "VERSION_INVALID");
}

async fn a_retirement_ends_a_version_and_brings_none_back(on: &Served) {
    adopt(on, adoption("v1", &document("k-01", 1, "2022-03-11"))).await.unwrap();
    let no = async |request_id, version, day| {
        reason(&retire(on, request_id, version, day).await.unwrap_err())
    };
    assert_eq!(no("1", 2, "2022-05-31").await, "SCHEDULE_NOT_FOUND");
    assert_eq!(no("1", 1, "2022-03-10").await, "RETIRE_BEFORE_FORCE");
    let second = document("k-01", 2, "2022-07-01")
        .replace("from: 2022-07-01", "from: 2022-07-01, until: 2022-12-31");
    adopt(on, adoption("v2", &second)).await.unwrap();
    assert_eq!(no("1", 2, "2023-01-01").await, "RETIRE_AFTER_FORCE");
    assert_eq!(no("1", 1, "2022-07-01").await, "RETIRE_AFTER_FORCE");
    let retired = retire(on, "1", 2, "2022-09-30").await.unwrap();
    assert_eq!(
        (retired.in_force_until, retired.retire_reason.as_str()),
        (date("2022-09-30"), "修订")
    );
    assert_eq!(retire(on, "1", 2, "2022-09-30").await.unwrap(), retired, "a repeat");
    assert_eq!(no("2", 2, "2022-08-31").await, "SCHEDULE_RETIRED");
    assert_eq!(in_force(on, "2022-09-30").await, Ok(2));
    assert_eq!(in_force(on, "2022-10-01").await, Err("SCHEDULE_NOT_IN_FORCE".to_owned()));
    retire(on, "3", 1, "2022-05-31").await.unwrap();
    assert_eq!(in_force(on, "2022-05-31").await, Ok(1));
    assert_eq!(in_force(on, "2022-06-01").await, Err("SCHEDULE_NOT_IN_FORCE".to_owned()));
    // Whatever has ended, the next version is the next, and begins after the one before.
    let third = document("k-01", 3, "2022-11-01");
    adopt(on, adoption("v3", &third)).await.unwrap();
    assert_eq!(in_force(on, "2022-11-01").await, Ok(3));
}

async fn schedules_are_read_as_they_were_known_at_a_moment(on: &Served) {
    two_versions(on).await;
    on.clock.set("2023-01-12T01:00:00Z");
    let retired = retire(on, "end", 2, "2022-09-30").await.unwrap();
    let known = |text: &str| {
        let micros = Moment::parse(text).unwrap().micros();
        let (seconds, nanos) =
            (micros / 1_000_000, i32::try_from(micros % 1_000_000).unwrap() * 1_000);
        Some(prost_types::Timestamp { seconds, nanos })
    };
    let on_day = |day: &str| date(day).map(Selector::InForceOn);
    for (moment, day, version) in [
        ("2023-01-10T00:59:59Z", "2022-08-01", Err("SCHEDULE_NOT_FOUND")),
        ("2023-01-11T00:59:59Z", "2022-08-01", Ok(1)),
        ("2023-01-11T01:00:01Z", "2022-08-01", Ok(2)),
        ("2023-01-11T01:00:01Z", "2022-10-01", Ok(2)),
        ("2023-01-12T00:59:59Z", "2022-10-01", Ok(2)),
        ("2023-01-12T01:00:00Z", "2022-10-01", Err("SCHEDULE_NOT_IN_FORCE")),
    ] {
        let found = get(on, on_day(day), known(moment)).await;
        let found = found.map(|it| it.version).map_err(|it| reason(&it));
        assert_eq!(found, version.map_err(str::to_owned), "{day} as known at {moment}");
    }
    let before = get(on, Some(Selector::Version(2)), known("2023-01-12T00:59:59Z")).await.unwrap();
    assert_eq!((before.in_force_until, before.retire_time), (date("2022-12-31"), None));
    let after = get(on, Some(Selector::Version(2)), None).await.unwrap();
    assert_eq!(
        (after.in_force_until, after.retire_time),
        (date("2022-09-30"), retired.retire_time)
    );
    let status = get(on, None, known("2023-01-12T01:00:01Z")).await.unwrap_err();
    assert_eq!(violations(&status), [("known_at".to_owned(), "KNOWN_AT_IN_FUTURE".to_owned())]);
    // An evaluation reads the same.
    let mut tx = on.app.read().await.unwrap();
    let compounds = ["k-02", "k-01", "none"].map(str::to_owned);
    for moment in [
        "2023-01-10T00:59:59Z",
        "2023-01-11T00:59:59Z",
        "2023-01-11T01:00:01Z",
        "2023-01-12T02:00:00Z",
    ] {
        let moment = Moment::parse(moment).unwrap();
        let all =
            schedules_known(&mut *tx, &on.app.plans, COUNTY, &compounds, moment).await.unwrap();
        for day in
            ["2022-03-10", "2022-03-11", "2022-07-01", "2022-09-30", "2022-10-01", "2023-01-01"]
        {
            let day = Day::parse(day).unwrap();
            let one = schedule_in_force(&mut *tx, COUNTY, ("k-01", day), moment).await.unwrap();
            let one = one.map(|it| it.0.version);
            let same = all.in_force("k-01", day).map(|it| i64::from(it.version));
            assert_eq!(one, same, "{day} as known at {moment}");
        }
    }
}

async fn schedules_are_listed_by_page_and_compound(on: &Served) {
    for version in 1..=3 {
        let text = document("k-01", version, &format!("2022-{:02}-11", version + 2));
        adopt(on, adoption(&format!("a{version}"), &text)).await.unwrap();
    }
    let mut other = adoption("b", &document("k-02", 1, "2022-03-11"));
    other.branch_id = "b-2".into();
    adopt(on, other).await.unwrap();
    let all = async |compound: &str, page_size| {
        let mut request = v1::ListSchedulesRequest {
            county: COUNTY.into(),
            compound_id: compound.into(),
            page_size,
            ..Default::default()
        };
        let mut found = Vec::new();
        loop {
            let page = on.schedules().list_schedules(request.clone()).await.unwrap().into_inner();
            assert!(page.schedules.iter().all(|it| it.document.is_empty()));
            found.extend(
                page.schedules.iter().map(|it| format!("{}/{}", it.compound_id, it.version)),
            );
            if page.next_page_token.is_empty() {
                return found;
            }
            assert_eq!(page.schedules.len(), usize::try_from(page_size).unwrap());
            request.page_token = page.next_page_token;
        }
    };
    let everything = ["k-01/1", "k-01/2", "k-01/3", "k-02/1"];
    for size in [1, 2, 3, 4] {
        assert_eq!(all("", size).await, everything, "by {size}");
        assert_eq!(all("k-01", size).await, everything[..3], "by {size}");
        assert_eq!(all("k-02", size).await, everything[3..], "by {size}");
    }
    assert_eq!(all("k-03", 1).await, [""; 0]);
    let request =
        v1::ListSchedulesRequest { county: COUNTY.into(), page_size: 1, ..Default::default() };
    let first = on.schedules().list_schedules(request.clone()).await.unwrap().into_inner();
    let moved = v1::ListSchedulesRequest {
        page_token: first.next_page_token,
        compound_id: "k-01".into(),
        ..request
    };
    let status = on.schedules().list_schedules(moved).await.unwrap_err();
    assert_eq!(reason(&status), "PAGE_TOKEN_INVALID");
}

async fn a_check_tells_every_fault_and_stores_nothing(on: &Served) {
    let check = async |text: String| {
        let request = v1::CheckScheduleRequest { county: COUNTY.into(), document: text.into() };
        on.schedules().check_schedule(request).await.map(tonic::Response::into_inner)
    };
    let codes = |it: &v1::CheckScheduleResponse| -> Vec<String> {
        for fault in &it.faults {
            assert!(!fault.text.clone().unwrap().zh.is_empty(), "{fault:?}");
        }
        it.faults.iter().map(|it| it.code.clone()).collect()
    };
    let good = check(document("k-01", 7, "2022-03-11")).await.unwrap();
    assert_eq!((good.adoptable, codes(&good).len()), (true, 0), "whatever its version");
    assert_eq!(good.scheme_ids, ["test.member"]);
    let schedule = good.schedule.unwrap();
    assert_eq!((schedule.compound_id.as_str(), schedule.version), ("k-01", 7));
    assert_eq!(
        (schedule.meeting, schedule.adopt_time, schedule.branch_id.as_str()),
        (None, None, "")
    );
    let beyond = document("k-01", 1, "2022-03-11")
        .replace("points: 2", "points: 6")
        .replace("at_most: 20", "at_most: 41");
    let beyond = check(beyond).await.unwrap();
    assert_eq!(
        (beyond.adoptable, codes(&beyond)),
        (false, vec!["in_all".into(), "each_bound".into()])
    );
    assert!(beyond.faults.iter().all(|it| it.line > 0 && it.column > 0));
    assert!(beyond.schedule.is_some());
    let broken = document("k-01", 1, "2022-02-30").replace("points: 2", "points: two");
    let broken = check(broken).await.unwrap();
    assert!(!broken.adoptable && broken.schedule.is_none() && codes(&broken).len() >= 2);
    let early = check(document("k-01", 1, "2021-12-31")).await.unwrap();
    assert_eq!((early.adoptable, codes(&early)), (false, vec!["schedules_not_taken".to_owned()]));
    assert_eq!(early.scheme_ids, [""; 0]);
    let status = check("#".repeat(256 * 1024 + 1)).await.unwrap_err();
    assert_eq!(reason(&status), "DOCUMENT_TOO_LARGE");
    let text = document("k-01", 1, "2022-03-11");
    let padded = format!("{text}#{}", " ".repeat(256 * 1024 - 1 - text.len()));
    assert!(check(padded).await.unwrap().adoptable, "256 KiB come through");
    assert_eq!(listed(on).await, [""; 0]);
}

/// What is done past the service, and words that the proof must have.
const CHANGES: &[(&str, &str)] = &[
    ("UPDATE schedules SET title = 'x' WHERE version = 1", "schedule `k-01/1` has another `title`"),
    (
        "UPDATE schedules SET in_force_from = '2022-03-12' WHERE version = 1",
        "schedule `k-01/1` has another `in_force_from`",
    ),
    ("UPDATE schedules SET document = document || '#'", "schedule `k-01/1` has another `digest`"),
    ("UPDATE schedules SET in_favour = 5 WHERE version = 1", "schedule `k-01/1` is not what was"),
    ("UPDATE schedules SET branch = 'g-1' WHERE version = 1", "schedule `k-01/1` is not what was"),
    ("UPDATE schedules SET evidence = '' WHERE version = 2", "schedule `k-01/2` is not what was"),
    (
        "UPDATE schedules SET adopted_by = 'x' WHERE version = 1",
        "schedule `k-01/1` has another `adopted_by`",
    ),
    ("UPDATE schedules SET version = 3 WHERE version = 1", "no entry speaks of schedule `k-01/3`"),
    ("DELETE FROM schedules WHERE version = 1", "schedule `k-01/1` is not there"),
    (
        "UPDATE schedule_retirements SET last_day = '2022-10-01'",
        "the retirement of schedule `k-01/2` is not what was recorded",
    ),
    ("DELETE FROM schedule_retirements", "the retirement of schedule `k-01/2` is not there"),
];

async fn every_change_is_found(on_postgres: bool) {
    let url = address(on_postgres, "schedules").await;
    let on = super::prepared(&url).await;
    two_versions(&on).await;
    retire(&on, "end", 2, "2022-09-30").await.unwrap();
    let proved = async || {
        let outside = audit::Outside::default();
        let proof = audit::verify(&*on.app.store, Some(COUNTY), &outside).await.unwrap();
        proof.findings.iter().map(|it| format!("{it}\n")).collect::<String>()
    };
    assert_eq!(proved().await, "");
    let mut client = Client::of(&url).await;
    for table in ["schedules", "schedule_retirements"] {
        client.off(table).await;
    }
    // Each in its turn, on the rows as they were.
    let tables = ["schedules", "schedule_retirements"];
    for table in tables {
        client.run(&format!("CREATE TABLE copy_of_{table} AS SELECT * FROM {table}")).await;
    }
    for (change, words) in CHANGES {
        client.run(change).await;
        let found = proved().await;
        assert!(found.contains(words), "{change}\nlacks: {words}\nfound:\n{found}");
        client.run("DELETE FROM schedule_retirements; DELETE FROM schedules").await;
        for table in tables {
            client.run(&format!("INSERT INTO {table} SELECT * FROM copy_of_{table}")).await;
        }
    }
    assert_eq!(proved().await, "");
}

#[tokio::test]
async fn every_change_is_found_on_sqlite() {
    every_change_is_found(false).await;
}

#[tokio::test]
async fn every_change_is_found_on_postgres() {
    every_change_is_found(true).await;
}
