//! What happened, by page and as it happens; and what stands in the way of what comes next.

use std::time::Duration;

use steelyard::proto::v1::{
    self, CandidateStage as Stage, CandidateVerdict::Pass, ReportOutcome, SelectionStep,
};
use tokio::time::timeout;
use tonic::Streaming;

use super::{
    barred,
    cast::{
        ID, answer, applied, begun, cancel, candidate, confirm, consult, decide, examine, file,
        get, pass, post, ranked, recommend,
    },
    on_both, prepared, way,
};
use crate::harness::{COUNTY, Served, by, served_over, violations};

on_both!(
    pages_of_any_size_tell_the_whole,
    a_watch_tells_each_event_once_and_in_order,
    what_stands_in_the_way_is_told_before_the_step,
    cursors_that_were_never_given_are_refused,
);

fn asked(cursor: &str, page_size: i32) -> v1::ListSelectionEventsRequest {
    let (county, selection_id) = (COUNTY.into(), ID.into());
    v1::ListSelectionEventsRequest { county, selection_id, cursor: cursor.into(), page_size }
}

async fn page(on: &Served, who: &str, cursor: &str, size: i32) -> v1::ListSelectionEventsResponse {
    let request = by(who, asked(cursor, size));
    on.selections().list_selection_events(request).await.unwrap().into_inner()
}

async fn pages_of_any_size_tell_the_whole(on: &Served) {
    way::posted(on).await;
    for who in ["department", "xincheng", "k-01", "k-03"] {
        let whole = page(on, who, "", 0).await;
        assert!(!whole.more && !whole.events.is_empty());
        for size in [1, 2, 7] {
            let (mut all, mut cursor) = (Vec::new(), String::new());
            loop {
                let next = page(on, who, &cursor, size).await;
                assert!(next.events.len() <= usize::try_from(size).unwrap());
                all.extend(next.events);
                cursor = next.cursor;
                if !next.more {
                    break;
                }
            }
            assert_eq!((&all, &cursor), (&whole.events, &whole.cursor), "{who} by {size}");
        }
        // From the end nothing more, and the cursor stays good.
        let end = page(on, who, &whole.cursor, 0).await;
        assert_eq!((end.events, end.cursor, end.more), (vec![], whole.cursor.clone(), false));
    }
    let all = page(on, "department", "", 0).await.events;
    let numbers: Vec<_> = all.iter().map(|it| it.number).collect();
    assert_eq!(numbers, (1..=i64::try_from(all.len()).unwrap()).collect::<Vec<_>>());
    let of_one = candidate(on, "department", "b-01").await.unwrap().events;
    let told: Vec<_> = of_one.iter().map(|it| (it.what.as_str(), it.stage())).collect();
    let expected = [
        ("apply", Stage::Applied),
        ("pass", Stage::Passed),
        ("review", Stage::Reviewed),
        ("ranked", Stage::Unspecified),
        ("recommend", Stage::Recommended),
        ("examine", Stage::Examined),
        ("consult", Stage::Consulted),
        ("approve", Stage::Approved),
        ("notice_posted", Stage::Unspecified),
    ];
    assert_eq!(told, expected);
    let posted = of_one.last().unwrap();
    assert_eq!(posted.details["ends_on"], "2023-01-09");
    let first = &of_one[0];
    assert_eq!((&*first.decided_by, &*first.recorded_by), ("secretary", "k-01"));
    assert_eq!(first.evidence[0].form_id, "application_form");
}

type Watch = Streaming<v1::WatchSelectionResponse>;

async fn watched(on: &Served, who: &str, cursor: &str) -> Watch {
    let (county, selection_id) = (COUNTY.into(), ID.into());
    let request = v1::WatchSelectionRequest { county, selection_id, cursor: cursor.into() };
    on.selections().watch_selection(by(who, request)).await.unwrap().into_inner()
}

/// The next `count` events, and the cursor after them.
async fn told(watch: &mut Watch, count: usize) -> (Vec<v1::SelectionEvent>, String) {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    while all.len() < count {
        let message = timeout(Duration::from_secs(10), watch.message()).await.expect("told soon");
        let message = message.unwrap().unwrap();
        all.extend(message.events);
        cursor = message.cursor;
    }
    assert_eq!(all.len(), count);
    (all, cursor)
}

