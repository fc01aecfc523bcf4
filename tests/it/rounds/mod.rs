//! Assessment rounds (P2) as callers see them, on both stores.
//!
//! ```text
//! xinping ─ guishan ─┬─ c-01 ─── k-01   pr-1, pr-2     callers: bureau (the county), street (guishan),
//!                    └─ c-02 ─── k-02   pr-3                    first (c-01), second (c-02)
//! ```
//!
//! `tidy`, out of 40, by bureau and street; `open`, out of 10.5, by street and community.

mod closing;
mod coverage;
mod direct;
mod due;
mod large;
mod opening;
mod scope;
mod sheets;
mod together;
mod top_marks;

use steelyard::proto::v1::{self, RecordKind, registry_record::Detail, sheet_holder::Holder};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::harness::{
    COUNTY, Served, by, date, decimal, reason, record, reference, served_over, unit, units,
};

/// Runs each case on each store, on one of its own.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(&crate::rounds::prepared("sqlite::memory:").await).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!("rounds_", stringify!($case));
                let url = crate::postgres::schema(name.get(..59).unwrap_or(name)).await;
                super::$case(&crate::rounds::prepared(&url).await).await;
            }
        )+ }
    };
}
use on_both;

/// A scheme about projects; two of its items are assessed.
fn scheme(id: &str, more: &str) -> String {
    format!(
        "steelyard: scheme/v1
id: {id}
version: 1
title: 测试办法
subject: project
period: half
in_force: {{from: 2022-01-01, until: 2023-12-31}}
{more}score:
  id: total
  out_of: 100
  base: 40
  sum:
    - {{id: tidy, out_of: 40, assessed: {{by: {{housing_bureau: 50%, street: 50%}}}}}}
    - {{id: open, out_of: 10.5, assessed: {{by: {{street: 1/2, community: 1/2}}}}}}
    - {{id: deeds, counted: {{points: 1, caps: [{{per: half, at_most: 9}}]}}}}
"
    )
}

pub(super) async fn publish(on: &Served, document: String) {
    let request_id = format!("scheme-{}", document.len());
    let request =
        v1::PublishSchemeRequest { county: COUNTY.into(), request_id, document: document.into() };
    on.schemes().publish_scheme(request).await.unwrap();
}

fn project(id: &str, compound: &str) -> v1::RegistryRecord {
    let detail =
        v1::Project { company_id: "co".into(), compound_id: compound.into(), ..Default::default() };
    record(RecordKind::Project, id, Detail::Project(detail))
}

/// A county with three projects, a scheme, and callers.
async fn prepared(url: &str) -> Served {
    let on = served_over(url).await;
    let mut records = units();
    records.push(unit(RecordKind::Community, "c-02", reference(RecordKind::Street, "guishan")));
    records.push(unit(RecordKind::Compound, "k-02", reference(RecordKind::Community, "c-02")));
    records.push(record(RecordKind::Company, "co", Detail::Company(v1::Company {})));
    records.extend([project("pr-1", "k-01"), project("pr-2", "k-01"), project("pr-3", "k-02")]);
    assert_eq!(on.upsert("records", records).await.items, []);
    publish(&on, scheme("test.rating", "")).await;
    for (principal, role, over) in [
        ("organiser", "organization_department", reference(RecordKind::County, COUNTY)),
        ("bureau", "housing_bureau", reference(RecordKind::County, COUNTY)),
        ("street", "street", reference(RecordKind::Street, "guishan")),
        ("first", "community", reference(RecordKind::Community, "c-01")),
        ("second", "community", reference(RecordKind::Community, "c-02")),
        ("auditor", "auditor", reference(RecordKind::County, COUNTY)),
    ] {
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
    on
}

/// A round of the second half of 2022, from 10 to 20 January 2023.
fn opening(id: &str) -> v1::OpenRoundRequest {
    v1::OpenRoundRequest {
        county: COUNTY.into(),
        request_id: format!("open-{id}"),
        round_id: id.into(),
        scheme_id: "test.rating".into(),
        period: "2022-H2".into(),
        opens_on: date("2023-01-10"),
        due_on: date("2023-01-20"),
    }
}

async fn open(on: &Served, request: v1::OpenRoundRequest) -> Result<v1::Round, Status> {
    let answer = on.rounds().open_round(by("organiser", request)).await?;
    Ok(answer.into_inner().round.unwrap())
}

fn held_by(kind: RecordKind, id: &str) -> Option<v1::SheetHolder> {
    let unit = reference(kind, id).unwrap();
    Some(v1::SheetHolder { holder: Some(Holder::Unit(unit)) })
}

fn named(principal: &str) -> Option<v1::SheetHolder> {
    Some(v1::SheetHolder { holder: Some(Holder::Principal(principal.into())) })
}

fn assignment(
    (role, assessor): (&str, &str),
    holder: Option<v1::SheetHolder>,
    subjects: &[&str],
) -> v1::Assignment {
    v1::Assignment {
        assessor_id: assessor.into(),
        role: role.into(),
        holder,
        subject_ids: subjects.iter().map(|it| (*it).to_owned()).collect(),
        optional: false,
    }
}

async fn add(
    on: &Served,
    request_id: &str,
    assignments: Vec<v1::Assignment>,
) -> Result<(i64, i64), Status> {
    let request = v1::AddAssignmentsRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        round_id: "r1".into(),
        assignments,
    };
    let answer = on.rounds().add_assignments(by("organiser", request)).await?.into_inner();
    Ok((answer.recorded, answer.unchanged))
}

