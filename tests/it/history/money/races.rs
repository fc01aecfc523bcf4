//! Two servers over one PostgreSQL, and many who want the same money at the same time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{AWARD, Ask, Town, answers, approve, cancel, export, fen, increase, propose, why};
use crate::{
    history::process::{self, Process},
    postgres,
};

/// How many want the last money at once.
const RIVALS: usize = 8;
const SCHEMES: [&str; 5] = ["test.a", "test.b", "test.c", "test.d", "test.e"];
const YEARS: std::ops::Range<i32> = 2011..2021;
/// Rounds of each scheme and year.
const ROUNDS: usize = 25;

/// A town behind two servers on one PostgreSQL.
async fn two(name: &str) -> (Arc<Town>, [Process; 2]) {
    let schema = postgres::migrated(name).await;
    let folder = process::folder(name);
    let servers = [
        Process::start(&schema.service, &folder, "one").await,
        Process::start(&schema.service, &folder, "other").await,
    ];
    let ends = vec![servers[0].connect().await, servers[1].connect().await];
    (Arc::new(Town::of(&folder, ends).await), servers)
}

/// Looks at the books all the time, at one server after the other, until told to stop.
fn watched(town: &Arc<Town>, of: Arc<[(String, String)]>) -> (Arc<AtomicBool>, JoinSet<usize>) {
    let stop = Arc::new(AtomicBool::new(false));
    let mut watcher = JoinSet::new();
    let (town, stopped) = (Arc::clone(town), Arc::clone(&stop));
    watcher.spawn(async move {
        let mut looks = 0;
        while !stopped.load(Ordering::SeqCst) {
            let (year, purpose) = &of[looks % of.len()];
            town.budget((year, purpose), looks).await;
            looks += 1;
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
        looks
    });
    (stop, watcher)
}

/// Eight who each want the last 5000 yuan for another recipient: one gets them, and gives them back.
async fn round(town: &Arc<Town>, (scheme, year): (&str, &str), number: usize) -> usize {
    let mut tries = JoinSet::new();
    for rival in 0..RIVALS {
        let town = Arc::clone(town);
        let batch = format!("{scheme}-{year}-{number}-{rival}");
        let ask = propose((&batch, &batch), (scheme, year), &[rival]);
        tries.spawn(async move { (batch, town.sure(&ask, rival).await) });
    }
    let (mut won, mut refused) = (Vec::new(), 0);
    for (batch, answer) in tries.join_all().await {
        match answer {
            Ok(_) => won.push(batch),
            Err(status) => {
                assert_eq!(why(&status), "BUDGET_EXCEEDED", "{status:?}");
                refused += 1;
            }
        }
    }
    assert_eq!((won.len(), refused), (1, RIVALS - 1), "{won:?}");
    let found = town.budget((year, scheme), number).await.unwrap();
    let figures = [&found.appropriated, &found.reserved, &found.paid, &found.available].map(fen);
    assert_eq!(figures, [AWARD, AWARD, 0, 0], "{found:?}");
    if number.is_multiple_of(5) {
        town.balance((year, scheme), number + 1).await.unwrap();
    }
    let batch = &won[0];
    town.sure(&cancel(&format!("back-{batch}"), batch), number + 1).await.unwrap();
    won.len() + refused
}

#[expect(clippy::print_stdout, reason = "the figures of the run")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_raced_reservations_never_overdraw() {
    let (town, servers) = two("races_for_the_last_money").await;
    let years: Vec<i32> = YEARS.collect();
    town.prepared(RIVALS, &SCHEMES, &years).await;
    let purposes: Vec<(String, String)> = SCHEMES
        .iter()
        .flat_map(|scheme| years.iter().map(|year| (year.to_string(), (*scheme).to_owned())))
        .collect();
    for (year, scheme) in &purposes {
        let ask = increase(&format!("{scheme}-{year}"), (year, scheme), AWARD);
        town.sure(&ask, 0).await.unwrap();
    }
    let (stop, mut watcher) = watched(&town, purposes.clone().into());
    let (began, mut attempts) = (Instant::now(), 0);
    for (year, scheme) in &purposes {
        for number in 0..ROUNDS {
            attempts += round(&town, (scheme, year), number).await;
        }
        let found = town.budget((year, scheme), 0).await.unwrap();
        // One appropriation, and a reservation and its release each round.
        let rounds = i64::try_from(ROUNDS).unwrap();
        assert_eq!((fen(&found.available), found.movements), (AWARD, 1 + 2 * rounds));
    }
    let took = began.elapsed();
    stop.store(true, Ordering::SeqCst);
    let looks = watcher.join_next().await.unwrap().unwrap();
    println!("{attempts} attempts, {looks} looks at the books, {took:.1?}");
    assert_eq!(attempts, 10_000);
    assert!(looks > 500, "invalid: only {looks} looks");
    servers.iter().for_each(Process::assert_sound);
}

