//! Signed checkpoints: what a county's trail was at a moment, stated by a key that the database
//! does not have.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    app::{App, AppError, hex, unhex, write::ended},
    domain::time::Moment,
    sign::{KeySet, ReceiptKeys, base64url, from_base64url},
    store::{ChainCheck, CheckpointRecord, ReadTx, StoreError},
};

/// What every signed text begins with, so that it stands for nothing else.
const CONTEXT: &[u8] = b"steelyard/checkpoint/v1";
/// How often the heads are looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How long the oldest entry without a checkpoint waits at most, with room for one look.
const AGE: Duration = Duration::from_secs(50);
/// How many entries wait at most, with room for what comes until the next look.
const ENTRIES: i64 = 400;
/// How many entries are read at once.
const PAGE: i64 = 1_000;

/// A checkpoint as it stands on a line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    county: String,
    count: i64,
    head: String,
    time: String,
    key: String,
    signature: String,
}

/// The bytes that are signed: every field preceded by its length in eight bytes.
pub fn signed_bytes(county: &str, entries: i64, head: &[u8; 32], signed: Moment) -> Vec<u8> {
    let (count, moment) = (entries.to_be_bytes(), signed.micros().to_be_bytes());
    let mut bytes = Vec::new();
    for part in [CONTEXT, county.as_bytes(), &count, head, &moment] {
        bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// Signs a checkpoint.
pub fn sign(
    keys: &ReceiptKeys,
    county: &str,
    entries: i64,
    head: [u8; 32],
    signed: Moment,
) -> CheckpointRecord {
    let signature = keys.signer().sign(&signed_bytes(county, entries, &head, signed));
    let key_id = keys.signer().id().to_owned();
    CheckpointRecord { county: county.to_owned(), entries, head, signed, key_id, signature }
}

/// Whether a checkpoint is signed by one of the keys.
pub fn is_signed(it: &CheckpointRecord, keys: &KeySet) -> bool {
    let bytes = signed_bytes(&it.county, it.entries, &it.head, it.signed);
    keys.get(&it.key_id).is_some_and(|key| key.verifies(&bytes, &it.signature))
}

/// A checkpoint as a line of a file.
pub fn to_line(it: &CheckpointRecord) -> Result<String, AppError> {
    let line = Line {
        county: it.county.clone(),
        count: it.entries,
        head: hex(&it.head),
        time: it.signed.to_string(),
        key: it.key_id.clone(),
        signature: base64url(&it.signature),
    };
    serde_json::to_string(&line).map_err(|why| AppError::Internal(why.to_string()))
}

/// The checkpoint of a line; `None` where it is none.
pub fn from_line(text: &str) -> Option<CheckpointRecord> {
    let line: Line = serde_json::from_str(text).ok()?;
    Some(CheckpointRecord {
        county: line.county,
        entries: line.count,
        head: unhex(&line.head)?.try_into().ok()?,
        signed: Moment::parse(&line.time).ok()?,
        key_id: line.key,
        signature: from_base64url(&line.signature)?,
    })
}

/// How far a county's trail was followed, and since when it has moved.
#[derive(Debug, Clone, Copy)]
struct Followed {
    check: ChainCheck,
    moved: Option<Moment>,
}

/// Follows every county's trail and signs where it is.
#[derive(Debug, Default)]
pub struct Checkpoints {
    counties: BTreeMap<String, Followed>,
    /// The newest of each county in the file, read once.
    kept: Option<BTreeMap<String, CheckpointRecord>>,
}

/// The checkpoints as work beside a server: until `stop` turns true, and once more then.
pub fn background(
    app: App,
    mut stop: tokio::sync::watch::Receiver<bool>,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if let Err(error) = app.audit_whole().await {
            tracing::error!(error = &error as &dyn std::error::Error, "the audit trail");
        }
        let mut checkpoints = Checkpoints::default();
        loop {
            let stopped = tokio::select! {
                // An error means that the server is gone: that is a stop too.
                _ = stop.wait_for(|it| *it) => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            if let Err(error) = checkpoints.look(&app, stopped).await {
                tracing::error!(error = &error as &dyn std::error::Error, "no checkpoint");
            }
            if stopped {
                return;
            }
        }
    })
}

impl Checkpoints {
    /// Looks at every county and signs where a checkpoint is due, or wherever the trail has moved if
    /// `all`. A trail that does not follow from where it was is not signed: the county takes no
    /// writes from then on.
    ///
    /// # Errors
    /// Those of the store and of the file.
    pub async fn look(&mut self, app: &App, all: bool) -> Result<(), AppError> {
        let Some(keys) = app.receipts.clone() else { return Ok(()) };
        let now = app.clock.now();
        let kept = match self.kept.take() {
            Some(kept) => kept,
            None => newest_kept(&keys).await?,
        };
        let kept = &*self.kept.insert(kept);
        let mut tx = app.read().await?;
        let mut due = Vec::new();
        for county in tx.counties().await? {
            let Some(head) = tx.head(&county).await? else { continue };
            let mut followed = match self.counties.get(&county) {
                Some(followed) => *followed,
                None => start(&mut *tx, &county, kept.get(&county), &keys).await?,
            };
            let behind = head.audit_count.saturating_sub(followed.check.at().0);
            if behind == 0 && followed.check.at().1 == head.audit_head {
                self.counties.insert(county, followed);
                continue;
            }
            let since = *followed.moved.get_or_insert(now);
            let age = now.micros().saturating_sub(since.micros());
            let old = age >= i64::try_from(AGE.as_micros()).unwrap_or(i64::MAX);
            self.counties.insert(county.clone(), followed);
            if !(all || old || !(0..ENTRIES).contains(&behind)) || app.guard.is_broken(&county) {
                continue;
            }
            let (count, hash) = (head.audit_count, head.audit_head);
            if follow(&mut *tx, &county, &mut followed.check, count).await?
                && followed.check.end(count, &hash).is_ok()
            {
                due.push((sign(&keys, &county, count, hash, now), followed.check));
            } else {
                app.guard.set_broken(&county);
            }
        }
        drop(tx);
        for (checkpoint, check) in due {
            keep(app, &keys, &checkpoint).await?;
            self.counties.insert(checkpoint.county, Followed { check, moved: None });
        }
        Ok(())
    }
}

/// Where the newest checkpoint of the file is, or else that of the store; the beginning where there
/// is none that a key of this service signed. The file goes first: it is out of the reach of whoever
/// writes to the database while the service is stopped.
async fn start(
    tx: &mut dyn ReadTx,
    county: &str,
    kept: Option<&CheckpointRecord>,
    keys: &ReceiptKeys,
) -> Result<Followed, StoreError> {
    let newest = match kept {
        Some(kept) => Some(kept.clone()),
        None => tx.newest_checkpoint(county).await?,
    };
    let check = match newest.filter(|it| is_signed(it, keys.keys())) {
        Some(it) => ChainCheck::after(it.entries, it.head),
        None => ChainCheck::default(),
    };
    Ok(Followed { check, moved: None })
}

/// The newest signed checkpoint of each county in the file.
async fn newest_kept(
    keys: &Arc<ReceiptKeys>,
) -> Result<BTreeMap<String, CheckpointRecord>, AppError> {
    let keys = Arc::clone(keys);
    let internal = |why: String| AppError::Internal(format!("the checkpoints' file: {why}"));
    let read = tokio::task::spawn_blocking(move || {
        let mut newest: BTreeMap<String, CheckpointRecord> = BTreeMap::new();
        for it in keys.kept_checkpoints()?.lines().filter_map(from_line) {
            let newer = newest.get(&it.county).is_none_or(|old| it.entries >= old.entries);
            if newer && is_signed(&it, keys.keys()) {
                newest.insert(it.county.clone(), it);
            }
        }
        Ok::<_, std::io::Error>(newest)
    });
    read.await.map_err(|it| internal(it.to_string()))?.map_err(|it| internal(it.to_string()))
}

/// Takes the entries up to that number; whether each follows from the one before.
async fn follow(
    tx: &mut dyn ReadTx,
    county: &str,
    check: &mut ChainCheck,
    until: i64,
) -> Result<bool, StoreError> {
    while check.at().0 < until {
        let page = tx.audit_page(county, check.at().0, PAGE).await?;
        if page.is_empty() {
            return Ok(false);
        }
        for record in page.iter().filter(|it| it.seq <= until) {
            if check.take(record).is_err() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Keeps a checkpoint in the store, then in the file.
async fn keep(
    app: &App,
    keys: &Arc<ReceiptKeys>,
    checkpoint: &CheckpointRecord,
) -> Result<(), AppError> {
    let line = to_line(checkpoint)?;
    let (store, kept) = (Arc::clone(&app.store), checkpoint.clone());
    let task = tokio::spawn(async move {
        let mut tx = store.begin().await?;
        tx.insert_checkpoint(&kept).await?;
        Ok(tx.commit().await?)
    });
    ended(task.await)?;
    let keys = Arc::clone(keys);
    let written = tokio::task::spawn_blocking(move || keys.append_checkpoint(&line)).await;
    let internal =
        |why: String| AppError::Internal(format!("a checkpoint is not in its file: {why}"));
    written.map_err(|it| internal(it.to_string()))?.map_err(|it| internal(it.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::SigningKey;

    #[test]
    fn a_line_reads_back_and_a_changed_one_is_not_signed() {
        let keys = ReceiptKeys::only(Arc::new(SigningKey::generate().unwrap()));
        let moment = Moment::from_micros(1_700_000_000_123_456);
        let checkpoint = sign(&keys, "xinping", 12, [7; 32], moment);
        let line = to_line(&checkpoint).unwrap();
        assert_eq!(from_line(&line), Some(checkpoint.clone()));
        assert!(is_signed(&checkpoint, keys.keys()));
        let changed = [
            CheckpointRecord { entries: 11, ..checkpoint.clone() },
            CheckpointRecord { county: "other".to_owned(), ..checkpoint.clone() },
            CheckpointRecord { head: [8; 32], ..checkpoint.clone() },
            CheckpointRecord { signed: Moment::from_micros(1), ..checkpoint.clone() },
            CheckpointRecord { key_id: "other".to_owned(), ..checkpoint },
        ];
        for it in changed {
            assert!(!is_signed(&it, keys.keys()), "{it:?}");
        }
        assert_eq!(from_line("{}"), None);
        assert_eq!(from_line(&line.replace("count", "Count")), None);
    }
}
