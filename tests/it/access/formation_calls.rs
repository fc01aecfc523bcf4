//! Calls about compounds' organisations: whose they are to make, and which the list shows.

use steelyard::proto::v1::{self, RecordKind};
use tonic::Status;

use super::{calls::Target, county::Counties};
use crate::harness::by;

/// A call of the service about the compound at the target; of other units, about none.
pub(super) async fn formation(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let county = at.county.to_owned();
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
