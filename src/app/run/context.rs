//! What every batch of a run needs and none changes: the compiled scheme, the organisation, the
//! results of other schemes, the groups' values.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Frozen, belonging::Belonging, compile, holders::Holders, kept, kept::Extra, others::Others,
    period_of, unreadable,
};
use crate::{
    app::{
        AppError, Missing, assemble,
        assemble::Reading,
        digest,
        formation::{self, Registered},
        hex, indicator,
        roster::{self, PostTrees, Posts, Subject, Tree},
        schedule::schedules_known,
        scheme::Plans,
    },
    domain::{
        engine::{Evaluator, Groups, Plan, parts},
        exact::Decimal,
        facts::{Facts, FactsFault, TieDecision},
        scheme::{Indicator, Schedules, SubjectKind},
        time::{Day, Period},
    },
    store::{AsOf, FactKind, FactQuery, ReadTx, RunRecord, StoreError, StoredFact},
};

/// What every batch of one run needs.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) county: String,
    pub(crate) run_id: String,
    pub(crate) plan: Arc<Plan>,
    pub(crate) period: Period,
    pub(crate) as_of: AsOf,
    reading: Reading,
    /// Whether rolled-up rows may be read, or the ledger alone.
    rolled_up: bool,
    tree: Tree,
    /// The posts of the period, where the scheme says in which a person is appraised.
    posts: Option<Posts>,
    /// The organisation on earlier last days of posts.
    earlier: PostTrees,
    /// The point schedules of the compounds met so far, as known at the run's moment.
    schedules: Arc<Schedules>,
    with_schedules: BTreeSet<String>,
    others: Others,
    /// The organisations on the period's last day, where the scheme asks for indicators.
    registered: Option<Arc<Registered>>,
    /// The groups' values of the levels that are closed.
    pub(crate) groups: Arc<Groups>,
    closed: usize,
}

impl Context {
    /// Reads what a run froze.
    pub(crate) async fn read(
        tx: &mut dyn ReadTx,
        county: &str,
        run: &RunRecord,
    ) -> Result<Self, AppError> {
        let found = tx.scheme(county, &run.scheme_id, run.version).await?;
        let (_, document) =
            found.ok_or_else(|| AppError::not_found(Missing::Scheme, run.scheme_id.clone()))?;
        let plan = compile(&document)?;
        let period = period_of(&run.period)?;
        let as_of = AsOf { day: period.last_day(), known: run.known };
        let frozen = frozen(tx, county, &run.run_id).await?;
        let others = Others::read(tx, county, (&plan, &frozen.inputs), as_of).await?;
        let posts = match plan.scheme().appraised {
            Some(_) => Some(Posts::read(tx, county, plan.scheme(), period, run.known).await?),
            None => None,
        };
        Ok(Self {
            county: county.to_owned(),
            run_id: run.run_id.clone(),
            reading: Reading::of(plan.scheme()),
            rolled_up: true,
            groups: Arc::new(Groups::new(&plan)),
            tree: Tree::read(tx, county, as_of).await?,
            posts,
            earlier: PostTrees::new(),
            schedules: Arc::default(),
            with_schedules: BTreeSet::new(),
            registered: None,
            plan,
            period,
            as_of,
            others,
            closed: 0,
        })
    }

    /// The same, reading the ledger alone: what is kept beside it proves nothing.
    pub(crate) fn reading_the_ledger(mut self) -> Self {
        self.rolled_up = false;
        self
    }

    /// What evaluates one subject at a time.
    pub(crate) fn evaluator(&self) -> Evaluator {
        let evaluator = Evaluator::new(Arc::clone(&self.plan), self.period);
        evaluator.with_schedules(Arc::clone(&self.schedules))
    }

    /// Takes the values that a measuring pass over everybody gathered.
    pub(crate) fn close_level(&mut self, payloads: &[Vec<u8>]) -> Result<(), AppError> {
        let mut groups = (*self.groups).clone();
        for payload in payloads {
            let measured = kept::read_measurements(payload).map_err(unreadable)?;
            measured.into_iter().for_each(|it| groups.take(it));
        }
        groups.close_level()?;
        self.groups = Arc::new(groups);
        self.closed = self.closed.saturating_add(1);
        Ok(())
    }

