//! The ledger: facts are added, and reversed by rows of their own; nothing is changed or removed.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::time::{Day, Moment};

/// What a ledger row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKind {
    /// A point entry.
    Entry,
    /// An assessment sheet.
    Sheet,
    /// A value that a level proposed, adjusted or confirmed (S2).
    Proposal,
    /// A counted ballot.
    Ballot,
    /// Answers to a survey through one channel.
    Survey,
    /// A figure of a subject.
    Metric,
    /// A score of another system.
    Import,
    /// A veto.
    Veto,
    /// A finding.
    Finding,
    /// Why a node has nothing to go on.
    NodeState,
    /// A decision that settles a tie.
    Decision,
    /// A check-in with a compound's branch (M3).
    CheckIn,
    /// A case of negative conduct (M6).
    Conduct,
    /// What became of such a case.
    ConductStep,
    /// What became of a veto (P3).
    VetoStep,
    /// A second person's word on a point entry (M2).
    EntryCheck,
    /// A member's objection to a fact.
    Objection,
    /// The answer to an objection.
    Answer,
    /// The reversal of another row.
    Reversal,
}

impl FactKind {
    /// All kinds.
    pub const ALL: [Self; 19] = [
        Self::Entry,
        Self::Sheet,
        Self::Proposal,
        Self::Ballot,
        Self::Survey,
        Self::Metric,
        Self::Import,
        Self::Veto,
        Self::Finding,
        Self::NodeState,
        Self::Decision,
        Self::CheckIn,
        Self::Conduct,
        Self::ConductStep,
        Self::VetoStep,
        Self::EntryCheck,
        Self::Objection,
        Self::Answer,
        Self::Reversal,
    ];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Sheet => "sheet",
            Self::Proposal => "proposal",
            Self::Ballot => "ballot",
            Self::Survey => "survey",
            Self::Metric => "metric",
            Self::Import => "import",
            Self::Veto => "veto",
            Self::Finding => "finding",
            Self::NodeState => "node_state",
            Self::Decision => "decision",
            Self::CheckIn => "check_in",
            Self::Conduct => "conduct",
            Self::ConductStep => "conduct_step",
            Self::VetoStep => "veto_step",
            Self::EntryCheck => "entry_check",
            Self::Objection => "objection",
            Self::Answer => "answer",
            Self::Reversal => "reversal",
        }
    }

    /// The kind of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// A fact as it is recorded. Which field says what, by kind (fields not named are empty):
///
/// | kind | `item` | `name` | `amount_a` | `amount_b` | days | other |
/// |---|---|---|---|---|---|---|
/// | entry | item | | times, ten-thousandths, always there | own points, ten-thousandths | both the day of the deed | |
/// | sheet | item | role | points, ten-thousandths | | | `by_whom` assessor, `at`, `period` |
/// | proposal | node | level | points, ten-thousandths | | | `by_whom` who, `at`, `detail` reason, empty for none, `period` |
/// | ballot | ballot | | | | | `detail` JSON option → count, `period` |
/// | survey | survey | channel | answered, a count | satisfied, a count | | `period` |
/// | metric | metric | | value, ten-thousandths | | | `period` |
/// | import | source | `bonus` or empty | raw, ten-thousandths | full, ten-thousandths | | `period`; of a unit `by_whom` its branch, `at` when it reported |
/// | veto | veto item | | | | first and last in force | `by_whom` the role that raised it, `detail` JSON of the day of the fact and the day it was raised, where they are said |
/// | veto step | the veto's fact id | the step's word | | | both the day | `by_whom` who objects, answers, lifts; `detail` why |
/// | finding | finding | | | | first and last | |
/// | node state | node | state | | | | `detail` reason, `period` |
/// | decision | scheme | grade | | | | no subject; `by_whom` level, `detail` JSON, `period` |
/// | check-in | compound | | | | both the day | |
/// | conduct | case | what | | | it happened, put right by | `detail` text |
/// | conduct step | case | `put_right`, `not_put_right`, `exposed` or `reported` | | | both the day | |
/// | entry check | the entry's fact id | `confirmed` or `refused` | | | both the entry's day | `by_whom` who checked, `detail` reason |
/// | objection | the fact's id | | | | both the day of the objection | `by_whom` who raised it, `detail` text |
/// | answer | the objection's fact id | `upheld` or `dismissed` | | | both the day of the answer | `by_whom` who answered, `detail` text |
/// | reversal | of the reversed row | | | | of the reversed row | `reverses`, `detail` reason |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub kind: FactKind,
    /// The kind of subject; empty for a decision.
    pub subject_kind: String,
    /// The subject's id; empty for a decision.
    pub subject: String,
    /// What it is about.
    pub item: String,
    /// The period it belongs to, as `2022-H1`; empty where the kind has days instead.
    pub period: String,
    /// The first day it is about.
    pub on_day: Option<Day>,
    /// The last day it is about; absent for what still holds.
    pub until_day: Option<Day>,
    /// See the table.
    pub name: String,
    /// See the table.
    pub amount_a: Option<i64>,
    /// See the table.
    pub amount_b: Option<i64>,
    /// See the table.
    pub detail: String,
    /// See the table.
    pub by_whom: String,
    /// The moment of an assessment.
    pub at: Option<Moment>,
    /// References to evidence, as a JSON list; empty for none.
    pub evidence: String,
    /// The system it comes from; empty for none.
    pub source: String,
    /// Its id in that system, unique in the county within the source; empty for none.
    pub source_record: String,
    /// The sequence number of the row it reverses; set by the store.
    pub reverses: Option<i64>,
    /// Who recorded it.
    pub recorded_by: String,
    /// Why it was recorded after its period had closed; empty where it was not late.
    pub late_reason: String,
}

