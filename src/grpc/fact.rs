//! Facts over gRPC.

use prost::Message;
use tonic::{Request, Response, Status, Streaming};

use super::{
    RECEIVE_MAX, SEND_MAX,
    admit::Call,
    decode::{Faults, YEARS},
    decoded,
    encode::{Gathered, counts, statuses},
    fact_decode, fact_encode,
    fact_scope::{listable, named, recordable, seen},
    page::page,
    status,
    stream::{Carried, batch},
    write_call,
};
use crate::{
    app::{
        App, AppError, Missing,
        fact::{LateFacts, LatePage, Listed},
    },
    domain::time::{Day, Period, PeriodKind},
    proto::v1::{self, fact_service_server::FactServiceServer},
    store::{Reversing, StoredFact, fact_seq},
};

pub(super) fn service(
    app: &App,
) -> FactServiceServer<impl v1::fact_service_server::FactService + use<>> {
    FactServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

/// The most late facts of one page.
const LATE_MAX: i64 = 200;

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl v1::fact_service_server::FactService for Service {
    async fn record_facts(
        &self,
        request: Request<v1::RecordFactsRequest>,
    ) -> Result<Response<v1::RecordFactsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.record(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn stream_facts(
        &self,
        request: Request<Streaming<v1::StreamFactsRequest>>,
    ) -> Result<Response<v1::StreamFactsResponse>, Status> {
        let call = Call::of(&request)?;
        let mut stream = request.into_inner();
        let mut carried = Carried::default();
        let mut gathered = Gathered::default();
        while let Some(message) = stream.message().await? {
            let bytes = message.encoded_len();
            carried.take(&message.county, message.facts.len(), bytes).map_err(status::from)?;
            let (answer, replayed) = self.take(&call, message).await?;
            gathered.add(answer.items, answer.counts, replayed);
        }
        let Gathered { items, counts, .. } = gathered;
        Ok(Response::new(v1::StreamFactsResponse { items, counts: Some(counts) }))
    }

    async fn reverse_fact(
        &self,
        request: Request<v1::ReverseFactRequest>,
    ) -> Result<Response<v1::ReverseFactResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.reverse(&call, request.into_inner()).await.map_err(status::from)?;
        decoded(&answer).map(Response::new)
    }

    async fn list_facts(
        &self,
        request: Request<v1::ListFactsRequest>,
    ) -> Result<Response<v1::ListFactsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.list(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn list_late_facts(
        &self,
        request: Request<v1::ListLateFactsRequest>,
    ) -> Result<Response<v1::ListLateFactsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.late(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }
}

impl Service {
    async fn record(
        &self,
        call: &Call,
        mut raw: v1::RecordFactsRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        batch(&mut faults, "facts", raw.facts.len());
        let mut facts = Vec::with_capacity(raw.facts.len());
        for (index, fact) in fact_decode::facts(&raw.facts).into_iter().enumerate() {
            match fact {
                Ok(fact) => facts.push(fact),
                Err(found) => {
                    faults.below(&format!("facts[{index}]"), |faults| faults.extend(found));
                }
            }
        }
        let read = permit.zip(county.zip(request_id));
        let (permit, (county, request_id)) = faults.finish(read)?;
        recordable(&self.app, call, &county, &permit, facts.iter()).await?;
        raw.request_id.clear();
        let write = write_call(call, "FactService.RecordFacts", county, request_id, &raw);
        let encode = |outcomes: &[_]| {
            let counts = Some(counts(outcomes));
            v1::RecordFactsResponse { items: statuses(outcomes), counts }.encode_to_vec()
        };
        self.app.record_facts(write, facts, encode).await
    }

    async fn take(
        &self,
        call: &Call,
        mut raw: v1::StreamFactsRequest,
    ) -> Result<(v1::StreamFactsResponse, bool), Status> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await.map_err(status::from)?;
        let request_id = faults.request_id(&raw.request_id);
        batch(&mut faults, "facts", raw.facts.len());
        let read = faults.finish(permit.zip(county.zip(request_id)));
        let (permit, (county, request_id)) = read.map_err(status::from)?;
        raw.request_id.clear();
        let facts = fact_decode::facts(&raw.facts).into_iter();
        let items: Vec<_> = facts.map(|it| it.map_err(|faults| (String::new(), faults))).collect();
        let good = items.iter().filter_map(|it| it.as_ref().ok());
        let recordable = recordable(&self.app, call, &county, &permit, good).await;
        recordable.map_err(status::from)?;
        let write = write_call(call, "FactService.StreamFacts", county, request_id, &raw);
        let encode = |outcomes: &[_]| {
            let counts = Some(counts(outcomes));
            v1::StreamFactsResponse { items: statuses(outcomes), counts }.encode_to_vec()
        };
        let written = self.app.record_message(write, items, encode).await.map_err(status::from)?;
        Ok((decoded(&written.response)?, written.replayed))
    }

    async fn reverse(
        &self,
        call: &Call,
        mut raw: v1::ReverseFactRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let id = faults.id("fact_id", &raw.fact_id);
        let reason = faults.why("reason", &raw.reason);
        let recorded_by = fact_decode::recorded_by(&mut faults, &raw.recorded_by);
        let evidence = fact_decode::evidence(&mut faults, &raw.evidence);
        let read = (|| {
            let what = (id?, reason?, recorded_by?, evidence?);
            Some((permit?, county?, request_id?, what))
        })();
        let (permit, county, request_id, what) = faults.finish(read)?;
        let (id, reason, recorded_by, evidence) = what;
        named(&self.app, call, &county, &permit, &[fact_seq(&id)]).await?;
        let seq = fact_seq(&id).ok_or_else(|| AppError::not_found(Missing::Fact, &id))?;
        raw.request_id.clear();
        let write = write_call(call, "FactService.ReverseFact", county, request_id, &raw);
        let encode = |fact: &StoredFact| {
            let fact = fact_encode::fact(fact.clone()).ok();
            v1::ReverseFactResponse { fact }.encode_to_vec()
        };
        let reversing = Reversing { seq, reason, recorded_by, evidence };
        self.app.reverse_fact(write, id, reversing, encode).await
    }

    async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListFactsRequest,
    ) -> Result<v1::ListFactsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let subject = match &raw.subject {
            Some(raw) => fact_decode::subject(&mut faults, raw).map(Some),
            None => Some(None),
        };
        let mut kinds = Some(Vec::new());
        for (index, kind) in raw.kinds.iter().enumerate() {
            let kind = fact_decode::kind(&mut faults, &format!("kinds[{index}]"), *kind);
            kinds = kinds.zip(kind).map(|(mut all, kind)| {
                all.push(kind);
                all
            });
        }
        let time = time(&mut faults, &raw);
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let method = ("FactService.ListFacts", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, subject?, kinds?, time?, known?, page?)))();
        let (permit, county, subject, kinds, time, known, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let asked = (subject.as_ref(), kinds.as_slice());
        listable(&self.app, &mut *tx, &county, &permit, asked).await?;
        let known = self.app.known(&mut *tx, &county, page.known.or(known)).await?.moment()?;
        let listed = Listed {
            subject,
            kinds,
            time,
            known,
            include_reversed: raw.include_reversed,
            after: fact_seq(&page.after).unwrap_or(0),
            limit: page.size,
        };
        let (found, read_to) = self.app.facts(&mut *tx, &county, &listed).await?;
        let found = seen(&self.app, &mut *tx, &county, &permit, found).await?;
        let facts: Result<Vec<_>, _> = found.into_iter().map(fact_encode::fact).collect();
        let (facts, cut) = page.fit(facts?);
        let last = facts.last().filter(|_| cut).map(|it| it.fact_id.clone());
        let after = last.or(read_to.map(crate::store::fact_id));
        let next_page_token = after.map_or_else(String::new, |it| page.next(&it, Some(known)));
        Ok(v1::ListFactsResponse { facts, next_page_token })
    }
}

