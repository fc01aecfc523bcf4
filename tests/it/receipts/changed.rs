//! One column of one row changed past the service, of every table that a run rests on: the proof
//! names it.

use super::year::{proof, published, told};
use crate::{
    audit::trail::{self, Client},
    harness::COUNTY,
};

/// What is changed: table, column, its new value, which row, and words that the proof must have.
type Change = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

const OF_RUN: &str = "run_id = 'RUN'";
const OF_M3: &str = "run_id = 'RUN' AND subject = 'm3'";

const CHANGES: &[Change] = &[
    ("results", "score", "score + 1000000", OF_M3, &["results: row `m3`: column `score`"]),
    ("results", "score_before", "NULL", OF_M3, &["results: row `m3`: column `score_before`"]),
    ("results", "grade", "'excellent'", OF_M3, &["results: row `m3`: column `grade`"]),
    ("results", "status", "'excluded'", OF_M3, &["results: row `m3`: column `status`"]),
    ("results", "period", "'2021'", OF_M3, &["results: row `m3`: column `period`"]),
    ("results", "ranks", "'{}'", OF_M3, &["results: row `m3`: column `ranks`"]),
    (
        "results",
        "awards",
        "'[]'",
        "run_id = 'RUN' AND subject = 'm1'",
        &["row `m1`: column `awards`"],
    ),
    ("results", "groups", "'{}'", OF_M3, &["results: row `m3`: column `groups`"]),
    ("results", "digest", "BLOB", OF_M3, &["results: row `m3`: column `digest`"]),
    ("results", "subject", "'m9'", OF_M3, &["row `m9` is of nobody", "row of `m3` is not there"]),
    ("results", "ordinal", "77", OF_M3, &["results: row `m3`: column `ordinal`"]),
    // Entries of their own are named by themselves.
    ("facts", "amount_a", "amount_a + 10000", "seq = 5", &["facts: fact `f5`", "facts of `m1`"]),
    ("facts", "subject", "'m4'", "seq = 6", &["facts: fact `f6`"]),
    ("facts", "item", "'other'", "seq = 7", &["facts: fact `f7`", "facts of `m3`"]),
    ("facts", "evidence", "'[\"x\"]'", "seq = 5", &["facts: fact `f5`"]),
    ("facts", "recorded_by", "'other'", "seq = 5", &["facts: fact `f5`"]),
    ("facts", "late_reason", "'x'", "seq = 5", &["facts: fact `f5`"]),
    ("facts", "request_id", "'other'", "seq = 5", &["fact `f5` has another `request_id`"]),
    ("facts", "recorded", "recorded + 1", "seq = 5", &["fact `f5` has another `recorded`"]),
    ("facts", "subject", "'m1'", "seq = 9", &["facts: fact `f9`"]),
    ("facts", "reverses", "7", "seq = 9", &["facts: fact `f9`", "facts of `m3`"]),
    // Of a batch, which one is told by the subject whose facts changed.
    ("facts", "amount_a", "amount_a + 10000", "seq = 3", &["facts: facts `f1` to `f4`"]),
    // One at a time is named; of a batch, the range, and the subject whose facts changed.
    (
        "registry_versions",
        "attributes",
        "REPLACE(attributes, 'in_service', 'retired')",
        "kind = 'member' AND id = 'm2'",
        &["registry_versions: rows 1 to 8"],
    ),
    (
        "registry_versions",
        "parent_id",
        "'x'",
        "kind = 'compound'",
        &["registry_versions: rows 1 to 8", "facts of `m1`"],
    ),
    (
        "registry_versions",
        "recorded_by",
        "'x'",
        "kind = 'member' AND id = 'm2'",
        &["`member/m2`", "another `recorded_by`"],
    ),
    (
        "schemes",
        "document",
        "REPLACE(document, 'at_most: 20', 'at_most: 2')",
        "scheme_id = 'test.dual'",
        &["schemes: scheme `test.dual/1` has another `document`"],
    ),
    ("schemes", "title", "'x'", "scheme_id = 'test.dual'", &["`test.dual/1` has another `title`"]),
    (
        "schemes",
        "digest",
        "BLOB",
        "scheme_id = 'test.dual'",
        &["`test.dual/1` has another `digest`"],
    ),
    (
        "schemes",
        "in_force_until",
        "'2030-01-01'",
        "scheme_id = 'test.dual'",
        &["another `in_force_until`"],
    ),
    ("runs", "result_digest", "BLOB", OF_RUN, &["runs: run `RUN`: column `result_digest`"]),
    (
        "runs",
        "quotas",
        "REPLACE(quotas, '\"seats\":2', '\"seats\":3')",
        OF_RUN,
        &["runs: run `RUN`: column `quotas`", "`quotas`"],
    ),
    ("runs", "subjects", "5", OF_RUN, &["runs: run `RUN`: column `subjects`"]),
    ("runs", "known_micros", "known_micros + 1", OF_RUN, &["known_micros"]),
    ("runs", "facts_seq", "facts_seq - 1", OF_RUN, &["run `RUN` has another `facts_seq`"]),
    ("runs", "registry_seq", "registry_seq + 1", OF_RUN, &["run `RUN` has another `registry_seq`"]),
    ("runs", "started_by", "'x'", OF_RUN, &["run `RUN` has another `started_by`"]),
    ("runs", "published_by", "'x'", OF_RUN, &["run `RUN` has another `published_by`"]),
    ("runs", "published", "published + 1", OF_RUN, &["run `RUN` has another `published`"]),
    ("runs", "scheme_digest", "BLOB", OF_RUN, &["scheme_digest"]),
    ("runs", "period", "'2021'", OF_RUN, &["period"]),
    ("runs", "state", "'computed'", OF_RUN, &["run `RUN` is computed"]),
    ("runs", "cohort", "NULL", OF_RUN, &["runs: run `RUN`: column `cohort`"]),
];

