//! The explanation in words, Chinese and English.

use super::{
    note::Note, outcome::Reason, proposed::line_words, report::SubjectResult, roll_up::part_words,
};
use crate::domain::{
    exact::{Exact, RoundingMode},
    facts::{HolderVeto, StateKind},
    scheme::{Combine, CompareWith, Comparison, ResultsOf, Scheme, Test},
    time::Window,
};

/// One sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

pub(super) const fn words(en: String, zh: String) -> Words {
    Words { en, zh }
}

/// An exact value as it is shown: a terminating decimal as it is, anything else rounded to 4
/// places half-up and marked with `≈`.
pub(crate) fn shown(value: &Exact) -> String {
    if value.is_decimal(12) {
        value.exact_text()
    } else {
        format!("≈{}", value.text(4, RoundingMode::HalfUp))
    }
}

pub(super) fn known(value: Option<&Exact>) -> String {
    value.map_or_else(|| "—".to_owned(), shown)
}

const fn symbol(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::AtLeast => "≥",
        Comparison::Above => ">",
        Comparison::AtMost => "≤",
        Comparison::Below => "<",
    }
}

pub(super) const fn window_zh(window: Window) -> &'static str {
    match window {
        Window::Day => "每日",
        Window::Month => "每月",
        Window::Quarter => "每季度",
        Window::Half => "每半年",
        Window::Year => "每年",
    }
}

const fn state_zh(kind: StateKind) -> &'static str {
    match kind {
        StateKind::NotSubmitted => "未报送",
        StateKind::NotApplicable => "不适用",
        StateKind::Excused => "已豁免",
    }
}

const fn combine_words(combine: Combine) -> (&'static str, &'static str) {
    match combine {
        Combine::Average => ("their mean", "取平均"),
        Combine::Weighted => ("their weighted mean", "加权平均"),
        Combine::Best => ("the best", "取最高"),
        Combine::Worst => ("the worst", "取最低"),
        Combine::Sum => ("their sum", "求和"),
    }
}

/// A reason as a sentence.
pub fn reason_words(reason: &Reason, scheme: &Scheme) -> Words {
    let title = |id: &str| {
        let node = scheme.nodes.iter().find(|it| it.id == id).map(|it| it.title.as_str());
        let veto = || scheme.vetoes.iter().find(|it| it.id == id).map(|it| it.title.as_str());
        let grade = || scheme.grades.iter().find(|it| it.id == id).map(|it| it.title.as_str());
        let found = node.or_else(veto).or_else(grade).filter(|it| !it.is_empty());
        found.unwrap_or(id).to_owned()
    };
    match reason {
        Reason::Missing { node, state, reason } => {
            let why = reason.as_ref().map(|it| format!(": {it}")).unwrap_or_default();
            let en = state.map(|it| format!(" ({}{why})", it.name())).unwrap_or_default();
            let zh = state.map(|it| format!("（{}{why}）", state_zh(it))).unwrap_or_default();
            words(
                format!("`{node}` is missing{en}: missing is not zero"),
                format!("{}（{node}）缺失{zh}，缺失不等于零分", title(node)),
            )
        }
        Reason::Veto { item, records } => {
            let count = records.len();
            let of = records.iter().filter_map(|it| it.of_holder.as_ref());
            let en =
                |it: &HolderVeto| format!("; `{}` is about the holder, `{}`", it.fact, it.member);
            let zh = |it: &HolderVeto| format!("；{} 为任职人 {} 本人记录", it.fact, it.member);
            let (en, zh): (String, String) = of.map(|it| (en(it), zh(it))).unzip();
            words(
                format!("the veto `{item}` is in force ({count} record(s)){en}"),
                format!("一票否决：{}（{item}）生效，记录 {count} 条{zh}", title(item)),
            )
        }
        Reason::TieOpen { grade, group } => words(
            format!(
                "equal in every key at the line of `{grade}` in {group}: a recorded decision is needed"
            ),
            format!(
                "在 {group} 的{}（{grade}）名额线上各项并列，须由有权一级作出决定并记录",
                title(grade)
            ),
        ),
        Reason::SeatsExhausted { grade } => words(
            format!("qualifies for `{grade}`, and no seat of it was left"),
            format!("符合{}（{grade}）条件，但名额已满", title(grade)),
        ),
        Reason::HonoursBarred { facts } => {
            let named = facts.join(", ");
            let because = if facts.is_empty() { String::new() } else { format!(": {named}") };
            let zh = if facts.is_empty() { String::new() } else { format!("（{named}）") };
            words(
                format!("not eligible for the honours of the period{because}"),
                format!("不具备本周期评先评优资格{zh}"),
            )
        }
    }
}

