//! The compounds' point schedules (M2): checking, recording that a general meeting adopted one,
//! finding the version in force, retiring.

mod check;
mod judge;
mod meeting;

use std::sync::Arc;

pub use check::{CheckedSchedule, ScheduleDocument, field_faults};
pub use meeting::Meeting;

use super::{App, AppError, Done, Effect, Missing, Write, digest, scheme::Plans};
use crate::{
    domain::{
        scheme::Schedules,
        time::{Day, Moment},
    },
    store::{ReadTx, Retirement, ScheduleHeader, StoreTx},
};

/// How many compounds are read at once.
const TOGETHER_MAX: usize = 1_000;

/// A version with its document, as it is kept.
pub type Adopted = (ScheduleHeader, String);

/// What a general meeting adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdoptSchedule {
    /// The document.
    pub document: ScheduleDocument,
    /// The branch whose members met.
    pub branch: String,
    /// Their meeting.
    pub meeting: Meeting,
}

/// Which version of a compound is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one that was adopted last.
    Latest,
    /// This one, in force or not.
    Version(i64),
    /// The one in force on a day.
    InForceOn(Day),
}

/// Which versions are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleListing {
    /// Only those of this compound; none for all.
    pub compound: Option<String>,
    /// After this compound and version.
    pub after: (String, i64),
    /// As known at this moment.
    pub known: Moment,
    /// At most so many.
    pub limit: i64,
}

/// The last day in force: by the document or by retirement, whichever is earlier. A later version
/// takes its place in any case.
pub fn last_day(header: &ScheduleHeader) -> Option<Day> {
    let retired = header.retired.as_ref().map(|it| it.last_day);
    header.in_force_until.into_iter().chain(retired).min()
}

/// The schedules of some compounds as they were known at a moment, each with its last day in force:
/// what an evaluation goes by.
///
/// # Errors
/// Those of the store; a document that is not the one that was adopted is
/// [`StoreError::Corrupt`](crate::store::StoreError::Corrupt).
#[tracing::instrument(target = "steelyard::use_case", skip_all)]
pub async fn schedules_known(
    tx: &mut dyn ReadTx,
    plans: &Plans,
    county: &str,
    compounds: &[String],
    known: Moment,
) -> Result<Schedules, AppError> {
    let mut all = Vec::new();
    for part in compounds.chunks(TOGETHER_MAX) {
        for (header, document) in tx.schedules(county, part, known).await? {
            let mut schedule = plans.schedule(header.digest, &document)?;
            if header.retired.is_some() {
                Arc::make_mut(&mut schedule).in_force.until = last_day(&header);
            }
            all.push(schedule);
        }
    }
    Ok(Schedules::of(all))
}

/// The version of a compound in force on a day, as known at a moment: the one that began last, if it
/// has not ended.
///
/// # Errors
/// Those of the store.
pub async fn schedule_in_force(
    tx: &mut dyn ReadTx,
    county: &str,
    (compound, day): (&str, Day),
    known: Moment,
) -> Result<Option<Adopted>, AppError> {
    let begun = tx.schedule_begun(county, compound, day, known).await?;
    Ok(begun.filter(|it| last_day(&it.0).is_none_or(|last| day <= last)))
}

impl App {
    /// Records that a meeting adopted a document; `encode` makes the answer out of the header. The
    /// same adoption again records nothing.
    ///
    /// # Errors
    /// Every fault of the meeting, or every way in which the document goes beyond the bounds of the
    /// schemes in force on its first day; `SCHEDULE_EXISTS`; the refusals of `judge`; those of every
    /// write.
    pub async fn adopt_schedule(
        &self,
        call: Write,
        asked: AdoptSchedule,
        encode: impl Fn(&ScheduleHeader) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let from = asked.document.schedule().in_force.from;
        let faults = asked.meeting.faults(Some(from), self.today()?);
        if !faults.is_empty() {
            return Err(AppError::Invalid(faults));
        }
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), asked, plans, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, plans, encode) = &*shared;
                let new = header(asked, at, call);
                if let Some(same) = judge::same(tx, &call.county, &new, at).await? {
                    return Ok(Done { response: encode(&same), effects: Vec::new() });
                }
                judge::may_adopt(tx, &call.county, asked, at, plans).await?;
                tx.insert_schedule(&call.county, &new, asked.document.text()).await?;
                Ok(Done { response: encode(&new), effects: vec![adoption_effect(&new)] })
            })
        })
        .await
    }

    /// Sets the last day in force of a version; `encode` makes the answer out of the header.
    ///
    /// # Errors
    /// The version is not there; `SCHEDULE_RETIRED`, `RETIRE_BEFORE_FORCE`, `RETIRE_AFTER_FORCE`;
    /// those of every write.
    pub async fn retire_schedule(
        &self,
        call: Write,
        (compound, version): (String, i64),
        (last_day, reason): (Day, String),
        encode: impl Fn(&ScheduleHeader) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), compound, reason, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, compound, reason, encode) = &*shared;
                let mut header = retired_from(tx, call, (compound, version), last_day, at).await?;
                let retirement = Retirement {
                    last_day,
                    reason: reason.clone(),
                    recorded: at,
                    recorded_by: call.principal.clone(),
                };
                tx.retire_schedule(&call.county, compound, version, &retirement).await?;
                header.retired = Some(retirement);
                let effect = retirement_effect(&name_of(compound, version), last_day, reason);
                Ok(Done { response: encode(&header), effects: vec![effect] })
            })
        })
        .await
    }

    /// One version of a compound, as known at a moment.
    ///
    /// # Errors
    /// It is not there, or none is in force on that day; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn schedule(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        (compound, which): (&str, Which),
        known: Moment,
    ) -> Result<Adopted, AppError> {
        let version = match which {
            Which::Latest | Which::InForceOn(_) => 0,
            Which::Version(version) => version,
        };
        let found = tx.schedule(county, compound, version, known).await?;
        let name = match which {
            Which::Latest | Which::InForceOn(_) => compound.to_owned(),
            Which::Version(version) => name_of(compound, version),
        };
        let found = found.ok_or_else(|| AppError::not_found(Missing::Schedule, name))?;
        let Which::InForceOn(day) = which else { return Ok(found) };
        let in_force = schedule_in_force(tx, county, (compound, day), known).await?;
        in_force.ok_or_else(|| AppError::not_found(Missing::ScheduleInForce, compound))
    }

    /// A page of versions, by compound and version.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn list_schedules(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        listing: &ScheduleListing,
    ) -> Result<Vec<ScheduleHeader>, AppError> {
        let ScheduleListing { compound, after, known, limit } = listing;
        let after = match compound {
            // The versions of a compound stand together, the first one behind version 0.
            Some(compound) if after.0 != *compound => (compound.as_str(), 0),
            Some(_) | None => (after.0.as_str(), after.1),
        };
        let mut page = tx.schedule_page(county, after, *known, *limit).await?;
        page.retain(|it| compound.as_ref().is_none_or(|of| it.compound == *of));
        Ok(page)
    }
}

