//! Grades and bands: exactly one for every value, none lower for a higher score (E1 and E3).

use std::fmt::Write as _;

use proptest::prelude::*;

use super::{cases, evaluate, facts, plan};
use crate::domain::exact::{Decimal, Exact};

const HEAD: &str = "steelyard: scheme/v1\nid: x.y\nversion: 1\nsubject: member\nperiod: year\nin_force: {from: 2022-01-01}\n";

fn text(millionths: i64) -> String {
    Decimal::from_millionths(millionths).unwrap().to_string()
}

proptest! {
    #![proptest_config(cases(256))]

    /// At every limit, and a millionth above and below it, exactly the first that holds.
    #[test]
    fn every_score_has_exactly_one_grade_and_every_figure_one_band(
        limits in prop::collection::btree_set(-50_000_000_i64..=100_000_000, 1..7),
        more in prop::collection::vec(-60_000_000_i64..=110_000_000, 0..6),
    ) {
        let limits: Vec<i64> = limits.into_iter().rev().collect();
        let (mut grades, mut bands) = (String::new(), String::new());
        for (index, limit) in limits.iter().enumerate() {
            writeln!(grades, "  - {{id: g{index}, at_least: \"{}\"}}", text(*limit)).unwrap();
            write!(bands, "{{at_least: \"{}\", points: {}}}, ", text(*limit), limits.len() - index).unwrap();
        }
        let last = limits.len();
        let plan = plan(&format!("{HEAD}score: {{id: r, round: {{to: 6, mode: half_up}}, sum: [{{id: x, measured: {{metric: x, as_is: true}}}}, {{id: b, base: 7, clamp: [0, 0], measured: {{metric: x, bands: [{bands}{{points: 0}}]}}}}]}}\ngrades:\n{grades}  - {{id: g{last}}}\n"));
        let near = limits.iter().flat_map(|it| [it - 1, *it, it + 1]);
        let mut scores: Vec<i64> = near.chain(more).chain([100_000_000]).collect();
        scores.sort_unstable();
        let cohort: Vec<_> = scores.iter().enumerate().map(|(index, it)| facts(&format!("{{\"subject\":\"s{index}\",\"metrics\":{{\"x\":\"{}\"}}}}", text(*it)))).collect();
        let outcome = evaluate(&plan, &cohort, &[]);
        let mut before = last;
        for (score, result) in scores.iter().zip(&outcome.results) {
            let wanted = limits.iter().position(|it| it <= score).unwrap_or(last);
            prop_assert_eq!(result.grade.clone().unwrap(), format!("g{wanted}"), "{}", score);
            prop_assert!(wanted <= before, "a higher score, a lower grade");
            before = wanted;
            let band = result.nodes[2].notes.iter().find_map(|it| match it {
                crate::domain::engine::Note::Band { points, .. } => Some(*points),
                _ => None,
            });
            prop_assert_eq!(band, Decimal::whole(i64::try_from(last - wanted).unwrap()));
            let exact = Exact::ratio(i128::from(*score), 1_000_000).unwrap();
            prop_assert_eq!(result.score.as_ref(), Some(&exact));
        }
    }

    /// E3 on the rounded score: who stands higher has no lower grade, and equal scores one grade.
    #[test]
    fn a_higher_score_never_has_a_lower_grade(scores in prop::collection::vec(50_000_000_i64..100_000_000, 2..30)) {
        let plan = plan(&format!("{HEAD}score: {{id: x, measured: {{metric: x, as_is: true}}}}\ngrades: [{{id: g0, at_least: 90}}, {{id: g1, at_least: 80}}, {{id: g2, at_least: \"60.01\"}}, {{id: g3}}]\n"));
        let cohort: Vec<_> = scores.iter().enumerate().map(|(index, it)| facts(&format!("{{\"subject\":\"s{index}\",\"metrics\":{{\"x\":\"{}\"}}}}", text(*it)))).collect();
        let mut results = evaluate(&plan, &cohort, &[]).results;
        results.sort_by(|a, b| a.score.cmp(&b.score));
        for pair in results.windows(2) {
            prop_assert!(pair[0].grade >= pair[1].grade, "{:?} {:?}", pair[0].score, pair[1].score);
            prop_assert!(pair[0].score != pair[1].score || pair[0].grade == pair[1].grade);
        }
    }
}

/// Limits look at the published score: 89.995 is 90.00, 89.994999 is not.
#[test]
fn a_grade_is_by_the_rounded_score() {
    let plan = plan(&format!(
        "{HEAD}score: {{id: x, measured: {{metric: x, as_is: true}}}}\ngrades: [{{id: top, at_least: 90}}, {{id: rest}}]\n"
    ));
    for (score, grade) in
        [("89.995", "top"), ("89.994999", "rest"), ("90", "top"), ("89.99", "rest")]
    {
        let outcome = evaluate(
            &plan,
            &[facts(&format!("{{\"subject\":\"s\",\"metrics\":{{\"x\":\"{score}\"}}}}"))],
            &[],
        );
        assert_eq!(outcome.results[0].grade.as_deref(), Some(grade), "{score}");
    }
}
