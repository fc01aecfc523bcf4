//! H. Pages, moments and runs while others write; a store that somebody else holds.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use prost::Message as _;
use sqlx::Connection as _;
use steelyard::proto::v1;

use super::{
    Row,
    credentials::of,
    messages::{LIST_RECORDS, RECORD_FACTS, UPSERT, ask, county, facts, get_record, unique},
    process::{Folder, Process},
    repeats::{at_once, count},
    row, sight,
    wire::{call, told},
};
use crate::{
    access::county::records,
    harness::{COUNTY, member},
};

const GET_RUN: &str = "/steelyard.v1.EvaluationService/GetRun";
const WATCH_RUN: &str = "/steelyard.v1.EvaluationService/WatchRun";
const WATCH_RESULTS: &str = "/steelyard.v1.EvaluationService/WatchResults";
const START_RUN: &str = "/steelyard.v1.EvaluationService/StartRun";
const PUBLISH: &str = "/steelyard.v1.EvaluationService/PublishRun";
const PUBLISH_SCHEME: &str = "/steelyard.v1.SchemeService/PublishScheme";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = held();
    rows.extend(pages());
    rows.extend(runs());
    rows
}

/// A county whose pages nobody else writes into.
const PAGED: &str = "paged";

/// Holds the file of a store against every other writer.
struct Holder(sqlx::SqliteConnection);

impl Holder {
    async fn of(folder: &Folder) -> Self {
        let mut db = sqlx::SqliteConnection::connect(&folder.store()).await.unwrap();
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut db).await.unwrap();
        Self(db)
    }

    async fn let_go(mut self) {
        sqlx::raw_sql("ROLLBACK").execute(&mut self.0).await.unwrap();
        self.0.close().await.unwrap();
    }
}

fn held() -> Vec<Row> {
    vec![
        row!(
            "H9",
            "a write while somebody else has held the store for longer than two seconds; the same id later is stored",
            "ABORTED CONTENDED",
            Slow,
            |_at| {
                let at = Process::start(&[]);
                assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
                let holder = Holder::of(&at.folder).await;
                let message = ask(RECORD_FACTS, &facts("waits", 1).encode_to_vec());
                let began = Instant::now();
                let refused = told(at.address, &message).await;
                assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
                assert!(refused.text().contains("google.rpc.RetryInfo"), "{}", refused.text());
                holder.let_go().await;
                assert_eq!(call(at.address, &message).await, "OK");
                assert_eq!(count(&at, "m1").await, 1);
                vec![refused.end]
            }
        ),
        row!(
            "H19",
            "a deadline that passes within a write: all or nothing; the same id settles it",
            "DEADLINE_EXCEEDED DEADLINE_EXCEEDED",
            Slow,
            |_at| {
                let at = Process::start(&[]);
                assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
                let mut seen = Vec::new();
                for number in 0..3 {
                    let holder = Holder::of(&at.folder).await;
                    let message = facts(&format!("late-{number}"), 2).encode_to_vec();
                    let message = ask(RECORD_FACTS, &message);
                    let late = message.clone().header("grpc-timeout", "300m");
                    seen.push(call(at.address, &late).await);
                    holder.let_go().await;
                    let first = told(at.address, &message).await;
                    assert_eq!(first.end, "OK");
                    assert_eq!(told(at.address, &message).await, first);
                    assert_eq!(count(&at, "m1").await, 2 * (number + 1));
                }
                seen
            }
        ),
    ]
}

fn listed(page_size: i32, page_token: &str) -> v1::ListRecordsRequest {
    v1::ListRecordsRequest {
        county: sight::SCOPED.into(),
        kind: v1::RecordKind::Member.into(),
        page_size,
        page_token: page_token.into(),
        ..Default::default()
    }
}

async fn page(at: &Arc<Process>, request: &v1::ListRecordsRequest) -> v1::ListRecordsResponse {
    told(at.address, &ask(LIST_RECORDS, &request.encode_to_vec())).await.message()
}

