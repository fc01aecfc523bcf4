//! Pools at large: splits where rounding each part by itself gives away more than there is, a million
//! pools out of numbers, the tables of money and of places (A6, A7).

use proptest::prelude::*;

use super::cases;
use crate::domain::exact::{
    Exact, Money, Part, PartWhy, Remainder, RoundingMode, Why, allocate, allocate_table, allot,
};

fn whole(weights: &[i64]) -> Vec<Exact> {
    weights.iter().map(|it| Exact::whole(*it)).collect()
}

fn table(fen: i64, weights: &[i64], remainder: Remainder) -> Vec<Part> {
    allocate_table(Money::from_fen(fen), &whole(weights), remainder).unwrap()
}

fn fen(parts: &[Part]) -> Vec<i64> {
    parts.iter().map(|it| it.money.fen()).collect()
}

fn sum(fen: &[i64]) -> i64 {
    fen.iter().fold(0, |sum, it| sum + it)
}

/// Half-up each by itself: of 5 fen it gives 1, 2 and 3, which are 6. So it goes wherever an amount
/// ends in 3, 5 or 9 fen.
#[test]
fn splits_of_20_30_50_where_rounding_each_overshoots() {
    const ORDERS: [[i64; 3]; 6] =
        [[20, 30, 50], [20, 50, 30], [30, 20, 50], [30, 50, 20], [50, 20, 30], [50, 30, 20]];
    let mut overshot = 0;
    for amount in 0..2_000 {
        for weights in ORDERS {
            let parts = table(amount, &weights, Remainder::Largest);
            let naive: Vec<i64> = parts
                .iter()
                .map(|it| it.exact.units(0, RoundingMode::HalfUp).unwrap())
                .map(|it| i64::try_from(it).unwrap())
                .collect();
            let over = matches!(amount % 10, 3 | 5 | 9);
            assert_eq!(sum(&naive), amount + i64::from(over), "{amount} by {weights:?}");
            overshot += usize::from(over);
            for remainder in [Remainder::Largest, Remainder::Last] {
                let ours = fen(&table(amount, &weights, remainder));
                assert_eq!(sum(&ours), amount, "{amount} by {weights:?}");
                assert!(ours.iter().all(|it| *it >= 0), "{amount} by {weights:?}");
            }
            assert_eq!(
                allocate(Money::from_fen(amount), &whole(&weights), Remainder::Largest).unwrap(),
                parts.iter().map(|it| it.money).collect::<Vec<_>>()
            );
        }
    }
    assert_eq!(overshot, 2_000 / 10 * 3 * 6);
}

/// Reviewed by hand.
#[test]
fn a_table_says_why_each_gets_what_it_gets() {
    use PartWhy::{Floor, HalfUp, HeldToRest, Remainder as More, TakesRest};
    type Row = (i64, &'static [i64], Remainder, &'static [i64], &'static [PartWhy]);
    let rows: [Row; 11] = [
        // 1, 1.5 and 2.5 fen: the fen goes to the first of the two equal remainders.
        (5, &[20, 30, 50], Remainder::Largest, &[1, 2, 2], &[Floor, More, Floor]),
        (5, &[20, 50, 30], Remainder::Largest, &[1, 3, 1], &[Floor, More, Floor]),
        (5, &[20, 30, 50], Remainder::Last, &[1, 2, 2], &[HalfUp, HalfUp, TakesRest]),
        // 0.6, 0.9 and 1.5.
        (3, &[20, 30, 50], Remainder::Largest, &[1, 1, 1], &[More, More, Floor]),
        (3, &[20, 30, 50], Remainder::Last, &[1, 1, 1], &[HalfUp, HalfUp, TakesRest]),
        // 246.9, 370.35 and 617.25 yuan.
        (
            123_450,
            &[20, 30, 50],
            Remainder::Largest,
            &[24_690, 37_035, 61_725],
            &[Floor, Floor, Floor],
        ),
        // 2469, 3703.5 and 6172.5 fen.
        (12_345, &[20, 30, 50], Remainder::Largest, &[2_469, 3_704, 6_172], &[Floor, More, Floor]),
        (
            12_345,
            &[20, 30, 50],
            Remainder::Last,
            &[2_469, 3_704, 6_172],
            &[HalfUp, HalfUp, TakesRest],
        ),
        // 0.5 each: the first two take what there is, nothing is left for the others.
        (
            2,
            &[1, 1, 1, 1],
            Remainder::Last,
            &[1, 1, 0, 0],
            &[HalfUp, HalfUp, HeldToRest, TakesRest],
        ),
        (0, &[1, 0], Remainder::Largest, &[0, 0], &[Floor, Floor]),
        (7, &[3], Remainder::Last, &[7], &[TakesRest]),
    ];
    for (amount, weights, remainder, wanted, why) in rows {
        let parts = table(amount, weights, remainder);
        assert_eq!(fen(&parts), wanted, "{amount} by {weights:?}, {remainder:?}");
        assert_eq!(parts.iter().map(|it| it.why).collect::<Vec<_>>(), why, "{amount} {weights:?}");
    }
    let third = &table(100, &[1, 1, 1], Remainder::Largest)[0];
    assert_eq!((third.exact.to_string(), third.floor), ("100/3".to_owned(), 33));
    assert_eq!((third.remainder.to_string(), third.money.fen()), ("1/3".to_owned(), 34));
}

/// A million pools of both remainders, from fixed numbers: nothing lost, nothing made, nobody below
/// zero. In two halves, which run side by side.
#[test]
fn a_million_random_pools_conserve_the_first_half() {
    assert_eq!(half_a_million(1), 500_000);
}

#[test]
fn a_million_random_pools_conserve_the_second_half() {
    assert_eq!(half_a_million(2), 500_000);
}

fn half_a_million(seed: u64) -> u32 {
    // The multiplier and increment of Knuth's MMIX.
    let mut state = seed;
    let mut next = |most: u32| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::from(u32::try_from(state >> 33).unwrap() % most)
    };
    let mut done = 0;
    while done < 500_000 {
        let parties = next(3) + 2;
        let weights: Vec<Exact> = (0..parties).map(|_| Exact::whole(next(100))).collect();
        if weights.iter().all(Exact::is_zero) {
            continue;
        }
        let most = if next(2) == 0 { 60 } else { 30_000_000 };
        let amount = next(most);
        let remainder = if next(2) == 0 { Remainder::Largest } else { Remainder::Last };
        let parts = allocate_table(Money::from_fen(amount), &weights, remainder).unwrap();
        let mut left = amount;
        for part in &parts {
            left -= part.money.fen();
            assert!(part.money.fen() >= 0, "{amount} by {weights:?}");
            let off = part.money.fen() - part.floor;
            assert!(remainder == Remainder::Last || off == 0 || off == 1, "{amount} {weights:?}");
        }
        assert_eq!(left, 0, "{amount} by {weights:?}, {remainder:?}");
        done += 1;
    }
    done
}

