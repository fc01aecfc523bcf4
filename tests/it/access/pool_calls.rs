//! The calls of `PoolService`. Weights that are said are about nothing of the county.

use steelyard::proto::v1;
use tonic::Status;

use super::{
    calls::{Target, done},
    county::Counties,
};
use crate::harness::by;

pub(super) async fn pool(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let county = at.county.to_owned();
    let mut client = all.served.pools();
    match method {
        "PoolService.AllocatePool" => {
            let request = v1::AllocatePoolRequest { county, ..Default::default() };
            client.allocate_pool(by(who, request)).await.map(done)
        }
        "PoolService.AllocatePlaces" => {
            let request = v1::AllocatePlacesRequest { county, ..Default::default() };
            client.allocate_places(by(who, request)).await.map(done)
        }
        _ => panic!("{method}"),
    }
}
