//! Small groups that share seats, and a seat that a barred subject leaves (S8): a run, a tie of the
//! pool, its decision and what explanations say, on both stores.

use steelyard::proto::v1::{self, RecordKind, registry_record::Detail, run_selector::Selector};

use crate::{
    harness::{
        COUNTY, Served, decimal, entry, record, record_facts, reference, served, served_over, unit,
        units,
    },
    postgres,
    scheme_rpc::publish,
};

const SCHEME: &str = "steelyard: scheme/v1
id: test.pooled
version: 1
subject: member
period: year
in_force: {from: 2022-01-01}
score: {id: x, out_of: 100, measured: {metric: x, as_is: true}}
grades:
  - {id: excellent, at_least: 90, unless: {fact: bad}, seats: {share: 25%, of: subjects, within: compound, rounding: floor, pool: {fewer_than: 3, into: street}}}
  - {id: competent}
ranking: {within: [county], by: [score]}
";

fn member(id: &str, compound: &str) -> v1::RegistryRecord {
    let detail = v1::Member {
        status: v1::MemberStatus::InService.into(),
        compound_id: compound.into(),
        ..Default::default()
    };
    record(RecordKind::Member, id, Detail::Member(detail))
}

fn of(member: &str, fact: v1::fact::Fact) -> v1::Fact {
    v1::Fact { fact: Some(fact), ..entry(member, "x", "2022-01-01") }
}

fn scored(member: &str, value: &str) -> v1::Fact {
    let (name, period) = ("x".into(), "2022".into());
    of(member, v1::fact::Fact::Metric(v1::Metric { name, period, value: decimal(value) }))
}

async fn prepared(on: &Served) {
    let mut records = units();
    records.push(unit(RecordKind::Compound, "k-02", reference(RecordKind::Community, "c-01")));
    records.extend(
        [("m1", "k-01"), ("m2", "k-01"), ("m3", "k-02"), ("m4", "k-02")]
            .map(|it| member(it.0, it.1)),
    );
    assert_eq!(on.upsert("county", records).await.items, []);
    publish(on, "s", SCHEME).await.unwrap();
    let bad = v1::Finding {
        finding: "bad".into(),
        effective_from: crate::harness::date("2022-05-01"),
        effective_until: None,
    };
    let facts = vec![
        scored("m1", "95"),
        of("m1", v1::fact::Fact::Finding(bad)),
        scored("m2", "92"),
        scored("m3", "92"),
        scored("m4", "80"),
    ];
    let answer = on.facts().record_facts(record_facts("facts", facts)).await.unwrap();
    assert_eq!(answer.into_inner().counts.unwrap().refused, 0);
}

async fn computed(on: &Served, request_id: &str) -> v1::Run {
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        scheme_id: "test.pooled".into(),
        period: "2022".into(),
        ..Default::default()
    };
    let run = on.evaluations().start_run(request).await.unwrap().into_inner().run.unwrap();
    assert!(on.app.work_once("tests").await.unwrap());
    let request = v1::GetRunRequest { county: COUNTY.into(), run_id: run.run_id };
    on.evaluations().get_run(request).await.unwrap().into_inner().run.unwrap()
}

/// What a result's explanation says of seats, with its status and grade.
async fn explained(on: &Served, run: &v1::Run, subject: &str) -> String {
    let request = v1::ExplainResultRequest {
        county: COUNTY.into(),
        run: Some(v1::RunSelector { selector: Some(Selector::RunId(run.run_id.clone())) }),
        subject_id: subject.into(),
    };
    let told = on.evaluations().explain_result(request).await.unwrap().into_inner();
    let seats = told.steps.iter().filter(|it| it.stage() == v1::ExplainedStage::Seat);
    let seats: Vec<String> = seats.map(|it| it.how.clone().unwrap().en).collect();
    let result = told.result.unwrap();
    format!("{} {}: {}", result.status().as_str_name(), result.grade(), seats.join("; "))
}

#[tokio::test]
async fn a_pool_s_tie_is_decided_in_the_street_s_name_and_the_left_seat_is_told() {
    let url = postgres::schema("pools_year").await;
    let mut digests = Vec::new();
    for on in [served().await, served_over(&url).await] {
        prepared(&on).await;
        let open = computed(&on, "open").await;
        let row = &open.quotas[0].groups[0];
        assert_eq!((row.group.as_str(), row.members, row.seats), ("guishan", 4, 1));
        assert_eq!(row.pooled_groups, ["k-01", "k-02"]);
        assert_eq!(open.quotas[0].groups.len(), 1);
        assert_eq!(
            explained(&on, &open, "m2").await,
            "RESULT_STATUS_TIE_OPEN : equal in every key at the line of `excellent` in guishan: a recorded decision is needed"
        );
        assert_eq!(
            explained(&on, &open, "m1").await,
            "RESULT_STATUS_FINAL competent: 95.00 without vetoes is above the line of `excellent`: barred, it takes no seat"
        );
        let decision = v1::Fact {
            subject: None,
            fact: Some(v1::fact::Fact::Decision(v1::Decision {
                scheme_id: "test.pooled".into(),
                for_grade: "excellent".into(),
                within_group: "guishan".into(),
                order: vec!["m3".into(), "m2".into()],
                period: "2022".into(),
                decided_by: "street".into(),
                reason: "街道审议".into(),
            })),
            ..entry("m1", "x", "2022-01-01")
        };
        let answer = on.facts().record_facts(record_facts("tie", vec![decision])).await.unwrap();
        assert_eq!(answer.into_inner().counts.unwrap().recorded, 1);
        let run = computed(&on, "decided").await;
        assert_eq!(
            explained(&on, &run, "m3").await,
            "RESULT_STATUS_FINAL excellent: holds a seat of excellent; 1 ahead of it barred from `excellent` take no seat: this one was left by them"
        );
        assert_eq!(
            explained(&on, &run, "m2").await,
            "RESULT_STATUS_FINAL competent: qualifies for `excellent`, and no seat of it was left"
        );
        assert_eq!(explained(&on, &run, "m4").await, "RESULT_STATUS_FINAL competent: ");
        digests.push((open.result_digest, run.result_digest));
    }
    assert_eq!(digests[0], digests[1], "the same on both stores");
}
