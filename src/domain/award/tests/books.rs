//! Movements against accounts that are kept apart, in wider numbers: never below zero, balanced at every
//! moment, and nothing moves where one is refused.

use std::collections::BTreeMap;

use proptest::{prelude::*, sample::select};

use super::{
    super::{Account, Balances, BooksError, Movement},
    ENDS, as_reviewed, cases, fen, grid, yuan,
};
use crate::domain::exact::Money;

/// Accounts as any bookkeeper has them: sums of entries.
#[derive(Debug, Default)]
struct Sums(BTreeMap<Account, i128>);

impl Sums {
    fn of(&self, account: Account) -> i128 {
        self.0.get(&account).copied().unwrap_or(0)
    }

    fn post(&mut self, movement: Movement, amount: Money) {
        for (account, fen) in movement.postings(amount).unwrap() {
            *self.0.entry(account).or_default() += i128::from(fen.fen());
        }
    }

    /// What a purpose must be, said without the product's own figures.
    fn hold(&self, books: &Balances) {
        for account in Account::ALL {
            let own = books.of(account).unwrap();
            assert_eq!(i128::from(own.fen()), self.of(account), "{account:?}");
        }
        assert_eq!(self.0.values().try_fold(0_i128, |sum, it| sum.checked_add(*it)).unwrap(), 0);
        let [appropriated, available, reserved, paid, returned, recovered, due, claims] =
            Account::ALL.map(|it| self.of(it));
        let debits = [available, reserved, paid, due];
        let credits = [appropriated, returned, recovered, claims];
        assert!(debits.iter().all(|it| *it >= 0), "{self:?}");
        assert!(credits.iter().all(|it| *it <= 0), "{self:?}");
        // What is available, by A3: the credits are below zero.
        assert_eq!(available, -appropriated - reserved - (paid + returned) - recovered);
        // No more came back, and no more is owed, than left.
        assert!(due - recovered - returned <= paid, "{self:?}");
    }
}

/// Moves, and looks at everything.
fn moved(books: &Balances, sums: &mut Sums, movement: Movement, amount: Money) -> Balances {
    let before = *books;
    let next = books.after(movement, amount);
    assert_eq!(*books, before);
    let takes = movement.sides().1.contains(&Account::Available);
    match next {
        Ok(next) => {
            assert!(amount > Money::ZERO && !(takes && amount > books.available));
            sums.post(movement, amount);
            sums.hold(&next);
            assert_eq!(next.sound(), Ok(true));
            assert_ne!(next, before);
            next
        }
        Err(why) => {
            let nothing = amount <= Money::ZERO;
            let exceeded = !nothing && takes && amount > books.available;
            assert_eq!(why == BooksError::Nothing, nothing, "{movement:?} {amount}: {why}");
            let told = BooksError::Exceeded { available: books.available, asked: amount };
            assert_eq!(why == told, exceeded, "{movement:?} {amount}: {why}");
            sums.hold(books);
            before
        }
    }
}

/// Movements as they come, most of them of amounts that fit.
fn walk() -> impl Strategy<Value = Vec<(Movement, i64)>> {
    let amount = prop_oneof![4 => 1..500_i64, 1 => -2..2_i64, 1 => 500..5_000_i64];
    prop::collection::vec((select(Movement::ALL.to_vec()), amount), 1..120)
}

#[test]
fn twenty_branches_and_a_hundred_people_take_all_of_it() {
    let mut books = Balances::default().after(Movement::Increase, yuan("300000")).unwrap();
    for _ in 0..20 {
        books = books.after(Movement::Reserve, yuan("5000")).unwrap();
    }
    for _ in 0..100 {
        books = books.after(Movement::Reserve, yuan("2000")).unwrap();
    }
    assert_eq!((books.reserved, books.available), (yuan("300000"), Money::ZERO));
    let refused = books.after(Movement::Reserve, yuan("2000")).unwrap_err();
    assert_eq!(refused, BooksError::Exceeded { available: Money::ZERO, asked: yuan("2000") });
}