fn pages() -> Vec<Row> {
    vec![
        row!(
            "H15",
            "a page token that is made up, cut, changed, of another caller, filter, method or service",
            "INVALID_ARGUMENT PAGE_TOKEN_INVALID",
            Slow,
            |at| {
                sight::prepared(&at).await;
                let token = page(&at, &listed(1, "")).await.next_page_token;
                assert!(!token.is_empty());
                let cut = |from: usize, until: usize| token.get(from..until).unwrap().to_owned();
                let end = token.len();
                let last = if token.ends_with('0') { "1" } else { "0" };
                let changed = format!("{}{last}", cut(0, end - 1));
                let first = if token.starts_with('0') { "1" } else { "0" };
                let mut seen = Vec::new();
                for wrong in [
                    "x",
                    "00",
                    &"0".repeat(80),
                    &cut(0, end - 2),
                    &cut(0, 20),
                    &cut(2, end),
                    &changed,
                    &format!("{first}{}", cut(1, end)),
                    &format!("{token}00"),
                    &token.to_uppercase(),
                    "'; DROP TABLE facts; --",
                ] {
                    let asked = ask(LIST_RECORDS, &listed(1, wrong).encode_to_vec());
                    seen.push(call(at.address, &asked).await);
                }
                let same = ask(LIST_RECORDS, &listed(1, &token).encode_to_vec());
                seen.push(call(at.address, &of(at.tokens(), "clerk", same.clone())).await);
                let filtered = v1::ListRecordsRequest {
                    parent: Some(v1::RecordRef {
                        kind: v1::RecordKind::Compound.into(),
                        id: "k-1".into(),
                    }),
                    ..listed(1, &token)
                };
                let other = v1::ListRecordsRequest { county: COUNTY.into(), ..listed(1, &token) };
                for message in [filtered, other] {
                    seen.push(call(at.address, &ask(LIST_RECORDS, &message.encode_to_vec())).await);
                }
                let grants = v1::ListGrantsRequest {
                    county: sight::SCOPED.into(),
                    page_token: token.clone(),
                    ..Default::default()
                };
                let path = "/steelyard.v1.AccessService/ListGrants";
                seen.push(call(at.address, &ask(path, &grants.encode_to_vec())).await);
                let elsewhere = Arc::new(Process::start(&[]));
                sight::prepared(&elsewhere).await;
                seen.push(call(elsewhere.address, &same).await);
                assert_eq!(call(at.address, &same).await, "OK", "where it comes from it is good");
                seen
            }
        ),
        row!(
            "H16",
            "a page token used again after others wrote: the list of the first page, without gap or double",
            "OK",
            Slow,
            |at| {
                let message = v1::UpsertRecordsRequest {
                    county: PAGED.into(),
                    request_id: "paged".into(),
                    records: records(PAGED),
                };
                let stored = call(at.address, &ask(UPSERT, &message.encode_to_vec())).await;
                assert_eq!(stored, "OK");
                let listed = |size, token: &str| v1::ListRecordsRequest {
                    county: PAGED.into(),
                    ..listed(size, token)
                };
                let ids = |page: &v1::ListRecordsResponse| -> Vec<String> {
                    page.records.iter().map(|it| it.id.clone()).collect()
                };
                let whole = ids(&page(&at, &listed(0, "")).await);
                let first = page(&at, &listed(1, "")).await;
                let mut all = ids(&first);
                let mut token = first.next_page_token;
                // Before, between and after what is there.
                for id in ["a-first", "m-in-between", "z-last"] {
                    let record = v1::RegistryRecord {
                        detail: Some(v1::registry_record::Detail::Member(v1::Member {
                            status: v1::MemberStatus::InService.into(),
                            compound_id: "k-1".into(),
                            ..Default::default()
                        })),
                        ..member(id)
                    };
                    let message = v1::UpsertRecordsRequest {
                        county: PAGED.into(),
                        request_id: unique("between"),
                        records: vec![record],
                    };
                    let stored = call(at.address, &ask(UPSERT, &message.encode_to_vec())).await;
                    assert_eq!(stored, "OK");
                }
                while !token.is_empty() {
                    let request = listed(1, &token);
                    let next = page(&at, &request).await;
                    assert_eq!(page(&at, &request).await, next, "the same again");
                    all.extend(ids(&next));
                    token = next.next_page_token;
                }
                assert_eq!(all, whole);
                let now = ids(&page(&at, &listed(0, "")).await);
                assert_eq!(now.len(), whole.len() + 3);
                vec!["OK".to_owned()]
            }
        ),
        row!(
            "H17",
            "a reading as of a moment that has not come",
            "INVALID_ARGUMENT KNOWN_AT_IN_FUTURE",
            Cheap,
            |at| {
                assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
                let seconds = super::tokens::now() + 3_600;
                let known_at = Some(prost_types::Timestamp { seconds, nanos: 0 });
                let asked = v1::GetRecordRequest { known_at, ..get_record("m1") };
                let list =
                    v1::ListRecordsRequest { county: COUNTY.into(), known_at, ..listed(0, "") };
                vec![
                    call(at.address, &ask(super::messages::GET_RECORD, &asked.encode_to_vec()))
                        .await,
                    call(at.address, &ask(LIST_RECORDS, &list.encode_to_vec())).await,
                ]
            }
        ),
    ]
}

