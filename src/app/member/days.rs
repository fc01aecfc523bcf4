//! What members owe by days: check-ins (M3), and conduct that is to be put right (M6). Read from the
//! ledger whatever the day of a fact, since only the dates in them decide.

use std::collections::BTreeMap;

use super::stints;
use crate::{
    app::{
        App, AppError, assemble,
        registry::as_of,
        timeline::{Held, stays, timelines, units},
    },
    domain::{
        facts::{ConductCase, ConductStanding, Facts, Span, Stint},
        scheme::CheckInRule,
        time::{Day, Moment},
    },
    store::{AsOf, FactKind, FactQuery, ReadTx, StoredFact, fact_id},
};

/// Where a listing goes on: the member at which it stopped, and how many of its entries were told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// The member; empty at the beginning.
    pub member: String,
    /// How many of its entries.
    pub entries: usize,
}

/// A late or missing check-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateCheckIn {
    /// The member.
    pub member: String,
    /// The unit's branch on the last late day.
    pub unit: Option<String>,
    /// The run of days.
    pub stint: Stint,
    /// The late days.
    pub late: Span,
    /// Where a listing goes on after it.
    pub told: Told,
}

/// Which late check-ins are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateAsked {
    /// The rule of check-in.
    pub rule: CheckInRule,
    /// Only with late days on or after this day.
    pub from: Option<Day>,
    /// The day up to which lateness is counted.
    pub until: Day,
    /// Only members of this unit on the last late day.
    pub unit: Option<String>,
    /// Only late in this compound.
    pub compound: Option<String>,
    /// As known at this moment.
    pub known: Moment,
}

/// A case of negative conduct, with all that was recorded about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conduct {
    /// The member.
    pub member: String,
    /// The dates that decide.
    pub case: ConductCase,
    /// What it is, as `duties`.
    pub what: String,
    /// When it was found not to be put right.
    pub not_put_right: Option<Day>,
    /// Since when it is exposed on the compound's board.
    pub exposed: Option<Day>,
    /// When it was reported to the unit.
    pub reported: Option<Day>,
    /// The fact that records it.
    pub fact: String,
    /// Where a listing goes on after it.
    pub told: Told,
}

/// Which cases are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConductAsked {
    /// Only of this member.
    pub member: Option<String>,
    /// Only of members of this unit on the day.
    pub unit: Option<String>,
    /// Only of members who live in this compound on the day.
    pub compound: Option<String>,
    /// Only with these standings; empty for any.
    pub standings: Vec<ConductStanding>,
    /// The day on which they stand so.
    pub day: Day,
    /// As known at this moment.
    pub known: Moment,
}

/// The rows of some kinds about members, whatever their days, by member.
pub(super) async fn rows_of_all_days(
    tx: &mut dyn ReadTx,
    county: &str,
    members: &[String],
    kinds: &[FactKind],
    known: Moment,
) -> Result<BTreeMap<String, Vec<StoredFact>>, AppError> {
    let ends = (Day::new(1, 1, 1), Day::new(9999, 12, 31));
    let (Some(from), Some(until)) = ends else { return Ok(BTreeMap::new()) };
    let query = FactQuery {
        subject_kind: "member".to_owned(),
        subjects: members.to_vec(),
        kinds: kinds.to_vec(),
        periods: Vec::new(),
        from,
        until,
        known,
    };
    let mut by_member: BTreeMap<String, Vec<StoredFact>> = BTreeMap::new();
    for row in tx.facts(county, &query).await? {
        by_member.entry(row.fact.subject.clone()).or_default().push(row);
    }
    Ok(by_member)
}

/// A member's check-ins.
pub(super) async fn check_ins(
    tx: &mut dyn ReadTx,
    county: &str,
    members: &[String],
    known: Moment,
) -> Result<BTreeMap<String, Facts>, AppError> {
    let kinds = [FactKind::CheckIn];
    let rows = rows_of_all_days(tx, county, members, &kinds, known).await?;
    let facts = rows.into_iter().map(|(member, rows)| {
        let mut facts = Facts::default();
        assemble::add_rows(&mut facts, rows)?;
        Ok((member, facts))
    });
    facts.collect()
}

fn place_on(stays: &[crate::domain::facts::Stay], day: Day) -> Option<String> {
    stays.iter().find(|it| it.days.contains(day)).map(|it| it.place.clone())
}

