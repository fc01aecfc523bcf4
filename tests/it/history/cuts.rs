//! J3 and H18: the connection to PostgreSQL is cut after COMMIT was sent and before its answer.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::{
    dice::{Dice, setting},
    kills::Trial,
    load::{self, Who},
    observe::Database,
    process::{self, Process},
    world::{Outcome, World},
};
use crate::postgres;

/// What becomes of the next COMMIT.
const PASSES: u8 = 0;
/// It is carried out, and its answer is lost.
const ANSWER_LOST: u8 = 1;
/// It is lost itself.
const COMMIT_LOST: u8 = 2;

/// A way to PostgreSQL that is cut when told to.
#[derive(Debug)]
struct Proxy {
    port: u16,
    next: AtomicU8,
    cuts: AtomicUsize,
}

impl Proxy {
    /// Listens, and passes on to a server's port.
    async fn start(to: u16) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Arc::new(Self { port, next: PASSES.into(), cuts: AtomicUsize::new(0) });
        let kept = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(kept.clone().pass(client, to));
            }
        });
        proxy
    }

    async fn pass(self: Arc<Self>, client: TcpStream, to: u16) {
        let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else { return };
        // Messages go out one by one: none is to wait for the one before it to be acknowledged.
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        let ((from_client, mut to_client), (mut from_server, to_server)) =
            (client.into_split(), server.into_split());
        let cut = Arc::new(AtomicU8::new(PASSES));
        let cutting = cut.clone();
        // Either end that closes ends both, and so does a cut.
        let answers = async move {
            let mut bytes = vec![0; 16 * 1024];
            loop {
                let read = from_server.read(&mut bytes).await.unwrap_or(0);
                // The answer to the COMMIT: the server has carried it out.
                if read == 0 || cutting.load(Ordering::SeqCst) == ANSWER_LOST {
                    return;
                }
                if to_client.write_all(&bytes[..read]).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = answers => (),
            () = self.requests(from_client, to_server, &cut) => (),
        }
    }

    /// Passes messages on, one by one, until the COMMIT that is to be cut.
    async fn requests(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, cut: &AtomicU8) {
        let mut started = false;
        while let Some(message) = message(&mut from, started).await {
            // What asks for TLS is no start: the server says no, and the start follows.
            started |= message.get(4..8) != Some(&80_877_103_u32.to_be_bytes());
            if message.starts_with(b"Q") && message[5..].starts_with(b"COMMIT") {
                let next = self.next.swap(PASSES, Ordering::SeqCst);
                if next != PASSES {
                    self.cuts.fetch_add(1, Ordering::SeqCst);
                    cut.store(next, Ordering::SeqCst);
                }
                if next == COMMIT_LOST {
                    return;
                }
            }
            if to.write_all(&message).await.is_err() {
                return;
            }
        }
    }
}

/// The next message of PostgreSQL's protocol, with its length and, once started, its type.
async fn message(from: &mut OwnedReadHalf, typed: bool) -> Option<Vec<u8>> {
    let head = if typed { 5 } else { 4 };
    let mut message = vec![0; head];
    from.read_exact(&mut message).await.ok()?;
    let length = u32::from_be_bytes(message[head - 4..].try_into().unwrap());
    message.resize(head - 4 + usize::try_from(length).unwrap(), 0);
    from.read_exact(&mut message[head..]).await.ok()?;
    Some(message)
}

/// The port of a URL, and the URL with another port and no folder of sockets.
fn through(url: &str, port: impl FnOnce(u16) -> u16) -> String {
    let (front, query) = url.split_once('?').unwrap();
    let (front, database) = front.rsplit_once('/').unwrap();
    let (front, there) = front.rsplit_once(':').unwrap();
    let front = front.replace("localhost", "127.0.0.1");
    let query: Vec<&str> = query.split('&').filter(|it| !it.starts_with("host=")).collect();
    format!("{front}:{}/{database}?{}", port(there.parse().unwrap()), query.join("&"))
}

#[expect(clippy::print_stdout, reason = "the figures of the run")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_to_commit_that_is_lost_is_an_unknown_outcome_and_a_repeat_settles_it() {
    const CUTS: u64 = 48;
    let name = "an_answer_to_commit_that_is_lost";
    let seed = setting("STEELYARD_KILLS_SEED", 20_220_714);
    let schema = postgres::migrated(name).await;
    let mut port = 0;
    through(&schema.service, |it| {
        port = it;
        it
    });
    let proxy = Proxy::start(port).await;
    let folder = process::folder(name);
    let store = through(&schema.service, |_| proxy.port);
    let process = Process::start(&store, &folder, "server").await;
    let world = World::new(&folder, process::token(&folder));
    world.reach(0, process.connect().await);
    load::prepare(&world).await;
    let database = Database::open(&schema.superuser).await;
    let mut trial = Trial::new(name, seed, folder, world.clone(), database);
    let mut dice = Dice(seed);
    let mut who = Who { once: true, ..Who::new(1, 0, &mut dice) };
    let mut lost = [0, 0];
    for number in 0..CUTS {
        let how = if number % 2 == 0 { ANSWER_LOST } else { COMMIT_LOST };
        proxy.next.store(how, Ordering::SeqCst);
        let before = proxy.cuts.load(Ordering::SeqCst);
        // Those that are refused for what they say come to no COMMIT.
        let outcome = loop {
            let outcome = load::write_facts_patiently(&world, &mut who).await;
            if proxy.cuts.load(Ordering::SeqCst) > before {
                break outcome;
            }
            assert!(matches!(outcome, Outcome::Fail(_)), "{outcome:?} without a COMMIT");
        };
        let unknown = Outcome::Unknown("OUTCOME_UNKNOWN".to_owned());
        assert_eq!(outcome, unknown, "cut {number}\n{}", trial.again());
        trial.judge(&format!("after cut {number}")).await;
        lost[usize::from(how == COMMIT_LOST)] += 1;
        trial.settle().await;
    }
    trial.repeat().await;
    let seen = trial.judge("after all repeats").await;
    let unknowns = world.log.counts()["unknown"];
    println!(
        "{lost:?} cuts after and before the commit, {unknowns} unknown, {} facts",
        seen.facts.len()
    );
}
