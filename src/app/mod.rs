//! Use cases: load, decide, persist. The only place that holds a clock and a store.

pub mod access;
mod assemble;
pub mod audit;
pub mod award;
pub mod calendar;
mod caller;
pub mod candidate;
pub mod chain;
pub mod entry;
mod error;
pub mod fact;
pub mod formation;
pub mod indicator;
mod markup;
pub mod member;
pub mod notice;
pub mod offline;
pub mod payment_list;
pub mod person;
pub mod pool;
pub mod receipt;
pub mod registry;
pub mod result_objection;
mod roster;
pub mod round;
pub mod run;
pub mod schedule;
pub mod scheme;
pub mod selection;
pub mod selection_document;
mod spreadsheet;
pub mod timeline;
pub mod veto;
mod write;
mod writer;

use std::{fmt, sync::Arc};

use tokio::sync::Notify;

pub use caller::Caller;
pub(crate) use error::places;
pub use error::{
    AppError, FieldFault, Missing, Refusal, StoredRefusal, StoredViolation, Violation,
};
pub use write::{Done, Effect, Item, Outcome, RefusedBecause, Work, Write, digest};

use crate::{
    domain::time::{Day, Moment},
    sign::{ReceiptKeys, SigningKey},
    store::{ReadTx, Store, StoreError},
};

/// Whoever tells the time. Nothing below this layer asks.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present moment.
    fn now(&self) -> Moment;
}

/// What every use case works with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Wakes the task that carries runs out.
    pub nudge: Arc<Notify>,
    /// Wakes those who watch what is published. Other servers' publications they look for.
    pub published: Arc<Notify>,
    /// What page tokens are bound with; the same for all servers of a store.
    pub page_secret: Arc<str>,
    /// Compiled schemes.
    pub plans: Arc<scheme::Plans>,
    access: Arc<access::Cache>,
    /// What receipts and checkpoints are signed with; none where nothing is.
    pub receipts: Option<Arc<ReceiptKeys>>,
    guard: Arc<audit::Guard>,
    writer: writer::Writer,
}

impl App {
    /// An application over a store. `page_secret` binds page tokens: servers that share a store
    /// share it too. Called inside a runtime: it starts the task that records facts.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, page_secret: &str) -> Self {
        let plans = Arc::new(scheme::Plans::default());
        let guard = Arc::new(audit::Guard::default());
        let task = writer::Task {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            plans: Arc::clone(&plans),
            guard: Arc::clone(&guard),
        };
        let writer = writer::Writer::start(task);
        let (nudge, published) = (Arc::default(), Arc::default());
        let (page_secret, access) = (page_secret.into(), Arc::default());
        let receipts = None;
        Self { store, clock, nudge, published, page_secret, plans, access, receipts, guard, writer }
    }

    /// The same, signing with the keys of a folder.
    #[must_use]
    pub fn with_receipt_keys(mut self, keys: Arc<ReceiptKeys>) -> Self {
        self.receipts = Some(keys);
        self
    }

    /// The same, signing with one key, without a folder.
    #[must_use]
    pub fn with_signer(self, signer: Arc<SigningKey>) -> Self {
        self.with_receipt_keys(Arc::new(ReceiptKeys::only(signer)))
    }

    /// Opens a snapshot for reading.
    pub async fn read(&self) -> Result<Box<dyn ReadTx>, AppError> {
        Ok(self.store.read().await?)
    }

    /// Today in the county's civil calendar.
    pub fn today(&self) -> Result<Day, AppError> {
        let day = self.clock.now().beijing_day();
        day.ok_or_else(|| AppError::Internal("the clock is out of the calendar".to_owned()))
    }

    /// The moment as of which a snapshot is read. What is recorded later than the county's newest
    /// write gets a later moment, so reading as of that write is reading all there is, and stays
    /// the same for ever; a page that follows shows what the first one would have shown.
    pub async fn known(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        asked: Option<Moment>,
    ) -> Result<Known, StoreError> {
        let now = self.clock.now();
        let Some(head) = tx.head(county).await? else {
            let at = asked.unwrap_or(now);
            return Ok(if at > now { Known::InFuture } else { Known::At(at) });
        };
        Ok(match asked {
            Some(asked) if asked > now && asked > head.recorded => Known::InFuture,
            Some(asked) => Known::At(asked.min(head.recorded)),
            None => Known::At(head.recorded),
        })
    }
}

/// As of when a county is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// As of this moment.
    At(Moment),
    /// A moment was asked for that has not come (`KNOWN_AT_IN_FUTURE`).
    InFuture,
}

impl Known {
    /// The moment, or the fault of the field that asked for it.
    pub fn moment(self) -> Result<Moment, AppError> {
        match self {
            Self::At(moment) => Ok(moment),
            Self::InFuture => Err(AppError::invalid(
                "known_at",
                "KNOWN_AT_IN_FUTURE",
                "nobody knows what will be recorded: the moment has not come",
                "该时刻尚未到来",
            )),
        }
    }
}

/// What hexadecimal digits stand for; `None` where they are none.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |it: u8| match it {
        b'0'..=b'9' => it.checked_sub(b'0'),
        b'a'..=b'f' => it.checked_sub(b'a')?.checked_add(10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| {
        let [high, low] = *pair;
        digit(high)?.checked_mul(16)?.checked_add(digit(low)?)
    };
    rest.is_empty().then(|| pairs.iter().map(byte).collect()).flatten()
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}
