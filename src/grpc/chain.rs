//! Appraisal chains over gRPC (S1, S2).

mod read;
mod write;

use prost::Message;
use tonic::{Request, Response, Status};

use super::{RECEIVE_MAX, SEND_MAX, admit::Call, decode::Faults, page::page, write_call};
use crate::{
    app::{
        App, AppError,
        chain::{
            Case, CaseFilter, CloseCohort, Cohort, OpenChain, Reach, ReopenCases, Speaking, Speech,
        },
    },
    proto::v1::{
        self, appraisal_chain_service_server::AppraisalChainService,
        appraisal_chain_service_server::AppraisalChainServiceServer,
    },
};

pub(super) fn service(
    app: &App,
) -> AppraisalChainServiceServer<impl AppraisalChainService + use<>> {
    AppraisalChainServiceServer::new(Service { app: app.clone() })
        .max_decoding_message_size(RECEIVE_MAX)
        .max_encoding_message_size(SEND_MAX)
}

#[derive(Debug)]
struct Service {
    app: App,
}

#[tonic::async_trait]
impl AppraisalChainService for Service {
    async fn open_chain(
        &self,
        request: Request<v1::OpenChainRequest>,
    ) -> Result<Response<v1::OpenChainResponse>, Status> {
        written!(self, request, open)
    }

    async fn get_chain(
        &self,
        request: Request<v1::GetChainRequest>,
    ) -> Result<Response<v1::GetChainResponse>, Status> {
        answered!(self, request, get)
    }

    async fn list_chains(
        &self,
        request: Request<v1::ListChainsRequest>,
    ) -> Result<Response<v1::ListChainsResponse>, Status> {
        answered!(self, request, list)
    }

    async fn list_cohorts(
        &self,
        request: Request<v1::ListCohortsRequest>,
    ) -> Result<Response<v1::ListCohortsResponse>, Status> {
        answered!(self, request, cohorts)
    }

    async fn list_cases(
        &self,
        request: Request<v1::ListCasesRequest>,
    ) -> Result<Response<v1::ListCasesResponse>, Status> {
        answered!(self, request, cases)
    }

    async fn propose_values(
        &self,
        request: Request<v1::ProposeValuesRequest>,
    ) -> Result<Response<v1::ProposeValuesResponse>, Status> {
        written!(self, request, propose)
    }

    async fn adjust_values(
        &self,
        request: Request<v1::AdjustValuesRequest>,
    ) -> Result<Response<v1::AdjustValuesResponse>, Status> {
        written!(self, request, adjust)
    }

    async fn confirm_values(
        &self,
        request: Request<v1::ConfirmValuesRequest>,
    ) -> Result<Response<v1::ConfirmValuesResponse>, Status> {
        written!(self, request, confirm)
    }

    async fn close_cohort(
        &self,
        request: Request<v1::CloseCohortRequest>,
    ) -> Result<Response<v1::CloseCohortResponse>, Status> {
        written!(self, request, close)
    }

    async fn reopen_cases(
        &self,
        request: Request<v1::ReopenCasesRequest>,
    ) -> Result<Response<v1::ReopenCasesResponse>, Status> {
        written!(self, request, reopen)
    }
}

