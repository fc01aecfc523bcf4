//! Appraisal chains (S1, S2) as callers see them, on both stores.
//!
//! ```text
//! xinping ─┬─ guishan ──┬─ c-01 ─ k-01   p-1, p-2     callers: department, second and third (the county),
//!          │            └─ c-02 ─ k-02   p-3                   guishan, xincheng (streets), c-01, c-02, c-03
//!          └─ xincheng ─── c-03 ─ k-03   p-4
//! ```
//!
//! `p-…` are branch secretaries, of cohorts of communities; `s-1` to `s-3` the communities' own
//! secretaries, of cohorts of streets. `leaders` goes from community over street to county, with a
//! band of 5; `daily` from community to county; `work` from street to county.

mod closing;
mod county;
mod opening;
mod publishing;
mod scope;
mod speaking;
mod together;
mod trail;

use steelyard::proto::v1::{self, RecordKind, registry_record::Detail};
use tonic::Status;

use crate::harness::{COUNTY, Served, by, decimal, record, reference, served_over, unit, units};

/// Runs each case on each store, on one of its own.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(&crate::chains::prepared("sqlite::memory:").await).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!("chains_", stringify!($case));
                let url = crate::postgres::schema(name.get(..59).unwrap_or(name)).await;
                super::$case(&crate::chains::prepared(&url).await).await;
            }
        )+ }
    };
}
use on_both;

const SECRETARIES: &str = "test.secretaries";
const COMMUNITIES: &str = "test.communities";

/// A scheme of posts.
fn scheme(id: &str, title: &str, cohort: &str, score: &str) -> String {
    format!(
        "steelyard: scheme/v1
id: {id}
version: 1
title: 测试办法
subject: post
period: year
in_force: {{from: 2022-01-01, until: 2023-12-31}}
roster: {{attribute: post, is: {title}}}
{cohort}score:
  id: total
  out_of: 100
{score}"
    )
}

fn secretaries() -> String {
    let score = "  sum:
    - {id: leaders, out_of: 60, proposed: {by: [community, street, county], band: 5}}
    - {id: daily, out_of: 40, proposed: {by: [community, county]}}
";
    scheme(SECRETARIES, "branch_secretary", "cohort: community\n", score)
}

fn communities() -> String {
    let score = "  sum: [{id: work, out_of: 100, proposed: {by: [street, county]}}]\n";
    scheme(COMMUNITIES, "community_secretary", "cohort: street\n", score)
}

async fn publish(on: &Served, document: String) {
    let request_id = format!("scheme-{}", document.len());
    let request =
        v1::PublishSchemeRequest { county: COUNTY.into(), request_id, document: document.into() };
    on.schemes().publish_scheme(request).await.unwrap();
}

fn post(id: &str, title: &str, (kind, at): (RecordKind, &str)) -> v1::RegistryRecord {
    let detail =
        v1::Post { person_id: format!("x-{id}"), title: title.into(), unit: reference(kind, at) };
    record(RecordKind::Post, id, Detail::Post(detail))
}

async fn grant(on: &Served, principal: &str, role: &str, over: Option<v1::RecordRef>) {
    let request = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: principal.into(),
        principal: principal.into(),
        role_id: role.into(),
        unit: over,
        reason: "测试".into(),
        ..Default::default()
    };
    on.accesses().grant_role(request).await.unwrap();
}

/// The county with its posts, schemes and callers. It is 2023 by its clock.
async fn prepared(url: &str) -> Served {
    use RecordKind::{Community, Compound, County, Street};
    let on = served_over(url).await;
    let mut records = units();
    records.push(unit(Community, "c-02", reference(Street, "guishan")));
    records.push(unit(Compound, "k-02", reference(Community, "c-02")));
    records.push(unit(Street, "xincheng", reference(County, COUNTY)));
    records.push(unit(Community, "c-03", reference(Street, "xincheng")));
    records.push(unit(Compound, "k-03", reference(Community, "c-03")));
    for (id, compound) in [("p-1", "k-01"), ("p-2", "k-01"), ("p-3", "k-02"), ("p-4", "k-03")] {
        records.push(post(id, "branch_secretary", (Compound, compound)));
    }
    for (id, community) in [("s-1", "c-01"), ("s-2", "c-02"), ("s-3", "c-03")] {
        records.push(post(id, "community_secretary", (Community, community)));
    }
    assert_eq!(on.upsert("records", records).await.items, []);
    publish(&on, secretaries()).await;
    publish(&on, communities()).await;
    for principal in ["department", "second", "third"] {
        grant(&on, principal, "organization_department", reference(County, COUNTY)).await;
    }
    for street in ["guishan", "xincheng"] {
        grant(&on, street, "street", reference(Street, street)).await;
    }
    for community in ["c-01", "c-02", "c-03"] {
        grant(&on, community, "community", reference(Community, community)).await;
    }
    on
}

async fn open(on: &Served, id: &str, schemes: &[&str]) -> Result<v1::Chain, Status> {
    let request = v1::OpenChainRequest {
        county: COUNTY.into(),
        request_id: format!("open-{id}"),
        chain_id: id.into(),
        period: "2022".into(),
        scheme_ids: schemes.iter().map(|it| (*it).to_owned()).collect(),
    };
    let answer = on.chains().open_chain(by("department", request)).await?;
    Ok(answer.into_inner().chain.unwrap())
}

