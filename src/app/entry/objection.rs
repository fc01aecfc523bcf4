//! Objections: raised in time, answered by somebody else, once.

use std::{collections::BTreeMap, sync::Arc};

use super::{about, is_of_member, objection_days, recorded, standing};
use crate::{
    app::{
        App, AppError, Done, Effect, Missing, Refusal, Write,
        access::{Duty, separate},
        fact::{reversal_effect, reversed},
        registry::RecordKind,
        scheme::Plans,
    },
    domain::time::{Day, Moment},
    store::{
        Fact, FactKind, FactListing, ReadTx, Reversing, StoreError, StoreTx, StoredFact, fact_id,
        fact_seq,
    },
};

/// Later than every moment there is.
pub(super) const ALWAYS: Moment = Moment::from_micros(i64::MAX);
/// How many objections are looked at for one page.
const LOOKED_AT_MAX: i64 = 5_000;

/// An objection, as it is raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raising {
    /// The fact that is objected to.
    pub fact_id: String,
    /// What is wrong with it.
    pub text: String,
    /// Who raises it.
    pub raised_by: String,
    /// References to evidence, as a JSON list; empty for none.
    pub evidence: String,
}

/// An answer, as it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answering {
    /// The objection's fact id.
    pub objection_id: String,
    /// Whether it is upheld.
    pub upheld: bool,
    /// Why.
    pub text: String,
    /// Who answers.
    pub answered_by: String,
    /// Whether the fact is reversed with it.
    pub reverse_fact: bool,
    /// References to evidence, as a JSON list; empty for none.
    pub evidence: String,
}

/// An objection with what it is about and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectionCase {
    /// The fact that is objected to.
    pub fact: StoredFact,
    /// The objection.
    pub objection: StoredFact,
    /// The answer that stands.
    pub answer: Option<StoredFact>,
}

impl ObjectionCase {
    /// Whether it is neither answered nor withdrawn.
    pub const fn is_open(&self) -> bool {
        self.answer.is_none() && self.objection.reversed.is_none()
    }
}

/// Which objections are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectionsListed {
    /// Only those about this member.
    pub member: Option<String>,
    /// Only those that are open.
    pub open_only: bool,
    /// As known at this moment.
    pub known: Moment,
    /// After this number.
    pub after: i64,
    /// At most so many.
    pub limit: i64,
}

impl App {
    /// Records an objection; `encode` makes the answer out of it.
    pub async fn raise_objection(
        &self,
        call: Write,
        raising: Raising,
        encode: impl Fn(&StoredFact) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let (today, shared) = (self.today()?, Arc::new((call.clone(), raising, encode, plans)));
        self.write(call, move |tx, _| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, raising, encode, plans) = &*shared;
                let (objection, effect) = raise((tx, plans), call, raising, today).await?;
                Ok(Done { response: encode(&objection), effects: vec![effect] })
            })
        })
        .await
    }

    /// Records an answer, and the reversal of the fact where that is asked for; `encode` makes the
    /// answer out of the objection as it then stands.
    pub async fn answer_objection(
        &self,
        call: Write,
        answering: Answering,
        encode: impl Fn(&ObjectionCase) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let (today, shared) = (self.today()?, Arc::new((call.clone(), answering, encode)));
        self.write(call, move |tx, _| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, answering, encode) = &*shared;
                let (case, effects) = answer(tx, call, answering, today).await?;
                Ok(Done { response: encode(&case), effects })
            })
        })
        .await
    }

    /// A page of objections in the order recorded, and after which number to go on; none at the end.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn objections(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        listed: &ObjectionsListed,
    ) -> Result<(Vec<ObjectionCase>, Option<i64>), AppError> {
        let (mut found, mut after, mut looked_at) = (Vec::new(), listed.after, 0_i64);
        loop {
            let left = listed.limit.saturating_sub(count(&found));
            if left <= 0 || looked_at >= LOOKED_AT_MAX {
                return Ok((found, Some(after)));
            }
            let mut page =
                page(tx, county, listed, (after, listed.limit.saturating_add(1))).await?;
            let whole = count(&page) <= left;
            page.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            let Some(last) = page.last().map(|it| it.seq) else { return Ok((found, None)) };
            looked_at = looked_at.saturating_add(count(&page));
            after = last;
            let cases = cases(tx, county, page, listed.known).await?;
            found.extend(cases.into_iter().filter(|it| !listed.open_only || it.is_open()));
            if whole {
                return Ok((found, None));
            }
        }
    }
}

fn count<T>(of: &[T]) -> i64 {
    i64::try_from(of.len()).unwrap_or(i64::MAX)
}

