//! Years close by date and by publication; what comes later says why, and takes effect by a run that
//! supersedes, with everybody whom it affects.

use steelyard::proto::v1;

use super::world::{
    check_in, compute, county, deed, publish, report, result, reverse, stores, tell, told,
};
use crate::harness::{COUNTY, Served};

async fn late_facts(served: &Served) -> v1::ListLateFactsResponse {
    let request = v1::ListLateFactsRequest {
        county: COUNTY.into(),
        scheme_id: super::world::ID.into(),
        period: super::world::YEAR.into(),
        ..Default::default()
    };
    served.facts().list_late_facts(request).await.unwrap().into_inner()
}

fn late(fact: v1::Fact) -> v1::Fact {
    v1::Fact { late_reason: "年后补报".into(), ..fact }
}

#[tokio::test]
async fn a_year_closes_by_its_day() {
    for url in stores("by_day").await {
        let served = county(&url).await;
        let deed = |on| deed("m-1", "volunteering", on, "1", "");
        served.clock.set("2025-01-31T15:59:59.999999Z");
        tell(&served, "last-moment", deed("2024-01-05")).await;
        served.clock.set("2025-01-31T16:00:00Z");
        let item = told(&served, "next-day", deed("2024-01-06")).await;
        assert_eq!(item.reason, "PERIOD_CLOSED", "1 February in the county");
        assert!(item.text.unwrap().zh.contains("截止"));
        let item = told(&served, "report", report("m-1", "u-07", "80", "100", 1_738_400_000)).await;
        assert_eq!(item.reason, "PERIOD_CLOSED");
        tell(&served, "this-year", self::check_in("m-1", "k-020", "2025-01-05")).await;
        tell(&served, "with-reason", late(deed("2024-01-06"))).await;
    }
}

#[tokio::test]
async fn a_year_closes_by_publication_and_late_facts_go_into_a_supersession() {
    for url in stores("by_publication").await {
        let served = county(&url).await;
        for (name, member) in [("r1", "m-1"), ("r2", "m-2")] {
            let unit = if member == "m-1" { "u-07" } else { "u-03" };
            tell(&served, name, report(member, unit, "80", "100", 1_735_000_000)).await;
            let compound = if member == "m-1" { "k-020" } else { "k-017" };
            tell(&served, &format!("in-{name}"), check_in(member, compound, "2024-03-29")).await;
        }
        let wrong = tell(&served, "w", deed("m-2", "volunteering", "2024-02-03", "1", "")).await;
        let old = publish(&served, "first").await;
        let before = result(&served, &old, "m-1").await;
        let more = deed("m-1", "volunteering", "2024-01-05", "3", "");
        let item = told(&served, "closed", more.clone()).await;
        assert_eq!(item.reason, "PERIOD_CLOSED");
        assert!(item.text.unwrap().zh.contains("已公布"));
        assert_eq!(late_facts(&served).await.facts, []);
        tell(&served, "late", late(more)).await;
        reverse(&served, &wrong).await;
        // What is published stays as it was.
        assert_eq!(result(&served, &old, "m-1").await, before);
        let page = late_facts(&served).await;
        let listed: Vec<_> = page
            .facts
            .iter()
            .map(|it| {
                (
                    it.subject.as_ref().unwrap().id.as_str(),
                    it.late_reason.as_str(),
                    !it.reversed_by.is_empty(),
                )
            })
            .collect();
        assert_eq!(listed, [("m-1", "年后补报", false), ("m-2", "", true)]);
        assert_eq!(page.run_id, old);
        let new = compute(&served, "again").await;
        let supersede = v1::SupersedeRunRequest {
            county: COUNTY.into(),
            request_id: "supersede".into(),
            old_run_id: old.clone(),
            new_run_id: new.clone(),
            reason: "补报及冲销".into(),
            validate_only: false,
        };
        let answer = served.evaluations().supersede_run(supersede).await.unwrap().into_inner();
        let affected: Vec<_> =
            answer.changes.iter().map(|it| it.subject.as_ref().unwrap().id.as_str()).collect();
        assert_eq!(affected, ["m-1", "m-2"]);
        assert_eq!(late_facts(&served).await.facts, [], "the new run knows them");
    }
}

#[tokio::test]
async fn who_loses_the_honours_alone_is_among_those_affected() {
    let served = county("sqlite::memory:").await;
    for (name, fact) in super::world::year() {
        if name != "case" {
            tell(&served, name, fact).await;
        }
    }
    let old = publish(&served, "first").await;
    assert_eq!(result(&served, &old, "m-1").await.honours(), v1::Honours::Eligible);
    let fees = super::world::case("m-1", "fees", "2024-08-10", "2024-08-31");
    tell(&served, "case", late(fees)).await;
    let new = compute(&served, "again").await;
    let supersede = v1::SupersedeRunRequest {
        county: COUNTY.into(),
        request_id: "preview".into(),
        old_run_id: old,
        new_run_id: new,
        reason: "补报".into(),
        validate_only: true,
    };
    let answer = served.evaluations().supersede_run(supersede).await.unwrap().into_inner();
    assert_eq!(answer.changes.len(), 1);
    let change = &answer.changes[0];
    assert_eq!(
        (change.honours_before(), change.honours_after()),
        (v1::Honours::Eligible, v1::Honours::Barred)
    );
    assert_eq!(change.score_before, change.score_after);
}