fn places(
    count: u64,
    weights: &[u64],
    cap: Option<u64>,
) -> (Vec<u64>, Vec<Why>, Vec<usize>, usize) {
    let found = allot(count, weights, cap, None).unwrap();
    assert_eq!(found.rows.iter().map(|it| it.members).collect::<Vec<_>>(), weights);
    let seats = found.rows.iter().map(|it| it.seats).collect();
    (seats, found.rows.iter().map(|it| it.why).collect(), found.tied, found.open_seats)
}

#[test]
fn places_go_by_quota_and_equal_ones_stay_open() {
    use Why::{Floor, Remainder as More, TieOpen};
    // Quotas 6.4, 3.2 and 0.4: of the equal .4 the larger unit is served.
    let (seats, why, tied, _) = places(10, &[16, 8, 1], None);
    assert_eq!((seats, why, tied), (vec![7, 3, 0], vec![More, Floor, Floor], vec![]));
    // 3.33 each: one place, three that are equal.
    let (seats, why, tied, open) = places(10, &[40, 40, 40], None);
    assert_eq!((seats, why), (vec![3, 3, 3], vec![TieOpen; 3]));
    assert_eq!((tied, open), (vec![0, 1, 2], 1));
    let decided = allot(10, &[40, 40, 40], None, Some(&[2, 0, 1])).unwrap();
    assert_eq!(decided.rows.iter().map(|it| it.seats).collect::<Vec<_>>(), [3, 3, 4]);
    // More places than members, and a cap that passes nothing on.
    assert_eq!(places(30, &[1, 2, 3], None).0, [5, 10, 15]);
    assert_eq!(places(31, &[1, 2, 3], None).0, [5, 10, 16]);
    assert_eq!(places(31, &[1, 2, 3], Some(12)).0, [5, 11, 12]);
    assert_eq!(places(31, &[1, 2, 3], Some(5)).0, [5, 5, 5]);
    assert_eq!(places(0, &[1, 2], None).0, [0, 0]);
    assert_eq!(places(5, &[0, 0], None).0, [0, 0], "without weight nobody gets anything");
    assert!(allot(1, &[u64::MAX, 1], None, None).is_err());
}

proptest! {
    #![proptest_config(cases(2_000))]

    /// Every place is given or open, every unit has its quota's floor or one more, equal units are
    /// treated alike, and a unit without weight gets nothing.
    #[test]
    fn places_are_given_or_open(
        count in 0_u64..400,
        weights in prop::collection::vec(0_u64..60, 1..9),
        times in 1_u64..30,
    ) {
        prop_assume!(weights.iter().any(|it| *it > 0));
        let found = allot(count, &weights, None, None).unwrap();
        let given = found.rows.iter().fold(0, |sum, it| sum + it.seats);
        prop_assert_eq!(given + u64::try_from(found.open_seats).unwrap(), count);
        let all = weights.iter().fold(0, |sum, it| sum + it);
        for row in &found.rows {
            prop_assert_eq!(row.floor, count * row.members / all);
            prop_assert!(row.seats == row.floor || row.seats == row.floor + 1);
            prop_assert!(row.members > 0 || row.seats == 0);
            for other in found.rows.iter().filter(|it| it.members == row.members) {
                prop_assert_eq!(other.seats, row.seats);
            }
        }
        let scaled: Vec<u64> = weights.iter().map(|it| it * times).collect();
        let scaled = allot(count, &scaled, None, None).unwrap();
        prop_assert!(scaled.rows.iter().zip(&found.rows).all(|(a, b)| a.seats == b.seats));
        prop_assert_eq!((scaled.tied, scaled.open_seats), (found.tied, found.open_seats));
    }
}
