//! Closing cohorts from below, and opening cases again.

use steelyard::proto::v1::{self, CaseState, CohortState, RecordKind};
use tonic::Code;

use super::{
    COMMUNITIES, SECRETARIES, adjust, begun, carried, close, cohorts, confirm, in_the_way, on_both,
    post, propose, reopen,
};
use crate::harness::{COUNTY, Served, by, decimal, reason};

on_both!(
    a_step_is_closed_after_the_one_below,
    the_state_of_every_cohort_is_read_at_once,
    a_case_is_opened_again_and_its_value_stays_until_then,
    a_post_that_is_registered_later_opens_its_cohort,
    a_confirmed_part_that_is_left_out_later_opens_its_cohort,
);

async fn a_step_is_closed_after_the_one_below(on: &Served) {
    begun(on).await;
    // Nothing has been said: everything below is named.
    let status = close(on, "department", "1", (COMMUNITIES, "guishan")).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status)),
        (Code::FailedPrecondition, "COHORT_INCOMPLETE".into())
    );
    let expected = [
        "COHORT_OPEN community/c-01 test.secretaries",
        "COHORT_OPEN community/c-02 test.secretaries",
        "CASE_OPEN s-1/work",
        "CASE_OPEN s-2/work",
    ];
    assert_eq!(in_the_way(&status), expected);
    carried(on, "c-01", "guishan", &["p-1", "p-2"]).await;
    carried(on, "c-02", "guishan", &["p-3"]).await;
    let work = [("s-1", "work", "80", ""), ("s-2", "work", "85", "")];
    propose(on, "guishan", "p", &work).await.unwrap();
    confirm(on, "department", "c", &[("s-1", "work", "", ""), ("s-2", "work", "", "")])
        .await
        .unwrap();
    // Confirmed, and the communities are not closed.
    let status = close(on, "department", "2", (COMMUNITIES, "guishan")).await.unwrap_err();
    assert_eq!(in_the_way(&status), expected[..2]);
    close(on, "department", "3", (SECRETARIES, "c-01")).await.unwrap();
    let status = close(on, "department", "4", (COMMUNITIES, "guishan")).await.unwrap_err();
    assert_eq!(in_the_way(&status), expected[1..2]);
    assert!(status.message().contains("community/c-02"), "{}", status.message());
    close(on, "department", "5", (SECRETARIES, "c-02")).await.unwrap();
    // The other street has nothing to do with it.
    let closed = close(on, "department", "6", (COMMUNITIES, "guishan")).await.unwrap();
    assert_eq!((closed.state(), closed.closed_by.as_str()), (CohortState::Closed, "department"));
    assert_eq!((closed.posts, closed.confirmed, closed.blockers.len()), (2, 2, 0));
    let status = close(on, "department", "7", (COMMUNITIES, "guishan")).await.unwrap_err();
    assert_eq!(reason(&status), "COHORT_CLOSED");
    let status = close(on, "department", "8", (COMMUNITIES, "none")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::NotFound, "COHORT_NOT_FOUND".into()));
}

async fn the_state_of_every_cohort_is_read_at_once(on: &Served) {
    begun(on).await;
    carried(on, "c-01", "guishan", &["p-1", "p-2"]).await;
    close(on, "department", "1", (SECRETARIES, "c-01")).await.unwrap();
    propose(on, "c-03", "2", &[("p-4", "leaders", "40", "")]).await.unwrap();
    let found = cohorts(on, "department").await.unwrap();
    let shown: Vec<_> = found
        .iter()
        .map(|it| {
            let unit = it.unit.as_ref().unwrap().id.as_str();
            (unit, it.state(), [it.posts, it.cases, it.open, it.proposed, it.confirmed])
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("c-01", CohortState::Closed, [2, 4, 0, 0, 4]),
            ("c-02", CohortState::Open, [1, 2, 2, 0, 0]),
            ("c-03", CohortState::Open, [1, 2, 1, 1, 0]),
            ("guishan", CohortState::Open, [2, 2, 2, 0, 0]),
            ("xincheng", CohortState::Open, [1, 1, 1, 0, 0]),
        ]
    );
    let waits: Vec<_> =
        found[3].blockers.iter().map(|it| format!("{} {}", it.reason, it.subject)).collect();
    assert_eq!(
        waits,
        ["COHORT_OPEN community/c-02 test.secretaries", "CASE_OPEN s-1/work", "CASE_OPEN s-2/work"]
    );
    assert!(found[3].blockers.iter().all(|it| !it.chinese.is_empty() && !it.english.is_empty()));
}

