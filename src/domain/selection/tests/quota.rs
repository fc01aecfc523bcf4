//! The quota table (F1, F4, F5).

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    super::{QuotaTable, SelectionDocument},
    ApportionRule, Share, cases, document, roster, terms,
};
use crate::domain::exact::{Exact, Why};

const STREETS: [&str; 4] = ["a", "b", "c", "d"];

fn table(document: &SelectionDocument, members: &[u64], decided: Option<&[&str]>) -> QuotaTable {
    let streets: Vec<_> = STREETS.into_iter().zip(members.iter().copied()).collect();
    let decided: Option<Vec<String>> =
        decided.map(|order| order.iter().map(|it| (*it).to_owned()).collect());
    QuotaTable::of(document, &roster(&streets), decided.as_deref()).unwrap()
}

fn seats(table: &QuotaTable) -> Vec<u64> {
    table.rows.iter().map(|it| it.1.seats).collect()
}

fn by(rule: ApportionRule, share: &str, at_most: Option<u64>) -> SelectionDocument {
    document(terms(share, rule, at_most))
}

#[test]
fn the_streets_of_the_source() {
    // 33, 47, 13 and 7 of 100: 6.6, 9.4, 2.6 and 1.4. Two seats are left; the remainders .6 and .6 get them.
    let document = by(ApportionRule::LargestRemainder, "20%", Some(20));
    let found = table(&document, &[33, 47, 13, 7], None);
    assert_eq!(seats(&found), [7, 9, 3, 1]);
    assert_eq!((found.all, found.cap, found.county()), (20, Some(20), 20));
    assert_eq!((found.tied.as_slice(), found.open_seats), ([].as_slice(), 0));
    let whys: Vec<_> = found.rows.iter().map(|it| it.1.why).collect();
    assert_eq!(whys, [Why::Remainder, Why::Floor, Why::Remainder, Why::Floor]);
    let second = &found.rows[1].1;
    assert_eq!((second.members, second.floor), (47, 9));
    assert_eq!(second.quota, *Share::parse("9.4").unwrap().exact());
    assert_eq!(second.remainder, *Share::parse("0.4").unwrap().exact());
    assert_eq!((found.seats("b"), found.seats("nowhere")), (9, 0));
}

#[test]
fn equal_remainders_and_sizes_leave_a_seat_open_until_it_is_decided() {
    // 13 of 100 three times: 2.6 each, and two seats between them.
    let document = by(ApportionRule::LargestRemainder, "20%", Some(20));
    let members = [13, 13, 61, 13];
    let open = table(&document, &members, None);
    assert_eq!(seats(&open), [2, 2, 12, 2]);
    assert_eq!(open.tied, ["a", "b", "d"]);
    assert_eq!((open.open_seats, open.all, open.county()), (2, 18, 18));
    let whys: Vec<_> = open.rows.iter().map(|it| it.1.why).collect();
    assert_eq!(whys, [Why::TieOpen, Why::TieOpen, Why::Floor, Why::TieOpen]);
    for (order, expected) in [
        (["a", "b", "d"], [3, 3, 12, 2]),
        (["d", "b", "a"], [2, 3, 12, 3]),
        (["a", "d", "b"], [3, 2, 12, 3]),
    ] {
        let decided = table(&document, &members, Some(&order));
        assert_eq!((seats(&decided).as_slice(), decided.all), (expected.as_slice(), 20));
        assert_eq!((decided.tied, decided.open_seats), (open.tied.clone(), 2), "it is still told");
    }
    // An order of others, of some, of one twice, or of a street that is not there decides nothing.
    for order in [["a", "b", "c"].as_slice(), &["a", "b"], &["a", "a", "b"], &["a", "b", "x"]] {
        assert_eq!(table(&document, &members, Some(order)), open, "{order:?}");
    }
}

#[test]
fn four_roundings_with_the_countys_cap() {
    let members = [33, 47, 13, 7];
    for (rule, expected, all) in [
        (ApportionRule::Floor, [6, 9, 2, 1], 18),
        (ApportionRule::HalfUp, [7, 9, 3, 1], 20),
        (ApportionRule::Ceiling, [7, 10, 3, 2], 22),
        (ApportionRule::LargestRemainder, [7, 9, 3, 1], 20),
    ] {
        for cap in [None, Some(20), Some(21)] {
            let found = table(&by(rule, "20%", cap), &members, None);
            assert_eq!(
                (seats(&found).as_slice(), found.all),
                (expected.as_slice(), all),
                "{rule:?}"
            );
            assert_eq!(found.county(), cap.unwrap_or(all).min(all), "{rule:?} {cap:?}");
        }
    }
    // Only the largest remainders spread a smaller house; the others keep their rows under the cap.
    let small = table(&by(ApportionRule::LargestRemainder, "20%", Some(10)), &members, None);
    assert_eq!((seats(&small), small.county()), (vec![3, 5, 1, 1], 10));
    let small = table(&by(ApportionRule::Ceiling, "20%", Some(10)), &members, None);
    assert_eq!((seats(&small), small.county()), (vec![7, 10, 3, 2], 10));
}

#[test]
fn a_larger_house_can_cost_a_street_its_seat() {
    let of = |members: &[u64], share: &str| {
        seats(&table(&by(ApportionRule::LargestRemainder, share, None), members, None))
    };
    assert_eq!((of(&[6, 6, 2], "10/14"), of(&[6, 6, 2], "11/14")), (vec![4, 4, 2], vec![5, 5, 1]));
    // The textbook's example rests on .4 and .4 at 20 seats, where the larger street goes first here.
    let members = [2, 66, 20, 12];
    assert_eq!((of(&members, "20%"), of(&members, "21%")), (vec![0, 13, 4, 3], vec![0, 14, 4, 3]));
}

