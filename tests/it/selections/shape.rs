//! What is wrong with a message is told all at once, each at its place.

use steelyard::proto::v1::{self, RecordKind};
use tonic::{Code, Status};

use super::{
    cast::{ID, begun, step},
    on_both,
};
use crate::harness::{COUNTY, Served, by, date, reference, violations};

on_both!(
    every_fault_of_a_batch_is_told_at_its_place,
    every_fault_of_verdicts_is_told_at_its_place,
    every_fault_about_the_whole_is_told_at_its_place,
    every_fault_of_a_report_is_told_at_its_place,
    nobody_who_may_not_is_told_of_faults,
);

/// The faults as `path reason`.
fn faults<T: std::fmt::Debug>(answer: Result<T, Status>) -> Vec<String> {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    violations(&status).into_iter().map(|(path, reason)| format!("{path} {reason}")).collect()
}

fn blank(papers: usize) -> v1::CandidateStep {
    let paper = v1::SelectionEvidence { form_id: "a b".into(), reference: String::new() };
    let evidence = vec![paper; papers];
    v1::CandidateStep { branch_id: String::new(), opinion: "a\u{7}".into(), evidence }
}

fn reviewing(candidates: Vec<v1::CandidateStep>) -> v1::ReviewCandidatesRequest {
    v1::ReviewCandidatesRequest {
        county: COUNTY.into(),
        request_id: "1".into(),
        selection_id: ID.into(),
        candidates,
        decided_by: "official".into(),
    }
}

async fn every_fault_of_a_batch_is_told_at_its_place(on: &Served) {
    begun(on).await;
    let review = async |request| on.selections().review_candidates(by("guishan", request)).await;
    let request = v1::ReviewCandidatesRequest {
        request_id: "a b".into(),
        selection_id: String::new(),
        decided_by: String::new(),
        ..reviewing(Vec::new())
    };
    let found = faults(review(request).await);
    let expected = [
        "request_id REQUEST_ID_INVALID",
        "selection_id ID_INVALID",
        "decided_by ID_INVALID",
        "candidates BATCH_EMPTY",
    ];
    assert_eq!(found, expected);
    let many = (0..501).map(|it| step(&format!("b-{it}"), "", "")).collect();
    assert_eq!(faults(review(reviewing(many)).await), ["candidates BATCH_TOO_LARGE"]);
    let twice = vec![step("b-01", "", ""), step("b-02", "", ""), step("b-01", "", "")];
    let expected = [0, 2].map(|it| format!("candidates[{it}].branch_id DUPLICATE_IN_BATCH"));
    assert_eq!(faults(review(reviewing(twice)).await), expected);
    let found = faults(review(reviewing(vec![blank(1), step("b-01", "", "")])).await);
    let expected = [
        "candidates[0].branch_id ID_INVALID",
        "candidates[0].opinion TEXT_INVALID",
        "candidates[0].evidence[0].form_id ID_INVALID",
        "candidates[0].evidence[0].reference TEXT_INVALID",
    ];
    assert_eq!(found, expected);
    let found = faults(review(reviewing(vec![blank(21)])).await);
    assert_eq!(found[2], "candidates[0].evidence EVIDENCE_TOO_MANY", "{found:?}");
    let long = vec![step("b-01", &"长".repeat(667), "")];
    assert_eq!(faults(review(reviewing(long)).await).len(), 1);
    let request = v1::ApplyForSelectionRequest { county: COUNTY.into(), ..Default::default() };
    let found = faults(on.selections().apply_for_selection(by("k-01", request)).await);
    let expected = [
        "request_id REQUEST_ID_INVALID",
        "selection_id ID_INVALID",
        "decided_by ID_INVALID",
        "candidate FIELD_MISSING",
    ];
    assert_eq!(found, expected);
    let request = v1::CancelHonoursRequest {
        county: COUNTY.into(),
        request_id: "1".into(),
        selection_id: ID.into(),
        candidates: vec![step("b-01", "", "")],
        decided_by: "official".into(),
    };
    let found = faults(on.selections().cancel_honours(by("committee", request)).await);
    assert_eq!(found, ["candidates[0].opinion REASON_MISSING"]);
}

