//! The audit trail: a hash chain per county, and the check that it is whole.

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::{ReadTx, StoreError, StoredFact, StoredVersion};
use crate::domain::time::Moment;

/// One line of the audit trail, as a use case states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAudit {
    /// Who did it.
    pub principal: String,
    /// The method.
    pub method: String,
    /// The request's id.
    pub request_id: String,
    /// The request's fingerprint.
    pub fingerprint: [u8; 32],
    /// What it was done to: `fact/f12`, `run/2022-001`; no names of persons.
    pub subject: String,
    /// SHA-256 over what was changed.
    pub effect_digest: [u8; 32],
}

/// One line of the audit trail as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// The county.
    pub county: String,
    /// Its number in the county's chain, from 1.
    pub seq: i64,
    /// When it was recorded.
    pub recorded: Moment,
    /// What was stated.
    pub entry: NewAudit,
    /// The hash of the entry before; zeros for the first.
    pub prev_hash: [u8; 32],
    /// The hash of this entry.
    pub hash: [u8; 32],
}

impl AuditRecord {
    /// The next link after `prev_hash`.
    pub(crate) fn link(
        county: &str,
        seq: i64,
        recorded: Moment,
        entry: NewAudit,
        prev_hash: [u8; 32],
    ) -> Self {
        let hash = entry_hash(county, seq, recorded, &entry, &prev_hash);
        Self { county: county.to_owned(), seq, recorded, entry, prev_hash, hash }
    }
}

/// SHA-256 over all fields, each preceded by its length in eight bytes, so that no two different
/// entries hash the same text.
pub fn entry_hash(
    county: &str,
    seq: i64,
    recorded: Moment,
    entry: &NewAudit,
    prev_hash: &[u8; 32],
) -> [u8; 32] {
    let fields: [&[u8]; 10] = [
        prev_hash,
        county.as_bytes(),
        &seq.to_be_bytes(),
        &recorded.micros().to_be_bytes(),
        entry.principal.as_bytes(),
        entry.method.as_bytes(),
        entry.request_id.as_bytes(),
        &entry.fingerprint,
        entry.subject.as_bytes(),
        &entry.effect_digest,
    ];
    let mut hasher = Sha256::new();
    for field in fields {
        hasher.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(field);
    }
    hasher.finalize().into()
}

/// Which entries a listing shows. An empty text asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditListing {
    /// After this number; 0 from the beginning.
    pub after: i64,
    /// At most so many.
    pub limit: i64,
    /// Only of this principal.
    pub principal: String,
    /// Only methods that begin so.
    pub method_prefix: String,
    /// Only subjects that begin so.
    pub subject_prefix: String,
    /// Only those recorded at this moment or later, ...
    pub from: Moment,
    /// ... and at this moment or before.
    pub until: Moment,
}

/// A request that was answered, for comparing with the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditedRequest {
    /// Who called.
    pub principal: String,
    /// The request's id.
    pub request_id: String,
    /// The method.
    pub method: String,
    /// The request's fingerprint.
    pub fingerprint: [u8; 32],
    /// When it was taken up.
    pub recorded: Moment,
}

/// A signed statement of how many entries a county had, and of the hash of the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRecord {
    /// The county.
    pub county: String,
    /// How many entries there were.
    pub entries: i64,
    /// The hash of the newest.
    pub head: [u8; 32],
    /// When it was signed.
    pub signed: Moment,
    /// The key that signed it.
    pub key_id: String,
    /// The signature.
    pub signature: Vec<u8>,
}

/// Reading of the audit trail beside what it is about.
#[async_trait]
pub trait AuditReads {
    /// Up to `limit` entries that a listing asks for, in order.
    async fn audit_found(
        &mut self,
        county: &str,
        listing: &AuditListing,
    ) -> Result<Vec<AuditRecord>, StoreError>;
    /// The next county by id that anything is kept of, whether it has a head or not.
    async fn next_county(&mut self, after: &str) -> Result<Option<String>, StoreError>;
    /// Up to `limit` rows of the ledger after that number, reversals among them, as they stand.
    async fn ledger_page(
        &mut self,
        county: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<StoredFact>, StoreError>;
    /// Up to `limit` rows of the registry after that one, by kind, id, first day and number.
    async fn registry_rows(
        &mut self,
        county: &str,
        after: Option<&StoredVersion>,
        limit: i64,
    ) -> Result<Vec<StoredVersion>, StoreError>;
    /// Up to `limit` answered requests after that principal and id.
    async fn request_page(
        &mut self,
        county: &str,
        after: (&str, &str),
        limit: i64,
    ) -> Result<Vec<AuditedRequest>, StoreError>;
    /// Up to `limit` checkpoints after that count and key, by count.
    async fn checkpoints(
        &mut self,
        county: &str,
        after: (i64, &str),
        limit: i64,
    ) -> Result<Vec<CheckpointRecord>, StoreError>;
    /// The checkpoint that counts the most entries.
    async fn newest_checkpoint(
        &mut self,
        county: &str,
    ) -> Result<Option<CheckpointRecord>, StoreError>;
}

/// Writing of checkpoints. They do not ask for `lock_county`: what they state does not change.
#[async_trait]
pub trait AuditWrites {
    /// Adds a checkpoint; one of that count and key that is there already stays.
    async fn insert_checkpoint(&mut self, checkpoint: &CheckpointRecord) -> Result<(), StoreError>;
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreak {
    /// The entry expected next is not there, or another one stands in its place.
    #[error("entry {expected} is missing")]
    Missing {
        /// The number expected.
        expected: i64,
    },
    /// An entry does not follow from the one before.
    #[error("entry {seq} does not follow from the entry before it")]
    Unlinked {
        /// Its number.
        seq: i64,
    },
    /// An entry's content is not what was hashed.
    #[error("entry {seq} was changed")]
    Changed {
        /// Its number.
        seq: i64,
    },
    /// The chain ends before or behind what the county's head says: the newest entries were removed
    /// or added past the service.
    #[error("the chain ends at {found}, the head says {head}")]
    End {
        /// The newest entry found.
        found: i64,
        /// The count in the head.
        head: i64,
    },
}

/// Follows a chain from its first entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChainCheck {
    count: i64,
    hash: [u8; 32],
}

impl ChainCheck {
    /// Goes on after an entry that is known to be good.
    pub const fn after(count: i64, hash: [u8; 32]) -> Self {
        Self { count, hash }
    }

