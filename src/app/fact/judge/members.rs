//! What is known for facts about members only: compounds and units' branches (M1, M3), and what may
//! be there once, cases (M6) and units' reports (M1).

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    app::{
        AppError, Outcome, RefusedBecause,
        registry::{BranchForm, Detail, Record, RecordKind},
    },
    domain::time::{Day, Moment, Period},
    store::{AsOf, Fact, FactKind, FactQuery, StoreTx, fact_id},
};

/// How many ids are asked for at once.
const TOGETHER_MAX: usize = 1_000;

/// What may be there once, whatever its source record says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Once {
    /// A case: of a member, its id.
    Case(String, String),
    /// A report: of a member, the unit's branch, the source, the period, when.
    Report(String, [String; 3], Option<Moment>),
}

impl Once {
    fn of(fact: &Fact) -> Option<Self> {
        let subject = || fact.subject.clone();
        if fact.kind == FactKind::Conduct {
            return Some(Self::Case(subject(), fact.item.clone()));
        }
        unit_of(fact).map(|unit| {
            let which = [unit.to_owned(), fact.item.clone(), fact.period.clone()];
            Self::Report(subject(), which, fact.at)
        })
    }

    /// The refusal of another content.
    fn exists(&self, id: &str) -> RefusedBecause {
        match self {
            Self::Case(member, case) => RefusedBecause::Exists {
                reason: "CASE_EXISTS",
                en: format!(
                    "case `{case}` of `{member}` was recorded as `{id}`, with other content"
                ),
                zh: format!("该事项已登记为 {id}，内容不同"),
            },
            Self::Report(_, [unit, ..], _) => RefusedBecause::Exists {
                reason: "REPORT_EXISTS",
                en: format!(
                    "the report of `{unit}` of that moment was recorded as `{id}`, with other content"
                ),
                zh: format!("该单位该时刻的上报已登记为 {id}，内容不同"),
            },
        }
    }
}

/// The unit that an import names, if it names one.
fn unit_of(fact: &Fact) -> Option<&str> {
    let named = fact.kind == FactKind::Import && !fact.by_whom.is_empty();
    named.then_some(fact.by_whom.as_str())
}

/// What a fact says, whoever recorded it and wherever it comes from.
fn said(fact: &Fact) -> Fact {
    Fact {
        source: String::new(),
        source_record: String::new(),
        recorded_by: String::new(),
        reverses: None,
        ..fact.clone()
    }
}

/// What was read before a batch of facts about members is judged.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Compounds that are not registered.
    compounds: BTreeSet<String>,
    /// Units' branches that are not registered as such.
    units: BTreeSet<String>,
    /// Member, unit and period where the one did not belong to the other on any day of the third.
    strangers: BTreeSet<(String, String, String)>,
    /// What may be there once and is there.
    once: BTreeMap<Once, (i64, Fact)>,
}

/// What the facts of a batch name.
#[derive(Debug, Default)]
pub(super) struct Named {
    compounds: BTreeSet<String>,
    units: BTreeSet<String>,
    /// By period, members with the units that report about them.
    reported: BTreeMap<String, BTreeSet<(String, String)>>,
    with_cases: BTreeSet<String>,
}

impl Named {
    /// Takes up what a fact names.
    pub(super) fn take(&mut self, fact: &Fact) {
        if fact.kind == FactKind::CheckIn {
            self.compounds.insert(fact.item.clone());
        }
        if fact.kind == FactKind::Conduct {
            self.with_cases.insert(fact.subject.clone());
        }
        if let Some(unit) = unit_of(fact) {
            self.units.insert(unit.to_owned());
            let of_period = self.reported.entry(fact.period.clone()).or_default();
            of_period.insert((fact.subject.clone(), unit.to_owned()));
        }
    }
}

impl Members {
    /// Reads all that is needed to judge facts that name these.
    pub(super) async fn read(
        tx: &mut dyn StoreTx,
        (county, at): (&str, Moment),
        named: Named,
    ) -> Result<Self, AppError> {
        let mut known = Self::default();
        let day = Day::new(9999, 12, 31);
        let Some(last) = day.map(|day| AsOf { day, known: at }) else { return Ok(known) };
        let Named { compounds, units, reported, with_cases } = named;
        let any = |_: &Record| true;
        known.compounds = missing(tx, county, (RecordKind::Compound, last), compounds, any).await?;
        known.units = missing(tx, county, (RecordKind::Branch, last), units, is_unit).await?;
        for (period, pairs) in reported {
            known.read_strangers(tx, (county, at), &period, pairs).await?;
        }
        known.read_once(tx, (county, at), with_cases, FactKind::Conduct, Vec::new()).await
    }

