//! The kinds that yield a fraction of full marks from sheets, ballots, surveys, marks and results.

use super::{
    note::{Listener, Note},
    places::{self, Place, places},
    roll_up,
};
use crate::domain::{
    exact::{Decimal, Exact, ExactError, Share},
    facts::{Facts, GivenResult, Import, Sheet},
    scheme::{Assessed, Channels, Combine, Imported, ResultOf, Several, Surveyed, Voted},
    time::Period,
};

/// A fraction of full marks, or nothing to go on.
type Fraction = Result<Option<Exact>, ExactError>;

/// Parts with weights, of which some may be absent.
struct Weighing {
    sum: Exact,
    weights: Exact,
    absent: bool,
}

impl Weighing {
    fn new() -> Self {
        Self { sum: Exact::ZERO, weights: Exact::ZERO, absent: false }
    }

    fn add(&mut self, fraction: &Exact, weight: &Share) -> Result<(), ExactError> {
        self.sum = self.sum.plus(&fraction.times(weight.exact())?)?;
        self.weights = self.weights.plus(weight.exact())?;
        Ok(())
    }

    /// The mean; nothing where a part is absent and the weights are not to be rescaled.
    fn mean(self, rescale: bool) -> Fraction {
        if (self.absent && !rescale) || self.weights.is_zero() {
            return Ok(None);
        }
        self.sum.over(&self.weights).map(Some)
    }
}

/// `assessed`: sheets by role.
pub(super) fn assessed(
    node: usize,
    item: &str,
    assessed: &Assessed,
    out_of: &Exact,
    facts: &Facts,
    listener: &mut impl Listener,
) -> Fraction {
    let mut weighing = Weighing::new();
    for (role, weight) in &assessed.by {
        let points = standing_sheets(node, item, role, facts, listener);
        let Some(value) = combined(assessed, &points)? else {
            weighing.absent = true;
            listener.note(node, || Note::RoleAbsent { role: role.clone() });
            continue;
        };
        listener.note(node, || Note::Role {
            role: role.clone(),
            sheets: points.len(),
            value: value.clone(),
            weight: weight.to_string(),
        });
        weighing.add(&value.over(out_of)?, weight)?;
    }
    weighing.mean(assessed.rescale)
}

/// The sheets of one role that stand, ordered by moment and then as recorded: one assessor's later
/// sheet replaces the earlier.
fn standing_sheets<'a>(
    node: usize,
    item: &str,
    role: &str,
    facts: &'a Facts,
    listener: &mut impl Listener,
) -> Vec<&'a Sheet> {
    let mut sheets: Vec<&Sheet> =
        facts.sheets.iter().filter(|it| it.item == item && it.role == role).collect();
    sheets.sort_by_key(|it| it.at);
    let replaced = |index: usize, sheet: &Sheet| {
        let later = sheets.iter().skip(index.saturating_add(1));
        sheet.by.is_some() && later.into_iter().any(|it| it.by == sheet.by)
    };
    let mut standing = Vec::with_capacity(sheets.len());
    for (index, sheet) in sheets.iter().enumerate() {
        if replaced(index, sheet) {
            listener.note(node, || Note::Replaced {
                role: role.to_owned(),
                by: sheet.by.clone().unwrap_or_default(),
            });
        } else {
            standing.push(*sheet);
        }
    }
    standing
}

fn combined(assessed: &Assessed, sheets: &[&Sheet]) -> Fraction {
    let mut points: Vec<Decimal> = sheets.iter().map(|it| it.points).collect();
    let latest = points.last().copied();
    points.sort_unstable();
    let count = points.len();
    match assessed.several {
        Several::Latest => Ok(latest.map(Exact::from)),
        Several::Average => mean(&points),
        Several::Median => {
            let low = count.saturating_sub(1).checked_div(2).unwrap_or(0);
            let high = count.checked_div(2).unwrap_or(0).saturating_add(1);
            mean(points.get(low..high.min(count)).unwrap_or_default())
        }
        Several::Trimmed if count >= assessed.trim_from => {
            mean(points.get(1..count.saturating_sub(1)).unwrap_or_default())
        }
        Several::Trimmed => mean(&points),
    }
}

fn mean(points: &[Decimal]) -> Fraction {
    let mut sum = 0_i128;
    for point in points {
        sum = sum.checked_add(i128::from(point.millionths())).ok_or(ExactError::Overflow)?;
    }
    let count = i128::try_from(points.len()).map_err(|_| ExactError::Overflow)?;
    if count == 0 {
        return Ok(None);
    }
    let unit = i128::from(Decimal::UNIT).checked_mul(count).ok_or(ExactError::Overflow)?;
    Exact::ratio(sum, unit).map(Some)
}

