//! Proposing, adjusting and confirming the values of cases (S2).

use std::sync::Arc;

use super::{
    Chain, ChainStep, NAMED_MAX, Reach,
    open::sees,
    read::{At, Item, Step},
    state::{Case, CaseStanding, CohortState, departs},
};
use crate::{
    app::{
        App, AppError, Done, Effect, Missing, Refusal, Violation, Write,
        fact::effect as fact_effect, registry::RecordKind,
    },
    domain::{exact::Decimal, time::Moment},
    store::{Fact, FactKind, StoreTx},
};

/// What is done to cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speaking {
    /// The first level proposes.
    Propose,
    /// A level between adjusts.
    Adjust {
        /// The level.
        level: String,
    },
    /// The last level confirms.
    Confirm,
}

/// A value for a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The post.
    pub subject: String,
    /// The `proposed` node.
    pub item: String,
    /// The points; none for as it stands.
    pub points: Option<Decimal>,
    /// Why; may be empty.
    pub reason: String,
}

/// Values for cases of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// The chain.
    pub chain_id: String,
    /// The step's scheme.
    pub scheme_id: String,
    /// What is done.
    pub speaking: Speaking,
    /// Who decides.
    pub decided_by: String,
    /// The values, each case once.
    pub values: Vec<Decision>,
}

/// Why a case does not take a value: its reason and sentences.
type Against = (&'static str, &'static str, &'static str);

impl App {
    /// Records values of one level, all of them or none; `encode` makes the answer out of the cases
    /// as they then stand, in the order asked for.
    ///
    /// # Errors
    /// The chain or step is not there; a post is not the caller's; what stands in the way, with every
    /// case; those of every write.
    pub async fn speak(
        &self,
        call: Write,
        reach: Reach,
        speech: Speech,
        encode: impl Fn(&ChainStep, &[Case]) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), reach, speech, plans, encode));
        self.write(call, move |tx, now| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, reach, speech, plans, encode) = &*shared;
                let at = At { county: &call.county, now, plans };
                let chain = Chain::read(tx, at.county, &speech.chain_id).await?;
                let index = chain.step(&speech.scheme_id)?;
                let events = tx.chain_events(at.county, &chain.chain_id).await?;
                let mut step = Step::read(tx, at, (&chain, index), &events).await?;
                let facts = judged(&step, reach, (call, now), (&chain, speech))?;
                let effect = insert(tx, (call, now), &mut step, &facts).await?;
                let cases = after(&step, speech)?;
                Ok(Done { response: encode(&step.of, &cases), effects: vec![effect] })
            })
        })
        .await
    }
}

/// The facts of all values.
///
/// # Errors
/// Whatever stands in the way of any of them.
fn judged(
    step: &Step,
    reach: &Reach,
    (call, now): (&Write, Moment),
    (chain, speech): (&Chain, &Speech),
) -> Result<Vec<Fact>, AppError> {
    let mut against: Vec<(String, Against)> = Vec::new();
    let mut facts = Vec::new();
    for value in &speech.values {
        let Some(post) = step.posts.get(&value.subject) else {
            return Err(not_there(reach, &value.subject));
        };
        let item = step.items.iter().find(|it| it.id == value.item);
        let level = item.and_then(|it| level_of(it, &speech.speaking));
        // Whose the level is comes first: nothing is told of other people's cases.
        if !sees(reach, step, &post.id) {
            return Err(AppError::Denied);
        }
        let word = level.and_then(|it| item?.levels.get(it));
        if word.is_some_and(|it| !reach.speaks_for(it, &call.county, post)) {
            return Err(AppError::Denied);
        }
        let name = format!("{}/{}", value.subject, value.item);
        let case = step.cases.get(&(value.subject.clone(), value.item.clone()));
        let (Some(item), Some(case)) = (item, case) else {
            against.push((name, NOTHING_PROPOSED));
            continue;
        };
        let Some(level) = level else {
            against.push((name, LEVEL_UNKNOWN));
            continue;
        };
        let points = value.points.or_else(|| case.standing_points());
        let why = stands_against(step, (item, case), level, points)
            .or_else(|| unexplained(item, case, (level, points, &value.reason)))
            .or_else(|| {
                same_hand((case, &post.person), level, [&call.principal, &speech.decided_by])
            });
        match (why, points) {
            (Some(why), _) => against.push((name, why)),
            (None, None) => against.push((name, CASE_NOT_PROPOSED)),
            (None, Some(points)) => facts.push(Fact {
                period: chain.period.to_string(),
                name: item.levels.get(level).cloned().unwrap_or_default(),
                amount_a: points.ten_thousandths(),
                detail: value.reason.clone(),
                by_whom: speech.decided_by.clone(),
                at: Some(now),
                recorded_by: call.principal.clone(),
                ..Fact::of(FactKind::Proposal, RecordKind::Post.word(), &case.subject, &case.item)
            }),
        }
    }
    if against.is_empty() { Ok(facts) } else { Err(refusal(&against)) }
}

/// A post that is not appraised: who sees all posts is told so.
pub(super) fn not_there(reach: &Reach, post: &str) -> AppError {
    if reach.sees_all_posts() {
        AppError::not_found(Missing::Appraised, post)
    } else {
        AppError::Denied
    }
}

