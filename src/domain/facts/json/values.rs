//! JSON values of a line, each read with its faults: containers, plain values, days and moments.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{ABSENT, Path, Reader, UNKNOWN, Words};
use crate::domain::{
    exact::Decimal,
    time::{Day, Moment, Period},
};

const NOT_OBJECT: Words = ("FACTS_OBJECT", "an object is expected", "此处应为对象");
const NOT_LIST: Words = ("FACTS_LIST", "a list is expected", "此处应为列表");
const NOT_TEXT: Words = ("FACTS_TEXT", "a text that is not empty is expected", "此处应为非空文本");
const NOT_COUNT: Words = (
    "FACTS_COUNT",
    "a whole number of at most 10 digits, not below 0, is expected",
    "此处应为不小于 0 的整数（至多 10 位）",
);
const NOT_BOOL: Words = ("FACTS_BOOL", "`true` or `false` is expected", "此处应为 true 或 false");
const TWICE: Words = ("FACTS_KEY_TWICE", "this key stands twice", "键重复");

/// The members of an object, in order, undecoded.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    members.push((key.0, map.next_value::<&RawValue>()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// A string that borrows where it can.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// One record: its members, and whether it was known at the moment asked for.
pub(super) struct Record<'a> {
    pub(super) members: Vec<(Cow<'a, str>, &'a RawValue)>,
    pub(super) recorded: Option<Moment>,
    pub(super) known: bool,
}

/// So many members are compared each with each: that is quicker than sorting.
const FEW: usize = 16;

