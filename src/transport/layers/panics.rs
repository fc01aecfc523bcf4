//! A panic ends one call, under a number that is in the log too.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tonic::{Status, body::Body};

use super::{
    super::refusal::{answer, incident},
    Call, Stage, handed,
};

/// Turns a panic into INTERNAL.
#[derive(Debug)]
pub(super) struct Panics;

impl Stage for Panics {
    async fn pass<S: Call>(self: Arc<Self>, request: Request<Body>, next: S) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let mut call = pin!(handed(request, next));
        let answered =
            poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx))) {
                Ok(polled) => polled.map(Some),
                Err(_) => Poll::Ready(None),
            });
        match answered.await {
            Some(response) => response.map(|inner| Body::new(Caught { inner, path, done: false })),
            None => answer(told(&path)),
        }
    }
}

/// Notes a panic under a new number and answers what the caller is told.
fn told(path: &str) -> Status {
    let mut bytes = [0; 8];
    // Without randomness the number is zeros; the log has the time.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    let number = crate::app::hex(&bytes);
    tracing::error!(incident = %number, method = %path, "a call panicked");
    incident(&number)
}

/// An answer that may panic while it is made.
struct Caught {
    inner: Body,
    path: String,
    done: bool,
}

impl http_body::Body for Caught {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.done {
            return Poll::Ready(None);
        }
        let inner = &mut self.inner;
        let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(inner).poll_frame(cx)));
        let Ok(polled) = polled else {
            self.done = true;
            return Poll::Ready(Some(super::statuses::trailers(&told(&self.path))));
        };
        Poll::Ready(ready!(polled))
    }

    fn is_end_stream(&self) -> bool {
        self.done || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt as _;

    use super::*;

    #[test]
    fn every_incident_has_a_number_of_its_own() {
        let (one, other) = (told("/a"), told("/a"));
        let number = |status: &Status| {
            let details = status.get_error_details();
            details.error_info().unwrap().metadata["incident"].clone()
        };
        assert_eq!(number(&one).len(), 16);
        assert_ne!(number(&one), number(&other));
        assert!(one.message().ends_with(&number(&one)), "{}", one.message());
    }
}
