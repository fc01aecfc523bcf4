//! Objections to published results, and what they were answered.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::time::{Day, Moment};

/// What an objection to a published result comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultVerdict {
    /// It is not borne out.
    Dismissed,
    /// It is borne out: the facts are put right and a run supersedes.
    Upheld,
}

impl ResultVerdict {
    /// The word of rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dismissed => "dismissed",
            Self::Upheld => "upheld",
        }
    }

    /// The verdict of that word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Dismissed, Self::Upheld].into_iter().find(|it| it.word() == word)
    }
}

/// The answer to an objection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultAnswer {
    /// What it comes to.
    pub verdict: ResultVerdict,
    /// Why.
    pub text: String,
    /// Who answers.
    pub answered_by: String,
    /// References to evidence, as a JSON list; empty for none.
    pub evidence: String,
    /// When it was recorded.
    pub recorded: Moment,
    /// By which principal.
    pub recorded_by: String,
    /// On which request.
    pub request_id: String,
}

/// An objection to a published result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultObjection {
    /// The run.
    pub run_id: String,
    /// Its number among the objections of the run, from 1.
    pub number: i64,
    /// The subject.
    pub subject: String,
    /// The person whom the result is about: the member, or who held the post; empty for none.
    pub person: String,
    /// The component, a node of the scheme; empty: the result as a whole.
    pub node: String,
    /// What is wrong.
    pub text: String,
    /// Who raised it.
    pub raised_by: String,
    /// The day on which it was raised.
    pub raised_on: Day,
    /// References to evidence, as a JSON list; empty for none.
    pub evidence: String,
    /// When it was recorded.
    pub recorded: Moment,
    /// By which principal.
    pub recorded_by: String,
    /// On which request.
    pub request_id: String,
    /// What it was answered; none: it is open.
    pub answer: Option<ResultAnswer>,
}

/// Reading of objections to published results.
#[async_trait]
pub trait ResultObjectionReads {
    /// Up to `limit` objections after that run and number, by run and number, with their answers.
    async fn result_objections(
        &mut self,
        county: &str,
        after: (&str, i64),
        limit: i64,
    ) -> Result<Vec<ResultObjection>, StoreError>;
}

/// Writing of objections to published results. Asks for `lock_county`. `recorded` is the
/// transaction's moment. What is there already is [`StoreError::AlreadyRecorded`].
#[async_trait]
pub trait ResultObjectionWrites {
    /// Records an objection; its answer is not read.
    async fn insert_result_objection(
        &mut self,
        county: &str,
        objection: &ResultObjection,
    ) -> Result<(), StoreError>;
    /// Records the answer to an objection of a run, by its number.
    async fn insert_result_answer(
        &mut self,
        county: &str,
        of: (&str, i64),
        answer: &ResultAnswer,
    ) -> Result<(), StoreError>;
}
