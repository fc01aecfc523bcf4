//! One's own sheets over gRPC. What is not one's own is like what is not there.

use std::sync::Arc;

use prost::Message;

use super::{Service, count, cursor, read, write};
use crate::{
    app::{
        AppError,
        round::{Changed, Own},
    },
    grpc::{admit::Call, decode::Faults, page::page, write_call},
    proto::v1,
};

impl Service {
    pub(super) async fn save(
        &self,
        call: &Call,
        mut raw: v1::SaveDraftsRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let who = read::assessor(&mut faults, (&raw.round_id, &raw.role, &raw.assessor_id));
        let drafts = read::drafts(&mut faults, &raw.sheets);
        let read = (|| Some((permit?, county?, request_id?, who?, drafts?)))();
        let (permit, county, request_id, who, drafts) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AssessmentService.SaveDrafts", county, request_id, &raw);
        let encode = Arc::new(|it: &Changed| {
            let (recorded, unchanged) = (count(it.recorded), count(it.unchanged));
            v1::SaveDraftsResponse { recorded, unchanged }.encode_to_vec()
        });
        self.app.save_drafts(of, (Own::of(&permit), who), drafts, encode).await
    }

    pub(super) async fn hand_in(
        &self,
        call: &Call,
        mut raw: v1::HandInSheetsRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let who = read::assessor(&mut faults, (&raw.round_id, &raw.role, &raw.assessor_id));
        let subjects = read::subjects(&mut faults, &raw.subject_ids);
        let read = (|| Some((permit?, county?, request_id?, who?, subjects?)))();
        let (permit, county, request_id, who, subjects) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AssessmentService.HandInSheets", county, request_id, &raw);
        let encode = Arc::new(|it: &Changed| {
            let (recorded, unchanged) = (count(it.recorded), count(it.unchanged));
            v1::HandInSheetsResponse { recorded, unchanged }.encode_to_vec()
        });
        self.app.hand_in_sheets(of, (Own::of(&permit), who), subjects, encode).await
    }

    pub(super) async fn withdraw(
        &self,
        call: &Call,
        mut raw: v1::WithdrawSheetsRequest,
    ) -> Result<Vec<u8>, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let request_id = faults.request_id(&raw.request_id);
        let who = read::assessor(&mut faults, (&raw.round_id, &raw.role, &raw.assessor_id));
        let subjects = read::subjects(&mut faults, &raw.subject_ids);
        let read = (|| Some((permit?, county?, request_id?, who?, subjects?)))();
        let (permit, county, request_id, who, subjects) = faults.finish(read)?;
        raw.request_id.clear();
        let of = write_call(call, "AssessmentService.WithdrawSheets", county, request_id, &raw);
        let encode = Arc::new(|it: &Changed| {
            v1::WithdrawSheetsResponse { recorded: count(it.recorded) }.encode_to_vec()
        });
        self.app.withdraw_sheets(of, (Own::of(&permit), who), subjects, encode).await
    }

    pub(super) async fn sheet(
        &self,
        call: &Call,
        raw: v1::GetSheetRequest,
    ) -> Result<v1::GetSheetResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let who = read::assessor(&mut faults, (&raw.round_id, &raw.role, &raw.assessor_id));
        let subject = faults.id("subject_id", &raw.subject_id);
        let read = (|| Some((permit?, county?, who?, subject?)))();
        let (permit, county, who, subject) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let of = (&Own::of(&permit), &who, subject.as_str());
        let view = self.app.sheet(&mut *tx, &county, of).await?;
        Ok(v1::GetSheetResponse { sheet: Some(write::sheet(&view)) })
    }

    pub(super) async fn sheets(
        &self,
        call: &Call,
        mut raw: v1::ListSheetsRequest,
    ) -> Result<v1::ListSheetsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let round = faults.id("round_id", &raw.round_id);
        let method = ("AssessmentService.ListSheets", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, round?, page?)))();
        let (permit, county, round, page) = faults.finish(read)?;
        let mut tx = self.app.read().await?;
        let known = self.app.known(&mut *tx, &county, page.known).await?.moment()?;
        let own = Own::of(&permit);
        let from = (&cursor(&page.after), page.size.saturating_add(1));
        let found = self.app.list_sheets(&mut *tx, &county, (&own, &round, known), from).await?;
        let (sheets, more) = page.fit(found.iter().map(write::sheet).collect());
        let next = |it: &v1::AssessmentSheet| {
            page.next(&format!("{} {} {}", it.role, it.assessor_id, it.subject_id), Some(known))
        };
        let next_page_token = sheets.last().filter(|_| more).map(next).unwrap_or_default();
        Ok(v1::ListSheetsResponse { sheets, next_page_token })
    }
}
