//! The register of vetoes (P3), on both stores: steps in any order, the days that follow from them,
//! what is refused, and what a run makes of it.

mod register;
mod steps;

use steelyard::proto::v1::{self, RecordKind, VetoStepKind};
use tonic::Status;

use crate::harness::{COUNTY, Served, by, date, record, record_facts, served_over, units};

/// Runs each case on each store, on one of its own.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(&crate::vetoes::prepared("sqlite::memory:").await).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!("veto_", stringify!($case));
                let url = crate::postgres::schema(name.get(..59).unwrap_or(name)).await;
                super::$case(&crate::vetoes::prepared(&url).await).await;
            }
        )+ }
    };
}
use on_both;

const SCHEME: &str = "
steelyard: scheme/v1
id: test.property
version: 1
title: 物业双百分
subject: project
period: half
in_force: {from: 2022-01-01}
score:
  id: root
  out_of: 100
  constant: 80
grades:
  - {id: good, at_least: 60}
  - {id: veto}
vetoes:
  - id: fees
    raised_by: [street]
    put_right: {days: 30}
    object: {days: 10}
    then: {grade: veto}
  - id: anybody
    then: {grade: veto}
  - id: fire
    raised_by: [street]
    put_right: {days: 30, in_time: annuls}
    then: {grade: veto}
";

/// A county with two projects of one company, and the scheme.
async fn prepared(url: &str) -> Served {
    let served = served_over(url).await;
    let company = v1::registry_record::Detail::Company(v1::Company {});
    let mut records = units();
    records.push(record(RecordKind::Company, "co", company));
    for id in ["p1", "p2"] {
        let detail = v1::Project {
            company_id: "co".into(),
            compound_id: "k-01".into(),
            ..Default::default()
        };
        records.push(record(RecordKind::Project, id, v1::registry_record::Detail::Project(detail)));
    }
    assert_eq!(served.upsert("records", records).await.items, []);
    let request = v1::PublishSchemeRequest {
        county: COUNTY.into(),
        request_id: "scheme".into(),
        document: SCHEME.into(),
    };
    served.schemes().publish_scheme(request).await.unwrap();
    served
}

fn about(project: &str, fact: v1::fact::Fact) -> v1::Fact {
    let kind = v1::SubjectKind::Project.into();
    v1::Fact {
        subject: Some(v1::SubjectRef { kind, id: project.into() }),
        recorded_by: "clerk".into(),
        fact: Some(fact),
        ..Default::default()
    }
}

fn veto(project: &str, item: &str, from: &str) -> v1::Fact {
    let veto = v1::Veto {
        item: item.into(),
        raised_by: "street".into(),
        effective_from: date(from),
        happened_on: date(from),
        raised_on: date("2022-06-30"),
        ..Default::default()
    };
    let evidence = vec!["photo/1".to_owned()];
    v1::Fact { evidence, ..about(project, v1::fact::Fact::Veto(veto)) }
}

fn step(project: &str, veto_id: &str, step: VetoStepKind, on: &str, by: &str) -> v1::Fact {
    let text = if by.is_empty() { String::new() } else { "经研究".to_owned() };
    let (veto_id, by) = (veto_id.to_owned(), by.to_owned());
    let step = v1::VetoStep { veto_id, step: step.into(), on: date(on), by, text };
    about(project, v1::fact::Fact::VetoStep(step))
}

/// Records facts and answers their ids, or the reasons of what is refused.
async fn told(on: &Served, request_id: &str, facts: Vec<v1::Fact>) -> Vec<String> {
    let answer = on.facts().record_facts(record_facts(request_id, facts)).await.unwrap();
    let items = answer.into_inner().items.into_iter();
    items.map(|it| if it.reason.is_empty() { it.id } else { it.reason }).collect()
}

/// Each veto's standing, whether it is in force, and until when.
async fn listed(
    on: &Served,
    who: Option<&str>,
    request: v1::ListVetoesRequest,
) -> Result<Vec<v1::VetoCase>, Status> {
    let request = v1::ListVetoesRequest { county: COUNTY.into(), ..request };
    let request = match who {
        Some(who) => by(who, request),
        None => tonic::Request::new(request),
    };
    Ok(on.vetoes().list_vetoes(request).await?.into_inner().vetoes)
}

/// The register on a day.
async fn on_day(on: &Served, day: &str) -> Vec<v1::VetoCase> {
    let request = v1::ListVetoesRequest { on: date(day), ..Default::default() };
    listed(on, None, request).await.unwrap()
}
