//! A county with two branches, a year published, and the same year published again.

use std::path::PathBuf;

use steelyard::proto::v1::{self, RecordKind, run_selector::Selector};
use tokio_stream::StreamExt as _;

use crate::{
    harness::{COUNTY, Served, by, record, record_facts, reference, served_over, units},
    postgres,
    receipts::year::{import, times},
};

/// Names that a spreadsheet would take for formulas stand where a cell begins with them.
const DUAL: &str = "
steelyard: scheme/v1
id: feed.dual
version: 1
title: 双积分
subject: member
period: year
in_force: {from: 2022-01-01}
score:
  id: dual
  out_of: 100
  sum:
    - {id: unit, title: '=HYPERLINK(\"http://x\",\"点此\")', out_of: 50, imported: {source: unit_branch}}
    - {id: volunteering, counted: {points: 2, caps: [{per: year, at_most: 50}]}}
grades:
  - {id: good, at_least: 50}
  - {id: poor}
ranking: {within: [county, compound], by: [score]}
awards:
  - {id: prize, amount: '2000.00', when: {grade: good}, to: person}
";

/// Another scheme of the county, about projects.
const PROJECT: &str = "
steelyard: scheme/v1
id: feed.project
version: 1
title: 物业
subject: project
period: year
in_force: {from: 2022-01-01}
score:
  id: root
  out_of: 100
  base: 50
  sum:
    - {id: deeds, counted: {points: 2}}
";

/// Branches with their members; `-m6` begins as a formula does, and `m5` has no branch.
pub(crate) const MEMBERS: [(&str, &str); 6] =
    [("-m6", "ub-2"), ("m1", "ub-1"), ("m2", "ub-1"), ("m3", "ub-2"), ("m4", "ub-2"), ("m5", "")];

pub(crate) fn member(id: &str, branch: &str) -> v1::RegistryRecord {
    let detail = v1::Member {
        status: v1::MemberStatus::InService.into(),
        compound_id: "k-01".into(),
        unit_branch_id: branch.into(),
        ..Default::default()
    };
    record(RecordKind::Member, id, v1::registry_record::Detail::Member(detail))
}

