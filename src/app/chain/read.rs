//! Chains as they are kept, and everything that a step's cohorts rest on.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    PAGE,
    state::{Blocker, Case, CaseStanding, CaseValue, Cohort, CohortState, Reopened},
};
use crate::{
    app::{AppError, Missing, registry::RecordKind, roster, run::period_of, scheme::Plans},
    domain::{
        engine::Plan,
        exact::Decimal,
        facts::StateKind,
        scheme::{ProposedNode, Scheme},
        time::{Moment, Period},
    },
    store::{
        ChainEvent, ChainEventKind, ChainRecord, Fact, FactKind, FactQuery, Mark, ReadTx,
        RoundListing, StoreError,
    },
};

/// The kinds of units that can be a level and a cohort, from below.
const UNITS: [RecordKind; 4] =
    [RecordKind::Compound, RecordKind::Community, RecordKind::Street, RecordKind::County];

/// The unit of a level's word; none for an office of the county.
pub(super) fn unit_of(level: &str) -> Option<RecordKind> {
    UNITS.into_iter().find(|it| it.word() == level)
}

/// How high a level's word stands: an office of the county stands with the county.
pub(super) fn height(level: &str) -> usize {
    UNITS.iter().position(|it| it.word() == level).unwrap_or(UNITS.len().saturating_sub(1))
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainStep {
    /// The scheme.
    pub scheme_id: String,
    /// Its version.
    pub version: i64,
    /// The kind of unit whose posts are a cohort.
    pub cohort: RecordKind,
}

/// A chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Its id.
    pub chain_id: String,
    /// The period.
    pub period: Period,
    /// The steps from below.
    pub steps: Vec<ChainStep>,
    /// The opening.
    pub opened: Mark,
}

impl Chain {
    /// As it is kept.
    pub(super) fn record(&self) -> Result<ChainRecord, AppError> {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|it| (it.scheme_id.as_str(), it.version, it.cohort.word()))
            .collect();
        let steps =
            serde_json::to_string(&steps).map_err(|it| AppError::Internal(it.to_string()))?;
        let (chain_id, period) = (self.chain_id.clone(), self.period.to_string());
        Ok(ChainRecord { chain_id, period, steps, opened: self.opened.clone() })
    }

    /// Out of what is kept.
    pub(super) fn of(record: ChainRecord) -> Result<Self, AppError> {
        let steps: Vec<(String, i64, String)> = serde_json::from_str(&record.steps)
            .map_err(|why| StoreError::corrupt("chains.steps", why))?;
        let step = |(scheme_id, version, cohort): (String, i64, String)| {
            let cohort =
                unit_of(&cohort).ok_or_else(|| StoreError::corrupt("chains.steps", cohort))?;
            Ok(ChainStep { scheme_id, version, cohort })
        };
        let steps: Result<Vec<_>, StoreError> = steps.into_iter().map(step).collect();
        Ok(Self {
            chain_id: record.chain_id,
            period: period_of(&record.period)?,
            steps: steps?,
            opened: record.opened,
        })
    }

    /// A chain that is there.
    pub(super) async fn read(
        tx: &mut dyn ReadTx,
        county: &str,
        id: &str,
    ) -> Result<Self, AppError> {
        let found = tx.chain(county, id).await?;
        Self::of(found.ok_or_else(|| AppError::not_found(Missing::Chain, id))?)
    }

    /// The position of a scheme's step.
    pub(super) fn step(&self, scheme: &str) -> Result<usize, AppError> {
        let found = self.steps.iter().position(|it| it.scheme_id == scheme);
        found.ok_or_else(|| AppError::not_found(Missing::Scheme, scheme))
    }
}

/// A `proposed` node of a step's scheme.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The node.
    pub(super) id: String,
    /// Its full marks.
    pub(super) out_of: Decimal,
    /// The levels from the lowest.
    pub(super) levels: Vec<String>,
    /// How far a level may depart without a reason.
    pub(super) band: Option<Decimal>,
    /// The node and those above it, any of which the facts may leave out.
    pub(super) path: Vec<String>,
}

/// The `proposed` nodes of a scheme, in its order.
pub(super) fn items(scheme: &Scheme) -> Vec<Item> {
    let path = |id: &str| {
        let node = scheme.nodes.iter().find(|it| it.id == id);
        node.map_or("", |it| &it.path).split('/').map(str::to_owned).collect()
    };
    let one = |node: ProposedNode<'_>| Item {
        id: node.id.to_owned(),
        out_of: node.out_of,
        levels: node.proposed.by.clone(),
        band: node.proposed.band,
        path: path(node.id),
    };
    scheme.proposed().into_iter().map(one).collect()
}

