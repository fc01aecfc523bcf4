//! Objections to published results, and answers.

use steelyard::store::{ResultAnswer, ResultObjection, ResultVerdict, StoreError, StoreTx};

use super::{
    backend::Backend,
    runs,
    sample::{COUNTY, at, begin, day},
};

fn objection(run_id: &str, number: i64) -> ResultObjection {
    ResultObjection {
        run_id: run_id.to_owned(),
        number,
        subject: "p".to_owned(),
        person: "m".to_owned(),
        node: "marks".to_owned(),
        text: "漏计".to_owned(),
        raised_by: "somebody".to_owned(),
        raised_on: day("2023-01-20"),
        evidence: r#"["photo/1"]"#.to_owned(),
        recorded: at(0),
        recorded_by: "office".to_owned(),
        request_id: "o".to_owned(),
        answer: None,
    }
}

fn answer(verdict: ResultVerdict) -> ResultAnswer {
    ResultAnswer {
        verdict,
        text: "经核实".to_owned(),
        answered_by: "clerk".to_owned(),
        evidence: String::new(),
        recorded: at(0),
        recorded_by: "office".to_owned(),
        request_id: "a".to_owned(),
    }
}

/// So many objections to results of a run that is there, the first of them answered.
pub(crate) async fn insert(tx: &mut dyn StoreTx, run_id: &str, objections: i64) {
    for number in 1..=objections {
        tx.insert_result_objection(COUNTY, &objection(run_id, number)).await.unwrap();
    }
    let answer = answer(ResultVerdict::Upheld);
    tx.insert_result_answer(COUNTY, (run_id, 1), &answer).await.unwrap();
}

pub(crate) async fn objections_to_results_come_back_with_their_answers(on: &Backend) {
    for run in ["r1", "r2"] {
        runs::start(on, run, &[]).await;
    }
    let mut tx = begin(&*on.store, 50).await.unwrap();
    insert(&mut *tx, "r1", 3).await;
    insert(&mut *tx, "r2", 1).await;
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    let all = tx.result_objections(COUNTY, ("", 0), 9).await.unwrap();
    let names: Vec<_> = all.iter().map(|it| (&*it.run_id, it.number)).collect();
    assert_eq!(names, [("r1", 1), ("r1", 2), ("r1", 3), ("r2", 1)]);
    let answer = ResultAnswer { recorded: at(50), ..answer(ResultVerdict::Upheld) };
    let first = ResultObjection { recorded: at(50), answer: Some(answer), ..objection("r1", 1) };
    assert_eq!(all[0], first);
    assert_eq!(all[1].answer, None);
    let page = tx.result_objections(COUNTY, ("r1", 2), 2).await.unwrap();
    let names: Vec<_> = page.iter().map(|it| (&*it.run_id, it.number)).collect();
    assert_eq!(names, [("r1", 3), ("r2", 1)]);
    assert_eq!(tx.result_objections("other", ("", 0), 9).await.unwrap(), []);
}

pub(crate) async fn one_objection_of_a_number_and_one_answer(on: &Backend) {
    runs::start(on, "r1", &[]).await;
    let mut tx = begin(&*on.store, 50).await.unwrap();
    insert(&mut *tx, "r1", 1).await;
    tx.commit().await.unwrap();
    let mut tx = begin(&*on.store, 60).await.unwrap();
    let again = tx.insert_result_objection(COUNTY, &objection("r1", 1)).await;
    assert!(matches!(again, Err(StoreError::AlreadyRecorded)), "{again:?}");
    let mut tx = begin(&*on.store, 60).await.unwrap();
    let again = tx.insert_result_answer(COUNTY, ("r1", 1), &answer(ResultVerdict::Dismissed)).await;
    assert!(matches!(again, Err(StoreError::AlreadyRecorded)), "{again:?}");
}
