//! Pools divided, over gRPC.

mod decode;
mod encode;

use prost::Message as _;
use tonic::{Request, Response, Status};

use self::decode::By;
use super::{
    RECEIVE_MAX, SEND_MAX, admit::Call, decode::Faults, page::BYTES_MAX, result_scope::Sight,
    status,
};
use crate::{
    app::{
        App, AppError,
        access::{Permission, Scope},
        pool::{self, Scored},
        run::RunSelector,
    },
    proto::v1::{
        self,
        pool_service_server::{PoolService, PoolServiceServer},
    },
};

pub(super) fn service(app: &App) -> PoolServiceServer<impl PoolService + use<>> {
    PoolServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl PoolService for Service {
    async fn allocate_pool(
        &self,
        request: Request<v1::AllocatePoolRequest>,
    ) -> Result<Response<v1::AllocatePoolResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.pool(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn allocate_places(
        &self,
        request: Request<v1::AllocatePlacesRequest>,
    ) -> Result<Response<v1::AllocatePlacesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.places(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }
}

impl Service {
    async fn pool(
        &self,
        call: &Call,
        raw: v1::AllocatePoolRequest,
    ) -> Result<v1::AllocatePoolResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let amount = faults.some_money("amount", raw.amount.as_ref());
        let remainder = decode::remainder(&mut faults, raw.remainder);
        let by = decode::by(&mut faults, raw.by);
        let asked = (|| Some((permit?, county?, amount?, remainder?, by?)))();
        let (_, county, amount, remainder, by) = faults.finish(asked)?;
        let (parties, left_out, run_id) = match by {
            By::Parties(parties) => (parties, Vec::new(), String::new()),
            By::Scores { run, subjects, leave_out_missing } => {
                let asked = (subjects.as_slice(), leave_out_missing);
                let (found, run_id) = self.scores(call, &county, &run, asked).await?;
                (found.parties, found.left_out, run_id)
            }
        };
        let divided = pool::divide(amount, parties, remainder)?;
        let answer = encode::pool(&divided, run_id, &left_out);
        sendable(answer.encoded_len())?;
        Ok(answer)
    }

    /// The scores of a run, as weights: for who may read all its results.
    async fn scores(
        &self,
        call: &Call,
        county: &str,
        run: &RunSelector,
        (subjects, leave_out_missing): (&[String], bool),
    ) -> Result<(Scored, String), AppError> {
        let read = Permission::ResultRead;
        let permit = self.app.permit(&call.caller, county, read, Scope::County, false).await?;
        let shown = self.app.shown(county, run).await?;
        if !Sight::of(&self.app, call, county, permit, &shown).await?.whole() {
            return Err(AppError::Denied);
        }
        let found = self.app.pool_by_scores(county, &shown, subjects, leave_out_missing).await?;
        Ok((found, shown.run.run_id))
    }

    async fn places(
        &self,
        call: &Call,
        raw: v1::AllocatePlacesRequest,
    ) -> Result<v1::AllocatePlacesResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let places = decode::count(&mut faults, "places", raw.places);
        let units = decode::units(&mut faults, &raw.parties);
        let cap = decode::cap(&mut faults, raw.each_at_most);
        let decision = decode::decision(&mut faults, raw.decision);
        let asked = (|| Some((permit?, county?, places?, units?, cap?, decision?)))();
        let (_, _, places, units, cap, decision) = faults.finish(asked)?;
        let divided = pool::divide_places(places, units, cap, decision)?;
        let answer = encode::places(&divided);
        sendable(answer.encoded_len())?;
        Ok(answer)
    }
}

/// Whether a table of so many bytes is sent.
fn sendable(bytes: usize) -> Result<(), AppError> {
    if bytes <= BYTES_MAX {
        return Ok(());
    }
    Err(AppError::Exhausted {
        reason: "POOL_TOO_LARGE",
        en: "the table is larger than 3 MiB: divide among fewer parties at once".to_owned(),
        zh: "分配表超过 3 MiB，请减少一次分配的对象".to_owned(),
    })
}
