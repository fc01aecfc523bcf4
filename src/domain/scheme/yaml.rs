//! The document's text as a tree in which every value knows its place. A small part of YAML, so
//! that two people who read it see the same: no aliases, anchors, tags, merge keys, or second
//! document, and numbers stay text.

use std::collections::BTreeSet;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError};

use super::{Place, SchemeFault, Severity};

/// The longest document, in bytes.
pub(super) const BYTES_MAX: usize = 1024 * 1024;
/// The deepest nesting of mappings and lists; the document itself is the first.
pub(super) const DEPTH_MAX: usize = 32;
/// The most values of a document: scalars, lists and mappings.
pub(super) const VALUES_MAX: usize = 200_000;

/// The most faults of the text itself that are told at once.
const FAULTS_MAX: usize = 1000;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) struct Yaml {
    pub(in crate::domain) place: Place,
    pub(in crate::domain) data: Data,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) enum Data {
    /// A scalar, as text.
    Scalar(Scalar),
    /// A list.
    Seq(Vec<Yaml>),
    /// A mapping, in the order written, without duplicates.
    Map(Vec<Entry>),
    /// Something already refused; nothing more is said about it.
    Refused,
}

/// A scalar's text, and whether it was written without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) struct Scalar {
    pub(in crate::domain) text: String,
    pub(in crate::domain) plain: bool,
}

impl Scalar {
    /// Whether it is YAML's nothing: an empty value, `~` or `null`, unquoted.
    pub(super) fn is_null(&self) -> bool {
        self.plain && matches!(self.text.as_str(), "" | "~" | "null")
    }
}

/// One key of a mapping with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) struct Entry {
    pub(in crate::domain) key: String,
    pub(in crate::domain) place: Place,
    pub(in crate::domain) value: Yaml,
}

impl Yaml {
    /// The value of that key, if this is a mapping that has it.
    pub(in crate::domain) fn get(&self, key: &str) -> Option<&Self> {
        match &self.data {
            Data::Map(entries) => entries.iter().find(|it| it.key == key).map(|it| &it.value),
            Data::Scalar(_) | Data::Seq(_) | Data::Refused => None,
        }
    }

    /// The text, if this is a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(scalar) => Some(&scalar.text),
            Data::Seq(_) | Data::Map(_) | Data::Refused => None,
        }
    }

    /// The items, if this is a list.
    pub(in crate::domain) fn items(&self) -> &[Self] {
        match &self.data {
            Data::Seq(items) => items,
            Data::Scalar(_) | Data::Map(_) | Data::Refused => &[],
        }
    }
}

/// What came of a text: the tree as far as one could be made, and what is wrong with it.
#[derive(Debug)]
pub(in crate::domain) struct Parsed {
    pub(in crate::domain) tree: Option<Yaml>,
    pub(in crate::domain) faults: Vec<SchemeFault>,
}

/// Reads the text. Time and memory are bounded by the limits above, whatever the text is.
pub(in crate::domain) fn parse(bytes: &[u8]) -> Parsed {
    let mut builder = Builder::default();
    let tree = if bytes.len() > BYTES_MAX {
        let (en, zh) = ("the document is longer than 1 MiB", "文档超过 1 MiB");
        builder.fault("TOO_LARGE", start(), en, zh, "a document of at most 1 MiB");
        None
    } else {
        match std::str::from_utf8(bytes) {
            Ok(text) => builder.run(text.strip_prefix('\u{feff}').unwrap_or(text)),
            Err(why) => {
                let place = place_of_byte(bytes, why.valid_up_to());
                let (en, zh) = ("the text is not UTF-8 from here on", "此处起不是 UTF-8 文本");
                builder.fault("NOT_UTF8", place, en, zh, "save the document as UTF-8");
                None
            }
        }
    };
    Parsed { tree, faults: builder.faults }
}

const fn start() -> Place {
    Place { line: 1, column: 1 }
}

fn place_of_byte(bytes: &[u8], end: usize) -> Place {
    let good = bytes.get(..end).and_then(|it| std::str::from_utf8(it).ok()).unwrap_or("");
    let lines = good.matches('\n').count();
    let column = good.rsplit('\n').next().map_or(0, |it| it.chars().count());
    Place { line: counted(lines), column: counted(column) }
}

