//! A run of a step is published once its cohorts are closed, and knows what was confirmed.

use steelyard::proto::v1;
use tonic::{Code, Status};

use super::{
    COMMUNITIES, SECRETARIES, adjust, begun, carried, close, confirm, in_the_way, on_both, propose,
    reopen,
};
use crate::harness::{COUNTY, Served, reason};

on_both!(
    a_run_waits_for_its_cohorts,
    what_is_confirmed_anew_supersedes,
    a_run_of_something_else_is_refused,
    a_post_that_nobody_could_assess_is_told_above_and_holds_the_run_up,
);

async fn computed(on: &Served, request_id: &str, scheme: &str) -> String {
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("run-{request_id}"),
        scheme_id: scheme.into(),
        period: "2022".into(),
        ..Default::default()
    };
    let run = on.evaluations().start_run(request).await.unwrap().into_inner().run.unwrap();
    while on.app.work_once("test").await.unwrap() {}
    run.run_id
}

async fn publish(on: &Served, run_id: &str, request_id: &str) -> Result<(), Status> {
    let request = v1::PublishRunRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        run_id: run_id.into(),
    };
    on.evaluations().publish_run(request).await.map(|_| ())
}

async fn score(on: &Served, run_id: &str, subject: &str) -> String {
    let selector = v1::run_selector::Selector::RunId(run_id.into());
    let request = v1::GetResultRequest {
        county: COUNTY.into(),
        run: Some(v1::RunSelector { selector: Some(selector) }),
        subject_id: subject.into(),
    };
    let found = on.evaluations().get_result(request).await.unwrap().into_inner().result.unwrap();
    found.score.map(|it| it.value).unwrap_or_default()
}

/// Everything of the first step, confirmed and closed.
async fn first_step(on: &Served) {
    for (community, street, posts) in [
        ("c-01", "guishan", ["p-1", "p-2"].as_slice()),
        ("c-02", "guishan", &["p-3"]),
        ("c-03", "xincheng", &["p-4"]),
    ] {
        carried(on, community, street, posts).await;
        close(on, "department", &format!("close-{community}"), (SECRETARIES, community))
            .await
            .unwrap();
    }
}

async fn a_run_waits_for_its_cohorts(on: &Served) {
    begun(on).await;
    let early = computed(on, "early", SECRETARIES).await;
    let status = publish(on, &early, "p1").await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status)),
        (Code::FailedPrecondition, "APPRAISAL_OPEN".into())
    );
    let open =
        ["c-01", "c-02", "c-03"].map(|it| format!("COHORT_OPEN community/{it} test.secretaries"));
    assert_eq!(in_the_way(&status), open);
    first_step(on).await;
    // Computed before anything was confirmed.
    let status = publish(on, &early, "p2").await.unwrap_err();
    assert_eq!(reason(&status), "RUN_BEFORE_CLOSING");
    let run = computed(on, "later", SECRETARIES).await;
    publish(on, &run, "p3").await.unwrap();
    assert_eq!(score(on, &run, "p-1").await, "80.00");
    // The other step waits for its own cohorts.
    let run = computed(on, "communities", COMMUNITIES).await;
    let status = publish(on, &run, "p4").await.unwrap_err();
    assert_eq!(
        in_the_way(&status),
        [
            "COHORT_OPEN street/guishan test.communities",
            "COHORT_OPEN street/xincheng test.communities"
        ]
    );
}

async fn what_is_confirmed_anew_supersedes(on: &Served) {
    begun(on).await;
    first_step(on).await;
    let old = computed(on, "first", SECRETARIES).await;
    publish(on, &old, "p1").await.unwrap();
    reopen(on, "department", "r", &[("p-1", "leaders")]).await.unwrap();
    let supersede = async |new: &str, request_id: &str| {
        let request = v1::SupersedeRunRequest {
            county: COUNTY.into(),
            request_id: request_id.into(),
            old_run_id: old.clone(),
            new_run_id: new.into(),
            reason: "异议成立".into(),
            validate_only: false,
        };
        on.evaluations().supersede_run(request).await.map(tonic::Response::into_inner)
    };
    let new = computed(on, "second", SECRETARIES).await;
    // Until it is confirmed anew, the value of before counts.
    assert_eq!(score(on, &new, "p-1").await, "80.00");
    let status = supersede(&new, "s1").await.unwrap_err();
    assert_eq!(in_the_way(&status), ["COHORT_OPEN community/c-01 test.secretaries"]);
    propose(on, "c-01", "a", &[("p-1", "leaders", "52", "")]).await.unwrap();
    adjust(on, "guishan", "b", &[("p-1", "leaders", "", "")]).await.unwrap();
    confirm(on, "department", "c", &[("p-1", "leaders", "", "")]).await.unwrap();
    close(on, "department", "d", (SECRETARIES, "c-01")).await.unwrap();
    let new = computed(on, "third", SECRETARIES).await;
    let answer = supersede(&new, "s2").await.unwrap();
    assert_eq!(answer.changes.len(), 1);
    assert_eq!(score(on, &new, "p-1").await, "82.00");
}

