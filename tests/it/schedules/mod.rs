//! Point schedules (M2) as a caller sees them, on both stores.
//!
//! ```text
//! xinping ─ guishan ─┬─ c-01 ─── k-01   b-1 compound branch, g-1 party group, gb general branch of c-01
//!                    └─ c-02 ─── k-02   b-2 compound branch, j-2 joint branch, late from 2023 on
//! ```

mod adopting;
mod reading;
mod scope;

use steelyard::proto::v1::{self, RecordKind, get_schedule_request::Selector};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::harness::{COUNTY, Served, date, reason, record, reference, served_over, unit, units};

/// Runs each case on each store, on one of its own.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(&crate::schedules::prepared("sqlite::memory:").await).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!("sched_", stringify!($case));
                let url = crate::postgres::schema(name.get(..59).unwrap_or(name)).await;
                super::$case(&crate::schedules::prepared(&url).await).await;
            }
        )+ }
    };
}
use on_both;

fn branch(id: &str, form: v1::BranchForm, kind: RecordKind, anchor: &str) -> v1::RegistryRecord {
    let detail =
        v1::Branch { form: form.into(), anchor: reference(kind, anchor), ..Default::default() };
    record(RecordKind::Branch, id, v1::registry_record::Detail::Branch(detail))
}

fn records() -> Vec<v1::RegistryRecord> {
    use RecordKind::{Community, Compound, County, Street};
    use v1::BranchForm::{CompoundBranch, GeneralBranch, JointBranch, PartyGroup, UnitBranch};
    let mut all = units();
    all.push(unit(Community, "c-02", reference(Street, "guishan")));
    all.push(unit(Compound, "k-02", reference(Community, "c-02")));
    let late = unit(Compound, "k-late", reference(Community, "c-02"));
    all.push(v1::RegistryRecord { effective_from: date("2023-01-01"), ..late });
    let new = branch("b-new", CompoundBranch, Compound, "k-01");
    all.push(v1::RegistryRecord { effective_from: date("2022-06-01"), ..new });
    for (id, joins, from) in [("j-2", "k-01", "2022-01-01"), ("j-late", "k-late", "2023-01-01")] {
        let mut joint = branch(id, JointBranch, Compound, "k-02");
        if let Some(v1::registry_record::Detail::Branch(of)) = &mut joint.detail {
            of.joined_compound_ids = vec![joins.into()];
        }
        all.push(v1::RegistryRecord { effective_from: date(from), ..joint });
    }
    all.extend([
        branch("b-1", CompoundBranch, Compound, "k-01"),
        branch("g-1", PartyGroup, Compound, "k-01"),
        branch("g-below", PartyGroup, RecordKind::Branch, "b-1"),
        branch("b-2", CompoundBranch, Compound, "k-02"),
        branch("j-3", JointBranch, Compound, "k-02"),
        branch("gb", GeneralBranch, Community, "c-01"),
        branch("ub", UnitBranch, County, COUNTY),
        branch("ub-1", UnitBranch, Compound, "k-01"),
    ]);
    all
}

/// A scheme about members of 2022 and 2023 that takes schedules, with more for its node.
fn scheme(id: &str, adoption: &str) -> String {
    format!(
        "steelyard: scheme/v1
id: {id}
version: 1
title: 测试办法
subject: member
period: year
in_force: {{from: 2022-01-01, until: 2023-12-31}}
basis: [{{document: 组通〔2020〕15号}}]
score:
  id: total
  out_of: 100
  base: 50
  sum:
    - {{id: own, scheduled: {{items: [1, 3], each: [0, 5], in_all: [0, 40]{adoption}}}}}
"
    )
}

async fn publish(on: &Served, id: &str, adoption: &str) {
    let request = v1::PublishSchemeRequest {
        county: COUNTY.into(),
        request_id: format!("scheme-{id}"),
        document: scheme(id, adoption).into(),
    };
    on.schemes().publish_scheme(request).await.unwrap();
}

/// A county with two compounds, their branches, and a scheme that takes schedules.
async fn prepared(url: &str) -> Served {
    let served = served_over(url).await;
    assert_eq!(served.upsert("records", records()).await.items, []);
    publish(&served, "test.member", "").await;
    served
}

/// A schedule of one item.
fn document(compound: &str, version: i32, from: &str) -> String {
    format!(
        "steelyard: schedule/v1
compound: {compound}
version: {version}
title: 积分细则
in_force: {{from: {from}}}
items:
  - {{id: duty, counted: {{points: 2, caps: [{{per: year, at_most: 20}}]}}}}
"
    )
}

/// A meeting of ten, six of them present and in favour.
fn meeting(met_on: &str) -> v1::GeneralMeeting {
    let evidence = vec!["minutes/7".to_owned()];
    v1::GeneralMeeting { met_on: date(met_on), eligible: 10, present: 6, in_favour: 6, evidence }
}

/// An adoption by the compound's own branch, ten days before it takes force.
fn adoption(request_id: &str, document: &str) -> v1::AdoptScheduleRequest {
    v1::AdoptScheduleRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        document: document.into(),
        branch_id: "b-1".into(),
        meeting: Some(meeting("2022-03-01")),
    }
}

async fn adopt(on: &Served, request: v1::AdoptScheduleRequest) -> Result<v1::Schedule, Status> {
    on.schedules().adopt_schedule(request).await.map(|it| it.into_inner().schedule.unwrap())
}

async fn retire(
    on: &Served,
    request_id: &str,
    version: i32,
    last_day: &str,
) -> Result<v1::Schedule, Status> {
    let request = v1::RetireScheduleRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        compound_id: "k-01".into(),
        version,
        last_day_in_force: date(last_day),
        reason: "修订".into(),
    };
    on.schedules().retire_schedule(request).await.map(|it| it.into_inner().schedule.unwrap())
}

async fn get(
    on: &Served,
    selector: Option<Selector>,
    known_at: Option<prost_types::Timestamp>,
) -> Result<v1::Schedule, Status> {
    let request = v1::GetScheduleRequest {
        county: COUNTY.into(),
        compound_id: "k-01".into(),
        selector,
        known_at,
    };
    on.schedules().get_schedule(request).await.map(|it| it.into_inner().schedule.unwrap())
}

/// Every version of the county, as compound and version.
async fn listed(on: &Served) -> Vec<String> {
    let request = v1::ListSchedulesRequest { county: COUNTY.into(), ..Default::default() };
    let page = on.schedules().list_schedules(request).await.unwrap().into_inner();
    page.schedules.iter().map(|it| format!("{}/{}", it.compound_id, it.version)).collect()
}

fn refused(status: &Status) -> (Code, String) {
    (status.code(), reason(status))
}

/// What a refusal says for machines.
fn told(status: &Status, key: &str) -> String {
    status.get_error_details().error_info().unwrap().metadata[key].clone()
}

/// How many entries the trail has.
async fn entries(on: &Served) -> i64 {
    let mut tx = on.app.read().await.unwrap();
    tx.head(COUNTY).await.unwrap().unwrap().audit_count
}