    /// Reads the groups' values that the measuring passes below `level` gathered.
    pub(crate) async fn close_levels(
        &mut self,
        tx: &mut dyn ReadTx,
        level: usize,
    ) -> Result<(), AppError> {
        while self.closed < level {
            let step = i64::try_from(self.closed).unwrap_or(i64::MAX);
            let payloads = tx.payloads(&self.county, &self.run_id, step).await?;
            self.close_level(&payloads)?;
        }
        Ok(())
    }

    /// The facts of these subjects, ordered by id.
    pub(crate) async fn facts(
        &mut self,
        tx: &mut dyn ReadTx,
        ids: &[String],
        single_entries: bool,
    ) -> Result<Vec<(Facts, Extra)>, AppError> {
        let subjects = self.subjects(tx, ids).await?;
        let mut rows = self.rows(tx, ids, &assemble::EVIDENCE).await?;
        let mut days = self.rows(tx, ids, &assemble::of_all_time(self.plan.scheme())).await?;
        let mut entries = self.entries(tx, ids, single_entries).await?;
        let reports =
            |it: &StoredFact| it.fact.kind == FactKind::Import && !it.fact.by_whom.is_empty();
        let by_unit = rows.values().flatten().any(reports);
        let asked = (&*self.plan, by_unit);
        let belonging = Belonging::read(tx, &self.county, asked, ids, self.as_of.known).await?;
        let about = (self.plan.scheme(), self.period);
        let holders = Holders::read(tx, &self.county, about, &subjects, self.as_of.known).await?;
        let mut indicators = self.indicators(tx, ids).await?;
        if self.plan.scheme().scheduled().is_some() {
            self.meet(tx, belonging.compounds()).await?;
        }
        let mut all = Vec::with_capacity(subjects.len());
        for subject in subjects {
            let id = subject.facts.subject.clone();
            let results = self.others.given((&self.plan, self.period), &subject);
            let Subject { mut facts, person, branch, .. } = subject;
            facts.period = Some(self.period);
            facts.results = results;
            facts.entries = entries.rolled_up.remove(&id).unwrap_or_default();
            let mut own = rows.remove(&id).unwrap_or_default();
            own.extend(entries.single.remove(&id).unwrap_or_default());
            own.extend(days.remove(&id).unwrap_or_default());
            assemble::add_rows(&mut facts, own)?;
            assemble::keep_known(&mut facts, self.plan.scheme());
            indicator::put(&mut facts, &self.plan.scheme().indicators, indicators.remove(&id));
            belonging.put(&mut facts, self.plan.scheme());
            holders.put(&mut facts, &person);
            if let Some(posts) = &self.posts {
                facts.posts = posts.held_with(&id);
            }
            let facts_digest = self.facts_digest(&facts);
            let today = self.as_of.known.beijing_day();
            facts.follow(self.plan.scheme(), self.period, today);
            let groups = facts.groups.clone();
            let parts = kept::parts(&parts(self.plan.scheme(), &facts));
            all.push((facts, Extra { groups, person, branch, facts_digest, parts }));
        }
        Ok(all)
    }

    /// The figures that the scheme asks of the registry on the period's last day, by compound.
    async fn indicators(
        &mut self,
        tx: &mut dyn ReadTx,
        ids: &[String],
    ) -> Result<BTreeMap<String, Vec<(Indicator, Decimal)>>, AppError> {
        let plan = Arc::clone(&self.plan);
        let asked = &plan.scheme().indicators;
        if asked.is_empty() {
            return Ok(BTreeMap::new());
        }
        let registered = match &self.registered {
            Some(it) => Arc::clone(it),
            None => Arc::new(formation::registered(tx, &self.county, self.as_of).await?),
        };
        self.registered = Some(Arc::clone(&registered));
        indicator::computed(tx, &self.county, (ids, asked), (&registered, self.as_of)).await
    }

