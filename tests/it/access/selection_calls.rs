//! Calls of selections: whether they are the caller's to make.

use steelyard::proto::v1;
use tonic::Status;

use super::{
    calls::{Target, done},
    county::Counties,
};
use crate::harness::by;

/// Methods about the county's rules: a message with faults is enough, since nobody who may not is
/// told of them.
pub(super) async fn selection_document(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let county = at.county.to_owned();
    let mut client = all.served.selection_documents();
    match method {
        "SelectionDocumentService.CheckSelectionDocument" => {
            let request = v1::CheckSelectionDocumentRequest { county, document: b"?".to_vec() };
            client.check_selection_document(by(who, request)).await.map(done)
        }
        "SelectionDocumentService.PublishSelectionDocument" => {
            let request = v1::PublishSelectionDocumentRequest { county, ..Default::default() };
            client.publish_selection_document(by(who, request)).await.map(done)
        }
        "SelectionDocumentService.GetSelectionDocument" => {
            let document_id = "test.selection".to_owned();
            let request = v1::GetSelectionDocumentRequest { county, document_id, selector: None };
            client.get_selection_document(by(who, request)).await.map(done)
        }
        "SelectionDocumentService.ListSelectionDocuments" => {
            let request = v1::ListSelectionDocumentsRequest { county, ..Default::default() };
            client.list_selection_documents(by(who, request)).await.map(done)
        }
        _ => panic!("{method}"),
    }
}
