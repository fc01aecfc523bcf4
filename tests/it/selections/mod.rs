//! Selections (F1 to F12) as callers see them, on both stores.
//!
//! ```text
//! xinping ─┬─ guishan ──┬─ c-01 ─ k-01 … k-05   b-01 … b-05    callers: department, second, group, committee
//!          │            └─ c-02 ─ k-06 … k-10   b-06 … b-10             (the county); guishan, xincheng;
//!          └─ xincheng ─── c-03 ─ k-11 … k-14   b-11 … b-14             c-01, c-02, c-03; k-01 … k-14
//!                                 k-15          g-15, a party group
//! ```
//!
//! Half of a street's branches may be recommended: five of Guishan's ten, two of Xincheng's four. `b-10`
//! serves `k-10` and `k-09` together. Scores fall with the number, but `b-05` and `b-06` are equal, and
//! `b-09` is below the line.

mod cast;
mod following;
mod opening;
mod ranking;
mod repeats;
mod scope;
mod shape;
mod trail;
mod way;
mod whole;

use steelyard::proto::v1::{self, CandidateStage, RecordKind, registry_record::Detail};
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::{
    harness::{
        COUNTY, Served, date, decimal, record, record_facts, reference, served_over, unit, units,
    },
    scheme_rpc,
};

/// Runs each case on each store, on one of its own.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(&crate::selections::prepared("sqlite::memory:").await).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!("selections_", stringify!($case));
                let url = crate::postgres::schema(name.get(..59).unwrap_or(name)).await;
                super::$case(&crate::selections::prepared(&url).await).await;
            }
        )+ }
    };
}
use on_both;

/// The document.
const RULES: &str = "test.red-flag";

const CRITERIA: &str = "steelyard: scheme/v1
id: test.criteria
version: 1
title: 评选标准
subject: compound
period: year
in_force: {from: 2022-01-01, until: 2024-12-31}
score:
  id: total
  out_of: 100
  sum:
    - {id: work, out_of: 100, imported: {source: street}}
grades:
  - {id: meets_line, at_least: 60}
  - {id: below_line}
vetoes:
  - {id: incident, raised_by: [housing_bureau], then: {grade: below_line}}
ranking: {within: [street, county], by: [score]}
";

/// A document: which forms it counts, and what seats there are.
fn rules(id: &str, forms: &str, seats: &str) -> String {
    format!(
        "steelyard: selection/v1
id: {id}
version: 1
title: 县“红旗小区”评选办法
honour: 红旗小区
in_force: {{from: 2022-01-01}}
basis: [{{document: 项目文本, clause: （一）至（六）}}]
criteria: {{scheme: test.criteria, grade: meets_line, bars: [incident]}}
forms: {forms}
seats: {seats}
steps:
  application: {{by: compound, until: 11-30, forms: [{{id: application_form, title: 申报表}}]}}
  opinion: {{by: community, until: 12-10}}
  recommendation: {{by: street, until: 12-30, forms: [{{id: summary_form, title: 申报汇总表}}]}}
  examination: {{by: selection_group, until: {{day: 01-10, year: next}}}}
  consultation: {{by: organization_department}}
  decision: {{by: standing_committee}}
notice: {{days: 5, of: working}}
awards: [{{id: fund, title: 经费, amount: '5000.00', to: branch}}]
"
    )
}

const HALF: &str = "{share: 50%, rounding: largest_remainder}";

fn branch(id: &str, form: v1::BranchForm, compound: &str, joined: &[&str]) -> v1::RegistryRecord {
    let detail = v1::Branch {
        form: form.into(),
        anchor: reference(RecordKind::Compound, compound),
        joined_compound_ids: joined.iter().map(|it| (*it).to_owned()).collect(),
    };
    record(RecordKind::Branch, id, Detail::Branch(detail))
}

/// A fact about a compound.
fn about(compound: &str, fact: v1::fact::Fact) -> v1::Fact {
    let subject =
        Some(v1::SubjectRef { kind: v1::SubjectKind::Compound.into(), id: compound.into() });
    v1::Fact { subject, recorded_by: "clerk".into(), fact: Some(fact), ..Default::default() }
}

