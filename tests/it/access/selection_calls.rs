//! Calls of selections and of their documents: whether they are the caller's to make.

use steelyard::proto::v1;
use tonic::Status;

use super::{
    calls::{Target, done},
    county::Counties,
    selection_county::{BRANCHES, of, report},
};
use crate::harness::by;

/// The branch at a position.
fn branch_at(at: Target) -> String {
    let id = match at.unit.1 {
        "s-1" => "b-3",
        "c-2" => "b-2",
        _ => "b-1",
    };
    id.to_owned()
}

fn number_at(at: Target) -> i32 {
    let branch = branch_at(at);
    let place = BRANCHES.iter().position(|it| it.0 == branch).unwrap();
    i32::try_from(place).unwrap() + 1
}

/// A call about a selection, or about the branch at the position.
pub(super) async fn selection(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let county = at.county.to_owned();
    let selection_id = "z".to_owned();
    let mut client = all.served.selections();
    match method {
        "SelectionService.OpenSelection" => {
            let request = v1::OpenSelectionRequest { county, ..Default::default() };
            client.open_selection(by(who, request)).await.map(done)
        }
        "SelectionService.GetSelection" => {
            let request = v1::GetSelectionRequest { county, selection_id };
            client.get_selection(by(who, request)).await.map(done)
        }
        "SelectionService.ListSelections" => {
            let request = v1::ListSelectionsRequest { county, ..Default::default() };
            client.list_selections(by(who, request)).await.map(done)
        }
        "SelectionService.ExtendDeadline" => {
            let request = v1::ExtendDeadlineRequest { county, ..Default::default() };
            client.extend_deadline(by(who, request)).await.map(done)
        }
        "SelectionService.AdoptRanking" => {
            let request = v1::AdoptRankingRequest { county, ..Default::default() };
            client.adopt_ranking(by(who, request)).await.map(done)
        }
        "SelectionService.PostSelectionNotice" => {
            let request = v1::PostSelectionNoticeRequest { county, ..Default::default() };
            client.post_selection_notice(by(who, request)).await.map(done)
        }
        "SelectionService.GenerateSelectionNotice" => {
            let request = v1::GenerateSelectionNoticeRequest { county, ..Default::default() };
            client.generate_selection_notice(by(who, request)).await.map(done)
        }
        "SelectionService.ConfirmSelection" => {
            let request = v1::ConfirmSelectionRequest { county, ..Default::default() };
            client.confirm_selection(by(who, request)).await.map(done)
        }
        "SelectionService.CancelHonours" => {
            let request = v1::CancelHonoursRequest { county, ..Default::default() };
            client.cancel_honours(by(who, request)).await.map(done)
        }
        "SelectionService.AbandonSelection" => {
            let request = v1::AbandonSelectionRequest { county, ..Default::default() };
            client.abandon_selection(by(who, request)).await.map(done)
        }
        "SelectionService.ListCandidates" => {
            let request = v1::ListCandidatesRequest { county, selection_id, ..Default::default() };
            let found = client.list_candidates(by(who, request)).await?.into_inner().candidates;
            Ok(found.iter().any(|it| it.branch_id == branch_at(at)))
        }
        "SelectionService.GetCandidate" => {
            let branch_id = branch_at(at);
            let request = v1::GetCandidateRequest { county, selection_id, branch_id };
            client.get_candidate(by(who, request)).await.map(done)
        }
        "SelectionService.ListSelectionEvents" => {
            let request =
                v1::ListSelectionEventsRequest { county, selection_id, ..Default::default() };
            let found = client.list_selection_events(by(who, request)).await?.into_inner().events;
            Ok(found.iter().any(|it| it.branch_id == branch_at(at)))
        }
        "SelectionService.WatchSelection" => {
            let request = v1::WatchSelectionRequest { county, selection_id, cursor: String::new() };
            let mut watch = client.watch_selection(by(who, request)).await?.into_inner();
            let found = watch.message().await?.unwrap().events;
            Ok(found.iter().any(|it| it.branch_id == branch_at(at)))
        }
        "SelectionService.FileReport" => {
            let request =
                v1::FileReportRequest { text: "不实".into(), ..report(&county, &branch_at(at)) };
            let request = v1::FileReportRequest { selection_id: "y".into(), ..request };
            client.file_report(by(who, request)).await.map(done)
        }
        "SelectionService.AnswerReport" => {
            // The first who may answers it; to all after that it is answered.
            let request = v1::AnswerReportRequest {
                county,
                request_id: format!("answer-{who}-{}", branch_at(at)),
                selection_id,
                number: number_at(at),
                outcome: v1::ReportOutcome::NotProven.into(),
                text: "经核查".into(),
                answered_by: "somebody".into(),
                evidence: Vec::new(),
            };
            client.answer_report(by(who, request)).await.map(done)
        }
        "SelectionService.ListReports" => {
            let request = v1::ListReportsRequest { county, selection_id, ..Default::default() };
            let found = client.list_reports(by(who, request)).await?.into_inner().reports;
            Ok(found.iter().any(|it| it.branch_id == branch_at(at)))
        }
        _ => taken(all, who, method, at).await,
    }
}