async fn a_watch_tells_each_event_once_and_in_order(on: &Served) {
    begun(on).await;
    let mut whole = watched(on, "department", "").await;
    let mut own = watched(on, "k-02", "").await;
    on.clock.set("2022-11-20T01:00:00Z");
    applied(on, "apply", 1).await.unwrap();
    applied(on, "apply", 2).await.unwrap();
    let (first, cursor) = told(&mut whole, 2).await;
    assert_eq!(first, page(on, "department", "", 0).await.events);
    assert_eq!(told(&mut own, 1).await.0[0].branch_id, "b-02");
    pass(on, "c-01", "pass", &["b-01", "b-02"]).await.unwrap();
    let mut from = watched(on, "department", &cursor).await;
    let rest = told(&mut from, 2).await;
    assert_eq!(rest, told(&mut whole, 2).await);
    let all = [first, rest.0].concat();
    assert_eq!(all, page(on, "department", "", 0).await.events);
    // Nothing more is said until something happens.
    let silence = timeout(Duration::from_millis(2_500), whole.message()).await;
    assert!(silence.is_err(), "{silence:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_over_one_store_tell_the_same() {
    let url = crate::postgres::schema("selections_two_servers").await;
    let on = prepared(&url).await;
    let other = served_over(&url).await;
    begun(&on).await;
    for it in [&on, &other] {
        it.clock.set("2022-11-20T01:00:00Z");
    }
    let mut here = watched(&on, "department", "").await;
    let mut there = watched(&other, "department", "").await;
    for (index, number) in [1, 2, 3, 4, 11, 12].into_iter().enumerate() {
        let at = if index % 2 == 0 { &on } else { &other };
        applied(at, "apply", number).await.unwrap();
    }
    let (first, cursor) = told(&mut here, 6).await;
    assert_eq!((&first, &cursor), (&told(&mut there, 6).await.0, &"6".to_owned()));
    // On from one server's cursor at the other.
    pass(&on, "c-01", "pass", &["b-01", "b-02"]).await.unwrap();
    let mut moved = watched(&other, "department", &cursor).await;
    let rest = told(&mut moved, 2).await;
    assert_eq!((&told(&mut here, 2).await, &told(&mut there, 2).await), (&rest, &rest));
    let numbers: Vec<_> = first.iter().chain(&rest.0).map(|it| it.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
}

/// The step that comes next for a branch, who takes it, and what stands in its way.
async fn next(on: &Served, branch: &str) -> (SelectionStep, String, Vec<String>) {
    let found = candidate(on, "department", branch).await.unwrap().candidate.unwrap();
    for it in &found.obstacles {
        assert!(!it.rule.is_empty() && !it.english.is_empty() && !it.chinese.is_empty(), "{it:?}");
    }
    let (step, by) = (found.next_step(), found.next_by.clone());
    (step, by, found.obstacles.into_iter().map(|it| it.reason).collect())
}

async fn in_the_way_of_all(on: &Served) -> Vec<String> {
    get(on, "department").await.obstacles.into_iter().map(|it| it.reason).collect()
}

async fn what_stands_in_the_way_is_told_before_the_step(on: &Served) {
    use SelectionStep::{
        Consultation, Decision, Examination, Opinion, Recommendation, Unspecified,
    };
    way::reviewed(on).await;
    let clear = Vec::<String>::new;
    let one = |it: &str| vec![it.to_owned()];
    // Streets have free seats, and their day has not come.
    assert_eq!(in_the_way_of_all(on).await, ["CANDIDATES_PENDING", "NOBODY_APPROVED"]);
    let street = "street".to_owned();
    assert_eq!(next(on, "b-01").await, (Recommendation, street.clone(), one("RANKING_MISSING")));
    ranked(on).await;
    assert_eq!(next(on, "b-01").await, (Recommendation, street.clone(), clear()));
    assert_eq!(next(on, "b-05").await.2, ["TIE_OPEN"]);
    assert_eq!(next(on, "b-03").await, (Unspecified, String::new(), clear()), "never applied");
    barred(on, "k-12", "2022-11-20").await;
    assert_eq!(next(on, "b-12").await.2, ["CANDIDATE_VETOED"]);
    applied(on, "apply", 3).await.unwrap();
    assert_eq!(next(on, "b-03").await, (Opinion, "community".into(), clear()));
    on.clock.set("2022-12-11T01:00:00Z");
    assert_eq!(next(on, "b-03").await.2, ["DEADLINE_PASSED"]);
    let all = [("b-01", ""), ("b-02", "")];
    recommend(on, "guishan", "recommend", &all).await.unwrap();
    assert_eq!(next(on, "b-01").await, (Examination, "selection_group".into(), clear()));
    assert_eq!(in_the_way_of_all(on).await, ["CANDIDATES_PENDING", "NOBODY_APPROVED"]);
    let pass = all.map(|it| (it.0, Pass));
    examine(on, "group", "examine", &pass).await.unwrap();
    assert_eq!(next(on, "b-01").await, (Consultation, "organization_department".into(), clear()));
    consult(on, "department", "consult", &["b-01", "b-02"]).await.unwrap();
    assert_eq!(next(on, "b-01").await, (Decision, "standing_committee".into(), clear()));
    decide(on, "committee", "decide", &pass).await.unwrap();
    // Others can still be recommended to a seat that is free.
    let waits = one("CANDIDATES_PENDING");
    assert_eq!(next(on, "b-01").await, (Unspecified, String::new(), waits));
    on.clock.set("2022-12-31T01:00:00Z");
    assert_eq!(next(on, "b-01").await, (Unspecified, String::new(), clear()));
    assert_eq!(in_the_way_of_all(on).await, clear());
    post(on, "post", "2022-12-31").await.unwrap();
    file(on, "department", "report", ("b-02", "2022-12-31")).await.unwrap();
    assert_eq!(in_the_way_of_all(on).await, ["NOTICE_RUNNING", "REPORT_OPEN"]);
    assert_eq!(next(on, "b-01").await.2, ["NOTICE_RUNNING", "REPORT_OPEN"]);
    let counts = get(on, "department").await;
    assert_eq!((counts.reports, counts.open_reports), (1, 1));
    answer(on, "second", "answer", (1, ReportOutcome::NotProven)).await.unwrap();
    on.clock.set("2023-01-10T01:00:00Z");
    // A veto that comes into force meanwhile stands in the way, until the candidacy is cancelled.
    barred(on, "k-02", "2023-01-05").await;
    assert_eq!(in_the_way_of_all(on).await, ["CANDIDATE_VETOED"]);
    cancel(on, "committee", "cancel", &["b-02"]).await.unwrap();
    assert_eq!(in_the_way_of_all(on).await, clear());
    assert_eq!(confirm(on, "confirm").await.unwrap().branch_ids, ["b-01"]);
}

async fn cursors_that_were_never_given_are_refused(on: &Served) {
    begun(on).await;
    let far = on.selections().list_selection_events(by("department", asked("1", 0))).await;
    assert_eq!(violations(&far.unwrap_err())[0].1, "CURSOR_INVALID", "nothing happened yet");
    for cursor in ["x", "-1", "01", "1.", " 1", "99999999999999999999"] {
        let found =
            on.selections().list_selection_events(by("department", asked(cursor, -1))).await;
        let faults = violations(&found.unwrap_err());
        let expected = [("cursor", "CURSOR_INVALID"), ("page_size", "PAGE_SIZE_INVALID")];
        assert_eq!(faults, expected.map(|(path, code)| (path.to_owned(), code.to_owned())));
        let (county, selection_id) = (COUNTY.into(), ID.into());
        let request = v1::WatchSelectionRequest { county, selection_id, cursor: cursor.into() };
        let found = on.selections().watch_selection(by("department", request)).await;
        assert_eq!(violations(&found.unwrap_err()).len(), 1, "{cursor}");
    }
}
