//! Signed results over gRPC.

use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX, admit::Call, decode::Faults, evaluation::selector, result_scope::Sight,
    status,
};
use crate::{
    app::App,
    proto::v1::{
        self,
        receipt_service_server::{ReceiptService, ReceiptServiceServer},
    },
};

pub(super) fn service(app: &App) -> ReceiptServiceServer<impl ReceiptService + use<>> {
    ReceiptServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl ReceiptService for Service {
    async fn get_signed_result(
        &self,
        request: Request<v1::GetSignedResultRequest>,
    ) -> Result<Response<v1::GetSignedResultResponse>, Status> {
        let call = Call::of(&request)?;
        let raw = request.into_inner();
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await.map_err(status::from)?;
        let run = selector(&mut faults, raw.run);
        let subject = faults.id("subject_id", &raw.subject_id);
        let asked = (|| Some((permit?, county?, run?, subject?)))();
        let (permit, county, run, subject) = faults.finish(asked).map_err(status::from)?;
        // Without a key nothing is looked for.
        self.app.receipt_keys().map_err(status::from)?;
        let found = self.app.shown_result(&county, &run, &subject).await;
        let (shown, kept) = found.map_err(status::from)?;
        let sight = Sight::of(&self.app, &call, &county, permit, &shown).await;
        let kept = sight.and_then(|it| it.found(kept)).map_err(status::from)?;
        let signed = self.app.signed_result(&county, &shown, &kept).await;
        let signed = signed.map_err(status::from)?;
        Ok(Response::new(v1::GetSignedResultResponse {
            payload: signed.payload,
            jws: signed.jws,
            key_id: signed.key_id,
        }))
    }

    async fn list_keys(
        &self,
        _: Request<v1::ListKeysRequest>,
    ) -> Result<Response<v1::ListKeysResponse>, Status> {
        let jwks = self.app.receipt_keys().map_err(status::from)?;
        Ok(Response::new(v1::ListKeysResponse { jwks }))
    }
}
