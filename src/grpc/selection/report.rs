//! Reports about candidates under notice (F9).

use prost::Message;

use super::{Service, decode, encode};
use crate::{
    app::{
        AppError,
        selection::{AnswerReport, FileReport, Reach, Selected},
    },
    domain::selection::Word,
    grpc::{admit::Call, decode::Faults, evaluation_encode::ordinal, page::page, write_call},
    proto::v1,
};

impl Service {
    pub(super) async fn file(
        &self,
        call: &Call,
        mut raw: v1::FileReportRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let selection_id = faults.id("selection_id", &raw.selection_id);
        let branch = faults.id("branch_id", &raw.branch_id);
        let text = faults.why("text", &raw.text);
        let reported_by = faults.optional_id("reported_by", &raw.reported_by);
        let received_on = faults.some_day("received_on", raw.received_on.as_ref());
        let evidence = decode::evidence(&mut faults, &raw.evidence);
        let asked = (|| {
            let word = Word { text: text?, decided_by: String::new(), evidence: evidence? };
            let reported_by = reported_by?.unwrap_or_default();
            let (selection_id, branch) = (selection_id?, branch?);
            let received_on = received_on?;
            Some(FileReport { selection_id, branch, word, reported_by, received_on })
        })();
        let read = (|| Some((permit?, county?, request_id?, asked?)))();
        let (permit, county, request_id, asked) = faults.finish(read)?;
        let reach = Reach::of(permit, &county);
        raw.request_id.clear();
        let of = write_call(call, "SelectionService.FileReport", county, request_id, &raw);
        let encode = |it: &Selected, number: u32| {
            let report = it.report(number).as_ref().map(encode::report);
            v1::FileReportResponse { report }.encode_to_vec()
        };
        self.app.file_report(of, reach, asked, encode).await
    }

    pub(super) async fn answer(
        &self,
        call: &Call,
        mut raw: v1::AnswerReportRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let selection_id = faults.id("selection_id", &raw.selection_id);
        let number =
            faults.count("number", raw.number.into()).map(|it| u32::try_from(it).unwrap_or(0));
        let outcome = decode::outcome(&mut faults, raw.outcome);
        let text = faults.why("text", &raw.text);
        let answered_by = faults.id("answered_by", &raw.answered_by);
        let evidence = decode::evidence(&mut faults, &raw.evidence);
        let asked = (|| {
            let word = Word { text: text?, decided_by: answered_by?, evidence: evidence? };
            let (selection_id, number, outcome) = (selection_id?, number?, outcome?);
            Some(AnswerReport { selection_id, number, outcome, word })
        })();
        let read = (|| Some((permit?, county?, request_id?, asked?)))();
        let (permit, county, request_id, asked) = faults.finish(read)?;
        let (reach, number) = (Reach::of(permit, &county), asked.number);
        let seen = reach.clone();
        raw.request_id.clear();
        let of = write_call(call, "SelectionService.AnswerReport", county, request_id, &raw);
        let encode = move |it: &Selected| {
            let view = it.report(number);
            let branch = view.map(|it| it.report.branch.clone());
            let candidate = branch.and_then(|branch| it.candidate_for(&seen, &branch).ok());
            v1::AnswerReportResponse {
                report: view.as_ref().map(encode::report),
                candidate: candidate.as_ref().map(encode::candidate),
            }
            .encode_to_vec()
        };
        self.app.answer_report(of, reach, asked, encode).await
    }

    pub(super) async fn reports(
        &self,
        call: &Call,
        mut raw: v1::ListReportsRequest,
    ) -> Result<v1::ListReportsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let id = faults.id("selection_id", &raw.selection_id);
        let method = ("SelectionService.ListReports", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, id?, page?)))();
        let (permit, county, id, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let it = self.app.selection(&mut *tx, &county, &id).await?;
        let after = ordinal(&page.after);
        let limit = usize::try_from(page.size.saturating_add(1)).unwrap_or(usize::MAX);
        let own = it.reports(&Reach::of(permit, &county));
        let own = own.iter().filter(|it| {
            i64::from(it.report.number) > after && !(raw.open_only && it.report.outcome.is_some())
        });
        let (reports, more) = page.fit(own.take(limit).map(encode::report).collect());
        let next = |it: &v1::SelectionReport| page.next(&it.number.to_string(), None);
        let next_page_token = reports.last().filter(|_| more).map(next).unwrap_or_default();
        Ok(v1::ListReportsResponse { reports, next_page_token })
    }
}