    /// The number and hash of the entry taken last.
    pub const fn at(&self) -> (i64, [u8; 32]) {
        (self.count, self.hash)
    }

    /// Takes the next entry in order.
    pub fn take(&mut self, record: &AuditRecord) -> Result<(), ChainBreak> {
        let expected = self.count.saturating_add(1);
        if record.seq != expected {
            return Err(ChainBreak::Missing { expected });
        }
        if record.prev_hash != self.hash {
            return Err(ChainBreak::Unlinked { seq: record.seq });
        }
        let hash = entry_hash(
            &record.county,
            record.seq,
            record.recorded,
            &record.entry,
            &record.prev_hash,
        );
        if hash != record.hash {
            return Err(ChainBreak::Changed { seq: record.seq });
        }
        self.count = expected;
        self.hash = hash;
        Ok(())
    }

    /// Compares the end with count and hash of a head or of a checkpoint kept outside.
    pub fn end(&self, count: i64, hash: &[u8; 32]) -> Result<(), ChainBreak> {
        if self.count == count && &self.hash == hash {
            return Ok(());
        }
        Err(ChainBreak::End { found: self.count, head: count })
    }
}

/// Follows the whole chain of a county and compares its end with the head. `Some` is the first
/// break.
pub async fn verify(tx: &mut dyn ReadTx, county: &str) -> Result<Option<ChainBreak>, StoreError> {
    const PAGE: i64 = 1_000;
    let mut check = ChainCheck::default();
    loop {
        let page = tx.audit_page(county, check.count, PAGE).await?;
        for record in &page {
            if let Err(broken) = check.take(record) {
                return Ok(Some(broken));
            }
        }
        if page.is_empty() {
            break;
        }
    }
    let (count, hash) = match tx.head(county).await? {
        Some(head) => (head.audit_count, head.audit_head),
        None => (0, [0; 32]),
    };
    Ok(check.end(count, &hash).err())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(principal: &str, method: &str) -> NewAudit {
        NewAudit {
            principal: principal.to_owned(),
            method: method.to_owned(),
            request_id: "r".to_owned(),
            fingerprint: [7; 32],
            subject: "fact/f1".to_owned(),
            effect_digest: [9; 32],
        }
    }

    #[test]
    fn moving_a_letter_between_fields_changes_the_hash() {
        let hash = |principal, method| {
            entry_hash("x", 1, Moment::from_micros(5), &entry(principal, method), &[0; 32])
        };
        assert_ne!(hash("ab", "c"), hash("a", "bc"));
        assert_eq!(hash("ab", "c"), hash("ab", "c"));
    }

    #[test]
    fn every_kind_of_break_is_named() {
        let mut chain = Vec::new();
        let mut hash = [0; 32];
        for seq in 1..=4 {
            let link = AuditRecord::link("x", seq, Moment::from_micros(seq), entry("p", "m"), hash);
            hash = link.hash;
            chain.push(link);
        }
        let first_break = |chain: &[AuditRecord]| {
            let mut check = ChainCheck::default();
            chain.iter().try_for_each(|it| check.take(it)).and_then(|()| check.end(4, &hash))
        };
        assert_eq!(first_break(&chain), Ok(()));
        assert_eq!(first_break(&chain[..3]), Err(ChainBreak::End { found: 3, head: 4 }));
        let mut cut = chain.clone();
        cut.remove(1);
        assert_eq!(first_break(&cut), Err(ChainBreak::Missing { expected: 2 }));
        let mut edited = chain.clone();
        edited[2].entry.subject = "fact/f2".to_owned();
        assert_eq!(first_break(&edited), Err(ChainBreak::Changed { seq: 3 }));
        let mut rehashed = edited;
        rehashed[2] = AuditRecord::link(
            "x",
            3,
            Moment::from_micros(3),
            rehashed[2].entry.clone(),
            chain[1].hash,
        );
        assert_eq!(first_break(&rehashed), Err(ChainBreak::Unlinked { seq: 4 }));
    }
}