async fn every_fault_of_verdicts_is_told_at_its_place(on: &Served) {
    begun(on).await;
    let opinion = |candidate: Option<v1::CandidateStep>, verdict: i32| v1::ApplicationOpinion {
        candidate,
        verdict,
    };
    let request = v1::GiveOpinionsRequest {
        county: COUNTY.into(),
        request_id: "1".into(),
        selection_id: ID.into(),
        opinions: vec![
            opinion(Some(step("b-01", "", "")), 0),
            opinion(Some(step("b-02", "", "")), 2),
            opinion(None, 77),
            opinion(Some(step("b-01", "", "")), 1),
        ],
        decided_by: "official".into(),
    };
    let mut found = faults(on.selections().give_opinions(by("c-01", request)).await);
    found.sort_unstable();
    let expected = [
        "opinions[0].candidate.branch_id DUPLICATE_IN_BATCH",
        "opinions[0].verdict ENUM_UNSPECIFIED",
        "opinions[1].candidate.opinion REASON_MISSING",
        "opinions[2].candidate FIELD_MISSING",
        "opinions[2].verdict ENUM_UNSPECIFIED",
        "opinions[3].candidate.branch_id DUPLICATE_IN_BATCH",
    ];
    assert_eq!(found, expected);
    let judgement = |branch: &str, verdict: i32| v1::CandidateJudgement {
        candidate: Some(step(branch, "", "")),
        verdict,
    };
    let request = v1::ExamineCandidatesRequest {
        county: COUNTY.into(),
        request_id: "1".into(),
        selection_id: ID.into(),
        judgements: vec![judgement("b-01", 0), judgement("b-02", 2)],
        decided_by: "official".into(),
    };
    let found = faults(on.selections().examine_candidates(by("group", request)).await);
    let expected = [
        "judgements[0].verdict ENUM_UNSPECIFIED",
        "judgements[1].candidate.opinion REASON_MISSING",
    ];
    assert_eq!(found, expected);
    let request = v1::DecideCandidatesRequest {
        county: COUNTY.into(),
        request_id: "1".into(),
        selection_id: ID.into(),
        judgements: Vec::new(),
        decided_by: "official".into(),
    };
    let found = faults(on.selections().decide_candidates(by("committee", request)).await);
    assert_eq!(found, ["judgements BATCH_EMPTY"]);
}

