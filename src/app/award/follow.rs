//! What follows for payments when published results or honours change (A4, A5): shown before, done with the
//! change or not at all.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    books::Ledger,
    carry::{
        BatchEventSaid, RecoveryEventSaid, Said, demand, move_line, move_recovery, step_batch,
    },
    held::{Paying, sum, too_large},
    origin::{Here, Origin},
};
use crate::{
    app::{AppError, Effect, selection::Selected},
    domain::{
        award::{
            BatchStep, Claim, Consequence, EntitlementKey, LineState, Movement, Payment,
            RecoveryCause, RecoveryStep, Source, payable, settle,
        },
        exact::Money,
    },
    store::{BatchesOf, Mark, ReadTx, RunRecord, StoreTx},
};

/// What a change does to one recipient's money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyChange {
    /// What is paid once.
    pub key: EntitlementKey,
    /// What the award is called.
    pub title: String,
    /// What was given before.
    pub before: Money,
    /// What is given now.
    pub after: Money,
    /// Taken out of batches that have not left.
    pub withdrawn: Money,
    /// To be paid back.
    pub to_recover: Money,
    /// To be paid back as soon as the treasury, which has it, pays it.
    pub to_recover_if_paid: Money,
    /// Of recoveries, what is not owed any more.
    pub dropped: Money,
    /// What can be proposed for payment then.
    pub payable: Money,
}

/// What a change does to money, all in all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MoneyChanges {
    /// Everyone for whom something changes, by award and recipient.
    pub changes: Vec<MoneyChange>,
    /// How much more those get who get more.
    pub gained: Money,
    /// How much less those get who get less.
    pub lost: Money,
    /// Everything that is to be paid back.
    pub to_recover: Money,
}

/// Why payments change: for recoveries that follow.
#[derive(Debug, Clone)]
pub(super) struct Because {
    pub(super) cause: RecoveryCause,
    /// The run or selection.
    pub(super) id: String,
}

impl Because {
    /// The cause and what it is, in words that are kept: `superseded run-1`.
    fn told(&self) -> String {
        format!("{} {}", self.cause.word(), self.id)
    }
}

/// What is to be done for each entitlement.
type Planned = Vec<(EntitlementKey, Vec<Consequence>)>;

type Claims = BTreeMap<EntitlementKey, Claim>;

fn amount(claims: &Claims, key: &EntitlementKey) -> Money {
    claims.get(key).map_or(Money::ZERO, |it| it.amount)
}

/// Works out what a change of claims does, with nothing done.
fn worked_out(
    paying: &Paying,
    before: &Claims,
    after: &Claims,
) -> Result<(MoneyChanges, Planned), AppError> {
    let payments = paying.payments()?;
    let keys: BTreeSet<&EntitlementKey> =
        before.keys().chain(after.keys()).chain(payments.keys()).collect();
    let (mut all, mut planned) = (MoneyChanges::default(), Vec::new());
    for key in keys {
        let own = payments.get(key).map_or(&[][..], Vec::as_slice);
        let (old, new) = (amount(before, key), amount(after, key));
        let consequences = settle(new, own).map_err(too_large)?;
        if old == new && consequences.is_empty() {
            continue;
        }
        let titled = after.get(key).or_else(|| before.get(key)).map(|it| it.title.clone());
        let title = titled.or_else(|| paid_title(paying, key)).unwrap_or_default();
        let change = change((key, title), (old, new), own, &consequences)?;
        let (more, less) = (new.minus(old).map_err(too_large)?, old.minus(new).map_err(too_large)?);
        all.gained = sum([all.gained, more.max(Money::ZERO)])?;
        all.lost = sum([all.lost, less.max(Money::ZERO)])?;
        all.to_recover = sum([all.to_recover, change.to_recover])?;
        all.changes.push(change);
        planned.push((key.clone(), consequences));
    }
    Ok((all, planned))
}

/// What the award of a payment was called when it was proposed.
fn paid_title(paying: &Paying, key: &EntitlementKey) -> Option<String> {
    let mut lines = paying.batches.values().flat_map(|it| it.lines.values());
    lines.find(|it| it.entitlement == *key).map(|it| it.award_title.clone())
}

fn change(
    (key, title): (&EntitlementKey, String),
    (before, after): (Money, Money),
    payments: &[Payment],
    consequences: &[Consequence],
) -> Result<MoneyChange, AppError> {
    let mut it = MoneyChange {
        key: key.clone(),
        title,
        before,
        after,
        withdrawn: Money::ZERO,
        to_recover: Money::ZERO,
        to_recover_if_paid: Money::ZERO,
        dropped: Money::ZERO,
        payable: Money::ZERO,
    };
    for consequence in consequences {
        let (figure, amount) = match consequence {
            Consequence::Withdraw { amount, .. } => (&mut it.withdrawn, amount),
            Consequence::Wait { amount, .. } => (&mut it.to_recover_if_paid, amount),
            Consequence::Demand { amount, .. } => (&mut it.to_recover, amount),
            Consequence::Drop { amount, .. } => (&mut it.dropped, amount),
        };
        *figure = sum([*figure, *amount])?;
    }
    it.payable = payable(after, &then(payments, consequences)?, false).map_err(too_large)?;
    Ok(it)
}