/// The grade just above the one that was given, and why it was not: its line was not reached, or a
/// condition of it did not hold, or it had no seat left. Nothing for the top grade, and without one.
pub fn missed_grade(result: &SubjectResult, scheme: &Scheme) -> Option<Words> {
    let given = result.grade.as_ref()?;
    let position = scheme.grades.iter().position(|it| it.id == *given)?;
    let above = scheme.grades.get(position.checked_sub(1)?)?;
    let score = result.score.as_ref()?;
    let places = scheme.nodes.first().and_then(|it| it.round).map_or(2, |it| it.to);
    let shown = score.text(places, RoundingMode::HalfUp);
    let title = if above.title.is_empty() { &above.id } else { &above.title };
    let exhausted = result
        .reasons
        .iter()
        .any(|it| matches!(it, Reason::SeatsExhausted { grade } if *grade == above.id));
    let id = &above.id;
    Some(match above.at_least {
        _ if exhausted => {
            words(format!("`{id}` had no seat left"), format!("{title}（{id}）名额已满"))
        }
        Some(line) if *score < Exact::from(line) => words(
            format!("`{id}` begins at {line}: {shown} does not reach it"),
            format!("{title}（{id}）须 {line} 分及以上，得分 {shown}，未达到"),
        ),
        _ => words(
            format!("a condition of `{id}` does not hold, or a veto bars it"),
            format!("{title}（{id}）的条件不成立，或被一票否决限制"),
        ),
    })
}