/// The four assessors, of seven sheets.
fn everybody() -> Vec<v1::Assignment> {
    use RecordKind::{Community, Street};
    vec![
        assignment(("housing_bureau", "hb"), named("bureau"), &["pr-1", "pr-2", "pr-3"]),
        assignment(("street", "s-1"), held_by(Street, "guishan"), &["pr-1", "pr-2"]),
        assignment(("community", "c-1"), held_by(Community, "c-01"), &["pr-1"]),
        assignment(("community", "c-2"), held_by(Community, "c-02"), &["pr-3"]),
    ]
}

/// Round `r1` with everybody.
async fn begun(on: &Served) {
    open(on, opening("r1")).await.unwrap();
    assert_eq!(add(on, "everybody", everybody()).await.unwrap(), (7, 0));
}

/// Whose sheets: the caller, the role and the assessor.
type Who = (&'static str, &'static str, &'static str);
const BUREAU: Who = ("bureau", "housing_bureau", "hb");
const STREET: Who = ("street", "street", "s-1");
const FIRST: Who = ("first", "community", "c-1");
const SECOND: Who = ("second", "community", "c-2");

/// Points by item, as `tidy 30`.
fn draft(subject: &str, points: &[(&str, &str)]) -> v1::DraftSheet {
    let one = |it: &(&str, &str)| v1::ItemPoints { item: it.0.to_owned(), points: decimal(it.1) };
    v1::DraftSheet { subject_id: subject.into(), points: points.iter().map(one).collect() }
}

async fn save(
    on: &Served,
    request_id: &str,
    who: Who,
    sheets: Vec<v1::DraftSheet>,
) -> Result<(i64, i64), Status> {
    let request = v1::SaveDraftsRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        round_id: "r1".into(),
        role: who.1.into(),
        assessor_id: who.2.into(),
        sheets,
    };
    let answer = on.rounds().save_drafts(by(who.0, request)).await?.into_inner();
    Ok((answer.recorded, answer.unchanged))
}

async fn hand_in(
    on: &Served,
    request_id: &str,
    who: Who,
    subjects: &[&str],
) -> Result<(i64, i64), Status> {
    let request = v1::HandInSheetsRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        round_id: "r1".into(),
        role: who.1.into(),
        assessor_id: who.2.into(),
        subject_ids: subjects.iter().map(|it| (*it).to_owned()).collect(),
    };
    let answer = on.rounds().hand_in_sheets(by(who.0, request)).await?.into_inner();
    Ok((answer.recorded, answer.unchanged))
}

async fn withdraw(
    on: &Served,
    request_id: &str,
    who: Who,
    subjects: &[&str],
) -> Result<i64, Status> {
    let request = v1::WithdrawSheetsRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        round_id: "r1".into(),
        role: who.1.into(),
        assessor_id: who.2.into(),
        subject_ids: subjects.iter().map(|it| (*it).to_owned()).collect(),
    };
    let answer = on.rounds().withdraw_sheets(by(who.0, request)).await?.into_inner();
    Ok(answer.recorded)
}