/// The address of a store of this case's own.
pub(crate) async fn address(on_postgres: bool, case: &str) -> String {
    if on_postgres {
        return postgres::schema(&format!("feed_{case}")).await;
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("feed-{case}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    format!("sqlite:{}", folder.join("steelyard.db").display())
}

/// The county with its schemes and a year's facts.
pub(crate) async fn county(url: &str) -> Served {
    use v1::registry_record::Detail;
    let served = served_over(url).await;
    let mut records = units();
    for branch in ["ub-1", "ub-2"] {
        let anchor = reference(RecordKind::County, COUNTY);
        let detail =
            v1::Branch { form: v1::BranchForm::UnitBranch.into(), anchor, ..Default::default() };
        records.push(record(RecordKind::Branch, branch, Detail::Branch(detail)));
    }
    records.push(record(RecordKind::Company, "co", Detail::Company(v1::Company {})));
    let project =
        v1::Project { company_id: "co".into(), compound_id: "k-01".into(), ..Default::default() };
    records.push(record(RecordKind::Project, "p1", Detail::Project(project)));
    records.extend(MEMBERS.map(|(id, branch)| member(id, branch)));
    assert_eq!(served.upsert("county", records).await.items, []);
    for (name, document) in [("dual", DUAL), ("project", PROJECT)] {
        let publish = v1::PublishSchemeRequest {
            county: COUNTY.into(),
            request_id: format!("scheme-{name}"),
            document: document.into(),
        };
        served.schemes().publish_scheme(publish).await.unwrap();
    }
    let facts = vec![
        import("m1", "45"),
        import("m2", "45"),
        import("m3", "30"),
        import("m4", "20"),
        import("m5", "10"),
        times("m1", "2022-03-05", "5"),
        times("m2", "2022-03-05", "2"),
    ];
    served.facts().record_facts(record_facts("facts", facts)).await.unwrap();
    served
}

/// Starts a run and carries it out.
pub(crate) async fn computed(served: &Served, scheme: &str, name: &str) -> String {
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("run-{name}"),
        scheme_id: scheme.into(),
        period: "2022".into(),
        ..Default::default()
    };
    let run = served.evaluations().start_run(request).await.unwrap().into_inner().run.unwrap();
    while served.app.work_once("tests").await.unwrap() {}
    run.run_id
}

pub(crate) async fn publish(served: &Served, run_id: &str) {
    let request = v1::PublishRunRequest {
        county: COUNTY.into(),
        request_id: format!("publish-{run_id}"),
        run_id: run_id.into(),
    };
    served.evaluations().publish_run(request).await.unwrap();
}

pub(crate) async fn supersede(served: &Served, old: &str, new: &str) {
    let request = v1::SupersedeRunRequest {
        county: COUNTY.into(),
        request_id: format!("supersede-{new}"),
        old_run_id: old.into(),
        new_run_id: new.into(),
        reason: "补录".into(),
        validate_only: false,
    };
    served.evaluations().supersede_run(request).await.unwrap();
}

/// The year is published.
pub(crate) async fn first(served: &Served) -> String {
    let run = computed(served, "feed.dual", "first").await;
    publish(served, &run).await;
    run
}

/// What comes to be known later: `m2` did more and passes `m1`, `-m6` belongs to the other branch,
/// which changes no number of its result, `m5` does not count any more, and `m7` does.
pub(crate) async fn later(served: &Served) {
    let gone = v1::RegistryRecord {
        effective_until: crate::harness::date("2022-06-30"),
        ..member("m5", "")
    };
    let records = vec![member("-m6", "ub-1"), gone, member("m7", "ub-2")];
    assert_eq!(served.upsert("later", records).await.items, []);
    let facts = vec![times("m2", "2022-09-05", "9"), import("m7", "5")];
    served.facts().record_facts(record_facts("later-facts", facts)).await.unwrap();
}

/// The year is published once more.
pub(crate) async fn second(served: &Served, old: &str) -> String {
    later(served).await;
    let run = computed(served, "feed.dual", "second").await;
    supersede(served, old, &run).await;
    run
}

/// Three publications: the year, the projects, the year again.
pub(crate) async fn years(url: &str) -> (Served, [String; 3]) {
    let served = county(url).await;
    let old = first(&served).await;
    let other = computed(&served, "feed.project", "project").await;
    publish(&served, &other).await;
    let new = second(&served, &old).await;
    (served, [old, other, new])
}

pub(crate) fn asked(cursor: &str, page_size: i32) -> v1::ListResultEventsRequest {
    let (county, cursor) = (COUNTY.into(), cursor.into());
    v1::ListResultEventsRequest { county, cursor, page_size, ..Default::default() }
}

/// A filter by branch.
pub(crate) fn of_branch(branch: &str) -> Option<v1::ResultEventFilter> {
    let (group_dimension, group) = ("unit_branch".into(), branch.into());
    Some(v1::ResultEventFilter { group_dimension, group, ..Default::default() })
}

/// All events of a request, page by page, and where they end.
pub(crate) async fn told(
    served: &Served,
    who: Option<&str>,
    mut request: v1::ListResultEventsRequest,
) -> (Vec<v1::ResultEvent>, String) {
    let mut all = Vec::new();
    loop {
        let call = match who {
            Some(who) => by(who, request.clone()),
            None => tonic::Request::new(request.clone()),
        };
        let page = served.evaluations().list_result_events(call).await.unwrap().into_inner();
        assert!(!page.next_cursor.is_empty());
        all.extend(page.events);
        request.cursor = page.next_cursor;
        if page.at_end {
            return (all, request.cursor);
        }
    }
}

/// What is told, in short: the publication, the change, the subject, and which sides are shown.
pub(crate) fn short(events: &[v1::ResultEvent]) -> Vec<String> {
    let one = |it: &v1::ResultEvent| {
        let side = |it: &Option<v1::Result>, shown: &str| {
            it.as_ref().map_or_else(String::new, |_| shown.to_owned())
        };
        format!(
            "{} {} {} {}{}",
            it.publication.as_ref().unwrap().seq,
            it.change().as_str_name().trim_start_matches("RESULT_CHANGE_"),
            it.subject.as_ref().unwrap().id,
            side(&it.previous, "-"),
            side(&it.result, "+"),
        )
    };
    events.iter().map(one).collect()
}

pub(crate) fn by_id(run: &str) -> Option<v1::RunSelector> {
    Some(v1::RunSelector { selector: Some(Selector::RunId(run.into())) })
}

/// All results of a run, as they are streamed.
pub(crate) async fn streamed(
    served: &Served,
    who: Option<&str>,
    run: &str,
    filter: Option<v1::ResultFilter>,
) -> Vec<v1::Result> {
    let request = v1::StreamResultsRequest { county: COUNTY.into(), run: by_id(run), filter };
    let call = match who {
        Some(who) => by(who, request),
        None => tonic::Request::new(request),
    };
    let mut stream = served.evaluations().stream_results(call).await.unwrap().into_inner();
    let mut all = Vec::new();
    while let Some(message) = stream.next().await {
        all.extend(message.unwrap().results);
    }
    all
}

/// Grants a role over a unit.
pub(crate) async fn grant(served: &Served, principal: &str, role: &str, unit: (RecordKind, &str)) {
    let request = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: format!("grant-{principal}"),
        principal: principal.into(),
        role_id: role.into(),
        unit: reference(unit.0, unit.1),
        reason: "测试".into(),
        ..Default::default()
    };
    served.accesses().grant_role(request).await.unwrap();
}

/// Takes a role away again.
pub(crate) async fn revoke(served: &Served, principal: &str, role: &str, unit: (RecordKind, &str)) {
    let request = v1::RevokeRoleRequest {
        county: COUNTY.into(),
        request_id: format!("revoke-{principal}"),
        principal: principal.into(),
        role_id: role.into(),
        unit: reference(unit.0, unit.1),
        reason: "测试".into(),
    };
    served.accesses().revoke_role(request).await.unwrap();
}
