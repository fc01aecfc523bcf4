//! One line of facts as JSON, read with every fault collected and no number through a float.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    Answers, Entry, Facts, FactsFault, Finding, GivenResult, Import, Sheet, State, StateKind,
    VetoRecord,
};
use crate::domain::{
    exact::Decimal,
    scheme::ResultsOf,
    time::{Day, Moment, Period},
};

/// A line of a facts file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Facts about one subject.
    Facts(Box<Facts>),
    /// A recorded decision about a tie left open.
    Decision(TieDecision),
    /// Something recorded after the moment asked for.
    NotYet,
}

/// A recorded decision that settles a tie left open (rule F11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TieDecision {
    /// The grade whose seats were open.
    pub grade: String,
    /// The group, for a tie of subjects; none for a tie of groups.
    pub within: Option<String>,
    /// Exactly the tied subjects or groups, first first.
    pub order: Vec<String>,
    /// Who decided.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// Reads one line as known at `as_of`: what was recorded later is left out.
pub fn read_line(text: &str, line: u64, as_of: Option<Moment>) -> Result<Line, Vec<FactsFault>> {
    let mut reader = Reader { line, as_of, faults: Vec::new() };
    let read = reader.line(text);
    if reader.faults.is_empty() { Ok(read.unwrap_or(Line::NotYet)) } else { Err(reader.faults) }
}

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

struct Reader {
    line: u64,
    as_of: Option<Moment>,
    faults: Vec<FactsFault>,
}

