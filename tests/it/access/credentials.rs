//! Every bad credential on every method: one answer, the same bytes, whatever is wrong.

use std::{collections::BTreeSet, fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use steelyard::{
    app::{App, Clock},
    domain::time::Moment,
    grpc::policy::Policy,
    server::{self, Serving},
    sign::SigningKey,
    store,
    transport::Authenticate,
    trust::{ADMINISTRATOR, KeyRing, Terms, Trust},
};
use tokio::net::TcpListener;

use crate::{
    catalogue::{
        tokens::{Maker, now},
        wire::{Ask, client, told_on},
    },
    harness::Standing,
};

/// The clock of the machine, by which tokens are made too.
#[derive(Debug)]
struct Real;

impl Clock for Real {
    fn now(&self) -> Moment {
        Moment::from_micros(now() * 1_000_000)
    }
}

/// The service with its real credentials, and who makes tokens for it.
async fn served() -> (SocketAddr, Maker) {
    let key = SigningKey::generate().unwrap();
    let set = serde_json::json!({"keys": [key.public().unwrap().jwk()]});
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.json", key.id()));
    fs::write(&path, set.to_string()).unwrap();
    let ring = KeyRing::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let terms = Terms { issuer: "steelyard-local".into(), audience: "steelyard".into() };
    let administrators = BTreeSet::from([ADMINISTRATOR.to_owned()]);
    let trust = Trust::new(Arc::new(ring), terms, None, administrators, Arc::new(Real));
    let store = store::open("sqlite::memory:").await.unwrap();
    let app = App::new(store, Arc::new(Standing::at("2023-01-10T01:00:00Z")), "of the tests");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let serving = Serving::new(Duration::ZERO, &[], Authenticate::new(Arc::new(trust)));
    tokio::spawn(server::serve(app, listener.into(), serving, std::future::pending()));
    (at, Maker::new(key))
}

/// A call with an empty message and with these credentials.
fn asked(path: &str, values: &[String]) -> Ask {
    let mut asked = Ask { anonymous: true, ..Ask::of(path).message(&[]) };
    asked.headers.extend(values.iter().map(|it| ("authorization".to_owned(), it.clone())));
    asked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bad_credential_on_every_method_is_one_answer() {
    let (at, maker) = served().await;
    let bad = maker.bad();
    assert!(bad.len() >= 20, "{}", bad.len());
    let mut paths: Vec<String> =
        Policy::own().unwrap().methods().map(|(path, _)| path.to_owned()).collect();
    assert!(paths.len() >= 30, "{}", paths.len());
    for version in ["v1", "v1alpha"] {
        let service = format!("grpc.reflection.{version}.ServerReflection");
        paths.push(format!("/{service}/ServerReflectionInfo"));
    }
    paths.push("/steelyard.v1.FactService/NoSuchMethod".to_owned());
    paths.push("/no.such.Service/Get".to_owned());
    let mut answers = BTreeSet::new();
    let mut wrong = Vec::new();
    for path in &paths {
        let mut client = client(at, [127, 0, 0, 1]).await;
        for it in &bad {
            let told = told_on(&mut client, &asked(path, &it.values)).await;
            if told.end != "UNAUTHENTICATED UNAUTHENTICATED" || !told.body.is_empty() {
                wrong.push(format!("{path} {} {}: {}", it.row, it.what, told.end));
            }
            answers.insert(told.status);
        }
        // A good one gets further, so it is the credential that was refused.
        let good = [maker.of(ADMINISTRATOR)];
        let end = told_on(&mut client, &asked(path, &good)).await.end;
        assert!(!end.starts_with("UNAUTHENTICATED"), "{path}: {end}");
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), paths.len(), wrong.join("\n"));
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[tokio::test]
async fn health_is_told_to_everybody_and_nothing_else_is() {
    let (at, maker) = served().await;
    let mut client = client(at, [127, 0, 0, 1]).await;
    for it in maker.bad() {
        let told = told_on(&mut client, &asked("/grpc.health.v1.Health/Check", &it.values)).await;
        assert_eq!(told.end, "OK", "{} {}", it.row, it.what);
    }
}
