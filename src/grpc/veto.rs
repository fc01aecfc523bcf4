//! The register of vetoes over gRPC.

use tonic::{Request, Response, Status};

use super::{
    RECEIVE_MAX, SEND_MAX,
    admit::Call,
    decode::{Faults, subject_kind},
    encode::date,
    fact_encode,
    fact_scope::{listable, seen},
    page::page,
    registry_decode, status,
};
use crate::{
    app::{
        App, AppError,
        access::Node,
        veto::{VetoCase, VetoStanding, VetoesListed},
    },
    proto::v1::{self, veto_service_server::VetoServiceServer},
    store::{StoreError, fact_id, fact_seq},
};

pub(super) fn service(
    app: &App,
) -> VetoServiceServer<impl v1::veto_service_server::VetoService + use<>> {
    VetoServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl v1::veto_service_server::VetoService for Service {
    async fn list_vetoes(
        &self,
        request: Request<v1::ListVetoesRequest>,
    ) -> Result<Response<v1::ListVetoesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = self.list(&call, request.into_inner()).await;
        answer.map(Response::new).map_err(status::from)
    }
}

const fn standing(raw: v1::VetoStanding) -> Option<VetoStanding> {
    match raw {
        v1::VetoStanding::Unspecified => None,
        v1::VetoStanding::Raised => Some(VetoStanding::Raised),
        v1::VetoStanding::NoticeServed => Some(VetoStanding::NoticeServed),
        v1::VetoStanding::ObjectionOpen => Some(VetoStanding::ObjectionOpen),
        v1::VetoStanding::PutRight => Some(VetoStanding::PutRight),
        v1::VetoStanding::Lifted => Some(VetoStanding::Lifted),
        v1::VetoStanding::Lapsed => Some(VetoStanding::Lapsed),
        v1::VetoStanding::Reversed => Some(VetoStanding::Reversed),
    }
}

pub(super) const fn standing_out(of: VetoStanding) -> v1::VetoStanding {
    match of {
        VetoStanding::Raised => v1::VetoStanding::Raised,
        VetoStanding::NoticeServed => v1::VetoStanding::NoticeServed,
        VetoStanding::ObjectionOpen => v1::VetoStanding::ObjectionOpen,
        VetoStanding::PutRight => v1::VetoStanding::PutRight,
        VetoStanding::Lifted => v1::VetoStanding::Lifted,
        VetoStanding::Lapsed => v1::VetoStanding::Lapsed,
        VetoStanding::Reversed => v1::VetoStanding::Reversed,
    }
}

fn case(of: VetoCase) -> Result<v1::VetoCase, StoreError> {
    let steps: Result<Vec<_>, _> = of.steps.into_iter().map(fact_encode::fact).collect();
    Ok(v1::VetoCase {
        veto: Some(fact_encode::fact(of.veto)?),
        steps: steps?,
        standing: standing_out(of.standing).into(),
        in_force: of.in_force,
        in_force_until: of.until.map(date),
        put_right_due: of.put_right_due.map(date),
        object_due: of.object_due.map(date),
    })
}

/// A subject by kind and id, if one is said.
#[expect(clippy::option_option, reason = "nothing decoded, nothing said, and a subject")]
fn subject(faults: &mut Faults, raw: Option<&v1::SubjectRef>) -> Option<Option<(String, String)>> {
    let Some(raw) = raw else { return Some(None) };
    let kind = faults.said("subject.kind", v1::SubjectKind::try_from(raw.kind), subject_kind);
    let id = faults.id("subject.id", &raw.id);
    Some(Some((kind?.name().to_owned(), id?)))
}

impl Service {
    async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListVetoesRequest,
    ) -> Result<v1::ListVetoesResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let subject = subject(&mut faults, raw.subject.as_ref());
        let unit = registry_decode::reference(&mut faults, "unit", raw.unit.as_ref());
        let mut standings = Vec::new();
        for (index, it) in raw.standings().enumerate() {
            let path = format!("standings[{index}]");
            standings.extend(faults.said(&path, Ok(it), standing));
        }
        let on = faults.day("on", raw.on.as_ref());
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let method = ("VetoService.ListVetoes", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, subject?, unit?, on?, known?, page?)))();
        let (permit, county, subject, unit, on, known, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        listable(&self.app, &mut *tx, &county, &permit, (subject.as_ref(), &[])).await?;
        let known = self.app.known(&mut *tx, &county, page.known.or(known)).await?.moment()?;
        let listed = VetoesListed {
            subject,
            unit: unit.map(|it| Node::new(it.kind, &it.id)),
            standings,
            on: match on {
                Some(on) => on,
                None => self.app.today()?,
            },
            known,
            after: fact_seq(&page.after).unwrap_or(0),
            limit: usize::try_from(page.size).unwrap_or(1),
        };
        let (found, read_to) = self.app.vetoes(&mut *tx, &county, &listed).await?;
        let about = found.iter().map(|it| it.veto.clone()).collect();
        let shown = seen(&self.app, &mut *tx, &county, &permit, about).await?;
        let shown: Vec<i64> = shown.into_iter().map(|it| it.seq).collect();
        let found = found.into_iter().filter(|it| shown.binary_search(&it.veto.seq).is_ok());
        let vetoes: Result<Vec<_>, _> = found.map(case).collect();
        let (vetoes, cut) = page.fit(vetoes?);
        let last = vetoes.last().filter(|_| cut).and_then(|it| it.veto.as_ref());
        let after = last.map(|it| it.fact_id.clone()).or(read_to.map(fact_id));
        let next_page_token = after.map_or_else(String::new, |it| page.next(&it, Some(known)));
        Ok(v1::ListVetoesResponse { vetoes, next_page_token })
    }
}
