//! Reads the sources and fails on a name that a layer must not know, and on what the house forbids.
//!
//! `grpc, cli → app → store (port) → domain`; what wires the process may name all of them.
#![expect(clippy::string_slice, reason = "positions come from searching the same text")]

mod rooms;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use rooms::{ROOMS, Room};

const FLOATS: [&str; 2] = ["f32", "f64"];

/// How long a file may be.
const LINES_MAX: usize = 500;

/// Where a statement may be spelt outside `src/store/sql/`, and why.
const STATEMENTS_ELSEWHERE: &[(&str, &str)] = &[
    ("src/store/bulk.rs", "writes the insert of many rows from a table's list of columns"),
    ("src/store/postgres.rs", "how this database begins a transaction, and names a county"),
    ("src/store/sqlite.rs", "how this database begins a transaction, and its settings"),
    ("src/store/tx/mod.rs", "the names of spans"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder whose names end so, in order.
fn files(below: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![below.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|it| path.to_string_lossy().ends_with(it)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}

fn sources() -> Vec<(String, String)> {
    let all = files(&root().join("src"), &[".rs"]);
    assert!(all.len() > 50, "the sources were not found: {} files", all.len());
    all.iter().map(|it| (shown(it), fs::read_to_string(it).unwrap())).collect()
}

/// The code of a source without comments, every string emptied; and the strings by line.
fn lexed(text: &str) -> (String, Vec<(usize, String)>) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut strings) = (String::with_capacity(text.len()), Vec::new());
    let (mut at, mut line) = (0, 1);
    let starts =
        |at: usize, what: &str| what.chars().eq(chars[at..].iter().copied().take(what.len()));
    while at < chars.len() {
        let from = at;
        if starts(at, "//") {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if starts(at, "/*") {
            let mut depth = 0;
            loop {
                if starts(at, "/*") {
                    (depth, at) = (depth + 1, at + 2);
                } else if starts(at, "*/") {
                    (depth, at) = (depth - 1, at + 2);
                } else {
                    at += 1;
                }
                if depth == 0 || at >= chars.len() {
                    break;
                }
            }
        } else if let Some(after) = string_end(&chars, at) {
            strings.push((line, chars[at..after].iter().collect()));
            code.push_str("\"\"");
            at = after;
        } else if chars[at] == '\'' && chars.get(at + 1) == Some(&'\\') {
            at += 3;
            while at < chars.len() && chars[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else if chars[at] == '\'' && chars.get(at + 2) == Some(&'\'') {
            at += 3;
        } else {
            code.push(chars[at]);
            at += 1;
        }
        let lines = chars[from..at.min(chars.len())].iter().filter(|it| **it == '\n').count();
        if at - from > 1 {
            code.extend(std::iter::repeat_n('\n', lines));
        }
        line += lines;
    }
    (code, strings)
}

/// Where the string that starts here ends, if one does.
fn string_end(chars: &[char], at: usize) -> Option<usize> {
    let before = at.checked_sub(1).map(|it| chars[it]);
    let mut to = at;
    let in_word = before.is_some_and(|it| it.is_alphanumeric() || it == '_');
    while !in_word && matches!(chars.get(to), Some('b' | 'c' | 'r')) && to - at < 2 {
        to += 1;
    }
    let raw = chars[at..to].contains(&'r');
    let mut hashes = 0;
    while raw && chars.get(to) == Some(&'#') {
        (hashes, to) = (hashes + 1, to + 1);
    }
    if chars.get(to) != Some(&'"') {
        return None;
    }
    to += 1;
    while to < chars.len() {
        match chars[to] {
            '\\' if !raw => to += 2,
            '"' if chars[to + 1..].iter().take_while(|it| **it == '#').count() >= hashes => {
                return Some(to + 1 + hashes);
            }
            _ => to += 1,
        }
    }
    Some(chars.len())
}

fn is_word(it: char) -> bool {
    it.is_alphanumeric() || it == '_'
}

/// Every place of a word (or path) in code, by line, word by word.
fn lines_with(code: &str, word: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let whole = line.match_indices(word).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + word.len()..].chars().next();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        });
        if whole {
            lines.push(number + 1);
        }
    }
    lines
}

