//! Rate, errors and duration of every method that the descriptors name. What is not named there is one
//! method, `unknown`: a caller cannot make labels.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use opentelemetry::{
    KeyValue,
    metrics::{Histogram, Meter},
};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::Code;

/// The codes of gRPC by number.
pub(super) const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// What is counted of one method.
#[derive(Debug)]
pub(super) struct Method {
    /// `steelyard.v1.FactService`.
    pub(super) service: String,
    /// `RecordFacts`.
    pub(super) short: String,
    /// Both, as a span is called.
    pub(super) name: String,
    labels: [KeyValue; 2],
    ended: [AtomicU64; CODES.len()],
    under_way: AtomicI64,
}

impl Method {
    fn of(service: &str, method: &str) -> Self {
        Self {
            service: service.to_owned(),
            short: method.to_owned(),
            name: format!("{service}/{method}"),
            labels: [
                KeyValue::new("rpc.service", service.to_owned()),
                KeyValue::new("rpc.method", method.to_owned()),
            ],
            ended: Default::default(),
            under_way: AtomicI64::new(0),
        }
    }
}

/// All methods, and what is counted of them.
#[derive(Debug)]
pub(super) struct Calls {
    by_path: BTreeMap<String, Arc<Method>>,
    unknown: Arc<Method>,
    #[expect(clippy::disallowed_types, reason = "seconds, as every receiver expects them")]
    durations: Histogram<f64>,
}

impl Calls {
    /// The methods of descriptor sets, counted by instruments of `meter`.
    pub(super) fn of(descriptors: &[&[u8]], meter: &Meter) -> Self {
        let mut by_path = BTreeMap::new();
        for set in descriptors {
            for (service, method) in methods(set) {
                let path = format!("/{service}/{method}");
                by_path.insert(path, Arc::new(Method::of(&service, &method)));
            }
        }
        let unknown = Arc::new(Method::of("unknown", "unknown"));
        observe(meter, by_path.values().chain([&unknown]).cloned().collect());
        let durations = meter
            .f64_histogram("rpc.server.call.duration")
            .with_unit("s")
            .with_description(
                "How long calls took, until the last byte of their answers was taken.",
            )
            .with_boundaries(vec![
                0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 120.0,
            ])
            .build();
        Self { by_path, unknown, durations }
    }

    /// The method of a request's path.
    pub(super) fn method(&self, path: &str) -> &Arc<Method> {
        self.by_path.get(path).unwrap_or(&self.unknown)
    }

    /// A call begins.
    pub(super) fn begin(method: &Method) {
        method.under_way.fetch_add(1, Relaxed);
    }

    /// It has ended, with a code by its number.
    pub(super) fn end(&self, method: &Method, code: usize, took: Duration) {
        method.under_way.fetch_sub(1, Relaxed);
        if let Some(ended) = method.ended.get(code) {
            ended.fetch_add(1, Relaxed);
        }
        self.durations.record(took.as_secs_f64(), &method.labels);
    }
}

/// The instruments that read what is counted when they are asked.
fn observe(meter: &Meter, methods: Vec<Arc<Method>>) {
    let methods: Arc<[Arc<Method>]> = methods.into();
    let counted = Arc::clone(&methods);
    let _kept_by_the_meter = meter
        .u64_observable_counter("rpc.server.calls")
        .with_description("Calls that ended, by the code of their status.")
        .with_callback(move |into| {
            for method in counted.iter() {
                for (code, (ended, name)) in method.ended.iter().zip(CODES).enumerate() {
                    let ended = ended.load(Relaxed);
                    // The good calls of every method from the start, so that rates have a base.
                    if ended > 0 || code == 0 {
                        let [service, method] = method.labels.clone();
                        into.observe(
                            ended,
                            &[service, method, KeyValue::new("rpc.grpc.status_code", name)],
                        );
                    }
                }
            }
        })
        .build();
    let _kept_by_the_meter = meter
        .i64_observable_up_down_counter("rpc.server.calls.active")
        .with_description("Calls under way.")
        .with_callback(move |into| {
            for method in methods.iter() {
                into.observe(method.under_way.load(Relaxed), &method.labels);
            }
        })
        .build();
}

/// The number of a status in a header or trailer.
pub(super) fn code_of(headers: &http::HeaderMap) -> Option<usize> {
    let code = Code::from_bytes(headers.get("grpc-status")?.as_bytes());
    usize::try_from(i32::from(code)).ok()
}

/// Whether a code says that the server failed, and not the caller.
pub(super) fn failure(code: usize) -> bool {
    let servers = [
        Code::Unknown,
        Code::DeadlineExceeded,
        Code::Unimplemented,
        Code::Internal,
        Code::Unavailable,
        Code::DataLoss,
    ];
    servers.into_iter().any(|it| usize::try_from(i32::from(it)) == Ok(code))
}

/// Every method of a descriptor set, by service. A set that cannot be read has none.
fn methods(set: &[u8]) -> Vec<(String, String)> {
    let set = FileDescriptorSet::decode(set).unwrap_or_default();
    let mut all = Vec::new();
    for file in &set.file {
        for service in &file.service {
            let package = file.package();
            let dot = if package.is_empty() { "" } else { "." };
            let name = format!("{package}{dot}{}", service.name());
            all.extend(service.method.iter().map(|it| (name.clone(), it.name().to_owned())));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_descriptors_make_labels() {
        let health = tonic_health::pb::FILE_DESCRIPTOR_SET;
        let calls = Calls::of(&[health, b"nonsense"], &opentelemetry::global::meter("test"));
        assert_eq!(calls.method("/grpc.health.v1.Health/Check").short, "Check");
        for path in ["", "/", "/grpc.health.v1.Health/Guess", "/a/b/c", "/grpc.health.v1.Health"] {
            assert_eq!(calls.method(path).name, "unknown/unknown", "{path}");
        }
    }

    #[test]
    fn codes_have_their_names() {
        for (number, name) in CODES.iter().enumerate() {
            let code = Code::from_i32(i32::try_from(number).unwrap());
            let plain = name.to_lowercase().replace('_', "");
            assert_eq!(format!("{code:?}").to_lowercase(), plain);
        }
        assert!(failure(13) && failure(2) && !failure(0) && !failure(5) && !failure(1));
    }

    #[test]
    fn what_is_counted_of_a_call_is_taken_back_when_it_ends() {
        let health = tonic_health::pb::FILE_DESCRIPTOR_SET;
        let calls = Calls::of(&[health], &opentelemetry::global::meter("test"));
        let method = calls.method("/grpc.health.v1.Health/Check");
        Calls::begin(method);
        assert_eq!(method.under_way.load(Relaxed), 1);
        calls.end(method, 5, Duration::from_millis(1));
        assert_eq!(method.under_way.load(Relaxed), 0);
        assert_eq!(method.ended[5].load(Relaxed), 1);
        assert_eq!(method.ended[0].load(Relaxed), 0);
    }
}
