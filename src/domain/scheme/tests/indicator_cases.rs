//! Single faults of what only schemes about compounds say.

use super::{super::Indicator, GOOD, Scheme, faults::Case};

/// A scheme about compounds that takes figures from the registry.
pub(super) const COMPOUNDS: &str = "steelyard: scheme/v1
id: county.compounds
version: 1
subject: compound
period: year
in_force: {from: 2024-01-01}
indicators: [committee_size, households]
score: {id: root, out_of: 100, constant: 80}
";

pub(super) const CASES: &[Case] = &[
    (COMPOUNDS, "households]", "people]", &["NOT_A_CHOICE 7:30 indicators[1]"]),
    (COMPOUNDS, "households]", "committee_size]", &["DUPLICATE_NAME 7:30 indicators[1]"]),
    (COMPOUNDS, "[committee_size, households]", "[]", &["EMPTY_LIST 7:13 indicators"]),
    (COMPOUNDS, "[committee_size, households]", "all", &["EXPECTED_LIST 7:13 indicators"]),
    (COMPOUNDS, "subject: compound", "subject: member", &["ONLY_OF_COMPOUNDS 7:1 indicators"]),
];

#[test]
fn a_scheme_says_what_it_takes_from_the_registry() {
    let scheme = Scheme::read(COMPOUNDS.as_bytes()).unwrap();
    assert_eq!(scheme.indicators, [Indicator::CommitteeSize, Indicator::Households]);
    assert_eq!(Scheme::read(GOOD.as_bytes()).unwrap().indicators, []);
    let names: std::collections::BTreeSet<_> =
        Indicator::ALL.into_iter().map(Indicator::name).collect();
    assert_eq!(names.len(), Indicator::ALL.len());
}
