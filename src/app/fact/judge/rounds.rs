//! Sheets that an assessment round expects: while it is open they are handed in there and nowhere else,
//! and afterwards they come with a reason (P2).

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    app::{
        AppError, RefusedBecause,
        round::{SOURCE, items_of, source_record},
        scheme::Plans,
    },
    domain::time::Moment,
    store::{Fact, FactKind, RoundHeader, SheetKey, StoreTx},
};

/// Later than every moment there is.
const ALWAYS: Moment = Moment::from_micros(i64::MAX);
/// How many subjects are looked up at once.
const TOGETHER_MAX: usize = 500;

/// A round with the items that a role assesses in it.
#[derive(Debug)]
struct Expecting {
    header: RoundHeader,
    /// By role.
    items: BTreeMap<String, BTreeSet<String>>,
}

/// The rounds that expect sheets about the subjects of a batch.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    by_id: BTreeMap<String, Expecting>,
    /// By subject and role, the rounds.
    expected: BTreeMap<(String, String), BTreeSet<String>>,
    /// Sheets of closed rounds that stand in the ledger, by what their facts name as their source.
    standing: BTreeSet<String>,
}

/// Whether a fact is a sheet that comes from elsewhere than from a round.
fn is_direct(fact: &Fact) -> bool {
    fact.kind == FactKind::Sheet && fact.source != SOURCE
}

/// What the fact of a round's sheet names as its source.
fn source_of(round: &str, fact: &Fact) -> String {
    let key = SheetKey {
        role: fact.name.clone(),
        assessor: fact.by_whom.clone(),
        subject: fact.subject.clone(),
    };
    source_record(round, &key, &fact.item)
}

impl Rounds {
    /// Reads the rounds that expect any of these sheets.
    pub(super) async fn read(
        tx: &mut dyn StoreTx,
        plans: &Plans,
        county: &str,
        facts: &[&Fact],
    ) -> Result<Self, AppError> {
        let subjects: BTreeSet<String> =
            facts.iter().filter(|it| is_direct(it)).map(|it| it.subject.clone()).collect();
        let subjects: Vec<String> = subjects.into_iter().collect();
        let mut all = Self::default();
        for part in subjects.chunks(TOGETHER_MAX) {
            for sheet in tx.sheets_about(county, ALWAYS, part).await? {
                let role = sheet.key.role;
                if !all.learn(tx, plans, (county, &sheet.round_id), &role).await? {
                    continue;
                }
                let of = all.expected.entry((sheet.key.subject, role)).or_default();
                of.insert(sheet.round_id);
            }
        }
        all.read_standing(tx, county, facts).await?;
        Ok(all)
    }

    /// Reads which of these sheets stand in the ledger as a round recorded them.
    async fn read_standing(
        &mut self,
        tx: &mut dyn StoreTx,
        county: &str,
        facts: &[&Fact],
    ) -> Result<(), AppError> {
        let mut sources: BTreeSet<String> = BTreeSet::new();
        for fact in facts.iter().filter(|it| is_direct(it)) {
            let key = (fact.subject.clone(), fact.name.clone());
            let rounds = self.expected.get(&key).into_iter().flatten();
            sources.extend(rounds.map(|id| source_of(id, fact)));
        }
        let sources: Vec<String> = sources.into_iter().collect();
        for part in sources.chunks(TOGETHER_MAX) {
            let found = tx.facts_by_source_record(county, part).await?.into_iter();
            let standing = found.filter(|it| it.reversed.is_none() && it.fact.source == SOURCE);
            self.standing.extend(standing.map(|it| it.fact.source_record));
        }
        Ok(())
    }

    /// Reads a round and what a role assesses in it, once; whether it is there.
    async fn learn(
        &mut self,
        tx: &mut dyn StoreTx,
        plans: &Plans,
        (county, id): (&str, &str),
        role: &str,
    ) -> Result<bool, AppError> {
        if !self.by_id.contains_key(id) {
            let Some(header) = tx.round(county, id).await? else { return Ok(false) };
            let items = BTreeMap::new();
            self.by_id.insert(id.to_owned(), Expecting { header, items });
        }
        let Some(round) = self.by_id.get_mut(id) else { return Ok(false) };
        if !round.items.contains_key(role) {
            let RoundHeader { scheme_id, version, .. } = &round.header;
            let Some(published) = tx.scheme(county, scheme_id, *version).await? else {
                return Ok(false);
            };
            let plan = plans.plan(&published)?;
            let items = items_of(&plan, role).into_iter().map(|it| it.0).collect();
            round.items.insert(role.to_owned(), items);
        }
        Ok(true)
    }

    /// Why a round does not let a sheet in, if one does not: one that is open lets none in, one that is
    /// closed lets those in that say why they are late.
    pub(super) fn refuses(&self, fact: &Fact) -> Option<RefusedBecause> {
        if !is_direct(fact) {
            return None;
        }
        let expecting = self.expected.get(&(fact.subject.clone(), fact.name.clone()))?;
        for id in expecting {
            let Some(round) = self.by_id.get(id) else { continue };
            let header = &round.header;
            let same = header.period == fact.period && header.subject_kind == fact.subject_kind;
            let assessed = round.items.get(&fact.name).is_some_and(|it| it.contains(&fact.item));
            if !same || !assessed {
                continue;
            }
            let role = &fact.name;
            if header.closed.is_none() {
                return Some(RefusedBecause::State {
                    reason: "SHEET_IN_ROUND",
                    en: format!(
                        "round `{id}` is open and expects it of `{role}`: hand it in there"
                    ),
                    zh: format!("考核轮次 {id} 进行中，{role} 的打分须在该轮次内提交"),
                });
            }
            if self.standing.contains(&source_of(id, fact)) {
                return Some(RefusedBecause::State {
                    reason: "SHEET_IN_ROUND",
                    en: format!("round `{id}` recorded this sheet: reverse that fact first"),
                    zh: format!("考核轮次 {id} 已登记该打分，须先冲销"),
                });
            }
            if fact.late_reason.is_empty() {
                return Some(RefusedBecause::State {
                    reason: "SHEET_IN_ROUND",
                    en: format!(
                        "round `{id}` expected it of `{role}` and is closed: say why it is late"
                    ),
                    zh: format!("考核轮次 {id} 已结束，{role} 的打分补报须说明理由"),
                });
            }
        }
        None
    }
}
