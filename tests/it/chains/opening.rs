//! Opening chains, and what is no chain.

use steelyard::proto::v1::{self, RecordKind};
use tonic::{Code, Status};

use super::{COMMUNITIES, SECRETARIES, begun, on_both, open, publish, scheme};
use crate::harness::{COUNTY, Served, by, reason};

on_both!(
    a_chain_goes_upwards_and_is_one,
    what_cannot_be_a_chain_is_refused,
    faults_are_told_at_once
);

async fn a_chain_goes_upwards_and_is_one(on: &Served) {
    let chain = open(on, "y", &[COMMUNITIES, SECRETARIES]).await.unwrap();
    let steps: Vec<_> = chain.steps.iter().map(|it| (it.scheme_id.as_str(), it.cohort())).collect();
    // Whatever the order asked for, the step below comes first.
    assert_eq!(steps, [(SECRETARIES, RecordKind::Community), (COMMUNITIES, RecordKind::Street)]);
    assert_eq!((chain.period.as_str(), chain.opened_by.as_str()), ("2022", "department"));
    // The same again, under another request id.
    let request = v1::OpenChainRequest {
        county: COUNTY.into(),
        request_id: "again".into(),
        chain_id: "y".into(),
        period: "2022".into(),
        scheme_ids: vec![SECRETARIES.into(), COMMUNITIES.into()],
    };
    let again = on.chains().open_chain(by("department", request)).await.unwrap().into_inner();
    assert_eq!(again.chain.unwrap(), chain);
    // Another of that name, and another with one of its schemes in that period.
    for (id, schemes) in [("y", [SECRETARIES].as_slice()), ("z", &[COMMUNITIES])] {
        let status = open(on, &format!("other-{id}"), schemes).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::AlreadyExists, "CHAIN_EXISTS".into()));
    }
    let request = v1::GetChainRequest { county: COUNTY.into(), chain_id: "y".into() };
    let got = on.chains().get_chain(by("c-01", request)).await.unwrap().into_inner();
    assert_eq!(got.chain.unwrap(), chain);
    let request = v1::GetChainRequest { county: COUNTY.into(), chain_id: "none".into() };
    let status = on.chains().get_chain(by("c-01", request)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::NotFound, "CHAIN_NOT_FOUND".into()));
}

async fn refused(on: &Served, scheme: &str) -> String {
    let status: Status = open(on, scheme, &[scheme]).await.unwrap_err();
    reason(&status)
}

async fn what_cannot_be_a_chain_is_refused(on: &Served) {
    let leaf =
        |by: &str| format!("  sum: [{{id: leaders, out_of: 100, proposed: {{by: {by}}}}}]\n");
    let title = "branch_secretary";
    for (id, cohort, levels) in [
        ("test.without", "", "[community, county]"),
        ("test.single", "cohort: community\n", "[county]"),
        ("test.downwards", "cohort: community\n", "[street, community]"),
        ("test.below", "cohort: street\n", "[community, county]"),
        ("test.office", "cohort: county\n", "[department, county]"),
    ] {
        publish(on, scheme(id, title, cohort, &leaf(levels))).await;
    }
    assert_eq!(refused(on, "test.without").await, "COHORT_NOT_SAID");
    assert_eq!(refused(on, "test.single").await, "LEVELS_TOO_FEW");
    assert_eq!(refused(on, "test.downwards").await, "LEVELS_OUT_OF_ORDER");
    assert_eq!(refused(on, "test.below").await, "LEVELS_OUT_OF_ORDER");
    assert_eq!(refused(on, "test.none").await, "SCHEME_NOT_FOUND");
    // One post, two schemes, one name: whose value would it be?
    publish(on, scheme("test.twice", title, "cohort: street\n", &leaf("[street, county]"))).await;
    let status = open(on, "twice", &["test.twice", SECRETARIES]).await.unwrap_err();
    assert_eq!(
        (reason(&status), status.message().contains("`leaders`")),
        ("ITEM_SHARED".into(), true)
    );
    // An office of the county stands with the county.
    open(on, "office", &["test.office"]).await.unwrap();
    let status = open(on, "both", &[SECRETARIES]).await.unwrap_err();
    assert_eq!(reason(&status), "ITEM_SHARED", "with another chain of the period");
    for (period, why) in [("2021", "SCHEME_NOT_IN_FORCE"), ("2022-H1", "PERIOD_KIND_MISMATCH")] {
        let request = v1::OpenChainRequest {
            county: COUNTY.into(),
            request_id: period.into(),
            chain_id: "x".into(),
            period: period.into(),
            scheme_ids: vec![SECRETARIES.into()],
        };
        let status = on.chains().open_chain(by("department", request)).await.unwrap_err();
        assert_eq!(reason(&status), why);
    }
}

async fn faults_are_told_at_once(on: &Served) {
    use tonic_types::StatusExt as _;
    begun(on).await;
    let fields = |status: Status| -> Vec<String> {
        assert_eq!(status.code(), Code::InvalidArgument);
        let bad = status.get_details_bad_request().unwrap();
        bad.field_violations.into_iter().map(|it| it.field).collect()
    };
    let request = v1::OpenChainRequest {
        county: COUNTY.into(),
        period: "2022-13".into(),
        scheme_ids: vec!["a".into(), "a".into(), "?".into()],
        ..Default::default()
    };
    let status = on.chains().open_chain(by("department", request)).await.unwrap_err();
    let found = fields(status);
    for field in
        ["request_id", "chain_id", "period", "scheme_ids[0]", "scheme_ids[1]", "scheme_ids[2]"]
    {
        assert!(found.iter().any(|it| it == field), "{field} in {found:?}");
    }
    let value = |subject: &str, item: &str, points: &str| v1::CaseDecision {
        subject_id: subject.into(),
        item: item.into(),
        points: Some(steelyard::proto::google::r#type::Decimal { value: points.into() }),
        reason: "长".repeat(1_000),
    };
    let request = v1::ProposeValuesRequest {
        county: COUNTY.into(),
        values: vec![value("p-1", "", "1e3"), value("p-1", "daily", "1.23456")],
        ..Default::default()
    };
    let status = on.chains().propose_values(by("c-01", request)).await.unwrap_err();
    let found = fields(status);
    for field in [
        "request_id",
        "chain_id",
        "scheme_id",
        "decided_by",
        "values[0].item",
        "values[0].points",
        "values[0].reason",
        "values[1].points",
        "values[1].reason",
    ] {
        assert!(found.iter().any(|it| it == field), "{field} in {found:?}");
    }
}
