//! The server as a process manager and a client see it: health, reflection, stopping, limits.

use std::{sync::Arc, time::Duration};

use steelyard::{
    app::{App, AppError, Clock, Done, Effect, Refusal, Write},
    domain::time::Moment,
    proto::v1::{self, registry_service_client::RegistryServiceClient},
    server::{self, Background, Serving},
    store::{self, ReadTx, Store, StoreError, StoreTx},
};
use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
    task::JoinHandle,
    time::Instant,
};
use tonic::{
    Code,
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use crate::harness::{Named, reason, served};

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Moment {
        Moment::from_micros(1_700_000_000_000_000)
    }
}

type Ended = JoinHandle<Result<bool, server::ServeError>>;

async fn start(background: &'static [Background]) -> (Channel, oneshot::Sender<()>, Ended) {
    start_over(store::open("sqlite::memory:").await.unwrap(), background).await
}

async fn start_over(
    store: Arc<dyn Store>,
    background: &'static [Background],
) -> (Channel, oneshot::Sender<()>, Ended) {
    let app = App::new(store, Arc::new(Noon), "of the tests");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let stopped = async {
        let _ = stopped.await;
    };
    let grace = Duration::from_millis(500);
    let ended = tokio::spawn(server::serve(
        app,
        listener.into(),
        Serving::new(grace, background, Named),
        stopped,
    ));
    let channel = Endpoint::from_shared(format!("http://{at}")).unwrap().connect().await.unwrap();
    (channel, stop, ended)
}

async fn until_serving(channel: &Channel, service: &str) {
    let mut client = HealthClient::new(channel.clone());
    for _ in 0..200 {
        let request = HealthCheckRequest { service: service.into() };
        let status = client.check(request).await.unwrap().into_inner().status();
        if status == ServingStatus::Serving {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("`{service}` never served");
}

#[tokio::test]
async fn it_serves_once_the_store_answers_and_ends_when_told() {
    let (channel, stop, ended) = start(&[]).await;
    until_serving(&channel, "").await;
    until_serving(&channel, "steelyard.v1.FactService").await;
    stop.send(()).unwrap();
    assert!(ended.await.unwrap().unwrap(), "nothing was under way");
}

#[tokio::test]
async fn it_describes_its_services() {
    let (channel, _stop, _ended) = start(&[]).await;
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = ServerReflectionClient::new(channel);
    let mut answers =
        client.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
    let names: Vec<_> = list.service.into_iter().map(|it| it.name).collect();
    for name in ["RegistryService", "SchemeService", "FactService"] {
        assert!(names.contains(&format!("steelyard.v1.{name}")), "{names:?}");
    }
}

#[tokio::test]
async fn work_beside_the_calls_is_told_to_stop_and_cut_when_it_does_not() {
    let (_channel, stop, ended) = start(&[|_, mut stop| {
        Box::pin(async move {
            stop.wait_for(|it| *it).await.unwrap();
        })
    }])
    .await;
    stop.send(()).unwrap();
    assert!(ended.await.unwrap().unwrap());
    let (_channel, stop, ended) = start(&[|_, _| Box::pin(std::future::pending())]).await;
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), ended).await.unwrap();
    assert!(!ended.unwrap().unwrap(), "something was still under way");
}

#[tokio::test]
async fn who_watches_is_told_to_come_back_and_holds_nobody_up() {
    let (channel, stop, ended) = start(&[]).await;
    until_serving(&channel, "").await;
    let mut watching = HealthClient::new(channel);
    let mut stream = watching.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    stop.send(()).unwrap();
    let told = loop {
        match stream.message().await {
            Ok(Some(_)) => (),
            other => break other.unwrap_err(),
        }
    };
    assert_eq!((told.code(), reason(&told).as_str()), (Code::Unavailable, "SERVER_STOPPING"));
    let ended = tokio::time::timeout(Duration::from_secs(5), ended).await.unwrap();
    assert!(ended.unwrap().unwrap(), "nothing had to be cut");
}