/// Chain `y` of both schemes.
async fn begun(on: &Served) {
    open(on, "y", &[COMMUNITIES, SECRETARIES]).await.unwrap();
}

/// A value: post, item, points (empty for as it stands) and reason.
type Said = (&'static str, &'static str, &'static str, &'static str);

fn values(said: &[Said]) -> Vec<v1::CaseDecision> {
    let one = |(subject, item, points, reason): &Said| v1::CaseDecision {
        subject_id: (*subject).to_owned(),
        item: (*item).to_owned(),
        points: if points.is_empty() { None } else { decimal(points) },
        reason: (*reason).to_owned(),
    };
    said.iter().map(one).collect()
}

/// The scheme of a post.
fn scheme_of(said: &[Said]) -> String {
    let community = said.first().is_some_and(|it| it.0.starts_with("s-"));
    if community { COMMUNITIES.into() } else { SECRETARIES.into() }
}

async fn propose(
    on: &Served,
    who: &str,
    request_id: &str,
    said: &[Said],
) -> Result<Vec<v1::AppraisalCase>, Status> {
    let request = v1::ProposeValuesRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        chain_id: "y".into(),
        scheme_id: scheme_of(said),
        decided_by: format!("{who}-official"),
        values: values(said),
    };
    Ok(on.chains().propose_values(by(who, request)).await?.into_inner().cases)
}

async fn adjust(
    on: &Served,
    who: &str,
    request_id: &str,
    said: &[Said],
) -> Result<Vec<v1::AppraisalCase>, Status> {
    let request = v1::AdjustValuesRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        chain_id: "y".into(),
        scheme_id: scheme_of(said),
        level: "street".into(),
        decided_by: format!("{who}-official"),
        values: values(said),
    };
    Ok(on.chains().adjust_values(by(who, request)).await?.into_inner().cases)
}

async fn confirm(
    on: &Served,
    who: &str,
    request_id: &str,
    said: &[Said],
) -> Result<Vec<v1::AppraisalCase>, Status> {
    let request = v1::ConfirmValuesRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        chain_id: "y".into(),
        scheme_id: scheme_of(said),
        decided_by: format!("{who}-official"),
        values: values(said),
    };
    Ok(on.chains().confirm_values(by(who, request)).await?.into_inner().cases)
}

async fn close(
    on: &Served,
    who: &str,
    request_id: &str,
    (scheme, unit): (&str, &str),
) -> Result<v1::Cohort, Status> {
    let request = v1::CloseCohortRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        chain_id: "y".into(),
        scheme_id: scheme.into(),
        unit_id: unit.into(),
    };
    Ok(on.chains().close_cohort(by(who, request)).await?.into_inner().cohort.unwrap())
}

async fn reopen(
    on: &Served,
    who: &str,
    request_id: &str,
    cases: &[(&str, &str)],
) -> Result<Vec<v1::AppraisalCase>, Status> {
    let case = |(subject, item): &(&str, &str)| v1::CaseRef {
        subject_id: (*subject).to_owned(),
        item: (*item).to_owned(),
    };
    let request = v1::ReopenCasesRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        chain_id: "y".into(),
        scheme_id: SECRETARIES.into(),
        cases: cases.iter().map(case).collect(),
        reason: "异议成立".into(),
    };
    Ok(on.chains().reopen_cases(by(who, request)).await?.into_inner().cases)
}

async fn cohorts(on: &Served, who: &str) -> Result<Vec<v1::Cohort>, Status> {
    let request = v1::ListCohortsRequest {
        county: COUNTY.into(),
        chain_id: "y".into(),
        scheme_id: String::new(),
    };
    Ok(on.chains().list_cohorts(by(who, request)).await?.into_inner().cohorts)
}

async fn cases(
    on: &Served,
    who: &str,
    more: v1::ListCasesRequest,
) -> Result<Vec<v1::AppraisalCase>, Status> {
    let (county, chain_id) = (COUNTY.into(), "y".into());
    let scheme_id = if more.scheme_id.is_empty() { SECRETARIES.into() } else { more.scheme_id };
    let request = v1::ListCasesRequest { county, chain_id, scheme_id, ..more };
    Ok(on.chains().list_cases(by(who, request)).await?.into_inner().cases)
}

/// What stands in the way, as `reason subject`.
fn in_the_way(status: &Status) -> Vec<String> {
    use tonic_types::StatusExt as _;
    let failures = status.get_details_precondition_failure().unwrap();
    failures.violations.into_iter().map(|it| format!("{} {}", it.r#type, it.subject)).collect()
}

/// Brings the whole cohort of a community to its confirmation.
async fn carried(on: &Served, community: &str, street: &str, posts: &[&'static str]) {
    let both = |points: [&'static str; 2]| -> Vec<Said> {
        let one =
            |it: &&'static str| [(*it, "leaders", points[0], ""), (*it, "daily", points[1], "")];
        posts.iter().flat_map(one).collect()
    };
    let leaders: Vec<Said> = posts.iter().map(|it| (*it, "leaders", "", "")).collect();
    let request = |what: &str| format!("{what}-{community}");
    propose(on, community, &request("propose"), &both(["50", "30"])).await.unwrap();
    adjust(on, street, &request("adjust"), &leaders).await.unwrap();
    confirm(on, "department", &request("confirm"), &both(["", ""])).await.unwrap();
}
