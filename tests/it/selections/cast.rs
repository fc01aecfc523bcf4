//! What callers ask, each in a line.

use steelyard::proto::v1::{
    self, CandidateVerdict, OpinionVerdict, RecordKind, ReportOutcome, SelectionStep,
};
use tonic::Status;

use super::{RULES, computed};
use crate::harness::{COUNTY, Served, by, date, reference};

pub(super) const ID: &str = "y";

/// What is asked of the harness's client, by a caller, and a field of the answer.
macro_rules! asked {
    ($on:ident, $who:ident, $call:ident, $request:expr) => {
        Ok($on.selections().$call(by($who, $request)).await?.into_inner())
    };
}

fn paper(form: &str) -> Vec<v1::SelectionEvidence> {
    vec![v1::SelectionEvidence { form_id: form.into(), reference: format!("archive/{form}") }]
}

pub(super) fn step(branch: &str, opinion: &str, form: &str) -> v1::CandidateStep {
    let evidence = if form.is_empty() { Vec::new() } else { paper(form) };
    v1::CandidateStep { branch_id: branch.into(), opinion: opinion.into(), evidence }
}

fn steps(all: &[(&str, &str)], form: &str) -> Vec<v1::CandidateStep> {
    all.iter().map(|(branch, opinion)| step(branch, opinion, form)).collect()
}

pub(super) fn opening(request_id: &str, id: &str, day: &str) -> v1::OpenSelectionRequest {
    v1::OpenSelectionRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: id.into(),
        document_id: RULES.into(),
        period: "2022".into(),
        roster_day: date(day),
    }
}

pub(super) async fn open(
    on: &Served,
    request: v1::OpenSelectionRequest,
) -> Result<v1::OpenSelectionResponse, Status> {
    let who = "department";
    asked!(on, who, open_selection, request)
}

/// The selection of this test, over the branches of the first of November.
pub(super) async fn begun(on: &Served) {
    open(on, opening("open", ID, "2022-11-01")).await.unwrap();
}

pub(super) async fn apply(
    on: &Served,
    who: &str,
    request_id: &str,
    branch: &str,
) -> Result<v1::ApplyForSelectionResponse, Status> {
    let request = v1::ApplyForSelectionRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        candidate: Some(step(branch, "", "application_form")),
        decided_by: "secretary".into(),
    };
    asked!(on, who, apply_for_selection, request)
}

/// The branch of a number applies by itself.
pub(super) async fn applied(on: &Served, request_id: &str, number: u32) -> Result<(), Status> {
    let (who, branch) = (format!("k-{number:02}"), format!("b-{number:02}"));
    apply(on, &who, &format!("{request_id}-{branch}"), &branch).await.map(|_| ())
}

pub(super) async fn withdraw(
    on: &Served,
    who: &str,
    request_id: &str,
    branch: &str,
) -> Result<v1::WithdrawApplicationResponse, Status> {
    let request = v1::WithdrawApplicationRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        candidate: Some(step(branch, "另有安排", "")),
        decided_by: "secretary".into(),
    };
    asked!(on, who, withdraw_application, request)
}

pub(super) async fn opine(
    on: &Served,
    who: &str,
    request_id: &str,
    said: &[(&str, OpinionVerdict)],
) -> Result<v1::GiveOpinionsResponse, Status> {
    let one = |(branch, verdict): &(&str, OpinionVerdict)| {
        let opinion = if *verdict == OpinionVerdict::Pass { "" } else { "材料不全" };
        let verdict = (*verdict).into();
        v1::ApplicationOpinion { candidate: Some(step(branch, opinion, "")), verdict }
    };
    let request = v1::GiveOpinionsRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        opinions: said.iter().map(one).collect(),
        decided_by: format!("{who}-official"),
    };
    asked!(on, who, give_opinions, request)
}

