//! Values: rounding where it is named and nowhere else, bounds, monotony, symmetry, weights
//! (invariants A4 to A6, A8 and A9).

use proptest::prelude::*;

use super::{
    cases, evaluate, facts,
    order::with_vetoes,
    plan,
    random::{Dice, Made},
};
use crate::domain::{
    engine::{Note, Plan},
    exact::{Decimal, Exact, RoundingMode},
    facts::Facts,
    scheme::Scheme,
};

const HEAD: &str = "steelyard: scheme/v1\nid: x.y\nversion: 1\nsubject: member\nperiod: year\nin_force: {from: 2022-01-01}\n";

fn score(plan: &std::sync::Arc<Plan>, facts: &Facts) -> Option<Exact> {
    evaluate(plan, std::slice::from_ref(facts), &[]).results[0].score.clone()
}

/// A tree in which more of anything is never worse: leaves that rise with their evidence, joined by
/// kinds that rise with their parts.
fn rising(dice: &mut Dice, depth: u64, id: &mut u64, items: &mut Vec<(String, bool)>) -> String {
    *id += 1;
    let name = format!("n{id}");
    if depth == 3 || dice.chance(40) {
        let counted = dice.chance(50);
        items.push((name.clone(), counted));
        let kind = if counted {
            format!(
                "counted: {{points: {}, caps: [{{per: month, at_most: {}}}, {{per: year, at_most: {}}}]}}",
                1 + dice.below(4),
                2 + dice.below(9),
                5 + dice.below(20)
            )
        } else {
            format!(
                "measured: {{metric: {name}, {}}}",
                dice.pick(&[
                    "as_is: true",
                    "linear: [[0, 0], [3, 1], [9, 8]]",
                    "bands: [{at_least: 7, points: 9}, {at_least: 2, points: 4}, {points: 0}]"
                ])
            )
        };
        return format!("id: {name}, out_of: 10, {kind}");
    }
    let count = 2 + dice.below(2);
    let kind = dice.pick(&["sum", "weighted", "average", "best", "worst"]);
    let parts: Vec<String> = (0..count)
        .map(|_| {
            let weight =
                if kind == "weighted" { format!("weight: 1/{count}, ") } else { String::new() };
            format!("{{{weight}{}}}", rising(dice, depth + 1, id, items))
        })
        .collect();
    let round = if dice.chance(40) { "round: {to: 1, mode: half_even}, " } else { "" };
    let clamp = if dice.chance(30) { "clamp: [1, 12], " } else { "" };
    format!("id: {name}, out_of: 20, {clamp}{round}{kind}: [{}]", parts.join(", "))
}

