//! How many top marks a rater may give in a round, where the scheme says so (S8).

use super::{
    ALWAYS, Assessor, PAGE, TOGETHER_MAX,
    sheet::{Points, points_of},
};
use crate::{
    app::{AppError, Refusal},
    domain::{
        engine::Plan,
        exact::Decimal,
        scheme::{NodeKind, TopMarks},
    },
    store::{RevisionState, RoundSheet, SheetKey, SheetRevision, StoreTx},
};

/// One item of which more top marks are given than the scheme allows.
struct Exceeded {
    item: String,
    from: Decimal,
    given: u64,
    at_most: u64,
}

/// The items of a role with a rule for top marks.
fn ruled<'p>(plan: &'p Plan, role: &str) -> Vec<(&'p str, &'p TopMarks)> {
    let nodes = plan.scheme().nodes.iter().filter_map(|node| {
        let NodeKind::Assessed(assessed) = &node.kind else { return None };
        let top = assessed.top_marks.as_ref()?;
        assessed.by.iter().any(|it| it.0 == role).then_some((node.id.as_str(), top))
    });
    nodes.collect()
}

/// Refuses sheets that would pass a rater's top marks, counted with those handed in before. `new` are
/// the sheets that are about to be handed in.
///
/// # Errors
/// `TOP_MARKS_EXCEEDED` with every item's numbers; those of the store and of the arithmetic.
pub(super) async fn refuse(
    tx: &mut dyn StoreTx,
    county: &str,
    (plan, who): (&Plan, &Assessor),
    new: &[(SheetKey, SheetRevision)],
) -> Result<(), AppError> {
    let ruled = ruled(plan, &who.role);
    if ruled.is_empty() || new.is_empty() {
        return Ok(());
    }
    let all = expected(tx, county, who).await?;
    let count = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let before = all.iter().filter_map(|it| it.latest.as_ref());
    let before = before.filter(|it| it.state == RevisionState::HandedIn);
    let mut points: Vec<Points> = Vec::new();
    for revision in before.chain(new.iter().map(|it| &it.1)) {
        points.push(points_of(revision)?);
    }
    let mut exceeded = Vec::new();
    for (item, top) in ruled {
        let is_top = |it: &&Points| {
            let own = it.get(item).copied().and_then(Decimal::from_ten_thousandths);
            own.is_some_and(|it| it >= top.from)
        };
        let given = u64::try_from(points.iter().filter(is_top).count()).unwrap_or(u64::MAX);
        let at_most = top.at_most(count).map_err(|why| AppError::Engine(why.to_string()))?;
        if given > at_most {
            let (item, from) = (item.to_owned(), top.from);
            exceeded.push(Exceeded { item, from, given, at_most });
        }
    }
    told(who, count, &exceeded)
}

/// The refusal, if there is one.
fn told(who: &Assessor, expected: u64, exceeded: &[Exceeded]) -> Result<(), AppError> {
    let Some(first) = exceeded.first() else { return Ok(()) };
    let words = |it: &Exceeded| {
        let Exceeded { item, from, given, at_most } = it;
        (
            format!("{given} have {from} or more for `{item}`, and at most {at_most} may"),
            format!("{item} 打 {from} 分及以上 {given} 份，至多 {at_most} 份"),
        )
    };
    let (en, zh): (Vec<String>, Vec<String>) = exceeded.iter().map(words).unzip();
    let Assessor { role, assessor, .. } = who;
    let en = format!("of the {expected} sheets of `{assessor}` as `{role}`, {}", en.join("; "));
    let zh = format!("{assessor}（{role}）应打分 {expected} 份：{}", zh.join("；"));
    let refusal = Refusal::new("TOP_MARKS_EXCEEDED", en, zh)
        .with("item", first.item.clone())
        .with("given", first.given.to_string())
        .with("at_most", first.at_most.to_string())
        .with("expected", expected.to_string());
    Err(AppError::Refused(refusal))
}

/// The sheets that are expected of a rater in a role, with the points of their newest revisions.
async fn expected(
    tx: &mut dyn StoreTx,
    county: &str,
    who: &Assessor,
) -> Result<Vec<RoundSheet>, AppError> {
    let round = (who.round_id.as_str(), ALWAYS);
    let of = (who.role.as_str(), who.assessor.as_str());
    let own = |it: &RoundSheet| it.key.role == who.role && it.key.assessor == who.assessor;
    let (role, assessor) = (who.role.clone(), who.assessor.clone());
    let mut after = SheetKey { role, assessor, subject: String::new() };
    let mut subjects: Vec<String> = Vec::new();
    loop {
        let page = tx.round_sheets(county, round, &after, PAGE).await?;
        let last = page.last().filter(|it| own(it)).map(|it| it.key.clone());
        subjects.extend(page.into_iter().filter(own).map(|it| it.key.subject));
        let Some(last) = last else { break };
        after = last;
    }
    let mut all = Vec::with_capacity(subjects.len());
    for part in subjects.chunks(TOGETHER_MAX) {
        all.extend(tx.sheets_of(county, round, of, part).await?);
    }
    Ok(all)
}
