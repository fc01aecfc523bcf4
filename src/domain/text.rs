//! What a text that callers give may hold: names, titles, reasons. What two people see as the same
//! text is the same text, and nothing in it is hidden, moves other text about, or starts a line.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark, is_nfc, is_nfkc};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// The most combining marks that stand on one character.
const MARKS_MAX: usize = 4;

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextFault {
    /// It is empty, or longer than it may be.
    Length,
    /// It begins or ends with a blank.
    Blanks,
    /// It holds a control, format, bidirectional, zero-width, private or unassigned character, or the
    /// end of a line.
    Character(char),
    /// Marks are piled up, or stand on nothing.
    Marks,
    /// It is not in NFC.
    NotComposed,
}

/// Looks at a text of at most so many bytes.
pub fn check(text: &str, most: usize) -> Result<(), TextFault> {
    if text.is_empty() || text.len() > most {
        return Err(TextFault::Length);
    }
    if let Some(it) = text.chars().find(|it| is_refused(*it)) {
        return Err(TextFault::Character(it));
    }
    if text.trim() != text {
        return Err(TextFault::Blanks);
    }
    if text.is_ascii() {
        return Ok(());
    }
    // A text begins with a character that a mark can stand on.
    let mut marks = MARKS_MAX;
    for it in text.chars() {
        marks = if is_combining_mark(it) { marks.saturating_add(1) } else { 0 };
        if marks > MARKS_MAX {
            return Err(TextFault::Marks);
        }
    }
    if is_nfc(text) { Ok(()) } else { Err(TextFault::NotComposed) }
}

/// How the name of a unit is written so that it cannot be taken for another: without characters that
/// only look like others (a radical for an ideograph, a wide letter for a letter). Nothing where it
/// is written so already. Wide punctuation, as the brackets of `（一期）`, is how Chinese is written
/// and stays.
pub fn plain_name(name: &str) -> Option<String> {
    if !name.contains(is_radical) && name.split(is_wide_punctuation).all(is_nfkc) {
        return None;
    }
    let mut plain = String::with_capacity(name.len());
    for part in name.split_inclusive(is_wide_punctuation) {
        let kept = part.chars().next_back().filter(|it| is_wide_punctuation(*it));
        plain.extend(part.strip_suffix(is_wide_punctuation).unwrap_or(part).nfkc());
        plain.extend(kept);
    }
    Some(plain)
}

/// Radicals, which look like ideographs. Those of the supplement have no compatibility form.
fn is_radical(it: char) -> bool {
    matches!(it, '\u{2e80}'..='\u{2fdf}')
}

/// The wide forms of ASCII's punctuation.
fn is_wide_punctuation(it: char) -> bool {
    matches!(it, '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff5e}')
}

fn is_refused(it: char) -> bool {
    if it.is_ascii() {
        return it.is_ascii_control();
    }
    // What is not shown though it is a letter or a mark, variation selectors, and the characters that
    // stand for what could not be read.
    let unseen = matches!(
        it,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}'
            | '\u{fffc}' | '\u{fffd}' | '\u{e0100}'..='\u{e01ef}'
    );
    unseen
        || matches!(
            it.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::Surrogate
                | GeneralCategory::PrivateUse
                | GeneralCategory::Unassigned
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<(), TextFault> {
        check(text, 200)
    }

    #[test]
    fn what_is_hidden_or_moves_text_is_refused() {
        let refused = [
            '\0',
            '\n',
            '\r',
            '\t',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{3164}',
            '\u{e000}',
            '\u{f8ff}',
            '\u{fdd0}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fff9}',
            '\u{fffd}',
            '\u{ffff}',
            '\u{378}',
            '\u{1fffe}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{f0000}',
            '\u{10ffff}',
        ];
        for it in refused {
            assert_eq!(of(&format!("红{it}旗")), Err(TextFault::Character(it)), "{it:?}");
        }
    }

    #[test]
    fn composed_text_of_every_script_is_taken() {
        let good = [
            "红旗小区",
            "café",
            "Ｂ 栋",
            "阿卜杜·热西提",
            "〇",
            "㐀䶿",
            "𠀀𪛖",
            "\u{fa11}",
            "ئۇيغۇر",
            "བོད་ཡིག",
            "ᠮᠣᠩᠭᠣᠯ",
            "ꆈꌠ",
            "x\u{302}",
            "한국",
            "'; DROP TABLE",
            "=1+1",
            "👍",
        ];
        for text in good {
            assert_eq!(of(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_not_composed_or_piled_up_is_refused() {
        assert_eq!(of("cafe\u{301}"), Err(TextFault::NotComposed));
        assert_eq!(of("\u{f900}"), Err(TextFault::NotComposed));
        assert_eq!(of("\u{2f800}"), Err(TextFault::NotComposed));
        assert_eq!(of("\u{301}a"), Err(TextFault::Marks));
        assert_eq!(of(&format!("x{}", "\u{302}".repeat(4))), Ok(()));
        assert_eq!(of(&format!("x{}", "\u{302}".repeat(5))), Err(TextFault::Marks));
        for text in [" a", "a ", "\u{3000}a"] {
            assert_eq!(of(text), Err(TextFault::Blanks), "{text:?}");
        }
        assert_eq!(of(""), Err(TextFault::Length));
        assert_eq!(of(&"龟".repeat(66)), Ok(()));
        assert_eq!(of(&"龟".repeat(67)), Err(TextFault::Length));
    }

    #[test]
    fn a_unit_s_name_is_written_in_one_way() {
        for name in ["红旗小区", "红旗小区（一期）", "A·B", "〇一", "三、四号楼"]
        {
            assert_eq!(plain_name(name), None, "{name}");
        }
        for (name, plain) in [
            ("红旗⼩区（⼀期）", "红旗小区（一期）"),
            ("Ｂ栋", "B栋"),
            ("２号", "2号"),
            ("ﬁ", "fi"),
            ("红\u{3000}旗", "红 旗"),
        ] {
            assert_eq!(plain_name(name).as_deref(), Some(plain), "{name}");
        }
        // No other form is known of this radical, which looks like 民.
        assert_eq!(plain_name("⺠主小区").as_deref(), Some("⺠主小区"));
    }
}
