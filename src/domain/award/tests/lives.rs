//! Whole lives of an entitlement by chance: it is given and taken back, proposed, paid, sent back, demanded,
//! collected and waived, with the books beside it.

use proptest::prelude::*;

use super::{
    super::{
        Balances, Batch, BatchStep, BooksError, Consequence, LineState, Movement, OpenRecovery,
        Payment, Recovery, RecoveryStep, held, payable,
    },
    cases, fen,
    settling::{self, settled, total},
};
use crate::domain::exact::Money;

/// One entitlement with batches of one line each, its recoveries and its purpose's books.
#[derive(Debug)]
struct Life {
    entitled: i64,
    books: Balances,
    batches: Vec<Batch>,
    /// By number, from 1: of which batch, whether it follows from results.
    recoveries: Vec<(usize, bool, Recovery)>,
}

impl Life {
    fn of(budget: i64) -> Self {
        let books = Balances::default().after(Movement::Increase, fen(budget)).unwrap();
        Self { entitled: 0, books, batches: Vec::new(), recoveries: Vec::new() }
    }

    fn payments(&self) -> Vec<Payment> {
        let payment = |(at, batch): (usize, &Batch)| {
            let line = batch.lines[&1];
            let number = i64::try_from(at).unwrap();
            let here = batch.phase.is_here();
            let mut it = settling::payment(number, line.amount.fen(), line.state, here);
            for (number, (_, follows, own)) in (1..).zip(&self.recoveries).filter(|it| it.1.0 == at)
            {
                it.recoveries.push(OpenRecovery {
                    recovery: number,
                    stands: own.amount.minus(own.dropped).unwrap(),
                    waived: own.waived,
                    open: own.open().unwrap(),
                    follows: *follows,
                });
            }
            it
        };
        self.batches.iter().enumerate().map(payment).collect()
    }

    fn moves(&mut self, movement: Movement, amount: Money) {
        self.books = self.books.after(movement, amount).unwrap();
    }

    /// Takes a step of a batch's line or of the whole, if it can be taken.
    fn step(&mut self, at: usize, step: BatchStep) -> bool {
        let Some(batch) = self.batches.get_mut(at) else { return false };
        let (before, line) = (batch.lines[&1], i64::from(step.of_line()));
        // As the use case has it: what is being paid back is not sent back.
        let stands = |it: &(usize, bool, Recovery)| it.0 == at && it.2.dropped != it.2.amount;
        let busy = before.state == LineState::Paid && self.recoveries.iter().any(stands);
        if (busy && step == BatchStep::Returned) || batch.take(batch.last + 1, step, line).is_err()
        {
            return false;
        }
        let after = batch.lines[&1].state;
        let movement = match (before.state, after) {
            (LineState::Reserved, LineState::Freed | LineState::Withdrawn) => Movement::Release,
            (LineState::Reserved, LineState::Paid) => Movement::Pay,
            (LineState::Reserved, LineState::Returned) => Movement::Bounce,
            (LineState::Paid, LineState::Returned) => Movement::Return,
            _ => return true,
        };
        self.moves(movement, before.amount);
        true
    }

    fn demand(&mut self, at: usize, amount: Money, follows: bool) {
        self.recoveries.push((at, follows, Recovery::demanded(amount)));
        self.moves(Movement::Demand, amount);
    }

    fn recover(&mut self, number: usize, step: RecoveryStep, amount: Money) {
        let it = &mut self.recoveries[number].2;
        it.take(it.last + 1, step, amount).unwrap();
        let movement = match step {
            RecoveryStep::Collected => Movement::Collect,
            RecoveryStep::Waived => Movement::Waive,
            RecoveryStep::Dropped => Movement::Drop,
        };
        self.moves(movement, amount);
    }

    /// Does what follows, and looks.
    fn settle(&mut self) {
        let mut payments = self.payments();
        for it in settled(self.entitled, &mut payments) {
            match it {
                Consequence::Withdraw { line, .. } => {
                    assert!(self.step(usize::try_from(line).unwrap(), BatchStep::Withdrawn));
                }
                Consequence::Wait { .. } => (),
                Consequence::Demand { line, amount, .. } => {
                    self.demand(usize::try_from(line).unwrap(), amount, true);
                }
                Consequence::Drop { recovery, amount } => {
                    let number = usize::try_from(recovery).unwrap() - 1;
                    self.recover(number, RecoveryStep::Dropped, amount);
                }
            }
        }
        assert_eq!(self.payments(), payments);
    }

