//! What follows from published appraisals of posts (S3, S6), and objections to them, on both stores.

mod following;
mod objecting;
mod sight;
mod trail;

use steelyard::proto::v1::{self, RecordKind, SubjectKind, registry_record::Detail};
use tonic::Status;

use crate::{
    harness::{
        COUNTY, Served, by, date, decimal, member, record, record_facts, reference, served_over,
        units,
    },
    result_feed::grant,
};

/// Runs each case on each store, on one of its own.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(&crate::appraisal_results::prepared("sqlite::memory:").await).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!("appraised_", stringify!($case));
                let url = crate::postgres::schema(name.get(..50).unwrap_or(name)).await;
                super::$case(&crate::appraisal_results::prepared(&url).await).await;
            }
        )+ }
    };
}
use on_both;

/// The marks are figures here; what makes them is the business of other tests.
const APPRAISAL: &str = "
steelyard: scheme/v1
id: test.appraisal
version: 1
title: 支部书记述职评议考核
subject: post
period: year
in_force: {from: 2022-01-01}
basis: [{document: 新平县2022年项目文本, clause: 述职评议}]
score: {id: marks, title: 得分, out_of: 100, measured: {metric: marks, as_is: true}}
grades:
  - {id: excellent, title: 优秀, at_least: 90}
  - {id: competent, title: 称职, at_least: 60}
  - {id: incompetent, title: 不称职}
awards:
  - {id: base, title: 基础奖, amount: '100.00', to: person, when: {grade: excellent}}
  - {id: bonus, title: 一次性奖励, amount: '2000.00', to: person, as_of: publication, basis: 项目文本,
     when: {all: [{grade: excellent}, {none: [{attribute: status, is: in_service}]}]}}
consequences:
  - {id: commended, title: 通报表扬, when: {grade: excellent}}
  - {id: preferred_when_equal, title: 同等条件下优先, when: {all: [{grade: excellent}, {attribute: status, is: in_service}]}}
  - {id: adjust, title: 建议调整, when: {grade: incompetent}, basis: 001-1}
objections: {days: 10, of: calendar}
";

/// One about members, without objections.
const MEMBER: &str = "
steelyard: scheme/v1
id: test.member
version: 1
title: 党员
subject: member
period: year
in_force: {from: 2022-01-01}
score: {id: marks, out_of: 100, constant: 50}
";

/// A post; in a compound, or in its community.
fn post(id: &str, person: &str, unit: (RecordKind, &str), until: &str) -> v1::RegistryRecord {
    let detail = v1::Post {
        person_id: person.into(),
        title: "branch_secretary".into(),
        unit: reference(unit.0, unit.1),
    };
    let effective_until = Some(until).filter(|it| !it.is_empty()).and_then(date);
    v1::RegistryRecord { effective_until, ..record(RecordKind::Post, id, Detail::Post(detail)) }
}

/// A member's standing from a day on.
fn standing(id: &str, status: v1::MemberStatus, from: &str) -> v1::RegistryRecord {
    let mut record = v1::RegistryRecord { effective_from: date(from), ..member(id) };
    if let Some(Detail::Member(detail)) = &mut record.detail {
        detail.status = status.into();
    }
    record
}

fn marks(post: &str, value: &str) -> v1::Fact {
    let metric = v1::Metric { name: "marks".into(), period: "2022".into(), value: decimal(value) };
    v1::Fact {
        subject: Some(v1::SubjectRef { kind: SubjectKind::Post.into(), id: post.into() }),
        recorded_by: "clerk".into(),
        fact: Some(v1::fact::Fact::Metric(metric)),
        ..Default::default()
    }
}

/// A county with three persons in five posts: `m1` holds two; `m2` retired on 10 January 2023, which is
/// recorded ahead; the post `p5` ended with the year. The scheme is published, nothing is run.
async fn prepared(url: &str) -> Served {
    let served = served_over(url).await;
    served.clock.set("2023-01-05T01:00:00Z");
    let compound = (RecordKind::Compound, "k-01");
    let mut records = units();
    records.extend(["m1", "m2", "m3"].map(member));
    records.push(standing("m2", v1::MemberStatus::Retired, "2023-01-10"));
    records.extend([
        post("p1", "m1", compound, ""),
        post("p2", "m2", compound, ""),
        post("p3", "m3", compound, ""),
        post("p4", "m1", (RecordKind::Community, "c-01"), ""),
        post("p5", "m2", compound, "2022-12-31"),
    ]);
    assert_eq!(served.upsert("county", records).await.items, []);
    for (name, document) in [("appraisal", APPRAISAL), ("member", MEMBER)] {
        let request = v1::PublishSchemeRequest {
            county: COUNTY.into(),
            request_id: format!("scheme-{name}"),
            document: document.into(),
        };
        served.schemes().publish_scheme(request).await.unwrap();
    }
    let facts = [("p1", "95"), ("p2", "92"), ("p3", "40"), ("p4", "70"), ("p5", "90")];
    let facts = facts.map(|(post, value)| marks(post, value)).to_vec();
    served.facts().record_facts(record_facts("marks", facts)).await.unwrap();
    for (who, role, unit) in [
        ("hr", "hr_reader", (RecordKind::County, COUNTY)),
        ("office", "organization_department", (RecordKind::County, COUNTY)),
        ("community", "community", (RecordKind::Community, "c-01")),
        ("u-1", "member", (RecordKind::Member, "m1")),
        ("u-3", "member", (RecordKind::Member, "m3")),
    ] {
        grant(&served, who, role, unit).await;
    }
    served
}

