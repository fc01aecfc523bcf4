//! The layer that every call passes: it leaves a [`Caller`] in the request, or answers.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Extensions, Request, Response, header::AUTHORIZATION};
use tonic::Status;
use tower::{Layer, Service};

use super::{Refused, Trust};
use crate::{app::Caller, grpc::status};

/// What is asked without credentials: whether the service is up.
const OPEN: [&str; 2] = ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"];

/// Where a request says with which certificate its connection was made.
pub type CertificateOf = fn(&Extensions) -> Option<Arc<[u8]>>;

/// Asks every call for its credentials.
#[derive(Debug, Clone)]
pub struct Authenticate {
    trust: Arc<Trust>,
    certificate_of: CertificateOf,
}

impl Authenticate {
    /// By what is trusted.
    pub fn new(trust: Arc<Trust>, certificate_of: CertificateOf) -> Self {
        Self { trust, certificate_of }
    }

    fn caller<B>(&self, request: &Request<B>) -> Result<Option<Caller>, Status> {
        if OPEN.contains(&request.uri().path()) {
            return Ok(None);
        }
        let mut all = request.headers().get_all(AUTHORIZATION).iter();
        let first = all.next();
        if all.next().is_some() {
            // Two answers to one question.
            return Err(status::unauthenticated());
        }
        let header = match first.map(|it| it.to_str()) {
            None => None,
            Some(Ok(text)) => Some(text),
            Some(Err(_)) => return Err(status::unauthenticated()),
        };
        let certificate = (self.certificate_of)(request.extensions());
        let caller = self.trust.caller(header, certificate.as_deref());
        caller.map(Some).map_err(|why| match why {
            Refused::Unauthenticated => status::unauthenticated(),
            Refused::NotListed => status::denied(),
        })
    }
}

impl<S> Layer<S> for Authenticate {
    type Service = Authenticated<S>;

    fn layer(&self, inner: S) -> Authenticated<S> {
        Authenticated { inner, by: self.clone() }
    }
}

/// A service whose callers are known.
#[derive(Debug, Clone)]
pub struct Authenticated<S> {
    inner: S,
    by: Authenticate,
}

impl<S, B, R> Service<Request<B>> for Authenticated<S>
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
        match self.by.caller(&request) {
            Ok(caller) => {
                if let Some(caller) = caller {
                    request.extensions_mut().insert(caller);
                }
                Box::pin(self.inner.call(request))
            }
            Err(refused) => Box::pin(async move { Ok(refused.into_http()) }),
        }
    }
}
