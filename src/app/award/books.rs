//! The books of one write: movements are worked out one after another, and kept with everything else
//! that the write adds, or not at all.

use std::collections::BTreeMap;

use super::{MoneyRows, refusal};
use crate::{
    app::{AppError, Effect, Refusal},
    domain::{
        award::{Account, Balances, BooksError, Movement, RecipientKind},
        exact::Money,
    },
    store::{LineRecord, Mark, MovementRecord, ReadTx, StoreTx},
};

/// What a movement is about.
#[derive(Debug, Clone, Default)]
pub(super) struct About {
    /// The payment's batch and line.
    pub(super) line: Option<(String, i64)>,
    /// The recovery.
    pub(super) recovery: i64,
    /// Who is paid, or pays back.
    pub(super) recipient: Option<(RecipientKind, String)>,
    /// The other purpose of a transfer.
    pub(super) other_purpose: String,
    /// What the purpose is called from now on; empty: as before.
    pub(super) title: String,
    /// Why.
    pub(super) text: String,
    /// Who decided.
    pub(super) decided_by: String,
    /// The papers.
    pub(super) papers: Vec<String>,
}

impl About {
    /// About a payment: the line, and who is paid.
    pub(super) fn of(line: &LineRecord) -> Self {
        let key = &line.entitlement;
        Self {
            line: Some((line.batch_id.clone(), line.line)),
            recipient: Some((key.recipient, key.recipient_id.clone())),
            ..Self::default()
        }
    }
}

/// What a purpose of a year is, for short: year and purpose.
pub(super) type PurposeKey = (String, String);

/// The money side of one write.
pub(super) struct Ledger<'a> {
    county: &'a str,
    mark: Mark,
    /// What the write adds.
    pub(super) rows: MoneyRows,
    newest: BTreeMap<PurposeKey, MovementRecord>,
    recoveries: Option<i64>,
}

impl<'a> Ledger<'a> {
    /// Nothing has moved yet.
    pub(super) fn of(county: &'a str, mark: Mark) -> Self {
        let (rows, newest) = (MoneyRows::default(), BTreeMap::new());
        Self { county, mark, rows, newest, recoveries: None }
    }

    /// The recording that everything of this write carries.
    pub(super) fn mark(&self) -> Mark {
        self.mark.clone()
    }

    /// The newest movement of a purpose, with what this write has moved already.
    pub(super) async fn newest(
        &mut self,
        tx: &mut dyn ReadTx,
        (year, purpose): (&str, &str),
    ) -> Result<Option<&MovementRecord>, AppError> {
        let key = (year.to_owned(), purpose.to_owned());
        if !self.newest.contains_key(&key)
            && let Some(it) = tx.last_movement(self.county, (year, purpose), None).await?
        {
            self.newest.insert(key.clone(), it);
        }
        Ok(self.newest.get(&key))
    }

    /// The number of the next recovery of the county.
    pub(super) async fn next_recovery(&mut self, tx: &mut dyn ReadTx) -> Result<i64, AppError> {
        let last = match self.recoveries {
            Some(last) => last,
            None => tx.last_recovery(self.county).await?,
        };
        let next = last.saturating_add(1);
        self.recoveries = Some(next);
        Ok(next)
    }

    /// Moves an amount, or refuses it.
    ///
    /// # Errors
    /// `BUDGET_EXCEEDED`, `PURPOSE_UNKNOWN`; those of the store.
    pub(super) async fn record(
        &mut self,
        tx: &mut dyn ReadTx,
        (year, purpose): (&str, &str),
        (movement, amount): (Movement, Money),
        about: About,
    ) -> Result<(), AppError> {
        let before = self.newest(tx, (year, purpose)).await?.cloned();
        let opens = matches!(movement, Movement::Increase | Movement::TransferIn);
        if before.is_none() && !opens {
            return Err(unknown(year, purpose).into());
        }
        let (number, had, title) = before.map_or_else(
            || (0, Balances::default(), String::new()),
            |it| (it.number, it.after, it.title),
        );
        let after = had.after(movement, amount).map_err(|why| not_taken(why, year, purpose))?;
        let postings = movement.postings(amount).map_err(|why| broken(&why.to_string()))?;
        let (batch_id, line) = about.line.unwrap_or_default();
        let (kind, recipient) = about
            .recipient
            .map_or_else(Default::default, |(kind, id)| (kind.word().to_owned(), id));
        let record = MovementRecord {
            year: year.to_owned(),
            purpose: purpose.to_owned(),
            number: number.saturating_add(1),
            movement,
            amount,
            title: if about.title.is_empty() { title } else { about.title },
            other_purpose: about.other_purpose,
            batch_id,
            line,
            recovery: about.recovery,
            recipient_kind: kind,
            recipient,
            text: about.text,
            decided_by: about.decided_by,
            evidence: papers_text(&about.papers)?,
            postings,
            after,
            mark: self.mark.clone(),
        };
        self.newest.insert((year.to_owned(), purpose.to_owned()), record.clone());
        self.rows.movements.push(record);
        Ok(())
    }

