//! H. The same again: members twice in a batch, request ids used again, at once, after a restart.

use std::time::Duration;

use prost::Message as _;
use steelyard::proto::v1::{self, SubjectKind};

use super::{
    Row,
    credentials::of,
    messages::{LIST_FACTS, RECORD_FACTS, UPSERT, ask, county, facts, metric, one, unique, upsert},
    process::Process,
    row, sight,
    wire::{Told, call, client, code, framed, told, told_on},
};
use crate::{
    access::county::deed,
    harness::{COUNTY, entry, member, record_facts},
};

const REVERSE: &str = "/steelyard.v1.FactService/ReverseFact";
const START_RUN: &str = "/steelyard.v1.EvaluationService/StartRun";
const GRANT: &str = "/steelyard.v1.AccessService/GrantRole";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = batches();
    rows.extend(missing_ids());
    rows.extend(again());
    rows.extend(natural_keys());
    rows
}

/// The refused items of a message of records: each like a status; the sentences of all are answered
/// too.
fn refused(told: &Told) -> (Vec<String>, String) {
    let answer: v1::UpsertRecordsResponse = told.message();
    let named = |it: &v1::ItemStatus| format!("{} {}", code(it.code.into()), it.reason);
    let text = |it: &v1::ItemStatus| it.text.clone().unwrap_or_default().en;
    let items = &answer.items;
    (items.iter().map(named).collect(), items.iter().map(text).collect::<Vec<_>>().join("\n"))
}

/// How many facts of a member there are.
pub(super) async fn count(at: &Process, id: &str) -> usize {
    let message = v1::ListFactsRequest {
        county: COUNTY.into(),
        subject: Some(v1::SubjectRef { kind: SubjectKind::Member.into(), id: id.into() }),
        page_size: 1_000,
        ..Default::default()
    };
    let mut message = message;
    let mut found = 0;
    loop {
        let page = told(at.address, &ask(LIST_FACTS, &message.encode_to_vec())).await;
        let page: v1::ListFactsResponse = page.message();
        found += page.facts.len();
        if page.next_page_token.is_empty() {
            return found;
        }
        message.page_token = page.next_page_token;
    }
}

/// A fact out of a record of another system.
fn from_source(record: &str, value: &str) -> v1::Fact {
    v1::Fact { source: "old".into(), source_record: record.into(), ..metric(value) }
}

fn batches() -> Vec<Row> {
    vec![
        row!(
            "H1.a",
            "one member twice in a batch of records, the same or different: each names both places",
            "INVALID_ARGUMENT DUPLICATE_IN_BATCH",
            Cheap,
            |at| {
                let mut seen = vec![];
                for name in ["名称 m-twice", "另一名称"] {
                    let other = v1::RegistryRecord { name: name.into(), ..member("m-twice") };
                    let both = upsert(&unique("twice"), vec![member("m-twice"), other]);
                    let (items, text) = refused(&told(at.address, &ask(UPSERT, &both)).await);
                    assert_eq!(items.len(), 2);
                    assert!(text.contains("records[0], records[1]"), "{text}");
                    seen.extend(items);
                }
                seen
            }
        ),
        row!(
            "H1.b",
            "one record of a source twice in a batch of facts, the same or different: both places are named",
            "INVALID_ARGUMENT DUPLICATE_IN_BATCH",
            Cheap,
            |at| {
                let mut seen = vec![];
                for other in ["1.5", "2.5"] {
                    let both = vec![from_source("r-1", "1.5"), from_source("r-1", other)];
                    let both = record_facts(&unique("twice"), both).encode_to_vec();
                    let told = told(at.address, &ask(RECORD_FACTS, &both)).await;
                    assert!(told.text().contains("facts[0], facts[1]"), "{}", told.text());
                    seen.push(told.end);
                }
                seen
            }
        ),
        row!(
            "H2",
            "one member under two spellings of the id in a batch: the spelling is none",
            "INVALID_ARGUMENT ID_INVALID",
            Cheap,
            |at| {
                assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
                let spelled =
                    ["m１", "m1 "].map(|id| v1::RegistryRecord { id: id.into(), ..member("m1") });
                let all = [vec![member("m1")], spelled.to_vec()].concat();
                let both = upsert(&unique("spelled"), all);
                let (items, _) = refused(&told(at.address, &ask(UPSERT, &both)).await);
                assert_eq!(items.len(), 2);
                items
            }
        ),
        row!(
            "H4.a",
            "one bad fact of 500, 150 of them: nothing is stored, the bad are named",
            "INVALID_ARGUMENT DECIMAL_INVALID",
            Cheap,
            |at| {
                assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
                let before = count(&at, "m2").await;
                let mut seen = vec![];
                for bad in [1, 150] {
                    let mut all = vec![entry("m2", "volunteering", "2022-03-01"); 500];
                    for it in &mut all[250..250 + bad] {
                        it.fact = metric("1e5").fact;
                    }
                    let all = record_facts(&unique("bad"), all).encode_to_vec();
                    let told = told(at.address, &ask(RECORD_FACTS, &all)).await;
                    let text = told.text();
                    assert!(text.contains("facts[250].metric.value"), "{text}");
                    assert_eq!(told.faults, bad);
                    assert!(told.status[2].len() < 8 * 1024, "it fits into the trailers");
                    seen.push(told.end);
                }
                assert_eq!(count(&at, "m2").await, before);
                seen
            }
        ),
        row!(
            "H4.b",
            "one bad record of 500: it is refused and the others are stored",
            "INVALID_ARGUMENT TEXT_INVALID",
            Cheap,
            |at| {
                assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
                let mut all: Vec<_> = (0..500).map(|it| member(&format!("m-bad-{it}"))).collect();
                all[250].name = "a\nb".into();
                let told = told(at.address, &ask(UPSERT, &upsert(&unique("bad"), all))).await;
                let (items, _) = refused(&told);
                let answer: v1::UpsertRecordsResponse = told.message();
                let counts = answer.counts.unwrap();
                assert_eq!((counts.recorded + counts.unchanged, counts.refused), (499, 1));
                assert_eq!(answer.items[0].item_index, 250);
                items
            }
        ),
    ]
}

