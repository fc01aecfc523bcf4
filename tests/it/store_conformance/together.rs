//! Several at once, and what breaks in between.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use steelyard::store::{Begun, NewBatch, ResultsAfter, Store, StoreError, verify};

use super::{
    backend::Backend,
    runs,
    sample::{COUNTY, Dice, NOW, at, audit, begin, entry, metric, record, request, result},
};

pub(crate) async fn a_second_writer_of_a_county_waits_and_is_told(on: &Backend) {
    // As another process would; inside one, SQLite's writers stand in line for one connection.
    let other = steelyard::store::open(&on.url).await.unwrap();
    let first = begin(&*on.store, 1).await.unwrap();
    let started = Instant::now();
    let second = begin(&*other, 1).await.err();
    let waited = started.elapsed();
    assert!(matches!(second, Some(StoreError::Contended)), "{second:?}");
    assert!(waited > Duration::from_millis(1_500), "it waited {waited:?}");
    assert!(waited < Duration::from_millis(3_500), "it waited {waited:?}");
    drop(first);
    begin(&*other, 1).await.unwrap().commit().await.unwrap();
    other.close().await;
}

pub(crate) async fn writers_of_one_county_are_in_a_line(on: &Backend) {
    const WRITERS: i64 = 8;
    const EACH: i64 = 10;
    let mut tasks = Vec::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&on.store);
        tasks.push(tokio::spawn(async move {
            for number in 0..EACH {
                let subject = format!("w{writer}");
                let fact = entry(&subject, "v", "2022-03-01", number, None);
                let mut tx = begin(&*store, 5).await.unwrap();
                tx.insert_facts(COUNTY, "r", &[fact]).await.unwrap();
                tx.append_audit(COUNTY, &[audit(&subject)]).await.unwrap();
                tx.commit().await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let mut tx = on.store.read().await.unwrap();
    let mut last = at(i64::MIN);
    for seq in 1..=WRITERS * EACH {
        let fact = tx.fact(COUNTY, seq, NOW).await.unwrap().unwrap();
        assert!(fact.recorded > last, "{fact:?}");
        last = fact.recorded;
    }
    assert_eq!(tx.head(COUNTY).await.unwrap().unwrap().fact_seq, WRITERS * EACH);
    assert_eq!(verify(&mut *tx, COUNTY).await.unwrap(), None);
    assert_eq!(tx.verify_totals(COUNTY).await.unwrap(), []);
}

pub(crate) async fn a_request_sent_twice_at_once_is_done_once(on: &Backend) {
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let store = Arc::clone(&on.store);
        tasks.push(tokio::spawn(async move {
            let asked = request("r-1", "RecordFacts", 1);
            let mut tx = begin(&*store, 1).await.unwrap();
            match tx.begin_request(&asked).await.unwrap() {
                Begun::Fresh => {
                    let fact = entry("m", "v", "2022-03-01", 1, None);
                    let first = tx.insert_facts(COUNTY, "r-1", &[fact]).await.unwrap();
                    let answer = first.to_be_bytes().to_vec();
                    tx.finish_request(&asked, &answer).await.unwrap();
                    tx.commit().await.unwrap();
                    (true, answer)
                }
                Begun::Replay(answer) => (false, answer),
                Begun::Reused => panic!("it is the same request"),
            }
        }));
    }
    let mut done = 0;
    for task in tasks {
        let (fresh, answer) = task.await.unwrap();
        done += u32::from(fresh);
        assert_eq!(answer, 1_i64.to_be_bytes());
    }
    assert_eq!(done, 1);
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(tx.fact(COUNTY, 2, NOW).await.unwrap(), None);
}

pub(crate) async fn every_batch_is_claimed_once(on: &Backend) {
    let batches: Vec<NewBatch> = (1..=2)
        .flat_map(|step| (0..20).map(move |batch| (step, batch)))
        .map(|(step, batch)| NewBatch { step, batch, subjects: "[]".to_owned() })
        .collect();
    runs::start(on, "r1", &batches).await;
    let mut tasks = Vec::new();
    for worker in 0..4 {
        let store = Arc::clone(&on.store);
        tasks.push(tokio::spawn(work(store, format!("replica-{worker}"))));
    }
    let mut done = Vec::new();
    for task in tasks {
        done.extend(task.await.unwrap());
    }
    let once: BTreeSet<_> = done.iter().copied().collect();
    assert_eq!((done.len(), once.len()), (40, 40), "each was claimed once");
    let mut tx = on.store.read().await.unwrap();
    let results = tx.results(COUNTY, "r1", &ResultsAfter::Ordinal(-1), 100).await.unwrap();
    assert_eq!(results.len(), 40);
}

/// Claims and completes until everything of the run is done.
async fn work(store: Arc<dyn Store>, name: String) -> Vec<(i64, i64)> {
    let mut done = Vec::new();
    loop {
        let mut tx = store.begin().await.unwrap();
        let claimed = tx.claim_batch(COUNTY, "r1", &name, at(1), at(i64::MAX)).await.unwrap();
        tx.commit().await.unwrap();
        if let Some(claimed) = claimed {
            let key = (claimed.batch.step, claimed.batch.batch);
            let ordinal = key.0 * 100 + key.1;
            let results = [result(&format!("m{ordinal}"), ordinal, None)];
            let mut tx = store.begin().await.unwrap();
            tx.complete_batch(COUNTY, &claimed, &[], &results).await.unwrap();
            tx.commit().await.unwrap();
            done.push(key);
            continue;
        }
        let mut tx = store.read().await.unwrap();
        let progress = tx.progress(COUNTY, "r1").await.unwrap();
        if progress.iter().all(|it| it.done == it.total) {
            return done;
        }
        drop(tx);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

pub(crate) async fn a_reader_sees_one_moment(on: &Backend) {
    record(&*on.store, 1, &[metric("a", "x", "2022", 1)]).await;
    let mut tx = on.store.read().await.unwrap();
    assert!(tx.fact(COUNTY, 1, NOW).await.unwrap().is_some());
    record(&*on.store, 2, &[metric("a", "x", "2022", 2)]).await;
    assert_eq!(tx.fact(COUNTY, 2, NOW).await.unwrap(), None, "written after the first look");
    assert_eq!(tx.head(COUNTY).await.unwrap().unwrap().fact_seq, 1);
    drop(tx);
    let mut tx = on.store.read().await.unwrap();
    assert!(tx.fact(COUNTY, 2, NOW).await.unwrap().is_some());
}

/// Calls are dropped at any moment, as a deadline does, while others write: what was acknowledged
/// is there. In sqlx 0.9.0 a dropped `begin` leaves its connection inside a transaction.
pub(crate) async fn cancelled_calls_lose_nothing(on: &Backend) {
    const EACH: u32 = 60;
    let mut tasks = Vec::new();
    for writer in 0..4_u64 {
        let store = Arc::clone(&on.store);
        tasks.push(tokio::spawn(async move {
            let mut dice = Dice(writer);
            let (mut acknowledged, mut cancelled) = (Vec::new(), 0_u32);
            for number in 0..EACH {
                let turns = dice.below(40);
                tokio::select! {
                    biased;
                    begun = store.begin() => drop(begun),
                    () = give_way(turns) => cancelled += 1,
                }
                let subject = format!("w{writer}-{number}");
                let mut tx = begin(&*store, 1).await.unwrap();
                let fact = entry(&subject, "v", "2022-03-01", 1, None);
                acknowledged.push(tx.insert_facts(COUNTY, "r", &[fact]).await.unwrap());
                tx.commit().await.unwrap();
            }
            (acknowledged, cancelled)
        }));
    }
    let (mut acknowledged, mut cancelled) = (Vec::new(), 0);
    for task in tasks {
        let (seqs, count) = task.await.unwrap();
        acknowledged.extend(seqs);
        cancelled += count;
    }
    assert!(cancelled > 10, "only {cancelled} calls were cancelled: the test proves nothing");
    let mut tx = on.store.read().await.unwrap();
    for seq in &acknowledged {
        assert!(tx.fact(COUNTY, *seq, NOW).await.unwrap().is_some(), "fact {seq} is lost");
    }
    let unlike: BTreeSet<_> = acknowledged.iter().collect();
    assert_eq!(unlike.len(), acknowledged.len(), "no number was given twice");
    assert_eq!(tx.verify_totals(COUNTY).await.unwrap(), []);
}

/// Finer than a timer, which counts in milliseconds.
async fn give_way(turns: u64) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
}

/// Ends the connection that holds the county's lock in this schema.
async fn terminate_writer(on: &Backend) {
    let text = "DO $$ BEGIN
        ASSERT (SELECT COUNT(pg_terminate_backend(pid)) FROM pg_locks
                 WHERE relation = 'county_heads'::regclass AND mode = 'RowExclusiveLock') = 1;
        END $$";
    on.execute(text).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
}

pub(crate) async fn a_connection_lost_at_commit_is_an_unknown_outcome(on: &Backend) {
    runs::start(on, "r1", &[]).await;
    let mut tx = on.store.begin().await.unwrap();
    // No head is to be put back, so that COMMIT is the first statement to meet the loss.
    tx.set_cohort(COUNTY, "r1", &[1]).await.unwrap();
    let text = "DO $$ BEGIN
        ASSERT (SELECT COUNT(pg_terminate_backend(pid)) FROM pg_locks
                 WHERE relation = 'runs'::regclass AND mode = 'RowExclusiveLock') = 1;
        END $$";
    on.execute(text).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let committed = tx.commit().await;
    assert!(matches!(committed, Err(StoreError::OutcomeUnknown(_))), "{committed:?}");
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(tx.cohort(COUNTY, "r1").await.unwrap(), None);
}

pub(crate) async fn a_connection_lost_before_commit_is_unavailable(on: &Backend) {
    let mut tx = begin(&*on.store, 1).await.unwrap();
    terminate_writer(on).await;
    let fact = entry("m", "v", "2022-03-01", 1, None);
    let written = tx.insert_facts(COUNTY, "r", std::slice::from_ref(&fact)).await;
    assert!(matches!(written, Err(StoreError::Unavailable(_))), "{written:?}");
    let committed = tx.commit().await;
    assert!(matches!(committed, Err(StoreError::Aborted)), "{committed:?}");
    assert_eq!(record(&*on.store, 2, &[fact]).await, 1, "the store goes on");
}

/// The second guard alone: sqlx's own pool with the guard's statement, a transaction that sqlx knows
/// nothing of, and an autocommit write after it.
pub(crate) async fn the_net_catches_a_transaction_that_was_left_open(on: &Backend) {
    // Only the owner makes tables.
    let url = &on.schema.as_ref().unwrap().owner;
    let lost = async |guarded: bool| {
        let mut options = sqlx::postgres::PgPoolOptions::new().max_connections(1);
        if guarded {
            options = steelyard::store::postgres::guarded(options);
        }
        let pool = options.connect(url).await.unwrap();
        sqlx::raw_sql("CREATE TABLE IF NOT EXISTS net (id BIGINT); DELETE FROM net")
            .execute(&pool)
            .await
            .unwrap();
        sqlx::raw_sql("BEGIN").execute(&pool).await.unwrap();
        sqlx::raw_sql("INSERT INTO net VALUES (1)").execute(&pool).await.unwrap();
        pool.close().await;
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        let kept: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM net").fetch_one(&pool).await.unwrap();
        kept == 0
    };
    assert!(lost(false).await, "without the net the acknowledged row is lost");
    assert!(!lost(true).await, "with it the row is kept");
}
