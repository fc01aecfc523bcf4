//! A. What a request looks like, before its message is read.

use std::time::Duration;

use super::{
    Row,
    frames::{END_HEADERS, END_STREAM, Ended, HEADERS, RST_STREAM, Raw, frame, headers, of_call},
    messages::{LIST_RUNS, RECORD_FACTS, UPSERT, ask, county, facts, list_runs, unique},
    row,
    wire::{Ask, begun, call, client, framed},
};
use prost::Message as _;

const MIB: usize = 1024 * 1024;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = paths();
    rows.extend(shapes());
    rows.extend(sizes());
    rows
}

fn paths() -> Vec<Row> {
    vec![
        row!(
            "A17",
            "a header name in upper case; an unknown pseudo-header",
            "GOAWAY PROTOCOL_ERROR",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                for wrong in [("X-Upper", "1"), (":colour", "red")] {
                    let mut all = headers(&[wrong]);
                    all.extend(of_call(at.address, LIST_RUNS));
                    if !wrong.0.starts_with(':') {
                        all = of_call(at.address, LIST_RUNS);
                        all.extend(headers(&[wrong]));
                    }
                    let mut raw = Raw::open(at.address, [127, 0, 0, 1], &[]).await;
                    raw.say(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &all)).await;
                    seen.push(raw.end(Duration::from_secs(10), true).await);
                }
                seen
            }
        ),
        row!("A18", "a path without a slash", "RST_STREAM PROTOCOL_ERROR", Cheap, |at| {
            let mut raw = Raw::open(at.address, [127, 0, 0, 1], &[]).await;
            let all = of_call(at.address, "steelyard.v1.EvaluationService/ListRuns");
            raw.say(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &all)).await;
            vec![raw.end(Duration::from_secs(10), true).await]
        }),
        row!(
            "A19",
            "`//service/Method`, a slash at the end, another case, percent-encoded",
            "UNIMPLEMENTED METHOD_UNKNOWN",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                for path in [
                    format!("/{LIST_RUNS}"),
                    format!("{LIST_RUNS}/"),
                    LIST_RUNS.to_lowercase(),
                    LIST_RUNS.replace("List", "%4Cist"),
                    LIST_RUNS.replace("/ListRuns", "%2FListRuns"),
                    format!("/.{LIST_RUNS}"),
                    "/".to_owned(),
                ] {
                    seen.push(call(at.address, &ask(&path, &list_runs())).await);
                }
                seen
            }
        ),
        row!("A20", "a query after the path", "UNIMPLEMENTED METHOD_UNKNOWN", Cheap, |at| {
            let with = [format!("{LIST_RUNS}?x=1"), format!("{LIST_RUNS}?")];
            vec![
                call(at.address, &ask(&with[0], &list_runs())).await,
                call(at.address, &ask(&with[1], &list_runs())).await,
            ]
        }),
        row!(
            "A21",
            "an unknown service, an unknown method",
            "UNIMPLEMENTED METHOD_UNKNOWN",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                for path in ["/no.such.Service/Get", "/steelyard.v1.EvaluationService/Drop"] {
                    seen.push(call(at.address, &ask(path, &list_runs())).await);
                }
                seen
            }
        ),
    ]
}

fn shapes() -> Vec<Row> {
    vec![
        row!(
            "A22.a",
            "`content-type` of `application/json`, `text/plain`, `application/grpc-web`, none",
            "HTTP 415",
            Cheap,
            |at| {
                let good = ask(LIST_RUNS, &list_runs());
                let mut seen = vec![call(at.address, &good.clone().without("content-type")).await];
                for kind in [
                    "application/json",
                    "text/plain",
                    "application/grpc-web",
                    "application/grpc+json",
                    "application/grpcx",
                ] {
                    let asked = good.clone().header("content-type", kind);
                    seen.push(call(at.address, &asked).await);
                }
                seen
            }
        ),
        row!("A22.b", "GET, PUT, DELETE, OPTIONS, HEAD, PATCH", "HTTP 405", Cheap, |at| {
            let mut seen = Vec::new();
            for method in ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"] {
                let asked = Ask { method, ..ask(LIST_RUNS, &list_runs()) };
                seen.push(call(at.address, &asked).await);
            }
            let head = Ask { method: "HEAD", ..Ask::of(LIST_RUNS) };
            seen.push(call(at.address, &head).await);
            seen
        }),
        row!("A22.c", "POST with an `origin`", "HTTP 415", Cheap, |at| {
            let asked = ask(LIST_RUNS, &list_runs()).header("origin", "https://example.test");
            vec![call(at.address, &asked).await]
        }),
        row!(
            "A22.d",
            "`application/grpc+proto`, with parameters, in capitals",
            "OK",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                for kind in [
                    "application/grpc",
                    "application/grpc+proto",
                    "application/grpc;charset=utf-8",
                    "Application/GRPC ; a=b",
                ] {
                    let asked = ask(LIST_RUNS, &list_runs()).header("content-type", kind);
                    seen.push(call(at.address, &asked).await);
                }
                seen
            }
        ),
        row!("A23", "`grpc-encoding: br`", "UNIMPLEMENTED ENCODING_UNKNOWN", Cheap, |at| {
            let asked = ask(LIST_RUNS, &list_runs()).header("grpc-encoding", "br");
            vec![call(at.address, &asked).await]
        }),
        row!(
            "A24",
            "a message marked as compressed, without an encoding or with `identity`",
            "INVALID_ARGUMENT MESSAGE_COMPRESSED",
            Cheap,
            |at| {
                let mut message = framed(&list_runs());
                message[0] = 1;
                let asked = Ask::of(LIST_RUNS).bytes(&message);
                vec![
                    call(at.address, &asked).await,
                    call(at.address, &asked.header("grpc-encoding", "identity")).await,
                ]
            }
        ),
        row!(
            "A25",
            "48 KB of gzip that would be 50 MB",
            "UNIMPLEMENTED ENCODING_UNKNOWN",
            Cheap,
            |at| {
                let mut message = framed(&vec![0; 48 * 1024]);
                message[0] = 1;
                let asked = Ask::of(LIST_RUNS).bytes(&message).header("grpc-encoding", "gzip");
                vec![call(at.address, &asked).await]
            }
        ),
    ]
}

