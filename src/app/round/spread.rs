//! How the sheets of each assessor spread, once a round is closed (P2).

use std::collections::{BTreeMap, BTreeSet};

use super::{ALWAYS, RoundView, items_of, sheet::points_of, state::all_handed_in};
use crate::{
    app::{App, AppError, Refusal},
    domain::exact::{Decimal, Exact, ExactError},
    store::ReadTx,
};

/// What stands out of an assessor's sheets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// Everybody got full marks.
    FullMarksToAll,
    /// Everybody got the same, and not full marks.
    SameTotalToAll,
}

/// How one assessor's sheets spread. A sheet's total is the sum of its points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spread {
    /// The role.
    pub role: String,
    /// The assessor.
    pub assessor: String,
    /// How many sheets.
    pub sheets: i64,
    /// The full marks of a sheet.
    pub full_marks: Exact,
    /// The least total, ...
    pub least: Exact,
    /// ... the greatest ...
    pub greatest: Exact,
    /// ... and the mean.
    pub mean: Exact,
    /// How many different totals.
    pub distinct: i64,
    /// How many sheets with full marks, ...
    pub with_full_marks: i64,
    /// ... and their share.
    pub share: Exact,
}

impl Spread {
    /// What stands out. One sheet alone says nothing of its assessor.
    pub fn flag(&self) -> Option<Flag> {
        let same = self.sheets > 1 && self.distinct == 1;
        let full = self.with_full_marks == self.sheets;
        same.then_some(if full { Flag::FullMarksToAll } else { Flag::SameTotalToAll })
    }
}

impl App {
    /// How the sheets of a closed round spread, by role and assessor.
    ///
    /// # Errors
    /// It is not there; `ROUND_NOT_CLOSED`; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn spread(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        round: &str,
    ) -> Result<Vec<Spread>, AppError> {
        let view = RoundView::read(tx, county, round, ALWAYS).await?;
        if view.header.closed.is_none() {
            let en =
                format!("round `{round}` is open: how points spread is told once it is closed");
            let zh = format!("考核轮次 {round} 尚未结束，结束后方可查看打分离散情况");
            return Err(AppError::Refused(Refusal::new("ROUND_NOT_CLOSED", en, zh)));
        }
        let plan = view.plan(tx, county, &self.plans).await?;
        let mut totals: BTreeMap<(String, String), Vec<i64>> = BTreeMap::new();
        for sheet in all_handed_in(tx, county, (round, ALWAYS)).await? {
            let Some(revision) = &sheet.latest else { continue };
            let total =
                points_of(revision)?.values().fold(0_i64, |sum, it| sum.saturating_add(*it));
            totals.entry((sheet.key.role, sheet.key.assessor)).or_default().push(total);
        }
        let mut all = Vec::with_capacity(totals.len());
        for ((role, assessor), totals) in totals {
            let full: Vec<Decimal> = items_of(&plan, &role).into_iter().map(|it| it.1).collect();
            let spread = spread((role, assessor), &full, &totals);
            all.push(spread.map_err(|why| AppError::Internal(format!("a spread: {why}")))?);
        }
        Ok(all)
    }
}

/// The spread of totals in ten-thousandths, of which there is one at least.
fn spread(
    (role, assessor): (String, String),
    full: &[Decimal],
    totals: &[i64],
) -> Result<Spread, ExactError> {
    let points = |it: i64| Exact::scaled(i128::from(it), 4);
    let number = |it: usize| i64::try_from(it).unwrap_or(i64::MAX);
    let full: Result<Vec<Exact>, _> =
        full.iter().map(|it| Exact::scaled(i128::from(it.millionths()), 6)).collect();
    let full_marks = Exact::sum(&full?)?;
    let sheets = number(totals.len());
    let sum = totals.iter().fold(0_i128, |sum, it| sum.saturating_add(i128::from(*it)));
    let distinct: BTreeSet<i64> = totals.iter().copied().collect();
    let mut with_full_marks = 0_i64;
    for total in totals {
        let reached = points(*total)? >= full_marks;
        with_full_marks = with_full_marks.saturating_add(i64::from(reached));
    }
    Ok(Spread {
        role,
        assessor,
        sheets,
        full_marks,
        least: points(distinct.first().copied().unwrap_or_default())?,
        greatest: points(distinct.last().copied().unwrap_or_default())?,
        mean: Exact::scaled(sum, 4)?.over(&Exact::whole(sheets))?,
        distinct: number(distinct.len()),
        with_full_marks,
        share: Exact::ratio(i128::from(with_full_marks), i128::from(sheets))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(totals: &[i64]) -> Spread {
        let full = [Decimal::parse("40").unwrap(), Decimal::parse("10.5").unwrap()];
        spread(("street".to_owned(), "s".to_owned()), &full, totals).unwrap()
    }

    #[test]
    fn whoever_gives_everybody_the_same_stands_out() {
        let (full, less) = (505_000, 404_000);
        for (totals, flag) in [
            (vec![full], None),
            (vec![full, full], Some(Flag::FullMarksToAll)),
            (vec![less, less, less], Some(Flag::SameTotalToAll)),
            (vec![full, less], None),
        ] {
            assert_eq!(of(&totals).flag(), flag, "{totals:?}");
        }
    }

    #[test]
    fn the_mean_is_exact() {
        let it = of(&[505_000, 300_000, 300_001]);
        assert_eq!((it.sheets, it.distinct, it.with_full_marks), (3, 3, 1));
        assert_eq!(it.mean, Exact::ratio(1_105_001, 30_000).unwrap());
        assert_eq!(it.share, Exact::ratio(1, 3).unwrap());
        let shown = |it: &Exact| it.exact_text();
        assert_eq!((shown(&it.least), shown(&it.greatest)), ("30".to_owned(), "50.5".to_owned()));
        assert_eq!(shown(&it.full_marks), "50.5");
    }
}
