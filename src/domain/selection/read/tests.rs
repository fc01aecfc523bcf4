//! The reader against a good document, every fault with its place, and hostile texts.

use std::{collections::BTreeSet, time::Instant};

use super::{Unfit, selection_schema, shapes, unfit, unfit_faults};
use crate::domain::{
    exact::{ApportionRule, Exact, Money},
    scheme::{AwardTo, Paid, Scheme, SchemeFault},
    selection::{RosterForm, SelectionDocument, StepKind, YearDay},
    time::{Day, DaysOf, Period},
};

/// A document with every key.
const GOOD: &str = r#"steelyard: selection/v1
id: county.selection
version: 3
title: 县“红旗小区”评选办法
honour: 红旗小区
in_force: {from: 2022-01-01, until: 2024-12-31}
basis: [{document: 项目文本, clause: （一）至（六）}]
criteria: {scheme: county.criteria, grade: meets_line, bars: [incident, discipline]}
forms: [compound_branch, joint_branch]
seats: {share: 20%, rounding: half_up, each_at_most: 9, at_most: 20}
steps:
  application: {by: compound, until: 11-30, forms: [{id: application_form, title: 申报表}, {id: photos, title: 照片}]}
  opinion: {by: community, until: 11-30}
  recommendation: {by: street, until: 12-30}
  examination: {by: selection_group, until: {day: 01-10, year: next}}
  consultation: {by: organization_department}
  decision: {by: standing_committee, until: {day: 02-28, year: next}}
notice: {days: 5, of: working}
awards:
  - {id: fund, title: 经费, amount: "5000.00", to: branch, basis: [{document: 项目文本}]}
"#;

/// The scheme that it asks for.
const CRITERIA: &str = "steelyard: scheme/v1
id: county.criteria
version: 1
subject: compound
period: year
in_force: {from: 2022-01-01}
score:
  id: root
  out_of: 10
  sum:
    - {id: one, out_of: 10, assessed: {by: {street: 100%}, several: average}}
grades:
  - {id: meets_line, at_least: 7}
  - {id: below_line}
vetoes:
  - {id: incident, then: {grade: below_line}}
  - {id: discipline, then: {grade: below_line}}
ranking: {within: [street, county], by: [score]}
";

fn read(text: &str) -> SelectionDocument {
    SelectionDocument::read(text.as_bytes()).unwrap()
}

fn line(it: &SchemeFault) -> String {
    assert!(!it.wrong.is_empty() && !it.wrong_zh.is_empty() && !it.right.is_empty(), "{it}");
    format!("{} {}:{} {}", it.code, it.place.line, it.place.column, it.path)
}

fn told(text: &str) -> Vec<String> {
    let read = SelectionDocument::read(text.as_bytes());
    read.err().unwrap_or_default().iter().map(line).collect()
}

#[test]
fn a_document_is_read_whole() {
    let it = read(GOOD);
    assert_eq!((it.id.as_str(), it.version), ("county.selection", 3));
    assert_eq!((it.title.as_str(), it.honour.as_str()), ("县“红旗小区”评选办法", "红旗小区"));
    assert_eq!(it.in_force.until, Day::parse("2024-12-31").ok());
    assert_eq!(it.basis[0].clause, "（一）至（六）");
    assert_eq!(it.criteria.scheme, "county.criteria");
    assert_eq!(it.criteria.grade.as_deref(), Some("meets_line"));
    assert_eq!(it.criteria.bars, ["incident", "discipline"]);
    assert_eq!(it.forms, [RosterForm::CompoundBranch, RosterForm::JointBranch]);
    assert_eq!(*it.seats.share.exact(), Exact::ratio(1, 5).unwrap());
    assert_eq!(it.seats.rule, ApportionRule::HalfUp);
    assert_eq!((it.seats.each_at_most, it.seats.at_most), (Some(9), Some(20)));
    let kinds: Vec<_> = it.steps.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, StepKind::ALL);
    let application = it.step(StepKind::Application).unwrap();
    assert_eq!((application.by.as_str(), application.forms.len()), ("compound", 2));
    assert_eq!(application.forms[1].title, "照片");
    let examination = it.step(StepKind::Examination).unwrap().until.unwrap();
    assert_eq!(examination, YearDay { next_year: true, month: 1, day: 10 });
    assert_eq!(examination.of(Period::parse("2022").unwrap()), Day::parse("2023-01-10").ok());
    assert_eq!(it.step(StepKind::Consultation).unwrap().until, None);
    assert_eq!((it.notice.days, it.notice.of), (5, DaysOf::Working));
    assert_eq!(it.awards[0].amount, Money::parse("5000.00").unwrap());
    assert_eq!((it.awards[0].to, it.awards[0].when.is_none()), (AwardTo::Branch, true));
}

