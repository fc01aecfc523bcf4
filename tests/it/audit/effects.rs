//! One effect, one entry: what is there without an entry is told, and what an entry speaks of and is
//! not there.

use steelyard::proto::v1;

use super::trail::{Client, address};
use crate::{
    harness::{COUNTY, date, reference, served_over},
    receipts::year::{published, record, times},
};

/// What is done past the service, and words that the proof must have.
const CHANGES: &[(&str, &str)] = &[
    ("DELETE FROM facts WHERE seq = 6", "fact `f6` is not in the ledger"),
    ("DELETE FROM facts WHERE seq = 10", "fact `f10` is not in the ledger"),
    ("INSERT INTO facts SELECT * FROM copied; ", "no entry speaks of fact `f77`"),
    ("UPDATE facts SET amount_a = 5 WHERE seq = 6", "fact `f6` is not what was recorded"),
    ("UPDATE facts SET detail = 'x' WHERE seq = 9", "fact `f9` is not what was recorded"),
    (
        "DELETE FROM registry_versions WHERE kind = 'member' AND id = 'm2'",
        "of the registry is not there",
    ),
    (
        "UPDATE registry_versions SET name = 'x' WHERE kind = 'compound' AND id = 'k-01'",
        "of the registry are not what was recorded",
    ),
    (
        "UPDATE registry_versions SET seq = 99 WHERE kind = 'compound' AND id = 'k-01'",
        "no entry speaks of registry record `compound/k-01` (row 99)",
    ),
    (
        "UPDATE schemes SET title = 'x' WHERE scheme_id = 'test.unit'",
        "scheme `test.unit/1` has another `title`",
    ),
    (
        "UPDATE runs SET state = 'superseded' WHERE state = 'published' AND scheme_id = 'test.unit'",
        "is superseded, which is not what its entries say",
    ),
    (
        "UPDATE request_log SET principal = 'other' WHERE request_id = 'e1'",
        "request `e1` of `other` was answered, and no entry speaks of it",
    ),
    (
        "UPDATE request_log SET recorded = recorded + 1 WHERE request_id = 'e1'",
        "request `e1` of `local` is not what its entry says",
    ),
];

async fn every_effect(on_postgres: bool) {
    let url = address(on_postgres, "effects").await;
    let (served, _) = published(&url).await;
    record(&served, "after", vec![times("m1", "2022-09-01", "1")]).await;
    let mut client = Client::of(&url).await;
    let tables = ["facts", "registry_versions", "schemes", "runs", "request_log"];
    for table in tables {
        if ["facts", "registry_versions", "schemes"].contains(&table) {
            client.off(table).await;
        }
    }
    client
        .run(
            "CREATE TABLE copied AS SELECT * FROM facts WHERE seq = 5;
             UPDATE copied SET seq = 77",
        )
        .await;
    let told = async || {
        let outside = steelyard::app::audit::Outside::default();
        let proof = steelyard::app::audit::verify(&*served.app.store, Some(COUNTY), &outside).await;
        let proof = proof.unwrap();
        proof.findings.iter().map(|it| format!("{it}\n")).collect::<String>()
    };
    assert_eq!(told().await, "");
    for (change, words) in CHANGES {
        // Each in its turn, on the rows as they were.
        let table = tables.iter().find(|it| change.contains(&format!(" {it} "))).unwrap();
        let copy = format!("CREATE TABLE before AS SELECT * FROM {table}");
        client.run(&copy).await;
        client.run(change).await;
        let found = told().await;
        assert!(found.contains(words), "{change}\nlacks: {words}\nfound:\n{found}");
        let back = match *table {
            "runs" => "UPDATE runs SET state = (SELECT b.state FROM before b WHERE b.run_id = runs.run_id)".to_owned(),
            _ => format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM before"),
        };
        client.run(&format!("{back}; DROP TABLE before")).await;
    }
    assert_eq!(told().await, "");
}

async fn the_same_again(on_postgres: bool) {
    let url = address(on_postgres, "same_again").await;
    let served = served_over(&url).await.with_a_county().await;
    for request_id in ["one", "two"] {
        let request = v1::GrantRoleRequest {
            county: COUNTY.into(),
            request_id: request_id.into(),
            principal: "clerk".into(),
            role_id: "auditor".into(),
            unit: reference(v1::RecordKind::County, COUNTY),
            effective_from: date("2023-01-01"),
            reason: "审计".into(),
            ..Default::default()
        };
        served.accesses().grant_role(request).await.unwrap();
    }
    let outside = steelyard::app::audit::Outside::default();
    let proof = steelyard::app::audit::verify(&*served.app.store, Some(COUNTY), &outside).await;
    assert_eq!(proof.unwrap().findings, []);
}

#[tokio::test]
async fn the_same_under_another_id_has_its_entry_on_sqlite() {
    the_same_again(false).await;
}

#[tokio::test]
async fn the_same_under_another_id_has_its_entry_on_postgres() {
    the_same_again(true).await;
}

#[tokio::test]
async fn every_effect_has_its_entry_on_sqlite() {
    every_effect(false).await;
}

#[tokio::test]
async fn every_effect_has_its_entry_on_postgres() {
    every_effect(true).await;
}