impl Service {
    async fn open(&self, call: &Call, mut raw: v1::OpenChainRequest) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let chain_id = faults.id("chain_id", &raw.chain_id);
        let period = faults.period("period", &raw.period);
        let scheme_ids = read::schemes(&mut faults, &raw.scheme_ids);
        let asked =
            (|| Some(OpenChain { chain_id: chain_id?, period: period?, scheme_ids: scheme_ids? }))(
            );
        let read = (|| permit.and(Some((county?, request_id?, asked?))))();
        let (county, request_id, asked) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AppraisalChainService.OpenChain", county, request_id, &raw);
        let encode =
            |it: &_| v1::OpenChainResponse { chain: Some(write::chain(it)) }.encode_to_vec();
        self.app.open_chain(of, asked, encode).await
    }

    async fn get(
        &self,
        call: &Call,
        raw: v1::GetChainRequest,
    ) -> Result<v1::GetChainResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let chain = faults.id("chain_id", &raw.chain_id);
        let read = (|| permit.and(Some((county?, chain?))))();
        let (county, chain) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let found = self.app.chain(&mut *tx, &county, &chain).await?;
        Ok(v1::GetChainResponse { chain: Some(write::chain(&found)) })
    }

    async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListChainsRequest,
    ) -> Result<v1::ListChainsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let period = match raw.period.as_str() {
            "" => Some(String::new()),
            some => faults.period("period", some).map(|it| it.to_string()),
        };
        let method = ("AppraisalChainService.ListChains", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| permit.and(Some((county?, period?, page?))))();
        let (county, period, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let listing = (period.as_str(), page.after.as_str(), page.size.saturating_add(1));
        let found = self.app.list_chains(&mut *tx, &county, listing).await?;
        let (chains, more) = page.fit(found.iter().map(write::chain).collect());
        let next = |it: &v1::Chain| page.next(&it.chain_id, None);
        let next_page_token = chains.last().filter(|_| more).map(next).unwrap_or_default();
        Ok(v1::ListChainsResponse { chains, next_page_token })
    }

    async fn cohorts(
        &self,
        call: &Call,
        raw: v1::ListCohortsRequest,
    ) -> Result<v1::ListCohortsResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let chain = faults.id("chain_id", &raw.chain_id);
        let scheme = faults.optional_id("scheme_id", &raw.scheme_id);
        let read = (|| Some((permit?, county?, chain?, scheme?)))();
        let (permit, county, chain, scheme) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let (of, reach) = ((chain.as_str(), scheme.as_deref()), Reach::of(permit));
        let (chain, found) = self.app.cohorts(&mut *tx, (&county, &reach), of).await?;
        let one = |it: &Cohort| {
            let step = chain.steps.get(it.step)?;
            Some(write::cohort(step, it))
        };
        Ok(v1::ListCohortsResponse { cohorts: found.iter().filter_map(one).collect() })
    }

    async fn cases(
        &self,
        call: &Call,
        mut raw: v1::ListCasesRequest,
    ) -> Result<v1::ListCasesResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let of = faults.id("chain_id", &raw.chain_id).zip(faults.id("scheme_id", &raw.scheme_id));
        let unit = faults.optional_id("unit_id", &raw.unit_id);
        let subject = faults.optional_id("subject_id", &raw.subject_id);
        let standing = read::standing(&mut faults, raw.state);
        let method = ("AppraisalChainService.ListCases", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, of?, (unit?, subject?, standing?), page?)))();
        let (permit, county, of, (unit, subject, standing), page) = faults.finish(read)?;
        let limit = usize::try_from(page.size.saturating_add(1)).unwrap_or(usize::MAX);
        let after = page.after.split_once(' ').unwrap_or_default();
        let after = (after.0.to_owned(), after.1.to_owned());
        let beyond_band = raw.beyond_band_only;
        let filter = CaseFilter { unit, subject, standing, beyond_band, after, limit };
        let mut tx = self.app.read().await?;
        let who = (county.as_str(), &Reach::of(permit));
        let (step, found) =
            self.app.appraisal_cases(&mut *tx, who, (&of.0, &of.1), &filter).await?;
        let (cases, more) = page.fit(found.iter().map(|it| write::case(&step, it)).collect());
        let next =
            |it: &v1::AppraisalCase| page.next(&format!("{} {}", it.subject_id, it.item), None);
        let next_page_token = cases.last().filter(|_| more).map(next).unwrap_or_default();
        Ok(v1::ListCasesResponse { cases, next_page_token })
    }

    async fn propose(
        &self,
        call: &Call,
        mut raw: v1::ProposeValuesRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let of = (raw.chain_id.as_str(), raw.scheme_id.as_str(), raw.decided_by.as_str());
        let speech = read::speech(&mut faults, of, (&raw.values, true));
        let read = (|| Some((permit?, county?, request_id?, speech?)))();
        let (permit, county, request_id, (chain_id, scheme_id, decided_by, values)) =
            faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AppraisalChainService.ProposeValues", county, request_id, &raw);
        let speaking = Speaking::Propose;
        let speech = Speech { chain_id, scheme_id, speaking, decided_by, values };
        let encode = |step: &_, cases: &[Case]| {
            v1::ProposeValuesResponse { cases: write::cases(step, cases) }.encode_to_vec()
        };
        self.app.speak(of, Reach::of(permit), speech, encode).await
    }

    async fn adjust(
        &self,
        call: &Call,
        mut raw: v1::AdjustValuesRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let level = faults.id("level", &raw.level);
        let of = (raw.chain_id.as_str(), raw.scheme_id.as_str(), raw.decided_by.as_str());
        let speech = read::speech(&mut faults, of, (&raw.values, false));
        let read = (|| Some((permit?, county?, request_id?, level?, speech?)))();
        let (permit, county, request_id, level, (chain_id, scheme_id, decided_by, values)) =
            faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AppraisalChainService.AdjustValues", county, request_id, &raw);
        let speaking = Speaking::Adjust { level };
        let speech = Speech { chain_id, scheme_id, speaking, decided_by, values };
        let encode = |step: &_, cases: &[Case]| {
            v1::AdjustValuesResponse { cases: write::cases(step, cases) }.encode_to_vec()
        };
        self.app.speak(of, Reach::of(permit), speech, encode).await
    }

    async fn confirm(
        &self,
        call: &Call,
        mut raw: v1::ConfirmValuesRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let of = (raw.chain_id.as_str(), raw.scheme_id.as_str(), raw.decided_by.as_str());
        let speech = read::speech(&mut faults, of, (&raw.values, false));
        let read = (|| Some((permit?, county?, request_id?, speech?)))();
        let (permit, county, request_id, (chain_id, scheme_id, decided_by, values)) =
            faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AppraisalChainService.ConfirmValues", county, request_id, &raw);
        let speaking = Speaking::Confirm;
        let speech = Speech { chain_id, scheme_id, speaking, decided_by, values };
        let encode = |step: &_, cases: &[Case]| {
            v1::ConfirmValuesResponse { cases: write::cases(step, cases) }.encode_to_vec()
        };
        self.app.speak(of, Reach::of(permit), speech, encode).await
    }

    async fn close(
        &self,
        call: &Call,
        mut raw: v1::CloseCohortRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let chain_id = faults.id("chain_id", &raw.chain_id);
        let scheme_id = faults.id("scheme_id", &raw.scheme_id);
        let unit = faults.id("unit_id", &raw.unit_id);
        let asked =
            (|| Some(CloseCohort { chain_id: chain_id?, scheme_id: scheme_id?, unit: unit? }))();
        let read = (|| Some((permit?, county?, request_id?, asked?)))();
        let (permit, county, request_id, asked) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AppraisalChainService.CloseCohort", county, request_id, &raw);
        let encode = |step: &_, it: &Cohort| {
            v1::CloseCohortResponse { cohort: Some(write::cohort(step, it)) }.encode_to_vec()
        };
        self.app.close_cohort(of, Reach::of(permit), asked, encode).await
    }

    async fn reopen(
        &self,
        call: &Call,
        mut raw: v1::ReopenCasesRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let chain_id = faults.id("chain_id", &raw.chain_id);
        let scheme_id = faults.id("scheme_id", &raw.scheme_id);
        let cases = read::cases(&mut faults, &raw.cases);
        let reason = faults.why("reason", &raw.reason);
        let asked = (|| {
            let (chain_id, scheme_id) = (chain_id?, scheme_id?);
            Some(ReopenCases { chain_id, scheme_id, cases: cases?, reason: reason? })
        })();
        let read = (|| Some((permit?, county?, request_id?, asked?)))();
        let (permit, county, request_id, asked) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AppraisalChainService.ReopenCases", county, request_id, &raw);
        let encode = |step: &_, cases: &[Case]| {
            v1::ReopenCasesResponse { cases: write::cases(step, cases) }.encode_to_vec()
        };
        self.app.reopen_cases(of, Reach::of(permit), asked, encode).await
    }
}
