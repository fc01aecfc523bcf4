//! What follows for payments: doing what it says leaves nothing to do, and nobody keeps more, owes more
//! or is paid more than they should.

use proptest::prelude::*;

use super::{
    super::{Consequence, LineState, OpenRecovery, Payment, held, payable, settle},
    ENDS, cases, fen,
};
use crate::domain::exact::Money;

pub(super) fn payment(line: i64, amount: i64, state: LineState, here: bool) -> Payment {
    let batch_id = format!("b{line}");
    Payment { batch_id, line, amount: fen(amount), state, here, recoveries: Vec::new() }
}

pub(super) fn recovery(recovery: i64, stands: i64, waived: i64, open: i64) -> OpenRecovery {
    let (stands, waived, open) = (fen(stands), fen(waived), fen(open));
    OpenRecovery { recovery, stands, waived, open, follows: true }
}

pub(super) fn total(of: impl IntoIterator<Item = Money>) -> i64 {
    of.into_iter().fold(0, |sum, it| sum + it.fen())
}

/// What is owed, and would not be by one who is entitled.
fn owed(payments: &[Payment]) -> i64 {
    let all = payments.iter().flat_map(|it| &it.recoveries);
    total(all.filter(|it| it.follows).map(|it| it.open))
}

fn waived(payments: &[Payment]) -> i64 {
    total(payments.iter().flat_map(|it| &it.recoveries).map(|it| it.waived))
}

/// Does what a consequence says, as the books would.
pub(super) fn apply(payments: &mut [Payment], consequence: &Consequence) {
    let next = payments.iter().flat_map(|it| &it.recoveries).map(|it| it.recovery).max();
    let at = |batch: &str, line: i64, payments: &mut [Payment]| {
        payments.iter().position(|it| it.batch_id == batch && it.line == line).unwrap()
    };
    match consequence {
        Consequence::Withdraw { batch_id, line, amount } => {
            let it = &mut payments[at(batch_id, *line, payments)];
            assert_eq!((it.state, it.here, it.amount), (LineState::Reserved, true, *amount));
            it.state = LineState::Withdrawn;
        }
        Consequence::Wait { batch_id, line, amount } => {
            let it = &payments[at(batch_id, *line, payments)];
            assert_eq!((it.state, it.here), (LineState::Reserved, false));
            assert!(*amount > Money::ZERO && *amount <= it.amount);
        }
        Consequence::Demand { batch_id, line, amount } => {
            let it = &mut payments[at(batch_id, *line, payments)];
            assert_eq!(it.state, LineState::Paid);
            assert!(*amount > Money::ZERO);
            it.recoveries.push(recovery(next.unwrap_or(0) + 1, amount.fen(), 0, amount.fen()));
            assert!(total(it.recoveries.iter().map(|it| it.stands)) <= it.amount.fen());
        }
        Consequence::Drop { recovery, amount } => {
            let mut all = payments.iter_mut().flat_map(|it| &mut it.recoveries);
            let it = all.find(|it| it.recovery == *recovery).unwrap();
            assert!(*amount > Money::ZERO && *amount <= it.open && it.follows);
            it.open = it.open.minus(*amount).unwrap();
            it.stands = it.stands.minus(*amount).unwrap();
        }
    }
}

/// Settles payments, does it, and looks at everything that must hold then.
pub(super) fn settled(entitled: i64, payments: &mut [Payment]) -> Vec<Consequence> {
    let before = payments.to_vec();
    let over = held(payments).unwrap().fen() - entitled;
    let all = settle(fen(entitled), payments).unwrap();
    assert_eq!(before, payments);
    for it in &all {
        apply(payments, it);
    }
    let waits: Vec<_> = all.iter().filter(|it| matches!(it, Consequence::Wait { .. })).collect();
    // Doing it leaves nothing to do but to wait.
    let again = settle(fen(entitled), payments).unwrap();
    assert!(again.iter().eq(waits.iter().copied()), "{entitled} {before:?}: {all:?}, {again:?}");
    let waiting = sums(&all)[1];
    let has = held(payments).unwrap().fen();
    let said = has - waived(payments);
    assert!(said - waiting <= entitled, "{before:?}: {said} are theirs, of {entitled}");
    // Who has less than they are entitled to owes nothing that follows from results.
    assert!(has >= entitled || owed(payments) == 0, "{before:?}: {payments:?}");
    // What was waived is not touched, and counts as had.
    assert_eq!(waived(&before), waived(payments));
    let next = payable(fen(entitled), payments, false).unwrap().fen();
    assert!(next == 0 || next + has <= entitled, "{next} {has} {entitled}");
    assert!(next >= 0 && (waiting == 0 || next == 0));
    // Not more than needed: no line is taken out, and nothing is demanded, for nothing.
    let [withdrawn, _, demanded, dropped] = sums(&all);
    if over <= 0 {
        assert_eq!((withdrawn, waiting, demanded), (0, 0, 0), "{before:?}");
        assert!(dropped <= -over);
    } else {
        let mut lines = all.iter().filter_map(|it| match it {
            Consequence::Withdraw { amount, .. } => Some(amount.fen()),
            Consequence::Wait { .. } | Consequence::Demand { .. } | Consequence::Drop { .. } => {
                None
            }
        });
        let last = lines.next_back().unwrap_or(0);
        assert!(withdrawn - last < over, "{before:?}: {all:?}");
        assert!(demanded + waiting <= (over - withdrawn).max(0), "{before:?}: {all:?}");
    }
    all
}