    /// These subjects, by id: posts as of their last day in the period, everything else as of the
    /// period's.
    async fn subjects(
        &mut self,
        tx: &mut dyn ReadTx,
        ids: &[String],
    ) -> Result<Vec<Subject>, AppError> {
        let (county, as_of, tree) = (&self.county, self.as_of, &mut self.tree);
        if let Some(posts) = &self.posts {
            let trees = (tree, &mut self.earlier);
            roster::load_posts(tx, county, ids, posts, trees, as_of).await
        } else {
            let kind = self.plan.scheme().subject;
            roster::load(tx, county, kind, ids, tree, as_of).await
        }
    }

    /// What the holder of a post held in the period, for an explanation of a scheme that does not
    /// say in which posts a person is appraised: no number rests on it, and no digest is over it.
    pub(crate) async fn tell_posts(
        &self,
        tx: &mut dyn ReadTx,
        facts: &mut Facts,
    ) -> Result<(), AppError> {
        let scheme = self.plan.scheme();
        if scheme.subject == SubjectKind::Post && self.posts.is_none() {
            let posts = Posts::read(tx, &self.county, scheme, self.period, self.as_of.known);
            facts.posts = posts.await?.held_with(&facts.subject);
        }
        Ok(())
    }

    /// Reads the schedules of compounds that were not met before.
    async fn meet(
        &mut self,
        tx: &mut dyn ReadTx,
        mut compounds: BTreeSet<String>,
    ) -> Result<(), AppError> {
        compounds.retain(|it| !self.with_schedules.contains(it));
        if compounds.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = compounds.iter().cloned().collect();
        let new =
            schedules_known(tx, &Plans::default(), &self.county, &ids, self.as_of.known).await?;
        let all = self.schedules.all().chain(new.all()).cloned();
        self.schedules = Arc::new(Schedules::of(all));
        self.with_schedules.append(&mut compounds);
        Ok(())
    }