fn missing_ids() -> Vec<Row> {
    vec![row!(
        "H5",
        "a write without a request id; one of 65 characters; one with controls, spaces, wide characters",
        "INVALID_ARGUMENT REQUEST_ID_INVALID",
        Cheap,
        |at| {
            let mut seen = Vec::new();
            let mut client = client(at.address, [127, 0, 0, 1]).await;
            for id in ["", &"x".repeat(65), "a\0", "a\nb", "a b", " a", "ａ", "\u{7f}"] {
                let reverse = v1::ReverseFactRequest {
                    county: COUNTY.into(),
                    request_id: id.into(),
                    fact_id: "f1".into(),
                    reason: "x".into(),
                    recorded_by: "clerk".into(),
                    evidence: Vec::new(),
                };
                let start = v1::StartRunRequest {
                    county: COUNTY.into(),
                    request_id: id.into(),
                    scheme_id: "a".into(),
                    period: "2022".into(),
                    ..Default::default()
                };
                let grant = v1::GrantRoleRequest {
                    county: COUNTY.into(),
                    request_id: id.into(),
                    principal: "a".into(),
                    role_id: "auditor".into(),
                    unit: crate::harness::reference(v1::RecordKind::County, COUNTY),
                    reason: "x".into(),
                    ..Default::default()
                };
                for (path, message) in [
                    (RECORD_FACTS, facts(id, 1).encode_to_vec()),
                    (UPSERT, upsert(id, vec![member("m1")])),
                    (REVERSE, reverse.encode_to_vec()),
                    (START_RUN, start.encode_to_vec()),
                    (GRANT, grant.encode_to_vec()),
                ] {
                    seen.push(told_on(&mut client, &ask(path, &message)).await.end);
                }
            }
            seen
        }
    )]
}

/// The answers to one message from so many connections at once.
pub(super) async fn at_once(at: &Process, path: &'static str, messages: Vec<Vec<u8>>) -> Vec<Told> {
    let address = at.address;
    let sent: Vec<_> = messages
        .into_iter()
        .map(|it| tokio::spawn(async move { told(address, &ask(path, &it)).await }))
        .collect();
    let mut all = Vec::new();
    for it in sent {
        all.push(it.await.unwrap());
    }
    all
}

