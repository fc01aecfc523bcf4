//! Notes whether an answer waits for its reader, and keeps what is under way for one small.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tonic::{Status, body::Body};

use super::{super::streams::Reading, Call, Stage, handed};

/// The most that is handed to the connection at once: what lies there is no longer watched.
const PART: usize = 16 * 1024;

/// Watches the reader of an answer.
#[derive(Debug)]
pub(super) struct Progress;

impl Stage for Progress {
    async fn pass<S: Call>(self: Arc<Self>, request: Request<Body>, next: S) -> Response<Body> {
        let response = handed(request, next).await;
        let Some(reading) = Reading::here() else { return response };
        response.map(|inner| Body::new(Read { inner, rest: Bytes::new(), reading }))
    }
}

struct Read {
    inner: Body,
    rest: Bytes,
    reading: Arc<Reading>,
}

impl http_body::Body for Read {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.rest.is_empty() {
            let polled = Pin::new(&mut self.inner).poll_frame(cx);
            let Poll::Ready(Some(Ok(frame))) = polled else {
                self.reading.asked();
                return polled;
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => {
                    self.reading.asked();
                    return Poll::Ready(Some(Ok(trailers)));
                }
            }
        }
        let now = self.rest.len().min(PART);
        let part = self.rest.split_to(now);
        self.reading.waits();
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
