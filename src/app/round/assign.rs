//! Who assesses whom: the expected sheets of a round.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    ALWAYS, Holder, Organiser, RoundView, SOURCE, TOGETHER_MAX, items_of, mark, sheets,
    state::all_sheets,
};
use crate::{
    app::{
        App, AppError, Done, FieldFault, Write, fact::unregistered, registry::as_of, run::period_of,
    },
    domain::{engine::Plan, time::Moment},
    store::{
        FactKind, FactQuery, RevisionState, RoundHeader, RoundSheet, SheetKey, StoreTx, StoredFact,
        fact_id,
    },
};

/// The most sheets of a round, ...
const SHEETS_MAX: usize = 10_000;
/// ... and the most items on them: so many facts the closing records in one transaction.
const ITEMS_MAX: usize = 50_000;

/// One assessor's sheets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The assessor.
    pub assessor: String,
    /// The role.
    pub role: String,
    /// Whose they are to write.
    pub holder: Holder,
    /// The subjects.
    pub subjects: Vec<String>,
    /// Whether the round can be closed without them.
    pub optional: bool,
}

/// What was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// How many sheets are expected now that were not.
    pub recorded: usize,
    /// How many were expected already.
    pub unchanged: usize,
}

impl App {
    /// Adds expected sheets to an open round, all or none; `encode` makes the answer.
    ///
    /// # Errors
    /// Every fault at once: `UNKNOWN_ROLE`, `HOLDER_KIND_INVALID`, `HOLDER_UNKNOWN`, `ASSESSOR_HELD`,
    /// `SUBJECT_UNKNOWN`, `SHEET_EXPECTED`, `SHEET_IN_ROUND`; `ROUND_TOO_LARGE`; the round is not
    /// there, or closed; those of every write.
    pub async fn add_assignments(
        &self,
        call: Write,
        organiser: Organiser,
        (round, asked): (String, Vec<Assignment>),
        encode: impl Fn(&Added) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), organiser, round, asked, plans, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, organiser, round, asked, plans, encode) = &*shared;
                let county = &call.county;
                let view = RoundView::open(tx, county, round, organiser).await?;
                let plan = view.plan(tx, county, plans).await?;
                let new = Adding { view: &view, plan: &plan, call, at }.judge(tx, asked).await?;
                let total = asked.iter().flat_map(|it| &it.subjects).count();
                let added =
                    Added { recorded: new.len(), unchanged: total.saturating_sub(new.len()) };
                fits(tx, county, (&view.header.round_id, &plan), &new).await?;
                let effect = (!new.is_empty()).then(|| sheets(round, &new));
                tx.insert_round_sheets(county, &new).await?;
                Ok(Done { response: encode(&added), effects: effect.into_iter().collect() })
            })
        })
        .await
    }
}

/// Refuses more than a round may hold.
async fn fits(
    tx: &mut dyn StoreTx,
    county: &str,
    (round, plan): (&str, &Plan),
    new: &[RoundSheet],
) -> Result<(), AppError> {
    let there = all_sheets(tx, county, (round, ALWAYS)).await?;
    let mut items: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut sheets, mut all) = (0_usize, 0_usize);
    for sheet in there.iter().chain(new) {
        let role = sheet.key.role.as_str();
        let of_role = *items.entry(role).or_insert_with(|| items_of(plan, role).len());
        sheets = sheets.saturating_add(1);
        all = all.saturating_add(of_role);
    }
    if sheets <= SHEETS_MAX && all <= ITEMS_MAX {
        return Ok(());
    }
    Err(AppError::Exhausted {
        reason: "ROUND_TOO_LARGE",
        en: format!(
            "a round has at most {SHEETS_MAX} sheets and {ITEMS_MAX} items on them, and this would \
             have {sheets} and {all}: open another for the rest"
        ),
        zh: format!(
            "一个考核轮次至多 {SHEETS_MAX} 份打分表、{ITEMS_MAX} 个评分项，现为 {sheets} 份、{all} 项，\
             请分轮次开展"
        ),
    })
}

fn fault(path: String, reason: &'static str, en: String, zh: String) -> FieldFault {
    FieldFault { path, reason, en, zh }
}

/// What assignments are judged by.
struct Adding<'a> {
    view: &'a RoundView,
    plan: &'a Plan,
    call: &'a Write,
    at: Moment,
}

