//! One fault at a time: what is told, and where.

use super::{GOOD, RICH, faults, told};

/// A scheme, what is replaced in it by what, and the faults: code, line, column, path.
type Case = (&'static str, &'static str, &'static str, &'static [&'static str]);

const CASES: &[Case] = &[
    (GOOD, "scheme/v1", "scheme/v2", &["NOT_A_CHOICE 1:12 steelyard"]),
    (GOOD, "id: xinping.member-dual-score", "id: Xinping", &["ID_FORM 2:5 id"]),
    (GOOD, "version: 1", "version: 0", &["OUT_OF_RANGE 3:10 version"]),
    (GOOD, "version: 1", "version: 1.5", &["NOT_WHOLE 3:10 version"]),
    (GOOD, "title: 在职党员双积分", r#"title: "a\nb""#, &["TEXT_CONTROL 4:8 title"]),
    (GOOD, "subject: member ", "subject: membre ", &["NOT_A_CHOICE 5:10 subject"]),
    (GOOD, "period: year ", "period: week ", &["NOT_A_CHOICE 6:9 period"]),
    (GOOD, "{from: 2022-01-01}", "{from: 2022-02-29}", &["NOT_A_DAY 7:18 in_force.from"]),
    (
        GOOD,
        "{from: 2022-01-01}",
        "{from: 2022-01-01, until: 2021-12-31}",
        &["IN_FORCE_ORDER 7:30 in_force.until"],
    ),
    (
        GOOD,
        "in_force: {from: 2022-01-01}",
        "in_force: {until: 2022-01-01}",
        &["KEY_MISSING 7:11 in_force.from"],
    ),
    (GOOD, "{document: 新平县2022年项目文本, ", "{", &["KEY_MISSING 9:5 basis[0].document"]),
    (GOOD, "version: 1\n", "version: 1\nvesrion: 2\n", &["UNKNOWN_KEY 4:1 vesrion"]),
    (GOOD, "  id: dual\n", "  id: dual\n  missing: zero\n", &["ROOT_MISSING 12:3 score.missing"]),
    (GOOD, "  id: dual\n", "  id: dual\n  weight: 100%\n", &["WEIGHT_PLACE 12:3 score.weight"]),
    (GOOD, "round: {to: 2,", "round: {to: 7,", &["OUT_OF_RANGE 13:15 score.round.to"]),
    (GOOD, "mode: half_up", "mode: half_upp", &["NOT_A_CHOICE 13:24 score.round.mode"]),
    (
        GOOD,
        "    - id: unit\n      weight: 50%",
        "    - id: unit\n      weight: 49.9%",
        &["WEIGHTS_SUM 14:3 score.weighted"],
    ),
    (
        GOOD,
        "    - id: unit\n      weight: 50%",
        "    - id: unit\n      weight: \"50.000001%\"",
        &["WEIGHTS_SUM 14:3 score.weighted"],
    ),
    (
        GOOD,
        "    - id: unit\n      weight: 50%",
        "    - id: unit\n      weight: -50%",
        &["WEIGHT_POSITIVE 16:15 score/unit.weight"],
    ),
    (
        GOOD,
        "    - id: unit\n      weight: 50%",
        "    - id: unit\n      weight: 0",
        &["WEIGHT_POSITIVE 16:15 score/unit.weight"],
    ),
    (
        GOOD,
        "    - id: unit\n      weight: 50%",
        "    - id: unit",
        &["WEIGHT_MISSING 15:7 score/unit.weight"],
    ),
    (
        GOOD,
        "    - id: unit\n      weight: 50%",
        "    - id: unit\n      wieght: 50%",
        &["WEIGHT_MISSING 15:7 score/unit.weight", "UNKNOWN_KEY 16:7 score/unit.wieght"],
    ),
    (
        GOOD,
        "      title: 单位党支部积分\n      out_of: 100\n",
        "      title: 单位党支部积分\n",
        &["OUT_OF_MISSING 15:7 score/unit.out_of"],
    ),
    (
        GOOD,
        "      title: 小区党支部积分\n      out_of: 100\n",
        "      title: 小区党支部积分\n      out_of: 0\n",
        &["NOT_POSITIVE 23:15 score/compound.out_of"],
    ),
    (GOOD, "  out_of: 100\n  round", "  round", &["OUT_OF_MISSING 11:3 score.out_of"]),
    (GOOD, "clamp: [0, 100]", "clamp: [100, 0]", &["RANGE_ORDER 25:14 score/compound.clamp"]),
    (GOOD, "clamp: [0, 100]", "clamp: [0]", &["EXPECTED_PAIR 25:14 score/compound.clamp"]),
    (GOOD, "base: 60", "base: 6e1", &["NOT_A_NUMBER 24:13 score/compound.base"]),
    (GOOD, "base: 60", "base: [60]", &["EXPECTED_SCALAR 24:13 score/compound.base"]),
    (
        GOOD,
        "imported: {source: unit_branch}",
        "imported: {source: ~}",
        &["VALUE_MISSING 19:26 score/unit.imported.source"],
    ),
    (
        GOOD,
        "imported: {source: unit_branch}",
        "imported: {source: a}\n      constant: 5",
        &["NODE_KIND 20:7 score/unit"],
    ),
    (GOOD, "      imported: {source: unit_branch}\n", "", &["NODE_KIND 15:7 score/unit"]),
    (GOOD, "id: duty", "id: volunteering", &["DUPLICATE_ID 28:16 score/compound/volunteering.id"]),
    (GOOD, "id: duty", "id: -duty", &["ID_FORM 28:16 score/compound/[1].id"]),
    (
        GOOD,
        "{per: month, at_most: 6}, {per: year, at_most: 20}",
        "{per: year, at_most: 20}, {per: month, at_most: 6}",
        &["CAPS_ORDER 27:98 score/compound/volunteering.counted.caps[1].per"],
    ),
    (
        GOOD,
        "{per: month, at_most: 6}",
        "{per: year, at_most: 6}",
        &["CAPS_ORDER 27:97 score/compound/volunteering.counted.caps[1].per"],
    ),
    (
        GOOD,
        "{per: month, at_most: 6}",
        "{per: month}",
        &["ANY_OF 27:71 score/compound/volunteering.counted.caps[0]"],
    ),
    (
        GOOD,
        "{per: month, at_most: 6}",
        "{per: month, at_most: 6, at_least: 7}",
        &["RANGE_ORDER 27:96 score/compound/volunteering.counted.caps[0].at_least"],
    ),
    (
        GOOD,
        "{per: month, at_most: 6}",
        "{per: week, at_most: 6}",
        &["NOT_A_CHOICE 27:77 score/compound/volunteering.counted.caps[0].per"],
    ),
    (
        GOOD,
        "points: 2, caps",
        "points: 2, each: [0, 5], caps",
        &["EACH_PLACE 27:64 score/compound/volunteering.counted.each"],
    ),
    (GOOD, "each: [0, 5]", "each: [5, 0]", &["RANGE_ORDER 28:68 score/compound/duty.counted.each"]),
    (
        GOOD,
        "{good: 100, fair: 80, pass: 60, poor: 0}",
        "{good: 0, poor: 0}",
        &["OPTION_WORTH 33:48 score/compound/owner_voice.voted.options"],
    ),
    (
        GOOD,
        "poor: 0}",
        "poor: -1}",
        &["OPTION_WORTH 33:86 score/compound/owner_voice.voted.options.poor"],
    ),
    (
        GOOD,
        "{good: 100, fair: 80, pass: 60, poor: 0}",
        "{}",
        &["EMPTY_LIST 33:48 score/compound/owner_voice.voted.options"],
    ),
    (
        GOOD,
        "missing: zero",
        "missing: nought",
        &["NOT_A_CHOICE 34:20 score/compound/owner_voice.missing"],
    ),
    (
        GOOD,
        "missing: zero",
        "missing: {value: x}",
        &["NOT_A_NUMBER 34:28 score/compound/owner_voice.missing.value"],
    ),
    (GOOD, "at_least: 60}", "at_least: 90}", &["GRADES_ORDER 37:32 grades[1].at_least"]),
    (GOOD, "at_least: 60}", "at_least: 91}", &["GRADES_ORDER 37:32 grades[1].at_least"]),
    (
        GOOD,
        "title: 不合格}",
        "title: 不合格, at_least: 0}",
        &["LAST_GRADE 38:35 grades[2].at_least"],
    ),
    (
        GOOD,
        "title: 不合格}",
        "title: 不合格, unless: {fact: x}}",
        &["LAST_GRADE 38:35 grades[2].unless"],
    ),
    (
        GOOD,
        "id: competent",
        "id: excellent",
        &["DUPLICATE_ID 37:10 grades[1].id", "UNKNOWN_GRADE 49:36 examples[0].gives.grade"],
    ),
    (
        GOOD,
        "unless: {fact: negative_conduct}",
        "unless: {grade: competent}",
        &["GRADE_PREDICATE 36:55 grades[0].unless.grade"],
    ),
    (
        GOOD,
        "unless: {fact: negative_conduct}",
        "unless: {node: volunteerin, at_least: 3}",
        &["UNKNOWN_NODE 36:61 grades[0].unless.node"],
    ),
    (
        GOOD,
        "unless: {fact: negative_conduct}",
        "unless: {node: duty}",
        &["ONE_OF 36:54 grades[0].unless"],
    ),
    (
        GOOD,
        "unless: {fact: negative_conduct}",
        "unless: {fact: x, at_least: 3}",
        &["STRAY_KEY 36:64 grades[0].unless.at_least"],
    ),
    (
        GOOD,
        "unless: {fact: negative_conduct}",
        "unless: {fact: x, any: [{fact: y}]}",
        &["ONE_OF 36:64 grades[0].unless"],
    ),
    (
        GOOD,
        "unless: {fact: negative_conduct}",
        "unless: {any: []}",
        &["EMPTY_LIST 36:60 grades[0].unless.any"],
    ),
    (
        GOOD,
        "unless: {fact: negative_conduct}",
        "unless: {attribute: a, is: b, in: [c]}",
        &["ONE_OF 36:54 grades[0].unless"],
    ),
    (GOOD, "share: 30%", "share: 130%", &["SEATS_SHARE 36:95 grades[0].seats.share"]),
    (
        GOOD,
        "rounding: floor",
        "rounding: floor, at_most: 20",
        &["SEATS_AT_MOST 36:149 grades[0].seats.at_most"],
    ),
    (GOOD, "rounding: floor", "rounding: round", &["NOT_A_CHOICE 36:142 grades[0].seats.rounding"]),
    (GOOD, "of: subjects", "of: everyone", &["NOT_A_CHOICE 36:104 grades[0].seats.of"]),
    (
        GOOD,
        "ranking: {within: [compound, county], by: [score, {node: volunteering}], places: competition}\n",
        "",
        &["SEATS_RANKING 36:87 grades[0].seats"],
    ),
    (
        GOOD,
        "then: {grade: incompetent}",
        "then: {grade: incompetant}",
        &["UNKNOWN_GRADE 40:95 vetoes[0].then.grade"],
    ),
    (GOOD, "then: {grade: incompetent}", "then: {}", &["ANY_OF 40:87 vetoes[0].then"]),
    (
        GOOD,
        "then: {grade: incompetent}",
        "then: {node: duty}",
        &["STRAY_KEY 40:88 vetoes[0].then.node"],
    ),
    (
        GOOD,
        "then: {grade: incompetent}",
        "then: {score_less: -1}",
        &["VETO_RAISES 40:100 vetoes[0].then.score_less"],
    ),
    (
        GOOD,
        "then: {grade: incompetent}",
        "then: {grades_down: 0}",
        &["OUT_OF_RANGE 40:101 vetoes[0].then.grades_down"],
    ),
    (
        GOOD,
        "then: {grade: incompetent}",
        "then: {excluded: yes}",
        &["NOT_TRUE 40:98 vetoes[0].then.excluded"],
    ),
    (
        GOOD,
        "raised_by: [street, county]",
        "raised_by: [street, street]",
        &["DUPLICATE_NAME 40:55 vetoes[0].raised_by[1]"],
    ),
    (GOOD, "counts: any_day", "counts: some_day", &["NOT_A_CHOICE 40:72 vetoes[0].counts"]),
    (GOOD, "by: [score,", "by: [points,", &["NOT_A_CHOICE 41:44 ranking.by[0]"]),
    (GOOD, "{node: volunteering}]", "{node: nobody}]", &["UNKNOWN_NODE 41:58 ranking.by[1].node"]),
    (GOOD, "{node: volunteering}]", "{order: ascending}]", &["ONE_OF 41:51 ranking.by[1]"]),
    (
        GOOD,
        "within: [compound, county]",
        "within: compound",
        &["EXPECTED_LIST 41:19 ranking.within"],
    ),
    (
        GOOD,
        "grade: competent}\n",
        "grade: good}\n",
        &["UNKNOWN_GRADE 49:36 examples[0].gives.grade"],
    ),
    (
        GOOD,
        r#"score: "82.75""#,
        r#"score: "82,75""#,
        &["NOT_A_NUMBER 49:20 examples[0].gives.score"],
    ),
    (
        GOOD,
        "      imports: {unit",
        "      subject: m\n      imports: {unit",
        &["EXAMPLE_SUBJECT 46:7 examples[0].facts.subject"],
    ),
    (
        RICH,
        "drop: {highest: 1, lowest: 1}",
        "drop: {highest: 2, lowest: 1}",
        &["DROP_ALL 11:119 score/mean.drop"],
    ),
    (
        RICH,
        "best: [{id: d, constant: 1}",
        "drop: {highest: 1}, best: [{id: d, constant: 1}",
        &["STRAY_KEY 12:17 score/top.drop"],
    ),
    (
        RICH,
        "best: [{id: d, constant: 1}, {id: e, constant: 2}]",
        "best: []",
        &["EMPTY_LIST 12:23 score/top.best"],
    ),
    (
        RICH,
        "tiers: [[10, 2], [20, 5]]",
        "tiers: [[20, 2], [20, 5]]",
        &["TIERS_ORDER 15:47 score/tiered.counted.tiers[1]"],
    ),
    (
        RICH,
        "tiers: [[10, 2], [20, 5]]",
        "tiers: [[10, 2], [20, 5]], repeats: [1]",
        &["STRAY_KEY 15:57 score/tiered.counted.repeats"],
    ),
    (
        RICH,
        "tiers: [[10, 2], [20, 5]]",
        "tiers: [[10, 2], [20, 5]], points: 1",
        &["ONE_OF 15:30 score/tiered.counted"],
    ),
    (RICH, "valid: 24 months", "valid: 24", &["NOT_MONTHS 14:67 score/repeated.counted.valid"]),
    (
        RICH,
        "street: 1/3, community: 1/3, county: 1/3",
        r#"street: "33.30%", community: "33.30%", county: "33.30%""#,
        &["WEIGHTS_SUM 16:47 score/sheets.assessed.by"],
    ),
    (
        RICH,
        "several: trimmed",
        "several: average",
        &["TRIM_FROM_PLACE 16:109 score/sheets.assessed.trim_from"],
    ),
    (
        RICH,
        "trim_from: 4",
        "trim_from: 2",
        &["OUT_OF_RANGE 16:120 score/sheets.assessed.trim_from"],
    ),
    (RICH, "paper: 0.4", "paper: 0.3", &["WEIGHTS_SUM 17:69 score/owners.surveyed.channels"]),
    (
        RICH,
        "channels: pooled",
        "channels: pooled, absent: rescale",
        &["ABSENT_PLACE 18:77 score/pooled.surveyed.absent"],
    ),
    (
        RICH,
        "least: 5, absent: rescale",
        "least: 0, absent: rescale",
        &["OUT_OF_RANGE 17:103 score/owners.surveyed.least"],
    ),
    (
        RICH,
        "least: 5, absent: rescale",
        "least: 5, least: 6",
        &["DUPLICATE_KEY 17:106 score.sum[6].surveyed.least"],
    ),
    (
        RICH,
        "least: 5, absent: rescale",
        "least: 5, absent: drop",
        &["NOT_A_CHOICE 17:114 score/owners.surveyed.absent"],
    ),
    (
        RICH,
        "{at_least: 100, points: 5}",
        "{at_least: 500, points: 5}",
        &["BANDS_ORDER 19:89 score/banded.measured.bands[1].at_least"],
    ),
    (
        RICH,
        "{at_least: 100, points: 5}",
        "{points: 5}",
        &["BANDS_LAST 19:88 score/banded.measured.bands[1].at_least"],
    ),
    (RICH, ", {points: 0}]", "]", &["BANDS_LAST 19:89 score/banded.measured.bands[1].at_least"]),
    (
        RICH,
        r#"[["0.5", 0], [1, 10]]"#,
        "[[1, 0], [1, 10]]",
        &["KNOTS_ORDER 20:81 score/sloped.measured.linear[1]"],
    ),
    (
        RICH,
        r#"[["0.5", 0], [1, 10]]"#,
        "[[1, 0]]",
        &["KNOTS_FEW 20:72 score/sloped.measured.linear"],
    ),
    (RICH, "as_is: true", r#"as_is: "true""#, &["NOT_TRUE 21:52 score/plain.measured.as_is"]),
    (
        RICH,
        "as_is: true",
        "as_is: true, bands: [{points: 1}]",
        &["ONE_OF 21:45 score/plain.measured"],
    ),
    (
        RICH,
        "{node: banded, at_least: 5}",
        "{node: held, at_least: 5}",
        &["CYCLE 22:48 score/held.checked.when.any[0].node"],
    ),
    (
        RICH,
        "{node: banded, at_least: 5}",
        "{node: root, at_least: 5}",
        &["CYCLE 22:48 score/held.checked.when.any[0].node"],
    ),
    (
        RICH,
        "placed: {node: sloped",
        "placed: {node: root",
        &["CYCLE 25:36 score/placing.placed.node"],
    ),
    (
        RICH,
        "weighted}}\n    - {id: compare, out_of: 5, compared: {node: banded",
        "weighted}}\n    - {id: compare, out_of: 5, compared: {node: compare",
        &["CYCLE 24:49 score/compare.compared.node"],
    ),
    (
        RICH,
        "scheme: county.red",
        "scheme: county.rich",
        &["RESULT_OF_ITSELF 23:43 score/other.result_of.scheme"],
    ),
    (
        RICH,
        "[[1, 60], [2, 57]]",
        "[[2, 60], [1, 57]]",
        &["PLACES_ORDER 25:78 score/placing.placed.points[1]"],
    ),
    (
        RICH,
        "[[1, 60], [2, 57]]",
        "[[0, 60], [1, 57]]",
        &["NOT_A_PLACE 25:69 score/placing.placed.points"],
    ),
    (RICH, "with: mean", "with: median", &["NOT_A_CHOICE 24:79 score/compare.compared.with"]),
    (
        RICH,
        "{attribute: status, is: retired}",
        "{fact: retired}",
        &["ROSTER_PREDICATE 7:86 roster.all[1].none[0].fact"],
    ),
    (RICH, "at_most: 20", "at_most: -1", &["OUT_OF_RANGE 28:150 grades[0].seats.at_most"]),
    (
        RICH,
        "  - {id: rest}",
        "  - {id: rest, seats: {share: 1/5, of: results, within: street, rounding: floor}}",
        &["SEATS_LAST 29:16 grades[1].seats"],
    ),
    (RICH, "id: two, then", "id: one, then", &["DUPLICATE_ID 32:10 vetoes[1].id"]),
    (RICH, "{metric: age,", "{metric: age, node: voice,", &["ONE_OF 34:42 ranking.by[1]"]),
    (RICH, r#"amount: "2000.00""#, "amount: 0", &["NOT_POSITIVE 36:36 awards[0].amount"]),
    (
        RICH,
        r#"amount: "2000.00""#,
        r#"amount: "2000.001""#,
        &["NOT_AN_AMOUNT 36:36 awards[0].amount"],
    ),
    (RICH, "to: person", "to: people", &["NOT_A_CHOICE 36:51 awards[0].to"]),
    (RICH, "{grade: red}", "{grade: reed}", &["UNKNOWN_GRADE 36:80 awards[0].when.all[0].grade"]),
    (RICH, "seats: open", "seats: shut", &["NOT_A_CHOICE 38:29 examples[0].seats"]),
    (
        RICH,
        "status: incomplete, grade",
        "status: unknown, grade",
        &["NOT_A_CHOICE 38:128 examples[0].gives.status"],
    ),
    (
        RICH,
        "gives: {score: null, status: incomplete, grade: null, awards: {}}",
        "gives: {}",
        &["ANY_OF 38:106 examples[0].gives"],
    ),
];

#[test]
fn every_fault_is_told_with_its_code_place_and_path() {
    for (base, from, to, want) in CASES {
        assert!(base.contains(from), "{from}");
        let text = base.replacen(from, to, 1);
        assert_eq!(told(&text), *want, "`{from}` as `{to}`");
        for fault in faults(text.as_bytes()) {
            assert!(!fault.wrong.is_empty() && !fault.wrong_zh.is_empty(), "{fault}");
            assert!(!fault.right.is_empty(), "{fault}");
        }
    }
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
