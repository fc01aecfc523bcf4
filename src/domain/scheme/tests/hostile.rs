//! Hostile texts (catalogue G8 to G14, and D for numbers) and random ones: always an answer, never
//! a panic, in bounded time.

use std::{fmt::Write as _, time::Instant};

use proptest::prelude::*;

use super::{GOOD, RICH, faults, told};
use crate::domain::scheme::Scheme;

fn codes(text: &str) -> Vec<&'static str> {
    faults(text.as_bytes()).iter().map(|it| it.code).collect()
}

#[test]
fn numbers_of_other_grammars_are_refused() {
    for number in [
        "33.33333333333333333333",
        "0x10",
        "0o17",
        "010",
        "1e2",
        "1_000",
        "yes",
        "~",
        "",
        "null",
        "true",
        ".5",
        "5.",
        "+5",
        "-0",
        ".nan",
        ".inf",
        "-.inf",
        "NaN",
        "1,5",
        "５０",
        "五",
        "½",
        "0b1",
        "1:30",
        "2022-01-01",
        "12345678901",
        "'5 '",
        "\"5\\n\"",
        "\"\\u200b5\"",
        "1 000",
        "\"\"",
        "5元",
    ] {
        let weight = GOOD.replacen("weight: 50%", &format!("weight: {number}"), 1);
        assert_eq!(codes(&weight), ["NOT_A_SHARE"], "weight {number}");
        let base = GOOD.replacen("base: 60", &format!("base: {number}"), 1);
        assert_eq!(codes(&base), ["NOT_A_NUMBER"], "base {number}");
    }
    for share in ["50%", "1/2", "0.5", "\"1/2\""] {
        let base = GOOD.replacen("base: 60", &format!("base: {share}"), 1);
        let good = share == "0.5";
        assert_eq!(codes(&base).is_empty(), good, "only decimals are numbers: {share}");
    }
    for share in ["1/0", "1/-2", "1/2/3", "50 %", "0.5/1", "%"] {
        let weight = GOOD.replacen("weight: 50%", &format!("weight: \"{share}\""), 1);
        assert_eq!(codes(&weight), ["NOT_A_SHARE"], "weight {share}");
    }
    let long = format!("base: 0.{}1", "0".repeat(500_000));
    assert_eq!(codes(&GOOD.replacen("base: 60", &long, 1)), ["NOT_A_NUMBER"]);
}

#[test]
fn yaml_that_two_people_may_read_differently_is_refused() {
    let after = |line: &str| GOOD.replacen("version: 1\n", &format!("version: 1\n{line}\n"), 1);
    for (text, want) in [
        (GOOD.replacen("base: 60", "base: &b 60", 1), "YAML_ANCHOR 24:16 score.weighted[1].base"),
        (GOOD.replacen("base: 60", "base: *b", 1), "YAML_ALIAS 24:13 score.weighted[1].base"),
        (GOOD.replacen("base: 60", "base: !!int 60", 1), "YAML_TAG 24:19 score.weighted[1].base"),
        (GOOD.replacen("base: 60", "base: !x 60", 1), "YAML_TAG 24:16 score.weighted[1].base"),
        (after("<<: {version: 2}"), "YAML_MERGE_KEY 4:1 <<"),
        (after("? [a, b]\n: 5"), "YAML_KEY 4:3 "),
        (after("~: 5"), "YAML_KEY 4:1 ~"),
        (after("version: 2"), "DUPLICATE_KEY 4:1 version"),
        (after("\"version\": 2"), "DUPLICATE_KEY 4:1 version"),
        (format!("{GOOD}---\n{GOOD}"), "YAML_DOCUMENTS 50:1 "),
        (String::new(), "EMPTY 1:1 "),
        ("# nothing\n".to_owned(), "EMPTY 1:1 "),
    ] {
        let told = told(&text);
        assert!(told.iter().any(|it| it == want), "{want} is not in {told:?}");
    }
    let alias = GOOD.replacen("base: 60", "base: &b 60\n      round: *b", 1);
    assert_eq!(codes(&alias), ["YAML_ANCHOR", "YAML_ALIAS"]);
    for text in ["a: [", "a: 'x", "a: b: c", "- a\nb: c", "@", "a: \"\\q\""] {
        let faults = faults(text.as_bytes());
        assert!(faults.iter().any(|it| it.code == "YAML_SYNTAX"), "`{text}`: {faults:?}");
        assert!(faults.iter().all(|it| it.place.line >= 1 && it.place.column >= 1), "{faults:?}");
    }
    assert_eq!(told("\ta: 1"), ["YAML_TAB 1:1 "]);
    assert_eq!(told("a:\n \tb: 1"), ["YAML_TAB 2:2 "]);
    assert_eq!(codes(&GOOD.replace("\nscore:", "\n\t# a comment\n\t\nscore:")), [] as [&str; 0]);
    assert_eq!(codes("[1, 2]"), ["EXPECTED_MAPPING"]);
    assert_eq!(codes("just text"), ["EXPECTED_MAPPING"]);
}

#[test]
fn bytes_that_are_no_utf_8_are_told_with_their_place() {
    let mut bytes = b"steelyard: scheme/v1\nid: a\xff\xfe".to_vec();
    let bad = faults(&bytes);
    assert_eq!((bad[0].code, bad[0].place.line, bad[0].place.column), ("NOT_UTF8", 2, 6));
    bytes.insert(0, 0xff);
    let bad = faults(&bytes);
    assert_eq!((bad[0].code, bad[0].place.line, bad[0].place.column), ("NOT_UTF8", 1, 1));
    assert!(codes("a\0b: \u{1}").iter().all(|it| !it.is_empty()));
}

