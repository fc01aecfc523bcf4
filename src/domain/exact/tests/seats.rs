//! Apportionment against integer formulas written apart (invariants D1 to D8).

use proptest::prelude::*;

use super::cases;
use crate::domain::exact::{
    ApportionRule, Apportioned, Apportionment, Exact, ExactError, Share, Why, apportion,
};

fn share(text: &str) -> Share {
    Share::parse(text).unwrap()
}

fn terms(text: &str, rule: ApportionRule) -> Apportionment {
    Apportionment { share: share(text), rule, each_at_most: None, at_most: None }
}

/// A house of exactly so many seats.
fn house(seats: u64) -> Apportionment {
    Apportionment { at_most: Some(seats), ..terms("100%", ApportionRule::LargestRemainder) }
}

fn seats(it: &Apportioned) -> Vec<u64> {
    it.rows.iter().map(|it| it.seats).collect()
}

fn sum(all: &[u64]) -> u64 {
    all.iter().fold(0, |sum, it| sum + it)
}

/// What largest remainders give, in whole numbers only; the tied groups and what is between them.
fn naive(
    members: &[u64],
    (num, den): (u64, u64),
    each: Option<u64>,
    most: Option<u64>,
) -> (Vec<u64>, Vec<usize>, u64) {
    let all = sum(members);
    let house = (all * num / den).min(most.unwrap_or(u64::MAX));
    if all == 0 {
        return (members.to_vec(), Vec::new(), 0);
    }
    let mut seats: Vec<u64> = members.iter().map(|it| house * it / all).collect();
    let mut left = house - sum(&seats);
    let mut line: Vec<(u64, u64, usize)> = members
        .iter()
        .enumerate()
        .map(|(index, it)| (house * it % all, *it, index))
        .filter(|(rest, _, index)| *rest > 0 && each.is_none_or(|it| seats[*index] < it))
        .collect();
    line.sort_by_key(|it| (it.0, it.1));
    let (mut tied, mut open) = (Vec::new(), 0);
    while left > 0 && !line.is_empty() {
        let (rest, size, _) = line[line.len() - 1];
        let equal: Vec<usize> =
            line.iter().filter(|it| (it.0, it.1) == (rest, size)).map(|it| it.2).collect();
        line.retain(|it| (it.0, it.1) != (rest, size));
        if u64::try_from(equal.len()).unwrap() > left {
            (tied, open, left) = (equal, left, 0);
        } else {
            left -= u64::try_from(equal.len()).unwrap();
            equal.iter().for_each(|it| seats[*it] += 1);
        }
    }
    seats.iter_mut().for_each(|it| *it = (*it).min(each.unwrap_or(u64::MAX)));
    (seats, tied, open)
}

fn rate() -> impl Strategy<Value = (u64, u64)> {
    (1_u64..400).prop_flat_map(|den| (0..=den, Just(den)))
}

fn groups() -> impl Strategy<Value = Vec<u64>> {
    let size =
        prop_oneof![1 => Just(0_u64), 4 => 0_u64..12, 3 => 0_u64..120, 1 => 0_u64..1_000_000];
    prop::collection::vec(size, 0..14)
}

