//! Everything a use case can end in besides its answer. What each becomes on the wire is decided in
//! one place, `grpc/status.rs`.

use serde::{Deserialize, Serialize};

use super::offline::OfflineError;
use crate::{domain::engine::EngineError, store::StoreError};

/// Why a use case has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The request is wrong in its shape: every fault of it.
    #[error("{} invalid field(s)", .0.len())]
    Invalid(Vec<FieldFault>),
    /// There is no such thing, in that county or at that moment.
    #[error("{} `{id}` does not exist", .what.en())]
    NotFound {
        /// What was looked for.
        what: Missing,
        /// Its id, as it was asked for.
        id: String,
    },
    /// The caller may not, or there is no such thing: which of the two, nobody is told.
    #[error("the caller may not, or there is no such thing")]
    Denied,
    /// The state of the county says no.
    #[error("{0}")]
    Refused(Refusal),
    /// The state said no when the request came first, and that is its answer for ever.
    #[error("{0}")]
    Replayed(StoredRefusal),
    /// The request id was used for another method or message.
    #[error("the request id was used before, for something else")]
    IdReused,
    /// It is there already.
    #[error("`{existing}` exists already")]
    AlreadyExists {
        /// The stable reason.
        reason: &'static str,
        /// The id of what is there.
        existing: String,
    },
    /// More than one call may take.
    #[error("{en}")]
    Exhausted {
        /// The stable reason.
        reason: &'static str,
        /// What the limit is, in English.
        en: String,
        /// In Chinese.
        zh: String,
    },
    /// The store failed.
    #[error("storage: {0}")]
    Store(#[from] StoreError),
    /// The engine could not compute a value.
    #[error("the evaluation cannot be computed: {0}")]
    Engine(String),
    /// A mistake of the program: the text is for the log only.
    #[error("internal: {0}")]
    Internal(String),
}

impl AppError {
    /// One fault of one field.
    pub fn invalid(
        path: impl Into<String>,
        reason: &'static str,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) -> Self {
        let (path, en, zh) = (path.into(), en.into(), zh.into());
        Self::Invalid(vec![FieldFault { path, reason, en, zh }])
    }

    /// Something that is not there.
    pub fn not_found(what: Missing, id: impl Into<String>) -> Self {
        Self::NotFound { what, id: id.into() }
    }

    /// A refusal without metadata that is not remembered.
    pub fn refused(reason: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::Refused(Refusal::new(reason, en, zh))
    }
}

impl From<EngineError> for AppError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error.to_string())
    }
}

impl From<OfflineError> for AppError {
    fn from(error: OfflineError) -> Self {
        Self::Engine(error.to_string())
    }
}

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Where it stands in the request, as `facts[3].entry.times`.
    pub path: String,
    /// The stable reason, as `DECIMAL_INVALID`.
    pub reason: &'static str,
    /// What is wrong and what would be right, in English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

/// The most places that a sentence names.
const PLACES_MAX: usize = 10;

/// Places of a list for a sentence, as `facts[1], facts[4]`: the first ten, since the sentence stands
/// at each of them.
pub(crate) fn places(list: &str, indexes: &[usize]) -> String {
    let named: Vec<_> = indexes.iter().take(PLACES_MAX).map(|it| format!("{list}[{it}]")).collect();
    let more = if indexes.len() > PLACES_MAX { ", …" } else { "" };
    named.join(", ") + more
}

/// What can be looked for and not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// A record of the registry, or a unit of the tree.
    Record,
    /// A fact.
    Fact,
    /// A scheme, or a version of it.
    Scheme,
    /// A version in force on a day.
    SchemeInForce,
    /// A selection document, or a version of it.
    SelectionDocument,
    /// A version of a selection document in force on a day.
    SelectionDocumentInForce,
    /// A compound's point schedule, or a version of it.
    Schedule,
    /// A compound's point schedule in force on a day.
    ScheduleInForce,
    /// A run.
    Run,
    /// A published run of a scheme and period.
    PublishedRun,
    /// A subject's result in a run.
    Result,
    /// A signed checkpoint of the audit trail.
    Checkpoint,
    /// An objection.
    Objection,
    /// An edition of a year's calendar.
    CalendarEdition,
    /// The public notice of a run.
    Notice,
    /// An assessment round.
    Round,
    /// An appraisal chain.
    Chain,
    /// A cohort of one.
    Cohort,
    /// A post in one.
    Appraised,
    /// A selection.
    Selection,
    /// A report in one.
    Report,
    /// A confirmed selection of a document and year.
    ConfirmedSelection,
    /// A batch of payments.
    Batch,
    /// A recovery.
    Recovery,
}