async fn a_run_of_something_else_is_refused(on: &Served) {
    begun(on).await;
    first_step(on).await;
    // The next version asks nobody to confirm anything; it is no way round the chain.
    let next =
        super::scheme(SECRETARIES, "branch_secretary", "", "  sum: [{id: x, constant: 90}]\n");
    super::publish(on, next.replace("version: 1", "version: 2")).await;
    let run = computed(on, "next", SECRETARIES).await;
    let status = publish(on, &run, "p1").await.unwrap_err();
    assert_eq!(reason(&status), "RUN_OTHER_VERSION");
    // A run that took in a post which was registered by mistake.
    let first = async |request_id: &str| {
        let request = v1::StartRunRequest {
            county: COUNTY.into(),
            request_id: request_id.into(),
            scheme_id: SECRETARIES.into(),
            version: 1,
            period: "2022".into(),
            ..Default::default()
        };
        let run = on.evaluations().start_run(request).await.unwrap().into_inner().run.unwrap();
        while on.app.work_once("test").await.unwrap() {}
        run.run_id
    };
    let of = |title: &str| super::post("p-9", title, (v1::RecordKind::Compound, "k-01"));
    assert_eq!(on.upsert("mistake", vec![of("branch_secretary")]).await.items, []);
    let run = first("with-a-mistake").await;
    let status = publish(on, &run, "p2").await.unwrap_err();
    assert_eq!(in_the_way(&status), ["COHORT_OPEN community/c-01 test.secretaries"]);
    assert_eq!(on.upsert("corrected", vec![of("building_head")]).await.items, []);
    let status = publish(on, &run, "p3").await.unwrap_err();
    assert_eq!(reason(&status), "RUN_OTHER_POSTS");
    publish(on, &first("without").await, "p4").await.unwrap();
    // What is opened again below holds up the step above.
    let work = [("s-1", "work", "80", ""), ("s-2", "work", "85", "")];
    propose(on, "guishan", "a", &work).await.unwrap();
    propose(on, "xincheng", "b", &[("s-3", "work", "70", "")]).await.unwrap();
    let all = [("s-1", "work", "", ""), ("s-2", "work", "", ""), ("s-3", "work", "", "")];
    confirm(on, "department", "c", &all).await.unwrap();
    for street in ["guishan", "xincheng"] {
        close(on, "department", &format!("close-{street}"), (COMMUNITIES, street)).await.unwrap();
    }
    reopen(on, "department", "d", &[("p-1", "leaders")]).await.unwrap();
    let run = computed(on, "above", COMMUNITIES).await;
    let status = publish(on, &run, "p5").await.unwrap_err();
    assert_eq!(in_the_way(&status), ["COHORT_OPEN community/c-01 test.secretaries"]);
}

async fn a_post_that_nobody_could_assess_is_told_above_and_holds_the_run_up(on: &Served) {
    begun(on).await;
    first_step(on).await;
    // A branch secretary at the street: no community is above the post.
    let stray = super::post("p-8", "branch_secretary", (v1::RecordKind::Street, "guishan"));
    assert_eq!(on.upsert("stray", vec![stray]).await.items, []);
    let found = super::cohorts(on, "department").await.unwrap();
    let waits = |unit: &str| -> Vec<String> {
        let of = |it: &&v1::Cohort| it.unit.as_ref().is_some_and(|it| it.id == unit);
        let cohort = found.iter().find(of).unwrap();
        cohort.blockers.iter().map(|it| format!("{} {}", it.reason, it.subject)).collect()
    };
    let expected = ["POST_WITHOUT_COHORT p-8", "CASE_OPEN s-1/work", "CASE_OPEN s-2/work"];
    assert_eq!(waits("guishan"), expected, "above it");
    assert_eq!(waits("xincheng"), ["CASE_OPEN s-3/work"], "beside it");
    let status = close(on, "department", "1", (COMMUNITIES, "guishan")).await.unwrap_err();
    assert_eq!(in_the_way(&status), expected);
    let run = computed(on, "with-a-stray", SECRETARIES).await;
    let status = publish(on, &run, "p1").await.unwrap_err();
    assert_eq!(in_the_way(&status), ["POST_WITHOUT_COHORT p-8"]);
    assert!(status.message().contains("`p-8`"), "{}", status.message());
    // Nobody speaks for a community that is not there, not even the street or the county.
    for who in ["c-01", "guishan", "department"] {
        let status = propose(on, who, who, &[("p-8", "daily", "1", "")]).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{who}");
    }
}
