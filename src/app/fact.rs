//! Facts of a county: recording, reversing, and listing.

mod judge;
mod late;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

pub(super) use judge::{Known, object_days, unregistered};
pub use late::{LateFacts, LatePage};

use super::{
    App, AppError, Done, Effect, Item, Missing, Outcome, Refusal, Write, digest, registry::Written,
};
use crate::{
    domain::time::{Day, Moment},
    store::{Fact, FactKind, FactListing, ReadTx, Reversing, StoreTx, StoredFact, fact_id},
};

/// How many rows are looked at for one page of the whole ledger.
const LOOKED_AT_MAX: usize = 5_000;

/// What the row of a decision keeps in `detail` besides its scheme, grade and level, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DecisionDetail {
    /// The group, for a tie of subjects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Exactly the tied, first come first.
    pub order: Vec<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl App {
    /// Records the facts of one message in a transaction of its own.
    pub async fn record_message(
        &self,
        call: Write,
        items: Vec<Item<Fact>>,
        encode: impl Fn(&[Outcome]) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Written, AppError> {
        let worked = Arc::new(AtomicBool::new(false));
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), items, encode, plans, Arc::clone(&worked)));
        let response = self
            .write(call, move |tx, at| {
                let shared = Arc::clone(&shared);
                Box::pin(async move {
                    let (call, items, encode, plans, worked) = &*shared;
                    let good = items.iter().filter_map(|it| it.as_ref().ok());
                    let mut known = Known::read(tx, &call.county, at, good, plans).await?;
                    let (outcomes, effect) = record(tx, call, items, &mut known).await?;
                    worked.store(true, Ordering::Relaxed);
                    Ok(Done { response: encode(&outcomes), effects: vec![effect] })
                })
            })
            .await?;
        Ok(Written { response, replayed: !worked.load(Ordering::Relaxed) })
    }

    /// Reverses a fact; `encode` makes the answer out of the fact as it then stands.
    pub async fn reverse_fact(
        &self,
        call: Write,
        id: String,
        reversing: Reversing,
        encode: impl Fn(&StoredFact) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let shared = Arc::new((call.clone(), id, reversing, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, id, reversing, encode) = &*shared;
                let county = &call.county;
                let missing = || AppError::not_found(Missing::Fact, id);
                let before = tx.fact(county, reversing.seq, at).await?.ok_or_else(missing)?;
                if before.fact.kind == FactKind::Proposal {
                    return Err(in_appraisal(id));
                }
                if let Some(reversal) = before.reversed {
                    return Err(reversed(id, reversal.seq));
                }
                let row = tx.reverse_fact(county, &call.request_id, reversing).await?;
                let by = fact_id(row.ok_or_else(missing)?);
                let after = tx.fact(county, reversing.seq, at).await?.ok_or_else(missing)?;
                let Reversing { reason, recorded_by, evidence, .. } = reversing;
                let effect = reversal_effect(id, &by, [reason, recorded_by, evidence]);
                Ok(Done { response: encode(&after), effects: vec![effect] })
            })
        })
        .await
    }

    /// A page of facts in the order recorded, and after which number to go on; none at the end.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn facts(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        listed: &Listed,
    ) -> Result<(Vec<StoredFact>, Option<i64>), AppError> {
        let Some((subject_kind, subject)) = listed.subject.clone() else {
            return every_fact(tx, county, listed).await;
        };
        let listing = FactListing {
            subject_kind,
            subject,
            kinds: listed.kinds.clone(),
            time: listed.time.clone(),
            known: listed.known,
            include_reversed: listed.include_reversed,
            after: listed.after,
            limit: listed.limit.saturating_add(1),
        };
        let mut found = tx.list_facts(county, &listing).await?;
        let more = i64::try_from(found.len()).is_ok_and(|it| it > listed.limit);
        if more {
            found.pop();
        }
        let after = found.last().filter(|_| more).map(|it| it.seq);
        Ok((found, after))
    }
}

/// Which facts are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Only those about this subject, by kind and id.
    pub subject: Option<(String, String)>,
    /// Only these kinds; empty for all.
    pub kinds: Vec<FactKind>,
    /// Only those of these periods, or whose days meet the range.
    pub time: Option<(Vec<String>, Day, Day)>,
    /// As known at this moment.
    pub known: Moment,
    /// Whether facts reversed by then are listed too.
    pub include_reversed: bool,
    /// After this number.
    pub after: i64,
    /// At most so many.
    pub limit: i64,
}

