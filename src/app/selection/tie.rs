//! Ordering those that are equal (F5, F11): exactly those, by a recorded decision.

use std::collections::BTreeSet;

use super::{
    organise::{Decided, open, said},
    read::Selected,
    refused,
};
use crate::{
    app::{AppError, Refusal},
    domain::selection::{Obstacle, TieDecision, What},
};

/// What is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Among {
    /// Candidates, at a street's line or, for none, the county's.
    Candidates {
        /// The street.
        street: Option<String>,
        /// The branches, first first.
        order: Vec<String>,
    },
    /// Streets with equal remainders.
    Streets(Vec<String>),
}

/// A decision on equals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecideTie {
    /// What is ordered.
    pub among: Among,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub decided_by: String,
}

impl DecideTie {
    /// The street whose line it is about; none: the county's.
    pub fn street(&self) -> Option<&str> {
        match &self.among {
            Among::Candidates { street, .. } => street.as_deref(),
            Among::Streets(_) => None,
        }
    }
}

/// The order, if it lists exactly those that are equal.
///
/// # Errors
/// `SELECTION_CLOSED`, `RANKING_MISSING`, `NOT_TIED`, `SEATS_IN_USE`.
pub(super) fn decided(selected: &Selected, asked: &DecideTie) -> Result<Decided, AppError> {
    open(selected)?;
    let (order, equal) = match &asked.among {
        Among::Candidates { street, order } => {
            if selected.merits.is_none() {
                return Err(refused(&[(String::new(), Obstacle::RankingMissing)]));
            }
            let first = order.first().map_or("", String::as_str);
            (order, selected.standing().equal_to(first, street.as_deref()))
        }
        Among::Streets(order) => (order, selected.quota.tied.clone()),
    };
    let listed: BTreeSet<&String> = order.iter().collect();
    if equal.len() < 2 || listed != equal.iter().collect() {
        let named = equal.join(", ");
        let (en, zh) = if equal.len() < 2 {
            ("nobody is equal to the first that is listed".to_owned(), "没有并列".to_owned())
        } else {
            (
                format!("exactly these are equal: {named}"),
                format!("并列者为 {named}，须逐一列出，不多不少"),
            )
        };
        let refusal = Refusal::new("NOT_TIED", en, zh).with("equal", equal.join(","));
        return Err(refusal.with("rule", "F11").into());
    }
    let what = match &asked.among {
        Among::Candidates { street, order } => {
            What::CandidatesOrdered(TieDecision { street: street.clone(), order: order.clone() })
        }
        Among::Streets(order) => {
            unused(selected, order)?;
            What::StreetsOrdered { order: order.clone() }
        }
    };
    Ok((what, said(&asked.reason, &asked.decided_by)))
}

/// Refuses another order of streets once a street has used the seat that it would lose.
fn unused(selected: &Selected, order: &[String]) -> Result<(), AppError> {
    let mut then = selected.clone();
    then.state.streets = Some(order.to_vec());
    then.count_again()?;
    if then.standing().within_caps() {
        return Ok(());
    }
    let en = "a street has used the seat that it would lose";
    let refusal = Refusal::new("SEATS_IN_USE", en, "街道已使用该名额，不能再调整次序");
    Err(refusal.with("rule", "F5").into())
}
