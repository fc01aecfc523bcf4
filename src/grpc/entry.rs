//! Checks of entries and objections over gRPC.

use std::collections::BTreeMap;

use prost::Message;
use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX,
    admit::Call,
    decode::Faults,
    decoded,
    encode::{counts, statuses},
    fact_decode, fact_encode,
    fact_scope::{listable, named, seen},
    page::page,
    status,
    stream::batch,
    write_call,
};
use crate::{
    app::{
        App, AppError,
        entry::{Answering, EntryToCheck, ObjectionCase, ObjectionsListed, Raising},
        places,
    },
    domain::{facts::EntryCheck, scheme::SubjectKind},
    proto::v1::{self, entry_service_server::EntryServiceServer},
    store::{StoreError, StoredFact, fact_id, fact_seq},
};

pub(super) fn service(
    app: &App,
) -> EntryServiceServer<impl v1::entry_service_server::EntryService + use<>> {
    EntryServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl v1::entry_service_server::EntryService for Service {
    async fn check_entries(
        &self,
        request: Request<v1::CheckEntriesRequest>,
    ) -> Result<Response<v1::CheckEntriesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.check(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn raise_objection(
        &self,
        request: Request<v1::RaiseObjectionRequest>,
    ) -> Result<Response<v1::RaiseObjectionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.raise(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn answer_objection(
        &self,
        request: Request<v1::AnswerObjectionRequest>,
    ) -> Result<Response<v1::AnswerObjectionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.answer(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn list_objections(
        &self,
        request: Request<v1::ListObjectionsRequest>,
    ) -> Result<Response<v1::ListObjectionsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.list(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }
}

fn verdict(faults: &mut Faults, raw: i32) -> Option<EntryCheck> {
    faults.said("verdict", v1::EntryVerdict::try_from(raw), |it| match it {
        v1::EntryVerdict::Unspecified => None,
        v1::EntryVerdict::Confirmed => Some(EntryCheck::Confirmed),
        v1::EntryVerdict::Refused => Some(EntryCheck::Refused),
    })
}

fn item(faults: &mut Faults, raw: &v1::EntryToCheck) -> Option<EntryToCheck> {
    let fact_id = faults.id("fact_id", &raw.fact_id);
    let verdict = verdict(faults, raw.verdict);
    let reason = if raw.reason.is_empty() && verdict != Some(EntryCheck::Refused) {
        Some(String::new())
    } else {
        faults.why("reason", &raw.reason)
    };
    let checked_by = faults.id("checked_by", &raw.checked_by);
    let (fact_id, verdict) = (fact_id?, verdict?);
    Some(EntryToCheck { fact_id, verdict, reason: reason?, checked_by: checked_by? })
}

/// The entries of a message. One that stands there twice is faulty both times: nobody can tell which
/// verdict is meant.
fn items(faults: &mut Faults, raw: &[v1::EntryToCheck]) -> Option<Vec<EntryToCheck>> {
    let mut by_id: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, it) in raw.iter().enumerate() {
        by_id.entry(&it.fact_id).or_default().push(index);
    }
    let mut items = Some(Vec::with_capacity(raw.len()));
    for (index, raw) in raw.iter().enumerate() {
        let item = faults.below(&format!("items[{index}]"), |faults| {
            let item = item(faults, raw);
            let same = by_id.get(raw.fact_id.as_str()).filter(|it| it.len() > 1);
            let Some(same) = same else { return item };
            let places = places("items", same);
            let en = format!("the same entry stands in {places}");
            faults.add("fact_id", "DUPLICATE_IN_BATCH", en, format!("同一记录重复：{places}"));
            None
        });
        items = items.zip(item).map(|(mut all, item)| {
            all.push(item);
            all
        });
    }
    items
}

/// An objection with its fact and its answer.
fn case(of: ObjectionCase) -> Result<v1::ObjectionCase, StoreError> {
    Ok(v1::ObjectionCase {
        fact: Some(fact_encode::fact(of.fact)?),
        objection: Some(fact_encode::fact(of.objection)?),
        answer: of.answer.map(fact_encode::fact).transpose()?,
    })
}

impl Service {
    async fn check(
        &self,
        call: &Call,
        mut raw: v1::CheckEntriesRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        batch(&mut faults, "items", raw.items.len());
        let items = items(&mut faults, &raw.items);
        let read = (|| Some((permit?, county?, request_id?, items?)))();
        let (permit, county, request_id, items) = faults.finish(read)?;
        let seqs: Vec<_> = items.iter().map(|it| fact_seq(&it.fact_id)).collect();
        named(&self.app, call, &county, &permit, &seqs).await?;
        raw.request_id.clear();
        let write = write_call(call, "EntryService.CheckEntries", county, request_id, &raw);
        let encode = |outcomes: &[_]| {
            let counts = Some(counts(outcomes));
            v1::CheckEntriesResponse { items: statuses(outcomes), counts }.encode_to_vec()
        };
        self.app.check_entries(write, items, encode).await
    }

    async fn raise(
        &self,
        call: &Call,
        mut raw: v1::RaiseObjectionRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let fact_id = faults.id("fact_id", &raw.fact_id);
        let text = faults.why("text", &raw.text);
        let raised_by = faults.id("raised_by", &raw.raised_by);
        let evidence = fact_decode::evidence(&mut faults, &raw.evidence);
        let read = (|| {
            let (fact_id, text, raised_by) = (fact_id?, text?, raised_by?);
            let raising = Raising { fact_id, text, raised_by, evidence: evidence? };
            Some((permit?, county?, request_id?, raising))
        })();
        let (permit, county, request_id, raising) = faults.finish(read)?;
        named(&self.app, call, &county, &permit, &[fact_seq(&raising.fact_id)]).await?;
        raw.request_id.clear();
        let write = write_call(call, "EntryService.RaiseObjection", county, request_id, &raw);
        let encode = |it: &StoredFact| {
            let objection = fact_encode::fact(it.clone()).ok();
            v1::RaiseObjectionResponse { objection }.encode_to_vec()
        };
        self.app.raise_objection(write, raising, encode).await
    }

    async fn answer(
        &self,
        call: &Call,
        mut raw: v1::AnswerObjectionRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let objection_id = faults.id("objection_id", &raw.objection_id);
        let said = v1::ObjectionVerdict::try_from(raw.verdict);
        let upheld = faults.said("verdict", said, |it| match it {
            v1::ObjectionVerdict::Unspecified => None,
            v1::ObjectionVerdict::Upheld => Some(true),
            v1::ObjectionVerdict::Dismissed => Some(false),
        });
        let text = faults.why("text", &raw.text);
        let answered_by = faults.id("answered_by", &raw.answered_by);
        let evidence = fact_decode::evidence(&mut faults, &raw.evidence);
        let reverse_fact = raw.reverse_fact;
        if reverse_fact && upheld == Some(false) {
            let en = "a fact is reversed only where the objection is upheld";
            faults.add("reverse_fact", "REVERSAL_NOT_UPHELD", en, "异议成立时方可冲销该事实");
        }
        let read = (|| {
            let (objection_id, upheld, text) = (objection_id?, upheld?, text?);
            let (answered_by, evidence) = (answered_by?, evidence?);
            let answering =
                Answering { objection_id, upheld, text, answered_by, reverse_fact, evidence };
            Some((permit?, county?, request_id?, answering))
        })();
        let (permit, county, request_id, answering) = faults.finish(read)?;
        named(&self.app, call, &county, &permit, &[fact_seq(&answering.objection_id)]).await?;
        raw.request_id.clear();
        let write = write_call(call, "EntryService.AnswerObjection", county, request_id, &raw);
        let encode = |it: &ObjectionCase| {
            let objection = case(it.clone()).ok();
            v1::AnswerObjectionResponse { objection }.encode_to_vec()
        };
        self.app.answer_objection(write, answering, encode).await
    }

    async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListObjectionsRequest,
    ) -> Result<v1::ListObjectionsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let member = faults.optional_id("member_id", &raw.member_id);
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let method = ("EntryService.ListObjections", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, member?, known?, page?)))();
        let (permit, county, member, known, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let word = SubjectKind::Member.name();
        let subject = member.as_ref().map(|it| (word.to_owned(), it.clone()));
        listable(&self.app, &mut *tx, &county, &permit, (subject.as_ref(), &[])).await?;
        let known = self.app.known(&mut *tx, &county, page.known.or(known)).await?.moment()?;
        let listed = ObjectionsListed {
            member,
            open_only: raw.open_only,
            known,
            after: fact_seq(&page.after).unwrap_or(0),
            limit: page.size,
        };
        let (found, read_to) = self.app.objections(&mut *tx, &county, &listed).await?;
        let about = found.iter().map(|it| it.objection.clone()).collect();
        let shown = seen(&self.app, &mut *tx, &county, &permit, about).await?;
        let shown: Vec<i64> = shown.into_iter().map(|it| it.seq).collect();
        let found = found.into_iter().filter(|it| shown.binary_search(&it.objection.seq).is_ok());
        let objections: Result<Vec<_>, _> = found.map(case).collect();
        let (objections, cut) = page.fit(objections?);
        let last = objections.last().filter(|_| cut).and_then(|it| it.objection.as_ref());
        let after = last.map(|it| it.fact_id.clone()).or(read_to.map(fact_id));
        let next_page_token = after.map_or_else(String::new, |it| page.next(&it, Some(known)));
        Ok(v1::ListObjectionsResponse { objections, next_page_token })
    }
}