/// All versions of a county, by compound and version, as known at a moment.
pub(super) async fn headers(
    tx: &mut dyn ReadTx,
    county: &str,
    known: Moment,
) -> Result<Vec<ScheduleHeader>, AppError> {
    const PAGE: i64 = 1_000;
    let mut all: Vec<ScheduleHeader> = Vec::new();
    loop {
        let after = all.last().map(|it| (it.compound.clone(), it.version)).unwrap_or_default();
        let page = tx.schedule_page(county, (&after.0, after.1), known, PAGE).await?;
        let last = i64::try_from(page.len()).is_ok_and(|it| it < PAGE);
        all.extend(page);
        if last {
            return Ok(all);
        }
    }
}

/// The version to retire, if it may be.
async fn retired_from(
    tx: &mut dyn StoreTx,
    call: &Write,
    (compound, version): (&str, i64),
    last_day: Day,
    at: Moment,
) -> Result<ScheduleHeader, AppError> {
    let found = tx.schedule(&call.county, compound, version, at).await?;
    let missing = || AppError::not_found(Missing::Schedule, name_of(compound, version));
    let (header, _) = found.ok_or_else(missing)?;
    let next = tx.schedule(&call.county, compound, version.saturating_add(1), at).await?;
    judge::may_retire(&header, next.as_ref().map(|it| &it.0), last_day)?;
    Ok(header)
}

/// A version as errors and the audit trail call it.
pub(super) fn name_of(compound: &str, version: i64) -> String {
    format!("{compound}/{version}")
}

/// What stands beside an adopted document.
fn header(asked: &AdoptSchedule, at: Moment, call: &Write) -> ScheduleHeader {
    let AdoptSchedule { document, branch, meeting } = asked;
    let schedule = document.schedule();
    ScheduleHeader {
        compound: schedule.compound.clone(),
        version: i64::from(schedule.version),
        digest: document.digest(),
        title: schedule.title.clone(),
        in_force_from: schedule.in_force.from,
        in_force_until: schedule.in_force.until,
        branch: branch.clone(),
        met_on: meeting.met_on,
        eligible: i64::from(meeting.eligible),
        present: i64::from(meeting.present),
        in_favour: i64::from(meeting.in_favour),
        evidence: meeting.evidence.clone(),
        adopted: at,
        adopted_by: call.principal.clone(),
        request_id: call.request_id.clone(),
        retired: None,
    }
}

/// What an adoption changed, for the audit trail: the document, who adopted it, and how.
pub(super) fn adoption_effect(it: &ScheduleHeader) -> Effect {
    let days = [Some(it.in_force_from), it.in_force_until, Some(it.met_on)];
    let days = days.map(|it| it.map_or_else(String::new, |it| it.to_string()));
    let counts = [it.eligible, it.present, it.in_favour].map(i64::to_be_bytes);
    let mut parts: Vec<&[u8]> = vec![&it.digest, it.title.as_bytes(), it.branch.as_bytes()];
    parts.extend(days.iter().map(String::as_bytes));
    parts.extend(counts.iter().map(<[u8; 8]>::as_slice));
    parts.push(it.evidence.as_bytes());
    let subject = format!("schedule/{}", name_of(&it.compound, it.version));
    Effect { subject, digest: digest(&parts) }
}

/// What a retirement changed, for the audit trail; `name` is compound and version.
pub(super) fn retirement_effect(name: &str, last_day: Day, reason: &str) -> Effect {
    let subject = format!("schedule/{name}/retirement");
    Effect { subject, digest: digest(&[last_day.to_string().as_bytes(), reason.as_bytes()]) }
}
