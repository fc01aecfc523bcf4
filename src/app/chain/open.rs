//! Opening chains, and reading them.

use std::sync::Arc;

use super::{
    Chain, ChainStep, Cohort, PAGE, Reach, opening,
    read::{At, Post, Step, height, items, shared, steps_to, unit_of},
    state::{Case, CaseStanding},
};
use crate::{
    app::{
        App, AppError, Done, Missing, Write,
        access::Placed,
        registry::RecordKind,
        round::mark,
        scheme::{Plans, in_force_over},
    },
    domain::{scheme::Scheme, time::Period},
    store::{ChainRecord, ReadTx, StoreTx},
};

/// What to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenChain {
    /// The chain's id.
    pub chain_id: String,
    /// The period.
    pub period: Period,
    /// The schemes, each once.
    pub scheme_ids: Vec<String>,
}

/// Which cases are listed, by post and item.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// Of the cohort of this unit; none for all.
    pub unit: Option<String>,
    /// Of this post; none for all.
    pub subject: Option<String>,
    /// That stand so; none for any.
    pub standing: Option<CaseStanding>,
    /// Only with a value beyond the band.
    pub beyond_band: bool,
    /// After this post and item.
    pub after: (String, String),
    /// At most so many.
    pub limit: usize,
}

impl App {
    /// Opens a chain; `encode` makes the answer out of it.
    ///
    /// # Errors
    /// `SCHEME_NOT_FOUND`, `SCHEME_NOT_IN_FORCE`, `PERIOD_KIND_MISMATCH`, `COHORT_NOT_SAID`,
    /// `LEVELS_TOO_FEW`, `LEVELS_OUT_OF_ORDER`, `CHAIN_EXISTS`, `ITEM_SHARED`; those of every write.
    pub async fn open_chain(
        &self,
        call: Write,
        asked: OpenChain,
        encode: impl Fn(&Chain) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), asked, plans, encode));
        self.write(call, move |tx, at| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, plans, encode) = &*shared;
                let county = &call.county;
                if let Some(there) = same(tx, county, asked).await? {
                    return Ok(Done { response: encode(&there), effects: Vec::new() });
                }
                let steps = steps(tx, county, asked, plans).await?;
                let (chain_id, period) = (asked.chain_id.clone(), asked.period);
                let chain = Chain { chain_id, period, steps, opened: mark(call, at) };
                alone(tx, At { county, now: at, plans }, &chain).await?;
                let record = chain.record()?;
                tx.insert_chain(county, &record).await?;
                Ok(Done { response: encode(&chain), effects: vec![opening(&record)] })
            })
        })
        .await
    }

    /// A chain.
    ///
    /// # Errors
    /// It is not there; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn chain(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        id: &str,
    ) -> Result<Chain, AppError> {
        Chain::read(tx, county, id).await
    }

    /// A page of chains, by id.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn list_chains(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        (period, after, limit): (&str, &str, i64),
    ) -> Result<Vec<Chain>, AppError> {
        let page = tx.chain_page(county, period, after, limit).await?;
        page.into_iter().map(Chain::of).collect()
    }

    /// The cohorts of a chain that a caller sees, from the lowest step, by unit.
    ///
    /// # Errors
    /// The chain or the step is not there; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn cohorts(
        &self,
        tx: &mut dyn ReadTx,
        (county, reach): (&str, &Reach),
        (id, scheme): (&str, Option<&str>),
    ) -> Result<(Chain, Vec<Cohort>), AppError> {
        let chain = Chain::read(tx, county, id).await?;
        let only = scheme.map(|it| chain.step(it)).transpose()?;
        let now = self.known(tx, county, None).await?.moment()?;
        let at = At { county, now, plans: &self.plans };
        let last = only.unwrap_or_else(|| chain.steps.len().saturating_sub(1));
        let steps = steps_to(tx, at, &chain, last).await?;
        let mut found = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            if only.is_some_and(|it| it != index) {
                continue;
            }
            let below = steps.get(..index).unwrap_or_default();
            for unit in step.units() {
                if sees_unit(reach, step, unit) {
                    found.push(step.cohort(unit, below));
                }
            }
        }
        Ok((chain, found))
    }

    /// The cases of a step that a caller sees, by post and item.
    ///
    /// # Errors
    /// The chain or the step is not there; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn appraisal_cases(
        &self,
        tx: &mut dyn ReadTx,
        (county, reach): (&str, &Reach),
        (id, scheme): (&str, &str),
        filter: &CaseFilter,
    ) -> Result<(ChainStep, Vec<Case>), AppError> {
        let chain = Chain::read(tx, county, id).await?;
        let index = chain.step(scheme)?;
        let now = self.known(tx, county, None).await?.moment()?;
        let at = At { county, now, plans: &self.plans };
        let events = tx.chain_events(county, id).await?;
        let step = Step::read(tx, at, (&chain, index), &events).await?;
        let wanted = |it: &&Case| {
            (&it.subject, &it.item) > (&filter.after.0, &filter.after.1)
                && filter.unit.as_ref().is_none_or(|unit| *unit == it.unit)
                && filter.subject.as_ref().is_none_or(|id| *id == it.subject)
                && filter.standing.is_none_or(|standing| standing == it.standing())
                && (!filter.beyond_band || it.values.iter().any(|it| it.beyond_band))
                && sees(reach, &step, &it.subject)
        };
        let found = step.cases.values().filter(wanted).take(filter.limit).cloned().collect();
        Ok((step.of, found))
    }
}

