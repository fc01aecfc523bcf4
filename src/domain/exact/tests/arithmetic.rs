//! `Exact` against the naive reference: every operation, every mode, small numbers and large.

use num_bigint::BigInt;
use num_traits::ToPrimitive;
use proptest::prelude::*;

use super::{
    cases,
    naive::{Naive, agree},
};
use crate::domain::exact::{Decimal, Exact, ExactError, Points, RoundingMode};

type Pair = (i128, i128);

const EDGES: [i128; 14] = [
    0,
    1,
    -1,
    2,
    5,
    1_000_000,
    i64::MAX as i128,
    i64::MIN as i128,
    u64::MAX as i128,
    i128::MAX,
    i128::MIN,
    i128::MAX - 1,
    i128::MIN + 1,
    1 << 126,
];

/// Numerators and denominators of every size; a denominator may be zero.
fn pair() -> impl Strategy<Value = Pair> {
    let edge = || prop::sample::select(EDGES.to_vec());
    prop_oneof![
        3 => (-60_i128..60, -30_i128..30),
        3 => (-10_000_000_000_000_000_i128..10_000_000_000_000_000).prop_map(|it| (it, 1_000_000)),
        // Halves of every place: x.5, x.x5, ..., the numbers that rounding is about.
        3 => (-2_000_001_i128..2_000_001, 0_u32..7).prop_map(|(it, at)| (2 * it + 1, 2 * 10_i128.pow(at))),
        2 => (any::<i64>(), 1_i64..1_000_000).prop_map(|(a, b)| (a.into(), b.into())),
        2 => (any::<i128>(), any::<i128>()),
        1 => (edge(), edge()),
    ]
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Plus(Pair),
    Minus(Pair),
    Times(Pair),
    Over(Pair),
    Square,
    Negate,
    Round(u32, RoundingMode),
}

fn mode() -> impl Strategy<Value = RoundingMode> {
    prop::sample::select(RoundingMode::ALL.to_vec())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => pair().prop_map(Step::Plus),
        3 => pair().prop_map(Step::Minus),
        3 => pair().prop_map(Step::Times),
        3 => pair().prop_map(Step::Over),
        2 => Just(Step::Square),
        1 => Just(Step::Negate),
        1 => (0_u32..=6, mode()).prop_map(|(to, mode)| Step::Round(to, mode)),
    ]
}

fn both(pair: Pair) -> Option<(Exact, Naive)> {
    Some((Exact::ratio(pair.0, pair.1).ok()?, Naive::new(pair.0, pair.1)?))
}