/// The modules of the first level that code names, by line: `crate::a`, `crate::{a, b::c}`,
/// `steelyard::a`, and `super::super::a` as far up as it goes.
fn named_rooms(code: &str, depth: usize) -> Vec<(usize, String)> {
    let mut named = Vec::new();
    for prefix in ["crate::", "steelyard::"] {
        for (at, _) in code.match_indices(prefix) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|it| is_word(it) || it == ':' || it == '$') {
                continue;
            }
            let line = code[..at].matches('\n').count() + 1;
            named.extend(heads(&code[at + prefix.len()..]).into_iter().map(|it| (line, it)));
        }
    }
    for (at, _) in code.match_indices("super::") {
        if code[..at].ends_with("super::") || code[..at].chars().next_back().is_some_and(is_word) {
            continue;
        }
        let rest = code[at..].trim_start_matches("super::");
        let ups = (code.len() - at - rest.len()) / "super::".len();
        if ups >= depth {
            let line = code[..at].matches('\n').count() + 1;
            named.extend(heads(rest).into_iter().map(|it| (line, it)));
        }
    }
    named
}

/// The first names of a path, or of the paths of a group.
fn heads(rest: &str) -> Vec<String> {
    let word = |text: &str| -> String { text.chars().take_while(|it| is_word(*it)).collect() };
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let (mut depth, mut heads, mut fresh) = (1, Vec::new(), true);
    for (at, it) in group.char_indices() {
        match it {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => fresh = true,
            _ if fresh && is_word(it) => {
                heads.push(word(&group[at..]));
                fresh = false;
            }
            _ => (),
        }
        if depth == 0 {
            break;
        }
    }
    heads
}

/// The room of a file below `src`, and how deep its module lies: 1 for the room itself.
fn room_of(path: &str) -> (String, usize) {
    let below = path.strip_prefix("src/").unwrap().strip_suffix(".rs").unwrap();
    let steps: Vec<&str> = below.split('/').filter(|it| *it != "mod").collect();
    (steps[0].to_owned(), steps.len())
}

/// What one file does that its room must not.
fn trespasses(room: &Room, path: &str, text: &str) -> Vec<String> {
    let (code, _) = lexed(text);
    let (_, depth) = room_of(path);
    let mut found = Vec::new();
    let wires = matches!(room.name, "lib" | "main");
    for (line, name) in named_rooms(&code, depth) {
        let known = ROOMS.iter().any(|it| it.name == name);
        let own = name == room.name || room.may_name.contains(&name.as_str());
        if known && !own && !wires {
            found.push(format!("{path}:{line}: `{}` must not name `{name}`", room.name));
        }
    }
    // A test may ask how long something took.
    let of_tests = path.contains("/tests/") || path.ends_with("/tests.rs");
    for word in room.never.iter().filter(|it| !(of_tests && **it == "Instant")) {
        let lines = lines_with(&code, word);
        found.extend(
            lines.iter().map(|it| format!("{path}:{it}: `{}` must not name `{word}`", room.name)),
        );
    }
    if ["domain", "app", "store", "proto"].contains(&room.name) {
        for word in FLOATS {
            let lines = lines_with(&code, word);
            found
                .extend(lines.iter().map(|it| format!("{path}:{it}: `{word}`: numbers are exact")));
        }
    }
    found
}

fn none(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn no_layer_names_a_layer_above_it() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        let (name, _) = room_of(&path);
        match ROOMS.iter().find(|it| it.name == name) {
            Some(room) => found.extend(trespasses(room, &path, &text)),
            None => found.push(format!("{path}: `{name}` is no room of ARCHITECTURE.md")),
        }
    }
    none(&found);
}

#[test]
fn the_check_sees_every_way_of_naming() {
    let room = |name: &str| ROOMS.iter().find(|it| it.name == name).unwrap();
    let seen = |name, path, text| trespasses(room(name), path, text).len();
    assert_eq!(seen("domain", "src/domain/a.rs", "use crate::store::Store;"), 1);
    assert_eq!(seen("domain", "src/domain/a.rs", "use crate::{domain::exact, app::{App}};"), 1);
    assert_eq!(seen("domain", "src/domain/a/b.rs", "use super::super::super::grpc::x;"), 1);
    assert_eq!(seen("domain", "src/domain/a.rs", "async fn a() {}"), 1);
    assert_eq!(seen("domain", "src/domain/a.rs", "let a = std::fs::read(b);"), 1);
    assert_eq!(seen("domain", "src/domain/a.rs", "let a: f64 = 0;"), 1);
    assert_eq!(seen("app", "src/app/a.rs", "fn a(b: crate::grpc::Faults) -> tonic::Status {}"), 2);
    assert_eq!(seen("store", "src/store/sql/a.rs", "use crate::app::App;"), 1);
    assert_eq!(seen("grpc", "src/grpc/a.rs", "use sqlx::query; use crate::cli::run;"), 2);
    let harmless = r##"
        // crate::store and async, in words
        /* use crate::store::Store; /* f64 */ */
        const A: &str = "crate::grpc async f64"; const B: &str = r#"f32 " tokio"#;
        const C: char = '"'; fn a<'a>(b: &'a super::Asynchronous) -> crate::domain::exact::Exact {}
    "##;
    assert_eq!(trespasses(room("domain"), "src/domain/a.rs", harmless), Vec::<String>::new());
}