/// `voted`: a counted ballot.
pub(super) fn voted(
    node: usize,
    voted: &Voted,
    facts: &Facts,
    listener: &mut impl Listener,
) -> Fraction {
    let Some(ballot) = facts.ballots.get(&voted.ballot) else {
        listener.note(node, || Note::NothingReported);
        return Ok(None);
    };
    let (mut valid, mut worth) = (0_u64, Exact::ZERO);
    let mut greatest = Exact::ZERO;
    for (option, value) in &voted.options {
        let votes = ballot.get(option).copied().unwrap_or(0);
        let value = Exact::from(*value);
        valid = valid.checked_add(votes).ok_or(ExactError::Overflow)?;
        worth = worth.plus(&value.times(&Exact::whole(votes))?)?;
        greatest = greatest.max(value);
    }
    let all = ballot.values().try_fold(0_u64, |sum, it| sum.checked_add(*it));
    let void = all.and_then(|it| it.checked_sub(valid)).unwrap_or(0);
    let few = valid < voted.least || valid == 0;
    if few {
        listener.note(node, || Note::TooFew { have: valid, least: voted.least });
    }
    let cast = valid.checked_add(void).ok_or(ExactError::Overflow)?;
    if !turned_out((node, voted), cast, facts, listener)? || few {
        return Ok(None);
    }
    let fraction = worth.over(&Exact::whole(valid))?.over(&greatest)?;
    listener.note(node, || Note::Votes { valid, void, fraction: fraction.clone() });
    Ok(Some(fraction))
}

/// Whether enough of the eligible voted, where the scheme asks: of an unknown number, of none, and
/// where more voted than were eligible nobody can say so.
fn turned_out(
    (node, voted): (usize, &Voted),
    cast: u64,
    facts: &Facts,
    listener: &mut impl Listener,
) -> Result<bool, ExactError> {
    let Some(least) = &voted.turnout else { return Ok(true) };
    let Some(eligible) = facts.eligible.get(&voted.ballot).copied() else {
        listener.note(node, || Note::EligibleUnknown { least: least.to_string() });
        return Ok(false);
    };
    let enough = Exact::whole(cast) >= least.exact().times(&Exact::whole(eligible))?;
    let enough = enough && eligible > 0 && cast <= eligible;
    let least = least.to_string();
    listener.note(node, || Note::Turnout { cast, eligible, least, enough });
    Ok(enough)
}

/// `surveyed`: the satisfied among those who answered.
pub(super) fn surveyed(
    node: usize,
    surveyed: &Surveyed,
    facts: &Facts,
    listener: &mut impl Listener,
) -> Fraction {
    let Some(survey) = facts.surveys.get(&surveyed.survey) else {
        listener.note(node, || Note::NothingReported);
        return Ok(None);
    };
    let mut weighing = Weighing::new();
    let (mut answered, mut satisfied) = (0_u64, 0_u64);
    let mut take = |channel: &str, listener: &mut _| -> Result<Option<Exact>, ExactError> {
        let Some(given) = survey.get(channel).filter(|it| it.answered > 0) else {
            Listener::note(listener, node, || Note::ChannelAbsent { channel: channel.to_owned() });
            return Ok(None);
        };
        answered = answered.checked_add(given.answered).ok_or(ExactError::Overflow)?;
        satisfied = satisfied.checked_add(given.satisfied).ok_or(ExactError::Overflow)?;
        Listener::note(listener, node, || Note::Channel {
            channel: channel.to_owned(),
            satisfied: given.satisfied,
            answered: given.answered,
        });
        Exact::ratio(i128::from(given.satisfied), i128::from(given.answered)).map(Some)
    };
    match &surveyed.channels {
        Channels::Pooled => {
            for channel in survey.keys() {
                take(channel, listener)?;
            }
        }
        Channels::Weighted(channels) => {
            for (channel, weight) in channels {
                match take(channel, listener)? {
                    Some(fraction) => weighing.add(&fraction, weight)?,
                    None => weighing.absent = true,
                }
            }
        }
    }
    if answered < surveyed.least || answered == 0 {
        listener.note(node, || Note::TooFew { have: answered, least: surveyed.least });
        return Ok(None);
    }
    match surveyed.channels {
        Channels::Pooled => Exact::ratio(i128::from(satisfied), i128::from(answered)).map(Some),
        Channels::Weighted(_) => weighing.mean(surveyed.rescale),
    }
}

