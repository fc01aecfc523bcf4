//! Who calls: the place where credentials become a caller, or the call ends.

use std::sync::Arc;

use http::{Request, Response, header::AUTHORIZATION};
use tonic::{Status, body::Body};

use super::{super::Peer, Call, Stage, handed};
use crate::{
    app::Caller,
    grpc::status,
    trust::{Refused, Trust},
};

/// What is asked without credentials: whether the service is up.
const OPEN: [&str; 2] = ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"];

/// Asks every call for its credentials, health alone excepted.
#[derive(Debug, Clone)]
pub struct Authenticate(Arc<Trust>);

impl Authenticate {
    /// By what is trusted.
    pub fn new(trust: Arc<Trust>) -> Self {
        Self(trust)
    }

    fn caller(&self, request: &Request<Body>) -> Result<Option<Caller>, Status> {
        if OPEN.contains(&request.uri().path()) {
            return Ok(None);
        }
        let mut all = request.headers().get_all(AUTHORIZATION).iter();
        let header = match all.next().map(|it| it.to_str()) {
            None => None,
            Some(Ok(text)) => Some(text),
            Some(Err(_)) => return Err(status::unauthenticated()),
        };
        if all.next().is_some() {
            // Two answers to one question.
            return Err(status::unauthenticated());
        }
        let peer = request.extensions().get::<Peer>();
        let certificate = peer.and_then(|it| it.certificate.as_deref());
        let caller = self.0.caller(header, certificate);
        caller.map(Some).map_err(|why| match why {
            Refused::Unauthenticated => status::unauthenticated(),
            Refused::NotListed => status::denied(),
        })
    }
}

impl Stage for Authenticate {
    async fn pass<S: Call>(self: Arc<Self>, mut request: Request<Body>, next: S) -> Response<Body> {
        match self.caller(&request) {
            Ok(caller) => {
                if let Some(caller) = caller {
                    request.extensions_mut().insert(caller);
                }
                handed(request, next).await
            }
            Err(refused) => refused.into_http(),
        }
    }
}