    /// Who of these never belonged to the unit that reports, in a period; and the reports there are.
    async fn read_strangers(
        &mut self,
        tx: &mut dyn StoreTx,
        (county, at): (&str, Moment),
        period: &str,
        pairs: BTreeSet<(String, String)>,
    ) -> Result<(), AppError> {
        let Ok(days) = Period::parse(period) else { return Ok(()) };
        let members: BTreeSet<String> = pairs.iter().map(|it| it.0.clone()).collect();
        let all: Vec<String> = members.iter().cloned().collect();
        // Nearly everybody is where they were on the last day: that is asked for all at once.
        let mut there: BTreeSet<(String, String)> = BTreeSet::new();
        for part in all.chunks(TOGETHER_MAX) {
            let as_of = AsOf { day: days.last_day(), known: at };
            for found in tx.registered(county, RecordKind::Member.word(), part, as_of).await? {
                let record = Record::from_version(&found.version)?;
                let unit = unit_branch(&record).map(str::to_owned);
                there.extend(unit.map(|unit| (record.id, unit)));
            }
        }
        for (member, unit) in pairs.into_iter().filter(|it| !there.contains(it)) {
            let mut history = Vec::new();
            for stored in tx.registry_history(county, RecordKind::Member.word(), &member).await? {
                history.push(Record::from_version(&stored.version)?);
            }
            if !belonged(&history, &unit, days) {
                self.strangers.insert((member, unit, period.to_owned()));
            }
        }
        let periods = vec![period.to_owned()];
        let read = std::mem::take(self);
        *self = read.read_once(tx, (county, at), members, FactKind::Import, periods).await?;
        Ok(())
    }

    /// Reads what these members have of what may be there once.
    async fn read_once(
        mut self,
        tx: &mut dyn StoreTx,
        (county, known): (&str, Moment),
        members: BTreeSet<String>,
        kind: FactKind,
        periods: Vec<String>,
    ) -> Result<Self, AppError> {
        let (Some(from), Some(until)) = (Day::new(1, 1, 1), Day::new(9999, 12, 31)) else {
            return Ok(self);
        };
        let members: Vec<String> = members.into_iter().collect();
        for part in members.chunks(TOGETHER_MAX) {
            let query = FactQuery {
                subject_kind: RecordKind::Member.word().to_owned(),
                subjects: part.to_vec(),
                kinds: vec![kind],
                periods: periods.clone(),
                from,
                until,
                known,
            };
            for stored in tx.facts(county, &query).await? {
                self.learn(stored.seq, &stored.fact);
            }
        }
        Ok(self)
    }

    /// Takes up a fact that is there.
    pub(super) fn learn(&mut self, seq: i64, fact: &Fact) {
        if let Some(once) = Once::of(fact) {
            self.once.insert(once, (seq, fact.clone()));
        }
    }

    /// What is said to a fact about a member; nothing lets it in.
    pub(super) fn verdict(&self, fact: &Fact) -> Option<Outcome> {
        let once = Once::of(fact);
        if let Some((once, (seq, there))) = once.and_then(|it| self.once.get_key_value(&it)) {
            let id = fact_id(*seq);
            if said(there) == said(fact) {
                return Some(Outcome::Unchanged(id));
            }
            let because = once.exists(&id);
            return Some(Outcome::Refused { id, because });
        }
        let refused = |reason, en, zh: &str| {
            let because = RefusedBecause::State { reason, en, zh: zh.to_owned() };
            Some(Outcome::Refused { id: String::new(), because })
        };
        if fact.kind == FactKind::CheckIn && self.compounds.contains(&fact.item) {
            let en = format!("no compound `{}` is registered", fact.item);
            return refused("COMPOUND_UNKNOWN", en, "小区未登记");
        }
        let unit = unit_of(fact)?;
        if self.units.contains(unit) {
            let en = format!("no branch `{unit}` of a unit is registered");
            return refused("UNIT_UNKNOWN", en, "单位党支部未登记");
        }
        let which = (fact.subject.clone(), unit.to_owned(), fact.period.clone());
        if self.strangers.contains(&which) {
            let (member, _, period) = which;
            let en = format!("`{member}` belonged to `{unit}` on no day of {period}");
            return refused("NOT_OF_THIS_UNIT", en, "该党员在该周期内不属于该单位党支部");
        }
        None
    }
}

