//! Public notices before publication (F8, F9), on both stores: posted, objected to, answered, over
//! with the last microsecond, and then published.

mod objecting;
mod posting;
mod texts;
mod trail;

use steelyard::proto::v1;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::harness::{
    COUNTY, Served, by, date, entry, reason, record_facts, reference, served_over,
};

/// Runs each case on each store, on one of its own.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(&crate::notices::prepared("sqlite::memory:").await).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!("notice_", stringify!($case));
                let url = crate::postgres::schema(name.get(..59).unwrap_or(name)).await;
                super::$case(&crate::notices::prepared(&url).await).await;
            }
        )+ }
    };
}
use on_both;

fn scheme(id: &str, notice: &str) -> String {
    format!(
        "
steelyard: scheme/v1
id: {id}
version: 1
title: 测试<办法>
subject: member
period: year
in_force: {{from: 2022-01-01}}
score:
  id: root
  out_of: 100
  base: 50
  sum:
    - {{id: deeds, counted: {{points: 2, caps: [{{per: year, at_most: 20}}]}}}}
grades:
  - {{id: good, title: 优秀, at_least: 52}}
  - {{id: poor, title: 一般}}
{notice}
"
    )
}

/// A county with two members, and schemes that ask for notices of five working days, of three
/// calendar days, and of none; the clock stands on a Thursday before the Spring Festival of 2026.
async fn prepared(url: &str) -> Served {
    let served = served_over(url).await.with_a_county().await;
    served.clock.set("2026-02-12T01:00:00Z");
    for (id, notice) in [
        ("test.working", "notice: {days: 5, of: working}"),
        ("test.calendar", "notice: {days: 3, of: calendar}"),
        ("test.none", ""),
    ] {
        let request = v1::PublishSchemeRequest {
            county: COUNTY.into(),
            request_id: format!("scheme-{id}"),
            document: scheme(id, notice).into(),
        };
        served.schemes().publish_scheme(request).await.unwrap();
    }
    let facts = vec![entry("m1", "deeds", "2022-05-05")];
    served.facts().record_facts(record_facts("deed", facts)).await.unwrap();
    served
}

/// A computed run of a scheme.
async fn run(on: &Served, scheme_id: &str, name: &str) -> String {
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("run-{scheme_id}-{name}"),
        scheme_id: scheme_id.into(),
        period: "2022".into(),
        ..Default::default()
    };
    let answer = on.evaluations().start_run(request).await.unwrap();
    while on.app.work_once("test").await.unwrap() {}
    answer.into_inner().run.unwrap().run_id
}

async fn post(
    on: &Served,
    request_id: &str,
    run_id: &str,
    day: &str,
) -> Result<v1::Notice, Status> {
    let request = v1::PostNoticeRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        run_id: run_id.into(),
        posted_on: date(day),
        object_to: "县委组织部 电话 0877-<1>".into(),
    };
    on.notices().post_notice(request).await.map(|it| it.into_inner().notice.unwrap())
}

async fn publish(on: &Served, request_id: &str, run_id: &str) -> Result<v1::Run, Status> {
    let request = v1::PublishRunRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        run_id: run_id.into(),
    };
    on.evaluations().publish_run(request).await.map(|it| it.into_inner().run.unwrap())
}

async fn get(on: &Served, run_id: &str) -> Result<v1::GetNoticeResponse, Status> {
    let request = v1::GetNoticeRequest { county: COUNTY.into(), run_id: run_id.into() };
    on.notices().get_notice(request).await.map(tonic::Response::into_inner)
}

/// The reasons of what stands between a run and its publication.
async fn blocked(on: &Served, run_id: &str) -> Vec<String> {
    get(on, run_id).await.unwrap().blockers.into_iter().map(|it| it.reason).collect()
}

fn raising(
    request_id: &str,
    run_id: &str,
    subject: &str,
    day: &str,
) -> v1::RaiseNoticeObjectionRequest {
    v1::RaiseNoticeObjectionRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        run_id: run_id.into(),
        subject_id: subject.into(),
        text: "少计一次".into(),
        raised_by: "m1".into(),
        raised_on: date(day),
        evidence: vec!["photo/1".into()],
    }
}

async fn raise(
    on: &Served,
    who: Option<&str>,
    request: v1::RaiseNoticeObjectionRequest,
) -> Result<v1::NoticeObjection, Status> {
    let request = match who {
        Some(who) => by(who, request),
        None => tonic::Request::new(request),
    };
    let answer = on.notices().raise_notice_objection(request).await?;
    Ok(answer.into_inner().objection.unwrap())
}

async fn answer(
    on: &Served,
    request_id: &str,
    (run_id, number): (&str, i32),
    verdict: v1::NoticeVerdict,
    who: &str,
) -> Result<v1::NoticeObjection, Status> {
    let request = v1::AnswerNoticeObjectionRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        run_id: run_id.into(),
        number,
        verdict: verdict.into(),
        text: "经核实".into(),
        answered_by: who.into(),
        evidence: Vec::new(),
    };
    let answer = on.notices().answer_notice_objection(request).await?;
    Ok(answer.into_inner().objection.unwrap())
}

async fn grant(on: &Served, principal: &str, role: &str, kind: v1::RecordKind, id: &str) {
    let request = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: format!("grant-{principal}"),
        principal: principal.into(),
        role_id: role.into(),
        unit: reference(kind, id),
        reason: "测试".into(),
        ..Default::default()
    };
    on.accesses().grant_role(request).await.unwrap();
}

/// The reason of a state that says no.
fn failed<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
    reason(&status)
}

/// What a refusal says for machines.
fn told(status: &Status, key: &str) -> String {
    status.get_error_details().error_info().unwrap().metadata[key].clone()
}