/// The result of the other scheme that a result rests on.
const OF_INPUT: &str = "run_id <> 'RUN' AND subject = 'm3'";

async fn every_change(on_postgres: bool) {
    let url = trail::address(on_postgres, "changed").await;
    let (served, run) = published(&url).await;
    assert_eq!(told(&proof(&served, &run).await), "");
    let mut client = Client::of(&url).await;
    let tables = ["results", "facts", "registry_versions", "schemes", "runs"];
    for table in tables {
        if table != "runs" {
            client.off(table).await;
        }
        client.run(&format!("CREATE TABLE copy_of_{table} AS SELECT * FROM {table}")).await;
    }
    let blob = client.blob(&[7; 32]);
    let mut lacking: Vec<String> = Vec::new();
    let input: Change =
        ("results", "score", "score - 1000000", OF_INPUT, &["row `m3` of run `", "facts of `m3`"]);
    for (table, column, value, row, words) in CHANGES.iter().copied().chain([input]) {
        let dated = matches!(client, Client::Postgres(_)) && column.starts_with("in_force");
        let value = value.replace("BLOB", &blob) + if dated { "::date" } else { "" };
        let row = row.replace("RUN", &run);
        let change =
            format!("UPDATE {table} SET {column} = {value} WHERE county = '{COUNTY}' AND {row}");
        client.run(&change).await;
        let found = told(&proof(&served, &run).await);
        for word in words {
            let word = word.replace("RUN", &run);
            if !found.contains(&word) {
                lacking.push(format!("{change}\nlacks: {word}\nfound:\n{found}"));
            }
        }
        put_back(&mut client, table).await;
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
    assert_eq!(told(&proof(&served, &run).await), "", "put back, it holds again");
}

/// Puts a table back as it was. Rows that others refer to are changed back, not taken out.
async fn put_back(client: &mut Client, table: &str) {
    let text = match table {
        "runs" | "schemes" => {
            let (key, columns) = match table {
                "runs" => (
                    "run_id",
                    "scheme_digest, period, known_micros, facts_seq, registry_seq, state, subjects,
                     result_digest, quotas, cohort, started_by, published, published_by",
                ),
                _ => ("scheme_id", "document, digest, title, in_force_until"),
            };
            format!(
                "UPDATE {table} SET ({columns}) = (SELECT {columns} FROM copy_of_{table} c
                 WHERE c.{key} = {table}.{key})"
            )
        }
        _ => format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM copy_of_{table}"),
    };
    client.run(&text).await;
}

#[tokio::test]
async fn every_changed_column_is_named_on_sqlite() {
    every_change(false).await;
}

#[tokio::test]
async fn every_changed_column_is_named_on_postgres() {
    every_change(true).await;
}
