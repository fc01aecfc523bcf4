//! The folder of what the service signs with: the key, every public key it ever had, and the
//! checkpoints that it signed.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    KeySet, SigningKey,
    file::{KeyFileError, KeyFileFault, read_or_make},
};

/// The file of the private key.
const SIGNING: &str = "receipt-signing.pem";
/// The file of the public keys, of which none is ever taken away.
const KEYS: &str = "receipt-keys.json";
/// The file of the checkpoints, one a line.
const CHECKPOINTS: &str = "checkpoints.jsonl";

/// What receipts and checkpoints are signed with.
#[derive(Debug)]
pub struct ReceiptKeys {
    signer: Arc<SigningKey>,
    keys: KeySet,
    folder: Option<PathBuf>,
}

impl ReceiptKeys {
    /// Opens a folder, and makes it and its key where there is none. The public key is added to
    /// those that are there: a key that was replaced still checks what it signed.
    ///
    /// # Errors
    /// A file that cannot be read or written, that holds no key, or that others can read.
    pub fn open(folder: &Path) -> Result<Self, KeyFileError> {
        let signer = read_or_make(&folder.join(SIGNING))?;
        let path = folder.join(KEYS);
        let fault = |why: KeyFileFault| KeyFileError { path: path.clone(), why };
        let mut keys = match fs::read_to_string(&path) {
            Ok(text) => KeySet::from_json(&text).map_err(|it| fault(it.into()))?,
            Err(why) if why.kind() == io::ErrorKind::NotFound => KeySet::default(),
            Err(why) => return Err(fault(why.into())),
        };
        let public = signer.public().map_err(|it| fault(it.into()))?;
        if keys.add(public) {
            replace(&path, &format!("{}\n", keys.to_json())).map_err(|it| fault(it.into()))?;
        }
        Ok(Self { signer: Arc::new(signer), keys, folder: Some(folder.to_owned()) })
    }

    /// One key, without a folder: checkpoints are kept in the store only.
    pub fn only(signer: Arc<SigningKey>) -> Self {
        let mut keys = KeySet::default();
        if let Ok(public) = signer.public() {
            keys.add(public);
        }
        Self { signer, keys, folder: None }
    }

    /// The same, leaving no file of checkpoints.
    #[must_use]
    pub fn without_file(self) -> Self {
        Self { folder: None, ..self }
    }

    /// The key that signs.
    pub fn signer(&self) -> &SigningKey {
        &self.signer
    }

    /// Every public key, the replaced ones too.
    pub fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// The file of the checkpoints, where there is a folder.
    pub fn checkpoints(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|it| it.join(CHECKPOINTS))
    }

    /// What the file of the checkpoints says; nothing where there is none.
    pub fn kept_checkpoints(&self) -> io::Result<String> {
        let Some(path) = self.checkpoints() else { return Ok(String::new()) };
        match fs::read_to_string(path) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            read => read,
        }
    }

    /// Appends one checkpoint to the file and waits until the disk has it.
    pub fn append_checkpoint(&self, line: &str) -> io::Result<()> {
        let Some(path) = self.checkpoints() else { return Ok(()) };
        let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
        // In one write, so that two processes do not mix their lines.
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_data()
    }
}

/// Puts a file in the place of another, whole or not at all.
fn replace(path: &Path, content: &str) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let mut file = fs::File::create(&beside)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::jws;

    #[test]
    fn a_replaced_key_still_checks_what_it_signed() {
        let folder = std::env::temp_dir().join(format!("steelyard-receipt-{}", std::process::id()));
        let first = ReceiptKeys::open(&folder).unwrap();
        let signed = jws::detached(first.signer(), b"x");
        assert_eq!(ReceiptKeys::open(&folder).unwrap().signer().id(), first.signer().id());
        fs::remove_file(folder.join(SIGNING)).unwrap();
        let second = ReceiptKeys::open(&folder).unwrap();
        assert_ne!(second.signer().id(), first.signer().id());
        let kid = jws::check_detached(&signed, b"x", second.keys()).unwrap();
        assert_eq!(kid, first.signer().id());
        second.append_checkpoint("{}").unwrap();
        first.append_checkpoint("[]").unwrap();
        let lines = fs::read_to_string(second.checkpoints().unwrap()).unwrap();
        assert_eq!(lines, "{}\n[]\n");
        fs::remove_dir_all(folder).unwrap();
    }
}
