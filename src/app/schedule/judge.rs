//! Which adoptions and retirements a county's state lets in.

use super::{
    AdoptSchedule,
    check::{beyond, field_faults, takers},
    last_day, name_of,
};
use crate::{
    app::{
        AppError, Refusal,
        registry::{BranchForm, Detail, Record, RecordKind, as_of},
        scheme::Plans,
    },
    domain::time::{Day, Moment},
    store::{ScheduleHeader, StoreTx},
};

/// The adoption that was recorded already, if it is this one.
///
/// # Errors
/// `SCHEDULE_EXISTS`: the version was adopted, and not so.
pub(super) async fn same(
    tx: &mut dyn StoreTx,
    county: &str,
    new: &ScheduleHeader,
    at: Moment,
) -> Result<Option<ScheduleHeader>, AppError> {
    let found = tx.schedule(county, &new.compound, new.version, at).await?;
    let Some((there, _)) = found else { return Ok(None) };
    // When, by whom and on what request it was recorded, and its end, make no other adoption of it.
    let mut again = there.clone();
    again.adopted = new.adopted;
    again.adopted_by.clone_from(&new.adopted_by);
    again.request_id.clone_from(&new.request_id);
    again.retired = None;
    if again == *new {
        return Ok(Some(there));
    }
    let existing = name_of(&new.compound, new.version);
    Err(AppError::AlreadyExists { reason: "SCHEDULE_EXISTS", existing })
}

/// Versions follow each other, compound and branch are there, the document keeps within what the
/// schemes of its first day say, and enough members were present and in favour.
pub(super) async fn may_adopt(
    tx: &mut dyn StoreTx,
    county: &str,
    asked: &AdoptSchedule,
    at: Moment,
    plans: &Plans,
) -> Result<(), AppError> {
    let schedule = asked.document.schedule();
    let latest = tx.schedule(county, &schedule.compound, 0, at).await?.map(|it| it.0);
    follows(asked, latest.as_ref())?;
    parties(tx, county, asked, at).await?;
    let from = schedule.in_force.from;
    let takers = takers(plans, tx, county, from).await?;
    if takers.is_empty() {
        let en =
            format!("no scheme about members that is in force on {from} takes point schedules");
        let zh = format!("{from} 有效的党员评分办法均不采用积分细则");
        return Err(AppError::refused("SCHEDULES_NOT_TAKEN", en, zh));
    }
    let faults = beyond(&takers, schedule);
    if !faults.is_empty() {
        return Err(AppError::Invalid(field_faults(&faults)));
    }
    for bounds in takers.iter().filter_map(|it| it.scheme().scheduled()) {
        asked.meeting.enough(&bounds.adoption)?;
    }
    Ok(())
}

/// A version is the next one, and begins after the one before it.
fn follows(asked: &AdoptSchedule, latest: Option<&ScheduleHeader>) -> Result<(), AppError> {
    let schedule = asked.document.schedule();
    let (compound, version) = (&schedule.compound, schedule.version);
    let expected = latest.map_or(1, |it| it.version.saturating_add(1));
    if i64::from(version) != expected {
        let en = format!("the next version of `{compound}` is {expected}, and this is {version}");
        let zh = format!("小区 {compound} 的下一版本号应为 {expected}，所报为 {version}");
        let refusal = Refusal::new("VERSION_EXPECTED", en, zh);
        return Err(AppError::Refused(refusal.with("expected", expected.to_string())));
    }
    let Some(latest) = latest else { return Ok(()) };
    let (from, before) = (schedule.in_force.from, latest.in_force_from);
    if from <= before {
        let en = format!("version {} begins on {before}, and this one on {from}", latest.version);
        let zh = format!("第 {} 版自 {before} 起施行，新版须晚于该日", latest.version);
        let refusal = Refusal::new("IN_FORCE_ORDER", en, zh);
        return Err(AppError::Refused(refusal.with("after", before.to_string())));
    }
    Ok(())
}

/// The compound is registered on the first day in force, and the branch, on the day of its meeting,
/// is one of the compound's. A joint branch serves the compound in which it lies and those that it
/// joins (I2).
async fn parties(
    tx: &mut dyn StoreTx,
    county: &str,
    asked: &AdoptSchedule,
    at: Moment,
) -> Result<(), AppError> {
    let schedule = asked.document.schedule();
    let (compound, from) = (&schedule.compound, schedule.in_force.from);
    let ids = [compound.clone()];
    let kind = RecordKind::Compound.word();
    if tx.registered(county, kind, &ids, as_of(from, at)).await?.is_empty() {
        let en = format!("no compound `{compound}` is registered on {from}");
        let zh = format!("{from} 没有登记小区 {compound}");
        return Err(AppError::refused("COMPOUND_UNKNOWN", en, zh));
    }
    let met_on = asked.meeting.met_on;
    let ids = [asked.branch.clone()];
    let kind = RecordKind::Branch.word();
    for found in tx.registered(county, kind, &ids, as_of(met_on, at)).await? {
        if serves(&Record::from_version(&found.version)?.detail, compound) {
            return Ok(());
        }
    }
    let branch = &asked.branch;
    let en = format!(
        "on {met_on} `{branch}` is no compound branch, party group or joint branch of `{compound}`"
    );
    let zh = format!("{met_on} 的 {branch} 不是小区 {compound} 的党支部、党小组或联合党支部");
    Err(AppError::refused("BRANCH_NOT_OF_COMPOUND", en, zh))
}

/// Whether a branch may adopt the schedule of a compound.
fn serves(detail: &Detail, compound: &str) -> bool {
    let Detail::Branch { anchor, form, joins } = detail else { return false };
    let there = anchor.kind == RecordKind::Compound && anchor.id == compound;
    match form {
        BranchForm::CompoundBranch | BranchForm::PartyGroup => there,
        BranchForm::JointBranch => there || joins.iter().any(|it| it == compound),
        BranchForm::UnitBranch | BranchForm::GeneralBranch | BranchForm::PartyCommittee => false,
    }
}

/// Whether a version may be ended on a day, `next` being the version after it.
pub(super) fn may_retire(
    header: &ScheduleHeader,
    next: Option<&ScheduleHeader>,
    day: Day,
) -> Result<(), AppError> {
    if let Some(retired) = &header.retired {
        let en = format!("it has been retired already, with {} as its last day", retired.last_day);
        return Err(AppError::refused("SCHEDULE_RETIRED", en, "该版本已停止使用"));
    }
    if day < header.in_force_from {
        let en = format!("it is in force from {} on", header.in_force_from);
        return Err(AppError::refused("RETIRE_BEFORE_FORCE", en, "停用日早于生效日"));
    }
    if let Some(until) = last_day(header).filter(|it| day > *it) {
        let en = format!("it ends on {until} by itself");
        return Err(AppError::refused("RETIRE_AFTER_FORCE", en, "停用日晚于有效期截止日"));
    }
    if let Some(next) = next.filter(|it| day >= it.in_force_from) {
        let (version, from) = (next.version, next.in_force_from);
        let en = format!("version {version} takes its place on {from}");
        let zh = format!("自 {from} 起已由第 {version} 版取代");
        return Err(AppError::refused("RETIRE_AFTER_FORCE", en, zh));
    }
    Ok(())
}
