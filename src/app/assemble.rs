//! From the ledger to the engine's facts: one subject's rows, as known at a moment, become what the
//! same rows would be on a line of the offline command. One path evaluates both.

use std::collections::BTreeMap;

use super::fact::DecisionDetail;
use crate::{
    domain::{
        exact::Decimal,
        facts::{
            Answers, Entry, Facts, Finding, Import, Sheet, State, StateKind, TieDecision,
            VetoRecord,
        },
        scheme::{Counted, CountedPoints, Counting, NodeKind, Scheme},
        time::{Day, Moment, Period, Window},
    },
    store::{Fact, FactKind, StoreError, StoredFact, Sums},
};

/// The kinds that are read for an evaluation besides point entries.
pub(crate) const EVIDENCE: [FactKind; 8] = [
    FactKind::Sheet,
    FactKind::Ballot,
    FactKind::Survey,
    FactKind::Metric,
    FactKind::Import,
    FactKind::Veto,
    FactKind::Finding,
    FactKind::NodeState,
];

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
        for node in &scheme.nodes {
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
        !self.items.is_empty()
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

/// Puts the ledger's rows of one subject into its facts. Rows come in the order recorded.
pub(crate) fn add_rows(facts: &mut Facts, rows: Vec<StoredFact>) -> Result<(), StoreError> {
    for row in rows {
        let recorded = row.recorded;
        add_row(facts, row.fact, recorded).ok_or_else(|| {
            StoreError::corrupt("facts", format!("row {} does not read back", row.seq))
        })?;
    }
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
fn add_row(facts: &mut Facts, row: Fact, recorded: Moment) -> Option<()> {
    match row.kind {
        FactKind::Entry => {
            let points = match row.amount_b {
                None => None,
                some => Some(amount(some)?),
            };
            facts.entries.push(Entry {
                item: row.item,
                on: row.on_day?,
                times: amount(row.amount_a)?,
                points,
                recorded: Some(recorded),
                rolled_up: false,
                check: None,
            });
        }
        FactKind::Sheet => facts.sheets.push(Sheet {
            item: row.item,
            role: row.name,
            by: some(row.by_whom),
            at: row.at,
            points: amount(row.amount_a)?,
        }),
        FactKind::Ballot => {
            let votes: BTreeMap<String, u64> = serde_json::from_str(&row.detail).ok()?;
            let ballot = facts.ballots.entry(row.item).or_default();
            for (option, count) in votes {
                let sum = ballot.entry(option).or_default();
                *sum = sum.checked_add(count)?;
            }
        }
        FactKind::Survey => {
            let survey = facts.surveys.entry(row.item).or_default();
            let answers = survey.entry(row.name).or_insert(Answers { answered: 0, satisfied: 0 });
            answers.answered = answers.answered.checked_add(count(row.amount_a)?)?;
            answers.satisfied = answers.satisfied.checked_add(count(row.amount_b)?)?;
        }
        FactKind::Metric => {
            facts.metrics.insert(row.item, amount(row.amount_a)?);
        }
        FactKind::Import => {
            let bonus = row.name == "bonus";
            let import = Import { raw: amount(row.amount_a)?, full: amount(row.amount_b)?, bonus };
            facts.imports.insert(row.item, import);
        }
        FactKind::Veto => facts.vetoes.push(VetoRecord {
            item: row.item,
            by: some(row.by_whom),
            from: row.on_day?,
            until: row.until_day,
        }),
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
        FactKind::Decision | FactKind::Reversal => (),
    }
    Some(())
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
