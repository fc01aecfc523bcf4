//! `steelyard verify audit`.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Args;

use super::{super::Failure, StoreUrl, app_failure};
use crate::{
    app::{
        audit::{self, Outside, Proof, checkpoint},
        hex,
    },
    sign::KeySet,
    store,
};

#[derive(Debug, Args)]
pub(in super::super) struct Audit {
    #[command(flatten)]
    store: StoreUrl,
    /// The county; all of them where none is named.
    #[arg(long)]
    county: Option<String>,
    /// A file of checkpoints that was kept outside of the store; may be given several times.
    #[arg(long, value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// The JWK set of the keys that may have signed the checkpoints.
    #[arg(long, value_name = "JWKS")]
    keys: Option<PathBuf>,
}

impl Audit {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut outside = Outside::default();
        let mut faults = Vec::new();
        for path in &self.checkpoints {
            for (line, number) in read(path)?.lines().zip(1_u32..) {
                match checkpoint::from_line(line) {
                    Some(it) => outside.checkpoints.push(it),
                    None => faults.push(format!(
                        "{}:{number}: this is no checkpoint (不是检查点)",
                        path.display()
                    )),
                }
            }
        }
        if let Some(path) = &self.keys {
            outside.keys = Some(keys(path)?);
        }
        let store = self.store.open().await?;
        let proof = audit::verify(&*store, self.county.as_deref(), &outside).await;
        store.close().await;
        let proof = proof.map_err(|why| app_failure(&why))?;
        self.tell(&proof, &outside)?;
        faults.extend(proof.findings.iter().map(ToString::to_string));
        if faults.is_empty() { Ok(()) } else { Err(Failure::data(faults)) }
    }

    fn tell(&self, proof: &Proof, outside: &Outside) -> io::Result<()> {
        let mut out = io::stdout().lock();
        for it in &proof.counties {
            if proof.findings.iter().any(|found| found.county == it.county) {
                continue;
            }
            write!(out, "{}: {} entries, head {}", it.county, it.entries, hex(&it.head))?;
            match it.outside {
                Some(count) => writeln!(out, ", an outside checkpoint agrees at {count}")?,
                None => writeln!(out)?,
            }
        }
        if self.checkpoints.is_empty() {
            writeln!(
                out,
                "no outside checkpoint was given: a history that was rewritten, or cut together \
                 with the store's own checkpoints, would not be seen (未提供外部检查点)"
            )?;
        } else if outside.keys.is_none() {
            writeln!(out, "no keys were given: signatures were not checked (未提供公钥，未验签)")?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|why| Failure::no_input(path, &why))
}

/// The keys of a JWK set in a file.
pub(super) fn keys(path: &Path) -> Result<KeySet, Failure> {
    KeySet::from_json(&read(path)?)
        .map_err(|why| Failure::data(vec![format!("{}: {why} (不是公钥集)", path.display())]))
}

impl StoreUrl {
    /// Opens the store.
    pub(in super::super) async fn open(&self) -> Result<std::sync::Arc<dyn store::Store>, Failure> {
        let opened = store::open(&self.store).await;
        opened.map_err(|why| Failure::unavailable(format!("the store: {why}")))
    }
}
