//! Recoveries: what is collected, waived and dropped is never more than was demanded.

use proptest::{prelude::*, sample::select};

use super::{
    super::{Recovery, RecoveryCause, RecoveryRefused, RecoveryState, RecoveryStep},
    ENDS, cases, fen,
};
use crate::domain::exact::Money;

/// Takes an event, and looks at everything.
fn taken(it: &mut Recovery, event: i64, step: RecoveryStep, amount: i64) -> bool {
    let before = *it;
    let open = before.open().unwrap();
    let done = it.take(event, step, fen(amount));
    let expected = if event != before.last + 1 {
        Err(RecoveryRefused::Number(event))
    } else if amount <= 0 {
        Err(RecoveryRefused::Nothing)
    } else if fen(amount) > open {
        Err(RecoveryRefused::MoreThanOpen { open, asked: fen(amount) })
    } else {
        Ok(())
    };
    assert_eq!(done, expected);
    if done.is_err() {
        assert_eq!(*it, before);
        return false;
    }
    let parts = [it.collected, it.waived, it.dropped].map(Money::fen);
    assert!(parts.iter().all(|it| *it >= 0));
    assert!(parts.iter().fold(0, |sum, it| sum + i128::from(*it)) <= i128::from(it.amount.fen()));
    assert_eq!(it.open().unwrap(), open.minus(fen(amount)).unwrap());
    assert_eq!((it.amount, it.last), (before.amount, event));
    let moved = match step {
        RecoveryStep::Collected => (it.collected, before.collected),
        RecoveryStep::Waived => (it.waived, before.waived),
        RecoveryStep::Dropped => (it.dropped, before.dropped),
    };
    assert_eq!(moved.0, moved.1.plus(fen(amount)).unwrap());
    true
}

#[test]
fn states_follow_what_is_open() {
    let mut it = Recovery::demanded(fen(500_000));
    assert_eq!(it.state(), Ok(RecoveryState::Open));
    assert!(taken(&mut it, 1, RecoveryStep::Collected, 200_000));
    assert_eq!(it.state(), Ok(RecoveryState::Partial));
    assert!(!taken(&mut it, 2, RecoveryStep::Collected, 300_001));
    assert!(taken(&mut it, 2, RecoveryStep::Waived, 100_000));
    assert!(taken(&mut it, 3, RecoveryStep::Dropped, 200_000));
    assert_eq!(it.state(), Ok(RecoveryState::Settled));
    // Nothing follows a settled one, by any step or amount.
    for (step, amount) in RecoveryStep::ALL.into_iter().flat_map(|it| ENDS.map(|at| (it, at))) {
        assert!(!taken(&mut it, 4, step, amount));
    }
}

#[test]
fn words_name_one_step_and_one_cause() {
    for it in RecoveryStep::ALL {
        assert_eq!(RecoveryStep::named(it.word()), Some(it));
    }
    for it in RecoveryCause::ALL {
        assert_eq!(RecoveryCause::named(it.word()), Some(it));
    }
    assert_eq!((RecoveryStep::named("open"), RecoveryCause::named("")), (None, None));
}

#[test]
fn at_the_ends_of_the_numbers_nothing_wraps() {
    for amount in ENDS.into_iter().filter(|it| *it > 0) {
        for (step, next) in RecoveryStep::ALL.into_iter().flat_map(|it| ENDS.map(|at| (it, at))) {
            let mut it = Recovery::demanded(fen(amount));
            let first = taken(&mut it, 1, step, next);
            for step in RecoveryStep::ALL {
                taken(&mut it.clone(), 1 + i64::from(first), step, i64::MAX);
                taken(&mut it.clone(), 1 + i64::from(first), step, 1);
            }
        }
    }
    for number in [i64::MIN, 0, 2, i64::MAX] {
        assert!(!taken(&mut Recovery::demanded(fen(5)), number, RecoveryStep::Waived, 1));
    }
    // After the last number there is is none.
    let mut it = Recovery { last: i64::MAX - 1, ..Recovery::demanded(fen(5)) };
    assert!(taken(&mut it, i64::MAX, RecoveryStep::Waived, 1));
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn any_life_of_a_recovery_passes_nothing(
        amount in 1..400_i64,
        steps in prop::collection::vec((select(RecoveryStep::ALL.to_vec()), -3..120_i64), 0..20),
    ) {
        let mut it = Recovery::demanded(fen(amount));
        let mut kept = Vec::new();
        for (step, part) in steps {
            let next = it.last + 1;
            if taken(&mut it, next, step, part) {
                kept.push((step, part));
            }
        }
        // The events one by one, from the start, come to the same.
        let mut again = Recovery::demanded(fen(amount));
        for (number, (step, part)) in (1..).zip(kept) {
            prop_assert!(taken(&mut again, number, step, part));
        }
        prop_assert_eq!(again, it);
    }
}
