//! The texts of numbers, shares and money (catalogue D, invariants A1, A3 and F8).

use proptest::prelude::*;

use super::{
    cases,
    naive::{Naive, agree},
};
use crate::domain::exact::{
    Decimal, Exact, InvalidDecimal, InvalidMoney, InvalidShare, Money, Share,
};

/// Every row of catalogue D that is about text, with the answer in particular.
#[test]
fn every_row_of_the_catalogue_has_its_answer() {
    use InvalidDecimal::{Form, LeadingZero, NegativeZero, TooFine, TooLarge};
    let long = "9".repeat(1_000_000);
    let fine = format!("0.{}5", "0".repeat(28));
    let rows: &[(InvalidDecimal, &[&str])] = &[
        (Form, &["NaN", "nan", "inf", "-inf", "Infinity", "null", "", "-", "+", ".", "-.", "-.5"]),
        (Form, &["1_000", "1__0", "_1", "1_", "5.", ".5", "+5", "-5.", "1.-5", "1.+5", "- 5"]),
        (LeadingZero, &["00005", "00", "00.5", "-01", "01.10", "-00"]),
        (Form, &["1e5", "1E5", "1e-28", "1e999999999999", "1.0e0", "0e0"]),
        (NegativeZero, &["-0", "-0.0", "-0.00", "-0.000000"]),
        (
            TooLarge,
            &["12345678901", "10000000000", "-10000000000.5", "79228162514264337593543950336"],
        ),
        (TooLarge, &["79228162514264337593543950335.4", &long]),
        (TooFine, &["0.0000001", "1.1234567", "0.0000000", "-0.0000001", &fine]),
        (Form, &["５", "－5", "5．0", "٥", "५", "½", "五", "\u{2212}5", "²", "5\u{0301}", "𝟓"]),
        (
            Form,
            &[
                " 5",
                "5 ",
                "\t5",
                "5\n",
                "5\r\n",
                "5\0",
                "\u{feff}5",
                "\u{202e}5",
                "5\u{200b}",
                "\u{a0}5",
            ],
        ),
        (Form, &["1,000", "1.000,5", "50%", "5元", "¥5", "0x10", "0b1", "0o17", "#5", "5f", "5L"]),
        (Form, &["1.1.1", "--5", "5-", "5-5", "(5)", "1/2", "true", "~"]),
    ];
    for (wanted, texts) in rows {
        for text in *texts {
            let shown: String = text.chars().take(40).collect();
            assert_eq!(Decimal::parse(text), Err(*wanted), "`{shown}`");
            assert!(Money::parse(text).is_err(), "`{shown}` as money");
        }
    }
}

#[test]
fn one_number_has_one_value_however_many_zeros_it_is_written_with() {
    for texts in [["90", "90.0", "90.00"], ["0", "0.0", "0.000000"], ["-1.5", "-1.50", "-1.500000"]]
    {
        let [a, b, c] = texts.map(|it| Decimal::parse(it).unwrap());
        assert!(a == b && b == c);
        assert_eq!(a.to_string(), texts[0]);
        assert_eq!(c.to_string(), texts[0]);
    }
}

#[test]
fn the_bounds_are_where_they_are_said_to_be() {
    let limit = 10_000_000_000_000_000;
    assert_eq!(Decimal::from_millionths(limit), None);
    assert_eq!(Decimal::from_millionths(-limit), None);
    assert_eq!(Decimal::from_millionths(i64::MIN), None);
    assert_eq!(Decimal::from_millionths(limit - 1).unwrap().to_string(), "9999999999.999999");
    assert_eq!(Decimal::from_millionths(1 - limit).unwrap().to_string(), "-9999999999.999999");
    assert_eq!(Decimal::whole(10_000_000_000), None);
    assert_eq!(Decimal::whole(i64::MAX), None);
    assert_eq!(Decimal::from_ten_thousandths(i64::MAX), None);
    assert_eq!(Decimal::parse("0.00001").unwrap().ten_thousandths(), None);
    assert_eq!(Decimal::parse("-0.0001").unwrap().ten_thousandths(), Some(-1));
}

#[test]
fn shares_that_are_no_shares_say_why() {
    use InvalidShare::{Denominator, NotWhole};
    for (text, wanted) in [
        ("1/0", Denominator),
        ("0/0", Denominator),
        ("1/-3", Denominator),
        ("1.5/3", NotWhole),
        ("1/3.0", NotWhole),
        ("%", InvalidShare::Number(InvalidDecimal::Form)),
        ("1/", InvalidShare::Number(InvalidDecimal::Form)),
        ("1/3/4", InvalidShare::Number(InvalidDecimal::Form)),
        ("1/3%", InvalidShare::Number(InvalidDecimal::Form)),
        ("50%%", InvalidShare::Number(InvalidDecimal::Form)),
        ("50 %", InvalidShare::Number(InvalidDecimal::Form)),
        ("５０%", InvalidShare::Number(InvalidDecimal::Form)),
        ("50％", InvalidShare::Number(InvalidDecimal::Form)),
        ("-0%", InvalidShare::Number(InvalidDecimal::NegativeZero)),
        ("0.0000001%", InvalidShare::Number(InvalidDecimal::TooFine)),
    ] {
        assert_eq!(Share::parse(text), Err(wanted), "`{text}`");
    }
}