proptest! {
    #![proptest_config(cases(256))]

    /// A4: a value passes exactly the rounding nodes that the scheme names, once, within its unit.
    #[test]
    fn values_are_rounded_where_the_scheme_says_and_nowhere_else(seed in any::<u64>()) {
        let made = Made::new(&mut Dice::new(seed));
        let plan = plan(&made.text(None));
        let cohort = with_vetoes(made.cohort(4, seed, 0), seed);
        for result in evaluate(&plan, &cohort, &[]).results {
            for (node, explained) in plan.scheme().nodes.iter().zip(&result.nodes) {
                let rounded: Vec<&Note> =
                    explained.notes.iter().filter(|it| matches!(it, Note::Rounded { .. })).collect();
                let Some(round) = node.round else {
                    prop_assert!(rounded.is_empty(), "{} has no `round`", node.id);
                    continue;
                };
                prop_assert!(rounded.len() <= 1);
                if let Some(Note::Rounded { from, to, .. }) = rounded.first() {
                    prop_assert_eq!(to, &from.text(round.to, round.mode));
                }
                let replaced = explained.notes.iter().any(|it| matches!(it, Note::ReplacedBy { .. } | Note::VetoHeld { .. }));
                if let (Some(value), false) = (explained.value.known(), replaced) {
                    prop_assert!(value.is_decimal(round.to), "{} is {value}", node.id);
                }
            }
        }
    }

    /// A6: the score lies within the root's `clamp`.
    #[test]
    fn no_score_leaves_the_declared_range(seed in any::<u64>()) {
        let made = Made::new(&mut Dice::new(seed));
        let plan = plan(&made.text(None));
        let cohort = with_vetoes(made.cohort(5, seed, 0), seed);
        for result in evaluate(&plan, &cohort, &[]).results {
            for score in [&result.score, &result.score_before_vetoes].into_iter().flatten() {
                prop_assert!(*score >= Exact::ZERO && *score <= Exact::whole(100), "{score}");
            }
        }
    }

    /// A6: more of one thing never lowers the total, however parts are joined, capped and rounded.
    #[test]
    fn more_is_never_worse(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let mut items = Vec::new();
        let root = rising(&mut dice, 0, &mut 0, &mut items);
        let plan = plan(&format!("{HEAD}score: {{{root}}}\n"));
        let (mut entries, mut metrics) = (Vec::new(), Vec::new());
        for (item, counted) in &items {
            if *counted {
                for _ in 0..dice.below(5) {
                    entries.push(format!("{{\"item\":\"{item}\",\"on\":\"2022-{:02}-03\",\"times\":{}}}", 1 + dice.below(12), dice.below(4)));
                }
            } else {
                metrics.push(format!("\"{item}\":\"{}.{}\"", dice.below(11), dice.below(10)));
            }
        }
        let mut subject = facts(&format!("{{\"subject\":\"s\",\"entries\":[{}],\"metrics\":{{{}}}}}", entries.join(","), metrics.join(",")));
        let mut last = score(&plan, &subject).unwrap();
        for _ in 0..6 {
            let (item, counted) = items[usize::try_from(dice.below(u64::try_from(items.len()).unwrap())).unwrap()].clone();
            if counted {
                let line = format!("{{\"subject\":\"s\",\"entries\":[{{\"item\":\"{item}\",\"on\":\"2022-{:02}-{:02}\",\"times\":{}}}]}}", 1 + dice.below(12), 1 + dice.below(28), dice.below(9));
                subject.entries.extend(facts(&line).entries);
            } else {
                let metric = subject.metrics.get_mut(&item).unwrap();
                let more = i64::try_from(dice.below(3_000_000)).unwrap();
                *metric = Decimal::from_millionths(metric.millionths() + more).unwrap();
            }
            let next = score(&plan, &subject).unwrap();
            prop_assert!(next >= last, "{last} became {next} with more of {item}");
            last = next;
        }
    }

    /// A6: a cap holds, is reached, and once is enough: a longer window that cannot cut changes
    /// nothing. The entries are added up a second time here, window by window.
    #[test]
    fn caps_hold_window_by_window(
        entries in prop::collection::vec((1_i64..=12, 1_i64..=28, -30_i64..60), 0..25),
        month in 0_i64..40,
        year in 0_i64..200,
        least in -40_i64..=0,
    ) {
        let caps = |more: &str| plan(&format!("{HEAD}score: {{id: c, round: {{to: 6, mode: down}}, counted: {{points: \"0.1\", caps: [{{per: month, at_most: \"{}.{}\", at_least: \"{}\"}}{more}]}}}}\n", month / 10, month % 10, tenths(least)));
        let lines: Vec<String> = entries
            .iter()
            .map(|it| format!("{{\"item\":\"c\",\"on\":\"2022-{:02}-{:02}\",\"times\":{}}}", it.0, it.1, it.2))
            .collect();
        let subject = facts(&format!("{{\"subject\":\"s\",\"entries\":[{}]}}", lines.join(",")));
        let of_month = |number: i64| {
            let all: Vec<i64> = entries.iter().filter(|it| it.0 == number).map(|it| it.2).collect();
            if all.is_empty() { 0 } else { added(all).clamp(least, month) }
        };
        let monthly = added((1..=12).map(of_month));
        let of = |more: &str| score(&caps(more), &subject).unwrap();
        let exact = |tenths: i64| Exact::ratio(i128::from(tenths), 10).unwrap();
        prop_assert_eq!(of(""), exact(monthly));
        prop_assert_eq!(of(&format!(", {{per: year, at_most: \"{}\"}}", tenths(year))), exact(monthly.min(year)));
        prop_assert_eq!(of(", {per: quarter, at_most: 1000}, {per: half, at_most: 1000}, {per: year, at_most: 1000}"), exact(monthly));
    }

    /// A8: with 50% each, exchanging the two organisations' marks leaves the total unchanged.
    /// A9: two parts of a hundred, each held to 0..100, come to 0..200 in all.
    #[test]
    fn two_halves_may_change_places(a in 0_u32..=100, b in 0_u32..=100, to in 0_u32..=4, mode in prop::sample::select(RoundingMode::ALL.to_vec())) {
        let dual = plan(&format!("{HEAD}score: {{id: d, out_of: 100, round: {{to: {to}, mode: {}}}, weighted: [{{id: u, weight: 50%, out_of: 100, imported: {{source: u}}}}, {{id: c, weight: 1/2, out_of: 30, imported: {{source: c}}}}]}}\n", mode.name()));
        let double = plan(&format!("{HEAD}score: {{id: d, sum: [{{id: p, clamp: [0, 100], measured: {{metric: p, as_is: true}}}}, {{id: q, clamp: [0, 100], measured: {{metric: q, as_is: true}}}}]}}\n"));
        let of = |a: u32, b: u32| {
            let marks = facts(&format!("{{\"subject\":\"s\",\"imports\":{{\"u\":{{\"raw\":{a},\"full\":113}},\"c\":{{\"raw\":{b},\"full\":113}}}}}}"));
            let metrics = facts(&format!("{{\"subject\":\"s\",\"metrics\":{{\"p\":{},\"q\":{}}}}}", i64::from(a) * 3 - 100, i64::from(b) * 3 - 100));
            (score(&dual, &marks).unwrap(), score(&double, &metrics).unwrap())
        };
        let (one, other) = (of(a, b), of(b, a));
        prop_assert_eq!(&one, &other);
        prop_assert!(one.1 >= Exact::ZERO && one.1 <= Exact::whole(200));
        let mean = Exact::ratio(i128::from(a + b) * 50, 113).unwrap();
        prop_assert_eq!(one.0, mean.rounded(to, mode).unwrap());
    }
}

