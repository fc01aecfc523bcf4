//! What steps are let in, and what a run makes of them.

use steelyard::{
    app::{audit, run},
    proto::v1::{self, VetoStepKind as Step},
};

use super::{on_both, on_day, step, told, veto};
use crate::harness::{COUNTY, Served, date, record_facts, violations};

on_both!(
    what_is_no_step_of_a_veto_is_refused,
    a_run_goes_by_the_days_whatever_the_order_of_the_calls,
    faults_of_a_step_are_told_at_once,
);

async fn what_is_no_step_of_a_veto_is_refused(on: &Served) {
    assert_eq!(told(on, "v", vec![veto("p1", "fees", "2022-03-01")]).await, ["f1"]);
    // Raised only by those the list names.
    let mut other = veto("p1", "fees", "2022-03-01");
    if let Some(v1::fact::Fact::Veto(it)) = &mut other.fact {
        it.raised_by = "owners".into();
    }
    assert_eq!(told(on, "o", vec![other]).await, ["VETO_NOT_ALLOWED"]);
    // An item that names nobody is anybody's.
    let mut free = veto("p2", "anybody", "2022-03-01");
    if let Some(v1::fact::Fact::Veto(it)) = &mut free.fact {
        it.raised_by = "owners".into();
    }
    assert_eq!(told(on, "free", vec![free]).await, ["f2"]);
    let reasons = told(
        on,
        "s",
        vec![
            step("p1", "f9", Step::NoticeServed, "2022-03-10", ""),
            step("p2", "f1", Step::NoticeServed, "2022-03-10", ""),
            step("p1", "x", Step::PutRight, "2022-03-10", ""),
            step("p1", "f1", Step::Lifted, "2022-05-01", "street"),
            step("p1", "f1", Step::Lifted, "2022-05-01", "clerk"),
            step("p1", "f1", Step::NoticeServed, "2022-03-10", ""),
        ],
    )
    .await;
    let (unknown, same) = ("VETO_UNKNOWN", "SEPARATION_OF_DUTIES");
    assert_eq!(reasons, [unknown, unknown, unknown, same, same, "f3"]);
    // What has not come has not happened; a decision may be of a later day.
    let future = |kind| step("p1", "f1", kind, "2098-01-01", "co");
    let kinds = [Step::NoticeServed, Step::PutRight, Step::Objected, Step::ObjectionUpheld];
    let told_of = told(on, "future", kinds.map(future).to_vec()).await;
    assert_eq!(told_of, ["STEP_IN_FUTURE"; 4]);
    // Ten days after the notice, and not the eleventh.
    let late = step("p1", "f1", Step::Objected, "2022-03-21", "co");
    assert_eq!(told(on, "late", vec![late]).await, ["OBJECTION_TOO_LATE"]);
    let in_time = step("p1", "f1", Step::Objected, "2022-03-20", "co");
    assert_eq!(told(on, "in-time", vec![in_time]).await, ["f4"]);
    let own = step("p1", "f1", Step::ObjectionDismissed, "2022-03-25", "co");
    assert_eq!(told(on, "own", vec![own]).await, [same]);
    let answered = step("p1", "f1", Step::ObjectionDismissed, "2022-03-25", "county");
    assert_eq!(told(on, "answered", vec![answered.clone()]).await, ["f5"]);
    assert_eq!(told(on, "answered", vec![answered]).await, ["f5"], "a repeat");
    // A veto that was reversed takes no steps.
    let request = v1::ReverseFactRequest {
        county: COUNTY.into(),
        request_id: "reverse".into(),
        fact_id: "f1".into(),
        reason: "误记".into(),
        recorded_by: "clerk".into(),
        evidence: Vec::new(),
    };
    on.facts().reverse_fact(request).await.unwrap();
    let lifted = step("p1", "f1", Step::Lifted, "2022-05-01", "county");
    assert_eq!(told(on, "gone", vec![lifted]).await, ["FACT_REVERSED"]);
    let proof = audit::verify(&*on.app.store, Some(COUNTY), &audit::Outside::default()).await;
    assert_eq!(proof.unwrap().findings, []);
}

