//! The year that the county's document works out with pencil and paper, told to the service in several
//! orders, on both stores.
//!
//! ```text
//! k-017 59 days: January 2x2 = 4, February 4x2 = 8 -> 6: 10
//! k-020 307 days: March 1x3 = 3, June 2x3 = 6 (version 1), July 3x4 = 12 -> 10 (version 2): 19;
//!       duty 4.5 confirmed, 5 that nobody confirmed; five times help of September reversed: 23.5
//! (59x10 + 307x23.5) / 366 = 7804.5 / 366; due 29 March, came 1 April: 3 days late, -1; voice 9.5
//! compound 60 + 7804.5/366 - 1 + 9.5; unit of December, its later report: 88 of 100
//! 44 + (68.5 + 7804.5/366) / 2 = 130167/1464 = 88.9118... -> 88.91; the case costs the honours
//! ```

use steelyard::{
    app::run::{self, RunSelector},
    proto::v1::{self, run_selector::Selector},
};

use super::world::{county, publish, result, reverse, stores, tell, year};
use crate::harness::{COUNTY, Served};

/// Orders in which the facts are told: as listed, backwards, and two shuffles.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let forwards: Vec<usize> = (0..count).collect();
    let backwards = forwards.iter().rev().copied().collect();
    let by = |step: usize| (0..count).map(|it| (it * step + 3) % count).collect();
    // 15 facts: steps without a common factor meet each once.
    vec![forwards.clone(), backwards, by(7), by(11)]
}

async fn confirm(served: &Served, fact_id: &str) {
    let check = v1::EntryToCheck {
        fact_id: fact_id.into(),
        verdict: v1::EntryVerdict::Confirmed.into(),
        reason: String::new(),
        checked_by: "secretary".into(),
    };
    let request = v1::CheckEntriesRequest {
        county: COUNTY.into(),
        request_id: "confirm".into(),
        items: vec![check],
    };
    let answer = served.entries().check_entries(request).await.unwrap().into_inner();
    assert_eq!(answer.counts.unwrap().recorded, 1, "{:?}", answer.items);
}

async fn loaded(url: &str, order: &[usize]) -> Served {
    let served = county(url).await;
    let facts = year();
    for index in order {
        let (name, fact) = facts[*index].clone();
        let id = tell(&served, name, fact).await;
        match name {
            "wrong" => reverse(&served, &id).await,
            "duty-1" => confirm(&served, &id).await,
            _ => (),
        }
    }
    served
}

#[tokio::test]
async fn the_year_gets_the_number_of_pencil_and_paper_in_every_order_on_both_stores() {
    let mut digests = Vec::new();
    for (number, order) in orders(year().len()).into_iter().enumerate() {
        for url in stores(&format!("golden_{number}")).await {
            let served = loaded(&url, &order).await;
            let run_id = publish(&served, "year").await;
            let result = result(&served, &run_id, "m-1").await;
            assert_eq!(result.score.clone().unwrap().value, "88.91", "{order:?} on {url}");
            assert_eq!(result.grade.as_deref(), Some("competent"));
            assert_eq!(result.honours(), v1::Honours::Barred);
            let reasons: Vec<_> = result.reasons.iter().map(|it| it.code.as_str()).collect();
            assert_eq!(reasons, ["honours_barred"]);
            assert_eq!(result.reasons[0].params["facts"], "negative_conduct");
            assert_eq!(result.groups["compound"], "k-020");
            digests.push(result.digest.clone());
            explained(&served, &run_id).await;
            let selector = RunSelector::Id(run_id);
            let proof = run::verify(&*served.app.store, COUNTY, &selector).await.unwrap();
            assert!(proof.findings.is_empty(), "{:?}", proof.findings);
        }
    }
    assert_eq!(digests.len(), 8);
}

/// The explanation says the same by exact fractions, and where they come from.
async fn explained(served: &Served, run_id: &str) {
    let request = v1::ExplainResultRequest {
        county: COUNTY.into(),
        run: Some(v1::RunSelector { selector: Some(Selector::RunId(run_id.into())) }),
        subject_id: "m-1".into(),
    };
    let answer = served.evaluations().explain_result(request).await.unwrap().into_inner();
    let root = answer.root.unwrap();
    let compound = &root.children[1];
    assert_eq!(compound.value.as_ref().unwrap().exact, "21917/244");
    let points = &compound.children[0];
    assert_eq!(points.kind, "scheduled");
    // 7804.5 / 366 in lowest terms.
    assert_eq!(points.value.as_ref().unwrap().exact, "5203/244");
    let how = points.how.as_ref().unwrap();
    assert!(how.zh.contains("k-017：10，居住 59 天"), "{}", how.zh);
    assert!(how.zh.contains("k-020：23.5，居住 307 天"), "{}", how.zh);
    assert!(how.en.contains("version 2 of its point schedule, from 2024-07-01"), "{}", how.en);
    let tried: Vec<&str> =
        points.tried_not_held.iter().map(|it| it.text.as_ref().unwrap().zh.as_str()).collect();
    assert!(tried.iter().any(|it| it.contains("未经第二人核实")), "{tried:?}");
}

#[tokio::test]
async fn who_has_no_unit_score_is_incomplete_with_the_reason_named() {
    for url in stores("incomplete").await {
        let served = loaded(&url, &[0, 1, 2]).await;
        let run_id = publish(&served, "year").await;
        let result = result(&served, &run_id, "m-1").await;
        assert_eq!(result.status(), v1::ResultStatus::Incomplete);
        assert_eq!(result.score, None);
        assert_eq!(result.reasons[0].code, "missing");
        assert_eq!(result.reasons[0].params["node"], "unit");
        assert!(result.reasons[0].text.as_ref().unwrap().zh.contains("缺失不等于零分"));
    }
}
