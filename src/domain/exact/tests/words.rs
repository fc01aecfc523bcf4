//! Amounts in words: a table that a person has read, and a reader of its own that must come back to
//! the same fen.

use proptest::prelude::*;

use super::cases;
use crate::domain::exact::Money;

/// Reviewed by hand against 《正确填写票据和结算凭证的基本规定》, whose own examples are marked.
const TABLE: [(&str, &str); 62] = [
    ("0", "零元整"),
    ("0.01", "壹分"),
    ("0.05", "伍分"),
    ("0.10", "壹角整"),
    ("0.50", "伍角整"),
    ("0.11", "壹角壹分"),
    ("0.99", "玖角玖分"),
    ("1", "壹元整"),
    ("1.01", "壹元零壹分"),
    ("1.10", "壹元壹角整"),
    ("9.99", "玖元玖角玖分"),
    ("10", "壹拾元整"),
    ("10.50", "壹拾元伍角整"),
    ("10.05", "壹拾元零伍分"),
    ("11", "壹拾壹元整"),
    ("20", "贰拾元整"),
    ("99", "玖拾玖元整"),
    ("100", "壹佰元整"),
    ("101", "壹佰零壹元整"),
    ("110", "壹佰壹拾元整"),
    ("111.11", "壹佰壹拾壹元壹角壹分"),
    ("305.70", "叁佰零伍元柒角整"),
    // Its examples.
    ("325.04", "叁佰贰拾伍元零肆分"),
    ("1409.50", "壹仟肆佰零玖元伍角整"),
    ("6007.14", "陆仟零柒元壹角肆分"),
    ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
    ("107000.53", "壹拾万柒仟元伍角叁分"),
    ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
    // The county's own.
    ("5000", "伍仟元整"),
    ("2000", "贰仟元整"),
    ("300000", "叁拾万元整"),
    ("100000", "壹拾万元整"),
    ("200000.00", "贰拾万元整"),
    ("1000", "壹仟元整"),
    ("1005.03", "壹仟零伍元零叁分"),
    ("1000.05", "壹仟元零伍分"),
    ("1001", "壹仟零壹元整"),
    ("1010", "壹仟零壹拾元整"),
    ("1100", "壹仟壹佰元整"),
    ("1101", "壹仟壹佰零壹元整"),
    ("10000", "壹万元整"),
    ("10001", "壹万零壹元整"),
    ("10010", "壹万零壹拾元整"),
    ("10100", "壹万零壹佰元整"),
    ("11000", "壹万壹仟元整"),
    ("100500", "壹拾万零伍佰元整"),
    ("101000", "壹拾万壹仟元整"),
    ("1000001", "壹佰万零壹元整"),
    ("10203040.50", "壹仟零贰拾万叁仟零肆拾元伍角整"),
    ("12345678.90", "壹仟贰佰叁拾肆万伍仟陆佰柒拾捌元玖角整"),
    ("99999999.99", "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ("100000000", "壹亿元整"),
    ("100000001", "壹亿零壹元整"),
    ("100010000", "壹亿零壹万元整"),
    ("110000000", "壹亿壹仟万元整"),
    ("100100000", "壹亿零壹拾万元整"),
    ("1000000000", "壹拾亿元整"),
    ("1000100010", "壹拾亿零壹拾万零壹拾元整"),
    ("-5", "负伍元整"),
    ("-0.01", "负壹分"),
    ("-1005.03", "负壹仟零伍元零叁分"),
    ("-300000", "负叁拾万元整"),
];

#[test]
fn the_reviewed_table_is_written_word_for_word() {
    for (yuan, words) in TABLE {
        let amount = Money::parse(yuan).unwrap();
        assert_eq!(amount.in_words(), words, "{yuan}");
        assert_eq!(read(words), i128::from(amount.fen()), "{words}");
    }
}

#[test]
fn all_that_can_be_kept_has_words() {
    for (fen, words) in [
        (100_000_000_000_000, "壹万亿元整"),
        (1_000_000_000_000_000_000, "壹亿亿元整"),
        (1_000_000_000_000_000_001, "壹亿亿元零壹分"),
        (1_000_000_000_000_000_100, "壹亿亿零壹元整"),
        (100_010_000_000_000_000, "壹仟万壹仟亿元整"),
        (i64::MAX, "玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零柒分"),
        (i64::MIN, "负玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零捌分"),
    ] {
        assert_eq!(Money::from_fen(fen).in_words(), words);
        assert_eq!(read(words), i128::from(fen));
    }
}

#[test]
fn every_amount_up_to_a_thousand_yuan_is_read_back_and_written_once() {
    let mut seen = std::collections::BTreeSet::new();
    for fen in 0..=100_000 {
        let words = Money::from_fen(fen).in_words();
        assert_eq!(read(&words), i128::from(fen), "{words}");
        well_written(&words);
        assert!(seen.insert(words), "{fen} has the words of another amount");
    }
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn any_amount_is_read_back_to_the_fen(fen in amount()) {
        let words = Money::from_fen(fen).in_words();
        prop_assert_eq!(read(&words), i128::from(fen), "{}", words);
        well_written(&words);
    }
}

/// Digits that are often zero: random ones seldom have the zeros that the rules are about.
fn amount() -> impl Strategy<Value = i64> {
    let sparse = prop::collection::vec(prop_oneof![3 => Just(0_i64), 2 => 1_i64..=9], 1..=18)
        .prop_map(|digits| digits.into_iter().fold(0, |sum, it| sum * 10 + it));
    prop_oneof![3 => sparse, 1 => any::<i64>(), 1 => -200_000_i64..200_000]
}

/// Reads words as a bank clerk does: the last 亿 first, then the last 万, then 仟, 佰, 拾.
fn read(words: &str) -> i128 {
    let (sign, words) = words.strip_prefix('负').map_or((1, words), |it| (-1, it));
    let words = words.strip_suffix('整').unwrap_or(words);
    let (yuan, rest) = words.split_once('元').unwrap_or(("", words));
    let (mut fen, mut digit) = (number(yuan) * 100, 0);
    for sign in rest.chars() {
        match sign {
            '角' => fen += digit * 10,
            '分' => fen += digit,
            other => digit = one(other),
        }
    }
    sign * fen
}

fn number(words: &str) -> i128 {
    for (name, unit) in
        [('亿', 100_000_000), ('万', 10_000), ('仟', 1_000), ('佰', 100), ('拾', 10)]
    {
        if let Some((high, low)) = words.rsplit_once(name) {
            return number(high) * unit + number(low);
        }
    }
    match words.strip_prefix('零').unwrap_or(words) {
        "" => 0,
        digit => one(digit.chars().next().unwrap()),
    }
}

fn one(digit: char) -> i128 {
    let at = "零壹贰叁肆伍陆柒捌玖".chars().position(|it| it == digit);
    i128::try_from(at.unwrap_or_else(|| panic!("`{digit}` is no digit"))).unwrap()
}

/// What no voucher has, whatever the amount.
fn well_written(words: &str) {
    for wrong in ["零零", "零拾", "零佰", "零仟", "零万", "零亿", "零角", "零分", "亿万", "万万"]
    {
        assert!(!words.contains(wrong), "{words}");
    }
    assert!(words == "零元整" || !words.contains("零元"), "{words}");
    assert!(words.ends_with('整') != words.ends_with('分'), "{words}");
}