/// What is withdrawn, waited for, demanded and dropped.
pub(super) fn sums(of: &[Consequence]) -> [i64; 4] {
    let mut sums = [0; 4];
    for it in of {
        let (at, amount) = match it {
            Consequence::Withdraw { amount, .. } => (0, amount),
            Consequence::Wait { amount, .. } => (1, amount),
            Consequence::Demand { amount, .. } => (2, amount),
            Consequence::Drop { amount, .. } => (3, amount),
        };
        sums[at] += amount.fen();
    }
    sums
}

/// A payment with up to two recoveries where it was paid, of parts that fit.
fn any_payment(
    amount: impl Strategy<Value = i64>,
) -> impl Strategy<Value = (i64, u8, Vec<[u8; 5]>)> {
    (amount, 0..8_u8, prop::collection::vec(any::<[u8; 5]>(), 0..3))
}

fn built(all: Vec<(i64, u8, Vec<[u8; 5]>)>) -> Vec<Payment> {
    let mut payments: Vec<Payment> = Vec::new();
    let mut number = 0;
    for (line, (amount, state, parts)) in (1..).zip(all) {
        let (state, here) = match state {
            0 => (LineState::Freed, false),
            1 => (LineState::Withdrawn, true),
            2 => (LineState::Returned, false),
            3 => (LineState::Reserved, true),
            4 => (LineState::Reserved, false),
            _ => (LineState::Paid, false),
        };
        let mut it = payment(line, amount, state, here);
        let mut left = if state == LineState::Paid { amount } else { 0 };
        let part = |of: i64, it: u8| of * i64::from(it) / 255;
        for [stands, waived, open, chance, follows] in parts {
            // Most are demanded whole, and most of them owed whole or settled.
            let stands = if chance % 4 == 0 { part(left, stands) } else { left };
            let open = if chance & 4 == 0 { part(stands, open) } else { stands };
            let waived = if chance & 8 == 0 { part(stands - open, waived) } else { 0 };
            number += 1;
            let own = recovery(number, stands, waived, open);
            it.recoveries.push(OpenRecovery { follows: follows % 5 > 0, ..own });
            left -= stands;
        }
        payments.push(it);
    }
    payments
}

fn payments() -> impl Strategy<Value = Vec<Payment>> {
    prop::collection::vec(any_payment(1..40_i64), 0..7).prop_map(built)
}

#[test]
fn the_newest_that_has_not_left_goes_first() {
    let mut all = [
        payment(1, 5000, LineState::Paid, false),
        payment(2, 2000, LineState::Reserved, true),
        payment(3, 1000, LineState::Reserved, false),
    ];
    let told = settled(500, &mut all);
    let (two, three, one) = ("b2".to_owned(), "b3".to_owned(), "b1".to_owned());
    let expected = [
        Consequence::Withdraw { batch_id: two, line: 2, amount: fen(2000) },
        Consequence::Wait { batch_id: three, line: 3, amount: fen(1000) },
        Consequence::Demand { batch_id: one, line: 1, amount: fen(4500) },
    ];
    assert_eq!(told, expected);
}

/// A line is taken out whole. Where that is more than had to go, what is owed by results is not owed so far.
#[test]
fn what_a_whole_line_frees_too_much_is_not_demanded_elsewhere() {
    let mut all =
        [payment(1, 5000, LineState::Paid, false), payment(2, 2000, LineState::Reserved, true)];
    all[0].recoveries.push(recovery(1, 2000, 0, 2000));
    let told = settled(4000, &mut all);
    assert_eq!(sums(&told), [2000, 0, 0, 1000]);
    assert_eq!(payable(fen(4000), &all, false), Ok(Money::ZERO));
}

/// What somebody demanded for a reason of their own does not go away because results have not changed.
#[test]
fn a_demand_with_its_own_reason_stays_while_results_do() {
    let mut all = [payment(1, 5000, LineState::Paid, false)];
    let own = OpenRecovery { follows: false, ..recovery(1, 5000, 0, 5000) };
    all[0].recoveries.push(own);
    assert_eq!(settled(5000, &mut all), []);
    // It is not paid a second time, whether it has come back or not, but where it is chosen by itself.
    for open in [5000, 3000, 0] {
        all[0].recoveries[0].open = fen(open);
        assert_eq!(payable(fen(5000), &all, false), Ok(Money::ZERO));
        assert_eq!(payable(fen(5000), &all, true), Ok(fen(5000 - open)));
    }
    all[0].recoveries[0].open = fen(5000);
    assert_eq!(settled(0, &mut all), []);
    assert_eq!(settled(5000, &mut all), []);
}

