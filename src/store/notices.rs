//! Public notices of runs, what was objected to during them, and what that was answered.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::time::{Day, DaysOf, Moment};

/// A public notice (公示) of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRecord {
    /// The run.
    pub run_id: String,
    /// The day on which it was posted, which is not counted.
    pub posted_on: Day,
    /// Its last day.
    pub ends_on: Day,
    /// How many days were counted.
    pub days: i64,
    /// Which days.
    pub days_of: DaysOf,
    /// The editions of the calendar that were gone by, as JSON; empty for days of the calendar.
    pub calendar: String,
    /// Where to object.
    pub object_to: String,
    /// When it was recorded.
    pub recorded: Moment,
    /// By which principal.
    pub recorded_by: String,
    /// On which request.
    pub request_id: String,
}

/// What an objection comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeVerdict {
    /// It is not borne out.
    Dismissed,
    /// It is borne out, and the result has to be computed again.
    Upheld,
    /// It is borne out, and the result stands all the same.
    UpheldResultStands,
}

impl NoticeVerdict {
    /// The word of rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dismissed => "dismissed",
            Self::Upheld => "upheld",
            Self::UpheldResultStands => "upheld_result_stands",
        }
    }

    /// The verdict of that word.
    pub fn named(word: &str) -> Option<Self> {
        let all = [Self::Dismissed, Self::Upheld, Self::UpheldResultStands];
        all.into_iter().find(|it| it.word() == word)
    }
}

/// The answer to an objection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeAnswer {
    /// What it comes to.
    pub verdict: NoticeVerdict,
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

/// An objection to a subject's result during a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeObjection {
    /// The run.
    pub run_id: String,
    /// Its number among the objections of the run, from 1.
    pub number: i64,
    /// The subject.
    pub subject: String,
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
    pub answer: Option<NoticeAnswer>,
}

/// Reading of public notices.
#[async_trait]
pub trait NoticeReads {
    /// The notice of a run.
    async fn notice(
        &mut self,
        county: &str,
        run_id: &str,
    ) -> Result<Option<NoticeRecord>, StoreError>;
    /// Up to `limit` notices after that run, by run.
    async fn notice_page(
        &mut self,
        county: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<NoticeRecord>, StoreError>;
    /// Up to `limit` objections after that run and number, by run and number, with their answers.
    async fn notice_objections(
        &mut self,
        county: &str,
        after: (&str, i64),
        limit: i64,
    ) -> Result<Vec<NoticeObjection>, StoreError>;
}

/// Writing of public notices. Asks for `lock_county`. `recorded` is the transaction's moment. What
/// is there already is [`StoreError::AlreadyRecorded`].
#[async_trait]
pub trait NoticeWrites {
    /// Records the notice of a run.
    async fn insert_notice(
        &mut self,
        county: &str,
        notice: &NoticeRecord,
    ) -> Result<(), StoreError>;
    /// Records an objection; its answer is not read.
    async fn insert_notice_objection(
        &mut self,
        county: &str,
        objection: &NoticeObjection,
    ) -> Result<(), StoreError>;
    /// Records the answer to an objection of a run, by its number.
    async fn insert_notice_answer(
        &mut self,
        county: &str,
        of: (&str, i64),
        answer: &NoticeAnswer,
    ) -> Result<(), StoreError>;
}
