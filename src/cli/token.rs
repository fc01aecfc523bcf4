//! `steelyard token`: a token of the service's own making, for small installations.

use std::io::{self, Write};

use clap::Args;

use super::{Failure, serve::SystemClock, trust};
use crate::{
    app::Clock as _,
    trust::{KeyFolder, Terms},
};

/// Issue a token for a principal, signed by the key in the service's folder.
#[derive(Debug, Args)]
pub(super) struct MakeToken {
    /// Whom it is for: the principal that roles are granted to.
    principal: String,
    /// How many hours it holds, at most 24.
    #[arg(long, default_value_t = 8)]
    hours: u8,
    /// The folder of keys [default: beside the store].
    #[arg(long, env = "STEELYARD_KEYS", value_name = "FOLDER")]
    keys: Option<std::path::PathBuf>,
    /// The store whose folder is meant.
    #[arg(
        long,
        env = "STEELYARD_STORE",
        value_name = "URL",
        hide_env_values = true,
        default_value = "sqlite://steelyard.db"
    )]
    store: String,
    /// The `iss` that it carries.
    #[arg(long, env = "STEELYARD_ISSUER", value_name = "NAME", default_value = "steelyard-local")]
    issuer: String,
    /// The `aud` that it carries.
    #[arg(long, env = "STEELYARD_AUDIENCE", value_name = "NAME", default_value = "steelyard")]
    audience: String,
}

impl MakeToken {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self { principal, hours, keys, store, issuer, audience } = self;
        let wrong = |why: &dyn std::fmt::Display| Failure::usage(vec![why.to_string()]);
        let path = trust::folder_of(keys.as_ref(), &store);
        let folder = KeyFolder::open(&path, &Terms { issuer, audience });
        let folder = folder.map_err(|why| wrong(&why))?;
        let seconds = i64::from(hours).saturating_mul(3_600);
        let issued = folder.issue(&principal, SystemClock.now(), seconds);
        let issued = issued.map_err(|why| wrong(&why))?;
        Ok(writeln!(io::stdout().lock(), "{}", issued.token)?)
    }
}
