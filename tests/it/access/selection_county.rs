//! Selections of the authorization matrix. In each county there are two: `y`, by units and offices as a
//! county's document has them, in which nobody has applied; and `z`, whose steps are all the county's,
//! under notice, with a report about each branch.

use steelyard::proto::v1::{self, RecordKind, registry_record::Detail};

use super::county::Counties;
use crate::harness::{by, date, record, reference, unit};

const CRITERIA: &str = "steelyard: scheme/v1
id: test.compounds
version: 1
title: 测试
subject: compound
period: year
in_force: {from: 2022-01-01}
score: {id: total, out_of: 100, constant: 80}
ranking: {within: [street, county], by: [score]}
";

/// A document with who takes each step.
fn document(id: &str, steps: [&str; 6]) -> String {
    let names =
        ["application", "opinion", "recommendation", "examination", "consultation", "decision"];
    let steps: String =
        names.iter().zip(steps).map(|(name, by)| format!("  {name}: {{by: {by}}}\n")).collect();
    format!(
        "steelyard: selection/v1
id: {id}
version: 1
title: 测试
honour: 红旗小区
in_force: {{from: 2022-01-01}}
basis: [{{document: 测试}}]
criteria: {{scheme: test.compounds}}
forms: [compound_branch]
seats: {{share: 100%, rounding: floor}}
steps:
{steps}notice: {{days: 5, of: working}}
"
    )
}

/// Branches: one in the community of the matrix, one beside it, one above it.
pub(super) const BRANCHES: [(&str, &str); 3] = [("b-1", "k-1"), ("b-2", "k-2"), ("b-3", "k-3")];

/// A step of a branch.
pub(super) fn of(branch: &str) -> v1::CandidateStep {
    let (branch_id, opinion) = (branch.to_owned(), "测试".to_owned());
    v1::CandidateStep { branch_id, opinion, evidence: Vec::new() }
}

/// Opens both selections of a county, and carries the second to its notice.
pub(super) async fn prepare(all: &Counties, county: &str) {
    let served = &all.served;
    let mut records = vec![
        unit(RecordKind::Community, "c-3", reference(RecordKind::Street, "s-1")),
        unit(RecordKind::Compound, "k-3", reference(RecordKind::Community, "c-3")),
    ];
    for (id, compound) in BRANCHES {
        let detail = v1::Branch {
            form: v1::BranchForm::CompoundBranch.into(),
            anchor: reference(RecordKind::Compound, compound),
            ..Default::default()
        };
        records.push(record(RecordKind::Branch, id, Detail::Branch(detail)));
    }
    let request_id = "selection-records".to_owned();
    let message = v1::UpsertRecordsRequest { county: county.to_owned(), request_id, records };
    let stored = served.registry().upsert_records(tokio_stream::once(message)).await.unwrap();
    assert_eq!(stored.into_inner().items, []);
    let request = v1::PublishSchemeRequest {
        county: county.to_owned(),
        request_id: "compounds".into(),
        document: CRITERIA.into(),
    };
    served.schemes().publish_scheme(request).await.unwrap();
    let offices = [
        "compound",
        "community",
        "street",
        "selection_group",
        "organization_department",
        "standing_committee",
    ];
    for (id, steps) in [("y", offices), ("z", ["county"; 6])] {
        let request = v1::PublishSelectionDocumentRequest {
            county: county.to_owned(),
            request_id: format!("rules-{id}"),
            document: document(&format!("test.rules-{id}"), steps)
                .replace("honour: 红旗小区", &format!("honour: {id}"))
                .into(),
        };
        served.selection_documents().publish_selection_document(request).await.unwrap();
        let request = v1::OpenSelectionRequest {
            county: county.to_owned(),
            request_id: format!("open-{id}"),
            selection_id: id.into(),
            document_id: format!("test.rules-{id}"),
            period: "2022".into(),
            roster_day: date("2022-12-31"),
        };
        served.selections().open_selection(request).await.unwrap();
    }
    carry(all, county).await;
}

