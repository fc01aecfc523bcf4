//! Batches as they are read: one, by page, and as the list that goes to the treasury.

use std::collections::BTreeMap;

use super::{PAGE, held::BatchView, refusal, steps};
use crate::{
    app::{
        App, AppError,
        payment_list::{PaymentLine, PaymentList},
        registry::RecordKind,
        timeline::{lately, timelines},
    },
    domain::{
        award::{BatchStep, RecipientKind},
        scheme::AwardTo,
        time::{Day, Moment},
    },
    store::{AwardListing, BatchRecord, LineRecord, ReadTx},
};

/// Names of recipients, by kind and id; none where the registry has none.
pub type Names = BTreeMap<(RecipientKind, String), String>;

impl App {
    /// A batch.
    ///
    /// # Errors
    /// `BATCH_NOT_FOUND`; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn payment_batch(&self, county: &str, id: &str) -> Result<BatchView, AppError> {
        let mut tx = self.read().await?;
        Ok(steps::read(&mut *tx, county, id).await?.batch(id)?.clone())
    }

    /// A page of batches by id, and the id after which the next one starts; none: nothing follows.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn list_batches(
        &self,
        county: &str,
        (year, purpose): (&str, &str),
        (after, limit): (&str, usize),
    ) -> Result<(Vec<BatchView>, Option<String>), AppError> {
        let mut tx = self.read().await?;
        let listing = AwardListing {
            year: year.to_owned(),
            purpose: purpose.to_owned(),
            after_batch: after.to_owned(),
            limit: i64::try_from(limit).unwrap_or(PAGE).saturating_add(1),
            ..AwardListing::default()
        };
        let mut page = tx.batch_page(county, &listing).await?;
        let more = page.len() > limit;
        page.truncate(limit);
        let next = page.last().filter(|_| more).map(|it| it.batch_id.clone());
        let mut views = Vec::with_capacity(page.len());
        for it in page {
            let mut own = steps::read(&mut *tx, county, &it.batch_id).await?;
            views.push(own.batch(&it.batch_id)?.clone());
        }
        Ok((views, next))
    }

    /// The names of recipients as the registry has them today.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn recipient_names(
        &self,
        county: &str,
        of: &[(RecipientKind, String)],
    ) -> Result<Names, AppError> {
        let mut tx = self.read().await?;
        let known = self.known(&mut *tx, county, None).await?.moment()?;
        let today = self.today()?;
        Ok(recipients(&mut *tx, county, of, (known, today)).await?.0)
    }

    /// The payment list of a batch that left, with the names of the day on which it did.
    ///
    /// # Errors
    /// `BATCH_NOT_FOUND`, `BATCH_NOT_EXPORTED`; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn payment_list(
        &self,
        county: &str,
        id: &str,
        with_names: bool,
    ) -> Result<PaymentList, AppError> {
        let mut tx = self.read().await?;
        let batch = steps::read(&mut *tx, county, id).await?.batch(id)?.clone();
        let Some((exported, lines)) = steps::went(&batch) else {
            let phase = batch.state.phase;
            let en = format!("batch `{id}` is {}: there is no list of it yet", phase.word());
            let zh = format!("批次 {id} {}，尚无付款清单", phase.zh());
            return Err(refusal("BATCH_NOT_EXPORTED", en, zh).with("phase", phase.word()).into());
        };
        let of = (batch.record.year.as_str(), batch.record.purpose.as_str());
        let movement = tx.last_movement(county, of, Some(exported)).await?;
        let day = exported.beijing_day();
        let day = day.ok_or_else(|| AppError::Internal("a day out of the calendar".to_owned()))?;
        let paid: Vec<_> = lines
            .values()
            .map(|it| (it.entitlement.recipient, it.entitlement.recipient_id.clone()))
            .collect();
        let (names, units) = recipients(&mut *tx, county, &paid, (exported, day)).await?;
        let approved = batch.events.iter().find(|it| it.step == BatchStep::Approved);
        Ok(PaymentList {
            title: movement.as_ref().map_or_else(String::new, |it| it.title.clone()),
            batch_id: id.to_owned(),
            purpose_id: batch.record.purpose.clone(),
            purpose_title: movement.map_or_else(String::new, |it| it.title),
            year: year(&batch.record.year)?,
            lines: lines.values().map(|it| line(it, &names, &units, with_names)).collect(),
            approved_by: approved.map_or_else(String::new, |it| it.mark.by.clone()),
            exported,
        })
    }
}

