//! Money that is to come back (追回, A5): an entry of its own, beside the payment that it never edits.

use crate::domain::exact::{InvalidMoney, Money};

/// Why money is to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecoveryCause {
    /// A result was superseded, and the new one gives less.
    Superseded,
    /// The honour was cancelled.
    HonourCancelled,
    /// Somebody demanded it, with a reason.
    Demanded,
}

impl RecoveryCause {
    /// All causes.
    pub const ALL: [Self; 3] = [Self::Superseded, Self::HonourCancelled, Self::Demanded];

    /// The word of rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Superseded => "superseded",
            Self::HonourCancelled => "honour_cancelled",
            Self::Demanded => "demanded",
        }
    }

    /// The cause of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// What can become of a recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecoveryStep {
    /// A part of it, or all, came back.
    Collected,
    /// The rest of it is not asked for.
    Waived,
    /// A part of it, or all, is not owed any more: the recipient is entitled again.
    Dropped,
}

impl RecoveryStep {
    /// All steps.
    pub const ALL: [Self; 3] = [Self::Collected, Self::Waived, Self::Dropped];

    /// The word of rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Collected => "collected",
            Self::Waived => "waived",
            Self::Dropped => "dropped",
        }
    }

    /// The step of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// How far a recovery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecoveryState {
    /// Nothing has come back.
    Open,
    /// A part has.
    Partial,
    /// Nothing is owed any more.
    Settled,
}

impl RecoveryState {
    /// The word of messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Partial => "partial",
            Self::Settled => "settled",
        }
    }
}

/// What a recovery has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// How much was demanded.
    pub amount: Money,
    /// How much came back.
    pub collected: Money,
    /// How much is not asked for.
    pub waived: Money,
    /// How much is not owed any more.
    pub dropped: Money,
    /// The number of its last event; 0: nothing has happened.
    pub last: i64,
}

/// Why a step of a recovery cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryRefused {
    /// It is more than is owed.
    #[error("{asked} is more than the {open} that is owed")]
    MoreThanOpen {
        /// What is owed.
        open: Money,
        /// What was asked for.
        asked: Money,
    },
    /// Nothing moves.
    #[error("an amount is above nothing")]
    Nothing,
    /// The event is not the next one.
    #[error("event {0} cannot follow the events before it")]
    Number(i64),
    /// More than can be kept.
    #[error("{0}")]
    Money(#[from] InvalidMoney),
}

impl Recovery {
    /// A recovery as it was demanded.
    pub const fn demanded(amount: Money) -> Self {
        let (collected, waived, dropped) = (Money::ZERO, Money::ZERO, Money::ZERO);
        Self { amount, collected, waived, dropped, last: 0 }
    }

    /// What is owed still.
    ///
    /// # Errors
    /// More than can be kept.
    pub fn open(&self) -> Result<Money, InvalidMoney> {
        self.amount.minus(self.collected)?.minus(self.waived)?.minus(self.dropped)
    }

    /// How far it has come.
    ///
    /// # Errors
    /// More than can be kept.
    pub fn state(&self) -> Result<RecoveryState, InvalidMoney> {
        let open = self.open()?;
        Ok(match (open == Money::ZERO, open == self.amount) {
            (true, _) => RecoveryState::Settled,
            (false, true) => RecoveryState::Open,
            (false, false) => RecoveryState::Partial,
        })
    }

    /// Takes the next event. Nothing has changed where it is refused.
    ///
    /// # Errors
    /// [`RecoveryRefused`].
    pub fn take(
        &mut self,
        event: i64,
        step: RecoveryStep,
        amount: Money,
    ) -> Result<(), RecoveryRefused> {
        if event != self.last.saturating_add(1) {
            return Err(RecoveryRefused::Number(event));
        }
        if amount <= Money::ZERO {
            return Err(RecoveryRefused::Nothing);
        }
        let open = self.open()?;
        if amount > open {
            return Err(RecoveryRefused::MoreThanOpen { open, asked: amount });
        }
        let figure = match step {
            RecoveryStep::Collected => &mut self.collected,
            RecoveryStep::Waived => &mut self.waived,
            RecoveryStep::Dropped => &mut self.dropped,
        };
        *figure = figure.plus(amount)?;
        self.last = event;
        Ok(())
    }
}
