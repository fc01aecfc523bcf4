//! Budgets: what acts appropriate to the purposes of a year (A3), and what is left of it.

use std::sync::Arc;

use super::{
    books::{About, Ledger, unknown},
    held::sum,
    refusal,
};
use crate::{
    app::{App, AppError, Done, Write, round::mark},
    domain::{
        award::{Account, Movement},
        exact::Money,
        time::Moment,
    },
    store::{AccountSum, MovementRecord, StoreError},
};

/// What an act does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BudgetAct {
    /// More is appropriated.
    Increase,
    /// Something is taken back.
    Decrease,
    /// Something goes to another purpose of the year.
    Transfer(String),
}

/// An act to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordAct {
    /// What it does.
    pub act: BudgetAct,
    /// The year, as `2022`.
    pub year: String,
    /// The purpose.
    pub purpose: String,
    /// How much; above zero.
    pub amount: Money,
    /// What the purpose, or the one that a transfer goes to, is called from now on; empty: as before.
    pub title: String,
    /// Why.
    pub text: String,
    /// Who decided.
    pub decided_by: String,
    /// The papers.
    pub papers: Vec<String>,
}

/// A trial balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalance {
    /// Every account of every purpose, by purpose and in the order of the books.
    pub accounts: Vec<AccountSum>,
    /// What all debits come to.
    pub debits: Money,
    /// What all credits come to.
    pub credits: Money,
}

impl App {
    /// Records an act; `encode` makes the answer out of what the purposes have then, the one that gives
    /// first.
    ///
    /// # Errors
    /// `BUDGET_EXCEEDED`, `PURPOSE_UNTITLED`, `PURPOSE_UNKNOWN`; those of every write.
    pub async fn record_budget_act(
        &self,
        call: Write,
        asked: RecordAct,
        encode: impl Fn(&[MovementRecord]) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), asked, encode));
        self.write(call, move |tx, now| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, encode) = &*shared;
                let mut ledger = Ledger::of(&call.county, mark(call, now));
                let (year, purpose) = (asked.year.as_str(), asked.purpose.as_str());
                let moves: Vec<(&str, Movement, &str)> = match &asked.act {
                    BudgetAct::Increase => vec![(purpose, Movement::Increase, "")],
                    BudgetAct::Decrease => vec![(purpose, Movement::Decrease, "")],
                    BudgetAct::Transfer(to) => vec![
                        (purpose, Movement::TransferOut, to.as_str()),
                        (to.as_str(), Movement::TransferIn, purpose),
                    ],
                };
                let last = moves.len().saturating_sub(1);
                let mut newest = Vec::new();
                for (at, (own, movement, other)) in moves.into_iter().enumerate() {
                    // The title is that of the purpose that an increase or a transfer goes to.
                    let title = if at == last { asked.title.clone() } else { String::new() };
                    let named = ledger.newest(tx, (year, own)).await?.is_some();
                    let opens = matches!(movement, Movement::Increase | Movement::TransferIn);
                    if !named && opens && title.is_empty() {
                        return Err(untitled(own).into());
                    }
                    let about = About {
                        other_purpose: other.to_owned(),
                        title,
                        text: asked.text.clone(),
                        decided_by: asked.decided_by.clone(),
                        papers: asked.papers.clone(),
                        ..About::default()
                    };
                    ledger.record(tx, (year, own), (movement, asked.amount), about).await?;
                    let it = ledger.newest(tx, (year, own)).await?.cloned();
                    newest.push(it.ok_or_else(|| unknown(year, own))?);
                }
                let effects = ledger.keep(tx).await?.into_iter().collect();
                Ok(Done { response: encode(&newest), effects })
            })
        })
        .await
    }

    /// The newest movement of each purpose of a year, or of one, by purpose: what they have.
    ///
    /// # Errors
    /// `KNOWN_AT_IN_FUTURE`; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn budgets(
        &self,
        county: &str,
        (year, purpose): (&str, &str),
        known: Option<Moment>,
    ) -> Result<Vec<MovementRecord>, AppError> {
        let mut tx = self.read().await?;
        let until = self.known(&mut *tx, county, known).await?.moment()?;
        if purpose.is_empty() {
            return Ok(tx.last_movements(county, year, Some(until)).await?);
        }
        let it = tx.last_movement(county, (year, purpose), Some(until)).await?;
        Ok(it.into_iter().collect())
    }

    /// The trial balance of a year, or of one purpose: added up by the database from the entries, and
    /// held to the figures of the newest movements.
    ///
    /// # Errors
    /// `KNOWN_AT_IN_FUTURE`; the books do not balance; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn trial_balance(
        &self,
        county: &str,
        (year, purpose): (&str, &str),
        known: Option<Moment>,
    ) -> Result<TrialBalance, AppError> {
        let mut tx = self.read().await?;
        let until = Some(self.known(&mut *tx, county, known).await?.moment()?);
        let newest = if purpose.is_empty() {
            tx.last_movements(county, year, until).await?
        } else {
            tx.last_movement(county, (year, purpose), until).await?.into_iter().collect()
        };
        let sums = tx.account_sums(county, (year, purpose), until).await?;
        let mut accounts = Vec::new();
        for it in &newest {
            for account in Account::ALL {
                let own =
                    sums.iter().find(|own| own.purpose == it.purpose && own.account == account);
                let own = own.cloned().unwrap_or_else(|| AccountSum {
                    purpose: it.purpose.clone(),
                    account,
                    debit: Money::ZERO,
                    credit: Money::ZERO,
                });
                if own.debit.minus(own.credit) != it.after.of(account) {
                    let why = format!("`{}` of {} does not agree", account.word(), it.purpose);
                    return Err(StoreError::corrupt("money_movements", why).into());
                }
                accounts.push(own);
            }
        }
        let debits = sum(accounts.iter().map(|it| it.debit))?;
        let credits = sum(accounts.iter().map(|it| it.credit))?;
        if debits != credits {
            return Err(StoreError::corrupt("money_postings", "debits and credits differ").into());
        }
        Ok(TrialBalance { accounts, debits, credits })
    }
}

fn untitled(purpose: &str) -> crate::app::Refusal {
    let en = format!("the first act of `{purpose}` says what it is called");
    let zh = format!("{purpose} 首次拨款须写明经费名称");
    refusal("PURPOSE_UNTITLED", en, zh).with("purpose", purpose)
}
