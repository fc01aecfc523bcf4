//! Log lines: to the error stream as text or JSON, and to the receiver as records. Each carries the
//! ids of the trace and span that it was written in.

use std::{
    fmt,
    io::{self, Write as _},
};

use opentelemetry::{
    Context as Telemetry,
    logs::{AnyValue, LogRecord as _, Logger as _, Severity},
    time,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId},
};
use opentelemetry_sdk::logs::SdkLogger;
use serde_json::Value;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{
    Layer,
    fmt::{
        format::Writer,
        time::{FormatTime as _, SystemTime},
    },
    layer::Context,
    registry::LookupSpan,
};

use super::{SENDER, gate::UNTRACED};

/// The longest text of one field, in bytes.
const TEXT_MAX: usize = 4_096;

/// The trace of a call that is not traced here, for the log.
struct TraceOf(TraceId);

/// Where lines go.
pub(super) struct Lines {
    /// JSON rather than text.
    pub(super) json: bool,
    /// To the receiver as well.
    pub(super) logger: Option<SdkLogger>,
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("json", &self.json).finish_non_exhaustive()
    }
}

/// One line with everything it says.
#[derive(Debug)]
struct Line {
    level: Level,
    target: &'static str,
    message: String,
    fields: Vec<(&'static str, Value)>,
    trace: Option<TraceId>,
    span: Option<SpanId>,
}

impl Line {
    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            (name, value) => self.fields.push((name, value)),
        }
    }

    /// The exporter's own lines have a name, and no message.
    fn name(&mut self) {
        let named = self.fields.iter().find(|it| it.0 == "name").and_then(|it| it.1.as_str());
        if self.message.is_empty() {
            self.message = named.unwrap_or_default().to_owned();
        }
    }

    /// For people: the ids come last.
    fn text(&self) -> String {
        let mut line = format!("{} {:>5} {}: {}", now(), self.level, self.target, self.message);
        for (name, value) in &self.fields {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            line.extend([" ", name, "=", &text]);
        }
        if let Some(trace) = self.trace {
            line.extend([" trace=", &trace.to_string()]);
        }
        // What was given does not begin a line of its own, nor speak to the terminal.
        let plain = |it: char| if it.is_control() { '\u{fffd}' } else { it };
        line.chars().map(plain).chain(['\n']).collect()
    }

    /// For machines.
    fn json(&self) -> String {
        let own = [
            ("time", Value::from(now())),
            ("level", Value::from(self.level.as_str())),
            ("target", Value::from(self.target)),
            ("message", Value::from(self.message.as_str())),
        ];
        let ids = [
            self.trace.map(|it| ("trace_id", Value::from(it.to_string()))),
            self.span.map(|it| ("span_id", Value::from(it.to_string()))),
        ];
        let all = own.into_iter().chain(ids.into_iter().flatten());
        let all = all.chain(self.fields.iter().cloned());
        let parts: Vec<String> =
            all.map(|(name, value)| format!("{}:{value}", Value::from(name))).collect();
        format!("{{{}}}\n", parts.join(","))
    }

    fn send(self, logger: &SdkLogger) {
        let mut record = logger.create_log_record();
        let severity = match self.level {
            Level::ERROR => Severity::Error,
            Level::WARN => Severity::Warn,
            Level::INFO => Severity::Info,
            Level::DEBUG => Severity::Debug,
            Level::TRACE => Severity::Trace,
        };
        record.set_timestamp(time::now());
        record.set_severity_number(severity);
        record.set_severity_text(self.level.as_str());
        record.set_target(self.target);
        record.set_body(AnyValue::from(self.message));
        for (name, value) in self.fields {
            let value = match value {
                Value::String(text) => AnyValue::from(text),
                Value::Number(number) => match number.as_i64() {
                    Some(number) => AnyValue::from(number),
                    None => AnyValue::from(number.to_string()),
                },
                Value::Bool(it) => AnyValue::from(it),
                Value::Null | Value::Array(_) | Value::Object(_) => continue,
            };
            record.add_attribute(name, value);
        }
        if let Some(trace) = self.trace {
            let flags = self.span.map(|_| TraceFlags::SAMPLED).unwrap_or_default();
            record.set_trace_context(trace, self.span.unwrap_or(SpanId::INVALID), Some(flags));
        }
        logger.emit(record);
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::from(shortened(value.to_owned())));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::from(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, Value::from(shortened(value.to_string())));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::from(shortened(format!("{value:?}"))));
    }
}