async fn a_case_is_opened_again_and_its_value_stays_until_then(on: &Served) {
    begun(on).await;
    let status = reopen(on, "department", "0", &[("p-1", "leaders")]).await.unwrap_err();
    assert_eq!(in_the_way(&status), ["CASE_NOT_CONFIRMED p-1/leaders"]);
    carried(on, "c-01", "guishan", &["p-1", "p-2"]).await;
    close(on, "department", "1", (SECRETARIES, "c-01")).await.unwrap();
    let said = [("p-1", "leaders", "40", "复核")];
    for status in [
        propose(on, "c-01", "2", &said).await.unwrap_err(),
        confirm(on, "second", "3", &said).await.unwrap_err(),
    ] {
        assert_eq!(in_the_way(&status), ["COHORT_CLOSED p-1/leaders"]);
    }
    let found = reopen(on, "department", "4", &[("p-1", "leaders")]).await.unwrap();
    assert_eq!((found[0].state(), found[0].next_level.as_str()), (CaseState::Open, "community"));
    assert_eq!(
        (&found[0].in_force, found[0].reopenings[0].reason.as_str()),
        (&decimal("50"), "异议成立")
    );
    let cohort = cohorts(on, "department").await.unwrap().remove(0);
    assert_eq!((cohort.state(), cohort.open, cohort.confirmed), (CohortState::Reopened, 1, 3));
    propose(on, "c-01", "5", &said).await.unwrap();
    // Ten less than was confirmed, and nothing that this time departs from.
    let found = adjust(on, "guishan", "6", &[("p-1", "leaders", "", "")]).await.unwrap();
    assert_eq!(found[0].in_force, decimal("50"));
    assert!(found[0].values.iter().all(|it| !it.beyond_band));
    let status = close(on, "department", "7", (SECRETARIES, "c-01")).await.unwrap_err();
    assert_eq!(in_the_way(&status), ["CASE_OPEN p-1/leaders"]);
    let found = confirm(on, "department", "8", &[("p-1", "leaders", "", "")]).await.unwrap();
    assert_eq!((found[0].state(), &found[0].in_force), (CaseState::Confirmed, &decimal("40")));
    close(on, "department", "9", (SECRETARIES, "c-01")).await.unwrap();
}

async fn a_post_that_is_registered_later_opens_its_cohort(on: &Served) {
    begun(on).await;
    carried(on, "c-01", "guishan", &["p-1", "p-2"]).await;
    close(on, "department", "1", (SECRETARIES, "c-01")).await.unwrap();
    let of = async || cohorts(on, "department").await.unwrap().remove(0);
    assert_eq!(of().await.state(), CohortState::Closed);
    let late = post("p-5", "branch_secretary", (RecordKind::Compound, "k-01"));
    assert_eq!(on.upsert("late", vec![late]).await.items, []);
    let cohort = of().await;
    assert_eq!((cohort.state(), cohort.posts, cohort.open), (CohortState::Reopened, 3, 2));
    let waits: Vec<_> = cohort.blockers.iter().map(|it| it.subject.as_str()).collect();
    assert_eq!(waits, ["p-5/daily", "p-5/leaders"]);
    // What was confirmed stays so; the new post goes its way.
    let status = propose(on, "c-01", "2", &[("p-1", "daily", "1", "")]).await.unwrap_err();
    assert_eq!(in_the_way(&status), ["CASE_CONFIRMED p-1/daily"]);
    propose(on, "c-01", "3", &[("p-5", "leaders", "50", ""), ("p-5", "daily", "30", "")])
        .await
        .unwrap();
    adjust(on, "guishan", "4", &[("p-5", "leaders", "", "")]).await.unwrap();
    let both = [("p-5", "leaders", "", ""), ("p-5", "daily", "", "")];
    confirm(on, "department", "5", &both).await.unwrap();
    // What was closed before was closed without it.
    let cohort = of().await;
    assert_eq!((cohort.state(), cohort.confirmed), (CohortState::Reopened, 6));
    close(on, "department", "6", (SECRETARIES, "c-01")).await.unwrap();
    assert_eq!(of().await.state(), CohortState::Closed);
}

async fn a_confirmed_part_that_is_left_out_later_opens_its_cohort(on: &Served) {
    begun(on).await;
    carried(on, "c-01", "guishan", &["p-1", "p-2"]).await;
    close(on, "department", "1", (SECRETARIES, "c-01")).await.unwrap();
    let state = v1::Fact {
        subject: Some(v1::SubjectRef { kind: v1::SubjectKind::Post.into(), id: "p-1".into() }),
        recorded_by: "c-01".into(),
        fact: Some(v1::fact::Fact::NodeState(v1::NodeState {
            node: "leaders".into(),
            period: "2022".into(),
            state: v1::NodeStateKind::Excused.into(),
            reason: "不予考核".into(),
        })),
        ..Default::default()
    };
    let request = v1::RecordFactsRequest {
        county: COUNTY.into(),
        request_id: "s".into(),
        facts: vec![state],
    };
    on.facts().record_facts(by("c-01", request)).await.unwrap();
    let cohort = cohorts(on, "department").await.unwrap().remove(0);
    assert_eq!((cohort.state(), cohort.left_out), (CohortState::Reopened, 1));
    close(on, "department", "2", (SECRETARIES, "c-01")).await.unwrap();
}
