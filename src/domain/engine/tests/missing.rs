//! What is missing is not zero, unless the scheme says so (invariant A7).

use proptest::prelude::*;

use super::{cases, evaluate, facts, plan};
use crate::domain::{engine::Reason, exact::RoundingMode};

const HEAD: &str = "steelyard: scheme/v1\nid: x.y\nversion: 1\nsubject: member\nperiod: year\nin_force: {from: 2022-01-01}\n";

/// Every kind that can be missing, and evidence that makes it worth nothing at all.
const KINDS: [(&str, &str); 8] = [
    ("assessed: {by: {street: 100%}}", r#""sheets":[{"item":"leaf","role":"street","points":0}]"#),
    ("proposed: {by: [street]}", r#""proposals":[{"item":"leaf","level":"street","points":0}]"#),
    ("voted: {ballot: b, options: {good: 10, poor: 0}}", r#""ballots":{"b":{"poor":3}}"#),
    (
        "surveyed: {survey: s, channels: pooled}",
        r#""surveys":{"s":{"all":{"answered":4,"satisfied":0}}}"#,
    ),
    ("measured: {metric: m, as_is: true}", r#""metrics":{"m":0}"#),
    ("measured: {ratio: {of: a, per: b}, linear: [[0, 0], [1, 9]]}", r#""metrics":{"a":0,"b":5}"#),
    ("imported: {source: i}", r#""imports":{"i":{"raw":0,"full":8}}"#),
    (
        "result_of: {scheme: x.other, of: self, combine: best}",
        r#""results":{"x.other":[{"of":"self","score":0,"out_of":5}]}"#,
    ),
];

/// The score as text, and the leaves that are said to be missing.
fn scored(parent: &str, kind: &str, policy: &str, evidence: &str) -> (Option<String>, Vec<String>) {
    let weight =
        |it: &str| if parent == "weighted" { format!("weight: {it}, ") } else { String::new() };
    let text = format!(
        "{HEAD}score: {{id: root, out_of: 10, {parent}: [{{id: fixed, {}out_of: 10, constant: 6}}, {{id: leaf, {}out_of: 10, {policy}{kind}}}]}}\n",
        weight("25%"),
        weight("75%"),
    );
    let line =
        format!("{{\"subject\":\"s\"{}{evidence}}}", if evidence.is_empty() { "" } else { "," });
    let outcome = evaluate(&plan(&text), &[facts(&line)], &[]);
    let result = &outcome.results[0];
    let missing = result.reasons.iter().map(|it| match it {
        Reason::Missing { node, .. } => node.clone(),
        other => panic!("{other:?}"),
    });
    (result.score.as_ref().map(|it| it.text(2, RoundingMode::HalfUp)), missing.collect())
}

#[test]
fn each_policy_gives_what_it_says_for_every_kind_under_every_parent() {
    // Parent; the score where nothing is known under: default, zero, 4.5, exclude; and with
    // evidence that is worth 0.
    let table = [
        ("sum", ["", "6.00", "10.50", "6.00", "6.00"]),
        ("weighted", ["", "1.50", "4.88", "6.00", "1.50"]),
        ("average", ["", "3.00", "5.25", "6.00", "3.00"]),
        ("best", ["", "6.00", "6.00", "6.00", "6.00"]),
        ("worst", ["", "0.00", "4.50", "6.00", "0.00"]),
    ];
    for (kind, zero) in KINDS {
        for (parent, [none, by_zero, by_value, left_out, known]) in table {
            let rows = [
                ("", none),
                ("missing: incomplete, ", none),
                ("missing: zero, ", by_zero),
                ("missing: {value: \"4.5\"}, ", by_value),
                ("missing: exclude, ", left_out),
            ];
            for (policy, wanted) in rows {
                let (score, missing) = scored(parent, kind, policy, "");
                assert_eq!(score.unwrap_or_default(), wanted, "{kind} {parent} {policy}");
                let named: &[&str] = if wanted.is_empty() { &["leaf"] } else { &[] };
                assert_eq!(missing, named, "{kind} {parent} {policy}");
                // Something that is known to be worth nothing is 0, whatever the policy.
                let (score, missing) = scored(parent, kind, policy, zero);
                assert_eq!((score.as_deref(), missing.len()), (Some(known), 0), "{kind} {parent}");
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(256))]

    /// What a missing leaf comes to depends on the declared policy alone: not on its kind, its
    /// `base`, its `clamp` or its `round`.
    #[test]
    fn a_replacement_stands_as_it_is(kind in 0_usize..7, value in 0_i64..100, base in 0_i64..9, parent in 0_usize..5) {
        let parent = ["sum", "weighted", "average", "best", "worst"][parent];
        let policy = format!("missing: {{value: \"0.{value:02}\"}}, ");
        let dressed = format!("base: {base}, clamp: [3, 5], round: {{to: 0, mode: up}}, {policy}");
        let plain = scored(parent, "measured: {metric: none, as_is: true}", &policy, "");
        prop_assert_eq!(&scored(parent, KINDS[kind].0, &dressed, ""), &plain);
        let zero = scored(parent, KINDS[kind].0, "missing: zero, ", "");
        prop_assert_eq!(zero, scored(parent, KINDS[kind].0, "missing: {value: 0}, ", ""));
    }

    /// A part whose lack was absorbed is not named; one that made the root incomplete is.
    #[test]
    fn exactly_the_leaves_that_made_the_root_incomplete_are_named(lacking in prop::collection::vec((any::<bool>(), 0_usize..4), 1..9)) {
        let policies = ["", "missing: zero, ", "missing: exclude, ", "missing: {value: 1}, "];
        let parts: Vec<String> = lacking
            .iter()
            .enumerate()
            .map(|(index, it)| format!("{{id: n{index}, {}measured: {{metric: m{index}, as_is: true}}}}", policies[it.1]))
            .collect();
        let known: Vec<String> = lacking
            .iter()
            .enumerate()
            .filter(|(_, it)| it.0)
            .map(|(index, _)| format!("\"m{index}\":1"))
            .collect();
        let plan = plan(&format!("{HEAD}score: {{id: r, sum: [{{id: base, constant: 1}}, {}]}}\n", parts.join(", ")));
        let outcome = evaluate(&plan, &[facts(&format!("{{\"subject\":\"s\",\"metrics\":{{{}}}}}", known.join(",")))], &[]);
        let wanted: Vec<String> = lacking
            .iter()
            .enumerate()
            .filter(|(_, it)| !it.0 && it.1 == 0)
            .map(|(index, _)| format!("n{index}"))
            .collect();
        let named: Vec<String> = outcome.results[0].reasons.iter().map(|it| match it {
            Reason::Missing { node, .. } => node.clone(),
            other => panic!("{other:?}"),
        }).collect();
        prop_assert_eq!(outcome.results[0].score.is_none(), !wanted.is_empty());
        prop_assert_eq!(named, wanted);
    }
}
