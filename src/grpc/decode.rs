//! Turns fields of messages into values and collects every fault on the way, each with its path,
//! its reason and its sentence in two languages.

use crate::{
    app::{AppError, FieldFault},
    domain::{
        exact::Decimal,
        scheme::SubjectKind,
        text::{self, TextFault},
        time::{Day, Moment, Period},
    },
    proto::{google::r#type as google, v1},
};

/// The first and the last year of a period: facts of a range of days are found by their periods.
pub(crate) const YEARS: (i64, i64) = (1900, 2199);

/// The most faults of a request that are kept; a request of a million faulty items has no more.
const KEPT_MAX: usize = 10_000;

/// A decoded value; nothing where it was faulty, which has been noted.
pub(crate) type Decoded<T> = Option<T>;

/// The faults found so far. A request is answered with all of them, not with the first.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    faults: Vec<FieldFault>,
    prefix: String,
}

impl Faults {
    /// Notes a fault of a field.
    pub(crate) fn add(
        &mut self,
        path: &str,
        reason: &'static str,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) {
        if self.faults.len() >= KEPT_MAX {
            return;
        }
        let path = format!("{}{path}", self.prefix);
        self.faults.push(FieldFault { path, reason, en: en.into(), zh: zh.into() });
    }

    /// Notes faults that were found elsewhere.
    pub(crate) fn extend(&mut self, faults: impl IntoIterator<Item = FieldFault>) {
        for FieldFault { path, reason, en, zh } in faults {
            self.add(&path, reason, en, zh);
        }
    }

    /// Decodes below a path: what is noted inside stands below it.
    pub(crate) fn below<T>(&mut self, path: &str, decode: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.prefix.len();
        self.prefix.push_str(path);
        self.prefix.push('.');
        let decoded = decode(self);
        self.prefix.truncate(length);
        decoded
    }