impl Adding<'_> {
    /// The sheets that are not expected yet, by role, assessor and subject.
    async fn judge(
        &self,
        tx: &mut dyn StoreTx,
        asked: &[Assignment],
    ) -> Result<Vec<RoundSheet>, AppError> {
        let mut faults = Vec::new();
        let all: BTreeSet<String> =
            asked.iter().flat_map(|it| it.subjects.iter().cloned()).collect();
        let kind = self.view.header.subject_kind.as_str();
        let unknown = unregistered(tx, &self.call.county, (kind, all.clone()), self.at).await?;
        let recorded = self.recorded(tx, &all).await?;
        let elsewhere = self.elsewhere(tx, all).await?;
        let mut held: BTreeMap<(&str, &str), String> = BTreeMap::new();
        let mut new = Vec::new();
        for (index, it) in asked.iter().enumerate() {
            let path = format!("assignments[{index}]");
            self.role_and_holder(tx, it, &path, &mut faults).await?;
            self.held_alike(tx, it, (&path, &mut held), &mut faults).await?;
            for (number, subject) in it.subjects.iter().enumerate() {
                let path = format!("{path}.subject_ids[{number}]");
                if unknown.contains(subject) {
                    let en = format!("no {kind} `{subject}` is registered");
                    let zh = format!("没有登记评价对象 {subject}");
                    faults.push(fault(path, "SUBJECT_UNKNOWN", en, zh));
                } else if let Some(round) = elsewhere.get(&key(it, subject)) {
                    let en = format!("that sheet was handed in in round `{round}`");
                    let zh = format!("该打分表已在考核轮次 {round} 中提交");
                    faults.push(fault(path, "SHEET_IN_ROUND", en, zh));
                } else if let Some(id) = recorded.get(&key(it, subject)) {
                    let en = format!("`{id}` records that sheet already: reverse it first");
                    let zh = format!("该打分表已由 {id} 登记，须先冲销");
                    faults.push(fault(path, "SHEET_RECORDED", en, zh));
                }
            }
            new.extend(self.not_there(tx, it, (&path, &mut faults)).await?);
        }
        if !faults.is_empty() {
            return Err(AppError::Invalid(faults));
        }
        new.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(new)
    }

    /// The role is one of the scheme's, and the holder a unit that there is.
    async fn role_and_holder(
        &self,
        tx: &mut dyn StoreTx,
        it: &Assignment,
        path: &str,
        faults: &mut Vec<FieldFault>,
    ) -> Result<(), AppError> {
        let role = it.role.as_str();
        if items_of(self.plan, role).is_empty() {
            let scheme = &self.view.header.scheme_id;
            let en = format!("no item of `{scheme}` is assessed by `{role}`");
            let zh = format!("评分办法 {scheme} 没有由 {role} 测评的项目");
            faults.push(fault(format!("{path}.role"), "UNKNOWN_ROLE", en, zh));
        }
        let unit = match &it.holder {
            Holder::Unit(unit) if Holder::of_role(role).contains(&unit.kind) => unit,
            Holder::Unit(unit) => {
                let word = unit.kind.word();
                let en = format!("a {word} holds no sheets of `{role}`");
                let zh = format!("{role} 的打分表不能由该类单位（{word}）填写");
                faults.push(fault(format!("{path}.holder.unit"), "HOLDER_KIND_INVALID", en, zh));
                return Ok(());
            }
            Holder::Principal(_) if Holder::of_role(role).len() < Holder::KINDS.len() => {
                let en = format!("sheets of `{role}` are held by a unit, and not by a name");
                let zh = format!("{role} 的打分表须由相应单位填写，不能指定账号");
                let path = format!("{path}.holder.principal");
                faults.push(fault(path, "HOLDER_KIND_INVALID", en, zh));
                return Ok(());
            }
            Holder::Principal(_) => return Ok(()),
        };
        let path = format!("{path}.holder.unit");
        let Some(today) = self.at.beijing_day() else { return Ok(()) };
        let ids = [unit.id.clone()];
        let (county, kind) = (&self.call.county, unit.kind.word());
        if tx.registered(county, kind, &ids, as_of(today, self.at)).await?.is_empty() {
            let en = format!("no {kind} `{}` is registered today", unit.id);
            let zh = format!("今日没有登记单位 {}", unit.id);
            faults.push(fault(path, "HOLDER_UNKNOWN", en, zh));
        }
        Ok(())
    }

    /// All sheets of an assessor in a role have one holder.
    async fn held_alike<'a>(
        &self,
        tx: &mut dyn StoreTx,
        it: &'a Assignment,
        (path, held): (&str, &mut BTreeMap<(&'a str, &'a str), String>),
        faults: &mut Vec<FieldFault>,
    ) -> Result<(), AppError> {
        let (role, assessor) = (it.role.as_str(), it.assessor.as_str());
        let known = held.get(&(role, assessor)).cloned();
        let first = if let Some(holder) = known {
            holder
        } else {
            let round = (self.view.header.round_id.as_str(), ALWAYS);
            let there = tx.any_sheet_of(&self.call.county, round, (role, assessor)).await?;
            let holder = there.map_or_else(|| it.holder.text(), |it| it.holder);
            held.insert((role, assessor), holder.clone());
            holder
        };
        if first != it.holder.text() {
            let en = format!("sheets of `{assessor}` as `{role}` are held by `{first}`");
            let zh = format!("{assessor}（{role}）的打分表由 {first} 填写");
            faults.push(fault(format!("{path}.holder"), "ASSESSOR_HELD", en, zh));
        }
        Ok(())
    }

    /// The sheets of an assignment that are not expected yet.
    async fn not_there(
        &self,
        tx: &mut dyn StoreTx,
        it: &Assignment,
        (path, faults): (&str, &mut Vec<FieldFault>),
    ) -> Result<Vec<RoundSheet>, AppError> {
        let round = &self.view.header.round_id;
        let of = (it.role.as_str(), it.assessor.as_str());
        let mut there: BTreeMap<String, RoundSheet> = BTreeMap::new();
        for part in it.subjects.chunks(TOGETHER_MAX) {
            let found = tx.sheets_of(&self.call.county, (round, ALWAYS), of, part).await?;
            there.extend(found.into_iter().map(|it| (it.key.subject.clone(), it)));
        }
        let mut new = Vec::new();
        for (number, subject) in it.subjects.iter().enumerate() {
            match there.get(subject) {
                Some(same) if same.optional == it.optional => (),
                Some(same) => {
                    let (en, zh) = if same.optional {
                        ("it is expected already, and is optional", "该打分表已列入，为选填")
                    } else {
                        ("it is expected already, and is required", "该打分表已列入，为必填")
                    };
                    let path = format!("{path}.subject_ids[{number}]");
                    faults.push(fault(path, "SHEET_EXPECTED", en.to_owned(), zh.to_owned()));
                }
                None => new.push(RoundSheet {
                    round_id: round.clone(),
                    key: key(it, subject),
                    optional: it.optional,
                    holder: it.holder.text(),
                    mark: mark(self.call, self.at),
                    latest: None,
                }),
            }
        }
        Ok(new)
    }

    /// The sheets about these subjects that were handed in in other rounds of the scheme and period.
    async fn elsewhere(
        &self,
        tx: &mut dyn StoreTx,
        subjects: BTreeSet<String>,
    ) -> Result<BTreeMap<SheetKey, String>, AppError> {
        let RoundHeader { round_id, scheme_id, period, .. } = &self.view.header;
        let subjects: Vec<String> = subjects.into_iter().collect();
        let mut same: BTreeMap<String, bool> = BTreeMap::new();
        let mut found = BTreeMap::new();
        for part in subjects.chunks(TOGETHER_MAX) {
            for sheet in tx.sheets_about(&self.call.county, ALWAYS, part).await? {
                let handed_in =
                    sheet.latest.as_ref().is_some_and(|it| it.state == RevisionState::HandedIn);
                if sheet.round_id == *round_id || !handed_in {
                    continue;
                }
                if !same.contains_key(&sheet.round_id) {
                    let other = tx.round(&self.call.county, &sheet.round_id).await?;
                    let alike =
                        other.is_some_and(|it| it.scheme_id == *scheme_id && it.period == *period);
                    same.insert(sheet.round_id.clone(), alike);
                }
                if same.get(&sheet.round_id) == Some(&true) {
                    found.insert(sheet.key, sheet.round_id);
                }
            }
        }
        Ok(found)
    }
}

