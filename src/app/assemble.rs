//! From the ledger to the engine's facts: one subject's rows, as known at a moment, become what the
//! same rows would be on a line of the offline command. One path evaluates both.

use std::collections::BTreeMap;

use super::fact::DecisionDetail;
use crate::{
    domain::{
        exact::Decimal,
        facts::{
            Answers, CheckIn, ConductCase, Entry, EntryCheck, Facts, Finding, Import, Proposal,
            Sheet, State, StateKind, TieDecision, UnitImport, VetoRecord, VetoStep, VetoStepKind,
        },
        scheme::{Counted, CountedPoints, Counting, NodeKind, Scheme},
        time::{Day, Moment, Period, Window},
    },
    store::{Fact, FactKind, StoreError, StoredFact, Sums, fact_seq},
};

/// The kinds that are read for an evaluation besides point entries.
pub(crate) const EVIDENCE: [FactKind; 9] = [
    FactKind::Sheet,
    FactKind::Proposal,
    FactKind::Ballot,
    FactKind::Survey,
    FactKind::Metric,
    FactKind::Import,
    FactKind::Veto,
    FactKind::Finding,
    FactKind::NodeState,
];

/// The kinds that are read where single entries are.
pub(crate) const ENTRIES: [FactKind; 2] = [FactKind::Entry, FactKind::EntryCheck];

/// The kinds that a scheme asks for whatever their days are: what follows from days may follow from
/// days long before the period.
pub(crate) fn of_all_time(scheme: &Scheme) -> Vec<FactKind> {
    let mut kinds = Vec::new();
    kinds.extend(scheme.check_in.is_some().then_some(FactKind::CheckIn));
    if scheme.conduct.is_some() {
        kinds.extend([FactKind::Conduct, FactKind::ConductStep]);
    }
    kinds.extend((!scheme.vetoes.is_empty()).then_some(FactKind::VetoStep));
    kinds
}

/// How the entries of a scheme's items can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The items that sums per month can serve, with the limits on each entry.
    items: Vec<(String, CountedPoints)>,
    /// Whether some item needs single entries whatever they are.
    pub(crate) ledger: bool,
    /// How many months before the period an entry can still count.
    pub(crate) months_before: u32,
}

impl Reading {
    /// What a scheme needs.
    pub(crate) fn of(scheme: &Scheme) -> Self {
        let mut reading = Self { items: Vec::new(), ledger: false, months_before: 0 };
        if let Some(scheduled) = scheme.scheduled() {
            // Which items there are, a compound's own schedule says.
            reading.ledger = true;
            reading.months_before = scheduled.valid_at_most.unwrap_or(0);
        }
        for node in &scheme.nodes {
            if let NodeKind::Scheduled(scheduled) = &node.kind {
                let months = scheduled.valid_at_most.unwrap_or(0);
                reading.months_before = reading.months_before.max(months);
                reading.ledger = true;
            }
            let NodeKind::Counted(counted) = &node.kind else { continue };
            reading.months_before = reading.months_before.max(counted.valid_months.unwrap_or(0));
            let points = match &counted.counting {
                Counting::Tiers(_) => CountedPoints::Fixed(Decimal::ONE),
                Counting::Each { points, .. } => *points,
            };
            reading.items.push((node.id.clone(), points));
            reading.ledger = reading.ledger || needs_entries(counted);
        }
        reading
    }

    /// Whether the scheme counts entries at all.
    pub(crate) fn counts(&self) -> bool {
        self.ledger || !self.items.is_empty()
    }

    /// The sums of a subject's entries, as they would be rolled up; nothing where a sum leaves its
    /// range.
    pub(crate) fn sums(rows: &[StoredFact]) -> Option<Sums> {
        let mut sums = Sums::default();
        for StoredFact { fact, .. } in rows {
            sums.add(&fact.item, fact.on_day?, fact.amount_a?, fact.amount_b)?;
        }
        Some(sums)
    }

    /// The entries that a subject's sums of a year stand for; nothing where only the ledger will do.
    pub(crate) fn rolled_up(&self, sums: &Sums, period: Period) -> Option<Vec<Entry>> {
        let mut entries = Vec::new();
        for (item, points) in &self.items {
            for (month, cell) in sums.months(item) {
                let on = Day::new(period.year(), i64::from(month), 1)?;
                if !period.contains(on) {
                    continue;
                }
                let times = match points {
                    CountedPoints::Fixed(_) => cell.times.checked_mul(100)?,
                    CountedPoints::Entered { each } => {
                        let (least, greatest) = cell.points?;
                        let held = |(l, h): (Decimal, Decimal)| {
                            let own = Decimal::from_ten_thousandths;
                            own(least).is_none_or(|it| it < l)
                                || own(greatest).is_none_or(|it| it > h)
                        };
                        if cell.with_points != cell.entries || each.is_some_and(held) {
                            return None;
                        }
                        (cell.product.checked_rem(100)? == 0)
                            .then(|| cell.product.checked_div(100))
                            .flatten()?
                    }
                };
                let times = Decimal::from_millionths(i64::try_from(times).ok()?)?;
                let item = item.clone();
                entries.push(Entry {
                    item,
                    on,
                    times,
                    points: None,
                    recorded: None,
                    rolled_up: true,
                    check: None,
                });
            }
        }
        Some(entries)
    }
}

