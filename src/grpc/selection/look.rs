//! Reading selections and candidates.

use super::{Service, decode, encode};
use crate::{
    app::{
        AppError,
        selection::{ListFormat, Reach},
    },
    domain::selection::Candidate,
    grpc::{admit::Call, decode::Faults, page::page},
    proto::v1,
};

impl Service {
    pub(super) async fn get(
        &self,
        call: &Call,
        raw: v1::GetSelectionRequest,
    ) -> Result<v1::GetSelectionResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let id = faults.id("selection_id", &raw.selection_id);
        let read = (|| Some((permit?, county?, id?)))();
        let (permit, county, id) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let it = self.app.selection(&mut *tx, &county, &id).await?;
        let reach = Reach::of(permit, &county);
        let small = |of: usize| i32::try_from(of).unwrap_or(i32::MAX);
        Ok(v1::GetSelectionResponse {
            selection: Some(encode::selection(&it)),
            quota: Some(encode::quota(&it)),
            steps: it.steps().iter().map(encode::step).collect(),
            stages: encode::stages(&it),
            obstacles: it.next_phase(&reach).iter().map(encode::obstacle).collect(),
            reports: small(it.state.reports.len()),
            open_reports: small(it.state.open_reports().count()),
        })
    }

    pub(super) async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListSelectionsRequest,
    ) -> Result<v1::ListSelectionsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let method = ("SelectionService.ListSelections", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| permit.and(Some((county?, page?))))();
        let (county, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let listing = (page.after.as_str(), page.size.saturating_add(1));
        let found = self.app.list_selections(&mut *tx, &county, listing).await?;
        let (selections, more) = page.fit(found.iter().map(encode::selection).collect());
        let next = |it: &v1::Selection| page.next(&it.selection_id, None);
        let next_page_token = selections.last().filter(|_| more).map(next).unwrap_or_default();
        Ok(v1::ListSelectionsResponse { selections, next_page_token })
    }

    pub(super) async fn candidates(
        &self,
        call: &Call,
        mut raw: v1::ListCandidatesRequest,
    ) -> Result<v1::ListCandidatesResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let id = faults.id("selection_id", &raw.selection_id);
        let stages = decode::stages(&mut faults, &raw.stages);
        let street = faults.optional_id("street_id", &raw.street_id);
        let method = ("SelectionService.ListCandidates", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, id?, (stages?, street?), page?)))();
        let (permit, county, id, (stages, street), page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let it = self.app.selection(&mut *tx, &county, &id).await?;
        let reach = Reach::of(permit, &county);
        let wanted = |(branch, own): &(&String, &Candidate)| {
            let at = it.roster.get(*branch);
            **branch > page.after
                && (stages.is_empty() || stages.contains(&own.stage))
                && (!raw.out_of_order_only || !own.passed_over.is_empty())
                && at.is_some_and(|at| {
                    reach.sees(at) && street.as_ref().is_none_or(|street| at.street == *street)
                })
        };
        let limit = usize::try_from(page.size.saturating_add(1)).unwrap_or(usize::MAX);
        let own = it.state.candidates.iter().filter(wanted).take(limit);
        let views = own.map(|(branch, _)| it.candidate_for(&reach, branch));
        let views = views.collect::<Result<Vec<_>, _>>()?;
        let (candidates, more) = page.fit(views.iter().map(encode::candidate).collect());
        let next = |it: &v1::SelectionCandidate| page.next(&it.branch_id, None);
        let next_page_token = candidates.last().filter(|_| more).map(next).unwrap_or_default();
        Ok(v1::ListCandidatesResponse { candidates, next_page_token })
    }

    pub(super) async fn candidate(
        &self,
        call: &Call,
        raw: v1::GetCandidateRequest,
    ) -> Result<v1::GetCandidateResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let id = faults.id("selection_id", &raw.selection_id);
        let branch = faults.id("branch_id", &raw.branch_id);
        let read = (|| Some((permit?, county?, id?, branch?)))();
        let (permit, county, id, branch) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let it = self.app.selection(&mut *tx, &county, &id).await?;
        let reach = Reach::of(permit, &county);
        let view = it.candidate_for(&reach, &branch)?;
        let events = it.events_of(&reach, &branch);
        Ok(v1::GetCandidateResponse {
            candidate: Some(encode::candidate(&view)),
            events: events.into_iter().map(|at| encode::event((&it, &reach), at)).collect(),
        })
    }

    pub(super) async fn generate(
        &self,
        call: &Call,
        raw: v1::GenerateSelectionNoticeRequest,
    ) -> Result<v1::GenerateSelectionNoticeResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let id = faults.id("selection_id", &raw.selection_id);
        let of = |it: v1::SelectionNoticeFormat| match it {
            v1::SelectionNoticeFormat::Unspecified => None,
            v1::SelectionNoticeFormat::Markdown => Some(ListFormat::Markdown),
            v1::SelectionNoticeFormat::Html => Some(ListFormat::Html),
        };
        let format = faults.said("format", v1::SelectionNoticeFormat::try_from(raw.format), of);
        let read = (|| permit.and(Some((county?, id?, format?))))();
        let (county, id, format) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let text = self.app.selection_notice(&mut *tx, &county, (&id, format)).await?;
        let compounds = i32::try_from(text.compounds).unwrap_or(i32::MAX);
        Ok(v1::GenerateSelectionNoticeResponse { document: text.document, compounds })
    }
}