#[test]
fn twenty_five_streets_of_four() {
    let names: Vec<String> = (0..25).map(|it| format!("s{it:02}-")).collect();
    let streets: Vec<_> = names.iter().map(|it| (it.as_str(), 4)).collect();
    let roster = roster(&streets);
    for (rule, all, county, open) in [
        (ApportionRule::Floor, 0, 0, 0),
        (ApportionRule::HalfUp, 25, 20, 0),
        (ApportionRule::Ceiling, 25, 20, 0),
        (ApportionRule::LargestRemainder, 0, 0, 20),
    ] {
        let found = QuotaTable::of(&by(rule, "20%", Some(20)), &roster, None).unwrap();
        assert_eq!((found.all, found.county(), found.open_seats), (all, county, open), "{rule:?}");
        assert_eq!(found.tied.len(), if open > 0 { 25 } else { 0 });
    }
}

#[test]
fn a_street_without_branches_has_no_row() {
    for rule in ApportionRule::ALL {
        let found = table(&by(rule, "20%", Some(20)), &[0, 5, 0, 0], None);
        assert_eq!(found.rows.iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), ["b"]);
        assert_eq!((seats(&found), found.county()), (vec![1], 1));
        let none = table(&by(rule, "20%", Some(20)), &[], None);
        assert_eq!((none.rows.len(), none.all, none.county()), (0, 0, 0));
    }
}

#[test]
fn the_order_of_the_roster_does_not_matter() {
    let document = by(ApportionRule::LargestRemainder, "20%", Some(20));
    let streets: Vec<_> = STREETS.into_iter().zip([33, 47, 13, 7]).collect();
    let mut all = roster(&streets);
    let found = QuotaTable::of(&document, &all, None).unwrap();
    all.reverse();
    assert_eq!(QuotaTable::of(&document, &all, None).unwrap(), found);
    all.sort_by_key(|it| it.branch.chars().rev().collect::<String>());
    assert_eq!(QuotaTable::of(&document, &all, None).unwrap(), found);
}

/// Sizes of 2 to 30 streets that make 100 branches.
fn splits() -> impl Strategy<Value = Vec<u64>> {
    proptest::collection::btree_set(1..100_u64, 1..30).prop_map(|cuts: BTreeSet<u64>| {
        let ends: Vec<u64> = cuts.iter().copied().chain([100]).collect();
        let starts = std::iter::once(0).chain(cuts);
        starts.zip(ends).map(|(from, to)| to - from).collect()
    })
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn a_hundred_branches_in_random_streets(sizes in splits(), cap in prop::option::of(5..25_u64)) {
        let names: Vec<String> = (0..sizes.len()).map(|it| format!("s{it:02}-")).collect();
        let streets: Vec<_> =
            names.iter().map(String::as_str).zip(sizes.iter().copied()).collect();
        let roster = roster(&streets);
        for rule in ApportionRule::ALL {
            let document = by(rule, "20%", cap);
            let found = QuotaTable::of(&document, &roster, None).unwrap();
            prop_assert_eq!(found.rows.len(), sizes.len());
            prop_assert!(cap.is_none_or(|cap| found.county() <= cap) && found.county() <= found.all);
            for ((_, row), size) in found.rows.iter().zip(&sizes) {
                let ceiling = row.floor + u64::from(!row.remainder.is_zero());
                prop_assert!(row.members == *size && row.seats <= *size);
                prop_assert!(row.seats == row.floor || row.seats == ceiling, "{:?}", row);
                let parts = Exact::whole(row.floor).plus(&row.remainder).unwrap();
                prop_assert_eq!(&parts, &row.quota);
            }
            if rule != ApportionRule::LargestRemainder {
                let each = |n: u64| match rule {
                    ApportionRule::Floor => 20 * n / 100,
                    ApportionRule::HalfUp => (20 * n + 50) / 100,
                    ApportionRule::Ceiling | ApportionRule::LargestRemainder => (20 * n).div_ceil(100),
                };
                let expected: Vec<u64> = sizes.iter().map(|it| each(*it)).collect();
                prop_assert_eq!(seats(&found), expected);
                prop_assert_eq!(found.open_seats, 0);
                continue;
            }
            // All of the house, once the open seats are decided, whichever way.
            let house = cap.unwrap_or(20).min(20);
            prop_assert_eq!(found.all + u64::try_from(found.open_seats).unwrap(), house);
            prop_assert!(found.open_seats == 0 || found.open_seats < found.tied.len());
            let mut order = found.tied.clone();
            for _ in 0..2 {
                order.reverse();
                let decided = QuotaTable::of(&document, &roster, Some(&order)).unwrap();
                prop_assert_eq!((decided.all, decided.county()), (house, house));
                let first = order.iter().take(found.open_seats);
                prop_assert!(first.into_iter().all(|it| decided.seats(it) == found.seats(it) + 1));
            }
            let equal = found.rows.iter().flat_map(|a| found.rows.iter().map(move |b| (a, b)));
            let mut equal = equal.filter(|(a, b)| a.1.members == b.1.members);
            prop_assert!(equal.all(|(a, b)| a.1.seats.abs_diff(b.1.seats) <= 1));
        }
    }
}
