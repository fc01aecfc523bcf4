//! Vetoes about the member who holds a post (S5).

use steelyard::proto::v1::{self, RecordKind::Compound, SubjectKind};

use super::{explained, lifted, on_both, post, publish, ran, results, scheme, told, veto};
use crate::harness::{COUNTY, Served, date};

const VETOES: &str = "
vetoes:
  - {id: crime, title: 涉黑涉恶, raised_by: [county], of: holder, candidacy: true, then: {grade: poor}}
  - {id: building, title: 违法搭建, raised_by: [street], of: holder, counts: at_end, put_right: {days: 30}, object: {days: 10}, then: {grade: poor}}
  - {id: own, raised_by: [street], then: {grade: poor}}
closes: {days: 31}
";

on_both!(a_veto_about_the_holder_counts_for_the_post, a_closed_period_asks_why_it_is_late);

const MEMBER: SubjectKind = SubjectKind::Member;

async fn prepare(on: &Served) {
    let records = vec![
        post(("p1", "branch_secretary"), "m1", (Compound, "k-01"), ("2022-06-01", "")),
        post(("p2", "committee_member"), "m2", (Compound, "k-01"), ("2022-01-01", "")),
        post(("p3", "committee_member"), "m1", (Compound, "k-02"), ("2022-01-01", "")),
        post(("p4", "committee_member"), "outsider", (Compound, "k-02"), ("2022-01-01", "")),
    ];
    assert_eq!(on.upsert("posts", records).await.items, []);
    publish(on, &scheme("holder", VETOES)).await;
}

async fn grades(on: &Served, run_id: &str) -> Vec<String> {
    results(on, run_id).await.into_iter().map(|it| it.grade.unwrap_or_default()).collect()
}

async fn a_veto_about_the_holder_counts_for_the_post(on: &Served) {
    prepare(on).await;
    let member = |id, item, by, days| veto((MEMBER, id), item, by, days);
    let facts = vec![
        // By a role that the item does not name; of an item that is not of the holder, anybody may.
        member("m1", "crime", "street", ("2022-02-01", "2022-03-01")),
        member("m1", "crime", "county", ("2022-02-01", "2022-03-01")),
        member("m2", "building", "street", ("2022-02-01", "")),
        member("m2", "own", "county", ("2022-02-01", "")),
    ];
    assert_eq!(told(on, "v", facts).await, ["VETO_NOT_ALLOWED", "f1", "f2", "f3"]);
    let run = ran(on, "test.holder", "2022", "a").await;
    // In force before m1 became secretary: it is the holder's record whenever.
    assert_eq!(grades(on, &run).await, ["poor", "poor", "poor", "good"]);
    let of = explained(on, &run, "p1").await;
    let reason = of.result.unwrap().reasons.remove(0);
    assert_eq!(reason.params["record_0"], "county 2022-02-01..2022-03-01");
    assert_eq!(reason.params["record_0_member"], "m1");
    assert_eq!(reason.params["record_0_fact"], "f1");
    let text = reason.text.unwrap();
    assert_eq!(
        text.en,
        "the veto `crime` is in force (1 record(s)); `f1` is about the holder, `m1`"
    );
    assert!(text.zh.contains("f1 为任职人 m1 本人记录"), "{}", text.zh);
    // The register tells it, with the days of the item of a scheme about posts.
    let served = v1::VetoStep {
        veto_id: "f2".into(),
        step: v1::VetoStepKind::NoticeServed.into(),
        on: date("2022-03-10"),
        ..Default::default()
    };
    let served = v1::Fact {
        fact: Some(v1::fact::Fact::VetoStep(served)),
        ..lifted("m2", "f2", "2022-12-01")
    };
    assert_eq!(told(on, "s", vec![served, lifted("m2", "f2", "2022-12-01")]).await, ["f4", "f5"]);
    let subject = Some(v1::SubjectRef { kind: MEMBER.into(), id: "m2".into() });
    let request = v1::ListVetoesRequest { county: COUNTY.into(), subject, ..Default::default() };
    let cases = on.vetoes().list_vetoes(request).await.unwrap().into_inner().vetoes;
    assert_eq!(
        (cases[0].put_right_due, cases[0].object_due),
        (date("2022-04-09"), date("2022-03-20"))
    );
    assert_eq!(cases[0].in_force_until, date("2022-11-30"));
    // Lifted before the end: `at_end` does not count it; the item `own` is of the post alone.
    let run = ran(on, "test.holder", "2022", "b").await;
    assert_eq!(grades(on, &run).await, ["poor", "good", "poor", "good"]);
    let own = veto((SubjectKind::Post, "p4"), "crime", "county", ("2022-02-01", ""));
    assert_eq!(told(on, "own", vec![own]).await, ["f6"]);
    let run = ran(on, "test.holder", "2022", "c").await;
    assert_eq!(grades(on, &run).await, ["poor", "good", "poor", "poor"]);
}

async fn a_closed_period_asks_why_it_is_late(on: &Served) {
    prepare(on).await;
    let run = ran(on, "test.holder", "2022", "a").await;
    let request =
        v1::PublishRunRequest { county: COUNTY.into(), request_id: "publish".into(), run_id: run };
    on.evaluations().publish_run(request).await.unwrap();
    let late = |item| veto((MEMBER, "m1"), item, "county", ("2022-12-31", ""));
    let reasoned = v1::Fact { late_reason: "判决后到".into(), ..late("crime") };
    assert_eq!(
        told(on, "late", vec![late("crime"), late("other"), reasoned]).await,
        ["PERIOD_CLOSED", "f1", "f2"]
    );
    let request = v1::ListLateFactsRequest {
        county: COUNTY.into(),
        scheme_id: "test.holder".into(),
        period: "2022".into(),
        ..Default::default()
    };
    let page = on.facts().list_late_facts(request).await.unwrap().into_inner();
    let ids: Vec<_> = page.facts.iter().map(|it| it.fact_id.as_str()).collect();
    assert_eq!(ids, ["f2"]);
}
