//! Cohorts of an appraisal (S8): ties across communities, barred subjects, small groups.

use std::sync::Arc;

use super::{Outcome, evaluate, facts, plan};
use crate::domain::{
    engine::Plan,
    facts::{Facts, TieDecision},
};

const HEAD: &str = "steelyard: scheme/v1\nid: x.y\nversion: 1\nsubject: post\nperiod: year\nin_force: {from: 2022-01-01}\nscore: {id: x, out_of: 100, measured: {metric: x, as_is: true}}\nvetoes:\n  - {id: arrears, then: {grade_at_best: competent}}\n  - {id: crime, then: {excluded: true}}\nranking: {within: [county], by: [score]}\n";

/// Excellent from 90 with these seats.
fn scheme(seats: &str, unless: &str) -> Arc<Plan> {
    plan(&format!(
        "{HEAD}grades:\n  - {{id: excellent, title: 优秀, at_least: 90{unless}, seats: {seats}}}\n  - {{id: competent, at_least: 60}}\n  - {{id: incompetent}}\n"
    ))
}

const POOLED: &str = "{share: 33%, of: subjects, within: community, rounding: floor, pool: {fewer_than: 4, into: street}}";

/// A post of a community, whose street is that of its number: `c1` to `c4` in `s1`, others in `s2`.
fn post(id: &str, community: &str, score: &str, more: &str) -> Facts {
    let street = if ["c1", "c2", "c3", "c4"].contains(&community) { "s1" } else { "s2" };
    facts(&format!(
        r#"{{"subject":"{id}","groups":{{"county":"x","street":"{street}","community":"{community}"}},"metrics":{{"x":"{score}"}}{more}}}"#
    ))
}

const ARREARS: &str = r#","vetoes":[{"item":"arrears","from":"2022-03-01"}]"#;
const CRIME: &str = r#","vetoes":[{"item":"crime","from":"2022-03-01"}]"#;

fn decision(within: Option<&str>, order: &[&str]) -> TieDecision {
    TieDecision {
        grade: "excellent".to_owned(),
        within: within.map(str::to_owned),
        order: order.iter().map(|it| (*it).to_owned()).collect(),
        by: None,
        reason: None,
    }
}

/// The grades, and after each whether it holds a seat.
fn grades(outcome: &Outcome) -> Vec<String> {
    let grade = |it: &crate::domain::engine::SubjectResult| {
        let seat = if it.seated { "*" } else { "" };
        format!("{} {}{seat}", it.subject, it.grade.as_deref().unwrap_or("-"))
    };
    outcome.results.iter().map(grade).collect()
}

/// Every grade's groups: id, those pooled, members, seats, why.
fn seats(outcome: &Outcome) -> Vec<String> {
    let groups = outcome.settled.quotas.iter().flat_map(|it| &it.groups);
    let told = groups.map(|it| {
        let pooled = it.pooled.join("+");
        format!("{}({pooled}) {} {} {}", it.group, it.row.members, it.row.seats, it.row.why.name())
    });
    told.collect()
}

/// Two communities of three, whose best are equal.
fn two_communities() -> Vec<Facts> {
    vec![
        post("a1", "c1", "95", ""),
        post("a2", "c1", "88", ""),
        post("a3", "c1", "70", ""),
        post("b1", "c2", "95", ""),
        post("b2", "c2", "91", ""),
        post("b3", "c2", "50", ""),
    ]
}

