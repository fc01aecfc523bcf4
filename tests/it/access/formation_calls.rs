//! Calls about compounds' organisations: whose they are to make, and which the list shows.

use steelyard::proto::v1::{self, RecordKind, SubjectKind};
use tonic::Status;

use super::{calls::Target, county::Counties};
use crate::harness::{by, reference};

/// A call of the service about the compound at the target, or whether the list of streets and
/// communities shows its unit.
pub(super) async fn formation(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let county = at.county.to_owned();
    if method == "FormationService.ListUnitFormations" {
        let (kind, id) = at.unit;
        let request = v1::ListUnitFormationsRequest { county, ..Default::default() };
        let page = all.served.formations().list_unit_formations(by(who, request)).await?;
        let is = |it: &v1::UnitFormation| it.unit == reference(kind, id);
        return Ok(page.into_inner().formations.iter().any(is));
    }
    let compound_id = match at.unit {
        (RecordKind::Compound, id) => id.to_owned(),
        (RecordKind::Community, "c-2") => "k-2".to_owned(),
        _ => return Ok(false),
    };
    let mut client = all.served.formations();
    match method {
        "FormationService.GetFormation" => {
            let request = v1::GetFormationRequest { county, compound_id, ..Default::default() };
            client.get_formation(by(who, request)).await.map(|_| true)
        }
        "FormationService.ListFormations" => {
            let request = v1::ListFormationsRequest { county, ..Default::default() };
            let page = client.list_formations(by(who, request)).await?.into_inner();
            Ok(page.formations.iter().any(|it| it.compound_id == compound_id))
        }
        _ => panic!("{method}"),
    }
}

/// A call about the indicators of the compound at the target, or the report of its unit.
pub(super) async fn indicator(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let county = at.county.to_owned();
    let mut client = all.served.indicators();
    if method == "IndicatorService.GetMonthlyReport" {
        let unit = reference(at.unit.0, at.unit.1);
        let month = "2022-12".to_owned();
        let request = v1::GetMonthlyReportRequest { county, month, unit, ..Default::default() };
        return client.get_monthly_report(by(who, request)).await.map(|_| true);
    }
    let compound_id = match at.unit {
        (RecordKind::Compound, id) => id.to_owned(),
        (RecordKind::Community, "c-2") => "k-2".to_owned(),
        _ => return Ok(false),
    };
    if method == "IndicatorService.GetIndicators" {
        let request = v1::GetIndicatorsRequest { county, compound_id, ..Default::default() };
        return client.get_indicators(by(who, request)).await.map(|_| true);
    }
    let request = v1::ListIndicatorsRequest { county, ..Default::default() };
    let page = client.list_indicators(by(who, request)).await?.into_inner();
    Ok(page.compounds.iter().any(|it| it.compound_id == compound_id))
}

/// A check of whoever the target's subject is, for a post in its unit. No scheme there says what bars
/// from candidacy: whether one does is asked after whose it is.
pub(super) async fn candidate(all: &Counties, who: &str, at: Target) -> Result<bool, Status> {
    let person = if at.subject.0 == SubjectKind::Member { at.subject.1 } else { "m-in" };
    let request = v1::CheckCandidateRequest {
        county: at.county.to_owned(),
        person_id: person.to_owned(),
        title: "branch_secretary".to_owned(),
        unit: reference(at.unit.0, at.unit.1),
        ..Default::default()
    };
    all.served.candidates().check_candidate(by(who, request)).await.map(|_| true)
}
