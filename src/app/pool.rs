//! Money divided to the fen (A7) and places divided to whole places (A6). Reads only: nothing is
//! kept.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    App, AppError, Refusal, Violation,
    run::{KeptResult, Shown, sound},
};
use crate::{
    domain::{
        engine::Status,
        exact::{
            AllocateError, Apportioned, Exact, ExactError, Money, Part, Remainder, Why,
            allocate_table, allot,
        },
    },
    store::{ReadTx, ResultsAfter, RunState},
};

/// The most parties of a pool.
pub const PARTIES_MAX: usize = 10_000;

/// How many results are read at once.
const PAGE: usize = 1_000;

/// A party of a pool and its weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its id.
    pub id: String,
    /// Its weight.
    pub weight: Exact,
}

/// Parties by the scores of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scored {
    /// Those with a score, in the order asked for.
    pub parties: Vec<Party>,
    /// Those without one, in that order, and how their results stand.
    pub left_out: Vec<(String, Status)>,
}

/// A pool, divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// What was divided.
    pub amount: Money,
    /// Where the fen went that were left over.
    pub remainder: Remainder,
    /// Each party with what it gets, in the order given.
    pub shares: Vec<(Party, Part)>,
    /// All weights together.
    pub weight_total: Exact,
    /// What the shares give together.
    pub given: Money,
    /// How many fen the parts, each cut to the fen, leave over.
    pub left_over_fen: i64,
}

/// Divides an amount by weights that are not below zero and not all zero.
///
/// # Errors
/// `POOL_WITHOUT_WEIGHT`; otherwise a mistake of the program: what is given does not add up.
pub fn divide(amount: Money, parties: Vec<Party>, remainder: Remainder) -> Result<Pool, AppError> {
    let weights: Vec<Exact> = parties.iter().map(|it| it.weight.clone()).collect();
    let table = allocate_table(amount, &weights, remainder).map_err(|why| match why {
        AllocateError::NoParty | AllocateError::NoWeight => without_weight(),
        AllocateError::NegativePool | AllocateError::NegativeWeight | AllocateError::Exact(_) => {
            AppError::Internal(format!("a pool: {why}"))
        }
    })?;
    let weight_total = Exact::sum(&weights).map_err(exact)?;
    let broken = || AppError::Internal("a pool does not add up".to_owned());
    let (mut given, mut left) = (Money::ZERO, amount);
    for part in &table {
        given = given.plus(part.money).map_err(|_| broken())?;
        left = left.minus(Money::from_fen(part.floor)).map_err(|_| broken())?;
    }
    // The law of a pool is held to where it is used, too.
    if given != amount || table.iter().any(|it| it.money < Money::ZERO) {
        return Err(broken());
    }
    let shares = parties.into_iter().zip(table).collect();
    Ok(Pool { amount, remainder, shares, weight_total, given, left_over_fen: left.fen() })
}

fn without_weight() -> AppError {
    let en = "nobody has a weight above zero: there is nobody to divide the pool among";
    AppError::refused("POOL_WITHOUT_WEIGHT", en, "权重合计为零，无从分配")
}

fn exact(why: ExactError) -> AppError {
    AppError::Internal(format!("a pool: {why}"))
}

impl Pool {
    /// The sentence for people, in English and Chinese; so many subjects were left out.
    pub fn words(&self, left_out: usize) -> (String, String) {
        let (amount, given, parties) = (self.amount, self.given, self.shares.len());
        let (total, fen) = (self.weight_total.exact_text(), self.left_over_fen);
        let en =
            format!("{amount} yuan were divided among {parties} by weights that add up to {total}");
        let words = amount.in_words();
        let zh = format!("{amount} 元（{words}）按合计 {total} 的权重分给 {parties} 方");
        let (how_en, how_zh) = match self.remainder {
            Remainder::Largest => (
                format!("the {fen} fen left over went to the largest remainders, one each"),
                format!("各方舍至分后余 {fen} 分，按余数由大到小逐分补足"),
            ),
            Remainder::Last => (
                "each but the last was rounded half-up to the fen, and the last took the rest"
                    .to_owned(),
                "除最后一方外均四舍五入至分，最后一方取其余".to_owned(),
            ),
        };
        let (mut en, mut zh) = (vec![en, how_en], vec![zh, how_zh]);
        en.push(format!("the shares add up to {given} yuan"));
        zh.push(format!("各份合计 {given} 元"));
        if left_out > 0 {
            en.push(format!("{left_out} without a score were left out"));
            zh.push(format!("另有 {left_out} 个对象无得分，未参加分配"));
        }
        (en.join("; "), zh.join("；"))
    }
}

