//! A ballot in which too few took part is missing, and the explanation says why.

use super::{evaluate, facts, plan};
use crate::domain::exact::RoundingMode;

const SCHEME: &str = "steelyard: scheme/v1\nid: x.y\nversion: 1\nsubject: post\nperiod: year\nin_force: {from: 2022-01-01}\nscore: {id: r, out_of: 100, sum: [{id: b, out_of: 100, voted: {ballot: appraisal, options: {good: 100, fair: 80, poor: 0}, least: 2, turnout: 2/3}}]}\n";

/// The score, and whether the explanation has these words.
fn told(more: &str, words: &str) -> Option<String> {
    let line = format!(r#"{{"subject":"s"{more}}}"#);
    let outcome = evaluate(&plan(SCHEME), &[facts(&line)], &[]);
    let text = outcome.line_of("s");
    assert!(text.contains(words), "{words}: {text}");
    outcome.results[0].score.as_ref().map(|it| it.text(2, RoundingMode::HalfUp))
}

#[test]
fn enough_of_the_eligible_must_have_voted() {
    let votes = r#","ballots":{"appraisal":{"good":5,"fair":1,"spoilt":2}}"#;
    let with = |eligible: &str| format!(r#"{votes},"eligible":{{"appraisal":{eligible}}}"#);
    // Eight of twelve are two thirds: void votes are votes cast.
    let enough = "8 of 12 eligible voted: enough, at least 2/3 is needed";
    assert_eq!(told(&with("12"), enough).as_deref(), Some("96.67"));
    assert_eq!(told(&with("13"), "8 of 13 eligible voted: too few, at least 2/3 is needed"), None);
    assert_eq!(told(&with("13"), "应参评 13 人，投票 8 张，未达到参评率 2/3"), None);
    // Nobody said how many, nobody is eligible, or fewer than voted: missing, never zero.
    assert_eq!(told(votes, "how many were eligible is not stated"), None);
    assert_eq!(told(&with("7"), "8 voted, and only 7 were eligible"), None);
    let none = r#","ballots":{"appraisal":{}},"eligible":{"appraisal":0}"#;
    assert_eq!(told(none, "0 of 0 eligible voted: too few"), None);
    // Enough took part, and too few were valid; and the other way round both are told.
    let void = r#","ballots":{"appraisal":{"good":1,"spoilt":8}},"eligible":{"appraisal":9}"#;
    assert_eq!(told(void, "1 is fewer than the least number of 2"), None);
    assert_eq!(told(r#","eligible":{"appraisal":9}"#, "nothing was reported"), None);
}
