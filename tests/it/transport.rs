//! The limits of connections and calls, with small ones: one less, exactly, one more.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use steelyard::transport::{Limits, Peer};
use tokio::sync::Semaphore;
use tokio_stream::{StreamExt as _, wrappers::IntervalStream};
use tonic::{Status, body::Body};

use crate::catalogue::{
    frames::Raw,
    here::{before, before_tls, good},
    tls,
    wire::{Ask, call, called, client, framed, sent},
};

const GET: &str = "/steelyard.v1.EvaluationService/GetRun";
const WATCH: &str = "/steelyard.v1.EvaluationService/WatchRun";
const LONG: Duration = Duration::from_secs(20);

fn ask(path: &str) -> Ask {
    Ask::of(path).message(&[])
}

async fn always_good(limits: Limits) -> std::net::SocketAddr {
    before(tower::service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(good()) }), limits)
        .await
}

/// Whether a new connection from there is taken: it is asked, since being closed takes a moment.
async fn taken(at: std::net::SocketAddr, from: [u8; 4]) -> Option<Raw> {
    let mut raw = Raw::open(at, from, &[]).await;
    raw.next().await.map(|_| raw)
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_another_its_own() {
    let limits = Limits { connections_per_address: 2, ..Limits::default() };
    let at = always_good(limits).await;
    let first = taken(at, [127, 0, 0, 1]).await;
    let second = taken(at, [127, 0, 0, 1]).await;
    assert!(first.is_some() && second.is_some());
    assert!(taken(at, [127, 0, 0, 1]).await.is_none(), "a third");
    assert_eq!(called(at, [127, 0, 0, 2], &ask(GET)).await, "OK");
    drop(first);
    let mut again = None;
    for _ in 0..200 {
        again = taken(at, [127, 0, 0, 1]).await;
        if again.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(again.is_some(), "the place was not given back");
}

#[tokio::test]
async fn there_are_so_many_connections_in_total() {
    let at = always_good(Limits { connections: 2, ..Limits::default() }).await;
    let first = taken(at, [127, 0, 0, 1]).await;
    let second = taken(at, [127, 0, 0, 2]).await;
    assert!(first.is_some() && second.is_some());
    assert!(taken(at, [127, 0, 0, 3]).await.is_none(), "a third");
}

#[tokio::test]
async fn a_connection_without_calls_is_told_to_go_and_one_with_a_call_is_not() {
    let held = Arc::new(Semaphore::new(0));
    let waits = held.clone();
    let service = tower::service_fn(move |_: Request<Body>| {
        let waits = waits.clone();
        async move {
            waits.acquire().await.unwrap().forget();
            Ok::<_, Infallible>(good())
        }
    });
    let at =
        before(service, Limits { idle: Duration::from_millis(300), ..Limits::default() }).await;
    let busy = tokio::spawn(async move { call(at, &ask(GET)).await });
    let mut idle = Raw::open(at, [127, 0, 0, 1], &[]).await;
    // Once so that what is on its way still comes, and once more with the last that came.
    for end in ["GOAWAY NO_ERROR", "GOAWAY NO_ERROR", "closed"] {
        assert_eq!(idle.end(LONG, true).await, end);
    }
    assert!(!busy.is_finished());
    held.add_permits(1);
    assert_eq!(busy.await.unwrap(), "OK");
}

#[tokio::test]
async fn the_process_has_so_many_calls_and_gives_their_places_back() {
    let held = Arc::new(Semaphore::new(0));
    let (waits, begun) = (held.clone(), Arc::new(Semaphore::new(0)));
    let began = begun.clone();
    let service = tower::service_fn(move |_: Request<Body>| {
        let (waits, began) = (waits.clone(), began.clone());
        async move {
            began.add_permits(1);
            waits.acquire().await.unwrap().forget();
            Ok::<_, Infallible>(good())
        }
    });
    let at = before(service, Limits { calls: 2, ..Limits::default() }).await;
    let calls: Vec<_> =
        (0..2).map(|_| tokio::spawn(async move { call(at, &ask(GET)).await })).collect();
    begun.acquire_many(2).await.unwrap().forget();
    assert_eq!(call(at, &ask(GET)).await, "RESOURCE_EXHAUSTED TOO_MANY_CALLS");
    held.add_permits(3);
    for call in calls {
        assert_eq!(call.await.unwrap(), "OK");
    }
    assert_eq!(call(at, &ask(GET)).await, "OK");
}

#[tokio::test]
async fn a_message_may_be_as_large_as_the_limit_and_no_larger() {
    let service = tower::service_fn(|request: Request<Body>| async move {
        let read = http_body_util::BodyExt::collect(request.into_body()).await;
        // What the body says is what the library answers.
        Ok::<_, Infallible>(read.map_or_else(Status::into_http, |_| good()))
    });
    let at = before(service, Limits { message: 100, ..Limits::default() }).await;
    let of = |length: usize| Ask::of(GET).message(&vec![b'x'; length]);
    assert_eq!(call(at, &of(99)).await, "OK");
    assert_eq!(call(at, &of(100)).await, "OK");
    assert_eq!(call(at, &of(101)).await, "RESOURCE_EXHAUSTED MESSAGE_TOO_LARGE");
    // In parts of any size.
    for part in [1, 4, 5, 6, 105] {
        assert_eq!(call(at, &Ask { part, ..of(100) }).await, "OK", "{part}");
        let twice = Ask { part, ..of(100).bytes(&framed(b"y")) };
        assert_eq!(call(at, &twice).await, "INVALID_ARGUMENT MESSAGE_COUNT", "{part}");
    }
}

fn streaming<S>(frames: S) -> Response<Body>
where
    S: tokio_stream::Stream<Item = Result<Frame<Bytes>, Status>> + Send + 'static,
{
    Response::new(Body::new(StreamBody::new(frames)))
}

#[tokio::test]
async fn a_stream_ends_at_its_deadline_whether_it_pauses_or_not() {
    let service = tower::service_fn(|request: Request<Body>| async move {
        let part = || Ok(Frame::data(Bytes::from(framed(&[b'x'; 1_000]))));
        let pauses = request.headers().contains_key("x-pauses");
        let every = Duration::from_millis(if pauses { 100 } else { 1 });
        let ticks = IntervalStream::new(tokio::time::interval(every));
        let answer = if pauses {
            streaming(ticks.map(move |_| part()))
        } else {
            streaming(tokio_stream::iter(std::iter::repeat(())).map(move |()| part()))
        };
        Ok::<_, Infallible>(answer)
    });
    let at = before(service, Limits::default()).await;
    let asked = ask(WATCH).header("grpc-timeout", "500m");
    let late = "DEADLINE_EXCEEDED DEADLINE_EXCEEDED";
    assert_eq!(call(at, &asked).await, late);
    assert_eq!(call(at, &asked.header("x-pauses", "1")).await, late);
}

#[tokio::test]
async fn a_handler_that_hangs_is_dropped_at_the_deadline() {
    struct Dropped(Arc<Semaphore>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.add_permits(1);
        }
    }
    let gone = Arc::new(Semaphore::new(0));
    let told = gone.clone();
    let service = tower::service_fn(move |_: Request<Body>| {
        let dropped = Dropped(told.clone());
        async move {
            std::future::pending::<()>().await;
            drop(dropped);
            Ok::<_, Infallible>(good())
        }
    });
    let at = before(service, Limits::default()).await;
    let asked = ask(GET).header("grpc-timeout", "200m");
    assert_eq!(call(at, &asked).await, "DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
    let dropped = tokio::time::timeout(LONG, gone.acquire()).await;
    assert!(dropped.is_ok(), "the handler goes on");
}

#[tokio::test]
async fn what_the_library_says_without_details_gets_ours_in_headers_and_in_trailers() {
    let service = tower::service_fn(|request: Request<Body>| async move {
        if !request.headers().contains_key("x-begun") {
            return Ok(Status::internal("failed to decode Protobuf message").into_http());
        }
        let mut trailers = http::HeaderMap::new();
        Status::out_of_range("encoded message length too large").add_header(&mut trailers).unwrap();
        let frames = [Ok(Frame::data(Bytes::from(framed(b"x")))), Ok(Frame::trailers(trailers))];
        Ok::<_, Infallible>(streaming(tokio_stream::iter(frames)))
    });
    let at = before(service, Limits::default()).await;
    let mut client = client(at, [127, 0, 0, 1]).await;
    assert_eq!(sent(&mut client, &ask(GET)).await, "INVALID_ARGUMENT MESSAGE_MALFORMED");
    let begun = ask(GET).header("x-begun", "1");
    assert_eq!(sent(&mut client, &begun).await, "RESOURCE_EXHAUSTED ANSWER_TOO_LARGE");
}

#[tokio::test]
async fn a_request_says_where_it_comes_from_and_by_which_certificate() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = seen.clone();
    let service = tower::service_fn(move |request: Request<Body>| {
        let peer = request.extensions().get::<Peer>().unwrap().clone();
        kept.lock().unwrap().push(peer);
        async { Ok::<_, Infallible>(good()) }
    });
    let at = before(service.clone(), Limits::default()).await;
    assert_eq!(called(at, [127, 0, 0, 9], &ask(GET)).await, "OK");
    let authority = tls::Authority::new();
    let certificate = authority.client();
    let der = tls::der(&certificate);
    let at = before_tls(service, Limits::default(), Some(tls::server(Some(&authority)))).await;
    assert_eq!(tls::call(at, Some(certificate)).await, "OK");
    let seen = seen.lock().unwrap();
    assert_eq!(
        (seen[0].address.ip().to_string().as_str(), &seen[0].certificate),
        ("127.0.0.9", &None)
    );
    assert_eq!(seen[1].certificate.as_deref(), Some(der.as_slice()));
}

#[test]
fn what_is_no_certificate_is_told() {
    use steelyard::transport::Tls;
    let (good, key) = tls::own();
    let fails = |chain: &str, key: &str, clients: Option<&str>| {
        let made = Tls::new(chain.as_bytes(), key.as_bytes(), clients.map(str::as_bytes));
        made.unwrap_err().to_string()
    };
    assert!(fails("", key, None).contains("no certificate"));
    assert!(fails(good, "", None).starts_with("the key: "));
    assert!(fails(good, key, Some("")).starts_with("the clients' certificate authority: "));
    assert!(fails(good, &tls::Authority::new().client().1, None).contains("key"));
}