#[test]
fn an_award_is_paid_once_unless_it_says_each() {
    assert_eq!(read(GOOD).awards[0].paid, Paid::Once);
    for (word, paid) in [("once", Paid::Once), ("each", Paid::Each)] {
        let text = GOOD.replace("to: branch", &format!("to: branch, paid: {word}"));
        assert_eq!(read(&text).awards[0].paid, paid);
    }
}

#[test]
fn what_may_be_left_out_has_its_default() {
    let text = GOOD
        .replace("{share: 20%, rounding: half_up, each_at_most: 9, at_most: 20}", "{share: 1/5}")
        .replace(", grade: meets_line, bars: [incident, discipline]", "")
        .replace(", until: 2024-12-31", "");
    let (text, _) = text.split_once("awards:").unwrap();
    let it = read(text);
    assert_eq!(it.seats.rule, ApportionRule::LargestRemainder, "F5");
    assert_eq!((it.seats.each_at_most, it.seats.at_most), (None, None));
    assert_eq!((it.criteria.grade, it.criteria.bars.len(), it.awards.len()), (None, 0, 0));
    assert_eq!(it.in_force.until, None);
}

#[test]
fn the_order_of_keys_says_nothing() {
    let application = GOOD.lines().find(|it| it.starts_with("  application")).unwrap();
    let moved = GOOD.replace(&format!("{application}\n"), "");
    let moved = moved.replace("notice: {days", &format!("{application}\nnotice: {{days"));
    assert_eq!(read(&moved).steps, read(GOOD).steps);
}

