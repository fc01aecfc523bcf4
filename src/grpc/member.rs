//! Members by days over gRPC.

use std::{collections::BTreeSet, sync::Arc};

use prost::Message;
use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX, admit::Call, decode::Faults, decoded, member_encode as encode,
    member_pages::Shown, page::page, registry_decode, registry_scope, status, write_call,
};
use crate::{
    app::{
        App, AppError,
        access::{Node, Permit, places},
        member::{Conduct, ConductAsked, LateAsked, LateCheckIn, Move, Moved, UnreportedAsked},
        registry::{RecordKind, as_of},
    },
    domain::{facts::ConductStanding, time::Moment},
    proto::v1::{self, member_service_server::MemberServiceServer},
    store::ReadTx,
};

pub(super) fn service(
    app: &App,
) -> MemberServiceServer<impl v1::member_service_server::MemberService + use<>> {
    MemberServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl v1::member_service_server::MemberService for Service {
    async fn get_membership(
        &self,
        request: Request<v1::GetMembershipRequest>,
    ) -> Result<Response<v1::GetMembershipResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.get(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn move_member(
        &self,
        request: Request<v1::MoveMemberRequest>,
    ) -> Result<Response<v1::MoveMemberResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.moved(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn list_unreported(
        &self,
        request: Request<v1::ListUnreportedRequest>,
    ) -> Result<Response<v1::ListUnreportedResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.unreported(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn list_late_check_ins(
        &self,
        request: Request<v1::ListLateCheckInsRequest>,
    ) -> Result<Response<v1::ListLateCheckInsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.late(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn list_conduct(
        &self,
        request: Request<v1::ListConductRequest>,
    ) -> Result<Response<v1::ListConductResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.conduct(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }
}

impl Service {
    async fn get(
        &self,
        call: &Call,
        raw: &v1::GetMembershipRequest,
    ) -> Result<v1::GetMembershipResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let member = faults.id("member_id", &raw.member_id);
        let scheme = faults.optional_id("scheme_id", &raw.scheme_id);
        let day = faults.day("as_of_day", raw.as_of_day.as_ref());
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let read = (|| Some((permit?, county?, member?, scheme?, day?, known?)))();
        let (permit, county, member, scheme, day, known) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, known).await?.moment()?;
        let seen = self.seen(&mut *tx, &county, &permit, known, [member.as_str()]).await?;
        if !permit.whole_kind(RecordKind::Member) && !seen.contains(&member) {
            return Err(AppError::Denied);
        }
        let today = day.map_or_else(|| self.app.today(), Ok)?;
        let scheme = (scheme.as_deref().unwrap_or_default(), today);
        let rule = self.app.check_in_rule(&mut *tx, &county, scheme).await?;
        let membership = self.app.membership(&mut *tx, &county, &member, known, &rule).await?;
        let membership = Some(encode::membership(&membership, Some(today)));
        Ok(v1::GetMembershipResponse { membership })
    }

    async fn moved(
        &self,
        call: &Call,
        mut raw: v1::MoveMemberRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let member = faults.id("member_id", &raw.member_id);
        let on = faults.some_day("on", raw.on.as_ref());
        let asked = move_of(&mut faults, &raw);
        let read = (|| Some((permit?, county?, request_id?, member?, on?, asked?)))();
        let (permit, county, request_id, member, on, asked) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, None).await?.moment()?;
        let given = (&asked, known);
        let moved = self.app.moved_record(&mut *tx, &county, (&member, on), given).await;
        // Whoever may not see the member learns nothing of why it cannot be moved.
        let seen = self.seen(&mut *tx, &county, &permit, known, [member.as_str()]).await?;
        drop(tx);
        if !permit.whole_kind(RecordKind::Member) && !seen.contains(&member) {
            return Err(AppError::Denied);
        }
        // Where nothing can be moved, the write says so, or gives the answer of the first time.
        if let Ok((record, _)) = moved {
            registry_scope::recordable(&self.app, call, &county, &[Ok(record)]).await?;
        }
        raw.request_id.clear();
        let write = write_call(call, "MemberService.MoveMember", county, request_id, &raw);
        let encode = |it: &Moved| encode::moved(it).encode_to_vec();
        self.app.move_member(write, (member, on), asked, Arc::new(encode)).await
    }

    async fn unreported(
        &self,
        call: &Call,
        mut raw: v1::ListUnreportedRequest,
    ) -> Result<v1::ListUnreportedResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let period = faults.period("period", &raw.period);
        let source = faults.optional_id("source", &raw.source);
        let unit = faults.optional_id("unit_branch_id", &raw.unit_branch_id);
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let method = ("MemberService.ListUnreported", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, period?, source?, unit?, known?, page?)))();
        let (permit, county, period, source, unit, known, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, page.known.or(known)).await?.moment()?;
        let source = source.unwrap_or_else(|| "unit_branch".to_owned());
        let asked = UnreportedAsked { period, source, unit, known };
        let mut found = self.app.unreported(&mut *tx, &county, &asked).await?;
        found.retain(|it| page.after.is_empty() || encode::key(it) > page.after);
        let members: Vec<&str> = found.iter().map(|it| it.member.as_str()).collect();
        let seen = self.seen(&mut *tx, &county, &permit, known, members).await?;
        found.retain(|it| seen.contains(&it.member));
        let keys: Vec<String> = found.iter().map(encode::key).collect();
        let (unreported, more) = page.fit(found.iter().map(encode::unreported).collect());
        let last = unreported.len().checked_sub(1).and_then(|it| keys.get(it)).filter(|_| more);
        let next_page_token = last.map_or_else(String::new, |it| page.next(it, Some(known)));
        Ok(v1::ListUnreportedResponse { unreported, next_page_token })
    }

    async fn late(
        &self,
        call: &Call,
        mut raw: v1::ListLateCheckInsRequest,
    ) -> Result<v1::ListLateCheckInsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let scheme = faults.optional_id("scheme_id", &raw.scheme_id);
        let from = faults.day("from_day", raw.from_day.as_ref());
        let until = faults.day("until_day", raw.until_day.as_ref());
        let unit = faults.optional_id("unit_branch_id", &raw.unit_branch_id);
        let compound = faults.optional_id("compound_id", &raw.compound_id);
        let known = faults.moment("known_at", raw.known_at.as_ref());
        if let (Some(Some(from)), Some(Some(until))) = (from, until)
            && until < from
        {
            let en = format!("the last day lies before the first, {from}");
            faults.add("until_day", "INTERVAL_REVERSED", en, "截止日早于起始日");
        }
        let method = ("MemberService.ListLateCheckIns", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| {
            let filter = (scheme?, from?, until?, unit?, compound?);
            Some((permit?, county?, filter, known?, page?))
        })();
        let (permit, county, filter, known, page) = faults.finish(read)?;
        let (scheme, from, until, unit, compound) = filter;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, page.known.or(known)).await?.moment()?;
        let until = until.map_or_else(|| self.app.today(), Ok)?;
        let named = (scheme.as_deref().unwrap_or_default(), until);
        let rule = self.app.check_in_rule(&mut *tx, &county, named).await?;
        let asked = LateAsked { rule, from, until, unit, compound, known };
        let mut all = Shown::of(&page);
        while let Some(told) = all.go_on() {
            let found =
                self.app.late_check_ins(&mut *tx, &county, &asked, (&told, all.wanted)).await?;
            let members = found.iter().map(|it| it.member.as_str());
            let seen = self.seen(&mut *tx, &county, &permit, known, members).await?;
            all.take(found, &seen);
        }
        let (late, next_page_token) =
            all.page(&page, known, |it: &LateCheckIn| encode::late(it, asked.until));
        Ok(v1::ListLateCheckInsResponse { late, next_page_token })
    }

    async fn conduct(
        &self,
        call: &Call,
        mut raw: v1::ListConductRequest,
    ) -> Result<v1::ListConductResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let member = faults.optional_id("member_id", &raw.member_id);
        let unit = faults.optional_id("unit_branch_id", &raw.unit_branch_id);
        let compound = faults.optional_id("compound_id", &raw.compound_id);
        let standings = standings(&mut faults, &raw.standings);
        let day = faults.day("as_of_day", raw.as_of_day.as_ref());
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let method = ("MemberService.ListConduct", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| {
            let filter = (member?, unit?, compound?, standings?, day?);
            Some((permit?, county?, filter, known?, page?))
        })();
        let (permit, county, filter, known, page) = faults.finish(read)?;
        let (member, unit, compound, standings, day) = filter;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, page.known.or(known)).await?.moment()?;
        let day = day.map_or_else(|| self.app.today(), Ok)?;
        let asked = ConductAsked { member, unit, compound, standings, day, known };
        let mut all = Shown::of(&page);
        while let Some(told) = all.go_on() {
            let found = self.app.conduct(&mut *tx, &county, &asked, (&told, all.wanted)).await?;
            let members = found.iter().map(|it| it.member.as_str());
            let seen = self.seen(&mut *tx, &county, &permit, known, members).await?;
            all.take(found, &seen);
        }
        let (cases, next_page_token) =
            all.page(&page, known, |it: &Conduct| encode::conduct(it, asked.day));
        Ok(v1::ListConductResponse { cases, next_page_token })
    }

    /// Which of these members the caller may see today.
    async fn seen<'m>(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        permit: &Permit,
        known: Moment,
        members: impl IntoIterator<Item = &'m str>,
    ) -> Result<BTreeSet<String>, AppError> {
        let members: BTreeSet<&str> = members.into_iter().collect();
        if permit.whole_kind(RecordKind::Member) {
            return Ok(members.into_iter().map(str::to_owned).collect());
        }
        let nodes = members.iter().map(|it| Node::new(RecordKind::Member, it)).collect();
        let today = as_of(self.app.today()?, known);
        let placed = places(tx, county, today, &nodes).await?;
        let covered = placed.into_iter().filter(|(_, placed)| permit.covers(placed));
        Ok(covered.map(|(node, _)| node.id).collect())
    }
}