/// The first tab that indents a line. In JSON indentation says nothing, so there tabs may stay.
fn indenting_tab(text: &str) -> Option<Place> {
    if text.trim_start().starts_with('{') {
        return None;
    }
    let indent = |line: &str| line.chars().take_while(|it| *it == ' ').count();
    text.lines().enumerate().find_map(|(number, line)| {
        let indent = indent(line);
        let tab = line.chars().nth(indent) == Some('\t');
        let content = !matches!(line.trim_start().chars().next(), None | Some('#'));
        (tab && content).then(|| Place { line: counted(number), column: counted(indent) })
    })
}

/// A count from 0 as a count from 1.
fn counted(number: usize) -> u32 {
    u32::try_from(number.saturating_add(1)).unwrap_or(u32::MAX)
}

fn place(marker: Marker) -> Place {
    Place { line: counted(marker.line().saturating_sub(1)), column: counted(marker.col()) }
}

/// A collection that is not closed yet.
#[derive(Debug)]
enum Open {
    Seq(Place, Vec<Yaml>),
    Map { place: Place, entries: Vec<Entry>, keys: BTreeSet<String>, key: Option<(String, Place)> },
}

#[derive(Debug, Default)]
struct Builder {
    faults: Vec<SchemeFault>,
    open: Vec<Open>,
    root: Option<Yaml>,
    values: usize,
    documents: usize,
}

/// Nothing more can be read.
struct Stop;

impl Builder {
    fn fault(&mut self, code: &'static str, place: Place, en: &str, zh: &str, right: &str) {
        self.fault_at(code, place, self.path(), en, zh, right);
    }

    fn fault_at(
        &mut self,
        code: &'static str,
        place: Place,
        path: String,
        en: &str,
        zh: &str,
        right: &str,
    ) {
        if self.faults.len() >= FAULTS_MAX {
            return;
        }
        self.faults.push(SchemeFault {
            severity: Severity::Fault,
            code,
            place,
            path,
            wrong: en.to_owned(),
            wrong_zh: zh.to_owned(),
            right: right.to_owned(),
        });
    }

