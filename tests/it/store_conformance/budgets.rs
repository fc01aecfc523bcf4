//! The books of the county's money: movements with their postings and figures.

use std::collections::BTreeMap;

use steelyard::{
    domain::{
        award::{Account, Balances, Movement},
        exact::Money,
    },
    store::{
        AccountSum, Mark, MovementCursor, MovementListing, MovementRecord, StoreError, StoreTx,
    },
};

use super::{
    backend::Backend,
    sample::{COUNTY, at, begin},
};

fn fen(amount: i64) -> Money {
    Money::from_fen(amount)
}

fn mark(now: i64) -> Mark {
    Mark { recorded: at(now), by: "office “一”".to_owned(), request_id: "q".to_owned() }
}

/// Makes the movements of purposes, each with the figures that follow.
#[derive(Default)]
pub(super) struct Books(BTreeMap<(String, String), (i64, Balances)>);

impl Books {
    /// The next movement of a purpose's year, without a payment.
    pub(super) fn next(
        &mut self,
        (year, purpose): (&str, &str),
        movement: Movement,
        amount: i64,
    ) -> MovementRecord {
        let books = self.0.entry((year.to_owned(), purpose.to_owned())).or_default();
        books.0 += 1;
        books.1 = books.1.after(movement, fen(amount)).unwrap();
        MovementRecord {
            year: year.to_owned(),
            purpose: purpose.to_owned(),
            number: books.0,
            movement,
            amount: fen(amount),
            title: format!("奖补 {purpose}"),
            other_purpose: String::new(),
            batch_id: String::new(),
            line: 0,
            recovery: 0,
            recipient_kind: String::new(),
            recipient: String::new(),
            text: "文件".to_owned(),
            decided_by: "meeting".to_owned(),
            evidence: r#"[["form","r"]]"#.to_owned(),
            postings: movement.postings(fen(amount)).unwrap(),
            after: books.1,
            mark: mark(7),
        }
    }

    /// The next movement, of a payment.
    fn paying(
        &mut self,
        of: (&str, &str),
        (movement, amount): (Movement, i64),
        (batch, line, recipient): (&str, i64, &str),
    ) -> MovementRecord {
        MovementRecord {
            batch_id: batch.to_owned(),
            line,
            recipient_kind: "member".to_owned(),
            recipient: recipient.to_owned(),
            text: String::new(),
            decided_by: String::new(),
            evidence: String::new(),
            ..self.next(of, movement, amount)
        }
    }
}

/// As it is read: at the transaction's moment.
fn at_moment(it: &MovementRecord, now: i64) -> MovementRecord {
    MovementRecord { mark: mark(now), ..it.clone() }
}

/// A movement.
pub(super) async fn fill(tx: &mut dyn StoreTx) {
    let it = Books::default().next(("2022", "p"), Movement::Increase, 30_000_000);
    tx.insert_movements(COUNTY, &[it]).await.unwrap();
}

/// Whether a movement is asked for.
type Kept = fn(&MovementRecord) -> bool;

const A: (&str, &str) = ("2022", "a");
const B: (&str, &str) = ("2022", "b");
const OLD: (&str, &str) = ("2021", "a");

