//! `kill -9` over and over while clients write and runs go on, on a store that grows.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{
    check::{Violation, check},
    dice::{Dice, setting},
    load::{self, Who},
    log::{Done, Event, History},
    observe::{Database, Mark, Observation},
    process::{self, Process},
    world::{LONG, Outcome, World},
};

/// A test under way: where it is, and what it began with.
#[derive(Debug)]
pub(super) struct Trial {
    name: &'static str,
    pub(super) seed: u64,
    pub(super) folder: PathBuf,
    /// Whether the folder stays.
    pub(super) keep: bool,
    pub(super) world: Arc<World>,
    pub(super) dice: Dice,
    pub(super) database: Database,
    mark: Mark,
    began: Instant,
}

impl Drop for Trial {
    fn drop(&mut self) {
        // What failed is kept, to be judged again.
        if !std::thread::panicking() && !self.keep {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

impl Trial {
    pub(super) fn new(
        name: &'static str,
        seed: u64,
        folder: PathBuf,
        world: Arc<World>,
        database: Database,
    ) -> Self {
        let (dice, mark) = (Dice(seed), Mark::default());
        Self { name, seed, folder, keep: false, world, dice, database, mark, began: Instant::now() }
    }

    /// What is wrong with what came since the last time all was known.
    pub(super) async fn violations(&mut self) -> Vec<Violation> {
        let seen = self.database.observe(self.mark.clone()).await;
        self.world.log.look(|history| check(history, &seen))
    }

    /// Judges what came since the last time all was known.
    pub(super) async fn judge(&mut self, when: &str) -> Observation {
        let seen = self.database.observe(self.mark.clone()).await;
        let violations = self.world.log.look(|history| check(history, &seen));
        self.held(&violations, &seen, when);
        seen
    }

    /// Says what is wrong, and how to have it again.
    fn held(&self, violations: &[Violation], seen: &Observation, when: &str) {
        if violations.is_empty() {
            return;
        }
        self.world.log.counts();
        let file = self.folder.join("observation.json");
        fs::write(&file, serde_json::to_vec(seen).unwrap()).unwrap();
        let shown: Vec<String> = violations.iter().take(20).map(ToString::to_string).collect();
        panic!(
            "{} violations, {when}:\n{}\n{}\nthe log and the observation are in {}",
            violations.len(),
            shown.join("\n"),
            self.again(),
            self.folder.display()
        );
    }

    /// The line that runs it again.
    pub(super) fn again(&self) -> String {
        format!(
            "again: STEELYARD_KILLS_SEED={} tests/with-postgres cargo test --test it {}",
            self.seed, self.name
        )
    }

    /// Lets clients work; the caller kills meanwhile and says when to stop.
    pub(super) fn clients(&mut self, cycle: u64) -> (JoinSet<()>, Arc<AtomicBool>) {
        let stop = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        let mut who = |client| Who::new(cycle, client, &mut self.dice);
        for client in 0..4 {
            clients.spawn(load::writer(self.world.clone(), who(client), stop.clone()));
        }
        clients.spawn(load::runner(self.world.clone(), who(4), stop.clone()));
        clients.spawn(load::reader(self.world.clone(), who(5), stop.clone()));
        (clients, stop)
    }

    /// Waits until so many writes more are acknowledged, and a random few, and for a random moment.
    pub(super) async fn loaded(&mut self, least: u64, more: u64) {
        let writes = usize::try_from(least + self.dice.below(more)).unwrap();
        let pause = Duration::from_micros(self.dice.below(40_000));
        self.reached(self.world.acknowledged() + writes).await;
        tokio::time::sleep(pause).await;
    }

    /// Waits until so many writes are acknowledged in all.
    pub(super) async fn reached(&self, until: usize) {
        let began = Instant::now();
        while self.world.acknowledged() < until {
            assert!(began.elapsed() < Duration::from_mins(1), "no load\n{}", self.again());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Repeats what ended in the unknown until it is known.
    pub(super) async fn settle(&mut self) {
        let open = self.world.log.look(History::open);
        let mut settling = JoinSet::new();
        for call in open {
            let world = self.world.clone();
            let replica = self.dice.index(world.replicas());
            settling.spawn(async move { world.settle(call, replica).await });
        }
        joined(settling).await;
    }

    /// Repeats what was acknowledged since, and some of what was before.
    pub(super) async fn repeat(&mut self) {
        let since = self.mark.call;
        let known: Vec<u64> = self.world.log.look(|history| {
            let known = history.calls.iter().filter(|it| it.1.1.done == Done::Yes);
            known.map(|it| *it.0).collect()
        });
        let (old, new): (Vec<u64>, Vec<u64>) = known.into_iter().partition(|it| *it < since);
        let older: Vec<u64> =
            (0..20.min(old.len())).map(|_| old[self.dice.index(old.len())]).collect();
        let mut all: Vec<u64> = new.into_iter().chain(older).collect();
        all.sort_unstable();
        all.dedup();
        let mut repeating = JoinSet::new();
        for part in all.chunks(all.len().div_ceil(8).max(1)) {
            let (world, part) = (self.world.clone(), part.to_vec());
            let mut dice = self.dice.split();
            repeating.spawn(async move {
                for call in part {
                    world.log.write(&Event::Again { at: world.log.now(), call });
                    let replica = dice.index(world.replicas());
                    let outcome = world.attempt(call, replica, LONG).await;
                    assert!(
                        !matches!(outcome, Outcome::Unknown(_)),
                        "call {call} was not answered"
                    );
                }
            });
        }
        joined(repeating).await;
    }

    /// From here on only what is new is judged, since everything is known.
    pub(super) fn go_on(&mut self, seen: &Observation) {
        assert_eq!(self.world.log.look(History::open), Vec::<u64>::new());
        self.mark = self
            .world
            .log
            .look(|it| seen.mark(it.calls.keys().max().unwrap() + 1, it.sightings.len()));
    }

    /// Everything from the beginning once more, and what the totals say.
    pub(super) async fn end(&mut self, kills: usize, store: &str) {
        self.mark = Mark::default();
        let seen = self.judge("at the end, from the beginning").await;
        let opened = steelyard::store::open(store).await.unwrap();
        let mut tx = opened.read().await.unwrap();
        let county = crate::harness::COUNTY;
        assert_eq!(steelyard::store::verify(&mut *tx, county).await.unwrap(), None);
        assert_eq!(tx.verify_totals(county).await.unwrap(), []);
        drop(tx);
        opened.close().await;
        let open = seen.runs.iter().filter(|it| matches!(&*it.state, "pending" | "measuring"));
        assert_eq!(open.count(), 0, "runs were not carried on: {:?}", seen.runs);
        self.valid(kills, &seen);
    }

    /// A run that proves too little is invalid, not good.
    #[expect(clippy::print_stdout, reason = "the figures of the run")]
    fn valid(&self, kills: usize, seen: &Observation) {
        let counts = self.world.log.counts();
        let (acknowledged, met, killed, sightings, doubted) = self.world.log.look(|it| {
            let met = it.kills.iter().filter(|it| **it > 0).count();
            let doubted = it.calls.values().filter(|it| it.1.doubted).count();
            (it.acknowledged(), met, it.kills.len(), it.sightings.len(), doubted)
        });
        let took = self.began.elapsed();
        println!(
            "{}: seed {}, {killed} kills, {met} with calls under way, {acknowledged} acknowledged \
             writes, {doubted} calls in doubt and settled, {sightings} sightings, {} runs, {} facts, \
             {} entries, {counts:?}, {took:.1?}",
            self.name,
            self.seed,
            seen.runs.len(),
            seen.facts.len(),
            seen.audit.len(),
        );
        let enough = killed == kills
            && acknowledged >= 200 * kills
            && met * 10 >= kills * 6
            && sightings >= kills
            && ["ok", "unknown", "fail"].iter().all(|it| counts.contains_key(it));
        assert!(enough, "invalid: the run proves too little\n{}", self.again());
    }
}

/// Waits for all; one that panics is the whole's failure.
pub(super) async fn joined(mut tasks: JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
}

/// A server over a SQLite file in the trial's folder.
async fn serve(trial: &Trial, store: &str, cycle: u64) -> Process {
    let process = Process::start(store, &trial.folder, &format!("server-{cycle:03}")).await;
    trial.world.reach(0, process.connect().await);
    process
}

/// A trial over a new SQLite file, with its first server and a county in it.
pub(super) async fn sqlite(name: &'static str, seed: u64) -> (Trial, Process, String) {
    let folder = process::folder(name);
    let store = format!("sqlite://{}", folder.join("steelyard.db").display());
    let process = Process::start(&store, &folder, "server-000").await;
    let world = World::new(&folder, process::token(&folder));
    world.reach(0, process.connect().await);
    load::prepare(&world).await;
    let trial = Trial::new(name, seed, folder, world, Database::open(&store).await);
    (trial, process, store)
}

/// Load, a kill at a random moment, and a start.
pub(super) async fn killed(trial: &mut Trial, process: &mut Process, store: &str, cycle: u64) {
    let (clients, stop) = trial.clients(cycle);
    trial.loaded(140, 140).await;
    // What is under way stays under way; nobody begins anything with a dead server.
    stop.store(true, Ordering::SeqCst);
    let in_flight = trial.world.in_flight();
    process.kill();
    trial.world.log.write(&Event::Kill { at: trial.world.log.now(), in_flight });
    joined(clients).await;
    load::forget_claims(&mut trial.database, &process.claimant()).await;
    process.assert_sound();
    *process = serve(trial, store, cycle).await;
}

/// The same, what was open settled, and everything judged before and after.
pub(super) async fn cycle(trial: &mut Trial, process: &mut Process, store: &str, cycle: u64) {
    killed(trial, process, store, cycle).await;
    trial.judge(&format!("after kill {cycle}")).await;
    trial.settle().await;
    trial.repeat().await;
    let seen = trial.judge(&format!("after kill {cycle} and all repeats")).await;
    trial.go_on(&seen);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_kills_on_sqlite_lose_and_double_nothing() {
    let seed = setting("STEELYARD_KILLS_SEED", 20_220_711);
    let kills = setting("STEELYARD_KILLS", 60);
    let name = "sixty_kills_on_sqlite_lose_and_double_nothing";
    let (mut trial, mut process, store) = sqlite(name, seed).await;
    for number in 1..=kills {
        cycle(&mut trial, &mut process, &store, number).await;
    }
    carried_on(&mut trial).await;
    process.kill();
    trial.end(usize::try_from(kills).unwrap(), &store).await;
}

/// Waits until no run is open.
pub(super) async fn carried_on(trial: &mut Trial) {
    let began = Instant::now();
    while began.elapsed() < Duration::from_mins(3) {
        let seen = trial.database.observe(trial.mark.clone()).await;
        if !seen.runs.iter().any(|it| matches!(&*it.state, "pending" | "measuring")) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
