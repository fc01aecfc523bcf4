//! The methods that are served, by their exact paths, as the descriptors say.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use prost::Message as _;
use prost_types::{FileDescriptorSet, MethodDescriptorProto};

use super::{
    Limits,
    elements::{Shapes, TooMany},
};

/// Calls that take facts or records in, or start a run.
const INGEST: [&str; 3] = ["StreamFacts", "UpsertRecords", "StartRun"];
/// The services whose messages carry documents, and the method of another that does.
const DOCUMENTS: [&str; 3] = [
    "/steelyard.v1.SchemeService/",
    "/steelyard.v1.SelectionDocumentService/",
    "/steelyard.v1.EvaluationService/Compute",
];

/// A method that is served. Every request that names one carries it in its extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Its path, such as `/steelyard.v1.FactService/RecordFacts`.
    pub path: String,
    /// Whether it takes a stream of messages.
    pub takes_stream: bool,
    /// Whether it answers with a stream of messages.
    pub gives_stream: bool,
    /// Whether its answer goes on for as long as there may be something new.
    pub watches: bool,
    /// The longest that it may take.
    pub longest: Duration,
    /// Bytes of a message it takes.
    pub message_most: usize,
    input: String,
}

/// The descriptors cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the descriptors of the services cannot be read: {0}")]
pub struct MethodsError(#[from] prost::DecodeError);

/// Every method that is served.
#[derive(Debug, Default)]
pub struct Methods {
    all: BTreeMap<String, Arc<Method>>,
    services: Vec<String>,
    shapes: Shapes,
}

impl Methods {
    /// Reads them from sets of descriptors.
    pub fn read(descriptors: &[&[u8]], limits: &Limits) -> Result<Self, MethodsError> {
        let mut methods = Self { shapes: Shapes::new(limits.elements), ..Self::default() };
        for encoded in descriptors {
            for file in FileDescriptorSet::decode(*encoded)?.file {
                for service in &file.service {
                    let name = format!("{}.{}", file.package(), service.name());
                    for method in &service.method {
                        let method = read(&name, method, limits);
                        methods.all.insert(method.path.clone(), Arc::new(method));
                    }
                    methods.services.push(name);
                }
                methods.shapes.add(&file);
            }
        }
        Ok(methods)
    }

    /// The method of exactly this path.
    pub fn find(&self, path: &str) -> Option<Arc<Method>> {
        self.all.get(path).cloned()
    }

    /// The names of the services.
    pub fn services(&self) -> &[String] {
        &self.services
    }

    /// Whether a message has no more parts than it may have.
    pub(super) fn count(&self, method: &Method, message: &[u8]) -> Result<(), TooMany> {
        self.shapes.count(&method.input, message)
    }
}

fn read(service: &str, method: &MethodDescriptorProto, limits: &Limits) -> Method {
    let name = method.name();
    let path = format!("/{service}/{name}");
    let gives_stream = method.server_streaming();
    let deadlines = &limits.deadlines;
    let longest = match () {
        () if INGEST.contains(&name) => deadlines.ingest,
        () if gives_stream => deadlines.stream,
        () => deadlines.usual,
    };
    let document = DOCUMENTS.iter().any(|it| path.starts_with(it));
    Method {
        takes_stream: method.client_streaming(),
        gives_stream,
        watches: gives_stream && name.starts_with("Watch"),
        longest,
        message_most: if document { limits.document_message } else { limits.message },
        input: method.input_type().trim_start_matches('.').to_owned(),
        path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_sizes_and_kinds_follow_the_descriptors() {
        let limits = Limits::default();
        let sets = [tonic_health::pb::FILE_DESCRIPTOR_SET];
        let methods = Methods::read(&sets, &limits).unwrap();
        assert_eq!(methods.services(), ["grpc.health.v1.Health"]);
        let check = methods.find("/grpc.health.v1.Health/Check").unwrap();
        assert!(!check.takes_stream && !check.gives_stream && !check.watches);
        assert_eq!((check.longest, check.message_most), (Duration::from_secs(30), 1_048_576));
        let watch = methods.find("/grpc.health.v1.Health/Watch").unwrap();
        assert!(watch.gives_stream && watch.watches);
        assert_eq!(watch.longest, Duration::from_hours(1));
        for near in ["/grpc.health.v1.Health/check", "//grpc.health.v1.Health/Check", ""] {
            assert!(methods.find(near).is_none(), "{near}");
        }
        assert!(Methods::read(&[b"\xff".as_slice()], &limits).is_err());
    }
}
