//! One line of facts as JSON, read with every fault collected and no number through a float.

mod member;

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    Answers, Entry, Facts, FactsFault, Finding, GivenResult, Sheet, State, StateKind, VetoRecord,
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

/// Where in a line something stands. It becomes text only where a fault names it.
#[derive(Clone, Copy)]
enum Path<'a> {
    /// The line itself.
    Root,
    /// The member of that name.
    Key(&'a Path<'a>, &'a str),
    /// The item at that position, from 0.
    Index(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("$"),
            Self::Key(Path::Root, key) => f.write_str(key),
            Self::Key(path, key) => write!(f, "{path}.{key}"),
            Self::Index(path, index) => write!(f, "{path}[{index}]"),
        }
    }
}

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
    fn fault(&mut self, path: &Path<'_>, (code, wrong, zh): Words) {
        self.faults.push(FactsFault {
            line: self.line,
            path: path.to_string(),
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
                self.fault(&Path::Root, NOT_JSON);
                if let Some(last) = self.faults.last_mut() {
                    last.wrong = words;
                }
                return None;
            }
        };
        let members = self.object(&Path::Root, raw)?;
        if let Some((_, raw)) = members.iter().find(|(key, _)| key == "decision") {
            for (key, _) in members.iter().filter(|(key, _)| key != "decision") {
                self.fault(&Path::Root.key(key), UNKNOWN);
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
            let path = &Path::Root.key(key);
            match &**key {
                "subject" => {
                    has_subject = true;
                    facts.subject = self.text(path, raw).unwrap_or_default();
                }
                "period" => facts.period = self.period(path, raw),
                "recorded" => not_yet = !self.known_at(path, raw),
                "groups" => facts.groups = self.map(path, raw, Self::text),
                "attributes" => facts.attributes = self.map(path, raw, Self::attribute),
                "entries" => facts.entries = self.list(path, raw, Self::entry),
                "sheets" => facts.sheets = self.list(path, raw, Self::sheet),
                "ballots" => facts.ballots = self.map(path, raw, Self::ballot),
                "surveys" => {
                    facts.surveys =
                        self.map(path, raw, |it, path, raw| Some(it.map(path, raw, Self::answers)));
                }
                "metrics" => facts.metrics = self.map(path, raw, Self::metric),
                "imports" => self.imports(path, raw, &mut facts),
                "stays" => facts.stays = self.stays(path, raw, "compound"),
                "units" => facts.units = self.stays(path, raw, "unit"),
                "in_service" => facts.in_service = self.spans(path, raw),
                "check_ins" => facts.check_ins = self.list(path, raw, Self::check_in),
                "conduct" => facts.conduct = self.conduct(path, raw),
                "results" => {
                    facts.results =
                        self.map(path, raw, |it, path, raw| Some(it.list(path, raw, Self::result)));
                }
                "vetoes" => facts.vetoes = self.list(path, raw, Self::veto),
                "findings" => facts.findings = self.list(path, raw, Self::finding),
                "states" => facts.states = self.map(path, raw, Self::state),
                _ => self.fault(path, UNKNOWN),
            }
        }
        if !has_subject {
            self.fault(&Path::Root.key("subject"), ABSENT);
        }
        facts.surveys.retain(|_, channels| !channels.is_empty());
        facts.results.retain(|_, results| !results.is_empty());
        facts.prepare();
        if not_yet { Line::NotYet } else { Line::Facts(Box::new(facts)) }
    }

    fn decision(&mut self, raw: &RawValue) -> Option<Line> {
        let path = &Path::Root.key("decision");
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

    fn entry(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Entry> {
        let record = self.record(path, raw, &["item", "on", "times", "points", "check"])?;
        let item = self.needed(path, &record, "item", Self::text);
        let on = self.needed(path, &record, "on", Self::day);
        let check = self.optional(path, &record, "check", Self::entry_check);
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
            check,
        })
    }

    fn sheet(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Sheet> {
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

    fn ballot(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<BTreeMap<String, u64>> {
        let members = self.object(path, raw)?;
        let mut known = true;
        let mut votes = BTreeMap::new();
        for (option, raw) in members {
            let count = if option == "recorded" {
                known = self.known_at(&path.key(&option), raw);
                None
            } else {
                self.count(&path.key(&option), raw)
            };
            votes.extend(count.map(|it| (option.into_owned(), it)));
        }
        known.then_some(votes)
    }

    fn answers(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Answers> {
        let record = self.record(path, raw, &["answered", "satisfied"])?;
        let answered = self.needed(path, &record, "answered", Self::count);
        let satisfied = self.needed(path, &record, "satisfied", Self::count);
        let (answered, satisfied) = (answered?, satisfied?);
        if satisfied > answered {
            self.fault(
                &path.key("satisfied"),
                ("FACTS_SATISFIED", "more are satisfied than answered", "满意人数多于答复人数"),
            );
        }
        record.known.then_some(Answers { answered, satisfied })
    }

    fn metric(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Decimal> {
        if !raw.get().starts_with('{') {
            return self.decimal(path, raw);
        }
        let record = self.record(path, raw, &["value"])?;
        let value = self.needed(path, &record, "value", Self::decimal);
        record.known.then_some(value).flatten()
    }

    fn marks(
        &mut self,
        path: &Path<'_>,
        record: &Record<'_>,
    ) -> (Option<Decimal>, Option<Decimal>, bool) {
        let raw = self.needed(path, record, "raw", Self::decimal);
        let full = self.needed(path, record, "full", Self::decimal);
        let bonus = self.optional(path, record, "bonus", Self::boolean).unwrap_or(false);
        (raw, full, bonus)
    }

    fn result(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<GivenResult> {
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

    fn veto(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<VetoRecord> {
        let record = self.record(path, raw, &["item", "by", "from", "until", "steps"])?;
        let item = self.needed(path, &record, "item", Self::text);
        let by = self.optional(path, &record, "by", Self::text);
        let (from, until) = self.interval(path, &record);
        let list = |it: &mut Self, path: &Path<'_>, raw: &RawValue| {
            Some(it.list(path, raw, Self::veto_step))
        };
        let mut steps = self.optional(path, &record, "steps", list).unwrap_or_default();
        steps.retain(|it| it.kind.moves());
        steps.sort_unstable();
        let (item, from) = (item?, from?);
        record.known.then_some(VetoRecord { item, by, from, until, steps })
    }

    fn finding(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Finding> {
        let record = self.record(path, raw, &["fact", "from", "until"])?;
        let fact = self.needed(path, &record, "fact", Self::text);
        let (from, until) = self.interval(path, &record);
        record.known.then_some(Finding { fact: fact?, from: from?, until })
    }

    fn interval(&mut self, path: &Path<'_>, record: &Record<'_>) -> (Option<Day>, Option<Day>) {
        let from = self.needed(path, record, "from", Self::day);
        let until = self.optional(path, record, "until", Self::day);
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            self.fault(&path.key("until"), REVERSED);
        }
        (from, until)
    }

    fn state(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<State> {
        if !raw.get().starts_with('{') {
            return Some(State { kind: self.state_kind(path, raw)?, reason: None });
        }
        let record = self.record(path, raw, &["state", "reason", "by"])?;
        let kind = self.needed(path, &record, "state", Self::state_kind);
        let reason = self.optional(path, &record, "reason", Self::text);
        self.optional(path, &record, "by", Self::text);
        record.known.then_some(State { kind: kind?, reason })
    }

    fn state_kind(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<StateKind> {
        let text = self.words(path, raw)?;
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

/// So many members are compared each with each: that is quicker than sorting.
const FEW: usize = 16;

fn twice(members: &[(Cow<'_, str>, &RawValue)]) -> bool {
    let earlier = |index: usize| members.iter().take(index);
    let mut all = members.iter().enumerate();
    all.any(|(index, (key, _))| earlier(index).any(|(other, _)| other == key))
}

/// Containers and plain values.
impl Reader {
    fn object<'a>(
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

    fn record<'a>(
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

    fn optional<T>(
        &mut self,
        path: &Path<'_>,
        record: &Record<'_>,
        key: &str,
        read: impl Fn(&mut Self, &Path<'_>, &RawValue) -> Option<T>,
    ) -> Option<T> {
        let (_, raw) = record.members.iter().find(|(it, _)| it == key)?;
        read(self, &path.key(key), raw)
    }

    fn needed<T>(
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

    fn map<T>(
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

    fn list<T>(
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

    fn text(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<String> {
        self.words(path, raw).map(Cow::into_owned)
    }

    /// A text that borrows where it can.
    fn words<'a>(&mut self, path: &Path<'_>, raw: &'a RawValue) -> Option<Cow<'a, str>> {
        match serde_json::from_str::<Text<'_>>(raw.get()) {
            Ok(Text(text)) if !text.is_empty() => Some(text),
            Ok(_) | Err(_) => {
                self.fault(path, NOT_TEXT);
                None
            }
        }
    }

    /// An attribute's value: text, or a number or truth value as it is written.
    fn attribute(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<String> {
        match raw.get().as_bytes().first() {
            Some(b't' | b'f' | b'-' | b'0'..=b'9') => Some(raw.get().to_owned()),
            _ => self.text(path, raw),
        }
    }

    fn boolean(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<bool> {
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
    fn decimal(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Decimal> {
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

    fn count(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<u64> {
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

    fn day(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Day> {
        let text = self.words(path, raw)?;
        self.parsed(path, Day::parse(&text), "FACTS_DAY", "日期应写作 2022-03-05，且确有其日")
    }

    fn moment(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Moment> {
        let text = self.words(path, raw)?;
        let zh = "时刻应写作 2022-11-30T09:00:00+08:00";
        self.parsed(path, Moment::parse(&text), "FACTS_MOMENT", zh)
    }

    fn period(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Period> {
        let text = self.attribute(path, raw)?;
        let zh = "周期应写作 2022、2022-H1、2022-Q3 或 2022-07";
        self.parsed(path, Period::parse(&text), "FACTS_PERIOD", zh)
    }

    fn parsed<T, E: fmt::Display>(
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
    fn known_at(&mut self, path: &Path<'_>, raw: &RawValue) -> bool {
        let recorded = self.moment(path, raw);
        recorded.zip(self.as_of).is_none_or(|(it, at)| it <= at)
    }
}
