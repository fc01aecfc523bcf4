//! What the service tells of itself, seen from outside: a receiver, Prometheus, and its log.

mod process;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use prost::Message;
use serde_json::Value;
use steelyard::{
    domain::time::Moment,
    proto::v1::{
        self, evaluation_service_client::EvaluationServiceClient,
        fact_service_client::FactServiceClient, registry_service_client::RegistryServiceClient,
        scheme_service_client::SchemeServiceClient,
    },
    trust::{ADMINISTRATOR, KeyFolder, Terms},
};
use tonic::{
    Code, Request,
    transport::{Channel, Endpoint},
};

use self::process::{Receiver, Service, folder};
use crate::harness::{COUNTY, entry, member, record_facts, units};

/// The caller's trace, and the span of the caller in it.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "00f067aa0ba902b7";

/// What must never be told: the name, the id and the credentials of a person, and words of a message.
const NAME: &str = "欧阳标记";
const PERSON: &str = "m-mark-9313";
const WORDS: &str = "mark-words-4477";

const SCHEME: &str = "
steelyard: scheme/v1
id: test.traced
version: 1
title: 示例
subject: member
period: year
in_force: {from: 2022-01-01}
score:
  id: root
  out_of: 100
  base: 50
  sum: [{id: volunteering, counted: {points: 2, caps: [{per: month, at_most: 6}]}}]
";

/// What every call carries: who calls. The one place.
fn credentials() -> String {
    format!("Bearer {}", token())
}

/// An administrator's token by the keys of every server that is started here.
fn token() -> &'static str {
    static TOKEN: OnceLock<String> = OnceLock::new();
    TOKEN.get_or_init(|| {
        let (issuer, audience) = ("steelyard-local".to_owned(), "steelyard".to_owned());
        let folder = KeyFolder::open(&process::keys(), &Terms { issuer, audience }).unwrap();
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let now = Moment::from_micros(i64::try_from(since.as_micros()).unwrap());
        folder.issue(ADMINISTRATOR, now, 3_600).unwrap().token
    })
}

/// A message with credentials, and the caller's trace, if it has one.
fn carrying<M>(message: M, parent: Option<&str>) -> Request<M> {
    let mut request = Request::new(message);
    let metadata = request.metadata_mut();
    metadata.insert("authorization", credentials().parse().unwrap());
    if let Some(parent) = parent {
        metadata.insert("traceparent", parent.parse().unwrap());
        metadata.insert("tracestate", "vendor=1".parse().unwrap());
    }
    request
}

fn sampled() -> String {
    format!("00-{TRACE}-{CALLER}-01")
}

async fn connected(service: &Service) -> Channel {
    Endpoint::from_shared(format!("http://{}", service.address)).unwrap().connect().await.unwrap()
}

