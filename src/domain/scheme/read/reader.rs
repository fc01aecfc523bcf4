//! The reader's state, and opening a mapping by its table of keys.

use std::collections::BTreeMap;

use super::{
    super::{
        NodeIndex, Place, SchemeFault, Severity,
        yaml::{Data, Entry, Yaml},
    },
    shape::Shape,
};
use crate::domain::time::PeriodKind;

/// The most faults that are told at once, so that a hostile text cannot fill the memory.
const FAULTS_MAX: usize = 2000;

/// Where something stands: its place in the text, and its path in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) struct Spot {
    pub(in crate::domain) place: Place,
    pub(in crate::domain) path: String,
}

/// A node that a node's own value depends on, and where the document says so.
#[derive(Debug, Clone)]
pub(in crate::domain::scheme) struct Reference {
    pub(in crate::domain::scheme) from: NodeIndex,
    pub(in crate::domain::scheme) to: String,
    pub(in crate::domain::scheme) spot: Spot,
}

/// A value with its path.
#[derive(Debug, Clone)]
pub(in crate::domain) struct At<'y> {
    pub(in crate::domain) value: &'y Yaml,
    pub(in crate::domain) path: String,
}

impl<'y> At<'y> {
    pub(in crate::domain) const fn root(value: &'y Yaml) -> Self {
        Self { value, path: String::new() }
    }

    pub(in crate::domain) fn spot(&self) -> Spot {
        Spot { place: self.value.place, path: self.path.clone() }
    }
}

/// A mapping that was opened, with its keys.
#[derive(Debug)]
pub(in crate::domain) struct Fields<'y> {
    shape: &'static Shape,
    entries: &'y [Entry],
    pub(in crate::domain) spot: Spot,
}

