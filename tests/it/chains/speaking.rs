//! Proposing, adjusting and confirming: who is next, what is refused, and what is in force.

use steelyard::proto::v1::{self, CaseState};
use tonic::Code;

use super::{adjust, begun, cases, confirm, in_the_way, on_both, propose};
use crate::harness::{COUNTY, Served, by, decimal, reason};

on_both!(
    a_value_is_proposed_adjusted_and_confirmed,
    out_of_order_is_refused_with_the_cases,
    points_and_items_are_those_of_the_scheme,
    beyond_the_band_a_reason_is_asked_and_the_case_listed,
    a_part_that_is_left_out_takes_no_value,
    values_come_through_the_chain_alone,
);

async fn a_value_is_proposed_adjusted_and_confirmed(on: &Served) {
    begun(on).await;
    let said = [("p-1", "leaders", "50", ""), ("p-1", "daily", "30.25", "")];
    let found = propose(on, "c-01", "1", &said).await.unwrap();
    let stand = |it: &v1::AppraisalCase| (it.state(), it.next_level.clone(), it.in_force.clone());
    assert_eq!(stand(&found[0]), (CaseState::Proposed, "street".into(), decimal("50")));
    assert_eq!(stand(&found[1]), (CaseState::Proposed, "county".into(), decimal("30.25")));
    // A repeat of the request is the first answer.
    assert_eq!(propose(on, "c-01", "1", &said).await.unwrap(), found);
    let found = adjust(on, "guishan", "2", &[("p-1", "leaders", "47.5", "")]).await.unwrap();
    assert_eq!(stand(&found[0]), (CaseState::Adjusted, "county".into(), decimal("47.5")));
    // As it stands.
    let said = [("p-1", "leaders", "", ""), ("p-1", "daily", "", "")];
    let found = confirm(on, "department", "3", &said).await.unwrap();
    assert_eq!(stand(&found[0]), (CaseState::Confirmed, String::new(), decimal("47.5")));
    assert_eq!(stand(&found[1]), (CaseState::Confirmed, String::new(), decimal("30.25")));
    let values: Vec<_> = found[0]
        .values
        .iter()
        .map(|it| (it.level.as_str(), it.decided_by.as_str(), it.recorded_by.as_str()))
        .collect();
    assert_eq!(
        values,
        [
            ("community", "c-01-official", "c-01"),
            ("street", "guishan-official", "guishan"),
            ("county", "department-official", "department"),
        ]
    );
    let listed = cases(on, "c-01", v1::ListCasesRequest::default()).await.unwrap();
    assert_eq!(listed.iter().find(|it| it.item == "leaders").unwrap(), &found[0]);
    // The ledger has them as facts.
    let request = v1::ListFactsRequest { county: COUNTY.into(), ..Default::default() };
    let facts = on.facts().list_facts(by("department", request)).await.unwrap().into_inner().facts;
    assert_eq!(facts.len(), 5);
}

async fn out_of_order_is_refused_with_the_cases(on: &Served) {
    begun(on).await;
    propose(on, "c-01", "1", &[("p-1", "daily", "30", "")]).await.unwrap();
    // Nothing proposed; and of the other, a case that is.
    let said = [("p-1", "leaders", "40", ""), ("p-1", "daily", "", ""), ("p-2", "daily", "30", "")];
    let status = confirm(on, "department", "2", &said).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status)),
        (Code::FailedPrecondition, "CASE_NOT_PROPOSED".into())
    );
    let expected = ["CASE_NOT_PROPOSED p-1/leaders", "CASE_NOT_PROPOSED p-2/daily"];
    assert_eq!(in_the_way(&status), expected);
    assert!(status.message().contains("`p-1/leaders`"), "{}", status.message());
    // All or none: the case between them is as it was.
    let listed = cases(on, "department", v1::ListCasesRequest::default()).await.unwrap();
    let daily = listed.iter().find(|it| it.item == "daily").unwrap();
    assert_eq!(daily.state(), CaseState::Proposed);
    // A community may change its mind until the street has spoken.
    let said = [("p-1", "leaders", "50", "")];
    propose(on, "c-01", "3", &said).await.unwrap();
    propose(on, "c-01", "4", &[("p-1", "leaders", "51", "")]).await.unwrap();
    adjust(on, "guishan", "5", &[("p-1", "leaders", "52", "")]).await.unwrap();
    let status = propose(on, "c-01", "6", &said).await.unwrap_err();
    assert_eq!(in_the_way(&status), ["CASE_ADJUSTED p-1/leaders"]);
    // The street may, until the county has.
    adjust(on, "guishan", "7", &[("p-1", "leaders", "53", "")]).await.unwrap();
    confirm(on, "department", "8", &[("p-1", "leaders", "", "")]).await.unwrap();
    for status in [
        propose(on, "c-01", "9", &said).await.unwrap_err(),
        adjust(on, "guishan", "10", &said).await.unwrap_err(),
        confirm(on, "department", "11", &said).await.unwrap_err(),
    ] {
        assert_eq!(in_the_way(&status), ["CASE_CONFIRMED p-1/leaders"]);
    }
    let status = adjust(on, "guishan", "12", &[("p-1", "daily", "30", "")]).await.unwrap_err();
    assert_eq!(in_the_way(&status), ["LEVEL_UNKNOWN p-1/daily"]);
}

