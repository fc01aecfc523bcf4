//! Published results of other schemes, as the facts of those who take them (P6, S4).

use std::collections::BTreeMap;

use super::{Input, compile, input_periods, kept, period_of, unreadable};
use crate::{
    app::{
        AppError, Missing,
        registry::Detail,
        roster::{self, Subject, Tree},
        timeline::{Held, timelines},
    },
    domain::{
        engine::{Plan, Reason, Status},
        exact::Decimal,
        facts::{AboutResult, GivenResult, GivenStatus},
        scheme::{NodeKind, ResultsOf, SubjectKind},
        time::{Day, Period},
    },
    store::{AsOf, ReadTx, ResultsAfter},
};

/// How many results are read at once.
const PAGE: i64 = 2_000;

/// One published result of another scheme.
#[derive(Debug, Clone)]
struct Other {
    score: Option<Decimal>,
    out_of: Decimal,
    weight: Option<Decimal>,
    groups: BTreeMap<String, String>,
    /// Only where some node lists results of this scheme.
    about: Option<AboutResult>,
}

/// The results of published runs by scheme and period, and in each by subject.
#[derive(Debug, Default)]
pub(super) struct Others {
    by_run: BTreeMap<(String, String), BTreeMap<String, Other>>,
}

/// Whether a node of the plan lists results of that scheme.
fn lists(plan: &Plan, scheme_id: &str) -> bool {
    let lists = |kind: &NodeKind| matches!(kind, NodeKind::ResultOf(of) if of.scheme == scheme_id && of.listed.is_some());
    plan.scheme().nodes.iter().any(|it| lists(&it.kind))
}

impl Others {
    /// Reads the runs that a run froze.
    pub(super) async fn read(
        tx: &mut dyn ReadTx,
        county: &str,
        (plan, inputs): (&Plan, &[Input]),
        as_of: AsOf,
    ) -> Result<Self, AppError> {
        let mut by_run = BTreeMap::new();
        for input in inputs {
            let listed = lists(plan, &input.scheme_id);
            let period = period_of(&input.period)?;
            // What is listed is weighed by the figures of its own period's last day.
            let day = if listed { period.last_day() } else { as_of.day };
            let reading = Reading { county, period, listed, as_of: AsOf { day, ..as_of } };
            let results = reading.run(tx, &input.run_id).await?;
            by_run.insert((input.scheme_id.clone(), input.period.clone()), results);
        }
        Ok(Self { by_run })
    }

    /// The results that stand in a subject's facts.
    pub(super) fn given(
        &self,
        (plan, period): (&Plan, Period),
        subject: &Subject,
    ) -> BTreeMap<String, Vec<GivenResult>> {
        let mut given: BTreeMap<String, Vec<GivenResult>> = BTreeMap::new();
        let mut done: Vec<(&str, ResultsOf)> = Vec::new();
        for node in &plan.scheme().nodes {
            let NodeKind::ResultOf(of) = &node.kind else { continue };
            if done.contains(&(of.scheme.as_str(), of.of)) {
                continue;
            }
            done.push((&of.scheme, of.of));
            for period in input_periods(of.of, period) {
                let key = (of.scheme.clone(), period.to_string());
                let Some(others) = self.by_run.get(&key) else { continue };
                let results = given.entry(of.scheme.clone()).or_default();
                let result = |it: &Other| GivenResult {
                    of: of.of,
                    score: it.score,
                    out_of: it.out_of,
                    weight: it.weight,
                    about: it.about.clone().map(Box::new),
                };
                match of.of {
                    ResultsOf::Itself
                    | ResultsOf::Halves
                    | ResultsOf::Quarters
                    | ResultsOf::Months => {
                        results.extend(others.get(&subject.facts.subject).map(result));
                    }
                    ResultsOf::Children | ResultsOf::Projects => {
                        let (dimension, id) = &subject.anchor;
                        let below = |it: &&Other| it.groups.get(dimension) == Some(id);
                        results.extend(others.values().filter(below).map(result));
                    }
                }
            }
        }
        given.retain(|_, results| !results.is_empty());
        given
    }
}

/// How the results of one run are read.
struct Reading<'a> {
    county: &'a str,
    period: Period,
    listed: bool,
    as_of: AsOf,
}

/// What the registry says of the subjects of a page.
#[derive(Default)]
struct Registered {
    weights: BTreeMap<String, BTreeMap<String, Decimal>>,
    taken_over: BTreeMap<String, Day>,
}