fn taken(at: &(Exact, Naive), step: Step) -> Option<(Result<Exact, ExactError>, Option<Naive>)> {
    let (exact, naive) = at;
    let zero = Naive::new(0, 1)?;
    Some(match step {
        Step::Plus(it) => both(it).map(|(a, b)| (exact.plus(&a), naive.plus(&b)))?,
        Step::Minus(it) => both(it).map(|(a, b)| (exact.minus(&a), naive.minus(&b)))?,
        Step::Times(it) => both(it).map(|(a, b)| (exact.times(&a), naive.times(&b)))?,
        Step::Over(it) => both(it).map(|(a, b)| (exact.over(&a), naive.over(&b)))?,
        Step::Square => (exact.times(exact), naive.times(naive)),
        Step::Negate => (exact.negated(), zero.minus(naive)),
        Step::Round(to, mode) => (exact.rounded(to, mode), naive.rounded(to, mode)),
    })
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_ratio_is_reduced_and_a_zero_denominator_refused(pair in pair()) {
        let naive = Naive::new(pair.0, pair.1);
        prop_assert_eq!(agree(&Exact::ratio(pair.0, pair.1), naive.as_ref()), Ok(()));
    }

}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn chains_of_operations_give_what_the_naive_ones_give(
        start in pair(),
        steps in prop::collection::vec(step(), 1..16),
    ) {
        let Some(mut at) = both(start) else { return Ok(()) };
        for step in steps {
            let Some((ours, naive)) = taken(&at, step) else { continue };
            prop_assert_eq!(agree(&ours, naive.as_ref()), Ok(()), "{:?}", step);
            let (Ok(ours), Some(naive)) = (ours, naive) else { break };
            prop_assert_eq!(ours.is_negative(), naive.is_negative());
            prop_assert_eq!(ours.is_zero(), naive == Naive::new(0, 1).unwrap());
            prop_assert_eq!(Exact::from_parts_text(&ours.to_string()), Some(ours.clone()));
            at = (ours, naive);
        }
    }

}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn comparing_gives_what_the_naive_comparison_gives(a in pair(), b in pair(), squares in 0_u32..3) {
        let (Some(mut a), Some(mut b)) = (both(a), both(b)) else { return Ok(()) };
        for _ in 0..squares {
            a = (a.0.times(&a.0).unwrap(), a.1.times(&a.1).unwrap());
            b = (b.0.times(&b.0).unwrap(), b.1.times(&b.1).unwrap());
        }
        prop_assert_eq!(a.0.cmp(&b.0), a.1.compare(&b.1));
        prop_assert_eq!(b.0.cmp(&a.0), a.1.compare(&b.1).reverse());
        prop_assert_eq!(a.0 == b.0, a.1 == b.1);
        let (least, most) = (a.0.clone().min(b.0.clone()), a.0.clone().max(b.0.clone()));
        prop_assert!(least <= most && (least == a.0 || least == b.0) && (most == a.0 || most == b.0));
    }

    /// Invariant A4, and the six modes against the naive ones.
    #[test]
    fn rounding_is_near_enough_and_rounding_again_changes_nothing(
        pair in pair(),
        places in 0_u32..=6,
        mode in mode(),
        squares in 0_u32..3,
    ) {
        let Some(mut value) = both(pair) else { return Ok(()) };
        for _ in 0..squares {
            value = (value.0.times(&value.0).unwrap(), value.1.times(&value.1).unwrap());
        }
        let (exact, naive) = value;
        let units = naive.units(places, mode);
        prop_assert_eq!(exact.units(places, mode).ok(), units.to_i128());
        prop_assert_eq!(exact.units(places, mode).is_err(), units.to_i128().is_none());
        let rounded = exact.rounded(places, mode).unwrap();
        prop_assert_eq!(agree(&Ok(rounded.clone()), naive.rounded(places, mode).as_ref()), Ok(()));
        let text = naive.text(usize::try_from(places).unwrap(), mode);
        prop_assert_eq!(exact.text(places, mode), text);
        for again in RoundingMode::ALL {
            prop_assert_eq!(&rounded.rounded(places, again).unwrap(), &rounded);
        }
        prop_assert!(rounded.is_decimal(places));
        let away = rounded.minus(&exact).unwrap();
        let away = if away.is_negative() { away.negated().unwrap() } else { away };
        let unit = Exact::scaled(1, places).unwrap();
        let half = unit.over(&Exact::whole(2)).unwrap();
        match mode {
            RoundingMode::HalfUp | RoundingMode::HalfEven => prop_assert!(away <= half),
            RoundingMode::Down | RoundingMode::Up | RoundingMode::Floor | RoundingMode::Ceiling => {
                prop_assert!(away < unit);
            }
        }
    }

    #[test]
    fn points_keep_what_they_can_hold_and_say_no_to_the_rest(pair in pair()) {
        let Some((exact, naive)) = both(pair) else { return Ok(()) };
        let units = naive.units(4, RoundingMode::Down);
        let whole = naive.rounded(4, RoundingMode::Down).unwrap() == naive;
        let wanted = match (whole, units.to_i64()) {
            (false, _) => Ok(None),
            (true, Some(units)) => Ok(Some(Points::from_units(units))),
            (true, None) => Err(ExactError::Overflow),
        };
        prop_assert_eq!(Points::from_exact(&exact), wanted);
    }

    #[test]
    fn a_decimal_is_its_millionths(millionths in -9_999_999_999_999_999_i64..=9_999_999_999_999_999) {
        let decimal = Decimal::from_millionths(millionths).unwrap();
        let naive = Naive::new(millionths, 1_000_000);
        prop_assert_eq!(agree(&Ok(Exact::from(decimal)), naive.as_ref()), Ok(()));
        prop_assert_eq!(Exact::from(decimal).exact_text(), decimal.to_string());
    }
}

