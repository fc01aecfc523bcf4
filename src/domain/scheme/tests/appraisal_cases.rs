//! Single faults of what appraises posts (S1, S2), and what a good scheme says.

use super::{
    super::{Cohort, Scheme},
    APPRAISED, GOOD,
    faults::Case,
};
use crate::domain::exact::Decimal;

pub(super) const CASES: &[Case] = &[
    (APPRAISED, "cohort: community", "cohort: village", &["NOT_A_CHOICE 7:9 cohort"]),
    (APPRAISED, "cohort: community", "cohort: [community]", &["EXPECTED_SCALAR 7:9 cohort"]),
    (APPRAISED, "subject: post", "subject: compound", &["ONLY_OF_POSTS 7:1 cohort"]),
    (
        APPRAISED,
        "[community, street, county]",
        "[]",
        &["EMPTY_LIST 12:48 score/leaders.proposed.by"],
    ),
    (
        APPRAISED,
        "by: [community, street, county], ",
        "",
        &["KEY_MISSING 12:43 score/leaders.proposed.by"],
    ),
    (
        APPRAISED,
        "[community, street, county]",
        "[community, street, community]",
        &["DUPLICATE_NAME 12:68 score/leaders.proposed.by[2]"],
    ),
    (
        APPRAISED,
        "[community, street, county]",
        "[a, b, c, d, e, f]",
        &["LEVELS_COUNT 12:44 score/leaders.proposed.by"],
    ),
    (APPRAISED, "band: \"5\"", "band: -1", &["NEGATIVE 12:83 score/leaders.proposed.band"]),
    (APPRAISED, "band: \"5\"", "band: 5%", &["NOT_A_NUMBER 12:83 score/leaders.proposed.band"]),
    (APPRAISED, "band: \"5\"", "bands: 5", &["UNKNOWN_KEY 12:77 score/leaders.proposed.bands"]),
    (APPRAISED, "out_of: 60, proposed", "proposed", &["OUT_OF_MISSING 12:7 score/leaders.out_of"]),
];

#[test]
fn a_scheme_lists_its_proposed_nodes_and_its_cohort() {
    let scheme = Scheme::read(APPRAISED.as_bytes()).unwrap();
    assert_eq!(scheme.cohort, Some(Cohort::Community));
    let [leaders] = scheme.proposed()[..] else { panic!("one node is proposed") };
    assert_eq!((leaders.id, leaders.out_of), ("leaders", Decimal::whole(60).unwrap()));
    assert_eq!(leaders.proposed.by, ["community", "street", "county"]);
    assert_eq!(leaders.proposed.band, Decimal::whole(5));
    let plain = Scheme::read(GOOD.as_bytes()).unwrap();
    assert_eq!((plain.cohort, plain.proposed().len()), (None, 0));
}
