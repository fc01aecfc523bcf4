//! One client's money: it carries batch after batch of a scheme's year through everything that can become
//! of them, and knows what each call must leave behind.

use steelyard::proto::v1;

use super::{AWARD, Ask, answers, approve, cancel, cny, export, fen, increase, propose, today};
use crate::{harness::COUNTY, history::dice::Dice};

/// How many a scheme pays.
pub(super) const MEMBERS: usize = 6;

/// A call, and what must be there once it was done, or why it is refused.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) ask: Ask,
    pub(super) request_id: String,
    pub(super) expected: Result<Vec<String>, &'static str>,
    next: Next,
}

/// What the call changes here once it was done.
#[derive(Debug, Clone)]
enum Next {
    Nothing,
    Proposed(Vec<Line>),
    Stage(Stage),
    /// By line: paid or not.
    Answered(Vec<(usize, State)>),
    Demanded(usize),
    /// Of a line: collected or waived.
    Moved(usize, i64, bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Idle,
    Proposed,
    Approved,
    Exported,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Paid,
    Back,
}

#[derive(Debug, Clone, Copy)]
struct Line {
    member: usize,
    fen: i64,
    state: State,
    /// Its recovery and what is owed of it.
    recovery: Option<(i64, i64)>,
}

/// What one client does, and how far it is.
#[derive(Debug)]
pub(super) struct Life {
    name: String,
    scheme: String,
    year: String,
    dice: Dice,
    asked: u32,
    batch: String,
    stage: Stage,
    lines: Vec<Line>,
    /// What each can be proposed for while nothing of theirs is under way.
    payable: [i64; MEMBERS],
    /// A call whose outcome is not known.
    pub(super) pending: Option<(usize, Wanted)>,
}

impl Life {
    pub(super) fn new(name: &str, (scheme, year): (&str, &str), dice: Dice) -> Self {
        Self {
            name: name.into(),
            scheme: scheme.into(),
            year: year.into(),
            dice,
            asked: 0,
            batch: String::new(),
            stage: Stage::Idle,
            lines: Vec::new(),
            payable: [AWARD; MEMBERS],
            pending: None,
        }
    }

    /// What is done first: there is money.
    pub(super) fn begun(&self) -> Wanted {
        let (request_id, all) = (format!("{}-budget", self.name), 6 * AWARD);
        let ask = increase(&request_id, (&self.year, &self.scheme), all);
        let expected = Ok(vec![format!("increase {all} /0")]);
        Wanted { ask, request_id, expected, next: Next::Nothing }
    }

    /// The next call.
    pub(super) fn next(&mut self) -> Wanted {
        self.asked += 1;
        let request_id = format!("{}-{:04}", self.name, self.asked);
        let (ask, expected, next) = match self.dice.below(24) {
            0 => self.too_much(&request_id),
            _ => self.onwards(&request_id),
        };
        Wanted { ask, request_id, expected, next }
    }

    /// A cut of more than is there.
    fn too_much(&self, request_id: &str) -> (Ask, Result<Vec<String>, &'static str>, Next) {
        let ask = v1::RecordBudgetActRequest {
            county: COUNTY.into(),
            request_id: request_id.into(),
            kind: v1::BudgetActKind::Decrease.into(),
            year: self.year.clone(),
            purpose_id: self.scheme.clone(),
            amount: cny(6 * AWARD + 1),
            reason: "核减".into(),
            decided_by: "finance".into(),
            ..Default::default()
        };
        (Ask::Act(ask), Err("BUDGET_EXCEEDED"), Next::Nothing)
    }

    fn effect(&self, what: &str, line: usize) -> String {
        format!("{what} {}/{line}", self.batch)
    }

    /// The movements of lines, by their index.
    fn moved(&self, what: &str, line: usize) -> String {
        self.effect(&format!("{what} {}", self.lines[line].fen), line + 1)
    }

    fn given_up(&self, step: &str) -> Vec<String> {
        let all = (0..self.lines.len()).map(|it| self.moved("release", it));
        all.chain([self.effect(step, 0)]).collect()
    }

