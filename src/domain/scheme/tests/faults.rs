//! One fault at a time: what is told, and where.

use super::{
    GOOD, RICH, appraisal_cases, faults, good_cases, indicator_cases, member_cases, post_cases,
    published_cases, rating_cases, rich_cases, told,
};

/// A scheme, what is replaced in it by what, and the faults: code, line, column, path.
pub(super) type Case = (&'static str, &'static str, &'static str, &'static [&'static str]);

#[test]
fn every_fault_is_told_with_its_code_place_and_path() {
    let mut wrong = Vec::new();
    for (base, from, to, want) in good_cases::CASES
        .iter()
        .chain(rich_cases::CASES)
        .chain(member_cases::CASES)
        .chain(rating_cases::CASES)
        .chain(post_cases::CASES)
        .chain(indicator_cases::CASES)
        .chain(appraisal_cases::CASES)
        .chain(published_cases::CASES)
    {
        assert!(base.contains(from), "{from}");
        let text = base.replacen(from, to, 1);
        if told(&text) != *want {
            wrong.push(format!("`{from}` as `{to}`: {:?}", told(&text)));
        }
        for fault in faults(text.as_bytes()) {
            assert!(!fault.wrong.is_empty() && !fault.wrong_zh.is_empty(), "{fault}");
            assert!(!fault.right.is_empty(), "{fault}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn faults_are_told_all_at_once_and_in_the_text_s_order() {
    let text = GOOD
        .replace("subject: member ", "subject: membr ")
        .replace("weight: 50%", "weight: 33.3%")
        .replace("at_least: 60}", "at_least: 95}")
        .replace("then: {grade: incompetent}", "then: {grade: gone, node: duty}")
        .replace("version: 1", "verson: 1");
    assert_eq!(
        told(&text),
        [
            "KEY_MISSING 1:1 version",
            "UNKNOWN_KEY 3:1 verson",
            "NOT_A_CHOICE 5:10 subject",
            "WEIGHTS_SUM 14:3 score.weighted",
            "GRADES_ORDER 37:32 grades[1].at_least",
            "UNKNOWN_GRADE 40:95 vetoes[0].then.grade",
            "STRAY_KEY 40:101 vetoes[0].then.node",
        ]
    );
}

#[test]
fn a_fault_says_what_would_be_right() {
    for (base, from, to, right) in [
        (GOOD, "      weight: 50%", "      wieght: 50%", "`weight`"),
        (GOOD, "subject: member ", "subject: membre ", "`member`"),
        (GOOD, "{grade: incompetent}", "{grade: incompetant}", "`incompetent`"),
        (GOOD, "{node: volunteering}", "{node: volunteerin}", "`volunteering`"),
        (GOOD, "clamp: [0, 100]", "clamp: [100, 0]", "`[0, 100]`"),
        (
            RICH,
            "street: 1/3, community: 1/3, county: 1/3",
            "street: 33.30%, community: 33.30%, county: 33.30%",
            "equal weights of 3 parts are `1/3` each, exactly",
        ),
    ] {
        let all = faults(base.replacen(from, to, 1).as_bytes());
        assert!(all.iter().any(|it| it.right == right), "`{to}`: {all:?}");
    }
    let sum = faults(GOOD.replacen("weight: 50%", "weight: 50.000001%", 1).as_bytes());
    assert_eq!(sum[0].wrong, "the weights add up to 100.000001%, not to 100%");
    assert_eq!(sum[0].wrong_zh, "权重合计 100.000001%，不是 100%");
}

#[test]
fn a_circle_of_several_nodes_is_told_at_each_of_its_references() {
    let text = RICH
        .replace("compared: {node: banded", "compared: {node: placing")
        .replace("placed: {node: sloped", "placed: {node: held")
        .replace("any: [{node: banded", "any: [{node: compare");
    let told = told(&text);
    let paths: Vec<_> = told.iter().map(|it| it.rsplit(' ').next().unwrap()).collect();
    assert!(told.iter().all(|it| it.starts_with("CYCLE ")), "{told:?}");
    assert_eq!(
        paths,
        [
            "score/held.checked.when.any[0].node",
            "score/compare.compared.node",
            "score/placing.placed.node"
        ]
    );
    let straight = RICH.replace("compared: {node: banded", "compared: {node: placing");
    assert_eq!(super::told(&straight), [] as [&str; 0], "a chain is no circle");
}

#[test]
fn a_floor_says_what_the_party_organisations_weigh() {
    let text = RICH
        .replace(
            "street: 1/3, community: 1/3, county: 1/3",
            "street: 1/6, community: 1/6, county: 2/3",
        )
        .replace("at_least: 2/3}", "at_least: 60%}");
    let [fault] = &faults(text.as_bytes())[..] else { panic!("one fault") };
    assert_eq!(fault.wrong, "party organisations weigh 1/3 together, less than 60%");
    assert_eq!(fault.wrong_zh, "党组织权重合计 1/3，低于规定的 60%");
    // Weights that add up to nothing whole are told as such, and held to no floor.
    let text = text.replace("county: 2/3", "county: 1/3");
    assert_eq!(told(&text), ["WEIGHTS_SUM 16:47 score/sheets.assessed.by"]);
}
