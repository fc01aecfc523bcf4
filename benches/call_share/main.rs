//! What share of a call's time goes to what is around its work: one process, one run, contenders in
//! turns, medians. `./bench share`, or `cargo bench --bench call_share [-- ROUNDS]`.
//!
//! A published result is read by a unary call over a connection of this machine, one call in flight;
//! the service and its caller share a thread. A further layer is a further [`Contender`].
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a tool that says no by panicking"
)]

use std::{
    collections::BTreeSet,
    convert::Infallible,
    future::{Ready, ready},
    path::Path,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant, SystemTime},
};

use opentelemetry_proto::tonic::collector::{
    metrics::v1::{
        ExportMetricsServiceRequest, ExportMetricsServiceResponse,
        metrics_service_server::{MetricsService, MetricsServiceServer},
    },
    trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
};
use steelyard::{
    app::{
        App, Caller, Clock,
        access::{Permission, Scope},
        run,
    },
    client::{Client, Tell},
    domain::time::Moment,
    grpc,
    proto::{
        self,
        v1::{
            self, access_service_client::AccessServiceClient,
            evaluation_service_client::EvaluationServiceClient,
        },
    },
    sample::{COUNTY, SCHEMES, Sample, Size, YEAR},
    store,
    telemetry::{self, CallLayer, Telemetry, TelemetryConfig},
    transport::{self, Authenticate, Call, Limits, Methods, Phases, Stage, stack},
    trust::{KeyFolder, Terms, Trust},
};
use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status,
    body::Body,
    transport::{Channel, Endpoint, Server, server::TcpIncoming},
};
use tower::{Layer as _, Service, ServiceExt as _};

/// Calls of one round.
const CALLS: u32 = 300;
/// Rounds, where none are asked for.
const ROUNDS: u32 = 41;
const SCHEME: &str = "xinping.member-dual-score";

/// A caller's trace, that is followed (`01`) or not (`00`).
const FOLLOWED: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
const NOT_FOLLOWED: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00";

#[derive(Debug)]
struct Machine;

