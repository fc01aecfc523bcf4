//! By stream: from the beginning, then as it happens, through whichever server.

use std::time::Duration;

use steelyard::{
    app::App,
    proto::{
        self,
        v1::{self, RecordKind, evaluation_service_client::EvaluationServiceClient},
    },
    server::{self, Serving},
    store,
    transport::{Limits, Methods},
};
use tokio::{net::TcpListener, time::timeout};
use tonic::{Code, Streaming};

use super::world::{
    address, asked, computed, county, first, grant, publish, revoke, second, short, told,
};
use crate::harness::{COUNTY, Named, Served, by, reason, served_over};

/// Longer than a watch may take to tell of what another server published.
const SOON: Duration = Duration::from_secs(10);

type Watch = Streaming<v1::WatchResultsResponse>;

async fn watched(served: &Served, who: Option<&str>, cursor: &str) -> Watch {
    let request = v1::WatchResultsRequest {
        county: COUNTY.into(),
        cursor: cursor.into(),
        ..Default::default()
    };
    let call = match who {
        Some(who) => by(who, request),
        None => tonic::Request::new(request),
    };
    served.evaluations().watch_results(call).await.unwrap().into_inner()
}

async fn next(watch: &mut Watch) -> v1::WatchResultsResponse {
    timeout(SOON, watch.message()).await.expect("told soon").unwrap().unwrap()
}

/// The next events, and the cursor after them; messages without events go by.
async fn events(watch: &mut Watch) -> (Vec<v1::ResultEvent>, String) {
    loop {
        let message = next(watch).await;
        if !message.events.is_empty() {
            return (message.events, message.cursor);
        }
    }
}

async fn as_it_happens(on_postgres: bool) {
    let url = address(on_postgres, "watch").await;
    let served = county(&url).await;
    let mut watch = watched(&served, None, "").await;
    let begun = next(&mut watch).await;
    assert_eq!((begun.events, begun.cursor.as_str()), (Vec::new(), "0."));
    let old = first(&served).await;
    let (told_first, cursor) = events(&mut watch).await;
    assert_eq!(told_first, told(&served, None, asked("", 0)).await.0);
    // From the beginning, at any later time.
    let mut late = watched(&served, None, "").await;
    assert_eq!(events(&mut late).await, (told_first.clone(), cursor.clone()));
    // From the end: a sign that it began, and then what comes.
    let mut from_end = watched(&served, None, &cursor).await;
    assert_eq!(next(&mut from_end).await.events, []);
    let mut within = watched(&served, None, &told_first[3].cursor).await;
    assert_eq!(events(&mut within).await.0, told_first[4..]);
    second(&served, &old).await;
    let expected = told(&served, None, asked(&cursor, 0)).await;
    for watch in [&mut watch, &mut late, &mut from_end, &mut within] {
        assert_eq!(events(watch).await, expected);
    }
    // Nothing more is said until something is published.
    let silence = timeout(Duration::from_millis(2_500), watch.message()).await;
    assert!(silence.is_err(), "{silence:?}");
}

#[tokio::test]
async fn a_publication_is_told_as_it_happens() {
    as_it_happens(false).await;
    as_it_happens(true).await;
}

#[tokio::test]
async fn what_another_server_publishes_is_told() {
    let url = address(true, "replica").await;
    let served = county(&url).await;
    let other = served_over(&url).await;
    let mut watch = watched(&served, None, "").await;
    next(&mut watch).await;
    let old = first(&other).await;
    let (all, cursor) = events(&mut watch).await;
    assert_eq!(all.len(), 6);
    // Go on at the other server from the cursor of the first, and be told of what this publishes.
    let mut moved = watched(&other, None, &cursor).await;
    next(&mut moved).await;
    second(&served, &old).await;
    let (one, end) = events(&mut watch).await;
    assert_eq!((one.len(), events(&mut moved).await), (5, (one, end)));
    // A third that does not serve, such as a command, publishes too.
    let run = computed(&other, "feed.project", "project").await;
    let third = App::new(store::open(&url).await.unwrap(), served.clock.clone(), "another");
    let write = steelyard::app::Write {
        county: COUNTY.into(),
        principal: "local".into(),
        request_id: "third".into(),
        method: "EvaluationService.PublishRun",
        fingerprint: [7; 32],
    };
    let encode = std::sync::Arc::new(|_: &steelyard::app::run::RunView| Vec::new());
    third.publish_run(write, run, encode).await.unwrap();
    assert_eq!(short(&events(&mut watch).await.0), ["3 ADDED p1 +"]);
}