/// Every kind of movement over three moments, as they are read, in the order of the listing.
async fn kept(on: &Backend) -> Vec<MovementRecord> {
    let mut books = Books::default();
    let mut given = vec![
        books.next(A, Movement::Increase, 1_000),
        books.next(B, Movement::Increase, 500),
        books.next(A, Movement::Decrease, 100),
        MovementRecord {
            other_purpose: "b".to_owned(),
            ..books.next(A, Movement::TransferOut, 200)
        },
        MovementRecord {
            other_purpose: "a".to_owned(),
            ..books.next(B, Movement::TransferIn, 200)
        },
        books.next(OLD, Movement::Increase, 50),
    ];
    let one = |it| (it, 300);
    let then = vec![
        books.paying(A, one(Movement::Reserve), ("batch 一", 1, "m-1")),
        books.paying(A, one(Movement::Reserve), ("batch 一", 2, "m-2")),
        books.paying(B, one(Movement::Reserve), ("other", 1, "m-1")),
        books.paying(B, one(Movement::Release), ("other", 1, "m-1")),
    ];
    let last = vec![
        books.paying(A, one(Movement::Pay), ("batch 一", 1, "m-1")),
        books.paying(A, one(Movement::Bounce), ("batch 一", 2, "m-2")),
        MovementRecord {
            recovery: 4,
            ..books.paying(A, (Movement::Demand, 120), ("batch 一", 1, "m-1"))
        },
        books.paying(A, (Movement::Collect, 20), ("batch 一", 1, "m-1")),
        books.paying(A, (Movement::Waive, 30), ("batch 一", 1, "m-1")),
        books.paying(A, (Movement::Drop, 70), ("batch 一", 1, "m-1")),
    ];
    let mut all = Vec::new();
    for (now, rows) in [(10, &mut given), (20, &mut { then }), (30, &mut { last })] {
        // Given in another order, as one statement's rows may be.
        rows.reverse();
        let mut tx = begin(&*on.store, now).await.unwrap();
        tx.insert_movements(COUNTY, rows).await.unwrap();
        tx.insert_movements(COUNTY, &[]).await.unwrap();
        tx.commit().await.unwrap();
        all.extend(rows.iter().map(|it| at_moment(it, now)));
    }
    all.sort_by(|a, b| {
        let key = |it: &MovementRecord| {
            (it.mark.recorded, it.year.clone(), it.purpose.clone(), it.number)
        };
        key(a).cmp(&key(b))
    });
    all
}

pub(crate) async fn movements_come_back_exactly_and_in_order(on: &Backend) {
    let all = kept(on).await;
    let mut tx = on.store.read().await.unwrap();
    let every = MovementListing { limit: 99, ..MovementListing::default() };
    assert_eq!(tx.movements(COUNTY, &every).await.unwrap(), all);
    assert_eq!(tx.movements("other", &every).await.unwrap(), []);
    // Pages of every size meet every movement once.
    for limit in 1..=i64::try_from(all.len()).unwrap() {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let listing = MovementListing { after, limit, ..MovementListing::default() };
            let page = tx.movements(COUNTY, &listing).await.unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() <= usize::try_from(limit).unwrap());
            after = Some(MovementCursor {
                recorded: last.mark.recorded,
                year: last.year.clone(),
                purpose: last.purpose.clone(),
                number: last.number,
            });
            found.extend(page);
        }
        assert_eq!(found, all, "by {limit}");
    }
    let text = |it: &str| it.to_owned();
    let no = MovementListing::default;
    let filters: [(MovementListing, Kept); 8] = [
        (MovementListing { year: text("2021"), ..no() }, |it| it.year == "2021"),
        (MovementListing { purpose: text("b"), ..no() }, |it| it.purpose == "b"),
        (MovementListing { batch_id: text("batch 一"), ..no() }, |it| it.batch_id == "batch 一"),
        (MovementListing { recipient_kind: text("member"), ..no() }, |it| it.line > 0),
        (MovementListing { recipient: text("m-2"), ..no() }, |it| it.recipient == "m-2"),
        (MovementListing { until: Some(at(19)), ..no() }, |it| it.mark.recorded <= at(19)),
        (MovementListing { until: Some(at(20)), ..no() }, |it| it.mark.recorded <= at(20)),
        (MovementListing { year: text("2021"), purpose: text("b"), ..no() }, |_| false),
    ];
    for (filter, is) in filters {
        let expected: Vec<_> = all.iter().filter(|it| is(it)).cloned().collect();
        let listing = MovementListing { limit: 99, ..filter };
        assert_eq!(tx.movements(COUNTY, &listing).await.unwrap(), expected, "{listing:?}");
    }
}