/// Payments as they are once what is to be done is done.
fn then(payments: &[Payment], consequences: &[Consequence]) -> Result<Vec<Payment>, AppError> {
    let mut all = payments.to_vec();
    for consequence in consequences {
        match consequence {
            Consequence::Withdraw { batch_id, line, .. } => {
                let own = all.iter_mut().find(|it| (&it.batch_id, it.line) == (batch_id, *line));
                own.into_iter().for_each(|it| it.state = LineState::Withdrawn);
            }
            // What is demanded is paid, and owed: nothing of it has come back.
            Consequence::Wait { .. } | Consequence::Demand { .. } => (),
            Consequence::Drop { recovery, amount } => {
                let mut own = all.iter_mut().flat_map(|it| &mut it.recoveries);
                if let Some(it) = own.find(|it| it.recovery == *recovery) {
                    it.stands = it.stands.minus(*amount).map_err(too_large)?;
                    it.open = it.open.minus(*amount).map_err(too_large)?;
                }
            }
        }
    }
    Ok(all)
}

/// Does what is to be done for the payments of one source.
pub(super) async fn carry_out(
    tx: &mut dyn ReadTx,
    ledger: &mut Ledger<'_>,
    (paying, because): (&mut Paying, &Because),
    planned: &[(EntitlementKey, Vec<Consequence>)],
) -> Result<Vec<i64>, AppError> {
    let mut demanded = Vec::new();
    for (_, consequences) in planned {
        for consequence in consequences {
            match consequence {
                Consequence::Withdraw { batch_id, line, .. } => {
                    let (line, text) = (*line, because.told());
                    let said = BatchEventSaid { line, text, ..BatchEventSaid::default() };
                    let batch = paying.batch(batch_id)?;
                    let taken = step_batch(ledger, batch, BatchStep::Withdrawn, said);
                    taken.map_err(|why| AppError::Internal(why.to_string()))?;
                    move_line(tx, ledger, paying, (batch_id, line), Movement::Release).await?;
                }
                Consequence::Wait { .. } => (),
                Consequence::Demand { batch_id, line, amount } => {
                    let of = (batch_id.as_str(), *line);
                    let said = Said { because: because.clone(), ..Said::default() };
                    demanded.push(demand(tx, ledger, paying, (of, *amount), said).await?);
                }
                Consequence::Drop { recovery, amount } => {
                    let of = (*recovery, RecoveryStep::Dropped, *amount);
                    let text = because.told();
                    let said = RecoveryEventSaid { text, ..RecoveryEventSaid::default() };
                    move_recovery(tx, ledger, paying, of, said).await?;
                }
            }
        }
    }
    Ok(demanded)
}

/// Settles some entitlements of a source with what it gives now.
pub(super) async fn settle_now(
    tx: &mut dyn ReadTx,
    ledger: &mut Ledger<'_>,
    (paying, claims): (&mut Paying, &Claims),
    because: &Because,
) -> Result<Vec<i64>, AppError> {
    let planned = worked_out(paying, claims, claims)?.1;
    carry_out(tx, ledger, (paying, because), &planned).await
}

/// What a change of claims does to the payments of a source: worked out, and with a mark done.
async fn follow(
    tx: &mut dyn StoreTx,
    county: &str,
    (source, because): (&Source, &Because),
    (before, after): (&Claims, &Claims),
    mark: Mark,
) -> Result<(MoneyChanges, Option<Effect>), AppError> {
    let mut paying = Paying::read(tx, county, BatchesOf::Source(source)).await?;
    let (changes, planned) = worked_out(&paying, before, after)?;
    let mut ledger = Ledger::of(county, mark);
    carry_out(tx, &mut ledger, (&mut paying, because), &planned).await?;
    let effect = ledger.keep(tx).await?;
    Ok((changes, effect))
}

/// What superseding a run would do to money, with nothing done.
///
/// # Errors
/// Those of the store.
pub(in crate::app) async fn preview_run(
    tx: &mut dyn ReadTx,
    here: Here<'_>,
    (old, new): (&RunRecord, &RunRecord),
) -> Result<MoneyChanges, AppError> {
    let before = Origin::of_run(tx, here, old).await?;
    let after = Origin::of_run(tx, here, new).await?;
    let paying = Paying::read(tx, here.county, BatchesOf::Source(&before.source)).await?;
    Ok(worked_out(&paying, &before.claims, &after.claims)?.0)
}

/// Does to money what superseding a run does: inside its transaction.
///
/// # Errors
/// Those of the store; nothing of the supersession is kept then.
pub(in crate::app) async fn follow_run(
    tx: &mut dyn StoreTx,
    here: Here<'_>,
    (old, new): (&RunRecord, &RunRecord),
    mark: Mark,
) -> Result<(MoneyChanges, Option<Effect>), AppError> {
    let before = Origin::of_run(tx, here, old).await?;
    let after = Origin::of_run(tx, here, new).await?;
    let because = Because { cause: RecoveryCause::Superseded, id: new.run_id.clone() };
    let claims = (&before.claims, &after.claims);
    follow(tx, here.county, (&before.source, &because), claims, mark).await
}

/// Does to money what cancelling honours does: inside its transaction.
///
/// # Errors
/// Those of the store; no honour is cancelled then.
pub(in crate::app) async fn follow_selection(
    tx: &mut dyn StoreTx,
    county: &str,
    (before, after): (&Selected, &Selected),
    mark: Mark,
) -> Result<(MoneyChanges, Option<Effect>), AppError> {
    let (before, after) = (Origin::of_selection(before), Origin::of_selection(after));
    let because = Because { cause: RecoveryCause::HonourCancelled, id: after.id.clone() };
    let claims = (&before.claims, &after.claims);
    follow(tx, county, (&before.source, &because), claims, mark).await
}

/// What can be proposed for a claim, given its payments, and whether it is chosen by itself.
pub(super) fn payable_of(
    entitled: Money,
    payments: &[Payment],
    chosen: bool,
) -> Result<Money, AppError> {
    payable(entitled, payments, chosen).map_err(too_large)
}