fn added(all: impl IntoIterator<Item = i64>) -> i64 {
    let mut sum = 0;
    all.into_iter().for_each(|it| sum += it);
    sum
}

fn tenths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}.{}", value.abs() / 10, value.abs() % 10)
}

/// A5 and G8: weights that do not add up to exactly one are refused.
#[test]
fn weights_of_not_exactly_a_hundred_percent_are_refused() {
    let read = |weights: [&str; 3]| {
        let parts: Vec<String> = weights
            .iter()
            .enumerate()
            .map(|(index, it)| format!("{{id: p{index}, weight: {it}, out_of: 5, constant: 1}}"))
            .collect();
        Scheme::read(
            format!("{HEAD}score: {{id: w, out_of: 5, weighted: [{}]}}\n", parts.join(", "))
                .as_bytes(),
        )
    };
    for good in [
        ["1/3", "1/3", "1/3"],
        ["50%", "0.25", "1/4"],
        ["33.3%", "33.3%", "33.4%"],
        ["1/7", "2/7", "4/7"],
    ] {
        assert!(read(good).is_ok(), "{good:?}");
    }
    for bad in [
        ["33.30%", "33.30%", "33.30%"],
        ["33.3%", "33.3%", "33.3%"],
        ["33.333333%", "33.333333%", "33.333333%"],
        ["50%", "25%", "24.9%"],
        ["50%", "25%", "25.000001%"],
        ["-50%", "75%", "75%"],
        ["0%", "50%", "50%"],
        ["100%", "50%", "-50%"],
        ["1/3", "1/3", "0.333333"],
    ] {
        assert!(read(bad).is_err(), "{bad:?}");
    }
}

/// Far beyond any county: a score past 128 bits is still exact, printed in full, and every cut is
/// told once.
#[test]
fn a_score_beyond_128_bits_is_exact_and_explained_once() {
    let plan = plan(&format!(
        "{HEAD}score: {{id: r, round: {{to: 6, mode: half_up}}, sum: [{{id: c, counted: {{points: entered, repeats: [\"9999999999.999999\"]}}}}, {{id: k, counted: {{points: entered, caps: [{{per: month, at_most: 9}}, {{per: year, at_most: 8}}]}}}}]}}\n"
    ));
    let entry = |item: &str, day: usize| {
        format!(
            "{{\"item\":\"{item}\",\"on\":\"2022-{:02}-{:02}\",\"times\":\"9999999999.999999\",\"points\":\"9999999999.999999\"}}",
            1 + day / 28,
            1 + day % 28
        )
    };
    let entries: Vec<String> =
        (0..300).map(|it| entry("c", it)).chain((0..4).map(|it| entry("k", it * 28))).collect();
    let outcome = evaluate(
        &plan,
        &[facts(&format!("{{\"subject\":\"s\",\"entries\":[{}]}}", entries.join(",")))],
        &[],
    );
    let most = Exact::from(Decimal::parse("9999999999.999999").unwrap());
    let cube = most.times(&most).unwrap().times(&most).unwrap();
    let wanted = cube.times(&Exact::whole(300)).unwrap().plus(&Exact::whole(8)).unwrap();
    let wanted = wanted.rounded(6, RoundingMode::HalfUp).unwrap();
    assert_eq!(outcome.results[0].score.as_ref(), Some(&wanted));
    let printed = format!("\"score\":\"{}\"", wanted.text(6, RoundingMode::HalfUp));
    assert!(outcome.lines[0].contains(&printed) && !printed.contains('/'), "{printed}");
    for node in &outcome.results[0].nodes {
        let entries = node.notes.iter().filter(|it| matches!(it, Note::Entries { .. })).count();
        assert!(entries <= 1, "told {entries} times");
    }
    let cuts = outcome.results[0].nodes[2]
        .notes
        .iter()
        .filter(|it| matches!(it, Note::CapCut { .. }))
        .count();
    assert_eq!(cuts, 5, "four months and one year are cut");
}