impl Reading<'_> {
    /// The scores of a published run, with what they weigh; where they are listed, all its results.
    async fn run(
        &self,
        tx: &mut dyn ReadTx,
        run_id: &str,
    ) -> Result<BTreeMap<String, Other>, AppError> {
        let (county, mut others) = (self.county, BTreeMap::new());
        let run = tx.run(county, run_id).await?;
        let run = run.ok_or_else(|| AppError::not_found(Missing::Run, run_id))?;
        let found = tx.scheme(county, &run.scheme_id, run.version).await?;
        let (_, document) =
            found.ok_or_else(|| AppError::not_found(Missing::Scheme, run.scheme_id.clone()))?;
        let plan = compile(&document)?;
        let Some(out_of) = plan.scheme().nodes.first().and_then(|it| it.out_of) else {
            return Ok(others);
        };
        let mut after = ResultsAfter::Ordinal(-1);
        let mut tree = Tree::read(tx, county, self.as_of).await?;
        loop {
            let page = tx.results(county, run_id, &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(others) };
            after = ResultsAfter::Ordinal(last.ordinal);
            let ids: Vec<String> = page.iter().map(|it| it.subject.clone()).collect();
            let mut known = self.registered(tx, plan.scheme().subject, &ids, &mut tree).await?;
            for record in page {
                let score = record.score.and_then(Decimal::from_millionths);
                if score.is_none() && !self.listed {
                    continue;
                }
                let kept = kept::read_result(&record).map_err(unreadable)?;
                let weights = known.weights.remove(&record.subject).unwrap_or_default();
                let weight = weights.get("households").copied();
                let about = self.listed.then(|| AboutResult {
                    subject: record.subject.clone(),
                    period: Some(self.period),
                    status: match kept.status {
                        Status::Final => GivenStatus::Final,
                        Status::Incomplete => GivenStatus::Incomplete,
                        Status::Excluded => GivenStatus::Excluded,
                        Status::TieOpen => GivenStatus::TieOpen,
                    },
                    grade: kept.grade.clone(),
                    vetoes: kept.reasons.iter().filter_map(veto).collect(),
                    weights,
                    taken_over: known.taken_over.remove(&record.subject),
                });
                let groups = kept.groups;
                others.insert(record.subject, Other { score, out_of, weight, groups, about });
            }
        }
    }

    async fn registered(
        &self,
        tx: &mut dyn ReadTx,
        kind: SubjectKind,
        ids: &[String],
        tree: &mut Tree,
    ) -> Result<Registered, AppError> {
        let (county, mut known) = (self.county, Registered::default());
        for chunk in ids.chunks(1_000) {
            for it in roster::load(tx, county, kind, chunk, tree, self.as_of).await? {
                let own = known.weights.entry(it.facts.subject).or_default();
                let households = it.weight.and_then(Decimal::whole);
                own.extend(households.map(|it| ("households".to_owned(), it)));
                own.extend(it.floor_area.map(|it| ("floor_area".to_owned(), it)));
            }
        }
        if self.listed && kind == SubjectKind::Project {
            let held = timelines(tx, county, kind.name(), ids, self.as_of.known).await?;
            for (id, held) in held {
                known.taken_over.extend(taken_over(&held, self.period).map(|it| (id, it)));
            }
        }
        Ok(known)
    }
}

fn veto(reason: &Reason) -> Option<String> {
    match reason {
        Reason::Veto { item, .. } => Some(item.clone()),
        Reason::Missing { .. }
        | Reason::TieOpen { .. }
        | Reason::SeatsExhausted { .. }
        | Reason::HonoursBarred { .. } => None,
    }
}

/// The first day on which a project was with the company that has it on the period's last day,
/// where on a day of the period before it was with another.
fn taken_over(held: &[Held], period: Period) -> Option<Day> {
    fn company(held: &Held) -> Option<&String> {
        match &held.record.detail {
            Detail::Project { company, .. } => Some(company),
            Detail::OrgUnit { .. }
            | Detail::Branch { .. }
            | Detail::Member { .. }
            | Detail::Post { .. }
            | Detail::Company {} => None,
        }
    }
    let at_end = held.iter().rposition(|it| it.days.contains(period.last_day()))?;
    let last = company(held.get(at_end)?)?;
    let until_end = held.get(..=at_end)?;
    let other = until_end.iter().rposition(|it| company(it) != Some(last))?;
    let since = held.get(other.checked_add(1)?)?.days.from;
    let before = held.get(other)?.days;
    let in_period = before.until.is_none_or(|it| period.first_day() <= it);
    (in_period && period.first_day() < since).then_some(since)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::registry::{Record, RecordKind},
        domain::facts::Span,
    };

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn held(company: &str, from: &str, until: Option<&str>) -> Held {
        let (from, until) = (day(from), until.map(day));
        let record = Record {
            kind: RecordKind::Project,
            id: "p".to_owned(),
            name: String::new(),
            erased: false,
            parent: None,
            from,
            until,
            attributes: BTreeMap::new(),
            detail: Detail::Project {
                class: None,
                company: company.to_owned(),
                compound: "k".to_owned(),
                floor_area: None,
                households: None,
            },
        };
        Held { record, days: Span { from, until } }
    }

    #[test]
    fn who_has_a_project_on_the_last_day_took_it_over_on_the_first_of_its_days() {
        let half = Period::parse("2022-H1").unwrap();
        let all = [
            held("a", "2021-01-01", Some("2022-04-11")),
            held("b", "2022-04-12", Some("2022-05-31")),
            held("b", "2022-06-01", None),
        ];
        assert_eq!(taken_over(&all, half), Some(day("2022-04-12")));
        assert_eq!(taken_over(&all[1..], half), None, "nobody else had it");
        let next = Period::parse("2022-H2").unwrap();
        assert_eq!(taken_over(&all, next), None, "not in that half");
        let first = Period::parse("2021-H2").unwrap();
        assert_eq!(taken_over(&all, first), None, "not yet");
        let on_the_last =
            [held("a", "2021-01-01", Some("2022-06-29")), held("b", "2022-06-30", None)];
        assert_eq!(taken_over(&on_the_last, half), Some(day("2022-06-30")));
        let on_the_first =
            [held("a", "2021-01-01", Some("2021-12-31")), held("b", "2022-01-01", None)];
        assert_eq!(taken_over(&on_the_first, half), None, "with the half");
        assert_eq!(taken_over(&[held("a", "2021-01-01", Some("2022-03-01"))], half), None);
    }
}