async fn points_and_items_are_those_of_the_scheme(on: &Served) {
    begun(on).await;
    let said = [
        ("p-1", "leaders", "60.0001", ""),
        ("p-1", "daily", "-0.0001", ""),
        ("p-2", "none", "1", ""),
        ("p-2", "total", "1", ""),
    ];
    let status = propose(on, "c-01", "1", &said).await.unwrap_err();
    let expected = [
        "POINTS_OUT_OF_RANGE p-1/leaders",
        "POINTS_OUT_OF_RANGE p-1/daily",
        "NOTHING_PROPOSED p-2/none",
        "NOTHING_PROPOSED p-2/total",
    ];
    assert_eq!(in_the_way(&status), expected);
    let ends = [("p-1", "leaders", "60", ""), ("p-1", "daily", "0", "")];
    propose(on, "c-01", "2", &ends).await.unwrap();
}

async fn beyond_the_band_a_reason_is_asked_and_the_case_listed(on: &Served) {
    begun(on).await;
    let said = [("p-1", "leaders", "50", ""), ("p-2", "leaders", "50", "")];
    propose(on, "c-01", "1", &said).await.unwrap();
    let said = [("p-1", "leaders", "44.9999", ""), ("p-2", "leaders", "45", "")];
    let status = adjust(on, "guishan", "2", &said).await.unwrap_err();
    assert_eq!(in_the_way(&status), ["ADJUSTMENT_UNEXPLAINED p-1/leaders"]);
    let said = [("p-1", "leaders", "44.9999", "走访不足"), ("p-2", "leaders", "45", "")];
    adjust(on, "guishan", "3", &said).await.unwrap();
    let beyond = v1::ListCasesRequest { beyond_band_only: true, ..Default::default() };
    let listed = cases(on, "department", beyond).await.unwrap();
    assert_eq!(listed.len(), 1);
    let value = &listed[0].values[1];
    assert_eq!((value.beyond_band, value.reason.as_str()), (true, "走访不足"));
    let cohort = super::cohorts(on, "department").await.unwrap().remove(0);
    assert_eq!((cohort.adjusted, cohort.beyond_band), (2, 1));
}

async fn a_part_that_is_left_out_takes_no_value(on: &Served) {
    begun(on).await;
    let state = v1::Fact {
        subject: Some(v1::SubjectRef { kind: v1::SubjectKind::Post.into(), id: "p-1".into() }),
        recorded_by: "department".into(),
        fact: Some(v1::fact::Fact::NodeState(v1::NodeState {
            node: "daily".into(),
            period: "2022".into(),
            state: v1::NodeStateKind::Excused.into(),
            reason: "产假".into(),
        })),
        ..Default::default()
    };
    let request = v1::RecordFactsRequest {
        county: COUNTY.into(),
        request_id: "s".into(),
        facts: vec![state],
    };
    let answer = on.facts().record_facts(request).await.unwrap().into_inner();
    assert_eq!(answer.counts.unwrap().recorded, 1, "{:?}", answer.items);
    let status = propose(on, "c-01", "1", &[("p-1", "daily", "30", "")]).await.unwrap_err();
    assert_eq!(in_the_way(&status), ["CASE_LEFT_OUT p-1/daily"]);
    let filter = v1::ListCasesRequest { state: CaseState::LeftOut.into(), ..Default::default() };
    let listed = cases(on, "department", filter).await.unwrap();
    let named: Vec<_> =
        listed.iter().map(|it| (it.subject_id.as_str(), it.item.as_str())).collect();
    assert_eq!(named, [("p-1", "daily")]);
}

async fn values_come_through_the_chain_alone(on: &Served) {
    begun(on).await;
    let found = propose(on, "c-01", "1", &[("p-1", "daily", "30", "")]).await.unwrap();
    let fact_id = found[0].values[0].fact_id.clone();
    let reverse = v1::ReverseFactRequest {
        county: COUNTY.into(),
        request_id: "r".into(),
        fact_id: fact_id.clone(),
        reason: "误记".into(),
        recorded_by: "clerk".into(),
        evidence: Vec::new(),
    };
    let status = on.facts().reverse_fact(reverse).await.unwrap_err();
    assert_eq!(reason(&status), "PROPOSAL_IN_APPRAISAL");
}
