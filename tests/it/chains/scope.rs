//! Who speaks for a level, who sees what, and that nobody acts in two duties.

use steelyard::proto::v1::{self, RecordKind};
use tonic::Code;

use super::{adjust, begun, cases, cohorts, confirm, grant, in_the_way, on_both, propose};
use crate::harness::{COUNTY, Served, reason, reference};

on_both!(
    a_level_speaks_for_its_own_unit_alone,
    a_community_cannot_confirm_its_own_proposal,
    nobody_acts_on_a_case_in_two_duties,
    who_holds_less_than_a_cohort_does_not_open_it,
    units_see_what_lies_in_them,
);

const DAILY: [super::Said; 1] = [("p-1", "daily", "30", "")];
const LEADERS: [super::Said; 1] = [("p-1", "leaders", "50", "")];

async fn a_level_speaks_for_its_own_unit_alone(on: &Served) {
    begun(on).await;
    for who in ["c-02", "guishan", "department", "nobody"] {
        let status = propose(on, who, "1", &DAILY).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{who}");
    }
    propose(on, "c-01", "1", &LEADERS).await.unwrap();
    for who in ["c-01", "xincheng", "department"] {
        let status = adjust(on, who, "2", &LEADERS).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{who}");
    }
    adjust(on, "guishan", "2", &LEADERS).await.unwrap();
    for who in ["c-01", "guishan"] {
        let status = confirm(on, who, "3", &LEADERS).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{who}");
    }
    // A post that is not there is like one of others, but for those who see all posts.
    let none = [("p-9", "daily", "30", "")];
    let status = propose(on, "c-01", "4", &none).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    let status = confirm(on, "department", "5", &none).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::NotFound, "POST_NOT_APPRAISED".into()));
}

async fn a_community_cannot_confirm_its_own_proposal(on: &Served) {
    begun(on).await;
    // Even where somebody gives it the county's role over itself ...
    let own = reference(RecordKind::Community, "c-01");
    let request = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: "more".into(),
        principal: "c-01".into(),
        role_id: "organization_department".into(),
        unit: own,
        reason: "误授".into(),
        ..Default::default()
    };
    on.accesses().grant_role(request).await.unwrap();
    propose(on, "c-01", "1", &DAILY).await.unwrap();
    let status = confirm(on, "c-01", "2", &DAILY).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    // ... or over the county: it has acted on the case.
    let request = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: "most".into(),
        principal: "c-01".into(),
        role_id: "organization_department".into(),
        unit: reference(RecordKind::County, COUNTY),
        reason: "误授".into(),
        ..Default::default()
    };
    on.accesses().grant_role(request).await.unwrap();
    let status = confirm(on, "c-01", "3", &DAILY).await.unwrap_err();
    assert_eq!(in_the_way(&status), ["SEPARATION_OF_DUTIES p-1/daily"]);
    confirm(on, "department", "4", &DAILY).await.unwrap();
}

async fn nobody_acts_on_a_case_in_two_duties(on: &Served) {
    begun(on).await;
    // One who holds a street and the county.
    grant(on, "both", "street", reference(RecordKind::Street, "guishan")).await;
    let request = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: "both-county".into(),
        principal: "both".into(),
        role_id: "organization_department".into(),
        unit: reference(RecordKind::County, COUNTY),
        reason: "测试".into(),
        ..Default::default()
    };
    on.accesses().grant_role(request).await.unwrap();
    propose(on, "c-01", "1", &LEADERS).await.unwrap();
    adjust(on, "both", "2", &LEADERS).await.unwrap();
    let status = confirm(on, "both", "3", &LEADERS).await.unwrap_err();
    assert_eq!(reason(&status), "SEPARATION_OF_DUTIES");
    // The same official at another desk.
    let request = v1::ConfirmValuesRequest {
        county: COUNTY.into(),
        request_id: "4".into(),
        chain_id: "y".into(),
        scheme_id: super::SECRETARIES.into(),
        decided_by: "both-official".into(),
        values: super::values(&LEADERS),
    };
    let status =
        on.chains().confirm_values(crate::harness::by("department", request)).await.unwrap_err();
    assert_eq!(in_the_way(&status), ["SEPARATION_OF_DUTIES p-1/leaders"]);
    // Across: who decided below records above, who recorded below decides above; and of one's own post.
    for (who, decided_by) in [
        ("department", "c-01"),
        ("c-01-official", "somebody"),
        ("department", "x-p-1"),
        ("x-p-1", "somebody"),
    ] {
        if who != "department" {
            let county = reference(RecordKind::County, COUNTY);
            grant(on, who, "organization_department", county).await;
        }
        let request = v1::ConfirmValuesRequest {
            county: COUNTY.into(),
            request_id: format!("across-{decided_by}"),
            chain_id: "y".into(),
            scheme_id: super::SECRETARIES.into(),
            decided_by: decided_by.into(),
            values: super::values(&LEADERS),
        };
        let status =
            on.chains().confirm_values(crate::harness::by(who, request)).await.unwrap_err();
        assert_eq!(reason(&status), "SEPARATION_OF_DUTIES", "{who} {decided_by}");
    }
    confirm(on, "department", "5", &LEADERS).await.unwrap();
}

async fn who_holds_less_than_a_cohort_does_not_open_it(on: &Served) {
    begun(on).await;
    super::carried(on, "c-01", "guishan", &["p-1", "p-2"]).await;
    super::close(on, "department", "1", (super::SECRETARIES, "c-01")).await.unwrap();
    grant(on, "below", "organization_department", reference(RecordKind::Compound, "k-01")).await;
    let cases = [("p-1", "leaders")];
    let status = super::reopen(on, "below", "2", &cases).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    grant(on, "of-c-01", "organization_department", reference(RecordKind::Community, "c-01")).await;
    super::reopen(on, "of-c-01", "3", &cases).await.unwrap();
}

async fn units_see_what_lies_in_them(on: &Served) {
    begun(on).await;
    for (who, units) in [
        ("department", vec!["c-01", "c-02", "c-03", "guishan", "xincheng"]),
        ("guishan", vec!["c-01", "c-02", "guishan"]),
        ("c-01", vec!["c-01"]),
    ] {
        let found = cohorts(on, who).await.unwrap();
        let found: Vec<_> = found.iter().map(|it| it.unit.as_ref().unwrap().id.clone()).collect();
        assert_eq!(found, units, "{who}");
    }
    for (who, posts) in [("guishan", vec!["p-1", "p-2", "p-3"]), ("c-03", vec!["p-4"])] {
        let found = cases(on, who, v1::ListCasesRequest::default()).await.unwrap();
        let mut found: Vec<_> = found.into_iter().map(|it| it.subject_id).collect();
        found.dedup();
        assert_eq!(found, posts, "{who}");
    }
    let status = cohorts(on, "nobody").await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    // By page.
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListCasesRequest {
            county: COUNTY.into(),
            chain_id: "y".into(),
            scheme_id: super::SECRETARIES.into(),
            page_size: 3,
            page_token,
            ..Default::default()
        };
        let page = on.chains().list_cases(request).await.unwrap().into_inner();
        seen.extend(page.cases.into_iter().map(|it| format!("{} {}", it.subject_id, it.item)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), 8);
    assert!(seen.is_sorted());
}