impl Fact {
    /// A fact of that kind with nothing in it.
    pub fn of(kind: FactKind, subject_kind: &str, subject: &str, item: &str) -> Self {
        Self {
            kind,
            subject_kind: subject_kind.to_owned(),
            subject: subject.to_owned(),
            item: item.to_owned(),
            period: String::new(),
            on_day: None,
            until_day: None,
            name: String::new(),
            amount_a: None,
            amount_b: None,
            detail: String::new(),
            by_whom: String::new(),
            at: None,
            evidence: String::new(),
            source: String::new(),
            source_record: String::new(),
            reverses: None,
            recorded_by: String::new(),
            late_reason: String::new(),
        }
    }
}

/// A reversal as seen from the reversed fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// The sequence number of the reversing row.
    pub seq: i64,
    /// When it was recorded.
    pub recorded: Moment,
    /// Why.
    pub reason: String,
    /// Who recorded it.
    pub recorded_by: String,
}

/// A fact as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFact {
    /// Its place in the county's ledger, from 1, in the order of commits.
    pub seq: i64,
    /// The moment it was recorded.
    pub recorded: Moment,
    /// The request that recorded it.
    pub request_id: String,
    /// What was recorded.
    pub fact: Fact,
    /// What reversed it by the moment asked for.
    pub reversed: Option<Reversal>,
}

/// The id of a fact for callers: unique in the county.
pub fn fact_id(seq: i64) -> String {
    format!("f{seq}")
}

/// The sequence number that a caller's id names, if it is one.
pub fn fact_seq(id: &str) -> Option<i64> {
    let digits = id.strip_prefix('f')?;
    let plain = !digits.starts_with('0') && (1..=18).contains(&digits.len());
    let mut seq = 0_i64;
    for digit in digits.bytes() {
        let digit = if digit.is_ascii_digit() { digit.checked_sub(b'0')? } else { return None };
        seq = seq.checked_mul(10)?.checked_add(i64::from(digit))?;
    }
    plain.then_some(seq)
}

/// Which facts an evaluation reads: those of the periods and those whose days meet the range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactQuery {
    /// The kind of subject.
    pub subject_kind: String,
    /// The subjects, at most 1,000; one empty text for decisions.
    pub subjects: Vec<String>,
    /// The kinds wanted; reversals never are.
    pub kinds: Vec<FactKind>,
    /// Facts of exactly these periods, ...
    pub periods: Vec<String>,
    /// ... and facts whose days meet this range: first ...
    pub from: Day,
    /// ... and last day.
    pub until: Day,
    /// What was known at this moment: rows recorded by then, without those reversed by then.
    pub known: Moment,
}