/// What is written instead, and what is told of it.
const FAULTS: &[(&str, &str, &[&str])] = &[
    ("selection/v1", "scheme/v1", &["NOT_A_CHOICE 1:12 steelyard"]),
    ("id: county.selection", "id: County", &["ID_FORM 2:5 id"]),
    ("version: 3", "version: 0", &["OUT_OF_RANGE 3:10 version"]),
    ("honour: 红旗小区\n", "", &["KEY_MISSING 1:1 honour"]),
    ("honour: 红旗小区", "honour: \" \"", &["TEXT_EMPTY 5:9 honour"]),
    ("honour: 红旗小区", "honor: 红旗小区", &["KEY_MISSING 1:1 honour", "UNKNOWN_KEY 5:1 honor"]),
    ("until: 2024-12-31", "until: 2021-12-31", &["IN_FORCE_ORDER 6:30 in_force.until"]),
    ("[incident, discipline]", "[incident, incident]", &["DUPLICATE_ID 8:73 criteria.bars[1]"]),
    ("[incident, discipline]", "incident", &["EXPECTED_LIST 8:62 criteria.bars"]),
    ("forms: [compound_branch, joint_branch]", "forms: []", &["EMPTY_LIST 9:8 forms"]),
    ("joint_branch", "joined_branch", &["NOT_A_CHOICE 9:26 forms[1]"]),
    ("joint_branch", "compound_branch", &["DUPLICATE_NAME 9:26 forms[1]"]),
    ("share: 20%", "share: 0%", &["SEATS_SHARE 10:16 seats.share"]),
    ("share: 20%", "share: 100.01%", &["SEATS_SHARE 10:16 seats.share"]),
    ("share: 20%", "share: 20 %", &["NOT_A_SHARE 10:16 seats.share"]),
    ("at_most: 20}", "at_most: 0}", &["OUT_OF_RANGE 10:66 seats.at_most"]),
    ("each_at_most: 9", "each_at_most: 0", &["OUT_OF_RANGE 10:54 seats.each_at_most"]),
    ("rounding: half_up", "rounding: halfup", &["NOT_A_CHOICE 10:31 seats.rounding"]),
    ("  opinion: {by: community, until: 11-30}\n", "", &["KEY_MISSING 12:3 steps.opinion"]),
    (
        "  opinion: {by",
        "  opinions: {by",
        &["KEY_MISSING 12:3 steps.opinion", "UNKNOWN_KEY 13:3 steps.opinions"],
    ),
    ("{by: community, until: 11-30}", "{until: 11-30}", &["KEY_MISSING 13:12 steps.opinion.by"]),
    ("by: community", "by: 社区", &["ID_FORM 13:17 steps.opinion.by"]),
    (
        "community, until: 11-30",
        "community, until: 11-29",
        &["DEADLINE_ORDER 13:28 steps.opinion.until"],
    ),
    (
        "until: 12-30",
        "until: {day: 12-30, year: next}",
        &["DEADLINE_ORDER 15:38 steps.examination.until"],
    ),
    ("{day: 02-28, year: next}", "12-31", &["DEADLINE_ORDER 17:38 steps.decision.until"]),
    ("day: 02-28", "day: 02-29", &["NOT_A_MONTH_DAY 17:51 steps.decision.until.day"]),
    ("until: 12-30", "until: 12-32", &["NOT_A_MONTH_DAY 14:39 steps.recommendation.until"]),
    ("until: 12-30", "until: 2022-12-30", &["NOT_A_MONTH_DAY 14:39 steps.recommendation.until"]),
    ("until: 12-30", "until: 1-2", &["NOT_A_MONTH_DAY 14:39 steps.recommendation.until"]),
    ("until: 12-30", "until: ~", &["VALUE_MISSING 14:39 steps.recommendation.until"]),
    ("until: 12-30", "until: [12-30]", &["EXPECTED_SCALAR 14:39 steps.recommendation.until"]),
    (
        "{day: 01-10, year: next}",
        "{day: 01-10}",
        &["KEY_MISSING 15:45 steps.examination.until.year"],
    ),
    (
        "day: 01-10, year: next",
        "day: 01-10, year: this",
        &["NOT_A_CHOICE 15:64 steps.examination.until.year"],
    ),
    ("id: photos", "id: application_form", &["DUPLICATE_ID 12:94 steps.application.forms[1].id"]),
    (", title: 照片", "", &["KEY_MISSING 12:89 steps.application.forms[1].title"]),
    ("days: 5", "days: 4", &["NOTICE_TOO_SHORT 18:10 notice.days"]),
    ("of: working", "of: calendar", &["NOTICE_NOT_WORKING 18:19 notice.of"]),
    (
        "{days: 5, of: working}",
        "{days: 0, of: days}",
        &["OUT_OF_RANGE 18:16 notice.days", "NOT_A_CHOICE 18:23 notice.of"],
    ),
    ("to: branch", "to: person", &["NOT_A_CHOICE 20:50 awards[0].to"]),
    ("to: branch", "to: branch, when: {grade: meets_line}", &["UNKNOWN_KEY 20:58 awards[0].when"]),
    ("to: branch", "to: branch, paid: [once]", &["EXPECTED_SCALAR 20:64 awards[0].paid"]),
    ("to: branch", "to: branch, paid: never", &["NOT_A_CHOICE 20:64 awards[0].paid"]),
    ("\"5000.00\"", "\"0.00\"", &["NOT_POSITIVE 20:35 awards[0].amount"]),
    ("\"5000.00\"", "5000.001", &["NOT_AN_AMOUNT 20:35 awards[0].amount"]),
    ("version: 3\n", "version: 3\nversion: 3\n", &["DUPLICATE_KEY 4:1 version"]),
    ("days: 5", "days: &d 5", &["YAML_ANCHOR 18:19 notice.days"]),
    ("notice: {", "extra: 1\nnotice: {", &["UNKNOWN_KEY 18:1 extra"]),
];