/// The grade of each project in a half.
async fn grades(on: &Served, period: &str, name: &str) -> Vec<String> {
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("run-{period}-{name}"),
        scheme_id: "test.property".into(),
        period: period.into(),
        ..Default::default()
    };
    let answer = on.evaluations().start_run(request).await.unwrap();
    while on.app.work_once("test").await.unwrap() {}
    let run_id = answer.into_inner().run.unwrap().run_id;
    let selector = v1::run_selector::Selector::RunId(run_id.clone());
    let run = Some(v1::RunSelector { selector: Some(selector) });
    let request = v1::ListResultsRequest { county: COUNTY.into(), run, ..Default::default() };
    let page = on.evaluations().list_results(request).await.unwrap().into_inner();
    let proof = run::verify(&*on.app.store, COUNTY, &run::RunSelector::Id(run_id)).await;
    assert_eq!(proof.unwrap().findings, []);
    page.results.into_iter().map(|it| it.grade.unwrap_or_default()).collect()
}

async fn a_run_goes_by_the_days_whatever_the_order_of_the_calls(on: &Served) {
    let vetoes = vec![veto("p1", "fees", "2022-03-01"), veto("p2", "fire", "2022-03-01")];
    assert_eq!(told(on, "v", vetoes).await, ["f1", "f2"]);
    assert_eq!(grades(on, "2022-H1", "a").await, ["veto", "veto"]);
    assert_eq!(grades(on, "2022-H2", "a").await, ["veto", "veto"]);
    // Put right before the days are told, and told later: the thirtieth day is in time.
    let right = step("p1", "f1", Step::PutRight, "2022-07-30", "");
    told(on, "right", vec![right, step("p2", "f2", Step::PutRight, "2022-07-30", "")]).await;
    let served = ["p1", "p2"].into_iter().zip(["f1", "f2"]);
    let served: Vec<_> =
        served.map(|(it, id)| step(it, id, Step::NoticeServed, "2022-06-30", "")).collect();
    told(on, "served", served).await;
    // In force until 29 July; the other never was.
    assert_eq!(grades(on, "2022-H1", "b").await, ["veto", "good"]);
    assert_eq!(grades(on, "2022-H2", "b").await, ["veto", "good"]);
    let cases = on_day(on, "2022-12-31").await;
    assert_eq!(cases[0].in_force_until, date("2022-07-29"));
    assert_eq!(
        (cases[0].put_right_due, cases[0].object_due),
        (date("2022-07-30"), date("2022-07-10"))
    );
    assert_eq!((cases[1].in_force, cases[1].in_force_until), (false, None));
    // Lifted within the first half: the second is free of it.
    told(on, "lift", vec![step("p1", "f1", Step::Lifted, "2022-06-15", "county")]).await;
    assert_eq!(grades(on, "2022-H1", "c").await, ["veto", "good"]);
    assert_eq!(grades(on, "2022-H2", "c").await, ["good", "good"]);
}

async fn faults_of_a_step_are_told_at_once(on: &Served) {
    let blank = v1::VetoStep { veto_id: "a b".into(), ..Default::default() };
    let lift = v1::VetoStep { veto_id: "f1".into(), step: Step::Lifted.into(), ..blank.clone() };
    let mut early = veto("p1", "fees", "2022-03-01");
    if let Some(v1::fact::Fact::Veto(it)) = &mut early.fact {
        it.raised_on = date("2022-02-28");
    }
    let facts = vec![
        super::about("p1", v1::fact::Fact::VetoStep(blank)),
        super::about("p1", v1::fact::Fact::VetoStep(lift)),
        early,
    ];
    let refused = on.facts().record_facts(record_facts("x", facts)).await.unwrap_err();
    let paths: Vec<_> = violations(&refused).into_iter().map(|it| it.0).collect();
    let expected = [
        "facts[0].veto_step.veto_id",
        "facts[0].veto_step.step",
        "facts[0].veto_step.on",
        "facts[1].veto_step.on",
        "facts[1].veto_step.by",
        "facts[1].veto_step.text",
        "facts[2].veto.raised_on",
    ];
    assert_eq!(paths, expected);
}
