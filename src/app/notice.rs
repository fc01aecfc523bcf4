//! Public notices (公示, F8, F9): a computed run is posted, objected to, answered, and only then
//! published, where its scheme says `notice`.

mod gate;
mod objection;
mod text;

use std::sync::Arc;

pub use objection::{AnswerNotice, ListedObjections, NoticeCase, ObjectionPage, RaiseNotice};
pub use text::{NoticeFormat, NoticeText};

pub(super) use gate::may_publish;

use super::{
    App, AppError, Done, Effect, Missing, Refusal, Write,
    calendar::{Calendars, NamedEdition},
    digest,
    run::{computed, plan_of},
};
use crate::{
    domain::time::{Day, Moment},
    store::{NoticeAnswer, NoticeObjection, NoticeRecord, ReadTx, StoreError, StoreTx},
};

/// How many rows are read at once.
const PAGE: i64 = 1_000;

/// A notice, as it is to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostNotice {
    /// The run.
    pub run_id: String,
    /// The day of posting, which is not counted.
    pub posted_on: Day,
    /// Where to object.
    pub object_to: String,
}

/// A notice with what stands between its run and publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeView {
    /// The notice.
    pub notice: NoticeRecord,
    /// Why the run cannot be published now; empty where nothing of the notice stops it, and of a run
    /// that is published.
    pub blockers: Vec<Refusal>,
    /// How many objections there are.
    pub objections: usize,
    /// How many of them are open.
    pub open: usize,
}

/// The editions of the calendar that a notice was counted by.
///
/// # Errors
/// What is kept does not read back.
pub fn editions(of: &NoticeRecord) -> Result<Vec<NamedEdition>, StoreError> {
    match of.calendar.as_str() {
        "" => Ok(Vec::new()),
        text => serde_json::from_str(text).map_err(|why| StoreError::corrupt("calendar", why)),
    }
}

impl App {
    /// Records the notice of a run; `encode` makes the answer out of it.
    ///
    /// # Errors
    /// `RUN_NOT_FOUND`, `RUN_NOT_COMPUTED`, `NOTICE_NOT_ASKED`, `NOTICE_POSTED`, `NOTICE_BACKDATED`,
    /// `CALENDAR_MISSING`; those of every write.
    pub async fn post_notice(
        &self,
        call: Write,
        asked: PostNotice,
        encode: impl Fn(&NoticeRecord) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), asked, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, encode) = &*shared;
                let notice = post(tx, call, asked, at).await?;
                Ok(Done { response: encode(&notice), effects: vec![notice_effect(&notice)] })
            })
        })
        .await
    }

    /// The notice of a run, and what stands between the run and its publication at this moment.
    ///
    /// # Errors
    /// `NOTICE_NOT_FOUND`; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn notice(&self, county: &str, run_id: &str) -> Result<NoticeView, AppError> {
        let mut tx = self.read().await?;
        let notice = posted(&mut *tx, county, run_id).await?;
        let objections = objection::of_run(&mut *tx, county, run_id).await?;
        let run = tx.run(county, run_id).await?;
        let waiting = run.is_some_and(|it| it.state == crate::store::RunState::Computed);
        let at = self.clock.now();
        let blockers = if waiting { gate::blockers(&notice, &objections, at)? } else { Vec::new() };
        let open = objections.iter().filter(|it| it.answer.is_none()).count();
        Ok(NoticeView { notice, blockers, objections: objections.len(), open })
    }

    /// A page of notices by run, and whether more follow.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn list_notices(
        &self,
        county: &str,
        (after, limit): (&str, i64),
    ) -> Result<(Vec<NoticeRecord>, bool), AppError> {
        let mut tx = self.read().await?;
        let mut page = tx.notice_page(county, after, limit.saturating_add(1)).await?;
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = page.len() > size;
        page.truncate(size);
        Ok((page, more))
    }
}

/// The notice of a run, which must be there.
async fn posted(tx: &mut dyn ReadTx, county: &str, run_id: &str) -> Result<NoticeRecord, AppError> {
    let found = tx.notice(county, run_id).await?;
    found.ok_or_else(|| AppError::not_found(Missing::Notice, run_id))
}

/// The day of a moment in Beijing.
fn day_of(at: Moment) -> Result<Day, AppError> {
    let day = at.beijing_day();
    day.ok_or_else(|| AppError::Internal("the clock is out of the calendar".to_owned()))
}

