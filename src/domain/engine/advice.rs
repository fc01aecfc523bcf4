//! What a result advises (P4): a pure function of the result and its scheme, kept nowhere.

use super::{Reason, Status, Words, words::words};
use crate::domain::{
    exact::Exact,
    scheme::{AdviceBand, Scheme},
};

/// What a result says that advice goes by.
#[derive(Debug, Clone, Copy)]
pub struct Advisable<'a> {
    /// What it is.
    pub status: Status,
    /// The published score.
    pub score: Option<&'a Exact>,
    /// The grade's id.
    pub grade: Option<&'a str>,
    /// Why it came out so; of these the vetoes in force.
    pub reasons: &'a [Reason],
}

/// What a result advises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advised<'a> {
    /// On renewing the contract; nothing where the scheme has no such list, and where the result is
    /// not final.
    pub renewal: Option<&'a AdviceBand>,
    /// On the price, likewise.
    pub price: Option<&'a AdviceBand>,
}

/// What a result advises; nothing where its scheme has no `advice`.
pub fn advice<'s>(scheme: &'s Scheme, result: &Advisable<'_>) -> Option<Advised<'s>> {
    let advice = scheme.advice.as_ref()?;
    let first = |list: &'s [AdviceBand]| list.iter().find(|it| it.holds(scheme, result));
    Some(match result.status {
        Status::Final => Advised { renewal: first(&advice.renewal), price: first(&advice.price) },
        Status::Incomplete | Status::Excluded | Status::TieOpen => {
            Advised { renewal: None, price: None }
        }
    })
}

/// Why a result that is not final has no advice: a stable code, and its sentence.
pub fn unadvised(status: Status) -> Option<(&'static str, Words)> {
    let (code, en, zh) = match status {
        Status::Final => return None,
        Status::Incomplete => (
            "advice_incomplete",
            "no advice: something is missing, and the reasons name it",
            "不给出建议：资料不全，所缺见原因",
        ),
        Status::Excluded => (
            "advice_excluded",
            "no advice: a veto took the subject out",
            "不给出建议：因一票否决不参加评定",
        ),
        Status::TieOpen => (
            "advice_tie_open",
            "no advice until a recorded decision orders those who are tied",
            "不给出建议：并列尚待决定",
        ),
    };
    Some((code, words(en.to_owned(), zh.to_owned())))
}

impl AdviceBand {
    fn holds(&self, scheme: &Scheme, result: &Advisable<'_>) -> bool {
        let graded = || {
            let position = scheme.grades.iter().position(|it| Some(it.id.as_str()) == result.grade);
            position.is_some_and(|it| self.grades.contains(&it))
        };
        let scored = |line| result.score.is_some_and(|it| *it >= Exact::from(line));
        let in_force =
            |it: &Reason| matches!(it, Reason::Veto { item, .. } if self.vetoed.contains(item));
        (self.grades.is_empty() || graded())
            && self.at_least.is_none_or(scored)
            && (self.vetoed.is_empty() || result.reasons.iter().any(in_force))
    }
}
