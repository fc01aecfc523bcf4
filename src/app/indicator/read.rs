//! Reads what indicators rest on: the registry on a day, check-ins, metrics and states of the year.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Figure, InRegistry, Indicated, Recorded,
    judge::judge,
    recorded::Months,
    specs::{self, RECORDED},
};
use crate::{
    app::{
        App, AppError,
        formation::{Registered, formation_of, registered},
        registry::{Detail, Record, RecordKind},
        timeline::{in_service, stays},
    },
    domain::{
        exact::Decimal,
        facts::{CheckIn, Facts, StateKind},
        scheme::{CheckInRule, Indicator},
        time::{Day, Moment, Period, PeriodKind},
    },
    store::{AsOf, FactKind, FactQuery, ReadTx},
};

/// How many subjects' facts are read at once.
const TOGETHER: usize = 1_000;

/// A compound with its indicators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompoundIndicators {
    /// The compound, as registered on the day.
    pub compound: Record,
    /// What the registry gives.
    pub registry: InRegistry,
    /// Its indicators, by rule.
    pub indicators: Vec<Indicated>,
}

/// The last moment of a period in the county's civil calendar.
pub fn end_of(period: Period) -> Option<Moment> {
    Moment::parse(&format!("{}T23:59:59.999999+08:00", period.last_day())).ok()
}

/// The months of a day's year up to its own.
pub(super) fn months_until(day: Day) -> Months {
    let months = (1..=day.month()).filter_map(|it| Period::new(PeriodKind::Month, day.year(), it));
    Months { months: months.map(|it| it.to_string()).collect(), year: day.year().to_string() }
}

impl App {
    /// The indicators of compounds on a day, in their order.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn indicators(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        compounds: Vec<Record>,
        as_of: AsOf,
    ) -> Result<Vec<CompoundIndicators>, AppError> {
        indicated(tx, county, compounds, as_of).await
    }
}

/// The indicators of compounds on a day.
pub(super) async fn indicated(
    tx: &mut dyn ReadTx,
    county: &str,
    compounds: Vec<Record>,
    as_of: AsOf,
) -> Result<Vec<CompoundIndicators>, AppError> {
    let months = months_until(as_of.day);
    let organisations = registered(tx, county, as_of).await?;
    let mut known = in_registry(tx, county, &compounds, &organisations).await?.into_iter();
    let ids: Vec<String> = compounds.iter().map(|it| it.id.clone()).collect();
    let mut facts = recorded(tx, county, (&ids, &months), as_of.known).await?;
    let mut all = Vec::with_capacity(compounds.len());
    for compound in compounds {
        let Some(registry) = known.next() else { break };
        let own = facts.remove(&compound.id).unwrap_or_default();
        let indicators = judge(&registry, &own, &months);
        all.push(CompoundIndicators { compound, registry, indicators });
    }
    Ok(all)
}

/// The figures that a scheme asks of the registry for these compounds, by compound and name. One
/// that is not decided is left out: it is missing.
pub(in crate::app) async fn computed(
    tx: &mut dyn ReadTx,
    county: &str,
    (ids, asked): (&[String], &[Indicator]),
    (registered, as_of): (&Registered, AsOf),
) -> Result<BTreeMap<String, Vec<(Indicator, Decimal)>>, AppError> {
    let mut compounds = Vec::with_capacity(ids.len());
    for part in ids.chunks(TOGETHER) {
        for found in tx.registered(county, RecordKind::Compound.word(), part, as_of).await? {
            compounds.push(Record::from_version(&found.version)?);
        }
    }
    let all = in_registry(tx, county, &compounds, registered).await?;
    let figures = |it: &InRegistry| {
        let of = |name: Indicator| match it.figure(name) {
            Figure::Known(count) => Decimal::whole(count).map(|it| (name, it)),
            Figure::Undecided(_) | Figure::NotRecorded => None,
        };
        asked.iter().copied().filter_map(of).collect()
    };
    Ok(compounds.into_iter().map(|it| it.id).zip(all.iter().map(figures)).collect())
}

/// What the registry says of compounds, in their order.
pub(super) async fn in_registry(
    tx: &mut dyn ReadTx,
    county: &str,
    compounds: &[Record],
    registered: &Registered,
) -> Result<Vec<InRegistry>, AppError> {
    let sites = sites(tx, county, compounds, registered.as_of()).await?;
    let mut all = Vec::with_capacity(compounds.len());
    for compound in compounds {
        let (formation, residents) = formation_of(tx, county, compound, registered).await?;
        let mut serving: BTreeMap<String, Facts> = BTreeMap::new();
        for resident in residents.into_iter().filter(|it| it.in_service) {
            let (stays, in_service) = (stays(&resident.held), Some(in_service(&resident.held)));
            serving.insert(resident.id, Facts { stays, in_service, ..Facts::default() });
        }
        add_check_ins(tx, county, &mut serving, registered.as_of()).await?;
        let day = registered.as_of().day;
        let came = |it: &&Facts| has_checked_in(it, &compound.id, day);
        let checked_in = serving.values().filter(came).count();
        let households = match &compound.detail {
            Detail::OrgUnit { households, .. } => *households,
            Detail::Branch { .. }
            | Detail::Member { .. }
            | Detail::Post { .. }
            | Detail::Company {}
            | Detail::Project { .. } => None,
        };
        let site_area = compound.parent.as_ref().and_then(|it| sites.get(&it.id).copied());
        let in_service = serving.len();
        all.push(InRegistry { formation, households, in_service, checked_in, site_area });
    }
    Ok(all)
}