/// What a compound reached, of 100.
fn reached(compound: &str, points: &str) -> v1::Fact {
    let import = v1::Import {
        source: "street".into(),
        period: "2022".into(),
        raw: decimal(points),
        full: decimal("100"),
        ..Default::default()
    };
    about(compound, v1::fact::Fact::Imported(import))
}

const REACHED: [(&str, &str); 15] = [
    ("k-01", "95"),
    ("k-02", "90"),
    ("k-03", "88"),
    ("k-04", "85"),
    ("k-05", "80"),
    ("k-06", "80"),
    ("k-07", "70"),
    ("k-08", "69"),
    ("k-09", "50"),
    ("k-10", "65"),
    ("k-11", "94"),
    ("k-12", "86"),
    ("k-13", "75"),
    ("k-14", "61"),
    ("k-15", "60"),
];

async fn grant(on: &Served, principal: &str, role: &str, over: Option<v1::RecordRef>) {
    let request = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: format!("{principal}-{role}"),
        principal: principal.into(),
        role_id: role.into(),
        unit: over,
        reason: "测试".into(),
        ..Default::default()
    };
    on.accesses().grant_role(request).await.unwrap();
}

async fn publish(on: &Served, document: String) {
    let request = v1::PublishSelectionDocumentRequest {
        county: COUNTY.into(),
        request_id: format!("document-{}", document.len()),
        document: document.into(),
    };
    on.selection_documents().publish_selection_document(request).await.unwrap();
}

fn community_of(number: u32) -> &'static str {
    match number {
        1..=5 => "c-01",
        6..=10 => "c-02",
        _ => "c-03",
    }
}

fn records() -> Vec<v1::RegistryRecord> {
    use RecordKind::{Community, Compound, County, Street};
    use v1::BranchForm::{CompoundBranch, JointBranch, PartyGroup};
    let mut all = units();
    all.push(unit(Community, "c-02", reference(Street, "guishan")));
    all.push(unit(Street, "xincheng", reference(County, COUNTY)));
    all.push(unit(Community, "c-03", reference(Street, "xincheng")));
    for number in 2..=15 {
        let parent = reference(Community, community_of(number));
        all.push(unit(Compound, &format!("k-{number:02}"), parent));
    }
    for number in (1..=14).filter(|it| *it != 10) {
        let (id, compound) = (format!("b-{number:02}"), format!("k-{number:02}"));
        all.push(branch(&id, CompoundBranch, &compound, &[]));
    }
    all.push(branch("b-10", JointBranch, "k-10", &["k-09"]));
    all.push(branch("g-15", PartyGroup, "k-15", &[]));
    all
}

/// The county with its callers and rules. It is the first of November 2022 by its clock.
async fn prepared(url: &str) -> Served {
    use RecordKind::{Community, Compound, County, Street};
    let on = served_over(url).await;
    on.clock.set("2022-11-01T01:00:00Z");
    assert_eq!(on.upsert("records", records()).await.items, []);
    scheme_rpc::publish(&on, "criteria", CRITERIA).await.unwrap();
    publish(&on, rules(RULES, "[compound_branch, joint_branch]", HALF)).await;
    for principal in ["department", "second"] {
        grant(&on, principal, "organization_department", reference(County, COUNTY)).await;
    }
    grant(&on, "group", "selection_group", reference(County, COUNTY)).await;
    grant(&on, "committee", "standing_committee", reference(County, COUNTY)).await;
    for street in ["guishan", "xincheng"] {
        grant(&on, street, "street", reference(Street, street)).await;
    }
    for community in ["c-01", "c-02", "c-03"] {
        grant(&on, community, "community", reference(Community, community)).await;
    }
    for number in 1..=15 {
        let compound = format!("k-{number:02}");
        grant(&on, &compound, "compound_branch", reference(Compound, &compound)).await;
    }
    let facts = REACHED.iter().map(|(compound, points)| reached(compound, points)).collect();
    let answer = on.facts().record_facts(record_facts("reached", facts)).await.unwrap();
    assert!(answer.into_inner().items.iter().all(|it| it.reason.is_empty()));
    on
}