impl App {
    /// Subjects of a run with their scores as weights: those named, in the order given, or all, in
    /// the run's order. Missing is not zero (M8): who has no score is refused, or left out.
    ///
    /// # Errors
    /// `RUN_NOT_PUBLISHED`, `POOL_PARTY_UNKNOWN`, `POOL_WEIGHT_MISSING`, `POOL_WEIGHT_NEGATIVE`, each
    /// naming every subject; `TOO_MANY`; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn pool_by_scores(
        &self,
        county: &str,
        shown: &Shown,
        subjects: &[String],
        leave_out_missing: bool,
    ) -> Result<Scored, AppError> {
        was_published(shown)?;
        let mut tx = self.read().await?;
        let results = if subjects.is_empty() {
            all(&mut *tx, county, shown).await?
        } else {
            named(&mut *tx, county, shown, subjects).await?
        };
        let stands = |it: KeptResult| (it.subject, it.status, it.score);
        scored(results.into_iter().map(stands).collect(), leave_out_missing)
    }
}

/// A subject, how its result stands, and its score.
type Stands = (String, Status, Option<Exact>);

/// Money goes by what was published.
fn was_published(shown: &Shown) -> Result<(), AppError> {
    let (id, state) = (&shown.run.run_id, shown.run.state);
    match state {
        RunState::Published | RunState::Superseded => Ok(()),
        RunState::Pending | RunState::Measuring | RunState::Computed | RunState::Failed => {
            Err(Refusal::new(
                "RUN_NOT_PUBLISHED",
                format!("run `{id}` was never published: nothing is divided by its scores"),
                format!("批次 {id} 未公布，不得据以分配"),
            )
            .with("state", state.word())
            .into())
        }
    }
}

async fn all(
    tx: &mut dyn ReadTx,
    county: &str,
    shown: &Shown,
) -> Result<Vec<KeptResult>, AppError> {
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let (mut results, mut after) = (Vec::new(), -1);
    loop {
        let from = ResultsAfter::Ordinal(after);
        let records = tx.results(county, &shown.run.run_id, &from, limit).await?;
        let Some(last) = records.last() else { return Ok(results) };
        after = last.ordinal;
        for record in &records {
            results.push(sound(record)?);
        }
        if results.len() > PARTIES_MAX {
            let en = format!("a pool has at most {PARTIES_MAX} parties: name the subjects");
            let zh = "一次至多分给 10000 方，请指定对象";
            return Err(AppError::invalid("scores.subject_ids", "TOO_MANY", en, zh));
        }
    }
}

async fn named(
    tx: &mut dyn ReadTx,
    county: &str,
    shown: &Shown,
    subjects: &[String],
) -> Result<Vec<KeptResult>, AppError> {
    let mut found = BTreeMap::new();
    for some in subjects.chunks(PAGE) {
        for record in &tx.results_of(county, &shown.run.run_id, some).await? {
            let result = sound(record)?;
            found.insert(result.subject.clone(), result);
        }
    }
    let (mut results, mut unknown) = (Vec::new(), Vec::new());
    for subject in subjects {
        match found.remove(subject) {
            Some(result) => results.push(result),
            None => unknown.push(violation("RESULT_NOT_FOUND", subject, "no result in this run")),
        }
    }
    if unknown.is_empty() {
        return Ok(results);
    }
    let (id, count) = (&shown.run.run_id, unknown.len());
    let en = format!("{count} of those named have no result in run `{id}`");
    let zh = format!("所列对象中有 {count} 个不在批次 {id} 的结果中");
    Err(naming("POOL_PARTY_UNKNOWN", en, zh, unknown))
}