pub(crate) async fn figures_and_sums_are_read_as_of_a_moment(on: &Backend) {
    let all = kept(on).await;
    let mut tx = on.store.read().await.unwrap();
    for until in [None, Some(9), Some(10), Some(15), Some(20), Some(30)] {
        let moment = until.map(at);
        let known = || all.iter().filter(|it| moment.is_none_or(|until| it.mark.recorded <= until));
        let mut newest: BTreeMap<(&str, &str), MovementRecord> = BTreeMap::new();
        let mut sums: BTreeMap<(&str, &str, Account), (i64, i64)> = BTreeMap::new();
        for it in known() {
            newest.insert((&it.year, &it.purpose), it.clone());
            for (account, amount) in &it.postings {
                let sum = sums.entry((&it.year, &it.purpose, *account)).or_default();
                sum.0 += amount.fen().max(0);
                sum.1 -= amount.fen().min(0);
            }
        }
        for of in [A, B, OLD, ("2021", "b"), ("", "")] {
            let found = tx.last_movement(COUNTY, of, moment).await.unwrap();
            assert_eq!(found.as_ref(), newest.get(&of), "{of:?} {until:?}");
        }
        for year in ["", "2020", "2021", "2022", "2023"] {
            let found = tx.last_movements(COUNTY, year, moment).await.unwrap();
            let of = newest.iter().filter(|it| year.is_empty() || it.0.0 == year);
            assert_eq!(found, of.map(|it| it.1.clone()).collect::<Vec<_>>(), "{year} {until:?}");
        }
        for (year, purpose) in [("2022", ""), ("2022", "a"), ("2022", "c"), ("2021", "")] {
            let of = sums
                .iter()
                .filter(|it| it.0.0 == year && (purpose.is_empty() || it.0.1 == purpose));
            let of = of.map(|((_, purpose, account), (debit, credit))| AccountSum {
                purpose: (*purpose).to_owned(),
                account: *account,
                debit: fen(*debit),
                credit: fen(*credit),
            });
            let found = tx.account_sums(COUNTY, (year, purpose), moment).await.unwrap();
            assert_eq!(found, of.collect::<Vec<_>>(), "{year} {purpose} {until:?}");
            // What is added up is what the newest movement says.
            for it in found {
                let after = newest[&(year, it.purpose.as_str())].after;
                let balance = it.debit.minus(it.credit).unwrap();
                assert_eq!(after.of(it.account), Ok(balance), "{it:?}");
            }
        }
    }
    assert_eq!(tx.last_movement("other", A, None).await.unwrap(), None);
    assert_eq!(tx.last_movements("other", "", None).await.unwrap(), []);
    assert_eq!(tx.account_sums("other", ("2022", ""), None).await.unwrap(), []);
}

/// A change of the figures after a movement.
type Change = fn(&mut Balances);

/// Tries a movement that must not be taken, and answers whether one of its key was there.
async fn refused(on: &Backend, rows: &[MovementRecord], why: &str) -> bool {
    let mut tx = begin(&*on.store, 90).await.unwrap();
    match tx.insert_movements(COUNTY, rows).await {
        Ok(()) => panic!("{why} was taken"),
        Err(error) => matches!(error, StoreError::AlreadyRecorded),
    }
}