/// Whether an item's rule looks at single entries or single days.
fn needs_entries(counted: &Counted) -> bool {
    let repeats = match &counted.counting {
        Counting::Each { repeats, .. } => !repeats.is_empty(),
        Counting::Tiers(_) => false,
    };
    repeats || counted.valid_months.is_some() || counted.caps.iter().any(|it| it.per == Window::Day)
}

/// What rows say about other rows, which may have been recorded before them or after.
#[derive(Debug, Default)]
struct Told {
    /// Where the entry of a row stands.
    entries: BTreeMap<i64, usize>,
    /// The latest check of an entry's row: which row says it, and what.
    checks: BTreeMap<i64, (i64, EntryCheck)>,
    /// The earliest day on which a case was put right.
    put_right: BTreeMap<String, Day>,
    /// Where the veto of a row stands.
    vetoes: BTreeMap<i64, usize>,
    /// What became of a veto's row.
    veto_steps: Vec<(i64, VetoStep)>,
}

impl Told {
    fn check(&mut self, entry: i64, seq: i64, check: EntryCheck) {
        let latest = self.checks.entry(entry).or_insert((seq, check));
        if latest.0 <= seq {
            *latest = (seq, check);
        }
    }

    fn put_right(&mut self, case: String, on: Day) {
        let earliest = self.put_right.entry(case).or_insert(on);
        *earliest = on.min(*earliest);
    }

    /// Joins it all, so that the facts are the same in whatever order their rows were recorded.
    fn join(self, facts: &mut Facts) {
        for (row, index) in self.entries {
            let check = self.checks.get(&row).map(|it| it.1);
            if let Some(entry) = facts.entries.get_mut(index) {
                entry.check = check;
            }
        }
        for (row, step) in self.veto_steps {
            let index = self.vetoes.get(&row);
            if let Some(veto) = index.and_then(|it| facts.vetoes.get_mut(*it)) {
                veto.steps.push(step);
            }
        }
        facts.vetoes.iter_mut().for_each(|it| it.steps.sort_unstable());
        for case in &mut facts.conduct {
            case.put_right = self.put_right.get(&case.case).copied();
        }
        facts.conduct.sort_by(|a, b| (a.on, &a.case).cmp(&(b.on, &b.case)));
        facts.check_ins.sort_by(|a, b| (a.on, &a.compound).cmp(&(b.on, &b.compound)));
        for reports in facts.unit_imports.values_mut() {
            // Two of one unit and moment stay in the order recorded; none such are let in.
            reports.sort_by(|a, b| (&a.unit, a.at).cmp(&(&b.unit, b.at)));
        }
    }
}

/// Puts the ledger's rows of one subject into its facts. Rows of one kind come in the order recorded.
pub(crate) fn add_rows(facts: &mut Facts, rows: Vec<StoredFact>) -> Result<(), StoreError> {
    let mut told = Told::default();
    for row in rows {
        let seq = row.seq;
        add_row((facts, &mut told), row)
            .ok_or_else(|| StoreError::corrupt("facts", format!("row {seq} does not read back")))?;
    }
    told.join(facts);
    facts.prepare();
    Ok(())
}

fn amount(value: Option<i64>) -> Option<Decimal> {
    value.and_then(Decimal::from_ten_thousandths)
}

fn count(value: Option<i64>) -> Option<u64> {
    value.and_then(|it| u64::try_from(it).ok())
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|it| !it.is_empty())
}

/// One row. Ballots and surveys of several rows add up; of figures, marks and states the latest
/// recorded holds.
fn add_row((facts, told): (&mut Facts, &mut Told), row: StoredFact) -> Option<()> {
    let StoredFact { seq, recorded, fact: row, .. } = row;
    match row.kind {
        FactKind::Entry => {
            told.entries.insert(seq, facts.entries.len());
            facts.entries.push(entry(row, recorded)?);
        }
        FactKind::Sheet => facts.sheets.push(Sheet {
            item: row.item,
            role: row.name,
            by: some(row.by_whom),
            at: row.at,
            points: amount(row.amount_a)?,
        }),
        FactKind::Proposal => facts.proposals.push(proposal(row)?),
        FactKind::Ballot => add_ballot(facts, row)?,
        FactKind::Survey => {
            let survey = facts.surveys.entry(row.item).or_default();
            let answers = survey.entry(row.name).or_insert(Answers { answered: 0, satisfied: 0 });
            answers.answered = answers.answered.checked_add(count(row.amount_a)?)?;
            answers.satisfied = answers.satisfied.checked_add(count(row.amount_b)?)?;
        }
        FactKind::Metric => {
            facts.metrics.insert(row.item, amount(row.amount_a)?);
        }
        FactKind::Import => add_import(facts, row)?,
        FactKind::Veto => {
            told.vetoes.insert(seq, facts.vetoes.len());
            facts.vetoes.push(veto(row)?);
        }
        FactKind::VetoStep => told.veto_steps.extend(veto_step(&row)?),
        FactKind::Finding => {
            facts.findings.push(Finding {
                fact: row.item,
                from: row.on_day?,
                until: row.until_day,
            });
        }
        FactKind::NodeState => {
            let kind = StateKind::ALL.into_iter().find(|it| it.name() == row.name)?;
            facts.states.insert(row.item, State { kind, reason: some(row.detail) });
        }
        FactKind::CheckIn => {
            facts.check_ins.push(CheckIn { compound: row.item, on: row.on_day? });
        }
        FactKind::Conduct => facts.conduct.push(ConductCase {
            case: row.item,
            on: row.on_day?,
            put_right_by: row.until_day,
            put_right: None,
        }),
        FactKind::ConductStep if row.name == "put_right" => told.put_right(row.item, row.on_day?),
        FactKind::EntryCheck => told.check(fact_seq(&row.item)?, seq, check(&row.name)?),
        FactKind::ConductStep
        | FactKind::Objection
        | FactKind::Answer
        | FactKind::Decision
        | FactKind::Reversal => (),
    }
    Some(())
}

