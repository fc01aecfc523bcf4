//! Two servers on one PostgreSQL, one of them killed over and over while the other goes on.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    dice::setting,
    kills::{Trial, carried_on, joined},
    load,
    log::Event,
    observe::Database,
    process::{self, Process},
    world::World,
};
use crate::postgres::{self, Schema};

/// A trial over a schema of its own, with two servers and a county in it.
pub(super) async fn two(name: &'static str, seed: u64) -> (Trial, [Process; 2], Schema) {
    let schema = postgres::migrated(name).await;
    let folder = process::folder(name);
    let one = Process::start(&schema.service, &folder, "one-000").await;
    let other = Process::start(&schema.service, &folder, "other-000").await;
    let world = World::new(&folder, process::token(&folder));
    world.reach(0, one.connect().await);
    world.reach(1, other.connect().await);
    load::prepare(&world).await;
    let database = Database::open(&schema.superuser).await;
    (Trial::new(name, seed, folder, world, database), [one, other], schema)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_replica_kills_lose_and_double_nothing() {
    let seed = setting("STEELYARD_KILLS_SEED", 20_220_712);
    let kills = setting("STEELYARD_REPLICA_KILLS", 20);
    let name = "twenty_replica_kills_lose_and_double_nothing";
    let (mut trial, mut replicas, schema) = two(name, seed).await;
    for cycle in 1..=kills {
        let (clients, stop) = trial.clients(cycle);
        let before = trial.world.acknowledged();
        trial.loaded(80, 80).await;
        let which = trial.dice.index(2);
        let in_flight = trial.world.in_flight();
        replicas[which].kill();
        trial.world.log.write(&Event::Kill { at: trial.world.log.now(), in_flight });
        // The other serves on.
        trial.loaded(30, 40).await;
        load::forget_claims(&mut trial.database, &replicas[which].claimant()).await;
        replicas[which].assert_sound();
        let started = format!("{}-{cycle:03}", ["one", "other"][which]);
        replicas[which] = Process::start(&schema.service, &trial.folder, &started).await;
        trial.world.reach(which, replicas[which].connect().await);
        // And both again.
        trial.reached(before + 260).await;
        stop.store(true, Ordering::SeqCst);
        joined(clients).await;
        trial.judge(&format!("after kill {cycle}")).await;
        trial.settle().await;
        trial.repeat().await;
        let seen = trial.judge(&format!("after kill {cycle} and all repeats")).await;
        trial.go_on(&seen);
    }
    carried_on(&mut trial).await;
    replicas.iter().for_each(Process::assert_sound);
    drop(replicas);
    trial.end(usize::try_from(kills).unwrap(), &schema.service).await;
}

/// J2: whoever holds the county's head loses its connection in the midst of the work.
#[expect(clippy::print_stdout, reason = "the figures of the run")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminated_backends_lose_and_double_nothing() {
    const TIMES: usize = 40;
    let seed = setting("STEELYARD_KILLS_SEED", 20_220_713);
    let name = "terminated_backends_lose_and_double_nothing";
    let (mut trial, replicas, schema) = two(name, seed).await;
    let mut owner = Database::open(&schema.superuser).await;
    let (clients, stop) = trial.clients(1);
    let mut hits = 0;
    let began = std::time::Instant::now();
    while hits < TIMES {
        assert!(
            began.elapsed() < Duration::from_mins(3),
            "only {hits} were met\n{}",
            trial.again()
        );
        tokio::time::sleep(Duration::from_micros(trial.dice.below(15_000))).await;
        hits += owner.terminate_writers().await;
    }
    trial.loaded(20, 50).await;
    stop.store(true, Ordering::SeqCst);
    joined(clients).await;
    trial.judge("after the terminations").await;
    let doubted = trial.world.log.look(|it| it.calls.values().filter(|it| it.1.doubted).count());
    assert!(doubted >= TIMES / 4, "invalid: only {doubted} calls noticed\n{}", trial.again());
    trial.settle().await;
    trial.repeat().await;
    trial.judge("after the terminations and all repeats").await;
    println!("{hits} backends terminated, {doubted} calls in doubt and settled");
    drop(replicas);
}
