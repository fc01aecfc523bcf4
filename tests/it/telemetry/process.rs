//! The real receiver and the real service, as processes.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use serde_json::Value;
use steelyard::trust::ADMINISTRATOR;

/// How long anything may take on a slow machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A process that does not outlive its test.
struct Owned(Child);

impl Drop for Owned {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder of one test's own, empty.
pub(super) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("telemetry").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The program that receives, beside the service's. `cargo test` builds it; with a filter on one test
/// binary it does not, so it is asked for here.
fn receiver_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--locked", "--quiet", "--example", "otlp_receiver"]);
        let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
        assert!(built.success(), "the receiver does not build");
        let beside = Path::new(env!("CARGO_BIN_EXE_steelyard")).parent().unwrap();
        beside.join("examples").join("otlp_receiver")
    })
}

/// A receiver of OTLP.
pub(super) struct Receiver {
    pub(super) url: String,
    file: PathBuf,
    _process: Owned,
}

impl Receiver {
    pub(super) fn start(folder: &Path) -> Self {
        let file = folder.join("received.jsonl");
        let mut command = Command::new(receiver_program());
        let mut process = Owned(command.arg(&file).stdout(Stdio::piped()).spawn().unwrap());
        let mut url = String::new();
        BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { url: url.trim().to_owned(), file, _process: process }
    }

    /// Everything that was received, word for word.
    pub(super) fn text(&self) -> String {
        fs::read_to_string(&self.file).unwrap()
    }

    /// What was received of a sort: `span`, `metric`, `log`.
    pub(super) fn received(&self, what: &str) -> Vec<Value> {
        let all = self.text();
        let all = all.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
        all.filter(|it| it["what"] == what).collect()
    }
}

/// The folder of keys of every server that is started here.
pub(super) fn keys() -> PathBuf {
    let name = format!("telemetry-keys-{}", std::process::id());
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// The service.
pub(super) struct Service {
    /// Where it listens, as `127.0.0.1:1`.
    pub(super) address: String,
    /// Where its metrics are, as `127.0.0.1:1`, if they are anywhere.
    pub(super) metrics: Option<String>,
    log: PathBuf,
    process: Owned,
}

impl Service {
    /// Starts it over a store in the folder and waits until it listens.
    pub(super) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let store = format!("sqlite://{}", folder.join("steelyard.db").display());
        Self::start_on(&store, folder, arguments)
    }

    /// The same over any store.
    pub(super) fn start_on(store: &str, folder: &Path, arguments: &[&str]) -> Self {
        let log = folder.join("log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
        // The keys of tokens are those of all; what is signed about a store stays beside it.
        super::token();
        command.args(["serve", "--listen", "127.0.0.1:0", "--store", store]);
        command.args(["--administrators", ADMINISTRATOR, "--token-keys"]);
        command.arg(keys().join("token-keys.json")).arg("--keys").arg(folder.join("keys"));
        command.args(arguments);
        command.stdout(Stdio::null()).stderr(fs::File::create(&log).unwrap());
        let process = Owned(command.spawn().unwrap());
        let mut service = Self { address: String::new(), metrics: None, log, process };
        let began = Instant::now();
        while service.address.is_empty() {
            assert!(began.elapsed() < PATIENCE, "it does not listen:\n{}", service.log());
            assert!(service.process.0.try_wait().unwrap().is_none(), "{}", service.log());
            std::thread::sleep(Duration::from_millis(20));
            service.read_addresses();
        }
        service
    }

    fn read_addresses(&mut self) {
        let log = self.log();
        let after = |words: &str| {
            let rest = log.split(words).nth(1)?;
            Some(rest.split(['/', '"', '\n', ' ']).next().unwrap().to_owned())
        };
        self.metrics = after("metrics on http://");
        self.address = after("serving on http://").unwrap_or_default();
    }

    /// Everything it wrote to its error stream.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Its lines, which are JSON.
    pub(super) fn lines(&self) -> Vec<Value> {
        self.log().lines().map(|it| serde_json::from_str(it).unwrap()).collect()
    }

    /// What Prometheus would read; a GET of one path.
    pub(super) async fn get(&self, path: &str) -> (String, String) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let at = self.metrics.as_ref().unwrap();
        let mut stream = tokio::net::TcpStream::connect(at).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    /// Asks it to stop, as a process manager does, and waits until it has ended well.
    pub(super) fn stop(&mut self) {
        let mut kill = Command::new("kill");
        assert!(kill.arg(self.process.0.id().to_string()).status().unwrap().success());
        let began = Instant::now();
        loop {
            if let Some(status) = self.process.0.try_wait().unwrap() {
                assert!(status.success(), "{status}: {}", self.log());
                return;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
