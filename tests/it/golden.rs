//! Published arithmetic, by hand: `tests/golden/<case>/` holds a scheme, facts, and what must come
//! out. An expected line says only what matters: the keys it has must be equal, `nodes` is by id
//! (exact, as a fraction where no decimal is), `codes` are the reasons' codes.

mod threads;

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use serde_json::Value;
use steelyard::{
    app::offline::{Terms, evaluate},
    domain::{
        engine::{Plan, quotas_json, result_json},
        scheme::Scheme,
    },
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().filter(|it| !it.is_empty()).map(|it| serde_json::from_str(it).unwrap()).collect()
}

/// Every line that the offline command prints.
fn printed(scheme: &[u8], facts: &[u8]) -> Vec<String> {
    let scheme = Scheme::read(scheme).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let plan = Arc::new(Plan::compile(Arc::new(scheme)));
    let mut out = Vec::new();
    let terms = Terms { explain: true, ..Terms::default() };
    let summary = evaluate(&plan, facts, &terms, |result| {
        out.push(result_json(&plan, &result));
        Ok(())
    });
    let summary = summary.unwrap_or_else(|why| panic!("{why:?}"));
    assert!(summary.warnings.is_empty(), "{:?}", summary.warnings);
    out.push(quotas_json(&plan, &summary.quotas));
    out
}

/// The nodes' exact values by id; null where a node has none.
fn nodes(node: &Value, into: &mut BTreeMap<String, Value>) {
    let id = node["id"].as_str().unwrap().to_owned();
    let exact = node.get("exact").unwrap_or(&node["value"]);
    into.insert(id, exact.clone());
    for child in node.get("children").and_then(Value::as_array).into_iter().flatten() {
        nodes(child, into);
    }
}

/// What differs, key by key.
fn differences(wanted: &Value, got: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut same = |key: &str, wanted: &Value, got: Option<&Value>| {
        if got != Some(wanted) {
            found.push(format!("{key} is {got:?}, expected {wanted}"));
        }
    };
    for (key, wanted) in wanted.as_object().unwrap() {
        match key.as_str() {
            "nodes" => {
                let mut values = BTreeMap::new();
                nodes(&got["nodes"], &mut values);
                for (id, wanted) in wanted.as_object().unwrap() {
                    same(&format!("node {id}"), wanted, values.get(id));
                }
            }
            "codes" => {
                let codes = got["reasons"].as_array().unwrap().iter().map(|it| it["code"].clone());
                same("codes", wanted, Some(&codes.collect()));
            }
            "quotas" => {
                let tables = |it: &Value| -> Vec<Value> {
                    let groups = |it: &Value| it["groups"].as_array().unwrap().clone();
                    it.as_array().unwrap().iter().flat_map(groups).collect()
                };
                let (rows, got_rows) = (tables(wanted), tables(&got[key]));
                same("rows", &rows.len().into(), Some(&got_rows.len().into()));
                for (wanted, got) in rows.iter().zip(&got_rows) {
                    for (key, wanted) in wanted.as_object().unwrap() {
                        same(&format!("{} {key}", got["group"]), wanted, got.get(key));
                    }
                }
            }
            _ => same(key, wanted, got.get(key)),
        }
    }
    found
}

#[test]
fn published_arithmetic_comes_out_as_published() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for case in fs::read_dir(folder()).unwrap().map(|it| it.unwrap().path()) {
        let scheme = fs::read(case.join("scheme.yaml")).unwrap();
        let mut variants = 0;
        for file in fs::read_dir(&case).unwrap().map(|it| it.unwrap().path()) {
            let shown = file.to_string_lossy().into_owned();
            let Some(base) = shown.strip_suffix("facts.jsonl") else { continue };
            variants += 1;
            let got = printed(&scheme, &fs::read(&file).unwrap()).join("\n");
            let got = lines(&got);
            let wanted = lines(&fs::read_to_string(format!("{base}expected.jsonl")).unwrap());
            assert_eq!(got.len(), wanted.len(), "{shown}");
            for (wanted, got) in wanted.iter().zip(&got) {
                let found = differences(wanted, got);
                wrong
                    .extend(found.iter().map(|it| format!("{shown}: {}: {it}", wanted["subject"])));
                checked += 1;
            }
        }
        assert!(variants > 0, "{} has no facts", case.display());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 300, "only {checked} lines were compared");
}

/// The comparison can fail: on a value, a place, a node, a code and a quota.
#[test]
fn a_wrong_result_is_noticed() {
    let got: Value = serde_json::from_str(
        r#"{"score":"1.00","ranks":{"x":1},"reasons":[{"code":"missing"}],"nodes":{"id":"a","value":"1.3333","exact":"4/3"},"quotas":[{"groups":[{"group":"g","seats":2}]}]}"#,
    )
    .unwrap();
    for (line, wrong) in [
        (
            r#"{"score":"1.00","ranks":{"x":1},"codes":["missing"],"nodes":{"a":"4/3"},"quotas":[{"groups":[{"seats":2}]}]}"#,
            0,
        ),
        (r#"{"score":"1.0"}"#, 1),
        (r#"{"ranks":{"x":2}}"#, 1),
        (r#"{"nodes":{"a":"1.3333"}}"#, 1),
        (r#"{"nodes":{"b":null}}"#, 1),
        (r#"{"codes":[]}"#, 1),
        (r#"{"quotas":[{"groups":[{"seats":3}]}]}"#, 1),
        (r#"{"quotas":[]}"#, 1),
        (r#"{"grade":null}"#, 1),
    ] {
        let wanted = serde_json::from_str(line).unwrap();
        assert_eq!(differences(&wanted, &got).len(), wrong, "{line}");
    }
}
