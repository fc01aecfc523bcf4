//! What the transport itself answers: a code, a stable reason, and words in both languages.

use std::time::Duration;

use tonic::{Code, Status, body::Body};
use tonic_types::{ErrorDetails, StatusExt};

use crate::grpc::{DOMAIN, LOCALE};

/// How long a caller waits before it tries again.
const RETRY_AFTER: Duration = Duration::from_millis(500);

#[expect(clippy::disallowed_types, reason = "the signature of tonic-types")]
fn details(reason: &str, zh: &str, metadata: &[(&str, &str)]) -> ErrorDetails {
    let metadata: std::collections::HashMap<_, _> =
        metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let mut details = ErrorDetails::with_error_info(reason, DOMAIN, metadata);
    details.set_localized_message(LOCALE, zh);
    details
}

/// A refusal.
pub(super) fn refusal(code: Code, reason: &str, en: &str, zh: &str) -> Status {
    Status::with_error_details(code, en, details(reason, zh, &[]))
}

/// A refusal that may be gone after a while.
pub(super) fn for_now(code: Code, reason: &str, en: &str, zh: &str) -> Status {
    let mut details = details(reason, zh, &[]);
    details.set_retry_info(Some(RETRY_AFTER));
    Status::with_error_details(code, en, details)
}

/// A fault of ours, under the number it has in the log.
pub(super) fn incident(number: &str) -> Status {
    let details = details("INTERNAL", "服务内部错误", &[("incident", number)]);
    Status::with_error_details(
        Code::Internal,
        format!("internal error, incident {number}"),
        details,
    )
}

/// An answer that is a status alone.
pub(super) fn answer(status: Status) -> http::Response<Body> {
    status.into_http()
}

pub(super) fn malformed() -> Status {
    let en = "the message cannot be decoded";
    refusal(Code::InvalidArgument, "MESSAGE_MALFORMED", en, "消息无法解码")
}

pub(super) fn too_large() -> Status {
    let en = "the message is larger than this method takes";
    refusal(Code::ResourceExhausted, "MESSAGE_TOO_LARGE", en, "消息超过该方法的大小上限")
}

pub(super) fn message_count() -> Status {
    let en = "this method takes exactly one message";
    refusal(Code::InvalidArgument, "MESSAGE_COUNT", en, "该方法须恰好收到一条消息")
}

pub(super) fn too_many_elements() -> Status {
    let en = "the message has more parts than a message may have";
    refusal(Code::InvalidArgument, "MESSAGE_TOO_COMPLEX", en, "消息的组成部分过多")
}

pub(super) fn compressed() -> Status {
    let en = "the message is marked as compressed, and this service takes no compression";
    refusal(Code::InvalidArgument, "MESSAGE_COMPRESSED", en, "消息标记为已压缩，本服务不接受压缩")
}

pub(super) fn cut() -> Status {
    let en = "the message ended before it was whole";
    refusal(Code::InvalidArgument, "MESSAGE_CUT", en, "消息不完整")
}

pub(super) fn deadline() -> Status {
    let en = "the deadline of the call has passed";
    refusal(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", en, "调用已超过时限")
}

pub(super) fn stopping() -> Status {
    let en = "the server is stopping: try again, elsewhere or later";
    for_now(Code::Unavailable, "SERVER_STOPPING", en, "服务正在停止，请稍后重试")
}

pub(super) fn unknown_method() -> Status {
    let en = "there is no such method";
    refusal(Code::Unimplemented, "METHOD_UNKNOWN", en, "没有该方法")
}

pub(super) fn encoding_unknown() -> Status {
    let en = "messages are taken uncompressed only";
    refusal(Code::Unimplemented, "ENCODING_UNKNOWN", en, "仅接受未压缩的消息")
}