#[test]
fn the_protos_have_no_floats() {
    let mut found = Vec::new();
    let protos = files(&root().join("proto"), &[".proto"]);
    assert!(protos.len() >= 6, "the protos were not found");
    for path in protos {
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let code = line.split("//").next().unwrap();
            if ["float", "double"].iter().any(|it| !lines_with(code, it).is_empty()) {
                found.push(format!("{}:{}: {line}", shown(&path), number + 1));
            }
        }
    }
    none(&found);
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |database: &str| -> BTreeSet<String> {
        let folder = root().join("migrations").join(database);
        let all = files(&folder, &[".sql"]);
        all.iter().map(|it| it.file_name().unwrap().to_string_lossy().into_owned()).collect()
    };
    assert!(!names("sqlite").is_empty(), "no migrations were found");
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn statements_stand_in_one_place() {
    const VERBS: [&str; 12] = [
        "SELECT ",
        "INSERT ",
        "UPDATE ",
        "DELETE ",
        "CREATE ",
        "ALTER ",
        "DROP ",
        "WITH ",
        "PRAGMA ",
        "BEGIN",
        "TRUNCATE ",
        "LOCK ",
    ];
    let mut used = BTreeSet::new();
    let mut found = Vec::new();
    for (path, text) in sources() {
        if path.starts_with("src/store/sql/") {
            continue;
        }
        for (line, string) in lexed(&text).1 {
            let inner = string.trim_start_matches(['b', 'r', '#', '"']).trim_start();
            if !VERBS.iter().any(|it| inner.starts_with(it)) {
                continue;
            }
            if STATEMENTS_ELSEWHERE.iter().any(|it| it.0 == path) {
                used.insert(path.clone());
            } else {
                found.push(format!("{path}:{line}: a statement outside src/store/sql: {string}"));
            }
        }
    }
    for (path, _) in STATEMENTS_ELSEWHERE.iter().filter(|it| !used.contains(it.0)) {
        found.push(format!("{path} spells no statement: take it off the list"));
    }
    none(&found);
}

#[test]
fn every_module_says_what_it_is_for_and_is_short_enough() {
    let mut found = Vec::new();
    let mut all = sources();
    let tests = files(&root().join("tests/it"), &[".rs"]);
    all.extend(tests.iter().map(|it| (shown(it), fs::read_to_string(it).unwrap())));
    for (path, text) in &all {
        if !text.starts_with("//! ") {
            found.push(format!("{path}: the first line is no `//!` sentence"));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            found.push(format!("{path}: {lines} lines, {LINES_MAX} at most"));
        }
    }
    none(&found);
}

#[test]
fn nothing_is_left_to_do() {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let endings = [".rs", ".proto", ".sql", ".yaml", ".toml", ".py", ".md"];
    let mut found = Vec::new();
    let mut all: Vec<PathBuf> = Vec::new();
    for folder in
        ["src", "tests", "proto", "migrations", "schemes", "selections", "docs", "benches"]
    {
        all.extend(files(&root().join(folder), &endings));
    }
    let top = fs::read_dir(root()).unwrap().map(|it| it.unwrap().path());
    all.extend(top.filter(|it| endings.iter().any(|end| it.to_string_lossy().ends_with(end))));
    for path in all.iter().filter(|it| it.is_file()) {
        let text = fs::read_to_string(path).unwrap();
        for word in words {
            let lines = lines_with(&text, word);
            found.extend(lines.iter().map(|it| format!("{}:{it}: `{word}`", shown(path))));
        }
    }
    none(&found);
}
