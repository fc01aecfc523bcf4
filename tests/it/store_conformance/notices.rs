//! Public notices, objections and answers.

use steelyard::{
    domain::time::DaysOf,
    store::{NoticeAnswer, NoticeObjection, NoticeRecord, NoticeVerdict, StoreError, StoreTx},
};

use super::{
    backend::Backend,
    runs,
    sample::{COUNTY, at, begin, day},
};

fn notice(run_id: &str) -> NoticeRecord {
    NoticeRecord {
        run_id: run_id.to_owned(),
        posted_on: day("2026-02-12"),
        ends_on: day("2026-02-26"),
        days: 5,
        days_of: DaysOf::Working,
        calendar: r#"[{"year":2026,"edition":"base-2026","digest":"00"}]"#.to_owned(),
        object_to: "组织部".to_owned(),
        recorded: at(0),
        recorded_by: "office".to_owned(),
        request_id: "n".to_owned(),
    }
}

fn objection(run_id: &str, number: i64) -> NoticeObjection {
    NoticeObjection {
        run_id: run_id.to_owned(),
        number,
        subject: "m".to_owned(),
        text: "少计".to_owned(),
        raised_by: "somebody".to_owned(),
        raised_on: day("2026-02-13"),
        evidence: r#"["photo/1"]"#.to_owned(),
        recorded: at(0),
        recorded_by: "office".to_owned(),
        request_id: "o".to_owned(),
        answer: None,
    }
}

fn answer(verdict: NoticeVerdict) -> NoticeAnswer {
    NoticeAnswer {
        verdict,
        text: "经核实".to_owned(),
        answered_by: "clerk".to_owned(),
        evidence: String::new(),
        recorded: at(0),
        recorded_by: "office".to_owned(),
        request_id: "a".to_owned(),
    }
}

/// A notice of a run that is there, with so many objections, the first of them answered.
pub(crate) async fn insert(tx: &mut dyn StoreTx, run_id: &str, objections: i64) {
    tx.insert_notice(COUNTY, &notice(run_id)).await.unwrap();
    for number in 1..=objections {
        tx.insert_notice_objection(COUNTY, &objection(run_id, number)).await.unwrap();
    }
    let answer = answer(NoticeVerdict::UpheldResultStands);
    tx.insert_notice_answer(COUNTY, (run_id, 1), &answer).await.unwrap();
}

pub(crate) async fn a_notice_with_objections_and_answers_comes_back(on: &Backend) {
    for run in ["r1", "r2"] {
        runs::start(on, run, &[]).await;
    }
    let mut tx = begin(&*on.store, 50).await.unwrap();
    insert(&mut *tx, "r1", 3).await;
    insert(&mut *tx, "r2", 1).await;
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    let kept = tx.notice(COUNTY, "r1").await.unwrap();
    assert_eq!(kept, Some(NoticeRecord { recorded: at(50), ..notice("r1") }));
    assert_eq!(tx.notice(COUNTY, "r3").await.unwrap(), None);
    assert_eq!(tx.notice("other", "r1").await.unwrap(), None);
    for (after, limit, expected) in
        [("", 9, vec!["r1", "r2"]), ("", 1, vec!["r1"]), ("r1", 9, vec!["r2"]), ("r2", 9, vec![])]
    {
        let page = tx.notice_page(COUNTY, after, limit).await.unwrap();
        assert_eq!(page.iter().map(|it| &*it.run_id).collect::<Vec<_>>(), expected);
    }
    let all = tx.notice_objections(COUNTY, ("", 0), 9).await.unwrap();
    let names: Vec<_> = all.iter().map(|it| (&*it.run_id, it.number)).collect();
    assert_eq!(names, [("r1", 1), ("r1", 2), ("r1", 3), ("r2", 1)]);
    let answer = NoticeAnswer { recorded: at(50), ..answer(NoticeVerdict::UpheldResultStands) };
    let first = NoticeObjection { recorded: at(50), answer: Some(answer), ..objection("r1", 1) };
    assert_eq!(all[0], first);
    assert_eq!(all[1].answer, None);
    let page = tx.notice_objections(COUNTY, ("r1", 2), 2).await.unwrap();
    let names: Vec<_> = page.iter().map(|it| (&*it.run_id, it.number)).collect();
    assert_eq!(names, [("r1", 3), ("r2", 1)]);
    assert_eq!(tx.notice_objections("other", ("", 0), 9).await.unwrap(), []);
}

pub(crate) async fn what_is_there_already_is_refused(on: &Backend) {
    runs::start(on, "r1", &[]).await;
    let mut tx = begin(&*on.store, 50).await.unwrap();
    insert(&mut *tx, "r1", 1).await;
    tx.commit().await.unwrap();
    let mut tx = begin(&*on.store, 60).await.unwrap();
    let again = tx.insert_notice(COUNTY, &notice("r1")).await;
    assert!(matches!(again, Err(StoreError::AlreadyRecorded)), "{again:?}");
    let mut tx = begin(&*on.store, 60).await.unwrap();
    let again = tx.insert_notice_objection(COUNTY, &objection("r1", 1)).await;
    assert!(matches!(again, Err(StoreError::AlreadyRecorded)), "{again:?}");
    let mut tx = begin(&*on.store, 60).await.unwrap();
    let again = tx.insert_notice_answer(COUNTY, ("r1", 1), &answer(NoticeVerdict::Upheld)).await;
    assert!(matches!(again, Err(StoreError::AlreadyRecorded)), "{again:?}");
}
