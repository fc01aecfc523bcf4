//! B. What a message may hold that is no message, and deadlines that are none.

use prost::Message as _;
use steelyard::proto::v1;

use super::{
    Row,
    messages::{
        CHECK, GET_RECORD, LIST_FACTS, LIST_RUNS, RECORD_FACTS, UPSERT, ask, county, facts, field,
        get_record, list_runs, unique, upsert,
    },
    row,
    wire::{Ask, call},
};
use crate::harness::{COUNTY, member};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = wires();
    rows.extend(values());
    rows.extend(counts());
    rows.extend(deadlines());
    rows
}

/// Unknown groups within each other.
fn groups(depth: usize) -> Vec<u8> {
    // Field 15: what none of the messages here has.
    [vec![0x7b; depth], vec![0x7c; depth]].concat()
}

fn wires() -> Vec<Row> {
    vec![
        row!(
            "B1",
            "bytes that are no UTF-8 in a text",
            "INVALID_ARGUMENT MESSAGE_MALFORMED",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                // The last is half a surrogate pair.
                for text in [b"\xff".as_slice(), b"a\x80", b"\xed\xa0\x80"] {
                    seen.push(call(at.address, &ask(LIST_RUNS, &field(1, text))).await);
                }
                seen
            }
        ),
        row!(
            "B2",
            "a message cut short, a number cut short, tag 0, a wrong wire type, a wrong end of a group",
            "INVALID_ARGUMENT MESSAGE_MALFORMED",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                for message in [
                    b"\x0a\x07xin".as_slice(),
                    b"\x28\xff\xff",
                    b"\x00\x01",
                    b"\x08\x01",
                    b"\x7b\x84\x01",
                    b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
                ] {
                    seen.push(call(at.address, &ask(LIST_RUNS, message)).await);
                }
                seen
            }
        ),
        row!("B3.a", "groups 100 deep", "OK", Cheap, |at| {
            let message = [list_runs(), groups(100)].concat();
            vec![call(at.address, &ask(LIST_RUNS, &message)).await]
        }),
        row!(
            "B3.b",
            "groups 101 and 100,000 deep",
            "INVALID_ARGUMENT MESSAGE_MALFORMED",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                for depth in [101, 100_000] {
                    let message = [list_runs(), groups(depth)].concat();
                    seen.push(call(at.address, &ask(LIST_RUNS, &message)).await);
                }
                seen
            }
        ),
        row!(
            "B6",
            "unknown fields and groups; repeated without them under the same id",
            "OK",
            Cheap,
            |at| {
                let id = unique("unknown");
                let plain = facts(&id, 1).encode_to_vec();
                let known = [plain.clone(), field(14, b"?"), groups(2)].concat();
                vec![
                    call(at.address, &ask(UPSERT, &county("county"))).await,
                    call(at.address, &ask(RECORD_FACTS, &known)).await,
                    call(at.address, &ask(RECORD_FACTS, &plain)).await,
                ]
            }
        ),
        row!(
            "B7",
            "a field twice: the last one holds; repeated without the first",
            "OK",
            Cheap,
            |at| {
                let id = unique("twice");
                let plain = facts(&id, 1).encode_to_vec();
                let twice = [field(1, b"nowhere"), plain.clone()].concat();
                vec![
                    call(at.address, &ask(UPSERT, &county("county"))).await,
                    call(at.address, &ask(RECORD_FACTS, &twice)).await,
                    call(at.address, &ask(RECORD_FACTS, &plain)).await,
                ]
            }
        ),
        row!(
            "B8",
            "two messages where one is taken",
            "INVALID_ARGUMENT MESSAGE_COUNT",
            Cheap,
            |at| {
                let twice = ask(LIST_RUNS, &list_runs()).message(&list_runs());
                vec![
                    call(at.address, &twice).await,
                    call(at.address, &Ask { part: 3, ..twice }).await,
                ]
            }
        ),
        row!(
            "B9.a",
            "no message where one is taken",
            "INVALID_ARGUMENT MESSAGE_COUNT",
            Cheap,
            |at| {
                vec![
                    call(at.address, &Ask::of(LIST_RUNS)).await,
                    call(at.address, &Ask::of(CHECK)).await,
                ]
            }
        ),
        row!("B9.b", "an end within a message", "INVALID_ARGUMENT MESSAGE_CUT", Cheap, |at| {
            vec![
                call(at.address, &Ask::of(LIST_RUNS).bytes(&[0, 0])).await,
                call(at.address, &Ask::of(LIST_RUNS).bytes(&[0, 0, 0, 0, 9, 10])).await,
                call(at.address, &Ask::of(UPSERT).bytes(&[0, 0, 0, 0, 9, 10])).await,
            ]
        }),
        row!(
            "B14",
            "a packed list that ends within a number",
            "INVALID_ARGUMENT MESSAGE_MALFORMED",
            Cheap,
            |at| {
                let message = [list_runs(), field(3, &[1, 0x80])].concat();
                vec![call(at.address, &ask(LIST_FACTS, &message)).await]
            }
        ),
    ]
}

