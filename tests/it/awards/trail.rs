//! The trail has everything that moves money, and what is changed past the service is found.

use steelyard::app::audit;

use super::{
    cast::{
        answer, appropriated, approve, close, collect, demand, export, paid, proposed, returned,
        waive,
    },
    small,
};
use crate::{
    audit::trail::{Client, address},
    harness::COUNTY,
};

/// Those that point at others come first.
const TABLES: [&str; 8] = [
    "recovery_events",
    "recoveries",
    "award_batch_events",
    "award_lines",
    "entitlements",
    "award_batches",
    "money_postings",
    "money_movements",
];

const BATCH: &str = "`money/batch/b1` is not what was recorded";
const BUDGET: &str = "`money/budget/2022` is not what was recorded";
const RECOVERY: &str = "`money/recovery/1` is not what was recorded";

/// What is done past the service, and words that the proof must have.
const CHANGES: &[(&str, &str)] = &[
    ("UPDATE award_batches SET origin = 'x'", BATCH),
    ("UPDATE award_batches SET purpose = 'x'", BATCH),
    ("UPDATE award_batches SET recorded_by = 'x'", BATCH),
    ("UPDATE award_lines SET amount = amount + 1 WHERE line = 1", BATCH),
    ("UPDATE award_lines SET subjects = '[]' WHERE line = 1", BATCH),
    ("UPDATE award_lines SET attempt = 2 WHERE line = 1", BATCH),
    ("UPDATE award_batch_events SET reference = 'x' WHERE event = 3", BATCH),
    ("UPDATE award_batch_events SET on_day = '2022-01-01' WHERE event = 3", BATCH),
    ("UPDATE award_batch_events SET text = 'x' WHERE event = 4", BATCH),
    ("DELETE FROM award_batch_events WHERE event = 5", "`money/batch/b1` is not there"),
    ("UPDATE money_movements SET text = 'x' WHERE number = 1", BUDGET),
    ("UPDATE money_movements SET title = 'x' WHERE number = 1", BUDGET),
    ("UPDATE money_movements SET decided_by = 'x' WHERE number = 1", BUDGET),
    (
        "UPDATE money_movements SET appropriated = appropriated + 1, available = available + 1",
        "do not follow from those before it",
    ),
    ("UPDATE money_movements SET recipient = 'm-002' WHERE number = 2", BATCH),
    ("UPDATE money_postings SET fen = fen + 1 WHERE number = 2", "do not balance as its kind does"),
    ("DELETE FROM money_postings WHERE number = 2", BATCH),
    ("UPDATE recoveries SET cause = 'superseded'", RECOVERY),
    ("UPDATE recoveries SET line = 2", RECOVERY),
    ("UPDATE recoveries SET evidence = ''", RECOVERY),
    ("UPDATE recovery_events SET amount = amount - 1 WHERE event = 1", RECOVERY),
    ("UPDATE recovery_events SET decided_by = 'x' WHERE event = 2", RECOVERY),
    ("UPDATE recovery_events SET recorded = recorded + 5000000", "no entry speaks of"),
];

async fn every_change_is_found(on_postgres: bool) {
    let url = address(on_postgres, "awards").await;
    let on = small(&url).await;
    appropriated(&on, "year", "10000.00").await;
    proposed(&on, "b1", "once").await;
    approve(&on, "second", ("approve", "b1")).await.unwrap();
    export(&on, ("export", "b1")).await.unwrap();
    let answers = [paid(1, "2023-01-10"), returned(2, "2023-01-10")];
    answer(&on, ("answers", "b1"), &answers).await.unwrap();
    close(&on, ("close", "b1")).await.unwrap();
    demand(&on, "demand", ("b1", 1, "1500.00")).await.unwrap();
    collect(&on, "collect", (1, "500.00", "2023-01-10")).await.unwrap();
    waive(&on, "second", ("waive", 1)).await.unwrap();
    let proved = async || {
        let outside = audit::Outside::default();
        let proof = audit::verify(&*on.app.store, Some(COUNTY), &outside).await.unwrap();
        proof.findings.iter().map(|it| format!("{it}\n")).collect::<String>()
    };
    assert_eq!(proved().await, "");
    let mut client = Client::of(&url).await;
    for table in TABLES {
        client.off(table).await;
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
