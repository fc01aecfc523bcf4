//! Objections to published results.

use prost::Message as _;

use super::{
    super::{
        admit::Call, decode::Faults, evaluation_encode::ordinal, fact_decode, page::page,
        write_call,
    },
    Service,
    encode::{self, verdict},
};
use crate::{
    app::{
        AppError,
        access::{Node, Permission, Permit, Scope},
        registry::RecordKind,
        result_objection::{
            AnswerObjection, ListedResultObjections, ObjectionCase, ObjectionSide, RaiseObjection,
        },
    },
    proto::v1,
    store::ResultObjection,
};

impl Service {
    pub(super) async fn raise(
        &self,
        call: &Call,
        mut raw: v1::RaiseAppraisalObjectionRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let run_id = faults.id("run_id", &raw.run_id);
        let subject = faults.id("subject_id", &raw.subject_id);
        let node = faults.optional_id("node_id", &raw.node_id);
        let text = faults.why("text", &raw.text);
        let raised_by = faults.id("raised_by", &raw.raised_by);
        let raised_on = faults.some_day("raised_on", raw.raised_on.as_ref());
        let evidence = fact_decode::evidence(&mut faults, &raw.evidence);
        if let (Some(permit), Some(county), Some(run_id), Some(subject)) =
            (&permit, &county, &run_id, &subject)
        {
            self.covered(permit, county, (run_id, subject)).await?;
        }
        let asked = (|| {
            let (run_id, subject, node, text) = (run_id?, subject?, node?, text?);
            let (raised_by, raised_on, evidence) = (raised_by?, raised_on?, evidence?);
            Some(RaiseObjection { run_id, subject, node, text, raised_by, raised_on, evidence })
        })();
        let (asked, county, request_id) =
            faults.finish((|| Some((asked?, county?, request_id?)))())?;
        raw.request_id.clear();
        let method = "AppraisalResultService.RaiseAppraisalObjection";
        let write = write_call(call, method, county, request_id, &raw);
        let encode = |it: &ResultObjection| {
            let side = ObjectionSide { objection: it.clone(), superseded_by: String::new() };
            let objection = encode::objection(&side).ok();
            v1::RaiseAppraisalObjectionResponse { objection }.encode_to_vec()
        };
        self.app.raise_result_objection(write, asked, encode).await
    }