/// What a fault says, in both languages.
type Words = (&'static str, &'static str, &'static str);

const NOT_JSON: Words = ("FACTS_JSON", "this is not JSON", "不是合法的 JSON");
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
const UNKNOWN: Words = ("FACTS_KEY_UNKNOWN", "this key is not known here", "此处不认识该键");
const ABSENT: Words = ("FACTS_KEY_ABSENT", "this key is needed", "缺少该键");
const REVERSED: Words = ("FACTS_INTERVAL", "`until` lies before `from`", "结束日期早于开始日期");
const NOT_STATE: Words = (
    "FACTS_STATE",
    "a state is `not_submitted`, `not_applicable` or `excused`",
    "状态应为 not_submitted、not_applicable 或 excused",
);
const NOT_OF: Words = (
    "FACTS_RESULT_OF",
    "a result is of `self`, `children`, `projects`, `quarters` or `months`",
    "结果的 of 应为 self、children、projects、quarters 或 months",
);

impl Reader {
    fn fault(&mut self, path: &str, (code, wrong, zh): Words) {
        self.faults.push(FactsFault {
            line: self.line,
            path: path.to_owned(),
            code,
            wrong: wrong.to_owned(),
            wrong_zh: zh.to_owned(),
        });
    }

    fn line(&mut self, text: &str) -> Option<Line> {
        let raw: &RawValue = match serde_json::from_str(text) {
            Ok(raw) => raw,
            Err(why) => {
                let words = format!("{} at column {}", NOT_JSON.1, why.column());
                self.fault("$", NOT_JSON);
                if let Some(last) = self.faults.last_mut() {
                    last.wrong = words;
                }
                return None;
            }
        };
        let members = self.object("$", raw)?;
        if let Some((_, raw)) = members.iter().find(|(key, _)| key == "decision") {
            for (key, _) in members.iter().filter(|(key, _)| key != "decision") {
                self.fault(key, UNKNOWN);
            }
            return self.decision(raw);
        }
        Some(self.facts(&members))
    }

    fn facts(&mut self, members: &[(Cow<'_, str>, &RawValue)]) -> Line {
        let mut facts = Facts::default();
        let mut has_subject = false;
        let mut not_yet = false;
        for (key, raw) in members {
            let key: &str = key;
            match key {
                "subject" => {
                    has_subject = true;
                    facts.subject = self.text(key, raw).unwrap_or_default();
                }
                "period" => facts.period = self.period(key, raw),
                "recorded" => not_yet = !self.known_at(key, raw),
                "groups" => facts.groups = self.map(key, raw, Self::text),
                "attributes" => facts.attributes = self.map(key, raw, Self::attribute),
                "entries" => facts.entries = self.list(key, raw, Self::entry),
                "sheets" => facts.sheets = self.list(key, raw, Self::sheet),
                "ballots" => facts.ballots = self.map(key, raw, Self::ballot),
                "surveys" => {
                    facts.surveys =
                        self.map(key, raw, |it, path, raw| Some(it.map(path, raw, Self::answers)));
                }
                "metrics" => facts.metrics = self.map(key, raw, Self::metric),
                "imports" => facts.imports = self.map(key, raw, Self::import),
                "results" => {
                    facts.results =
                        self.map(key, raw, |it, path, raw| Some(it.list(path, raw, Self::result)));
                }
                "vetoes" => facts.vetoes = self.list(key, raw, Self::veto),
                "findings" => facts.findings = self.list(key, raw, Self::finding),
                "states" => facts.states = self.map(key, raw, Self::state),
                _ => self.fault(key, UNKNOWN),
            }
        }
        if !has_subject {
            self.fault("subject", ABSENT);
        }
        facts.surveys.retain(|_, channels| !channels.is_empty());
        facts.results.retain(|_, results| !results.is_empty());
        facts.prepare();
        if not_yet { Line::NotYet } else { Line::Facts(Box::new(facts)) }
    }

    fn decision(&mut self, raw: &RawValue) -> Option<Line> {
        let path = "decision";
        let record = self.record(path, raw, &["for", "within", "order", "by", "reason"])?;
        let grade = self.needed(path, &record, "for", Self::text);
        let within = self.optional(path, &record, "within", Self::text);
        let order = self
            .needed(path, &record, "order", |it, path, raw| Some(it.list(path, raw, Self::text)));
        let by = self.optional(path, &record, "by", Self::text);
        let reason = self.optional(path, &record, "reason", Self::text);
        if !record.known {
            return None;
        }
        Some(Line::Decision(TieDecision { grade: grade?, within, order: order?, by, reason }))
    }

    fn entry(&mut self, path: &str, raw: &RawValue) -> Option<Entry> {
        let record = self.record(path, raw, &["item", "on", "times", "points"])?;
        let item = self.needed(path, &record, "item", Self::text);
        let on = self.needed(path, &record, "on", Self::day);
        let times = self.optional(path, &record, "times", Self::decimal);
        let points = self.optional(path, &record, "points", Self::decimal);
        if !record.known {
            return None;
        }
        let times = times.unwrap_or(Decimal::ONE);
        Some(Entry {
            item: item?,
            on: on?,
            times,
            points,
            recorded: record.recorded,
            rolled_up: false,
        })
    }

    fn sheet(&mut self, path: &str, raw: &RawValue) -> Option<Sheet> {
        let record = self.record(path, raw, &["item", "role", "by", "at", "points"])?;
        let item = self.needed(path, &record, "item", Self::text);
        let role = self.needed(path, &record, "role", Self::text);
        let by = self.optional(path, &record, "by", Self::text);
        let at = self.optional(path, &record, "at", Self::moment);
        let points = self.needed(path, &record, "points", Self::decimal);
        if !record.known {
            return None;
        }
        Some(Sheet { item: item?, role: role?, by, at, points: points? })
    }

    fn ballot(&mut self, path: &str, raw: &RawValue) -> Option<BTreeMap<String, u64>> {
        let members = self.object(path, raw)?;
        let mut known = true;
        let mut votes = BTreeMap::new();
        for (option, raw) in members {
            let path = format!("{path}.{option}");
            if option == "recorded" {
                known = self.known_at(&path, raw);
            } else if let Some(count) = self.count(&path, raw) {
                votes.insert(option.into_owned(), count);
            }
        }
        known.then_some(votes)
    }

    fn answers(&mut self, path: &str, raw: &RawValue) -> Option<Answers> {
        let record = self.record(path, raw, &["answered", "satisfied"])?;
        let answered = self.needed(path, &record, "answered", Self::count);
        let satisfied = self.needed(path, &record, "satisfied", Self::count);
        let (answered, satisfied) = (answered?, satisfied?);
        if satisfied > answered {
            self.fault(
                &format!("{path}.satisfied"),
                ("FACTS_SATISFIED", "more are satisfied than answered", "满意人数多于答复人数"),
            );
        }
        record.known.then_some(Answers { answered, satisfied })
    }

    fn metric(&mut self, path: &str, raw: &RawValue) -> Option<Decimal> {
        if !raw.get().starts_with('{') {
            return self.decimal(path, raw);
        }
        let record = self.record(path, raw, &["value"])?;
        let value = self.needed(path, &record, "value", Self::decimal);
        record.known.then_some(value).flatten()
    }

    fn import(&mut self, path: &str, raw: &RawValue) -> Option<Import> {
        let record = self.record(path, raw, &["raw", "full", "bonus"])?;
        let marks = self.needed(path, &record, "raw", Self::decimal);
        let full = self.needed(path, &record, "full", Self::decimal);
        let bonus = self.optional(path, &record, "bonus", Self::boolean).unwrap_or(false);
        record.known.then_some(Import { raw: marks?, full: full?, bonus })
    }

    fn result(&mut self, path: &str, raw: &RawValue) -> Option<GivenResult> {
        let record = self.record(path, raw, &["of", "score", "out_of", "weight"])?;
        let of = self.needed(path, &record, "of", |it, path, raw| {
            let named = it.text(path, raw).map(|text| ResultsOf::named(&text))?;
            if named.is_none() {
                it.fault(path, NOT_OF);
            }
            named
        });
        let score = self.needed(path, &record, "score", Self::decimal);
        let out_of = self.needed(path, &record, "out_of", Self::decimal);
        let weight = self.optional(path, &record, "weight", Self::decimal);
        record.known.then_some(GivenResult { of: of?, score: score?, out_of: out_of?, weight })
    }

    fn veto(&mut self, path: &str, raw: &RawValue) -> Option<VetoRecord> {
        let record = self.record(path, raw, &["item", "by", "from", "until"])?;
        let item = self.needed(path, &record, "item", Self::text);
        let by = self.optional(path, &record, "by", Self::text);
        let (from, until) = self.interval(path, &record);
        record.known.then_some(VetoRecord { item: item?, by, from: from?, until })
    }

    fn finding(&mut self, path: &str, raw: &RawValue) -> Option<Finding> {
        let record = self.record(path, raw, &["fact", "from", "until"])?;
        let fact = self.needed(path, &record, "fact", Self::text);
        let (from, until) = self.interval(path, &record);
        record.known.then_some(Finding { fact: fact?, from: from?, until })
    }

    fn interval(&mut self, path: &str, record: &Record<'_>) -> (Option<Day>, Option<Day>) {
        let from = self.needed(path, record, "from", Self::day);
        let until = self.optional(path, record, "until", Self::day);
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            self.fault(&format!("{path}.until"), REVERSED);
        }
        (from, until)
    }

    fn state(&mut self, path: &str, raw: &RawValue) -> Option<State> {
        if !raw.get().starts_with('{') {
            return Some(State { kind: self.state_kind(path, raw)?, reason: None });
        }
        let record = self.record(path, raw, &["state", "reason", "by"])?;
        let kind = self.needed(path, &record, "state", Self::state_kind);
        let reason = self.optional(path, &record, "reason", Self::text);
        self.optional(path, &record, "by", Self::text);
        record.known.then_some(State { kind: kind?, reason })
    }

    fn state_kind(&mut self, path: &str, raw: &RawValue) -> Option<StateKind> {
        let text = self.text(path, raw)?;
        let kind = StateKind::ALL.into_iter().find(|it| it.name() == text);
        if kind.is_none() {
            self.fault(path, NOT_STATE);
        }
        kind
    }
}

/// One record: its members, and whether it was known at the moment asked for.
struct Record<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    recorded: Option<Moment>,
    known: bool,
}

/// Containers and plain values.
impl Reader {
    fn object<'a>(
        &mut self,
        path: &str,
        raw: &'a RawValue,
    ) -> Option<Vec<(Cow<'a, str>, &'a RawValue)>> {
        let Ok(Members(members)) = serde_json::from_str(raw.get()) else {
            self.fault(path, NOT_OBJECT);
            return None;
        };
        let mut keys: Vec<&str> = members.iter().map(|(key, _)| &**key).collect();
        keys.sort_unstable();
        for (a, _) in keys.iter().zip(keys.iter().skip(1)).filter(|(a, b)| a == b) {
            self.fault(&join(path, a), TWICE);
        }
        Some(members)
    }

    fn record<'a>(&mut self, path: &str, raw: &'a RawValue, keys: &[&str]) -> Option<Record<'a>> {
        let members = self.object(path, raw)?;
        let mut record = Record { members: Vec::new(), recorded: None, known: true };
        for (key, raw) in members {
            if key == "recorded" {
                record.recorded = self.moment(&join(path, &key), raw);
                let later = record.recorded.zip(self.as_of).is_some_and(|(it, at)| it > at);
                record.known = !later;
            } else if keys.contains(&&*key) {
                record.members.push((key, raw));
            } else {
                self.fault(&join(path, &key), UNKNOWN);
            }
        }
        Some(record)
    }

    fn optional<T>(
        &mut self,
        path: &str,
        record: &Record<'_>,
        key: &str,
        read: impl Fn(&mut Self, &str, &RawValue) -> Option<T>,
    ) -> Option<T> {
        let (_, raw) = record.members.iter().find(|(it, _)| it == key)?;
        read(self, &join(path, key), raw)
    }

    fn needed<T>(
        &mut self,
        path: &str,
        record: &Record<'_>,
        key: &str,
        read: impl Fn(&mut Self, &str, &RawValue) -> Option<T>,
    ) -> Option<T> {
        if record.members.iter().all(|(it, _)| it != key) {
            self.fault(&join(path, key), ABSENT);
        }
        self.optional(path, record, key, read)
    }

    fn map<T>(
        &mut self,
        path: &str,
        raw: &RawValue,
        read: impl Fn(&mut Self, &str, &RawValue) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let mut values = BTreeMap::new();
        for (key, raw) in self.object(path, raw).unwrap_or_default() {
            if let Some(value) = read(self, &join(path, &key), raw) {
                values.insert(key.into_owned(), value);
            }
        }
        values
    }

    fn list<T>(
        &mut self,
        path: &str,
        raw: &RawValue,
        read: impl Fn(&mut Self, &str, &RawValue) -> Option<T>,
    ) -> Vec<T> {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
            self.fault(path, NOT_LIST);
            return Vec::new();
        };
        let mut values = Vec::with_capacity(items.len());
        for (index, raw) in items.into_iter().enumerate() {
            values.extend(read(self, &format!("{path}[{index}]"), raw));
        }
        values
    }

    fn text(&mut self, path: &str, raw: &RawValue) -> Option<String> {
        match serde_json::from_str::<Text<'_>>(raw.get()) {
            Ok(Text(text)) if !text.is_empty() => Some(text.into_owned()),
            Ok(_) | Err(_) => {
                self.fault(path, NOT_TEXT);
                None
            }
        }
    }

    /// An attribute's value: text, or a number or truth value as it is written.
    fn attribute(&mut self, path: &str, raw: &RawValue) -> Option<String> {
        match raw.get().as_bytes().first() {
            Some(b't' | b'f' | b'-' | b'0'..=b'9') => Some(raw.get().to_owned()),
            _ => self.text(path, raw),
        }
    }

    fn boolean(&mut self, path: &str, raw: &RawValue) -> Option<bool> {
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
    fn decimal(&mut self, path: &str, raw: &RawValue) -> Option<Decimal> {
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

    fn count(&mut self, path: &str, raw: &RawValue) -> Option<u64> {
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

    fn day(&mut self, path: &str, raw: &RawValue) -> Option<Day> {
        let text = self.text(path, raw)?;
        self.parsed(path, Day::parse(&text), "FACTS_DAY", "日期应写作 2022-03-05，且确有其日")
    }

    fn moment(&mut self, path: &str, raw: &RawValue) -> Option<Moment> {
        let text = self.text(path, raw)?;
        let zh = "时刻应写作 2022-11-30T09:00:00+08:00";
        self.parsed(path, Moment::parse(&text), "FACTS_MOMENT", zh)
    }

    fn period(&mut self, path: &str, raw: &RawValue) -> Option<Period> {
        let text = self.attribute(path, raw)?;
        let zh = "周期应写作 2022、2022-H1、2022-Q3 或 2022-07";
        self.parsed(path, Period::parse(&text), "FACTS_PERIOD", zh)
    }

    fn parsed<T, E: fmt::Display>(
        &mut self,
        path: &str,
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
    fn known_at(&mut self, path: &str, raw: &RawValue) -> bool {
        let recorded = self.moment(path, raw);
        recorded.zip(self.as_of).is_none_or(|(it, at)| it <= at)
    }
}

fn join(path: &str, key: &str) -> String {
    if path == "$" { key.to_owned() } else { format!("{path}.{key}") }
}
