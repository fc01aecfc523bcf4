//! What a purpose has: figures that hold to one another at every moment (A3).

use super::{Account, Movement};
use crate::domain::exact::{InvalidMoney, Money};

/// The figures of one purpose of one year. None is below zero, and always
/// `available = appropriated − reserved − (paid − returned) + recovered`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balances {
    /// What was appropriated.
    pub appropriated: Money,
    /// What can still be reserved.
    pub available: Money,
    /// What is set aside.
    pub reserved: Money,
    /// What left for recipients, also what came back later.
    pub paid: Money,
    /// What the treasury sent back of it.
    pub returned: Money,
    /// What recipients paid back.
    pub recovered: Money,
    /// What recipients owe.
    pub due: Money,
}

/// Why the books do not take a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BooksError {
    /// The purpose has less than that. The only one that a caller can bring about.
    #[error("{asked} is more than the {available} that is available")]
    Exceeded {
        /// What is available.
        available: Money,
        /// What was asked for.
        asked: Money,
    },
    /// No amount of that kind moves: none, or one below zero.
    #[error("a movement is of more than nothing")]
    Nothing,
    /// An account would fall below zero, or the figures would not hold to one another.
    #[error("the books would not balance")]
    Unbalanced,
    /// More than can be kept.
    #[error("{0}")]
    Money(#[from] InvalidMoney),
}

impl Balances {
    /// What was paid and not sent back.
    ///
    /// # Errors
    /// More than can be kept.
    pub fn net_paid(&self) -> Result<Money, InvalidMoney> {
        self.paid.minus(self.returned)
    }

    /// The balance of an account, debits above zero and credits below.
    ///
    /// # Errors
    /// More than can be kept.
    pub fn of(&self, account: Account) -> Result<Money, InvalidMoney> {
        let credit = |it: Money| Money::ZERO.minus(it);
        match account {
            Account::Appropriation => credit(self.appropriated),
            Account::Available => Ok(self.available),
            Account::Reserved => Ok(self.reserved),
            Account::Paid => Ok(self.paid),
            Account::Returned => credit(self.returned),
            Account::Recovered => credit(self.recovered),
            Account::Due => Ok(self.due),
            Account::Claims => credit(self.due),
        }
    }

    /// The figures after a movement.
    ///
    /// # Errors
    /// [`BooksError`]; nothing has moved then.
    pub fn after(&self, movement: Movement, amount: Money) -> Result<Self, BooksError> {
        if amount <= Money::ZERO {
            return Err(BooksError::Nothing);
        }
        let takes = movement.sides().1.contains(&Account::Available);
        if takes && amount > self.available {
            return Err(BooksError::Exceeded { available: self.available, asked: amount });
        }
        let mut next = *self;
        for (account, fen) in movement.postings(amount)? {
            let figure = match account {
                Account::Appropriation => &mut next.appropriated,
                Account::Available => &mut next.available,
                Account::Reserved => &mut next.reserved,
                Account::Paid => &mut next.paid,
                Account::Returned => &mut next.returned,
                Account::Recovered => &mut next.recovered,
                Account::Due => &mut next.due,
                // The other side of `due`, and no figure of its own.
                Account::Claims => continue,
            };
            *figure = match account {
                Account::Appropriation | Account::Returned | Account::Recovered => {
                    figure.minus(fen)?
                }
                Account::Available
                | Account::Reserved
                | Account::Paid
                | Account::Due
                | Account::Claims => figure.plus(fen)?,
            };
        }
        if next.sound()? { Ok(next) } else { Err(BooksError::Unbalanced) }
    }

    /// Whether no figure is below zero, no more came back than left, and what is available is what the
    /// other figures leave.
    ///
    /// # Errors
    /// More than can be kept.
    pub fn sound(&self) -> Result<bool, InvalidMoney> {
        let all = [
            self.appropriated,
            self.available,
            self.reserved,
            self.paid,
            self.returned,
            self.recovered,
            self.due,
        ];
        let left = self.appropriated.minus(self.reserved)?.minus(self.net_paid()?)?;
        Ok(all.iter().all(|it| *it >= Money::ZERO)
            && self.available == left.plus(self.recovered)?
            && self.returned.plus(self.recovered)? <= self.paid
            && self.due.plus(self.recovered)?.plus(self.returned)? <= self.paid)
    }
}