/// The level that speaks, by position; none where the item has no such level.
fn level_of(item: &Item, speaking: &Speaking) -> Option<usize> {
    let last = item.levels.len().saturating_sub(1);
    match speaking {
        Speaking::Propose => Some(0),
        Speaking::Confirm => Some(last),
        Speaking::Adjust { level } => {
            let found = item.levels.iter().position(|it| it == level);
            found.filter(|it| *it > 0 && *it < last)
        }
    }
}

pub(super) const NOTHING_PROPOSED: Against =
    ("NOTHING_PROPOSED", "the scheme has no such `proposed` node", "评分办法没有该逐级审定项目");
const LEVEL_UNKNOWN: Against = (
    "LEVEL_UNKNOWN",
    "the level does not stand between the first and the last",
    "该层级不在首级与末级之间",
);
const CASE_NOT_PROPOSED: Against =
    ("CASE_NOT_PROPOSED", "a lower level has not spoken yet", "下一级尚未提出意见");

/// What a case's standing has against a value of a level.
fn stands_against(
    step: &Step,
    (item, case): (&Item, &Case),
    level: usize,
    points: Option<Decimal>,
) -> Option<Against> {
    let out_of_range = |it: Decimal| it < Decimal::ZERO || it > item.out_of;
    if points.is_some_and(out_of_range) {
        let en = "the points are below 0 or above the full marks";
        return Some(("POINTS_OUT_OF_RANGE", en, "分值小于 0 或超过该项满分"));
    }
    if step.state(&case.unit) == CohortState::Closed {
        return Some(("COHORT_CLOSED", "the cohort is closed", "该考核组已结束"));
    }
    match case.standing() {
        CaseStanding::LeftOut => {
            let en = "the facts say that the part does not apply, or is excused";
            return Some(("CASE_LEFT_OUT", en, "该项已登记为不适用或免予考核"));
        }
        CaseStanding::Confirmed => {
            return Some(("CASE_CONFIRMED", "the case is confirmed", "该项分值已审定"));
        }
        CaseStanding::Open | CaseStanding::Proposed | CaseStanding::Adjusted => (),
    }
    let spoken = case.current().iter().map(|it| it.level).max();
    if spoken.is_some_and(|it| it > level) {
        return Some(("CASE_ADJUSTED", "a higher level has spoken", "上一级已提出意见"));
    }
    let below = level.checked_sub(1);
    let reached = below.is_none_or(|below| spoken.is_some_and(|it| it >= below));
    (!reached).then_some(CASE_NOT_PROPOSED)
}

/// A value beyond the band that says no reason.
fn unexplained(
    item: &Item,
    case: &Case,
    (level, points, reason): (usize, Option<Decimal>, &str),
) -> Option<Against> {
    let beyond = departs(case.points_below(level)?, points?, item.band?);
    (level > 0 && beyond && reason.is_empty()).then_some((
        "ADJUSTMENT_UNEXPLAINED",
        "it departs by more than the scheme's band: say why",
        "调整幅度超过规定范围，须说明理由",
    ))
}

/// Who recorded or decided at another level of the case, or holds the post: neither as a caller nor as
/// the one who decides do they act. Each level is a duty of its own.
fn same_hand((case, person): (&Case, &str), level: usize, own: [&str; 2]) -> Option<Against> {
    let others = case.values.iter().filter(|it| it.level != level);
    let mut hands = others.flat_map(|it| [it.recorded_by.as_str(), it.decided_by.as_str()]);
    if hands.any(|it| own.contains(&it)) {
        return Some((
            "SEPARATION_OF_DUTIES",
            "nobody acts on one case in two duties",
            "同一事项的提出、调整、审定须由不同的人办理",
        ));
    }
    own.contains(&person).then_some((
        "SEPARATION_OF_DUTIES",
        "nobody acts on the case of a post of their own",
        "不得办理本人职务的考核事项",
    ))
}

/// The refusal of a message, by the first of what stands in its way.
pub(super) fn refusal(against: &[(String, Against)]) -> AppError {
    let Some((name, (reason, en, zh))) = against.first() else {
        return AppError::Internal("nothing stands in the way".to_owned());
    };
    let more = match against.len().saturating_sub(1) {
        0 => (String::new(), String::new()),
        more => (format!(", and {more} more"), format!("，另有 {more} 项")),
    };
    let en = format!("`{name}`: {en}{}", more.0);
    let zh = format!("{name}：{zh}{}", more.1);
    let named = against.iter().take(NAMED_MAX);
    let named =
        named.map(|(name, (reason, en, _))| Violation { reason, subject: name.clone(), en });
    let refusal = Refusal::new(reason, en, zh).with("cases", against.len().to_string());
    AppError::Refused(refusal.naming(named.collect()))
}

/// Stores the values, and takes them up in the step.
async fn insert(
    tx: &mut dyn StoreTx,
    (call, now): (&Write, Moment),
    step: &mut Step,
    facts: &[Fact],
) -> Result<Effect, AppError> {
    let first = tx.insert_facts(&call.county, &call.request_id, facts).await?;
    for (seq, fact) in (first..).zip(facts) {
        step.take_value((seq, now), fact.clone())?;
    }
    step.mark_beyond();
    Ok(fact_effect(first, facts))
}

/// The cases of a message as they stand now.
fn after(step: &Step, speech: &Speech) -> Result<Vec<Case>, AppError> {
    let one = |it: &Decision| {
        let case = step.cases.get(&(it.subject.clone(), it.item.clone())).cloned();
        case.ok_or_else(|| AppError::Internal("a case is gone".to_owned()))
    };
    speech.values.iter().map(one).collect()
}
