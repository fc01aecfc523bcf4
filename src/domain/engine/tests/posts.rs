//! What the days of a person's posts say in an explanation, and what a line warns of.

use std::sync::Arc;

use super::{Evaluator, evaluate, facts, plan};
use crate::domain::{
    facts::{HolderVeto, VetoRecord},
    time::{Day, Period},
};

const SCHEME: &str = "steelyard: scheme/v1
id: test.posts
version: 1
subject: post
period: year
in_force: {from: 2020-01-01}
appraised: longest
score: {id: root, out_of: 100, constant: 80}
vetoes:
  - {id: crime, of: holder, then: {no_awards: true}}
";

#[test]
fn an_explanation_says_in_which_post_and_in_which_others_not() {
    let plan = plan(SCHEME);
    let line = facts(
        r#"{"subject": "b", "period": "2022", "posts": [
            {"post": "a", "title": "branch_secretary", "from": "2020-01-01", "until": "2022-06-30"},
            {"post": "b", "title": "committee_member", "from": "2022-07-01"},
            {"post": "c", "from": "2020-01-01", "left_out": "roster"}]}"#,
    );
    let told = evaluate(&plan, &[line], &[]);
    let line = told.line_of("b");
    for part in [
        "appraised in `b` (committee_member), held from 2022-07-01 to 2022-12-31, on 184 days of \
         the period: it was held longest",
        "在职务 b（committee_member）（本周期 2022-07-01 至 2022-12-31 任职，共 184 天）考核：任职时间最长",
        "`a` (branch_secretary), held from 2022-01-01 to 2022-06-30, on 181 days of the period, is \
         not appraised: another was held on more days",
        "不考核：任职时间短于他职",
        "`c`, held from 2022-01-01 to 2022-12-31, on 365 days of the period, is not appraised: the \
         scheme does not take it",
        "不在本办法考核范围",
    ] {
        assert!(line.contains(part), "{part}\n{line}");
    }
}

#[test]
fn a_line_about_a_post_in_which_nobody_is_appraised_warns() {
    let evaluator = Evaluator::new(plan(SCHEME), Period::parse("2022").unwrap());
    let codes = |line: &str| -> Vec<&str> {
        evaluator.warnings(&facts(line), 1).into_iter().map(|it| it.code).collect()
    };
    let line = |subject: &str| {
        format!(
            r#"{{"subject": "{subject}", "period": "2022", "posts": [
                {{"post": "a", "from": "2020-01-01"}}, {{"post": "b", "from": "2022-12-01"}}]}}"#
        )
    };
    assert_eq!(codes(&line("a")), <[&str; 0]>::default());
    assert_eq!(codes(&line("b")), ["POST_NOT_APPRAISED"]);
    assert_eq!(codes(&line("c")), ["POST_NOT_APPRAISED"]);
    assert_eq!(codes(r#"{"subject": "c", "period": "2022"}"#), <[&str; 0]>::default());
}

#[test]
fn faults_of_posts_are_told_with_their_places() {
    let read = |posts: &str| {
        let line = format!(r#"{{"subject": "a", "posts": [{posts}]}}"#);
        let faults = crate::domain::facts::read_line(&line, 1, None).err().unwrap_or_default();
        faults.into_iter().map(|it| format!("{} {}", it.code, it.path)).collect::<Vec<_>>()
    };
    assert_eq!(
        read(r#"{"post": "a", "from": "2022-02-30", "left_out": "x"}, {"title": "y"}"#),
        [
            "FACTS_DAY posts[0].from",
            "FACTS_POST_LEFT_OUT posts[0].left_out",
            "FACTS_KEY_ABSENT posts[1].post",
            "FACTS_KEY_ABSENT posts[1].from",
        ]
    );
    assert_eq!(
        read(r#"{"post": "a", "from": "2022-01-01"}, {"post": "a", "from": "2022-03-01"}"#),
        ["FACTS_OVERLAP posts[1]"]
    );
    assert_eq!(
        read(r#"{"post": "a", "from": "2022-01-01"}, {"post": "b", "from": "2022-03-01"}"#),
        <[String; 0]>::default()
    );
}

#[test]
fn a_record_about_the_holder_is_named() {
    let plan = plan(SCHEME);
    let mut line = facts(r#"{"subject": "a", "period": "2022"}"#);
    line.vetoes.push(VetoRecord {
        item: "crime".to_owned(),
        by: None,
        from: Day::parse("2022-05-01").unwrap(),
        until: None,
        steps: Vec::new(),
        of_holder: Some(HolderVeto { member: "m-1".to_owned(), fact: "f7".to_owned() }),
    });
    let told = evaluate(&Arc::clone(&plan), &[line], &[]);
    let text = told.line_of("a");
    assert!(text.contains("`f7` is about the holder, `m-1`"), "{text}");
    assert!(text.contains(r#""member":"m-1","fact":"f7""#), "{text}");
}
