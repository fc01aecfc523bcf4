//! What an appraisal chain asks of a run before it is published.

use super::{
    Chain, NAMED_MAX,
    open::all_chains,
    read::{At, Step},
    state::CohortState,
};
use crate::{
    app::{AppError, Refusal, Violation, scheme::Plans},
    domain::time::Moment,
    store::{RunRecord, StoreTx},
};

/// Refuses to publish a run whose scheme and period are a step of a chain, as long as a cohort of that
/// step is open, or where the run is of before the last of them was closed: it would not know what was
/// confirmed.
///
/// # Errors
/// `APPRAISAL_OPEN`, `POST_WITHOUT_COHORT`, `RUN_BEFORE_CLOSING`; all remembered for the request id.
pub(in crate::app) async fn may_publish(
    tx: &mut dyn StoreTx,
    (county, plans): (&str, &Plans),
    run: &RunRecord,
    now: Moment,
) -> Result<(), AppError> {
    for record in all_chains(tx, county, &run.period).await? {
        let chain = Chain::of(record)?;
        let Ok(index) = chain.step(&run.scheme_id) else { continue };
        let events = tx.chain_events(county, &chain.chain_id).await?;
        let at = At { county, now, plans };
        let step = Step::read(tx, at, (&chain, index), &events).await?;
        closed(&chain, &step)?;
        let last = step.closed.values().map(|it| it.1).max();
        if let Some(last) = last.filter(|it| *it > run.known) {
            let en = format!(
                "the run knows what was recorded until {}, and the last cohort was closed at {last}: start a new run",
                run.known
            );
            let zh = format!(
                "该批次依据 {} 以前的记录，而末一考核组于 {last} 结束，须重新计算",
                run.known
            );
            return Err(Refusal::new("RUN_BEFORE_CLOSING", en, zh).remembered().into());
        }
    }
    Ok(())
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
            en: "the post lies in no unit of the cohort's kind",
        });
        let refusal = Refusal::new("POST_WITHOUT_COHORT", en, zh).naming(named.collect());
        return Err(refusal.remembered().into());
    }
    let open = step.units().into_iter().filter(|it| step.state(it) != CohortState::Closed);
    let open: Vec<String> = open.map(|it| format!("{word}/{it}")).collect();
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