impl Service {
    async fn late(
        &self,
        call: &Call,
        mut raw: v1::ListLateFactsRequest,
    ) -> Result<v1::ListLateFactsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let scheme_id = faults.id("scheme_id", &raw.scheme_id);
        let period = faults.period("period", &raw.period);
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let method = ("FactService.ListLateFacts", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, scheme_id?, period?, known?, page?)))();
        let (permit, county, scheme_id, period, known, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, page.known.or(known)).await?.moment()?;
        // Facts may carry 20 references of 500 bytes each: so many always fit into one message.
        let limit = usize::try_from(page.size.min(LATE_MAX)).unwrap_or(1);
        let after = fact_seq(&page.after).unwrap_or(0);
        let late = LateFacts { scheme_id, period, known, after, limit };
        let LatePage { run_id, facts, next } =
            self.app.late_facts(&mut *tx, &county, &late).await?;
        let found = seen(&self.app, &mut *tx, &county, &permit, facts).await?;
        let facts: Result<Vec<_>, _> = found.into_iter().map(fact_encode::fact).collect();
        let next = next.map(crate::store::fact_id);
        let next_page_token = next.map_or_else(String::new, |it| page.next(&it, Some(known)));
        Ok(v1::ListLateFactsResponse { run_id, facts: facts?, next_page_token })
    }
}

