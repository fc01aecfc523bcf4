//! Two counties of the same shape. In each, a community that roles are held over, with what lies
//! below it, the street above it, and another community beside it:
//!
//! ```text
//! county ─┬─ s-1 ─── c-1 ─── k-1    p-up in s-1, p-own in c-1, m-in and pr-in in k-1
//!         └─ s-2 ─── c-2 ─── k-2    m-sib and pr-sib in k-2
//! ```

use std::{collections::BTreeMap, sync::Arc};

use steelyard::{
    proto::v1::{self, SubjectKind, registry_record::Detail},
    sign::SigningKey,
};

use crate::harness::{COUNTY, Served, by, entry, record, reference, served_as, unit};

/// The other county.
pub(super) const OTHER: &str = "elsewhere";

/// A scheme for a kind of subjects.
pub(super) fn scheme(kind: &str) -> String {
    format!(
        "
steelyard: scheme/v1
id: test.{kind}
version: 1
title: 测试
subject: {kind}
period: year
in_force: {{from: 2022-01-01}}
score:
  id: root
  out_of: 100
  base: 50
  sum:
    - {{id: deeds, counted: {{points: 2, caps: [{{per: year, at_most: 20}}]}}}}
grades:
  - {{id: good, at_least: 50}}
  - {{id: poor}}
awards:
  - {{id: prize, amount: '2000.00', when: {{grade: good}}, to: {}}}
objections: {{days: 10, of: calendar}}
",
        if kind == "post" || kind == "member" { "person" } else { "branch" }
    )
}

/// The word of a subject's kind in the registry and in the schemes.
pub(super) const fn word(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Member => "member",
        SubjectKind::Project => "project",
        SubjectKind::Post => "post",
        SubjectKind::Company | SubjectKind::Compound | SubjectKind::Unspecified => "",
    }
}

/// The kind of its record.
pub(super) const fn registered(kind: SubjectKind) -> v1::RecordKind {
    match kind {
        SubjectKind::Member => v1::RecordKind::Member,
        SubjectKind::Project => v1::RecordKind::Project,
        SubjectKind::Post => v1::RecordKind::Post,
        SubjectKind::Company => v1::RecordKind::Company,
        SubjectKind::Compound => v1::RecordKind::Compound,
        SubjectKind::Unspecified => v1::RecordKind::Unspecified,
    }
}

fn member(id: &str, compound: &str, branch: &str) -> v1::RegistryRecord {
    let detail = v1::Member {
        status: v1::MemberStatus::InService.into(),
        compound_id: compound.into(),
        unit_branch_id: branch.into(),
        ..Default::default()
    };
    record(v1::RecordKind::Member, id, Detail::Member(detail))
}

fn project(id: &str, compound: &str) -> v1::RegistryRecord {
    let detail =
        v1::Project { company_id: "co".into(), compound_id: compound.into(), ..Default::default() };
    record(v1::RecordKind::Project, id, Detail::Project(detail))
}

fn post(id: &str, holder: &str, kind: v1::RecordKind, unit: &str) -> v1::RegistryRecord {
    let detail = v1::Post {
        person_id: holder.into(),
        title: "secretary".into(),
        unit: reference(kind, unit),
    };
    record(v1::RecordKind::Post, id, Detail::Post(detail))
}

/// Every record of a county.
pub(crate) fn records(county: &str) -> Vec<v1::RegistryRecord> {
    use v1::RecordKind::{Branch, Community, Company, Compound, County, Street};
    let branch = v1::Branch {
        form: v1::BranchForm::UnitBranch.into(),
        anchor: reference(County, county),
        ..Default::default()
    };
    let mut all = vec![unit(County, county, None)];
    for side in ["1", "2"] {
        let id = |of: &str| format!("{of}-{side}");
        all.push(unit(Street, &id("s"), reference(County, county)));
        all.push(unit(Community, &id("c"), reference(Street, &id("s"))));
        all.push(unit(Compound, &id("k"), reference(Community, &id("c"))));
    }
    all.push(record(Branch, "ub", Detail::Branch(branch)));
    all.push(record(Company, "co", Detail::Company(v1::Company {})));
    all.extend([
        member("m-in", "k-1", "ub"),
        member("m-sib", "k-2", ""),
        project("pr-in", "k-1"),
        project("pr-sib", "k-2"),
        post("p-up", "m-in", Street, "s-1"),
        post("p-own", "m-in", Community, "c-1"),
    ]);
    all
}

