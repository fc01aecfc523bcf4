//! The audit trail: reading it, stating where it is, refusing to go on where it is broken, and
//! proving it.

pub mod checkpoint;
mod diagnose;
mod effects;
mod finding;
mod guard;
mod verify;

pub use checkpoint::{Checkpoints, background};
pub(crate) use effects::{Effects, Until};
pub use finding::{Finding, Tampering};
pub(crate) use guard::Guard;
pub use verify::{CountyProof, Outside, Proof, verify};

use super::{App, AppError, Missing};
use crate::store::{AuditListing, AuditRecord, CheckpointRecord, CountyHead};

/// A page of the trail, with where it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries, in order.
    pub entries: Vec<AuditRecord>,
    /// The number after which the next page starts; none after the last page.
    pub next: Option<i64>,
    /// The county's head; none before its first write.
    pub head: Option<CountyHead>,
    /// The newest checkpoint; none where none was signed yet.
    pub checkpoint: Option<CheckpointRecord>,
}

impl App {
    /// A page of a county's trail.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn list_audit(
        &self,
        county: &str,
        listing: &AuditListing,
    ) -> Result<AuditPage, AppError> {
        let mut tx = self.read().await?;
        let one_more = AuditListing { limit: listing.limit.saturating_add(1), ..listing.clone() };
        let mut entries = tx.audit_found(county, &one_more).await?;
        let limit = usize::try_from(listing.limit).unwrap_or(0);
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(|it| it.seq);
        let head = tx.head(county).await?;
        let checkpoint = tx.newest_checkpoint(county).await?;
        Ok(AuditPage { entries, next, head, checkpoint })
    }

    /// The newest signed checkpoint of a county.
    ///
    /// # Errors
    /// `CHECKPOINT_NOT_FOUND`, and those of the store.
    pub async fn checkpoint(&self, county: &str) -> Result<CheckpointRecord, AppError> {
        let found = self.read().await?.newest_checkpoint(county).await?;
        found.ok_or_else(|| AppError::not_found(Missing::Checkpoint, county))
    }
}
