//! sqlx 0.9.0 loses acknowledged writes when `begin()` is cancelled (reliability 3.3, J15): shown with
//! the guards off, in this file alone, and gone with the pool's guard on.

use std::time::Duration;

use sqlx::{PgPool, postgres::PgPoolOptions};
use steelyard::store::postgres::guarded;

use crate::postgres;

/// What a storm acknowledged, what is there afterwards, and how many `begin()` were cancelled.
#[derive(Debug)]
struct Storm {
    acknowledged: usize,
    lost: usize,
    cancelled: usize,
}

/// How long a caller that is cancelled waits.
#[derive(Debug, Clone, Copy)]
enum Wait {
    Micros(u64),
    /// Finer than a timer, which counts in milliseconds: so many turns of the others, and some more.
    Turns(i64),
}

async fn after(wait: Wait, number: i64) {
    match wait {
        Wait::Micros(micros) => tokio::time::sleep(Duration::from_micros(micros)).await,
        Wait::Turns(turns) => {
            for _ in 0..turns + number % 7 {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Eight callers on four connections: one in twenty begins a transaction and is cancelled while `BEGIN`
/// is under way, as a deadline does; the others write, one statement each.
async fn storm(pool: &PgPool, wait: Wait) -> Storm {
    const CALLERS: i64 = 8;
    const EACH: i64 = 250;
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS storm (id BIGINT); TRUNCATE storm")
        .execute(pool)
        .await
        .unwrap();
    let mut callers = Vec::new();
    for caller in 0..CALLERS {
        let pool = pool.clone();
        callers.push(tokio::spawn(async move {
            let (mut acknowledged, mut cancelled) = (Vec::new(), 0);
            for number in 0..EACH {
                if number % 20 == caller {
                    tokio::select! {
                        biased;
                        begun = pool.begin() => drop(begun),
                        () = after(wait, number) => cancelled += 1,
                    }
                    continue;
                }
                let id = caller * EACH + number;
                let written =
                    sqlx::query("INSERT INTO storm VALUES ($1)").bind(id).execute(&pool).await;
                if written.is_ok() {
                    acknowledged.push(id);
                }
            }
            (acknowledged, cancelled)
        }));
    }
    let (mut acknowledged, mut cancelled) = (Vec::new(), 0);
    for caller in callers {
        let (ids, count) = caller.await.unwrap();
        acknowledged.extend(ids);
        cancelled += count;
    }
    pool.close().await;
    let there = pool.connect_options();
    let there = PgPool::connect_with((*there).clone()).await.unwrap();
    let kept: Vec<i64> =
        sqlx::query_scalar("SELECT id FROM storm").fetch_all(&there).await.unwrap();
    let kept: std::collections::BTreeSet<i64> = kept.into_iter().collect();
    let lost = acknowledged.iter().filter(|it| !kept.contains(it)).count();
    Storm { acknowledged: acknowledged.len(), lost, cancelled }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_cancelled_begins_loses_writes_without_the_guard_and_none_with_it() {
    // The owner's, since the storm makes a table of its own.
    let url = postgres::bare("a_storm_of_cancelled_begins").await.owner;
    let pool = |options: PgPoolOptions| {
        options.max_connections(4).acquire_timeout(Duration::from_secs(30)).connect_lazy(&url)
    };
    let waits = [50, 100, 200, 400].map(Wait::Micros);
    let waits = waits.into_iter().zip([2, 5, 10, 20].map(Wait::Turns));
    let waits: Vec<Wait> = waits.flat_map(|(one, other)| [one, other]).collect();
    let mut unguarded = Vec::new();
    for wait in &waits {
        let plain = pool(PgPoolOptions::new()).unwrap();
        unguarded.push(storm(&plain, *wait).await);
        if unguarded.iter().any(|it| it.lost > 0) {
            break;
        }
    }
    let provoked = unguarded.iter().any(|it| it.lost > 0);
    assert!(provoked, "the fault was not provoked, so the guard proves nothing: {unguarded:?}");
    let mut cancelled = 0;
    for wait in waits {
        let safe = pool(guarded(PgPoolOptions::new())).unwrap();
        let storm = storm(&safe, wait).await;
        assert!(storm.acknowledged > 1_000, "{storm:?}");
        assert_eq!(storm.lost, 0, "{wait:?}: {storm:?}");
        cancelled += storm.cancelled;
    }
    assert!(cancelled > 50, "only {cancelled} were cancelled with the guard on");
}