/// The two counties, served, with runs published and facts recorded.
pub(super) struct Counties {
    pub(super) served: Served,
    /// A fact about each subject, by county and id.
    pub(super) facts: BTreeMap<(&'static str, String), String>,
    /// An objection about each member, by county and id.
    pub(super) objections: BTreeMap<(&'static str, String), String>,
    /// The published run of each kind, by county and word.
    pub(super) runs: BTreeMap<(&'static str, &'static str), String>,
    /// The run of each kind that is under public notice, by county and word.
    pub(super) noticed: BTreeMap<(&'static str, &'static str), String>,
}

pub(super) const SUBJECTS: [(SubjectKind, &str); 6] = [
    (SubjectKind::Member, "m-in"),
    (SubjectKind::Member, "m-sib"),
    (SubjectKind::Project, "pr-in"),
    (SubjectKind::Project, "pr-sib"),
    (SubjectKind::Post, "p-up"),
    (SubjectKind::Post, "p-own"),
];

/// A fact about a subject.
pub(crate) fn deed(kind: SubjectKind, id: &str) -> v1::Fact {
    let subject = Some(v1::SubjectRef { kind: kind.into(), id: id.into() });
    v1::Fact { subject, ..entry(id, "deeds", "2022-05-05") }
}

impl Counties {
    pub(super) async fn prepared() -> Self {
        let signer = Arc::new(SigningKey::generate().unwrap());
        let served = served_as("sqlite::memory:", |app| app.with_signer(signer)).await;
        let (facts, objections, runs) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut it = Self { served, facts, objections, runs, noticed: BTreeMap::new() };
        for county in [COUNTY, OTHER] {
            it.prepare(county).await;
        }
        it
    }

    async fn prepare(&mut self, county: &'static str) {
        let message = v1::UpsertRecordsRequest {
            county: county.into(),
            request_id: "records".into(),
            records: records(county),
        };
        let stored = self.served.registry().upsert_records(tokio_stream::once(message)).await;
        assert_eq!(stored.unwrap().into_inner().items, []);
        for (kind, id) in SUBJECTS {
            let request = v1::RecordFactsRequest {
                county: county.into(),
                request_id: format!("deed-{id}"),
                facts: vec![deed(kind, id)],
            };
            let answer = self.served.facts().record_facts(request).await.unwrap().into_inner();
            let fact_id = answer.items[0].id.clone();
            self.facts.insert((county, id.to_owned()), fact_id.clone());
            if kind == SubjectKind::Member {
                let request = v1::RaiseObjectionRequest {
                    county: county.into(),
                    request_id: format!("objection-{id}"),
                    fact_id,
                    text: "次数有误".into(),
                    raised_by: id.into(),
                    evidence: Vec::new(),
                };
                let answer = self.served.entries().raise_objection(request).await.unwrap();
                let objection = answer.into_inner().objection.unwrap().fact_id;
                self.objections.insert((county, id.to_owned()), objection);
            }
        }
        for kind in [SubjectKind::Member, SubjectKind::Project, SubjectKind::Post] {
            let run = self.run(county, kind).await;
            let request = v1::PublishRunRequest {
                county: county.into(),
                request_id: format!("publish-{}", word(kind)),
                run_id: run.clone(),
            };
            self.served.evaluations().publish_run(request).await.unwrap();
            self.runs.insert((county, word(kind)), run);
        }
        super::appraisal_calls::prepare(self, county).await;
        super::notice_calls::prepare(self, county).await;
    }

    async fn run(&self, county: &str, kind: SubjectKind) -> String {
        let word = word(kind);
        let request = v1::PublishSchemeRequest {
            county: county.into(),
            request_id: format!("scheme-{word}"),
            document: scheme(word).into(),
        };
        self.served.schemes().publish_scheme(request).await.unwrap();
        self.started(county, word, "first").await
    }

    /// A computed run of a kind.
    pub(super) async fn started(&self, county: &str, word: &str, name: &str) -> String {
        let request = v1::StartRunRequest {
            county: county.into(),
            request_id: format!("run-{word}-{name}"),
            scheme_id: format!("test.{word}"),
            period: "2022".into(),
            ..Default::default()
        };
        let answer = self.served.evaluations().start_run(request).await.unwrap();
        while self.served.app.work_once("test").await.unwrap() {}
        answer.into_inner().run.unwrap().run_id
    }

    /// Grants a role over a unit of the first county.
    pub(super) async fn grant(&self, principal: &str, role: &str, unit: v1::RecordRef) {
        let request = v1::GrantRoleRequest {
            county: COUNTY.into(),
            request_id: format!("grant-{principal}"),
            principal: principal.into(),
            role_id: role.into(),
            unit: Some(unit),
            reason: "测试".into(),
            ..Default::default()
        };
        self.served.accesses().grant_role(request).await.unwrap();
    }

    /// Takes it away again.
    pub(super) async fn revoke(&self, principal: &str, role: &str, unit: v1::RecordRef) {
        let request = v1::RevokeRoleRequest {
            county: COUNTY.into(),
            request_id: format!("revoke-{principal}"),
            principal: principal.into(),
            role_id: role.into(),
            unit: Some(unit),
            reason: "测试".into(),
        };
        self.served.accesses().revoke_role(request).await.unwrap();
    }

    /// The published results of a kind that a caller is shown, by id, at a page size.
    pub(super) async fn listed(
        &self,
        who: &str,
        county: &str,
        word: &str,
        page_size: i32,
    ) -> Result<Vec<v1::Result>, tonic::Status> {
        let mut request = v1::ListResultsRequest {
            county: county.into(),
            run: published(word),
            page_size,
            ..Default::default()
        };
        let mut all = Vec::new();
        loop {
            let call = by(who, request.clone());
            let page = self.served.evaluations().list_results(call).await?.into_inner();
            all.extend(page.results);
            if page.next_page_token.is_empty() {
                return Ok(all);
            }
            request.page_token = page.next_page_token;
        }
    }
}

/// The published run of a kind.
pub(super) fn published(word: &str) -> Option<v1::RunSelector> {
    let published =
        v1::PublishedRunSelector { scheme_id: format!("test.{word}"), period: "2022".into() };
    Some(v1::RunSelector { selector: Some(v1::run_selector::Selector::Published(published)) })
}