/// A computed run.
async fn computed(on: &Served, scheme: &str, name: &str) -> String {
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("run-{scheme}-{name}"),
        scheme_id: scheme.into(),
        period: "2022".into(),
        ..Default::default()
    };
    let run = on.evaluations().start_run(request).await.unwrap().into_inner().run.unwrap();
    while on.app.work_once("tests").await.unwrap() {}
    run.run_id
}

/// Publishes at a moment.
async fn published(on: &Served, scheme: &str, at: &str) -> String {
    let run_id = computed(on, scheme, "first").await;
    on.clock.set(at);
    let request = v1::PublishRunRequest {
        county: COUNTY.into(),
        request_id: format!("publish-{run_id}"),
        run_id: run_id.clone(),
    };
    let run = on.evaluations().publish_run(request).await.unwrap().into_inner().run.unwrap();
    assert_eq!(run.state(), v1::RunState::Published, "{:?}", run.failure);
    run_id
}

/// Computes again and publishes in the place of another, at a moment.
async fn again(on: &Served, old: &str, at: &str) -> String {
    on.clock.set(at);
    let new = computed(on, "test.appraisal", &format!("after-{old}")).await;
    let request = v1::SupersedeRunRequest {
        county: COUNTY.into(),
        request_id: format!("supersede-{old}"),
        old_run_id: old.into(),
        new_run_id: new.clone(),
        reason: "更正".into(),
        validate_only: false,
    };
    on.evaluations().supersede_run(request).await.unwrap();
    new
}

fn of(day: &str) -> Option<v1::AppraisalSelector> {
    Some(v1::AppraisalSelector {
        scheme_id: "test.appraisal".into(),
        period: "2022".into(),
        as_of_day: Some(day).filter(|it| !it.is_empty()).and_then(date),
    })
}

/// One appraisal.
async fn get(on: &Served, who: &str, day: &str, post: &str) -> Result<v1::Appraisal, Status> {
    let request =
        v1::GetAppraisalRequest { county: COUNTY.into(), of: of(day), post_id: post.into() };
    let answer = on.appraisal_results().get_appraisal(by(who, request)).await?;
    Ok(answer.into_inner().appraisal.unwrap())
}

/// All appraisals that are asked for, page by page.
async fn listed(
    on: &Served,
    who: &str,
    request: v1::ListAppraisalsRequest,
) -> Result<Vec<v1::Appraisal>, Status> {
    let mut request = v1::ListAppraisalsRequest {
        county: COUNTY.into(),
        of: request.of.clone().or_else(|| of("")),
        ..request
    };
    let mut all = Vec::new();
    loop {
        let page = on.appraisal_results().list_appraisals(by(who, request.clone())).await?;
        let page = page.into_inner();
        all.extend(page.appraisals);
        if page.next_page_token.is_empty() {
            return Ok(all);
        }
        request.page_token = page.next_page_token;
    }
}

/// All changes after a cursor, page by page, and where they end.
async fn changes(
    on: &Served,
    who: &str,
    cursor: &str,
    page_size: i32,
) -> (Vec<v1::AppraisalChange>, String) {
    let (county, cursor) = (COUNTY.to_owned(), cursor.to_owned());
    let mut request =
        v1::ListAppraisalChangesRequest { county, cursor, page_size, ..Default::default() };
    let mut all = Vec::new();
    loop {
        let page = on.appraisal_results().list_appraisal_changes(by(who, request.clone())).await;
        let page = page.unwrap().into_inner();
        all.extend(page.changes);
        request.cursor = page.next_cursor;
        if page.at_end {
            return (all, request.cursor);
        }
    }
}

/// The posts of appraisals.
fn posts(of: &[v1::Appraisal]) -> Vec<&str> {
    of.iter().map(|it| it.post_id.as_str()).collect()
}

/// What follows, by id.
fn follows(it: &v1::Appraisal) -> Vec<&str> {
    it.consequences.iter().map(|it| it.id.as_str()).collect()
}

/// The awards, by id.
fn awards(it: &v1::Appraisal) -> Vec<&str> {
    it.awards.iter().map(|it| it.id.as_str()).collect()
}

fn raising(
    request_id: &str,
    run_id: &str,
    post: &str,
    day: &str,
) -> v1::RaiseAppraisalObjectionRequest {
    v1::RaiseAppraisalObjectionRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        run_id: run_id.into(),
        subject_id: post.into(),
        node_id: String::new(),
        text: "漏计一次".into(),
        raised_by: "m3".into(),
        raised_on: date(day),
        evidence: vec!["photo/1".into()],
    }
}

async fn raise(
    on: &Served,
    who: &str,
    request: v1::RaiseAppraisalObjectionRequest,
) -> Result<v1::AppraisalObjection, Status> {
    let answer = on.appraisal_results().raise_appraisal_objection(by(who, request)).await?;
    Ok(answer.into_inner().objection.unwrap())
}

async fn answer(
    on: &Served,
    who: &str,
    (run_id, number): (&str, i32),
    verdict: v1::AppraisalVerdict,
    answered_by: &str,
) -> Result<v1::AppraisalObjection, Status> {
    let request = v1::AnswerAppraisalObjectionRequest {
        county: COUNTY.into(),
        request_id: format!("answer-{who}-{answered_by}-{number}"),
        run_id: run_id.into(),
        number,
        verdict: verdict.into(),
        text: "经核实".into(),
        answered_by: answered_by.into(),
        evidence: Vec::new(),
    };
    let answer = on.appraisal_results().answer_appraisal_objection(by(who, request)).await?;
    Ok(answer.into_inner().objection.unwrap())
}
