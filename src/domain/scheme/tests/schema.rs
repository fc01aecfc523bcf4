//! The JSON Schema knows what the reader knows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{
        NodeKind, Scheme, json_schema,
        read::{KIND_KEYS, all_shapes},
    },
    APPRAISED, GOOD, MEMBERS, RATED, RICH, SCHEDULE,
    indicator_cases::COMPOUNDS,
    post_cases::POSTS,
    published_cases::PUBLISHED,
    told,
};

fn schema() -> Value {
    serde_json::from_str(&json_schema()).unwrap()
}

#[test]
fn every_key_of_the_reader_is_in_the_schema_and_the_other_way_round() {
    let schema = schema();
    let defined = schema["$defs"].as_object().unwrap();
    let names: BTreeSet<_> = all_shapes().iter().map(|it| it.name).collect();
    assert_eq!(names, defined.keys().map(String::as_str).collect());
    assert_eq!(names.len(), all_shapes().len(), "two mappings of one name");
    for shape in all_shapes() {
        let definition = &defined[shape.name];
        let keys: BTreeSet<_> = shape.keys.iter().map(|it| it.name).collect();
        let written = definition["properties"].as_object().unwrap();
        assert_eq!(keys, written.keys().map(String::as_str).collect(), "{}", shape.name);
        assert_eq!(definition["additionalProperties"], Value::Bool(false));
        for (key, property) in written {
            assert_ne!(property["description"].as_str().unwrap_or(""), "", "{} {key}", shape.name);
        }
        let groups = shape.one_of.iter().copied().flatten().chain(shape.any_of);
        let pairs = shape.together.iter().flat_map(|it| [&it.0, &it.1]);
        for key in groups.chain(pairs) {
            assert!(keys.contains(key), "{} has no `{key}`", shape.name);
        }
    }
}

#[test]
fn every_reference_of_the_schema_is_defined() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(target)) = object.get("$ref") {
                    found.insert(target.clone());
                }
                object.values().for_each(|it| references(it, found));
            }
            Value::Array(items) => items.iter().for_each(|it| references(it, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let schema = schema();
    let mut found = BTreeSet::new();
    references(&schema, &mut found);
    let defined = schema["$defs"].as_object().unwrap();
    let targets: BTreeSet<_> = defined.keys().map(|it| format!("#/$defs/{it}")).collect();
    assert_eq!(found, targets, "each definition is used, and each used one defined");
}

#[test]
fn every_key_of_the_tables_is_read_somewhere() {
    // The reader takes each key of each table in one of the two schemes, or is told of it here.
    let elsewhere = ["value", "score", "score_before_vetoes", "excluded"];
    let both =
        format!("{GOOD}{RICH}{MEMBERS}{RATED}{APPRAISED}{SCHEDULE}{POSTS}{COMPOUNDS}{PUBLISHED}");
    for shape in all_shapes() {
        for key in shape.keys.iter().filter(|it| !elsewhere.contains(&it.name)) {
            let name = key.name;
            let written = [format!("{name}: "), format!("{name}:\n")];
            assert!(written.iter().any(|it| both.contains(it)), "{} `{name}`", shape.name);
        }
    }
}

#[test]
fn the_kinds_of_the_table_are_the_kinds_of_nodes() {
    let read = |text: &str| Scheme::read(text.as_bytes()).unwrap().nodes;
    let seen: BTreeSet<_> = read(GOOD)
        .iter()
        .chain(&read(RICH))
        .chain(&read(MEMBERS))
        .chain(&read(APPRAISED))
        .map(|it| NodeKind::name(&it.kind))
        .collect();
    assert_eq!(seen, KIND_KEYS.iter().copied().collect());
}

#[test]
fn a_key_of_another_mapping_is_unknown() {
    let text = GOOD.replacen("base: 60", "trim_from: 60", 1);
    assert_eq!(told(&text), ["UNKNOWN_KEY 24:7 score/compound.trim_from"]);
}