    /// Refuses a result that is not the caller's, and one that is not there alike.
    async fn covered(
        &self,
        permit: &Permit,
        county: &str,
        of: (&str, &str),
    ) -> Result<(), AppError> {
        let (kind, placed) = match self.app.objectionable(county, of).await {
            // Whoever sees a part of the county learns nothing of runs that are not there.
            Err(AppError::NotFound { .. }) if !permit.whole_county() => {
                return Err(AppError::Denied);
            }
            found => found?,
        };
        match placed {
            _ if permit.whole_kind(kind) => placed.map(|_| ()),
            Ok(placed) if permit.covers(&placed) => Ok(()),
            Ok(_) | Err(AppError::NotFound { .. }) => Err(AppError::Denied),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn answer(
        &self,
        call: &Call,
        mut raw: v1::AnswerAppraisalObjectionRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let run_id = faults.id("run_id", &raw.run_id);
        let number = faults.count("number", raw.number.into());
        let verdict = faults.said("verdict", v1::AppraisalVerdict::try_from(raw.verdict), verdict);
        let text = faults.why("text", &raw.text);
        let answered_by = faults.id("answered_by", &raw.answered_by);
        let evidence = fact_decode::evidence(&mut faults, &raw.evidence);
        if let (Some(permit), Some(county), Some(run_id), Some(number)) =
            (&permit, &county, &run_id, number)
        {
            match self.app.objection_case(county, (run_id, number)).await {
                Ok(case) if permit.covers(&case.placed) => (),
                Err(error @ AppError::NotFound { .. }) if permit.whole_county() => {
                    return Err(error);
                }
                Ok(_) | Err(AppError::NotFound { .. }) => return Err(AppError::Denied),
                Err(error) => return Err(error),
            }
        }
        let caller_is = match &county {
            Some(county) => self.members_of(call, county).await?,
            None => Vec::new(),
        };
        let asked = (|| {
            let (run_id, number, verdict) = (run_id?, number?, verdict?);
            let (text, answered_by, evidence) = (text?, answered_by?, evidence?);
            Some(AnswerObjection {
                run_id,
                number,
                verdict,
                text,
                answered_by,
                caller_is,
                evidence,
            })
        })();
        let (asked, county, request_id) =
            faults.finish((|| Some((asked?, county?, request_id?)))())?;
        raw.request_id.clear();
        let method = "AppraisalResultService.AnswerAppraisalObjection";
        let write = write_call(call, method, county, request_id, &raw);
        let encode = |it: &ObjectionSide| {
            let objection = encode::objection(it).ok();
            v1::AnswerAppraisalObjectionResponse { objection }.encode_to_vec()
        };
        self.app.answer_result_objection(write, asked, encode).await
    }

    pub(super) async fn objections(
        &self,
        call: &Call,
        mut raw: v1::ListAppraisalObjectionsRequest,
    ) -> Result<v1::ListAppraisalObjectionsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let run_id = faults.optional_id("run_id", &raw.run_id);
        let subject = faults.optional_id("subject_id", &raw.subject_id);
        let method = ("AppraisalResultService.ListAppraisalObjections", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, run_id?, subject?, page?)))();
        let (permit, county, run_id, subject, page) = faults.finish(read)?;
        let answers = self.may_answer(call, &county).await?;
        let (run, number) = page.after.split_once(' ').unwrap_or_default();
        let listed = ListedResultObjections {
            run_id,
            subject,
            open_only: raw.open_only,
            after: (run.to_owned(), ordinal(number)),
            limit: usize::try_from(page.size).unwrap_or(1),
        };
        let principal = call.caller.principal.as_ref();
        let own = |it: &ObjectionCase| {
            let by = Node::new(RecordKind::Member, &it.side.objection.raised_by);
            it.side.objection.recorded_by == principal || permit.units().any(|it| *it == by)
        };
        let seen = |it: &ObjectionCase| {
            answers.as_ref().is_some_and(|answers| answers.covers(&it.placed)) || own(it)
        };
        let (found, next) = self.app.result_objections(&county, &listed, seen).await?;
        let objections: Result<Vec<_>, _> = found.iter().map(encode::objection).collect();
        let (objections, cut) = page.fit(objections?);
        let next = match objections.last().filter(|_| cut) {
            Some(it) => Some((it.run_id.clone(), it.number.into())),
            None => next,
        };
        let next_page_token = next.map(|it| page.next(&format!("{} {}", it.0, it.1), None));
        Ok(v1::ListAppraisalObjectionsResponse {
            objections,
            next_page_token: next_page_token.unwrap_or_default(),
        })
    }

    /// The members over whom the caller holds a role: nobody else holds one over a single member.
    async fn members_of(&self, call: &Call, county: &str) -> Result<Vec<String>, AppError> {
        let asked = Permission::ResultRead;
        match self.app.permit(&call.caller, county, asked, Scope::Part, true).await {
            Ok(permit) => {
                let members = permit.units().filter(|it| it.kind == RecordKind::Member);
                Ok(members.map(|it| it.id.clone()).collect())
            }
            Err(AppError::Denied) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// What the caller may answer objections about; nothing where it may not.
    pub(super) async fn may_answer(
        &self,
        call: &Call,
        county: &str,
    ) -> Result<Option<Permit>, AppError> {
        let asked = Permission::ObjectionAnswer;
        match self.app.permit(&call.caller, county, asked, Scope::Part, false).await {
            Ok(permit) => Ok(Some(permit)),
            Err(AppError::Denied) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
