//! What an operator can set of telemetry, read once at start, from anything that answers a key.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tracing::level_filters::LevelFilter;

use crate::domain::exact::Decimal;

/// What is told, to whom, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelemetryConfig {
    /// The OTLP receiver that traces, metrics and logs go to, as `http://host:4317`; none where
    /// nothing is sent.
    pub otlp: Option<String>,
    /// Where `GET /metrics` is answered for Prometheus; nowhere if not set.
    pub metrics: Option<SocketAddr>,
    /// The share of calls that are traced where the caller has not decided, in millionths.
    pub trace_share: u32,
    /// How a line of the log looks.
    pub log_format: LogFormat,
    /// The least severe lines that are written.
    pub log_level: LevelFilter,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line, with the ids of trace and span.
    Json,
}

/// A setting of telemetry that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} is `{value}`: {why}")]
pub struct InvalidTelemetry {
    key: &'static str,
    value: String,
    why: &'static str,
}

/// All calls, in millionths.
const WHOLE: u32 = 1_000_000;

impl TelemetryConfig {
    /// Reads all settings (`otlp`, `metrics`, `trace_share`, `log_format`, `log_level`); what `get`
    /// does not know keeps its default.
    ///
    /// # Errors
    /// Every setting that is wrong.
    pub fn from_strings(
        get: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Vec<InvalidTelemetry>> {
        let mut faults = Vec::new();
        let otlp = read(&get, &mut faults, "otlp", "", receiver);
        let metrics = read(&get, &mut faults, "metrics", "", address);
        let share = read(&get, &mut faults, "trace_share", "0.1", share);
        let format = read(&get, &mut faults, "log_format", "auto", format);
        let level = read(&get, &mut faults, "log_level", "info", level);
        let all = (|| {
            Some(Self {
                otlp: otlp?,
                metrics: metrics?,
                trace_share: share?,
                log_format: format?,
                log_level: level?,
            })
        })();
        all.ok_or(faults)
    }
}

fn read<T>(
    get: &impl Fn(&str) -> Option<String>,
    faults: &mut Vec<InvalidTelemetry>,
    key: &'static str,
    default: &str,
    parse: impl Fn(&str) -> Result<T, &'static str>,
) -> Option<T> {
    let value = get(key).unwrap_or_else(|| default.to_owned());
    match parse(&value) {
        Ok(parsed) => Some(parsed),
        Err(why) => {
            faults.push(InvalidTelemetry { key, value: without_password(value), why });
            None
        }
    }
}

/// A URL as it may be shown: whatever stands before its host is left out.
fn without_password(value: String) -> String {
    match (value.split_once("://"), value.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => value,
    }
}

fn receiver(text: &str) -> Result<Option<String>, &'static str> {
    let why = "a receiver of OTLP over gRPC is expected, such as http://127.0.0.1:4317";
    if text.is_empty() {
        return Ok(None);
    }
    let rest = text.strip_prefix("http://").ok_or(why)?;
    let host = rest.strip_suffix('/').unwrap_or(rest);
    let odd = |it: char| it.is_whitespace() || it.is_control() || "/?#@".contains(it);
    if host.is_empty() || host.contains(odd) { Err(why) } else { Ok(Some(text.to_owned())) }
}

fn address(text: &str) -> Result<Option<SocketAddr>, &'static str> {
    let why = "an address and a port are expected, such as 127.0.0.1:9464, or a port alone";
    if text.is_empty() {
        return Ok(None);
    }
    // A port alone is one of this machine's own address.
    #[expect(clippy::disallowed_methods, reason = "a port, not a number of the domain")]
    if let Ok(port) = text.parse::<u16>() {
        return Ok(Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)));
    }
    #[expect(clippy::disallowed_methods, reason = "an address, not a number")]
    let address = text.parse();
    address.map(Some).map_err(|_| why)
}

fn share(text: &str) -> Result<u32, &'static str> {
    let why = "a share from 0 to 1 is expected, such as 0.1";
    let millionths = Decimal::parse(text).map_err(|_| why)?.millionths();
    u32::try_from(millionths).ok().filter(|it| *it <= WHOLE).ok_or(why)
}

fn format(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "auto" => Ok(LogFormat::Auto),
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("auto, text or json is expected"),
    }
}

fn level(text: &str) -> Result<LevelFilter, &'static str> {
    match text {
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        _ => Err("error, warn, info or debug is expected"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_means_that_nothing_leaves_the_machine() {
        let config = TelemetryConfig::from_strings(|_| None).unwrap();
        assert_eq!((config.otlp, config.metrics), (None, None));
        assert_eq!(config.trace_share, 100_000);
        assert_eq!((config.log_format, config.log_level), (LogFormat::Auto, LevelFilter::INFO));
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let faults = TelemetryConfig::from_strings(|_| Some("?".to_owned())).unwrap_err();
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 5, "{told:?}");
        assert!(told[0].starts_with("otlp is `?`: "), "{}", told[0]);
    }

    #[test]
    fn a_receiver_is_a_plain_url_and_its_password_is_not_shown() {
        assert_eq!(receiver("http://[::1]:4317/").unwrap().unwrap(), "http://[::1]:4317/");
        for text in ["https://a:1", "a:4317", "http://", "http://a b", "http://a:1/v1/traces"] {
            assert!(receiver(text).is_err(), "`{text}`");
        }
        let get = |key: &str| (key == "otlp").then(|| "http://me:geheim@h:1".to_owned());
        let faults = TelemetryConfig::from_strings(get).unwrap_err();
        assert!(!faults[0].to_string().contains("geheim"), "{}", faults[0]);
    }

    #[test]
    fn a_port_alone_is_of_this_machine_only() {
        assert_eq!(address("9464").unwrap().unwrap().to_string(), "127.0.0.1:9464");
        assert_eq!(address("0.0.0.0:9464").unwrap().unwrap().to_string(), "0.0.0.0:9464");
        for text in ["localhost:1", "1.2.3.4", "70000", "-1"] {
            assert!(address(text).is_err(), "`{text}`");
        }
    }

    #[test]
    fn a_share_is_between_none_and_all() {
        assert_eq!((share("0"), share("1"), share("0.000001")), (Ok(0), Ok(WHOLE), Ok(1)));
        for text in ["-0.1", "1.000001", "1e-1", "", "10%"] {
            assert!(share(text).is_err(), "`{text}`");
        }
    }
}