/// A post of a step's roster.
#[derive(Debug, Clone)]
pub(super) struct Post {
    /// The post.
    pub(super) id: String,
    /// The units in which it lies.
    pub(super) groups: BTreeMap<String, String>,
    /// Who holds it.
    pub(super) person: String,
}

/// A step with its posts, its cases and what was recorded about it.
pub(super) struct Step {
    /// Its position in the chain.
    pub(super) index: usize,
    /// The step.
    pub(super) of: ChainStep,
    /// Its `proposed` nodes.
    pub(super) items: Vec<Item>,
    /// Its posts by id.
    pub(super) posts: BTreeMap<String, Post>,
    /// Its cases by post and item.
    pub(super) cases: BTreeMap<(String, String), Case>,
    /// When and by whom each cohort was closed last, by unit.
    pub(super) closed: BTreeMap<String, (String, Moment)>,
    /// When a case of a cohort was opened last, by unit.
    reopened: BTreeMap<String, Moment>,
    /// Rounds of the scheme in the period that are open.
    pub(super) open_rounds: Vec<String>,
}

/// The chain's county, the moment of reading, and where compiled schemes are.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) county: &'a str,
    pub(super) now: Moment,
    pub(super) plans: &'a Plans,
}

impl Step {
    /// Reads a step.
    pub(super) async fn read(
        tx: &mut dyn ReadTx,
        at: At<'_>,
        (chain, index): (&Chain, usize),
        events: &[ChainEvent],
    ) -> Result<Self, AppError> {
        let outside = || AppError::Internal("a chain has no such step".to_owned());
        let step = chain.steps.get(index).cloned().ok_or_else(outside)?;
        let found = tx.scheme(at.county, &step.scheme_id, step.version).await?;
        let gone = || AppError::not_found(Missing::Scheme, step.scheme_id.clone());
        let plan = at.plans.plan(&found.ok_or_else(gone)?)?;
        let posts = posts(tx, at, &plan, chain.period).await?;
        let mut all = Self {
            index,
            items: items(plan.scheme()),
            of: step,
            posts,
            cases: BTreeMap::new(),
            closed: BTreeMap::new(),
            reopened: BTreeMap::new(),
            open_rounds: Vec::new(),
        };
        all.blank_cases();
        all.read_facts(tx, at, chain.period).await?;
        all.take_events(events);
        all.mark_beyond();
        all.read_rounds(tx, at.county, chain.period).await?;
        Ok(all)
    }

