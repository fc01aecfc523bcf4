//! The same bytes on one thread, on two and on eight, each evaluating a share of the cohort.

use std::{sync::Arc, thread};

use steelyard::domain::{
    engine::{Candidate, Evaluator, Groups, Measurement, Plan, quotas_json, result_json, settle},
    facts::{Facts, Line, read_line},
    scheme::Scheme,
    time::Period,
};

const SCHEME: &str = "steelyard: scheme/v1
id: golden.threads
version: 1
subject: member
period: year
in_force: {from: 2022-01-01}
score:
  id: root
  out_of: 100
  clamp: [0, 100]
  weighted:
    - {id: marks, weight: 1/3, out_of: 7, imported: {source: unit}, missing: exclude}
    - id: deeds
      weight: 1/3
      out_of: 20
      sum:
        - {id: duty, counted: {points: entered, each: [0, 3], repeats: [1, \"0.5\"], caps: [{per: month, at_most: 4}, {per: year, at_most: 12}]}}
        - {id: voice, out_of: 3, voted: {ballot: n, options: {good: 3, poor: 1}}, missing: zero}
    - id: relative
      weight: 1/3
      out_of: 10
      best:
        - {id: close, out_of: 10, compared: {node: deeds, within: compound, with: mean}}
        - {id: place, placed: {node: close, within: county, points: [[1, 10], [2, 8], [3, 7]]}}
grades:
  - {id: a, at_least: 50, seats: {share: 30%, of: subjects, within: compound, rounding: largest_remainder}}
  - {id: b, at_least: 30}
  - {id: c}
vetoes: [{id: held, then: {node: duty, value: 1, grades_down: 1}}]
ranking: {within: [compound, county], by: [score, {node: deeds}]}
";

fn cohort() -> Vec<Facts> {
    let line = |it: u32| {
        let twist = |by: u32, of: u32| (it * by + it / 5) % of;
        let entries: Vec<String> = (0..twist(7, 9))
            .map(|day| {
                let (month, day) = (1 + (day * 5) % 12, 1 + day * 3);
                format!(r#"{{"item":"duty","on":"2022-{month:02}-{day:02}","times":"{}.5","points":"{}"}}"#, twist(3, 3), twist(11, 5))
            })
            .collect();
        let marks = if it.is_multiple_of(6) {
            String::new()
        } else {
            format!(r#""unit":{{"raw":{},"full":13}}"#, twist(5, 13))
        };
        let vetoes =
            if it.is_multiple_of(7) { r#"{"item":"held","from":"2022-03-01"}"# } else { "" };
        format!(
            r#"{{"subject":"m-{it:03}","period":"2022","groups":{{"compound":"k-{}","county":"x"}},"entries":[{}],"ballots":{{"n":{{"good":{},"poor":{}}}}},"imports":{{{marks}}},"vetoes":[{vetoes}]}}"#,
            twist(1, 4),
            entries.join(","),
            twist(2, 4),
            twist(3, 4),
        )
    };
    let facts = |text: String| match read_line(&text, 1, None) {
        Ok(Line::Facts(facts)) => {
            let mut facts = *facts;
            facts.prepare();
            facts
        }
        other => panic!("{other:?}"),
    };
    (0..120).map(line).map(facts).collect()
}

/// Runs `work` on every share of the cohort, a thread and an evaluator each, the last share first.
fn shared<T: Send>(
    plan: &Arc<Plan>,
    cohort: &[Facts],
    threads: usize,
    work: impl Fn(&mut Evaluator, usize, &Facts) -> T + Sync,
) -> Vec<T> {
    let share = cohort.len().div_ceil(threads);
    let period = Period::parse("2022").unwrap();
    thread::scope(|scope| {
        let work = &work;
        let parts = cohort.chunks(share).enumerate().rev().map(|(part, facts)| {
            let mut evaluator = Evaluator::new(Arc::clone(plan), period);
            scope.spawn(move || {
                let numbered = facts.iter().enumerate();
                let out: Vec<T> = numbered
                    .map(|(at, facts)| work(&mut evaluator, part * share + at, facts))
                    .collect();
                (part, out)
            })
        });
        let running: Vec<_> = parts.collect();
        let mut done: Vec<_> = running.into_iter().map(|it| it.join().unwrap()).collect();
        done.sort_by_key(|it| it.0);
        done.into_iter().flat_map(|it| it.1).collect()
    })
}

fn run(plan: &Arc<Plan>, cohort: &[Facts], threads: usize) -> Vec<String> {
    let mut groups = Groups::new(plan);
    for level in 0..plan.levels() {
        let measured: Vec<Vec<Measurement>> =
            shared(plan, cohort, threads, |evaluator, _, facts| {
                evaluator.measure(level, facts, &groups).unwrap()
            });
        // What arrives from the threads arrives in any order.
        measured.into_iter().rev().flatten().for_each(|it| groups.take(it));
        groups.close_level().unwrap();
    }
    let candidates: Vec<Candidate> = shared(plan, cohort, threads, |evaluator, _, facts| {
        evaluator.candidate(facts, &groups).unwrap()
    });
    let settled = settle(plan, &candidates, &[], false).unwrap();
    let mut lines = shared(plan, cohort, threads, |evaluator, at, facts| {
        let result = evaluator.explain(facts, &groups, &settled.settlements[at]).unwrap();
        result_json(plan, &result)
    });
    lines.push(quotas_json(plan, &settled.quotas));
    lines
}

#[test]
fn threads_change_no_byte() {
    let scheme = Scheme::read(SCHEME.as_bytes()).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let plan = Arc::new(Plan::compile(Arc::new(scheme)));
    assert_eq!(plan.levels(), 2);
    let cohort = cohort();
    let one = run(&plan, &cohort, 1);
    let with = |what: &str| one.iter().filter(|it| it.contains(what)).count();
    for what in
        ["\"code\":\"veto\"", "\"code\":\"seats_exhausted\"", "\"exact\":", "\"grade\":\"a\""]
    {
        assert!(with(what) > 0, "the cohort shows no {what}");
    }
    for threads in [2, 3, 8] {
        assert_eq!(run(&plan, &cohort, threads), one, "{threads} threads");
    }
}