impl<'y> Fields<'y> {
    /// The value of that key, if it is there. The key is one of the mapping's table.
    pub(in crate::domain) fn at(&self, key: &str) -> Option<At<'y>> {
        debug_assert!(self.shape.keys.iter().any(|it| it.name == key), "`{key}` is in no table");
        let entry = self.entries.iter().find(|it| it.key == key)?;
        Some(At { value: &entry.value, path: below(&self.spot.path, key) })
    }

    /// Whether the key is there.
    pub(in crate::domain) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|it| it.key == key)
    }

    /// Where that key stands; where the mapping does, if it is not there.
    pub(in crate::domain) fn key(&self, key: &str) -> Spot {
        let entry = self.entries.iter().find(|it| it.key == key);
        let place = entry.map_or(self.spot.place, |it| it.place);
        Spot { place, path: below(&self.spot.path, key) }
    }

    /// The first of these keys that the mapping has.
    pub(super) fn first_of(&self, keys: &[&'static str]) -> Option<&'static str> {
        self.entries.iter().find_map(|it| keys.iter().copied().find(|key| it.key == **key))
    }
}

/// The path of a key of a mapping.
pub(super) fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// What is gathered while a document is read.
#[derive(Debug)]
pub(in crate::domain) struct Reader {
    pub(in crate::domain) faults: Vec<SchemeFault>,
    /// Every node's id, with its position in the document's order.
    pub(super) node_ids: BTreeMap<String, NodeIndex>,
    /// Every grade's id, with its position from the top.
    pub(super) grade_ids: BTreeMap<String, usize>,
    pub(super) references: Vec<Reference>,
    /// Nodes of which listed results are asked for, and where.
    pub(super) listed: Vec<(NodeIndex, Spot)>,
    /// The node whose kind is being read.
    pub(super) inside: Option<NodeIndex>,
    /// The scheme's own id and period, where they could be read.
    pub(super) own: (Option<String>, Option<PeriodKind>),
}

impl Reader {
    pub(in crate::domain) const fn new(faults: Vec<SchemeFault>) -> Self {
        Self {
            faults,
            node_ids: BTreeMap::new(),
            grade_ids: BTreeMap::new(),
            references: Vec::new(),
            listed: Vec::new(),
            inside: None,
            own: (None, None),
        }
    }

    /// Notes a fault: what is wrong in English and Chinese, and what would be right.
    pub(in crate::domain) fn fault(
        &mut self,
        code: &'static str,
        spot: &Spot,
        wrong: impl Into<String>,
        wrong_zh: impl Into<String>,
        right: impl Into<String>,
    ) {
        if self.faults.len() > FAULTS_MAX {
            return;
        }
        if self.faults.len() == FAULTS_MAX {
            self.faults.push(SchemeFault {
                severity: Severity::Fault,
                code: "TOO_MANY_FAULTS",
                place: spot.place,
                path: String::new(),
                wrong: "there are more faults than are told at once".to_owned(),
                wrong_zh: "问题过多，其余未列出".to_owned(),
                right: "mend these first".to_owned(),
            });
            return;
        }
        self.faults.push(SchemeFault {
            severity: Severity::Fault,
            code,
            place: spot.place,
            path: spot.path.clone(),
            wrong: wrong.into(),
            wrong_zh: wrong_zh.into(),
            right: right.into(),
        });
    }

    /// Opens a mapping: refuses what is none, keys that the table does not have, and needed keys
    /// that are not there.
    pub(in crate::domain) fn open<'y>(
        &mut self,
        at: &At<'y>,
        shape: &'static Shape,
    ) -> Option<Fields<'y>> {
        let spot = at.spot();
        let entries = match &at.value.data {
            Data::Map(entries) => entries,
            Data::Refused => return None,
            Data::Scalar(_) | Data::Seq(_) => {
                let keys: Vec<_> = shape.keys.iter().map(|it| it.name).collect();
                let right = format!("a mapping of {}", listed(&keys));
                self.fault("EXPECTED_MAPPING", &spot, "this is no mapping", "此处应为映射", right);
                return None;
            }
        };
        let fields = Fields { shape, entries, spot };
        self.unknown_keys(&fields);
        for key in shape.keys.iter().filter(|it| it.needed && !fields.has(it.name)) {
            let spot = Spot { path: below(&fields.spot.path, key.name), ..fields.spot.clone() };
            let (wrong, zh) =
                (format!("`{}` is not written", key.name), format!("缺少 `{}`", key.name));
            self.fault("KEY_MISSING", &spot, wrong, zh, key.about);
        }
        self.groups(&fields);
        Some(fields)
    }

    fn unknown_keys(&mut self, fields: &Fields<'_>) {
        for entry in fields.entries {
            let known = |key: &str| fields.shape.keys.iter().any(|it| it.name == key);
            if known(&entry.key) || matches!(entry.key.as_str(), "" | "<<" | "~") {
                continue;
            }
            let names: Vec<_> = fields.shape.keys.iter().map(|it| it.name).collect();
            let right = nearest(&entry.key, &names)
                .map_or_else(|| format!("one of {}", listed(&names)), |it| format!("`{it}`"));
            let shown: String = entry.key.chars().take(64).collect();
            let spot = Spot { place: entry.place, path: below(&fields.spot.path, &shown) };
            let wrong = format!("`{shown}` is not known here");
            self.fault("UNKNOWN_KEY", &spot, wrong, format!("未知的键 `{shown}`"), right);
        }
    }

    fn groups(&mut self, fields: &Fields<'_>) {
        for group in fields.shape.one_of {
            let found: Vec<_> = group.iter().copied().filter(|it| fields.has(it)).collect();
            if found.len() == 1 {
                continue;
            }
            let (wrong, zh) = if found.is_empty() {
                (
                    "none of the keys is written of which one must be".to_owned(),
                    "必须写其中一个键".to_owned(),
                )
            } else {
                let both = listed(&found);
                (format!("{both} stand side by side"), format!("{both} 不能并列"))
            };
            let right = format!("exactly one of {}", listed(group));
            let second = found.get(1).map_or(fields.spot.place, |it| fields.key(it).place);
            let code = if fields.shape.name == "node" { "NODE_KIND" } else { "ONE_OF" };
            self.fault(code, &Spot { place: second, ..fields.spot.clone() }, wrong, zh, right);
        }
        let any = fields.shape.any_of;
        if !any.is_empty() && !any.iter().any(|it| fields.has(it)) {
            let right = format!("at least one of {}", listed(any));
            self.fault("ANY_OF", &fields.spot, "it says nothing", "没有任何内容", right);
        }
        for (key, other) in fields.shape.together {
            if fields.has(key) && !fields.has(other) {
                let wrong = format!("`{key}` says nothing without `{other}`");
                let zh = format!("没有 `{other}` 时 `{key}` 无意义");
                let right = format!("`{key}` beside `{other}`, or neither");
                self.fault("STRAY_KEY", &fields.key(key), wrong, zh, right);
            }
        }
    }

    /// The items of a list that has at least one.
    pub(in crate::domain) fn list<'y>(&mut self, at: &At<'y>) -> Vec<At<'y>> {
        let items = self.list_or_none(at);
        if items.is_empty() && matches!(at.value.data, Data::Seq(_)) {
            self.fault(
                "EMPTY_LIST",
                &at.spot(),
                "the list is empty",
                "列表为空",
                "at least one item",
            );
        }
        items
    }

    /// The items of a list, which may have none.
    pub(in crate::domain) fn list_or_none<'y>(&mut self, at: &At<'y>) -> Vec<At<'y>> {
        match &at.value.data {
            Data::Seq(items) => {
                let item = |(index, value)| At { value, path: format!("{}[{index}]", at.path) };
                items.iter().enumerate().map(item).collect()
            }
            Data::Refused => Vec::new(),
            Data::Scalar(_) | Data::Map(_) => {
                self.fault(
                    "EXPECTED_LIST",
                    &at.spot(),
                    "this is no list",
                    "此处应为列表",
                    "a list, such as `[a, b]`",
                );
                Vec::new()
            }
        }
    }

    /// The keys and values of a mapping of names, of which there is at least one.
    pub(super) fn named<'y>(&mut self, at: &At<'y>) -> Vec<(String, At<'y>)> {
        let entries = match &at.value.data {
            Data::Map(entries) => entries,
            Data::Refused => return Vec::new(),
            Data::Scalar(_) | Data::Seq(_) => {
                let right = "a mapping of names, such as `{street: 60%, county: 40%}`";
                self.fault(
                    "EXPECTED_MAPPING",
                    &at.spot(),
                    "this is no mapping",
                    "此处应为映射",
                    right,
                );
                return Vec::new();
            }
        };
        if entries.is_empty() {
            self.fault(
                "EMPTY_LIST",
                &at.spot(),
                "the mapping is empty",
                "映射为空",
                "at least one key",
            );
        }
        let mut named = Vec::with_capacity(entries.len());
        for entry in entries {
            let value = At { value: &entry.value, path: below(&at.path, &entry.key) };
            let spot = Spot { place: entry.place, path: value.path.clone() };
            if self.good_name(&entry.key, &spot) {
                named.push((entry.key.clone(), value));
            }
        }
        named
    }
}

/// Names in backticks, joined by commas.
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|it| format!("`{it}`")).collect();
    quoted.join(", ")
}

/// The name that is at most two slips away.
pub(super) fn nearest<'n>(text: &str, names: &[&'n str]) -> Option<&'n str> {
    if text.len() > 64 {
        return None;
    }
    let most = if text.chars().count() < 5 { 1 } else { 2 };
    let near = names.iter().copied().map(|it| (slips(text, it), it));
    near.filter(|it| it.0 <= most).min_by_key(|it| it.0).map(|it| it.1)
}

/// How many letters must be put in, left out or changed to make one text of the other.
fn slips(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut next = vec![line.saturating_add(1)];
        let pairs = row.iter().zip(row.iter().skip(1)).zip(&to);
        for ((diagonal, above), other) in pairs {
            let left = next.last().copied().unwrap_or(usize::MAX);
            let change = diagonal.saturating_add(usize::from(*other != letter));
            next.push(change.min(above.saturating_add(1)).min(left.saturating_add(1)));
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}