fn scored(results: Vec<Stands>, leave_out_missing: bool) -> Result<Scored, AppError> {
    let (mut parties, mut left_out, mut below) = (Vec::new(), Vec::new(), Vec::new());
    for (id, status, score) in results {
        match score {
            Some(weight) if weight.is_negative() => {
                below.push(violation("WEIGHT_NEGATIVE", &id, "the score is below zero"));
            }
            Some(weight) => parties.push(Party { id, weight }),
            None => left_out.push((id, status)),
        }
    }
    if !left_out.is_empty() && !leave_out_missing {
        let missing = left_out.iter().map(|it| violation("SCORE_MISSING", &it.0, without(it.1)));
        let count = left_out.len();
        let en = format!("{count} have no score, and missing is not zero (M8)");
        let zh = format!("有 {count} 个对象没有得分，缺失不按零分计（M8）");
        return Err(naming("POOL_WEIGHT_MISSING", en, zh, missing.collect()));
    }
    if !below.is_empty() {
        let count = below.len();
        let en = format!("{count} have a score below zero, which is no weight");
        let zh = format!("有 {count} 个对象得分为负，不能作为权重");
        return Err(naming("POOL_WEIGHT_NEGATIVE", en, zh, below));
    }
    Ok(Scored { parties, left_out })
}

const fn without(status: Status) -> &'static str {
    match status {
        Status::Incomplete => "the result is incomplete",
        Status::Excluded => "the subject is excluded",
        Status::Final | Status::TieOpen => "the result has no score",
    }
}

fn violation(reason: &'static str, subject: &str, en: &'static str) -> Violation {
    Violation { reason, subject: subject.to_owned(), en }
}

fn naming(reason: &'static str, en: String, zh: String, all: Vec<Violation>) -> AppError {
    let count = all.len().to_string();
    Refusal::new(reason, en, zh).with("parties", count).naming(all).into()
}

/// A decision on units that are equal at the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// They, first first.
    pub order: Vec<String>,
    /// Who decided.
    pub decided_by: String,
    /// Why so.
    pub reason: String,
}

/// Places, divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// How many there were.
    pub places: u64,
    /// The units, in the order given.
    pub ids: Vec<String>,
    /// Their rows, in the same order.
    pub table: Apportioned,
    /// All weights together.
    pub weight_total: u64,
    /// How many are given.
    pub given: u64,
    /// How many are open because of a tie.
    pub open: u64,
    /// How many nobody gets because of the cap.
    pub left_over: u64,
    /// What was decided on the tie.
    pub decision: Option<Decision>,
}

/// Divides places among units whose weights are not all zero.
///
/// # Errors
/// `DECISION_PARTIES`; otherwise a mistake of the program.
pub fn divide_places(
    places: u64,
    units: Vec<(String, u64)>,
    each_at_most: Option<u64>,
    decision: Option<Decision>,
) -> Result<Places, AppError> {
    let (ids, weights): (Vec<String>, Vec<u64>) = units.into_iter().unzip();
    let weight_total = weights.iter().try_fold(0_u64, |sum, it| sum.checked_add(*it));
    let weight_total = weight_total.ok_or_else(|| exact(ExactError::Overflow))?;
    let mut table = allot(places, &weights, each_at_most, None).map_err(exact)?;
    if let Some(decision) = &decision {
        let order = decided(decision, &ids, &table.tied)?;
        table = allot(places, &weights, each_at_most, Some(&order)).map_err(exact)?;
    }
    let given = table.rows.iter().fold(0_u64, |sum, it| sum.saturating_add(it.seats));
    let undecided = table.rows.iter().any(|it| it.why == Why::TieOpen);
    let open = if undecided { table.open_seats } else { 0 };
    let open = u64::try_from(open).unwrap_or(u64::MAX);
    let rest = places.checked_sub(given).and_then(|it| it.checked_sub(open));
    let broken = || AppError::Internal("places do not add up".to_owned());
    let left_over = rest.ok_or_else(broken)?;
    Ok(Places { places, ids, table, weight_total, given, open, left_over, decision })
}