    /// SHA-256 over what was read about a subject, the schedules of its compounds with it.
    fn facts_digest(&self, facts: &Facts) -> String {
        let read = format!("{facts:?}");
        let mut parts = vec![read.as_bytes().to_vec()];
        if self.plan.scheme().scheduled().is_some() {
            let mut compounds: Vec<&str> = facts.stays.iter().map(|it| it.place.as_str()).collect();
            compounds.sort_unstable();
            compounds.dedup();
            let versions = compounds.into_iter().flat_map(|it| self.schedules.versions(it));
            parts.extend(versions.map(|it| format!("{it:?}").into_bytes()));
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        hex(&digest(&parts))
    }

    async fn rows(
        &self,
        tx: &mut dyn ReadTx,
        ids: &[String],
        kinds: &[FactKind],
    ) -> Result<BTreeMap<String, Vec<StoredFact>>, AppError> {
        let mut by_subject: BTreeMap<String, Vec<StoredFact>> = BTreeMap::new();
        if kinds.is_empty() {
            return Ok(by_subject);
        }
        let (from, until) = self.days_of(kinds);
        let query = FactQuery {
            subject_kind: self.plan.scheme().subject.name().to_owned(),
            subjects: ids.to_vec(),
            kinds: kinds.to_vec(),
            periods: vec![self.period.to_string()],
            from,
            until,
            known: self.as_of.known,
        };
        for row in tx.facts(&self.county, &query).await? {
            by_subject.entry(row.fact.subject.clone()).or_default().push(row);
        }
        Ok(by_subject)
    }

    /// The days that are read: those of the period, or for what follows from days all of them.
    /// Entries that are valid over many months reach back before the period.
    fn days_of(&self, kinds: &[FactKind]) -> (Day, Day) {
        let (first, last) = (self.period.first_day(), self.period.last_day());
        let whenever = [FactKind::CheckIn, FactKind::Conduct, FactKind::VetoStep];
        if whenever.iter().any(|it| kinds.contains(it)) {
            let ends = (Day::new(1, 1, 1), Day::new(9999, 12, 31));
            return (ends.0.unwrap_or(first), ends.1.unwrap_or(last));
        }
        if !kinds.contains(&FactKind::Entry) || self.reading.months_before == 0 {
            return (first, last);
        }
        let years = i64::from(self.reading.months_before.div_ceil(12));
        let first = Day::new(first.year().saturating_sub(years), first.month(), 1).unwrap_or(first);
        (first, last)
    }

    /// The subjects' entries, as sums per month where the scheme allows it: those that are kept
    /// where they were current at the run's moment, otherwise made of the ledger's entries, so that
    /// the same facts are read alike whenever they are read.
    async fn entries(
        &self,
        tx: &mut dyn ReadTx,
        ids: &[String],
        single_entries: bool,
    ) -> Result<Entries, AppError> {
        let mut entries = Entries::default();
        if !self.reading.counts() {
            return Ok(entries);
        }
        if single_entries || self.reading.ledger {
            entries.single = self.rows(tx, ids, &assemble::ENTRIES).await?;
            return Ok(entries);
        }
        let mut from_ledger: Vec<String> = Vec::new();
        if self.rolled_up {
            let kind = self.plan.scheme().subject.name();
            let years = [self.period.year()];
            for row in tx.totals(&self.county, kind, ids, &years).await? {
                let current = row.latest <= self.as_of.known;
                match self.reading.rolled_up(&row.sums, self.period).filter(|_| current) {
                    Some(rolled_up) => {
                        entries.rolled_up.insert(row.subject, rolled_up);
                    }
                    None => from_ledger.push(row.subject),
                }
            }
        } else {
            from_ledger.extend_from_slice(ids);
        }
        if from_ledger.is_empty() {
            return Ok(entries);
        }
        for (subject, rows) in self.rows(tx, &from_ledger, &[FactKind::Entry]).await? {
            let sums = Reading::sums(&rows);
            match sums.and_then(|it| self.reading.rolled_up(&it, self.period)) {
                Some(rolled_up) => drop(entries.rolled_up.insert(subject, rolled_up)),
                None => drop(entries.single.insert(subject, rows)),
            }
        }
        Ok(entries)
    }

    /// Refuses facts that the scheme cannot take, with every fault of the batch.
    pub(crate) fn check(&self, all: &[(Facts, Extra)]) -> Result<(), AppError> {
        let evaluator = self.evaluator();
        let faults: Vec<FactsFault> = all
            .iter()
            .flat_map(|(facts, _)| {
                let of = |mut it: FactsFault| {
                    it.path = format!("{}.{}", facts.subject, it.path);
                    it
                };
                evaluator.check(facts, 0).into_iter().map(of)
            })
            .take(20)
            .collect();
        if faults.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Err(AppError::Engine(texts.join("; ")))
    }

    /// The recorded decisions about this scheme's ties in this period.
    pub(crate) async fn decisions(
        &self,
        tx: &mut dyn ReadTx,
    ) -> Result<Vec<TieDecision>, AppError> {
        let query = FactQuery {
            subject_kind: String::new(),
            subjects: vec![String::new()],
            kinds: vec![FactKind::Decision],
            periods: vec![self.period.to_string()],
            from: self.period.first_day(),
            until: self.period.last_day(),
            known: self.as_of.known,
        };
        let rows = tx.facts(&self.county, &query).await?;
        Ok(assemble::decisions(rows, &self.plan.scheme().id)?)
    }
}

#[derive(Debug, Default)]
struct Entries {
    rolled_up: BTreeMap<String, Vec<crate::domain::facts::Entry>>,
    single: BTreeMap<String, Vec<StoredFact>>,
}

/// What a run froze besides its record.
pub(crate) async fn frozen(
    tx: &mut dyn ReadTx,
    county: &str,
    run_id: &str,
) -> Result<Frozen, AppError> {
    match tx.cohort(county, run_id).await? {
        None => Ok(Frozen::default()),
        Some(bytes) => serde_json::from_slice(&bytes)
            .map_err(|why| AppError::Store(StoreError::corrupt("runs.cohort", why))),
    }
}