impl Adding<'_> {
    /// The sheets that stand in the ledger and came past rounds, with a fact of each: of the same
    /// assessor the later one would count, whatever is handed in.
    async fn recorded(
        &self,
        tx: &mut dyn StoreTx,
        subjects: &BTreeSet<String>,
    ) -> Result<BTreeMap<SheetKey, String>, AppError> {
        let RoundHeader { subject_kind, period, .. } = &self.view.header;
        let days = period_of(period)?;
        let subjects: Vec<String> = subjects.iter().cloned().collect();
        let mut items: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut found = BTreeMap::new();
        for part in subjects.chunks(TOGETHER_MAX) {
            let query = FactQuery {
                subject_kind: subject_kind.clone(),
                subjects: part.to_vec(),
                kinds: vec![FactKind::Sheet],
                periods: vec![period.clone()],
                from: days.first_day(),
                until: days.last_day(),
                known: self.at,
            };
            for StoredFact { seq, fact, .. } in tx.facts(&self.call.county, &query).await? {
                let role = fact.name;
                let of_role = items.entry(role.clone()).or_insert_with(|| {
                    items_of(self.plan, &role).into_iter().map(|it| it.0).collect()
                });
                if fact.source != SOURCE && of_role.contains(&fact.item) {
                    let key = SheetKey { role, assessor: fact.by_whom, subject: fact.subject };
                    found.insert(key, fact_id(seq));
                }
            }
        }
        Ok(found)
    }
}

fn key(it: &Assignment, subject: &str) -> SheetKey {
    SheetKey { role: it.role.clone(), assessor: it.assessor.clone(), subject: subject.to_owned() }
}