fn again() -> Vec<Row> {
    vec![
        row!(
            "H6.a",
            "a write under one id from four connections at once, and later: the same bytes, stored once",
            "OK",
            Cheap,
            |at| {
                assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
                let members = upsert("again", vec![member("m-again")]);
                assert_eq!(call(at.address, &ask(UPSERT, &members)).await, "OK");
                let before = count(&at, "m-again").await;
                let mut seen = Vec::new();
                let twice = vec![entry("m-again", "volunteering", "2022-03-01"); 2];
                let same = record_facts(&unique("same"), twice).encode_to_vec();
                let mut all = at_once(&at, RECORD_FACTS, vec![same.clone(); 4]).await;
                all.push(told(at.address, &ask(RECORD_FACTS, &same)).await);
                assert_eq!(count(&at, "m-again").await, before + 2);
                for it in &all {
                    assert_eq!(it, &all[0]);
                    seen.push(it.end.clone());
                }
                let (id, name) = (unique("same"), unique("m-same"));
                let same = upsert(&id, vec![member(&name)]);
                let all = at_once(&at, UPSERT, vec![same; 4]).await;
                // Which of them was stored and which repeated is told, and nothing else differs.
                for it in all {
                    let counts = it.message::<v1::UpsertRecordsResponse>().counts.unwrap();
                    assert_eq!((counts.recorded, counts.unchanged, counts.refused), (1, 0, 0));
                    seen.push(it.end);
                }
                seen
            }
        ),
        row!(
            "H6.b",
            "a write under one id before and after a restart: the same bytes, stored once",
            "OK",
            Slow,
            |_at| {
                let first = Process::start(&[]);
                assert_eq!(call(first.address, &ask(UPSERT, &county("county"))).await, "OK");
                let same = facts("before", 2).encode_to_vec();
                let before = told(first.address, &ask(RECORD_FACTS, &same)).await;
                let folder = first.folder.clone();
                first.stop(Duration::from_secs(20));
                drop(first);
                let second = Process::over(folder, &[]);
                let after = told(second.address, &ask(RECORD_FACTS, &same)).await;
                assert_eq!(after, before);
                assert_eq!(count(&second, "m1").await, 2);
                vec![before.end, after.end]
            }
        ),
        row!(
            "H7",
            "one id for another message, for another method",
            "ALREADY_EXISTS REQUEST_ID_REUSED",
            Cheap,
            |at| {
                assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
                let id = unique("used");
                let first = ask(RECORD_FACTS, &facts(&id, 1).encode_to_vec());
                assert_eq!(call(at.address, &first).await, "OK");
                let other = upsert(&id, vec![member("m1")]);
                vec![
                    call(at.address, &ask(RECORD_FACTS, &facts(&id, 2).encode_to_vec())).await,
                    call(at.address, &ask(UPSERT, &other)).await,
                ]
            }
        ),
        row!("H8", "one id of two principals, for different messages", "OK", Cheap, |at| {
            sight::prepared(&at).await;
            let id = unique("shared");
            let message = |count: usize| {
                let facts = vec![deed(SubjectKind::Member, "m-in"); count];
                v1::RecordFactsRequest {
                    county: sight::SCOPED.into(),
                    request_id: id.clone(),
                    facts,
                }
                .encode_to_vec()
            };
            let mut seen = Vec::new();
            for _ in 0..2 {
                seen.push(call(at.address, &ask(RECORD_FACTS, &message(1))).await);
                let clerk = of(at.tokens(), "clerk", ask(RECORD_FACTS, &message(2)));
                seen.push(call(at.address, &clerk).await);
            }
            seen
        }),
        row!(
            "H18",
            "a whole write that is reset while it is stored, at several moments; repeated: stored once",
            "OK",
            Cheap,
            |at| {
                assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
                let members = upsert("gone", vec![member("m-gone")]);
                assert_eq!(call(at.address, &ask(UPSERT, &members)).await, "OK");
                let mut seen = Vec::new();
                for pause in [0, 1, 3, 10] {
                    let before = count(&at, "m-gone").await;
                    let message = record_facts(
                        &unique("gone"),
                        vec![entry("m-gone", "volunteering", "2022-03-01"); 2],
                    );
                    let message = message.encode_to_vec();
                    let mut client = client(at.address, [127, 0, 0, 1]).await;
                    let asked =
                        super::wire::Ask { ends: false, ..super::wire::Ask::of(RECORD_FACTS) };
                    let (_answer, mut stream) =
                        super::wire::begun(&mut client, &asked).await.unwrap();
                    stream.send_data(framed(&message).into(), true).unwrap();
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    stream.send_reset(h2::Reason::CANCEL);
                    let first = told(at.address, &ask(RECORD_FACTS, &message)).await;
                    let second = told(at.address, &ask(RECORD_FACTS, &message)).await;
                    assert_eq!(first, second);
                    assert_eq!(count(&at, "m-gone").await, before + 2);
                    seen.push(first.end);
                }
                seen
            }
        ),
    ]
}

fn natural_keys() -> Vec<Row> {
    vec![
        row!(
            "H10.a",
            "another id for the same record of a source: it is there already, under its id",
            "OK",
            Cheap,
            |at| {
                assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
                let record = unique("r");
                let mut ids = Vec::new();
                let mut seen = Vec::new();
                for state in [v1::ItemState::Recorded, v1::ItemState::Unchanged] {
                    let message = one(from_source(&record, "1.5"));
                    let told = told(at.address, &ask(RECORD_FACTS, &message)).await;
                    let item = told.message::<v1::RecordFactsResponse>().items[0].clone();
                    assert_eq!(item.state(), state);
                    ids.push(item.id);
                    seen.push(told.end);
                }
                assert_eq!(ids[0], ids[1]);
                seen
            }
        ),
        row!(
            "H10.b",
            "another id for a record of a source with other content: the item, with the id that is there",
            "ALREADY_EXISTS SOURCE_RECORD_EXISTS",
            Cheap,
            |at| {
                assert_eq!(call(at.address, &ask(UPSERT, &county("county"))).await, "OK");
                let record = unique("r");
                let mut ids = Vec::new();
                let mut seen = Vec::new();
                for value in ["1.5", "2.5"] {
                    let message = one(from_source(&record, value));
                    let told = told(at.address, &ask(RECORD_FACTS, &message)).await;
                    let item = told.message::<v1::RecordFactsResponse>().items[0].clone();
                    ids.push(item.id.clone());
                    seen.push(format!("{} {}", code(item.code.into()), item.reason));
                }
                assert_eq!(ids[0], ids[1]);
                seen.split_off(1)
            }
        ),
    ]
}
