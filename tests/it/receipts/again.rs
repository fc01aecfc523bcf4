//! A run comes out the same again, whatever was recorded, published or superseded since.

use steelyard::{app::run::RunSelector, proto::v1};

use super::year::{DUAL, computed, proof, publish_scheme, published, record, times, told};
use crate::{
    audit::trail,
    harness::{COUNTY, Served, member},
};

async fn holds(served: &Served, run: &str) {
    let proof = proof(served, run).await;
    assert_eq!(told(&proof), "");
    assert!(proof.results >= 4);
    assert_eq!(proof.other_engine, None);
}

async fn all_holds(on_postgres: bool) {
    let url = trail::address(on_postgres, "again").await;
    let (served, old) = published(&url).await;
    holds(&served, &old).await;
    // Facts of everybody after the run: the kept sums are no longer those of its moment.
    let late = ["m1", "m2", "m3", "m4"].map(|it| times(it, "2022-07-01", "2"));
    record(&served, "late", late.to_vec()).await;
    holds(&served, &old).await;
    served.upsert("more", vec![member("m5")]).await;
    holds(&served, &old).await;
    publish_scheme(&served, "next", &DUAL.replace("version: 1", "version: 2")).await;
    holds(&served, &old).await;
    let new = computed(&served, "test.dual", "again").await;
    holds(&served, &new).await;
    let supersede = v1::SupersedeRunRequest {
        county: COUNTY.into(),
        request_id: "supersede".into(),
        old_run_id: old.clone(),
        new_run_id: new.clone(),
        reason: "补录志愿服务".into(),
        validate_only: false,
    };
    served.evaluations().supersede_run(supersede).await.unwrap();
    holds(&served, &old).await;
    holds(&served, &new).await;
    // The run that others took results of is superseded too: they took those of its day.
    holds(&served, &old).await;
    let of = RunSelector::Published { scheme_id: "test.dual".into(), period: "2022".into() };
    let proof = steelyard::app::run::verify(&*served.app.store, COUNTY, &of).await.unwrap();
    assert_eq!((proof.run.run_id.as_str(), told(&proof).as_str()), (new.as_str(), ""));
}

#[tokio::test]
async fn published_and_superseded_runs_come_out_the_same_on_sqlite() {
    all_holds(false).await;
}

#[tokio::test]
async fn published_and_superseded_runs_come_out_the_same_on_postgres() {
    all_holds(true).await;
}

/// What a run reads does not depend on whether the kept sums were current when it read them.
#[tokio::test]
async fn the_same_facts_have_the_same_digests_at_any_time() {
    let (served, first) = published("sqlite::memory:").await;
    let known = {
        let mut tx = served.app.read().await.unwrap();
        tx.run(COUNTY, &first).await.unwrap().unwrap()
    };
    record(&served, "late", vec![times("m1", "2022-07-01", "2")]).await;
    let start = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: "as-it-was".into(),
        scheme_id: "test.dual".into(),
        period: "2022".into(),
        known_at: Some(prost_types::Timestamp {
            seconds: known.known.micros().div_euclid(1_000_000),
            nanos: i32::try_from(known.known.micros().rem_euclid(1_000_000) * 1_000).unwrap(),
        }),
        ..Default::default()
    };
    let again = served.evaluations().start_run(start).await.unwrap().into_inner().run.unwrap();
    served.app.work_once("tests").await.unwrap();
    let mut tx = served.app.read().await.unwrap();
    let again = tx.run(COUNTY, &again.run_id).await.unwrap().unwrap();
    assert_eq!(again.result_digest, known.result_digest);
    assert_eq!(again.quotas, known.quotas);
}

#[tokio::test]
async fn a_run_without_results_is_refused() {
    let (served, _) = published("sqlite::memory:").await;
    let none = RunSelector::Id("run-none".to_owned());
    let refused = steelyard::app::run::verify(&*served.app.store, COUNTY, &none).await;
    assert!(refused.unwrap_err().to_string().contains("does not exist"));
}
