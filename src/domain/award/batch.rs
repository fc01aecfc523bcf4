//! A batch of payments (付款批次): the state is what its events come to.

use std::collections::BTreeMap;

use crate::domain::exact::Money;

/// How far a batch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BatchPhase {
    /// It was proposed, and its money is reserved.
    Proposed,
    /// Another person approved it.
    Approved,
    /// Another person rejected it; its money is free again.
    Rejected,
    /// It was cancelled before it left; its money is free again.
    Cancelled,
    /// The treasury has it.
    Exported,
    /// Every payment of it has its answer.
    Closed,
}

impl BatchPhase {
    /// All phases.
    pub const ALL: [Self; 6] = [
        Self::Proposed,
        Self::Approved,
        Self::Rejected,
        Self::Cancelled,
        Self::Exported,
        Self::Closed,
    ];

    /// The word of messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Exported => "exported",
            Self::Closed => "closed",
        }
    }

    /// The Chinese of it.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Proposed => "已提出",
            Self::Approved => "已批准",
            Self::Rejected => "未批准",
            Self::Cancelled => "已取消",
            Self::Exported => "已交财政",
            Self::Closed => "已办结",
        }
    }

    /// Whether the treasury does not have it yet, so that its payments can still be taken out.
    pub const fn is_here(self) -> bool {
        matches!(self, Self::Proposed | Self::Approved)
    }
}

/// What can happen to a batch, or to one line of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BatchStep {
    /// Another person approves it.
    Approved,
    /// Another person rejects it.
    Rejected,
    /// It is cancelled.
    Cancelled,
    /// It is handed to the treasury.
    Exported,
    /// The treasury paid a line.
    Paid,
    /// The treasury sent a line back, before or after it was paid.
    Returned,
    /// A line falls out: its recipient is not entitled to it any more.
    Withdrawn,
    /// Every line has its answer.
    Closed,
}

impl BatchStep {
    /// All steps.
    pub const ALL: [Self; 8] = [
        Self::Approved,
        Self::Rejected,
        Self::Cancelled,
        Self::Exported,
        Self::Paid,
        Self::Returned,
        Self::Withdrawn,
        Self::Closed,
    ];

    /// The word of rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Exported => "exported",
            Self::Paid => "paid",
            Self::Returned => "returned",
            Self::Withdrawn => "withdrawn",
            Self::Closed => "closed",
        }
    }

    /// The Chinese of it.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Approved => "批准",
            Self::Rejected => "不予批准",
            Self::Cancelled => "取消",
            Self::Exported => "送交财政",
            Self::Paid => "登记支付",
            Self::Returned => "登记退回",
            Self::Withdrawn => "撤出",
            Self::Closed => "办结",
        }
    }

    /// The step of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// Whether it is about one line.
    pub const fn of_line(self) -> bool {
        matches!(self, Self::Paid | Self::Returned | Self::Withdrawn)
    }
}

/// What has become of one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineState {
    /// Its money is reserved.
    Reserved,
    /// The batch was rejected or cancelled, and it with it.
    Freed,
    /// It fell out of the batch.
    Withdrawn,
    /// The treasury paid it.
    Paid,
    /// The treasury sent it back.
    Returned,
}

impl LineState {
    /// All states.
    pub const ALL: [Self; 5] =
        [Self::Reserved, Self::Freed, Self::Withdrawn, Self::Paid, Self::Returned];

    /// The word of messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Freed => "freed",
            Self::Withdrawn => "withdrawn",
            Self::Paid => "paid",
            Self::Returned => "returned",
        }
    }

    /// The Chinese of it.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Reserved => "已预留",
            Self::Freed => "已释放",
            Self::Withdrawn => "已撤出",
            Self::Paid => "已支付",
            Self::Returned => "已退回",
        }
    }

    /// Whether its money is with the recipient or on the way there.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Reserved | Self::Paid)
    }
}

/// One payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// How much.
    pub amount: Money,
    /// What has become of it.
    pub state: LineState,
    /// The event that made it so; 0: the proposal.
    pub since: i64,
}

/// A batch and its payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// How far it has come.
    pub phase: BatchPhase,
    /// Its payments, by number.
    pub lines: BTreeMap<i64, Line>,
    /// The number of its last event; 0: nothing has happened since it was proposed.
    pub last: i64,
}

