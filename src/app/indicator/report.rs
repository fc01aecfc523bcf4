//! The monthly report (I12): the figures as they stood at a month's end, of a unit and of those
//! directly below it, and the list from which compounds are struck off (销号, I9).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    CompoundIndicators, Coverage, Total,
    read::{in_registry, indicated},
    total::totals,
};
use crate::{
    app::{
        App, AppError,
        formation::registered,
        registry::{Record, RecordKind, RecordRef, all},
    },
    domain::{
        exact::{Exact, ExactError},
        time::{Day, Moment, Period},
    },
    store::{AsOf, ReadTx},
};

/// A month's report of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthlyReport {
    /// The month.
    pub month: Period,
    /// The moment as known at which it was made.
    pub known: Moment,
    /// The unit, and then those directly below it by id: a county's streets, a street's communities.
    pub units: Vec<UnitFigures>,
    /// Compounds that should have an organisation and have none, by id.
    pub lacking: Vec<Listed>,
    /// Compounds that lacked it at the end of the month before, and have it, by id.
    pub struck_off: Vec<Listed>,
    /// Compounds of which what is registered does not decide it, by id.
    pub undecided: Vec<Listed>,
}

/// A unit's figures at a month's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitFigures {
    /// The unit.
    pub unit: RecordRef,
    /// Its name.
    pub name: String,
    /// Its compounds.
    pub compounds: usize,
    /// Those that should have an organisation.
    pub due: usize,
    /// Those of them that have it.
    pub done: usize,
    /// Those that were struck off within the month.
    pub struck_off: usize,
    /// Those of which it is not decided.
    pub undecided: usize,
    /// `done` by `due`; nothing where none is due.
    pub coverage: Option<Exact>,
    /// Every indicator over its compounds, by rule.
    pub totals: Vec<Total>,
}

/// A compound on a list of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The compound.
    pub compound: RecordRef,
    /// Its name.
    pub name: String,
    /// Its community.
    pub community: String,
    /// Its street.
    pub street: String,
    /// What is asked for and how it stands, in English.
    pub en: String,
    /// The same in Chinese.
    pub zh: String,
}

/// A compound in its places, with how it stood before.
struct Placed {
    it: CompoundIndicators,
    community: String,
    street: String,
    before: Option<Coverage>,
}

impl Placed {
    fn lies_in(&self, unit: &RecordRef) -> bool {
        match unit.kind {
            RecordKind::Street => self.street == unit.id,
            RecordKind::Community => self.community == unit.id,
            _ => true,
        }
    }

    fn now(&self) -> Coverage {
        self.it.registry.coverage()
    }

    fn struck_off(&self) -> bool {
        self.before == Some(Coverage::Lacking) && self.now() == Coverage::Done
    }

    fn listed(&self) -> Listed {
        let findings = &self.it.registry.formation.findings;
        let asks = |it: &&crate::app::formation::Finding| {
            use crate::app::formation::{Rule, Standing};
            matches!(it.rule, Rule::Settled | Rule::DirectlyManaged)
                && matches!(it.standing, Standing::Met | Standing::Lacking | Standing::Undecided)
        };
        let texts: Vec<_> = findings.iter().filter(asks).collect();
        let en: Vec<&str> = texts.iter().map(|it| it.en.as_str()).collect();
        let zh: Vec<&str> = texts.iter().map(|it| it.zh.as_str()).collect();
        Listed {
            compound: self.it.compound.reference(),
            name: self.it.compound.name.clone(),
            community: self.community.clone(),
            street: self.street.clone(),
            en: en.join("; "),
            zh: zh.join("；"),
        }
    }
}

