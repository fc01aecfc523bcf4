//! `steelyard verify receipt`.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Args;

use super::{super::Failure, audit::keys};
use crate::sign::jws;

#[derive(Debug, Args)]
pub(in super::super) struct Receipt {
    /// The signed result, byte for byte as it was given out.
    #[arg(long, value_name = "FILE")]
    payload: PathBuf,
    /// Its detached signature.
    #[arg(long, value_name = "FILE")]
    jws: PathBuf,
    /// The JWK set of the service that is trusted.
    #[arg(long, value_name = "JWKS")]
    keys: PathBuf,
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|why| Failure::no_input(path, &why))
}

impl Receipt {
    pub(super) fn run(self) -> Result<(), Failure> {
        let payload = read(&self.payload)?;
        let signature = read(&self.jws)?;
        let keys = keys(&self.keys)?;
        let signature = String::from_utf8_lossy(&signature);
        let kid = jws::check_detached(&signature, &payload, &keys).map_err(|why| {
            Failure::data(vec![format!("{}: {why} (签名无效)", self.payload.display())])
        })?;
        let said: serde_json::Value = serde_json::from_slice(&payload).map_err(|why| {
            Failure::data(vec![format!("{}: not JSON: {why}", self.payload.display())])
        })?;
        let at = |pointer: &str| said.pointer(pointer).and_then(serde_json::Value::as_str);
        let text = |pointer: &str| at(pointer).unwrap_or("—");
        let mut out = io::stdout().lock();
        writeln!(out, "good: signed by key {kid} (签名有效)")?;
        writeln!(
            out,
            "  {} {} of {}, {} {}: {}, score {}, grade {}",
            text("/subject/kind"),
            text("/subject/id"),
            text("/county"),
            text("/scheme/id"),
            text("/period"),
            text("/status"),
            text("/score"),
            text("/grade"),
        )?;
        writeln!(out, "  run {}, published {}", text("/run_id"), text("/published"))?;
        if let Some(by) = at("/superseded/by") {
            writeln!(out, "  superseded by {by}: it no longer holds (已被取代)")?;
        }
        Ok(())
    }
}
