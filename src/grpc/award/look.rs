//! Reading batches and payments.

use super::{Service, encode};
use crate::{
    app::AppError,
    grpc::{
        admit::Call,
        award_decode,
        award_encode::{names, paid_to},
        decode::Faults,
        evaluation_encode::ordinal,
        page::page,
    },
    proto::v1,
    store::LineRecord,
};

impl Service {
    pub(super) async fn batch(
        &self,
        call: &Call,
        raw: v1::GetBatchRequest,
    ) -> Result<v1::GetBatchResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let id = faults.id("batch_id", &raw.batch_id);
        let read = (|| permit.and(Some((county?, id?))))();
        let (county, id) = faults.finish(read)?;
        let it = self.app.payment_batch(&county, &id).await?;
        let events = it.events.iter().map(encode::event).collect();
        Ok(v1::GetBatchResponse { batch: Some(encode::batch(&it)), events })
    }

    pub(super) async fn batches(
        &self,
        call: &Call,
        mut raw: v1::ListBatchesRequest,
    ) -> Result<v1::ListBatchesResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let year = award_decode::optional_year(&mut faults, "year", &raw.year);
        let purpose = award_decode::any_id(&mut faults, "purpose_id", &raw.purpose_id);
        let method = ("AwardService.ListBatches", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| permit.and(Some((county?, year?, purpose?, page?))))();
        let (county, year, purpose, page) = faults.finish(read)?;
        let limit = usize::try_from(page.size).unwrap_or(usize::MAX);
        let of = (year.as_str(), purpose.as_str());
        let (found, next) = self.app.list_batches(&county, of, (&page.after, limit)).await?;
        let (batches, cut) = page.fit(found.iter().map(encode::batch).collect());
        let more = cut || next.is_some();
        let next = |it: &v1::Batch| page.next(&it.batch_id, None);
        let next_page_token = batches.last().filter(|_| more).map(next).unwrap_or_default();
        Ok(v1::ListBatchesResponse { batches, next_page_token })
    }

    pub(super) async fn payments(
        &self,
        call: &Call,
        mut raw: v1::ListPaymentsRequest,
    ) -> Result<v1::ListPaymentsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let id = faults.id("batch_id", &raw.batch_id);
        let method = ("AwardService.ListPayments", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, id?, page?)))();
        let (permit, county, id, page) = faults.finish(read)?;
        let after = if page.after.is_empty() { 0 } else { ordinal(&page.after) };
        let it = self.app.payment_batch(&county, &id).await?;
        let limit = usize::try_from(page.size.saturating_add(1)).unwrap_or(usize::MAX);
        let lines = it.lines.range(after.saturating_add(1)..).map(|it| it.1).take(limit);
        let lines: Vec<&LineRecord> = lines.collect();
        let whom = lines.iter().map(|it| paid_to(&it.entitlement));
        let names = names(&self.app, (&county, &permit), whom).await?;
        let payment = |line: &&LineRecord| encode::payment((&it, line), &names);
        let shown = lines.iter().map(payment).collect::<Result<Vec<_>, _>>()?;
        let (payments, more) = page.fit(shown);
        let next = |it: &v1::Payment| page.next(&it.line.to_string(), None);
        let next_page_token = payments.last().filter(|_| more).map(next).unwrap_or_default();
        Ok(v1::ListPaymentsResponse { payments, next_page_token })
    }
}
