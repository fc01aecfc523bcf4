//! Good schemes read to what they say.

use super::{
    super::{
        Channels, CountedPoints, Counting, Effect, Missing, NodeKind, Predicate, Scheme, Several,
    },
    GOOD, RICH,
};
use crate::domain::exact::{Decimal, RoundingMode};

#[test]
fn the_documented_scheme_reads_to_what_it_says() {
    let scheme = Scheme::read(GOOD.as_bytes()).unwrap();
    assert_eq!(scheme.id, "xinping.member-dual-score");
    let ids: Vec<_> = scheme.nodes.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(
        ids,
        ["dual", "unit", "compound", "volunteering", "duty", "property_fee_arrears", "owner_voice"]
    );
    assert_eq!(scheme.nodes[0].kind, NodeKind::Weighted(vec![1, 2]));
    assert_eq!(scheme.nodes[2].kind, NodeKind::Sum(vec![3, 4, 5, 6]));
    assert_eq!(scheme.nodes[2].base, Decimal::whole(60).unwrap());
    assert_eq!(scheme.nodes[3].path, "dual/compound/volunteering");
    assert_eq!(scheme.nodes[3].parent, Some(2));
    assert_eq!(scheme.nodes[6].missing, Missing::Value(Decimal::ZERO));
    let NodeKind::Counted(duty) = &scheme.nodes[4].kind else { panic!("duty is counted") };
    let each = Some((Decimal::ZERO, Decimal::whole(5).unwrap()));
    let points = CountedPoints::Entered { each };
    assert_eq!(duty.counting, Counting::Each { points, repeats: Vec::new() });
    assert_eq!(scheme.grades[0].seats.as_ref().unwrap().within, "compound");
    assert_eq!(scheme.vetoes[0].then, [Effect::Grade(2)]);
    assert_eq!(
        scheme.examples[0].facts,
        r#"{"ballots":{"neighbours":{"fair":"1","good":"3"}},"entries":[{"item":"volunteering","on":"2022-03-05","times":"5"},{"item":"volunteering","on":"2022-04-02","times":"2"}],"imports":{"unit_branch":{"full":"50","raw":"43"}}}"#
    );
    assert_eq!(scheme.examples[0].gives.score, Some(Decimal::parse("82.75").ok()));
    assert_eq!(scheme.warnings, []);
}

#[test]
fn every_kind_and_key_reads() {
    let scheme = Scheme::read(RICH.as_bytes()).unwrap();
    let node = |id: &str| scheme.nodes.iter().find(|it| it.id == id).unwrap();
    let round = scheme.nodes[0].round.unwrap();
    assert_eq!((round.to, round.mode), (2, RoundingMode::HalfUp), "the root's default");
    let NodeKind::Average { children, drop_highest: 1, drop_lowest: 1 } = &node("mean").kind else {
        panic!("{:?}", node("mean").kind)
    };
    assert_eq!(children.len(), 3);
    let NodeKind::Assessed(sheets) = &node("sheets").kind else { panic!("sheets are assessed") };
    assert_eq!((sheets.several, sheets.trim_from, sheets.rescale), (Several::Trimmed, 4, true));
    assert_eq!(sheets.by[1].0, "community", "roles stay in the order written");
    let NodeKind::Surveyed(pooled) = &node("pooled").kind else { panic!("pooled is surveyed") };
    assert_eq!((&pooled.channels, pooled.least), (&Channels::Pooled, 1));
    let NodeKind::Checked { when: Predicate::Any(any), .. } = &node("held").kind else {
        panic!("held is checked")
    };
    let banded = scheme.nodes.iter().position(|it| it.id == "banded").unwrap();
    assert!(matches!(any[0], Predicate::Node { node, .. } if node == banded));
    assert_eq!(node("plain").missing, Missing::Exclude);
    assert_eq!(scheme.vetoes[0].then.len(), 5);
    assert_eq!(scheme.vetoes[1].then.len(), 2, "effects may be a list");
    assert!(scheme.examples[0].seats_open);
    assert_eq!(scheme.examples[0].gives.score, Some(None));
    assert_eq!(scheme.examples[0].gives.awards, Some(Vec::new()));
    assert_eq!(
        scheme.examples[0].facts,
        r#"{"attributes":{"status":"retired"},"flag":true,"none":null}"#
    );
}

#[test]
fn quotes_marks_and_line_ends_change_nothing() {
    let plain = Scheme::read(GOOD.as_bytes()).unwrap();
    let quoted = GOOD.replace("weight: 50%", "weight: \"50%\"").replace("base: 60", "base: '60'");
    let mut quoted = Scheme::read(quoted.as_bytes()).unwrap();
    quoted.nodes.iter_mut().zip(&plain.nodes).for_each(|(it, plain)| it.place = plain.place);
    assert_eq!(quoted, plain);
    let halves = GOOD.replace("weight: 50%", "weight: 1/2");
    assert_eq!(Scheme::read(halves.as_bytes()).as_ref(), Ok(&plain));
    let windows = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    assert_eq!(Scheme::read(windows.as_bytes()).as_ref(), Ok(&plain));
}

#[test]
fn a_scheme_may_be_written_as_json() {
    let json = r#"{"steelyard":"scheme/v1","id":"j","version":1,"subject":"member","period":"month","in_force":{"from":"2022-01-01"},
        "score":{"id":"r","out_of":"10","weighted":[{"id":"a","weight":"1/3","out_of":"5","constant":"4"},{"id":"b","weight":"2/3","out_of":5,"constant":5}]}}"#;
    let scheme = Scheme::read(json.as_bytes()).unwrap();
    assert_eq!(scheme.nodes.len(), 3);
}

#[test]
fn what_nothing_can_reach_is_a_warning_and_no_fault() {
    let text = GOOD.replace("at_least: 90", "at_least: 100.01").replace("base: 60", "base: 30");
    let scheme = Scheme::read(text.as_bytes()).unwrap();
    let codes: Vec<_> = scheme.warnings.iter().map(|it| (it.code, it.path.as_str())).collect();
    assert_eq!(
        codes,
        [("SUM_BELOW_OUT_OF", "score/compound"), ("GRADE_OUT_OF_REACH", "grades[0].at_least")]
    );
    assert!(scheme.warnings[0].wrong.contains("70 at most"), "{}", scheme.warnings[0]);
    let open = GOOD.replace("competent, title: 合格, at_least: 60", "competent, title: 合格");
    let codes: Vec<_> = Scheme::read(open.as_bytes()).unwrap().warnings;
    assert_eq!(codes.iter().map(|it| it.code).collect::<Vec<_>>(), ["GRADE_TAKES_ALL"]);
}
