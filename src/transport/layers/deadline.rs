//! Until when a call may take, and its end when the server stops.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tokio::time::{self, Instant};
use tonic::{Code, Status, body::Body};

use super::{
    super::{
        Method, Phase, Phases,
        refusal::{self, answer, refusal},
    },
    Call, Stage, handed, timeout,
};

/// Less than this is over before anything is done: the timer knows nothing shorter.
const SHORTEST: Duration = Duration::from_millis(1);

/// Ends calls at their deadline or with the server, whichever comes first.
#[derive(Debug)]
pub(super) struct Deadline {
    phases: Phases,
}

impl Deadline {
    pub(super) fn new(phases: Phases) -> Self {
        Self { phases }
    }
}

impl Stage for Deadline {
    async fn pass<S: Call>(self: Arc<Self>, request: Request<Body>, next: S) -> Response<Body> {
        let Ok(asked) = timeout::asked(request.headers()) else {
            let en = "grpc-timeout is not one to eight digits and a unit of HMSmun";
            let zh = "grpc-timeout 须为一至八位数字加单位（H、M、S、m、u、n）";
            return answer(refusal(Code::InvalidArgument, "TIMEOUT_INVALID", en, zh));
        };
        let method = request.extensions().get::<Arc<Method>>().cloned();
        let Some(method) = method else { return answer(refusal::unknown_method()) };
        let most = asked.unwrap_or(method.longest).min(method.longest);
        if most < SHORTEST {
            return answer(refusal::deadline());
        }
        let at = Instant::now();
        let at = at.checked_add(most).unwrap_or(at);
        let last = if method.watches { Phase::Stopping } else { Phase::Ending };
        let mut phases = self.phases.clone();
        let over = async move {
            tokio::select! {
                () = time::sleep_until(at) => refusal::deadline(),
                () = phases.reached(last) => refusal::stopping(),
            }
        };
        if !method.gives_stream {
            let mut call = pin!(handed(request, next));
            return tokio::select! {
                biased;
                response = &mut call => response,
                status = over => answer(status),
            };
        }
        let mut over: Pin<Box<dyn Future<Output = Status> + Send>> = Box::pin(over);
        let response = {
            let mut call = pin!(handed(request, next));
            tokio::select! {
                biased;
                response = &mut call => response,
                status = &mut over => return answer(status),
            }
        };
        response.map(|inner| Body::new(Timed { inner, over: Some(over) }))
    }
}

/// An answer that ends when its time is over.
struct Timed {
    inner: Body,
    /// What ends it; nothing once it has ended.
    over: Option<Pin<Box<dyn Future<Output = Status> + Send>>>,
}

impl http_body::Body for Timed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(over) = &mut self.over else { return Poll::Ready(None) };
        // The deadline first: an answer that never pauses ends too.
        if let Poll::Ready(status) = over.as_mut().poll(cx) {
            self.over = None;
            self.inner = Body::empty();
            return Poll::Ready(Some(super::statuses::trailers(&status)));
        }
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.over.is_none() || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