#[test]
fn a_tie_at_the_line_across_two_communities_is_the_pool_s() {
    let plan = scheme(POOLED, "");
    let open = evaluate(&plan, &two_communities(), &[]);
    assert_eq!(seats(&open), ["s1(c1+c2) 6 1 floor"]);
    assert_eq!(open.settled.ties.len(), 1);
    assert_eq!(open.settled.ties[0].within.as_deref(), Some("s1"));
    assert_eq!(open.settled.ties[0].tied, ["a1", "b1"]);
    assert!(
        open.line_of("a1").contains("at the line of `excellent` in s1"),
        "{}",
        open.line_of("a1")
    );
    assert_eq!(open.of("b2").grade.as_deref(), Some("competent"), "past both of them");
    assert!(open.quotas.contains(r#""group":"s1","pooled":["c1","c2"]"#), "{}", open.quotas);
    let decided = evaluate(&plan, &two_communities(), &[decision(Some("s1"), &["b1", "a1"])]);
    assert_eq!(
        grades(&decided),
        [
            "a1 competent",
            "a2 competent",
            "a3 competent",
            "b1 excellent*",
            "b2 competent",
            "b3 incompetent"
        ]
    );
    // By a community's name it settles nothing.
    let other = evaluate(&plan, &two_communities(), &[decision(Some("c1"), &["b1", "a1"])]);
    assert_eq!((other.settled.ties.len(), other.settled.unused.len()), (1, 1));
    // The same tie where the seats are the street's from the start.
    let street = scheme("{share: 33%, of: subjects, within: street, rounding: floor}", "");
    let open = evaluate(&street, &two_communities(), &[]);
    assert_eq!(seats(&open), ["s1() 6 1 floor"]);
    assert_eq!(open.settled.ties[0].tied, ["a1", "b1"]);
    let decided = evaluate(&street, &two_communities(), &[decision(Some("s1"), &["a1", "b1"])]);
    assert_eq!(decided.of("a1").grade.as_deref(), Some("excellent"));
}

#[test]
fn the_seat_of_a_barred_subject_goes_to_the_next_and_both_are_told() {
    let cohort = |bar: &str| {
        vec![
            post("a", "c1", "96", bar),
            post("b", "c1", "94", ""),
            post("c", "c1", "92", ""),
            post("d", "c1", "70", ""),
        ]
    };
    let own = "96.00 without vetoes is above the line of `excellent`: barred, it takes no seat";
    let next = "1 ahead of it barred from `excellent` take no seat: this one was left by them";
    let share = "{share: 25%, of: subjects, within: community, rounding: floor}";
    for (bar, unless) in [
        (ARREARS, ""),
        (CRIME, ""),
        (
            r#","findings":[{"fact":"unrectified","from":"2022-05-01"}]"#,
            ", unless: {fact: unrectified}",
        ),
    ] {
        let plan = scheme(share, unless);
        let outcome = evaluate(&plan, &cohort(bar), &[]);
        assert_eq!(outcome.of("b").grade.as_deref(), Some("excellent"), "{bar}");
        assert!(outcome.line_of("a").contains(own), "{}", outcome.line_of("a"));
        assert!(
            outcome
                .line_of("a")
                .contains("不计一票否决得分 96.00，达到优秀（excellent）分数线，因受限制不占名额")
        );
        assert!(outcome.line_of("b").contains(next), "{}", outcome.line_of("b"));
        assert!(
            outcome
                .line_of("b")
                .contains("排位在前的 1 个对象受限制不占优秀（excellent）名额，由其递补")
        );
        assert!(!outcome.line_of("b").contains("\"a\""), "nobody else is named");
        for other in ["c", "d"] {
            assert!(!outcome.line_of(other).contains("barred"), "{}", outcome.line_of(other));
        }
        let mut turned = cohort(bar);
        turned.reverse();
        let turned = evaluate(&plan, &turned, &[]);
        for it in ["a", "b", "c", "d"] {
            assert_eq!(outcome.line_of(it), turned.line_of(it), "whatever the order");
        }
    }
    // Nobody is barred, or the barred one stands behind who is seated: nothing is told.
    let plan = scheme(share, "");
    let plain = evaluate(&plan, &cohort(""), &[]);
    assert!(!plain.lines.concat().contains("barred"));
    let behind = vec![
        post("a", "c1", "91", ARREARS),
        post("b", "c1", "94", ""),
        post("c", "c1", "92", ""),
        post("d", "c1", "70", ""),
    ];
    let behind = evaluate(&plan, &behind, &[]);
    assert!(behind.line_of("a").contains("91.00 without vetoes"));
    assert_eq!(behind.of("b").left_by, 0, "it has its seat anyway");
    // Two seats: the first is its own, the second was left.
    let two = scheme("{share: 50%, of: subjects, within: community, rounding: floor}", "");
    let outcome = evaluate(&two, &cohort(ARREARS), &[]);
    assert_eq!((outcome.of("b").left_by, outcome.of("c").left_by), (0, 1));
}

#[test]
fn a_third_of_three_is_as_the_scheme_rounds() {
    let three = |community: &str| -> Vec<Facts> {
        let of =
            |(n, score): (usize, &str)| post(&format!("{community}-{n}"), community, score, "");
        [(1, "95"), (2, "93"), (3, "91")].into_iter().map(of).collect()
    };
    let nine = [three("c1"), three("c2"), three("c3")].concat();
    let of = |rounding: &str, more: &str| {
        scheme(
            &format!("{{share: 33%, of: subjects, within: community, rounding: {rounding}{more}}}"),
            "",
        )
    };
    let one = |rounding: &str| seats(&evaluate(&of(rounding, ""), &three("c1"), &[]));
    assert_eq!(one("floor"), ["c1() 3 0 floor"]);
    assert_eq!(one("half_up"), ["c1() 3 1 half_up"]);
    assert_eq!(one("largest_remainder"), ["c1() 3 0 floor"], "no seat of 0.99 in all");
    // Of nine two seats in all, and three equal claims: a decision between the communities.
    let open = evaluate(&of("largest_remainder", ""), &nine, &[]);
    assert_eq!(seats(&open), ["c1() 3 0 tie_open", "c2() 3 0 tie_open", "c3() 3 0 tie_open"]);
    let decided =
        evaluate(&of("largest_remainder", ""), &nine, &[decision(None, &["c3", "c1", "c2"])]);
    assert_eq!(seats(&decided), ["c1() 3 1 remainder", "c2() 3 0 floor", "c3() 3 1 remainder"]);
    // Pooled they have the two by points, whatever the rounding.
    for rounding in ["floor", "largest_remainder"] {
        let plan = of(rounding, ", pool: {fewer_than: 4, into: street}");
        let outcome = evaluate(&plan, &nine, &[]);
        assert_eq!(seats(&outcome), ["s1(c1+c2+c3) 9 2 floor"], "{rounding}");
        assert_eq!(outcome.settled.ties[0].tied, ["c1-1", "c2-1", "c3-1"]);
        assert_eq!(outcome.settled.ties[0].seats, 2);
    }
}

#[test]
fn small_groups_are_pooled_with_their_neighbours_alone() {
    let plan = scheme(POOLED, "");
    let mut cohort = two_communities();
    // Four in c3: large enough. One in c5, alone in its street.
    cohort.extend((0..4).map(|n| post(&format!("l{n}"), "c3", "90", "")));
    cohort.push(post("z", "c5", "99", ""));
    let outcome = evaluate(&plan, &cohort, &[]);
    assert_eq!(seats(&outcome), ["c3() 4 1 floor", "c5() 1 0 floor", "s1(c1+c2) 6 1 floor"]);
    assert_eq!(outcome.of("z").grade.as_deref(), Some("competent"), "a third of one is no seat");
    // Members are counted as the seats count: one of c1 has no place.
    let results =
        POOLED.replace("of: subjects", "of: results").replace("fewer_than: 4", "fewer_than: 3");
    let mut cohort = two_communities();
    cohort[2] = post("a3", "c1", "70", CRIME);
    cohort[5] = post("b3", "c2", "50", CRIME);
    let outcome = evaluate(&scheme(&results, ""), &cohort, &[]);
    assert_eq!(seats(&outcome), ["s1(c1+c2) 4 1 floor"]);
    // The cap of a group is a pool's too.
    let capped = "{share: 100%, of: subjects, within: community, rounding: floor, each_at_most: 2, pool: {fewer_than: 4, into: street}}";
    let outcome = evaluate(&scheme(capped, ""), &two_communities(), &[]);
    assert_eq!(seats(&outcome), ["s1(c1+c2) 6 2 floor"]);
    // A group whose subjects do not agree on where it lies stays alone.
    let mut cohort = two_communities();
    cohort[0].groups.insert("street".to_owned(), "s9".to_owned());
    let outcome = evaluate(&plan, &cohort, &[]);
    assert_eq!(seats(&outcome), ["c1() 3 0 floor", "c2() 3 0 floor"]);
}

#[test]
fn the_order_of_the_subjects_changes_no_pool() {
    let plan = scheme(POOLED, "");
    let mut cohort = two_communities();
    cohort.push(post("z", "c3", "93", ARREARS));
    let first = evaluate(&plan, &cohort, &[]);
    for turn in 1..cohort.len() {
        cohort.rotate_left(turn);
        let next = evaluate(&plan, &cohort, &[]);
        assert_eq!(first.quotas, next.quotas);
        for it in &first.results {
            assert_eq!(first.line_of(&it.subject), next.line_of(&it.subject));
        }
    }
}
