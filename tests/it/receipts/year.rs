//! A small county with a published run that takes another's results.

use std::sync::Arc;

use steelyard::{
    app::run::{self, RunProof, RunSelector},
    proto::v1::{self, run_selector::Selector},
    sign::{ReceiptKeys, SigningKey},
};

use crate::harness::{
    COUNTY, Served, date, decimal, entry, member, record_facts, served_as, units,
};

/// The branch's part, imported.
const UNIT: &str = "
steelyard: scheme/v1
id: test.unit
version: 1
title: 单位
subject: member
period: year
in_force: {from: 2022-01-01}
score: {id: unit, out_of: 100, imported: {source: unit_branch}}
";

/// Half of it from the other scheme, half counted.
pub(crate) const DUAL: &str = "
steelyard: scheme/v1
id: test.dual
version: 1
title: 双积分
subject: member
period: year
in_force: {from: 2022-01-01}
score:
  id: dual
  out_of: 100
  weighted:
    - {id: unit, weight: 50%, out_of: 100, result_of: {scheme: test.unit, of: self}}
    - id: compound
      weight: 50%
      out_of: 100
      base: 60
      clamp: [0, 100]
      sum:
        - {id: volunteering, counted: {points: 2, caps: [{per: month, at_most: 6}, {per: year, at_most: 20}]}}
        - {id: neighbours, out_of: 20, compared: {node: volunteering, within: compound, with: best}}
grades:
  - {id: excellent, at_least: 80, seats: {share: 50%, of: subjects, within: compound, rounding: floor}}
  - {id: competent, at_least: 60}
  - {id: incompetent}
ranking: {within: [compound, county], by: [score]}
awards:
  - {id: prize, amount: '2000.00', when: {grade: excellent}, to: person}
";

pub(crate) const MEMBERS: [&str; 4] = ["m1", "m2", "m3", "m4"];

pub(crate) fn import(member: &str, raw: &str) -> v1::Fact {
    v1::Fact {
        fact: Some(v1::fact::Fact::Imported(v1::Import {
            source: "unit_branch".into(),
            period: "2022".into(),
            raw: decimal(raw),
            full: decimal("50"),
            bonus: false,
            ..Default::default()
        })),
        ..entry(member, "volunteering", "2022-01-01")
    }
}

pub(crate) fn times(member: &str, on: &str, times: &str) -> v1::Fact {
    v1::Fact {
        fact: Some(v1::fact::Fact::Entry(v1::Entry {
            item: "volunteering".into(),
            on: date(on),
            times: decimal(times),
            points: None,
        })),
        ..entry(member, "volunteering", on)
    }
}

/// A county whose two schemes were run; the second is published, and its id is answered.
pub(crate) async fn published(url: &str) -> (Served, String) {
    let keys = Arc::new(ReceiptKeys::only(Arc::new(SigningKey::generate().unwrap())));
    let served = served_as(url, |app| app.with_receipt_keys(keys)).await;
    let mut records = units();
    records.extend(MEMBERS.map(member));
    assert_eq!(served.upsert("county", records).await.items, []);
    for (request, document) in [("unit", UNIT), ("dual", DUAL)] {
        publish_scheme(&served, request, document).await;
    }
    let imports = MEMBERS.iter().zip(["45", "45", "40", "30"]).map(|it| import(it.0, it.1));
    record(&served, "imports", imports.collect()).await;
    let alone =
        [("e1", "m1", "2022-03-05"), ("e2", "m2", "2022-03-06"), ("e3", "m3", "2022-05-01")];
    for (request, member, on) in alone {
        record(&served, request, vec![times(member, on, "3")]).await;
    }
    record(&served, "wrong", vec![times("m4", "2022-06-01", "9")]).await;
    let reverse = v1::ReverseFactRequest {
        county: COUNTY.into(),
        request_id: "reverse".into(),
        fact_id: "f8".into(),
        reason: "录入有误".into(),
        recorded_by: "clerk".into(),
        ..Default::default()
    };
    served.facts().reverse_fact(reverse).await.unwrap();
    run_and_publish(&served, "test.unit", "unit").await;
    let run = run_and_publish(&served, "test.dual", "dual").await;
    (served, run)
}

pub(crate) async fn publish_scheme(served: &Served, request_id: &str, document: &str) {
    let publish = v1::PublishSchemeRequest {
        county: COUNTY.into(),
        request_id: format!("scheme-{request_id}"),
        document: document.into(),
    };
    served.schemes().publish_scheme(publish).await.unwrap();
}

pub(crate) async fn record(served: &Served, request_id: &str, facts: Vec<v1::Fact>) {
    let count = i64::try_from(facts.len()).unwrap();
    let done = served.facts().record_facts(record_facts(request_id, facts)).await.unwrap();
    assert_eq!(done.into_inner().counts.unwrap().recorded, count);
}

/// Carries a run out, and answers its id.
pub(crate) async fn computed(served: &Served, scheme: &str, request_id: &str) -> String {
    let start = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("start-{request_id}"),
        scheme_id: scheme.into(),
        period: "2022".into(),
        ..Default::default()
    };
    let run = served.evaluations().start_run(start).await.unwrap().into_inner().run.unwrap();
    assert!(served.app.work_once("tests").await.unwrap());
    run.run_id
}

pub(crate) async fn run_and_publish(served: &Served, scheme: &str, request_id: &str) -> String {
    let run_id = computed(served, scheme, request_id).await;
    let publish = v1::PublishRunRequest {
        county: COUNTY.into(),
        request_id: format!("publish-{request_id}"),
        run_id: run_id.clone(),
    };
    let done = served.evaluations().publish_run(publish).await.unwrap().into_inner().run.unwrap();
    assert_eq!(done.state(), v1::RunState::Published, "{:?}", done.failure);
    run_id
}

pub(crate) fn by_id(run: &str) -> Option<v1::RunSelector> {
    Some(v1::RunSelector { selector: Some(Selector::RunId(run.into())) })
}

pub(crate) async fn proof(served: &Served, run: &str) -> RunProof {
    let selector = RunSelector::Id(run.to_owned());
    run::verify(&*served.app.store, COUNTY, &selector).await.unwrap()
}

pub(crate) fn told(proof: &RunProof) -> String {
    proof.findings.iter().map(|it| format!("{it}\n")).collect()
}
