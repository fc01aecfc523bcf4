//! Offline evaluation over more lines than one worker takes at once.

use std::sync::Arc;

use steelyard::{
    app::offline::{OfflineError, Summary, Terms, evaluate},
    domain::{engine::Plan, scheme::Scheme},
};

const SCHEME: &[u8] = b"
steelyard: scheme/v1
id: test.lines
version: 1
title: lines
subject: member
period: year
in_force: {from: 2022-01-01}
score:
  id: root
  out_of: 100
  sum:
    - {id: reported, measured: {metric: m, as_is: true}}
    - {id: place, placed: {node: reported, within: compound, points: [[1, 5]], otherwise: 0}}
grades:
  - {id: top, at_least: 0, seats: {share: 1/1000, of: subjects, within: county, rounding: floor}}
  - {id: rest}
ranking: {within: [county], by: [score]}
";

const LINES: usize = 3_000;

fn line(index: usize) -> String {
    // The two greatest are equal: a tie for the last of three seats, settled by a decision.
    let value = if index >= LINES - 4 { 2_000 } else { index % 900 };
    format!(
        r#"{{"subject":"m-{index:05}","period":"2022","groups":{{"county":"x","compound":"k-{}"}},"metrics":{{"m":"{value}"}}}}"#,
        index % 7
    )
}

fn run(lines: &[String]) -> Result<(Vec<(String, String)>, Summary), OfflineError> {
    let plan = Arc::new(Plan::compile(Arc::new(Scheme::read(SCHEME).unwrap())));
    let text = lines.join("\n");
    let mut results = Vec::new();
    let summary = evaluate(&plan, text.as_bytes(), &Terms::default(), |result| {
        let shown = format!("{:?} {:?} {:?}", result.score, result.grade, result.ranks);
        results.push((result.subject, shown));
        Ok(())
    })?;
    Ok((results, summary))
}

#[test]
fn results_come_in_the_order_of_the_lines_and_do_not_depend_on_it() {
    let lines: Vec<String> = (0..LINES).map(line).collect();
    let (results, summary) = run(&lines).unwrap();
    assert_eq!(summary.subjects, 3_000);
    let ids: Vec<&str> = results.iter().map(|it| it.0.as_str()).collect();
    assert!(ids.is_sorted() && ids.len() == LINES, "in the order of the lines");
    assert_eq!(summary.ties[0].seats, 3);
    assert_eq!(summary.ties[0].tied.len(), 4);
    let mut turned = lines.clone();
    turned.reverse();
    let (mut backwards, _) = run(&turned).unwrap();
    backwards.reverse();
    assert_eq!(backwards, results);
    let mut decided = lines;
    let tied = &summary.ties[0].tied;
    let order = format!(r#"["{}","{}","{}","{}"]"#, tied[3], tied[2], tied[1], tied[0]);
    let decision = format!(r#"{{"decision":{{"for":"top","within":"x","order":{order}}}}}"#);
    decided.insert(1_500, decision);
    let (settled, summary) = run(&decided).unwrap();
    assert!(summary.ties.is_empty() && summary.warnings.is_empty(), "{:?}", summary.warnings);
    let top = |it: &&(String, String)| it.1.contains("top");
    let seated: Vec<&str> = settled.iter().filter(top).map(|it| it.0.as_str()).collect();
    assert_eq!(seated, [&tied[1], &tied[2], &tied[3]]);
}

#[test]
fn every_fault_names_its_line_and_nothing_is_answered() {
    let mut lines: Vec<String> = (0..LINES).map(line).collect();
    lines[700] = "{".to_owned();
    lines[2_100] = lines[2_100].replace(r#""m":"#, r#""m":1e5,"n":"#);
    lines[2_900] = lines[2_900].replace("\"compound\"", "\"street\"");
    let Err(OfflineError::Refused { faults, total }) = run(&lines) else { panic!("it was taken") };
    let told: Vec<_> = faults.iter().map(|it| (it.line, it.code)).collect();
    assert_eq!(
        told,
        [(701, "FACTS_JSON"), (2_101, "FACTS_DECIMAL"), (2_901, "FACTS_GROUP_ABSENT")]
    );
    assert_eq!(total, 3);
    let mut doubled: Vec<String> = (0..LINES).map(line).collect();
    doubled[2_999] = doubled[3].clone();
    let Err(OfflineError::Refused { faults, .. }) = run(&doubled) else { panic!("it was taken") };
    assert_eq!((faults[0].line, faults[0].code), (3_000, "FACTS_SUBJECT_TWICE"));
    assert!(faults[0].wrong.contains("line 4"), "{}", faults[0].wrong);
}