impl Missing {
    /// The stable reason.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Record => "NOT_FOUND",
            Self::Fact => "FACT_NOT_FOUND",
            Self::Scheme => "SCHEME_NOT_FOUND",
            Self::SchemeInForce => "SCHEME_NOT_IN_FORCE",
            Self::SelectionDocument => "SELECTION_DOCUMENT_NOT_FOUND",
            Self::SelectionDocumentInForce => "SELECTION_DOCUMENT_NOT_IN_FORCE",
            Self::Schedule => "SCHEDULE_NOT_FOUND",
            Self::ScheduleInForce => "SCHEDULE_NOT_IN_FORCE",
            Self::Run => "RUN_NOT_FOUND",
            Self::PublishedRun => "RUN_NOT_PUBLISHED",
            Self::Result => "RESULT_NOT_FOUND",
            Self::Checkpoint => "CHECKPOINT_NOT_FOUND",
            Self::Objection => "OBJECTION_NOT_FOUND",
            Self::CalendarEdition => "CALENDAR_EDITION_NOT_FOUND",
            Self::Notice => "NOTICE_NOT_FOUND",
            Self::Round => "ROUND_NOT_FOUND",
            Self::Chain => "CHAIN_NOT_FOUND",
            Self::Cohort => "COHORT_NOT_FOUND",
            Self::Appraised => "POST_NOT_APPRAISED",
            Self::Selection => "SELECTION_NOT_FOUND",
            Self::Report => "REPORT_NOT_FOUND",
            Self::ConfirmedSelection => "SELECTION_NOT_CONFIRMED",
            Self::Batch => "BATCH_NOT_FOUND",
            Self::Recovery => "RECOVERY_NOT_FOUND",
        }
    }

    /// The name in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Fact => "fact",
            Self::Scheme => "scheme",
            Self::SchemeInForce => "scheme in force",
            Self::SelectionDocument => "selection document",
            Self::SelectionDocumentInForce => "selection document in force",
            Self::Schedule => "point schedule of",
            Self::ScheduleInForce => "point schedule in force of",
            Self::Run => "run",
            Self::PublishedRun => "published run",
            Self::Result => "result",
            Self::Checkpoint => "checkpoint of",
            Self::Objection => "objection",
            Self::CalendarEdition => "calendar edition",
            Self::Notice => "public notice of",
            Self::Round => "assessment round",
            Self::Chain => "appraisal chain",
            Self::Cohort => "cohort",
            Self::Appraised => "appraised post",
            Self::Selection => "selection",
            Self::Report => "report",
            Self::ConfirmedSelection => "confirmed selection",
            Self::Batch => "batch of payments",
            Self::Recovery => "recovery",
        }
    }

    /// The name in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Record => "登记记录",
            Self::Fact => "事实记录",
            Self::Scheme => "评分办法",
            Self::SchemeInForce => "当日有效的评分办法",
            Self::SelectionDocument => "评选办法",
            Self::SelectionDocumentInForce => "当日有效的评选办法",
            Self::Schedule => "积分细则",
            Self::ScheduleInForce => "当日有效的积分细则",
            Self::Run => "评价批次",
            Self::PublishedRun => "已公布的评价批次",
            Self::Result => "评价结果",
            Self::Checkpoint => "审计检查点",
            Self::Objection => "异议",
            Self::CalendarEdition => "工作日历版本",
            Self::Notice => "公示",
            Self::Round => "考核轮次",
            Self::Chain => "考核链",
            Self::Cohort => "考核组",
            Self::Appraised => "参加考核的职务",
            Self::Selection => "评选",
            Self::Report => "反映",
            Self::ConfirmedSelection => "已认定的评选",
            Self::Batch => "付款批次",
            Self::Recovery => "追回事项",
        }
    }
}

/// One thing that stands in the way of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What is wrong with it: a stable reason.
    pub reason: &'static str,
    /// What it is, as `street/s-01/p-003`.
    pub subject: String,
    /// A sentence in English.
    pub en: &'static str,
}

/// The state of the county says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{en}")]
pub struct Refusal {
    /// The stable reason.
    pub reason: &'static str,
    /// Why, in English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
    /// What it is about, for machines.
    pub metadata: Vec<(&'static str, String)>,
    /// Each single thing that stands in the way; as many are told as fit.
    pub violations: Vec<Violation>,
    /// Whether the refusal is kept as the answer to its request id for ever. Money and publication
    /// ask for it: a late repeat must not do what the caller was told was refused.
    pub remember: bool,
}

impl Refusal {
    /// A refusal without metadata that is not remembered.
    pub fn new(reason: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Self {
        let (metadata, violations) = (Vec::new(), Vec::new());
        Self { reason, en: en.into(), zh: zh.into(), metadata, violations, remember: false }
    }

    /// The same, naming each thing that stands in the way.
    #[must_use]
    pub fn naming(mut self, violations: Vec<Violation>) -> Self {
        self.violations = violations;
        self
    }

    /// The same with one more thing for machines.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.metadata.push((key, value.into()));
        self
    }

    /// The same, kept as the answer.
    #[must_use]
    pub fn remembered(mut self) -> Self {
        self.remember = true;
        self
    }
}

/// A refusal as it was answered the first time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{en}")]
pub struct StoredRefusal {
    /// The stable reason.
    pub reason: String,
    /// Why, in English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
    /// What it is about, for machines.
    pub metadata: Vec<(String, String)>,
    /// Each single thing that stood in the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<StoredViolation>,
}

/// One thing that stood in the way the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredViolation {
    /// What is wrong with it: a stable reason.
    pub reason: String,
    /// What it is.
    pub subject: String,
    /// A sentence in English.
    pub en: String,
}

impl From<&Refusal> for StoredRefusal {
    fn from(it: &Refusal) -> Self {
        let metadata = it.metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
        let violations = it.violations.iter().map(|it| StoredViolation {
            reason: it.reason.to_owned(),
            subject: it.subject.clone(),
            en: it.en.to_owned(),
        });
        Self {
            reason: it.reason.to_owned(),
            en: it.en.clone(),
            zh: it.zh.clone(),
            metadata: metadata.collect(),
            violations: violations.collect(),
        }
    }
}
