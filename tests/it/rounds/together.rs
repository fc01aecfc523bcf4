//! Assessors at the same time, and rows that were changed past the service.

use steelyard::proto::v1;

use super::{
    ALL, BUREAU, STREET, begun, by_state, close, done, draft, entries, hand_in, ledger, on_both,
    points, proved, save,
};
use crate::harness::{COUNTY, Served, by};

on_both!(
    everybody_hands_in_at_once,
    a_closing_and_a_withdrawal_at_once_are_one_after_the_other,
    of_many_closings_at_once_one_records,
);

async fn everybody_hands_in_at_once(on: &Served) {
    begun(on).await;
    for (who, subject) in ALL {
        save(on, &format!("{}-{subject}", who.2), who, vec![points(who, subject)]).await.unwrap();
    }
    let before = entries(on).await;
    let mut tasks = tokio::task::JoinSet::new();
    for (number, (who, subject)) in ALL.into_iter().chain(ALL).enumerate() {
        let mut client = on.rounds();
        let request = v1::HandInSheetsRequest {
            county: COUNTY.into(),
            request_id: format!("in-{number}"),
            round_id: "r1".into(),
            role: who.1.into(),
            assessor_id: who.2.into(),
            subject_ids: vec![subject.into()],
        };
        tasks.spawn(async move { client.hand_in_sheets(by(who.0, request)).await });
    }
    let answers = tasks.join_all().await.into_iter().map(|it| it.unwrap().into_inner());
    let recorded: i64 = answers.map(|it| it.recorded).sum();
    assert_eq!((recorded, entries(on).await), (7, before + 14), "each once");
    close(on, "close", "").await.unwrap();
    assert_eq!(ledger(on).await.len(), 9);
    proved(on).await;
}

async fn a_closing_and_a_withdrawal_at_once_are_one_after_the_other(on: &Served) {
    begun(on).await;
    for it in ALL {
        done(on, it).await;
    }
    let mut client = on.rounds();
    let request = v1::WithdrawSheetsRequest {
        county: COUNTY.into(),
        request_id: "withdraw".into(),
        round_id: "r1".into(),
        role: STREET.1.into(),
        assessor_id: STREET.2.into(),
        subject_ids: vec!["pr-1".into()],
    };
    let taken = async move { client.withdraw_sheets(by(STREET.0, request)).await };
    let (taken, closed) = tokio::join!(taken, close(on, "close", ""));
    match (taken, closed) {
        (Ok(_), Err(status)) => assert_eq!(by_state(&status), "ROUND_INCOMPLETE"),
        (Err(status), Ok(closed)) => {
            assert_eq!((by_state(&status), closed.sheets), ("ROUND_CLOSED".to_owned(), 7));
        }
        other => panic!("{other:?}"),
    }
    proved(on).await;
}

async fn of_many_closings_at_once_one_records(on: &Served) {
    begun(on).await;
    for it in ALL {
        done(on, it).await;
    }
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..6 {
        let mut client = on.rounds();
        let request = v1::CloseRoundRequest {
            county: COUNTY.into(),
            // Two of each id.
            request_id: format!("close-{}", number / 2),
            round_id: "r1".into(),
            late_reason: String::new(),
        };
        tasks.spawn(async move { client.close_round(by("organiser", request)).await });
    }
    let answers = tasks.join_all().await;
    let (good, bad): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (2, 4), "one request, and its repeat");
    for status in bad {
        assert_eq!(by_state(&status.unwrap_err()), "ROUND_CLOSED");
    }
    assert_eq!(ledger(on).await.len(), 9);
    proved(on).await;
}

/// Whoever changes a row past the service is found, whichever row it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_rows_are_found() {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rounds-changed");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let url = format!("sqlite:{}", folder.join("steelyard.db").display());
    let on = super::prepared(&url).await;
    begun(&on).await;
    super::extend(&on, "e", ("", ""), "2023-01-25").await.unwrap();
    for it in ALL {
        done(&on, it).await;
    }
    save(&on, "more", BUREAU, vec![draft("pr-1", &[])]).await.unwrap_err();
    hand_in(&on, "again", BUREAU, &["pr-1"]).await.unwrap();
    close(&on, "close", "").await.unwrap();
    proved(&on).await;
    for (table, change, words) in [
        (
            "rounds",
            "UPDATE rounds SET due_on = '2023-01-30'",
            "`round/r1` is not what was recorded",
        ),
        (
            "round_sheets",
            "UPDATE round_sheets SET holder = 'principal/x' WHERE subject = 'pr-3'",
            "`round/r1/sheets` is not what was recorded",
        ),
        (
            "round_sheets",
            "UPDATE round_sheets SET recorded = recorded + 1 WHERE role = 'street'",
            "no entry speaks of sheets of round `r1`",
        ),
        (
            "round_revisions",
            "UPDATE round_revisions SET points = '{\"tidy\":1}' WHERE role = 'street' AND subject = 'pr-1'",
            "`round/r1/revisions` is not what was recorded",
        ),
        (
            "round_revisions",
            "DELETE FROM round_revisions WHERE assessor = 'hb' AND revision = 2",
            "`round/r1/revisions` is not there as it was recorded",
        ),
        (
            "round_revisions",
            "UPDATE round_revisions SET recorded_by = 'x' WHERE assessor = 'c-1' AND revision = 1",
            "`round/r1/revisions` is not what was recorded",
        ),
        (
            "round_steps",
            "UPDATE round_steps SET until_day = '2023-01-26' WHERE what = 'extension'",
            "`round/r1/step` is not what was recorded",
        ),
        (
            "round_steps",
            "DELETE FROM round_steps WHERE what = 'closing'",
            "`round/r1/step` is not there as it was recorded",
        ),
    ] {
        use sqlx::Connection as _;
        let mut db = sqlx::SqliteConnection::connect(&url).await.unwrap();
        let run = async |db: &mut sqlx::SqliteConnection, text: String| {
            sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(db).await.unwrap();
        };
        run(&mut db, format!("PRAGMA foreign_keys = OFF; DROP TRIGGER IF EXISTS {table}_no_update; DROP TRIGGER IF EXISTS {table}_no_delete")).await;
        run(&mut db, format!("CREATE TABLE before AS SELECT * FROM {table}")).await;
        run(&mut db, change.to_owned()).await;
        let outside = steelyard::app::audit::Outside::default();
        let proof = steelyard::app::audit::verify(&*on.app.store, Some(COUNTY), &outside).await;
        let told: String = proof.unwrap().findings.iter().map(|it| format!("{it}\n")).collect();
        assert!(told.contains(words), "{change}\nlacks: {words}\nfound:\n{told}");
        run(
            &mut db,
            format!(
                "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM before; DROP TABLE before"
            ),
        )
        .await;
        db.close().await.unwrap();
    }
    proved(&on).await;
}