/// A step of `y` on the branch at the position: the caller's to take, it stops at who never applied.
async fn taken(all: &Counties, who: &str, method: &str, at: Target) -> Result<bool, Status> {
    let (county, selection_id) = (at.county.to_owned(), "y".to_owned());
    let branch = branch_at(at);
    let (_, name) = method.split_once('.').unwrap();
    let (request_id, decided_by) = (format!("{name}-{who}-{branch}"), "somebody".to_owned());
    let (candidate, candidates) = (Some(of(&branch)), vec![of(&branch)]);
    let verdict = v1::CandidateVerdict::Pass.into();
    let judgements = vec![v1::CandidateJudgement { candidate: candidate.clone(), verdict }];
    let mut client = all.served.selections();
    match method {
        "SelectionService.ApplyForSelection" => {
            let request = v1::ApplyForSelectionRequest {
                county,
                request_id,
                selection_id,
                candidate,
                decided_by,
            };
            client.apply_for_selection(by(who, request)).await.map(done)
        }
        "SelectionService.WithdrawApplication" => {
            let request = v1::WithdrawApplicationRequest {
                county,
                request_id,
                selection_id,
                candidate,
                decided_by,
            };
            client.withdraw_application(by(who, request)).await.map(done)
        }
        "SelectionService.GiveOpinions" => {
            let verdict = v1::OpinionVerdict::Pass.into();
            let opinions = vec![v1::ApplicationOpinion { candidate, verdict }];
            let request =
                v1::GiveOpinionsRequest { county, request_id, selection_id, opinions, decided_by };
            client.give_opinions(by(who, request)).await.map(done)
        }
        "SelectionService.ReviewCandidates" => {
            let request = v1::ReviewCandidatesRequest {
                county,
                request_id,
                selection_id,
                candidates,
                decided_by,
            };
            client.review_candidates(by(who, request)).await.map(done)
        }
        "SelectionService.RecommendCandidates" => {
            let request = v1::RecommendCandidatesRequest {
                county,
                request_id,
                selection_id,
                candidates,
                decided_by,
            };
            client.recommend_candidates(by(who, request)).await.map(done)
        }
        "SelectionService.ExamineCandidates" => {
            let request = v1::ExamineCandidatesRequest {
                county,
                request_id,
                selection_id,
                judgements,
                decided_by,
            };
            client.examine_candidates(by(who, request)).await.map(done)
        }
        "SelectionService.ConsultCandidates" => {
            let request = v1::ConsultCandidatesRequest {
                county,
                request_id,
                selection_id,
                candidates,
                decided_by,
            };
            client.consult_candidates(by(who, request)).await.map(done)
        }
        "SelectionService.DecideCandidates" => {
            let request = v1::DecideCandidatesRequest {
                county,
                request_id,
                selection_id,
                judgements,
                decided_by,
            };
            client.decide_candidates(by(who, request)).await.map(done)
        }
        "SelectionService.DecideSelectionTie" => {
            let request = v1::DecideSelectionTieRequest {
                county,
                request_id,
                selection_id,
                street_id: if at.unit.1 == "c-2" { "s-2" } else { "s-1" }.into(),
                branch_ids: vec![branch],
                street_ids: Vec::new(),
                reason: "测试".into(),
                decided_by,
            };
            client.decide_selection_tie(by(who, request)).await.map(done)
        }
        _ => panic!("{method}"),
    }
}

/// Methods about the county's rules: a message with faults is enough, since nobody who may not is
/// told of them.
pub(super) async fn selection_document(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let county = at.county.to_owned();
    let mut client = all.served.selection_documents();
    match method {
        "SelectionDocumentService.CheckSelectionDocument" => {
            let request = v1::CheckSelectionDocumentRequest { county, document: b"?".to_vec() };
            client.check_selection_document(by(who, request)).await.map(done)
        }
        "SelectionDocumentService.PublishSelectionDocument" => {
            let request = v1::PublishSelectionDocumentRequest { county, ..Default::default() };
            client.publish_selection_document(by(who, request)).await.map(done)
        }
        "SelectionDocumentService.GetSelectionDocument" => {
            let document_id = "test.selection".to_owned();
            let request = v1::GetSelectionDocumentRequest { county, document_id, selector: None };
            client.get_selection_document(by(who, request)).await.map(done)
        }
        "SelectionDocumentService.ListSelectionDocuments" => {
            let request = v1::ListSelectionDocumentsRequest { county, ..Default::default() };
            client.list_selection_documents(by(who, request)).await.map(done)
        }
        _ => panic!("{method}"),
    }
}
