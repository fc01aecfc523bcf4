//! Values that levels propose: which is in force, what departs, what is refused (S2).

use std::fmt::Write as _;

use super::{evaluate, facts, plan};
use crate::domain::{
    engine::{Evaluator, Note, ProposalLine},
    exact::{Decimal, RoundingMode},
    time::Period,
};

const SCHEME: &str = "steelyard: scheme/v1\nid: x.y\nversion: 1\nsubject: post\nperiod: year\nin_force: {from: 2022-01-01}\nscore: {id: r, out_of: 100, sum: [{id: leaders, out_of: 100, proposed: {by: [community, street, county], band: 5}}]}\n";

/// Proposals of `level points moment reason`; `-` for nothing.
fn line(rows: &[[&str; 4]]) -> String {
    let mut text = String::new();
    for [level, points, at, reason] in rows {
        let comma = if text.is_empty() { "" } else { "," };
        write!(
            text,
            r#"{comma}{{"item":"leaders","level":"{level}","by":"u-{level}","points":"{points}""#
        )
        .unwrap();
        for (key, value) in [("at", at), ("reason", reason)] {
            if *value != "-" {
                write!(text, r#","{key}":"{value}""#).unwrap();
            }
        }
        text.push('}');
    }
    format!(r#"{{"subject":"s","proposals":[{text}]}}"#)
}

/// The score, none where it is missing, and what is told of each level.
fn told(rows: &[[&str; 4]]) -> (Option<String>, Vec<ProposalLine>) {
    let outcome = evaluate(&plan(SCHEME), &[facts(&line(rows))], &[]);
    let result = &outcome.results[0];
    let lines = result.nodes[1].notes.iter().filter_map(|it| match it {
        Note::Proposal { line } => Some((**line).clone()),
        _ => None,
    });
    (result.score.as_ref().map(|it| it.text(2, RoundingMode::HalfUp)), lines.collect())
}

fn score(rows: &[[&str; 4]]) -> Option<String> {
    told(rows).0
}

const EARLY: &str = "2022-12-20T09:00:00+08:00";
const LATE: &str = "2022-12-21T09:00:00+08:00";

#[test]
fn the_last_value_of_the_highest_level_is_in_force() {
    let of = |it: &str| Some(it.to_owned());
    assert_eq!(score(&[["community", "88", EARLY, "-"]]), of("88.00"));
    // A lower level's later word changes nothing.
    assert_eq!(score(&[["street", "84", EARLY, "-"], ["community", "88", LATE, "-"]]), of("84.00"));
    // Of one level's values the last by moment, whatever the order of the lines.
    let twice = [["community", "88", LATE, "-"], ["community", "70", EARLY, "-"]];
    assert_eq!(score(&twice), of("88.00"));
    // Of equal moments the later line; one without a moment is before all.
    let equal = [["community", "88", EARLY, "-"], ["community", "70", EARLY, "-"]];
    assert_eq!(score(&equal), of("70.00"));
    let undated = [["community", "88", EARLY, "-"], ["community", "70", "-", "-"]];
    assert_eq!(score(&undated), of("88.00"));
    assert_eq!(score(&[["community", "88", "-", "-"], ["community", "70", "-", "-"]]), of("70.00"));
    // Only a higher level.
    assert_eq!(score(&[["county", "61.5", EARLY, "-"]]), of("61.50"));
    // Nobody: missing is not zero. A level that the scheme does not name does not count.
    assert_eq!(score(&[]), None);
    assert_eq!(score(&[["village", "61.5", EARLY, "-"]]), None);
    assert_eq!(score(&[["village", "61.5", LATE, "-"], ["street", "50", EARLY, "-"]]), of("50.00"));
}

#[test]
fn each_level_is_told_with_what_it_departs_by() {
    let rows = [
        ["community", "88", EARLY, "-"],
        ["community", "86", LATE, "-"],
        ["street", "91", LATE, "-"],
        ["county", "80", LATE, "核实"],
    ];
    let (score, lines) = told(&rows);
    assert_eq!(score.as_deref(), Some("80.00"));
    let short = |it: &ProposalLine| {
        let departs = it.departs.map(|it| it.to_string()).unwrap_or_default();
        let beyond = it.beyond.map(|it| it.to_string()).unwrap_or_default();
        format!("{} {} {} [{departs}] [{beyond}] {}", it.level, it.points, it.replaced, it.in_force)
    };
    let short: Vec<String> = lines.iter().map(short).collect();
    assert_eq!(
        short,
        ["community 86 1 [] [] false", "street 91 0 [5] [] false", "county 80 0 [-11] [5] true"]
    );
    // A level that was passed over: the next departs from the nearest below that has a value.
    let (_, lines) = told(&[["community", "88", EARLY, "-"], ["county", "94", LATE, "-"]]);
    assert_eq!(lines[1].departs, Decimal::whole(6));
    assert_eq!(lines[1].beyond, Decimal::whole(5));
}

#[test]
fn the_explanation_says_it_in_both_languages() {
    let rows = [["community", "88", EARLY, "-"], ["street", "80", LATE, "-"]];
    let outcome = evaluate(&plan(SCHEME), &[facts(&line(&rows))], &[]);
    let text = outcome.line_of("s");
    for said in [
        "community: 88 by `u-community` at 2022-12-20T01:00:00Z\"",
        "street: 80 by `u-street` at 2022-12-21T01:00:00Z, -8 from the level below, beyond the band of 5, without a reason; it is in force",
        "street：80，u-street 提出，时间 2022-12-21T01:00:00Z，较下一级 -8，超出幅度 5，未说明理由；以此为准",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let reasoned = [["community", "88", EARLY, "-"], ["street", "80", LATE, "核实后下调"]];
    let outcome = evaluate(&plan(SCHEME), &[facts(&line(&reasoned))], &[]);
    assert!(outcome.line_of("s").contains("beyond the band of 5 (核实后下调); it is in force"));
    let outcome = evaluate(&plan(SCHEME), &[facts(&line(&[]))], &[]);
    assert!(outcome.line_of("s").contains("no level has proposed a value"));
}

#[test]
fn values_out_of_range_and_beside_a_state_are_refused() {
    let plan = plan(SCHEME);
    let evaluator = Evaluator::new(std::sync::Arc::clone(&plan), Period::parse("2022").unwrap());
    let codes = |line: &str| -> Vec<String> {
        let faults = evaluator.check(&facts(line), 1);
        faults.iter().map(|it| format!("{} {}", it.code, it.path)).collect()
    };
    let rows = [
        ["community", "100.01", "-", "-"],
        ["village", "-1", "-", "-"],
        ["county", "100", "-", "-"],
    ];
    assert_eq!(
        codes(&line(&rows)),
        ["FACTS_PROPOSAL_POINTS proposals[0].points", "FACTS_PROPOSAL_POINTS proposals[1].points"]
    );
    let beside = r#"{"subject":"s","states":{"leaders":"excused"},"proposals":[{"item":"leaders","level":"x","points":1}]}"#;
    assert_eq!(codes(beside), ["FACTS_STATE_BESIDE_EVIDENCE states.leaders"]);
    let excused = r#"{"subject":"s","states":{"leaders":"not_submitted"}}"#;
    assert_eq!(codes(excused), [] as [&str; 0]);
}
