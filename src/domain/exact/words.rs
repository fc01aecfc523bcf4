//! Amounts in words (大写金额), as payment vouchers and lists write them.

use num_integer::Integer;

use super::Money;

/// The digits of vouchers: no stroke that is added makes another of them.
const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];

impl Money {
    /// The amount in words (大写金额), as 《正确填写票据和结算凭证的基本规定》 has it: `伍仟元整`,
    /// `壹拾元伍角整`, `壹仟零伍元零叁分`.
    ///
    /// - Zeros between two digits are one 零, however many; zeros at the end of the yuan are none.
    /// - 整 stands after 元 and after 角; after 分 it does not.
    /// - Where the yuan end in a zero and 角 follows, no 零 is written (`壹拾元伍角整`), nor between
    ///   万 and a 仟 that is there (`壹拾万柒仟元整`): the rule leaves both open, and one writing is
    ///   one amount.
    /// - Without 角 a 零 stands before 分 where there are yuan (`壹元零伍分`), and none where there
    ///   are not (`伍分`).
    /// - Nothing is `零元整`; below nothing begins with 负.
    pub fn in_words(self) -> String {
        let fen = self.fen().unsigned_abs();
        let (yuan, rest) = (fen / 100, fen % 100);
        let (jiao, fen) = (rest / 10, rest % 10);
        let mut words = String::from(if self < Self::ZERO { "负" } else { "" });
        if yuan > 0 || rest == 0 {
            words.push_str(&whole(yuan));
            words.push('元');
        }
        match (jiao, fen) {
            (0, 0) => words.push('整'),
            (0, fen) if yuan > 0 => words.extend(["零", digit(fen), "分"]),
            (0, fen) => words.extend([digit(fen), "分"]),
            (jiao, 0) => words.extend([digit(jiao), "角整"]),
            (jiao, fen) => words.extend([digit(jiao), "角", digit(fen), "分"]),
        }
        words
    }
}

/// A whole number: what is above 亿 is read by the same rule, so 10 to the 16th is 壹亿亿.
fn whole(value: u64) -> String {
    let above = |unit: u64, name: &str| {
        let (high, low) = value.div_rem(&unit);
        let zero = if low > 0 && low < unit / 10 { DIGITS[0] } else { "" };
        let low = if low > 0 { whole(low) } else { String::new() };
        format!("{}{name}{zero}{low}", whole(high))
    };
    match value {
        0..=9 => digit(value).to_owned(),
        10..=99 => above(10, "拾"),
        100..=999 => above(100, "佰"),
        1_000..=9_999 => above(1_000, "仟"),
        10_000..=99_999_999 => above(10_000, "万"),
        100_000_000.. => above(100_000_000, "亿"),
    }
}

fn digit(value: u64) -> &'static str {
    let digit = usize::try_from(value).ok().and_then(|it| DIGITS.get(it));
    digit.copied().unwrap_or(DIGITS[0])
}
