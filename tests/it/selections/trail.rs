//! The trail has everything that a selection records, and what is changed past the service is found.

use steelyard::{app::audit, proto::v1::ReportOutcome};

use super::{
    cast::{answer, cancel, confirm, file},
    prepared, way,
};
use crate::{
    audit::trail::{Client, address},
    harness::COUNTY,
};

const TABLES: [&str; 3] = ["selection_events", "selection_roster", "selections"];

/// What is done past the service, and words that the proof must have.
const CHANGES: &[(&str, &str)] = &[
    ("UPDATE selections SET period = '2023'", "`selection/y` is not what was recorded"),
    ("UPDATE selections SET roster_day = '2022-10-31'", "`selection/y` is not what was recorded"),
    ("UPDATE selections SET scheme_version = 2", "`selection/y` is not what was recorded"),
    ("UPDATE selections SET recorded_by = 'x'", "`selection/y` is not what was recorded"),
    ("UPDATE selection_roster SET street = 'xincheng'", "`selection/y` is not what was recorded"),
    (
        "DELETE FROM selection_roster WHERE branch = 'b-03'",
        "`selection/y` is not what was recorded",
    ),
    (
        "UPDATE selection_events SET branch = 'b-03' WHERE event = 1",
        "`selection/y/events` is not what",
    ),
    ("UPDATE selection_events SET text = 'x' WHERE event = 2", "`selection/y/events` is not what"),
    (
        "UPDATE selection_events SET decided_by = 'x' WHERE event = 3",
        "`selection/y/events` is not what",
    ),
    (
        "UPDATE selection_events SET evidence = '' WHERE event = 1",
        "`selection/y/events` is not what",
    ),
    (
        "UPDATE selection_events SET detail = '' WHERE what = 'ranked'",
        "`selection/y/events` is not what",
    ),
    (
        "UPDATE selection_events SET what = 'refuse' WHERE event = 7",
        "`selection/y/events` is not what",
    ),
    ("UPDATE selection_events SET recorded_by = 'x'", "`selection/y/events` is not what"),
    ("DELETE FROM selection_events WHERE event = 1", "`selection/y/events` is not there"),
    (
        "UPDATE selection_events SET recorded = recorded + 5000000 WHERE event = 1",
        "no entry speaks of",
    ),
];

async fn every_change_is_found(on_postgres: bool) {
    let url = address(on_postgres, "selections").await;
    let on = prepared(&url).await;
    way::posted(&on).await;
    file(&on, "department", "file", ("b-01", "2022-12-31")).await.unwrap();
    answer(&on, "second", "answer", (1, ReportOutcome::Proven)).await.unwrap();
    on.clock.set("2023-01-10T01:00:00Z");
    confirm(&on, "confirm").await.unwrap();
    cancel(&on, "committee", "cancel", &["b-02"]).await.unwrap();
    let proved = async || {
        let outside = audit::Outside::default();
        let proof = audit::verify(&*on.app.store, Some(COUNTY), &outside).await.unwrap();
        proof.findings.iter().map(|it| format!("{it}\n")).collect::<String>()
    };
    assert_eq!(proved().await, "");
    for (person, act) in [
        ("department", "selection opened y"),
        ("department", "selection ranked y/19"),
        ("k-01", "selection apply y/1"),
        ("secretary", "selection apply y/1"),
        ("resident-7", "selection reported y/33"),
    ] {
        let mut tx = on.app.read().await.unwrap();
        let kept = on.app.export_person(&mut *tx, COUNTY, person).await.unwrap();
        let acts: Vec<_> = kept.acts.iter().map(|it| format!("{} {}", it.what, it.of)).collect();
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