#[test]
fn bombs_are_answered_at_once() {
    let started = Instant::now();
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let before = level - 1;
        writeln!(laughs, "a{level}: &a{level} [*a{before}, *a{before}, *a{before}]").unwrap();
    }
    assert!(codes(&laughs).contains(&"YAML_ALIAS"));
    for depth in [33, 129, 300, 200_000] {
        for text in
            ["[".repeat(depth), "{a: ".repeat(depth), "- ".repeat(depth), "? ".repeat(depth)]
        {
            let codes = codes(&text);
            let told =
                codes.iter().any(|it| matches!(*it, "TOO_DEEP" | "YAML_SYNTAX" | "YAML_KEY"));
            assert!(told, "depth {depth}: {codes:?}");
        }
    }
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(codes(&nested(32)), ["EXPECTED_MAPPING"]);
    assert_eq!(codes(&nested(33)), ["TOO_DEEP"]);
    assert_eq!(codes(&" ".repeat(1024 * 1024 + 1)), ["TOO_LARGE"]);
    let values = format!("[{}]", "1,".repeat(250_000));
    assert_eq!(codes(&values), ["TOO_LARGE"]);
    let unknown: String = (0..60_000).fold(String::new(), |mut text, number| {
        writeln!(text, "k{number}: 1").unwrap();
        text
    });
    let all = faults(unknown.as_bytes());
    assert!(all.len() <= 2001, "{}", all.len());
    assert!(all.iter().any(|it| it.code == "TOO_MANY_FAULTS"));
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn no_text_takes_long_to_refuse() {
    let started = Instant::now();
    let size = 128 * 1024;
    for (start, part) in [
        ("", "a"),
        ("'", "x\n"),
        ("\"", "\\n"),
        ("\"", "\n"),
        ("a: |\n", " x\n"),
        ("a: >\n", " x\n\n"),
        ("", "#"),
        ("", "# x\n"),
        ("[", "a, "),
        ("{", "a, "),
        ("{", "a: {}, "),
        ("", "- "),
        ("", "- a\n"),
        ("", "? "),
        ("", "? a\n"),
        ("", ": "),
        ("", "a: "),
        ("", "---\n"),
        ("", "...\n"),
        ("%TAG ", "! "),
        ("", "%YAML 1.2\n"),
        ("", "!"),
        ("", "&a "),
        ("", "*a "),
        ("", "\u{feff}"),
        ("", "\r"),
        ("", "\n"),
        ("a:\n", "  b\n"),
        ("[", "[], "),
        ("[", "{a: 1}, "),
        ("a: ", "是 "),
        ("[", "\"a\": 1, "),
        ("", "'a' "),
        ("[", "? "),
        ("", "a:\n- "),
    ] {
        let text = format!("{start}{}", part.repeat(size / part.len()));
        let read = Scheme::read(text.as_bytes());
        assert!(read.is_err(), "{start}{part}");
    }
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn a_score_has_at_most_4096_nodes() {
    let scheme = |parts: usize| {
        let mut text = "steelyard: scheme/v1\nid: wide\nversion: 1\nsubject: member\nperiod: year\nin_force: {from: 2022-01-01}\nscore:\n  id: root\n  sum:\n".to_owned();
        for part in 0..parts {
            writeln!(text, "    - {{id: n{part}, constant: 1}}").unwrap();
        }
        text
    };
    assert_eq!(Scheme::read(scheme(4095).as_bytes()).unwrap().nodes.len(), 4096);
    assert_eq!(told(&scheme(4096)), ["TOO_MANY_NODES 8:3 score"]);
}

#[test]
fn text_that_cannot_be_seen_is_refused() {
    for title in ["\"a\\tb\"", "\"a\\0b\"", "\"a\\u202eb\"", "\"\\ufeffa\"", "\"a\\x85\""] {
        let text = GOOD.replacen("title: 在职党员双积分", &format!("title: {title}"), 1);
        assert_eq!(codes(&text), ["TEXT_CONTROL"], "{title}");
    }
    let long = GOOD.replacen("title: 在职党员双积分", &format!("title: {}", "长".repeat(1001)), 1);
    assert_eq!(codes(&long), ["TEXT_LONG"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Scheme::read(&bytes);
    }

    #[test]
    fn random_yaml_never_panics(text in "[-a-c0-9:{}\\[\\],\"'#&*!|>%@?~. \n\t\r\u{feff}是]{0,120}") {
        let _ = Scheme::read(text.as_bytes());
    }

    #[test]
    fn random_changes_of_a_scheme_are_read_or_told(
        rich in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..30, "[-a-z0-9:{}\\[\\],\"' \n%/.~&*!]{0,6}"), 1..6),
    ) {
        let mut text: Vec<char> = (if rich { RICH } else { GOOD }).chars().collect();
        for (at, cut, put) in changes {
            let start = at.index(text.len());
            let end = start.saturating_add(cut).min(text.len());
            text.splice(start..end, put.chars());
            if text.is_empty() {
                text.push('a');
            }
        }
        let text: String = text.into_iter().collect();
        match Scheme::read(text.as_bytes()) {
            Ok(scheme) => prop_assert!(!scheme.nodes.is_empty()),
            Err(faults) => {
                prop_assert!(!faults.is_empty());
                prop_assert!(faults.windows(2).all(|it| it[0].place <= it[1].place));
                let lines = text.split(['\n', '\r']).count();
                for fault in faults {
                    let line = usize::try_from(fault.place.line).unwrap();
                    prop_assert!(line <= lines.saturating_add(1), "{fault}");
                    prop_assert!(!fault.wrong.is_empty() && !fault.wrong_zh.is_empty(), "{fault}");
                    let code = fault.code.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_');
                    prop_assert!(code, "{fault}");
                }
            }
        }
    }
}