async fn post(
    tx: &mut dyn StoreTx,
    call: &Write,
    asked: &PostNotice,
    at: Moment,
) -> Result<NoticeRecord, AppError> {
    let (county, run_id) = (call.county.as_str(), asked.run_id.as_str());
    let run = computed(tx, county, run_id).await?;
    let plan = plan_of(tx, county, &run).await?;
    let Some(rule) = gate::asked(tx, county, (&run, plan.scheme())).await? else {
        let en = format!("`{}` asks for no public notice", run.scheme_id);
        let zh = format!("{} 未规定公示", run.scheme_id);
        return Err(AppError::refused("NOTICE_NOT_ASKED", en, zh));
    };
    if tx.notice(county, run_id).await?.is_some() {
        let existing = run_id.to_owned();
        return Err(AppError::AlreadyExists { reason: "NOTICE_POSTED", existing });
    }
    let today = day_of(at)?;
    if asked.posted_on < today {
        let en = format!("a notice is recorded until the day it is posted, and today is {today}");
        let zh = format!("公示须在张贴当日或之前登记，今日为 {today}");
        let refusal = Refusal::new("NOTICE_BACKDATED", en, zh).with("today", today.to_string());
        return Err(AppError::Refused(refusal));
    }
    let calendars = Calendars::known(tx, county, at).await?;
    let (ends_on, used) = calendars.after(asked.posted_on, rule.days, rule.of)?;
    let named: Vec<NamedEdition> = used.into_iter().map(super::calendar::Edition::named).collect();
    let calendar = if named.is_empty() {
        String::new()
    } else {
        serde_json::to_string(&named).map_err(|why| AppError::Internal(why.to_string()))?
    };
    let notice = NoticeRecord {
        run_id: run_id.to_owned(),
        posted_on: asked.posted_on,
        ends_on,
        days: rule.days.into(),
        days_of: rule.of,
        calendar,
        object_to: asked.object_to.clone(),
        recorded: at,
        recorded_by: call.principal.clone(),
        request_id: call.request_id.clone(),
    };
    tx.insert_notice(county, &notice).await?;
    Ok(notice)
}

/// What posting changed, for the audit trail.
pub(super) fn notice_effect(it: &NoticeRecord) -> Effect {
    let days = [it.posted_on, it.ends_on].map(|it| it.to_string());
    let count = it.days.to_be_bytes();
    let parts = [
        days[0].as_bytes(),
        days[1].as_bytes(),
        count.as_slice(),
        it.days_of.word().as_bytes(),
        it.calendar.as_bytes(),
        it.object_to.as_bytes(),
    ];
    Effect { subject: format!("notice/{}", it.run_id), digest: digest(&parts) }
}

/// What an objection changed, for the audit trail.
pub(super) fn objection_effect(it: &NoticeObjection) -> Effect {
    let day = it.raised_on.to_string();
    let parts = [
        it.subject.as_bytes(),
        it.text.as_bytes(),
        it.raised_by.as_bytes(),
        day.as_bytes(),
        it.evidence.as_bytes(),
    ];
    let subject = format!("notice/{}/objection/{}", it.run_id, it.number);
    Effect { subject, digest: digest(&parts) }
}

/// What an answer changed, for the audit trail.
pub(super) fn answer_effect((run_id, number): (&str, i64), it: &NoticeAnswer) -> Effect {
    let parts = [
        it.verdict.word().as_bytes(),
        it.text.as_bytes(),
        it.answered_by.as_bytes(),
        it.evidence.as_bytes(),
    ];
    let subject = format!("notice/{run_id}/answer/{number}");
    Effect { subject, digest: digest(&parts) }
}

/// All notices and objections of a county, for proofs and exports.
///
/// # Errors
/// Those of the store.
pub(super) async fn all(
    tx: &mut dyn ReadTx,
    county: &str,
) -> Result<(Vec<NoticeRecord>, Vec<NoticeObjection>), StoreError> {
    let mut notices: Vec<NoticeRecord> = Vec::new();
    loop {
        let after = notices.last().map_or_else(String::new, |it| it.run_id.clone());
        let page = tx.notice_page(county, &after, PAGE).await?;
        let done = page.is_empty();
        notices.extend(page);
        if done {
            break;
        }
    }
    let mut objections: Vec<NoticeObjection> = Vec::new();
    loop {
        let last = objections.last().map(|it| (it.run_id.clone(), it.number));
        let after = last.unwrap_or_default();
        let page = tx.notice_objections(county, (&after.0, after.1), PAGE).await?;
        if page.is_empty() {
            return Ok((notices, objections));
        }
        objections.extend(page);
    }
}
