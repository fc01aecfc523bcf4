//! The trail has everything that a chain records, and what is changed past the service is found.

use steelyard::app::audit;

use super::{SECRETARIES, begun, carried, close, prepared, reopen};
use crate::{
    audit::trail::{Client, address},
    harness::COUNTY,
};

const TABLES: [&str; 2] = ["chain_events", "chains"];

/// What is done past the service, and words that the proof must have.
const CHANGES: &[(&str, &str)] = &[
    ("UPDATE chains SET period = '2023'", "`chain/y` is not what was recorded"),
    ("UPDATE chains SET steps = '[[\"x\",1,\"street\"]]'", "`chain/y` is not what was recorded"),
    ("UPDATE chains SET recorded_by = 'x'", "`chain/y` is not what was recorded"),
    ("UPDATE chain_events SET unit = 'c-02' WHERE event = 1", "`chain/y/events` is not what"),
    ("UPDATE chain_events SET cases = 5 WHERE event = 1", "`chain/y/events` is not what"),
    ("UPDATE chain_events SET reason = 'x' WHERE event = 2", "`chain/y/events` is not what"),
    ("UPDATE chain_events SET item = 'x' WHERE event = 3", "`chain/y/events` is not what"),
    ("UPDATE chain_events SET recorded_by = 'x'", "`chain/y/events` is not what"),
    ("DELETE FROM chain_events WHERE event = 1", "`chain/y/events` is not there"),
    (
        "UPDATE chain_events SET recorded = recorded + 5000000 WHERE event = 1",
        "no entry speaks of an event",
    ),
];

async fn every_change_is_found(on_postgres: bool) {
    let url = address(on_postgres, "chains").await;
    let on = prepared(&url).await;
    begun(&on).await;
    carried(&on, "c-01", "guishan", &["p-1", "p-2"]).await;
    close(&on, "department", "1", (SECRETARIES, "c-01")).await.unwrap();
    reopen(&on, "department", "2", &[("p-1", "leaders"), ("p-2", "daily")]).await.unwrap();
    let proved = async || {
        let outside = audit::Outside::default();
        let proof = audit::verify(&*on.app.store, Some(COUNTY), &outside).await.unwrap();
        proof.findings.iter().map(|it| format!("{it}\n")).collect::<String>()
    };
    assert_eq!(proved().await, "");
    let mut tx = on.app.read().await.unwrap();
    let kept = on.app.export_person(&mut *tx, COUNTY, "department").await.unwrap();
    drop(tx);
    let acts: Vec<_> = kept.acts.iter().map(|it| format!("{} {}", it.what, it.of)).collect();
    for act in
        ["appraisal chain opened y", "appraisal chain closing y/1", "appraisal chain reopening y/3"]
    {
        assert!(acts.iter().any(|it| it == act), "{act} in {acts:?}");
    }
    let mut client = Client::of(&url).await;
    for table in TABLES {
        client.off(table).await;
    }
    for table in TABLES {
        client.run(&format!("CREATE TABLE copy_of_{table} AS SELECT * FROM {table}")).await;
    }
    for (change, words) in CHANGES {
        client.run(change).await;
        let found = proved().await;
        assert!(found.contains(words), "{change}\nlacks: {words}\nfound:\n{found}");
        for table in TABLES {
            client.run(&format!("DELETE FROM {table}")).await;
        }
        for table in TABLES.iter().rev() {
            client.run(&format!("INSERT INTO {table} SELECT * FROM copy_of_{table}")).await;
        }
    }
    assert_eq!(proved().await, "");
}

#[tokio::test]
async fn every_change_is_found_on_sqlite() {
    every_change_is_found(false).await;
}

#[tokio::test]
async fn every_change_is_found_on_postgres() {
    every_change_is_found(true).await;
}