/// Which facts a listing shows, in the order recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactListing {
    /// The kind of subject.
    pub subject_kind: String,
    /// The subject.
    pub subject: String,
    /// The kinds wanted; empty for all (reversals never are: they show in what they reversed).
    pub kinds: Vec<FactKind>,
    /// Only facts of these periods or with days in the range; `None` for all.
    pub time: Option<(Vec<String>, Day, Day)>,
    /// As known at this moment.
    pub known: Moment,
    /// Whether facts reversed by then are shown too.
    pub include_reversed: bool,
    /// After this sequence number; 0 from the beginning.
    pub after: i64,
    /// At most so many.
    pub limit: i64,
}

/// A reversal, as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversing {
    /// The sequence number of the fact.
    pub seq: i64,
    /// Why.
    pub reason: String,
    /// Who reverses it.
    pub recorded_by: String,
    /// References to evidence, as a JSON list; empty for none.
    pub evidence: String,
}

/// Reading of the ledger.
#[async_trait]
pub trait FactReads {
    /// The facts an evaluation reads, by subject, then in the order recorded.
    async fn facts(
        &mut self,
        county: &str,
        query: &FactQuery,
    ) -> Result<Vec<StoredFact>, StoreError>;
    /// A page of facts in the order recorded, each with what reversed it.
    async fn list_facts(
        &mut self,
        county: &str,
        listing: &FactListing,
    ) -> Result<Vec<StoredFact>, StoreError>;
    /// One fact, with what reversed it by that moment; `None` if it was not recorded by then.
    async fn fact(
        &mut self,
        county: &str,
        seq: i64,
        known: Moment,
    ) -> Result<Option<StoredFact>, StoreError>;
    /// The facts with one of these ids in their source system, of whatever source, in the order
    /// recorded: for the check for repeats before recording.
    async fn facts_by_source_record(
        &mut self,
        county: &str,
        source_records: &[String],
    ) -> Result<Vec<StoredFact>, StoreError>;
    /// The facts of these numbers (at most 1,000) that were recorded by then, in the order recorded,
    /// each with what reversed it.
    async fn facts_of(
        &mut self,
        county: &str,
        seqs: &[i64],
        known: Moment,
    ) -> Result<Vec<StoredFact>, StoreError>;
    /// The entry checks, objections and answers whose item is one of these facts' ids, in the order
    /// recorded, each with what reversed it.
    async fn facts_about(
        &mut self,
        county: &str,
        ids: &[String],
        known: Moment,
    ) -> Result<Vec<StoredFact>, StoreError>;
    /// Up to `limit` vetoes of the county after that number, in the order recorded, each with
    /// what reversed it.
    async fn vetoes_after(
        &mut self,
        county: &str,
        after: i64,
        (known, limit): (Moment, i64),
    ) -> Result<Vec<StoredFact>, StoreError>;
    /// The same of objections.
    async fn objections_after(
        &mut self,
        county: &str,
        after: i64,
        (known, limit): (Moment, i64),
    ) -> Result<Vec<StoredFact>, StoreError>;
}

/// Writing of the ledger; the rolled-up rows go with it. Asks for `lock_county`.
#[async_trait]
pub trait FactWrites {
    /// Adds facts in the given order, and entries to the rolled-up rows. Answers the sequence number
    /// of the first; the others follow. A source record that is there already ends the transaction
    /// with [`StoreError::AlreadyRecorded`]: look before.
    async fn insert_facts(
        &mut self,
        county: &str,
        request_id: &str,
        facts: &[Fact],
    ) -> Result<i64, StoreError>;
    /// Reverses a fact and works its subject-year's sums out of the ledger again. Answers the
    /// reversal's sequence number; `None` if there is no such fact (a reversal is none). A fact that
    /// is reversed already ends the transaction with [`StoreError::AlreadyRecorded`].
    async fn reverse_fact(
        &mut self,
        county: &str,
        request_id: &str,
        reversing: &Reversing,
    ) -> Result<Option<i64>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_one_row_and_has_one_spelling() {
        for seq in [1, 9, 10, 999_999_999_999_999_999] {
            assert_eq!(fact_seq(&fact_id(seq)), Some(seq));
        }
        for id in ["", "f", "f0", "f01", "F1", "f-1", "f1 ", "1", "f９", "f9999999999999999999"] {
            assert_eq!(fact_seq(id), None, "`{id}`");
        }
    }

    #[test]
    fn every_kind_has_its_own_word() {
        for kind in FactKind::ALL {
            assert_eq!(FactKind::named(kind.word()), Some(kind));
        }
    }
}
