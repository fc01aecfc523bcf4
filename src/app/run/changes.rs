//! Superseding: what a new run changes for whom, shown before it is done and kept with it.

use std::{cmp::Ordering, sync::Arc};

use super::{
    KeptResult, RunView, computed, feed, kept::read_result, publication, read, supersession,
    unreadable,
};
use crate::{
    app::{
        App, AppError, Done, Missing, Refusal, Write,
        award::{Here, MoneyChanges, follow_run, preview_run},
        chain, notice,
        round::mark,
    },
    domain::{engine::Reason, scheme::SubjectKind},
    store::{ReadTx, ResultsAfter, RunRecord, RunState},
};

/// How many results of each run are read at once.
const PAGE: i64 = 1_000;

/// One subject for whom something changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The subject.
    pub subject: String,
    /// Its result in the old run; none if it was not in it.
    pub before: Option<KeptResult>,
    /// Its result in the new run; none if it is not in it.
    pub after: Option<KeptResult>,
}

/// What superseding changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// What is evaluated.
    pub kind: SubjectKind,
    /// The subjects for whom something changes, by id.
    pub changes: Vec<Change>,
    /// What it does to payments; nothing where it is not superseding that is asked about.
    pub money: MoneyChanges,
}

/// How an answer becomes the bytes that are kept for repeats of the request.
pub(super) type Encode = Arc<dyn Fn(&RunView, &Changes) -> Vec<u8> + Send + Sync>;

/// Whether score, grade, places, seat, money, honours or standing differ.
pub(super) fn differs(before: &KeptResult, after: &KeptResult) -> bool {
    before.status != after.status
        || before.score != after.score
        || before.grade != after.grade
        || before.ranks != after.ranks
        || before.seated != after.seated
        || before.awards != after.awards
        || barred(before) != barred(after)
}

/// Whether somebody is not eligible for the period's honours.
fn barred(result: &KeptResult) -> bool {
    result.reasons.iter().any(|it| matches!(it, Reason::HonoursBarred { .. }))
}

/// Results of one run, subject by subject.
struct BySubject {
    run_id: String,
    page: std::vec::IntoIter<KeptResult>,
    last: String,
    next: Option<KeptResult>,
}

impl BySubject {
    async fn open(tx: &mut dyn ReadTx, county: &str, run_id: &str) -> Result<Self, AppError> {
        let page = Vec::new().into_iter();
        let mut it = Self { run_id: run_id.to_owned(), page, last: String::new(), next: None };
        it.advance(tx, county).await?;
        Ok(it)
    }

    async fn advance(
        &mut self,
        tx: &mut dyn ReadTx,
        county: &str,
    ) -> Result<Option<KeptResult>, AppError> {
        let current = self.next.take();
        if let Some(next) = self.page.next() {
            self.next = Some(next);
            return Ok(current);
        }
        let after = ResultsAfter::Subject(self.last.clone());
        let mut page = Vec::new();
        for record in tx.results(county, &self.run_id, &after, PAGE).await? {
            self.last.clone_from(&record.subject);
            page.push(read_result(&record).map_err(unreadable)?);
        }
        self.page = page.into_iter();
        self.next = self.page.next();
        Ok(current)
    }
}

/// Everybody for whom the new run says something else than the old one.
async fn changes(
    tx: &mut dyn ReadTx,
    county: &str,
    old: &RunRecord,
    new: &RunRecord,
) -> Result<Changes, AppError> {
    let plan = read::plan_of(tx, county, new).await?;
    let mut olds = BySubject::open(tx, county, &old.run_id).await?;
    let mut news = BySubject::open(tx, county, &new.run_id).await?;
    let mut changes = Vec::new();
    loop {
        let order = match (&olds.next, &news.next) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.subject.cmp(&b.subject),
        };
        let before = if order.is_le() { olds.advance(tx, county).await? } else { None };
        let after = if order.is_ge() { news.advance(tx, county).await? } else { None };
        let same = before.as_ref().zip(after.as_ref()).is_some_and(|(a, b)| !differs(a, b));
        let subject = before.as_ref().or(after.as_ref()).map(|it| it.subject.clone());
        if let (false, Some(subject)) = (same, subject) {
            changes.push(Change { subject, before, after });
        }
    }
    let money = MoneyChanges::default();
    Ok(Changes { kind: plan.scheme().subject, changes, money })
}

fn refuse(reason: &'static str, en: String, zh: String) -> AppError {
    Refusal::new(reason, en, zh).remembered().into()
}

