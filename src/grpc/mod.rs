//! The gRPC shell: decode, call a use case, encode. No rule lives here.

mod audit;
mod decode;
mod encode;
mod evaluation;
mod evaluation_encode;
mod fact;
mod fact_decode;
mod fact_encode;
mod page;
mod receipt;
mod registry;
mod registry_decode;
mod registry_encode;
mod result_encode;
mod scheme;
mod status;
mod stream;

use prost::Message;
use tonic::{Status, service::Routes};

use crate::app::{App, AppError, Write, digest};

/// The largest message that is received: a document of 1 MiB and what goes with it.
pub(crate) const RECEIVE_MAX: usize = 1024 * 1024 + 64 * 1024;
/// The largest message that is sent.
pub(crate) const SEND_MAX: usize = 4 * 1024 * 1024;

/// Who calls, until callers are told apart.
const PRINCIPAL: &str = "local";

/// Every service of the API. A new one adds its line here.
pub fn routes(app: &App) -> Routes {
    Routes::new(registry::service(app))
        .add_service(scheme::service(app))
        .add_service(fact::service(app))
        .add_service(evaluation::service(app))
        .add_service(audit::service(app))
        .add_service(receipt::service(app))
}

/// A write as it is kept: the fingerprint is taken over the message as it is encoded again,
/// without its request id.
pub(crate) fn write_call(
    method: &'static str,
    county: String,
    request_id: String,
    message_without_id: &impl Message,
) -> Write {
    let fingerprint = digest(&[method.as_bytes(), &message_without_id.encode_to_vec()]);
    Write { county, principal: PRINCIPAL.to_owned(), request_id, method, fingerprint }
}

/// The answer that was kept as bytes.
pub(crate) fn decoded<M: Message + Default>(bytes: &[u8]) -> Result<M, Status> {
    M::decode(bytes).map_err(|why| {
        status::from(AppError::Internal(format!("a stored answer does not decode: {why}")))
    })
}
