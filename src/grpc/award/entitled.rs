//! Reading what a document entitles to.

use super::{Service, encode};
use crate::{
    app::AppError,
    domain::{
        award::{EntitlementKey, RecipientKind},
        exact::Money,
    },
    grpc::{
        admit::Call,
        award_decode,
        award_encode::{names, paid_to},
        decode::Faults,
        page::page,
    },
    proto::v1,
};

/// How many awards that nobody can be paid an answer tells of at most.
const UNCLAIMED_MAX: usize = 1_000;

impl Service {
    pub(super) async fn entitlements(
        &self,
        call: &Call,
        mut raw: v1::ListEntitlementsRequest,
    ) -> Result<v1::ListEntitlementsResponse, AppError> {
        let mut faults = Faults::default();
        let asked = (std::mem::take(&mut raw.page_size), std::mem::take(&mut raw.page_token));
        let county = faults.id("county", &raw.county);
        let permit = call.permit_in(&self.app, county.as_ref()).await?;
        let source = award_decode::source(&mut faults, raw.source.as_ref());
        let method = ("AwardService.ListEntitlements", call);
        let page = page(&mut faults, &self.app, method, &raw, (asked.0, &asked.1));
        let read = (|| Some((permit?, county?, source?, page?)))();
        let (permit, county, source, page) = faults.finish(read)?;
        let after = if page.after.is_empty() { None } else { Some(key(&page.after)?) };
        let found = self.app.entitlements(&county, &source).await?;
        let limit = usize::try_from(page.size.saturating_add(1)).unwrap_or(usize::MAX);
        let wanted = found.entitlements.iter().filter(|it| {
            after.as_ref().is_none_or(|after| it.key > *after)
                && (!raw.payable_only || it.payable > Money::ZERO)
        });
        let own: Vec<_> = wanted.take(limit).collect();
        let whom = own.iter().map(|it| paid_to(&it.key));
        let names = names(&self.app, (&county, &permit), whom).await?;
        let shown = own.iter().map(|it| encode::entitlement(it, &names));
        let (entitlements, more) = page.fit(shown.collect());
        let last = entitlements.len().checked_sub(1).and_then(|it| own.get(it)).filter(|_| more);
        let next_page_token = last.map(|it| page.next(&token(&it.key), None)).unwrap_or_default();
        let first = after.is_none();
        let unclaimed = found.unclaimed.iter().take(if first { UNCLAIMED_MAX } else { 0 });
        Ok(v1::ListEntitlementsResponse {
            entitlements,
            unclaimed: unclaimed.map(encode::unclaimed).collect(),
            origin_id: found.origin,
            payable: Some(crate::grpc::result_encode::money(found.payable)),
            next_page_token,
            unclaimed_total: i64::try_from(found.unclaimed.len()).unwrap_or(i64::MAX),
        })
    }
}

/// Where the list goes on after an entitlement. No id has a blank.
fn token(it: &EntitlementKey) -> String {
    format!("{} {} {} {}", it.award, it.recipient.word(), it.recipient_id, it.each)
}

/// The entitlement of a token of ours.
fn key(token: &str) -> Result<EntitlementKey, AppError> {
    let broken = || AppError::Internal("a token of ours does not read back".to_owned());
    let parts: Vec<&str> = token.split(' ').collect();
    let [award, recipient, recipient_id, each] = parts[..] else { return Err(broken()) };
    let recipient = RecipientKind::named(recipient).ok_or_else(broken)?;
    let (award, recipient_id) = (award.to_owned(), recipient_id.to_owned());
    Ok(EntitlementKey { award, recipient, recipient_id, each: each.to_owned() })
}
