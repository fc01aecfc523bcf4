//! What a caller asks about rights, the audit trail, and proofs.

use tonic::Code;

use super::{CallError, Client, published};
use crate::{
    proto::v1::{
        self, access_service_client::AccessServiceClient, audit_service_client::AuditServiceClient,
        receipt_service_client::ReceiptServiceClient,
    },
    sample::Document,
};

impl Client {
    /// Grants a role over a unit.
    ///
    /// # Errors
    /// What the service says.
    pub async fn grant_role(
        &self,
        principal: &str,
        role: &str,
        unit: v1::RecordRef,
    ) -> Result<(), CallError> {
        let request = v1::GrantRoleRequest {
            county: self.county.clone(),
            request_id: format!("sample-grant-{principal}"),
            principal: principal.to_owned(),
            role_id: role.to_owned(),
            unit: Some(unit),
            effective_from: None,
            effective_until: None,
            reason: "示例授权".to_owned(),
        };
        AccessServiceClient::new(self.calls.clone()).grant_role(request).await?;
        Ok(())
    }

    /// The results of a published run that the caller may see; nothing where it may see none.
    ///
    /// # Errors
    /// What the service says, but that the caller may not.
    pub async fn results_seen(
        &self,
        document: &Document,
    ) -> Result<Option<Vec<v1::Result>>, CallError> {
        match self.results(document).await {
            Err(CallError::Status(why)) if why.code() == Code::PermissionDenied => Ok(None),
            seen => seen.map(Some),
        }
    }

    /// How many entries the county's audit trail has, as an auditor reads it.
    ///
    /// # Errors
    /// What the service says.
    pub async fn audit_entries(&self) -> Result<i64, CallError> {
        let request = v1::ListAuditRequest { county: self.county.clone(), ..Default::default() };
        let mut client = AuditServiceClient::new(self.calls.clone());
        let answer = client.list_audit(request).await?.into_inner();
        Ok(answer.head.ok_or(CallError::Lacks("the head of the trail"))?.count)
    }

    /// A signed result of a published run, with the keys to check it by.
    ///
    /// # Errors
    /// What the service says.
    pub async fn signed_result(
        &self,
        document: &Document,
        subject: &str,
    ) -> Result<(v1::GetSignedResultResponse, String), CallError> {
        let request = v1::GetSignedResultRequest {
            county: self.county.clone(),
            run: Some(published(document)),
            subject_id: subject.to_owned(),
        };
        let mut client = ReceiptServiceClient::new(self.calls.clone());
        let signed = client.get_signed_result(request).await?.into_inner();
        let keys = client.list_keys(v1::ListKeysRequest {}).await?.into_inner();
        Ok((signed, keys.jwks))
    }
}
