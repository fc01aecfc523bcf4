//! Persons and their posts (S1, S5, I4), on both stores: in which post a person is appraised, vetoes
//! about whoever holds a post, candidates, and the wider committees of streets and communities.

mod appraised;
mod candidates;
mod holders;
mod units;

use steelyard::{
    app::run,
    proto::v1::{self, RecordKind, SubjectKind, registry_record::Detail},
};

use crate::harness::{
    COUNTY, Served, date, member, record, record_facts, reference, served_over, unit, units,
};

/// Runs each case on each store, on one of its own.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(&crate::posts::prepared("sqlite::memory:").await).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!("posts_", stringify!($case));
                let url = crate::postgres::schema(name.get(..59).unwrap_or(name)).await;
                super::$case(&crate::posts::prepared(&url).await).await;
            }
        )+ }
    };
}
use on_both;

/// A county of two compounds in two communities, with four members.
async fn prepared(url: &str) -> Served {
    use RecordKind::{Community, Compound, Street};
    let served = served_over(url).await;
    let mut records = units();
    records.push(unit(Community, "c-02", reference(Street, "guishan")));
    records.push(unit(Compound, "k-02", reference(Community, "c-02")));
    records.extend(["m1", "m2", "m3", "m4"].map(member));
    assert_eq!(served.upsert("records", records).await.items, []);
    served
}

/// A post held from a day to another; to no day while it lasts.
fn post(
    (id, title): (&str, &str),
    person: &str,
    unit: (RecordKind, &str),
    (from, until): (&str, &str),
) -> v1::RegistryRecord {
    let unit = reference(unit.0, unit.1);
    let detail = v1::Post { person_id: person.into(), title: title.into(), unit };
    v1::RegistryRecord {
        effective_from: date(from),
        effective_until: if until.is_empty() { None } else { date(until) },
        ..record(RecordKind::Post, id, Detail::Post(detail))
    }
}

/// A scheme about posts with these lines besides.
fn scheme(id: &str, more: &str) -> String {
    format!(
        "
steelyard: scheme/v1
id: test.{id}
version: 1
title: 测试
subject: post
period: year
in_force: {{from: 2022-01-01}}
roster: {{attribute: post, in: [branch_secretary, committee_member]}}
score: {{id: root, out_of: 100, constant: 80}}
grades:
  - {{id: good, at_least: 60}}
  - {{id: poor}}
ranking: {{within: [compound], by: [score]}}
{more}"
    )
}

async fn publish(on: &Served, document: &str) {
    let request = v1::PublishSchemeRequest {
        county: COUNTY.into(),
        request_id: format!("scheme-{}", document.len()),
        document: document.as_bytes().to_vec(),
    };
    on.schemes().publish_scheme(request).await.unwrap();
}

/// A computed run, proved.
async fn ran(on: &Served, scheme_id: &str, period: &str, nth: &str) -> String {
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("{scheme_id}-{period}-{nth}"),
        scheme_id: scheme_id.into(),
        period: period.into(),
        ..Default::default()
    };
    let answer = on.evaluations().start_run(request).await.unwrap();
    while on.app.work_once("test").await.unwrap() {}
    let run_id = answer.into_inner().run.unwrap().run_id;
    let selector = run::RunSelector::Id(run_id.clone());
    let proof = run::verify(&*on.app.store, COUNTY, &selector).await.unwrap();
    assert_eq!(proof.findings, []);
    run_id
}

fn of_run(run_id: &str) -> Option<v1::RunSelector> {
    let selector = v1::run_selector::Selector::RunId(run_id.to_owned());
    Some(v1::RunSelector { selector: Some(selector) })
}

async fn results(on: &Served, run_id: &str) -> Vec<v1::Result> {
    let run = of_run(run_id);
    let request = v1::ListResultsRequest { county: COUNTY.into(), run, ..Default::default() };
    on.evaluations().list_results(request).await.unwrap().into_inner().results
}

async fn explained(on: &Served, run_id: &str, post: &str) -> v1::ExplainResultResponse {
    let run = of_run(run_id);
    let request = v1::ExplainResultRequest { county: COUNTY.into(), run, subject_id: post.into() };
    on.evaluations().explain_result(request).await.unwrap().into_inner()
}

/// A veto about a member or a post.
fn veto(of: (SubjectKind, &str), item: &str, by: &str, days: (&str, &str)) -> v1::Fact {
    let veto = v1::Veto {
        item: item.into(),
        raised_by: by.into(),
        effective_from: date(days.0),
        effective_until: if days.1.is_empty() { None } else { date(days.1) },
        ..Default::default()
    };
    v1::Fact {
        subject: Some(v1::SubjectRef { kind: of.0.into(), id: of.1.into() }),
        recorded_by: "clerk".into(),
        fact: Some(v1::fact::Fact::Veto(veto)),
        ..Default::default()
    }
}

/// A veto of a member that is lifted by the county.
fn lifted(member: &str, veto_id: &str, on: &str) -> v1::Fact {
    let step = v1::VetoStep {
        veto_id: veto_id.into(),
        step: v1::VetoStepKind::Lifted.into(),
        on: date(on),
        by: "county".into(),
        text: "经研究".into(),
    };
    v1::Fact {
        fact: Some(v1::fact::Fact::VetoStep(step)),
        ..veto((SubjectKind::Member, member), "x", "y", ("2022-01-01", ""))
    }
}

/// Records facts and answers their ids, or the reasons of what is refused.
async fn told(on: &Served, request_id: &str, facts: Vec<v1::Fact>) -> Vec<String> {
    let answer = on.facts().record_facts(record_facts(request_id, facts)).await.unwrap();
    let items = answer.into_inner().items.into_iter();
    items.map(|it| if it.reason.is_empty() { it.id } else { it.reason }).collect()
}
