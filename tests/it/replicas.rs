//! Several processes on one PostgreSQL: any of them takes any batch, a dead one's is taken again,
//! and what comes out is what one alone gives.

use std::sync::Arc;

use steelyard::{
    app::App,
    domain::time::Moment,
    proto::v1,
    store::{self, RunState, Store},
};

use crate::{
    harness::{COUNTY, Served, entry, member, record_facts, served_over, units},
    postgres,
};

const SCHEME: &str = "
steelyard: scheme/v1
id: test.many
version: 1
title: 多批次
subject: member
period: year
in_force: {from: 2022-01-01}
score:
  id: root
  out_of: 100
  base: 50
  sum:
    - {id: volunteering, counted: {points: 2, caps: [{per: month, at_most: 6}]}}
    - {id: place, placed: {node: volunteering, within: compound, points: [[1, 20], [2, 10]], otherwise: 1}}
grades:
  - {id: excellent, at_least: 56, seats: {share: 30%, of: subjects, within: compound, rounding: floor}}
  - {id: competent}
ranking: {within: [compound], by: [score]}
";

/// More members than fit two batches, and entries that part them.
const MEMBERS: usize = 1_200;

async fn prepared(url: &str) -> Served {
    let served = served_over(url).await;
    served.upsert("units", units()).await;
    let ids: Vec<String> = (0..MEMBERS).map(|it| format!("m{it:04}")).collect();
    for (index, chunk) in ids.chunks(500).enumerate() {
        let records = chunk.iter().map(|it| member(it)).collect();
        let answer = served.upsert(&format!("members-{index}"), records).await;
        assert_eq!(answer.items, []);
    }
    let publish = v1::PublishSchemeRequest {
        county: COUNTY.into(),
        request_id: "scheme".into(),
        document: SCHEME.into(),
    };
    served.schemes().publish_scheme(publish).await.unwrap();
    for (index, chunk) in ids.chunks(500).enumerate() {
        let facts = chunk
            .iter()
            .enumerate()
            .map(|(at, it)| entry(it, "volunteering", &format!("2022-{:02}-05", at % 12 + 1)))
            .collect();
        served.facts().record_facts(record_facts(&format!("facts-{index}"), facts)).await.unwrap();
    }
    served
}

async fn started(served: &Served, request_id: &str) -> String {
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        scheme_id: "test.many".into(),
        period: "2022".into(),
        ..Default::default()
    };
    let answer = served.evaluations().start_run(request).await.unwrap().into_inner();
    answer.run.unwrap().run_id
}

/// Another process on the same store.
async fn replica(served: &Served, url: &str) -> App {
    App::new(store::open(url).await.unwrap(), served.clock.clone(), "of the tests")
}

async fn digest(store: &Arc<dyn Store>, run_id: &str) -> [u8; 32] {
    let run = store.read().await.unwrap().run(COUNTY, run_id).await.unwrap().unwrap();
    assert_eq!(run.state, RunState::Computed, "{}", run.reason);
    run.result_digest.unwrap()
}

#[tokio::test]
async fn four_replicas_give_what_one_gives() {
    let url = postgres::schema("four_replicas_give_what_one_gives").await;
    let served = prepared(&url).await;
    let alone = started(&served, "alone").await;
    while served.app.work_once("one").await.unwrap() {}
    let expected = digest(&served.app.store, &alone).await;
    for round in 0..3 {
        let run_id = started(&served, &format!("together-{round}")).await;
        let mut workers = Vec::new();
        for name in ["a", "b", "c", "d"] {
            let app = replica(&served, &url).await;
            let run_id = run_id.clone();
            workers.push(tokio::spawn(async move {
                // Others may hold what the next step waits for: look again until the run is done.
                loop {
                    app.work_once(name).await.unwrap();
                    let mut tx = app.store.read().await.unwrap();
                    let run = tx.run(COUNTY, &run_id).await.unwrap().unwrap();
                    if run.state == RunState::Computed {
                        return;
                    }
                    drop(tx);
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
            }));
        }
        for worker in workers {
            worker.await.unwrap();
        }
        assert_eq!(digest(&served.app.store, &run_id).await, expected, "round {round}");
    }
}

#[tokio::test]
async fn a_dead_replica_s_batch_is_taken_again() {
    let url = postgres::schema("a_dead_replica_s_batch").await;
    let served = prepared(&url).await;
    let alone = started(&served, "alone").await;
    while served.app.work_once("one").await.unwrap() {}
    let expected = digest(&served.app.store, &alone).await;
    let run_id = started(&served, "orphaned").await;
    // A replica claims a batch for a minute, and is never heard of again.
    let dead = replica(&served, &url).await;
    let now = Moment::parse("2023-01-10T01:00:00Z").unwrap();
    let until = Moment::parse("2023-01-10T01:01:00Z").unwrap();
    let mut tx = dead.store.begin().await.unwrap();
    assert!(tx.claim_batch(COUNTY, &run_id, "dead", now, until).await.unwrap().is_some());
    tx.commit().await.unwrap();
    while served.app.work_once("alive").await.unwrap() {}
    let run = served.app.get_run(COUNTY, &run_id).await.unwrap().run;
    assert_eq!(run.state, RunState::Measuring, "one batch is still with the dead");
    served.clock.set("2023-01-10T01:01:01Z");
    while served.app.work_once("alive").await.unwrap() {}
    assert_eq!(digest(&served.app.store, &run_id).await, expected);
}
