//! Batches, payments and recoveries as they stand.

use std::collections::BTreeMap;

use crate::{
    app::AppError,
    domain::{
        award::{Batch, BatchStep, EntitlementKey, OpenRecovery, Payment, Recovery, RecoveryCause},
        exact::{InvalidMoney, Money},
        time::Day,
    },
    store::{
        BatchEventRecord, BatchRecord, BatchesOf, LineRecord, ReadTx, RecoveryEventRecord,
        RecoveryRecord, StoreError,
    },
};

/// A batch with everything that happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchView {
    /// As it was proposed.
    pub record: BatchRecord,
    /// Its payments, by line.
    pub lines: BTreeMap<i64, LineRecord>,
    /// What happened, in its order.
    pub events: Vec<BatchEventRecord>,
    /// What that comes to.
    pub state: Batch,
    /// Recoveries of its payments, by number.
    pub recoveries: BTreeMap<i64, RecoveryView>,
}

/// A recovery with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryView {
    /// As it was demanded.
    pub record: RecoveryRecord,
    /// What became of it, in its order.
    pub events: Vec<RecoveryEventRecord>,
    /// What that comes to.
    pub state: Recovery,
}

/// Payments of an award whose sums are too large: nothing was kept that could be so.
pub(super) fn too_large(why: InvalidMoney) -> AppError {
    AppError::Store(StoreError::corrupt("money", why))
}

impl BatchView {
    /// A batch as it is proposed.
    pub(super) fn proposed(record: BatchRecord, lines: &[LineRecord]) -> Self {
        let state = Batch::proposed(lines.iter().map(|it| (it.line, it.amount)));
        let lines = lines.iter().map(|it| (it.line, it.clone())).collect();
        Self { record, lines, events: Vec::new(), state, recoveries: BTreeMap::new() }
    }

    /// The treasury's day of a line that was paid.
    pub(super) fn paid_on(&self, line: i64) -> Option<Day> {
        let mut paid = self.events.iter().filter(|it| it.step == BatchStep::Paid);
        paid.find(|it| it.line == line)?.on
    }

    /// The payments as settling looks at them.
    fn payments(&self) -> Result<Vec<(EntitlementKey, i64, Payment)>, AppError> {
        let here = self.state.phase.is_here();
        let payment = |it: &LineRecord| {
            let state = self.state.lines.get(&it.line).map(|it| it.state);
            let state = state.ok_or_else(|| AppError::Internal("a line of no batch".to_owned()))?;
            let own = self.recoveries.values().filter(|own| own.record.line == it.line);
            let recoveries = own.map(RecoveryView::as_open).collect::<Result<_, _>>();
            let payment = Payment {
                batch_id: it.batch_id.clone(),
                line: it.line,
                amount: it.amount,
                state,
                here,
                recoveries: recoveries.map_err(too_large)?,
            };
            Ok((it.entitlement.clone(), it.attempt, payment))
        };
        self.lines.values().map(payment).collect()
    }
}

impl RecoveryView {
    fn as_open(&self) -> Result<OpenRecovery, InvalidMoney> {
        Ok(OpenRecovery {
            recovery: self.record.recovery,
            stands: self.state.amount.minus(self.state.dropped)?,
            waived: self.state.waived,
            open: self.state.open()?,
            follows: self.record.cause != RecoveryCause::Demanded,
        })
    }
}

/// Payments by what they pay, each list the oldest first.
pub(super) type Payments = BTreeMap<EntitlementKey, Vec<Payment>>;

/// What is known of several batches.
#[derive(Debug, Clone, Default)]
pub(super) struct Paying {
    pub(super) batches: BTreeMap<String, BatchView>,
}

impl Paying {
    /// Reads batches as they stand.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn read(
        tx: &mut dyn ReadTx,
        county: &str,
        of: BatchesOf<'_>,
    ) -> Result<Self, AppError> {
        let records = match of {
            BatchesOf::Batch(id) => tx.batch(county, id).await?.into_iter().collect(),
            BatchesOf::Source(source) => tx.batches_of(county, source).await?,
        };
        let mut lines: BTreeMap<String, Vec<LineRecord>> = BTreeMap::new();
        for it in tx.batch_lines(county, of).await? {
            lines.entry(it.batch_id.clone()).or_default().push(it);
        }
        let mut batches = BTreeMap::new();
        for record in records {
            let own = lines.remove(&record.batch_id).unwrap_or_default();
            batches.insert(record.batch_id.clone(), BatchView::proposed(record, &own));
        }
        let mut all = Self { batches };
        for it in tx.batch_events(county, of).await? {
            let batch = all.batch(&it.batch_id)?;
            let taken = batch.state.take(it.event, it.step, it.line);
            taken.map_err(|why| StoreError::corrupt("award_batch_events", why))?;
            batch.events.push(it);
        }
        let mut batch_of = BTreeMap::new();
        for it in tx.recoveries_of(county, of).await? {
            batch_of.insert(it.recovery, it.batch_id.clone());
            let state = Recovery::demanded(it.amount);
            let view = RecoveryView { record: it, events: Vec::new(), state };
            let batch = all.batch(&view.record.batch_id)?;
            batch.recoveries.insert(view.record.recovery, view);
        }
        for it in tx.recovery_events_of(county, of).await? {
            let own = batch_of.get(&it.recovery).and_then(|id| all.batches.get_mut(id));
            let own = own.and_then(|batch| batch.recoveries.get_mut(&it.recovery));
            let lost = || StoreError::corrupt("recovery_events", "of no recovery");
            let own = own.ok_or_else(lost)?;
            let taken = own.state.take(it.event, it.step, it.amount);
            taken.map_err(|why| StoreError::corrupt("recovery_events", why))?;
            own.events.push(it);
        }
        Ok(all)
    }

    /// A batch that is there.
    pub(super) fn batch(&mut self, id: &str) -> Result<&mut BatchView, AppError> {
        let lost = || AppError::Store(StoreError::corrupt("award_batches", "of no batch"));
        self.batches.get_mut(id).ok_or_else(lost)
    }

    /// All payments by what they pay.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn payments(&self) -> Result<Payments, AppError> {
        let mut all = Vec::new();
        for batch in self.batches.values() {
            all.extend(batch.payments()?);
        }
        all.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        let mut by_key = Payments::new();
        for (key, _, payment) in all {
            by_key.entry(key).or_default().push(payment);
        }
        Ok(by_key)
    }

    /// The newest payment's number, by what is paid.
    pub(super) fn attempts(&self) -> BTreeMap<EntitlementKey, i64> {
        let mut all = BTreeMap::new();
        for line in self.batches.values().flat_map(|it| it.lines.values()) {
            let own = all.entry(line.entitlement.clone()).or_insert(0);
            *own = line.attempt.max(*own);
        }
        all
    }
}

/// The sum of amounts.
///
/// # Errors
/// More than can be kept.
pub(super) fn sum(of: impl IntoIterator<Item = Money>) -> Result<Money, AppError> {
    of.into_iter().try_fold(Money::ZERO, Money::plus).map_err(too_large)
}
