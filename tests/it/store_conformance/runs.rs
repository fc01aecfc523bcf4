//! Runs, batches, results.

use steelyard::store::{
    NewBatch, ResultRecord, ResultsAfter, RunListing, RunState, StepProgress, StoreError,
};

use super::{
    backend::Backend,
    sample::{COUNTY, at, begin, result, run},
};

fn batch(step: i64, batch: i64) -> NewBatch {
    NewBatch { step, batch, subjects: format!("[\"m{step}{batch}\"]") }
}

pub(crate) async fn start(on: &Backend, run_id: &str, batches: &[NewBatch]) {
    let mut tx = begin(&*on.store, 1).await.unwrap();
    tx.insert_run(COUNTY, &run(run_id)).await.unwrap();
    tx.insert_batches(COUNTY, run_id, batches).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn a_run_comes_back_and_is_replaced_by_revision(on: &Backend) {
    start(on, "r1", &[]).await;
    let mut tx = begin(&*on.store, 1).await.unwrap();
    assert_eq!(tx.run(COUNTY, "r1").await.unwrap(), Some(run("r1")));
    assert_eq!(tx.cohort(COUNTY, "r1").await.unwrap(), None);
    tx.set_cohort(COUNTY, "r1", &[0, 255, 1]).await.unwrap();
    let mut changed = run("r1");
    changed.state = RunState::Computed;
    changed.result_digest = Some([8; 32]);
    r#"[{"seats":20}]"#.clone_into(&mut changed.quotas);
    changed.computed = Some(at(i64::MAX));
    changed.published = Some((at(9), "chief".to_owned()));
    "因为".clone_into(&mut changed.reason);
    assert_eq!(tx.update_run(COUNTY, &changed).await.unwrap(), 2);
    tx.commit().await.unwrap();
    let mut tx = begin(&*on.store, 1).await.unwrap();
    let kept = tx.run(COUNTY, "r1").await.unwrap().unwrap();
    assert_eq!(kept.revision, 2);
    assert_eq!(tx.cohort(COUNTY, "r1").await.unwrap(), Some(vec![0, 255, 1]));
    let stale = tx.update_run(COUNTY, &changed).await;
    assert!(matches!(stale, Err(StoreError::StaleRevision)), "{stale:?}");
    drop(tx);
    changed.revision = 2;
    assert_eq!(kept, changed);
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(tx.run("other", "r1").await.unwrap(), None);
}

pub(crate) async fn only_one_run_of_a_period_is_published(on: &Backend) {
    for id in ["r1", "r2", "r3"] {
        start(on, id, &[]).await;
    }
    let publish = async |id: &str, period: &str| {
        let mut tx = begin(&*on.store, 1).await.unwrap();
        let mut it = tx.run(COUNTY, id).await.unwrap().unwrap();
        it.state = RunState::Published;
        it.published = Some((at(3), "chief".to_owned()));
        assert_eq!(it.period, period);
        tx.update_run(COUNTY, &it).await?;
        tx.commit().await
    };
    publish("r1", "2022").await.unwrap();
    let second = publish("r2", "2022").await;
    assert!(matches!(second, Err(StoreError::AlreadyRecorded)), "{second:?}");
    let mut tx = begin(&*on.store, 1).await.unwrap();
    let mut old = tx.run(COUNTY, "r1").await.unwrap().unwrap();
    assert_eq!(tx.published_run(COUNTY, "s", "2022").await.unwrap().as_ref(), Some(&old));
    old.state = RunState::Superseded;
    "r2".clone_into(&mut old.superseded_by);
    tx.update_run(COUNTY, &old).await.unwrap();
    let mut new = tx.run(COUNTY, "r2").await.unwrap().unwrap();
    new.state = RunState::Published;
    "r1".clone_into(&mut new.supersedes);
    tx.update_run(COUNTY, &new).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    let published = tx.published_run(COUNTY, "s", "2022").await.unwrap().unwrap();
    assert_eq!(published.run_id, "r2");
    assert_eq!(tx.published_run(COUNTY, "s", "2023").await.unwrap(), None);
    assert_eq!(tx.published_run("other", "s", "2022").await.unwrap(), None);
    assert_eq!(tx.open_runs().await.unwrap(), [(COUNTY.to_owned(), "r3".to_owned())]);
    let mut ids = async |listing: RunListing| -> Vec<String> {
        let page = tx.run_page(COUNTY, &listing).await.unwrap();
        page.into_iter().map(|it| it.run_id).collect()
    };
    let all = RunListing { limit: 9, ..RunListing::default() };
    assert_eq!(ids(all.clone()).await, ["r1", "r2", "r3"]);
    let states = vec![RunState::Superseded, RunState::Pending];
    assert_eq!(ids(RunListing { states, ..all.clone() }).await, ["r1", "r3"]);
    assert_eq!(ids(RunListing { after: "r1".to_owned(), limit: 1, ..all.clone() }).await, ["r2"]);
    assert!(ids(RunListing { period: "2021".to_owned(), ..all.clone() }).await.is_empty());
    assert!(ids(RunListing { scheme_id: "t".to_owned(), ..all }).await.is_empty());
}

pub(crate) async fn steps_wait_for_each_other(on: &Backend) {
    start(on, "r1", &[batch(1, 0), batch(1, 1), batch(2, 0)]).await;
    let mut tx = on.store.begin().await.unwrap();
    let mut claim =
        async |who: &str| tx.claim_batch(COUNTY, "r1", who, at(100), at(200)).await.unwrap();
    let one = claim("a").await.unwrap();
    let two = claim("b").await.unwrap();
    assert_eq!((&one.batch, &two.batch), (&batch(1, 0), &batch(1, 1)));
    assert_eq!(claim("c").await, None, "step 2 waits for step 1");
    let result = [result("m10", 0, Some(7))];
    tx.complete_batch(COUNTY, &one, b"one", &result).await.unwrap();
    assert_eq!(tx.claim_batch(COUNTY, "r1", "c", at(100), at(200)).await.unwrap(), None);
    tx.complete_batch(COUNTY, &two, b"two", &[]).await.unwrap();
    let three = tx.claim_batch(COUNTY, "r1", "c", at(100), at(200)).await.unwrap().unwrap();
    assert_eq!(three.batch, batch(2, 0));
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(tx.payloads(COUNTY, "r1", 1).await.unwrap(), [b"one".to_vec(), b"two".to_vec()]);
    assert_eq!(
        tx.progress(COUNTY, "r1").await.unwrap(),
        [StepProgress { step: 1, done: 2, total: 2 }, StepProgress { step: 2, done: 0, total: 1 },]
    );
}

pub(crate) async fn a_claim_runs_out_and_is_lost(on: &Backend) {
    start(on, "r1", &[batch(1, 0)]).await;
    let claim = async |now: i64| {
        let mut tx = on.store.begin().await.unwrap();
        let claimed = tx.claim_batch(COUNTY, "r1", "same", at(now), at(now + 10)).await.unwrap();
        tx.commit().await.unwrap();
        claimed
    };
    let first = claim(100).await.unwrap();
    assert_eq!(claim(110).await, None, "to its last moment");
    let mut tx = on.store.begin().await.unwrap();
    tx.extend_claim(COUNTY, &first, at(150)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(150).await, None, "it was extended");
    let second = claim(151).await.unwrap();
    assert_ne!(first.claim, second.claim);
    for lost in [0, 1] {
        let mut tx = on.store.begin().await.unwrap();
        let lost = if lost == 0 {
            tx.complete_batch(COUNTY, &first, b"late", &[result("m", 0, None)]).await
        } else {
            tx.extend_claim(COUNTY, &first, at(999)).await
        };
        assert!(matches!(lost, Err(StoreError::StaleRevision)), "{lost:?}");
        drop(tx);
    }
    let mut tx = on.store.begin().await.unwrap();
    tx.complete_batch(COUNTY, &second, b"kept", &[result("m", 0, Some(1))]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(1_000).await, None, "done is done");
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(tx.payloads(COUNTY, "r1", 1).await.unwrap(), [b"kept".to_vec()]);
    let results = tx.results(COUNTY, "r1", &ResultsAfter::Ordinal(-1), 9).await.unwrap();
    assert_eq!(results, [result("m", 0, Some(1))]);
}

pub(crate) async fn results_are_paged_in_both_orders(on: &Backend) {
    start(on, "r1", &[batch(1, 0)]).await;
    let scores = [Some(i64::MIN), Some(i64::MAX), None, Some(0)];
    let subjects: Vec<String> = (0..1_200).map(|it| format!("s{:04}", (it * 7) % 1_200)).collect();
    let results: Vec<ResultRecord> = subjects
        .iter()
        .zip(0..)
        .map(|(subject, it)| result(subject, it, scores[usize::try_from(it % 4).unwrap()]))
        .collect();
    let mut tx = on.store.begin().await.unwrap();
    let claimed = tx.claim_batch(COUNTY, "r1", "a", at(1), at(2)).await.unwrap().unwrap();
    tx.complete_batch(COUNTY, &claimed, &[], &results).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    let mut seen = Vec::new();
    let mut after = ResultsAfter::Ordinal(-1);
    loop {
        let page = tx.results(COUNTY, "r1", &after, 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after = ResultsAfter::Ordinal(last.ordinal);
        seen.extend(page);
    }
    assert_eq!(seen, results);
    let mut seen = Vec::new();
    let mut after = ResultsAfter::Subject(String::new());
    loop {
        let page = tx.results(COUNTY, "r1", &after, 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after = ResultsAfter::Subject(last.subject.clone());
        seen.extend(page.into_iter().map(|it| it.subject));
    }
    let mut sorted = subjects.clone();
    sorted.sort();
    assert_eq!(seen, sorted);
    let some = [subjects[3].clone(), "none".to_owned()];
    assert_eq!(tx.results_of(COUNTY, "r1", &some).await.unwrap(), [results[3].clone()]);
    assert_eq!(tx.results_of("other", "r1", &some).await.unwrap(), []);
}