/// Whether a member has checked in with the compound of its stay of that day, by that day: as the
/// dual score asks it (M3).
fn has_checked_in(member: &Facts, compound: &str, day: Day) -> bool {
    let rule = CheckInRule {
        first_by: None,
        within_months: 1,
        metric: String::new(),
        finding: String::new(),
    };
    let stints = member.stints(&rule);
    let now = stints.iter().find(|it| it.compound == compound && it.days.contains(day));
    now.and_then(|it| it.checked_in).is_some_and(|it| it <= day)
}

async fn add_check_ins(
    tx: &mut dyn ReadTx,
    county: &str,
    members: &mut BTreeMap<String, Facts>,
    as_of: AsOf,
) -> Result<(), AppError> {
    let ids: Vec<String> = members.keys().cloned().collect();
    for part in ids.chunks(TOGETHER) {
        let query = FactQuery {
            subject_kind: RecordKind::Member.word().to_owned(),
            subjects: part.to_vec(),
            kinds: vec![FactKind::CheckIn],
            periods: Vec::new(),
            from: Day::new(1, 1, 1).unwrap_or(as_of.day),
            until: as_of.day,
            known: as_of.known,
        };
        for row in tx.facts(county, &query).await? {
            let Some(on) = row.fact.on_day else { continue };
            if let Some(member) = members.get_mut(&row.fact.subject) {
                member.check_ins.push(CheckIn { compound: row.fact.item, on });
            }
        }
    }
    Ok(())
}

/// The areas of the sites of the compounds' communities, where they are measured.
async fn sites(
    tx: &mut dyn ReadTx,
    county: &str,
    compounds: &[Record],
    as_of: AsOf,
) -> Result<BTreeMap<String, Decimal>, AppError> {
    let parents = compounds.iter().filter_map(|it| it.parent.as_ref());
    let of = parents.filter(|it| it.kind == RecordKind::Community).map(|it| it.id.clone());
    let ids: Vec<String> = of.collect::<BTreeSet<String>>().into_iter().collect();
    let mut sites = BTreeMap::new();
    for part in ids.chunks(TOGETHER) {
        for found in tx.registered(county, RecordKind::Community.word(), part, as_of).await? {
            let record = Record::from_version(&found.version)?;
            if let Detail::OrgUnit { site_area: Some(area), .. } = &record.detail
                && let Ok(area) = Decimal::parse(area)
            {
                sites.insert(record.id, area);
            }
        }
    }
    Ok(sites)
}

/// What is recorded of compounds in the months and the year: of one figure the latest recorded.
async fn recorded(
    tx: &mut dyn ReadTx,
    county: &str,
    (ids, months): (&[String], &Months),
    known: Moment,
) -> Result<BTreeMap<String, Recorded>, AppError> {
    let metrics = specs::metrics();
    let mut all: BTreeMap<String, Recorded> = BTreeMap::new();
    // The days are not asked of what is of a period.
    let day = Day::new(1, 1, 1).ok_or_else(|| AppError::Internal("no first day".to_owned()))?;
    for part in ids.chunks(TOGETHER) {
        let query = FactQuery {
            subject_kind: RecordKind::Compound.word().to_owned(),
            subjects: part.to_vec(),
            kinds: vec![FactKind::Metric, FactKind::NodeState],
            periods: months.periods(),
            from: day,
            until: day,
            known,
        };
        for row in tx.facts(county, &query).await? {
            let fact = row.fact;
            let own = all.entry(fact.subject).or_default();
            let key = (fact.item, fact.period);
            if fact.kind == FactKind::Metric && metrics.contains(&key.0.as_str()) {
                if let Some(value) = fact.amount_a.and_then(Decimal::from_ten_thousandths) {
                    own.metrics.insert(key, value.into());
                }
            } else if fact.kind == FactKind::NodeState && RECORDED.iter().any(|it| it.id == key.0) {
                // Another state takes its place.
                if fact.name == StateKind::NotApplicable.name() {
                    own.not_applicable.insert(key, fact.detail);
                } else {
                    own.not_applicable.remove(&key);
                }
            }
        }
    }
    Ok(all)
}

/// Puts computed figures into a compound's facts, in the place of recorded ones of these names.
pub(in crate::app) fn put(
    facts: &mut Facts,
    asked: &[Indicator],
    found: Option<Vec<(Indicator, Decimal)>>,
) {
    for it in asked {
        facts.metrics.remove(it.name());
    }
    let found = found.into_iter().flatten();
    facts.metrics.extend(found.map(|(it, value)| (it.name().to_owned(), value)));
}