fn twice(members: &[(Cow<'_, str>, &RawValue)]) -> bool {
    let earlier = |index: usize| members.iter().take(index);
    let mut all = members.iter().enumerate();
    all.any(|(index, (key, _))| earlier(index).any(|(other, _)| other == key))
}

/// Containers and plain values.
impl Reader {
    pub(super) fn object<'a>(
        &mut self,
        path: &Path<'_>,
        raw: &'a RawValue,
    ) -> Option<Vec<(Cow<'a, str>, &'a RawValue)>> {
        let Ok(Members(members)) = serde_json::from_str(raw.get()) else {
            self.fault(path, NOT_OBJECT);
            return None;
        };
        if members.len() <= FEW && !twice(&members) {
            return Some(members);
        }
        let mut keys: Vec<&str> = members.iter().map(|(key, _)| &**key).collect();
        keys.sort_unstable();
        for (a, _) in keys.iter().zip(keys.iter().skip(1)).filter(|(a, b)| a == b) {
            self.fault(&path.key(a), TWICE);
        }
        Some(members)
    }

    pub(super) fn record<'a>(
        &mut self,
        path: &Path<'_>,
        raw: &'a RawValue,
        keys: &[&str],
    ) -> Option<Record<'a>> {
        let mut members = self.object(path, raw)?;
        let (mut recorded, mut known) = (None, true);
        members.retain(|(key, raw)| {
            if key == "recorded" {
                recorded = self.moment(&path.key(key), raw);
                known = recorded.zip(self.as_of).is_none_or(|(it, at)| it <= at);
                return false;
            }
            let here = keys.contains(&&**key);
            if !here {
                self.fault(&path.key(key), UNKNOWN);
            }
            here
        });
        Some(Record { members, recorded, known })
    }

    pub(super) fn optional<T>(
        &mut self,
        path: &Path<'_>,
        record: &Record<'_>,
        key: &str,
        read: impl Fn(&mut Self, &Path<'_>, &RawValue) -> Option<T>,
    ) -> Option<T> {
        let (_, raw) = record.members.iter().find(|(it, _)| it == key)?;
        read(self, &path.key(key), raw)
    }

    pub(super) fn needed<T>(
        &mut self,
        path: &Path<'_>,
        record: &Record<'_>,
        key: &str,
        read: impl Fn(&mut Self, &Path<'_>, &RawValue) -> Option<T>,
    ) -> Option<T> {
        if record.members.iter().all(|(it, _)| it != key) {
            self.fault(&path.key(key), ABSENT);
        }
        self.optional(path, record, key, read)
    }

    pub(super) fn map<T>(
        &mut self,
        path: &Path<'_>,
        raw: &RawValue,
        read: impl Fn(&mut Self, &Path<'_>, &RawValue) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let mut values = BTreeMap::new();
        for (key, raw) in self.object(path, raw).unwrap_or_default() {
            if let Some(value) = read(self, &path.key(&key), raw) {
                values.insert(key.into_owned(), value);
            }
        }
        values
    }

    pub(super) fn list<T>(
        &mut self,
        path: &Path<'_>,
        raw: &RawValue,
        read: impl Fn(&mut Self, &Path<'_>, &RawValue) -> Option<T>,
    ) -> Vec<T> {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
            self.fault(path, NOT_LIST);
            return Vec::new();
        };
        let mut values = Vec::with_capacity(items.len());
        for (index, raw) in items.into_iter().enumerate() {
            values.extend(read(self, &Path::Index(path, index), raw));
        }
        values
    }

    pub(super) fn text(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<String> {
        self.words(path, raw).map(Cow::into_owned)
    }

    /// A text that borrows where it can.
    pub(super) fn words<'a>(&mut self, path: &Path<'_>, raw: &'a RawValue) -> Option<Cow<'a, str>> {
        match serde_json::from_str::<Text<'_>>(raw.get()) {
            Ok(Text(text)) if !text.is_empty() => Some(text),
            Ok(_) | Err(_) => {
                self.fault(path, NOT_TEXT);
                None
            }
        }
    }

    /// An attribute's value: text, or a number or truth value as it is written.
    pub(super) fn attribute(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<String> {
        match raw.get().as_bytes().first() {
            Some(b't' | b'f' | b'-' | b'0'..=b'9') => Some(raw.get().to_owned()),
            _ => self.text(path, raw),
        }
    }

    pub(super) fn boolean(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<bool> {
        match raw.get() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.fault(path, NOT_BOOL);
                None
            }
        }
    }

    /// A decimal, as a string or as a plain JSON number; either way by our own grammar.
    pub(super) fn decimal(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Decimal> {
        let text = raw.get();
        let inner = text.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(text);
        match Decimal::parse(inner) {
            Ok(value) => Some(value),
            Err(why) => {
                let zh = "数字格式不符：整数部分至多 10 位，小数至多 6 位";
                self.fault(path, ("FACTS_DECIMAL", "", zh));
                if let Some(last) = self.faults.last_mut() {
                    last.wrong = why.to_string();
                }
                None
            }
        }
    }

    pub(super) fn count(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<u64> {
        let text = raw.get();
        let inner = text.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(text);
        let value = Decimal::parse(inner).ok().filter(|_| !inner.contains('.'));
        let whole = value.and_then(|it| it.millionths().checked_div(Decimal::UNIT));
        let count = whole.and_then(|it| u64::try_from(it).ok());
        if count.is_none() {
            self.fault(path, NOT_COUNT);
        }
        count
    }

    pub(super) fn day(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Day> {
        let text = self.words(path, raw)?;
        self.parsed(path, Day::parse(&text), "FACTS_DAY", "日期应写作 2022-03-05，且确有其日")
    }

    pub(super) fn moment(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Moment> {
        let text = self.words(path, raw)?;
        let zh = "时刻应写作 2022-11-30T09:00:00+08:00";
        self.parsed(path, Moment::parse(&text), "FACTS_MOMENT", zh)
    }

    pub(super) fn period(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Period> {
        let text = self.attribute(path, raw)?;
        let zh = "周期应写作 2022、2022-H1、2022-Q3 或 2022-07";
        self.parsed(path, Period::parse(&text), "FACTS_PERIOD", zh)
    }

    pub(super) fn parsed<T, E: fmt::Display>(
        &mut self,
        path: &Path<'_>,
        parsed: Result<T, E>,
        code: &'static str,
        zh: &'static str,
    ) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(why) => {
                self.fault(path, (code, "", zh));
                if let Some(last) = self.faults.last_mut() {
                    last.wrong = why.to_string();
                }
                None
            }
        }
    }

    /// Whether something recorded then was known at the moment asked for.
    pub(super) fn known_at(&mut self, path: &Path<'_>, raw: &RawValue) -> bool {
        let recorded = self.moment(path, raw);
        recorded.zip(self.as_of).is_none_or(|(it, at)| it <= at)
    }
}
