//! `kill -9` between any two steps of money: six clients carry batches through everything that can become of
//! them, with the same request ids again after each restart.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{
    Ask, Town,
    check::{Done, Kept, Rule, check},
    life::{Life, MEMBERS, Wanted},
    observe::{Rows, rows},
    why,
};
use crate::{
    harness::COUNTY,
    history::{
        dice::{Dice, setting},
        observe::Database,
        process::{self, Process},
    },
    postgres,
};

const LONG: Duration = Duration::from_secs(30);
const SCHEMES: [&str; 2] = ["test.a", "test.b"];
const YEARS: [i32; 3] = [2019, 2020, 2021];

/// What came of an attempt.
enum Outcome {
    /// Done: the answer.
    Yes(Vec<u8>),
    /// Refused, as it must be.
    No,
    /// Nobody knows, or it was not its turn.
    Again,
}

/// A test under way.
pub(super) struct Trial {
    name: &'static str,
    seed: u64,
    folder: PathBuf,
    town: Town,
    history: Mutex<Vec<Kept>>,
    in_flight: AtomicUsize,
    acknowledged: AtomicUsize,
    looks: AtomicUsize,
}

/// Whether a status leaves open what was done.
fn is_unknown(status: &Status) -> bool {
    let ours = status.get_error_details().error_info().is_some();
    let open = [Code::Unavailable, Code::DeadlineExceeded, Code::Cancelled, Code::Aborted];
    open.contains(&status.code())
        || (!ours && matches!(status.code(), Code::Unknown | Code::Internal))
}

impl Trial {
    async fn new(
        name: &'static str,
        seed: u64,
        folder: PathBuf,
        servers: &[&Process],
    ) -> (Arc<Self>, Vec<Life>) {
        let mut ends = Vec::new();
        for it in servers {
            ends.push(it.connect().await);
        }
        let town = Town::of(&folder, ends).await;
        town.prepared(MEMBERS, &SCHEMES, &YEARS).await;
        let (in_flight, acknowledged, looks) = Default::default();
        let history = Mutex::default();
        let trial = Self { name, seed, folder, town, history, in_flight, acknowledged, looks };
        let (mut dice, mut lives) = (Dice(seed), Vec::new());
        for (scheme, year) in SCHEMES.into_iter().flat_map(|it| YEARS.map(|year| (it, year))) {
            let name = format!("{scheme}-{year}");
            let life = Life::new(&name, (scheme, &year.to_string()), dice.split());
            let begun = life.begun();
            let call = trial.invoked(&begun);
            assert!(matches!(trial.attempt(call, 0, LONG).await, Outcome::Yes(_)));
            lives.push(life);
        }
        (Arc::new(trial), lives)
    }

    fn again(&self) -> String {
        let (seed, name) = (self.seed, self.name);
        format!(
            "again: STEELYARD_KILLS_SEED={seed} tests/with-postgres cargo test --test it {name}"
        )
    }

    /// Writes a call down before it is sent.
    fn invoked(&self, wanted: &Wanted) -> usize {
        let mut history = self.history.lock().unwrap();
        history.push(Kept {
            ask: wanted.ask.clone(),
            request_id: wanted.request_id.clone(),
            expected: wanted.expected.clone(),
            done: Done::Maybe,
            answers: BTreeSet::new(),
            doubted: false,
        });
        history.len() - 1
    }

    /// Sends a call, and writes down what was told of it.
    async fn attempt(&self, call: usize, replica: usize, within: Duration) -> Outcome {
        let (ask, expected): (Ask, _) = {
            let history = self.history.lock().unwrap();
            (history[call].ask.clone(), history[call].expected.clone())
        };
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        let answered = self.town.send_within(&ask, replica, within).await;
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        let mut history = self.history.lock().unwrap();
        let kept = &mut history[call];
        let name = format!("{} {ask:?}\n{}", kept.request_id, self.again());
        match answered {
            Ok(bytes) => {
                assert!(expected.is_ok(), "it was not refused: {name}");
                if kept.done == Done::Maybe {
                    self.acknowledged.fetch_add(1, Ordering::SeqCst);
                }
                kept.done = Done::Yes;
                kept.answers.insert(Sha256::digest(&bytes).to_vec());
                Outcome::Yes(bytes)
            }
            Err(status) if is_unknown(&status) => {
                kept.doubted |= status.code() != Code::Aborted;
                Outcome::Again
            }
            Err(status) => {
                assert_eq!(expected, Err(&*why(&status)), "{status:?}: {name}");
                kept.done = Done::No;
                kept.answers.insert(format!("{} {}", why(&status), status.message()).into_bytes());
                Outcome::No
            }
        }
    }