/// A computed run of a scheme that has no facts to ask for.
async fn computed(at: &Process, scheme: &str, name: &str) -> String {
    assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
    let document = format!(
        "
steelyard: scheme/v1
id: {scheme}
version: 1
title: 目录
subject: member
period: year
in_force: {{from: 2022-01-01}}
score:
  id: root
  out_of: 100
  base: 50
  sum:
    - {{id: deeds, counted: {{points: 2}}}}
"
    );
    let publish = v1::PublishSchemeRequest {
        county: COUNTY.into(),
        request_id: format!("publish-{scheme}"),
        document: document.into(),
    };
    let publish = ask(PUBLISH_SCHEME, &publish.encode_to_vec());
    assert_eq!(call(at.address, &publish).await, "OK");
    let start = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("{scheme}-{name}"),
        scheme_id: scheme.into(),
        period: "2022".into(),
        ..Default::default()
    };
    let started = told(at.address, &ask(START_RUN, &start.encode_to_vec())).await;
    let run_id = started.message::<v1::StartRunResponse>().run.unwrap().run_id;
    let asked = v1::GetRunRequest { county: COUNTY.into(), run_id: run_id.clone() };
    let asked = ask(GET_RUN, &asked.encode_to_vec());
    for _ in 0..1_200 {
        let run = told(at.address, &asked).await.message::<v1::GetRunResponse>().run.unwrap();
        if run.state() == v1::RunState::Computed {
            return run_id;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{run_id} is not computed");
}

fn publication(run_id: &str, request_id: &str) -> Vec<u8> {
    let (run_id, request_id) = (run_id.to_owned(), request_id.to_owned());
    v1::PublishRunRequest { county: COUNTY.into(), request_id, run_id }.encode_to_vec()
}

fn runs() -> Vec<Row> {
    vec![
        row!(
            "H12",
            "a publication that was refused, repeated under its id: the same refusal",
            "FAILED_PRECONDITION RUN_PUBLISHED_ALREADY",
            Slow,
            |at| {
                let first = computed(&at, "catalogue.refused", "1").await;
                let second = computed(&at, "catalogue.refused", "2").await;
                let publish = ask(PUBLISH, &publication(&first, "h12-first"));
                assert_eq!(call(at.address, &publish).await, "OK");
                let late = ask(PUBLISH, &publication(&second, "h12-second"));
                let refused = told(at.address, &late).await;
                let again = told(at.address, &late).await;
                assert_eq!(refused, again);
                vec![refused.end, again.end]
            }
        ),
        row!(
            "H20",
            "one run published by four at once under ids of their own: one is let in, the others are refused",
            "1 OK, 3 FAILED_PRECONDITION RUN_NOT_COMPUTED",
            Slow,
            |at| {
                let run = computed(&at, "catalogue.raced", "1").await;
                let all = (0..4).map(|it| publication(&run, &format!("h20-{it}"))).collect();
                let mut ends: Vec<_> =
                    at_once(&at, PUBLISH, all).await.into_iter().map(|it| it.end).collect();
                ends.sort();
                ends.reverse();
                let good = ends.iter().filter(|it| *it == "OK").count();
                ends.retain(|it| it != "OK");
                let refused = ends.len();
                ends.dedup();
                vec![format!("{good} OK, {refused} {}", ends.join(" "))]
            }
        ),
        row!(
            "H20.b",
            "two runs of one scheme and period published at once, four times over: one is let in",
            "OK",
            Slow,
            |at| {
                let mut seen = Vec::new();
                for number in 0..4 {
                    let scheme = format!("catalogue.two-{number}");
                    let runs =
                        [computed(&at, &scheme, "1").await, computed(&at, &scheme, "2").await];
                    let all = runs.iter().enumerate();
                    let all = all.map(|(n, it)| publication(it, &format!("h20b-{number}-{n}")));
                    let mut ends: Vec<_> = at_once(&at, PUBLISH, all.collect())
                        .await
                        .into_iter()
                        .map(|it| it.end)
                        .collect();
                    ends.sort();
                    let expected = ["FAILED_PRECONDITION RUN_PUBLISHED_ALREADY", "OK"];
                    assert_eq!(ends, expected);
                    seen.extend(ends.pop());
                }
                seen
            }
        ),
        row!(
            "H21.a",
            "a watch of what is no id of a run",
            "INVALID_ARGUMENT ID_INVALID",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                for run_id in ["", "a b", "run-1\n", "'; --"] {
                    let message =
                        v1::WatchRunRequest { county: COUNTY.into(), run_id: run_id.into() };
                    seen.push(call(at.address, &ask(WATCH_RUN, &message.encode_to_vec())).await);
                }
                seen
            }
        ),
        row!(
            "H21.b",
            "a watch of a run that is not there",
            "NOT_FOUND RUN_NOT_FOUND",
            Cheap,
            |at| {
                let run_id = "run-of-nobody".to_owned();
                let message = v1::WatchRunRequest { county: COUNTY.into(), run_id };
                vec![call(at.address, &ask(WATCH_RUN, &message.encode_to_vec())).await]
            }
        ),
        row!("H21.c", "a watch of a run that is done: its end, at once", "OK", Slow, |at| {
            let run_id = computed(&at, "catalogue.watched", "1").await;
            let message = v1::WatchRunRequest { county: COUNTY.into(), run_id };
            let told = told(at.address, &ask(WATCH_RUN, &message.encode_to_vec())).await;
            let progress = told.message::<v1::WatchRunResponse>().progress.unwrap();
            assert_eq!(progress.state(), v1::RunState::Computed);
            vec![told.end]
        }),
        row!(
            "H21.d",
            "a watch of results from what is no cursor of the county",
            "INVALID_ARGUMENT CURSOR_INVALID",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                let long = "9".repeat(100_000);
                for cursor in
                    ["0", "1.", "-1-00000000.", "999999-00000000:m1", "'; --", "\u{0}", &long]
                {
                    let (county, cursor) = (COUNTY.into(), cursor.into());
                    let message = v1::WatchResultsRequest { county, cursor, ..Default::default() };
                    seen.push(
                        call(at.address, &ask(WATCH_RESULTS, &message.encode_to_vec())).await,
                    );
                }
                seen
            }
        ),
    ]
}
