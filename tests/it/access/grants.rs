//! Grants as they are given, taken and seen; and the answers to those who may not.

use std::time::Duration;

use steelyard::proto::v1::{self, RecordKind, SubjectKind};
use tonic::{Code, Status};

use super::county::{Counties, OTHER, SUBJECTS, deed, published, registered, word};
use crate::harness::{COUNTY, by, date, reason};

fn unit(kind: RecordKind, id: &str) -> v1::RecordRef {
    v1::RecordRef { kind: kind.into(), id: id.into() }
}

/// All that a caller is told.
fn bytes(status: &Status) -> (Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}

async fn get(all: &Counties, who: &str, county: &str, kind: SubjectKind, id: &str) -> Status {
    let request = v1::GetRecordRequest {
        county: county.into(),
        kind: registered(kind).into(),
        id: id.into(),
        ..Default::default()
    };
    all.served.registry().get_record(by(who, request)).await.unwrap_err()
}

#[tokio::test]
async fn not_yours_and_not_there_are_the_same_bytes() {
    let all = Counties::prepared().await;
    all.grant("clerk", "community", unit(RecordKind::Community, "c-1")).await;
    let foreign = bytes(&get(&all, "clerk", COUNTY, SubjectKind::Member, "m-sib").await);
    assert_eq!(foreign.0, Code::PermissionDenied);
    let member = SubjectKind::Member;
    assert_eq!(bytes(&get(&all, "clerk", COUNTY, member, "nobody").await), foreign);
    assert_eq!(bytes(&get(&all, "clerk", OTHER, member, "m-in").await), foreign);
    assert_eq!(bytes(&get(&all, "clerk", "no-county", member, "m-in").await), foreign);
    assert_eq!(bytes(&get(&all, "stranger", COUNTY, member, "m-in").await), foreign);
    for id in ["m-sib", "nobody"] {
        let request = v1::GetResultRequest {
            county: COUNTY.into(),
            run: published("member"),
            subject_id: id.into(),
        };
        let refused = all.served.evaluations().get_result(by("clerk", request)).await;
        assert_eq!(bytes(&refused.unwrap_err()), foreign, "{id}");
        let subject = Some(v1::SubjectRef { kind: member.into(), id: id.into() });
        let request = v1::ListFactsRequest { county: COUNTY.into(), subject, ..Default::default() };
        let refused = all.served.facts().list_facts(by("clerk", request)).await;
        assert_eq!(bytes(&refused.unwrap_err()), foreign, "{id}");
        let fact_id = all.facts.get(&(COUNTY, id.to_owned())).cloned();
        let request = v1::ReverseFactRequest {
            county: COUNTY.into(),
            request_id: format!("reverse-{id}"),
            fact_id: fact_id.unwrap_or_else(|| "f999999".to_owned()),
            reason: "误记".into(),
            recorded_by: "clerk".into(),
            evidence: Vec::new(),
        };
        let refused = all.served.facts().reverse_fact(by("clerk", request)).await;
        assert_eq!(bytes(&refused.unwrap_err()), foreign, "{id}");
    }
    // Who sees the whole county is told.
    all.grant("department", "organization_department", unit(RecordKind::County, COUNTY)).await;
    let told = get(&all, "department", COUNTY, member, "nobody").await;
    assert_eq!((told.code(), reason(&told).as_str()), (Code::NotFound, "NOT_FOUND"));
}

#[tokio::test]
async fn a_list_is_what_get_allows_at_every_page_size() {
    let all = Counties::prepared().await;
    let holders = [
        ("community", unit(RecordKind::Community, "c-1")),
        ("street", unit(RecordKind::Street, "s-2")),
        ("unit_branch", unit(RecordKind::Branch, "ub")),
        ("member", unit(RecordKind::Member, "m-in")),
        ("credit_reader", unit(RecordKind::Company, "co")),
        ("hr_reader", unit(RecordKind::County, COUNTY)),
        ("compound_branch", unit(RecordKind::Compound, "k-1")),
    ];
    let mut seen_by_somebody = 0;
    for (role, over) in holders {
        all.grant(role, role, over).await;
        for kind in [SubjectKind::Member, SubjectKind::Project, SubjectKind::Post] {
            let mut allowed = Vec::new();
            for (_, id) in SUBJECTS.into_iter().filter(|it| it.0 == kind) {
                let request = v1::GetResultRequest {
                    county: COUNTY.into(),
                    run: published(word(kind)),
                    subject_id: id.into(),
                };
                if all.served.evaluations().get_result(by(role, request)).await.is_ok() {
                    allowed.push(id.to_owned());
                }
            }
            allowed.sort();
            seen_by_somebody += allowed.len();
            for size in [1, 2, 7, 1_000] {
                let listed = all.listed(role, COUNTY, word(kind), size).await.unwrap();
                let mut ids: Vec<_> = listed.into_iter().map(|it| it.subject.unwrap().id).collect();
                ids.sort();
                assert_eq!(ids, allowed, "{role} {kind:?} by {size}");
            }
        }
    }
    assert_eq!(seen_by_somebody, 15, "each sees something, nobody everything by chance");
}

