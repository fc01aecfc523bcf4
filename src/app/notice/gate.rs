//! What stands between a run and its publication.

use super::{day_of, objection};
use crate::{
    app::{
        AppError, Refusal,
        run::{compile, period_of},
    },
    domain::{
        scheme::{NoticeRule, Scheme},
        time::Moment,
    },
    store::{NoticeObjection, NoticeRecord, NoticeVerdict, RunRecord, StoreTx},
};

/// The most numbers that a refusal names.
const NAMED_MAX: usize = 20;

/// The notice that a run needs before it is published: that of its own version; so that another version
/// is no way round it, that of the version in force on the last day of its period; and where the run
/// that is published now was shown to the public, a notice like that one's.
///
/// # Errors
/// Those of the store.
pub(super) async fn asked(
    tx: &mut dyn StoreTx,
    county: &str,
    (run, scheme): (&RunRecord, &Scheme),
) -> Result<Option<NoticeRule>, AppError> {
    if scheme.notice.is_some() {
        return Ok(scheme.notice);
    }
    let last_day = period_of(&run.period)?.last_day();
    let in_force = tx.scheme_in_force(county, &run.scheme_id, last_day).await?;
    if let Some((header, document)) = in_force
        && header.version != run.version
        && let Some(rule) = compile(&document)?.scheme().notice
    {
        return Ok(Some(rule));
    }
    let Some(held) = tx.published_run(county, &run.scheme_id, &run.period).await? else {
        return Ok(None);
    };
    let shown = tx.notice(county, &held.run_id).await?;
    let days = |it: i64| u32::try_from(it).unwrap_or(u32::MAX);
    Ok(shown.map(|it| NoticeRule { days: days(it.days), of: it.days_of }))
}

/// Refuses to publish a run whose scheme asks for a notice, as long as the notice is not over with
/// nothing left to do. Runs that supersede are held to it like the first one: what the public saw is
/// not changed without being shown.
///
/// # Errors
/// `NOTICE_MISSING`, or the first of [`blockers`]; all remembered for the request id.
pub(in crate::app) async fn may_publish(
    tx: &mut dyn StoreTx,
    county: &str,
    (run, scheme): (&RunRecord, &Scheme),
    at: Moment,
) -> Result<(), AppError> {
    if asked(tx, county, (run, scheme)).await?.is_none() {
        return Ok(());
    }
    let Some(notice) = tx.notice(county, &run.run_id).await? else {
        let en = format!("`{}` is published after a public notice, and none is posted", run.run_id);
        let zh = format!("批次 {} 须先公示，尚未张贴公示", run.run_id);
        return Err(Refusal::new("NOTICE_MISSING", en, zh).remembered().into());
    };
    let objections = objection::of_run(tx, county, &run.run_id).await?;
    let first = blockers(&notice, &objections, at)?.into_iter().next();
    first.map_or(Ok(()), |it| Err(it.remembered().into()))
}

/// Why the run of a notice cannot be published at a moment: `NOTICE_RUNNING`, `OBJECTION_OPEN`,
/// `OBJECTION_UPHELD`, as many of them as there are.
///
/// # Errors
/// The moment is out of the calendar.
pub(super) fn blockers(
    notice: &NoticeRecord,
    objections: &[NoticeObjection],
    at: Moment,
) -> Result<Vec<Refusal>, AppError> {
    let mut found = Vec::new();
    let today = day_of(at)?;
    // The last day is over with its last microsecond.
    if today <= notice.ends_on {
        let ends_on = notice.ends_on.to_string();
        let en = format!("the public notice lasts until the end of {ends_on}");
        let zh = format!("公示至 {ends_on} 止，期满后方可公布");
        found.push(Refusal::new("NOTICE_RUNNING", en, zh).with("ends_on", ends_on));
    }
    let open = numbers(objections, |it| it.answer.is_none());
    if !open.is_empty() {
        let en = format!("objections are not answered yet: {open}");
        let zh = format!("尚有异议未答复：{open}");
        found.push(Refusal::new("OBJECTION_OPEN", en, zh).with("objections", open));
    }
    let upheld = numbers(objections, |it| {
        it.answer.as_ref().is_some_and(|it| it.verdict == NoticeVerdict::Upheld)
    });
    if !upheld.is_empty() {
        let en = format!("objections were upheld, so that a new run is needed: {upheld}");
        let zh = format!("异议成立，须重新计算并另行公示：{upheld}");
        found.push(Refusal::new("OBJECTION_UPHELD", en, zh).with("objections", upheld));
    }
    Ok(found)
}

/// The numbers of some objections, as `1, 4`.
fn numbers(objections: &[NoticeObjection], of: impl Fn(&&NoticeObjection) -> bool) -> String {
    let all: Vec<_> = objections.iter().filter(of).map(|it| it.number.to_string()).collect();
    let more = if all.len() > NAMED_MAX { ", …" } else { "" };
    let named: Vec<_> = all.into_iter().take(NAMED_MAX).collect();
    named.join(", ") + more
}
