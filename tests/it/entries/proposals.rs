//! Values of appraisals in the ledger (S2): listed, evaluated, and neither recorded nor reversed by
//! the service of facts.

use steelyard::{
    domain::time::Moment,
    proto::v1::{self, fact::Fact as Kind},
    store::{Fact, FactKind},
};

use super::{both, listed};
use crate::{
    harness::{COUNTY, Served, decimal, reason},
    scheme_rpc::publish,
};

const SCHEME: &str = "steelyard: scheme/v1
id: county.proposed
version: 1
subject: member
period: year
in_force: {from: 2022-01-01}
score: {id: r, out_of: 100, sum: [{id: leaders, out_of: 100, proposed: {by: [community, street], band: 5}}]}
";

/// A proposal as an appraisal records it.
fn proposed(level: &str, points: i64, reason: &str) -> Fact {
    Fact {
        name: level.to_owned(),
        period: "2022".to_owned(),
        amount_a: Some(points),
        by_whom: format!("u-{level}"),
        at: Some(Moment::parse("2022-12-20T01:00:00Z").unwrap()),
        detail: reason.to_owned(),
        recorded_by: "clerk".to_owned(),
        ..Fact::of(FactKind::Proposal, "member", "m1", "leaders")
    }
}

async fn stored(served: &Served, facts: &[Fact]) {
    let mut tx = served.app.store.begin().await.unwrap();
    tx.lock_county(COUNTY, Moment::parse("2023-01-06T00:00:00Z").unwrap()).await.unwrap();
    tx.insert_facts(COUNTY, "appraisal", facts).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn values_of_appraisals_are_listed_and_evaluated_and_stand() {
    for served in both("entries_proposals").await {
        publish(&served, "s", SCHEME).await.unwrap();
        let rows = [proposed("community", 880_000, ""), proposed("street", 805_000, "核实")];
        stored(&served, &rows).await;
        let found = listed(&served, "m1").await;
        let kinds: Vec<Kind> = found.iter().filter_map(|it| it.fact.clone()).collect();
        let told = |level: &str, points: &str, reason: &str| {
            Kind::Proposal(v1::Proposal {
                item: "leaders".into(),
                period: "2022".into(),
                level: level.into(),
                proposed_by: format!("u-{level}"),
                points: decimal(points),
                reason: reason.into(),
                at: Some("2022-12-20T01:00:00Z".parse().unwrap()),
            })
        };
        assert_eq!(kinds, [told("community", "88", ""), told("street", "80.5", "核实")]);
        let request = v1::ReverseFactRequest {
            county: COUNTY.into(),
            request_id: "r".into(),
            fact_id: found[1].fact_id.clone(),
            reason: "登记有误".into(),
            recorded_by: "clerk".into(),
            evidence: Vec::new(),
        };
        let status = served.facts().reverse_fact(request).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::FailedPrecondition);
        assert_eq!(reason(&status), "PROPOSAL_IN_APPRAISAL");
        let start = v1::StartRunRequest {
            county: COUNTY.into(),
            request_id: "run".into(),
            scheme_id: "county.proposed".into(),
            period: "2022".into(),
            ..Default::default()
        };
        let run = served.evaluations().start_run(start).await.unwrap().into_inner().run.unwrap();
        assert!(served.app.work_once("tests").await.unwrap());
        let asked = v1::ListResultsRequest {
            county: COUNTY.into(),
            run: Some(v1::RunSelector {
                selector: Some(v1::run_selector::Selector::RunId(run.run_id)),
            }),
            ..Default::default()
        };
        let results = served.evaluations().list_results(asked).await.unwrap().into_inner().results;
        let own = results.iter().find(|it| it.subject.as_ref().unwrap().id == "m1").unwrap();
        assert_eq!(own.score, decimal("80.50"));
    }
}
