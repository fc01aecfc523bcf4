//! The public keys of tokens: from a JWKS file or a PEM file, read again when it changes.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

/// How soon after another a token with an unknown key makes the file be read again.
const ASKED_AGAIN: Duration = Duration::from_secs(30);
/// The most keys of a file.
const KEYS_MAX: usize = 100;
/// The longest name of a key.
const NAME_MAX: usize = 128;

/// The keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", .path.display())]
pub struct KeyRingError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

/// One key.
#[derive(Clone)]
struct Key {
    algorithm: Algorithm,
    key: Arc<DecodingKey>,
}

type Keys = BTreeMap<String, Key>;

/// The keys of tokens.
pub struct KeyRing {
    path: PathBuf,
    keys: RwLock<Arc<Keys>>,
    generation: AtomicU64,
    read: Mutex<Read>,
}

/// What the file was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Read {
    stamp: Option<(SystemTime, u64)>,
    asked: Option<Instant>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<String> = self.now().keys().cloned().collect();
        f.debug_struct("KeyRing")
            .field("path", &self.path)
            .field("keys", &names)
            .finish_non_exhaustive()
    }
}

impl KeyRing {
    /// Reads a file: a JWKS (RFC 7517) of Ed25519, P-256 and RSA keys, or one public key in PEM.
    pub fn open(path: &Path) -> Result<Self, KeyRingError> {
        let stamp = stamp(path);
        let keys = read(path)?;
        Ok(Self {
            path: path.to_owned(),
            keys: RwLock::new(Arc::new(keys)),
            generation: AtomicU64::new(1),
            read: Mutex::new(Read { stamp, asked: None }),
        })
    }

    /// Counts the times the keys were read.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    fn now(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the file again if it is another than it was. A file that cannot be used leaves the keys
    /// as they were: half a file must not lock everybody out.
    pub fn refresh(&self) {
        let found = stamp(&self.path);
        {
            let mut last = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            if last.stamp == found {
                return;
            }
            last.stamp = found;
        }
        match read(&self.path) {
            Ok(keys) => {
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
                self.generation.fetch_add(1, Ordering::Release);
                tracing::info!("the keys of tokens were read again");
            }
            Err(why) => tracing::warn!("the keys of tokens stay as they were: {why}"),
        }
    }

    /// The key of that name for that algorithm; without a name the only key there is. A name that is
    /// not known has the file looked at, though not again and again: any stranger can make names up.
    pub(super) fn key(&self, name: Option<&str>, algorithm: Algorithm) -> Option<Arc<DecodingKey>> {
        if name.is_some_and(|it| it.len() > NAME_MAX) {
            return None;
        }
        let mut keys = self.now();
        if name.is_some_and(|it| !keys.contains_key(it)) {
            if self.may_ask() {
                self.refresh();
            }
            keys = self.now();
        }
        let key = match name {
            Some(name) => keys.get(name),
            None if keys.len() == 1 => keys.values().next(),
            None => None,
        };
        key.filter(|it| it.algorithm == algorithm).map(|it| Arc::clone(&it.key))
    }

    fn may_ask(&self) -> bool {
        let mut last = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let may = last.asked.is_none_or(|it| it.elapsed() >= ASKED_AGAIN);
        if may {
            last.asked = Some(Instant::now());
        }
        may
    }
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let found = fs::metadata(path).ok()?;
    Some((found.modified().ok()?, found.len()))
}

fn read(path: &Path) -> Result<Keys, KeyRingError> {
    let fault = |why: String| KeyRingError { path: path.to_owned(), why };
    let text = fs::read_to_string(path).map_err(|why| fault(why.to_string()))?;
    let keys = if text.trim_start().starts_with('{') { jwks(&text) } else { pem(&text) };
    keys.map_err(fault)
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

fn jwks(text: &str) -> Result<Keys, String> {
    let set: Jwks = serde_json::from_str(text).map_err(|why| format!("no JWKS: {why}"))?;
    if set.keys.len() > KEYS_MAX {
        return Err(format!("there are {} keys, {KEYS_MAX} at most", set.keys.len()));
    }
    let mut keys = Keys::new();
    for (index, jwk) in set.keys.iter().enumerate() {
        let Some(key) = key(jwk).map_err(|why| format!("keys[{index}]: {why}"))? else { continue };
        let name = jwk.kid.clone().ok_or_else(|| format!("keys[{index}]: it has no `kid`"))?;
        if keys.insert(name.clone(), key).is_some() {
            return Err(format!("keys[{index}]: there are two keys `{name}`"));
        }
    }
    if keys.is_empty() {
        return Err("there is no key for EdDSA, ES256 or RS256".to_owned());
    }
    Ok(keys)
}

/// The key of a JWK; nothing where it is for something else than signatures of ours.
fn key(jwk: &Jwk) -> Result<Option<Key>, String> {
    if jwk.usage.as_deref().is_some_and(|it| it != "sig") {
        return Ok(None);
    }
    let (algorithm, name, key) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("OKP", Some("Ed25519")) => {
            let x = jwk.x.as_deref().ok_or("`x` is missing")?;
            (Algorithm::EdDSA, "EdDSA", DecodingKey::from_ed_components(x))
        }
        ("EC", Some("P-256")) => {
            let x = jwk.x.as_deref().ok_or("`x` is missing")?;
            let y = jwk.y.as_deref().ok_or("`y` is missing")?;
            (Algorithm::ES256, "ES256", DecodingKey::from_ec_components(x, y))
        }
        ("RSA", _) => {
            let n = jwk.n.as_deref().ok_or("`n` is missing")?;
            let e = jwk.e.as_deref().ok_or("`e` is missing")?;
            (Algorithm::RS256, "RS256", DecodingKey::from_rsa_components(n, e))
        }
        _ => return Ok(None),
    };
    if jwk.alg.as_deref().is_some_and(|it| it != name) {
        return Ok(None);
    }
    let key = key.map_err(|why| format!("it cannot be read: {why}"))?;
    Ok(Some(Key { algorithm, key: Arc::new(key) }))
}

fn pem(text: &str) -> Result<Keys, String> {
    let bytes = text.as_bytes();
    let tried = [
        (Algorithm::EdDSA, DecodingKey::from_ed_pem(bytes)),
        (Algorithm::ES256, DecodingKey::from_ec_pem(bytes)),
        (Algorithm::RS256, DecodingKey::from_rsa_pem(bytes)),
    ];
    let found = tried.into_iter().find_map(|(algorithm, key)| Some((algorithm, key.ok()?)));
    let (algorithm, key) =
        found.ok_or("this is neither a JWKS nor a public key of Ed25519, P-256 or RSA in PEM")?;
    Ok(Keys::from([(String::new(), Key { algorithm, key: Arc::new(key) })]))
}
