//! Reading of objections to published results.

use std::collections::BTreeMap;

use super::{PAGE, of_run, one, person_of};
use crate::{
    app::{
        App, AppError, Missing,
        access::{Node, Placed},
        registry::RecordKind,
        run::{RunSelector, plan_of, read_result, unreadable},
    },
    store::{ReadTx, ResultObjection, ResultVerdict, RunRecord, StoreError},
};

/// How many objections are looked at for one page.
const LOOKED_AT_MAX: usize = 5_000;

/// An objection with what became of its run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectionSide {
    /// The objection.
    pub objection: ResultObjection,
    /// The run that took the place of the one objected to; empty: none did.
    pub superseded_by: String,
}

/// The same with where its subject lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectionCase {
    /// The objection.
    pub side: ObjectionSide,
    /// The subject, with the person whom the result is about.
    pub placed: Placed,
}

/// Which objections are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedResultObjections {
    /// Only of this run.
    pub run_id: Option<String>,
    /// Only to the result of this subject.
    pub subject: Option<String>,
    /// Only those that are open.
    pub open_only: bool,
    /// After this run and number.
    pub after: (String, i64),
    /// At most so many.
    pub limit: usize,
}

/// Objections, and after which run and number to go on; none at the end.
pub type ObjectionPage = (Vec<ObjectionSide>, Option<(String, i64)>);

/// Where a subject lies: by the groups of its result, and with the person whom it is about.
fn placed(
    kind: RecordKind,
    person: &str,
    subject: &str,
    groups: &BTreeMap<String, String>,
) -> Placed {
    let mut placed = Placed::by_groups(kind, subject, groups);
    if !person.is_empty() {
        placed.nodes.insert(Node::new(RecordKind::Member, person));
    }
    placed
}

impl App {
    /// One objection with where its subject lies.
    ///
    /// # Errors
    /// `OBJECTION_NOT_FOUND`; those of the store.
    pub async fn objection_case(
        &self,
        county: &str,
        of: (&str, i64),
    ) -> Result<ObjectionCase, AppError> {
        let mut tx = self.read().await?;
        let objection = one(&mut *tx, county, of).await?;
        case(&mut *tx, county, objection, &mut BTreeMap::new()).await
    }

    /// Where the subject of a result lies that is to be objected to, and its kind; inside, that there
    /// is no such result.
    ///
    /// # Errors
    /// `RUN_NOT_FOUND`, `RUN_NOT_COMPUTED`; those of the store.
    pub async fn objectionable(
        &self,
        county: &str,
        (run_id, subject): (&str, &str),
    ) -> Result<(RecordKind, Result<Placed, AppError>), AppError> {
        let run = RunSelector::Id(run_id.to_owned());
        let (shown, kept) = self.shown_result(county, &run, subject).await?;
        let kind = kind(shown.plan.scheme().subject.name())?;
        let kept = match kept {
            Ok(kept) => kept,
            Err(error @ AppError::NotFound { .. }) => return Ok((kind, Err(error))),
            Err(error) => return Err(error),
        };
        let mut tx = self.read().await?;
        let of = (&shown.run, shown.plan.scheme());
        let person = person_of(&mut *tx, county, of, subject).await?;
        Ok((kind, Ok(placed(kind, &person, subject, &kept.groups))))
    }

    /// A page of objections that are seen, by run and number, and after which to go on; none at the
    /// end.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn result_objections(
        &self,
        county: &str,
        listed: &ListedResultObjections,
        seen: impl Fn(&ObjectionCase) -> bool + Send,
    ) -> Result<ObjectionPage, AppError> {
        let mut tx = self.read().await?;
        let (mut found, mut looked_at) = (Vec::new(), 0_usize);
        let mut after = match &listed.run_id {
            // The objections of a run stand together, the first one behind number 0.
            Some(run_id) if listed.after.0 != *run_id => (run_id.clone(), 0),
            Some(_) | None => listed.after.clone(),
        };
        let mut runs = BTreeMap::new();
        loop {
            let page = tx.result_objections(county, (&after.0, after.1), PAGE).await?;
            let own =
                |it: &ResultObjection| listed.run_id.as_ref().is_none_or(|run| it.run_id == *run);
            let page: Vec<_> = page.into_iter().take_while(own).collect();
            if page.is_empty() {
                return Ok((found, None));
            }
            looked_at = looked_at.saturating_add(page.len());
            for objection in page {
                if found.len() == listed.limit {
                    return Ok((found, Some(after)));
                }
                after = (objection.run_id.clone(), objection.number);
                let open = objection.answer.is_none() || !listed.open_only;
                let asked = listed.subject.as_ref().is_none_or(|it| objection.subject == *it);
                if open && asked {
                    let case = case(&mut *tx, county, objection, &mut runs).await?;
                    if seen(&case) {
                        found.push(case.side);
                    }
                }
            }
            if looked_at >= LOOKED_AT_MAX {
                return Ok((found, Some(after)));
            }
        }
    }

    /// How many objections to results of a run are open and how many were upheld, by subject.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn objection_counts(
        &self,
        county: &str,
        run_id: &str,
    ) -> Result<BTreeMap<String, (usize, usize)>, AppError> {
        let mut tx = self.read().await?;
        let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for it in of_run(&mut *tx, county, run_id).await? {
            let (open, upheld) = counts.entry(it.subject).or_default();
            match it.answer.map(|it| it.verdict) {
                None => *open = open.saturating_add(1),
                Some(ResultVerdict::Upheld) => *upheld = upheld.saturating_add(1),
                Some(ResultVerdict::Dismissed) => (),
            }
        }
        Ok(counts)
    }
}

/// The kind of that word.
fn kind(word: &str) -> Result<RecordKind, AppError> {
    let kind = RecordKind::named(word);
    kind.ok_or_else(|| AppError::Internal(format!("no kind of records is named {word}")))
}

/// A run with the kind of its subjects.
async fn run_of(
    tx: &mut dyn ReadTx,
    county: &str,
    run_id: &str,
) -> Result<(RunRecord, RecordKind), AppError> {
    let run = tx.run(county, run_id).await?;
    let run = run.ok_or_else(|| AppError::not_found(Missing::Run, run_id))?;
    let plan = plan_of(tx, county, &run).await?;
    let kind = kind(plan.scheme().subject.name())?;
    Ok((run, kind))
}

/// An objection with where its subject lies, by the groups that its result was kept with.
async fn case(
    tx: &mut dyn ReadTx,
    county: &str,
    objection: ResultObjection,
    runs: &mut BTreeMap<String, (RunRecord, RecordKind)>,
) -> Result<ObjectionCase, AppError> {
    let run_id = &objection.run_id;
    if !runs.contains_key(run_id) {
        runs.insert(run_id.clone(), run_of(tx, county, run_id).await?);
    }
    let found = runs.get(run_id).cloned();
    let (run, kind) = found.ok_or_else(|| AppError::not_found(Missing::Run, run_id))?;
    let subject = std::slice::from_ref(&objection.subject);
    let record = tx.results_of(county, run_id, subject).await?.pop();
    let record = record.ok_or_else(|| StoreError::corrupt("subject", "no such result"))?;
    let result = read_result(&record).map_err(unreadable)?;
    let placed = placed(kind, &objection.person, &result.subject, &result.groups);
    Ok(ObjectionCase {
        side: ObjectionSide { objection, superseded_by: run.superseded_by },
        placed,
    })
}
