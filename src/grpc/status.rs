//! The one place where an error becomes a gRPC status.

use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{
    ErrorDetails, FieldViolation, LocalizedMessage, PreconditionViolation, StatusExt,
};

use crate::{
    app::{AppError, FieldFault},
    domain::masked::{self, Masked, masked},
    store::StoreError,
};

/// The domain of every reason.
pub(crate) const DOMAIN: &str = "steelyard.v1";
/// The language of the localized messages.
pub(crate) const LOCALE: &str = "zh-CN";
/// The most faults that are told at once.
const FAULTS_MAX: usize = 100;
/// The most bytes of faults in one status: details travel in the trailers, which clients bound.
const FAULT_BYTES_MAX: usize = 6 * 1024;
/// What a fault takes in bytes besides its texts.
const FAULT_BYTES: usize = 32;
/// How long a caller waits before it tries again.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// What a caller is told.
struct Told<'a> {
    code: Code,
    reason: &'a str,
    en: String,
    zh: String,
    metadata: Vec<(String, String)>,
}

impl Told<'_> {
    fn status(self) -> Status {
        let details = self.details();
        Status::with_error_details(self.code, self.en, details)
    }

    fn with(self, violations: Vec<PreconditionViolation>) -> Status {
        let mut details = self.details();
        if !violations.is_empty() {
            details.set_precondition_failure(violations);
        }
        Status::with_error_details(self.code, self.en, details)
    }

    fn retried(self) -> Status {
        let mut details = self.details();
        details.set_retry_info(Some(RETRY_AFTER));
        Status::with_error_details(self.code, self.en, details)
    }

    #[expect(
        clippy::disallowed_types,
        reason = "the signature of tonic-types; a map of metadata has no order to leak"
    )]
    fn details(&self) -> ErrorDetails {
        let metadata: std::collections::HashMap<_, _> = self.metadata.iter().cloned().collect();
        let mut details = ErrorDetails::with_error_info(self.reason, DOMAIN, metadata);
        details.set_localized_message(LOCALE, &self.zh);
        details
    }
}

/// No text tells a citizen's number, whatever was given.
fn told(code: Code, reason: &str, en: impl Into<String>, zh: impl Into<String>) -> Told<'_> {
    let (en, zh) = (masked(&en.into()), masked(&zh.into()));
    Told { code, reason, en, zh, metadata: Vec::new() }
}

/// The status of an error.
pub(crate) fn from(error: AppError) -> Status {
    match error {
        AppError::Invalid(faults) => invalid(&faults),
        AppError::NotFound { what, id } => {
            let en = format!("{} `{id}` does not exist", what.en());
            let zh = format!("{}“{id}”不存在", what.zh());
            let mut told = told(Code::NotFound, what.reason(), en, zh);
            told.metadata = pairs([("id", id)]);
            told.status()
        }
        AppError::Denied => denied(),
        AppError::Refused(refusal) => {
            let mut told = told(Code::FailedPrecondition, refusal.reason, refusal.en, refusal.zh);
            told.metadata = pairs(refusal.metadata);
            let all = refusal.violations.iter().map(|it| [it.reason, &it.subject, it.en]);
            told.with(violations(all))
        }
        AppError::Replayed(refusal) => {
            let code = Code::FailedPrecondition;
            let mut told = told(code, &refusal.reason, refusal.en, refusal.zh);
            let metadata = refusal.metadata.into_iter();
            told.metadata = metadata.map(|(key, value)| (key, masked(&value))).collect();
            let all = refusal.violations.iter();
            told.with(violations(all.map(|it| [&*it.reason, &it.subject, &it.en])))
        }
        AppError::IdReused => {
            let en = "the request id was used before, for another method or message";
            told(Code::AlreadyExists, "REQUEST_ID_REUSED", en, "该请求编号已用于其他请求").status()
        }
        AppError::AlreadyExists { reason, existing } => {
            let en = format!("`{existing}` exists already");
            let mut told = told(Code::AlreadyExists, reason, en, format!("“{existing}”已存在"));
            told.metadata = pairs([("existing", existing)]);
            told.status()
        }
        AppError::Exhausted { reason, en, zh } => {
            told(Code::ResourceExhausted, reason, en, zh).status()
        }
        AppError::Store(error) => store(&error),
        AppError::Engine(why) => {
            let en = format!("the evaluation cannot be computed: {why}");
            told(Code::FailedPrecondition, "NOT_COMPUTABLE", en, "无法计算评价结果").status()
        }
        AppError::Internal(why) => {
            tracing::error!("internal error: {}", Masked(&why));
            internal()
        }
    }
}

