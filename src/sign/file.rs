//! Files that only their owner can read.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::{KeyError, SigningKey};

/// A key file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", .path.display())]
pub struct KeyFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    #[source]
    pub why: KeyFileFault,
}

/// What is wrong with a key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileFault {
    /// It cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It holds no key.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// Others can read it.
    #[error("others can read this private key (mode {mode:03o}): chmod 600 it, or make another")]
    Open {
        /// Its mode.
        mode: u32,
    },
}

/// Reads the key of a file, or makes one there. A file that others can read is refused.
pub fn read_or_make(path: &Path) -> Result<SigningKey, KeyFileError> {
    let fault = |why: KeyFileFault| KeyFileError { path: path.to_owned(), why };
    match fs::metadata(path) {
        Ok(found) => {
            let mode = found.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(fault(KeyFileFault::Open { mode }));
            }
            let text = fs::read_to_string(path).map_err(|it| fault(it.into()))?;
            SigningKey::from_pem(&text).map_err(|it| fault(it.into()))
        }
        Err(why) if why.kind() == io::ErrorKind::NotFound => {
            let key = SigningKey::generate().map_err(|it| fault(it.into()))?;
            match make_private(path, key.to_pem().as_bytes()) {
                // Another process was faster: its key is the key.
                Err(why) if why.kind() == io::ErrorKind::AlreadyExists => read_or_make(path),
                made => made.map(|()| key).map_err(|it| fault(it.into())),
            }
        }
        Err(why) => Err(fault(why.into())),
    }
}

/// Writes a new file that only its owner can read, whole or not at all, and its folder if there is
/// none.
pub fn make_private(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let _left_behind = fs::remove_file(&beside);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    // A link, not a rename: it fails where the file is there already.
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    linked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_only() {
        let folder = std::env::temp_dir().join(format!("steelyard-key-{}", std::process::id()));
        let path = folder.join("keys").join("a.pem");
        let made = read_or_make(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read_or_make(&path).unwrap().id(), made.id());
        assert_eq!(make_private(&path, b"x").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let told = read_or_make(&path).unwrap_err().to_string();
        assert!(told.contains("mode 644"), "{told}");
        fs::remove_dir_all(folder).unwrap();
    }
}
