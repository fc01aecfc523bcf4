//! The gRPC shell: decode, call a use case, encode. No rule lives here.

#[macro_use]
mod answered;

mod access;
mod access_decode;
mod admit;
mod appraisal_result;
mod assessment;
mod assessment_decode;
mod assessment_encode;
mod audit;
mod award;
mod award_decode;
mod award_encode;
mod budget;
mod calendar;
mod candidate;
mod chain;
mod decode;
mod encode;
mod entry;
mod evaluation;
mod evaluation_encode;
mod fact;
mod fact_decode;
mod fact_encode;
mod fact_scope;
mod follow;
mod formation;
mod indicator;
mod member;
mod member_encode;
mod member_pages;
mod money;
mod notice;
mod notice_encode;
mod page;
pub mod policy;
mod pool;
mod rating;
mod rating_encode;
mod receipt;
mod recovery;
mod registry;
mod registry_decode;
mod registry_encode;
mod registry_scope;
mod result_encode;
mod result_scope;
mod schedule;
mod schedule_scope;
mod scheme;
mod selection;
mod selection_document;
pub(crate) mod status;
mod stream;
mod veto;

use prost::Message;
use tonic::{Status, service::Routes};

pub(crate) use status::{DOMAIN, LOCALE};

use crate::app::{App, AppError, Write, digest};

/// The largest message that is received: a document of 1 MiB and what goes with it.
pub(crate) const RECEIVE_MAX: usize = 1024 * 1024 + 64 * 1024;
/// The largest message that is sent.
pub(crate) const SEND_MAX: usize = 4 * 1024 * 1024;

/// Every service of the API. A new one adds its line here.
///
/// # Errors
/// A method does not state what it asks of its caller.
pub fn routes(app: &App) -> Result<Routes, policy::PolicyError> {
    let routes = Routes::new(registry::service(app))
        .add_service(scheme::service(app))
        .add_service(selection_document::service(app))
        .add_service(schedule::service(app))
        .add_service(calendar::service(app))
        .add_service(fact::service(app))
        .add_service(member::service(app))
        .add_service(formation::service(app))
        .add_service(indicator::service(app))
        .add_service(candidate::service(app))
        .add_service(entry::service(app))
        .add_service(assessment::service(app))
        .add_service(chain::service(app))
        .add_service(selection::service(app))
        .add_service(budget::service(app))
        .add_service(award::service(app))
        .add_service(recovery::service(app))
        .add_service(evaluation::service(app))
        .add_service(notice::service(app))
        .add_service(pool::service(app))
        .add_service(veto::service(app))
        .add_service(access::service(app))
        .add_service(audit::service(app))
        .add_service(receipt::service(app))
        .add_service(rating::service(app))
        .add_service(appraisal_result::service(app));
    let gate = admit::Gate::new(policy::Policy::own()?);
    Ok(routes.into_axum_router().layer(gate).into())
}

/// A write as it is kept: the fingerprint is taken over the message as it is encoded again,
/// without its request id.
pub(crate) fn write_call(
    call: &admit::Call,
    method: &'static str,
    county: String,
    request_id: String,
    message_without_id: &impl Message,
) -> Write {
    let principal = call.caller.principal.to_string();
    let fingerprint = digest(&[method.as_bytes(), &message_without_id.encode_to_vec()]);
    Write { county, principal, request_id, method, fingerprint }
}

/// The answer that was kept as bytes.
pub(crate) fn stored<M: Message + Default>(bytes: &[u8]) -> Result<M, AppError> {
    M::decode(bytes)
        .map_err(|why| AppError::Internal(format!("a stored answer does not decode: {why}")))
}

/// The same, as a status where it does not decode.
pub(crate) fn decoded<M: Message + Default>(bytes: &[u8]) -> Result<M, Status> {
    stored(bytes).map_err(status::from)
}