#[tokio::test]
async fn fields_are_shown_by_role() {
    let all = Counties::prepared().await;
    for role in ["hr_reader", "street", "auditor", "organization_department"] {
        all.grant(role, role, unit(RecordKind::County, COUNTY)).await;
    }
    let awards = async |who: &str| {
        let listed = all.listed(who, COUNTY, "member", 0).await.unwrap();
        assert!(listed.iter().all(|it| it.score.is_some() && it.grade.is_some()));
        listed.iter().map(|it| it.awards.len()).sum::<usize>()
    };
    assert_eq!(awards("hr_reader").await, 0, "HR reads scores and grades, not money (M7)");
    assert_eq!(awards("organization_department").await, 2);
    let name = async |who: &str| {
        let request = v1::GetRecordRequest {
            county: COUNTY.into(),
            kind: RecordKind::Member.into(),
            id: "m-in".into(),
            ..Default::default()
        };
        let found = all.served.registry().get_record(by(who, request)).await;
        found.unwrap().into_inner().record.unwrap().name
    };
    assert_eq!(name("hr_reader").await, "名称 m-in");
    assert_eq!(name("auditor").await, "", "the trail is read by ids");
    // Ballots are asked for by name: whoever never sees them is told no, not shown none.
    let request = v1::ListFactsRequest {
        county: COUNTY.into(),
        kinds: vec![v1::FactKind::Ballot.into()],
        ..Default::default()
    };
    let refused = all.served.facts().list_facts(by("street", request.clone())).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert!(all.served.facts().list_facts(by("auditor", request)).await.is_ok());
}

#[tokio::test]
async fn one_foreign_row_refuses_the_whole_batch() {
    let all = Counties::prepared().await;
    all.grant("clerk", "community", unit(RecordKind::Community, "c-1")).await;
    let count = async || {
        let request =
            v1::ListFactsRequest { county: COUNTY.into(), page_size: 1_000, ..Default::default() };
        all.served.facts().list_facts(request).await.unwrap().into_inner().facts.len()
    };
    let before = count().await;
    let mut facts = vec![deed(SubjectKind::Member, "m-in"); 100];
    facts.push(deed(SubjectKind::Member, "m-sib"));
    let request = |facts: Vec<v1::Fact>, request_id: &str| v1::RecordFactsRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        facts,
    };
    let refused = all.served.facts().record_facts(by("clerk", request(facts.clone(), "a"))).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(count().await, before);
    facts.pop();
    all.served.facts().record_facts(by("clerk", request(facts, "b"))).await.unwrap();
    assert_eq!(count().await, before + 100);
    // A record that says it lies at home, and is registered next door.
    let stolen = v1::RegistryRecord {
        detail: Some(v1::registry_record::Detail::Member(v1::Member {
            status: v1::MemberStatus::InService.into(),
            compound_id: "k-1".into(),
            ..Default::default()
        })),
        effective_from: date("2022-06-01"),
        ..crate::harness::member("m-sib")
    };
    let message = v1::UpsertRecordsRequest {
        county: COUNTY.into(),
        request_id: "stolen".into(),
        records: vec![stolen],
    };
    let call = by("clerk", tokio_stream::once(message));
    let refused = all.served.registry().upsert_records(call).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_role_that_is_taken_away_ends_an_open_stream() {
    let all = Counties::prepared().await;
    let over = unit(RecordKind::County, COUNTY);
    all.grant("watcher", "operator", over.clone()).await;
    // A run that nobody carries out stays open.
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: "open".into(),
        scheme_id: "test.member".into(),
        period: "2022".into(),
        ..Default::default()
    };
    let run = all.served.evaluations().start_run(by("watcher", request)).await.unwrap();
    let run_id = run.into_inner().run.unwrap().run_id;
    let request = v1::WatchRunRequest { county: COUNTY.into(), run_id };
    let stream = all.served.evaluations().watch_run(by("watcher", request)).await.unwrap();
    let mut stream = stream.into_inner();
    assert!(stream.message().await.unwrap().is_some());
    all.revoke("watcher", "operator", over).await;
    let ended = tokio::time::timeout(Duration::from_secs(5), stream.message()).await.unwrap();
    assert_eq!(ended.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn grants_hold_on_their_days_and_are_facts_with_their_audit() {
    let all = Counties::prepared().await;
    let request = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: "g".into(),
        principal: "deputy".into(),
        role_id: "community".into(),
        unit: Some(unit(RecordKind::Community, "c-1")),
        effective_from: date("2023-01-11"),
        effective_until: date("2023-01-12"),
        reason: "代理".into(),
    };
    let granted = all.served.accesses().grant_role(request.clone()).await.unwrap().into_inner();
    let grant = granted.grant.unwrap();
    assert_eq!((grant.granted_by.as_str(), grant.reason.as_str()), ("local", "代理"));
    let may = async || all.listed("deputy", COUNTY, "member", 0).await.is_ok();
    assert!(!may().await, "it is the 10th");
    for (at, expected) in [
        ("2023-01-10T16:00:00Z", true),
        ("2023-01-12T15:59:59Z", true),
        ("2023-01-12T16:00:00Z", false),
    ] {
        all.served.clock.set(at);
        assert_eq!(may().await, expected, "{at}");
    }
    let unknown =
        v1::GrantRoleRequest { role_id: "king".into(), request_id: "h".into(), ..request.clone() };
    let refused = all.served.accesses().grant_role(unknown).await.unwrap_err();
    assert_eq!(reason(&refused), "ROLE_UNKNOWN");
    let nowhere = v1::GrantRoleRequest {
        unit: Some(unit(RecordKind::Community, "c-9")),
        request_id: "i".into(),
        ..request
    };
    let refused = all.served.accesses().grant_role(nowhere).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let mut tx = all.served.app.store.read().await.unwrap();
    let trail = tx.audit_page(COUNTY, 0, 1_000).await.unwrap();
    let grants = trail.iter().filter(|it| it.entry.subject.starts_with("access/grant deputy"));
    assert_eq!(grants.count(), 1);
}

