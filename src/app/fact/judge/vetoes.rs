//! Which steps of vetoes the register lets in (P3): of a veto that is there, in time, and by somebody
//! else where two are asked for.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    app::{AppError, RefusedBecause, scheme::Plans},
    domain::{
        facts::VetoStepKind,
        scheme::{SubjectKind, Veto},
        time::{Day, Moment},
    },
    store::{Fact, FactKind, ReadTx, StoredFact, fact_id, fact_seq},
};

/// How many ids are asked for at once.
const TOGETHER_MAX: usize = 1_000;

/// A veto with what is known of it.
#[derive(Debug)]
struct Known {
    veto: StoredFact,
    steps: Vec<Fact>,
    /// How many days the company has to object; none: no limit.
    object_days: Option<u32>,
}

/// The vetoes that the steps of a batch name.
#[derive(Debug, Default)]
pub(super) struct Vetoes {
    known: BTreeMap<String, Known>,
    /// The day on which the batch is recorded, in the county's calendar.
    today: Option<Day>,
}

fn state(reason: &'static str, en: String, zh: impl Into<String>) -> RefusedBecause {
    RefusedBecause::State { reason, en, zh: zh.into() }
}

/// How long the company may object by the schemes that list the item: as long as the longest says;
/// none where one of them says nothing.
pub(in crate::app) fn object_days(list: &[Veto], item: &str) -> Option<u32> {
    let lists = list.iter().filter(|it| it.id == item);
    let days: Option<Vec<u32>> = lists.map(|it| it.object_days).collect();
    days.and_then(|it| it.into_iter().max())
}

impl Vetoes {
    /// Reads the vetoes that these facts are steps of.
    pub(super) async fn read(
        tx: &mut dyn ReadTx,
        plans: &Plans,
        (county, at): (&str, Moment),
        facts: &[&Fact],
    ) -> Result<Self, AppError> {
        let steps = facts.iter().filter(|it| it.kind == FactKind::VetoStep);
        let named: BTreeSet<i64> = steps.filter_map(|it| fact_seq(&it.item)).collect();
        let named: Vec<i64> = named.into_iter().collect();
        let mut known = BTreeMap::new();
        for part in named.chunks(TOGETHER_MAX) {
            let found = tx.facts_of(county, part, at).await?;
            for veto in found.into_iter().filter(|it| it.fact.kind == FactKind::Veto) {
                let key = SubjectKind::named(&veto.fact.subject_kind).zip(veto.fact.on_day);
                let object_days = match key {
                    Some(key) => {
                        object_days(&plans.veto_items(tx, county, key).await?, &veto.fact.item)
                    }
                    None => None,
                };
                let known_of = Known { veto, steps: Vec::new(), object_days };
                known.insert(fact_id(known_of.veto.seq), known_of);
            }
        }
        let ids: Vec<String> = known.keys().cloned().collect();
        for part in ids.chunks(TOGETHER_MAX) {
            for step in tx.facts_about(county, part, at).await? {
                let stands = step.reversed.is_none() && step.fact.kind == FactKind::VetoStep;
                if let Some(of) = known.get_mut(&step.fact.item).filter(|_| stands) {
                    of.steps.push(step.fact);
                }
            }
        }
        Ok(Self { known, today: at.beijing_day() })
    }

    /// Takes up what was stored in this transaction.
    pub(super) fn learn(&mut self, fact: &Fact) {
        if fact.kind == FactKind::VetoStep
            && let Some(of) = self.known.get_mut(&fact.item)
        {
            of.steps.push(fact.clone());
        }
    }

    /// Why the register does not let a step in, if it does not.
    pub(super) fn refuses(&self, fact: &Fact) -> Option<RefusedBecause> {
        if fact.kind != FactKind::VetoStep {
            return None;
        }
        let id = &fact.item;
        let of = self.known.get(id).filter(|it| {
            let it = &it.veto.fact;
            (&it.subject_kind, &it.subject) == (&fact.subject_kind, &fact.subject)
        });
        let Some(of) = of else {
            let en = format!("there is no veto `{id}` of this subject");
            return Some(state("VETO_UNKNOWN", en, "该对象没有此否决事项记录"));
        };
        if let Some(reversal) = &of.veto.reversed {
            let en = format!("veto `{id}` was reversed by `{}`", fact_id(reversal.seq));
            return Some(state("FACT_REVERSED", en, "该否决事项记录已冲销"));
        }
        let kind = VetoStepKind::named(&fact.name)?;
        // What happens has happened; only a decision may lift from a later day on.
        if kind != VetoStepKind::Lifted
            && let Some((on, today)) = fact.on_day.zip(self.today).filter(|it| it.0 > it.1)
        {
            let en = format!("{on} has not come: it is {today}");
            return Some(state("STEP_IN_FUTURE", en, format!("{on} 尚未到来，今日为 {today}")));
        }
        match kind {
            VetoStepKind::NoticeServed | VetoStepKind::PutRight => None,
            VetoStepKind::Objected => of.too_late(fact.on_day?),
            VetoStepKind::ObjectionDismissed | VetoStepKind::ObjectionUpheld => {
                let objected =
                    of.steps.iter().filter(|it| it.name == VetoStepKind::Objected.word());
                by_another(
                    fact,
                    objected.map(|it| &*it.by_whom),
                    "an objection is answered",
                    "异议",
                )
            }
            VetoStepKind::Lifted => {
                let raised = [&*of.veto.fact.by_whom, &*of.veto.fact.recorded_by];
                by_another(fact, raised.into_iter(), "a veto is lifted", "否决事项")
            }
        }
    }
}

impl Known {
    fn too_late(&self, on: Day) -> Option<RefusedBecause> {
        let served = VetoStepKind::NoticeServed.word();
        let told = self.steps.iter().filter(|it| it.name == served);
        let told = told.filter_map(|it| it.on_day).min();
        let last = told.zip(self.object_days).and_then(|(day, days)| day.plus_days(days))?;
        if on <= last {
            return None;
        }
        let en = format!("an objection to this veto was in time until {last}");
        Some(state("OBJECTION_TOO_LATE", en, format!("申辩期限已于 {last} 届满")))
    }
}

/// Refuses whoever did the first half.
fn by_another<'f>(
    fact: &Fact,
    mut first: impl Iterator<Item = &'f str>,
    what: &str,
    zh: &str,
) -> Option<RefusedBecause> {
    if first.any(|it| it == fact.by_whom) {
        let en = format!("{what} by another than who raised it");
        let zh = format!("{zh}的提出与处理须由不同的主体办理");
        return Some(state("SEPARATION_OF_DUTIES", en, zh));
    }
    None
}
