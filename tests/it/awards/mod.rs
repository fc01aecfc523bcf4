//! Money (A1 to A5) as callers see it, on both stores.
//!
//! ```text
//! xinping ── guishan ── c-01 ── k-01, k-02 …   b-01, b-02 …   callers: finance (财政局), department and
//!                                                              second (县委组织部), auditor (审计)
//! ```
//!
//! The posts `p-001` and on are held by the members `m-001` and on, of whom the last is in service. `p-2nd`
//! is a second post of `m-001`. A good post gives 2000 yuan to a person who is not in service, a good
//! compound 5000 to its branch. All are good as long as their deed stands.

mod books;
mod budget;
mod cast;
mod changing;
mod faults;
mod many;
mod paying;
mod person;
mod recovering;
mod repeats;
mod statements;
mod trail;

use steelyard::{
    app::audit,
    proto::v1::{self, RecordKind, SubjectKind, registry_record::Detail},
};

use crate::{
    harness::{COUNTY, Served, date, record, record_facts, reference, served_over, unit, units},
    scheme_rpc,
};

/// Runs each case on each store, on one of its own.
macro_rules! on_both {
    ($prepared:ident: $($case:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(&super::$prepared("sqlite::memory:").await).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!("awards_", stringify!($case));
                let url = crate::postgres::schema(name.get(..59).unwrap_or(name)).await;
                super::$case(&super::$prepared(&url).await).await;
            }
        )+ }
    };
}
use on_both;

/// The purpose that most cases pay from.
const PURPOSE: &str = "excellence";

/// A scheme about subjects of a kind, with an award.
fn scheme(id: &str, kind: &str, roster: &str, award: &str) -> String {
    format!(
        "steelyard: scheme/v1
id: test.{id}
version: 1
title: 评议办法
subject: {kind}
period: year
in_force: {{from: 2022-01-01}}
{roster}score:
  id: root
  out_of: 100
  base: 50
  sum:
    - {{id: deeds, counted: {{points: 10, caps: [{{per: year, at_most: 50}}]}}}}
grades:
  - {{id: good, at_least: 60}}
  - {{id: poor}}
awards:
  - {award}
"
    )
}

const POSTS: &str = "roster: {attribute: post, in: [branch_secretary, committee_member]}\n";

/// 2000 yuan to who holds a good post and is not in service, paid so often.
fn of_posts(id: &str, paid: &str) -> String {
    let when = "when: {all: [{grade: good}, {none: [{attribute: status, is: in_service}]}]}";
    let basis = "basis: [{document: 项目文本, clause: 项目实施计划}]";
    let award = format!(
        "{{id: excellent, title: 优秀书记奖励, amount: '2000.00', as_of: publication, to: person, \
         {paid}{when}, {basis}}}"
    );
    scheme(id, "post", POSTS, &award)
}

/// 5000 yuan to the branch of a good compound.
fn of_compounds() -> String {
    let award = "{id: fund, title: 工作经费, amount: '5000.00', when: {grade: good}, to: branch}";
    scheme("compounds", "compound", "", award)
}

fn member(number: usize, status: v1::MemberStatus) -> v1::RegistryRecord {
    let detail =
        v1::Member { status: status.into(), compound_id: "k-01".into(), ..Default::default() };
    record(RecordKind::Member, &format!("m-{number:03}"), Detail::Member(detail))
}

fn post(id: &str, person: &str, compound: &str) -> v1::RegistryRecord {
    let detail = v1::Post {
        person_id: person.into(),
        title: "branch_secretary".into(),
        unit: reference(RecordKind::Compound, compound),
    };
    record(RecordKind::Post, id, Detail::Post(detail))
}

