//! C and H. What one caller may ask for, as far as it needs no credentials.

use prost::Message as _;
use steelyard::proto::v1;

use super::{
    Row,
    messages::{CHECK, LIST_RECORDS, RECORD_FACTS, UPSERT, WATCH, ask, facts, unique, upsert},
    row,
    wire::{Ask, begun, call, called, client},
};
use crate::harness::{COUNTY, member};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!("C25.a", "a health check without credentials", "OK", Cheap, |at| {
            let named = v1_health("steelyard.v1.FactService");
            let bare = |message: &[u8]| Ask { anonymous: true, ..ask(CHECK, message) };
            vec![call(at.address, &bare(&[])).await, call(at.address, &bare(&named)).await]
        }),
        row!(
            "C25.b",
            "the health of a service that is not there",
            "NOT_FOUND SERVICE_UNKNOWN",
            Cheap,
            |at| { vec![call(at.address, &ask(CHECK, &v1_health("no.such.Service"))).await] }
        ),
        row!(
            "C25.c",
            "a 17th health watch of one address",
            "RESOURCE_EXHAUSTED TOO_MANY_WATCHES",
            Slow,
            |at| {
                let from = [127, 0, 1, 25];
                let mut kept = Vec::new();
                for _ in 0..16 {
                    let mut client = client(at.address, from).await;
                    let (answer, stream) =
                        begun(&mut client, &Ask { ends: false, ..Ask::of(WATCH) }).await.unwrap();
                    let mut stream = stream;
                    stream.send_data(super::wire::framed(&[]).into(), true).unwrap();
                    let answer = answer.await.unwrap();
                    assert!(!answer.headers().contains_key("grpc-status"), "{answer:?}");
                    kept.push((client, answer));
                }
                let seen = vec![called(at.address, from, &ask(WATCH, &[])).await];
                drop(kept);
                seen
            }
        ),
        row!("H3.a", "a batch of nothing", "INVALID_ARGUMENT BATCH_EMPTY", Cheap, |at| {
            vec![
                call(at.address, &ask(RECORD_FACTS, &facts(&unique("none"), 0).encode_to_vec()))
                    .await,
                call(at.address, &ask(UPSERT, &upsert(&unique("none"), vec![]))).await,
            ]
        }),
        row!("H3.b", "501 in a message", "INVALID_ARGUMENT BATCH_TOO_LARGE", Cheap, |at| {
            let records = (0..501).map(|it| member(&format!("m-{it}"))).collect();
            vec![
                call(at.address, &ask(RECORD_FACTS, &facts(&unique("many"), 501).encode_to_vec()))
                    .await,
                call(at.address, &ask(UPSERT, &upsert(&unique("many"), records))).await,
            ]
        }),
        row!("H14.a", "a `page_size` of -1", "INVALID_ARGUMENT PAGE_SIZE_INVALID", Cheap, |at| {
            vec![call(at.address, &ask(LIST_RECORDS, &page(-1))).await]
        }),
        row!("H14.b", "a `page_size` of 0, of 1,000,000,000", "OK", Cheap, |at| {
            vec![
                call(at.address, &ask(LIST_RECORDS, &page(0))).await,
                call(at.address, &ask(LIST_RECORDS, &page(1_000_000_000))).await,
            ]
        }),
    ]
}

fn v1_health(service: &str) -> Vec<u8> {
    tonic_health::pb::HealthCheckRequest { service: service.into() }.encode_to_vec()
}

fn page(page_size: i32) -> Vec<u8> {
    let message = v1::ListRecordsRequest {
        county: COUNTY.into(),
        kind: v1::RecordKind::Member.into(),
        page_size,
        ..Default::default()
    };
    message.encode_to_vec()
}