/// The order of a decision as indices, if it orders exactly those that are tied.
fn decided(of: &Decision, ids: &[String], tied: &[usize]) -> Result<Vec<usize>, AppError> {
    let at: BTreeMap<&str, usize> =
        tied.iter().filter_map(|at| Some((ids.get(*at)?.as_str(), *at))).collect();
    let order: Option<Vec<usize>> =
        of.order.iter().map(|it| at.get(it.as_str()).copied()).collect();
    let order = order.filter(|order| {
        let once: BTreeSet<usize> = order.iter().copied().collect();
        !order.is_empty() && order.len() == tied.len() && once.len() == tied.len()
    });
    order.ok_or_else(|| {
        let (en, zh) = if tied.is_empty() {
            ("nobody is equal at the line: there is nothing to decide".to_owned(), String::new())
        } else {
            let named: Vec<&str> = at.keys().copied().take(10).collect();
            let more = if tied.len() > named.len() { ", …" } else { "" };
            let named = named.join(", ") + more;
            (
                format!("the decision orders exactly those that are equal at the line: {named}"),
                format!("裁定须恰好排列并列的各方：{named}"),
            )
        };
        let zh = if zh.is_empty() { "没有并列，无须裁定".to_owned() } else { zh };
        AppError::invalid("decision.order", "DECISION_PARTIES", en, zh)
    })
}

impl Places {
    /// The sentence for people, in English and Chinese.
    pub fn words(&self) -> (String, String) {
        let (places, given, units) = (self.places, self.given, self.ids.len());
        let total = self.weight_total;
        let en = format!(
            "{given} of {places} places went to {units} units by weights that add up to {total}"
        );
        let zh =
            format!("{places} 个名额按合计 {total} 的权重分给 {units} 个单位，已分 {given} 个");
        let (mut en, mut zh) = (vec![en], vec![zh]);
        if self.open > 0 {
            let (open, tied) = (self.open, self.table.tied.len());
            en.push(format!("{tied} are equal at the line, and {open} stay open"));
            zh.push(format!("有 {tied} 个单位并列，{open} 个名额待定"));
        }
        if self.left_over > 0 {
            let left = self.left_over;
            en.push(format!("{left} are left over because of the cap"));
            zh.push(format!("因上限余 {left} 个"));
        }
        (en.join("; "), zh.join("；"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(subject: &str, score: Option<i64>, status: Status) -> Stands {
        (subject.to_owned(), status, score.map(Exact::whole))
    }

    fn refused(results: Vec<Stands>, leave_out: bool) -> (&'static str, Vec<String>) {
        match scored(results, leave_out) {
            Err(AppError::Refused(it)) => {
                (it.reason, it.violations.into_iter().map(|it| it.subject).collect())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_score_below_zero_is_no_weight_and_missing_is_no_zero() {
        let all = || {
            vec![
                result("a", Some(-1), Status::Final),
                result("b", None, Status::Incomplete),
                result("c", Some(0), Status::TieOpen),
                result("d", None, Status::Excluded),
                result("e", Some(-3), Status::Final),
            ]
        };
        let named = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        assert_eq!(refused(all(), false), ("POOL_WEIGHT_MISSING", named(&["b", "d"])));
        assert_eq!(refused(all(), true), ("POOL_WEIGHT_NEGATIVE", named(&["a", "e"])));
        let found = scored(all().split_off(1).into_iter().take(3).collect(), true).unwrap();
        assert_eq!(found.parties, [Party { id: "c".to_owned(), weight: Exact::ZERO }]);
        assert_eq!(found.left_out.len(), 2);
        let none = divide(Money::from_fen(5), found.parties, Remainder::Largest);
        assert!(matches!(none, Err(AppError::Refused(it)) if it.reason == "POOL_WITHOUT_WEIGHT"));
    }
}