async fn every_fault_about_the_whole_is_told_at_its_place(on: &Served) {
    let who = "department";
    let county = || COUNTY.to_owned();
    let request = v1::OpenSelectionRequest {
        county: county(),
        period: "2022-13".into(),
        roster_day: date("2022-02-30"),
        ..Default::default()
    };
    let found = faults(on.selections().open_selection(by(who, request)).await);
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(found.contains(&"period PERIOD_INVALID".to_owned()), "{found:?}");
    let request = v1::ExtendDeadlineRequest {
        county: county(),
        unit: reference(RecordKind::Member, ""),
        ..Default::default()
    };
    let found = faults(on.selections().extend_deadline(by(who, request)).await);
    let expected = [
        "request_id REQUEST_ID_INVALID",
        "selection_id ID_INVALID",
        "step ENUM_UNSPECIFIED",
        "until DATE_INVALID",
        "unit.kind ENUM_UNSPECIFIED",
        "unit.id ID_INVALID",
        "reason REASON_MISSING",
        "decided_by ID_INVALID",
    ];
    assert_eq!(found, expected);
    let tie = |street: &str, branches: &[&str], streets: &[&str]| {
        let owned = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
        v1::DecideSelectionTieRequest {
            county: COUNTY.into(),
            request_id: "1".into(),
            selection_id: ID.into(),
            street_id: street.into(),
            branch_ids: owned(branches),
            street_ids: owned(streets),
            reason: "抽签".into(),
            decided_by: "director".into(),
        }
    };
    for (request, expected) in [
        (tie("", &[], &[]), vec!["branch_ids BATCH_EMPTY"]),
        (tie("", &["b-01"], &["guishan"]), vec!["street_ids FIELD_CONFLICT"]),
        (tie("guishan", &[], &["guishan"]), vec!["street_id FIELD_CONFLICT"]),
        (
            tie("", &["b-01", "b-01", ""], &[]),
            vec![
                "branch_ids[0] DUPLICATE_IN_BATCH",
                "branch_ids[1] DUPLICATE_IN_BATCH",
                "branch_ids[2] ID_INVALID",
            ],
        ),
    ] {
        let found = on.selections().decide_selection_tie(by(who, request)).await;
        assert_eq!(faults(found), expected);
    }
    let request = v1::PostSelectionNoticeRequest { county: county(), ..Default::default() };
    let found = faults(on.selections().post_selection_notice(by(who, request)).await);
    assert_eq!(found[2..], ["posted_on DATE_INVALID", "report_to TEXT_INVALID"]);
    let request = v1::GenerateSelectionNoticeRequest { county: county(), ..Default::default() };
    let found = faults(on.selections().generate_selection_notice(by(who, request)).await);
    assert_eq!(found, ["selection_id ID_INVALID", "format ENUM_UNSPECIFIED"]);
    let request = v1::AbandonSelectionRequest { county: county(), ..Default::default() };
    let found = faults(on.selections().abandon_selection(by(who, request)).await);
    assert_eq!(found[2..], ["reason REASON_MISSING", "decided_by ID_INVALID"]);
    let request = v1::ListCandidatesRequest {
        county: county(),
        selection_id: ID.into(),
        stages: vec![0, 99],
        street_id: "a b".into(),
        page_size: -1,
        page_token: "x".into(),
        ..Default::default()
    };
    let found = faults(on.selections().list_candidates(by(who, request)).await);
    let expected = [
        "stages[0] ENUM_UNSPECIFIED",
        "stages[1] ENUM_UNSPECIFIED",
        "street_id ID_INVALID",
        "page_size PAGE_SIZE_INVALID",
        "page_token PAGE_TOKEN_INVALID",
    ];
    assert_eq!(found, expected);
}

async fn every_fault_of_a_report_is_told_at_its_place(on: &Served) {
    let county = || COUNTY.to_owned();
    let request = v1::FileReportRequest {
        county: county(),
        reported_by: "a b".into(),
        evidence: blank(1).evidence,
        ..Default::default()
    };
    let found = faults(on.selections().file_report(by("department", request)).await);
    let expected = [
        "request_id REQUEST_ID_INVALID",
        "selection_id ID_INVALID",
        "branch_id ID_INVALID",
        "text REASON_MISSING",
        "reported_by ID_INVALID",
        "received_on DATE_INVALID",
        "evidence[0].form_id ID_INVALID",
        "evidence[0].reference TEXT_INVALID",
    ];
    assert_eq!(found, expected);
    let request = v1::AnswerReportRequest { county: county(), number: -1, ..Default::default() };
    let found = faults(on.selections().answer_report(by("department", request)).await);
    assert_eq!(found.len(), 6, "{found:?}");
    assert_eq!(
        found[3..],
        ["outcome ENUM_UNSPECIFIED", "text REASON_MISSING", "answered_by ID_INVALID"]
    );
}

async fn nobody_who_may_not_is_told_of_faults(on: &Served) {
    let request = v1::OpenSelectionRequest { county: COUNTY.into(), ..Default::default() };
    let found = on.selections().open_selection(by("guishan", request)).await.unwrap_err();
    assert_eq!(found.code(), Code::PermissionDenied);
    let found = on.selections().review_candidates(by("nobody", reviewing(Vec::new()))).await;
    assert_eq!(found.unwrap_err().code(), Code::PermissionDenied);
}
