//! C. What a caller may see and record: what is not theirs is answered like what is not there.

use std::{sync::Arc, time::Duration};

use prost::Message as _;
use steelyard::proto::v1::{self, RecordKind, SubjectKind};

use super::{
    Row,
    credentials::of,
    messages::{GET_RECORD, LIST_FACTS, RECORD_FACTS, UPSERT, ask, unique},
    process::Process,
    row,
    wire::{Ask, Told, begun, call, client, framed, heard, told},
};
use crate::{
    access::county::{deed, records},
    harness::{member, unit},
};

/// A county of its own, with two streets; the clerk has one community of the first.
pub(super) const SCOPED: &str = "scoped";
const GRANT: &str = "/steelyard.v1.AccessService/GrantRole";
const REVOKE: &str = "/steelyard.v1.AccessService/RevokeRole";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = objects();
    rows.extend(batches());
    rows
}

fn granted(principal: &str, role: &str, request_id: &str) -> Vec<u8> {
    let message = v1::GrantRoleRequest {
        county: SCOPED.into(),
        request_id: request_id.into(),
        principal: principal.into(),
        role_id: role.into(),
        unit: Some(v1::RecordRef { kind: RecordKind::Community.into(), id: "c-1".into() }),
        reason: "目录".into(),
        ..Default::default()
    };
    message.encode_to_vec()
}

/// The county, and the clerk's role; the same every time.
pub(super) async fn prepared(at: &Process) {
    let message = v1::UpsertRecordsRequest {
        county: SCOPED.into(),
        request_id: "scoped".into(),
        records: records(SCOPED),
    };
    assert_eq!(call(at.address, &ask(UPSERT, &message.encode_to_vec())).await, "OK");
    let grant = granted("clerk", "community", "scoped-clerk");
    assert_eq!(call(at.address, &ask(GRANT, &grant)).await, "OK");
}

/// What the clerk is told.
async fn clerk(at: &Arc<Process>, path: &str, message: &[u8]) -> Told {
    told(at.address, &of(at.tokens(), "clerk", ask(path, message))).await
}

fn record_of(id: &str) -> Vec<u8> {
    let message = v1::GetRecordRequest {
        county: SCOPED.into(),
        kind: RecordKind::Member.into(),
        id: id.into(),
        ..Default::default()
    };
    message.encode_to_vec()
}

fn facts_of(id: &str) -> Vec<u8> {
    let message = v1::ListFactsRequest {
        county: SCOPED.into(),
        subject: Some(v1::SubjectRef { kind: SubjectKind::Member.into(), id: id.into() }),
        page_size: 1_000,
        ..Default::default()
    };
    message.encode_to_vec()
}

fn objects() -> Vec<Row> {
    vec![
        row!(
            "C17.a",
            "a record, and the facts of a subject, of a sibling street",
            "PERMISSION_DENIED PERMISSION_DENIED",
            Cheap,
            |at| {
                prepared(&at).await;
                assert_eq!(clerk(&at, GET_RECORD, &record_of("m-in")).await.end, "OK");
                assert_eq!(clerk(&at, LIST_FACTS, &facts_of("m-in")).await.end, "OK");
                vec![
                    clerk(&at, GET_RECORD, &record_of("m-sib")).await.end,
                    clerk(&at, LIST_FACTS, &facts_of("m-sib")).await.end,
                ]
            }
        ),
        row!(
            "C18",
            "the same of what does not exist: the same bytes",
            "PERMISSION_DENIED PERMISSION_DENIED",
            Cheap,
            |at| {
                prepared(&at).await;
                let foreign = clerk(&at, GET_RECORD, &record_of("m-sib")).await;
                let absent = [
                    clerk(&at, GET_RECORD, &record_of("m-none")).await,
                    clerk(&at, LIST_FACTS, &facts_of("m-none")).await,
                ];
                let mut seen = Vec::new();
                for told in absent {
                    assert_eq!(told, foreign);
                    seen.push(told.end);
                }
                seen
            }
        ),
        row!(
            "C19.a",
            "the caller's own id in full-width, with a space at an end",
            "INVALID_ARGUMENT ID_INVALID",
            Cheap,
            |at| {
                prepared(&at).await;
                let mut seen = Vec::new();
                for id in ["ｍ-in", "m-ｉn", "m-in ", " m-in", "m－in"] {
                    seen.push(clerk(&at, GET_RECORD, &record_of(id)).await.end);
                }
                seen
            }
        ),
        row!(
            "C19.b",
            "the caller's own id in other case, which is another id",
            "PERMISSION_DENIED PERMISSION_DENIED",
            Cheap,
            |at| {
                prepared(&at).await;
                vec![
                    clerk(&at, GET_RECORD, &record_of("M-IN")).await.end,
                    clerk(&at, GET_RECORD, &record_of("m-In")).await.end,
                ]
            }
        ),
        row!(
            "C22",
            "ballots asked for by a role that is not shown them",
            "PERMISSION_DENIED PERMISSION_DENIED",
            Cheap,
            |at| {
                prepared(&at).await;
                let mut message = v1::ListFactsRequest::decode(&facts_of("m-in")[..]).unwrap();
                message.kinds = vec![v1::FactKind::Ballot.into()];
                vec![clerk(&at, LIST_FACTS, &message.encode_to_vec()).await.end]
            }
        ),
    ]
}

