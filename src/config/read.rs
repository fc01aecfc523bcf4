//! Reading of single settings, with every fault kept.

use std::{collections::BTreeSet, net::SocketAddr, path::PathBuf, time::Duration};

use super::InvalidConfig;

/// The longest grace, in seconds.
const GRACE_MAX: u64 = 3_600;

/// What was read, and nothing where it was faulty.
pub(super) type Maybe<T> = Option<T>;
/// What was read, perhaps that nothing is set.
pub(super) type Read<T> = Maybe<Option<T>>;

/// Reads settings and keeps their faults.
pub(super) struct Reader<F> {
    get: F,
    faults: Vec<InvalidConfig>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    pub(super) fn new(get: F) -> Self {
        Self { get, faults: Vec::new() }
    }

    /// A setting, or its default.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        let value = (self.get)(key).unwrap_or_else(|| default.to_owned());
        match parse(&value) {
            Ok(parsed) => Some(parsed),
            Err(why) => {
                self.fault(key, value, why);
                None
            }
        }
    }

    /// A file or folder; `Some(None)` where none is named.
    pub(super) fn path(&mut self, key: &'static str) -> Read<PathBuf> {
        let Some(value) = (self.get)(key) else { return Some(None) };
        if value.is_empty() {
            self.fault(key, value, "the path of a file or folder is expected");
            return None;
        }
        Some(Some(PathBuf::from(value)))
    }

    /// Notes a fault.
    pub(super) fn fault(&mut self, key: &'static str, value: String, why: &'static str) {
        self.faults.push(InvalidConfig { key, value: without_password(value), why });
    }

    /// What was read, or all faults.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, Vec<InvalidConfig>> {
        match read {
            Some(read) if self.faults.is_empty() => Ok(read),
            Some(_) | None => Err(self.faults),
        }
    }
}

pub(super) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    #[expect(clippy::disallowed_methods, reason = "an address, not a number")]
    let address = text.parse();
    address.map_err(|_| "an address and a port are expected, such as 127.0.0.1:50051")
}

pub(super) fn store(text: &str) -> Result<String, &'static str> {
    let known = ["sqlite:", "postgres:", "postgresql:"].iter().any(|it| text.starts_with(it));
    let why = "a URL is expected that starts with sqlite:, postgres: or postgresql:";
    known.then(|| text.to_owned()).ok_or(why)
}

pub(super) fn seconds(text: &str) -> Result<Duration, &'static str> {
    let why = "a whole number of seconds up to 3600 is expected";
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    let number = text.bytes().fold(0_u64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(u64::from(digit.saturating_sub(b'0')))
    });
    (plain && number <= GRACE_MAX).then(|| Duration::from_secs(number)).ok_or(why)
}

pub(super) fn switch(text: &str) -> Result<bool, &'static str> {
    match text {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err("`on` or `off` is expected"),
    }
}

pub(super) fn name(text: &str) -> Result<String, &'static str> {
    let plain = (1..=200).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic());
    plain.then(|| text.to_owned()).ok_or("1 to 200 printable ASCII characters are expected")
}

/// Principals, separated by commas.
pub(super) fn names(text: &str) -> Result<BTreeSet<String>, &'static str> {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"._:-".contains(&it);
    let all = text.split(',').map(str::trim).filter(|it| !it.is_empty());
    let good = |it: &str| it.len() <= 64 && it.bytes().all(plain);
    if all.clone().all(good) {
        Ok(all.map(str::to_owned).collect())
    } else {
        Err("ids separated by commas are expected: 1 to 64 of A-Z, a-z, 0-9, `.`, `_`, `:`, `-`")
    }
}

/// A URL as it may be shown: whatever stands before its host is left out.
fn without_password(value: String) -> String {
    match (value.split_once("://"), value.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => value,
    }
}