/// The id of the trace of a call that is not traced.
struct TraceField(Option<TraceId>);

impl Visit for TraceField {
    fn record_u128(&mut self, field: &Field, value: u128) {
        if field.name() == "trace" {
            self.0 = Some(TraceId::from(value));
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

fn shortened(mut text: String) -> String {
    if text.len() > TEXT_MAX {
        text.truncate(text.floor_char_boundary(TEXT_MAX));
        text.push('…');
    }
    text
}

/// The present moment in UTC, for people and machines.
fn now() -> String {
    let mut text = String::new();
    // A clock that cannot be written leaves the line without its time, and that can be seen.
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

impl<S> Layer<S> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, span: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        if span.metadata().target() != UNTRACED {
            return;
        }
        let mut trace = TraceField(None);
        span.record(&mut trace);
        if let (Some(span), Some(trace)) = (context.span(id), trace.0) {
            span.extensions_mut().insert(TraceOf(trace));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let known = |it: &SpanContext| it.is_valid().then(|| (it.trace_id(), it.span_id()));
        let traced = Telemetry::map_current(|it| known(it.span().span_context()));
        let (trace, span) = match traced {
            Some((trace, span)) => (Some(trace), Some(span)),
            None => (untraced(event, &context), None),
        };
        let meta = event.metadata();
        let mut line = Line {
            level: *meta.level(),
            target: meta.target(),
            message: String::new(),
            fields: Vec::new(),
            trace,
            span,
        };
        event.record(&mut line);
        line.name();
        let written = if self.json { line.json() } else { line.text() };
        // There is nobody to tell when the error stream itself is closed.
        let _ = io::stderr().lock().write_all(written.as_bytes());
        // What the exporter says of itself is not sent by it.
        if let Some(logger) = self.logger.as_ref().filter(|_| !exporters(meta.target())) {
            line.send(logger);
        }
    }
}

fn exporters(target: &str) -> bool {
    target.starts_with(SENDER)
}

fn untraced<S>(event: &Event<'_>, context: &Context<'_, S>) -> Option<TraceId>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let scope = context.event_scope(event)?;
    for span in scope {
        if let Some(TraceOf(trace)) = span.extensions().get() {
            return Some(*trace);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line {
            level: Level::WARN,
            target: "steelyard::server",
            message: "the store does not answer".to_owned(),
            fields: vec![("why", Value::from("a \"quoted\"\nword")), ("tries", Value::from(3))],
            trace: Some(TraceId::from(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c)),
            span: Some(SpanId::from(0x00f0_67aa_0ba9_02b7)),
        }
    }

    #[test]
    fn a_line_of_json_is_one_object_with_its_ids() {
        let text = line().json();
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["message"], "the store does not answer");
        assert_eq!(read["why"], "a \"quoted\"\nword");
        assert_eq!(read["tries"], 3);
        assert_eq!(read["trace_id"], "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(read["span_id"], "00f067aa0ba902b7");
    }

    #[test]
    fn a_line_of_text_stays_one_line() {
        let text = line().text();
        assert_eq!(text.matches(char::is_control).collect::<String>(), "\n", "{text}");
        assert!(text.contains("trace=0af7651916cd43dd8448eb211c80319c"), "{text}");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let cut = shortened("衡".repeat(3_000));
        assert!(cut.len() <= TEXT_MAX + '…'.len_utf8());
        assert!(cut.ends_with("衡…"));
    }
}
