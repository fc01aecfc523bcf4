//! The stages of a candidate and what leads from one to another: the only edges there are.

use super::StepKind;

/// How far a candidate has come (F2 to F9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The branch applied.
    Applied,
    /// The community sent the application back; it can come again.
    Returned,
    /// The community refused it.
    Refused,
    /// The community passed it.
    Passed,
    /// The street looked at the place.
    Reviewed,
    /// The street recommends it.
    Recommended,
    /// The selection group passed it.
    Examined,
    /// The selection group did not.
    Declined,
    /// The standing committee's members were asked.
    Consulted,
    /// The standing committee approved it.
    Approved,
    /// The standing committee did not.
    Rejected,
    /// It is under public notice.
    Noticed,
    /// The honour is its own.
    Confirmed,
    /// The candidacy or the honour was cancelled; the seat stays empty (F9).
    Cancelled,
    /// The branch left.
    Withdrawn,
}

impl Stage {
    /// All stages, in their order.
    pub const ALL: [Self; 15] = [
        Self::Applied,
        Self::Returned,
        Self::Refused,
        Self::Passed,
        Self::Reviewed,
        Self::Recommended,
        Self::Examined,
        Self::Declined,
        Self::Consulted,
        Self::Approved,
        Self::Rejected,
        Self::Noticed,
        Self::Confirmed,
        Self::Cancelled,
        Self::Withdrawn,
    ];

    /// The word of messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Returned => "returned",
            Self::Refused => "refused",
            Self::Passed => "passed",
            Self::Reviewed => "reviewed",
            Self::Recommended => "recommended",
            Self::Examined => "examined",
            Self::Declined => "declined",
            Self::Consulted => "consulted",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Noticed => "noticed",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The Chinese of it.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Applied => "已申报",
            Self::Returned => "退回补正",
            Self::Refused => "社区不同意",
            Self::Passed => "社区已同意",
            Self::Reviewed => "街道已实地评估",
            Self::Recommended => "街道已推荐",
            Self::Examined => "评选组已通过",
            Self::Declined => "评选组未通过",
            Self::Consulted => "已征求意见",
            Self::Approved => "常委会已审定",
            Self::Rejected => "常委会未通过",
            Self::Noticed => "公示中",
            Self::Confirmed => "已认定",
            Self::Cancelled => "已取消资格",
            Self::Withdrawn => "已撤回",
        }
    }

    /// The stage after an action; none where that action is not for it.
    pub const fn after(self, action: Action) -> Option<Self> {
        use Action as A;
        match (self, action) {
            (Self::Returned, A::Apply) => Some(Self::Applied),
            (Self::Applied, A::Pass) => Some(Self::Passed),
            (Self::Applied, A::Return) => Some(Self::Returned),
            (Self::Applied, A::Refuse) => Some(Self::Refused),
            (Self::Passed, A::Review) => Some(Self::Reviewed),
            (Self::Reviewed, A::Recommend) => Some(Self::Recommended),
            (Self::Recommended, A::Examine) => Some(Self::Examined),
            (Self::Recommended, A::Decline) => Some(Self::Declined),
            // Several are asked, one after the other.
            (Self::Examined | Self::Consulted, A::Consult) => Some(Self::Consulted),
            (Self::Consulted, A::Approve) => Some(Self::Approved),
            // Also whom a veto stopped on the way to the notice, which would wait for it.
            (Self::Examined | Self::Consulted | Self::Approved, A::Reject) => Some(Self::Rejected),
            (Self::Approved, A::Notice) => Some(Self::Noticed),
            (Self::Noticed, A::Confirm) => Some(Self::Confirmed),
            (Self::Noticed | Self::Confirmed, A::Cancel) => Some(Self::Cancelled),
            (
                Self::Applied
                | Self::Returned
                | Self::Passed
                | Self::Reviewed
                | Self::Recommended
                | Self::Examined
                | Self::Consulted
                | Self::Approved
                | Self::Noticed,
                A::Withdraw,
            ) => Some(Self::Withdrawn),
            _ => None,
        }
    }

    /// The stage of a branch after an action; `from` is none for one that never applied.
    pub const fn of(from: Option<Self>, action: Action) -> Option<Self> {
        match (from, action) {
            (None, Action::Apply) => Some(Self::Applied),
            (None, _) => None,
            (Some(from), action) => from.after(action),
        }
    }

    /// Whether nothing leads on from here.
    pub fn is_last(self) -> bool {
        Action::ALL.into_iter().all(|it| self.after(it).is_none())
    }
}

/// What is done to a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// The branch applies, or comes again.
    Apply,
    /// The branch leaves.
    Withdraw,
    /// The community passes.
    Pass,
    /// The community sends back.
    Return,
    /// The community refuses.
    Refuse,
    /// The street looks at the place.
    Review,
    /// The street recommends.
    Recommend,
    /// The selection group passes.
    Examine,
    /// The selection group does not.
    Decline,
    /// The standing committee's members are asked.
    Consult,
    /// The standing committee approves.
    Approve,
    /// The standing committee does not.
    Reject,
    /// The notice is posted.
    Notice,
    /// The honour is confirmed.
    Confirm,
    /// The candidacy or the honour is cancelled.
    Cancel,
}

