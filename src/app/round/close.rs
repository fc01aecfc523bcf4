//! Closing: what was handed in becomes facts.

use std::sync::Arc;

use super::{
    ALWAYS, Organiser, RoundView, items_of,
    sheet::{name_of, points_of, source_record},
    state::{all_handed_in, all_sheets},
    step::next,
    step_effect,
};
use crate::{
    app::{
        App, AppError, Done, Item, Outcome, Refusal, RefusedBecause, Violation, Write,
        fact::{Known, record},
        scheme::Plans,
    },
    domain::{engine::Plan, time::Moment},
    store::{Fact, FactKind, RoundSheet, RoundStep, StepKind, StoreTx, fact_seq},
};

/// The source of facts that rounds record. No caller may name it.
pub const SOURCE: &str = "round";
/// The most missing sheets that an error names.
const NAMED_MAX: usize = 100;

/// A round that has been closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The round.
    pub view: RoundView,
    /// How many sheets became facts.
    pub sheets: usize,
}

impl App {
    /// Closes a round: every sheet that was handed in becomes facts, one for each item, in the order of
    /// role, assessor, subject and item. `late_reason` says why they come after the period has closed;
    /// empty where they do not.
    ///
    /// # Errors
    /// The round is not there, or closed; `ROUND_INCOMPLETE`; any reason for which facts are refused;
    /// those of every write.
    pub async fn close_round(
        &self,
        call: Write,
        organiser: Organiser,
        (round, late_reason): (String, String),
        encode: impl Fn(&Closed) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), organiser, round, late_reason, plans, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, organiser, round, late_reason, plans, encode) = &*shared;
                let county = &call.county;
                let mut view = RoundView::open(tx, county, round, organiser).await?;
                complete(&view, &all_sheets(tx, county, (round, ALWAYS)).await?)?;
                let plan = view.plan(tx, county, plans).await?;
                let sheets = all_handed_in(tx, county, (round, ALWAYS)).await?;
                let facts = facts(&view, &plan, &sheets, late_reason)?;
                let count = i64::try_from(facts.len()).unwrap_or(i64::MAX);
                let mut effects = Vec::new();
                let mut step =
                    next((&view, call, at), StepKind::Closing, ("", "", ""), late_reason);
                if count > 0 {
                    let (first, effect) = recorded(tx, call, facts, (at, plans)).await?;
                    step = RoundStep { first_fact: first, facts: count, ..step };
                    effects.push(effect);
                }
                tx.insert_round_step(county, round, &step).await?;
                effects.push(step_effect(round, &step));
                view.header.closed = Some(step.clone());
                view.steps.push(step);
                let closed = Closed { view, sheets: sheets.len() };
                Ok(Done { response: encode(&closed), effects })
            })
        })
        .await
    }
}

/// Refuses a round of which a required sheet is missing, with all that are.
fn complete(view: &RoundView, sheets: &[RoundSheet]) -> Result<(), AppError> {
    let missing: Vec<&RoundSheet> = sheets.iter().filter(|it| view.missing(it)).collect();
    let Some(first) = missing.first() else { return Ok(()) };
    let (count, name) = (missing.len(), name_of(&first.key));
    let en = format!("{count} required sheet(s) are not handed in; the first: `{name}`");
    let zh = format!("尚有 {count} 份必填打分表未提交，第一份：{name}");
    let named = missing.iter().take(NAMED_MAX).map(|it| Violation {
        reason: "SHEET_MISSING",
        subject: name_of(&it.key),
        en: "it is not handed in",
    });
    let refusal = Refusal::new("ROUND_INCOMPLETE", en, zh).with("missing", count.to_string());
    Err(AppError::Refused(refusal.naming(named.collect())))
}

/// The facts of all sheets. Each says when it was handed in, and by whom.
fn facts(
    view: &RoundView,
    plan: &Plan,
    sheets: &[RoundSheet],
    late_reason: &str,
) -> Result<Vec<Fact>, AppError> {
    let header = &view.header;
    let mut facts = Vec::new();
    for sheet in sheets {
        let Some(revision) = &sheet.latest else { continue };
        let (key, points) = (&sheet.key, points_of(revision)?);
        for (item, _) in items_of(plan, &key.role) {
            let Some(given) = points.get(&item) else {
                let name = name_of(key);
                return Err(AppError::Internal(format!("`{name}` was handed in without `{item}`")));
            };
            let blank = Fact::of(FactKind::Sheet, &header.subject_kind, &key.subject, &item);
            facts.push(Fact {
                period: header.period.clone(),
                name: key.role.clone(),
                amount_a: Some(*given),
                by_whom: key.assessor.clone(),
                at: Some(revision.mark.recorded),
                source: SOURCE.to_owned(),
                source_record: source_record(&header.round_id, key, &item),
                recorded_by: revision.mark.by.clone(),
                late_reason: late_reason.to_owned(),
                ..blank
            });
        }
    }
    Ok(facts)
}

/// Records the facts, by the rules that hold for all facts: all of them, or none.
async fn recorded(
    tx: &mut dyn StoreTx,
    call: &Write,
    facts: Vec<Fact>,
    (at, plans): (Moment, &Plans),
) -> Result<(i64, crate::app::Effect), AppError> {
    let mut known = Known::read(tx, &call.county, at, facts.iter(), plans).await?;
    let items: Vec<Item<Fact>> = facts.into_iter().map(Ok).collect();
    let (outcomes, effect) = record(tx, call, &items, &mut known).await?;
    let mut first = None;
    for (outcome, item) in outcomes.into_iter().zip(&items) {
        let sheet = item.as_ref().map(|it| it.source_record.clone()).unwrap_or_default();
        match outcome {
            Outcome::Recorded(id) => first = first.or_else(|| fact_seq(&id)),
            Outcome::Unchanged(id) => {
                return Err(AppError::AlreadyExists {
                    reason: "SOURCE_RECORD_EXISTS",
                    existing: id,
                });
            }
            Outcome::Refused { because, .. } => return Err(refused(because, &sheet)),
        }
    }
    let none = || AppError::Internal("facts were recorded without numbers".to_owned());
    Ok((first.ok_or_else(none)?, effect))
}

/// Why a fact was refused, as the refusal of the closing.
fn refused(because: RefusedBecause, sheet: &str) -> AppError {
    match because {
        RefusedBecause::Shape(faults) => AppError::Invalid(faults),
        RefusedBecause::State { reason, en, zh } | RefusedBecause::Exists { reason, en, zh } => {
            let en = format!("`{sheet}`: {en}");
            let zh = format!("{sheet}：{zh}");
            AppError::Refused(Refusal::new(reason, en, zh).with("sheet", sheet))
        }
    }
}
