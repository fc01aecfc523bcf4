//! The order of candidates by merit (F10, F11): by their places in the county, which are the criteria
//! scheme's; equal ones by a recorded decision, and otherwise in no order at all.

use std::cmp::Ordering;

/// How a candidate's compound came out by the criteria.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merit {
    /// Its place in the county; none: it has none.
    pub place: Option<u32>,
    /// Its place among the roster's compounds of its street.
    pub place_in_street: Option<u32>,
    /// The score of the run that was taken, as it prints.
    pub score: Option<String>,
    /// Its grade.
    pub grade: Option<String>,
    /// The word of its result's status.
    pub status: &'static str,
    /// Whether it reaches what the document asks for (F10).
    pub meets: bool,
}

/// A recorded decision on candidates that are equal (并列, F11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TieDecision {
    /// The street whose line it is about; none: the county's.
    pub street: Option<String>,
    /// The branches, first first.
    pub order: Vec<String>,
}

/// One who can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contender<'a> {
    /// The branch.
    pub branch: &'a str,
    /// Its place in the county.
    pub place: u32,
}

/// How one stands to another: before it, after it, or, without a decision, in no order.
pub fn compare(
    a: &Contender<'_>,
    b: &Contender<'_>,
    decisions: &[TieDecision],
    street: Option<&str>,
) -> Option<Ordering> {
    match a.place.cmp(&b.place) {
        Ordering::Equal if a.branch == b.branch => Some(Ordering::Equal),
        Ordering::Equal => {
            // The latest decision that names both.
            let of = decisions.iter().rev().filter(|it| it.street.as_deref() == street);
            let mut found = of.filter_map(|it| {
                let at = |branch: &str| it.order.iter().position(|it| it == branch);
                Some(at(a.branch)?.cmp(&at(b.branch)?))
            });
            found.next()
        }
        by_place @ (Ordering::Less | Ordering::Greater) => Some(by_place),
    }
}

/// What choosing some and leaving others would mean.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// For each of the chosen, in their order: who stands before it and is left.
    pub passed_over: Vec<Vec<String>>,
    /// For each of the chosen: who is equal to it and left, without a decision.
    pub tied: Vec<Vec<String>>,
}

/// Compares those who are chosen with those who are left.
pub fn choice(
    chosen: &[Contender<'_>],
    left: &[Contender<'_>],
    decisions: &[TieDecision],
    street: Option<&str>,
) -> Choice {
    let mut result = Choice::default();
    for one in chosen {
        let against = |wanted: Option<Ordering>| {
            let mut found: Vec<String> = left
                .iter()
                .filter(|it| compare(it, one, decisions, street) == wanted)
                .map(|it| it.branch.to_owned())
                .collect();
            found.sort_unstable();
            found
        };
        result.passed_over.push(against(Some(Ordering::Less)));
        result.tied.push(against(None));
    }
    result
}