impl Action {
    /// All actions, in the order of the steps.
    pub const ALL: [Self; 15] = [
        Self::Apply,
        Self::Withdraw,
        Self::Pass,
        Self::Return,
        Self::Refuse,
        Self::Review,
        Self::Recommend,
        Self::Examine,
        Self::Decline,
        Self::Consult,
        Self::Approve,
        Self::Reject,
        Self::Notice,
        Self::Confirm,
        Self::Cancel,
    ];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Withdraw => "withdraw",
            Self::Pass => "pass",
            Self::Return => "return",
            Self::Refuse => "refuse",
            Self::Review => "review",
            Self::Recommend => "recommend",
            Self::Examine => "examine",
            Self::Decline => "decline",
            Self::Consult => "consult",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Notice => "notice",
            Self::Confirm => "confirm",
            Self::Cancel => "cancel",
        }
    }

    /// The action of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// The step that it belongs to; none of leaving, and of what comes with the notice and after.
    pub const fn step(self) -> Option<StepKind> {
        match self {
            Self::Apply => Some(StepKind::Application),
            Self::Pass | Self::Return | Self::Refuse => Some(StepKind::Opinion),
            Self::Review | Self::Recommend => Some(StepKind::Recommendation),
            Self::Examine | Self::Decline => Some(StepKind::Examination),
            Self::Consult => Some(StepKind::Consultation),
            Self::Approve | Self::Reject => Some(StepKind::Decision),
            Self::Withdraw | Self::Notice | Self::Confirm | Self::Cancel => None,
        }
    }

    /// The rule that it stands in.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Apply | Self::Withdraw => "F2",
            Self::Pass | Self::Return | Self::Refuse => "F3",
            Self::Review | Self::Recommend => "F4",
            Self::Examine | Self::Decline => "F6",
            Self::Consult | Self::Approve | Self::Reject => "F7",
            Self::Notice | Self::Confirm => "F8",
            Self::Cancel => "F9",
        }
    }

    /// Whether it lets a candidate come nearer to the honour: of one that a veto bars, none does.
    pub const fn advances(self) -> bool {
        match self {
            Self::Apply
            | Self::Pass
            | Self::Review
            | Self::Recommend
            | Self::Examine
            | Self::Consult
            | Self::Approve
            | Self::Notice
            | Self::Confirm => true,
            Self::Withdraw
            | Self::Return
            | Self::Refuse
            | Self::Decline
            | Self::Reject
            | Self::Cancel => false,
        }
    }
}

/// How far a selection has come (评选阶段).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Its steps are taken.
    Open,
    /// Its list is under public notice.
    Notice,
    /// It is over, and its honours are confirmed.
    Confirmed,
    /// It was given up before a list was shown.
    Abandoned,
}

impl Phase {
    /// All phases.
    pub const ALL: [Self; 4] = [Self::Open, Self::Notice, Self::Confirmed, Self::Abandoned];

    /// The word of messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Notice => "notice",
            Self::Confirmed => "confirmed",
            Self::Abandoned => "abandoned",
        }
    }

    /// The Chinese of it.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Open => "评选中",
            Self::Notice => "公示中",
            Self::Confirmed => "已认定",
            Self::Abandoned => "已终止",
        }
    }

    /// Whether an action has its time.
    pub const fn allows(self, action: Action) -> bool {
        match (self, action) {
            (Self::Notice, Action::Confirm | Action::Withdraw | Action::Cancel)
            | (Self::Confirmed, Action::Cancel) => true,
            (Self::Open, action) => !matches!(action, Action::Confirm | Action::Cancel),
            (Self::Notice | Self::Confirmed | Self::Abandoned, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_written() {
        for action in Action::ALL {
            assert_eq!(Action::named(action.word()), Some(action));
        }
        assert_eq!(Action::named("applied"), None);
    }

    #[test]
    fn five_stages_lead_nowhere() {
        let last: Vec<_> = Stage::ALL.into_iter().filter(|it| it.is_last()).collect();
        let expected =
            [Stage::Refused, Stage::Declined, Stage::Rejected, Stage::Cancelled, Stage::Withdrawn];
        assert_eq!(last, expected);
    }

    #[test]
    fn nobody_is_confirmed_without_every_step_before() {
        // Each stage that confirmation can come from has exactly one stage before it, all the way.
        let mut stage = Stage::Confirmed;
        let mut way = vec![stage];
        while stage != Stage::Applied {
            let before: Vec<_> = Stage::ALL
                .into_iter()
                .filter(|from| {
                    *from != stage && Action::ALL.iter().any(|it| from.after(*it) == Some(stage))
                })
                .collect();
            assert_eq!(before.len(), 1, "{stage:?} from {before:?}");
            stage = before[0];
            way.push(stage);
        }
        assert_eq!(way.len(), 9);
    }
}
