//! The real binary, started, killed and started again on what it left behind.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tonic::transport::{Channel, Endpoint};

/// How long a start may take on a slow machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A folder of one test's own, empty.
pub(super) fn folder(name: &str) -> PathBuf {
    let name = format!("{name}-{}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("history").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A server.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    log: PathBuf,
    address: String,
}

impl Process {
    /// Starts one over a store, with its keys and its log in the folder, and waits until it listens.
    pub(super) async fn start(store: &str, folder: &Path, name: &str) -> Self {
        let log = folder.join(format!("{name}.log"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--store", store, "--keys"]);
        command.arg(folder.join("keys")).stdout(Stdio::null());
        let child = command.stderr(File::create(&log).unwrap()).spawn().unwrap();
        let mut process = Self { child, log, address: String::new() };
        let began = Instant::now();
        while process.address.is_empty() {
            let told = process.log();
            assert!(began.elapsed() < PATIENCE, "it does not listen:\n{told}");
            assert!(process.child.try_wait().unwrap().is_none(), "it ended:\n{told}");
            tokio::time::sleep(Duration::from_millis(5)).await;
            let address = told.split("serving on http://").nth(1);
            let address = address.and_then(|it| it.split_once(['"', '\n', ' '])).map(|it| it.0);
            process.address = address.unwrap_or_default().to_owned();
        }
        process
    }

    /// A connection to it.
    pub(super) async fn connect(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        endpoint.connect().await.unwrap()
    }

    /// Everything it wrote.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Nothing of ours went wrong in it.
    pub(super) fn assert_sound(&self) {
        self.assert_sound_but("\n");
    }

    /// The same, but for what lines with a word tell.
    pub(super) fn assert_sound_but(&self, known: &str) {
        let log = self.log();
        let bad = |line: &&str| {
            let ours = line.contains(r#""target":"steelyard"#) && !line.contains(known);
            line.contains("panicked") || (ours && line.contains(r#""level":"ERROR""#))
        };
        let bad: Vec<&str> = log.lines().filter(bad).collect();
        assert!(bad.is_empty(), "{}", bad.join("\n"));
    }

    /// How its claims on batches begin.
    pub(super) fn claimant(&self) -> String {
        format!("{}-", self.child.id())
    }

    /// Ends it as the system does when memory runs out: at once, with no word (SIGKILL).
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has been killed already where all is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The administrator's token that a server left in its folder of keys.
pub(super) fn token(folder: &Path) -> String {
    fs::read_to_string(folder.join("keys/administrator.token")).unwrap().trim().to_owned()
}
