//! What is kept of publications: taken over from a store of before, and proved like the rest.

use steelyard::{
    app::audit::{Outside, verify},
    store,
};

use super::world::{address, asked, told, years};
use crate::{
    audit::trail::Client,
    harness::{COUNTY, served_over},
    postgres,
};

/// The store as it was before there were publications.
const BEFORE: &str = "DROP VIEW counties_of_publications; DROP TABLE publications; \
                      DELETE FROM _sqlx_migrations WHERE version = 7";

async fn taken_over(on_postgres: bool) {
    let url = if on_postgres {
        postgres::migrated("feed_taken_over").await.service
    } else {
        address(false, "taken-over").await
    };
    let (served, runs) = years(&url).await;
    let before = told(&served, None, asked("", 0)).await;
    served.app.store.close().await;
    Client::of(&url).await.run(BEFORE).await;
    if on_postgres {
        let owner = postgres::owner_of(&url);
        let done = store::migrate(&owner, Some(postgres::SERVICE)).await.unwrap();
        assert_eq!(done.new, ["0007 publications"]);
    }
    let again = served_over(&url).await;
    let mut tx = again.app.store.read().await.unwrap();
    let kept = tx.publications(COUNTY, 0, "", 9).await.unwrap();
    drop(tx);
    let order: Vec<_> = kept.iter().map(|it| (it.seq, it.publication.run_id.clone())).collect();
    let expected: Vec<_> = (1..).zip(runs).collect();
    assert_eq!(order, expected, "by publication, not by the run's id");
    assert_eq!(told(&again, None, asked("", 0)).await, before, "with the same cursors");
    let proof = verify(&*again.app.store, None, &Outside::default()).await.unwrap();
    assert_eq!(proof.findings, []);
}

#[tokio::test]
async fn a_store_of_before_has_its_history() {
    taken_over(false).await;
    taken_over(true).await;
}

/// What is done past the service, and words that the proof must have.
const CHANGES: &[(&str, &str)] = &[
    ("DELETE FROM publications WHERE seq = 3", "is not there"),
    ("DELETE FROM publications WHERE seq = 1", "publication 2 stands in another order"),
    ("UPDATE publications SET replaced_run_id = '' WHERE seq = 3", "is not what was recorded"),
    ("UPDATE publications SET scheme_id = 'x' WHERE seq = 2", "is not what was recorded"),
    ("UPDATE publications SET period = '2021' WHERE seq = 2", "is not what was recorded"),
    ("UPDATE publications SET subject_kind = 'post' WHERE seq = 2", "is not what was recorded"),
    ("UPDATE publications SET recorded = recorded + 1 WHERE seq = 2", "is not what was recorded"),
    (
        "UPDATE publications SET seq = seq + 10; UPDATE publications SET seq = 14 - seq",
        "publication 2 stands in another order",
    ),
    (
        "INSERT INTO publications SELECT county, 4, 'run-x', '', scheme_id, period, subject_kind, \
         recorded FROM publications WHERE seq = 2",
        "no entry speaks of publication 4 of run `run-x`",
    ),
    (
        "INSERT INTO publications SELECT 'nowhere', 1, 'run-x', '', scheme_id, period, \
         subject_kind, recorded FROM publications WHERE seq = 2",
        "the county has rows, and neither an entry nor a head",
    ),
];

async fn tampered(on_postgres: bool) {
    let url = address(on_postgres, "tampered").await;
    let (served, _) = years(&url).await;
    let mut client = Client::of(&url).await;
    client.off("publications").await;
    client.run("CREATE TABLE whole AS SELECT * FROM publications").await;
    for (change, words) in CHANGES {
        client.run(change).await;
        let proof = verify(&*served.app.store, None, &Outside::default()).await.unwrap();
        let found = proof.findings.iter().any(|it| it.text.contains(words));
        assert!(found, "{change}: {:?}", proof.findings);
        client.run("DELETE FROM publications").await;
        client.run("INSERT INTO publications SELECT * FROM whole").await;
        let proof = verify(&*served.app.store, None, &Outside::default()).await.unwrap();
        assert_eq!(proof.findings, [], "put back after {change}");
    }
}

#[tokio::test]
async fn what_is_done_to_publications_is_found() {
    tampered(false).await;
    tampered(true).await;
}