impl Clock for Machine {
    fn now(&self) -> Moment {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Moment::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A receiver that takes everything.
struct Sink;

#[tonic::async_trait]
impl TraceService for Sink {
    async fn export(
        &self,
        _: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Sink {
    async fn export(
        &self,
        _: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// One way of being called.
struct Contender {
    name: &'static str,
    client: EvaluationServiceClient<Channel>,
    parent: Option<&'static str>,
    token: Option<String>,
    times: Vec<Duration>,
}

impl Contender {
    fn of(name: &'static str, channel: &Channel, parent: Option<&'static str>) -> Self {
        let client = EvaluationServiceClient::new(channel.clone());
        Self { name, client, parent, token: None, times: Vec::new() }
    }

    fn with(self, token: &str) -> Self {
        Self { token: Some(format!("Bearer {token}")), ..self }
    }

    /// The time of a call, over one round.
    async fn round(&mut self, subjects: &[String]) -> Duration {
        let began = Instant::now();
        for subject in subjects.iter().cycle().take(usize::try_from(CALLS).unwrap()) {
            let mut request = Request::new(asked(subject));
            if let Some(parent) = self.parent {
                request.metadata_mut().insert("traceparent", parent.parse().unwrap());
            }
            if let Some(token) = &self.token {
                request.metadata_mut().insert("authorization", token.parse().unwrap());
            }
            let answer = self.client.get_result(request).await.unwrap().into_inner();
            assert!(answer.result.is_some());
        }
        began.elapsed() / CALLS
    }

    fn median(&mut self) -> Duration {
        median(&mut self.times)
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn asked(subject: &str) -> v1::GetResultRequest {
    let published =
        v1::PublishedRunSelector { scheme_id: SCHEME.to_owned(), period: YEAR.to_owned() };
    let selector = v1::run_selector::Selector::Published(published);
    v1::GetResultRequest {
        county: COUNTY.to_owned(),
        run: Some(v1::RunSelector { selector: Some(selector) }),
        subject_id: subject.to_owned(),
    }
}

async fn bound() -> (TcpIncoming, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (TcpIncoming::from(listener).with_nodelay(Some(true)), url)
}

fn connect(url: String) -> Channel {
    Endpoint::from_shared(url).unwrap().tcp_nodelay(true).connect_lazy()
}

/// Everybody is an administrator: neither credentials nor permission are asked for.
struct Anybody;

impl Stage for Anybody {
    async fn pass<S: Call>(
        self: Arc<Self>,
        mut request: http::Request<Body>,
        next: S,
    ) -> http::Response<Body> {
        let caller = Caller { principal: "anybody".into(), administrator: true };
        request.extensions_mut().insert(caller);
        next.oneshot(request).await.unwrap()
    }
}

/// The services of an application behind the stack, with telemetry around it or without.
async fn served(app: &App, authenticate: impl Stage, layer: Option<CallLayer>) -> Channel {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // As many calls of one caller at once as a round makes: the bench is not about limits.
    let limits = Arc::new(Limits::default());
    let methods = Methods::read(&[proto::DESCRIPTORS], &limits).unwrap();
    let (tell, phases) = Phases::new();
    let routes = grpc::routes(app).unwrap().prepare();
    let calls = stack(routes, authenticate, methods, &limits, phases.clone());
    tokio::spawn(async move {
        let _tell = tell;
        match layer {
            None => transport::serve(listener.into(), limits, calls, phases).await,
            Some(layer) => {
                let calls = layer.layer(calls);
                let calls = calls.map_response(|it: http::Response<_>| it.map(Body::new));
                transport::serve(listener.into(), limits, calls, phases).await;
            }
        }
    });
    connect(url)
}

/// Whom the service believes, with tokens of an administrator and of a reader of the county.
async fn believed(folder: &Path, bare: &Channel) -> (Arc<Trust>, String, String) {
    let terms = Terms { issuer: "bench".to_owned(), audience: "steelyard".to_owned() };
    let keys = KeyFolder::open(&folder.join("keys"), &terms).unwrap();
    let token = |principal: &str| keys.issue(principal, Machine.now(), 3_600).unwrap().token;
    let tokens = (token("root"), token("reader"));
    let administrators = BTreeSet::from(["root".to_owned()]);
    let ring = Arc::new(keys.keys().unwrap());
    let trust = Trust::new(ring, terms, None, administrators, Arc::new(Machine));
    let request = v1::GrantRoleRequest {
        county: COUNTY.to_owned(),
        request_id: "reader".to_owned(),
        principal: "reader".to_owned(),
        role_id: "organization_department".to_owned(),
        unit: Some(v1::RecordRef { kind: v1::RecordKind::County.into(), id: COUNTY.to_owned() }),
        reason: "bench".to_owned(),
        ..Default::default()
    };
    AccessServiceClient::new(bare.clone()).grant_role(request).await.unwrap();
    (Arc::new(trust), tokens.0, tokens.1)
}

/// A little county with published results; the ids of their subjects.
async fn prepared(channel: Channel) -> Vec<String> {
    let quiet: Tell = Arc::new(|_| ());
    let sample = Sample::make(2022, &Size::LITTLE);
    let client = Client::new(channel, COUNTY, None).unwrap();
    client.load_records(&sample.records, quiet.clone()).await.unwrap();
    let scheme = SCHEMES.iter().find(|it| it.id == SCHEME).unwrap();
    client.publish_scheme(scheme).await.unwrap();
    client.adopt_schedules(&sample.schedules, quiet.clone()).await.unwrap();
    let facts = sample.facts.iter().filter(|it| it.reversed_because.is_none()).cloned().collect();
    client.load_facts(facts, quiet.clone()).await.unwrap();
    client.evaluate(scheme, quiet).await.unwrap();
    let results = client.results(scheme).await.unwrap();
    results.into_iter().filter_map(|it| it.subject).map(|it| it.id).collect()
}

/// A service that answers at once.
#[derive(Clone)]
struct Nothing;

impl Service<http::Request<Body>> for Nothing {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<Body>) -> Self::Future {
        ready(Ok(Status::new(tonic::Code::Ok, "").into_http()))
    }
}

/// What one call costs in a layer alone.
async fn alone(layer: Option<&CallLayer>, parent: &str) -> Duration {
    const CALLS: u32 = 20_000;
    let request = || {
        let path = "/steelyard.v1.EvaluationService/GetResult";
        let request = http::Request::builder().uri(path).header("traceparent", parent);
        request.body(Body::empty()).unwrap()
    };
    let mut times = Vec::new();
    for _ in 0..9 {
        let mut took = Duration::ZERO;
        for _ in 0..CALLS {
            let request = request();
            let began = Instant::now();
            match layer {
                None => drop(Nothing.call(request).await),
                Some(layer) => drop(layer.layer(Nothing).call(request).await),
            }
            took += began.elapsed();
        }
        times.push(took / CALLS);
    }
    median(&mut times)
}

/// What it costs to know a caller by a token that was verified before, and to ask what it may.
async fn rights(app: &App, trust: &Trust, token: &str) -> (Duration, Duration) {
    const CALLS: u32 = 20_000;
    let header = format!("Bearer {token}");
    let caller = trust.caller(Some(&header), None).unwrap();
    let (mut known, mut asked) = (Vec::new(), Vec::new());
    for _ in 0..9 {
        let began = Instant::now();
        for _ in 0..CALLS {
            drop(trust.caller(Some(&header), None).unwrap());
        }
        known.push(began.elapsed() / CALLS);
        let began = Instant::now();
        for _ in 0..CALLS {
            let (permission, scope) = (Permission::ResultRead, Scope::Subtree);
            drop(app.permit(&caller, COUNTY, permission, scope, false).await.unwrap());
        }
        asked.push(began.elapsed() / CALLS);
    }
    (median(&mut known), median(&mut asked))
}

/// A share in tenths of a percent, for people.
fn share(part: Duration, whole: Duration) -> String {
    let tenths = (part.as_nanos() * 1_000).checked_div(whole.as_nanos()).unwrap_or_default();
    format!("{}.{}%", tenths / 10, tenths % 10)
}

fn more(with: Duration, without: Duration) -> String {
    match with.checked_sub(without) {
        Some(more) => format!("+{}", share(more, without)),
        None => format!("-{}", share(without.saturating_sub(with), without)),
    }
}

async fn measure(rounds: u32, folder: &Path) {
    let (incoming, receiver) = bound().await;
    let sink = Server::builder()
        .add_service(TraceServiceServer::new(Sink))
        .add_service(MetricsServiceServer::new(Sink));
    tokio::spawn(sink.serve_with_incoming(incoming));
    let settings = TelemetryConfig::from_strings(|key| match key {
        "otlp" => Some(receiver.clone()),
        "log_level" => Some("error".to_owned()),
        _ => None,
    });
    let telemetry = Telemetry::start(&settings.unwrap()).await.unwrap();
    let url = format!("sqlite:{}?mode=rwc", folder.join("share.db").display());
    let app = App::new(store::open(&url).await.unwrap(), Arc::new(Machine), "of the bench");
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let runner = tokio::spawn(run::background(app.clone(), stopped));
    let layer = telemetry::layer(&[proto::DESCRIPTORS]);
    let bare = served(&app, Anybody, None).await;
    let told = served(&app, Anybody, Some(layer.clone())).await;
    let (trust, root, reader) = believed(folder, &bare).await;
    let asked = served(&app, Authenticate::new(trust.clone()), None).await;
    let whole = served(&app, Authenticate::new(trust.clone()), Some(layer.clone())).await;
    let subjects = prepared(bare.clone()).await;
    stop.send_replace(true);
    runner.await.unwrap();

    let mut contenders = [
        Contender::of("nothing around it", &bare, None),
        Contender::of("credentials", &asked, None).with(&root),
        Contender::of("credentials, permission", &asked, None).with(&reader),
        Contender::of("telemetry, not traced", &told, Some(NOT_FOLLOWED)),
        Contender::of("telemetry, traced", &told, Some(FOLLOWED)),
        Contender::of("all three, not traced", &whole, Some(NOT_FOLLOWED)).with(&reader),
        Contender::of("all three, traced", &whole, Some(FOLLOWED)).with(&reader),
    ];
    for round in 0..=rounds {
        for it in &mut contenders {
            let took = it.round(&subjects).await;
            // The first one does not count.
            if round > 0 {
                it.times.push(took);
            }
        }
    }
    let (known, may) = rights(&app, &trust, &reader).await;
    let base = alone(None, NOT_FOLLOWED).await;
    let untraced = alone(Some(&layer), NOT_FOLLOWED).await.saturating_sub(base);
    let traced = alone(Some(&layer), FOLLOWED).await.saturating_sub(base);
    println!("GetResult over SQLite, {rounds} rounds of {CALLS} calls, medians of a call:");
    let [first, rest @ ..] = &mut contenders;
    let without = first.median();
    println!("  {:24} {without:>9.1?}", first.name);
    for it in rest {
        let with = it.median();
        println!("  {:24} {with:>9.1?}  {}", it.name, more(with, without));
    }
    println!("each by itself:");
    let told = |name: &str, it: Duration| {
        println!("  {name:24} {it:>9.1?}  {} of the call", share(it, without));
    };
    told("credentials", known);
    told("permission", may);
    told("telemetry, not traced", untraced);
    told("telemetry, traced", traced);
    told("all three, not traced", known + may + untraced);
    told("all three, traced", known + may + traced);
    telemetry.shutdown().await;
}

fn main() {
    let asked = std::env::args().skip(1).find_map(|it| it.parse().ok());
    let folder = std::env::temp_dir().join(format!("steelyard-share-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure(asked.unwrap_or(ROUNDS), &folder));
    drop(runtime);
    std::fs::remove_dir_all(folder).unwrap();
}