#[test]
fn every_movement_s_entries_are_as_reviewed() {
    let mut rows = vec![vec!["movement"]];
    rows[0].extend(Account::ALL.map(Account::word));
    for it in Movement::ALL {
        let postings: BTreeMap<_, _> = it.postings(fen(1)).unwrap().into_iter().collect();
        assert_eq!(postings.values().fold(0, |sum, it| sum + it.fen()), 0, "{it:?}");
        let (debits, credits) = it.sides();
        assert_eq!(debits.len(), credits.len(), "{it:?}");
        assert!(debits.iter().all(|it| !credits.contains(it)), "{it:?}");
        let sign = |account| match postings.get(&account).map(|it| it.fen()) {
            Some(1) => "debit",
            Some(-1) => "credit",
            None => ".",
            other => panic!("{other:?}"),
        };
        let mut row = vec![it.word()];
        row.extend(Account::ALL.map(sign));
        rows.push(row);
    }
    as_reviewed(include_str!("movements.txt"), &grid(&rows));
}

#[test]
fn words_name_one_account_and_one_movement() {
    for it in Account::ALL {
        assert_eq!(Account::named(it.word()), Some(it));
    }
    for it in Movement::ALL {
        assert_eq!(Movement::named(it.word()), Some(it));
    }
    for word in ["", "Paid", "paid ", "支付"] {
        assert_eq!((Account::named(word), Movement::named(word)), (None, None));
    }
    let zh: std::collections::BTreeSet<_> = Movement::ALL.map(Movement::zh).into();
    assert_eq!(zh.len(), Movement::ALL.len());
}

#[test]
fn at_the_ends_of_the_numbers_a_movement_is_an_error_and_never_a_wrong_figure() {
    let mut taken = 0;
    for first in ENDS {
        for movement in Movement::ALL {
            for amount in ENDS {
                let mut sums = Sums::default();
                let start = Balances::default();
                let books = moved(&start, &mut sums, Movement::Increase, fen(first));
                let books = moved(&books, &mut sums, Movement::Reserve, fen(first / 2));
                let next = moved(&books, &mut sums, movement, fen(amount));
                taken += usize::from(next != books);
            }
        }
    }
    assert!(taken > 50, "{taken}");
}

#[test]
fn figures_from_anywhere_never_panic() {
    for at in 0..7 {
        for (figure, amount) in ENDS.into_iter().flat_map(|it| ENDS.map(|at| (it, at))) {
            let mut books = Balances::default();
            let all = [
                &mut books.appropriated,
                &mut books.available,
                &mut books.reserved,
                &mut books.paid,
                &mut books.returned,
                &mut books.recovered,
                &mut books.due,
            ];
            for (own, it) in all.into_iter().enumerate() {
                *it = fen(if own == at { figure } else { amount });
            }
            // What is unsound stays refused, whatever moves.
            for movement in Movement::ALL {
                if let Ok(next) = books.after(movement, fen(amount)) {
                    assert_eq!(next.sound(), Ok(true));
                }
            }
            let _ = (books.sound(), books.net_paid());
            let _ = Account::ALL.map(|it| books.of(it));
        }
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn any_walk_keeps_the_books(walk in walk()) {
        let (mut books, mut sums) = (Balances::default(), Sums::default());
        for (movement, amount) in walk {
            books = moved(&books, &mut sums, movement, fen(amount));
        }
    }

    /// A walk out of which whatever was refused is taken comes to the same.
    #[test]
    fn refusals_leave_no_trace(walk in walk()) {
        let mut all = Balances::default();
        let mut taken = Vec::new();
        for (movement, amount) in walk {
            if let Ok(next) = all.after(movement, fen(amount)) {
                all = next;
                taken.push((movement, amount));
            }
        }
        let again = taken.into_iter().try_fold(Balances::default(), |books, (movement, amount)| {
            books.after(movement, fen(amount))
        });
        prop_assert_eq!(again, Ok(all));
    }
}
