//! Everything the operator of a server can set, read once at start, from anything that answers a
//! key.

mod read;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, net::SocketAddr, path::PathBuf, time::Duration};

use read::Reader;

/// What a server is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The store's URL.
    pub store_url: String,
    /// How long calls that are under way may take after a stop is asked for.
    pub grace: Duration,
    /// Whom it believes.
    pub trust: TrustConfig,
    /// What secures its connections; none on this machine only.
    pub tls: Option<TlsConfig>,
    /// Whether the services describe themselves to callers.
    pub reflection: bool,
}

/// Whom a server believes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustConfig {
    /// The folder of its own keys; none for the one beside the store.
    pub keys: Option<PathBuf>,
    /// The public keys of tokens; none for those of its own folder.
    pub token_keys: Option<PathBuf>,
    /// Who issues tokens.
    pub issuer: String,
    /// For whom.
    pub audience: String,
    /// Who may do everything in every county.
    pub administrators: BTreeSet<String>,
}

/// What secures connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// The chain of certificates, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Who signs callers' certificates, and which identity of them is which principal.
    pub clients: Option<(PathBuf, PathBuf)>,
}

/// A setting that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} is `{value}`: {why}")]
pub struct InvalidConfig {
    key: &'static str,
    value: String,
    why: &'static str,
}

/// The keys of all settings.
pub const KEYS: [&str; 14] = [
    "listen",
    "store",
    "grace",
    "keys",
    "token-keys",
    "issuer",
    "audience",
    "administrators",
    "tls-certificate",
    "tls-key",
    "client-ca",
    "client-identities",
    "reflection",
    "listen-without-tls-or-keys",
];

impl Config {
    /// Reads all settings; what `get` does not know keeps its default.
    ///
    /// # Errors
    /// Every setting that is wrong.
    pub fn from_strings(get: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<InvalidConfig>> {
        let mut it = Reader::new(get);
        let listen = it.read("listen", "127.0.0.1:50051", read::address);
        let store_url = it.read("store", "sqlite://steelyard.db", read::store);
        let grace = it.read("grace", "20", read::seconds);
        let trust = trust(&mut it);
        let tls = tls(&mut it);
        let here = listen.is_some_and(|it| it.ip().is_loopback());
        let reflection = it.read("reflection", if here { "on" } else { "off" }, read::switch);
        let anyway = it.read("listen-without-tls-or-keys", "off", read::switch);
        if let (Some(listen), Some(trust), Some(tls)) = (&listen, &trust, &tls)
            && !here
            && anyway != Some(true)
        {
            let keys =
                trust.token_keys.is_some() || tls.as_ref().is_some_and(|it| it.clients.is_some());
            if tls.is_none() || !keys {
                let why = "on an address that others can reach, TLS (tls-certificate, tls-key) and \
                           keys of callers (token-keys, or client-ca) are needed; whoever wants \
                           neither says so by --listen-without-tls-or-keys";
                it.fault("listen", listen.to_string(), why);
            }
        }
        let read = (|| {
            let (listen, store_url, grace) = (listen?, store_url?, grace?);
            let (trust, tls, reflection) = (trust?, tls?, reflection?);
            Some(Self { listen, store_url, grace, trust, tls, reflection })
        })();
        it.finish(read)
    }
}

fn trust<F: Fn(&str) -> Option<String>>(it: &mut Reader<F>) -> Option<TrustConfig> {
    let keys = it.path("keys");
    let token_keys = it.path("token-keys");
    let issuer = it.read("issuer", "steelyard-local", read::name);
    let audience = it.read("audience", "steelyard", read::name);
    let administrators = it.read("administrators", "", read::names);
    Some(TrustConfig {
        keys: keys?,
        token_keys: token_keys?,
        issuer: issuer?,
        audience: audience?,
        administrators: administrators?,
    })
}

fn tls<F: Fn(&str) -> Option<String>>(it: &mut Reader<F>) -> read::Read<TlsConfig> {
    let (certificate, key) = (it.path("tls-certificate"), it.path("tls-key"));
    let (ca, identities) = (it.path("client-ca"), it.path("client-identities"));
    let (certificate, key, ca, identities) = (certificate?, key?, ca?, identities?);
    let both = "it goes with its other half: tls-certificate with tls-key, client-ca with \
                client-identities, and these with those";
    let clients = match (ca, identities) {
        (Some(ca), Some(identities)) => Some((ca, identities)),
        (None, None) => None,
        (Some(one), None) => {
            it.fault("client-ca", one.display().to_string(), both);
            None
        }
        (None, Some(one)) => {
            it.fault("client-identities", one.display().to_string(), both);
            None
        }
    };
    match (certificate, key) {
        (Some(certificate), Some(key)) => Some(Some(TlsConfig { certificate, key, clients })),
        (None, None) => {
            if let Some((ca, _)) = clients {
                it.fault("client-ca", ca.display().to_string(), both);
            }
            Some(None)
        }
        (Some(one), None) => {
            it.fault("tls-certificate", one.display().to_string(), both);
            None
        }
        (None, Some(one)) => {
            it.fault("tls-key", one.display().to_string(), both);
            None
        }
    }
}