/// Whether a caller sees a post of a step.
pub(super) fn sees(reach: &Reach, step: &Step, post: &str) -> bool {
    step.posts.get(post).is_some_and(|it| {
        reach.permit.covers(&Placed::by_groups(RecordKind::Post, &it.id, &it.groups))
    })
}

/// Whether a caller sees the whole cohort of a unit: the unit lies in what it holds.
pub(super) fn sees_unit(reach: &Reach, step: &Step, unit: &str) -> bool {
    let mut own = step.posts.values().filter(|it| step.unit(it) == Some(unit)).peekable();
    // What lies below a cohort's unit is not the cohort.
    let above = |word: &&String| height(word) >= height(step.of.cohort.word());
    let covered = |post: &Post| {
        let groups = post.groups.iter().filter(|it| above(&it.0) && unit_of(it.0).is_some());
        let groups = groups.map(|(word, id)| (word.clone(), id.clone())).collect();
        reach.permit.covers(&Placed::by_groups(RecordKind::Post, "", &groups))
    };
    own.peek().is_some() && own.all(covered)
}

/// All chains of a county, by id.
pub(in crate::app) async fn all_chains(
    tx: &mut dyn ReadTx,
    county: &str,
    period: &str,
) -> Result<Vec<ChainRecord>, AppError> {
    let (mut all, mut after): (Vec<ChainRecord>, _) = (Vec::new(), String::new());
    loop {
        let page = tx.chain_page(county, period, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after.clone_from(&last.chain_id);
        all.extend(page);
    }
}

/// The steps of the schemes in force on the period's last day, those of lower units first, and of
/// equal ones in the order asked for.
async fn steps(
    tx: &mut dyn StoreTx,
    county: &str,
    asked: &OpenChain,
    plans: &Plans,
) -> Result<Vec<ChainStep>, AppError> {
    let mut steps = Vec::new();
    for id in &asked.scheme_ids {
        let found = in_force_over(tx, county, (id, asked.period)).await?;
        let version = found.version;
        let gone = || AppError::not_found(Missing::Scheme, id);
        let published = tx.scheme(county, id, version).await?.ok_or_else(gone)?;
        let plan = plans.plan(&published)?;
        let cohort = cohort(plan.scheme())?;
        steps.push(ChainStep { scheme_id: id.clone(), version, cohort });
    }
    steps.sort_by_key(|it| height(it.cohort.word()));
    Ok(steps)
}

/// The unit of a scheme's cohorts, where its levels can carry a chain.
fn cohort(scheme: &Scheme) -> Result<RecordKind, AppError> {
    let id = &scheme.id;
    let Some(cohort) = scheme.cohort.and_then(|it| unit_of(it.name())) else {
        let en = format!("`{id}` does not say in which units its posts form cohorts (`cohort`)");
        let zh = format!("评分办法 {id} 未规定考核组的层级（cohort）");
        return Err(AppError::refused("COHORT_NOT_SAID", en, zh));
    };
    for item in items(scheme) {
        let (node, levels) = (&item.id, item.levels.join(", "));
        if item.levels.len() < 2 {
            let en = format!("`{node}` of `{id}` has one level, `{levels}`: nobody confirms");
            let zh = format!("{id} 的 {node} 仅有一级 {levels}，无人审定");
            return Err(AppError::refused("LEVELS_TOO_FEW", en, zh));
        }
        let heights: Vec<usize> = item.levels.iter().map(|it| height(it)).collect();
        let low = heights.first().is_some_and(|it| *it < height(cohort.word()));
        if low || !heights.is_sorted() {
            let en = format!(
                "the levels of `{node}` of `{id}` go upwards from `{}`, and these are {levels}",
                cohort.word()
            );
            let zh = format!("{id} 的 {node} 须自 {} 起逐级向上，现为 {levels}", cohort.word());
            return Err(AppError::refused("LEVELS_OUT_OF_ORDER", en, zh));
        }
    }
    Ok(cohort)
}

/// The chain of that id, if it is of that period and those schemes.
///
/// # Errors
/// `CHAIN_EXISTS`: it is another.
async fn same(
    tx: &mut dyn StoreTx,
    county: &str,
    asked: &OpenChain,
) -> Result<Option<Chain>, AppError> {
    let Some(there) = tx.chain(county, &asked.chain_id).await? else { return Ok(None) };
    let there = Chain::of(there)?;
    let (mut own, mut others): (Vec<&String>, Vec<&String>) =
        (asked.scheme_ids.iter().collect(), there.steps.iter().map(|it| &it.scheme_id).collect());
    own.sort_unstable();
    others.sort_unstable();
    if there.period == asked.period && own == others {
        return Ok(Some(there));
    }
    Err(AppError::AlreadyExists { reason: "CHAIN_EXISTS", existing: there.chain_id })
}

/// Refuses a chain where another of the period has one of its schemes, or where a post would be
/// spoken of by two schemes at once under one name of a node: their values could not be told apart.
///
/// # Errors
/// `CHAIN_EXISTS`, `ITEM_SHARED`.
async fn alone(tx: &mut dyn StoreTx, at: At<'_>, chain: &Chain) -> Result<(), AppError> {
    let mut all = Vec::new();
    for it in all_chains(tx, at.county, &chain.period.to_string()).await? {
        let it = Chain::of(it)?;
        let shares = |id: &str| it.steps.iter().any(|it| it.scheme_id == id);
        if chain.steps.iter().any(|it| shares(&it.scheme_id)) {
            let existing = it.chain_id;
            return Err(AppError::AlreadyExists { reason: "CHAIN_EXISTS", existing });
        }
        for index in 0..it.steps.len() {
            all.push(Step::read(tx, at, (&it, index), &[]).await?);
        }
    }
    for index in 0..chain.steps.len() {
        let step = Step::read(tx, at, (chain, index), &[]).await?;
        if let Some((other, (post, item))) =
            all.iter().find_map(|it| Some((it, shared(it, &step)?)))
        {
            let (one, two) = (&other.of.scheme_id, &step.of.scheme_id);
            let en = format!(
                "`{one}` and `{two}` both have a node `{item}` about post `{post}`: name them apart"
            );
            let zh = format!("{one} 与 {two} 对职务 {post} 有同名的审定项目 {item}，须分别命名");
            return Err(AppError::refused("ITEM_SHARED", en, zh));
        }
        all.push(step);
    }
    Ok(())
}
