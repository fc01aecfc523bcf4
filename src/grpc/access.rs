//! Grants and roles over gRPC.

use std::sync::Arc;

use prost::Message;
use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX, access_decode, admit::Call, decode::Faults, decoded, page::page,
    registry_decode, status, write_call,
};
use crate::{
    app::{
        App, AppError,
        access::{DefineRole, Grant, GrantFilter, GrantRole, NamedRole, RevokeRole},
    },
    proto::v1::{self, access_service_server::AccessServiceServer},
};

pub(super) fn service(
    app: &App,
) -> AccessServiceServer<impl v1::access_service_server::AccessService + use<>> {
    AccessServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl v1::access_service_server::AccessService for Service {
    async fn grant_role(
        &self,
        request: Request<v1::GrantRoleRequest>,
    ) -> Result<Response<v1::GrantRoleResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.grant(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn revoke_role(
        &self,
        request: Request<v1::RevokeRoleRequest>,
    ) -> Result<Response<v1::RevokeRoleResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.revoke(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn list_grants(
        &self,
        request: Request<v1::ListGrantsRequest>,
    ) -> Result<Response<v1::ListGrantsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.list(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn define_role(
        &self,
        request: Request<v1::DefineRoleRequest>,
    ) -> Result<Response<v1::DefineRoleResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.define(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn list_roles(
        &self,
        request: Request<v1::ListRolesRequest>,
    ) -> Result<Response<v1::ListRolesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.roles(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn get_caller(
        &self,
        request: Request<v1::GetCallerRequest>,
    ) -> Result<Response<v1::GetCallerResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.caller(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }
}

impl Service {
    async fn grant(&self, call: &Call, mut raw: v1::GrantRoleRequest) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let principal = faults.id("principal", &raw.principal);
        let role = faults.id("role_id", &raw.role_id);
        let unit = registry_decode::some_reference(&mut faults, "unit", raw.unit.as_ref());
        let from = faults.day("effective_from", raw.effective_from.as_ref());
        let until = faults.day("effective_until", raw.effective_until.as_ref());
        if let (Some(Some(from)), Some(Some(until))) = (from, until)
            && until < from
        {
            let en = format!("the last day lies before the first, {from}");
            faults.add("effective_until", "INTERVAL_REVERSED", en, "截止日早于起始日");
        }
        let reason = faults.why("reason", &raw.reason);
        let asked = (|| {
            let (principal, role, unit) = (principal?, role?, unit?);
            let (from, until, reason) = (from?, until?, reason?);
            let asked = GrantRole { principal, role, unit, from, until, reason };
            permit?;
            Some((county?, request_id?, asked))
        })();
        let (county, request_id, asked) = faults.finish(asked)?;
        raw.request_id.clear();
        let write = write_call(call, "AccessService.GrantRole", county, request_id, &raw);
        let encode = |it: &Grant| {
            let grant = Some(access_decode::grant_out(it));
            v1::GrantRoleResponse { grant }.encode_to_vec()
        };
        self.app.grant_role(write, asked, Arc::new(encode)).await
    }

    async fn revoke(
        &self,
        call: &Call,
        mut raw: v1::RevokeRoleRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let principal = faults.id("principal", &raw.principal);
        let role = faults.id("role_id", &raw.role_id);
        let unit = registry_decode::some_reference(&mut faults, "unit", raw.unit.as_ref());
        let reason = faults.why("reason", &raw.reason);
        let asked = (|| {
            let (principal, role) = (principal?, role?);
            let asked = RevokeRole { principal, role, unit: unit?, reason: reason? };
            permit?;
            Some((county?, request_id?, asked))
        })();
        let (county, request_id, asked) = faults.finish(asked)?;
        raw.request_id.clear();
        let write = write_call(call, "AccessService.RevokeRole", county, request_id, &raw);
        let encode = |it: &Grant| {
            let grant = Some(access_decode::grant_out(it));
            v1::RevokeRoleResponse { grant }.encode_to_vec()
        };
        self.app.revoke_role(write, asked, Arc::new(encode)).await
    }

    async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListGrantsRequest,
    ) -> Result<v1::ListGrantsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let principal = faults.optional_id("principal", &raw.principal);
        let role = faults.optional_id("role_id", &raw.role_id);
        let method = ("AccessService.ListGrants", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| {
            permit?;
            let (principal, role) = (principal?.unwrap_or_default(), role?.unwrap_or_default());
            Some((county?, GrantFilter { principal, role }, page?))
        })();
        let (county, filter, page) = faults.finish(read)?;
        let key = |it: &Grant| {
            format!("{} {} {} {}", it.principal, it.role, it.unit.kind.word(), it.unit.id)
        };
        let mut grants = self.app.grants(&county, &filter).await?;
        grants.sort_by_cached_key(key);
        grants.retain(|it| key(it) > page.after);
        let (shown, more) = page.fit(grants.iter().map(access_decode::grant_out).collect());
        let last = shown.len().checked_sub(1).and_then(|it| grants.get(it)).filter(|_| more);
        let next_page_token = last.map_or_else(String::new, |it| page.next(&key(it), None));
        Ok(v1::ListGrantsResponse { grants: shown, next_page_token })
    }

    async fn define(
        &self,
        call: &Call,
        mut raw: v1::DefineRoleRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let role = access_decode::role(&mut faults, raw.role.as_ref());
        let reason = faults.why("reason", &raw.reason);
        let asked = (|| {
            let (id, role) = role?;
            permit?;
            Some((county?, request_id?, DefineRole { id, role, reason: reason? }))
        })();
        let (county, request_id, asked) = faults.finish(asked)?;
        raw.request_id.clear();
        let write = write_call(call, "AccessService.DefineRole", county, request_id, &raw);
        let encode = |it: &NamedRole| {
            let role = Some(access_decode::role_out(it));
            v1::DefineRoleResponse { role }.encode_to_vec()
        };
        self.app.define_role(write, asked, Arc::new(encode)).await
    }

    async fn roles(
        &self,
        call: &Call,
        raw: &v1::ListRolesRequest,
    ) -> Result<v1::ListRolesResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let county = faults.finish(county)?;
        call.permit(&self.app, &county).await?;
        let roles = self.app.roles(&county).await?;
        Ok(v1::ListRolesResponse { roles: roles.iter().map(access_decode::role_out).collect() })
    }

    async fn caller(
        &self,
        call: &Call,
        raw: &v1::GetCallerRequest,
    ) -> Result<v1::GetCallerResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.optional_id("county", &raw.county);
        let county = faults.finish(county)?;
        let principal = call.caller.principal.to_string();
        let mut grants = Vec::new();
        if let Some(county) = county {
            let filter = GrantFilter { principal: principal.clone(), role: String::new() };
            let today = self.app.today()?;
            grants = self.app.grants(&county, &filter).await?;
            grants.retain(|it| it.holds_on(today));
        }
        Ok(v1::GetCallerResponse {
            principal,
            administrator: call.caller.administrator,
            grants: grants.iter().map(access_decode::grant_out).collect(),
        })
    }
}