/// A batch as it stands.
///
/// # Errors
/// `BATCH_NOT_FOUND`; those of the store.
pub(in crate::app) async fn batch_view(
    tx: &mut dyn ReadTx,
    county: &str,
    id: &str,
) -> Result<BatchView, AppError> {
    Ok(steps::read(tx, county, id).await?.batch(id)?.clone())
}

/// All batches of a county, by id.
///
/// # Errors
/// Those of the store.
pub(in crate::app) async fn all_batches(
    tx: &mut dyn ReadTx,
    county: &str,
) -> Result<Vec<BatchRecord>, AppError> {
    let mut all = Vec::new();
    let mut listing = AwardListing { limit: PAGE, ..AwardListing::default() };
    loop {
        let page = tx.batch_page(county, &listing).await?;
        let Some(last) = page.last() else { return Ok(all) };
        listing.after_batch.clone_from(&last.batch_id);
        all.extend(page);
    }
}

fn year(text: &str) -> Result<i64, AppError> {
    Ok(crate::app::run::period_of(text)?.last_day().year())
}

fn line(it: &LineRecord, names: &Names, units: &Names, with_names: bool) -> PaymentLine {
    let key = &it.entitlement;
    let own = (key.recipient, key.recipient_id.clone());
    let person = key.recipient == RecipientKind::Member;
    let name = names.get(&own).filter(|_| with_names || !person).cloned();
    PaymentLine {
        line: u32::try_from(it.line).unwrap_or(u32::MAX),
        award_title: it.award_title.clone(),
        recipient_kind: if person { AwardTo::Person } else { AwardTo::Branch },
        recipient_id: key.recipient_id.clone(),
        name: name.unwrap_or_default(),
        unit: units.get(&own).cloned().unwrap_or_default(),
        amount: it.amount,
    }
}

/// What recipients are called on a day, and what they lie in is called, as known at a moment.
async fn recipients(
    tx: &mut dyn ReadTx,
    county: &str,
    of: &[(RecipientKind, String)],
    (known, day): (Moment, Day),
) -> Result<(Names, Names), AppError> {
    let (mut names, mut parents) = (Names::new(), BTreeMap::new());
    for kind in RecipientKind::ALL {
        let mut ids: Vec<String> =
            of.iter().filter(|it| it.0 == kind).map(|it| it.1.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        let record_kind = match kind {
            RecipientKind::Branch => RecordKind::Branch,
            RecipientKind::Member => RecordKind::Member,
        };
        for (id, held) in timelines(tx, county, record_kind.word(), &ids, known).await? {
            let Some(it) = lately(&held, day) else { continue };
            names.insert((kind, id.clone()), it.name.clone());
            if let Some(parent) = &it.parent {
                parents.insert((kind, id), (parent.kind, parent.id.clone()));
            }
        }
    }
    let mut units: BTreeMap<(RecordKind, String), String> = BTreeMap::new();
    for kind in RecordKind::ALL {
        let mut ids: Vec<String> =
            parents.values().filter(|it| it.0 == kind).map(|it| it.1.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            continue;
        }
        for (id, held) in timelines(tx, county, kind.word(), &ids, known).await? {
            if let Some(it) = lately(&held, day) {
                units.insert((kind, id), it.name.clone());
            }
        }
    }
    let unit = |(own, parent)| Some((own, units.get(&parent)?.clone()));
    Ok((names, parents.into_iter().filter_map(unit).collect()))
}