/// Objections after a number, whatever became of them.
async fn page(
    tx: &mut dyn ReadTx,
    county: &str,
    listed: &ObjectionsListed,
    (after, limit): (i64, i64),
) -> Result<Vec<StoredFact>, StoreError> {
    let Some(member) = &listed.member else {
        return tx.objections_after(county, after, (listed.known, limit)).await;
    };
    let listing = FactListing {
        subject_kind: RecordKind::Member.word().to_owned(),
        subject: member.clone(),
        kinds: vec![FactKind::Objection],
        time: None,
        known: listed.known,
        include_reversed: true,
        after,
        limit,
    };
    tx.list_facts(county, &listing).await
}

/// Objections with their facts and the answers that stand.
async fn cases(
    tx: &mut dyn ReadTx,
    county: &str,
    objections: Vec<StoredFact>,
    known: Moment,
) -> Result<Vec<ObjectionCase>, AppError> {
    let ids: Vec<String> = objections.iter().map(|it| fact_id(it.seq)).collect();
    let mut answers: BTreeMap<String, StoredFact> = BTreeMap::new();
    for it in tx.facts_about(county, &ids, known).await? {
        if it.fact.kind == FactKind::Answer && it.reversed.is_none() {
            answers.insert(it.fact.item.clone(), it);
        }
    }
    let seqs: Vec<i64> = objections.iter().filter_map(|it| fact_seq(&it.fact.item)).collect();
    let facts = tx.facts_of(county, &seqs, known).await?.into_iter();
    let facts: BTreeMap<String, StoredFact> = facts.map(|it| (fact_id(it.seq), it)).collect();
    let mut cases = Vec::with_capacity(objections.len());
    for objection in objections {
        let fact = facts.get(&objection.fact.item).cloned();
        let fact = fact.ok_or_else(|| StoreError::corrupt("item", "an objection to no fact"))?;
        let answer = answers.remove(&fact_id(objection.seq));
        cases.push(ObjectionCase { fact, objection, answer });
    }
    Ok(cases)
}

/// Whether a member may object to a fact of that kind.
const fn is_objectionable(kind: FactKind) -> bool {
    match kind {
        FactKind::Entry
        | FactKind::Conduct
        | FactKind::CheckIn
        | FactKind::Import
        | FactKind::Finding => true,
        FactKind::Sheet
        | FactKind::Proposal
        | FactKind::Ballot
        | FactKind::Survey
        | FactKind::Metric
        | FactKind::Veto
        | FactKind::NodeState
        | FactKind::Decision
        | FactKind::ConductStep
        | FactKind::VetoStep
        | FactKind::EntryCheck
        | FactKind::Objection
        | FactKind::Answer
        | FactKind::Reversal => false,
    }
}

async fn raise(
    (tx, plans): (&mut dyn StoreTx, &Plans),
    call: &Write,
    raising: &Raising,
    today: Day,
) -> Result<(StoredFact, Effect), AppError> {
    let (county, id) = (call.county.as_str(), &raising.fact_id);
    let missing = || AppError::not_found(Missing::Fact, id);
    let there = standing(tx, county, fact_seq(id).ok_or_else(missing)?).await?;
    let there = there.filter(|it| it.fact.kind != FactKind::Reversal).ok_or_else(missing)?;
    if !is_objectionable(there.fact.kind) || !is_of_member(&there.fact) {
        let en = "one may object to an entry, a case of conduct, a check-in, an import or a finding \
                  about a member";
        let zh = "只能对党员的积分记录、负面行为、报到、上报得分或认定提出异议";
        return Err(AppError::refused("NOT_OBJECTIONABLE", en, zh));
    }
    if let Some(reversal) = &there.reversed {
        return Err(reversed(id, reversal.seq));
    }
    let said = tx.facts_about(county, std::slice::from_ref(id), ALWAYS).await?;
    let (mut checked, mut objections) = (None, Vec::new());
    for it in said.into_iter().filter(|it| it.reversed.is_none()) {
        if it.fact.kind == FactKind::EntryCheck {
            checked = Some(it.recorded);
        } else {
            objections.push(it);
        }
    }
    let cases = cases(tx, county, objections, ALWAYS).await?;
    if let Some(open) = cases.iter().find(|it| it.is_open()) {
        let open = fact_id(open.objection.seq);
        let en = format!("the objection `{open}` to `{id}` is not answered yet");
        let refusal = Refusal::new("OBJECTION_OPEN", en, "对该事实的异议尚未答复");
        return Err(AppError::Refused(refusal.with("objection_id", open)));
    }
    let since = checked.map_or(there.recorded, |it| it.max(there.recorded));
    let days = objection_days(tx, plans, county, (&there.fact, today)).await?;
    let last = last_day(since, days)?;
    if today > last {
        let en = format!("an objection to `{id}` was in time until {last}");
        let zh = format!("对该事实提出异议的期限已于 {last} 届满");
        let refusal = Refusal::new("OBJECTION_TOO_LATE", en, zh);
        return Err(AppError::Refused(refusal.with("last_day", last.to_string())));
    }
    let fact = Fact {
        detail: raising.text.clone(),
        evidence: raising.evidence.clone(),
        ..about(FactKind::Objection, &there, Some(today), &raising.raised_by)
    };
    recorded(tx, (county, &call.request_id), fact).await
}

