//! Decimal text and fixed-point values: the only way a number enters the product.

use std::fmt;

/// Why a text is no number of ours. The grammar is the same for schemes, facts, requests and
/// money: `-?digits(.digits)?`, no leading zeros, at most 10 digits before the point and 6 after,
/// plain ASCII, and one spelling of zero (catalogue D of the reliability rules).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDecimal {
    /// Not of the form `-?digits(.digits)?`.
    #[error("a number is written as digits with an optional point, such as `12` or `-0.5`")]
    Form,
    /// More than ten digits before the point.
    #[error("a number has at most 10 digits before the point")]
    TooLarge,
    /// More than six digits after the point.
    #[error("a number has at most 6 digits after the point")]
    TooFine,
    /// `007`: a leading zero.
    #[error("a number is written without leading zeros")]
    LeadingZero,
    /// `-0`: zero has no sign.
    #[error("zero is written without a sign")]
    NegativeZero,
}

/// A decimal number held in whole millionths, exactly: what facts and schemes state.
///
/// Its absolute value is below 10^10, so that every product of two of them, and every sum of a
/// billion such products, fits an `i128` (the size bound of the exact arithmetic).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(i64);

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(Self::UNIT);
    /// A half.
    pub const HALF: Self = Self(Self::UNIT / 2);
    /// How many millionths make one.
    pub const UNIT: i64 = 1_000_000;
    /// The first number of millionths that is too large: 10 digits before the point.
    const LIMIT: i64 = 10_000_000_000 * Self::UNIT;

    /// Reads decimal text by the product's own grammar.
    pub fn parse(text: &str) -> Result<Self, InvalidDecimal> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(InvalidDecimal::Form),
            Some((whole, fraction)) => (whole, fraction),
            None => (digits, ""),
        };
        let plain = |part: &str| part.bytes().all(|it| it.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(fraction) {
            return Err(InvalidDecimal::Form);
        }
        if whole.len() > 1 && whole.starts_with('0') {
            return Err(InvalidDecimal::LeadingZero);
        }
        if whole.len() > 10 {
            return Err(InvalidDecimal::TooLarge);
        }
        if fraction.len() > 6 {
            return Err(InvalidDecimal::TooFine);
        }
        let padding = 6_usize.saturating_sub(fraction.len());
        let all = whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', padding));
        let size = all.fold(0_i64, |sum, digit| {
            sum.saturating_mul(10).saturating_add(i64::from(digit.saturating_sub(b'0')))
        });
        match (negative, size) {
            (true, 0) => Err(InvalidDecimal::NegativeZero),
            (true, _) => Ok(Self(size.saturating_neg())),
            (false, _) => Ok(Self(size)),
        }
    }

    /// A whole number, if it is within the bound.
    pub fn whole(value: i64) -> Option<Self> {
        value.checked_mul(Self::UNIT).and_then(Self::from_millionths)
    }

    /// From millionths, if within the bound.
    pub fn from_millionths(value: i64) -> Option<Self> {
        (value > -Self::LIMIT && value < Self::LIMIT).then_some(Self(value))
    }

    /// The value in millionths.
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// The value in ten-thousandths, or nothing if it is finer than that.
    pub fn ten_thousandths(self) -> Option<i64> {
        (self.0.checked_rem(100) == Some(0)).then(|| self.0.checked_div(100)).flatten()
    }

    /// From ten-thousandths (the unit in which stores keep points), if within the bound.
    pub fn from_ten_thousandths(value: i64) -> Option<Self> {
        value.checked_mul(100).and_then(Self::from_millionths)
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl fmt::Display for Decimal {
    /// The shortest text that reads back to the same value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = super::rounding::fixed_text(i128::from(self.0), 6);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        f.write_str(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_number_is_refused() {
        let hostile = [
            "",
            "-",
            "+",
            ".",
            "NaN",
            "nan",
            "inf",
            "Infinity",
            "null",
            "1_000",
            "1__0",
            "5.",
            ".5",
            "+5",
            "00005",
            "1e5",
            "1E5",
            "1e-28",
            "-0",
            "-0.00",
            "０５",
            "－5",
            "٣",
            "½",
            "五",
            "−5",
            " 5",
            "5 ",
            "5\n",
            "5\0",
            "\u{feff}5",
            "1,000",
            "50%",
            "5元",
            "0x10",
            "0o17",
            "1.1.1",
            "--5",
            "5-",
            "12345678901",
            "1.1234567",
            "79228162514264337593543950336",
            "010",
        ];
        for text in hostile {
            assert!(Decimal::parse(text).is_err(), "`{text}` was read");
        }
        let long = format!("0.{}1", "0".repeat(1_000_000));
        assert_eq!(Decimal::parse(&long), Err(InvalidDecimal::TooFine));
    }

    #[test]
    fn the_bounds_are_read() {
        for text in ["9999999999.999999", "-9999999999.999999", "0", "0.000001", "-0.000001"] {
            assert_eq!(Decimal::parse(text).map(|it| it.to_string()), Ok(text.to_owned()));
        }
        assert_eq!(Decimal::parse("90.00"), Decimal::parse("90"));
    }

    proptest! {
        #[test]
        fn printing_and_reading_agree(value in -9_999_999_999_999_999_i64..=9_999_999_999_999_999) {
            let value = Decimal::from_millionths(value).unwrap();
            prop_assert_eq!(Decimal::parse(&value.to_string()), Ok(value));
        }

        #[test]
        fn reading_agrees_with_the_written_grammar(text in "-?[0-9]{0,12}(\\.[0-9]{0,8})?") {
            let digits = text.strip_prefix('-').unwrap_or(&text);
            let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
            let good = (1..=10).contains(&whole.len())
                && (1..=6).contains(&fraction.len())
                && !(whole.len() > 1 && whole.starts_with('0'))
                && !(text.starts_with('-') && digits.bytes().all(|it| it == b'0' || it == b'.'));
            prop_assert_eq!(Decimal::parse(&text).is_ok(), good);
        }
    }
}
