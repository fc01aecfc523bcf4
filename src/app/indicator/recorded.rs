//! What is recorded of a compound in a year, month by month or as a whole, and how it becomes the
//! figures of the months up to one of them.

use std::collections::BTreeMap;

use super::{
    Why,
    specs::{Run, Source, Spec},
};
use crate::domain::exact::Exact;

/// What is recorded of one compound: figures and states, each by name and period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    /// Figures.
    pub metrics: BTreeMap<(String, String), Exact>,
    /// Why what does not apply does not, by the indicator's id.
    pub not_applicable: BTreeMap<(String, String), String>,
}

/// A year up to one of its months, as periods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Months {
    /// From January on.
    pub months: Vec<String>,
    /// The year.
    pub year: String,
}

impl Months {
    /// All of them, the year last.
    pub(super) fn periods(&self) -> Vec<String> {
        let mut periods = self.months.clone();
        periods.push(self.year.clone());
        periods
    }
}

impl Recorded {
    /// These metrics in a period: none where none of them is recorded, an error where not all are.
    fn at(&self, parts: &[&str], period: &str) -> Option<Result<Vec<Exact>, Why>> {
        let of = |part: &&str| self.metrics.get(&((*part).to_owned(), period.to_owned()));
        let found: Vec<Exact> = parts.iter().filter_map(of).cloned().collect();
        match found.len() {
            0 => None,
            some if some == parts.len() => Some(Ok(found)),
            _ => Some(Err(Why::NotRecorded)),
        }
    }

    fn state(&self, id: &str, period: &str) -> Option<Why> {
        let reason = self.not_applicable.get(&(id.to_owned(), period.to_owned()))?;
        Some(Why::NotApplicable(reason.clone()))
    }

    /// The figures of an indicator's metrics: of its months where any month says something of it,
    /// otherwise the year's own.
    pub(super) fn figures(&self, of: &Spec, months: &Months) -> Result<Vec<Exact>, Why> {
        let (parts, run): (Vec<&str>, Run) = match of.source {
            Source::Metric(it, run) | Source::PerHundredHouseholds(it, run) => (vec![it], run),
            Source::Share(above, below, run) => (vec![above, below], run),
            Source::Site => return Err(Why::NotRecorded),
        };
        let monthly = match run {
            Run::Stock => self.latest(of.id, &parts, &months.months),
            Run::Flow => self.summed(of.id, &parts, &months.months),
        };
        let year = || self.at(&parts, &months.year);
        let state = || self.state(of.id, &months.year).map(Err);
        monthly.or_else(year).or_else(state).unwrap_or(Err(Why::NotRecorded))
    }

    /// What the latest month says that says anything.
    fn latest(
        &self,
        id: &str,
        parts: &[&str],
        months: &[String],
    ) -> Option<Result<Vec<Exact>, Why>> {
        let said = |it: &String| self.at(parts, it).or_else(|| self.state(id, it).map(Err));
        months.iter().rev().find_map(said)
    }

    /// The sums over the months that say something. A month that tells one of two figures leaves
    /// both open: their sums would be of different months.
    fn summed(
        &self,
        id: &str,
        parts: &[&str],
        months: &[String],
    ) -> Option<Result<Vec<Exact>, Why>> {
        let mut sums: Option<Vec<Exact>> = None;
        for month in months {
            match self.at(parts, month) {
                None => (),
                Some(Err(why)) => return Some(Err(why)),
                Some(Ok(found)) => {
                    let so_far = sums.take().unwrap_or_else(|| vec![Exact::ZERO; parts.len()]);
                    let added = so_far.iter().zip(&found).map(|(a, b)| a.plus(b).ok());
                    // A sum beyond all numbers is no number; one cannot come of twelve.
                    sums = added.collect();
                }
            }
        }
        let state = || months.iter().rev().find_map(|it| self.state(id, it)).map(Err);
        sums.map(Ok).or_else(state)
    }
}