/// The last day on which an objection is in time, by the county's civil calendar.
fn last_day(since: Moment, days: u32) -> Result<Day, AppError> {
    let mut last = since.beijing_day();
    for _ in 0..days {
        last = last.and_then(Day::next);
    }
    last.ok_or_else(|| AppError::Internal("the clock is out of the calendar".to_owned()))
}

async fn answer(
    tx: &mut dyn StoreTx,
    call: &Write,
    answering: &Answering,
    today: Day,
) -> Result<(ObjectionCase, Vec<Effect>), AppError> {
    let (county, id) = (call.county.as_str(), &answering.objection_id);
    let missing = || AppError::not_found(Missing::Objection, id);
    let objection = standing(tx, county, fact_seq(id).ok_or_else(missing)?).await?;
    let objection = objection.filter(|it| it.fact.kind == FactKind::Objection);
    let objection = objection.ok_or_else(missing)?;
    let case = cases(tx, county, vec![objection], ALWAYS).await?.pop().ok_or_else(missing)?;
    let ObjectionCase { fact, objection, answer } = case;
    if let Some(reversal) = &objection.reversed {
        return Err(reversed(id, reversal.seq));
    }
    if let Some(answer) = answer {
        let by = fact_id(answer.seq);
        let en = format!("`{id}` was answered already, by `{by}`");
        let refusal = Refusal::new("OBJECTION_ANSWERED", en, "该异议已有答复");
        return Err(AppError::Refused(refusal.with("answer_id", by)));
    }
    let done = [&fact.fact.recorded_by, &objection.fact.by_whom, &fact.fact.subject];
    let done = done.map(|it| (Duty::Propose, it.as_str()));
    separate(&done, Duty::Review, &answering.answered_by).map_err(AppError::Refused)?;
    if let (true, Some(reversal)) = (answering.reverse_fact, &fact.reversed) {
        return Err(reversed(&fact_id(fact.seq), reversal.seq));
    }
    let row = Fact {
        name: if answering.upheld { "upheld" } else { "dismissed" }.to_owned(),
        detail: answering.text.clone(),
        evidence: answering.evidence.clone(),
        ..about(FactKind::Answer, &objection, Some(today), &answering.answered_by)
    };
    let (answer, effect) = recorded(tx, (county, &call.request_id), row).await?;
    let mut effects = vec![effect];
    let mut fact = fact;
    if answering.reverse_fact {
        effects.push(reverse(tx, call, answering, fact.seq).await?);
        fact = standing(tx, county, fact.seq).await?.ok_or_else(missing)?;
    }
    Ok((ObjectionCase { fact, objection, answer: Some(answer) }, effects))
}

/// Reverses the fact, with the answer as the reason.
async fn reverse(
    tx: &mut dyn StoreTx,
    call: &Write,
    answering: &Answering,
    seq: i64,
) -> Result<Effect, AppError> {
    let reversing = Reversing {
        seq,
        reason: answering.text.clone(),
        recorded_by: answering.answered_by.clone(),
        evidence: String::new(),
    };
    let id = fact_id(seq);
    let by = tx.reverse_fact(&call.county, &call.request_id, &reversing).await?;
    let by = fact_id(by.ok_or_else(|| AppError::not_found(Missing::Fact, &id))?);
    Ok(reversal_effect(&id, &by, [&reversing.reason, &reversing.recorded_by, ""]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_the_civil_day_of_the_moment() {
        let last = |at: &str, days| last_day(Moment::parse(at).unwrap(), days).unwrap().to_string();
        assert_eq!(last("2023-01-10T15:59:59Z", 10), "2023-01-20");
        assert_eq!(last("2023-01-10T16:00:00Z", 10), "2023-01-21", "the next day already");
        assert_eq!(last("2024-02-28T01:00:00Z", 2), "2024-03-01");
        assert_eq!(last("2024-02-28T01:00:00Z", 0), "2024-02-28");
    }
}
