//! The real binary, on a port and a store of its own.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use steelyard::sign;

use super::tokens::{Bad, Maker};

static STARTED: AtomicU32 = AtomicU32::new(0);

/// A running server.
pub(super) struct Process {
    pub(super) address: SocketAddr,
    child: Mutex<Child>,
    log: Arc<Mutex<String>>,
    pub(super) folder: Arc<Folder>,
    tokens: OnceLock<(Maker, Vec<Bad>)>,
}

/// A folder that goes with the last who uses it.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Arc<Self> {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("catalogue-{}-{number}", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Arc::new(Self(path))
    }

    /// Writes a file and answers its path.
    pub(super) fn file(&self, name: &str, content: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// The address of the store.
    pub(super) fn store(&self) -> String {
        format!("sqlite://{}/steelyard.db", self.0.display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Process {
    /// Starts one and waits until it says where it listens.
    pub(super) fn start(more: &[&str]) -> Self {
        Self::over(Folder::new(), more)
    }

    /// The same over the store of a folder, which may be there already.
    pub(super) fn over(folder: Arc<Folder>, more: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
        Self::started(command.arg("serve").args(more), folder)
    }

    /// The same with so many descriptors.
    pub(super) fn with_descriptors(count: usize) -> Self {
        let mut command = Command::new("bash");
        command.args(["-c", r#"ulimit -n "$0"; exec "$@""#, &count.to_string()]);
        Self::started(command.args([env!("CARGO_BIN_EXE_steelyard"), "serve"]), Folder::new())
    }

    fn started(command: &mut Command, folder: Arc<Folder>) -> Self {
        let mut child = command
            .args(["--log-format", "text", "--listen", "127.0.0.1:0", "--store"])
            .arg(folder.store())
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (tell, told) = mpsc::channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let kept = log.clone();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut log = kept.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
                drop(log);
                if let Some((_, address)) = line.split_once("serving on ") {
                    // Nobody waits for a second one.
                    let _ = tell.send(address.trim().to_owned());
                }
            }
        });
        let address = told.recv_timeout(Duration::from_mins(1));
        let address = address.unwrap_or_else(|_| panic!("{}", log.lock().unwrap()));
        let address = address.rsplit('/').next().unwrap().parse().unwrap();
        let path =
            log.lock().unwrap().lines().find_map(|line| {
                line.split_once(TOKEN_LIES).map(|(_, path)| path.trim().to_owned())
            });
        if let Some(path) = path {
            let token = fs::read_to_string(path).unwrap().trim().to_owned();
            TOKENS.lock().unwrap().insert(address, token);
        }
        Self { address, child: Mutex::new(child), log, folder, tokens: OnceLock::new() }
    }

    /// What the system says of its memory (`VmRSS:` now, `VmHWM:` at most), in KiB.
    pub(super) fn memory(&self, which: &str) -> u64 {
        let path = format!("/proc/{}/status", self.child.lock().unwrap().id());
        let status = fs::read_to_string(path).unwrap();
        let line = status.lines().find(|it| it.starts_with(which)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// The processor time it took so far.
    pub(super) fn worked(&self) -> Duration {
        let path = format!("/proc/{}/stat", self.child.lock().unwrap().id());
        let stat = fs::read_to_string(path).unwrap();
        let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().map(|it| it.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// What it wrote so far.
    pub(super) fn wrote(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Makes tokens with its own key.
    pub(super) fn tokens(&self) -> &Maker {
        &self.made().0
    }

    /// Every kind of bad credential, by its own key.
    pub(super) fn bad(&self) -> &[Bad] {
        &self.made().1
    }

    fn made(&self) -> &(Maker, Vec<Bad>) {
        self.tokens.get_or_init(|| {
            let path = self.folder.0.join("steelyard.db-keys/token-signing.pem");
            let maker = Maker::new(sign::read_or_make(&path).unwrap());
            let bad = maker.bad();
            (maker, bad)
        })
    }

    /// Asks it to stop.
    pub(super) fn terminate(&self) {
        let id = self.child.lock().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits for its end and answers its exit code, if it ends in time.
    pub(super) fn ended(&self, most: Duration) -> Option<i32> {
        let until = Instant::now() + most;
        while Instant::now() < until {
            if let Some(status) = self.child.lock().unwrap().try_wait().unwrap() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// Stops it and answers what it wrote.
    pub(super) fn stop(&self, most: Duration) -> String {
        self.terminate();
        let ended = self.ended(most + Duration::from_secs(5));
        let log = self.log.lock().unwrap().clone();
        assert!(ended.is_some(), "it did not end:\n{log}");
        log
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap();
        // It has ended already where all is well.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// The tokens of the servers that said where theirs lies.
static TOKENS: Mutex<BTreeMap<SocketAddr, String>> = Mutex::new(BTreeMap::new());

/// Whatever a line of the log says before the path of a token.
const TOKEN_LIES: &str = "administrator's token lies in ";

/// The headers that say who calls: the one place for credentials. A server of this process, and one
/// that wants none, gets none.
pub(crate) fn credentials(at: SocketAddr) -> Vec<(String, String)> {
    let tokens = TOKENS.lock().unwrap();
    let token = tokens.get(&at).map(|it| ("authorization".to_owned(), format!("Bearer {it}")));
    token.into_iter().collect()
}