/// The steps of `z`, each by a hand of its own.
async fn carry(all: &Counties, county: &str) {
    let served = &all.served;
    let mut client = served.selections();
    let hands = ["compound_branch", "community", "street", "selection_group"];
    for role in hands.into_iter().chain(["organization_department", "standing_committee"]) {
        let request = v1::GrantRoleRequest {
            county: county.to_owned(),
            request_id: format!("hand-{role}"),
            principal: format!("hand-{role}"),
            role_id: role.into(),
            unit: reference(RecordKind::County, county),
            reason: "测试".into(),
            ..Default::default()
        };
        served.accesses().grant_role(request).await.unwrap();
    }
    let (county, selection_id) = (county.to_owned(), "z".to_owned());
    let (decided_by, request_id) = ("somebody".to_owned(), "z".to_owned());
    let candidates: Vec<_> = BRANCHES.iter().map(|it| of(it.0)).collect();
    for candidate in &candidates {
        let request = v1::ApplyForSelectionRequest {
            county: county.clone(),
            request_id: format!("apply-{}", candidate.branch_id),
            selection_id: selection_id.clone(),
            candidate: Some(candidate.clone()),
            decided_by: decided_by.clone(),
        };
        client.apply_for_selection(by("hand-compound_branch", request)).await.unwrap();
    }
    let verdict = v1::OpinionVerdict::Pass.into();
    let opinion =
        |it: &v1::CandidateStep| v1::ApplicationOpinion { candidate: Some(it.clone()), verdict };
    let request = v1::GiveOpinionsRequest {
        county: county.clone(),
        request_id: request_id.clone(),
        selection_id: selection_id.clone(),
        opinions: candidates.iter().map(opinion).collect(),
        decided_by: decided_by.clone(),
    };
    client.give_opinions(by("hand-community", request)).await.unwrap();
    let request = v1::ReviewCandidatesRequest {
        county: county.clone(),
        request_id: "review".into(),
        selection_id: selection_id.clone(),
        candidates: candidates.clone(),
        decided_by: decided_by.clone(),
    };
    client.review_candidates(by("hand-street", request)).await.unwrap();
    let run_id = all.started(&county, "compounds", "ranking").await;
    let request = v1::AdoptRankingRequest {
        county: county.clone(),
        request_id: "rank".into(),
        selection_id: selection_id.clone(),
        run_id,
    };
    client.adopt_ranking(request).await.unwrap();
    let request = v1::RecommendCandidatesRequest {
        county: county.clone(),
        request_id: "recommend".into(),
        selection_id: selection_id.clone(),
        candidates: candidates.clone(),
        decided_by: decided_by.clone(),
    };
    client.recommend_candidates(by("hand-street", request)).await.unwrap();
    let verdict = v1::CandidateVerdict::Pass.into();
    let judgement =
        |it: &v1::CandidateStep| v1::CandidateJudgement { candidate: Some(it.clone()), verdict };
    let judgements: Vec<_> = candidates.iter().map(judgement).collect();
    let request = v1::ExamineCandidatesRequest {
        county: county.clone(),
        request_id: "examine".into(),
        selection_id: selection_id.clone(),
        judgements: judgements.clone(),
        decided_by: decided_by.clone(),
    };
    client.examine_candidates(by("hand-selection_group", request)).await.unwrap();
    let request = v1::ConsultCandidatesRequest {
        county: county.clone(),
        request_id: "consult".into(),
        selection_id: selection_id.clone(),
        candidates,
        decided_by: decided_by.clone(),
    };
    client.consult_candidates(by("hand-organization_department", request)).await.unwrap();
    let request = v1::DecideCandidatesRequest {
        county: county.clone(),
        request_id: "decide".into(),
        selection_id: selection_id.clone(),
        judgements,
        decided_by,
    };
    client.decide_candidates(by("hand-standing_committee", request)).await.unwrap();
    let request = v1::PostSelectionNoticeRequest {
        county: county.clone(),
        request_id: "post".into(),
        selection_id,
        posted_on: date("2023-01-10"),
        report_to: "组织部".into(),
    };
    client.post_selection_notice(request).await.unwrap();
    for (branch, _) in BRANCHES {
        let request = v1::FileReportRequest { text: "不实".into(), ..report(&county, branch) };
        client.file_report(request).await.unwrap();
    }
}

/// A report about a branch of `z`, without a text.
pub(super) fn report(county: &str, branch: &str) -> v1::FileReportRequest {
    v1::FileReportRequest {
        county: county.to_owned(),
        request_id: format!("report-{branch}"),
        selection_id: "z".into(),
        branch_id: branch.to_owned(),
        text: String::new(),
        reported_by: String::new(),
        received_on: date("2023-01-10"),
        evidence: Vec::new(),
    }
}