/// A publication with nothing for the caller moves its cursor on.
#[tokio::test]
async fn a_message_without_events_says_how_far_there_was_nothing() {
    let served = county("sqlite::memory:").await;
    grant(&served, "credit", "credit_reader", (RecordKind::County, COUNTY)).await;
    let mut watch = watched(&served, Some("credit"), "").await;
    assert_eq!(next(&mut watch).await.cursor, "0.");
    first(&served).await;
    let beat = next(&mut watch).await;
    let end = told(&served, None, asked("", 0)).await.1;
    assert_eq!((beat.events, beat.cursor), (Vec::new(), end));
    let run = computed(&served, "feed.project", "project").await;
    publish(&served, &run).await;
    assert_eq!(short(&next(&mut watch).await.events), ["2 ADDED p1 +"]);
}

#[tokio::test]
async fn a_role_that_is_taken_away_ends_the_watch() {
    let served = county("sqlite::memory:").await;
    let over = (RecordKind::Branch, "ub-1");
    grant(&served, "branch", "unit_branch", over).await;
    let mut watch = watched(&served, Some("branch"), "").await;
    next(&mut watch).await;
    first(&served).await;
    assert_eq!(events(&mut watch).await.0.len(), 2);
    revoke(&served, "branch", "unit_branch", over).await;
    let ended = timeout(SOON, watch.message()).await.unwrap();
    assert_eq!(ended.unwrap_err().code(), Code::PermissionDenied);
}

/// At a stop it says to come back, at once and long before the grace is over; elsewhere the last
/// cursor goes on.
#[tokio::test]
async fn a_stop_ends_the_watch_and_the_cursor_goes_on_elsewhere() {
    let url = address(false, "stop").await;
    let served = county(&url).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = Serving::new(Duration::from_mins(1), &[], Named);
    let app = served.app.clone();
    let server = tokio::spawn(server::serve(app, listener.into(), serving, async {
        stopped.await.unwrap();
    }));
    let mut client = EvaluationServiceClient::connect(at).await.unwrap();
    let request = v1::WatchResultsRequest { county: COUNTY.into(), ..Default::default() };
    let mut watch = client.watch_results(request).await.unwrap().into_inner();
    next(&mut watch).await;
    let old = first(&served).await;
    let (_, cursor) = events(&mut watch).await;
    stop.send(()).unwrap();
    let ended = timeout(SOON, watch.message()).await.unwrap().unwrap_err();
    assert_eq!((ended.code(), reason(&ended).as_str()), (Code::Unavailable, "SERVER_STOPPING"));
    server.await.unwrap().unwrap();
    let again = served_over(&url).await;
    second(&again, &old).await;
    let mut watch = watched(&again, None, &cursor).await;
    assert_eq!(events(&mut watch).await.0.len(), 5, "what was published meanwhile is not missed");
}

/// To the transport it is a watch, by its name and its descriptors.
#[test]
fn a_watch_of_results_is_a_watch_to_the_transport() {
    let methods = Methods::read(&[proto::DESCRIPTORS], &Limits::default()).unwrap();
    let found = methods.find("/steelyard.v1.EvaluationService/WatchResults").unwrap();
    assert!(found.watches && found.gives_stream);
    let found = methods.find("/steelyard.v1.EvaluationService/ExportResults").unwrap();
    assert!(!found.watches && found.gives_stream);
}
