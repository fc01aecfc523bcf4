//! The engine against the laws it must keep, on random schemes and cohorts.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests count plainly, and look for one variant"
)]

mod cohorts;
mod followed;
mod grades;
mod missing;
mod order;
mod places;
mod posts;
mod proposed;
mod random;
mod schedules;
mod scores;
mod turnout;
mod vetoes;

use std::sync::Arc;

use proptest::test_runner::{Config, RngSeed};

use super::{Evaluator, Groups, Plan, Settled, SubjectResult, quotas_json, result_json, settle};
use crate::domain::{
    facts::{Facts, Line, TieDecision, read_line},
    scheme::Scheme,
    time::Period,
};

/// The same cases at every run: a gate that fails by chance is no gate.
fn cases(cases: u32) -> Config {
    // A seed shrinks to a smaller seed, which is no simpler: the failing one is what to look at.
    let max_shrink_iters = 0;
    let rng_seed = RngSeed::Fixed(20_221_230);
    Config { cases, rng_seed, failure_persistence: None, max_shrink_iters, ..Config::default() }
}

fn plan(text: &str) -> Arc<Plan> {
    let scheme = Scheme::read(text.as_bytes());
    let scheme = scheme.unwrap_or_else(|faults| panic!("{faults:#?}\n{text}"));
    Arc::new(Plan::compile(Arc::new(scheme)))
}

fn facts(line: &str) -> Facts {
    match read_line(line, 1, None) {
        Ok(Line::Facts(facts)) => *facts,
        other => panic!("{other:?}\n{line}"),
    }
}

/// A whole evaluation.
struct Outcome {
    results: Vec<SubjectResult>,
    /// Each result with its explanation, as printed.
    lines: Vec<String>,
    quotas: String,
    settled: Settled,
}

impl Outcome {
    fn of(&self, subject: &str) -> &SubjectResult {
        self.results.iter().find(|it| it.subject == subject).unwrap()
    }

    fn line_of(&self, subject: &str) -> &str {
        let index = self.results.iter().position(|it| it.subject == subject).unwrap();
        &self.lines[index]
    }

    /// What is published of a subject, as one text.
    fn published(&self, subject: &str) -> String {
        let it = self.of(subject);
        let mut reasons: Vec<String> = it.reasons.iter().map(|it| format!("{it:?}")).collect();
        reasons.sort();
        format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {} {reasons:?}",
            it.status, it.score, it.score_before_vetoes, it.grade, it.ranks, it.awards, it.seated
        )
    }
}

fn evaluate(plan: &Arc<Plan>, cohort: &[Facts], decisions: &[TieDecision]) -> Outcome {
    let mut cohort = cohort.to_vec();
    cohort.iter_mut().for_each(Facts::prepare);
    let period = Period::parse("2022").unwrap();
    let mut evaluator = Evaluator::new(Arc::clone(plan), period);
    let mut groups = Groups::new(plan);
    for facts in &cohort {
        assert_eq!(evaluator.check(facts, 0), Vec::new());
    }
    for level in 0..plan.levels() {
        for facts in &cohort {
            let measured = evaluator.measure(level, facts, &groups).unwrap();
            measured.into_iter().for_each(|it| groups.take(it));
        }
        groups.close_level().unwrap();
    }
    let candidates: Vec<_> =
        cohort.iter().map(|it| evaluator.candidate(it, &groups).unwrap()).collect();
    let settled = settle(plan, &candidates, decisions, false).unwrap();
    let results: Vec<SubjectResult> = cohort
        .iter()
        .zip(&settled.settlements)
        .map(|(facts, settlement)| evaluator.explain(facts, &groups, settlement).unwrap())
        .collect();
    let lines = results.iter().map(|it| result_json(plan, it)).collect();
    let quotas = quotas_json(plan, &settled.quotas);
    Outcome { results, lines, quotas, settled }
}
