//! What an appraisal chain asks of a run before it is published.

use super::{
    Chain, NAMED_MAX,
    open::all_chains,
    read::{At, Step, steps_to},
    state::CohortState,
};
use crate::{
    app::{AppError, Refusal, Violation, scheme::Plans},
    domain::time::Moment,
    store::{RunRecord, StoreTx},
};

/// Refuses to publish a run whose scheme and period are a step of a chain, as long as a cohort of that
/// step or of one below is open, where the run is by another version than the chain, or of before it
/// was settled, or of other posts: it would not be what was confirmed.
///
/// # Errors
/// `RUN_OTHER_VERSION`, `APPRAISAL_OPEN`, `POST_WITHOUT_COHORT`, `RUN_BEFORE_CLOSING`,
/// `RUN_OTHER_POSTS`; all remembered for the request id.
pub(in crate::app) async fn may_publish(
    tx: &mut dyn StoreTx,
    (county, plans): (&str, &Plans),
    run: &RunRecord,
    now: Moment,
) -> Result<(), AppError> {
    for record in all_chains(tx, county, &run.period).await? {
        let chain = Chain::of(record)?;
        let Ok(index) = chain.step(&run.scheme_id) else { continue };
        let at = At { county, now, plans };
        let steps = steps_to(tx, at, &chain, index).await?;
        let Some(step) = steps.last() else { continue };
        same_version(step, run)?;
        steps.iter().try_for_each(|it| closed(&chain, it))?;
        if let Some(last) = step.settled().filter(|it| *it > run.known) {
            let known = run.known;
            let en = format!(
                "the run knows what was recorded until {known}, and the appraisal was settled at \
                 {last}: start a new run"
            );
            let zh =
                format!("该批次依据 {known} 以前的记录，而考核于 {last} 才审定完毕，须重新计算");
            return Err(Refusal::new("RUN_BEFORE_CLOSING", en, zh).remembered().into());
        }
        // The registry may have been corrected since the run.
        let then = At { now: run.known, ..at };
        let before = Step::read(tx, then, (&chain, index), &[]).await?;
        same_posts(step, &before)?;
    }
    Ok(())
}

/// Refuses a run by another version than the one that the chain froze.
fn same_version(step: &Step, run: &RunRecord) -> Result<(), AppError> {
    let (frozen, own) = (step.of.version, run.version);
    if frozen == own {
        return Ok(());
    }
    let en =
        format!("the run is by version {own}, and the appraisal chain goes by version {frozen}");
    let zh = format!("该批次依据第 {own} 版，而考核链依据第 {frozen} 版");
    let refusal = Refusal::new("RUN_OTHER_VERSION", en, zh);
    Err(refusal.with("version", frozen.to_string()).remembered().into())
}

/// Refuses a run of other posts than those of the chain, or of posts that lay elsewhere.
fn same_posts(step: &Step, before: &Step) -> Result<(), AppError> {
    let unit = |of: &Step, id: &str| of.posts.get(id).map(|it| of.unit(it).map(str::to_owned));
    let mut ids = step.posts.keys().chain(before.posts.keys());
    let moved = ids.find(|id| unit(step, id) != unit(before, id));
    let Some(first) = moved else { return Ok(()) };
    let en = format!(
        "the registry of posts changed since the run, `{first}` among them: start a new run"
    );
    let zh = format!("批次计算后职务登记有变（如 {first}），须重新计算");
    Err(Refusal::new("RUN_OTHER_POSTS", en, zh).with("post", first.clone()).remembered().into())
}

/// Refuses a step with an open cohort, or with a post in none.
fn closed(chain: &Chain, step: &Step) -> Result<(), AppError> {
    let (id, word) = (&chain.chain_id, step.of.cohort.word());
    let stray: Vec<_> = step.stray().map(|it| it.id.clone()).collect();
    if let Some(first) = stray.first() {
        let en = format!(
            "{} post(s) lie in no {word} and so in no cohort; the first: `{first}`",
            stray.len()
        );
        let zh = format!("有 {} 个职务不属于任何{word}，无考核组，第一个：{first}", stray.len());
        let named = stray.into_iter().take(NAMED_MAX).map(|subject| Violation {
            reason: "POST_WITHOUT_COHORT",
            subject,
            en: "the post lies in no unit that could assess it",
        });
        let refusal = Refusal::new("POST_WITHOUT_COHORT", en, zh).naming(named.collect());
        return Err(refusal.remembered().into());
    }
    let open = step.units().into_iter().filter(|it| step.state(it) != CohortState::Closed);
    let open: Vec<String> = open.map(|it| step.cohort_name(it)).collect();
    let Some(first) = open.first() else { return Ok(()) };
    let en = format!("{} cohort(s) of chain `{id}` are open; the first: `{first}`", open.len());
    let zh = format!("考核链 {id} 尚有 {} 个考核组未结束，第一个：{first}", open.len());
    let named = open.iter().take(NAMED_MAX).map(|it| Violation {
        reason: "COHORT_OPEN",
        subject: it.clone(),
        en: "the cohort is not closed",
    });
    let refusal = Refusal::new("APPRAISAL_OPEN", en, zh).naming(named.collect());
    Err(refusal.with("chain_id", id.clone()).remembered().into())
}