/// The bound itself, by value: the last number that fits, and the first that does not.
#[test]
fn beyond_the_bound_is_an_error_and_never_a_panic() {
    let mut power = Exact::whole(2);
    let mut bits = 1_u64;
    while bits < Exact::BITS_MAX / 2 {
        power = power.times(&power).unwrap();
        bits *= 2;
    }
    let half = Exact::ratio(1, 2).unwrap();
    let last = power.times(&power.times(&half).unwrap()).unwrap();
    assert_eq!(last.to_string(), BigInt::from(2).pow(16_383).to_string());
    let small = Exact::ONE.over(&last).unwrap();
    assert_eq!(last.times(&small), Ok(Exact::ONE));
    assert_eq!(last.plus(&last), Err(ExactError::Overflow));
    assert_eq!(last.minus(&last.negated().unwrap()), Err(ExactError::Overflow));
    assert_eq!(last.times(&Exact::whole(2)), Err(ExactError::Overflow));
    assert_eq!(small.over(&Exact::whole(2)), Err(ExactError::Overflow));
    assert_eq!(last.units(6, RoundingMode::Up), Err(ExactError::Overflow));
    assert_eq!(small.rounded(6, RoundingMode::Up), Exact::scaled(1, 6));
    assert_eq!(last.rounded(2, RoundingMode::Up).as_ref(), Ok(&last));
    assert_eq!(Exact::sum([&last, &last]), Err(ExactError::Overflow));
    assert_eq!(last.minus(&last), Ok(Exact::ZERO));
    assert_eq!(last.text(2, RoundingMode::HalfUp), format!("{last}.00"));
    assert!(small < Exact::ONE && last > Exact::ONE && small.negated().unwrap() < Exact::ZERO);
}

/// Equal values are equal however they were reached: there and back over the big representation.
#[test]
fn a_value_that_comes_back_from_the_big_integers_is_the_same_value() {
    let huge = Exact::whole(i128::MAX);
    for (num, den) in [(1, 3), (-7, 2), (0, 1), (i128::MIN, 1), (i128::MIN, 3), (i128::MAX, 2)] {
        let value = Exact::ratio(num, den).unwrap();
        let there = value.times(&huge).unwrap().times(&huge).unwrap();
        let back = there.over(&huge).unwrap().over(&huge).unwrap();
        assert_eq!(back, value);
        assert_eq!(back.small_parts(), value.small_parts());
        assert_eq!(value.negated().unwrap().negated().unwrap(), value);
    }
}

/// x.xx5 in all six modes, both signs, as the tables of any textbook have it.
#[test]
fn halves_round_as_the_modes_are_named() {
    let table = [
        ("2.345", ["2.35", "2.34", "2.34", "2.35", "2.34", "2.35"]),
        ("2.355", ["2.36", "2.36", "2.35", "2.36", "2.35", "2.36"]),
        ("-2.345", ["-2.35", "-2.34", "-2.34", "-2.35", "-2.35", "-2.34"]),
        ("-2.355", ["-2.36", "-2.36", "-2.35", "-2.36", "-2.36", "-2.35"]),
        ("0.005", ["0.01", "0.00", "0.00", "0.01", "0.00", "0.01"]),
        ("-0.005", ["-0.01", "0.00", "0.00", "-0.01", "-0.01", "0.00"]),
        ("2.3449", ["2.34", "2.34", "2.34", "2.35", "2.34", "2.35"]),
        ("-2.340001", ["-2.34", "-2.34", "-2.34", "-2.35", "-2.35", "-2.34"]),
        ("2.34", ["2.34"; 6]),
        ("99.995", ["100.00", "100.00", "99.99", "100.00", "99.99", "100.00"]),
    ];
    for (text, wanted) in table {
        let value = Exact::from(Decimal::parse(text).unwrap());
        for (mode, wanted) in RoundingMode::ALL.into_iter().zip(wanted) {
            assert_eq!(value.text(2, mode), wanted, "{text} {}", mode.name());
            assert_eq!(value.rounded(2, mode).unwrap().text(2, RoundingMode::HalfUp), wanted);
        }
    }
}
