//! Everything the operator of a server can set, read once at start, from anything that answers a
//! key.

use std::{net::SocketAddr, time::Duration};

/// What a server is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The store's URL.
    pub store_url: String,
    /// How long calls that are under way may take after a stop is asked for.
    pub grace: Duration,
}

/// A setting that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} is `{value}`: {why}")]
pub struct InvalidConfig {
    key: &'static str,
    value: String,
    why: &'static str,
}

/// The longest grace, in seconds.
const GRACE_MAX: u64 = 3_600;

impl Config {
    /// Reads all settings; what `get` does not know keeps its default.
    ///
    /// # Errors
    /// Every setting that is wrong.
    pub fn from_strings(get: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<InvalidConfig>> {
        let mut faults = Vec::new();
        let listen = read(&get, &mut faults, "listen", "127.0.0.1:50051", address);
        let store_url = read(&get, &mut faults, "store", "sqlite://steelyard.db", store);
        let grace = read(&get, &mut faults, "grace", "20", seconds);
        match (listen, store_url, grace) {
            (Some(listen), Some(store_url), Some(grace)) => Ok(Self { listen, store_url, grace }),
            _ => Err(faults),
        }
    }
}

fn read<T>(
    get: &impl Fn(&str) -> Option<String>,
    faults: &mut Vec<InvalidConfig>,
    key: &'static str,
    default: &str,
    parse: impl Fn(&str) -> Result<T, &'static str>,
) -> Option<T> {
    let value = get(key).unwrap_or_else(|| default.to_owned());
    match parse(&value) {
        Ok(parsed) => Some(parsed),
        Err(why) => {
            faults.push(InvalidConfig { key, value: without_password(value), why });
            None
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    #[expect(clippy::disallowed_methods, reason = "an address, not a number")]
    let address = text.parse();
    address.map_err(|_| "an address and a port are expected, such as 127.0.0.1:50051")
}

fn store(text: &str) -> Result<String, &'static str> {
    let known = ["sqlite:", "postgres:", "postgresql:"].iter().any(|it| text.starts_with(it));
    let why = "a URL is expected that starts with sqlite:, postgres: or postgresql:";
    known.then(|| text.to_owned()).ok_or(why)
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let why = "a whole number of seconds up to 3600 is expected";
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    let number = text.bytes().fold(0_u64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(u64::from(digit.saturating_sub(b'0')))
    });
    (plain && number <= GRACE_MAX).then(|| Duration::from_secs(number)).ok_or(why)
}

/// A URL as it may be shown: whatever stands before its host is left out.
fn without_password(value: String) -> String {
    match (value.split_once("://"), value.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_reported_at_once() {
        let faults = Config::from_strings(|_| Some("?".to_owned())).unwrap_err();
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3);
        assert!(told[0].starts_with("listen is `?`: "), "{}", told[0]);
    }

    #[test]
    fn nothing_set_means_the_embedded_store_on_this_machine_only() {
        let config = Config::from_strings(|_| None).unwrap();
        assert_eq!(config.store_url, "sqlite://steelyard.db");
        assert_eq!(config.listen.to_string(), "127.0.0.1:50051");
        assert_eq!(config.grace, Duration::from_secs(20));
    }

    #[test]
    fn a_password_is_not_shown() {
        let get = |key: &str| (key == "store").then(|| "mysql://a:geheim@h/db".to_owned());
        let faults = Config::from_strings(get).unwrap_err();
        assert!(!faults[0].to_string().contains("geheim"), "{}", faults[0]);
    }

    #[test]
    fn a_grace_is_a_whole_number_of_seconds() {
        for text in ["", "-1", "1.5", "３", "3601", "99999999999999999999", "1s"] {
            assert!(seconds(text).is_err(), "`{text}`");
        }
        assert_eq!(seconds("0"), Ok(Duration::ZERO));
        assert_eq!(seconds("3600"), Ok(Duration::from_hours(1)));
    }
}
