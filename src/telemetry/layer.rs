//! The layer that every call passes, outermost: its span, its trace from and to the caller, and its
//! figures. A call ends when the body of its answer has ended or is given up.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use opentelemetry::{
    Context as Telemetry,
    trace::{SpanContext, TraceContextExt as _, TraceId},
};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use tower::{Layer, Service};
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::{
    calls::{CODES, Calls, Method, code_of, failure},
    context::extract,
    gate::{CALL, Sampler, UNTRACED},
};

/// What a call ends with whose caller went away, ...
const CANCELLED: usize = 1;
/// ... and one that ended without saying how.
const UNKNOWN: usize = 2;

/// Puts telemetry around a service.
#[derive(Debug, Clone)]
pub struct CallLayer {
    calls: Arc<Calls>,
    sampler: Sampler,
}

impl CallLayer {
    pub(super) fn of(calls: Calls, sampler: Sampler) -> Self {
        Self { calls: Arc::new(calls), sampler }
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CallService { inner, layer: self.clone() }
    }
}

/// A service with telemetry around it.
#[derive(Debug, Clone)]
pub struct CallService<S> {
    inner: S,
    layer: CallLayer,
}

impl<S, B, A> Service<Request<B>> for CallService<S>
where
    S: Service<Request<B>, Response = Response<A>>,
{
    type Response = Response<CallBody<A>>;
    type Error = S::Error;
    type Future = CallFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let CallLayer { calls, sampler } = &self.layer;
        let method = Arc::clone(calls.method(request.uri().path()));
        let span = span(&method, extract(request.headers()), *sampler);
        Calls::begin(&method);
        let under_way =
            UnderWay { calls: Arc::clone(calls), method, began: Instant::now(), span, code: None };
        let answer = under_way.span.in_scope(|| self.inner.call(request));
        CallFuture { answer: Box::pin(answer), under_way: Some(under_way) }
    }
}

/// The span of a call: a whole one where it is traced, else one that knows its trace for the log.
fn span(method: &Method, caller: Option<SpanContext>, sampler: Sampler) -> Span {
    let traced = match &caller {
        Some(caller) => sampler.exports && caller.is_sampled(),
        None => sampler.draws(),
    };
    if !traced {
        let fresh = || RandomIdGenerator::default().new_trace_id();
        let trace: TraceId = caller.map_or_else(fresh, |it| it.trace_id());
        let trace = u128::from_be_bytes(trace.to_bytes());
        return tracing::info_span!(target: UNTRACED, parent: None, "call", trace);
    }
    let span = tracing::info_span!(
        target: CALL,
        parent: None,
        "call",
        otel.name = method.name.as_str(),
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system = "grpc",
        rpc.service = method.service.as_str(),
        rpc.method = method.short.as_str(),
        rpc.grpc.status_code = Empty,
    );
    if let Some(caller) = caller {
        // Fails only where nobody listens to spans, and then there is none to give a parent.
        let _ = span.set_parent(Telemetry::new().with_remote_span_context(caller));
    }
    span
}

/// A call that has begun. Dropping it ends it, with the last code that was seen.
#[derive(Debug)]
struct UnderWay {
    calls: Arc<Calls>,
    method: Arc<Method>,
    began: Instant,
    span: Span,
    code: Option<usize>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let code = self.code.unwrap_or(CANCELLED).min(CODES.len().saturating_sub(1));
        self.calls.end(&self.method, code, self.began.elapsed());
        self.span.record("rpc.grpc.status_code", i64::try_from(code).unwrap_or_default());
        if failure(code) {
            self.span.record("otel.status_code", "error");
        }
        let _entered = self.span.enter();
        let code = CODES.get(code).copied();
        tracing::debug!(method = self.method.name.as_str(), code, "a call ended");
    }
}

/// A call until its answer begins.
#[derive(Debug)]
pub struct CallFuture<F> {
    answer: Pin<Box<F>>,
    under_way: Option<UnderWay>,
}

impl<F, A, E> Future for CallFuture<F>
where
    F: Future<Output = Result<Response<A>, E>>,
{
    type Output = Result<Response<CallBody<A>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let entered = this.under_way.as_ref().map(|it| it.span.enter());
        let answer = ready!(this.answer.as_mut().poll(context));
        drop(entered);
        let mut under_way = this.under_way.take();
        Poll::Ready(match answer {
            Ok(answer) => {
                if let Some(under_way) = &mut under_way {
                    under_way.code = code_of(answer.headers());
                }
                Ok(answer.map(|body| CallBody { body, under_way }))
            }
            Err(error) => {
                if let Some(under_way) = &mut under_way {
                    under_way.code = Some(UNKNOWN);
                }
                Err(error)
            }
        })
    }
}

/// The body of an answer, with which its call ends.
#[derive(Debug)]
pub struct CallBody<A> {
    body: A,
    under_way: Option<UnderWay>,
}

impl<A> CallBody<A> {
    fn end(&mut self, code: Option<usize>) {
        if let Some(mut under_way) = self.under_way.take() {
            under_way.code = code.or(under_way.code).or(Some(UNKNOWN));
        }
    }
}

impl<A> Body for CallBody<A>
where
    A: Body + Unpin,
{
    type Data = A::Data;
    type Error = A::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        let entered = this.under_way.as_ref().map(|it| it.span.enter());
        let frame = ready!(Pin::new(&mut this.body).poll_frame(context));
        drop(entered);
        match &frame {
            None => this.end(None),
            Some(Err(_)) => this.end(Some(UNKNOWN)),
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    this.end(code_of(trailers));
                }
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