impl Listed {
    fn shows(&self, stored: &StoredFact) -> bool {
        let fact = &stored.fact;
        let meets = |from: Day, until: Day| {
            let starts = fact.on_day.is_some_and(|it| it <= until);
            starts && fact.until_day.is_none_or(|it| it >= from)
        };
        fact.kind != FactKind::Reversal
            && (self.kinds.is_empty() || self.kinds.contains(&fact.kind))
            && (self.include_reversed || stored.reversed.is_none())
            && self.time.as_ref().is_none_or(|(periods, from, until)| {
                periods.contains(&fact.period) || meets(*from, *until)
            })
    }
}

/// A page of the whole ledger. Rows are looked at one by one in their order, at most
/// [`LOOKED_AT_MAX`] for a page: where few are wanted, a page may show less than was asked for, and
/// even nothing, and still say where to go on.
async fn every_fact(
    tx: &mut dyn ReadTx,
    county: &str,
    listed: &Listed,
) -> Result<(Vec<StoredFact>, Option<i64>), AppError> {
    let last = tx.head(county).await?.map_or(0, |it| it.fact_seq);
    let mut found = Vec::new();
    let mut at = listed.after;
    for _ in 0..LOOKED_AT_MAX {
        let full = i64::try_from(found.len()).is_ok_and(|it| it >= listed.limit);
        if at >= last || full {
            break;
        }
        at = at.saturating_add(1);
        match tx.fact(county, at, listed.known).await? {
            Some(stored) if listed.shows(&stored) => found.push(stored),
            Some(_) => (),
            // Numbers follow the order of commits: nothing behind it was known then either.
            None => return Ok((found, None)),
        }
    }
    Ok((found, (at < last).then_some(at)))
}

/// Judges and records one message inside a transaction; what it adds is known to the next one.
pub(super) async fn record(
    tx: &mut dyn StoreTx,
    call: &Write,
    items: &[Item<Fact>],
    known: &mut Known,
) -> Result<(Vec<Outcome>, Effect), AppError> {
    let judged = known.judge(items);
    let mut first = 0;
    if !judged.facts.is_empty() {
        first = tx.insert_facts(&call.county, &call.request_id, &judged.facts).await?;
        known.learn(first, &judged.facts);
    }
    let effect = effect(first, &judged.facts);
    Ok((judged.outcomes(first), effect))
}

/// The refusal of what was reversed already.
pub(super) fn reversed(id: &str, by: i64) -> AppError {
    let by = fact_id(by);
    let en = format!("`{id}` was reversed already, by `{by}`");
    let refusal = Refusal::new("FACT_REVERSED", en, "该事实已被冲销");
    AppError::Refused(refusal.with("reversed_by", by))
}

/// The refusal to reverse what an appraisal recorded: a level's later word takes its place (S2).
fn in_appraisal(id: &str) -> AppError {
    let en = format!("`{id}` is a value of an appraisal: it is changed there, by a later one");
    AppError::Refused(Refusal::new("PROPOSAL_IN_APPRAISAL", en, "评定分值须在述职评议中另行提出"))
}

/// What a reversal changed, for the audit trail: its reason, who recorded it, its evidence.
pub(super) fn reversal_effect(id: &str, by: &str, parts: [&str; 3]) -> Effect {
    let [reason, recorded_by, evidence] = parts.map(str::as_bytes);
    Effect {
        subject: format!("fact/{id} reversed by fact/{by}"),
        digest: digest(&[id.as_bytes(), reason, recorded_by, evidence]),
    }
}

/// What a message changed, for the audit trail.
pub(super) fn effect(first: i64, facts: &[Fact]) -> Effect {
    let number = |it: Option<i64>| it.map_or_else(String::new, |it| it.to_string());
    let day = |it: Option<Day>| it.map_or_else(String::new, |it| it.to_string());
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for it in facts {
        let (on, until) = (day(it.on_day), day(it.until_day));
        let (a, b) = (number(it.amount_a), number(it.amount_b));
        let at = number(it.at.map(Moment::micros));
        let fields: [&str; 18] = [
            it.kind.word(),
            &it.subject_kind,
            &it.subject,
            &it.item,
            &it.period,
            &on,
            &until,
            &it.name,
            &a,
            &b,
            &it.detail,
            &it.by_whom,
            &at,
            &it.evidence,
            &it.source,
            &it.source_record,
            &it.recorded_by,
            &it.late_reason,
        ];
        parts.extend(fields.iter().map(|it| it.as_bytes().to_vec()));
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let count = i64::try_from(facts.len()).unwrap_or(i64::MAX);
    let subject = match count {
        0 => "facts none".to_owned(),
        1 => format!("fact/{}", fact_id(first)),
        _ => {
            let last = first.saturating_add(count).saturating_sub(1);
            format!("fact/{}..{}", fact_id(first), fact_id(last))
        }
    };
    Effect { subject, digest: digest(&parts) }
}