/// A value that a level gave (S2).
pub(crate) fn proposal(row: Fact) -> Option<Proposal> {
    let (by, reason) = (some(row.by_whom), some(row.detail));
    let points = amount(row.amount_a)?;
    Some(Proposal { item: row.item, level: row.name, by, at: row.at, points, reason })
}

fn add_ballot(facts: &mut Facts, row: Fact) -> Option<()> {
    let votes: BTreeMap<String, u64> = serde_json::from_str(&row.detail).ok()?;
    if row.amount_a.is_some() {
        facts.eligible.insert(row.item.clone(), count(row.amount_a)?);
    }
    let ballot = facts.ballots.entry(row.item).or_default();
    for (option, count) in votes {
        let sum = ballot.entry(option).or_default();
        *sum = sum.checked_add(count)?;
    }
    Some(())
}

/// Marks of another system, of a unit's branch where one is named.
fn add_import(facts: &mut Facts, row: Fact) -> Option<()> {
    let bonus = row.name == "bonus";
    let marks = Import { raw: amount(row.amount_a)?, full: amount(row.amount_b)?, bonus };
    if row.by_whom.is_empty() {
        facts.imports.insert(row.item, marks);
    } else {
        let reports = facts.unit_imports.entry(row.item).or_default();
        reports.push(UnitImport { unit: row.by_whom, at: row.at, marks });
    }
    Some(())
}

fn entry(row: Fact, recorded: Moment) -> Option<Entry> {
    let points = match row.amount_b {
        None => None,
        some => Some(amount(some)?),
    };
    Some(Entry {
        item: row.item,
        on: row.on_day?,
        times: amount(row.amount_a)?,
        points,
        recorded: Some(recorded),
        rolled_up: false,
        check: None,
    })
}

/// A veto without what became of it.
pub(crate) fn veto(row: Fact) -> Option<VetoRecord> {
    let (by, from, until) = (some(row.by_whom), row.on_day?, row.until_day);
    let (steps, of_holder) = (Vec::new(), None);
    Some(VetoRecord { item: row.item, by, from, until, steps, of_holder })
}

/// A step with the row of its veto; none inside where it changes no days.
#[expect(
    clippy::option_option,
    reason = "a row that does not read back, and one that says nothing"
)]
pub(crate) fn veto_step(row: &Fact) -> Option<Option<(i64, VetoStep)>> {
    let step = VetoStep { kind: VetoStepKind::named(&row.name)?, on: row.on_day? };
    let of = fact_seq(&row.item)?;
    Some(step.kind.moves().then_some((of, step)))
}

fn check(word: &str) -> Option<EntryCheck> {
    match word {
        "confirmed" => Some(EntryCheck::Confirmed),
        "refused" => Some(EntryCheck::Refused),
        _ => None,
    }
}

/// The decisions about a scheme's ties, in the order recorded.
pub(crate) fn decisions(
    rows: Vec<StoredFact>,
    scheme: &str,
) -> Result<Vec<TieDecision>, StoreError> {
    let rows = rows.into_iter().filter(|it| it.fact.item == scheme);
    rows.map(|row| {
        let detail: DecisionDetail = serde_json::from_str(&row.fact.detail)
            .map_err(|why| StoreError::corrupt("facts.detail", why))?;
        Ok(TieDecision {
            grade: row.fact.name,
            within: detail.within,
            order: detail.order,
            by: some(row.fact.by_whom),
            reason: some(detail.reason),
        })
    })
    .collect()
}

/// States and evidence that a scheme does not know belong to other schemes: they are left out
/// before the scheme looks at the facts.
pub(crate) fn keep_known(facts: &mut Facts, scheme: &Scheme) {
    facts.states.retain(|id, _| scheme.nodes.iter().any(|it| it.id == *id));
}

#[cfg(test)]
mod tests;