    /// The books are what has happened, account by account.
    fn hold(&self) {
        let state = |state| {
            let lines = self.batches.iter().map(|it| it.lines[&1]);
            total(lines.filter(|it| it.state == state).map(|it| it.amount))
        };
        let sum = |of: fn(&Recovery) -> Money| total(self.recoveries.iter().map(|it| of(&it.2)));
        let books = &self.books;
        assert_eq!(books.sound(), Ok(true));
        assert_eq!(books.reserved.fen(), state(LineState::Reserved));
        assert_eq!(books.net_paid().unwrap().fen(), state(LineState::Paid));
        assert_eq!(books.returned.fen(), state(LineState::Returned));
        assert_eq!(books.recovered.fen(), sum(|it| it.collected));
        assert_eq!(books.due.fen(), sum(|it| it.open().unwrap()));
        // Nobody has more than they are entitled to but what was waived, or waits for the treasury.
        let payments = self.payments();
        let waiting = payments.iter().filter(|it| it.state == LineState::Reserved && !it.here);
        let waiting = total(waiting.map(|it| it.amount));
        let has = held(&payments).unwrap().fen();
        let waived = sum(|it| it.waived);
        assert!(has <= self.entitled + waived + waiting, "{self:?}");
        assert_eq!(
            has,
            state(LineState::Paid) + books.reserved.fen() - books.recovered.fen() - books.due.fen()
        );
    }

    fn act(&mut self, kind: u8, at: prop::sample::Index, part: i64) {
        let line = if self.batches.is_empty() { 0 } else { at.index(self.batches.len()) };
        let number = if self.recoveries.is_empty() { 0 } else { at.index(self.recoveries.len()) };
        match kind {
            0..=2 => self.entitled = [0, 20, 50, part][usize::try_from(part % 4).unwrap()],
            3..=6 => {
                let amount = payable(fen(self.entitled), &self.payments(), false).unwrap();
                match self.books.after(Movement::Reserve, amount) {
                    Ok(books) => {
                        self.books = books;
                        self.batches.push(Batch::proposed([(1, amount)]));
                    }
                    Err(BooksError::Nothing) => assert_eq!(amount, Money::ZERO),
                    Err(why) => assert!(matches!(why, BooksError::Exceeded { .. }), "{why}"),
                }
                return;
            }
            7 | 8 => drop(self.step(line, BatchStep::Approved)),
            9 | 10 => drop(self.step(line, BatchStep::Exported)),
            11 => drop(self.step(line, BatchStep::Cancelled)),
            12 => drop(self.step(line, BatchStep::Rejected)),
            13 | 14 => drop(self.step(line, BatchStep::Paid)),
            15 => drop(self.step(line, BatchStep::Returned)),
            16 => drop(self.step(line, BatchStep::Closed)),
            17 => {
                let payments = self.payments();
                let Some(it) = payments.get(line).filter(|it| it.state == LineState::Paid) else {
                    return;
                };
                let left = it.amount.fen() - total(it.recoveries.iter().map(|it| it.stands));
                if left > 0 {
                    self.demand(line, fen(1 + part % left), false);
                }
            }
            _ => {
                let Some(it) = self.recoveries.get(number) else { return };
                let open = it.2.open().unwrap().fen();
                if open == 0 {
                    return;
                }
                let (step, amount) = match kind {
                    18 => (RecoveryStep::Waived, open),
                    _ => (RecoveryStep::Collected, 1 + part % open),
                };
                self.recover(number, step, fen(amount));
            }
        }
        self.settle();
    }
}

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn any_life_keeps_the_books_and_pays_nobody_twice(
        budget in 1..200_i64,
        acts in prop::collection::vec((0..21_u8, any::<prop::sample::Index>(), 0..60_i64), 1..80),
    ) {
        let mut life = Life::of(budget);
        for (kind, at, part) in acts {
            life.act(kind, at, part);
            life.hold();
        }
    }
}