    /// Keeps everything, once the books were balanced: each movement by itself, and every purpose that
    /// was touched against all its entries, as the database adds them up. Also in release.
    ///
    /// # Errors
    /// The books would not balance, which nobody can bring about from outside; those of the store.
    pub(super) async fn keep(self, tx: &mut dyn StoreTx) -> Result<Option<Effect>, AppError> {
        for it in &self.rows.movements {
            let sum = it.postings.iter().map(|it| it.1).try_fold(Money::ZERO, Money::plus);
            let sound = sum == Ok(Money::ZERO) && it.after.sound() == Ok(true);
            if !sound {
                return Err(broken("a movement does not balance"));
            }
        }
        let county = self.county;
        for it in &self.rows.proposed {
            tx.insert_batch(county, &it.batch, &it.first, &it.lines).await?;
        }
        tx.insert_batch_events(county, &self.rows.batch_events).await?;
        tx.insert_recoveries(county, &self.rows.recoveries).await?;
        tx.insert_recovery_events(county, &self.rows.recovery_events).await?;
        tx.insert_movements(county, &self.rows.movements).await?;
        let touched: BTreeMap<(&str, &str), &MovementRecord> = self
            .rows
            .movements
            .iter()
            .map(|it| ((it.year.as_str(), it.purpose.as_str()), it))
            .collect();
        for (of, newest) in touched {
            balanced(tx, county, of, newest).await?;
        }
        Ok(self.rows.effect())
    }
}

/// Whether the entries of a purpose come to what its newest movement says, added up by the database.
///
/// # Errors
/// They do not; those of the store.
async fn balanced(
    tx: &mut dyn StoreTx,
    county: &str,
    of: (&str, &str),
    newest: &MovementRecord,
) -> Result<(), AppError> {
    let sums = tx.account_sums(county, of, None).await?;
    for account in Account::ALL {
        let own = sums.iter().find(|it| it.account == account);
        let sum = own.map_or(Ok(Money::ZERO), |it| it.debit.minus(it.credit));
        if sum != newest.after.of(account) {
            let why = format!("`{}` of {} {} does not agree", account.word(), of.0, of.1);
            return Err(broken(&why));
        }
    }
    Ok(())
}

/// Why the books do not take a movement, as a refusal where a caller brought it about.
fn not_taken(why: BooksError, year: &str, purpose: &str) -> AppError {
    match why {
        BooksError::Exceeded { available, asked } => {
            exceeded((year, purpose), available, asked).into()
        }
        BooksError::Nothing | BooksError::Unbalanced | BooksError::Money(_) => {
            broken(&why.to_string())
        }
    }
}

/// More is asked for than a purpose has.
pub(super) fn exceeded((year, purpose): (&str, &str), available: Money, asked: Money) -> Refusal {
    let en = format!("`{purpose}` has {available} yuan left in {year}, and {asked} is asked for");
    let zh = format!("{year} 年 {purpose} 经费尚余 {available} 元，申请 {asked} 元，超出预算");
    refusal("BUDGET_EXCEEDED", en, zh)
        .with("rule", "A3")
        .with("year", year)
        .with("purpose", purpose)
        .with("available", available.to_string())
        .with("asked", asked.to_string())
}

/// A purpose to which nothing was ever appropriated.
pub(super) fn unknown(year: &str, purpose: &str) -> Refusal {
    let en = format!("nothing was appropriated to `{purpose}` in {year}");
    let zh = format!("{year} 年没有对 {purpose} 的拨款");
    refusal("PURPOSE_UNKNOWN", en, zh).with("rule", "A3").with("purpose", purpose)
}

/// A mistake of the program: nothing is kept.
fn broken(why: &str) -> AppError {
    AppError::Internal(format!("the books: {why}"))
}

/// Papers as they are kept.
pub(super) fn papers_text(papers: &[String]) -> Result<String, AppError> {
    if papers.is_empty() {
        return Ok(String::new());
    }
    serde_json::to_string(papers).map_err(|why| AppError::Internal(why.to_string()))
}

/// Papers read back.
///
/// # Errors
/// They do not read back.
pub fn papers(text: &str) -> Result<Vec<String>, AppError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let broken = |why| crate::store::StoreError::corrupt("evidence", why);
    Ok(serde_json::from_str(text).map_err(broken)?)
}