/// The community passes all of them.
pub(super) async fn pass(
    on: &Served,
    who: &str,
    request_id: &str,
    branches: &[&str],
) -> Result<v1::GiveOpinionsResponse, Status> {
    let said: Vec<_> = branches.iter().map(|it| (*it, OpinionVerdict::Pass)).collect();
    opine(on, who, request_id, &said).await
}

pub(super) async fn review(
    on: &Served,
    who: &str,
    request_id: &str,
    branches: &[&str],
) -> Result<v1::ReviewCandidatesResponse, Status> {
    let all: Vec<_> = branches.iter().map(|it| (*it, "已实地查看")).collect();
    let request = v1::ReviewCandidatesRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        candidates: steps(&all, ""),
        decided_by: format!("{who}-official"),
    };
    asked!(on, who, review_candidates, request)
}

/// Branches, with why where they are out of order.
pub(super) async fn recommend(
    on: &Served,
    who: &str,
    request_id: &str,
    said: &[(&str, &str)],
) -> Result<v1::RecommendCandidatesResponse, Status> {
    let request = v1::RecommendCandidatesRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        candidates: steps(said, "summary_form"),
        decided_by: format!("{who}-official"),
    };
    asked!(on, who, recommend_candidates, request)
}

fn judgements(said: &[(&str, CandidateVerdict)]) -> Vec<v1::CandidateJudgement> {
    let one = |(branch, verdict): &(&str, CandidateVerdict)| {
        let opinion = if *verdict == CandidateVerdict::Pass { "" } else { "经研究不予通过" };
        let verdict = (*verdict).into();
        v1::CandidateJudgement { candidate: Some(step(branch, opinion, "")), verdict }
    };
    said.iter().map(one).collect()
}

pub(super) async fn examine(
    on: &Served,
    who: &str,
    request_id: &str,
    said: &[(&str, CandidateVerdict)],
) -> Result<v1::ExamineCandidatesResponse, Status> {
    let request = v1::ExamineCandidatesRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        judgements: judgements(said),
        decided_by: "group-head".into(),
    };
    asked!(on, who, examine_candidates, request)
}

pub(super) async fn consult(
    on: &Served,
    who: &str,
    request_id: &str,
    branches: &[&str],
) -> Result<v1::ConsultCandidatesResponse, Status> {
    let all: Vec<_> = branches.iter().map(|it| (*it, "无意见")).collect();
    let request = v1::ConsultCandidatesRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        candidates: steps(&all, ""),
        decided_by: "member-1".into(),
    };
    asked!(on, who, consult_candidates, request)
}

pub(super) async fn decide(
    on: &Served,
    who: &str,
    request_id: &str,
    said: &[(&str, CandidateVerdict)],
) -> Result<v1::DecideCandidatesResponse, Status> {
    let request = v1::DecideCandidatesRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        judgements: judgements(said),
        decided_by: "standing-committee".into(),
    };
    asked!(on, who, decide_candidates, request)
}

pub(super) async fn extend(
    on: &Served,
    request_id: &str,
    (step, until): (SelectionStep, &str),
    unit: Option<(RecordKind, &str)>,
) -> Result<v1::SelectionStepView, Status> {
    let request = v1::ExtendDeadlineRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        step: step.into(),
        until: date(until),
        unit: unit.and_then(|(kind, id)| reference(kind, id)),
        reason: "停电".into(),
        decided_by: "director".into(),
    };
    let answer = on.selections().extend_deadline(by("department", request)).await?;
    Ok(answer.into_inner().step.unwrap())
}

pub(super) async fn rank(
    on: &Served,
    request_id: &str,
    run_id: &str,
) -> Result<v1::AdoptRankingResponse, Status> {
    let request = v1::AdoptRankingRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        run_id: run_id.into(),
    };
    let who = "department";
    asked!(on, who, adopt_ranking, request)
}

