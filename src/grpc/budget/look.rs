//! Reading budgets, trial balances and statements.

use super::{Service, encode};
use crate::{
    app::AppError,
    domain::time::Moment,
    grpc::{
        admit::Call, award_decode, award_encode, decode::Faults, evaluation_encode::ordinal,
        page::page,
    },
    proto::v1,
    store::{MovementCursor, MovementListing},
};

impl Service {
    pub(super) async fn budget(
        &self,
        call: &Call,
        raw: v1::GetBudgetRequest,
    ) -> Result<v1::GetBudgetResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let year = award_decode::year(&mut faults, "year", &raw.year);
        let purpose = award_decode::any_id(&mut faults, "purpose_id", &raw.purpose_id);
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let read = (|| permit.and(Some((county?, year?, purpose?, known?))))();
        let (county, year, purpose, known) = faults.finish(read)?;
        let found = self.app.budgets(&county, (&year, &purpose), known).await?;
        Ok(v1::GetBudgetResponse { budgets: found.iter().map(award_encode::purpose).collect() })
    }

    pub(super) async fn balance(
        &self,
        call: &Call,
        raw: v1::GetTrialBalanceRequest,
    ) -> Result<v1::GetTrialBalanceResponse, AppError> {
        let mut faults = Faults::default();
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let year = award_decode::year(&mut faults, "year", &raw.year);
        let purpose = award_decode::any_id(&mut faults, "purpose_id", &raw.purpose_id);
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let read = (|| permit.and(Some((county?, year?, purpose?, known?))))();
        let (county, year, purpose, known) = faults.finish(read)?;
        let found = self.app.trial_balance(&county, (&year, &purpose), known).await?;
        Ok(encode::trial_balance(&found))
    }

    pub(super) async fn statement(
        &self,
        call: &Call,
        mut raw: v1::GetStatementRequest,
    ) -> Result<v1::GetStatementResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let listing = listing(&mut faults, &raw);
        let known = faults.moment("known_at", raw.known_at.as_ref());
        let method = ("BudgetService.GetStatement", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, listing?, known?, page?)))();
        let (permit, county, listing, known, page) = faults.finish(read)?;
        let known = {
            let mut tx = self.app.read().await?;
            self.app.known(&mut *tx, &county, page.known.or(known)).await?.moment()?
        };
        let after = if page.after.is_empty() { None } else { Some(cursor(&page.after)?) };
        let limit = usize::try_from(page.size).unwrap_or(usize::MAX);
        let found = self.app.statement(&county, &listing, known, (after, limit)).await?;
        let whom = found.movements.iter().filter_map(encode::recipient_of);
        let names = award_encode::names(&self.app, (&county, &permit), whom).await?;
        let movement = |it| encode::movement(it, &names);
        let movements = found.movements.iter().map(movement).collect::<Result<Vec<_>, _>>()?;
        let (movements, cut) = page.fit(movements);
        let last = movements.len().checked_sub(1).and_then(|it| found.movements.get(it));
        let more = cut || found.next.is_some();
        let next = |it| page.next(&encode::cursor(it), Some(known));
        let next_page_token = last.filter(|_| more).map(next).unwrap_or_default();
        Ok(encode::statement(&found, movements, next_page_token))
    }
}

/// Which movements are asked for: those of a year, a batch or a recipient.
fn listing(faults: &mut Faults, raw: &v1::GetStatementRequest) -> Option<MovementListing> {
    let year = award_decode::optional_year(faults, "year", &raw.year);
    let purpose = award_decode::any_id(faults, "purpose_id", &raw.purpose_id);
    let batch_id = award_decode::any_id(faults, "batch_id", &raw.batch_id);
    let recipient = match &raw.recipient {
        None => Some(None),
        Some(it) => award_decode::recipient(faults, it).map(Some),
    };
    if raw.year.is_empty() && raw.batch_id.is_empty() && raw.recipient.is_none() {
        let en = "say of which year, batch or recipient";
        faults.add("year", "STATEMENT_OF_NOTHING", en, "须写明年度、批次或领取人");
    }
    let (recipient_kind, recipient) =
        recipient?.map_or_else(Default::default, |(kind, id)| (kind.word().to_owned(), id));
    Some(MovementListing {
        year: year?,
        purpose: purpose?,
        batch_id: batch_id?,
        recipient_kind,
        recipient,
        ..MovementListing::default()
    })
}

/// Where a page goes on, as [`encode::cursor`] writes it into a token of ours.
fn cursor(text: &str) -> Result<MovementCursor, AppError> {
    let broken = || AppError::Internal("a token of ours does not read back".to_owned());
    let parts: Vec<&str> = text.split(' ').collect();
    let [recorded, year, purpose, number] = parts[..] else { return Err(broken()) };
    let (recorded, number) = (ordinal(recorded), ordinal(number));
    if recorded < 0 || number < 0 {
        return Err(broken());
    }
    Ok(MovementCursor {
        recorded: Moment::from_micros(recorded),
        year: year.to_owned(),
        purpose: purpose.to_owned(),
        number,
    })
}