/// A note as a sentence.
pub fn sentence(note: &Note, scheme: &Scheme) -> Words {
    entries(note)
        .or_else(|| super::schedule_words::schedules(note))
        .or_else(|| super::schedule_words::places(note))
        .or_else(|| super::post_words::posts(note))
        .or_else(|| evidence(note))
        .or_else(|| figures(note))
        .or_else(|| group(note))
        .unwrap_or_else(|| parts(note, scheme))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the other notes are told elsewhere")]
fn entries(note: &Note) -> Option<Words> {
    Some(match note {
        Note::Entries { entries, sum } => words(
            format!("{entries} entries add up to {} before caps", shown(sum)),
            format!("{entries} 条记录，封顶前合计 {}", shown(sum)),
        ),
        Note::EntriesHeld { entries, least, most } => words(
            format!("{entries} entries were held to {least}..{most} points each"),
            format!("{entries} 条记录按每条 {least} 至 {most} 分计"),
        ),
        Note::EntriesOutside { entries } => words(
            format!("{entries} entries are of days that do not count in the period"),
            format!("{entries} 条记录不在计分期内，未计入"),
        ),
        Note::CapCut { per, window, total, held } => words(
            format!("{window}: {} is held to {held} by the cap per {}", shown(total), per.name()),
            format!("{window} 合计 {}，按{}上下限计 {held}", shown(total), window_zh(*per)),
        ),
        Note::TierReached { sum, from, points } => words(
            format!("{} times reach the tier from {from}: {points}", shown(sum)),
            format!("累计 {} 次，达到 {from} 次档，计 {points}", shown(sum)),
        ),
        Note::TierMissed { sum, from, points } => words(
            format!("{} times do not reach the tier from {from} ({points})", shown(sum)),
            format!("累计 {} 次，未达 {from} 次档（{points}）", shown(sum)),
        ),
        _ => return None,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the other notes are told elsewhere")]
fn evidence(note: &Note) -> Option<Words> {
    Some(match note {
        Note::Role { role, sheets, value, weight } => words(
            format!("{role}: {} from {sheets} sheet(s), weight {weight}", shown(value)),
            format!("{role}：{sheets} 份打分表，得 {}，权重 {weight}", shown(value)),
        ),
        Note::RoleAbsent { role } => words(format!("{role}: no sheet"), format!("{role}：未打分")),
        Note::Replaced { role, by } => words(
            format!("{role}: an earlier sheet of `{by}` is replaced by a later one"),
            format!("{role}：{by} 较早的打分表由其后一份取代"),
        ),
        Note::Proposal { line } => line_words(line),
        Note::NotProposed => {
            words("no level has proposed a value".to_owned(), "各级均未提出分值".to_owned())
        }
        Note::Votes { valid, void, fraction } => words(
            format!("{valid} valid ballots ({void} void) come to {} of full", shown(fraction)),
            format!("有效票 {valid} 张（无效 {void} 张），折合满分的 {}", shown(fraction)),
        ),
        Note::Turnout { cast, eligible, least, enough } if cast <= eligible => {
            let (en, zh) = if *enough { ("enough", "达到") } else { ("too few", "未达到") };
            words(
                format!("{cast} of {eligible} eligible voted: {en}, at least {least} is needed"),
                format!("应参评 {eligible} 人，投票 {cast} 张，{zh}参评率 {least}"),
            )
        }
        Note::Turnout { cast, eligible, .. } => words(
            format!("{cast} voted, and only {eligible} were eligible: the turnout is not known"),
            format!("投票 {cast} 张，多于应参评 {eligible} 人，参评率无从认定"),
        ),
        Note::EligibleUnknown { least } => words(
            format!("how many were eligible is not stated, and a turnout of {least} is needed"),
            format!("未注明应参评人数，而参评率须达到 {least}"),
        ),
        Note::TooFew { have, least } => words(
            format!("{have} is fewer than the least number of {least}"),
            format!("仅 {have}，少于最低数 {least}"),
        ),
        Note::Channel { channel, satisfied, answered } => words(
            format!("{channel}: {satisfied} of {answered} are satisfied"),
            format!("{channel}：答复 {answered}，满意 {satisfied}"),
        ),
        Note::ChannelAbsent { channel } => {
            words(format!("{channel}: no answers"), format!("{channel}：无答复"))
        }
        Note::Imported { raw, full } => {
            words(format!("{raw} of {full} reported"), format!("上报 {raw}，满分 {full}"))
        }
        Note::NothingReported => words("nothing was reported".to_owned(), "没有上报".to_owned()),
        Note::Results { count, combine } => {
            let (en, zh) = combine_words(*combine);
            words(
                format!("{count} published result(s), {en}"),
                format!("已发布结果 {count} 项，{zh}"),
            )
        }
        Note::Listed { part } => part_words(part),
        Note::NoResult { of: ResultsOf::Projects } => words(
            "no project that is its own on the period's last day has a published result".to_owned(),
            "期末在管项目中没有已公布的结果".to_owned(),
        ),
        Note::NoResult { of } => words(
            format!("there is no published result (of {})", of.name()),
            format!("没有已发布的结果（{}）", of.name()),
        ),
        _ => return None,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the other notes are told elsewhere")]
fn figures(note: &Note) -> Option<Words> {
    Some(match note {
        Note::Metric { name, value } => {
            words(format!("{name} = {}", shown(value)), format!("{name} = {}", shown(value)))
        }
        Note::MetricMissing { name } => {
            words(format!("{name} was not reported"), format!("{name} 未上报"))
        }
        Note::RatioByZero { per } => {
            words(format!("{per} is 0: there is no ratio"), format!("{per} 为 0，无法求比值"))
        }
        Note::Band { at_least: Some(limit), points } => words(
            format!("the band from {limit}: {points}"),
            format!("落在 {limit} 及以上一档，计 {points}"),
        ),
        Note::Band { at_least: None, points } => {
            words(format!("the lowest band: {points}"), format!("落在最低一档，计 {points}"))
        }
        Note::BandMissed { at_least, points } => words(
            format!("the band from {at_least} ({points}) is not reached"),
            format!("未达到 {at_least} 一档（{points}）"),
        ),
        Note::Knots { from, to } if from == to => words(
            format!("held at the end ({}, {})", from.0, from.1),
            format!("取端点（{}，{}）", from.0, from.1),
        ),
        Note::Knots { from, to } => words(
            format!("between ({}, {}) and ({}, {})", from.0, from.1, to.0, to.1),
            format!("在（{}，{}）与（{}，{}）之间线性取值", from.0, from.1, to.0, to.1),
        ),
        Note::Holds { what, holds } => words(
            format!("{what}: {}", if *holds { "yes" } else { "no" }),
            format!("{what}：{}", if *holds { "是" } else { "否" }),
        ),
        _ => return None,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the other notes are told elsewhere")]
fn group(note: &Note) -> Option<Words> {
    Some(match note {
        Note::Compared { own, with, group, value } => {
            let (en, zh) = match with {
                CompareWith::Best => ("best", "最高"),
                CompareWith::Mean => ("mean", "平均"),
            };
            words(
                format!("{} by the {en} of its {group}, {}", shown(own), shown(value)),
                format!("本对象 {}，所在 {group} {zh} {}", shown(own), shown(value)),
            )
        }
        Note::Place { place, group, points: Some(points) } => words(
            format!("place {place} in its {group}: {points}"),
            format!("在所属 {group} 列第 {place} 位，计 {points}"),
        ),
        Note::Place { place, group, points: None } => words(
            format!("place {place} in its {group}, which has no points of its own"),
            format!("在所属 {group} 列第 {place} 位，按其余名次计"),
        ),
        _ => return None,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the other notes are told elsewhere")]
fn parts(note: &Note, scheme: &Scheme) -> Words {
    match note {
        Note::Asked { what, test: Test { comparison, limit }, value, holds } => {
            let what = node_name(what, scheme);
            let (sign, value) = (symbol(*comparison), known(value.as_ref()));
            let (en, zh) =
                if *holds { ("holds", "成立") } else { ("does not hold", "不成立") };
            words(
                format!("{what} {sign} {limit} {en}: it is {value}"),
                format!("{what} {sign} {limit} {zh}：实为 {value}"),
            )
        }
        Note::Part { id, value, weight } => {
            let weight = weight.as_ref().map(|it| it.times(&Exact::whole(100)));
            let weight = known(weight.and_then(Result::ok).as_ref());
            words(
                format!("{id}: {} at {weight}%", known(value.as_ref())),
                format!("{id}：{}，权重 {weight}%", known(value.as_ref())),
            )
        }
        Note::PartOut { id } => words(format!("{id} is left out"), format!("{id} 不计入")),
        Note::PartMissing { id } => words(format!("{id} is missing"), format!("{id} 缺失")),
        Note::Dropped { id, value } => words(
            format!("{id} ({}) is dropped", shown(value)),
            format!("{id}（{}）按规则去掉", shown(value)),
        ),
        Note::Base { base } => words(format!("base {base}"), format!("基础分 {base}")),
        Note::Clamped { from, to } => words(
            format!("{} is held to {to}", shown(from)),
            format!("{} 按上下限计 {to}", shown(from)),
        ),
        Note::Rounded { from, to, mode } => words(
            format!("{} is rounded to {to} ({mode})", shown(from)),
            format!("{} 取舍为 {to}（{mode}）", shown(from)),
        ),
        Note::ReplacedBy { value } => words(
            format!("missing, and by the scheme worth {value}"),
            format!("缺失，按评分办法计 {value}"),
        ),
        Note::State { kind, reason } => {
            let why = reason.as_ref().map(|it| format!(": {it}")).unwrap_or_default();
            words(format!("{}{why}", kind.name()), format!("{}{why}", state_zh(*kind)))
        }
        Note::VetoHeld { item, from, to } => words(
            format!("the veto `{item}` holds {} down to {}", shown(from), shown(to)),
            format!("一票否决 {item}：由 {} 降为 {}", shown(from), shown(to)),
        ),
        _ => words(String::new(), String::new()),
    }
}

/// `node #3` as the node's id.
fn node_name(what: &str, scheme: &Scheme) -> String {
    let index = what.strip_prefix("node #").and_then(|it| {
        let digits = it.bytes().all(|it| it.is_ascii_digit());
        digits.then(|| scheme.nodes.iter().enumerate().find(|(at, _)| at.to_string() == it))
    });
    index.flatten().map_or_else(|| what.to_owned(), |(_, node)| node.id.clone())
}