/// Why a step cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StepRefused {
    /// The batch is in another phase.
    #[error("a batch that is {} cannot be {}", .0.word(), .1.word())]
    Phase(BatchPhase, BatchStep),
    /// There is no such line.
    #[error("there is no line {0}")]
    NoLine(i64),
    /// The line is in another state.
    #[error("a line that is {} cannot be {}", .1.word(), .2.word())]
    Line(i64, LineState, BatchStep),
    /// Nothing is left to be paid.
    #[error("no line is left to be paid")]
    Empty,
    /// Lines have no answer yet: how many, and the first.
    #[error("{0} lines have no answer, the first of them is {1}")]
    Unanswered(usize, i64),
    /// The event is not the next one.
    #[error("event {0} cannot follow the events before it")]
    Number(i64),
}

impl Batch {
    /// A batch as it was proposed, of amounts by line.
    pub fn proposed(lines: impl IntoIterator<Item = (i64, Money)>) -> Self {
        let line =
            |(number, amount)| (number, Line { amount, state: LineState::Reserved, since: 0 });
        let lines = lines.into_iter().map(line).collect();
        Self { phase: BatchPhase::Proposed, lines, last: 0 }
    }

    /// Takes the next event: `line` is 0 for what is about the whole batch. Nothing has changed where
    /// it is refused.
    ///
    /// # Errors
    /// [`StepRefused`].
    pub fn take(&mut self, event: i64, step: BatchStep, line: i64) -> Result<(), StepRefused> {
        if event != self.last.saturating_add(1) {
            return Err(StepRefused::Number(event));
        }
        if step.of_line() {
            self.take_line(event, step, line)?;
        } else {
            self.take_whole(event, step)?;
        }
        self.last = event;
        Ok(())
    }

    fn take_whole(&mut self, event: i64, step: BatchStep) -> Result<(), StepRefused> {
        use BatchPhase as P;
        use BatchStep as S;
        let next = match (self.phase, step) {
            (P::Proposed, S::Approved) => P::Approved,
            (P::Proposed, S::Rejected) => P::Rejected,
            (P::Proposed | P::Approved, S::Cancelled) => P::Cancelled,
            (P::Approved, S::Exported) => P::Exported,
            (P::Exported, S::Closed) => P::Closed,
            (phase, step) => return Err(StepRefused::Phase(phase, step)),
        };
        let mut open = self.lines.iter().filter(|it| it.1.state == LineState::Reserved);
        let first = open.next().map(|it| *it.0);
        let more = open.count();
        match (next, first) {
            (P::Approved | P::Exported, None) => return Err(StepRefused::Empty),
            (P::Closed, Some(first)) => {
                return Err(StepRefused::Unanswered(more.saturating_add(1), first));
            }
            _ => (),
        }
        if matches!(next, P::Rejected | P::Cancelled) {
            for line in self.lines.values_mut().filter(|it| it.state == LineState::Reserved) {
                (line.state, line.since) = (LineState::Freed, event);
            }
        }
        self.phase = next;
        Ok(())
    }

    fn take_line(&mut self, event: i64, step: BatchStep, number: i64) -> Result<(), StepRefused> {
        use BatchStep as S;
        let in_phase = match step {
            S::Withdrawn => self.phase.is_here(),
            S::Paid => self.phase == BatchPhase::Exported,
            S::Returned => matches!(self.phase, BatchPhase::Exported | BatchPhase::Closed),
            S::Approved | S::Rejected | S::Cancelled | S::Exported | S::Closed => false,
        };
        if !in_phase {
            return Err(StepRefused::Phase(self.phase, step));
        }
        let line = self.lines.get_mut(&number).ok_or(StepRefused::NoLine(number))?;
        let next = match (line.state, step) {
            (LineState::Reserved, S::Withdrawn) => LineState::Withdrawn,
            (LineState::Reserved, S::Paid) => LineState::Paid,
            (LineState::Reserved | LineState::Paid, S::Returned) => LineState::Returned,
            (state, step) => return Err(StepRefused::Line(number, state, step)),
        };
        (line.state, line.since) = (next, event);
        Ok(())
    }

    /// What its payments come to that are reserved or paid.
    ///
    /// # Errors
    /// More than can be kept.
    pub fn live(&self) -> Result<Money, crate::domain::exact::InvalidMoney> {
        let live = self.lines.values().filter(|it| it.state.is_live());
        live.map(|it| it.amount).try_fold(Money::ZERO, Money::plus)
    }
}
