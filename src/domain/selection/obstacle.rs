//! What stands in the way of a step: a stable code, the rule, and a sentence in both languages.

use super::{Action, Phase, Stage, StepKind};
use crate::domain::time::Day;

/// One thing in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The selection is in a phase that has no such action.
    Closed(Phase),
    /// The list was shown: nobody comes in any more (F9).
    NoRefill,
    /// The branch was not counted when the selection was opened (F4).
    NotOnRoster,
    /// The branch never applied (F2).
    NotApplied,
    /// Another branch of the compound applied.
    CompoundApplied(String),
    /// The candidate's stage has no such action (F12).
    StepOutOfOrder(Stage, Action),
    /// The last day of the step is over, and nothing was extended (F12).
    DeadlinePassed(StepKind, Day),
    /// A form of the step is not among the papers (F12).
    FormMissing(String, String),
    /// Items of the veto list are in force about the compound.
    Vetoed(Vec<String>),
    /// No results were taken that rank the candidates (F10).
    RankingMissing,
    /// The compound's result does not reach what the document asks for (F10).
    CriteriaNotMet(&'static str, Option<String>),
    /// More than a street's, or the county's, seats (F1, F4, F5).
    QuotaExceeded {
        /// The street; none: the county.
        street: Option<String>,
        /// Its seats.
        seats: u64,
        /// How many are taken.
        taken: u64,
        /// How many were asked for besides.
        asked: u64,
    },
    /// Others are equal to it, and nobody decided (F11).
    TieOpen(Vec<String>),
    /// Others stand before it, and no reason was given (F4).
    PassedOverUnexplained(Vec<String>),
    /// The same hands acted on it at another step.
    SameHands(StepKind),
    /// Candidates are between the recommendation and the decision.
    CandidatesPending(Vec<String>),
    /// Nobody is approved.
    NobodyApproved,
    /// No notice is posted (F8).
    NoticeMissing,
    /// The notice is not over (F8).
    NoticeRunning(Day),
    /// Reports are being checked (F9).
    ReportOpen(Vec<u32>),
}

