//! Counts for whoever watches the service.

use steelyard::store::{FactKind, RunCounts, RunState, StoreError};

use super::{
    backend::Backend,
    runs::start,
    sample::{COUNTY, NOW, audit, begin, entry, metric, record},
};

pub(crate) async fn facts_are_counted_by_kind_and_from_a_number_on(on: &Backend) {
    let facts = [
        entry("m1", "v", "2022-03-01", 1, None),
        metric("k1", "households", "2022", 5),
        entry("m2", "v", "2022-04-01", 1, None),
    ];
    record(&*on.store, 1, &facts).await;
    let mut tx = begin(&*on.store, 2).await.unwrap();
    tx.append_audit(COUNTY, &[audit("a"), audit("b")]).await.unwrap();
    tx.lock_county("zhenyuan", NOW).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    let all = tx.fact_kinds(COUNTY, 0, 3).await.unwrap();
    assert_eq!(all, [(FactKind::Entry, 2), (FactKind::Metric, 1)]);
    assert_eq!(tx.fact_kinds(COUNTY, 1, 2).await.unwrap(), [(FactKind::Metric, 1)]);
    assert_eq!(tx.fact_kinds(COUNTY, 3, 9).await.unwrap(), []);
    assert_eq!(tx.fact_kinds("zhenyuan", 0, 9).await.unwrap(), []);
}

pub(crate) async fn runs_are_counted_by_state_with_their_ties(on: &Backend) {
    let quotas = [
        ("r1", "", RunState::Failed),
        ("r2", r#"{"quotas":[],"ties":[]}"#, RunState::Computed),
        ("r3", r#"{"quotas":[],"ties":[{"for":"a","tied":["k1","k2"]}]}"#, RunState::Computed),
        ("r4", r#"{"quotas":[{"for":"\"ties\":[{"}],"ties":[]}"#, RunState::Published),
    ];
    for (id, quotas, state) in quotas {
        start(on, id, &[]).await;
        let mut tx = begin(&*on.store, 1).await.unwrap();
        let mut run = tx.run(COUNTY, id).await.unwrap().unwrap();
        quotas.clone_into(&mut run.quotas);
        run.state = state;
        tx.update_run(COUNTY, &run).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut tx = on.store.read().await.unwrap();
    let counts = tx.run_counts(COUNTY).await.unwrap();
    let count = |state, runs, tied| RunCounts { state, runs, tied };
    let expected = [
        count(RunState::Computed, 2, 1),
        count(RunState::Failed, 1, 0),
        count(RunState::Published, 1, 0),
    ];
    assert_eq!(counts, expected);
    assert_eq!(tx.run_counts("zhenyuan").await.unwrap(), []);
    drop(tx);
    let mut tx = begin(&*on.store, 1).await.unwrap();
    let twice = tx.insert_run(COUNTY, &super::sample::run("r1")).await;
    assert!(matches!(twice, Err(StoreError::AlreadyRecorded)), "{twice:?}");
    assert!(matches!(tx.run_counts(COUNTY).await, Err(StoreError::Aborted)));
}