/// `imported`: raw by full marks; of units' reports those of the member's own units.
pub(super) fn imported(
    node: usize,
    imported: &Imported,
    (facts, period): (&Facts, Period),
    listener: &mut impl Listener,
) -> Fraction {
    if let Some(units) = of_units(node, imported, (facts, period), listener)? {
        return places::combined(node, imported.places, &units, listener);
    }
    let Some(import) = facts.imports.get(&imported.source) else {
        listener.note(node, || Note::NothingReported);
        return Ok(None);
    };
    listener.note(node, || Note::Imported { raw: import.raw, full: import.full });
    Exact::from(import.raw).over(&Exact::from(import.full)).map(Some)
}

/// Units with what each reported, where any did.
type Reported<'f> = Option<Vec<(Place<'f>, Option<Exact>)>>;

/// The units of the period with what each reported; nothing where none of them did.
fn of_units<'f>(
    node: usize,
    imported: &Imported,
    (facts, period): (&'f Facts, Period),
    listener: &mut impl Listener,
) -> Result<Reported<'f>, ExactError> {
    let Some(reports) = facts.unit_imports.get(&imported.source) else { return Ok(None) };
    let mut units = Vec::new();
    for place in places(&facts.units, period) {
        // Of equal moments the later line holds, which `max_by_key` gives.
        let own = reports.iter().filter(|it| it.unit == place.id).max_by_key(|it| it.at);
        units.push((place, own.map(|it| it.marks)));
    }
    if units.iter().all(|(_, it)| it.is_none()) {
        return Ok(None);
    }
    let mut known = Vec::with_capacity(units.len());
    for (place, marks) in units {
        let (unit, days) = (place.id.to_owned(), place.days);
        let Some(Import { raw, full, .. }) = marks else {
            listener.note(node, || Note::UnitSilent { unit, days });
            known.push((place, None));
            continue;
        };
        listener.note(node, || Note::UnitOf { unit, days, raw, full });
        known.push((place, Some(Exact::from(raw).over(&Exact::from(full))?)));
    }
    Ok(Some(known))
}

/// `result_of`: published results of another scheme.
pub(super) fn result_of(
    (node, id): (usize, &str),
    result_of: &ResultOf,
    facts: &Facts,
    listener: &mut impl Listener,
) -> Fraction {
    if let Some(listing) = &result_of.listed {
        return roll_up::value((node, id), (result_of, listing), facts, listener);
    }
    let given = facts.results.get(&result_of.scheme).map(Vec::as_slice).unwrap_or_default();
    // One without a score is nothing here, as it is to whoever reads the published scores alone.
    let scored = |it: &&GivenResult| it.of == result_of.of && it.score.is_some();
    let given: Vec<&GivenResult> = given.iter().filter(scored).collect();
    let count = given.len();
    if count == 0 {
        listener.note(node, || Note::NothingReported);
        return Ok(None);
    }
    listener.note(node, || Note::Results { count, combine: result_of.combine });
    let least = usize::try_from(result_of.least).unwrap_or(usize::MAX);
    if count < least {
        let have = u64::try_from(count).unwrap_or(u64::MAX);
        listener.note(node, || Note::TooFew { have, least: u64::from(result_of.least) });
        return Ok(None);
    }
    let mut fractions = Vec::with_capacity(count);
    for result in &given {
        let score = Exact::from(result.score.unwrap_or(Decimal::ZERO));
        fractions.push(score.over(&Exact::from(result.out_of))?);
    }
    match result_of.combine {
        Combine::Sum => Exact::sum(&fractions).map(Some),
        Combine::Average => {
            let count = i128::try_from(count).map_err(|_| ExactError::Overflow)?;
            Exact::sum(&fractions)?.over(&Exact::whole(count)).map(Some)
        }
        Combine::Best => Ok(fractions.into_iter().max()),
        Combine::Worst => Ok(fractions.into_iter().min()),
        Combine::Weighted => {
            let (mut sum, mut weights) = (Exact::ZERO, Exact::ZERO);
            for (result, fraction) in given.iter().zip(&fractions) {
                let weight = Exact::from(result.weight.unwrap_or(Decimal::ZERO));
                sum = sum.plus(&fraction.times(&weight)?)?;
                weights = weights.plus(&weight)?;
            }
            if weights.is_zero() { Ok(None) } else { sum.over(&weights).map(Some) }
        }
    }
}
