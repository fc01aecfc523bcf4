//! What every call passes, in one documented order.
//!
//! From the outside in: whether the answer is read; panics; statuses of the library; the shape of
//! the request; places in the process; who calls; whether there is such a method; places of the
//! caller; the deadline and the stop; the messages.

mod authenticate;
mod calls;
mod deadline;
mod frames;
mod inbox;
mod panics;
mod progress;
mod shape;
mod statuses;
mod timeout;

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::body::Body;
use tower::{Service, ServiceExt as _};

pub use authenticate::Authenticate;

use super::{Limits, Methods, Phases};

/// What answers a call.
pub trait Call:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send + 'static>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Call for S where
    S: Service<
            Request<Body>,
            Response = Response<Body>,
            Error = Infallible,
            Future: Send + 'static,
        > + Clone
        + Send
        + Sync
        + 'static
{
}

/// One thing that every call passes.
pub trait Stage: Send + Sync + 'static {
    /// Answers a request, mostly by handing it on.
    fn pass<S: Call>(
        self: Arc<Self>,
        request: Request<Body>,
        next: S,
    ) -> impl Future<Output = Response<Body>> + Send;
}

/// A stage that hands on everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Open;

impl Stage for Open {
    async fn pass<S: Call>(self: Arc<Self>, request: Request<Body>, next: S) -> Response<Body> {
        handed(request, next).await
    }
}

/// What the next one answers.
pub(crate) async fn handed<S: Call>(request: Request<Body>, next: S) -> Response<Body> {
    match next.oneshot(request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}

/// A stage before a service.
pub struct Staged<T, S> {
    stage: Arc<T>,
    next: S,
}

impl<T, S> Staged<T, S> {
    /// Puts a stage before a service.
    pub fn new(stage: T, next: S) -> Self {
        Self { stage: Arc::new(stage), next }
    }
}

impl<T, S: Clone> Clone for Staged<T, S> {
    fn clone(&self) -> Self {
        Self { stage: Arc::clone(&self.stage), next: self.next.clone() }
    }
}

impl<T, S> fmt::Debug for Staged<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Staged")
    }
}

impl<T: Stage, S: Call> Service<Request<Body>> for Staged<T, S> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Whoever passes it on waits for the next one.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (stage, next) = (Arc::clone(&self.stage), self.next.clone());
        Box::pin(async move { Ok(stage.pass(request, next).await) })
    }
}

/// Puts everything that a call passes before the services, `authenticate` at its place: it sees
/// requests of the right shape for which there is room, with the [`super::Peer`] and, where there
/// is one of that path, the [`super::Method`] (as `Arc<Method>`) in their extensions; and it puts a
/// [`crate::app::Caller`] into them.
pub fn stack(
    routes: impl Call,
    authenticate: impl Stage,
    methods: Methods,
    limits: &Arc<Limits>,
    phases: Phases,
) -> impl Call {
    let methods = Arc::new(methods);
    let call = Staged::new(frames::Frames::new(&methods, limits), routes);
    let call = Staged::new(deadline::Deadline::new(phases), call);
    let call = Staged::new(calls::OfCaller::new(limits), call);
    let call = Staged::new(shape::Known, call);
    let call = Staged::new(authenticate, call);
    let call = Staged::new(calls::InProcess::new(limits), call);
    let call = Staged::new(shape::Shape::new(&methods), call);
    let call = Staged::new(statuses::Statuses, call);
    let call = Staged::new(panics::Panics, call);
    Staged::new(progress::Progress, call)
}
