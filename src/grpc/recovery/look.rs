//! Reading recoveries.

use super::{Service, encode};
use crate::{
    app::{
        AppError,
        award::{Recovering, RecoveryFilter},
    },
    grpc::{
        admit::Call, award_decode, award_encode::names, decode::Faults, evaluation_encode::ordinal,
        page::page,
    },
    proto::v1,
};

impl Service {
    pub(super) async fn get(
        &self,
        call: &Call,
        raw: v1::GetRecoveryRequest,
    ) -> Result<v1::GetRecoveryResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let number = award_decode::recovery(&mut faults, raw.recovery);
        let read = (|| Some((permit?, county?, number?)))();
        let (permit, county, number) = faults.finish(read)?;
        let it = self.app.recovery(&county, number).await?;
        let names = names(&self.app, (&county, &permit), encode::payer(&it)).await?;
        let events = it.recovery.events.iter().map(encode::event).collect::<Result<_, _>>()?;
        Ok(v1::GetRecoveryResponse { recovery: Some(encode::recovery(&it, &names)?), events })
    }

    pub(super) async fn list(
        &self,
        call: &Call,
        mut raw: v1::ListRecoveriesRequest,
    ) -> Result<v1::ListRecoveriesResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let year = award_decode::optional_year(&mut faults, "year", &raw.year);
        let purpose = award_decode::any_id(&mut faults, "purpose_id", &raw.purpose_id);
        let method = ("RecoveryService.ListRecoveries", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, year?, purpose?, page?)))();
        let (permit, county, year, purpose, page) = faults.finish(read)?;
        let after = if page.after.is_empty() { 0 } else { ordinal(&page.after) };
        let filter = RecoveryFilter { year, purpose, open_only: raw.open_only };
        let limit = usize::try_from(page.size).unwrap_or(usize::MAX);
        let (found, next) = self.app.list_recoveries(&county, &filter, (after, limit)).await?;
        let whom = found.iter().filter_map(encode::payer);
        let names = names(&self.app, (&county, &permit), whom).await?;
        let recovery = |it: &Recovering| encode::recovery(it, &names);
        let shown = found.iter().map(recovery).collect::<Result<Vec<_>, _>>()?;
        let (recoveries, cut) = page.fit(shown);
        let more = cut || next.is_some();
        let next = |it: &v1::Recovery| page.next(&it.number.to_string(), None);
        let next_page_token = recoveries.last().filter(|_| more).map(next).unwrap_or_default();
        Ok(v1::ListRecoveriesResponse { recoveries, next_page_token })
    }
}