    fn onwards(&mut self, id: &str) -> (Ask, Result<Vec<String>, &'static str>, Next) {
        let chance = self.dice.below(8);
        match self.stage {
            Stage::Idle => {
                self.batch = format!("{}-b{:04}", self.name, self.asked);
                let line = |(member, fen): (usize, &i64)| Line {
                    member,
                    fen: *fen,
                    state: State::Open,
                    recovery: None,
                };
                let all = self.payable.iter().enumerate().map(line);
                let lines: Vec<Line> = all.filter(|it| it.fen > 0).collect();
                let mut effects = vec![format!("batch {}", self.batch)];
                effects.extend(
                    lines
                        .iter()
                        .enumerate()
                        .map(|(at, line)| self.effect(&format!("reserve {}", line.fen), at + 1)),
                );
                // Each is named: what came back of a demand is paid again to who is chosen.
                let who: Vec<usize> = lines.iter().map(|it| it.member).collect();
                let ask = propose((id, &self.batch), (&self.scheme, &self.year), &who);
                (ask, Ok(effects), Next::Proposed(lines))
            }
            Stage::Proposed if chance == 0 => {
                let ask = Ask::ApproveOwn(approve(id, &self.batch));
                (ask, Err("SEPARATION_OF_DUTIES"), Next::Nothing)
            }
            Stage::Proposed if chance == 1 => {
                let ask = v1::RejectBatchRequest {
                    county: COUNTY.into(),
                    request_id: id.into(),
                    batch_id: self.batch.clone(),
                    reason: "材料不全".into(),
                    decided_by: "head".into(),
                };
                (Ask::Reject(ask), Ok(self.given_up("rejected")), Next::Stage(Stage::Idle))
            }
            Stage::Proposed | Stage::Approved if chance == 2 => {
                let effects = self.given_up("cancelled");
                (cancel(id, &self.batch), Ok(effects), Next::Stage(Stage::Idle))
            }
            Stage::Proposed => {
                let ask = Ask::Approve(approve(id, &self.batch));
                (ask, Ok(vec![self.effect("approved", 0)]), Next::Stage(Stage::Approved))
            }
            Stage::Approved => {
                let effects = vec![self.effect("exported", 0)];
                (export(id, &self.batch), Ok(effects), Next::Stage(Stage::Exported))
            }
            Stage::Exported => self.answered(id, chance),
            Stage::Closed => self.recovered(id, chance),
        }
    }

    /// The treasury answers for some lines; for one a second time now and then; at the end it is closed.
    fn answered(
        &mut self,
        id: &str,
        chance: u64,
    ) -> (Ask, Result<Vec<String>, &'static str>, Next) {
        let lines = self.lines.iter().enumerate();
        let (open, answered): (Vec<_>, Vec<_>) = lines.partition(|it| it.1.state == State::Open);
        let number = |at: usize| i32::try_from(at + 1).unwrap();
        if let (0, Some((again, _))) = (chance, answered.first()) {
            let ask = answers(id, &self.batch, &[(number(*again), true)]);
            return (ask, Err("LINE_ANSWERED"), Next::Nothing);
        }
        if open.is_empty() {
            let request_id = id.into();
            let (county, batch_id) = (COUNTY.into(), self.batch.clone());
            let ask = v1::CloseBatchRequest { county, request_id, batch_id };
            let effects = vec![self.effect("closed", 0)];
            return (Ask::Close(ask), Ok(effects), Next::Stage(Stage::Closed));
        }
        let some: Vec<usize> = open.iter().map(|it| it.0).collect();
        let some = &some[..=self.dice.index(some.len().min(3))];
        let paid: Vec<(usize, bool)> =
            some.iter().map(|it| (*it, self.dice.below(4) > 0)).collect();
        let mut effects = Vec::new();
        for (at, paid) in &paid {
            let (event, movement) = if *paid { ("paid", "pay") } else { ("returned", "bounce") };
            effects.push(self.effect(event, at + 1));
            effects.push(self.moved(movement, *at));
        }
        let told: Vec<(i32, bool)> = paid.iter().map(|it| (number(it.0), it.1)).collect();
        let state = |paid| if paid { State::Paid } else { State::Back };
        let next = paid.iter().map(|it| (it.0, state(it.1))).collect();
        (answers(id, &self.batch, &told), Ok(effects), Next::Answered(next))
    }