fn records(compounds: usize, posts: usize) -> Vec<v1::RegistryRecord> {
    let mut all = units();
    for number in 2..=compounds {
        let parent = reference(RecordKind::Community, "c-01");
        all.push(unit(RecordKind::Compound, &format!("k-{number:02}"), parent));
    }
    for number in 1..=compounds {
        let detail = v1::Branch {
            form: v1::BranchForm::CompoundBranch.into(),
            anchor: reference(RecordKind::Compound, &format!("k-{number:02}")),
            ..Default::default()
        };
        all.push(record(RecordKind::Branch, &format!("b-{number:02}"), Detail::Branch(detail)));
    }
    for number in 1..=posts {
        all.push(member(number, v1::MemberStatus::Retired));
        all.push(post(&format!("p-{number:03}"), &format!("m-{number:03}"), "k-01"));
    }
    all.push(member(posts + 1, v1::MemberStatus::InService));
    all.push(post(&format!("p-{:03}", posts + 1), &format!("m-{:03}", posts + 1), "k-01"));
    all.push(post("p-2nd", "m-001", "k-02"));
    all
}

/// What makes a subject good.
fn deed(kind: SubjectKind, id: &str) -> v1::Fact {
    let entry = v1::Entry { item: "deeds".into(), on: date("2022-05-05"), ..Default::default() };
    v1::Fact {
        subject: Some(v1::SubjectRef { kind: kind.into(), id: id.into() }),
        recorded_by: "clerk".into(),
        fact: Some(v1::fact::Fact::Entry(entry)),
        ..Default::default()
    }
}

async fn grant(on: &Served, principal: &str, role: &str) {
    let request = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: format!("{principal}-{role}"),
        principal: principal.into(),
        role_id: role.into(),
        unit: reference(RecordKind::County, COUNTY),
        reason: "测试".into(),
        ..Default::default()
    };
    on.accesses().grant_role(request).await.unwrap();
}

/// Those who have to do with money.
async fn callers(on: &Served) {
    grant(on, "finance", "finance_bureau").await;
    grant(on, "department", "organization_department").await;
    grant(on, "second", "organization_department").await;
    grant(on, "auditor", "auditor").await;
}

/// A county of so many compounds and posts, with its results published. It is 10 January 2023.
async fn county(url: &str, compounds: usize, posts: usize) -> Served {
    let on = served_over(url).await;
    let records = records(compounds, posts);
    let mut deeds: Vec<v1::Fact> = Vec::new();
    for it in &records {
        if it.kind() == RecordKind::Compound {
            deeds.push(deed(SubjectKind::Compound, &it.id));
        } else if it.kind() == RecordKind::Post {
            deeds.push(deed(SubjectKind::Post, &it.id));
        }
    }
    assert_eq!(on.upsert("records", records).await.items, []);
    for (id, document) in [
        ("once", of_posts("once", "")),
        ("each", of_posts("each", "paid: each, ")),
        ("compounds", of_compounds()),
    ] {
        scheme_rpc::publish(&on, id, &document).await.unwrap();
    }
    let answer = on.facts().record_facts(record_facts("deeds", deeds)).await.unwrap().into_inner();
    assert!(answer.items.iter().all(|it| it.reason.is_empty()), "{:?}", answer.items);
    for id in ["once", "each", "compounds"] {
        let run = computed(&on, id, "first").await;
        publish(&on, &run).await;
    }
    callers(&on).await;
    on
}

/// Two compounds; three posts of their own holders, one of them in service, and a second of the first's.
async fn small(url: &str) -> Served {
    county(url, 2, 2).await
}

/// A computed run of a scheme.
async fn computed(on: &Served, scheme: &str, nth: &str) -> String {
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("run-{scheme}-{nth}"),
        scheme_id: format!("test.{scheme}"),
        period: "2022".into(),
        ..Default::default()
    };
    let answer = on.evaluations().start_run(request).await.unwrap();
    while on.app.work_once("tests").await.unwrap() {}
    answer.into_inner().run.unwrap().run_id
}

async fn publish(on: &Served, run: &str) {
    let request = v1::PublishRunRequest {
        county: COUNTY.into(),
        request_id: format!("publish-{run}"),
        run_id: run.into(),
    };
    on.evaluations().publish_run(request).await.unwrap();
}

/// Every write has its entry, and nothing is there that no entry speaks of.
async fn proved(on: &Served) {
    let proof = audit::verify(&*on.app.store, Some(COUNTY), &audit::Outside::default()).await;
    let findings: Vec<_> = proof.unwrap().findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{findings:?}");
}
