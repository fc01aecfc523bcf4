//! Rows that need what the binary does not offer (yet): a server of this process with TLS, without
//! reflection, with callers, with a handler that panics or is slow.

use std::{
    convert::Infallible,
    future::Future as _,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use steelyard::{
    app::{App, Caller},
    proto,
    server::{self, Serving},
    store,
    transport::{self, Call, Limits, Listening, Methods, Open, Phases, Stage, stack},
};
use tokio::net::TcpListener;
use tonic::{Status, body::Body};
use tower::ServiceExt as _;

use super::tls;
use super::{
    Row,
    frames::Raw,
    messages::{LIST_RUNS, UPSERT, ask, list_runs},
    row,
    wire::{Ask, begun, call, client, framed, heard, sent},
};
use crate::harness::{Named, Standing};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = servers();
    rows.extend(handlers());
    rows
}

/// The whole service in this process.
async fn serving(
    tls: Option<transport::Tls>,
    reflection: bool,
    authenticate: impl Stage,
) -> SocketAddr {
    let store = store::open("sqlite::memory:").await.unwrap();
    let app = App::new(store, Arc::new(Standing::at("2023-01-10T01:00:00Z")), "of the tests");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let serving = Serving { reflection, ..Serving::new(Duration::ZERO, &[], authenticate) };
    let listening = Listening { listener, tls };
    tokio::spawn(server::serve(app, listening, serving, std::future::pending()));
    at
}

/// The transport alone, before a service of the test.
pub(crate) async fn before(service: impl Call, limits: Limits) -> SocketAddr {
    before_tls(service, limits, None).await
}

pub(crate) async fn before_tls(
    service: impl Call,
    limits: Limits,
    tls: Option<transport::Tls>,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let limits = Arc::new(limits);
    let methods = Methods::read(&[proto::DESCRIPTORS], &limits).unwrap();
    let (tell, phases) = Phases::new();
    let calls = stack(service, Open, methods, &limits, phases.clone());
    tokio::spawn(async move {
        let _tell = tell;
        transport::serve(Listening { listener, tls }, limits, calls, phases).await;
    });
    at
}

/// An answer without a message.
pub(crate) fn good() -> Response<Body> {
    Status::new(tonic::Code::Ok, "").into_http()
}

/// Everybody is the same caller.
struct Same;

impl Stage for Same {
    async fn pass<S: Call>(self: Arc<Self>, mut request: Request<Body>, next: S) -> Response<Body> {
        request.extensions_mut().insert(Caller { principal: "same".into(), administrator: true });
        next.oneshot(request).await.unwrap()
    }
}

fn servers() -> Vec<Row> {
    vec![
        row!("A4", "50 hand-shakes of TLS that are never finished", "closed", Slow, |_at| {
            let at = serving(Some(tls::server(None)), true, Named).await;
            let began = Instant::now();
            let mut kept = Vec::new();
            for _ in 0..50 {
                let mut raw = Raw::silent(at, [127, 0, 0, 1]).await;
                // The head of a record of 512 bytes, and one of them.
                raw.say(&[22, 3, 1, 2, 0, 1]).await;
                kept.push(raw);
            }
            let mut seen = Vec::new();
            for raw in &mut kept {
                seen.push(raw.end(Duration::from_secs(15), false).await);
            }
            assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
            assert_eq!(tls::call(at, None).await, "OK", "others are unharmed");
            seen
        }),
        row!("A30", "reflection where it is off", "UNIMPLEMENTED METHOD_UNKNOWN", Slow, |_at| {
            let at = serving(None, false, Named).await;
            let mut seen = Vec::new();
            for version in ["v1", "v1alpha"] {
                let path =
                    format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
                seen.push(call(at, &ask(&path, b"\x3a\x00")).await);
            }
            seen
        }),
        row!(
            "H22",
            "a 65th call at once of one principal",
            "RESOURCE_EXHAUSTED TOO_MANY_CALLS",
            Slow,
            |_at| {
                let at = serving(None, true, Same).await;
                let mut client = client(at, [127, 0, 0, 1]).await;
                let mut kept = Vec::new();
                for _ in 0..65 {
                    let open = Ask { ends: false, ..Ask::of(UPSERT) };
                    kept.push(begun(&mut client, &open).await.unwrap());
                }
                // One of them is answered; the others wait for their messages.
                let refused = std::future::poll_fn(|cx| {
                    let polled = kept.iter_mut().map(|it| Pin::new(&mut it.0).poll(cx));
                    let mut answers: Vec<_> = polled.filter(Poll::is_ready).collect();
                    answers.pop().unwrap_or(Poll::Pending)
                });
                let most = Duration::from_secs(20);
                let refused = tokio::time::timeout(most, refused).await.unwrap();
                let seen = vec![heard(refused.unwrap()).await];
                // Two, since one of them may be the one that was refused.
                kept.truncate(63);
                kept.pop();
                for _ in 0..200 {
                    if sent(&mut client, &ask(LIST_RUNS, &list_runs())).await == "OK" {
                        return seen;
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                vec!["the place was not given back".to_owned()]
            }
        ),
    ]
}

fn handlers() -> Vec<Row> {
    vec![
        row!(
            "B18",
            "a handler that panics, before and within its answer (a handler of the test)",
            "INTERNAL INTERNAL",
            Slow,
            |_at| {
                let service = tower::service_fn(|request: Request<Body>| async move {
                    let path = request.uri().path().to_owned();
                    assert!(!path.ends_with("ListRuns"), "a panic of the test");
                    let frames = tokio_stream::StreamExt::map(tokio_stream::once(()), |()| {
                        assert!(std::hint::black_box(false), "a panic of the test");
                        Ok::<_, Status>(Frame::data(Bytes::new()))
                    });
                    let body = Body::new(StreamBody::new(frames));
                    let broken = path.ends_with("StreamResults");
                    let answer = if broken { Response::new(body) } else { good() };
                    Ok::<_, Infallible>(answer)
                });
                let at = before(service, Limits::default()).await;
                let mut client = client(at, [127, 0, 0, 1]).await;
                let streams = "/steelyard.v1.EvaluationService/StreamResults";
                let seen = vec![
                    sent(&mut client, &ask(LIST_RUNS, &[])).await,
                    sent(&mut client, &ask(streams, &[])).await,
                ];
                let other = "/steelyard.v1.EvaluationService/GetRun";
                assert_eq!(sent(&mut client, &ask(other, &[])).await, "OK", "others are unharmed");
                seen
            }
        ),
        row!(
            "A14.b",
            "20,000 messages of 20 bytes to a handler that reads them a second late",
            "OK",
            Slow,
            |_at| {
                let service = tower::service_fn(|request: Request<Body>| async move {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    let read = request.into_body().collect().await.unwrap().to_bytes();
                    assert_eq!(read.len(), 20_000 * 20);
                    Ok::<_, Infallible>(good())
                });
                let at = before(service, Limits::default()).await;
                let message = framed(&[b'x'; 15]);
                let body = message.repeat(20_000);
                let asked = Ask { part: message.len(), ..Ask::of(UPSERT).bytes(&body) };
                vec![call(at, &asked).await]
            }
        ),
    ]
}
