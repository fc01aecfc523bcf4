//! The folder of a small installation's keys: made at the first start, readable by its owner only.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Issued, KeyRing, KeyRingError, Terms, issue};
use crate::{
    domain::time::Moment,
    sign::{KeyFileError, SigningKey, make_private, read_or_make},
};

/// The private key that tokens are signed with.
const SIGNING: &str = "token-signing.pem";
/// The public keys, as a JWKS.
const PUBLIC: &str = "token-keys.json";
/// The administrator's token.
const TOKEN: &str = "administrator.token";
/// Who the administrator's token is for.
pub const ADMINISTRATOR: &str = "local-administrator";
/// How long that token lasts: a day. It is written anew well before.
const LASTS: i64 = 24 * 60 * 60;

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The key cannot be read or made.
    #[error("{0}")]
    Key(#[from] KeyFileError),
    /// The public keys cannot be read.
    #[error("{0}")]
    Keys(#[from] KeyRingError),
    /// A file cannot be written.
    #[error("{}: {why}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        why: io::Error,
    },
    /// There is no token to be had.
    #[error("`{0}` is no principal, or the time is longer than a day")]
    NoToken(String),
}

/// A folder of keys.
#[derive(Debug, Clone)]
pub struct KeyFolder {
    path: PathBuf,
    key: Arc<SigningKey>,
    terms: Terms,
}

impl KeyFolder {
    /// Where a store's keys lie unless it is said: beside its file; where the store is no file, in a
    /// folder of the working directory that is named after the store, since what is signed about one
    /// store speaks against another.
    pub fn of_store(url: &str) -> PathBuf {
        let file = url.strip_prefix("sqlite:").map(|it| it.strip_prefix("//").unwrap_or(it));
        let file = file.and_then(|it| it.split('?').next());
        match file {
            Some(file) if !file.is_empty() && !file.contains(":memory:") => {
                PathBuf::from(format!("{file}-keys"))
            }
            Some(_) => PathBuf::from("steelyard-keys"),
            None => {
                // Whoever connects, it is the same store.
                let place = url.rsplit_once('@').map_or(url, |it| it.1);
                let digest = Sha256::digest(place.as_bytes());
                let tag: String = digest.iter().take(4).map(|it| format!("{it:02x}")).collect();
                PathBuf::from(format!("steelyard-keys-{tag}"))
            }
        }
    }

    /// Opens the folder, and makes it and its key where there are none.
    pub fn open(path: &Path, terms: &Terms) -> Result<Self, FolderError> {
        let key = Arc::new(read_or_make(&path.join(SIGNING))?);
        let folder = Self { path: path.to_owned(), key, terms: terms.clone() };
        let jwk =
            folder.key.public().map_err(|why| folder.fault(SIGNING, io::Error::other(why)))?;
        let text = format!("{:#}\n", json!({"keys": [jwk.jwk()]}));
        if fs::read_to_string(path.join(PUBLIC)).ok().as_deref() != Some(&text) {
            folder.replace(PUBLIC, text.as_bytes())?;
        }
        Ok(folder)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The public keys.
    pub fn keys(&self) -> Result<KeyRing, FolderError> {
        Ok(KeyRing::open(&self.path.join(PUBLIC))?)
    }

    /// Where the administrator's token lies.
    pub fn token_file(&self) -> PathBuf {
        self.path.join(TOKEN)
    }

    /// Issues a token.
    pub fn issue(&self, principal: &str, now: Moment, seconds: i64) -> Result<Issued, FolderError> {
        let issued = issue(&self.key, &self.terms, principal, now, seconds);
        issued.ok_or_else(|| FolderError::NoToken(principal.to_owned()))
    }

    /// Writes the administrator's token anew, for another day.
    pub fn renew(&self, now: Moment) -> Result<Issued, FolderError> {
        let issued = self.issue(ADMINISTRATOR, now, LASTS)?;
        self.replace(TOKEN, format!("{}\n", issued.token).as_bytes())?;
        Ok(issued)
    }

    fn fault(&self, name: &str, why: io::Error) -> FolderError {
        FolderError::Io { path: self.path.join(name), why }
    }

    /// Whoever reads the file sees the old one or the new one.
    fn replace(&self, name: &str, content: &[u8]) -> Result<(), FolderError> {
        let fault = |why| self.fault(name, why);
        let beside = self.path.join(format!("{name}.{}", std::process::id()));
        let _left_behind = fs::remove_file(&beside);
        make_private(&beside, content).map_err(fault)?;
        fs::rename(&beside, self.path.join(name)).map_err(fault)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, os::unix::fs::PermissionsExt as _};

    use super::*;
    use crate::{app::Clock, trust::Trust};

    #[derive(Debug)]
    struct At(Moment);

    impl Clock for At {
        fn now(&self) -> Moment {
            self.0
        }
    }

    #[test]
    fn the_folder_lies_beside_the_file_of_the_store() {
        let of = |url| KeyFolder::of_store(url).display().to_string();
        assert_eq!(of("sqlite://steelyard.db"), "steelyard.db-keys");
        assert_eq!(of("sqlite:///var/lib/a.db?mode=rwc"), "/var/lib/a.db-keys");
        assert_eq!(of("sqlite:a.db"), "a.db-keys");
        assert_eq!(of("sqlite::memory:"), "steelyard-keys");
        let tagged = of("postgres://a:secret@b/c");
        assert!(tagged.starts_with("steelyard-keys-"), "{tagged}");
        assert_eq!(of("postgres://other@b/c"), tagged);
        assert_ne!(of("postgres://a@b/d"), tagged);
    }

    #[test]
    fn the_first_start_makes_a_key_and_a_token_that_is_believed() {
        let path = std::env::temp_dir().join(format!("steelyard-folder-{}", std::process::id()));
        let _left_behind = fs::remove_dir_all(&path);
        let terms = Terms { issuer: "here".to_owned(), audience: "steelyard".to_owned() };
        let now = Moment::parse("2026-01-01T00:00:00Z").unwrap();
        let folder = KeyFolder::open(&path, &terms).unwrap();
        let token = folder.renew(now).unwrap().token;
        let mode = |it: &Path| fs::metadata(it).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.token_file()), 0o600);
        assert_eq!(fs::read_to_string(folder.token_file()).unwrap().trim(), token);
        let again = KeyFolder::open(&path, &terms).unwrap();
        let administrators = BTreeSet::from([ADMINISTRATOR.to_owned()]);
        let ring = Arc::new(again.keys().unwrap());
        let trust = Trust::new(ring, terms, None, administrators, Arc::new(At(now)));
        let caller = trust.caller(Some(&format!("Bearer {token}")), None).unwrap();
        assert!(caller.administrator);
        let other = folder.issue("clerk", now, 60).unwrap().token;
        let caller = trust.caller(Some(&format!("Bearer {other}")), None).unwrap();
        assert_eq!((&*caller.principal, caller.administrator), ("clerk", false));
        assert!(folder.issue("clerk", now, LASTS + 1).is_err());
        assert!(folder.issue("书记", now, 60).is_err());
        fs::remove_dir_all(path).unwrap();
    }
}