#[test]
fn one_who_is_entitled_again_owes_nothing_and_is_paid_once() {
    let mut all = [payment(1, 5000, LineState::Paid, false)];
    assert_eq!(sums(&settled(0, &mut all)), [0, 0, 5000, 0]);
    assert_eq!(payable(fen(5000), &all, false), Ok(Money::ZERO), "it is owed still");
    assert_eq!(sums(&settled(5000, &mut all)), [0, 0, 0, 5000]);
    assert_eq!((owed(&all), payable(fen(5000), &all, false)), (0, Ok(Money::ZERO)));
    // Of what came back meanwhile just that is paid again.
    settled(0, &mut all);
    all[0].recoveries[1].open = fen(3000);
    assert_eq!(sums(&settled(5000, &mut all)), [0, 0, 0, 3000]);
    assert_eq!(payable(fen(5000), &all, false), Ok(fen(2000)));
}

#[test]
fn what_was_waived_is_kept_is_not_demanded_again_and_not_paid_again() {
    let mut all = [payment(1, 5000, LineState::Paid, false)];
    settled(0, &mut all);
    all[0].recoveries[0] = recovery(1, 5000, 5000, 0);
    for entitled in [0, 5000, 0, 3000, 5000] {
        assert_eq!(settled(entitled, &mut all), [], "{entitled}");
        assert_eq!(payable(fen(entitled), &all, false), Ok(Money::ZERO));
    }
    assert_eq!(payable(fen(7000), &all, false), Ok(fen(2000)));
}

#[test]
fn at_the_ends_of_the_numbers_there_are_errors_and_no_panic() {
    let states = LineState::ALL;
    for (one, other) in ENDS.into_iter().flat_map(|it| ENDS.map(|at| (it, at))) {
        for (entitled, at) in ENDS.into_iter().flat_map(|it| (0..25).map(move |at| (it, at))) {
            let mut all = [
                payment(1, one, states[at % 5], at % 2 == 0),
                payment(2, other, states[at / 5], at % 3 == 0),
            ];
            all[0].recoveries.push(recovery(1, other, one, other));
            let found = settle(fen(entitled), &all);
            let _ = (found, held(&all), payable(fen(entitled), &all, false));
        }
    }
    let all = [1, 2].map(|it| payment(it, i64::MAX, LineState::Paid, false));
    assert!(settle(Money::ZERO, &all).is_err() && held(&all).is_err());
    assert_eq!(sums(&settle(Money::ZERO, &all[..1]).unwrap()), [0, 0, i64::MAX, 0]);
}

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn doing_what_follows_leaves_nothing_to_do(
        mut payments in payments(),
        entitled in prop::collection::vec(0..120_i64, 1..5),
    ) {
        for it in entitled {
            settled(it, &mut payments);
        }
    }

    /// One who is entitled to all that was ever paid owes nothing that follows from results, and is paid
    /// no more than what came back.
    #[test]
    fn entitled_to_everything_nobody_owes(mut payments in payments()) {
        let live = |it: &&Payment| it.state.is_live();
        let all = total(payments.iter().filter(live).map(|it| it.amount));
        settled(all, &mut payments);
        prop_assert_eq!(owed(&payments), 0);
        // What somebody demanded and got back is paid again only to who is chosen by itself.
        for chosen in [false, true] {
            let recoveries = payments.iter().flat_map(|it| &it.recoveries);
            let counted = recoveries.filter(|it| it.follows || chosen);
            let back = counted.fold(0, |sum, it| {
                sum + it.stands.fen() - it.waived.fen() - it.open.fen()
            });
            let next = payable(fen(all), &payments, chosen).unwrap();
            prop_assert_eq!(next.fen(), back);
        }
    }

    /// Which of equal payments is the older does not change what follows in all.
    #[test]
    fn the_order_of_equal_payments_changes_no_sum(
        parts in prop::collection::vec(any_payment(Just(20_i64)), 0..7),
        entitled in 0..120_i64,
        seed in any::<prop::sample::Index>(),
    ) {
        let payments = built(parts);
        let mut turned = payments.clone();
        if !turned.is_empty() {
            turned.rotate_left(seed.index(payments.len()));
            turned[1..].reverse();
        }
        let sums = |it: &[Payment]| sums(&settle(fen(entitled), it).unwrap());
        prop_assert_eq!(sums(&payments), sums(&turned));
    }
}
