//! The trace context of W3C in the metadata of gRPC: `traceparent` and `tracestate`, in and out.

use http::HeaderMap;
use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator as _},
    trace::{SpanContext, TraceContextExt as _},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::{
    Request, Status,
    metadata::{MetadataKey, MetadataMap, MetadataValue},
    service::Interceptor,
};

const TRACE_PARENT: &str = "traceparent";

/// What came in.
struct Incoming<'a>(&'a HeaderMap);

impl Extractor for Incoming<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// What goes out.
struct Leaving<'a>(&'a mut MetadataMap);

impl Injector for Leaving<'_> {
    fn set(&mut self, key: &str, value: String) {
        let key = MetadataKey::from_bytes(key.as_bytes());
        // A value that is no header is not sent: a call without a trace is better than none.
        if let (Ok(key), Ok(value)) = (key, MetadataValue::try_from(value))
            && !value.is_empty()
        {
            self.0.insert(key, value);
        }
    }
}

/// The caller's span, if the call says which and says it well.
pub(super) fn extract(headers: &HeaderMap) -> Option<SpanContext> {
    headers.get(TRACE_PARENT)?;
    let context =
        TraceContextPropagator::new().extract_with_context(&Context::new(), &Incoming(headers));
    let span = context.span().span_context().clone();
    span.is_valid().then_some(span)
}

/// Puts the present span, if there is one, into the metadata of a call that is about to leave.
pub fn inject(metadata: &mut MetadataMap) {
    Context::map_current(|it| {
        if it.has_active_span() {
            TraceContextPropagator::new().inject_context(it, &mut Leaving(metadata));
        }
    });
}

/// Lets every call of a client carry the present trace.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outgoing;

impl Interceptor for Outgoing {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        inject(request.metadata_mut());
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

    fn headers(parent: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(TRACE_PARENT, parent.try_into().unwrap());
        headers.insert("tracestate", "a=b".try_into().unwrap());
        headers
    }

    #[test]
    fn what_came_in_goes_out() {
        let caller = extract(&headers(GIVEN)).unwrap();
        assert!(caller.is_sampled() && caller.is_remote());
        let context = Context::new().with_remote_span_context(caller);
        let _here = context.attach();
        let mut metadata = MetadataMap::new();
        inject(&mut metadata);
        assert_eq!(metadata.get(TRACE_PARENT).unwrap(), GIVEN);
        assert_eq!(metadata.get("tracestate").unwrap(), "a=b");
    }

    #[test]
    fn nonsense_is_no_caller() {
        for parent in
            ["", "00-0-0-01", "zz", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"]
        {
            assert!(extract(&headers(parent)).is_none(), "{parent}");
        }
        assert!(extract(&HeaderMap::new()).is_none());
    }

    #[test]
    fn without_a_trace_nothing_goes_out() {
        let mut metadata = MetadataMap::new();
        inject(&mut metadata);
        assert!(metadata.is_empty());
    }
}
