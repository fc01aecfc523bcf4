//! The rows of money that one write adds: kept together, and one entry of the audit trail.

use crate::domain::award::EntitlementKey;
use crate::store::{
    BatchEventRecord, BatchRecord, LineRecord, MovementRecord, RecoveryEventRecord, RecoveryRecord,
};

/// A batch as it is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::app) struct Proposed {
    pub(in crate::app) batch: BatchRecord,
    /// The entitlements that are paid for the first time.
    pub(in crate::app) first: Vec<EntitlementKey>,
    pub(in crate::app) lines: Vec<LineRecord>,
}

/// Rows of one moment of a county.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::app) struct MoneyRows {
    pub(in crate::app) movements: Vec<MovementRecord>,
    pub(in crate::app) proposed: Vec<Proposed>,
    pub(in crate::app) batch_events: Vec<BatchEventRecord>,
    pub(in crate::app) recoveries: Vec<RecoveryRecord>,
    pub(in crate::app) recovery_events: Vec<RecoveryEventRecord>,
}

impl MoneyRows {
    pub(in crate::app) fn effect(&self) -> Option<crate::app::Effect> {
        (*self != Self::default())
            .then(|| crate::app::Effect { subject: "money/settlement".to_owned(), digest: [0; 32] })
    }
}
