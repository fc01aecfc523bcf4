//! The notes of point schedules, and of two places in one period, in words.

use super::{
    note::Note,
    words::{Words, known, shown, window_zh, words},
};
use crate::domain::scheme::SeveralPlaces;

/// What became of a compound's items.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other notes are told elsewhere")]
pub(super) fn schedules(note: &Note) -> Option<Words> {
    Some(match note {
        Note::ScheduleBy { compound, version, from } => words(
            format!("{compound}: version {version} of its point schedule, from {from}"),
            format!("{compound}：积分细则第 {version} 版，自 {from} 起"),
        ),
        Note::ItemOf { item, entries, sum, total } => words(
            format!(
                "{item}: {entries} entries add up to {}, {} after caps",
                shown(sum),
                shown(total)
            ),
            format!("{item}：{entries} 条记录合计 {}，限额后 {}", shown(sum), shown(total)),
        ),
        Note::ItemCut { item, per, window, total, held, version } => {
            let (total, name) = (shown(total), per.name());
            words(
                format!(
                    "{item}, {window}: {total} is held to {held} by the cap per {name} of version {version}"
                ),
                format!(
                    "{item}，{window}：合计 {total}，按第 {version} 版{}上下限计 {held}",
                    window_zh(*per)
                ),
            )
        }
        Note::ItemHeld { item, entries, least, most } => words(
            format!("{item}: {entries} entries are held to {least}..{most} points by the scheme"),
            format!("{item}：{entries} 条记录按评分办法每次 {least} 至 {most} 分计"),
        ),
        Note::ItemTier { item, sum, points } => words(
            format!("{item}: {} times come to {points} by tiers", shown(sum)),
            format!("{item}：累计 {} 次，按档计 {points}", shown(sum)),
        ),
        Note::InAllCut { compound, total, held } => words(
            format!("{compound}: {} in all is held to {held}", shown(total)),
            format!("{compound}：各项合计 {}，按总额上下限计 {held}", shown(total)),
        ),
        Note::NotScheduled { item, entries } => words(
            format!("{item}: {entries} entries of days on which the schedule did not list it"),
            format!("{item}：{entries} 条记录当日细则未列该项，未计入"),
        ),
        Note::NotConfirmed { item, entries } => words(
            format!("{item}: {entries} entries nobody else has confirmed"),
            format!("{item}：{entries} 条记录未经第二人核实，未计入"),
        ),
        Note::EntryRefused { item, entries } => words(
            format!("{item}: {entries} entries were refused"),
            format!("{item}：{entries} 条记录核实未通过，未计入"),
        ),
        Note::OutsideStays { entries } => words(
            format!(
                "{entries} entries of days on which the member lived in none of these compounds"
            ),
            format!("{entries} 条记录当日不在上述小区居住，未计入"),
        ),
        Note::NoSchedule { compound } => words(
            format!("{compound}: no point schedule was in force"),
            format!("{compound}：没有生效的积分细则"),
        ),
        _ => return None,
    })
}

/// Where the member belonged.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other notes are told elsewhere")]
pub(super) fn places(note: &Note) -> Option<Words> {
    Some(match note {
        Note::StayOf { compound, days, value } => {
            let value = known(value.as_ref());
            words(
                format!("{compound}: {value}, {days} days of the period"),
                format!("{compound}：{value}，居住 {days} 天"),
            )
        }
        Note::DaysWithout { days } => words(
            format!("{days} days of the period without a compound"),
            format!("本周期有 {days} 天没有居住小区"),
        ),
        Note::UnitOf { unit, days, raw, full } => words(
            format!("{unit}: {raw} of {full} reported, {days} days of the period"),
            format!("{unit}：上报 {raw}，满分 {full}，所属 {days} 天"),
        ),
        Note::UnitSilent { unit, days } => words(
            format!("{unit}: nothing reported, {days} days of the period"),
            format!("{unit}：没有上报，所属 {days} 天"),
        ),
        Note::PlacesCombined { several, days } => match several {
            SeveralPlaces::Last => {
                words("the place of the last day counts".to_owned(), "以最后所在为准".to_owned())
            }
            SeveralPlaces::Best => words("the best counts".to_owned(), "取最高".to_owned()),
            SeveralPlaces::ProratedByDays => words(
                format!("each by its share of {days} days"),
                format!("按天数占 {days} 天的比例折算"),
            ),
        },
        _ => return None,
    })
}
