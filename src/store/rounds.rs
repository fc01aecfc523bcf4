//! Assessment rounds: what each expects, its sheets revision by revision, and what was recorded about
//! it. Append-only.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::time::{Day, Moment};

/// When, by whom and on what request a row was recorded. Of a row that is to be written the moment is
/// not read: it is the transaction's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub recorded: Moment,
    /// Who.
    pub by: String,
    /// The request.
    pub request_id: String,
}

/// A round as it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundHeader {
    /// Its id.
    pub round_id: String,
    /// The scheme.
    pub scheme_id: String,
    /// The scheme's version.
    pub version: i64,
    /// The kind of its subjects.
    pub subject_kind: String,
    /// The period.
    pub period: String,
    /// The first day on which sheets are taken.
    pub opens_on: Day,
    /// The last day.
    pub due_on: Day,
    /// The opening.
    pub opened: Mark,
    /// The step that closed it; none while it is open.
    pub closed: Option<RoundStep>,
}

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// A later last day.
    Extension,
    /// An assessor is excused.
    Excuse,
    /// The closing.
    Closing,
}

impl StepKind {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Extension => "extension",
            Self::Excuse => "excuse",
            Self::Closing => "closing",
        }
    }

    /// The kind of that word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Extension, Self::Excuse, Self::Closing].into_iter().find(|it| it.word() == word)
    }
}

/// Something that was recorded about a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundStep {
    /// Its number in the round, from 1.
    pub step: i64,
    /// What it is.
    pub kind: StepKind,
    /// Whose role; empty for everybody.
    pub role: String,
    /// Which assessor; empty for everybody.
    pub assessor: String,
    /// The subject of an excuse; empty for all.
    pub subject: String,
    /// The last day of an extension.
    pub until: Option<Day>,
    /// Why.
    pub reason: String,
    /// The first fact of a closing; 0 for none.
    pub first_fact: i64,
    /// How many facts a closing recorded.
    pub facts: i64,
    /// Its recording.
    pub mark: Mark,
}

/// What became of a sheet with a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionState {
    /// It was saved.
    Draft,
    /// It was handed in.
    HandedIn,
    /// It was taken back.
    Withdrawn,
}

impl RevisionState {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::HandedIn => "handed_in",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state of that word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Draft, Self::HandedIn, Self::Withdrawn].into_iter().find(|it| it.word() == word)
    }
}

/// Whose sheet about whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct SheetKey {
    /// The role.
    pub role: String,
    /// The assessor.
    pub assessor: String,
    /// The subject.
    pub subject: String,
}

/// One revision of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRevision {
    /// Its number, from 1.
    pub revision: i64,
    /// What became of the sheet.
    pub state: RevisionState,
    /// All points, a JSON object of ten-thousandths by item; empty where they are not read.
    pub points: String,
    /// Its recording.
    pub mark: Mark,
}

/// An expected sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundSheet {
    /// The round.
    pub round_id: String,
    /// Whose, about whom.
    pub key: SheetKey,
    /// Whether the round can be closed without it.
    pub optional: bool,
    /// Whose it is to write: a unit as `street/s-01`, or `principal/` and a name.
    pub holder: String,
    /// Its recording.
    pub mark: Mark,
    /// The newest revision; none where it is not begun.
    pub latest: Option<SheetRevision>,
}

/// Which rounds are listed, by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoundListing {
    /// Of this scheme; empty for all.
    pub scheme_id: String,
    /// Of this period; empty for all.
    pub period: String,
    /// After this id.
    pub after: String,
    /// At most so many.
    pub limit: i64,
}

/// Reading of rounds. Sheets come by role, assessor and subject; what was recorded after the moment
/// `known` is not there.
#[async_trait]
pub trait RoundReads {
    /// A round.
    async fn round(&mut self, county: &str, id: &str) -> Result<Option<RoundHeader>, StoreError>;
    /// A page of rounds.
    async fn round_page(
        &mut self,
        county: &str,
        listing: &RoundListing,
    ) -> Result<Vec<RoundHeader>, StoreError>;
    /// What was recorded about a round, in its order.
    async fn round_steps(
        &mut self,
        county: &str,
        round: &str,
        known: Moment,
    ) -> Result<Vec<RoundStep>, StoreError>;
    /// Up to `limit` expected sheets after one, without their points.
    async fn round_sheets(
        &mut self,
        county: &str,
        (round, known): (&str, Moment),
        after: &SheetKey,
        limit: i64,
    ) -> Result<Vec<RoundSheet>, StoreError>;
    /// Up to `limit` sheets that are handed in, after one, with their points.
    async fn handed_in(
        &mut self,
        county: &str,
        (round, known): (&str, Moment),
        after: &SheetKey,
        limit: i64,
    ) -> Result<Vec<RoundSheet>, StoreError>;
    /// The sheets of an assessor about these subjects, with their points.
    async fn sheets_of(
        &mut self,
        county: &str,
        (round, known): (&str, Moment),
        (role, assessor): (&str, &str),
        subjects: &[String],
    ) -> Result<Vec<RoundSheet>, StoreError>;
    /// Up to `limit` sheets of these holders after one, with their points.
    async fn sheets_held(
        &mut self,
        county: &str,
        (round, known): (&str, Moment),
        holders: &[String],
        (after, limit): (&SheetKey, i64),
    ) -> Result<Vec<RoundSheet>, StoreError>;
    /// The expected sheets of all rounds about these subjects, without their points, by round.
    async fn sheets_about(
        &mut self,
        county: &str,
        known: Moment,
        subjects: &[String],
    ) -> Result<Vec<RoundSheet>, StoreError>;
    /// One sheet of an assessor in a round, without its points: whatever comes first.
    async fn any_sheet_of(
        &mut self,
        county: &str,
        (round, known): (&str, Moment),
        (role, assessor): (&str, &str),
    ) -> Result<Option<RoundSheet>, StoreError>;
    /// Up to `limit` revisions of a round after one, by sheet and number.
    async fn round_revisions(
        &mut self,
        county: &str,
        round: &str,
        after: (&SheetKey, i64),
        limit: i64,
    ) -> Result<Vec<(SheetKey, SheetRevision)>, StoreError>;
}

/// Writing of rounds. Asks for `lock_county`. What is there already ends the transaction with
/// [`StoreError::AlreadyRecorded`]: look before.
#[async_trait]
pub trait RoundWrites {
    /// Opens a round.
    async fn insert_round(&mut self, county: &str, round: &RoundHeader) -> Result<(), StoreError>;
    /// Adds expected sheets, each with its round.
    async fn insert_round_sheets(
        &mut self,
        county: &str,
        sheets: &[RoundSheet],
    ) -> Result<(), StoreError>;
    /// Adds revisions of sheets.
    async fn insert_revisions(
        &mut self,
        county: &str,
        round: &str,
        revisions: &[(SheetKey, SheetRevision)],
    ) -> Result<(), StoreError>;
    /// Adds a step.
    async fn insert_round_step(
        &mut self,
        county: &str,
        round: &str,
        step: &RoundStep,
    ) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_written() {
        for kind in [StepKind::Extension, StepKind::Excuse, StepKind::Closing] {
            assert_eq!(StepKind::named(kind.word()), Some(kind));
        }
        for state in [RevisionState::Draft, RevisionState::HandedIn, RevisionState::Withdrawn] {
            assert_eq!(RevisionState::named(state.word()), Some(state));
        }
        assert_eq!((StepKind::named(""), RevisionState::named("")), (None, None));
    }
}
