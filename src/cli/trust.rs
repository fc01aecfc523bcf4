//! What a server believes and is secured by, out of its settings.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::Args;

use super::{Failure, serve::SystemClock};
use crate::{
    app::Clock,
    config::{Config, TlsConfig, TrustConfig},
    sign::ReceiptKeys,
    transport::Tls,
    trust::{ADMINISTRATOR, Identities, KeyFolder, KeyRing, Terms, Trust},
};

/// How often the file of keys is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How often the administrator's token is written anew, in looks: four times a day.
const RENEW: u32 = 4_320;

/// Who may call, and how.
#[derive(Debug, Clone, Args)]
pub(super) struct TrustArgs {
    /// The folder of the service's own keys [default: beside the store, `steelyard.db-keys`].
    #[arg(long, env = "STEELYARD_KEYS", value_name = "FOLDER")]
    keys: Option<String>,
    /// The public keys of tokens: a JWKS or a PEM file [default: those of the service's own folder].
    #[arg(long, env = "STEELYARD_TOKEN_KEYS", value_name = "FILE")]
    token_keys: Option<String>,
    /// The `iss` that tokens carry [default: steelyard-local].
    #[arg(long, env = "STEELYARD_ISSUER", value_name = "NAME")]
    issuer: Option<String>,
    /// The `aud` that tokens carry [default: steelyard].
    #[arg(long, env = "STEELYARD_AUDIENCE", value_name = "NAME")]
    audience: Option<String>,
    /// Principals who may do everything in every county, separated by commas.
    #[arg(long, env = "STEELYARD_ADMINISTRATORS", value_name = "IDS")]
    administrators: Option<String>,
    /// The chain of certificates that the service shows, PEM.
    #[arg(long, env = "STEELYARD_TLS_CERTIFICATE", value_name = "FILE")]
    tls_certificate: Option<String>,
    /// Its private key, PEM.
    #[arg(long, env = "STEELYARD_TLS_KEY", value_name = "FILE")]
    tls_key: Option<String>,
    /// Who signs callers' certificates, PEM: then every caller shows one.
    #[arg(long, env = "STEELYARD_CLIENT_CA", value_name = "FILE")]
    client_ca: Option<String>,
    /// Which identity of a certificate is which principal: a JSON object.
    #[arg(long, env = "STEELYARD_CLIENT_IDENTITIES", value_name = "FILE")]
    client_identities: Option<String>,
    /// Let callers ask what services there are: `on` or `off` [default: on, on this machine only].
    #[arg(long, env = "STEELYARD_REFLECTION", value_name = "SWITCH")]
    reflection: Option<String>,
    /// Listen on an address that others can reach without TLS or without keys of callers.
    #[arg(long)]
    listen_without_tls_or_keys: bool,
}

impl TrustArgs {
    /// The setting of a key.
    pub(super) fn get(&self, key: &str) -> Option<String> {
        match key {
            "keys" => self.keys.clone(),
            "token-keys" => self.token_keys.clone(),
            "issuer" => self.issuer.clone(),
            "audience" => self.audience.clone(),
            "administrators" => self.administrators.clone(),
            "tls-certificate" => self.tls_certificate.clone(),
            "tls-key" => self.tls_key.clone(),
            "client-ca" => self.client_ca.clone(),
            "client-identities" => self.client_identities.clone(),
            "reflection" => self.reflection.clone(),
            "listen-without-tls-or-keys" => {
                self.listen_without_tls_or_keys.then(|| "on".to_owned())
            }
            _ => None,
        }
    }
}

/// Where the service's own keys lie.
pub(super) fn folder_of(keys: Option<&PathBuf>, store_url: &str) -> PathBuf {
    keys.cloned().unwrap_or_else(|| KeyFolder::of_store(store_url))
}

/// Whom a server believes; with the folder of its own keys where tokens are of its own making.
#[derive(Debug)]
pub(super) struct Believed {
    pub(super) trust: Arc<Trust>,
    pub(super) own: Option<KeyFolder>,
}

pub(super) fn terms(config: &TrustConfig) -> Terms {
    Terms { issuer: config.issuer.clone(), audience: config.audience.clone() }
}

pub(super) fn believed(config: &Config, clock: Arc<dyn Clock>) -> Result<Believed, Failure> {
    let Config { trust, tls, store_url, .. } = config;
    let unusable = |why: &dyn std::fmt::Display| Failure::usage(vec![why.to_string()]);
    let terms = terms(trust);
    let mut administrators = trust.administrators.clone();
    let (keys, own) = if let Some(path) = &trust.token_keys {
        (KeyRing::open(path).map_err(|it| unusable(&it))?, None)
    } else {
        let path = folder_of(trust.keys.as_ref(), store_url);
        let folder = KeyFolder::open(&path, &terms).map_err(|it| unusable(&it))?;
        folder.renew(clock.now()).map_err(|it| unusable(&it))?;
        administrators.insert(ADMINISTRATOR.to_owned());
        (folder.keys().map_err(|it| unusable(&it))?, Some(folder))
    };
    let identities = match tls.as_ref().and_then(|it| it.clients.as_ref()) {
        Some((_, list)) => Some(Identities::open(list).map_err(|it| unusable(&it))?),
        None => None,
    };
    let trust = Trust::new(Arc::new(keys), terms, identities, administrators, clock);
    Ok(Believed { trust: Arc::new(trust), own })
}

/// What receipts and checkpoints are signed with: in the folder of the service's own keys.
pub(super) fn receipt_keys(config: &Config) -> Result<Arc<ReceiptKeys>, Failure> {
    let url = &config.store_url;
    let folder = folder_of(config.trust.keys.as_ref(), url);
    let keys = ReceiptKeys::open(&folder).map_err(|why| Failure::usage(vec![why.to_string()]))?;
    // A store in memory is gone with its process; checkpoints of it would speak against the next.
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    Ok(Arc::new(if in_memory { keys.without_file() } else { keys }))
}

/// What secures connections, where anything does.
pub(super) fn secured(tls: Option<&TlsConfig>) -> Result<Option<Tls>, Failure> {
    let Some(TlsConfig { certificate, key, clients }) = tls else { return Ok(None) };
    let read = |path: &PathBuf| std::fs::read(path).map_err(|why| Failure::no_input(path, &why));
    let (certificate, key) = (read(certificate)?, read(key)?);
    let ca = clients.as_ref().map(|(ca, _)| read(ca)).transpose()?;
    let tls = Tls::new(&certificate, &key, ca.as_deref());
    tls.map(Some).map_err(|why| Failure::usage(vec![why.to_string()]))
}

/// Looks at the keys of tokens as long as the service runs, and writes the administrator's token
/// anew long before it expires.
pub(super) async fn keep(believed: Believed) {
    let mut looks = 0_u32;
    loop {
        tokio::time::sleep(LOOK).await;
        looks = looks.wrapping_add(1);
        believed.trust.keys.refresh();
        if let Some(own) = believed.own.as_ref().filter(|_| looks.is_multiple_of(RENEW))
            && let Err(why) = own.renew(SystemClock.now())
        {
            tracing::error!("the administrator's token could not be written anew: {why}");
        }
    }
}