#[tokio::test]
async fn a_county_defines_its_roles_anew() {
    let all = Counties::prepared().await;
    let over = unit(RecordKind::County, COUNTY);
    all.grant("hr", "hr_reader", over.clone()).await;
    assert!(all.listed("hr", COUNTY, "member", 0).await.is_ok());
    let role = v1::Role {
        role_id: "hr_reader".into(),
        title: "人事系统".into(),
        permissions: vec![v1::Permission::SchemeRead.into()],
        ..Default::default()
    };
    let request = v1::DefineRoleRequest {
        county: COUNTY.into(),
        request_id: "define".into(),
        role: Some(role),
        reason: "暂停对接".into(),
    };
    let answer = all.served.accesses().define_role(request).await.unwrap().into_inner();
    assert!(answer.role.unwrap().defined);
    let refused = all.listed("hr", COUNTY, "member", 0).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let request = v1::GetCallerRequest { county: COUNTY.into() };
    let caller = all.served.accesses().get_caller(by("hr", request)).await.unwrap().into_inner();
    assert_eq!((caller.principal.as_str(), caller.administrator), ("hr", false));
    assert_eq!(caller.grants.len(), 1);
    let request = v1::ListRolesRequest { county: COUNTY.into() };
    let roles = all.served.accesses().list_roles(request).await.unwrap().into_inner().roles;
    assert_eq!(roles.len(), 14);
    assert_eq!(roles.iter().filter(|it| it.defined).count(), 1);
}

#[tokio::test]
async fn a_page_token_is_its_caller_s_own() {
    let all = Counties::prepared().await;
    for who in ["one", "two"] {
        all.grant(who, "hr_reader", unit(RecordKind::County, COUNTY)).await;
    }
    let request = v1::ListResultsRequest {
        county: COUNTY.into(),
        run: published("member"),
        page_size: 1,
        ..Default::default()
    };
    let page = all.served.evaluations().list_results(by("one", request.clone())).await.unwrap();
    let token = page.into_inner().next_page_token;
    assert!(!token.is_empty());
    let next = v1::ListResultsRequest { page_token: token, ..request };
    assert!(all.served.evaluations().list_results(by("one", next.clone())).await.is_ok());
    let refused = all.served.evaluations().list_results(by("two", next)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(crate::harness::violations(&refused).iter().any(|it| it.0 == "page_token"));
}

#[tokio::test]
async fn computed_results_are_the_reviewers() {
    let all = Counties::prepared().await;
    let over = unit(RecordKind::County, COUNTY);
    all.grant("hr", "hr_reader", over.clone()).await;
    all.grant("department", "organization_department", over).await;
    let run_id = all.started(COUNTY, "member", "second").await;
    let selector =
        Some(v1::RunSelector { selector: Some(v1::run_selector::Selector::RunId(run_id)) });
    let request =
        v1::GetResultRequest { county: COUNTY.into(), run: selector, subject_id: "m-in".into() };
    let refused = all.served.evaluations().get_result(by("hr", request.clone())).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    assert!(all.served.evaluations().get_result(by("department", request)).await.is_ok());
}