#[test]
fn every_fault_is_told_with_its_place() {
    let mut wrong = Vec::new();
    for (from, to, want) in FAULTS {
        assert!(GOOD.contains(from), "{from}");
        let told = told(&GOOD.replacen(from, to, 1));
        if told != *want {
            wrong.push(format!("{from} -> {to}: {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn all_faults_are_told_at_once() {
    let text = GOOD
        .replace("share: 20%", "share: 0")
        .replace("days: 5", "days: 4")
        .replace("until: 12-30", "until: 02-29")
        .replace("to: branch", "to: person");
    let want = [
        "SEATS_SHARE 10:16 seats.share",
        "NOT_A_MONTH_DAY 14:39 steps.recommendation.until",
        "NOTICE_TOO_SHORT 18:10 notice.days",
        "NOT_A_CHOICE 20:50 awards[0].to",
    ];
    assert_eq!(told(&text), want);
}

#[test]
fn a_notice_of_too_few_days_is_refused_by_rule_f8() {
    for (from, to) in [("days: 5", "days: 4"), ("of: working", "of: calendar")] {
        let faults = SelectionDocument::read(GOOD.replace(from, to).as_bytes()).unwrap_err();
        assert!(faults[0].wrong.contains("F8") && faults[0].wrong_zh.contains("F8"), "{faults:?}");
    }
}

#[test]
fn hostile_texts_get_an_answer_in_bounded_time() {
    let began = Instant::now();
    let deep = format!("{GOOD}extra: {}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let bars = "x, ".repeat(300_000);
    let large = format!("{GOOD}#{}", "x".repeat(1024 * 1024));
    let steps = "  a: {by: b}\n".repeat(50_000);
    for (text, code) in [
        (String::new(), "EMPTY"),
        ("- 1\n".to_owned(), "EXPECTED_MAPPING"),
        (deep, "TOO_DEEP"),
        (GOOD.replace("[incident, ", &format!("[{bars}")), "TOO_LARGE"),
        (GOOD.replace("[incident, ", &format!("[{}", "x, ".repeat(100_000))), "TOO_MANY_FAULTS"),
        (large, "TOO_LARGE"),
        (GOOD.replace("steps:\n", &format!("steps:\n{steps}")), "DUPLICATE_KEY"),
        (format!("{GOOD}---\n{GOOD}"), "YAML_DOCUMENTS"),
        (GOOD.replace("notice: {", "<<: {a: 1}\nnotice: {"), "YAML_MERGE_KEY"),
        (GOOD.replace("county.selection", "!!str a"), "YAML_TAG"),
        (GOOD.replace("county.selection", "*a"), "YAML_ALIAS"),
        (GOOD.replace("  opinion", "\topinion"), "YAML_TAB"),
        (GOOD.replace("红旗小区\n", "\"红\\u202e旗\"\n"), "TEXT_CONTROL"),
    ] {
        let told = told(&text);
        assert!(told.iter().any(|it| it.starts_with(code)), "{code}: {:?}", told.first());
    }
    let utf8 = SelectionDocument::read(b"id: \xff").unwrap_err();
    assert_eq!(line(&utf8[0]), "NOT_UTF8 1:5 ");
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn the_criteria_are_looked_up_in_their_scheme() {
    let lacking = |text: &str| {
        let scheme = Scheme::read(text.as_bytes()).unwrap();
        let found = unfit(&read(GOOD), &scheme);
        unfit_faults(GOOD.as_bytes(), &found).iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(lacking(CRITERIA), Vec::<String>::new());
    for (from, to, want) in [
        (
            "subject: compound",
            "subject: project",
            vec!["CRITERIA_NOT_OF_COMPOUNDS 8:20 criteria.scheme"],
        ),
        ("period: year", "period: half", vec!["CRITERIA_NOT_OF_YEARS 8:20 criteria.scheme"]),
        ("[street, county]", "[county]", vec!["CRITERIA_NOT_RANKED 8:20 criteria.scheme"]),
        ("{id: meets_line,", "{id: line,", vec!["CRITERIA_GRADE_UNKNOWN 8:44 criteria.grade"]),
        ("{id: discipline,", "{id: other,", vec!["CRITERIA_BAR_UNKNOWN 8:73 criteria.bars[1]"]),
    ] {
        assert_eq!(lacking(&CRITERIA.replace(from, to)), want, "{to}");
    }
    let bare = CRITERIA.replace("ranking: {within: [street, county], by: [score]}\n", "");
    let (bare, _) = bare.split_once("vetoes:").unwrap();
    let want = ["CRITERIA_NOT_RANKED", "CRITERIA_BAR_UNKNOWN", "CRITERIA_BAR_UNKNOWN"];
    let codes: Vec<_> =
        lacking(bare).iter().map(|it| it.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(codes, want);
}

#[test]
fn every_lack_has_its_words() {
    let all = [
        Unfit::Unknown,
        Unfit::NotInForce,
        Unfit::Subject,
        Unfit::Period,
        Unfit::Ranking,
        Unfit::Grade,
        Unfit::Bar,
    ];
    let reasons: BTreeSet<_> = all.iter().map(|it| it.reason()).collect();
    assert_eq!(reasons.len(), all.len());
    for it in all {
        assert!(it.reason().starts_with("CRITERIA_"));
        assert!(!it.en().is_empty() && !it.zh().is_empty() && !it.right().is_empty());
    }
}

#[test]
fn the_json_schema_knows_the_keys_of_the_reader() {
    let schema: serde_json::Value = serde_json::from_str(&selection_schema()).unwrap();
    let defined = schema["$defs"].as_object().unwrap();
    assert_eq!(defined.len(), shapes::all().len(), "two mappings of one name");
    for shape in shapes::all() {
        let properties = defined[shape.name]["properties"].as_object().unwrap();
        let keys: BTreeSet<_> = shape.keys.iter().map(|it| it.name).collect();
        assert_eq!(keys, properties.keys().map(String::as_str).collect(), "{}", shape.name);
    }
    let text = selection_schema();
    for reference in text.split("\"#/$defs/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(defined.contains_key(name), "{name}");
    }
}
