//! Opening rounds, and reading them.

use std::sync::Arc;

use super::{ALWAYS, Organiser, PAGE, RoundView, mark, opening};
use crate::{
    app::{
        App, AppError, Done, Refusal, Write,
        scheme::{Plans, in_force_over},
    },
    domain::{
        scheme::NodeKind,
        time::{Day, Moment, Period},
    },
    store::{ReadTx, RoundHeader, RoundListing, StoreTx},
};

/// What to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRound {
    /// The round's id.
    pub round_id: String,
    /// The scheme.
    pub scheme_id: String,
    /// The period.
    pub period: Period,
    /// The first day on which sheets are taken.
    pub opens_on: Day,
    /// The last day; not before the first.
    pub due_on: Day,
}

impl App {
    /// Opens a round; `encode` makes the answer out of it.
    ///
    /// # Errors
    /// `SCHEME_NOT_FOUND`, `SCHEME_NOT_IN_FORCE`, `PERIOD_KIND_MISMATCH`, `NOTHING_ASSESSED`,
    /// `DUE_IN_PAST`, `ROUND_OPEN`, `ROUND_EXISTS`; those of every write.
    pub async fn open_round(
        &self,
        call: Write,
        organiser: Organiser,
        asked: OpenRound,
        encode: impl Fn(&RoundView) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), organiser, asked, plans, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, organiser, asked, plans, encode) = &*shared;
                let county = &call.county;
                let scheme = in_force_over(tx, county, (&asked.scheme_id, asked.period)).await?;
                organiser.covers(&scheme.subject_kind)?;
                let round = RoundHeader {
                    round_id: asked.round_id.clone(),
                    scheme_id: scheme.scheme_id.clone(),
                    version: scheme.version,
                    subject_kind: scheme.subject_kind.clone(),
                    period: asked.period.to_string(),
                    opens_on: asked.opens_on,
                    due_on: asked.due_on,
                    opened: mark(call, at),
                    closed: None,
                };
                if let Some(same) = same(tx, county, &round).await? {
                    return Ok(Done { response: encode(&same), effects: Vec::new() });
                }
                may_open(tx, county, &round, (at, plans)).await?;
                tx.insert_round(county, &round).await?;
                let effect = opening(&round);
                let view = RoundView { header: round, steps: Vec::new() };
                Ok(Done { response: encode(&view), effects: vec![effect] })
            })
        })
        .await
    }

    /// A round with what was recorded about it.
    ///
    /// # Errors
    /// It is not there; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn round(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        id: &str,
    ) -> Result<RoundView, AppError> {
        RoundView::read(tx, county, id, ALWAYS).await
    }

    /// A page of rounds, by id.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn list_rounds(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        listing: &RoundListing,
    ) -> Result<Vec<RoundHeader>, AppError> {
        Ok(tx.round_page(county, listing).await?)
    }
}

/// All rounds of a county, by id.
pub(in crate::app) async fn all_rounds(
    tx: &mut dyn ReadTx,
    county: &str,
) -> Result<Vec<RoundHeader>, AppError> {
    let mut listing = RoundListing { limit: PAGE, ..RoundListing::default() };
    let mut all = Vec::new();
    loop {
        let page = tx.round_page(county, &listing).await?;
        let Some(last) = page.last() else { return Ok(all) };
        listing.after.clone_from(&last.round_id);
        all.extend(page);
    }
}

/// The round of that id, if it is this one.
///
/// # Errors
/// `ROUND_EXISTS`: it is another.
async fn same(
    tx: &mut dyn StoreTx,
    county: &str,
    round: &RoundHeader,
) -> Result<Option<RoundView>, AppError> {
    let id = &round.round_id;
    let Some(there) = tx.round(county, id).await? else { return Ok(None) };
    let again =
        RoundHeader { opened: round.opened.clone(), closed: None, version: round.version, ..there };
    if again == *round {
        return RoundView::read(tx, county, id, ALWAYS).await.map(Some);
    }
    Err(AppError::AlreadyExists { reason: "ROUND_EXISTS", existing: id.clone() })
}

async fn may_open(
    tx: &mut dyn StoreTx,
    county: &str,
    round: &RoundHeader,
    (at, plans): (Moment, &Plans),
) -> Result<(), AppError> {
    let RoundHeader { scheme_id, due_on, period, .. } = round;
    let view = RoundView { header: round.clone(), steps: Vec::new() };
    let plan = view.plan(tx, county, plans).await?;
    if !plan.scheme().nodes.iter().any(|it| matches!(it.kind, NodeKind::Assessed(_))) {
        let en = format!("`{scheme_id}` has no `assessed` node: there is nothing to hand in");
        let zh = format!("评分办法 {scheme_id} 没有测评项目，无须开展打分");
        return Err(AppError::refused("NOTHING_ASSESSED", en, zh));
    }
    if at.beijing_day().is_none_or(|today| *due_on < today) {
        let en = format!("sheets would be due on {due_on}, which is over");
        return Err(AppError::refused("DUE_IN_PAST", en, format!("截止日 {due_on} 已过")));
    }
    let listing = RoundListing {
        scheme_id: scheme_id.clone(),
        period: period.clone(),
        after: String::new(),
        limit: PAGE,
    };
    let there = tx.round_page(county, &listing).await?;
    if let Some(open) = there.into_iter().find(|it| it.closed.is_none()) {
        let id = open.round_id;
        let en = format!("round `{id}` of `{scheme_id}` for {period} is open: close it first");
        let zh = format!("{scheme_id} 在 {period} 的考核轮次 {id} 尚未结束");
        let refusal = Refusal::new("ROUND_OPEN", en, zh);
        return Err(AppError::Refused(refusal.with("round_id", id)));
    }
    Ok(())
}