impl App {
    /// The report of a month about a unit: its county, a street or a community. The registry is that
    /// of the month's last day, everything as known at the moment.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn monthly_report(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        unit: &Record,
        (month, known): (Period, Moment),
    ) -> Result<MonthlyReport, AppError> {
        let as_of = AsOf { day: month.last_day(), known };
        let compounds = placed(tx, county, &unit.reference(), as_of).await?;
        let below = match unit.kind {
            RecordKind::County => all(tx, county, RecordKind::Street, as_of).await?,
            RecordKind::Street => {
                let mut communities = all(tx, county, RecordKind::Community, as_of).await?;
                communities.retain(|it| it.parent.as_ref() == Some(&unit.reference()));
                communities
            }
            _ => Vec::new(),
        };
        let units = [unit].into_iter().chain(&below).map(|it| figures(it, &compounds));
        let units: Result<Vec<UnitFigures>, ExactError> = units.collect();
        let units = units.map_err(|why| AppError::Engine(why.to_string()))?;
        let with = |coverage: Coverage| {
            compounds.iter().filter(move |it| it.now() == coverage).map(Placed::listed).collect()
        };
        Ok(MonthlyReport {
            month,
            known,
            units,
            lacking: with(Coverage::Lacking),
            struck_off: compounds.iter().filter(|it| it.struck_off()).map(Placed::listed).collect(),
            undecided: with(Coverage::Undecided),
        })
    }
}

/// The compounds of a unit by id, with their indicators, and how they stood at the end of the month
/// before.
async fn placed(
    tx: &mut dyn ReadTx,
    county: &str,
    unit: &RecordRef,
    as_of: AsOf,
) -> Result<Vec<Placed>, AppError> {
    let communities = all(tx, county, RecordKind::Community, as_of).await?.into_iter();
    let streets: BTreeMap<String, String> =
        communities.filter_map(|it| Some((it.id, it.parent?.id))).collect();
    let parent = |it: &Record| it.parent.clone().map(|it| it.id).unwrap_or_default();
    let mut compounds = all(tx, county, RecordKind::Compound, as_of).await?;
    compounds.retain(|it| match unit.kind {
        RecordKind::Street => streets.get(&parent(it)) == Some(&unit.id),
        RecordKind::Community => parent(it) == unit.id,
        _ => true,
    });
    let ids = compounds.iter().map(|it| it.id.clone()).collect();
    let before = before(tx, county, &ids, as_of).await?;
    let all = indicated(tx, county, compounds, as_of).await?;
    let placed = all.into_iter().map(|it| {
        let community = parent(&it.compound);
        let street = streets.get(&community).cloned().unwrap_or_default();
        let before = before.get(&it.compound.id).copied();
        Placed { it, community, street, before }
    });
    Ok(placed.collect())
}

/// How these compounds stood at the end of the month before.
async fn before(
    tx: &mut dyn ReadTx,
    county: &str,
    ids: &BTreeSet<String>,
    as_of: AsOf,
) -> Result<BTreeMap<String, Coverage>, AppError> {
    let first = Day::new(as_of.day.year(), as_of.day.month(), 1);
    let Some(day) = first.and_then(Day::previous) else { return Ok(BTreeMap::new()) };
    let as_of = AsOf { day, ..as_of };
    let mut compounds = all(tx, county, RecordKind::Compound, as_of).await?;
    compounds.retain(|it| ids.contains(&it.id));
    let registered = registered(tx, county, as_of).await?;
    let known = in_registry(tx, county, &compounds, &registered).await?;
    Ok(compounds.into_iter().map(|it| it.id).zip(known.iter().map(|it| it.coverage())).collect())
}

fn figures(unit: &Record, compounds: &[Placed]) -> Result<UnitFigures, ExactError> {
    let reference = unit.reference();
    let own: Vec<&Placed> = compounds.iter().filter(|it| it.lies_in(&reference)).collect();
    let count = |coverage: Coverage| own.iter().filter(|it| it.now() == coverage).count();
    let done = count(Coverage::Done);
    let due = done.saturating_add(count(Coverage::Lacking));
    let whole = |count: usize| Exact::whole(i64::try_from(count).unwrap_or(i64::MAX));
    let coverage = if due == 0 { None } else { Some(whole(done).over(&whole(due))?) };
    Ok(UnitFigures {
        unit: reference,
        name: unit.name.clone(),
        compounds: own.len(),
        due,
        done,
        struck_off: own.iter().filter(|it| it.struck_off()).count(),
        undecided: count(Coverage::Undecided),
        coverage,
        totals: totals(own.iter().map(|it| &it.it))?,
    })
}