    /// The value if it was decoded without any fault, otherwise all faults.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, AppError> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            Some(_) | None => Err(AppError::Invalid(self.faults)),
        }
    }

    /// Whether there are any.
    pub(crate) fn any(&self) -> bool {
        !self.faults.is_empty()
    }

    /// The faults themselves.
    pub(crate) fn into_inner(self) -> Vec<FieldFault> {
        self.faults
    }

    /// An id.
    pub(crate) fn id(&mut self, path: &str, raw: &str) -> Option<String> {
        if is_id(raw) {
            return Some(raw.to_owned());
        }
        let en = "an id is 1 to 64 characters of A-Z, a-z, 0-9, `.`, `_`, `:` and `-`";
        self.add(path, "ID_INVALID", en, "编号为 1 至 64 个字符（字母、数字、. _ : -）");
        None
    }

    /// An id, or nothing where it is empty.
    pub(crate) fn optional_id(&mut self, path: &str, raw: &str) -> Decoded<Option<String>> {
        if raw.is_empty() { Some(None) } else { self.id(path, raw).map(Some) }
    }

    /// The id of a request.
    pub(crate) fn request_id(&mut self, raw: &str) -> Option<String> {
        if (1..=64).contains(&raw.len()) && raw.bytes().all(|it| it.is_ascii_graphic()) {
            return Some(raw.to_owned());
        }
        let en = "a write carries a request id of 1 to 64 printable ASCII characters";
        let zh = "写入请求须带 1 至 64 个可打印 ASCII 字符的请求编号";
        self.add("request_id", "REQUEST_ID_INVALID", en, zh);
        None
    }

    /// A name or title: 1 to 200 bytes on one line.
    pub(crate) fn name(&mut self, path: &str, raw: &str) -> Option<String> {
        self.text(path, raw, 200)
    }

    /// A free text of 1 to 2,000 bytes that says why.
    pub(crate) fn why(&mut self, path: &str, raw: &str) -> Option<String> {
        if raw.is_empty() {
            self.add(path, "REASON_MISSING", "say why, in 1 to 2000 bytes", "须说明理由");
            return None;
        }
        self.text(path, raw, 2_000)
    }

    /// A text of at most so many bytes.
    pub(crate) fn text(&mut self, path: &str, raw: &str, most: usize) -> Option<String> {
        let Err(fault) = text::check(raw, most) else { return Some(raw.to_owned()) };
        let (en, zh) = match fault {
            TextFault::Length => {
                (format!("a text is 1 to {most} bytes"), format!("文本为 1 至 {most} 字节"))
            }
            TextFault::Blanks => (
                "a text neither begins nor ends with a blank".to_owned(),
                "文本首尾不得有空白".to_owned(),
            ),
            TextFault::Character(it) => {
                let it = u32::from(it);
                let en = format!(
                    "a text is one line without control, bidirectional, zero-width, private or \
                     unassigned characters, such as U+{it:04X}"
                );
                let zh =
                    format!("文本为单行，不含控制、双向、零宽、私用或未分配字符（如 U+{it:04X}）");
                (en, zh)
            }
            TextFault::Marks => (
                "at most 4 combining marks stand on one character".to_owned(),
                "每个字符至多带 4 个组合符号".to_owned(),
            ),
            TextFault::NotComposed => (
                "a text is written in composed characters (NFC)".to_owned(),
                "文本须为 NFC 规范形式".to_owned(),
            ),
        };
        self.add(path, "TEXT_INVALID", en, zh);
        None
    }

    /// The name of something that is no person: a text that cannot be taken for another.
    pub(crate) fn plain_name(&mut self, path: &str, raw: &str) -> Option<String> {
        let name = self.name(path, raw)?;
        let Some(plain) = text::plain_name(&name) else { return Some(name) };
        let (en, zh) = if plain == name {
            let en = "it holds radicals that look like ideographs".to_owned();
            (en, "名称含形似汉字的部首字符".to_owned())
        } else {
            let en = format!("it holds characters that look like others: write it as `{plain}`");
            (en, format!("名称含形近字符（部首、全角等），请写作“{plain}”"))
        };
        self.add(path, "NAME_CONFUSABLE", en, zh);
        None
    }

    /// A number; an absent one is `Some(None)`.
    pub(crate) fn decimal(
        &mut self,
        path: &str,
        raw: Option<&google::Decimal>,
    ) -> Decoded<Option<Decimal>> {
        let Some(raw) = raw else { return Some(None) };
        match Decimal::parse(&raw.value) {
            Ok(value) => Some(Some(value)),
            Err(why) => {
                let zh = "数字写作十进制文本，小数点前至多 10 位、后至多 6 位";
                self.add(path, "DECIMAL_INVALID", why.to_string(), zh);
                None
            }
        }
    }

    /// A value of a fact in ten-thousandths; an absent one is `Some(None)`.
    pub(crate) fn points(
        &mut self,
        path: &str,
        raw: Option<&google::Decimal>,
    ) -> Decoded<Option<i64>> {
        let Some(value) = self.decimal(path, raw)? else { return Some(None) };
        let points = value.ten_thousandths();
        if points.is_none() {
            let en = format!("`{value}` has more than the 4 places that are kept");
            self.add(path, "DECIMAL_TOO_PRECISE", en, "事实的数值至多 4 位小数");
        }
        points.map(Some)
    }

    /// A value of a fact that must be there.
    pub(crate) fn some_points(&mut self, path: &str, raw: Option<&google::Decimal>) -> Option<i64> {
        let points = self.points(path, raw)?;
        if points.is_none() {
            self.missing(path);
        }
        points
    }

    /// A field that must be there and is not.
    pub(crate) fn missing(&mut self, path: &str) {
        self.add(path, "FIELD_MISSING", "this field must be given", "此项必填");
    }

    /// A day; an absent one is `Some(None)`.
    pub(crate) fn day(&mut self, path: &str, raw: Option<&google::Date>) -> Decoded<Option<Day>> {
        let Some(raw) = raw else { return Some(None) };
        let day = Day::new(raw.year.into(), raw.month.into(), raw.day.into());
        if day.is_none() {
            let en = "there is no such day on the calendar (a whole date, years 1 to 9999)";
            self.add(path, "DATE_INVALID", en, "日期无效，须为完整的公历日期");
        }
        day.map(Some)
    }

    /// A day that must be there.
    pub(crate) fn some_day(&mut self, path: &str, raw: Option<&google::Date>) -> Option<Day> {
        let day = self.day(path, raw)?;
        if day.is_none() {
            self.add(path, "DATE_INVALID", "a day must be given", "须给出日期");
        }
        day
    }

    /// A first and a last day; both included, the last one perhaps absent.
    pub(crate) fn days(
        &mut self,
        (from_path, from): (&str, Option<&google::Date>),
        (until_path, until): (&str, Option<&google::Date>),
    ) -> Option<(Day, Option<Day>)> {
        let from = self.some_day(from_path, from);
        let until = self.day(until_path, until);
        let (from, until) = (from?, until?);
        if until.is_some_and(|it| it < from) {
            let en = format!("the last day lies before the first, {from}");
            self.add(until_path, "INTERVAL_REVERSED", en, "截止日早于起始日");
            return None;
        }
        Some((from, until))
    }

    /// A period.
    pub(crate) fn period(&mut self, path: &str, raw: &str) -> Option<Period> {
        let years = YEARS.0..=YEARS.1;
        match Period::parse(raw) {
            Ok(period) if years.contains(&period.year()) => Some(period),
            Ok(_) | Err(_) => {
                let en = "a period is written as `2022`, `2022-H1`, `2022-Q3` or `2022-07`";
                let zh = "评价周期写作 2022、2022-H1、2022-Q3 或 2022-07";
                self.add(path, "PERIOD_INVALID", en, zh);
                None
            }
        }
    }

    /// A moment, cut to the microsecond; an absent one is `Some(None)`.
    pub(crate) fn moment(
        &mut self,
        path: &str,
        raw: Option<&prost_types::Timestamp>,
    ) -> Decoded<Option<Moment>> {
        let Some(raw) = raw else { return Some(None) };
        // The years 1 to 9999, as the type says.
        let seconds = (-62_135_596_800..=253_402_300_799).contains(&raw.seconds);
        let nanos = (0..=999_999_999).contains(&raw.nanos);
        let micros = i64::from(raw.nanos).checked_div(1_000);
        let moment = raw.seconds.checked_mul(1_000_000).zip(micros);
        let moment = moment.and_then(|(whole, part)| whole.checked_add(part));
        if let Some(micros) = moment.filter(|_| seconds && nanos) {
            return Some(Some(Moment::from_micros(micros)));
        }
        let en = "a moment is of the years 1 to 9999, with nanos from 0 to 999999999";
        self.add(path, "TIMESTAMP_INVALID", en, "时间戳无效");
        None
    }

    /// A value of an enum that must be said. `named` is the value, if its number is known.
    pub(crate) fn said<E: Copy, T>(
        &mut self,
        path: &str,
        named: Result<E, prost::UnknownEnumValue>,
        value: impl FnOnce(E) -> Option<T>,
    ) -> Option<T> {
        let value = named.ok().and_then(value);
        if value.is_none() {
            self.add(
                path,
                "ENUM_UNSPECIFIED",
                "one of the named values must be given",
                "须选定一个取值",
            );
        }
        value
    }

    /// A count of at most ten digits that is not negative.
    pub(crate) fn count(&mut self, path: &str, raw: i64) -> Option<i64> {
        match raw {
            ..0 => self.add(path, "COUNT_NEGATIVE", "a count is not below 0", "计数不得为负"),
            0..=9_999_999_999 => return Some(raw),
            _ => {
                let en = "a count has at most 10 digits";
                self.add(path, "COUNT_TOO_LARGE", en, "计数至多 10 位");
            }
        }
        None
    }
}