#[tokio::test]
async fn a_call_that_does_not_end_is_told_when_the_grace_is_over() {
    let (channel, stop, ended) = start(&[]).await;
    until_serving(&channel, "").await;
    let mut registry = RegistryServiceClient::new(channel);
    let call = tokio::spawn(async move {
        registry.upsert_records(tokio_stream::pending::<v1::UpsertRecordsRequest>()).await
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.send(()).unwrap();
    let told = tokio::time::timeout(Duration::from_secs(10), call).await.unwrap().unwrap();
    let told = told.unwrap_err();
    assert_eq!((told.code(), reason(&told).as_str()), (Code::Unavailable, "SERVER_STOPPING"));
    let ended = tokio::time::timeout(Duration::from_secs(5), ended).await.unwrap();
    assert!(!ended.unwrap().unwrap(), "a call was still under way");
}

#[tokio::test]
async fn reflection_is_off_where_it_is_not_wanted() {
    let store = store::open("sqlite::memory:").await.unwrap();
    let app = App::new(store, Arc::new(Noon), "of the tests");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let serving = Serving { reflection: false, ..Serving::new(Duration::ZERO, &[], Named) };
    tokio::spawn(server::serve(app, listener.into(), serving, std::future::pending()));
    let channel = Endpoint::from_shared(format!("http://{at}")).unwrap().connect().await.unwrap();
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = ServerReflectionClient::new(channel.clone());
    let told = client.server_reflection_info(tokio_stream::once(request)).await.unwrap_err();
    assert_eq!((told.code(), reason(&told).as_str()), (Code::Unimplemented, "METHOD_UNKNOWN"));
    until_serving(&channel, "steelyard.v1.SchemeService").await;
}

/// A store that can be made to hang.
#[derive(Debug)]
struct Freezing {
    inner: Arc<dyn Store>,
    frozen: watch::Receiver<bool>,
}

impl Freezing {
    async fn thawed(&self) {
        self.frozen.clone().wait_for(|it| !*it).await.unwrap();
    }
}

#[tonic::async_trait]
impl Store for Freezing {
    async fn read(&self) -> Result<Box<dyn ReadTx>, StoreError> {
        self.thawed().await;
        self.inner.read().await
    }

    async fn begin(&self) -> Result<Box<dyn StoreTx>, StoreError> {
        self.thawed().await;
        self.inner.begin().await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.thawed().await;
        self.inner.ping().await
    }

    async fn close(&self) {
        self.thawed().await;
        self.inner.close().await;
    }
}

#[tokio::test]
async fn health_says_when_the_store_hangs_and_the_stop_does_not_wait_for_it() {
    let (freeze, frozen) = watch::channel(true);
    let inner = store::open("sqlite::memory:").await.unwrap();
    let store = Arc::new(Freezing { inner, frozen });
    let (channel, stop, ended) = start_over(store, &[]).await;
    let mut client = HealthClient::new(channel.clone());
    let mut health = async || {
        let request = HealthCheckRequest { service: "steelyard.v1.FactService".into() };
        client.check(request).await.unwrap().into_inner().status()
    };
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(health().await, ServingStatus::NotServing, "it never answered");
    for (frozen, status) in
        [(false, ServingStatus::Serving), (true, ServingStatus::NotServing)].repeat(2)
    {
        freeze.send_replace(frozen);
        let began = Instant::now();
        while health().await != status {
            // Promised within 5 s; a slow machine gets twice that.
            assert!(began.elapsed() < Duration::from_secs(10), "{status:?} was never said");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(10), ended).await.unwrap();
    assert!(!ended.unwrap().unwrap(), "the store was not closed");
}

#[tokio::test]
async fn a_refusal_that_is_remembered_is_the_answer_for_ever() {
    let served = served().await;
    let call = |request_id: &str, body: u8| Write {
        county: "xinping".into(),
        principal: "local".into(),
        request_id: request_id.into(),
        method: "EvaluationService.PublishRun",
        fingerprint: [body; 32],
    };
    let refuse = |remember: bool| {
        served.app.write(call(if remember { "kept" } else { "not" }, 1), move |_, _| {
            Box::pin(async move {
                let refusal = Refusal::new("RUN_SUPERSEDED", "no", "否").with("run_id", "r-1");
                Err(AppError::Refused(Refusal { remember, ..refusal }))
            })
        })
    };
    let good = async |request_id: &str, body| {
        let work = |response: &'static [u8]| {
            let effect = Effect { subject: "x".into(), digest: [0; 32] };
            Done { response: response.to_vec(), effects: vec![effect] }
        };
        served
            .app
            .write(call(request_id, body), move |_, _| Box::pin(async move { Ok(work(b"done")) }))
            .await
    };
    assert!(matches!(refuse(true).await, Err(AppError::Refused(_))));
    let replayed = match good("kept", 1).await {
        Err(AppError::Replayed(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    assert_eq!((replayed.reason.as_str(), replayed.zh.as_str()), ("RUN_SUPERSEDED", "否"));
    assert_eq!(replayed.metadata, [("run_id".to_owned(), "r-1".to_owned())]);
    assert!(matches!(good("kept", 2).await, Err(AppError::IdReused)));
    assert!(matches!(refuse(false).await, Err(AppError::Refused(_))));
    assert_eq!(good("not", 1).await.unwrap(), b"done");
    assert_eq!(good("not", 1).await.unwrap(), b"done", "a repeat");
    let mut tx = served.app.store.read().await.unwrap();
    let audit = tx.audit_page("xinping", 0, 10).await.unwrap();
    let subjects: Vec<_> = audit.iter().map(|it| it.entry.subject.as_str()).collect();
    assert_eq!(subjects, ["refused/RUN_SUPERSEDED", "x"]);
}