/// What stands in the way by reason, subject and sentence, as much as fits.
fn violations<'a>(all: impl Iterator<Item = [&'a str; 3]>) -> Vec<PreconditionViolation> {
    let mut left = FAULT_BYTES_MAX;
    let mut told = Vec::new();
    for [reason, subject, en] in all.take(FAULTS_MAX) {
        let texts = [reason.len(), subject.len(), en.len()];
        let size = texts.into_iter().fold(FAULT_BYTES, usize::saturating_add);
        let Some(rest) = left.checked_sub(size) else { break };
        left = rest;
        told.push(PreconditionViolation::new(reason, masked(subject), en));
    }
    told
}

fn pairs(of: impl IntoIterator<Item = (&'static str, String)>) -> Vec<(String, String)> {
    of.into_iter().map(|(key, value)| (key.to_owned(), masked(&value))).collect()
}

/// The one answer to whoever may not and to whoever asks for what is not there: the same bytes.
pub(crate) fn denied() -> Status {
    let en = "you may not do this here, or there is no such thing";
    told(Code::PermissionDenied, "PERMISSION_DENIED", en, "无权进行该操作，或对象不存在").status()
}

/// The one answer to whoever did not say who it is, in a way that can be believed.
pub(crate) fn unauthenticated() -> Status {
    let en = "valid credentials are required";
    told(Code::Unauthenticated, "UNAUTHENTICATED", en, "须提供有效的身份凭证").status()
}

/// The one answer to a method that is none of ours.
pub(crate) fn unimplemented() -> Status {
    let en = "there is no such method";
    told(Code::Unimplemented, "METHOD_UNKNOWN", en, "没有该方法").status()
}

fn internal() -> Status {
    told(Code::Internal, "INTERNAL", "internal error", "服务内部错误").status()
}

/// An error as the log may have it: without what caused it, which can quote what is stored.
fn logged(error: &StoreError) -> String {
    masked::masked(&error.to_string())
}

fn store(error: &StoreError) -> Status {
    match error {
        StoreError::AlreadyRecorded => {
            let en = "it is recorded already";
            told(Code::AlreadyExists, "ALREADY_RECORDED", en, "已有记录").status()
        }
        StoreError::StaleRevision => {
            let en = "it changed since it was read: read it again and try again";
            told(Code::Aborted, "STALE_REVISION", en, "数据已变化，请重新读取后再试").retried()
        }
        StoreError::Contended => {
            let en = "another write of the county is under way: try again with the same request id";
            told(Code::Aborted, "CONTENDED", en, "该县有其他写入正在进行，请用同一请求编号重试")
                .retried()
        }
        StoreError::Overflow => {
            let en = "a sum of points would leave the range that is kept";
            told(Code::FailedPrecondition, "SUM_OUT_OF_RANGE", en, "积分合计超出可保存范围")
                .status()
        }
        StoreError::StorageFull => {
            tracing::error!(error = logged(error), "no space left");
            let en = "no space is left for the database: nothing was stored";
            told(Code::ResourceExhausted, "STORAGE_FULL", en, "数据库空间不足，未保存任何内容")
                .status()
        }
        StoreError::OutcomeUnknown(_) => {
            tracing::error!(error = logged(error), "outcome unknown");
            let en = "the outcome is unknown: repeat the call with the same request id";
            told(Code::Unavailable, "OUTCOME_UNKNOWN", en, "结果未知，请用同一请求编号重试")
                .retried()
        }
        StoreError::Unavailable(_) | StoreError::Aborted | StoreError::Unfit(_) => {
            tracing::error!(error = logged(error), "storage unavailable");
            let en = "storage is unavailable";
            told(Code::Unavailable, "STORAGE_UNAVAILABLE", en, "存储暂不可用").retried()
        }
        StoreError::Corrupt { .. } => {
            tracing::error!(error = logged(error), "a stored row was changed");
            let en = "what is stored is not what was recorded: an operator has been told";
            told(Code::DataLoss, "DIGEST_MISMATCH", en, "存储的数据与记录时不符，已通知管理员")
                .status()
        }
        StoreError::NotLocked { .. } | StoreError::Schema(_) => {
            tracing::error!(error = logged(error), "storage");
            internal()
        }
    }
}

/// All faults of a request, as many as fit; the reason is that of the first, and the metadata say
/// how many there were.
fn invalid(faults: &[FieldFault]) -> Status {
    let reason = faults.first().map_or("INVALID_ARGUMENT", |it| it.reason);
    let first = faults.first().map_or_else(String::new, |it| format!("{}: {}", it.path, it.en));
    let first_zh = faults.first().map_or_else(String::new, |it| format!("{}：{}", it.path, it.zh));
    let (en, zh) = match faults.len() {
        0 | 1 => (first, first_zh),
        total => (
            format!("the request has {total} faults; the first: {first}"),
            format!("请求有 {total} 处错误，第一处：{first_zh}"),
        ),
    };
    let mut told = told(Code::InvalidArgument, reason, cut(&en), cut(&zh));
    told.metadata = pairs([("faults_total", faults.len().to_string())]);
    let mut details = told.details();
    let mut left = FAULT_BYTES_MAX;
    let mut violations = Vec::new();
    for fault in faults.iter().take(FAULTS_MAX) {
        let texts = [fault.path.len(), fault.reason.len(), fault.en.len(), fault.zh.len()];
        let size = texts.into_iter().fold(FAULT_BYTES, usize::saturating_add);
        let Some(rest) = left.checked_sub(size) else { break };
        left = rest;
        violations.push(FieldViolation {
            field: masked(&fault.path),
            description: masked(&fault.en),
            reason: fault.reason.to_owned(),
            localized_message: Some(LocalizedMessage::new(LOCALE, masked(&fault.zh))),
        });
    }
    details.set_bad_request(violations);
    Status::with_error_details(told.code, told.en, details)
}

/// At most 300 characters: the message travels in the trailers too.
fn cut(text: &str) -> String {
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_long_faults_fit_into_the_trailers_and_are_counted() {
        let fault = |index: usize| FieldFault {
            path: format!("facts[{index}].entry.times"),
            reason: "DECIMAL_INVALID",
            en: "x".repeat(200),
            zh: "错".repeat(60),
        };
        let faults: Vec<_> = (0..1_000).map(fault).collect();
        let status = invalid(&faults);
        assert!(status.details().len() < 8 * 1024, "{}", status.details().len());
        let details = status.get_error_details();
        let shown = details.bad_request().unwrap().field_violations.len();
        assert!((5..100).contains(&shown), "{shown}");
        let info = details.error_info().unwrap();
        assert_eq!(info.metadata["faults_total"], "1000");
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("DECIMAL_INVALID", DOMAIN));
        assert!(!details.localized_message().unwrap().message.is_empty());
    }

    #[test]
    fn faults_up_to_a_hundred_are_all_told_where_they_fit() {
        let fault = FieldFault {
            path: "id".into(),
            reason: "ID_INVALID",
            en: "an id".into(),
            zh: "编号".into(),
        };
        let status = invalid(&vec![fault; 150]);
        let shown = status.get_error_details().bad_request().unwrap().field_violations.len();
        assert_eq!(shown, 100);
    }
}
