//! One line of facts as JSON, read with every fault collected and no number through a float.

mod member;
mod post;
mod results;
mod values;

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde_json::value::RawValue;
use values::Record;

use super::{
    Answers, Entry, Facts, FactsFault, Finding, Proposal, Sheet, State, StateKind, VetoRecord,
};
use crate::domain::{
    exact::Decimal,
    time::{Day, Moment},
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
    "a result is of `self`, `children`, `projects`, `halves`, `quarters` or `months`",
    "结果的 of 应为 self、children、projects、halves、quarters 或 months",
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
                "proposals" => facts.proposals = self.list(path, raw, Self::proposal),
                "ballots" => facts.ballots = self.map(path, raw, Self::ballot),
                "eligible" => facts.eligible = self.map(path, raw, Self::eligible),
                "surveys" => {
                    facts.surveys =
                        self.map(path, raw, |it, path, raw| Some(it.map(path, raw, Self::answers)));
                }
                "metrics" => facts.metrics = self.map(path, raw, Self::metric),
                "imports" => self.imports(path, raw, &mut facts),
                "stays" => facts.stays = self.stays(path, raw, "compound"),
                "units" => facts.units = self.stays(path, raw, "unit"),
                "in_service" => facts.in_service = self.spans(path, raw),
                "posts" => facts.posts = self.posts(path, raw),
                "check_ins" => facts.check_ins = self.list(path, raw, Self::check_in),
                "conduct" => facts.conduct = self.conduct(path, raw),
                "results" => {
                    facts.results =
                        self.map(path, raw, |it, path, raw| Some(it.list(path, raw, Self::result)));
                }
                "vetoes" => facts.vetoes = self.list(path, raw, Self::veto),
                "findings" => facts.findings = self.list(path, raw, Self::finding),
                "states" => facts.states = self.map(path, raw, Self::state),
                "published" => facts.published = self.published(path, raw),
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

    /// What was on the day of publication.
    fn published(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<BTreeMap<String, String>> {
        let record = self.record(path, raw, &["attributes"])?;
        let attributes = |it: &mut Self, path: &Path<'_>, raw: &RawValue| {
            Some(it.map(path, raw, Self::attribute))
        };
        let attributes = self.needed(path, &record, "attributes", attributes)?;
        record.known.then_some(attributes)
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

    fn proposal(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<Proposal> {
        let keys = ["item", "level", "by", "at", "points", "reason"];
        let record = self.record(path, raw, &keys)?;
        let item = self.needed(path, &record, "item", Self::text);
        let level = self.needed(path, &record, "level", Self::text);
        let by = self.optional(path, &record, "by", Self::text);
        let at = self.optional(path, &record, "at", Self::moment);
        let points = self.needed(path, &record, "points", Self::decimal);
        let reason = self.optional(path, &record, "reason", Self::text);
        if !record.known {
            return None;
        }
        Some(Proposal { item: item?, level: level?, by, at, points: points?, reason })
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

    fn eligible(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<u64> {
        if !raw.get().starts_with('{') {
            return self.count(path, raw);
        }
        let record = self.record(path, raw, &["value"])?;
        let value = self.needed(path, &record, "value", Self::count);
        record.known.then_some(value).flatten()
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
        record.known.then_some(VetoRecord { item, by, from, until, steps, of_holder: None })
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
