//! Rules A3 to A5 held to the books.

use super::*;
use crate::domain::exact::Money;

fn yuan(text: &str) -> Money {
    Money::parse(text).unwrap()
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
