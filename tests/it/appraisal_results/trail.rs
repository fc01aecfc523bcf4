//! What is changed past the service is found: objections to results, and answers.

use steelyard::{app::audit, proto::v1::AppraisalVerdict};

use super::{answer, prepared, published, raise, raising};
use crate::{
    audit::trail::{Client, address},
    harness::COUNTY,
};

const TABLES: [&str; 2] = ["result_answers", "result_objections"];

/// What is done past the service, and words that the proof must have.
const CHANGES: &[(&str, &str)] = &[
    ("UPDATE result_objections SET text = 'x'", "/1` is not what was recorded"),
    ("UPDATE result_objections SET node = 'marks'", "/1` is not what was recorded"),
    ("UPDATE result_objections SET person = 'm1'", "/1` is not what was recorded"),
    ("UPDATE result_objections SET raised_on = '2023-01-21'", "/1` is not what was recorded"),
    ("UPDATE result_answers SET verdict = 'dismissed'", "/1/answer` is not what was recorded"),
    ("UPDATE result_answers SET recorded_by = 'x'", "/1/answer` is not what was recorded"),
    ("DELETE FROM result_answers", "/1/answer` is not there"),
];

async fn every_change_is_found(on_postgres: bool) {
    let url = address(on_postgres, "result_objections").await;
    let on = prepared(&url).await;
    let run_id = published(&on, "test.appraisal", "2023-01-20T02:00:00Z").await;
    raise(&on, "u-3", raising("o", &run_id, "p3", "2023-01-20")).await.unwrap();
    answer(&on, "office", (&run_id, 1), AppraisalVerdict::Upheld, "clerk").await.unwrap();
    let proved = async || {
        let outside = audit::Outside::default();
        let proof = audit::verify(&*on.app.store, Some(COUNTY), &outside).await.unwrap();
        proof.findings.iter().map(|it| format!("{it}\n")).collect::<String>()
    };
    assert_eq!(proved().await, "");
    let mut tx = on.app.read().await.unwrap();
    let kept = on.app.export_person(&mut *tx, COUNTY, "m3").await.unwrap();
    assert_eq!((kept.result_objections.len(), &*kept.result_objections[0].text), (1, "漏计一次"));
    let kept = on.app.export_person(&mut *tx, COUNTY, "m1").await.unwrap();
    assert_eq!(kept.result_objections, []);
    drop(tx);
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
