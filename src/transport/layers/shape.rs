//! What a request must look like before anything else is asked.

use std::sync::Arc;

use http::{HeaderMap, Request, Response, StatusCode, header};
use tonic::body::Body;

use super::{
    super::{Method, Methods, refusal},
    Call, Stage, handed,
};

/// Refuses what is no gRPC call of an exact path, and says which method the others name.
#[derive(Debug)]
pub(super) struct Shape {
    methods: Arc<Methods>,
}

impl Shape {
    pub(super) fn new(methods: &Arc<Methods>) -> Self {
        Self { methods: Arc::clone(methods) }
    }
}

impl Stage for Shape {
    async fn pass<S: Call>(self: Arc<Self>, mut request: Request<Body>, next: S) -> Response<Body> {
        if request.method() != http::Method::POST {
            let mut refused = bare(StatusCode::METHOD_NOT_ALLOWED);
            let post = header::HeaderValue::from_static("POST");
            refused.headers_mut().insert(header::ALLOW, post);
            return refused;
        }
        // A browser's page names its origin; it does not speak this protocol.
        let headers = request.headers();
        if !is_grpc(headers) || headers.contains_key(header::ORIGIN) {
            return bare(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        let encodings = headers.get_all("grpc-encoding");
        if encodings.iter().any(|it| it.as_bytes() != b"identity") {
            let mut refused = refusal::answer(refusal::encoding_unknown());
            let only = header::HeaderValue::from_static("identity");
            refused.headers_mut().insert("grpc-accept-encoding", only);
            return refused;
        }
        if request.uri().query().is_some() {
            return refusal::answer(refusal::unknown_method());
        }
        if let Some(method) = self.methods.find(request.uri().path()) {
            request.extensions_mut().insert(method);
        }
        handed(request, next).await
    }
}

/// Refuses what names no method; behind whoever asks who calls.
#[derive(Debug)]
pub(super) struct Known;

impl Stage for Known {
    async fn pass<S: Call>(self: Arc<Self>, request: Request<Body>, next: S) -> Response<Body> {
        if request.extensions().get::<Arc<Method>>().is_none() {
            return refusal::answer(refusal::unknown_method());
        }
        handed(request, next).await
    }
}

/// `application/grpc` or `application/grpc+proto`, once, with parameters or without.
fn is_grpc(headers: &HeaderMap) -> bool {
    let mut all = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(one), None) = (all.next(), all.next()) else { return false };
    let kind = one.as_bytes().split(|it| *it == b';').next().unwrap_or_default();
    let kind = kind.trim_ascii();
    kind.eq_ignore_ascii_case(b"application/grpc")
        || kind.eq_ignore_ascii_case(b"application/grpc+proto")
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