/// Orders branches at a street's line, or, of no street, at the county's.
pub(super) async fn order(
    on: &Served,
    who: &str,
    request_id: &str,
    (street, branches): (&str, &[&str]),
) -> Result<v1::DecideSelectionTieResponse, Status> {
    let request = v1::DecideSelectionTieRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        street_id: street.into(),
        branch_ids: branches.iter().map(|it| (*it).to_owned()).collect(),
        street_ids: Vec::new(),
        reason: "党员人数较多".into(),
        decided_by: format!("{who}-official"),
    };
    asked!(on, who, decide_selection_tie, request)
}

pub(super) async fn post(
    on: &Served,
    request_id: &str,
    day: &str,
) -> Result<v1::PostSelectionNoticeResponse, Status> {
    let request = v1::PostSelectionNoticeRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        posted_on: date(day),
        report_to: "县委组织部".into(),
    };
    let who = "department";
    asked!(on, who, post_selection_notice, request)
}

pub(super) async fn file(
    on: &Served,
    who: &str,
    request_id: &str,
    (branch, day): (&str, &str),
) -> Result<v1::SelectionReport, Status> {
    let request = v1::FileReportRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        branch_id: branch.into(),
        text: "材料不实".into(),
        reported_by: "resident-7".into(),
        received_on: date(day),
        evidence: paper(""),
    };
    let answer = on.selections().file_report(by(who, request)).await?;
    Ok(answer.into_inner().report.unwrap())
}

pub(super) async fn answer(
    on: &Served,
    who: &str,
    request_id: &str,
    (number, outcome): (i32, ReportOutcome),
) -> Result<v1::AnswerReportResponse, Status> {
    let request = v1::AnswerReportRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        number,
        outcome: outcome.into(),
        text: "经核查".into(),
        answered_by: "inspector".into(),
        evidence: Vec::new(),
    };
    asked!(on, who, answer_report, request)
}

pub(super) async fn confirm(
    on: &Served,
    request_id: &str,
) -> Result<v1::ConfirmSelectionResponse, Status> {
    let request = v1::ConfirmSelectionRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
    };
    let who = "department";
    asked!(on, who, confirm_selection, request)
}

pub(super) async fn cancel(
    on: &Served,
    who: &str,
    request_id: &str,
    branches: &[&str],
) -> Result<v1::CancelHonoursResponse, Status> {
    let all: Vec<_> = branches.iter().map(|it| (*it, "弄虚作假")).collect();
    let request = v1::CancelHonoursRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        candidates: steps(&all, ""),
        decided_by: "standing-committee".into(),
    };
    asked!(on, who, cancel_honours, request)
}

pub(super) async fn abandon(
    on: &Served,
    request_id: &str,
    id: &str,
) -> Result<v1::AbandonSelectionResponse, Status> {
    let request = v1::AbandonSelectionRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: id.into(),
        reason: "办法修订".into(),
        decided_by: "director".into(),
    };
    let who = "department";
    asked!(on, who, abandon_selection, request)
}

pub(super) async fn get(on: &Served, who: &str) -> v1::GetSelectionResponse {
    let request = v1::GetSelectionRequest { county: COUNTY.into(), selection_id: ID.into() };
    on.selections().get_selection(by(who, request)).await.unwrap().into_inner()
}

pub(super) async fn candidate(
    on: &Served,
    who: &str,
    branch: &str,
) -> Result<v1::GetCandidateResponse, Status> {
    let (county, selection_id) = (COUNTY.into(), ID.into());
    let request = v1::GetCandidateRequest { county, selection_id, branch_id: branch.into() };
    asked!(on, who, get_candidate, request)
}

pub(super) async fn candidates(
    on: &Served,
    who: &str,
    more: v1::ListCandidatesRequest,
) -> Vec<v1::SelectionCandidate> {
    let request =
        v1::ListCandidatesRequest { county: COUNTY.into(), selection_id: ID.into(), ..more };
    on.selections().list_candidates(by(who, request)).await.unwrap().into_inner().candidates
}

/// The results of the criteria are taken.
pub(super) async fn ranked(on: &Served) -> String {
    let run = computed(on, "first").await;
    rank(on, "rank", &run).await.unwrap();
    run
}
