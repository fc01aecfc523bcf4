//! What is changed past the service is found: calendars, notices, objections, answers.

use steelyard::{app::audit, proto::v1};

use super::{answer, post, prepared, raise, raising, run};
use crate::{
    audit::trail::{Client, address},
    harness::{COUNTY, date},
};

const TABLES: [&str; 4] = ["notice_answers", "notice_objections", "notices", "calendar_editions"];

/// What is done past the service, and words that the proof must have.
const CHANGES: &[(&str, &str)] = &[
    ("UPDATE calendar_editions SET days = '2027-01-02,holiday,' || days", "`2027/gb` is not what"),
    ("UPDATE calendar_editions SET number = 2", "calendar `2027/gb` is not what was loaded"),
    ("DELETE FROM calendar_editions", "calendar `2027/gb` is not there"),
    ("UPDATE calendar_editions SET edition = 'x'", "no entry speaks of calendar `2027/x`"),
    ("UPDATE notices SET ends_on = '2026-02-13'", "is not what was recorded"),
    ("UPDATE notices SET object_to = 'x'", "is not what was recorded"),
    ("UPDATE notices SET calendar = ''", "is not what was recorded"),
    ("UPDATE notice_objections SET text = 'x'", "/objection/1` is not what was recorded"),
    ("UPDATE notice_objections SET raised_by = 'x'", "/objection/1` is not what was recorded"),
    ("UPDATE notice_answers SET verdict = 'dismissed'", "/answer/1` is not what was recorded"),
    ("DELETE FROM notice_answers", "/answer/1` is not there"),
    ("UPDATE notice_answers SET recorded_by = 'x'", "/answer/1` is not what was recorded"),
];

async fn every_change_is_found(on_postgres: bool) {
    let url = address(on_postgres, "notices").await;
    let on = prepared(&url).await;
    let request = v1::LoadCalendarYearRequest {
        county: COUNTY.into(),
        request_id: "2027".into(),
        year: 2027,
        edition_id: "gb".into(),
        title: "2027年".into(),
        document: String::new(),
        days: vec![v1::SpecialDay {
            day: date("2027-01-01"),
            kind: v1::SpecialDayKind::Holiday.into(),
            festival: "元旦".into(),
        }],
    };
    on.calendars().load_calendar_year(request.clone()).await.unwrap();
    let again = v1::LoadCalendarYearRequest { request_id: "again".into(), ..request };
    on.calendars().load_calendar_year(again).await.unwrap();
    let run_id = run(&on, "test.working", "first").await;
    post(&on, "n", &run_id, "2026-02-12").await.unwrap();
    raise(&on, None, raising("o", &run_id, "m1", "2026-02-12")).await.unwrap();
    answer(&on, "a", (&run_id, 1), v1::NoticeVerdict::Upheld, "clerk").await.unwrap();
    let proved = async || {
        let outside = audit::Outside::default();
        let proof = audit::verify(&*on.app.store, Some(COUNTY), &outside).await.unwrap();
        proof.findings.iter().map(|it| format!("{it}\n")).collect::<String>()
    };
    assert_eq!(proved().await, "");
    let mut tx = on.app.read().await.unwrap();
    let kept = on.app.export_person(&mut *tx, COUNTY, "m1").await.unwrap();
    drop(tx);
    assert_eq!((kept.notice_objections.len(), &*kept.notice_objections[0].text), (1, "少计一次"));
    let mut client = Client::of(&url).await;
    for table in TABLES {
        client.off(table).await;
    }
    for table in TABLES {
        client.run(&format!("CREATE TABLE copy_of_{table} AS SELECT * FROM {table}")).await;
    }
    for (change, words) in CHANGES {
        client.run(change).await;
        let found = proved().await;
        assert!(found.contains(words), "{change}\nlacks: {words}\nfound:\n{found}");
        for table in TABLES {
            client.run(&format!("DELETE FROM {table}")).await;
        }
        for table in TABLES.iter().rev() {
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
