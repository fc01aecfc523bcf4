//! Facts that came after a period's results were published: they change nothing that stands, and wait
//! for a run that supersedes.

use super::LOOKED_AT_MAX;
use crate::{
    app::{App, AppError, Missing},
    domain::{
        scheme::{Scheme, SubjectKind, Veto},
        time::{Moment, Period},
    },
    store::{Fact, FactKind, ReadTx, StoredFact},
};

/// Which late facts are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateFacts {
    /// The scheme.
    pub scheme_id: String,
    /// The period.
    pub period: Period,
    /// As known at this moment.
    pub known: Moment,
    /// After this number of the ledger; 0 from the run's own end on.
    pub after: i64,
    /// At most so many.
    pub limit: usize,
}

/// A page of late facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatePage {
    /// The published run that does not know them.
    pub run_id: String,
    /// The facts in the order told; of a reversal the fact that it reversed.
    pub facts: Vec<StoredFact>,
    /// The number after which to go on; none at the end.
    pub next: Option<i64>,
}

impl LateFacts {
    /// Whether a fact is about the period. Check-ins, conduct and steps of vetoes are whatever their
    /// days: late days, honours and vetoes' days follow from all of them.
    fn takes(&self, fact: &Fact, scheme: &Scheme) -> bool {
        let by_days = matches!(
            fact.kind,
            FactKind::CheckIn | FactKind::Conduct | FactKind::ConductStep | FactKind::VetoStep
        );
        let within = || {
            let starts = fact.on_day.is_some_and(|it| it <= self.period.last_day());
            starts && fact.until_day.is_none_or(|it| it >= self.period.first_day())
        };
        let decides = fact.kind == FactKind::Decision && fact.item == self.scheme_id;
        let of_holder =
            |it: &Veto| it.of_holder && (fact.kind == FactKind::VetoStep || it.id == fact.item);
        let holds = matches!(fact.kind, FactKind::Veto | FactKind::VetoStep)
            && fact.subject_kind == SubjectKind::Member.name()
            && scheme.vetoes.iter().any(of_holder);
        let of_kind = fact.subject_kind == scheme.subject.name() || holds || decides;
        of_kind && (by_days || fact.period == self.period.to_string() || within())
    }
}

impl App {
    /// Facts and reversals about a period that were recorded after what its published run could read.
    ///
    /// # Errors
    /// `RUN_NOT_PUBLISHED`: before that every fact goes into the run; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn late_facts(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        asked: &LateFacts,
    ) -> Result<LatePage, AppError> {
        let period = asked.period.to_string();
        let run = tx.published_run(county, &asked.scheme_id, &period).await?;
        let missing =
            || AppError::not_found(Missing::PublishedRun, format!("{} {period}", asked.scheme_id));
        let run = run.ok_or_else(missing)?;
        let found = tx.scheme(county, &run.scheme_id, run.version).await?;
        let missing = || AppError::not_found(Missing::Scheme, run.scheme_id.clone());
        let plan = self.plans.plan(&found.ok_or_else(missing)?)?;
        let last = tx.head(county).await?.map_or(0, |it| it.fact_seq);
        let mut page = LatePage { run_id: run.run_id, facts: Vec::new(), next: None };
        let mut at = asked.after.max(run.facts_seq);
        for _ in 0..LOOKED_AT_MAX {
            if at >= last || page.facts.len() >= asked.limit {
                break;
            }
            at = at.saturating_add(1);
            let Some(mut stored) = tx.fact(county, at, asked.known).await? else { return Ok(page) };
            if let Some(reversed) = stored.fact.reverses {
                match tx.fact(county, reversed, asked.known).await? {
                    Some(fact) => stored = fact,
                    None => continue,
                }
            }
            let told = page.facts.iter().any(|it| it.seq == stored.seq);
            if !told && asked.takes(&stored.fact, plan.scheme()) {
                page.facts.push(stored);
            }
        }
        page.next = (at < last).then_some(at);
        Ok(page)
    }
}
