//! Calls about assessment rounds. In each county there is one; every unit holds a sheet of its own in
//! it, about `pr-in`.

use steelyard::proto::v1::{self, RecordKind, sheet_holder::Holder};
use tonic::Status;

use super::{calls::Target, county::Counties};
use crate::harness::{by, date, reference};

/// Every unit at one of the positions.
const UNITS: [(RecordKind, &str); 4] = [
    (RecordKind::Street, "s-1"),
    (RecordKind::Community, "c-1"),
    (RecordKind::Community, "c-2"),
    (RecordKind::Compound, "k-1"),
];

const SCHEME: &str = "steelyard: scheme/v1
id: test.round
version: 1
title: 测试
subject: project
period: year
in_force: {from: 2022-01-01}
score: {id: total, out_of: 10, average: [{id: tidy, out_of: 10, assessed: {by: {owners: 100%}}}]}
";

/// The round of a county; asked for again it is there.
async fn begun(all: &Counties, county: &str) {
    let county = county.to_owned();
    let request_id = "round-scheme".to_owned();
    let document = SCHEME.into();
    let request = v1::PublishSchemeRequest { county: county.clone(), request_id, document };
    all.served.schemes().publish_scheme(request).await.unwrap();
    let request = v1::OpenRoundRequest {
        county: county.clone(),
        request_id: "round".into(),
        round_id: "r".into(),
        scheme_id: "test.round".into(),
        period: "2022".into(),
        opens_on: date("2023-01-10"),
        due_on: date("2023-12-31"),
    };
    all.served.rounds().open_round(request).await.unwrap();
    let of = |(kind, id): (RecordKind, &str)| v1::Assignment {
        assessor_id: id.to_owned(),
        role: "owners".into(),
        holder: reference(kind, id).map(|it| v1::SheetHolder { holder: Some(Holder::Unit(it)) }),
        subject_ids: vec!["pr-in".into()],
        optional: false,
    };
    let request = v1::AddAssignmentsRequest {
        county,
        request_id: "round-sheets".into(),
        round_id: "r".into(),
        assignments: UNITS.map(of).to_vec(),
    };
    all.served.rounds().add_assignments(request).await.unwrap();
}

/// Organising calls are sent with faults, which nobody is told of who may not.
pub(super) async fn round(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    begun(all, at.county).await;
    let county = at.county.to_owned();
    let mut client = all.served.rounds();
    match method {
        "AssessmentService.OpenRound" => {
            let request = v1::OpenRoundRequest { county, ..Default::default() };
            client.open_round(by(who, request)).await.map(|_| true)
        }
        "AssessmentService.AddAssignments" => {
            let request = v1::AddAssignmentsRequest { county, ..Default::default() };
            client.add_assignments(by(who, request)).await.map(|_| true)
        }
        "AssessmentService.ExtendRound" => {
            let request = v1::ExtendRoundRequest { county, ..Default::default() };
            client.extend_round(by(who, request)).await.map(|_| true)
        }
        "AssessmentService.ExcuseAssessor" => {
            let request = v1::ExcuseAssessorRequest { county, ..Default::default() };
            client.excuse_assessor(by(who, request)).await.map(|_| true)
        }
        "AssessmentService.CloseRound" => {
            let request = v1::CloseRoundRequest { county, ..Default::default() };
            client.close_round(by(who, request)).await.map(|_| true)
        }
        "AssessmentService.GetRound" => {
            let request = v1::GetRoundRequest { county, round_id: "r".into() };
            client.get_round(by(who, request)).await.map(|_| true)
        }
        "AssessmentService.ListRounds" => {
            let request = v1::ListRoundsRequest { county, ..Default::default() };
            client.list_rounds(by(who, request)).await.map(|_| true)
        }
        "AssessmentService.ListCoverage" => {
            let request =
                v1::ListCoverageRequest { county, round_id: "r".into(), ..Default::default() };
            client.list_coverage(by(who, request)).await.map(|_| true)
        }
        "AssessmentService.ListSpread" => {
            let request =
                v1::ListSpreadRequest { county, round_id: "r".into(), ..Default::default() };
            client.list_spread(by(who, request)).await.map(|_| true)
        }
        _ => own(all, who, method, at).await,
    }
}

/// The sheet of the unit at the position.
async fn own(all: &Counties, who: &str, method: &str, at: Target) -> Result<bool, Status> {
    let (county, unit) = (at.county.to_owned(), at.unit.1);
    let (round_id, role) = ("r".to_owned(), "owners".to_owned());
    let (assessor_id, subject_ids) = (unit.to_owned(), vec!["pr-in".to_owned()]);
    let request_id = format!("{method}-{unit}");
    let mut client = all.served.rounds();
    match method {
        "AssessmentService.SaveDrafts" => {
            let sheets = vec![v1::DraftSheet { subject_id: "pr-in".into(), points: vec![] }];
            let request =
                v1::SaveDraftsRequest { county, request_id, round_id, role, assessor_id, sheets };
            client.save_drafts(by(who, request)).await.map(|_| true)
        }
        "AssessmentService.HandInSheets" => {
            let request = v1::HandInSheetsRequest {
                county,
                request_id,
                round_id,
                role,
                assessor_id,
                subject_ids,
            };
            client.hand_in_sheets(by(who, request)).await.map(|_| true)
        }
        "AssessmentService.WithdrawSheets" => {
            let request = v1::WithdrawSheetsRequest {
                county,
                request_id,
                round_id,
                role,
                assessor_id,
                subject_ids,
            };
            client.withdraw_sheets(by(who, request)).await.map(|_| true)
        }
        "AssessmentService.GetSheet" => {
            let subject_id = "pr-in".to_owned();
            let request = v1::GetSheetRequest { county, round_id, role, assessor_id, subject_id };
            client.get_sheet(by(who, request)).await.map(|_| true)
        }
        "AssessmentService.ListSheets" => {
            let request = v1::ListSheetsRequest { county, round_id, ..Default::default() };
            let page = client.list_sheets(by(who, request)).await?.into_inner();
            Ok(page.sheets.iter().any(|it| it.assessor_id == unit))
        }
        _ => panic!("{method}"),
    }
}
