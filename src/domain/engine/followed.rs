//! What follows from a published result (S3, S6): a pure function of the result, its scheme and the
//! attributes of the day of publication, kept nowhere.

use std::collections::BTreeMap;

use super::{Advisable, Reason, Status};
use crate::domain::scheme::{Award, Consequence, Effect, Scheme};

/// What follows from a published result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Followed<'s> {
    /// What follows beside awards, in the scheme's order.
    pub consequences: Vec<&'s Consequence>,
    /// The awards as of publication, in the scheme's order.
    pub awards: Vec<&'s Award>,
}

/// What follows from a result with these attributes on the day of its publication. From a result
/// that is not final nothing follows; awards are taken by a veto in force that says `no_awards`.
pub fn followed<'s>(
    scheme: &'s Scheme,
    result: &Advisable<'_>,
    attributes: &BTreeMap<String, String>,
) -> Followed<'s> {
    if result.status != Status::Final {
        return Followed::default();
    }
    let grade = scheme.grades.iter().position(|it| Some(it.id.as_str()) == result.grade);
    let consequences = scheme.consequences.iter();
    let awards = scheme.awards.iter().filter(|it| it.as_of_publication);
    let taken = result.reasons.iter().any(|it| takes_awards(scheme, it));
    Followed {
        consequences: consequences.filter(|it| it.when.holds_of(attributes, grade)).collect(),
        awards: awards
            .filter(|_| !taken)
            .filter(|it| it.when.as_ref().is_none_or(|it| it.holds_of(attributes, grade)))
            .collect(),
    }
}

/// Whether a reason is a veto that takes awards.
fn takes_awards(scheme: &Scheme, reason: &Reason) -> bool {
    let Reason::Veto { item, .. } = reason else { return false };
    let veto = scheme.vetoes.iter().find(|it| it.id == *item);
    veto.is_some_and(|it| it.then.contains(&Effect::NoAwards))
}