pub(crate) async fn books_that_do_not_hold_are_refused(on: &Backend) {
    let mut books = Books::default();
    let of = ("2022", "p");
    let paying = ("batch", 1, "m");
    let kept = [
        books.next(of, Movement::Increase, 100),
        books.paying(of, (Movement::Reserve, 60), paying),
        books.paying(of, (Movement::Pay, 60), paying),
    ];
    let mut tx = begin(&*on.store, 10).await.unwrap();
    tx.insert_movements(COUNTY, &kept).await.unwrap();
    tx.commit().await.unwrap();
    let good = books.next(of, Movement::Increase, 10);
    let figures: [(&str, Change); 14] = [
        ("nothing appropriated", |it| it.appropriated = fen(0)),
        ("below zero: appropriated", |it| {
            *it = Balances { appropriated: fen(-1), available: fen(-61), ..*it }
        }),
        ("below zero: available", |it| {
            *it = Balances { appropriated: fen(59), available: fen(-1), ..*it }
        }),
        ("below zero: reserved", |it| {
            *it = Balances { reserved: fen(-1), available: fen(51), ..*it }
        }),
        ("below zero: paid", |it| *it = Balances { paid: fen(-1), available: fen(111), ..*it }),
        ("below zero: returned", |it| {
            *it = Balances { returned: fen(-1), available: fen(49), ..*it }
        }),
        ("below zero: recovered", |it| {
            *it = Balances { recovered: fen(-1), available: fen(49), ..*it }
        }),
        ("below zero: due", |it| it.due = fen(-1)),
        ("more available than is left", |it| it.available = fen(51)),
        ("less available than is left", |it| it.available = fen(49)),
        ("more back than was paid", |it| {
            *it = Balances { returned: fen(61), available: fen(111), ..*it }
        }),
        ("more back in two ways", |it| {
            let back = (fen(31), fen(30));
            *it = Balances { returned: back.0, recovered: back.1, available: fen(111), ..*it }
        }),
        ("more owed than was paid", |it| it.due = fen(61)),
        ("more than can be added up", |it| {
            let most = fen(i64::MAX);
            let (appropriated, available) = (Money::ZERO, Money::ZERO);
            *it = Balances {
                appropriated,
                available,
                reserved: most,
                paid: most,
                recovered: most,
                ..*it
            };
        }),
    ];
    for (why, change) in figures {
        let mut it = good.clone();
        change(&mut it.after);
        assert!(!refused(on, &[it], why).await, "{why}");
    }
    let with = |change: fn(&mut MovementRecord)| {
        let mut it = good.clone();
        change(&mut it);
        [it]
    };
    for (why, rows) in [
        ("nothing moves", with(|it| it.amount = fen(0))),
        ("less than nothing moves", with(|it| it.amount = fen(-1))),
        ("a gap", with(|it| it.number = 5)),
        ("a gap in a new purpose", with(|it| "q".clone_into(&mut it.purpose))),
        ("number 0", with(|it| it.number = 0)),
        ("number -1", with(|it| it.number = -1)),
        ("a posting of nothing", with(|it| it.postings[0].1 = fen(0))),
        ("line -1", with(|it| it.line = -1)),
    ] {
        assert!(!refused(on, &rows, why).await, "{why}");
    }
    for (why, rows) in [
        ("the first number again", with(|it| it.number = 1)),
        ("the last number again", with(|it| it.number = 3)),
        ("an account twice", with(|it| it.postings[1].0 = it.postings[0].0)),
    ] {
        assert!(refused(on, &rows, why).await, "{why}");
    }
    assert!(refused(on, &[good.clone(), good.clone()], "a number twice at once").await);
    // A payment is reserved, paid or released, and sent back, once each.
    for again in [Movement::Reserve, Movement::Pay, Movement::Release, Movement::Bounce] {
        let mut it = MovementRecord { batch_id: "batch".to_owned(), line: 1, ..good.clone() };
        it.movement = again;
        assert!(refused(on, &[it], again.word()).await, "{again:?}");
    }
    let mut tx = on.store.begin().await.unwrap();
    let unlocked = tx.insert_movements(COUNTY, std::slice::from_ref(&good)).await;
    assert!(matches!(unlocked, Err(StoreError::NotLocked { .. })), "{unlocked:?}");
    drop(tx);
    // What was refused left nothing behind, and what follows is taken.
    let mut tx = begin(&*on.store, 95).await.unwrap();
    let listing = MovementListing { limit: 9, ..MovementListing::default() };
    let found = tx.movements(COUNTY, &listing).await.unwrap();
    assert_eq!(found, kept.map(|it| at_moment(&it, 10)));
    tx.insert_movements(COUNTY, &[good]).await.unwrap();
    let back = books.paying(of, (Movement::Return, 60), paying);
    tx.insert_movements(COUNTY, std::slice::from_ref(&back)).await.unwrap();
    tx.commit().await.unwrap();
    let again = books.next(of, Movement::Increase, 1);
    let again = MovementRecord { movement: Movement::Return, batch_id: back.batch_id, ..again };
    assert!(refused(on, &[MovementRecord { line: 1, ..again }], "back twice").await);
}

pub(crate) async fn many_movements_at_once_are_kept(on: &Backend) {
    let mut books = Books::default();
    let of = ("2022", "p");
    let mut all = vec![books.next(of, Movement::Increase, 1_000_000)];
    let reserve = |line| books.paying(of, (Movement::Reserve, 7), ("batch", line, "m"));
    all.extend((1..=6_000).map(reserve));
    let mut tx = begin(&*on.store, 10).await.unwrap();
    tx.insert_movements(COUNTY, &all).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    let last = tx.last_movement(COUNTY, of, None).await.unwrap().unwrap();
    assert_eq!((last.number, last.after.reserved), (6_001, fen(42_000)));
    let listing = MovementListing { limit: 10_000, ..MovementListing::default() };
    let found = tx.movements(COUNTY, &listing).await.unwrap();
    assert!(found.iter().eq(all.iter().map(|it| at_moment(it, 10)).collect::<Vec<_>>().iter()));
}