/// The published run that is to be superseded.
async fn superseded(
    tx: &mut dyn ReadTx,
    county: &str,
    run_id: &str,
    new: &RunRecord,
) -> Result<RunRecord, AppError> {
    let old = tx.run(county, run_id).await?;
    let old = old.ok_or_else(|| AppError::not_found(Missing::Run, run_id))?;
    if old.state != RunState::Published {
        return Err(refuse(
            "RUN_NOT_PUBLISHED",
            format!("run `{run_id}` is {}: only a published run is superseded", old.state.word()),
            format!("批次 {run_id} 的状态为 {}，只有已公布的批次可以被取代", old.state.word()),
        ));
    }
    if (&old.scheme_id, &old.period) != (&new.scheme_id, &new.period) {
        return Err(refuse(
            "RUN_OTHER_SCHEME",
            "the two runs are not of one scheme and period".to_owned(),
            "两个批次不属于同一评分办法和周期".to_owned(),
        ));
    }
    Ok(old)
}

impl App {
    /// Puts a computed run in the place of a published one, with a reason.
    ///
    /// # Errors
    /// `RUN_NOT_FOUND`, `RUN_NOT_PUBLISHED`, `RUN_NOT_COMPUTED`, `RUN_OTHER_SCHEME`, and those of the
    /// new run's public notice and appraisal chain as for [`App::publish_run`], all remembered for the request id, and
    /// those of every write.
    pub async fn supersede_run(
        &self,
        call: Write,
        old_run: String,
        new_run: String,
        reason: String,
        encode: Encode,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let own = call.clone();
        let done = self.write(call, move |tx, now| {
            let plans = Arc::clone(&plans);
            let (own, reason) = (own.clone(), reason.clone());
            let (county, principal) = (own.county.clone(), own.principal.clone());
            let (old_run, new_run) = (old_run.clone(), new_run.clone());
            let encode = Arc::clone(&encode);
            Box::pin(async move {
                let mut new = computed(tx, &county, &new_run).await?;
                let mut old = superseded(tx, &county, &old_run, &new).await?;
                let plan = read::plan_of(tx, &county, &new).await?;
                notice::may_publish(tx, &county, (&new, plan.scheme()), now).await?;
                chain::may_publish(tx, (&county, &plans), &new, now).await?;
                let mut changes = changes(tx, &county, &old, &new).await?;
                let before = old.clone();
                old.state = RunState::Superseded;
                old.superseded_by.clone_from(&new.run_id);
                old.reason = reason;
                tx.update_run(&county, &old).await?;
                new.state = RunState::Published;
                new.supersedes.clone_from(&old.run_id);
                new.published = Some((now, principal));
                new.revision = tx.update_run(&county, &new).await?;
                feed::publish(tx, &county, &new).await?;
                let here = Here { county: &county, now, plans: &plans };
                let followed = follow_run(tx, here, (&before, &new), mark(&own, now)).await?;
                changes.money = followed.0;
                let mut effects = vec![supersession(&old), publication("supersede", &new)];
                effects.extend(followed.1);
                let view = read::view(tx, &county, new).await?;
                Ok(Done { response: encode(&view, &changes), effects })
            })
        });
        let answer = done.await?;
        self.published.notify_waiters();
        Ok(answer)
    }

    /// What superseding would change, with nothing done.
    ///
    /// # Errors
    /// As [`App::supersede_run`], with nothing remembered.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn preview_supersede(
        &self,
        county: &str,
        old_run: &str,
        new_run: &str,
    ) -> Result<(RunView, Changes), AppError> {
        let mut tx = self.read().await?;
        let new = tx.run(county, new_run).await?;
        let new = new.ok_or_else(|| AppError::not_found(Missing::Run, new_run))?;
        if new.state != RunState::Computed {
            return Err(refuse(
                "RUN_NOT_COMPUTED",
                format!("run `{new_run}` is {}", new.state.word()),
                format!("批次 {new_run} 的状态为 {}", new.state.word()),
            ));
        }
        let old = superseded(&mut *tx, county, old_run, &new).await?;
        let mut changes = changes(&mut *tx, county, &old, &new).await?;
        // As if it were done now: also days on which nothing was recorded have gone by.
        let now = self.known(&mut *tx, county, None).await?.moment()?.max(self.clock.now());
        let here = Here { county, now, plans: &self.plans };
        changes.money = preview_run(&mut *tx, here, (&old, &new)).await?;
        let view = read::view(&mut *tx, county, new).await?;
        Ok((view, changes))
    }

    /// The differences between any two runs whose results are there.
    ///
    /// # Errors
    /// `RUN_NOT_FOUND`, `RUN_NOT_COMPUTED`, and those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn changes_between(
        &self,
        county: &str,
        old_run: &str,
        new_run: &str,
    ) -> Result<Changes, AppError> {
        let mut tx = self.read().await?;
        let of = |id: &str| read::RunSelector::Id(id.to_owned());
        let old = read::selected(&mut *tx, county, &of(old_run)).await?;
        let new = read::selected(&mut *tx, county, &of(new_run)).await?;
        changes(&mut *tx, county, &old, &new).await
    }
}
