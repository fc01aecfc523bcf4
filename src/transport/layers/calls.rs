//! How many calls there may be at once: in the process, of one caller, and watches of one address.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tokio::sync::Semaphore;
use tonic::{Code, Status, body::Body};

use super::{
    super::{
        Limits, Method,
        counted::Counted,
        listen::{Peer, house},
        refusal::{answer, for_now},
    },
    Call, Stage, handed,
};
use crate::app::Caller;

/// The health service: its checks need no place, its watches have places of their own.
const HEALTH: &str = "/grpc.health.v1.Health/";

/// Places in the process.
#[derive(Debug)]
pub(super) struct InProcess {
    places: Arc<Semaphore>,
    watches: Counted<IpAddr>,
}

impl InProcess {
    pub(super) fn new(limits: &Limits) -> Self {
        let places = Arc::new(Semaphore::new(limits.calls));
        Self { places, watches: Counted::new(limits.watches_per_address) }
    }
}

impl Stage for InProcess {
    async fn pass<S: Call>(self: Arc<Self>, request: Request<Body>, next: S) -> Response<Body> {
        let of_health = request.uri().path().starts_with(HEALTH);
        let watches = request.extensions().get::<Arc<Method>>().is_some_and(|it| it.watches);
        if of_health && watches {
            let address = request.extensions().get::<Peer>().map(|it| house(it.address));
            let Some(address) = address else { return handed(request, next).await };
            let Some(place) = self.watches.take(address) else {
                let en = "this address has as many health watches as it may have";
                return refused("TOO_MANY_WATCHES", en, "该地址的健康监视数已达上限");
            };
            return held(handed(request, next).await, place);
        }
        if of_health {
            return handed(request, next).await;
        }
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let en = "the service has as many calls under way as it takes: try again soon";
            return refused("TOO_MANY_CALLS", en, "服务当前调用数已达上限，请稍后重试");
        };
        held(handed(request, next).await, place)
    }
}

/// Places of one principal.
#[derive(Debug)]
pub(super) struct OfCaller {
    places: Counted<Arc<str>>,
}

impl OfCaller {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { places: Counted::new(limits.calls_per_principal) }
    }
}

impl Stage for OfCaller {
    async fn pass<S: Call>(self: Arc<Self>, request: Request<Body>, next: S) -> Response<Body> {
        let principal = request.extensions().get::<Caller>().map(|it| Arc::clone(&it.principal));
        let Some(principal) = principal else { return handed(request, next).await };
        let Some(place) = self.places.take(principal) else {
            let en = "you have as many calls under way as a caller may have: try again soon";
            return refused("TOO_MANY_CALLS", en, "您当前的调用数已达上限，请稍后重试");
        };
        held(handed(request, next).await, place)
    }
}

fn refused(reason: &str, en: &str, zh: &str) -> Response<Body> {
    answer(for_now(Code::ResourceExhausted, reason, en, zh))
}

/// An answer that holds a place for as long as it lives.
fn held(response: Response<Body>, place: impl Send + Unpin + 'static) -> Response<Body> {
    response.map(|inner| Body::new(Held { inner, place: Some(place) }))
}

struct Held<P> {
    inner: Body,
    place: Option<P>,
}

impl<P: Unpin> http_body::Body for Held<P> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if frame.as_ref().is_none_or(|it| it.as_ref().is_ok_and(Frame::is_trailers)) {
            self.place = None;
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