fn shuffled() -> impl Strategy<Value = (Vec<u64>, Vec<usize>)> {
    groups().prop_flat_map(|it| {
        let order: Vec<usize> = (0..it.len()).collect();
        (Just(it), Just(order).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(cases(1_000))]

    /// D1: the integer formulas, and 0 <= q(n) <= n.
    #[test]
    fn each_group_by_itself_follows_the_integer_formula(n in 0_u64..100_000, (num, den) in rate()) {
        for (rule, wanted) in [
            (ApportionRule::Floor, num * n / den),
            (ApportionRule::HalfUp, (2 * num * n + den) / (2 * den)),
            (ApportionRule::Ceiling, (num * n).div_ceil(den)),
        ] {
            let row = &apportion(&[n], &terms(&format!("{num}/{den}"), rule), None).unwrap().rows[0];
            prop_assert_eq!(row.seats, wanted);
            prop_assert!(row.seats <= n);
            prop_assert_eq!(row.floor, num * n / den);
            let whole = Exact::whole(row.floor).plus(&row.remainder).unwrap();
            prop_assert_eq!(&whole, &row.quota);
        }
    }

    /// D2 and D3: more members or a higher rate never give fewer seats; floor is superadditive and
    /// ceiling subadditive.
    #[test]
    fn quotas_are_monotone_and_add_up_as_their_rounding_says(
        a in 0_u64..10_000, b in 0_u64..10_000, (num, den) in rate(), up in 0_u64..50,
    ) {
        let of = |n: u64, num: u64, rule| {
            apportion(&[n], &terms(&format!("{num}/{den}"), rule), None).unwrap().rows[0].seats
        };
        for rule in ApportionRule::ALL {
            prop_assert!(of(a, num, rule) <= of(a + b, num, rule), "{}", rule.name());
            prop_assert!(of(a, num, rule) <= of(a, (num + up).min(den), rule), "{}", rule.name());
            prop_assert_eq!(of(0, num, rule), 0);
        }
        prop_assert!(of(a, num, ApportionRule::Floor) + of(b, num, ApportionRule::Floor)
            <= of(a + b, num, ApportionRule::Floor));
        prop_assert!(of(a, num, ApportionRule::Ceiling) + of(b, num, ApportionRule::Ceiling)
            >= of(a + b, num, ApportionRule::Ceiling));
    }

    #[test]
    fn largest_remainders_agree_with_whole_numbers(
        members in groups(),
        (num, den) in rate(),
        each in prop::option::of(0_u64..20),
        most in prop::option::of(0_u64..60),
    ) {
        let terms = Apportionment {
            each_at_most: each,
            at_most: most,
            ..terms(&format!("{num}/{den}"), ApportionRule::LargestRemainder)
        };
        let ours = apportion(&members, &terms, None).unwrap();
        let (wanted, tied, open) = naive(&members, (num, den), each, most);
        prop_assert_eq!(seats(&ours), wanted);
        prop_assert_eq!(u64::try_from(ours.open_seats).unwrap(), open);
        let mut ours_tied = ours.tied.clone();
        ours_tied.sort_unstable();
        prop_assert_eq!(ours_tied, tied);
        for (index, row) in ours.rows.iter().enumerate() {
            prop_assert!(row.seats <= row.members && row.seats <= each.unwrap_or(u64::MAX));
            prop_assert_eq!(row.why == Why::TieOpen, ours.tied.contains(&index));
        }
    }

    /// D8: the house is filled exactly, every share is its quota's floor or ceiling, equal sizes
    /// differ by nothing but an open tie.
    #[test]
    fn the_house_is_filled_exactly(members in groups(), (num, den) in rate()) {
        let terms = terms(&format!("{num}/{den}"), ApportionRule::LargestRemainder);
        let ours = apportion(&members, &terms, None).unwrap();
        let open = u64::try_from(ours.open_seats).unwrap();
        prop_assert_eq!(sum(&seats(&ours)) + open, sum(&members) * num / den);
        prop_assert!(ours.open_seats < ours.tied.len() || ours.tied.is_empty());
        for row in &ours.rows {
            let more = row.seats - row.floor;
            prop_assert!(more == 0 || (more == 1 && !row.remainder.is_zero()));
            for other in ours.rows.iter().filter(|it| it.members == row.members) {
                prop_assert_eq!(other.seats, row.seats);
            }
        }
    }

    /// D8 and C6: permuting the groups permutes the seats, ties included; nothing goes by index.
    #[test]
    fn permuting_groups_permutes_seats((members, order) in shuffled(), (num, den) in rate(), each in prop::option::of(0_u64..20)) {
        let moved: Vec<u64> = order.iter().map(|it| members[*it]).collect();
        for rule in ApportionRule::ALL {
            let terms = Apportionment { each_at_most: each, ..terms(&format!("{num}/{den}"), rule) };
            let (a, b) = (apportion(&members, &terms, None).unwrap(), apportion(&moved, &terms, None).unwrap());
            for (to, from) in order.iter().enumerate() {
                prop_assert_eq!(&b.rows[to], &a.rows[*from]);
                prop_assert_eq!(b.tied.contains(&to), a.tied.contains(from));
            }
            prop_assert_eq!(a.open_seats, b.open_seats);
        }
    }

    /// D8: what counts are the proportions.
    #[test]
    fn scaling_every_group_changes_no_seat(members in groups(), factor in 1_u64..50, size in 0_u64..100) {
        let house = house(size.min(sum(&members)));
        let scaled: Vec<u64> = members.iter().map(|it| it * factor).collect();
        let (a, b) = (apportion(&members, &house, None).unwrap(), apportion(&scaled, &house, None).unwrap());
        prop_assert_eq!(seats(&a), seats(&b));
        prop_assert_eq!((a.tied, a.open_seats), (b.tied, b.open_seats));
    }

    /// A decision gives the open seats to the first of its order and moves nobody else; one that
    /// does not list exactly the tied settles nothing.
    #[test]
    fn a_decision_settles_exactly_its_tie(
        (size, count, open) in (1_u64..50, 2_usize..9).prop_flat_map(|(size, count)| (Just(size), Just(count), 1..count)),
        turn in 0_usize..9,
        other in 51_u64..90,
    ) {
        // `count` equal groups and one larger: the larger takes its whole quota or its remainder
        // first, so that only equal ones can be left at the line.
        let mut members = vec![size; count];
        members.push(other);
        let seats_in_all = u64::try_from(open).unwrap();
        let free = apportion(&members, &house(seats_in_all), None).unwrap();
        if free.tied.is_empty() {
            return Ok(());
        }
        let mut order = free.tied.clone();
        let turn = turn % order.len();
        order.rotate_left(turn);
        let decided = apportion(&members, &house(seats_in_all), Some(&order)).unwrap();
        prop_assert_eq!(sum(&seats(&decided)), seats_in_all);
        for (index, (row, before)) in decided.rows.iter().zip(&free.rows).enumerate() {
            let won = order.iter().take(free.open_seats).any(|it| *it == index);
            prop_assert_eq!(row.seats, before.seats + u64::from(won));
            prop_assert!(row.why != Why::TieOpen);
        }
        for wrong in [order[1..].to_vec(), [order.clone(), vec![count]].concat(), vec![order[0]; order.len()], Vec::new()] {
            prop_assert_eq!(&apportion(&members, &house(seats_in_all), Some(&wrong)).unwrap(), &free);
        }
    }

    /// D6: the cap is applied last, and once is enough.
    #[test]
    fn a_cap_per_group_cuts_and_passes_nothing_on(members in groups(), (num, den) in rate(), cap in 0_u64..30) {
        for rule in [ApportionRule::Floor, ApportionRule::HalfUp, ApportionRule::Ceiling] {
            let plain = terms(&format!("{num}/{den}"), rule);
            let capped = Apportionment { each_at_most: Some(cap), ..plain.clone() };
            let plain = seats(&apportion(&members, &plain, None).unwrap());
            let wanted: Vec<u64> = plain.iter().map(|it| (*it).min(cap)).collect();
            prop_assert_eq!(seats(&apportion(&members, &capped, None).unwrap()), wanted);
        }
        let all = house(sum(&members).min(40));
        let capped = Apportionment { each_at_most: Some(cap), ..all.clone() };
        let (all, capped) = (apportion(&members, &all, None).unwrap(), apportion(&members, &capped, None).unwrap());
        for (row, capped) in all.rows.iter().zip(&capped.rows) {
            prop_assert_eq!(capped.quota.clone(), row.quota.clone());
            prop_assert!(capped.seats <= cap);
            prop_assert!(row.floor < cap || capped.seats == cap);
        }
    }
}

fn given(members: &[u64], terms: &Apportionment) -> (Vec<u64>, Vec<Why>) {
    let all = apportion(members, terms, None).unwrap();
    (seats(&all), all.rows.iter().map(|it| it.why).collect())
}

#[test]
fn the_county_of_the_sample_divides_its_twenty_seats() {
    let (seats, why) = given(&[47, 33, 13, 7], &terms("20%", ApportionRule::LargestRemainder));
    assert_eq!(seats, [9, 7, 3, 1]);
    assert_eq!(why, [Why::Floor, Why::Remainder, Why::Remainder, Why::Floor]);
    assert_eq!(given(&[47, 33, 13, 7], &terms("20%", ApportionRule::Floor)).0, [9, 6, 2, 1]);
    assert_eq!(given(&[47, 33, 13, 7], &terms("20%", ApportionRule::HalfUp)).0, [9, 7, 3, 1]);
    assert_eq!(given(&[47, 33, 13, 7], &terms("20%", ApportionRule::Ceiling)).0, [10, 7, 3, 2]);
}

#[test]
fn remainders_are_served_from_the_largest_then_the_larger_group_then_nobody() {
    // Quotas 1.5, 2.5, 3.7 and 2.3: two seats are left, .7 is first, then the larger of the .5.
    let tenth = terms("10%", ApportionRule::LargestRemainder);
    assert_eq!(given(&[15, 25, 37, 23], &tenth).0, [1, 3, 4, 2]);
    // Quotas 1.5, 1.5, 3.7 and 1.3: the .5 are of one size, so theirs stays open.
    let open = apportion(&[15, 15, 37, 13], &tenth, None).unwrap();
    assert_eq!(seats(&open), [1, 1, 4, 1]);
    assert_eq!((open.tied, open.open_seats), (vec![0, 1], 1));
    assert_eq!(open.rows[2].why, Why::Remainder);
}

/// Largest remainders are not house-monotone: with one seat more in all, a group loses one.
#[test]
fn a_larger_house_can_cost_a_group_a_seat() {
    assert_eq!(given(&[6, 6, 2], &house(10)).0, [4, 4, 2]);
    assert_eq!(given(&[6, 6, 2], &house(11)).0, [5, 5, 1]);
    // The textbook's example rests on a tie of .4 and .4 at 20 seats. Given to the small group, it
    // loses that seat at 21; the larger group goes first here, so nobody loses one.
    let (at_20, at_21) =
        (given(&[2, 66, 20, 12], &house(20)).0, given(&[2, 66, 20, 12], &house(21)).0);
    assert_eq!((at_20.as_slice(), at_21.as_slice()), (&[0, 13, 4, 3][..], &[0, 14, 4, 3][..]));
}

#[test]
fn what_passes_the_bound_is_an_error() {
    for rule in ApportionRule::ALL {
        let terms = terms("100%", rule);
        let all = apportion(&[u64::MAX], &terms, None).unwrap();
        assert_eq!(seats(&all), [u64::MAX]);
        assert_eq!(seats(&apportion(&[], &terms, None).unwrap()), [0_u64; 0]);
    }
    let largest = terms("1/2", ApportionRule::LargestRemainder);
    assert_eq!(apportion(&[u64::MAX, 1], &largest, None), Err(ExactError::Overflow));
    let negative = terms("-1/2", ApportionRule::Floor);
    assert_eq!(apportion(&[3], &negative, None), Err(ExactError::Overflow));
}
