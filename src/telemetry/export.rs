//! Who sends what where: spans, metrics and log records over OTLP, and metrics for Prometheus.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, SpanExporter, WithExportConfig as _,
};
use opentelemetry_sdk::{
    Resource,
    logs::SdkLoggerProvider,
    metrics::{PeriodicReader, SdkMeterProvider},
    trace::{Sampler, SdkTracerProvider},
};

use super::TelemetryError;

/// How often metrics are sent.
const METRICS_EVERY: Duration = Duration::from_secs(15);
/// How long the receiver may take for one message.
const RECEIVER_WAIT: Duration = Duration::from_secs(5);

/// Whoever sends spans and log records to a receiver.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) spans: SdkTracerProvider,
    pub(super) logs: SdkLoggerProvider,
}

/// Who speaks.
fn resource() -> Resource {
    Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", "steelyard"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        ])
        .build()
}

/// The senders of spans and log records; inside a runtime. The receiver need not be there yet.
pub(super) fn sent(receiver: &str) -> Result<Sent, ExporterBuildError> {
    let spans = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(receiver)
        .with_timeout(RECEIVER_WAIT)
        .build()?;
    let logs = LogExporter::builder()
        .with_tonic()
        .with_endpoint(receiver)
        .with_timeout(RECEIVER_WAIT)
        .build()?;
    Ok(Sent {
        // Which calls are traced is decided before a span is made: all that come here are.
        spans: SdkTracerProvider::builder()
            .with_resource(resource())
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
            .with_batch_exporter(spans)
            .build(),
        logs: SdkLoggerProvider::builder()
            .with_resource(resource())
            .with_batch_exporter(logs)
            .build(),
    })
}

/// The meters: sent to a receiver, kept in a registry for Prometheus, both, or neither.
pub(super) fn meters(
    receiver: Option<&str>,
    registry: Option<&prometheus::Registry>,
) -> Result<SdkMeterProvider, TelemetryError> {
    let mut meters = SdkMeterProvider::builder().with_resource(resource());
    if let Some(receiver) = receiver {
        let exporter = MetricExporter::builder()
            .with_tonic()
            .with_endpoint(receiver)
            .with_timeout(RECEIVER_WAIT)
            .build()?;
        let reader = PeriodicReader::builder(exporter).with_interval(METRICS_EVERY).build();
        meters = meters.with_reader(reader);
    }
    if let Some(registry) = registry {
        let reader = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .build()
            .map_err(TelemetryError::Registry)?;
        meters = meters.with_reader(reader);
    }
    Ok(meters.build())
}