fn batches() -> Vec<Row> {
    vec![
        row!(
            "C20",
            "a batch of 100 own facts and a foreign one: nothing is stored",
            "PERMISSION_DENIED PERMISSION_DENIED",
            Cheap,
            |at| {
                prepared(&at).await;
                let count = async |id: &str| {
                    let all = told(at.address, &ask(LIST_FACTS, &facts_of(id))).await;
                    all.message::<v1::ListFactsResponse>().facts.len()
                };
                let before = (count("m-in").await, count("m-sib").await);
                let mut facts = vec![deed(SubjectKind::Member, "m-in"); 100];
                facts.push(deed(SubjectKind::Member, "m-sib"));
                let message = v1::RecordFactsRequest {
                    county: SCOPED.into(),
                    request_id: unique("foreign"),
                    facts,
                };
                let seen = clerk(&at, RECORD_FACTS, &message.encode_to_vec()).await.end;
                assert_eq!((count("m-in").await, count("m-sib").await), before);
                vec![seen]
            }
        ),
        row!(
            "C21",
            "an own record put below a foreign one; a foreign one put below an own",
            "PERMISSION_DENIED PERMISSION_DENIED",
            Cheap,
            |at| {
                prepared(&at).await;
                let below = |kind, id, above: &str, of| {
                    let above = v1::RecordRef { kind: i32::from(of), id: above.into() };
                    let record = v1::RegistryRecord {
                        effective_from: crate::harness::date("2022-06-01"),
                        ..unit(kind, id, Some(above))
                    };
                    let message = v1::UpsertRecordsRequest {
                        county: SCOPED.into(),
                        request_id: unique("moved"),
                        records: vec![record],
                    };
                    message.encode_to_vec()
                };
                vec![
                    clerk(
                        &at,
                        UPSERT,
                        &below(RecordKind::Compound, "k-1", "c-2", RecordKind::Community),
                    )
                    .await
                    .end,
                    clerk(
                        &at,
                        UPSERT,
                        &below(RecordKind::Compound, "k-2", "c-1", RecordKind::Community),
                    )
                    .await
                    .end,
                    clerk(
                        &at,
                        UPSERT,
                        &below(RecordKind::Compound, "k-new", "c-2", RecordKind::Community),
                    )
                    .await
                    .end,
                ]
            }
        ),
        row!(
            "C23",
            "a role that is taken away between two messages of a stream",
            "PERMISSION_DENIED PERMISSION_DENIED",
            Cheap,
            |at| {
                prepared(&at).await;
                let who = unique("leaver");
                let grant = granted(&who, "community", &who);
                assert_eq!(call(at.address, &ask(GRANT, &grant)).await, "OK");
                let message = |id: &str| {
                    let record = v1::RegistryRecord {
                        detail: Some(v1::registry_record::Detail::Member(v1::Member {
                            status: v1::MemberStatus::InService.into(),
                            compound_id: "k-1".into(),
                            ..Default::default()
                        })),
                        ..member(id)
                    };
                    let message = v1::UpsertRecordsRequest {
                        county: SCOPED.into(),
                        request_id: unique("leaver"),
                        records: vec![record],
                    };
                    framed(&message.encode_to_vec())
                };
                let mut client = client(at.address, [127, 0, 0, 1]).await;
                let open = Ask { ends: false, ..of(at.tokens(), &who, Ask::of(UPSERT)) };
                let (answer, mut stream) = begun(&mut client, &open).await.unwrap();
                let (first, second) = (unique("m-new"), unique("m-new"));
                stream.send_data(message(&first).into(), false).unwrap();
                let there = ask(GET_RECORD, &record_of(&first));
                while call(at.address, &there).await != "OK" {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                let revoke = v1::RevokeRoleRequest {
                    county: SCOPED.into(),
                    request_id: unique("revoke"),
                    principal: who,
                    role_id: "community".into(),
                    unit: Some(v1::RecordRef {
                        kind: RecordKind::Community.into(),
                        id: "c-1".into(),
                    }),
                    reason: "目录".into(),
                };
                let revoke = ask(REVOKE, &revoke.encode_to_vec());
                assert_eq!(call(at.address, &revoke).await, "OK");
                stream.send_data(message(&second).into(), true).unwrap();
                let seen = heard(answer.await.unwrap()).await;
                let there = call(at.address, &ask(GET_RECORD, &record_of(&second))).await;
                assert_eq!(there, "NOT_FOUND NOT_FOUND");
                vec![seen]
            }
        ),
    ]
}