/// A computed run of the criteria.
async fn computed(on: &Served, name: &str) -> String {
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("run-{name}"),
        scheme_id: "test.criteria".into(),
        period: "2022".into(),
        ..Default::default()
    };
    let answer = on.evaluations().start_run(request).await.unwrap();
    while on.app.work_once("tests").await.unwrap() {}
    answer.into_inner().run.unwrap().run_id
}

/// Raises the item that bars a candidate, and answers its fact's id.
async fn barred(on: &Served, compound: &str, from: &str) -> String {
    let veto = v1::Veto {
        item: "incident".into(),
        raised_by: "housing_bureau".into(),
        effective_from: date(from),
        happened_on: date(from),
        raised_on: date(from),
        ..Default::default()
    };
    let fact = v1::Fact {
        evidence: vec!["photo/1".to_owned()],
        ..about(compound, v1::fact::Fact::Veto(veto))
    };
    let request = record_facts(&format!("veto-{compound}"), vec![fact]);
    let items = on.facts().record_facts(request).await.unwrap().into_inner().items;
    assert_eq!(items[0].reason, "");
    items[0].id.clone()
}

/// Lifts it on a day.
async fn lifted(on: &Served, compound: &str, veto_id: &str, day: &str) {
    let step = v1::VetoStep {
        veto_id: veto_id.into(),
        step: v1::VetoStepKind::Lifted.into(),
        on: date(day),
        by: "county".into(),
        text: "经研究".into(),
    };
    let fact =
        v1::Fact { recorded_by: "other".into(), ..about(compound, v1::fact::Fact::VetoStep(step)) };
    let request = record_facts(&format!("lifted-{compound}"), vec![fact]);
    let items = on.facts().record_facts(request).await.unwrap().into_inner().items;
    assert_eq!(items[0].reason, "");
}

/// What stands in the way, as `reason subject`, and the reason of the whole before it.
fn in_the_way(status: &Status) -> (String, Vec<String>) {
    let failures = status.get_details_precondition_failure();
    let all = failures.map(|it| it.violations).unwrap_or_default();
    let all = all.into_iter().map(|it| format!("{} {}", it.r#type, it.subject)).collect();
    (crate::harness::reason(status), all)
}

/// A word of the metadata of a refusal.
fn said(status: &Status, key: &str) -> String {
    let details = status.get_error_details();
    details.error_info().unwrap().metadata.get(key).cloned().unwrap_or_default()
}

/// What stands in the way of one that is the only one.
fn only<T: std::fmt::Debug>(answer: Result<T, Status>) -> Vec<String> {
    in_the_way(&answer.unwrap_err()).1
}

/// The stage of each.
fn stages(all: &[v1::SelectionCandidate]) -> Vec<(&str, CandidateStage)> {
    all.iter().map(|it| (it.branch_id.as_str(), it.stage())).collect()
}

/// The branches.
fn candidate_ids(all: &[v1::SelectionCandidate]) -> Vec<&str> {
    all.iter().map(|it| it.branch_id.as_str()).collect()
}

/// The county whose honours of `b-01`, `b-02` and `b-11` are confirmed. It is the tenth of January.
pub(crate) async fn confirmed(url: &str) -> Served {
    let on = prepared(url).await;
    way::posted(&on).await;
    on.clock.set("2023-01-10T01:00:00Z");
    cast::confirm(&on, "confirm").await.unwrap();
    on
}

/// Honours that are cancelled by an administrator, who sees money.
pub(crate) async fn cancelled(
    on: &Served,
    request_id: &str,
    branch: &str,
) -> v1::CancelHonoursResponse {
    let request = v1::CancelHonoursRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: cast::ID.into(),
        candidates: vec![cast::step(branch, "弄虚作假", "")],
        decided_by: "standing-committee".into(),
    };
    on.selections().cancel_honours(request).await.unwrap().into_inner()
}
