//! Scalars: text, names, ids, numbers, shares, days, amounts and words.

use super::{
    super::yaml::{Data, Scalar},
    reader::{At, Reader, Spot, listed, nearest},
    words::Words,
};
use crate::domain::{
    exact::{Decimal, InvalidMoney, Money, Share},
    time::Day,
};

/// The longest name, in characters.
const NAME_MAX: usize = 128;
/// The longest text, in characters.
const TITLE_MAX: usize = 1000;

impl Reader {
    /// The scalar, if it is one and not nothing.
    pub(in crate::domain) fn scalar<'y>(&mut self, at: &At<'y>, right: &str) -> Option<&'y Scalar> {
        match &at.value.data {
            Data::Scalar(scalar) if scalar.is_null() => {
                self.fault("VALUE_MISSING", &at.spot(), "there is no value here", "缺少值", right);
                None
            }
            Data::Scalar(scalar) => Some(scalar),
            Data::Refused => None,
            Data::Seq(_) | Data::Map(_) => {
                let (wrong, zh) = ("this is a list or a mapping", "此处不应为列表或映射");
                self.fault("EXPECTED_SCALAR", &at.spot(), wrong, zh, right);
                None
            }
        }
    }

    /// Text on one line.
    pub(in crate::domain) fn title(&mut self, at: &At<'_>) -> Option<String> {
        let text = &self.scalar(at, "text, such as `志愿服务`")?.text;
        self.good_text(text, TITLE_MAX, &at.spot()).then(|| text.clone())
    }

    /// A name of something outside the document: a group, a metric, a role.
    pub(in crate::domain) fn name(&mut self, at: &At<'_>) -> Option<String> {
        let text = &self.scalar(at, "a name, such as `street`")?.text;
        self.good_name(text, &at.spot()).then(|| text.clone())
    }

    /// Whether the text may be a name; notes the fault if not.
    pub(super) fn good_name(&mut self, text: &str, spot: &Spot) -> bool {
        if text.is_empty() || text != text.trim() {
            let (wrong, zh) = ("a name is empty, or has blanks at an end", "名称为空或首尾有空白");
            self.fault("NAME_FORM", spot, wrong, zh, "a name such as `street`");
            return false;
        }
        self.good_text(text, NAME_MAX, spot)
    }

    fn good_text(&mut self, text: &str, most: usize, spot: &Spot) -> bool {
        let hidden = |it: char| {
            it.is_control()
                || matches!(it, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        };
        if text.chars().any(hidden) {
            let wrong =
                "the text has a line break, a control character, or one that cannot be seen";
            let zh = "文本含有换行、控制字符或不可见字符";
            self.fault("TEXT_CONTROL", spot, wrong, zh, "text on one line");
            return false;
        }
        if text.chars().count() > most {
            let (wrong, zh) = ("the text is too long", "文本过长");
            self.fault("TEXT_LONG", spot, wrong, zh, format!("at most {most} characters"));
            return false;
        }
        true
    }

    /// An id.
    pub(in crate::domain) fn id(&mut self, at: &At<'_>) -> Option<String> {
        let right = "an id: up to 64 of `a-z`, `0-9`, `_`, `.`, `-`, the first no `.` or `-`";
        let text = &self.scalar(at, right)?.text;
        if good_id(text) {
            return Some(text.clone());
        }
        let shown: String = text.chars().take(64).collect();
        let (wrong, zh) = (format!("`{shown}` is no id"), format!("`{shown}` 不是合法的标识"));
        self.fault("ID_FORM", &at.spot(), wrong, zh, right);
        None
    }

    /// A decimal.
    pub(super) fn number(&mut self, at: &At<'_>) -> Option<Decimal> {
        let right =
            "a decimal such as `12` or `-0.5`, with at most 10 digits before the point and 6 after";
        let text = &self.scalar_or_odd(at, "NOT_A_NUMBER", right)?.text;
        match Decimal::parse(text) {
            Ok(number) => Some(number),
            Err(why) => {
                self.fault(
                    "NOT_A_NUMBER",
                    &at.spot(),
                    said(text, &why),
                    said_zh(text, "数"),
                    right,
                );
                None
            }
        }
    }

    /// A share or a weight.
    pub(in crate::domain) fn share(&mut self, at: &At<'_>) -> Option<Share> {
        let right = "a share such as `50%`, `1/3` or `0.5`";
        let text = &self.scalar_or_odd(at, "NOT_A_SHARE", right)?.text;
        match Share::parse(text) {
            Ok(share) => Some(share),
            Err(why) => {
                self.fault(
                    "NOT_A_SHARE",
                    &at.spot(),
                    said(text, &why),
                    said_zh(text, "份额"),
                    right,
                );
                None
            }
        }
    }

    /// As `scalar`, but nothing (`~`) has the code of what was looked for.
    fn scalar_or_odd<'y>(
        &mut self,
        at: &At<'y>,
        code: &'static str,
        right: &str,
    ) -> Option<&'y Scalar> {
        match &at.value.data {
            Data::Scalar(scalar) if scalar.is_null() => {
                self.fault(code, &at.spot(), "there is no value here", "缺少值", right);
                None
            }
            Data::Scalar(_) | Data::Seq(_) | Data::Map(_) | Data::Refused => self.scalar(at, right),
        }
    }

    /// A decimal above zero.
    pub(super) fn positive(&mut self, at: &At<'_>) -> Option<Decimal> {
        let number = self.number(at)?;
        if number > Decimal::ZERO {
            return Some(number);
        }
        let (wrong, zh) = (format!("`{number}` is not above 0"), format!("`{number}` 应大于 0"));
        self.fault("NOT_POSITIVE", &at.spot(), wrong, zh, "a number above 0");
        None
    }

    /// A decimal, or zero where the key is not written.
    pub(super) fn number_or_zero(&mut self, at: Option<At<'_>>) -> Decimal {
        at.and_then(|it| self.number(&it)).unwrap_or_default()
    }

    /// A whole number of that range.
    pub(in crate::domain) fn whole(&mut self, at: &At<'_>, least: u32, most: u32) -> Option<u32> {
        let right = format!("a whole number from {least} to {most}");
        let text = &self.scalar_or_odd(at, "NOT_WHOLE", &right)?.text;
        let number = whole(text).filter(|it| (least..=most).contains(it));
        if number.is_none() {
            let plain = Decimal::parse(text).is_ok() && !text.contains('.');
            let code = if plain { "OUT_OF_RANGE" } else { "NOT_WHOLE" };
            let shown: String = text.chars().take(40).collect();
            let wrong = format!("`{shown}` is no whole number from {least} to {most}");
            self.fault(
                code,
                &at.spot(),
                wrong,
                format!("`{shown}` 不是 {least} 至 {most} 的整数"),
                right,
            );
        }
        number
    }

    /// A civil day.
    pub(super) fn day(&mut self, at: &At<'_>) -> Option<Day> {
        let right = "a day such as `2022-03-05`";
        let text = &self.scalar(at, right)?.text;
        match Day::parse(text) {
            Ok(day) => Some(day),
            Err(why) => {
                self.fault("NOT_A_DAY", &at.spot(), said(text, &why), said_zh(text, "日期"), right);
                None
            }
        }
    }

    /// Yuan, to the fen.
    pub(in crate::domain) fn amount(&mut self, at: &At<'_>) -> Option<Money> {
        let right = "yuan such as `2000.00`, with at most 2 places";
        let text = &self.scalar_or_odd(at, "NOT_AN_AMOUNT", right)?.text;
        match Money::parse(text) {
            Ok(amount) => Some(amount),
            Err(
                why @ (InvalidMoney::Number(_) | InvalidMoney::BelowFen | InvalidMoney::TooLarge),
            ) => {
                self.fault(
                    "NOT_AN_AMOUNT",
                    &at.spot(),
                    said(text, &why),
                    said_zh(text, "金额"),
                    right,
                );
                None
            }
        }
    }

    /// `true`, plain.
    pub(super) fn yes(&mut self, at: &At<'_>) -> bool {
        let right = "`true`, without quotes, or leave the key out";
        let Some(scalar) = self.scalar(at, right) else { return false };
        let yes = scalar.plain && scalar.text == "true";
        if !yes {
            self.fault(
                "NOT_TRUE",
                &at.spot(),
                "only `true` may stand here",
                "此处只能写 true",
                right,
            );
        }
        yes
    }

    /// One of these words.
    pub(in crate::domain) fn word<T>(&mut self, at: &At<'_>, words: Words<T>) -> Option<T> {
        let names: Vec<_> = words.iter().map(|it| it.0).collect();
        let all = format!("one of {}", listed(&names));
        let text = &self.scalar(at, &all)?.text;
        if let Some((_, value)) = words.into_iter().find(|it| it.0 == text) {
            return Some(value);
        }
        let shown: String = text.chars().take(64).collect();
        let right = nearest(text, &names).map_or(all, |it| format!("`{it}`"));
        let (wrong, zh) =
            (format!("`{shown}` is no word for this"), format!("此处不能写 `{shown}`"));
        self.fault("NOT_A_CHOICE", &at.spot(), wrong, zh, right);
        None
    }

    /// `[a, b]`.
    pub(super) fn pair(&mut self, at: &At<'_>) -> Option<(Decimal, Decimal)> {
        let items = self.list_or_none(at);
        if let [first, second] = items.as_slice() {
            let (first, second) = (self.number(first), self.number(second));
            return first.zip(second);
        }
        if matches!(at.value.data, Data::Seq(_)) {
            let (wrong, zh) = ("this is no pair", "此处应为两个数");
            self.fault("EXPECTED_PAIR", &at.spot(), wrong, zh, "two numbers, such as `[0, 100]`");
        }
        None
    }

    /// `[least, most]`.
    pub(super) fn range(&mut self, at: &At<'_>) -> Option<(Decimal, Decimal)> {
        let (least, most) = self.pair(at)?;
        if least > most {
            let wrong = format!("the least, {least}, is above the most, {most}");
            let zh = format!("下限 {least} 大于上限 {most}");
            self.fault("RANGE_ORDER", &at.spot(), wrong, zh, format!("`[{most}, {least}]`"));
        }
        Some((least, most))
    }

    /// Pairs whose first numbers ascend strictly.
    pub(super) fn ascending(&mut self, at: &At<'_>, code: &'static str) -> Vec<(Decimal, Decimal)> {
        self.ascending_at(at, code).into_iter().map(|it| it.1).collect()
    }

    /// Pairs whose first numbers ascend strictly, each with where it stands.
    pub(super) fn ascending_at(
        &mut self,
        at: &At<'_>,
        code: &'static str,
    ) -> Vec<(Spot, (Decimal, Decimal))> {
        let mut pairs: Vec<(Spot, (Decimal, Decimal))> = Vec::new();
        for item in self.list(at) {
            let Some(pair) = self.pair(&item) else { continue };
            let last = pairs.last().map(|it| it.1.0);
            if let Some(last) = last.filter(|it| *it >= pair.0) {
                let wrong = format!("{} does not come after {last}", pair.0);
                let zh = format!("{} 应大于前一个 {last}", pair.0);
                self.fault(code, &item.spot(), wrong, zh, "first numbers that ascend, each once");
            }
            pairs.push((item.spot(), pair));
        }
        pairs
    }

    /// Names, each once, at least one.
    pub(super) fn names(&mut self, at: &At<'_>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for item in self.list(at) {
            let Some(name) = self.name(&item) else { continue };
            if seen.insert(name.clone()) {
                names.push(name);
            } else {
                let (wrong, zh) = (format!("`{name}` is named twice"), format!("`{name}` 重复"));
                self.fault("DUPLICATE_NAME", &item.spot(), wrong, zh, "each name once");
            }
        }
        names
    }
}

/// Whether the text is `[a-z0-9_][a-z0-9_.-]{0,63}`.
pub(super) fn good_id(text: &str) -> bool {
    let letter = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    (1..=64).contains(&text.len())
        && text.bytes().next().is_some_and(letter)
        && text.bytes().all(|it| letter(it) || it == b'.' || it == b'-')
}

/// A whole number, written without a point.
pub(super) fn whole(text: &str) -> Option<u32> {
    let number = Decimal::parse(text).ok().filter(|_| !text.contains('.'))?;
    number.millionths().checked_div(Decimal::UNIT).and_then(|it| u32::try_from(it).ok())
}

fn said(text: &str, why: &impl std::fmt::Display) -> String {
    let shown: String = text.chars().take(40).collect();
    format!("`{shown}`: {why}")
}

fn said_zh(text: &str, what: &str) -> String {
    let shown: String = text.chars().take(40).collect();
    format!("`{shown}` 不是合法的{what}")
}