/// The points of every sheet of the round.
fn points(who: Who, subject: &'static str) -> v1::DraftSheet {
    let all: &[(&str, &str)] = match (who.1, subject) {
        ("housing_bureau", "pr-1") => &[("tidy", "30")],
        ("housing_bureau", _) => &[("tidy", "40")],
        ("street", "pr-1") => &[("tidy", "35.5"), ("open", "10.5")],
        ("street", _) => &[("tidy", "20"), ("open", "0")],
        _ => &[("open", "7.25")],
    };
    draft(subject, all)
}

/// Everybody's sheets in the order of the assignments.
const ALL: [(Who, &str); 7] = [
    (BUREAU, "pr-1"),
    (BUREAU, "pr-2"),
    (BUREAU, "pr-3"),
    (STREET, "pr-1"),
    (STREET, "pr-2"),
    (FIRST, "pr-1"),
    (SECOND, "pr-3"),
];

/// Saves a sheet and hands it in.
async fn done(on: &Served, (who, subject): (Who, &'static str)) {
    let id = format!("{}-{subject}", who.2);
    save(on, &format!("save-{id}"), who, vec![points(who, subject)]).await.unwrap();
    hand_in(on, &format!("in-{id}"), who, &[subject]).await.unwrap();
}

async fn close(
    on: &Served,
    request_id: &str,
    late: &str,
) -> Result<v1::CloseRoundResponse, Status> {
    let request = v1::CloseRoundRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        round_id: "r1".into(),
        late_reason: late.into(),
    };
    Ok(on.rounds().close_round(by("organiser", request)).await?.into_inner())
}

async fn extend(
    on: &Served,
    request_id: &str,
    (role, assessor): (&str, &str),
    until: &str,
) -> Result<v1::Round, Status> {
    let request = v1::ExtendRoundRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        round_id: "r1".into(),
        role: role.into(),
        assessor_id: assessor.into(),
        until_day: date(until),
        reason: "系统停机一天".into(),
    };
    let answer = on.rounds().extend_round(by("organiser", request)).await?;
    Ok(answer.into_inner().round.unwrap())
}

async fn excuse(
    on: &Served,
    request_id: &str,
    (role, assessor): (&str, &str),
    subject: &str,
) -> Result<v1::Round, Status> {
    let request = v1::ExcuseAssessorRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        round_id: "r1".into(),
        role: role.into(),
        assessor_id: assessor.into(),
        subject_id: subject.into(),
        reason: "换届期间无人履职".into(),
    };
    let answer = on.rounds().excuse_assessor(by("organiser", request)).await?;
    Ok(answer.into_inner().round.unwrap())
}

fn refused(status: &Status) -> (Code, String) {
    (status.code(), reason(status))
}

/// A refusal by the state of the county, with a sentence for people.
fn by_state(status: &Status) -> String {
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
    assert!(status.message().len() > 10, "{}", status.message());
    reason(status)
}

/// What a refusal says for machines.
fn told(status: &Status, key: &str) -> String {
    status.get_error_details().error_info().unwrap().metadata[key].clone()
}

/// What stands in the way, by name.
fn in_the_way(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let all = details.precondition_failure().unwrap().violations.iter();
    all.map(|it| format!("{} {}", it.r#type, it.subject)).collect()
}

/// How many entries the trail has.
async fn entries(on: &Served) -> i64 {
    let mut tx = on.app.read().await.unwrap();
    tx.head(COUNTY).await.unwrap().unwrap().audit_count
}

/// That trail and rows agree.
async fn proved(on: &Served) {
    let outside = steelyard::app::audit::Outside::default();
    let proof = steelyard::app::audit::verify(&*on.app.store, Some(COUNTY), &outside).await;
    assert_eq!(proof.unwrap().findings, []);
}

/// The sheets of the ledger, as `subject item role assessor points`, in its order.
async fn ledger(on: &Served) -> Vec<String> {
    let kinds = vec![v1::FactKind::Sheet.into()];
    let request = v1::ListFactsRequest { county: COUNTY.into(), kinds, ..Default::default() };
    let page = on.facts().list_facts(request).await.unwrap().into_inner();
    assert_eq!(page.next_page_token, "");
    let shown = |fact: &v1::Fact| {
        let Some(v1::fact::Fact::Sheet(it)) = &fact.fact else { panic!("{fact:?}") };
        let (subject, points) = (&fact.subject.as_ref().unwrap().id, it.points.as_ref().unwrap());
        format!("{subject} {} {} {} {}", it.item, it.role, it.assessor, points.value)
    };
    page.facts.iter().map(shown).collect()
}