/// Periods and a range of days; none for all times.
type Time = Option<(Vec<String>, Day, Day)>;

/// The period or the range of days that is asked for.
fn time(faults: &mut Faults, raw: &v1::ListFactsRequest) -> Option<Time> {
    let from = faults.day("from_day", raw.from_day.as_ref());
    let until = faults.day("until_day", raw.until_day.as_ref());
    if !raw.period.is_empty() && (raw.from_day.is_some() || raw.until_day.is_some()) {
        let en = "give either a period or a range of days";
        faults.add("period", "RANGE_AND_PERIOD", en, "评价周期与日期范围只能填一项");
        return None;
    }
    if !raw.period.is_empty() {
        let period = faults.period("period", &raw.period)?;
        return Some(Some((vec![period.to_string()], period.first_day(), period.last_day())));
    }
    let (from, until) = (from?, until?);
    if from.is_none() && until.is_none() {
        return Some(None);
    }
    let from = from.or_else(|| Day::new(1, 1, 1))?;
    let until = until.or_else(|| Day::new(9999, 12, 31))?;
    if until < from {
        let en = format!("the last day lies before the first, {from}");
        faults.add("until_day", "INTERVAL_REVERSED", en, "截止日早于起始日");
        return None;
    }
    Some(Some((periods(from, until), from, until)))
}

/// Every period that meets a range of days.
fn periods(from: Day, until: Day) -> Vec<String> {
    let lengths = [
        (PeriodKind::Year, 1),
        (PeriodKind::Half, 2),
        (PeriodKind::Quarter, 4),
        (PeriodKind::Month, 12),
    ];
    let years = from.year().max(YEARS.0)..=until.year().min(YEARS.1);
    let all = years.flat_map(|year| {
        lengths.into_iter().flat_map(move |(kind, count)| {
            (1..=count).filter_map(move |number| Period::new(kind, year, number))
        })
    });
    let meeting = all.filter(|it| it.first_day() <= until && from <= it.last_day());
    meeting.map(|it| it.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_days_meets_every_period_that_it_touches() {
        let day = |text| Day::parse(text).unwrap();
        let all = periods(day("2022-06-30"), day("2022-07-01"));
        let expected = ["2022", "2022-H1", "2022-H2", "2022-Q2", "2022-Q3", "2022-06", "2022-07"];
        assert_eq!(all, expected);
        assert_eq!(periods(day("0001-01-01"), day("9999-12-31")).len(), 300 * 19);
    }
}