/// A county with a marked person, a fact about them, a run of a scheme, and its results in a stream.
/// Answers the run's id.
async fn a_year(channel: Channel, parent: Option<&str>) -> String {
    let mut marked = member(PERSON);
    NAME.clone_into(&mut marked.name);
    let mut records = units();
    records.push(marked);
    let upsert =
        v1::UpsertRecordsRequest { county: COUNTY.into(), request_id: "county".into(), records };
    let mut registry = RegistryServiceClient::new(channel.clone());
    let upsert = carrying(tokio_stream::once(upsert), parent);
    assert_eq!(registry.upsert_records(upsert).await.unwrap().into_inner().items, []);

    let mut fact = entry(PERSON, "volunteering", "2022-03-05");
    fact.source = "platform".into();
    fact.source_record = WORDS.into();
    let mut facts = FactServiceClient::new(channel.clone());
    let recorded = facts.record_facts(carrying(record_facts("fact", vec![fact]), parent)).await;
    assert_eq!(recorded.unwrap().into_inner().counts.unwrap().recorded, 1);

    let publish = v1::PublishSchemeRequest {
        county: COUNTY.into(),
        request_id: "scheme".into(),
        document: SCHEME.into(),
    };
    let mut schemes = SchemeServiceClient::new(channel.clone());
    schemes.publish_scheme(carrying(publish, parent)).await.unwrap();

    let start = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: "run".into(),
        scheme_id: "test.traced".into(),
        period: "2022".into(),
        ..Default::default()
    };
    let mut evaluations = EvaluationServiceClient::new(channel);
    let run = evaluations.start_run(carrying(start, parent)).await.unwrap().into_inner();
    let run_id = run.run.unwrap().run_id;
    let watch = v1::WatchRunRequest { county: COUNTY.into(), run_id: run_id.clone() };
    let mut watched = evaluations.watch_run(carrying(watch, parent)).await.unwrap().into_inner();
    while watched.message().await.unwrap().is_some() {}
    let selector =
        v1::RunSelector { selector: Some(v1::run_selector::Selector::RunId(run_id.clone())) };
    let results = v1::StreamResultsRequest {
        county: COUNTY.into(),
        run: Some(selector.clone()),
        filter: None,
    };
    let results = evaluations.stream_results(carrying(results, parent)).await;
    let mut results = results.unwrap().into_inner();
    assert_eq!(results.message().await.unwrap().unwrap().results.len(), 1);
    assert!(results.message().await.unwrap().is_none());
    let nobody = v1::GetResultRequest {
        county: COUNTY.into(),
        run: Some(selector),
        subject_id: "nobody".into(),
    };
    let refused = evaluations.get_result(carrying(nobody, parent)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    run_id
}

/// The spans of a trace.
struct Trace(Vec<Value>);

impl Trace {
    fn of(receiver: &Receiver, trace: &str) -> Self {
        let spans = receiver.received("span").into_iter();
        Self(spans.filter(|it| it["trace_id"] == trace).collect())
    }

    fn named(&self, name: &str) -> &Value {
        let found = self.0.iter().find(|it| it["name"] == name);
        found.unwrap_or_else(|| panic!("no span `{name}` in {:#?}", self.names()))
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().filter_map(|it| it["name"].as_str()).collect()
    }

    /// The names of a span and of those around it, up to the caller's own.
    fn up_from(&self, span: &Value) -> Vec<&str> {
        let mut names = Vec::new();
        let mut next = Some(span["span_id"].as_str().unwrap());
        while let Some(id) = next {
            let found = self.0.iter().find(|it| it["span_id"] == id);
            names.extend(found.map(|it| it["name"].as_str().unwrap()));
            next = found.map(|it| it["parent"].as_str().unwrap());
            if next.is_none() {
                assert_eq!(id, CALLER, "a span is lost above {names:?}");
            }
        }
        names
    }

    /// Whether there is a span of that name with these around it.
    fn has(&self, ways: &[&str]) -> bool {
        let spans = self.0.iter().filter(|it| it["name"] == ways[0]);
        spans.map(|it| self.up_from(it)).any(|it| it == ways)
    }
}

/// grpcio of one release, in a folder of its own that later runs find again.
fn grpcio() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("grpcio-1.85.1");
        if !folder.join("done").exists() {
            let mut install = Command::new("python3");
            install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            install.args(["--upgrade", "--target"]).arg(&folder).arg("grpcio==1.85.1");
            let done = install.output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            fs::write(folder.join("done"), "").unwrap();
        }
        folder
    })
}

