//! One server at a time on a SQLite file.

use std::fs::{File, OpenOptions, TryLockError};

use super::{StoreError, is_server, sqlite};

/// The right to serve from a store, until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Claim {
    /// The locked file; none for a store that any number of servers may share.
    _lock: Option<File>,
}

/// Claims a store for a server. A SQLite file has one server: its runs, its writers and what they keep
/// in memory go by that. The claim is a lock on `<file>.lock` beside it, held by the operating system
/// for the process, so that a killed one leaves none behind. Commands that only read need no claim.
///
/// [`StoreError::Unfit`] where another server has it.
pub fn claim(url: &str) -> Result<Claim, StoreError> {
    if is_server(url) {
        return Ok(Claim { _lock: None });
    }
    let Some(file) = sqlite::file(url)? else { return Ok(Claim { _lock: None }) };
    // One file under two names is one file.
    let file = std::fs::canonicalize(&file).unwrap_or(file);
    let mut path = file.clone().into_os_string();
    path.push(".lock");
    let unfit = |why: String| StoreError::Unfit(format!("{}: {why}", file.display()));
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|why| unfit(format!("the lock file beside it cannot be opened: {why}")))?;
    match lock.try_lock() {
        Ok(()) => Ok(Claim { _lock: Some(lock) }),
        Err(TryLockError::WouldBlock) => {
            let why = "another server has this database; a SQLite file has one server at a time";
            Err(unfit(why.to_owned()))
        }
        Err(TryLockError::Error(why)) => Err(unfit(format!("it cannot be locked: {why}"))),
    }
}
