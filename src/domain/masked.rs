//! What goes into logs and error texts without what it must not tell: citizens' numbers.
//!
//! Names are not looked for, since nothing tells one from other words: no error text of this crate
//! quotes a name in the first place, and `tests/it/person` holds it to that.

use std::{error::Error, fmt};

/// The digits of a citizen's number (公民身份号码), the last of which may be an X.
const DIGITS: usize = 18;

/// A text with every citizen's number in it starred out.
#[derive(Clone, Copy)]
pub struct Masked<'a>(pub &'a str);

impl fmt::Debug for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut run = String::new();
        for it in self.0.chars() {
            if is_digit(it) || (matches!(it, 'x' | 'X') && run.chars().count() == DIGITS - 1) {
                run.push(it);
                continue;
            }
            put(f, &run)?;
            run.clear();
            write!(f, "{it}")?;
        }
        put(f, &run)
    }
}

/// Half-width or full-width.
const fn is_digit(it: char) -> bool {
    it.is_ascii_digit() || matches!(it, '０'..='９')
}

/// A run of digits, starred out if a citizen's number may be in it.
fn put(f: &mut fmt::Formatter<'_>, run: &str) -> fmt::Result {
    if run.chars().count() >= DIGITS { f.write_str("******") } else { f.write_str(run) }
}

/// A text, masked.
pub fn masked(text: &str) -> String {
    Masked(text).to_string()
}

/// An error with all that caused it, masked, for a log.
pub fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    masked(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citizens_numbers_are_starred_out() {
        for (text, expected) in [
            ("530427198605040017", "******"),
            ("53042719860504001X", "******"),
            ("53042719860504001x 不存在", "****** 不存在"),
            ("id:530427198605040017.", "id:******."),
            ("a530427198605040017b", "a******b"),
            ("５３０４２７１９８６０５０４００１７", "******"),
            ("1530427198605040017", "******"),
            ("530427198605040017,530427198605040025", "******,******"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn other_numbers_and_words_stay() {
        for text in
            ["", "m-001", "17000000000000001", "2022-07-01", "12345678901234567 x", "李文琼", "X"]
        {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] std::fmt::Error);
        assert_eq!(told(&Outer(std::fmt::Error)), format!("outer: {}", std::fmt::Error));
    }
}
