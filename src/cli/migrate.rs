//! `steelyard migrate`: makes or updates the schema of a database, as its owner.

use std::io::{self, Write};

use clap::Args;

use super::Failure;
use crate::store;

/// Make or update the schema of a database as its owner, and give the service's role its rights.
#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// The URL of the store, as the owner of the schema.
    #[arg(long, env = "STEELYARD_OWNER_STORE", value_name = "URL", hide_env_values = true)]
    store: String,
    /// The role that the service connects as. It is left with exactly what the service needs: to read
    /// and to add, to change what is not only added to, and nothing else.
    #[arg(long, value_name = "NAME")]
    runtime_role: Option<String>,
}

impl Migrate {
    pub(super) fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Runtime::new().map_err(|why| Failure::software(&why))?;
        let role = self.runtime_role.as_deref();
        let done = runtime.block_on(store::migrate(&self.store, role));
        let done = done.map_err(|why| super::store_failure(&why))?;
        let mut out = io::stdout().lock();
        for migration in &done.new {
            writeln!(out, "migrated: {migration}")?;
        }
        if done.new.is_empty() {
            writeln!(out, "the schema is up to date")?;
        }
        for right in &done.granted {
            writeln!(out, "{right}")?;
        }
        Ok(())
    }
}
