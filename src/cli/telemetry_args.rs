//! The arguments of telemetry, for every command that serves.

use clap::Args;

use crate::telemetry::{InvalidTelemetry, TelemetryConfig};

/// What is told of the service, and to whom.
#[derive(Debug, Args)]
#[command(next_help_heading = "Telemetry")]
pub(super) struct TelemetryArgs {
    /// The OTLP receiver (gRPC) of traces, metrics and logs, such as `http://127.0.0.1:4317`
    /// [default: none].
    #[arg(long, env = "STEELYARD_OTLP", value_name = "URL", hide_env_values = true)]
    otlp: Option<String>,
    /// Where `GET /metrics` is answered for Prometheus; a port alone is of this machine only
    /// [default: nowhere].
    #[arg(long, env = "STEELYARD_METRICS", value_name = "ADDRESS:PORT")]
    metrics: Option<String>,
    /// The share of calls that are traced where the caller has not decided [default: 0.1].
    #[arg(long, env = "STEELYARD_TRACE_SHARE", value_name = "SHARE")]
    trace_share: Option<String>,
    /// How lines of the log look: text, json, or auto for text on a terminal only [default: auto].
    #[arg(long, env = "STEELYARD_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<String>,
    /// The least severe lines that are written: error, warn, info or debug [default: info].
    #[arg(long, env = "STEELYARD_LOG_LEVEL", value_name = "LEVEL")]
    log_level: Option<String>,
}

impl TelemetryArgs {
    /// The settings.
    ///
    /// # Errors
    /// Every one that is wrong.
    pub(super) fn config(&self) -> Result<TelemetryConfig, Vec<InvalidTelemetry>> {
        TelemetryConfig::from_strings(|key| match key {
            "otlp" => self.otlp.clone(),
            "metrics" => self.metrics.clone(),
            "trace_share" => self.trace_share.clone(),
            "log_format" => self.log_format.clone(),
            "log_level" => self.log_level.clone(),
            _ => None,
        })
    }
}
