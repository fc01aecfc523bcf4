//! One request id at two replicas: H6 to H9, and H20.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use steelyard::proto::v1::{self, fact_service_client::FactServiceClient};
use tonic::{Code, Request, Status, transport::Channel};
use tonic_types::StatusExt as _;

use super::{
    load,
    log::Effect,
    observe::Database,
    replicas::two,
    world::{LONG, Outcome, Sent, World, one},
};
use crate::harness::{COUNTY, entry, reason, record_facts, reference};

fn facts(request_id: &str, member: &str) -> v1::RecordFactsRequest {
    record_facts(request_id, vec![entry(member, "volunteering", "2022-03-05")])
}

async fn record(
    at: &Channel,
    message: Request<v1::RecordFactsRequest>,
) -> Result<v1::RecordFactsResponse, Status> {
    Ok(FactServiceClient::new(at.clone()).record_facts(message).await?.into_inner())
}

/// A message of a principal that has a token of its own.
fn by<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

async fn grant(world: &World, principal: &str) {
    let grant = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: "grant".into(),
        principal: principal.into(),
        role_id: "organization_department".into(),
        unit: reference(v1::RecordKind::County, COUNTY),
        reason: "录入".into(),
        ..Default::default()
    };
    let parts = one("grant", Effect::Grant { marker: principal.to_owned() });
    assert_eq!(world.call(Sent::Grant(grant), parts, 0, LONG).await, Outcome::Ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_id_means_one_thing_at_two_replicas() {
    let (trial, replicas, schema) = two("a_request_id_means_one_thing", 1).await;
    let (world, keys) = (trial.world.clone(), trial.folder.join("keys"));
    let mut issue = Command::new(env!("CARGO_BIN_EXE_steelyard"));
    let issued = issue.args(["token", "clerk", "--keys"]).arg(&keys).output().unwrap();
    assert!(issued.status.success(), "{issued:?}");
    let token = String::from_utf8(issued.stdout).unwrap().trim().to_owned();
    grant(&world, "clerk").await;
    let ends = [replicas[0].connect().await, replicas[1].connect().await];
    let ours = |message| world.by(message, LONG);

    // H6: the same at once and later, at either.
    let (here, there) = tokio::join!(
        record(&ends[0], ours(facts("same", "m01"))),
        record(&ends[1], ours(facts("same", "m01"))),
    );
    let first = here.unwrap();
    assert_eq!(first, there.unwrap());
    assert_eq!(first, record(&ends[1], ours(facts("same", "m01"))).await.unwrap());

    // H7: other content, and another method.
    let other = record(&ends[1], ours(facts("same", "m02"))).await.unwrap_err();
    assert_eq!((other.code(), &*reason(&other)), (Code::AlreadyExists, "REQUEST_ID_REUSED"));
    let start = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: "same".into(),
        scheme_id: "test.kills".into(),
        period: "2022".into(),
        ..Default::default()
    };
    let method = world.evaluations(1).start_run(world.by(start, LONG)).await.unwrap_err();
    assert_eq!((method.code(), &*reason(&method)), (Code::AlreadyExists, "REQUEST_ID_REUSED"));

    // H8: the id of one principal is none of another's.
    let theirs = record(&ends[1], by(&token, facts("same", "m02"))).await.unwrap();
    assert_eq!(theirs.counts.unwrap().recorded, 1);
    assert_ne!(theirs.items[0].id, first.items[0].id);

    // H9: while the first still works, a second waits, is told to try again, and then gets the
    // answer of the first.
    let mut holder = Database::open(&schema.superuser).await;
    holder.execute("BEGIN").await;
    holder.execute("SELECT 1 FROM county_heads FOR UPDATE").await;
    let began = Instant::now();
    let (here, there) = tokio::join!(
        record(&ends[0], ours(facts("waits", "m03"))),
        record(&ends[1], ours(facts("waits", "m03"))),
    );
    let waited = began.elapsed();
    for refused in [here.unwrap_err(), there.unwrap_err()] {
        assert_eq!((refused.code(), &*reason(&refused)), (Code::Aborted, "CONTENDED"));
        let details = refused.get_error_details();
        assert!(details.retry_info().is_some_and(|it| it.retry_delay.is_some()), "{refused:?}");
    }
    assert!(waited > Duration::from_millis(1_500), "it waited {waited:?}");
    holder.execute("COMMIT").await;
    let (here, there) = tokio::join!(
        record(&ends[0], ours(facts("waits", "m03"))),
        record(&ends[1], ours(facts("waits", "m03"))),
    );
    assert_eq!(here.unwrap(), there.unwrap());

    // Three facts in all: what was sent twice is there once.
    let seen = holder.observe(super::observe::Mark::default()).await;
    let subjects: Vec<&str> = seen.facts.iter().map(|it| it.subject.as_str()).collect();
    assert_eq!(subjects, ["m01", "m02", "m03"]);
}

/// H20: of two that publish a run at the same time, one does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_publish_at_once_one_does() {
    const ROUNDS: usize = 10;
    let (mut trial, _replicas, _) = two("of_two_that_publish_at_once_one_does", 2).await;
    let world = trial.world.clone();
    let mut old = String::new();
    for round in 0..ROUNDS {
        let new = load::computed(&world, &format!("run-{round}")).await;
        let calls = ["a", "b"].map(|it| load::publication(&format!("{it}-{round}"), &old, &new));
        let [(here, parts), (there, others)] = calls;
        let (one, other) =
            tokio::join!(world.call(here, parts, 0, LONG), world.call(there, others, 1, LONG),);
        let refused = Outcome::Fail("FailedPrecondition".to_owned());
        let both = [(&one, &other), (&other, &one)];
        assert!(both.contains(&(&Outcome::Ok, &refused)), "round {round}: {one:?}, {other:?}");
        old = new;
    }
    trial.repeat().await;
    let seen = trial.judge("after all rounds").await;
    assert_eq!(seen.runs.iter().filter(|it| it.state == "superseded").count(), ROUNDS - 1);
}