/// What is to be from the day on.
fn move_of(faults: &mut Faults, raw: &v1::MoveMemberRequest) -> Option<Move> {
    let mut id = |path: &str, raw: &Option<String>| match raw.as_deref() {
        None => Some(None),
        Some("") => Some(Some(None)),
        Some(raw) => faults.id(path, raw).map(|it| Some(Some(it))),
    };
    let compound = id("compound_id", &raw.compound_id);
    let unit_branch = id("unit_branch_id", &raw.unit_branch_id);
    let building = id("building_id", &raw.building_id);
    let status = match raw.status {
        None => Some(None),
        Some(status) => {
            let named = v1::MemberStatus::try_from(status);
            faults.said("status", named, registry_decode::member_status).map(Some)
        }
    };
    let formality = match raw.formality {
        None => Some(None),
        Some(raw) => registry_decode::formality(faults, raw).map(Some),
    };
    let (directly_managed, accept_gap) = (raw.directly_managed, raw.accept_gap);
    Some(Move {
        compound: compound?,
        unit_branch: unit_branch?,
        status: status?,
        directly_managed,
        formality: formality?,
        building: building?,
        accept_gap,
    })
}

fn standings(faults: &mut Faults, raw: &[i32]) -> Option<Vec<ConductStanding>> {
    let mut all = Some(Vec::new());
    for (index, standing) in raw.iter().enumerate() {
        let named = v1::ConductStanding::try_from(*standing);
        let standing = faults.said(&format!("standings[{index}]"), named, |it| match it {
            v1::ConductStanding::Unspecified => None,
            v1::ConductStanding::Open => Some(ConductStanding::Open),
            v1::ConductStanding::PutRight => Some(ConductStanding::PutRight),
            v1::ConductStanding::Established => Some(ConductStanding::Established),
        });
        all = all.zip(standing).map(|(mut all, standing)| {
            all.push(standing);
            all
        });
    }
    all
}