    /// Everything that was paid comes back, in one way or another.
    fn recovered(
        &mut self,
        id: &str,
        chance: u64,
    ) -> (Ask, Result<Vec<String>, &'static str>, Next) {
        let paid = self.lines.iter().position(|it| it.state == State::Paid);
        let Some(at) = paid else {
            self.stage = Stage::Idle;
            return self.onwards(id);
        };
        let (line, batch_id) = (self.lines[at], self.batch.clone());
        let number = i32::try_from(at + 1).unwrap();
        let (county, request_id) = (COUNTY.to_owned(), id.to_owned());
        match line.recovery {
            None if chance < 3 => {
                let effects = vec![self.effect("returned", at + 1), self.moved("return", at)];
                let ask = answers(id, &self.batch, &[(number, false)]);
                (ask, Ok(effects), Next::Answered(vec![(at, State::Back)]))
            }
            None => {
                let effects = vec![self.moved("demanded", at), self.moved("demand", at)];
                let ask = v1::DemandRecoveryRequest {
                    county,
                    request_id,
                    batch_id,
                    line: number,
                    amount: cny(line.fen),
                    reason: "核查不实".into(),
                    decided_by: "head".into(),
                    papers: Vec::new(),
                };
                (Ask::Demand(ask), Ok(effects), Next::Demanded(at))
            }
            Some((recovery, open)) if chance == 0 && open < line.fen => {
                let effects = vec![
                    format!("waived {open} of {recovery}"),
                    self.effect(&format!("waive {open}"), at + 1),
                ];
                let ask = v1::WaiveRecoveryRequest {
                    county,
                    request_id,
                    recovery,
                    reason: "数额很小".into(),
                    decided_by: "head".into(),
                    papers: Vec::new(),
                };
                (Ask::Waive(ask), Ok(effects), Next::Moved(at, open, true))
            }
            Some((recovery, open)) => {
                // All but a fen, or what is left.
                let part = if open > 1 && chance.is_multiple_of(2) { open - 1 } else { open };
                let effects = vec![
                    format!("collected {part} of {recovery}"),
                    self.effect(&format!("collect {part}"), at + 1),
                ];
                let ask = v1::RecordRecoveredRequest {
                    county,
                    request_id,
                    recovery,
                    amount: cny(part),
                    on: today(),
                    reference: "SR".into(),
                };
                (Ask::Collect(ask), Ok(effects), Next::Moved(at, part, false))
            }
        }
    }

    /// The call was done: this is its answer.
    pub(super) fn took(&mut self, wanted: Wanted, answer: &[u8]) {
        use prost::Message as _;
        match wanted.next {
            Next::Nothing => (),
            Next::Proposed(lines) => {
                (self.lines, self.stage) = (lines, Stage::Proposed);
            }
            Next::Stage(stage) => self.stage = stage,
            Next::Answered(states) => {
                for (at, state) in states {
                    self.lines[at].state = state;
                }
            }
            Next::Demanded(at) => {
                let recovery =
                    v1::DemandRecoveryResponse::decode(answer).unwrap().recovery.unwrap();
                self.lines[at].recovery = Some((recovery.number, fen(&recovery.open)));
            }
            Next::Moved(at, part, waived) => {
                let line = &mut self.lines[at];
                let (_, open) = line.recovery.as_mut().unwrap();
                *open -= part;
                if *open == 0 {
                    line.state = State::Back;
                }
                if waived {
                    // It was said to be theirs: it is not paid again.
                    self.payable[line.member] -= part;
                }
            }
        }
    }
}
