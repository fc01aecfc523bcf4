//! Appraisal chains: their steps, the cohorts that were closed and the cases that were opened again.
//! Append-only; the values of cases are facts.

use async_trait::async_trait;

use super::{Mark, StoreError};

/// A chain as it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainRecord {
    /// Its id.
    pub chain_id: String,
    /// The period.
    pub period: String,
    /// The steps from below, a JSON list of `[scheme id, version, kind of unit]`.
    pub steps: String,
    /// The opening.
    pub opened: Mark,
}

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainEventKind {
    /// A cohort was closed.
    Closing,
    /// A case was opened again.
    Reopening,
}

impl ChainEventKind {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Closing => "closing",
            Self::Reopening => "reopening",
        }
    }

    /// The kind of that word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Closing, Self::Reopening].into_iter().find(|it| it.word() == word)
    }
}

/// Something that was recorded about a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainEvent {
    /// Its number in the chain, from 1.
    pub event: i64,
    /// What it is.
    pub kind: ChainEventKind,
    /// The step's scheme.
    pub scheme_id: String,
    /// The unit of the cohort; of a reopening too.
    pub unit: String,
    /// The post of a reopening; otherwise empty.
    pub subject: String,
    /// The item of a reopening; otherwise empty.
    pub item: String,
    /// How many cases a closed cohort had.
    pub cases: i64,
    /// Why; empty for a closing.
    pub reason: String,
    /// Its recording.
    pub mark: Mark,
}

/// Reading of chains.
#[async_trait]
pub trait ChainReads {
    /// A chain.
    async fn chain(&mut self, county: &str, id: &str) -> Result<Option<ChainRecord>, StoreError>;
    /// Up to `limit` chains after an id, by id; of one period, or of any where that is empty.
    async fn chain_page(
        &mut self,
        county: &str,
        period: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<ChainRecord>, StoreError>;
    /// Everything that was recorded about a chain, in its order.
    async fn chain_events(
        &mut self,
        county: &str,
        chain: &str,
    ) -> Result<Vec<ChainEvent>, StoreError>;
}

/// Writing of chains. Asks for `lock_county`. What is there already ends the transaction with
/// [`StoreError::AlreadyRecorded`]: look before.
#[async_trait]
pub trait ChainWrites {
    /// Opens a chain.
    async fn insert_chain(&mut self, county: &str, chain: &ChainRecord) -> Result<(), StoreError>;
    /// Adds events.
    async fn insert_chain_events(
        &mut self,
        county: &str,
        chain: &str,
        events: &[ChainEvent],
    ) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_written() {
        for kind in [ChainEventKind::Closing, ChainEventKind::Reopening] {
            assert_eq!(ChainEventKind::named(kind.word()), Some(kind));
        }
        assert_eq!(ChainEventKind::named(""), None);
    }
}
