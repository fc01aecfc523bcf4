//! Statuses that the library made become ours.
//!
//! Ours always carry details; what carries none comes from the library: its code is one that says
//! something else to a caller, and its text names crates, types and fields.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use tonic::{Code, Status, body::Body};

use super::{
    super::refusal::{self, refusal},
    Call, Stage, handed,
};

/// Turns the library's statuses into ours.
#[derive(Debug)]
pub(super) struct Statuses;

impl Stage for Statuses {
    async fn pass<S: Call>(self: Arc<Self>, request: Request<Body>, next: S) -> Response<Body> {
        let mut response = handed(request, next).await;
        mend(response.headers_mut(), Place::Headers);
        response.map(|inner| Body::new(Mended { inner }))
    }
}

/// Where a status stands: before any answer, or after one began.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Headers,
    Trailers,
}

struct Mended {
    inner: Body,
}

impl http_body::Body for Mended {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &mut frame
            && let Some(trailers) = frame.trailers_mut()
        {
            mend(trailers, Place::Trailers);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The end of an answer.
pub(super) fn trailers(status: &Status) -> Result<Frame<Bytes>, Status> {
    let mut trailers = HeaderMap::new();
    status.add_header(&mut trailers)?;
    Ok(Frame::trailers(trailers))
}

fn mend(headers: &mut HeaderMap, place: Place) {
    let Some(code) = headers.get(Status::GRPC_STATUS) else { return };
    let code = Code::from_bytes(code.as_bytes());
    if code == Code::Ok || headers.contains_key(Status::GRPC_STATUS_DETAILS) {
        return;
    }
    let unread = headers.contains_key("grpc-accept-encoding");
    // Our texts and details are always header values.
    let _ = ours(code, place, unread).add_header(headers);
}

fn ours(code: Code, place: Place, unread: bool) -> Status {
    let begun = place == Place::Trailers;
    match code {
        Code::Internal | Code::Unknown | Code::DataLoss if begun => {
            refusal(Code::Internal, "INTERNAL", "internal error", "服务内部错误")
        }
        Code::Internal => refusal::malformed(),
        Code::OutOfRange if begun => {
            let en = "the answer is larger than an answer may be: ask for less";
            refusal(Code::ResourceExhausted, "ANSWER_TOO_LARGE", en, "应答超过大小上限，请缩小范围")
        }
        Code::OutOfRange | Code::ResourceExhausted => refusal::too_large(),
        Code::Cancelled | Code::DeadlineExceeded => refusal::deadline(),
        Code::Unimplemented if unread => refusal::encoding_unknown(),
        Code::Unimplemented => refusal::unknown_method(),
        Code::NotFound => {
            let en = "there is no service of that name";
            refusal(Code::NotFound, "SERVICE_UNKNOWN", en, "没有该名称的服务")
        }
        Code::Unavailable => {
            let en = "the service is unavailable";
            refusal::for_now(Code::Unavailable, "UNAVAILABLE", en, "服务暂不可用")
        }
        Code::InvalidArgument | Code::FailedPrecondition => {
            refusal(code, "INVALID_ARGUMENT", "the request is not valid", "请求无效")
        }
        Code::Unauthenticated => {
            refusal(code, "UNAUTHENTICATED", "the caller is not known", "调用方身份未经验证")
        }
        Code::PermissionDenied => {
            refusal(code, "PERMISSION_DENIED", "this is not permitted", "无此权限")
        }
        Code::Aborted | Code::AlreadyExists => {
            refusal(Code::Aborted, "ABORTED", "the call was given up", "调用已中止")
        }
        Code::Ok | Code::Unknown | Code::DataLoss => {
            refusal(Code::Internal, "INTERNAL", "internal error", "服务内部错误")
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt as _;

    use super::*;

    fn mended(status: &Status, place: Place) -> (Code, String, String) {
        let mut headers = HeaderMap::new();
        status.add_header(&mut headers).unwrap();
        mend(&mut headers, place);
        let status = Status::from_header_map(&headers).unwrap();
        let reason = status.get_error_details().error_info().map(|it| it.reason.clone());
        (status.code(), reason.unwrap_or_default(), status.message().to_owned())
    }

    #[test]
    fn what_the_library_says_becomes_what_we_say() {
        use Place::{Headers, Trailers};
        let leak = "failed to decode Protobuf message: RegistryRecord.name: invalid";
        let cases = [
            (Code::Internal, Headers, Code::InvalidArgument, "MESSAGE_MALFORMED"),
            (Code::OutOfRange, Headers, Code::ResourceExhausted, "MESSAGE_TOO_LARGE"),
            (Code::OutOfRange, Trailers, Code::ResourceExhausted, "ANSWER_TOO_LARGE"),
            (Code::ResourceExhausted, Headers, Code::ResourceExhausted, "MESSAGE_TOO_LARGE"),
            (Code::Cancelled, Headers, Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
            (Code::Unimplemented, Headers, Code::Unimplemented, "METHOD_UNKNOWN"),
            (Code::NotFound, Headers, Code::NotFound, "SERVICE_UNKNOWN"),
            (Code::Internal, Trailers, Code::Internal, "INTERNAL"),
            (Code::Unknown, Headers, Code::Internal, "INTERNAL"),
        ];
        for (code, place, becomes, reason) in cases {
            let (is, because, text) = mended(&Status::new(code, leak), place);
            assert_eq!((is, because.as_str()), (becomes, reason), "{code:?}");
            assert!(!text.contains("Protobuf"), "{text}");
        }
    }

    #[test]
    fn what_is_ours_stays() {
        let ours = refusal(Code::Internal, "OF_OURS", "a text", "文");
        let told = mended(&ours, Place::Trailers);
        assert_eq!(told, (Code::Internal, "OF_OURS".to_owned(), "a text".to_owned()));
    }
}
