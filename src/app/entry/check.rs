//! Checks of entries.

use std::{collections::BTreeMap, sync::Arc};

use super::{about, asks_for_check, is_of_member, objection::ALWAYS};
use crate::{
    app::{
        App, AppError, Done, Outcome, RefusedBecause, Write,
        access::{Duty, separate},
        fact::effect,
        scheme::Plans,
    },
    domain::facts::EntryCheck,
    store::{Fact, FactKind, StoreTx, StoredFact, fact_id, fact_seq},
};

/// A second person's word on one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryToCheck {
    /// The entry's fact id.
    pub fact_id: String,
    /// What was found.
    pub verdict: EntryCheck,
    /// Why; empty for no word.
    pub reason: String,
    /// Who checked.
    pub checked_by: String,
}

/// The stored word.
const fn word(verdict: EntryCheck) -> &'static str {
    match verdict {
        EntryCheck::Confirmed => "confirmed",
        EntryCheck::Refused => "refused",
    }
}

impl App {
    /// Checks entries, each judged by itself; `encode` makes the answer out of what became of each.
    pub async fn check_entries(
        &self,
        call: Write,
        items: Vec<EntryToCheck>,
        encode: impl Fn(&[Outcome]) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), items, encode, plans));
        self.write(call, move |tx, _| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, items, encode, plans) = &*shared;
                let known = Known::read(tx, &call.county, items).await?;
                let (mut verdicts, mut facts) = (Vec::with_capacity(items.len()), Vec::new());
                for item in items {
                    match known.judge((tx, plans), call, item).await? {
                        Ok(fact) => {
                            facts.push(fact);
                            verdicts.push(None);
                        }
                        Err(outcome) => verdicts.push(Some(outcome)),
                    }
                }
                let mut first = 0;
                if !facts.is_empty() {
                    first = tx.insert_facts(&call.county, &call.request_id, &facts).await?;
                }
                let mut next = first;
                let mut number = || {
                    let id = fact_id(next);
                    next = next.saturating_add(1);
                    Outcome::Recorded(id)
                };
                let outcomes: Vec<_> =
                    verdicts.into_iter().map(|it| it.unwrap_or_else(&mut number)).collect();
                Ok(Done { response: encode(&outcomes), effects: vec![effect(first, &facts)] })
            })
        })
        .await
    }
}

/// What is known about the entries of a message.
struct Known {
    entries: BTreeMap<i64, StoredFact>,
    /// The check that stands, by the entry's id.
    checks: BTreeMap<String, StoredFact>,
}

impl Known {
    async fn read(
        tx: &mut dyn StoreTx,
        county: &str,
        items: &[EntryToCheck],
    ) -> Result<Self, AppError> {
        let seqs: Vec<i64> = items.iter().filter_map(|it| fact_seq(&it.fact_id)).collect();
        let ids: Vec<String> = items.iter().map(|it| it.fact_id.clone()).collect();
        let entries = tx.facts_of(county, &seqs, ALWAYS).await?;
        let entries = entries.into_iter().map(|it| (it.seq, it)).collect();
        let about = tx.facts_about(county, &ids, ALWAYS).await?.into_iter();
        let checks =
            about.filter(|it| it.fact.kind == FactKind::EntryCheck && it.reversed.is_none());
        let checks = checks.map(|it| (it.fact.item.clone(), it)).collect();
        Ok(Self { entries, checks })
    }

    /// The row to record, or what else becomes of the item.
    async fn judge(
        &self,
        (tx, plans): (&mut dyn StoreTx, &Plans),
        call: &Write,
        item: &EntryToCheck,
    ) -> Result<Result<Fact, Outcome>, AppError> {
        let id = &item.fact_id;
        let found = fact_seq(id).and_then(|it| self.entries.get(&it));
        let there = found.filter(|it| it.fact.kind != FactKind::Reversal);
        let Some(there) = there else {
            let en = format!("there is no fact `{id}`");
            return Ok(Err(refused("FACT_NOT_FOUND", en, "没有该事实记录")));
        };
        let entry = &there.fact;
        if entry.kind != FactKind::Entry || !is_of_member(entry) {
            let en = format!("`{id}` is no point entry of a member");
            return Ok(Err(refused("NOT_AN_ENTRY", en, "该事实不是党员的积分记录")));
        }
        if let Some(reversal) = &there.reversed {
            let en = format!("`{id}` was reversed already, by `{}`", fact_id(reversal.seq));
            return Ok(Err(refused("FACT_REVERSED", en, "该事实已被冲销")));
        }
        if item.checked_by == entry.subject || call.principal == entry.subject {
            let en = "nobody checks an entry of their own";
            return Ok(Err(refused("OWN_ENTRY", en, "不得复核本人的积分记录")));
        }
        let done = [(Duty::Propose, entry.recorded_by.as_str())];
        if let Err(refusal) = separate(&done, Duty::Review, &item.checked_by) {
            return Ok(Err(refused(refusal.reason, refusal.en, &refusal.zh)));
        }
        if let Some(check) = self.checks.get(id) {
            let by = fact_id(check.seq);
            if check.fact.name == word(item.verdict) {
                return Ok(Err(Outcome::Unchanged(by)));
            }
            let because = RefusedBecause::Exists {
                reason: "CHECK_EXISTS",
                en: format!("`{id}` was checked by `{by}`, with the other verdict"),
                zh: format!("该记录已由 {by} 复核，结论不同"),
            };
            return Ok(Err(Outcome::Refused { id: by, because }));
        }
        if !asks_for_check(tx, plans, &call.county, entry).await? {
            let en = format!("the schedule asks for no check of `{}`", entry.item);
            return Ok(Err(refused("CHECK_NOT_ASKED", en, "积分细则未要求复核该事项")));
        }
        Ok(Ok(Fact {
            name: word(item.verdict).to_owned(),
            detail: item.reason.clone(),
            ..about(FactKind::EntryCheck, there, entry.on_day, &item.checked_by)
        }))
    }
}

fn refused(reason: &'static str, en: impl Into<String>, zh: &str) -> Outcome {
    let because = RefusedBecause::State { reason, en: en.into(), zh: zh.to_owned() };
    Outcome::Refused { id: String::new(), because }
}
