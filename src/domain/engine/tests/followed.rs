//! What follows from a published result (S3, S6).

use super::{evaluate, facts, plan};
use crate::domain::{engine::run_examples, scheme::Scheme};

const SCHEME: &str = r#"steelyard: scheme/v1
id: county.appraisal
version: 1
subject: post
period: year
in_force: {from: 2022-01-01}
score: {id: marks, out_of: 100, measured: {metric: marks, as_is: true}}
grades:
  - {id: excellent, at_least: 90}
  - {id: incompetent}
vetoes:
  - {id: fraud, then: {no_awards: true}}
awards:
  - {id: late, amount: "2000.00", to: person, as_of: publication, when: {none: [{attribute: status, is: in_service}]}}
  - {id: own, amount: "1.00", to: branch}
  - {id: all, amount: "3.00", to: person, as_of: publication}
consequences:
  - {id: commended, when: {grade: excellent}}
  - {id: preferred, when: {all: [{grade: excellent}, {attribute: status, in: [in_service, floating]}]}}
  - {id: adjust, when: {any: [{grade: incompetent}, {attribute: status, is: gone}]}}
"#;

/// The result of a line as printed.
fn line(more: &str) -> String {
    let text = format!(r#"{{"subject":"p","period":"2022","groups":{{}}{more}}}"#);
    let outcome = evaluate(&plan(SCHEME), &[facts(&text)], &[]);
    outcome.line_of("p").to_owned()
}

#[test]
fn what_follows_goes_by_the_day_of_publication() {
    let marks = r#","metrics":{"marks":95},"attributes":{"status":"in_service"}"#;
    let told = line(&format!(r#"{marks},"published":{{"attributes":{{"status":"retired"}}}}"#));
    assert!(told.contains(r#""consequences":["commended"]"#), "{told}");
    let all = r#""awards":{"all":"3.00","late":"2000.00","own":"1.00"}"#;
    assert!(told.contains(all), "{told}");
    let told = line(&format!(r#"{marks},"published":{{"attributes":{{"status":"in_service"}}}}"#));
    assert!(told.contains(r#""consequences":["commended","preferred"]"#), "{told}");
    assert!(told.contains(r#""awards":{"all":"3.00","own":"1.00"}"#), "{told}");
    // About something missing a condition is false, and `none` of it is true.
    let told = line(&format!(r#"{marks},"published":{{"attributes":{{}}}}"#));
    assert!(told.contains(r#""consequences":["commended"]"#) && told.contains("late"), "{told}");
}

#[test]
fn how_often_it_is_paid_changes_no_result() {
    use crate::domain::scheme::Paid;
    let text = SCHEME.replace("to: person,", "paid: each, to: person,");
    let (once, each) = (plan(SCHEME), plan(&text));
    let said = |it: &crate::domain::engine::Plan| {
        it.scheme().awards.iter().map(|it| it.paid).collect::<Vec<_>>()
    };
    assert_eq!(said(&once), [Paid::Once; 3], "not written: once");
    assert_eq!(said(&each), [Paid::Each, Paid::Once, Paid::Each]);
    let line = r#"{"subject":"p","period":"2022","metrics":{"marks":95},"published":{"attributes":{"status":"retired"}}}"#;
    let lines = |plan| evaluate(plan, &[facts(line)], &[]).lines;
    assert_eq!(lines(&once), lines(&each));
}

#[test]
fn without_that_day_nobody_knows() {
    let told = line(r#","metrics":{"marks":95},"attributes":{"status":"retired"}"#);
    assert!(!told.contains("consequences"), "{told}");
    assert!(told.contains(r#""awards":{"own":"1.00"}"#), "{told}");
}

#[test]
fn a_veto_takes_awards_and_nothing_follows_from_what_is_not_final() {
    let day = r#""published":{"attributes":{"status":"gone"}}"#;
    let veto = r#""vetoes":[{"item":"fraud","from":"2022-05-01"}]"#;
    let told = line(&format!(r#","metrics":{{"marks":95}},{veto},{day}"#));
    assert!(told.contains(r#""consequences":["commended","adjust"]"#), "{told}");
    assert!(told.contains(r#""awards":{}"#), "{told}");
    let told = line(&format!(r",{day}"));
    assert!(told.contains(r#""status":"incomplete""#), "{told}");
    assert!(told.contains(r#""consequences":[]"#) && told.contains(r#""awards":{}"#), "{told}");
}

#[test]
fn an_example_without_that_day_shows_no_consequences() {
    let example = "examples:\n  - {facts: {metrics: {marks: 95}}, gives: {consequences: []}}\n";
    let faults = run_examples(&plan(&format!("{SCHEME}{example}")));
    assert_eq!(faults.len(), 1);
    let wrong = &faults.first().unwrap().wrong;
    assert!(wrong.contains("the facts have no `published`"), "{wrong}");
}

#[test]
fn the_digested_text_of_facts_is_as_before_while_nothing_is_published() {
    let text = r#"{"subject":"p","period":"2022"}"#;
    assert!(!format!("{:?}", facts(text)).contains("published"));
    let scheme = Scheme::read(SCHEME.as_bytes()).unwrap();
    assert_eq!(scheme.consequences.len(), 3);
}