#[test]
fn money_below_a_fen_is_told_apart_from_what_is_no_number() {
    for text in ["5000.001", "0.005", "-0.001", "1.999999"] {
        assert_eq!(Money::parse(text), Err(InvalidMoney::BelowFen), "{text}");
    }
    for (text, fen) in [("0", 0), ("0.01", 1), ("-0.01", -1), ("2000", 200_000), ("1.230000", 123)]
    {
        assert_eq!(Money::parse(text).map(Money::fen), Ok(fen), "{text}");
    }
    assert_eq!(Money::from_fen(i64::MIN).minus(Money::from_fen(1)), Err(InvalidMoney::TooLarge));
    assert_eq!(Money::from_fen(1).times(u64::MAX), Err(InvalidMoney::TooLarge));
    assert_eq!(Money::from_fen(i64::MIN).to_string(), "-92233720368547758.08");
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_share_is_the_fraction_that_is_written(
        num in -9_999_999_999_i64..=9_999_999_999,
        den in 1_i64..=9_999_999_999,
        millionths in -9_999_999_999_999_999_i64..=9_999_999_999_999_999,
    ) {
        let exact = |text: &str| Ok(Share::parse(text).unwrap().exact().clone());
        let fraction = exact(&format!("{num}/{den}"));
        prop_assert_eq!(agree(&fraction, Naive::new(num, den).as_ref()), Ok(()));
        let decimal = Decimal::from_millionths(millionths).unwrap();
        let percent = exact(&format!("{decimal}%"));
        prop_assert_eq!(agree(&percent, Naive::new(millionths, 100_000_000).as_ref()), Ok(()));
        let plain = exact(&decimal.to_string());
        prop_assert_eq!(agree(&plain, Naive::new(millionths, 1_000_000).as_ref()), Ok(()));
        // What it shows reads back to the same share.
        let shown = Share::parse(&format!("{num}/{den}")).unwrap();
        if !shown.to_string().contains('/') || den < 1_000_000 {
            prop_assert_eq!(Share::parse(&shown.to_string()), Ok(shown));
        }
    }

    #[test]
    fn random_text_is_read_as_the_grammar_says_or_not_at_all(text in "[-+0-9._eE%/ ]{0,14}") {
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let mut parts = digits.split('.');
        let (whole, fraction, more) = (parts.next().unwrap_or(""), parts.next(), parts.next());
        let all = |it: &str| !it.is_empty() && it.chars().all(|it| "0123456789".contains(it));
        let good = more.is_none()
            && all(whole) && whole.len() <= 10 && (whole == "0" || !whole.starts_with('0'))
            && fraction.is_none_or(|it| all(it) && it.len() <= 6)
            && !(text.starts_with('-') && digits.chars().all(|it| it == '0' || it == '.'));
        prop_assert_eq!(Decimal::parse(&text).is_ok(), good, "`{}`", text);
    }

    /// Invariant F1: no sum of money is off by a fen, and none wraps.
    #[test]
    fn sums_of_money_are_exact(fen in prop::collection::vec(any::<i64>(), 0..20), count in any::<u64>()) {
        let wide: i128 = fen.iter().fold(0, |sum, it| sum + i128::from(*it));
        let ours = fen.iter().try_fold(Money::ZERO, |sum, it| sum.plus(Money::from_fen(*it)));
        if let Ok(ours) = ours {
            prop_assert_eq!(i128::from(ours.fen()), wide);
        } else {
            // An error only where some sum on the way leaves the range.
            let mut sum = 0_i128;
            let left = fen.iter().any(|it| {
                sum += i128::from(*it);
                i64::try_from(sum).is_err()
            });
            prop_assert!(left);
        }
        let one = fen.first().copied().unwrap_or(1);
        let product = i128::from(one).checked_mul(i128::from(count)).and_then(|it| i64::try_from(it).ok());
        let ours = Money::from_fen(one).times(count).ok().map(Money::fen);
        prop_assert!(ours == product || (ours.is_none() && i64::try_from(count).is_err()));
        prop_assert_eq!(Money::from_fen(one).exact(), Exact::ratio(i128::from(one), 100).unwrap());
    }
}
