//! The rooms of the house, and what each may name.

/// A room of the house: what it may name of the others, and words that it must not use at all.
pub(super) struct Room {
    pub(super) name: &'static str,
    pub(super) may_name: &'static [&'static str],
    pub(super) never: &'static [&'static str],
}

const OF_TRANSPORT: &[&str] = &["tonic", "tonic_types", "prost", "prost_types", "clap"];

/// Every room. `src` has no module of the first level that is not listed here.
pub(super) const ROOMS: &[Room] = &[
    Room {
        name: "domain",
        may_name: &[],
        // No async, no clock, no I/O, no transport, no log.
        never: &[
            "async",
            "await",
            "tokio",
            "async_trait",
            "sqlx",
            "tonic",
            "tonic_types",
            "prost",
            "prost_types",
            "clap",
            "tracing",
            "SystemTime",
            "Instant",
            "Zoned",
            "std::fs",
            "std::io",
            "std::net",
            "std::env",
            "std::process",
            "std::thread",
        ],
    },
    Room { name: "store", may_name: &["domain"], never: OF_TRANSPORT },
    Room {
        name: "app",
        may_name: &["domain", "store", "sign"],
        // Of the store the port alone.
        never: &[
            "tonic",
            "tonic_types",
            "prost",
            "prost_types",
            "clap",
            "sqlx",
            "store::sqlite",
            "store::postgres",
        ],
    },
    // Makes a county out of a number: no clock, no store. Its tests evaluate what it made.
    Room {
        name: "sample",
        may_name: &["domain", "app"],
        never: &["async", "await", "tokio", "sqlx", "tonic", "prost", "SystemTime", "Instant"],
    },
    Room { name: "proto", may_name: &[], never: &[] },
    Room { name: "grpc", may_name: &["domain", "store", "app", "proto"], never: &["sqlx", "clap"] },
    // A caller like any other: it knows the wire and nothing behind it, and puts a sample on it.
    Room {
        name: "client",
        may_name: &["domain", "proto", "sample", "telemetry"],
        never: &["sqlx", "clap"],
    },
    Room {
        name: "cli",
        may_name: &[
            "domain",
            "store",
            "app",
            "sample",
            "proto",
            "client",
            "server",
            "config",
            "telemetry",
            "sign",
            "trust",
            "transport",
        ],
        never: &["sqlx"],
    },
    Room {
        name: "server",
        may_name: &[
            "domain",
            "store",
            "app",
            "grpc",
            "proto",
            "config",
            "telemetry",
            "sign",
            "trust",
            "transport",
        ],
        never: &["sqlx"],
    },
    // Keys and signatures; it knows nothing of what is signed.
    Room { name: "sign", may_name: &[], never: &["sqlx", "tonic", "tokio", "prost"] },
    // From credentials to a caller.
    Room { name: "trust", may_name: &["domain", "app", "sign"], never: &["sqlx", "tonic"] },
    // Connections, and the layers that every call passes.
    Room {
        name: "transport",
        may_name: &["domain", "app", "grpc", "trust", "config", "telemetry"],
        never: &["sqlx", "clap"],
    },
    Room { name: "config", may_name: &["domain"], never: &["sqlx", "tonic", "tokio"] },
    Room { name: "telemetry", may_name: &["config", "domain", "store", "app"], never: &["sqlx"] },
    Room { name: "lib", may_name: &[], never: &[] },
    Room { name: "main", may_name: &[], never: &["sqlx", "tonic"] },
];
