//! What a connection, a call and a message may take.

use std::time::Duration;

/// The limits of the transport. The defaults are those of the service; tests use smaller ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address (IPv6: from one network of 64 bits).
    pub connections_per_address: usize,
    /// How long the accept loop rests after an error, such as no descriptor being left.
    pub accept_pause: Duration,
    /// Until when a hand-shake of TLS is done.
    pub handshake: Duration,
    /// Until when the preface and the head of the first frame are there.
    pub first_bytes: Duration,
    /// How long a connection may be without a call.
    pub idle: Duration,
    /// After how long without a sign of life a caller is asked for one, ...
    pub keepalive: Duration,
    /// ... and how long it may take to give it.
    pub keepalive_answer: Duration,
    /// Calls at once on one connection; further streams are refused.
    pub streams: u32,
    /// Streams of a connection that may end by the caller's own faults before it is closed.
    pub local_resets: usize,
    /// Streams that a caller may reset before they were looked at.
    pub pending_resets: usize,
    /// Bytes of all streams of a connection that may be on their way unread. How many small frames
    /// may lie unread follows from it: with 8 MiB about 17,000 of 20 bytes.
    pub window: u32,
    /// Bytes of the headers of a call.
    pub header_list: u32,
    /// Calls at once in the process.
    pub calls: usize,
    /// Calls at once of one principal.
    pub calls_per_principal: usize,
    /// Health watches at once from one address.
    pub watches_per_address: usize,
    /// How long an answer may wait for its reader.
    pub stalled: Duration,
    /// Bytes of a message.
    pub message: usize,
    /// Bytes of a message that carries a document of rules.
    pub document_message: usize,
    /// Messages, texts of lists and entries of maps within one message.
    pub elements: usize,
    /// Bytes of a stream that are taken in before they are asked for.
    pub ahead: usize,
    /// The longest that calls may take.
    pub deadlines: Deadlines,
}

/// The longest that calls may take; a caller may ask for less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadlines {
    /// A call that is not named below.
    pub usual: Duration,
    /// A call that takes facts or records in, or starts a run.
    pub ingest: Duration,
    /// A call whose answer is a stream.
    pub stream: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_000,
            connections_per_address: 64,
            accept_pause: Duration::from_millis(50),
            handshake: Duration::from_secs(5),
            first_bytes: Duration::from_secs(5),
            idle: Duration::from_mins(15),
            keepalive: Duration::from_secs(30),
            keepalive_answer: Duration::from_secs(10),
            streams: 128,
            local_resets: 1_024,
            pending_resets: 20,
            window: 8 * 1024 * 1024,
            header_list: 16 * 1024,
            calls: 512,
            calls_per_principal: 64,
            watches_per_address: 16,
            stalled: Duration::from_secs(30),
            message: 1024 * 1024,
            document_message: crate::grpc::RECEIVE_MAX,
            elements: 50_000,
            ahead: 256 * 1024,
            deadlines: Deadlines {
                usual: Duration::from_secs(30),
                ingest: Duration::from_mins(2),
                stream: Duration::from_hours(1),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_the_ones_that_are_promised() {
        let limits = Limits::default();
        let seconds = |it: Duration| it.as_secs();
        assert_eq!((limits.connections, limits.connections_per_address), (1_000, 64));
        assert_eq!((limits.streams, limits.calls, limits.calls_per_principal), (128, 512, 64));
        assert_eq!((limits.local_resets, limits.pending_resets), (1_024, 20));
        assert_eq!((limits.header_list, limits.message), (16_384, 1_048_576));
        assert_eq!((limits.watches_per_address, seconds(limits.stalled)), (16, 30));
        assert_eq!((seconds(limits.handshake), seconds(limits.first_bytes)), (5, 5));
        assert_eq!((seconds(limits.keepalive), seconds(limits.keepalive_answer)), (30, 10));
        assert_eq!((seconds(limits.idle), limits.accept_pause.as_millis()), (900, 50));
        let Deadlines { usual, ingest, stream } = limits.deadlines;
        assert_eq!([usual, ingest, stream].map(seconds), [30, 120, 3_600]);
    }
}