fn sizes() -> Vec<Row> {
    vec![
        row!(
            "A26.a",
            "a message of 1 MiB + 1, of 4 MiB + 1, a length of 4 GiB - 1",
            "RESOURCE_EXHAUSTED MESSAGE_TOO_LARGE",
            Cheap,
            |at| {
                let mut seen = Vec::new();
                for length in [MIB + 1, 4 * MIB + 1] {
                    seen.push(call(at.address, &ask(RECORD_FACTS, &vec![0; length])).await);
                }
                for method in [RECORD_FACTS, "/steelyard.v1.SchemeService/CheckScheme"] {
                    let asked = Ask::of(method).bytes(&[0, 255, 255, 255, 255, 1, 2, 3]);
                    seen.push(call(at.address, &Ask { ends: false, ..asked }).await);
                }
                seen
            }
        ),
        row!(
            "A26.b",
            "a message of exactly 1 MiB, which is no message",
            "INVALID_ARGUMENT MESSAGE_MALFORMED",
            Cheap,
            |at| { vec![call(at.address, &ask(RECORD_FACTS, &vec![0; MIB])).await] }
        ),
        row!("A27", "20 KiB of headers", "HTTP 431", Cheap, |at| {
            let asked = ask(LIST_RUNS, &list_runs()).header("x-long", &"x".repeat(20 * 1024));
            vec![call(at.address, &asked).await]
        }),
        row!(
            "A29",
            "half a batch, then a reset; a whole one without an end, then a reset; then another of the same request id",
            "OK",
            Cheap,
            |at| {
                let mut seen = vec![call(at.address, &ask(UPSERT, &county("county"))).await];
                for whole in [false, true] {
                    let id = unique("reset");
                    let message = framed(&facts(&id, 2).encode_to_vec());
                    let sent = if whole { message.len() } else { message.len() / 2 };
                    let mut client = client(at.address, [127, 0, 0, 1]).await;
                    let asked = Ask { ends: false, ..Ask::of(RECORD_FACTS) };
                    let (_answer, mut stream) = begun(&mut client, &asked).await.unwrap();
                    stream.send_data(message[..sent].to_vec().into(), false).unwrap();
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    stream.send_reset(h2::Reason::CANCEL);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    // Had the first been stored, the id would be taken.
                    let other = ask(RECORD_FACTS, &facts(&id, 1).encode_to_vec());
                    seen.push(call(at.address, &other).await);
                }
                seen
            }
        ),
        row!(
            "A20.b",
            "a fragment after the path: it is dropped before anything sees it",
            "HEADERS",
            Cheap,
            |at| {
                let mut raw = Raw::open(at.address, [127, 0, 0, 1], &[]).await;
                let all = of_call(at.address, &format!("{LIST_RUNS}#f"));
                raw.say(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &all)).await;
                let wanted =
                    |it: &super::frames::Frame| it.kind == HEADERS || it.kind == RST_STREAM;
                let told = raw.until(Duration::from_secs(10), true, wanted).await;
                vec![match told {
                    Ended::Frame(it) if it.kind == HEADERS => "HEADERS".to_owned(),
                    other @ (Ended::Frame(_) | Ended::Closed | Ended::Open) => {
                        format!("{other:?}")
                    }
                }]
            }
        ),
    ]
}