    /// What a call came to, at any server, once it is known.
    async fn known(&self, call: usize, replica: usize) -> Option<Vec<u8>> {
        for turn in 0..500 {
            match self.attempt(call, replica + turn, LONG).await {
                Outcome::Yes(answer) => return Some(answer),
                Outcome::No => return None,
                Outcome::Again => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        panic!("call {call} has no outcome\n{}", self.again());
    }

    /// Repeats what was known since a call, and some of what was before.
    async fn repeat(self: &Arc<Self>, since: usize, dice: &mut Dice) {
        let len = self.history.lock().unwrap().len();
        let older = (0..20.min(since)).map(|_| dice.index(since)).collect::<Vec<_>>();
        let all: Vec<usize> = (since..len).chain(older).collect();
        let mut repeating = JoinSet::new();
        for part in all.chunks(all.len().div_ceil(4).max(1)) {
            let (trial, part, mut dice) = (Arc::clone(self), part.to_vec(), dice.split());
            repeating.spawn(async move {
                for call in part {
                    trial.known(call, dice.index(2)).await;
                }
            });
        }
        repeating.join_all().await;
    }

    /// Judges everything from the beginning.
    async fn judge(&self, database: &mut Database, when: &str) -> Rows {
        let seen = rows(database).await;
        let found = check(&self.history.lock().unwrap(), &seen);
        let shown: Vec<String> =
            found.iter().take(10).map(|it| format!("{:?}: {}", it.0, it.1)).collect();
        let (many, again) = (found.len(), self.again());
        assert!(found.is_empty(), "{many} violations, {when}:\n{}\n{again}", shown.join("\n"));
        seen
    }

    /// Lets the clients work until told to stop.
    fn clients(
        self: &Arc<Self>,
        lives: Vec<Life>,
        dice: &mut Dice,
    ) -> (JoinSet<Life>, Arc<AtomicBool>) {
        let stop = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for life in lives {
            clients.spawn(client(Arc::clone(self), life, dice.split(), Arc::clone(&stop)));
        }
        let (trial, stopped) = (Arc::clone(self), Arc::clone(&stop));
        tokio::spawn(watcher(trial, stopped));
        (clients, stop)
    }

    /// Waits until so many calls more were done, and for a random moment.
    async fn loaded(&self, dice: &mut Dice) {
        let until = self.acknowledged.load(Ordering::SeqCst) + 10 + dice.index(14);
        let began = Instant::now();
        while self.acknowledged.load(Ordering::SeqCst) < until {
            assert!(began.elapsed() < Duration::from_mins(2), "no load\n{}", self.again());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_micros(dice.below(12_000))).await;
    }

    /// Settles what was open when the server died.
    async fn settled(&self, mut lives: Vec<Life>) -> Vec<Life> {
        for (at, life) in lives.iter_mut().enumerate() {
            let Some((call, wanted)) = life.pending.take() else { continue };
            if let Some(answer) = self.known(call, at).await {
                life.took(wanted, &answer);
            }
        }
        lives
    }

    /// What the product itself says of its books and its trail, on what is left behind.
    fn proved(&self, store: &str) {
        let run = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
            let it = command.args(arguments).args(["--store", store]).output().unwrap();
            assert!(it.status.success(), "{arguments:?}: {it:?}\n{}", self.again());
        };
        run(&["verify", "audit"]);
        for year in YEARS {
            run(&["books", "balance", "--county", COUNTY, "--year", &year.to_string()]);
        }
    }

    /// A run that proves too little is invalid, not good.
    #[expect(clippy::print_stdout, reason = "the figures of the run")]
    fn valid(&self, seen: &Rows, (kills, met): (usize, usize), began: Instant) {
        let history = self.history.lock().unwrap();
        let done = history.iter().filter(|it| it.done == Done::Yes).count();
        let doubted = history.iter().filter(|it| it.doubted).count();
        let looks = self.looks.load(Ordering::SeqCst);
        let kinds: BTreeSet<&str> = seen.movements.iter().map(|it| it.what.as_str()).collect();
        println!(
            "{}: seed {}, {kills} kills, {met} with calls under way, {done} writes done of {}, \
             {doubted} in doubt and settled, {looks} looks at the books, {} movements of {kinds:?}, {:.1?}",
            self.name,
            self.seed,
            history.len(),
            seen.movements.len(),
            began.elapsed()
        );
        let all = ["increase", "reserve", "release", "pay", "bounce", "return", "demand"];
        let all = all.iter().chain(&["collect", "waive"]).all(|it| kinds.contains(it));
        let enough = done >= 10 * kills && met * 10 >= kills * 6 && looks >= kills && doubted > 0;
        assert!(all && enough, "invalid: the run proves too little\n{}", self.again());
    }
}

/// A client carries its money on until told to stop; a call without an outcome stays with it.
async fn client(trial: Arc<Trial>, mut life: Life, mut dice: Dice, stop: Arc<AtomicBool>) -> Life {
    let mut replica = dice.index(2);
    while !stop.load(Ordering::SeqCst) {
        if life.pending.is_none() {
            let wanted = life.next();
            life.pending = Some((trial.invoked(&wanted), wanted));
        }
        let call = life.pending.as_ref().map(|it| it.0).unwrap();
        // Now and then time runs out in the midst of the work.
        let hasty = dice.below(20) == 0;
        let within = if hasty { Duration::from_millis(1 + dice.below(12)) } else { LONG };
        match trial.attempt(call, replica, within).await {
            Outcome::Yes(answer) => {
                let (_, wanted) = life.pending.take().unwrap();
                life.took(wanted, &answer);
            }
            Outcome::No => life.pending = None,
            Outcome::Again => {
                replica += 1;
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        }
    }
    life
}

/// Looks at the books all the time, at every server.
async fn watcher(trial: Arc<Trial>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::SeqCst) {
        for replica in 0..trial.town.replicas() {
            for (scheme, year) in SCHEMES.into_iter().flat_map(|it| YEARS.map(|year| (it, year))) {
                let year = year.to_string();
                let found = trial.town.budget((&year, scheme), replica).await.is_some();
                let look = trial.looks.fetch_add(usize::from(found), Ordering::SeqCst);
                if look.is_multiple_of(7) {
                    trial.town.balance((&year, scheme), replica).await;
                }
                tokio::time::sleep(Duration::from_millis(8)).await;
            }
        }
    }
}

/// A trial on a SQLite file over so many kills, and what the database shows at the end.
pub(super) async fn on_sqlite(name: &'static str, kills: usize) -> (Arc<Trial>, Rows) {
    let seed = setting("STEELYARD_KILLS_SEED", 20_220_716);
    let folder = process::folder(name);
    let store = format!("sqlite://{}", folder.join("steelyard.db").display());
    let mut server = Process::start(&store, &folder, "server-000").await;
    let (trial, mut lives) = Trial::new(name, seed, folder.clone(), &[&server]).await;
    let (mut database, mut dice) = (Database::open(&store).await, Dice(seed + 1));
    let (began, mut met) = (Instant::now(), 0);
    for cycle in 1..=kills {
        let since = trial.history.lock().unwrap().len();
        let (clients, stop) = trial.clients(lives, &mut dice);
        trial.loaded(&mut dice).await;
        stop.store(true, Ordering::SeqCst);
        met += usize::from(trial.in_flight.load(Ordering::SeqCst) > 0);
        server.kill();
        lives = clients.join_all().await;
        server.assert_sound();
        server = Process::start(&store, &trial.folder, &format!("server-{cycle:03}")).await;
        trial.town.reach(0, server.connect().await);
        trial.judge(&mut database, &format!("after kill {cycle}")).await;
        lives = trial.settled(lives).await;
        trial.repeat(since, &mut dice).await;
    }
    server.kill();
    let seen = trial.judge(&mut database, "at the end").await;
    trial.proved(&store);
    if kills >= 20 {
        trial.valid(&seen, (kills, met), began);
    }
    (trial, seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_kills_between_steps_of_money_lose_and_double_nothing() {
    let kills = usize::try_from(setting("STEELYARD_MONEY_KILLS", 60)).unwrap();
    on_sqlite("sixty_kills_between_steps_of_money_lose_and_double_nothing", kills).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_replica_kills_between_steps_of_money_lose_and_double_nothing() {
    let name = "twenty_replica_kills_between_steps_of_money_lose_and_double_nothing";
    let seed = setting("STEELYARD_KILLS_SEED", 20_220_717);
    let kills = usize::try_from(setting("STEELYARD_MONEY_REPLICA_KILLS", 20)).unwrap();
    let schema = postgres::migrated("replica_kills_between_steps_of_money").await;
    let folder = process::folder(name);
    let mut servers = [
        Process::start(&schema.service, &folder, "one-000").await,
        Process::start(&schema.service, &folder, "other-000").await,
    ];
    let (trial, mut lives) =
        Trial::new(name, seed, folder.clone(), &[&servers[0], &servers[1]]).await;
    let (mut database, mut dice) = (Database::open(&schema.superuser).await, Dice(seed + 1));
    let (began, mut met) = (Instant::now(), 0);
    for cycle in 1..=kills {
        let since = trial.history.lock().unwrap().len();
        let (clients, stop) = trial.clients(lives, &mut dice);
        trial.loaded(&mut dice).await;
        let which = dice.index(2);
        met += usize::from(trial.in_flight.load(Ordering::SeqCst) > 0);
        servers[which].kill();
        // The other serves on.
        trial.loaded(&mut dice).await;
        servers[which].assert_sound();
        let started = format!("{}-{cycle:03}", ["one", "other"][which]);
        servers[which] = Process::start(&schema.service, &folder, &started).await;
        trial.town.reach(which, servers[which].connect().await);
        trial.loaded(&mut dice).await;
        stop.store(true, Ordering::SeqCst);
        lives = clients.join_all().await;
        trial.judge(&mut database, &format!("after kill {cycle}")).await;
        lives = trial.settled(lives).await;
        trial.repeat(since, &mut dice).await;
    }
    servers.iter().for_each(Process::assert_sound);
    drop(servers);
    let seen = trial.judge(&mut database, "at the end").await;
    trial.proved(&schema.service);
    trial.valid(&seen, (kills, met), began);
}

impl Trial {
    /// What was written down, for who makes it wrong.
    pub(super) fn kept(&self) -> Vec<Kept> {
        self.history.lock().unwrap().clone()
    }
}

/// The rules that a history and what the database shows break.
pub(super) fn broken(history: &[Kept], seen: &Rows) -> BTreeSet<Rule> {
    check(history, seen).into_iter().map(|it| it.0).collect()
}
