//! Single faults of what follows from published results (S3, S6) and of objections.

use super::faults::Case;

/// A scheme about posts with everything that follows from publication.
pub(super) const PUBLISHED: &str = r#"steelyard: scheme/v1
id: county.appraisal
version: 1
subject: post
period: year
in_force: {from: 2022-01-01}
score: {id: marks, out_of: 100, measured: {metric: marks, as_is: true}}
grades:
  - {id: excellent, title: 优秀, at_least: 90}
  - {id: incompetent, title: 不称职}
vetoes:
  - {id: fraud, then: {no_awards: true}}
awards:
  - {id: bonus, amount: "2000.00", to: person, as_of: publication, when: {all: [{grade: excellent}, {none: [{attribute: status, is: in_service}]}]}, paid: each}
consequences:
  - {id: commended, title: 通报表扬, when: {grade: excellent}}
  - {id: preferred_when_equal, when: {all: [{grade: excellent}, {attribute: status, is: in_service}]}, basis: 项目文本}
  - {id: adjust, title: 建议调整, when: {grade: incompetent}}
objections: {days: 10, of: working}
examples:
  - title: retired by the day of publication
    facts: {metrics: {marks: 95}, attributes: {status: in_service}, published: {attributes: {status: retired}}}
    gives: {grade: excellent, awards: {bonus: 2000}, consequences: [commended]}
"#;

pub(super) const CASES: &[Case] = &[
    (
        PUBLISHED,
        "when: {grade: excellent}}\n",
        "when: {metric: marks, above: 1}}\n",
        &["PUBLISHED_PREDICATE 16:41 consequences[0].when.metric"],
    ),
    (
        PUBLISHED,
        "{none: [{attribute: status, is: in_service}]}",
        "{none: [{fact: gone}]}",
        &["PUBLISHED_PREDICATE 14:110 awards[0].when.all[1].none[0].fact"],
    ),
    (PUBLISHED, "as_of: publication", "as_of: year", &["NOT_A_CHOICE 14:55 awards[0].as_of"]),
    (PUBLISHED, "paid: each", "paid: twice", &["NOT_A_CHOICE 14:156 awards[0].paid"]),
    (PUBLISHED, "subject: post", "subject: member", &["ONLY_OF_POSTS 14:48 awards[0].as_of"]),
    (PUBLISHED, "id: adjust", "id: commended", &["DUPLICATE_ID 18:10 consequences[2].id"]),
    (PUBLISHED, ", when: {grade: incompetent}", "", &["KEY_MISSING 18:5 consequences[2].when"]),
    (PUBLISHED, "days: 10", "days: 0", &["OUT_OF_RANGE 19:20 objections.days"]),
    (PUBLISHED, "of: working", "of: all", &["NOT_A_CHOICE 19:28 objections.of"]),
    (PUBLISHED, "[commended]", "[Commended]", &["ID_FORM 23:69 examples[0].gives.consequences[0]"]),
];