    /// The unit of a post's cohort; none where it lies in none.
    pub(super) fn unit<'p>(&self, post: &'p Post) -> Option<&'p str> {
        post.groups.get(self.of.cohort.word()).map(String::as_str)
    }

    /// The posts that lie in no unit of the cohort's kind.
    pub(super) fn stray(&self) -> impl Iterator<Item = &Post> {
        self.posts.values().filter(|it| self.unit(it).is_none())
    }

    /// Says of every value whether it departs by more than the band.
    pub(super) fn mark_beyond(&mut self) {
        for case in self.cases.values_mut() {
            let item = self.items.iter().find(|it| it.id == case.item);
            case.mark_beyond(item.and_then(|it| it.band));
        }
    }

    fn blank_cases(&mut self) {
        for post in self.posts.values() {
            for item in &self.items {
                let case = Case {
                    subject: post.id.clone(),
                    item: item.id.clone(),
                    unit: self.unit(post).unwrap_or_default().to_owned(),
                    levels: item.levels.clone(),
                    left_out: None,
                    values: Vec::new(),
                    reopenings: Vec::new(),
                };
                self.cases.insert((post.id.clone(), item.id.clone()), case);
            }
        }
    }

    async fn read_facts(
        &mut self,
        tx: &mut dyn ReadTx,
        at: At<'_>,
        period: Period,
    ) -> Result<(), AppError> {
        let ids: Vec<String> = self.posts.keys().cloned().collect();
        if self.items.is_empty() {
            return Ok(());
        }
        for part in ids.chunks(1_000) {
            let query = FactQuery {
                subject_kind: RecordKind::Post.word().to_owned(),
                subjects: part.to_vec(),
                kinds: vec![FactKind::Proposal, FactKind::NodeState],
                periods: vec![period.to_string()],
                from: period.first_day(),
                until: period.last_day(),
                known: at.now,
            };
            let mut states: BTreeMap<(String, String), Option<Moment>> = BTreeMap::new();
            for row in tx.facts(at.county, &query).await? {
                if row.fact.kind == FactKind::Proposal {
                    self.take_value((row.seq, row.recorded), row.fact)?;
                    continue;
                }
                // The latest state of a node holds.
                let kind = StateKind::ALL.into_iter().find(|it| it.name() == row.fact.name);
                let out = kind.is_some_and(StateKind::leaves_out).then_some(row.recorded);
                states.insert((row.fact.subject, row.fact.item), out);
            }
            for ((post, node), out) in states {
                let below = self.items.iter().filter(|it| out.is_some() && it.path.contains(&node));
                for item in below {
                    if let Some(case) = self.cases.get_mut(&(post.clone(), item.id.clone())) {
                        case.left_out = case.left_out.max(out);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes up a value that was recorded.
    pub(super) fn take_value(
        &mut self,
        (seq, recorded): (i64, Moment),
        fact: Fact,
    ) -> Result<(), AppError> {
        let Some(case) = self.cases.get_mut(&(fact.subject, fact.item)) else { return Ok(()) };
        let Some(level) = case.levels.iter().position(|it| *it == fact.name) else {
            return Ok(());
        };
        let points = fact.amount_a.and_then(Decimal::from_ten_thousandths);
        let points =
            points.ok_or_else(|| StoreError::corrupt("facts.amount_a", format!("row {seq}")))?;
        case.values.push(CaseValue {
            seq,
            level,
            points,
            reason: fact.detail,
            decided_by: fact.by_whom,
            recorded_by: fact.recorded_by,
            recorded,
            beyond_band: false,
        });
        Ok(())
    }

    fn take_events(&mut self, events: &[ChainEvent]) {
        for it in events.iter().filter(|it| it.scheme_id == self.of.scheme_id) {
            let mark = (it.mark.by.clone(), it.mark.recorded);
            match it.kind {
                ChainEventKind::Closing => {
                    self.closed.insert(it.unit.clone(), mark);
                }
                ChainEventKind::Reopening => {
                    self.reopened.insert(it.unit.clone(), it.mark.recorded);
                    let key = (it.subject.clone(), it.item.clone());
                    if let Some(case) = self.cases.get_mut(&key) {
                        let (by, recorded) = mark;
                        case.reopenings.push(Reopened { reason: it.reason.clone(), by, recorded });
                    }
                }
            }
        }
    }

    async fn read_rounds(
        &mut self,
        tx: &mut dyn ReadTx,
        county: &str,
        period: Period,
    ) -> Result<(), AppError> {
        let mut listing = RoundListing {
            scheme_id: self.of.scheme_id.clone(),
            period: period.to_string(),
            after: String::new(),
            limit: PAGE,
        };
        loop {
            let page = tx.round_page(county, &listing).await?;
            let Some(last) = page.last() else { return Ok(()) };
            listing.after.clone_from(&last.round_id);
            let open = page.into_iter().filter(|it| it.closed.is_none());
            self.open_rounds.extend(open.map(|it| it.round_id));
        }
    }

    /// How far the cohort of a unit is, but for what it waits for. A closing is of what there was then:
    /// a case that is opened again, left out later, or of a post that was registered or came later,
    /// asks for another.
    pub(super) fn state(&self, unit: &str) -> CohortState {
        let Some((_, closed)) = self.closed.get(unit) else { return CohortState::Open };
        let opened = self.reopened.get(unit).is_some_and(|it| closed < it);
        let mut own = self.cases.values().filter(|it| it.unit == unit);
        let later = |it: &Case| it.is_open() || it.changed().is_some_and(|it| it > *closed);
        if opened || own.any(later) {
            return CohortState::Reopened;
        }
        CohortState::Closed
    }

    /// The moment of the last closing.
    pub(super) fn settled(&self) -> Option<Moment> {
        self.units().into_iter().filter_map(|it| self.closed.get(it)).map(|it| it.1).max()
    }

    /// How a cohort is named in refusals: its unit and its scheme.
    pub(super) fn cohort_name(&self, unit: &str) -> String {
        format!("{}/{unit} {}", self.of.cohort.word(), self.of.scheme_id)
    }

    /// The units that have a cohort.
    pub(super) fn units(&self) -> BTreeSet<&str> {
        self.posts.values().filter_map(|it| self.unit(it)).collect()
    }

    /// The cohort of a unit as it stands, given the steps below.
    pub(super) fn cohort(&self, unit: &str, below: &[Self]) -> Cohort {
        let of_unit = |it: &&Case| it.unit == unit;
        let mut cases: BTreeMap<CaseStanding, usize> = BTreeMap::new();
        let mut beyond_band = 0_usize;
        for case in self.cases.values().filter(of_unit) {
            let count = cases.entry(case.standing()).or_default();
            *count = count.saturating_add(1);
            if case.values.iter().any(|it| it.beyond_band) {
                beyond_band = beyond_band.saturating_add(1);
            }
        }
        let state = self.state(unit);
        let posts = self.posts.values().filter(|it| self.unit(it) == Some(unit)).count();
        Cohort {
            step: self.index,
            unit: unit.to_owned(),
            state,
            posts,
            cases,
            beyond_band,
            blockers: if state == CohortState::Closed {
                Vec::new()
            } else {
                self.blockers(unit, below)
            },
            closed: self.closed.get(unit).cloned(),
        }
    }

    /// What stands between the cohort of a unit and its closing: from below upwards.
    pub(super) fn blockers(&self, unit: &str, below: &[Self]) -> Vec<Blocker> {
        let mut found = Vec::new();
        for step in below {
            // Schemes of one kind of cohort stand side by side.
            if height(step.of.cohort.word()) >= height(self.of.cohort.word()) {
                continue;
            }
            let within = self.of.cohort.word();
            let own =
                step.posts.values().filter(|it| it.groups.get(within).is_some_and(|it| it == unit));
            let (own, stray): (Vec<&Post>, Vec<&Post>) =
                own.partition(|it| step.unit(it).is_some());
            found.extend(stray.into_iter().map(|it| Blocker {
                reason: "POST_WITHOUT_COHORT",
                subject: it.id.clone(),
                en: "the post lies in no unit that could assess it",
                zh: "该职务不属于任何考核组",
            }));
            let units: BTreeSet<&str> = own.into_iter().filter_map(|it| step.unit(it)).collect();
            for lower in units.into_iter().filter(|it| step.state(it) != CohortState::Closed) {
                found.push(Blocker {
                    reason: "COHORT_OPEN",
                    subject: step.cohort_name(lower),
                    en: "a cohort below is not closed",
                    zh: "下级考核组尚未结束",
                });
            }
        }
        let open = |it: &&Case| it.unit == unit && it.is_open();
        for case in self.cases.values().filter(open) {
            found.push(Blocker {
                reason: "CASE_OPEN",
                subject: format!("{}/{}", case.subject, case.item),
                en: "the case is not confirmed",
                zh: "该项分值尚未审定",
            });
        }
        for round in &self.open_rounds {
            found.push(Blocker {
                reason: "ROUND_OPEN",
                subject: round.clone(),
                en: "the assessment round is not closed",
                zh: "测评轮次尚未结束",
            });
        }
        found
    }
}

/// A case that two steps both have.
pub(super) fn shared<'s>(one: &'s Step, other: &Step) -> Option<(&'s str, &'s str)> {
    let both = one.cases.keys().find(|it| other.cases.contains_key(*it));
    both.map(|it| (it.0.as_str(), it.1.as_str()))
}

/// The roster of a scheme in a period as it is known now, with the units of each post.
async fn posts(
    tx: &mut dyn ReadTx,
    at: At<'_>,
    plan: &Plan,
    period: Period,
) -> Result<BTreeMap<String, Post>, AppError> {
    let mut all = BTreeMap::new();
    for it in roster::all_subjects(tx, at.county, plan.scheme(), period, at.now).await? {
        let (id, groups, person) = (it.facts.subject, it.facts.groups, it.person);
        all.insert(id.clone(), Post { id, groups, person });
    }
    Ok(all)
}

/// All steps of a chain up to and with one.
pub(super) async fn steps_to(
    tx: &mut dyn ReadTx,
    at: At<'_>,
    chain: &Chain,
    last: usize,
) -> Result<Vec<Step>, AppError> {
    let events = tx.chain_events(at.county, &chain.chain_id).await?;
    let mut steps = Vec::new();
    for index in 0..=last {
        steps.push(Step::read(tx, at, (chain, index), &events).await?);
    }
    Ok(steps)
}