fn values() -> Vec<Row> {
    vec![
        row!(
            "B4",
            "a number that an enum does not have",
            "INVALID_ARGUMENT ENUM_UNSPECIFIED",
            Cheap,
            |at| {
                let asked = v1::GetRecordRequest { kind: 99, ..get_record("m1") };
                let negative = v1::GetRecordRequest { kind: -1, ..get_record("m1") };
                vec![
                    call(at.address, &ask(GET_RECORD, &asked.encode_to_vec())).await,
                    call(at.address, &ask(GET_RECORD, &negative.encode_to_vec())).await,
                ]
            }
        ),
        row!(
            "B5",
            "an enum left out where it is needed",
            "INVALID_ARGUMENT ENUM_UNSPECIFIED",
            Cheap,
            |at| {
                let asked = v1::GetRecordRequest { kind: 0, ..get_record("m1") };
                vec![call(at.address, &ask(GET_RECORD, &asked.encode_to_vec())).await]
            }
        ),
        row!(
            "B10.a",
            "a choice set twice: the last one holds; repeated without the first",
            "OK",
            Cheap,
            |at| {
                let id = unique("choice");
                let good = facts(&id, 1);
                // The choice before the good one, which comes after it on the wire.
                let other = v1::Fact {
                    fact: Some(v1::fact::Fact::Veto(v1::Veto::default())),
                    ..Default::default()
                };
                let both = [other.encode_to_vec(), good.facts[0].encode_to_vec()].concat();
                let alone =
                    v1::RecordFactsRequest { facts: vec![], ..good.clone() }.encode_to_vec();
                let twice = [alone, field(3, &both)].concat();
                vec![
                    call(at.address, &ask(UPSERT, &county("county"))).await,
                    call(at.address, &ask(RECORD_FACTS, &twice)).await,
                    call(at.address, &ask(RECORD_FACTS, &good.encode_to_vec())).await,
                ]
            }
        ),
        row!(
            "B10.b",
            "a choice that is not set",
            "INVALID_ARGUMENT FACT_KIND_MISSING",
            Cheap,
            |at| {
                let mut message = facts(&unique("choice"), 1);
                message.facts[0].fact = None;
                vec![call(at.address, &ask(RECORD_FACTS, &message.encode_to_vec())).await]
            }
        ),
        row!(
            "B11",
            "a message left out that is needed",
            "INVALID_ARGUMENT SUBJECT_MISSING",
            Cheap,
            |at| {
                let mut message = facts(&unique("inner"), 1);
                message.facts[0].subject = None;
                vec![call(at.address, &ask(RECORD_FACTS, &message.encode_to_vec())).await]
            }
        ),
    ]
}

fn counts() -> Vec<Row> {
    vec![
        row!(
            "B12",
            "half a million empty records in 1 MiB",
            "INVALID_ARGUMENT MESSAGE_TOO_COMPLEX",
            Cheap,
            |at| {
                let empty = field(3, b"").repeat(500_000);
                vec![
                    call(at.address, &ask(UPSERT, &empty)).await,
                    call(at.address, &ask(RECORD_FACTS, &empty)).await,
                ]
            }
        ),
        row!(
            "B13",
            "a map with 100,000 keys",
            "INVALID_ARGUMENT MESSAGE_TOO_COMPLEX",
            Cheap,
            |at| {
                let entries: Vec<u8> = (0..100_000_u32)
                    .flat_map(|it| field(7, &field(1, format!("{it:05}").as_bytes())))
                    .collect();
                let record = [member("m1").encode_to_vec(), entries].concat();
                let message = [upsert(&unique("map"), vec![]), field(3, &record)].concat();
                assert_eq!(message[2..9], *COUNTY.as_bytes());
                vec![call(at.address, &ask(UPSERT, &message)).await]
            }
        ),
    ]
}

fn deadlines() -> Vec<Row> {
    vec![
        row!(
            "B15",
            "a `grpc-timeout` of `-5S`, `abc`, nine digits, a decimal, a space, nothing; two of them",
            "INVALID_ARGUMENT TIMEOUT_INVALID",
            Cheap,
            |at| {
                let good = ask(LIST_RUNS, &list_runs());
                let mut seen = Vec::new();
                for value in ["-5S", "abc", "123456789S", "1.5S", "5 S", "", "5", "S", "5s"] {
                    seen.push(call(at.address, &good.clone().header("grpc-timeout", value)).await);
                }
                let mut twice = good.header("grpc-timeout", "5S");
                twice.headers.push(("grpc-timeout".to_owned(), "5S".to_owned()));
                seen.push(call(at.address, &twice).await);
                seen
            }
        ),
        row!(
            "B16.a",
            "a write with a `grpc-timeout` of 0n, 1n, 999u",
            "DEADLINE_EXCEEDED DEADLINE_EXCEEDED",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                for value in ["0n", "1n", "999u", "0H"] {
                    let message = facts(TOO_LATE, 1).encode_to_vec();
                    let asked = ask(RECORD_FACTS, &message).header("grpc-timeout", value);
                    seen.push(call(at.address, &asked).await);
                }
                seen
            }
        ),
        row!("B16.b", "another write under the id of one that was too late", "OK", Cheap, |at| {
            // Had any been stored, the id would be taken for another message.
            let message = facts(TOO_LATE, 2).encode_to_vec();
            vec![
                call(at.address, &ask(UPSERT, &county("county"))).await,
                call(at.address, &ask(RECORD_FACTS, &message)).await,
            ]
        }),
        row!("B17", "a `grpc-timeout` of 99999999H", "OK", Cheap, |at| {
            let asked = ask(LIST_RUNS, &list_runs()).header("grpc-timeout", "99999999H");
            vec![call(at.address, &asked).await]
        }),
    ]
}

/// The request id of writes that are too late.
const TOO_LATE: &str = "too-late";