impl Obstacle {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Closed(_) => "SELECTION_CLOSED",
            Self::NoRefill => "NO_REFILL",
            Self::NotOnRoster => "NOT_ON_ROSTER",
            Self::NotApplied => "NOT_APPLIED",
            Self::CompoundApplied(_) => "COMPOUND_APPLIED",
            Self::StepOutOfOrder(..) => "STEP_OUT_OF_ORDER",
            Self::DeadlinePassed(..) => "DEADLINE_PASSED",
            Self::FormMissing(..) => "FORM_MISSING",
            Self::Vetoed(_) => "CANDIDATE_VETOED",
            Self::RankingMissing => "RANKING_MISSING",
            Self::CriteriaNotMet(..) => "CRITERIA_NOT_MET",
            Self::QuotaExceeded { .. } => "QUOTA_EXCEEDED",
            Self::TieOpen(_) => "TIE_OPEN",
            Self::PassedOverUnexplained(_) => "PASSED_OVER_UNEXPLAINED",
            Self::SameHands(_) => "SEPARATION_OF_DUTIES",
            Self::CandidatesPending(_) => "CANDIDATES_PENDING",
            Self::NobodyApproved => "NOBODY_APPROVED",
            Self::NoticeMissing => "NOTICE_MISSING",
            Self::NoticeRunning(_) => "NOTICE_RUNNING",
            Self::ReportOpen(_) => "REPORT_OPEN",
        }
    }

    /// The rule that it stands in.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::NotApplied | Self::CompoundApplied(_) => "F2",
            Self::NotOnRoster | Self::PassedOverUnexplained(_) => "F4",
            Self::QuotaExceeded { street: Some(_), .. } => "F5",
            Self::QuotaExceeded { street: None, .. } => "F1",
            Self::CandidatesPending(_) | Self::NobodyApproved | Self::SameHands(_) => "F7",
            Self::NoticeMissing | Self::NoticeRunning(_) => "F8",
            Self::NoRefill | Self::ReportOpen(_) => "F9",
            Self::RankingMissing | Self::CriteriaNotMet(..) | Self::Vetoed(_) => "F10",
            Self::TieOpen(_) => "F11",
            Self::Closed(_)
            | Self::StepOutOfOrder(..)
            | Self::DeadlinePassed(..)
            | Self::FormMissing(..) => "F12",
        }
    }

    /// What it is, in English, without its particulars.
    pub const fn brief(&self) -> &'static str {
        match self {
            Self::Closed(_) => "the selection is not at this step",
            Self::NoRefill => "the list was shown to the public, and nobody comes in after it",
            Self::NotOnRoster => "the branch is not on the selection's roster",
            Self::NotApplied => "the branch has not applied",
            Self::CompoundApplied(_) => "another branch of the compound has applied",
            Self::StepOutOfOrder(..) => "the candidate is not at this step",
            Self::DeadlinePassed(..) => "the last day of the step is over",
            Self::FormMissing(..) => "a form is missing",
            Self::Vetoed(_) => "a veto is in force",
            Self::RankingMissing => "no results were taken that rank the candidates",
            Self::CriteriaNotMet(..) => "the criteria are not met",
            Self::QuotaExceeded { .. } => "more than there are seats",
            Self::TieOpen(_) => "equal to others, and nobody decided",
            Self::PassedOverUnexplained(_) => "others stand before it, and no reason is given",
            Self::SameHands(_) => "who acted at another step does not act at this one",
            Self::CandidatesPending(_) => "candidates are not decided on",
            Self::NobodyApproved => "nobody is approved",
            Self::NoticeMissing => "no notice is posted",
            Self::NoticeRunning(_) => "the notice is not over",
            Self::ReportOpen(_) => "reports are not answered",
        }
    }

    /// The same without the branches, and vetoes of their compounds, that a caller does not see.
    #[must_use]
    pub fn shown(
        mut self,
        sees_branch: impl Fn(&str) -> bool,
        sees_compound: impl Fn(&str) -> bool,
    ) -> Self {
        if let Self::CandidatesPending(all) | Self::TieOpen(all) = &mut self {
            all.retain(|it| sees_branch(it));
        }
        if let Self::Vetoed(items) = &mut self {
            // Of the whole list with their compounds before them, of a candidate alone.
            items.retain(|it| it.split_once(' ').is_none_or(|(of, _)| sees_compound(of)));
        }
        self
    }

    /// Whether all that it would name is not shown.
    const fn is_bare(&self) -> bool {
        match self {
            Self::CandidatesPending(all) | Self::TieOpen(all) | Self::Vetoed(all) => all.is_empty(),
            Self::Closed(_)
            | Self::NoRefill
            | Self::NotOnRoster
            | Self::NotApplied
            | Self::CompoundApplied(_)
            | Self::StepOutOfOrder(..)
            | Self::DeadlinePassed(..)
            | Self::FormMissing(..)
            | Self::RankingMissing
            | Self::CriteriaNotMet(..)
            | Self::QuotaExceeded { .. }
            | Self::PassedOverUnexplained(_)
            | Self::SameHands(_)
            | Self::NobodyApproved
            | Self::NoticeMissing
            | Self::NoticeRunning(_)
            | Self::ReportOpen(_) => false,
        }
    }

    /// The sentence in English.
    pub fn en(&self) -> String {
        match self {
            _ if self.is_bare() => self.brief().to_owned(),
            Self::Closed(phase) => {
                format!("the selection is `{}`, and this step belongs elsewhere", phase.word())
            }
            Self::CompoundApplied(branch) => {
                format!("branch `{branch}` of the same compound has applied")
            }
            Self::StepOutOfOrder(stage, action) => {
                format!("it is `{}`, which `{}` does not follow", stage.word(), action.word())
            }
            Self::DeadlinePassed(step, until) => {
                format!("the last day for `{}` was {until}, and none was extended", step.name())
            }
            Self::FormMissing(id, title) => {
                format!("the form `{id}` ({title}) is not among the papers")
            }
            Self::Vetoed(items) => format!("in force about its compound: {}", items.join(", ")),
            Self::CriteriaNotMet(status, grade) => match grade {
                Some(grade) => format!(
                    "its result is `{status}` with grade `{grade}`: not what the document asks for"
                ),
                None => format!("its result is `{status}` and has no grade"),
            },
            Self::QuotaExceeded { street, seats, taken, asked } => {
                let whose = match street {
                    Some(street) => format!("street `{street}` has"),
                    None => "the county has".to_owned(),
                };
                format!("{whose} {seats} seat(s), {taken} taken, and {asked} more were asked for")
            }
            Self::TieOpen(others) => format!(
                "equal in every key to {}: a recorded decision orders them",
                others.join(", ")
            ),
            Self::PassedOverUnexplained(others) => {
                format!("{} stand(s) before it: give a reason", others.join(", "))
            }
            Self::SameHands(step) => format!("the same hands acted at `{}`", step.name()),
            Self::CandidatesPending(who) => format!("not decided on yet: {}", who.join(", ")),
            Self::NoticeRunning(day) => format!("the notice lasts until the end of {day}"),
            Self::ReportOpen(all) => format!("reports are not answered: {}", numbers(all)),
            Self::NoRefill
            | Self::NotOnRoster
            | Self::NotApplied
            | Self::RankingMissing
            | Self::NobodyApproved
            | Self::NoticeMissing => self.brief().to_owned(),
        }
    }

    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Vetoed(all) if all.is_empty() => "名单中有小区存在生效的一票否决事项".to_owned(),
            Self::TieOpen(all) if all.is_empty() => {
                "与其他候选各项并列，须作出决定并记录".to_owned()
            }
            Self::CandidatesPending(all) if all.is_empty() => "尚有候选未审定".to_owned(),
            Self::Closed(phase) => format!("本次评选处于“{}”，不能办理此步骤", phase.zh()),
            Self::NoRefill => "名册已公示，名额不再递补".to_owned(),
            Self::NotOnRoster => "该党支部不在本次评选的名册之内".to_owned(),
            Self::NotApplied => "该党支部未申报".to_owned(),
            Self::CompoundApplied(branch) => format!("同一小区的党支部 {branch} 已申报"),
            Self::StepOutOfOrder(stage, _) => {
                format!("当前环节为“{}”，不能办理此步骤", stage.zh())
            }
            Self::DeadlinePassed(_, until) => format!("已过截止日期 {until}，且未登记延期"),
            Self::FormMissing(id, title) => format!("缺少{title}（{id}）"),
            Self::Vetoed(items) => format!("小区有生效的一票否决事项：{}", items.join("、")),
            Self::RankingMissing => "尚未采用评选得分排名".to_owned(),
            Self::CriteriaNotMet(..) => "评选得分未达到评选办法规定的等次".to_owned(),
            Self::QuotaExceeded { street, seats, taken, asked } => {
                let whose = street.as_ref().map_or("全县".to_owned(), |it| format!("街道 {it} "));
                format!("{whose}名额 {seats} 个，已用 {taken} 个，本次又报 {asked} 个")
            }
            Self::TieOpen(others) => {
                format!("与 {} 各项并列，须作出决定并记录", others.join("、"))
            }
            Self::PassedOverUnexplained(others) => {
                format!("{} 排名在前而未列入，须说明理由", others.join("、"))
            }
            Self::SameHands(_) => "同一候选的各环节须由不同的人办理".to_owned(),
            Self::CandidatesPending(who) => format!("尚未审定：{}", who.join("、")),
            Self::NobodyApproved => "没有审定通过的小区".to_owned(),
            Self::NoticeMissing => "尚未张贴公示".to_owned(),
            Self::NoticeRunning(day) => format!("公示至 {day} 止，期满后方可认定"),
            Self::ReportOpen(all) => format!("尚有反映未核查答复：{}", numbers(all)),
        }
    }
}

fn numbers(all: &[u32]) -> String {
    let all: Vec<_> = all.iter().map(ToString::to_string).collect();
    all.join(", ")
}