#[expect(clippy::print_stdout, reason = "the figures of the run")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_payments_are_sent_back_once_by_twenty_who_try_twice() {
    const PAYMENTS: usize = 500;
    const WORKERS: usize = 20;
    let all = i64::try_from(PAYMENTS).unwrap() * AWARD;
    let (town, servers) = two("payments_sent_back_twice").await;
    let of = ("test.a", "2022");
    town.prepared(PAYMENTS, &[of.0], &[2022]).await;
    let paid: Vec<(i32, bool)> = (1..=500).map(|line| (line, true)).collect();
    for ask in [
        increase("budget", (of.1, of.0), all),
        propose(("propose", "all"), of, &[]),
        Ask::Approve(approve("approve", "all")),
        export("export", "all"),
        answers("paid", "all", &paid),
    ] {
        town.sure(&ask, 0).await.unwrap();
    }
    let budget = town.budget((of.1, of.0), 0).await.unwrap();
    assert_eq!([&budget.paid, &budget.available].map(fen), [all, 0]);
    let (stop, mut watcher) = watched(&town, Arc::new([(of.1.to_owned(), of.0.to_owned())]));
    // Every line twice, each time by another worker and at another server.
    let (next, began) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let (town, next) = (Arc::clone(&town), Arc::clone(&next));
        workers.spawn(async move {
            let mut done = [0, 0];
            loop {
                let turn = next.fetch_add(1, Ordering::SeqCst);
                if turn >= 2 * PAYMENTS {
                    return done;
                }
                let line = i32::try_from(turn / 2).unwrap() + 1;
                let ask = answers(&format!("back-{worker}-{turn}"), "all", &[(line, false)]);
                match town.sure(&ask, turn).await {
                    Ok(_) => done[0] += 1,
                    Err(status) => {
                        assert_eq!(why(&status), "LINE_ANSWERED", "{status:?}");
                        done[1] += 1;
                    }
                }
            }
        });
    }
    let done = workers.join_all().await;
    let took = began.elapsed();
    stop.store(true, Ordering::SeqCst);
    let looks = watcher.join_next().await.unwrap().unwrap();
    let sums = done.iter().fold([0, 0], |sum, it| [sum[0] + it[0], sum[1] + it[1]]);
    println!("{sums:?} done and refused, {looks} looks at the books, {took:.1?}");
    assert_eq!(sums, [PAYMENTS, PAYMENTS]);
    for replica in 0..2 {
        let budget = town.budget((of.1, of.0), replica).await.unwrap();
        let figures =
            [&budget.reserved, &budget.paid, &budget.returned, &budget.available].map(fen);
        assert_eq!(figures, [0, 0, all, all], "{budget:?}");
        // An appropriation, and every payment reserved, paid and sent back once.
        assert_eq!(budget.movements, 1 + 3 * 500);
        town.balance((of.1, of.0), replica).await.unwrap();
    }
    assert!(looks > 50, "invalid: only {looks} looks");
    // Twenty wait for one county: whose turn does not come within the statement's 20 s is told so, and
    // sends the same again.
    servers.iter().for_each(|it| it.assert_sound_but("(code 57014)"));
}