/// Calls from Python; answers the codes of their statuses.
fn from_python(service: &Service, parent: &str, calls: &[(&str, Vec<u8>)]) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/telemetry/trace.py");
    let metadata = serde_json::json!({ "authorization": credentials() });
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", grpcio()).env("PYTHONDONTWRITEBYTECODE", "1").arg(script);
    command.args([&service.address, parent]).arg(metadata.to_string());
    for (path, message) in calls {
        command.arg(format!("{path}={}", steelyard::app::hex(message)));
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn attribute(span: &Value, name: &str) -> Value {
    span["attributes"][name].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_goes_from_the_caller_to_the_statement() {
    let store = format!("sqlite://{}", folder("store").join("steelyard.db").display());
    traced_on(&store, "sqlite", "traced").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_goes_from_the_caller_to_the_statement_on_a_server() {
    let store = crate::postgres::schema("traced").await;
    traced_on(&store, "postgresql", "traced-postgres").await;
}

async fn traced_on(store: &str, system: &str, name: &str) {
    let folder = folder(name);
    let receiver = Receiver::start(&folder);
    let told = ["--otlp", &receiver.url, "--trace-share", "1", "--log-level", "debug"];
    let mut service = Service::start_on(store, &folder, &told);
    a_year(connected(&service).await, Some(&sampled())).await;
    service.stop();

    let trace = Trace::of(&receiver, TRACE);
    let call = trace.named("steelyard.v1.FactService/RecordFacts");
    assert_eq!((call["parent"].as_str(), call["kind"].as_i64()), (Some(CALLER), Some(2)));
    assert_eq!(call["trace_state"], "vendor=1");
    assert_eq!(attribute(call, "rpc.system"), "grpc");
    assert_eq!(attribute(call, "rpc.service"), "steelyard.v1.FactService");
    assert_eq!(attribute(call, "rpc.method"), "RecordFacts");
    assert_eq!(attribute(call, "rpc.grpc.status_code"), 0);
    assert_eq!(call["resource"]["service.name"], "steelyard");
    assert_eq!(call["resource"]["service.version"], env!("CARGO_PKG_VERSION"));

    // Call, use case, batch, statement; over the channel and the tasks that are between them.
    for statement in ["BEGIN", "LOCK_COUNTY", "INSERT_FACTS", "INSERT_AUDIT_ENTRIES", "COMMIT"] {
        let way = [
            statement,
            "facts.batch",
            "FactService.RecordFacts",
            "steelyard.v1.FactService/RecordFacts",
        ];
        assert!(trace.has(&way), "{statement}: {:#?}", trace.names());
    }
    assert_eq!(attribute(trace.named("facts.batch"), "calls"), 1);
    // A write in a task of its own, and a statement behind a stream of answers.
    for way in [
        ["INSERT_RUN", "EvaluationService.StartRun", "steelyard.v1.EvaluationService/StartRun"],
        ["RESULTS_BY_ORDINAL", "list_results", "steelyard.v1.EvaluationService/StreamResults"],
    ] {
        assert!(trace.has(&way), "{way:?}: {:#?}", trace.names());
    }
    assert_eq!(attribute(trace.named("LOCK_COUNTY"), "db.system.name"), system);
    let refused = trace.named("steelyard.v1.EvaluationService/GetResult");
    assert_eq!(
        (attribute(refused, "rpc.grpc.status_code"), &refused["status"]),
        (5.into(), &0.into())
    );

    // Nobody waits for the batches of a run: they are traces of their own.
    let spans = receiver.received("span");
    let batch = spans.iter().find(|it| it["name"] == "run.batch").unwrap();
    assert_eq!((batch["parent"].as_str(), batch["trace_id"] == TRACE), (Some(""), false));
    let below = |name: &str| {
        spans.iter().any(|it| it["name"] == name && it["trace_id"] == batch["trace_id"])
    };
    assert!(below("COMPLETE_BATCH") && below("COMMIT"));
    // Nothing is told of what nobody asked for: the pings and the runner's look around.
    let lost = spans
        .iter()
        .find(|it| it["parent"] == "" && !it["name"].as_str().unwrap().starts_with("run."));
    assert_eq!(lost, None);

    // Lines of the log are of the same trace, at the receiver and on the error stream.
    let ended = |it: &&Value| {
        it["trace_id"] == TRACE && it.to_string().contains("steelyard.v1.FactService/RecordFacts")
    };
    let log = receiver.received("log");
    let sent = log.iter().find(ended).unwrap_or_else(|| panic!("{log:#?}"));
    assert_eq!(sent["span_id"], call["span_id"]);
    let lines = service.lines();
    let written = lines.iter().find(ended).unwrap_or_else(|| panic!("{lines:#?}"));
    assert_eq!(written["span_id"], call["span_id"]);

    // And its figures.
    let metrics = receiver.received("metric");
    let last = |name: &str| metrics.iter().rfind(|it| it["name"] == name).unwrap().clone();
    let of = |point: &Value| {
        let of = &point["attributes"];
        of["rpc.service"] == "steelyard.v1.FactService" && of["rpc.method"] == "RecordFacts"
    };
    let calls = last("rpc.server.calls");
    let calls: Vec<_> = calls["points"].as_array().unwrap().iter().filter(|it| of(it)).collect();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0]["attributes"]["rpc.grpc.status_code"], "OK");
    assert_eq!(calls[0]["value"], 1);
    let duration = last("rpc.server.call.duration");
    let points = duration["points"].as_array().unwrap();
    assert_eq!(points.iter().find(|it| of(it)).unwrap()["count"], 1);
    assert_eq!(duration["unit"], "s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_in_python_is_traced_to_the_statement() {
    let folder = folder("python");
    let receiver = Receiver::start(&folder);
    let mut service = Service::start(&folder, &["--otlp", &receiver.url, "--trace-share", "0"]);
    let list = v1::ListRunsRequest { county: COUNTY.into(), ..Default::default() }.encode_to_vec();
    let calls = [
        ("/steelyard.v1.EvaluationService/ListRuns", list),
        ("/steelyard.v1.EvaluationService/Guess", Vec::new()),
    ];
    assert_eq!(from_python(&service, &sampled(), &calls), ["OK", "UNIMPLEMENTED"]);
    service.stop();
    let trace = Trace::of(&receiver, TRACE);
    let way = ["RUN_PAGE", "list_runs", "steelyard.v1.EvaluationService/ListRuns"];
    assert!(trace.has(&way), "{:#?}", trace.names());
    assert_eq!(trace.named(way[2])["parent"], CALLER);
    // What callers make up makes no names.
    assert_eq!(attribute(trace.named("unknown/unknown"), "rpc.grpc.status_code"), 12);
    assert!(!receiver.text().contains("Guess"));
    assert_eq!(receiver.received("span").len(), trace.0.len(), "nothing else was traced");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_not_traced_leaves_its_trace_in_the_log_only() {
    let folder = folder("untraced");
    let receiver = Receiver::start(&folder);
    let told = ["--otlp", &receiver.url, "--trace-share", "0", "--log-level", "debug"];
    let mut service = Service::start(&folder, &told);
    a_year(connected(&service).await, Some(&format!("00-{TRACE}-{CALLER}-00"))).await;
    service.stop();
    assert_eq!(receiver.received("span"), Vec::<Value>::new());
    let ended = |it: &&Value| it["message"] == "a call ended";
    let lines = service.lines();
    assert!(lines.iter().filter(ended).count() >= 7, "{lines:#?}");
    assert!(
        lines.iter().filter(ended).all(|it| it["trace_id"] == TRACE && it["span_id"].is_null())
    );
    let log = receiver.received("log");
    assert!(log.iter().any(|it| it["body"] == "a call ended" && it["trace_id"] == TRACE));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_is_told() {
    let folder = folder("personal");
    let receiver = Receiver::start(&folder);
    let told = ["--otlp", &receiver.url, "--trace-share", "1", "--log-level", "debug"];
    let mut service = Service::start(&folder, &[&told[..], &["--metrics", "0"]].concat());
    let channel = connected(&service).await;
    let run_id = a_year(channel.clone(), None).await;
    // A value that somebody put into the database by hand: the error does not quote it.
    let file = format!("sqlite://{}", folder.join("steelyard.db").display());
    let database = sqlx::SqlitePool::connect(&file).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("UPDATE runs SET state = '{WORDS}'")))
        .execute(&database)
        .await
        .unwrap();
    database.close().await;
    let run = v1::GetRunRequest { county: COUNTY.into(), run_id };
    let get = v1::GetRecordRequest {
        county: COUNTY.into(),
        kind: v1::RecordKind::Member.into(),
        id: PERSON.into(),
        ..Default::default()
    };
    let mut registry = RegistryServiceClient::new(channel.clone());
    let record = registry.get_record(carrying(get, None)).await.unwrap().into_inner();
    assert!(format!("{record:?}").contains(NAME), "the mark is where it is looked for");
    let by_id =
        v1::RunSelector { selector: Some(v1::run_selector::Selector::RunId(PERSON.into())) };
    let missing =
        v1::GetResultRequest { county: COUNTY.into(), run: Some(by_id), subject_id: PERSON.into() };
    let mut evaluations = EvaluationServiceClient::new(channel);
    evaluations.get_result(carrying(missing, None)).await.unwrap_err();
    let edited = evaluations.get_run(carrying(run, None)).await.unwrap_err();
    assert_eq!(edited.code(), Code::DataLoss);
    let (_, scraped) = service.get("/metrics").await;
    service.stop();
    assert!(service.log().contains("stored value of `state` does not decode"));

    let told = [receiver.text(), service.log(), scraped];
    assert!(receiver.received("span").len() > 20 && receiver.received("log").len() > 5);
    for told in &told {
        for mark in [NAME, PERSON, token().rsplit('.').next().unwrap(), WORDS, COUNTY, "run-0"] {
            let near = told.lines().find(|it| it.contains(mark));
            assert_eq!(near, None, "`{mark}` is told");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_reads_figures_with_their_meaning_and_no_ids() {
    let folder = folder("scraped");
    let store = format!("sqlite://{}", folder.join("steelyard.db").display());
    let mut demo = Command::new(env!("CARGO_BIN_EXE_steelyard"));
    let demo = demo.args(["demo", "--little", "--json", "--store", &store]).output().unwrap();
    assert!(demo.status.success(), "{}", String::from_utf8_lossy(&demo.stderr));
    let mut service = Service::start(&folder, &["--metrics", "127.0.0.1:0"]);
    let mut text = String::new();
    for _ in 0..600 {
        text = service.get("/metrics").await.1;
        if text.contains("steelyard_facts{") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let mut evaluations = EvaluationServiceClient::new(connected(&service).await);
    let list = v1::ListRunsRequest { county: COUNTY.into(), ..Default::default() };
    evaluations.list_runs(carrying(list, None)).await.unwrap();
    let (head, after) = service.get("/metrics").await;
    assert!(head.contains("text/plain"), "{head}");
    assert!(service.get("/").await.0.starts_with("HTTP/1.1 404"));
    for line in [
        r#"steelyard_facts{kind="reversal"} 2"#,
        r#"steelyard_runs{state="published"} 6"#,
        r#"steelyard_runs{state="failed"} 0"#,
        "steelyard_runs_ties_open 1",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
    }
    let labels = r#"{rpc_method="ListRuns",rpc_service="steelyard.v1.EvaluationService""#;
    for line in [
        format!("rpc_server_call_duration_seconds_count{labels}}} 1"),
        format!("rpc_server_calls_active{labels}}} 0"),
    ] {
        assert!(after.lines().any(|it| it == line), "{line} in\n{after}");
    }
    let ended = after.lines().find(|it| {
        it.starts_with("rpc_server_calls_total{") && it.contains(r#"rpc_method="ListRuns""#)
    });
    assert!(ended.unwrap().ends_with(" 1"), "{ended:?}");
    for line in after.lines().filter(|it| !it.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|it| name.strip_suffix(it));
        let help = |name: &str| after.contains(&format!("# HELP {name} "));
        assert!(help(name) || family.is_some_and(help), "no help for {name}");
        for id in [COUNTY, "run-0", "red-flag", "gucheng"] {
            assert!(!line.contains(id), "{line}");
        }
    }
    service.stop();
}

#[test]
fn settings_that_are_wrong_are_told_together() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
    command.args(["serve", "--grace", "x", "--otlp", "https://a:1", "--trace-share", "2"]);
    let done = command.output().unwrap();
    let told = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(64), "{told}");
    for key in ["grace is `x`", "otlp is `https://a:1`", "trace_share is `2`"] {
        assert!(told.contains(key), "{told}");
    }
}
