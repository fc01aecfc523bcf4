//! The registry over gRPC.

use prost::Message;
use tonic::{Request, Response, Status, Streaming};

use super::{
    RECEIVE_MAX, SEND_MAX,
    admit::Call,
    decode::Faults,
    decoded,
    encode::{Gathered, counts, date, statuses, timestamp},
    page::page,
    registry_decode, registry_encode,
    registry_scope::{absent, holds_root, recordable, seen},
    status,
    stream::{Carried, batch},
    write_call,
};
use crate::{
    app::{
        App, AppError,
        registry::{Listing, RecordKind, RecordRef, as_of},
    },
    domain::time::{Day, Moment},
    proto::v1::{self, registry_service_server::RegistryServiceServer},
    store::AsOf,
};

pub(super) fn service(
    app: &App,
) -> RegistryServiceServer<impl v1::registry_service_server::RegistryService + use<>> {
    RegistryServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

/// A day and a moment as they are asked for.
type Asked = (Option<Day>, Option<Moment>);

#[tonic::async_trait]
impl v1::registry_service_server::RegistryService for Service {
    async fn upsert_records(
        &self,
        request: Request<Streaming<v1::UpsertRecordsRequest>>,
    ) -> Result<Response<v1::UpsertRecordsResponse>, Status> {
        let call = Call::of(&request)?;
        let mut stream = request.into_inner();
        let mut carried = Carried::default();
        let mut gathered = Gathered::default();
        while let Some(message) = stream.message().await? {
            let bytes = message.encoded_len();
            carried.take(&message.county, message.records.len(), bytes).map_err(status::from)?;
            let (answer, replayed) = self.upsert(&call, message).await?;
            gathered.add(answer.items, answer.counts, replayed);
        }
        let Gathered { items, counts, .. } = gathered;
        Ok(Response::new(v1::UpsertRecordsResponse { items, counts: Some(counts) }))
    }

    async fn get_record(
        &self,
        request: Request<v1::GetRecordRequest>,
    ) -> Result<Response<v1::GetRecordResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.get(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn list_records(
        &self,
        request: Request<v1::ListRecordsRequest>,
    ) -> Result<Response<v1::ListRecordsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.list(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }

    async fn get_tree(
        &self,
        request: Request<v1::GetTreeRequest>,
    ) -> Result<Response<v1::GetTreeResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.tree(&call, &request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }
}

impl Service {
    async fn upsert(
        &self,
        call: &Call,
        mut message: v1::UpsertRecordsRequest,
    ) -> Result<(v1::UpsertRecordsResponse, bool), Status> {
        let mut faults = Faults::default();
        let county = faults.id("county", &message.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await.map_err(status::from)?;
        let request_id = faults.request_id(&message.request_id);
        batch(&mut faults, "records", message.records.len());
        let named = faults.finish(permit.and(county.zip(request_id)));
        let named = named.map_err(status::from)?;
        let (county, request_id) = named;
        message.request_id.clear();
        let items = message.records.iter();
        let items: Vec<_> = items.map(|it| registry_decode::record(&county, it)).collect();
        let recordable = recordable(&self.app, call, &county, &items).await;
        recordable.map_err(status::from)?;
        let write = write_call(call, "RegistryService.UpsertRecords", county, request_id, &message);
        let encode = |outcomes: &[_]| {
            let counts = Some(counts(outcomes));
            v1::UpsertRecordsResponse { items: statuses(outcomes), counts }.encode_to_vec()
        };
        let written = self.app.upsert_records(write, items, encode).await.map_err(status::from)?;
        Ok((decoded(&written.response)?, written.replayed))
    }

    /// The day and the moment of a reading, settled within its snapshot.
    async fn as_of(
        &self,
        tx: &mut dyn crate::store::ReadTx,
        county: &str,
        (day, known): Asked,
    ) -> Result<AsOf, AppError> {
        let known = self.app.known(tx, county, known).await?.moment()?;
        let day = match day {
            Some(day) => day,
            None => self.app.today()?,
        };
        Ok(as_of(day, known))
    }

    async fn get(
        &self,
        call: &Call,
        raw: &v1::GetRecordRequest,
    ) -> Result<v1::GetRecordResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let kind = registry_decode::kind(&mut faults, "kind", raw.kind);
        let id = faults.id("id", &raw.id);
        let day = faults.day("as_of_day", raw.as_of_day.as_ref());
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let of = kind.zip(id).map(|(kind, id)| RecordRef { kind, id });
        let read = permit.zip(county.zip(of.zip(day.zip(known))));
        let (permit, (county, (of, asked))) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let as_of = self.as_of(&mut *tx, &county, asked).await?;
        let found = self.app.record(&mut *tx, &county, &of, as_of).await;
        let found = vec![absent(&permit, of.kind, found)?];
        let found = seen(&mut *tx, &permit, (&county, as_of), found).await?.pop();
        let found = found.ok_or(AppError::Denied)?;
        Ok(v1::GetRecordResponse { record: Some(registry_encode::record(found)) })
    }

    async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListRecordsRequest,
    ) -> Result<v1::ListRecordsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let kind = registry_decode::kind(&mut faults, "kind", raw.kind);
        let parent = registry_decode::reference(&mut faults, "parent", raw.parent.as_ref());
        let day = faults.day("as_of_day", raw.as_of_day.as_ref());
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let method = ("RegistryService.ListRecords", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, kind?, parent?, day?, known?, page?)))();
        let (permit, county, kind, parent, day, known, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let mut as_of = self.as_of(&mut *tx, &county, (day, page.known.or(known))).await?;
        // The day of the first page too: midnight may pass between two pages.
        let (first_day, after) = page.after.split_once(' ').unwrap_or_default();
        if let Ok(first_day) = Day::parse(first_day) {
            as_of.day = first_day;
        }
        let limit = page.size.saturating_add(1);
        let mut listing = Listing { kind, parent, as_of, after: after.to_owned(), limit };
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        // Until the page is full of what the caller may see.
        loop {
            let looked_at = self.app.records(&mut *tx, &county, &listing).await?;
            let full = looked_at.len() >= wanted;
            let Some(last) = looked_at.last() else { break };
            listing.after.clone_from(&last.record.id);
            found.extend(seen(&mut *tx, &permit, (&county, as_of), looked_at).await?);
            if !full || found.len() >= wanted {
                break;
            }
        }
        found.truncate(wanted);
        let records = found.into_iter().map(registry_encode::record).collect();
        let (records, more) = page.fit::<v1::RegistryRecord>(records);
        let next_page_token = match records.last().filter(|_| more) {
            Some(last) => page.next(&format!("{} {}", as_of.day, last.id), Some(as_of.known)),
            None => String::new(),
        };
        Ok(v1::ListRecordsResponse { records, next_page_token })
    }

    async fn tree(
        &self,
        call: &Call,
        raw: &v1::GetTreeRequest,
    ) -> Result<v1::GetTreeResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let root = registry_decode::reference(&mut faults, "root", raw.root.as_ref());
        let day = faults.day("as_of_day", raw.as_of_day.as_ref());
        let known = faults.moment("known_at", raw.known_at.as_ref());
        if root.as_ref().and_then(Option::as_ref).is_some_and(|it| !it.kind.is_unit()) {
            let en = "a tree is read below a county, street, community, compound or building";
            faults.add("root.kind", "ROOT_NOT_A_UNIT", en, "根节点须为县、街道、社区、小区或楼栋");
        }
        let read = permit.zip(county.zip(root.zip(day.zip(known))));
        let (permit, (county, (root, asked))) = faults.finish(read)?;
        let whole = || RecordRef { kind: RecordKind::County, id: county.clone() };
        let root = root.unwrap_or_else(whole);
        let mut tx = self.app.read().await?;
        let as_of = self.as_of(&mut *tx, &county, asked).await?;
        holds_root(&mut *tx, &permit, (&county, as_of), &root).await?;
        let kinds = permit.kinds();
        let terms = (as_of, raw.include_branches && kinds.contains(&RecordKind::Branch));
        let nodes = self.app.tree(&mut *tx, &county, &root, terms).await;
        let nodes = absent(&permit, root.kind, nodes)?;
        Ok(v1::GetTreeResponse {
            nodes: nodes.into_iter().map(registry_encode::node).collect(),
            as_of_day: Some(date(as_of.day)),
            known_at: Some(timestamp(as_of.known)),
        })
    }
}