fn is_unit(record: &Record) -> bool {
    matches!(record.detail, Detail::Branch { form: BranchForm::UnitBranch, .. })
}

fn unit_branch(record: &Record) -> Option<&str> {
    match &record.detail {
        Detail::Member { unit_branch, .. } => unit_branch.as_deref(),
        Detail::OrgUnit { .. }
        | Detail::Branch { .. }
        | Detail::Post { .. }
        | Detail::Company {}
        | Detail::Project { .. } => None,
    }
}

/// Those of these ids that no version of a record is as asked for. Those that have not ended are found
/// by one statement, the few others by their history.
async fn missing(
    tx: &mut dyn StoreTx,
    county: &str,
    (kind, as_of): (RecordKind, AsOf),
    ids: BTreeSet<String>,
    wanted: fn(&Record) -> bool,
) -> Result<BTreeSet<String>, AppError> {
    let ids: Vec<String> = ids.into_iter().collect();
    let mut missing: BTreeSet<String> = ids.iter().cloned().collect();
    for part in ids.chunks(TOGETHER_MAX) {
        for found in tx.registered(county, kind.word(), part, as_of).await? {
            if wanted(&Record::from_version(&found.version)?) {
                missing.remove(&found.version.id);
            }
        }
    }
    for id in missing.clone() {
        for found in tx.registry_history(county, kind.word(), &id).await? {
            if wanted(&Record::from_version(&found.version)?) {
                missing.remove(&id);
            }
        }
    }
    Ok(missing)
}

/// Whether a member belonged to a unit on a day of a period, by the versions of its record: they come
/// by first day, then in the order recorded, and each holds until the next one's first day.
fn belonged(history: &[Record], unit: &str, period: Period) -> bool {
    let mut versions = history.iter().peekable();
    while let Some(version) = versions.next() {
        let next = versions.peek().map(|it| it.from);
        let first = version.from.max(period.first_day());
        let holds = first <= period.last_day()
            && next.is_none_or(|it| first < it)
            && version.until.is_none_or(|it| first <= it);
        if holds && unit_branch(version) == Some(unit) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::registry::{Attributes, MemberStatus};

    fn version(from: &str, until: Option<&str>, unit: &str) -> Record {
        Record {
            kind: RecordKind::Member,
            id: "m".to_owned(),
            name: String::new(),
            erased: false,
            parent: None,
            from: Day::parse(from).unwrap(),
            until: until.map(|it| Day::parse(it).unwrap()),
            attributes: Attributes::new(),
            detail: Detail::Member {
                building: None,
                formality: None,
                compound: None,
                directly_managed: false,
                status: MemberStatus::InService,
                unit_branch: Some(unit.to_owned()),
            },
        }
    }

    #[test]
    fn a_version_holds_until_the_next_one_begins_or_it_ends() {
        let history = [
            version("2021-01-01", None, "a"),
            version("2022-03-01", None, "wrong"),
            version("2022-03-01", Some("2022-05-31"), "b"),
            version("2023-01-01", None, "c"),
        ];
        let in_period = |period: &str| {
            let period = Period::parse(period).unwrap();
            let all = ["a", "b", "c", "wrong"].into_iter();
            all.filter(|it| belonged(&history, it, period)).collect::<Vec<_>>()
        };
        assert_eq!(in_period("2020"), [""; 0]);
        assert_eq!(in_period("2021"), ["a"]);
        assert_eq!(in_period("2022"), ["a", "b"]);
        assert_eq!(in_period("2022-03"), ["b"], "the later recorded of one day");
        assert_eq!(in_period("2022-Q3"), [""; 0], "it ended");
        assert_eq!(in_period("2023-Q1"), ["c"]);
    }
}
