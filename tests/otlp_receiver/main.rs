//! A receiver of OTLP over gRPC: it prints where it listens, and writes what it receives into a file,
//! one JSON object a line. `otlp_receiver FILE`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool of the tests")]

use std::{
    fs::File,
    io::Write as _,
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::{
            ExportLogsServiceRequest, ExportLogsServiceResponse,
            logs_service_server::{LogsService, LogsServiceServer},
        },
        metrics::v1::{
            ExportMetricsServiceRequest, ExportMetricsServiceResponse,
            metrics_service_server::{MetricsService, MetricsServiceServer},
        },
        trace::v1::{
            ExportTraceServiceRequest, ExportTraceServiceResponse,
            trace_service_server::{TraceService, TraceServiceServer},
        },
    },
    common::v1::{AnyValue, KeyValue, any_value},
    metrics::v1::{Metric, metric::Data, number_data_point},
};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};

#[derive(Clone)]
struct Receiver(Arc<Mutex<File>>);

impl Receiver {
    fn write(&self, lines: Vec<Value>) {
        let mut file = self.0.lock().unwrap();
        for line in lines {
            writeln!(file, "{line}").unwrap();
        }
        file.flush().unwrap();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

fn value(of: Option<&AnyValue>) -> Value {
    match of.and_then(|it| it.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => json!(text),
        Some(any_value::Value::IntValue(number)) => json!(number),
        Some(any_value::Value::BoolValue(it)) => json!(it),
        other => json!(format!("{other:?}")),
    }
}

fn attributes(all: &[KeyValue]) -> Value {
    let pairs = all.iter().map(|it| (it.key.clone(), value(it.value.as_ref())));
    Value::Object(pairs.collect::<Map<String, Value>>())
}

fn resource(of: Option<&opentelemetry_proto::tonic::resource::v1::Resource>) -> Value {
    of.map_or(Value::Null, |it| attributes(&it.attributes))
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut lines = vec![json!({"what": "raw", "text": format!("{:?}", request.get_ref())})];
        for of in request.into_inner().resource_spans {
            for span in of.scope_spans.iter().flat_map(|it| &it.spans) {
                lines.push(json!({
                    "what": "span",
                    "resource": resource(of.resource.as_ref()),
                    "trace_id": hex(&span.trace_id),
                    "span_id": hex(&span.span_id),
                    "parent": hex(&span.parent_span_id),
                    "trace_state": span.trace_state,
                    "name": span.name,
                    "kind": span.kind,
                    "micros": span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano)
                        .checked_div(1_000),
                    "attributes": attributes(&span.attributes),
                    "events": span.events.iter().map(|it| json!({
                        "name": it.name, "attributes": attributes(&it.attributes),
                    })).collect::<Vec<_>>(),
                    "links": span.links.iter().map(|it| json!({
                        "trace_id": hex(&it.trace_id), "span_id": hex(&it.span_id),
                    })).collect::<Vec<_>>(),
                    "status": span.status.as_ref().map(|it| it.code),
                }));
            }
        }
        self.write(lines);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let mut lines = vec![json!({"what": "raw", "text": format!("{:?}", request.get_ref())})];
        for of in request.into_inner().resource_logs {
            for log in of.scope_logs.iter().flat_map(|it| &it.log_records) {
                lines.push(json!({
                    "what": "log",
                    "resource": resource(of.resource.as_ref()),
                    "trace_id": hex(&log.trace_id),
                    "span_id": hex(&log.span_id),
                    "severity": log.severity_text,
                    "body": value(log.body.as_ref()),
                    "attributes": attributes(&log.attributes),
                }));
            }
        }
        self.write(lines);
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}

/// Labels and figures of every point.
fn points(metric: &Metric) -> Vec<Value> {
    let number = |it: &Option<number_data_point::Value>| match it {
        Some(number_data_point::Value::AsInt(it)) => json!(it),
        Some(number_data_point::Value::AsDouble(it)) => json!(it),
        None => Value::Null,
    };
    match &metric.data {
        Some(Data::Gauge(it)) => &it.data_points,
        Some(Data::Sum(it)) => &it.data_points,
        Some(Data::Histogram(it)) => {
            let one = |it: &opentelemetry_proto::tonic::metrics::v1::HistogramDataPoint| {
                json!({
                    "attributes": attributes(&it.attributes),
                    "count": it.count,
                    "bounds": it.explicit_bounds,
                })
            };
            return it.data_points.iter().map(one).collect();
        }
        _ => return Vec::new(),
    }
    .iter()
    .map(|it| json!({"attributes": attributes(&it.attributes), "value": number(&it.value)}))
    .collect()
}

#[tonic::async_trait]
impl MetricsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let mut lines = vec![json!({"what": "raw", "text": format!("{:?}", request.get_ref())})];
        for of in request.into_inner().resource_metrics {
            for metric in of.scope_metrics.iter().flat_map(|it| &it.metrics) {
                lines.push(json!({
                    "what": "metric",
                    "resource": resource(of.resource.as_ref()),
                    "name": metric.name,
                    "description": metric.description,
                    "unit": metric.unit,
                    "points": points(metric),
                }));
            }
        }
        self.write(lines);
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

#[tokio::main]
async fn main() {
    let file = std::env::args().nth(1).unwrap();
    let receiver = Receiver(Arc::new(Mutex::new(File::create(file).unwrap())));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    std::io::stdout().flush().unwrap();
    Server::builder()
        .add_service(TraceServiceServer::new(receiver.clone()))
        .add_service(MetricsServiceServer::new(receiver.clone()))
        .add_service(LogsServiceServer::new(receiver))
        .serve_with_incoming(TcpIncoming::from(listener))
        .await
        .unwrap();
}
