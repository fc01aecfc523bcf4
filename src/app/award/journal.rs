//! The books as a journal that programs of double-entry bookkeeping read: every movement a transaction,
//! and the balances at the end as assertions.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{PAGE, statement::cursor};
use crate::{
    app::{App, AppError},
    domain::{
        award::{Account, Balances},
        exact::Money,
        time::Moment,
    },
    store::{MovementCursor, MovementListing, MovementRecord},
};

/// For which program a journal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalFormat {
    /// hledger, and ledger.
    Hledger,
    /// beancount.
    Beancount,
}

/// A journal on its way: its parts come one after another.
#[derive(Debug)]
pub struct Journal {
    format: JournalFormat,
    of: MovementListing,
    after: Option<MovementCursor>,
    /// What purposes have after the last movement that was written.
    balances: BTreeMap<(String, String), (Balances, Moment)>,
    begun: bool,
    done: bool,
}

impl Journal {
    /// The journal of a year, or of all years where it is empty, as known at a moment.
    pub fn of(format: JournalFormat, year: &str, known: Moment) -> Self {
        let of = MovementListing {
            year: year.to_owned(),
            until: Some(known),
            limit: PAGE,
            ..MovementListing::default()
        };
        let balances = BTreeMap::new();
        Self { format, of, after: None, balances, begun: false, done: false }
    }

    fn head(&mut self) -> String {
        self.begun = true;
        match self.format {
            JournalFormat::Hledger => {
                "; Steelyard 衡: amounts in yuan\ncommodity 1000.00 CNY\n\n".to_owned()
            }
            JournalFormat::Beancount => {
                "; Steelyard 衡: amounts in yuan\noption \"operating_currency\" \"CNY\"\n\n"
                    .to_owned()
            }
        }
    }

    fn account(&self, year: &str, purpose: &str, account: Account) -> String {
        match self.format {
            JournalFormat::Hledger => {
                // A colon would begin an account below; no id has a wide one.
                let purpose = purpose.replace(':', "：");
                format!("{year}:{purpose}:{}", account.word())
            }
            JournalFormat::Beancount => {
                let root = match account {
                    Account::Appropriation | Account::Claims => "Equity",
                    Account::Available
                    | Account::Reserved
                    | Account::Paid
                    | Account::Returned
                    | Account::Recovered
                    | Account::Due => "Assets",
                };
                format!("{root}:Y{year}:P-{}:{}", named(purpose), capital(account.word()))
            }
        }
    }

    fn transaction(&mut self, it: &MovementRecord) -> Result<String, AppError> {
        let mut text = String::new();
        let day = day(it.mark.recorded)?;
        let key = (it.year.clone(), it.purpose.clone());
        if self.format == JournalFormat::Beancount && !self.balances.contains_key(&key) {
            for account in Account::ALL {
                let name = self.account(&it.year, &it.purpose, account);
                let _ = writeln!(text, "{day} open {name} CNY");
            }
            text.push('\n');
        }
        let about = about(it);
        match self.format {
            JournalFormat::Hledger => {
                let code = format!("{}-{}", it.purpose, it.number);
                let _ = writeln!(text, "{day} * ({code}) {}{about}", it.movement.word());
            }
            JournalFormat::Beancount => {
                let _ = writeln!(text, "{day} * \"{}{about}\"", it.movement.word());
            }
        }
        for (account, amount) in &it.postings {
            let name = self.account(&it.year, &it.purpose, *account);
            let _ = writeln!(text, "    {name}  {amount} CNY");
        }
        text.push('\n');
        self.balances.insert(key, (it.after, it.mark.recorded));
        Ok(text)
    }

    /// The balances that the program is to find.
    fn foot(&mut self) -> Result<String, AppError> {
        self.done = true;
        let mut text = String::new();
        let last = self.balances.values().map(|it| it.1).max();
        let Some(last) = last else { return Ok(text) };
        let broken = |why| crate::store::StoreError::corrupt("money_movements", why);
        let day = match self.format {
            JournalFormat::Hledger => day(last)?,
            // beancount looks at the beginning of the day.
            JournalFormat::Beancount => day_after(last)?,
        };
        if self.format == JournalFormat::Hledger {
            let _ = writeln!(text, "{day} * balances");
        }
        for ((year, purpose), (balances, _)) in &self.balances {
            for account in Account::ALL {
                let name = self.account(year, purpose, account);
                let amount = balances.of(account).map_err(broken)?;
                let _ = match self.format {
                    JournalFormat::Hledger => {
                        writeln!(text, "    {name}  {} CNY = {amount} CNY", Money::ZERO)
                    }
                    // Without its own tolerance beancount lets a fen pass.
                    JournalFormat::Beancount => {
                        writeln!(text, "{day} balance {name}  {amount} ~ 0.00 CNY")
                    }
                };
            }
        }
        Ok(text)
    }
}

impl App {
    /// The next part of a journal; none: it is complete.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn journal_part(
        &self,
        county: &str,
        journal: &mut Journal,
    ) -> Result<Option<String>, AppError> {
        if journal.done {
            return Ok(None);
        }
        let mut text = if journal.begun { String::new() } else { journal.head() };
        let mut tx = self.read().await?;
        let of = MovementListing { after: journal.after.clone(), ..journal.of.clone() };
        let page = tx.movements(county, &of).await?;
        for it in &page {
            text.push_str(&journal.transaction(it)?);
        }
        match page.last() {
            Some(last) => journal.after = Some(cursor(last)),
            None => text.push_str(&journal.foot()?),
        }
        Ok(Some(text))
    }
}

/// What a movement is about, in ids only.
fn about(it: &MovementRecord) -> String {
    let mut text = String::new();
    if !it.other_purpose.is_empty() {
        let _ = write!(text, " {}", it.other_purpose);
    }
    if !it.batch_id.is_empty() {
        let _ = write!(text, " {}/{}", it.batch_id, it.line);
    }
    if it.recovery > 0 {
        let _ = write!(text, " recovery {}", it.recovery);
    }
    if !it.recipient.is_empty() {
        let _ = write!(text, " {} {}", it.recipient_kind, it.recipient);
    }
    text
}

fn day(at: Moment) -> Result<String, AppError> {
    let day = at.beijing_day();
    let day = day.ok_or_else(|| AppError::Internal("a day out of the calendar".to_owned()))?;
    Ok(day.to_string())
}

fn day_after(at: Moment) -> Result<String, AppError> {
    let day = at.beijing_day().and_then(|it| it.plus_days(1));
    let day = day.ok_or_else(|| AppError::Internal("a day out of the calendar".to_owned()))?;
    Ok(day.to_string())
}

/// A purpose's id as a part of an account of beancount: letters, digits and hyphens stay, anything else
/// is written by its number, so that no two ids become one.
fn named(id: &str) -> String {
    let mut text = String::new();
    for it in id.chars() {
        if it.is_ascii_alphanumeric() {
            text.push(it);
        } else {
            let _ = write!(text, "-{:02X}-", u32::from(it));
        }
    }
    text
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|it| it.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