/// Whether a text is an id.
pub(crate) fn is_id(raw: &str) -> bool {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"._:-".contains(&it);
    (1..=64).contains(&raw.len()) && raw.bytes().all(plain)
}

/// The kind of a subject, if it is said.
pub(crate) fn subject_kind(kind: v1::SubjectKind) -> Option<SubjectKind> {
    match kind {
        v1::SubjectKind::Unspecified => None,
        v1::SubjectKind::Member => Some(SubjectKind::Member),
        v1::SubjectKind::Project => Some(SubjectKind::Project),
        v1::SubjectKind::Company => Some(SubjectKind::Company),
        v1::SubjectKind::Post => Some(SubjectKind::Post),
        v1::SubjectKind::Compound => Some(SubjectKind::Compound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_no_names() {
        let mut faults = Faults::default();
        for name in [
            "",
            " a",
            "a\n",
            "a\u{200b}b",
            "\u{202e}abc",
            "cafe\u{301}",
            "a\0",
            "\u{feff}a",
            "\u{f900}",
            "a\u{e000}",
        ] {
            assert_eq!(faults.name("name", name), None, "{name:?}");
        }
        assert_eq!(faults.name("name", &"龟".repeat(67)), None, "201 bytes");
        for name in ["龟山街道", "café", "Ｂ 栋", "\u{fa11}"] {
            assert_eq!(faults.name("name", name).as_deref(), Some(name));
        }
    }

    #[test]
    fn units_are_named_in_one_way_and_persons_as_they_are() {
        let mut faults = Faults::default();
        assert_eq!(faults.name("name", "红旗⼩区").as_deref(), Some("红旗⼩区"));
        assert_eq!(faults.plain_name("name", "红旗（一期）").as_deref(), Some("红旗（一期）"));
        assert_eq!(faults.plain_name("name", "红旗⼩区"), None);
        let fault = faults.into_inner().pop().unwrap();
        assert_eq!(fault.reason, "NAME_CONFUSABLE");
        assert!(fault.en.contains("红旗小区"), "{}", fault.en);
    }

    #[test]
    fn a_million_faults_are_not_kept() {
        let mut faults = Faults::default();
        for _ in 0..100_000 {
            faults.missing("it");
        }
        assert_eq!(faults.into_inner().len(), KEPT_MAX);
    }

    #[test]
    fn paths_stand_below_what_they_are_in() {
        let mut faults = Faults::default();
        faults.below("facts[3]", |it| it.below("entry", |it| it.id("item", "a b")));
        let paths: Vec<_> = faults.into_inner().into_iter().map(|it| it.path).collect();
        assert_eq!(paths, ["facts[3].entry.item"]);
    }

    #[test]
    fn moments_before_1970_are_cut_to_the_microsecond_below() {
        let mut faults = Faults::default();
        let raw = prost_types::Timestamp { seconds: -1, nanos: 999_999_999 };
        assert_eq!(faults.moment("at", Some(&raw)), Some(Some(Moment::from_micros(-1))));
        for (seconds, nanos) in [(i64::MAX, 0), (0, -1), (0, 1_000_000_000), (i64::MIN, 0)] {
            let raw = prost_types::Timestamp { seconds, nanos };
            assert_eq!(faults.moment("at", Some(&raw)), None);
        }
    }
}