impl App {
    /// Late and missing check-ins of members registered on a day, by member and first day.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn late_check_ins(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        asked: &LateAsked,
        (told, limit): (&Told, usize),
    ) -> Result<Vec<LateCheckIn>, AppError> {
        let on = as_of(asked.until, asked.known);
        let mut found = Vec::new();
        let mut members = self.members_from(tx, county, on, told).await?;
        while let Some(last) = members.keys().last().cloned() {
            let ids: Vec<String> = members.keys().cloned().collect();
            let mut facts = check_ins(tx, county, &ids, asked.known).await?;
            for (member, held) in &members {
                let own = facts.remove(member).unwrap_or_default();
                found.extend(late(member, held, own, asked).into_iter().skip(told.skips(member)));
            }
            if found.len() >= limit {
                break;
            }
            members = self.member_days(tx, county, on, &last).await?;
        }
        Ok(found)
    }

    /// Cases of negative conduct, by member and then by case.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn conduct(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        asked: &ConductAsked,
        (told, limit): (&Told, usize),
    ) -> Result<Vec<Conduct>, AppError> {
        let on = as_of(asked.day, asked.known);
        let mut found = Vec::new();
        let mut members = match &asked.member {
            Some(member) => {
                timelines(tx, county, "member", std::slice::from_ref(member), asked.known).await?
            }
            None => self.members_from(tx, county, on, told).await?,
        };
        while let Some(last) = members.keys().last().cloned() {
            let ids: Vec<String> = members.keys().cloned().collect();
            let kinds = [FactKind::Conduct, FactKind::ConductStep];
            let mut rows = rows_of_all_days(tx, county, &ids, &kinds, asked.known).await?;
            for (member, held) in &members {
                let rows = rows.remove(member).unwrap_or_default();
                if asked.takes_member(held) {
                    let own = cases(member, rows).into_iter().filter(|it| asked.takes(it));
                    let numbered = (1..).zip(own).map(|(entries, it)| Conduct {
                        told: Told { member: member.clone(), entries },
                        ..it
                    });
                    found.extend(numbered.skip(told.skips(member)));
                }
            }
            if asked.member.is_some() || found.len() >= limit {
                break;
            }
            members = self.member_days(tx, county, on, &last).await?;
        }
        Ok(found)
    }

    /// The members with whom a listing goes on: the one at which it stopped, or the first ones.
    async fn members_from(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        on: AsOf,
        told: &Told,
    ) -> Result<BTreeMap<String, Vec<Held>>, AppError> {
        if told.member.is_empty() {
            return self.member_days(tx, county, on, "").await;
        }
        timelines(tx, county, "member", std::slice::from_ref(&told.member), on.known).await
    }
}

impl Told {
    fn skips(&self, member: &str) -> usize {
        if self.member == member { self.entries } else { 0 }
    }
}

impl ConductAsked {
    fn takes_member(&self, held: &[Held]) -> bool {
        let on = |stays: &[_], id: &String| place_on(stays, self.day).as_ref() == Some(id);
        self.unit.as_ref().is_none_or(|it| on(&units(held), it))
            && self.compound.as_ref().is_none_or(|it| on(&stays(held), it))
    }

    fn takes(&self, conduct: &Conduct) -> bool {
        self.standings.is_empty() || self.standings.contains(&conduct.case.standing(Some(self.day)))
    }
}

fn late(member: &str, held: &[Held], facts: Facts, asked: &LateAsked) -> Vec<LateCheckIn> {
    let units = units(held);
    let own = stints(held, facts, &asked.rule).into_iter().filter_map(|stint| {
        let late = stint.late(Some(asked.until))?;
        let last = late.until.unwrap_or(asked.until);
        let unit = place_on(&units, last);
        let here = asked.from.is_none_or(|it| it <= last)
            && asked.compound.as_ref().is_none_or(|it| *it == stint.compound)
            && (asked.unit.is_none() || asked.unit == unit);
        here.then_some((unit, stint, late))
    });
    let numbered = (1..).zip(own).map(|(entries, (unit, stint, late))| {
        let told = Told { member: member.to_owned(), entries };
        LateCheckIn { member: member.to_owned(), unit, stint, late, told }
    });
    numbered.collect()
}

/// A member's cases with their steps. Of several steps of one kind the earliest day holds; a step
/// without its case says nothing yet.
fn cases(member: &str, rows: Vec<StoredFact>) -> Vec<Conduct> {
    let (of_cases, steps): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|it| it.fact.kind == FactKind::Conduct);
    let mut cases: BTreeMap<String, Conduct> = BTreeMap::new();
    for StoredFact { seq, fact, .. } in of_cases {
        let Some(on) = fact.on_day else { continue };
        let case = ConductCase {
            case: fact.item.clone(),
            on,
            put_right_by: fact.until_day,
            put_right: None,
        };
        let conduct = Conduct {
            member: member.to_owned(),
            case,
            what: fact.name,
            not_put_right: None,
            exposed: None,
            reported: None,
            fact: fact_id(seq),
            told: Told::default(),
        };
        cases.insert(fact.item, conduct);
    }
    for StoredFact { fact, .. } in steps {
        let (Some(conduct), Some(on)) = (cases.get_mut(&fact.item), fact.on_day) else { continue };
        let day = match fact.name.as_str() {
            "put_right" => &mut conduct.case.put_right,
            "not_put_right" => &mut conduct.not_put_right,
            "exposed" => &mut conduct.exposed,
            "reported" => &mut conduct.reported,
            _ => continue,
        };
        *day = Some(day.map_or(on, |it| it.min(on)));
    }
    cases.into_values().collect()
}
