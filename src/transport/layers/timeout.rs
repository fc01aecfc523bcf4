//! `grpc-timeout`, read strictly.

use std::time::Duration;

use http::HeaderMap;

/// A timeout that is none: not one to eight digits and a unit, or more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Invalid;

/// The timeout that a caller asks for.
pub(super) fn asked(headers: &HeaderMap) -> Result<Option<Duration>, Invalid> {
    let mut all = headers.get_all("grpc-timeout").iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(one), None) => read(one.as_bytes()).map(Some).ok_or(Invalid),
        (Some(_), Some(_)) => Err(Invalid),
    }
}

fn read(text: &[u8]) -> Option<Duration> {
    let (unit, digits) = text.split_last()?;
    if !(1..=8).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let count = digits.iter().fold(0_u64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(u64::from(digit.saturating_sub(b'0')))
    });
    match unit {
        b'H' => Some(Duration::from_secs(count.saturating_mul(3_600))),
        b'M' => Some(Duration::from_secs(count.saturating_mul(60))),
        b'S' => Some(Duration::from_secs(count)),
        b'm' => Some(Duration::from_millis(count)),
        b'u' => Some(Duration::from_micros(count)),
        b'n' => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_up_to_eight_digits_and_a_unit() {
        for (text, is) in [
            ("0n", Duration::ZERO),
            ("1n", Duration::from_nanos(1)),
            ("20u", Duration::from_micros(20)),
            ("300m", Duration::from_millis(300)),
            ("5S", Duration::from_secs(5)),
            ("2M", Duration::from_mins(2)),
            ("99999999H", Duration::from_hours(99_999_999)),
        ] {
            assert_eq!(read(text.as_bytes()), Some(is), "{text}");
        }
        let wrong = ["", "S", "5", "-5S", "+5S", "abc", "5s", " 5S", "5 S", "5S ", "123456789S"];
        for text in wrong.into_iter().chain(["1.5S", "５S", "0x1S", "1e3S"]) {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn it_is_said_once_or_not_at_all() {
        let mut headers = HeaderMap::new();
        assert_eq!(asked(&headers), Ok(None));
        headers.append("grpc-timeout", http::HeaderValue::from_static("1S"));
        assert_eq!(asked(&headers), Ok(Some(Duration::from_secs(1))));
        headers.append("grpc-timeout", http::HeaderValue::from_static("1S"));
        assert_eq!(asked(&headers), Err(Invalid));
    }
}