    /// The keys and positions that lead to the value being read.
    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            match open {
                Open::Seq(_, items) => path = format!("{path}[{}]", items.len()),
                Open::Map { key: Some((key, _)), .. } => {
                    let dot = if path.is_empty() { "" } else { "." };
                    let key: String = key.chars().take(64).collect();
                    path = format!("{path}{dot}{key}");
                }
                Open::Map { key: None, .. } => {}
            }
        }
        path
    }

    fn run(&mut self, text: &str) -> Option<Yaml> {
        if let Some(place) = indenting_tab(text) {
            let (en, zh) = ("a tab stands in the indentation", "缩进中有制表符");
            self.fault("YAML_TAB", place, en, zh, "spaces as indentation");
            return None;
        }
        for event in Parser::new_from_str(text) {
            let step = match event {
                Ok((event, span)) => self.event(event, place(span.start)),
                Err(why) => self.syntax(&why),
            };
            if step.is_err() {
                return None;
            }
        }
        if self.root.is_none() {
            let (en, zh) = ("the document is empty", "文档为空");
            self.fault(
                "EMPTY",
                start(),
                en,
                zh,
                "a mapping that starts with `steelyard:` and the form of the document",
            );
        }
        self.root.take()
    }

    fn syntax(&mut self, why: &ScanError) -> Result<(), Stop> {
        let place = place(*why.marker());
        if why.info().contains("recursion limit") {
            return self.too_deep(place);
        }
        if why.info().contains("unknown anchor") {
            self.alias(place);
            return Err(Stop);
        }
        let en = format!("this is not YAML: {}", why.info());
        let right =
            "YAML with spaces (no tabs) as indentation, and quotes round text with `: ` or `#`";
        self.fault("YAML_SYNTAX", place, &en, "YAML 语法错误", right);
        Err(Stop)
    }

    fn too_deep(&mut self, place: Place) -> Result<(), Stop> {
        let (en, zh) = ("the document is nested more than 32 deep", "文档嵌套超过 32 层");
        self.fault("TOO_DEEP", place, en, zh, "fewer levels");
        Err(Stop)
    }

    fn event(&mut self, event: Event<'_>, place: Place) -> Result<(), Stop> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => self.document(place),
            Event::Alias(_) => {
                self.alias(place);
                self.value(Yaml { place, data: Data::Refused })
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.decorations(place, anchor, tag.is_some());
                let plain = style == ScalarStyle::Plain;
                let scalar = Scalar { text: text.into_owned(), plain };
                self.value(Yaml { place, data: Data::Scalar(scalar) })
            }
            Event::SequenceStart(anchor, tag) => {
                self.decorations(place, anchor, tag.is_some());
                self.start(place, Open::Seq(place, Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.decorations(place, anchor, tag.is_some());
                let (entries, keys) = (Vec::new(), BTreeSet::new());
                self.start(place, Open::Map { place, entries, keys, key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let done = match self.open.pop() {
                    Some(Open::Seq(place, items)) => Yaml { place, data: Data::Seq(items) },
                    Some(Open::Map { place, entries, .. }) => {
                        Yaml { place, data: Data::Map(entries) }
                    }
                    None => return Ok(()),
                };
                self.value(done)
            }
        }
    }

    fn alias(&mut self, place: Place) {
        let (en, zh) = ("aliases (`*name`) are not taken", "不接受 YAML 别名（*name）");
        self.fault("YAML_ALIAS", place, en, zh, "write the value out");
    }

    fn document(&mut self, place: Place) -> Result<(), Stop> {
        self.documents = self.documents.saturating_add(1);
        if self.documents > 1 {
            let (en, zh) = ("a second document starts here", "此处开始了第二个文档");
            self.fault(
                "YAML_DOCUMENTS",
                place,
                en,
                zh,
                "one document a file, without a second `---`",
            );
            return Err(Stop);
        }
        Ok(())
    }

    fn decorations(&mut self, place: Place, anchor: usize, tag: bool) {
        if anchor != 0 {
            let (en, zh) = ("anchors (`&name`) are not taken", "不接受 YAML 锚点（&name）");
            self.fault("YAML_ANCHOR", place, en, zh, "leave the anchor out");
        }
        if tag {
            let (en, zh) = ("tags (`!name`, `!!name`) are not taken", "不接受 YAML 标签（!name）");
            self.fault("YAML_TAG", place, en, zh, "leave the tag out");
        }
    }

    fn start(&mut self, place: Place, open: Open) -> Result<(), Stop> {
        if self.open.len() >= DEPTH_MAX {
            return self.too_deep(place);
        }
        if let Some(Open::Map { key: None, .. }) = self.open.last() {
            let (en, zh) = ("a key is a list or a mapping", "键不能是列表或映射");
            self.fault("YAML_KEY", place, en, zh, "a key that is plain text");
            return Err(Stop);
        }
        self.open.push(open);
        Ok(())
    }

    /// Puts a finished value where it belongs.
    fn value(&mut self, value: Yaml) -> Result<(), Stop> {
        self.values = self.values.saturating_add(1);
        if self.values > VALUES_MAX {
            let (en, zh) = ("the document has too many values", "文档的值过多");
            self.fault("TOO_LARGE", value.place, en, zh, "at most 200000 values");
            return Err(Stop);
        }
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open::Seq(_, items)) => items.push(value),
            Some(Open::Map { entries, keys, key, .. }) => match key.take() {
                Some((key, place)) => {
                    if keys.insert(key.clone()) {
                        entries.push(Entry { key, place, value });
                    } else {
                        let shown: String = key.chars().take(64).collect();
                        let en = format!("the key `{shown}` stands here twice");
                        let zh = format!("键 `{shown}` 重复");
                        let above = self.path();
                        let dot = if above.is_empty() { "" } else { "." };
                        let path = format!("{above}{dot}{shown}");
                        self.fault_at("DUPLICATE_KEY", place, path, &en, &zh, "each key once");
                    }
                }
                None => match value.data {
                    Data::Scalar(scalar) => {
                        let null = scalar.is_null();
                        let merge = scalar.plain && scalar.text == "<<";
                        *key = Some((scalar.text, value.place));
                        self.odd_key(value.place, null, merge);
                    }
                    Data::Seq(_) | Data::Map(_) | Data::Refused => {
                        *key = Some((String::new(), value.place));
                    }
                },
            },
        }
        Ok(())
    }

    fn odd_key(&mut self, place: Place, null: bool, merge: bool) {
        if merge {
            let (en, zh) = ("merge keys (`<<`) are not taken", "不接受 YAML 合并键（<<）");
            self.fault("YAML_MERGE_KEY", place, en, zh, "write the keys out");
        } else if null {
            let (en, zh) = ("a key is empty", "键为空");
            self.fault("YAML_KEY", place, en, zh, "a key that is plain text");
        }
    }
}
