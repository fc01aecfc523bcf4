//! Figures of many compounds together: sums, exact shares, and how many stand how.

use super::{Amount, CompoundIndicators, Indicated, Value, Why, judge::divided};
use crate::domain::exact::ExactError;

/// One indicator over the compounds of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The indicator.
    pub id: &'static str,
    /// Its rule.
    pub rule: &'static str,
    /// What the compounds come to that have a value: numbers added up, shares as the one sum by the
    /// other; nothing where none has a value.
    pub sum: Option<Amount>,
    /// Compounds with a value.
    pub known: usize,
    /// Compounds in which the rule's line is met.
    pub met: usize,
    /// Compounds in which it is not.
    pub not_met: usize,
    /// Compounds of which nobody registered or recorded it.
    pub not_recorded: usize,
    /// Compounds of which what is registered does not decide it.
    pub undecided: usize,
    /// Compounds to which it does not apply.
    pub not_applicable: usize,
    /// Compounds in which there was nothing to count.
    pub nothing_to_count: usize,
}

/// The totals of every indicator over these compounds, by rule.
pub(super) fn totals<'c>(
    compounds: impl Iterator<Item = &'c CompoundIndicators>,
) -> Result<Vec<Total>, ExactError> {
    let mut totals: Vec<Total> = Vec::new();
    for compound in compounds {
        for (index, it) in compound.indicators.iter().enumerate() {
            if totals.get(index).is_none() {
                totals.push(none_of(it));
            }
            if let Some(total) = totals.get_mut(index) {
                total.take(it)?;
            }
        }
    }
    Ok(totals)
}

const fn none_of(it: &Indicated) -> Total {
    Total {
        id: it.id,
        rule: it.rule,
        sum: None,
        known: 0,
        met: 0,
        not_met: 0,
        not_recorded: 0,
        undecided: 0,
        not_applicable: 0,
        nothing_to_count: 0,
    }
}

const fn one_more(count: &mut usize) {
    *count = count.saturating_add(1);
}

impl Total {
    fn take(&mut self, it: &Indicated) -> Result<(), ExactError> {
        match it.met {
            Some(true) => one_more(&mut self.met),
            Some(false) => one_more(&mut self.not_met),
            None => (),
        }
        match &it.value {
            Value::Missing(Why::NotRecorded) => one_more(&mut self.not_recorded),
            Value::Missing(Why::Undecided(_)) => one_more(&mut self.undecided),
            Value::Missing(Why::NotApplicable(_)) => one_more(&mut self.not_applicable),
            Value::Missing(Why::NothingToCount) => one_more(&mut self.nothing_to_count),
            Value::Known(amount) => {
                one_more(&mut self.known);
                self.sum = Some(match self.sum.take() {
                    None => amount.clone(),
                    Some(so_far) => added(&so_far, amount)?,
                });
            }
        }
        Ok(())
    }
}

/// Two amounts of one indicator together.
fn added(so_far: &Amount, more: &Amount) -> Result<Amount, ExactError> {
    match (so_far, more) {
        (
            Amount::Share { of, per, times, .. },
            Amount::Share { of: more_of, per: more_per, .. },
        ) => divided(&of.plus(more_of)?, &per.plus(more_per)?, *times),
        (one, other) => Ok(Amount::Number(one.value().plus(other.value())?)),
    }
}
