//! Every call names its caller and what its method asks before anything else is looked at. A path
//! that the policy does not list reaches no handler.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::Status;
use tower::{Layer, Service};

use super::{
    policy::{Method, Need, Policy},
    status,
};
use crate::app::{App, AppError, Caller, access::Permit};

/// Who calls, and what the called method asks. Every request that reaches a handler carries it.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Who calls.
    pub(crate) caller: Caller,
    /// What the method asks.
    need: Need,
    /// Whether the method writes: then what the caller holds is asked of the store anew.
    writes: bool,
}

impl Call {
    /// Of a request that has passed the gate.
    pub(crate) fn of<T>(request: &tonic::Request<T>) -> Result<Self, Status> {
        request.extensions().get::<Self>().cloned().ok_or_else(status::unauthenticated)
    }

    /// Whether the caller may, in that county.
    pub(crate) async fn permit(&self, app: &App, county: &str) -> Result<Permit, AppError> {
        let Need { permission: Some(permission), scope } = self.need else {
            return Err(AppError::Denied);
        };
        app.permit(&self.caller, county, permission, scope, self.writes).await
    }

    /// The same before the rest of a message is looked at: whoever may not learns nothing of its
    /// faults. A county that is none is a fault of its own.
    pub(crate) async fn permit_in(
        &self,
        app: &App,
        county: Option<&String>,
    ) -> Result<Option<Permit>, AppError> {
        match county {
            Some(county) => self.permit(app, county).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Puts the gate before services.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gate(&'static Policy);

impl Gate {
    pub(crate) const fn new(policy: &'static Policy) -> Self {
        Self(policy)
    }

    fn admit<B>(self, request: &mut Request<B>) -> Result<(), Status> {
        let caller = request.extensions().get::<Caller>().cloned();
        let caller = caller.ok_or_else(status::unauthenticated)?;
        // The whole of what was asked for, not its path alone: `?x=1` names no method.
        let asked = request.uri().path_and_query().map_or("", |it| it.as_str());
        let Method { need, writes, .. } = self.0.of(asked).ok_or_else(status::unimplemented)?;
        let call = Call { caller, need: *need, writes: *writes };
        request.extensions_mut().insert(call);
        Ok(())
    }
}

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { inner, gate: *self }
    }
}

/// A service behind the gate.
#[derive(Debug, Clone)]
pub(crate) struct Gated<S> {
    inner: S,
    gate: Gate,
}

impl<S, B, R> Service<Request<B>> for Gated<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.gate.admit(&mut request) {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(refused) => Box::pin(async move { Ok(refused.into_http()) }),
        }
    }
}
