//! Which facts a county's state lets in.

mod members;
mod rounds;
mod rules;
mod vetoes;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use members::{Members, Named};
use rounds::Rounds;
use rules::Rules;
use vetoes::Vetoes;

pub(in crate::app) use vetoes::object_days;

use crate::{
    app::{AppError, Item, Outcome, RefusedBecause, round::SOURCE, scheme::Plans},
    domain::{
        engine::Plan,
        exact::Decimal,
        scheme::{NodeKind, SubjectKind, Veto},
        time::{Day, Moment, Period},
    },
    store::{AsOf, Fact, FactKind, StoreTx, fact_id},
};

/// A fact's key in the system it comes from.
type SourceKey = (String, String);

/// What was read for a batch before its facts are judged.
#[derive(Debug, Default)]
pub(in crate::app) struct Known {
    /// Subjects that are not registered, by kind and id.
    unregistered: BTreeSet<(String, String)>,
    /// Schemes named by decisions that are not published.
    unpublished: BTreeSet<String>,
    /// The schemes in force, by kind of subject and day.
    in_force: BTreeMap<(SubjectKind, Day), Vec<Arc<Plan>>>,
    /// The items that vetoes can name, by kind of subject and first day.
    veto_items: BTreeMap<(SubjectKind, Day), Vec<Veto>>,
    /// Facts by their source record.
    by_source: BTreeMap<SourceKey, (i64, Fact)>,
    /// What facts about members name.
    members: Members,
    /// What the schemes in force say.
    rules: Rules,
    /// The rounds that expect sheets.
    rounds: Rounds,
    /// The vetoes that steps are of.
    vetoes: Vetoes,
}

/// What a message gives: its outcomes, and what is to be stored.
#[derive(Debug)]
pub(in crate::app) struct Judged {
    /// Per item; those to be recorded have no id yet.
    verdicts: Vec<Option<Outcome>>,
    /// The facts to be recorded.
    pub(in crate::app) facts: Vec<Fact>,
}

impl Judged {
    /// The outcomes, once the facts have their numbers from `first` on.
    pub(in crate::app) fn outcomes(self, first: i64) -> Vec<Outcome> {
        let mut next = first;
        let mut number = || {
            let id = fact_id(next);
            next = next.saturating_add(1);
            Outcome::Recorded(id)
        };
        self.verdicts.into_iter().map(|it| it.unwrap_or_else(&mut number)).collect()
    }
}

impl Known {
    /// Reads all that is needed to judge these facts, by few statements.
    pub(in crate::app) async fn read<'a>(
        tx: &mut dyn StoreTx,
        county: &str,
        at: Moment,
        facts: impl Iterator<Item = &'a Fact> + Send,
        plans: &Plans,
    ) -> Result<Self, AppError> {
        let mut subjects: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut sources: BTreeSet<String> = BTreeSet::new();
        let mut schemes: BTreeSet<String> = BTreeSet::new();
        let mut days: BTreeSet<(SubjectKind, Day)> = BTreeSet::new();
        let mut vetoed: BTreeSet<(SubjectKind, Day)> = BTreeSet::new();
        let mut named = Named::default();
        let facts: Vec<&Fact> = facts.collect();
        for fact in &facts {
            named.take(fact);
            if fact.kind == FactKind::Decision {
                schemes.insert(fact.item.clone());
            } else {
                let kind = subjects.entry(fact.subject_kind.clone()).or_default();
                kind.insert(fact.subject.clone());
            }
            if !fact.source_record.is_empty() {
                sources.insert(fact.source_record.clone());
            }
            let asked = if fact.kind == FactKind::Veto { &mut vetoed } else { &mut days };
            asked.extend(asks_schemes_of(fact));
        }
        let members = Members::read(tx, (county, at), named).await?;
        let rules = Rules::read(tx, plans, (county, at), &facts).await?;
        let rounds = Rounds::read(tx, plans, county, &facts).await?;
        let vetoes = Vetoes::read(tx, plans, (county, at), &facts).await?;
        let mut known = Self { members, rules, rounds, vetoes, ..Self::default() };
        known.read_subjects(tx, county, at, subjects).await?;
        for id in schemes {
            if tx.scheme(county, &id, 0).await?.is_none() {
                known.unpublished.insert(id);
            }
        }
        for key in days {
            known.in_force.insert(key, plans.in_force(tx, county, key).await?);
        }
        for key in vetoed {
            known.veto_items.insert(key, plans.veto_items(tx, county, key).await?);
        }
        let sources: Vec<String> = sources.into_iter().collect();
        for part in sources.chunks(1_000) {
            for stored in tx.facts_by_source_record(county, part).await? {
                known.put_source(stored.seq, stored.fact);
            }
        }
        Ok(known)
    }

    /// A subject is known once any version of its record is.
    async fn read_subjects(
        &mut self,
        tx: &mut dyn StoreTx,
        county: &str,
        at: Moment,
        subjects: BTreeMap<String, BTreeSet<String>>,
    ) -> Result<(), AppError> {
        for (kind, ids) in subjects {
            let missing = unregistered(tx, county, (&kind, ids), at).await?;
            self.unregistered.extend(missing.into_iter().map(|id| (kind.clone(), id)));
        }
        Ok(())
    }

    fn put_source(&mut self, seq: i64, fact: Fact) {
        if !fact.source_record.is_empty() {
            let key = (fact.source.clone(), fact.source_record.clone());
            self.by_source.insert(key, (seq, Fact { reverses: None, ..fact }));
        }
    }

    /// Takes up what was stored in this transaction.
    pub(super) fn learn(&mut self, first: i64, facts: &[Fact]) {
        for (fact, seq) in facts.iter().zip(first..) {
            self.put_source(seq, fact.clone());
            self.members.learn(seq, fact);
            self.vetoes.learn(fact);
        }
    }

    pub(super) fn judge(&self, items: &[Item<Fact>]) -> Judged {
        let mut verdicts = Vec::with_capacity(items.len());
        let mut facts = Vec::new();
        for item in items {
            let verdict = match item {
                Err((id, faults)) => {
                    let because = RefusedBecause::Shape(faults.clone());
                    Some(Outcome::Refused { id: id.clone(), because })
                }
                Ok(fact) => self.verdict(fact),
            };
            if let (None, Ok(fact)) = (&verdict, item) {
                facts.push(fact.clone());
            }
            verdicts.push(verdict);
        }
        Judged { verdicts, facts }
    }

    /// What the county's state says to a fact; nothing lets it in.
    fn verdict(&self, fact: &Fact) -> Option<Outcome> {
        let key = (fact.source.clone(), fact.source_record.clone());
        if let Some((seq, there)) = self.by_source.get(&key) {
            let id = fact_id(*seq);
            if there == fact {
                return Some(Outcome::Unchanged(id));
            }
            let because = RefusedBecause::Exists {
                reason: "SOURCE_RECORD_EXISTS",
                en: format!("its source record was recorded as `{id}`, with other content"),
                zh: format!("该来源记录已登记为 {id}，内容不同"),
            };
            return Some(Outcome::Refused { id, because });
        }
        let refused = |reason, en, zh: &str| {
            let because = RefusedBecause::State { reason, en, zh: zh.to_owned() };
            Some(Outcome::Refused { id: String::new(), because })
        };
        let Fact { subject_kind, subject, item, .. } = fact;
        if self.unregistered.contains(&(subject_kind.clone(), subject.clone())) {
            let en = format!("no {subject_kind} `{subject}` is registered");
            return refused("SUBJECT_UNKNOWN", en, "评价对象未登记");
        }
        if fact.kind == FactKind::Decision && self.unpublished.contains(item) {
            let en = format!("the county has not published `{item}`");
            return refused("SCHEME_NOT_FOUND", en, "评分办法未发布");
        }
        if let Some(said) = self.members.verdict(fact) {
            return Some(said);
        }
        let refused_by = self.rounds.refuses(fact).or_else(|| self.vetoes.refuses(fact));
        if let Some(because) = refused_by.or_else(|| self.rules.refuses(fact)) {
            return Some(Outcome::Refused { id: String::new(), because });
        }
        let asked = asks_schemes_of(fact)?;
        if fact.kind == FactKind::Veto
            && !may_raise(self.veto_items.get(&asked).map_or(&[], Vec::as_slice), fact)
        {
            let en = format!("`{}` may not raise veto `{item}`", fact.by_whom);
            return refused("VETO_NOT_ALLOWED", en, "该主体无权提出此否决事项");
        }
        let plans = self.in_force.get(&asked)?;
        // A round's sheets were judged by the version that holds for the round.
        if fact.kind == FactKind::Sheet
            && fact.source != SOURCE
            && let Some(full) = full_marks_passed(plans, fact)
        {
            let en = format!("`{item}` has {full} points at most");
            return refused("POINTS_OUT_OF_RANGE", en, "打分超过该项满分");
        }
        None
    }
}

/// Of these ids of a kind those of which no version was ever recorded. All that have not ended are
/// found by one statement; the few others by their history.
pub(in crate::app) async fn unregistered(
    tx: &mut dyn StoreTx,
    county: &str,
    (kind, ids): (&str, BTreeSet<String>),
    at: Moment,
) -> Result<BTreeSet<String>, AppError> {
    let Some(day) = Day::new(9999, 12, 31) else { return Ok(BTreeSet::new()) };
    let end = AsOf { day, known: at };
    let ids: Vec<String> = ids.into_iter().collect();
    let mut found = BTreeSet::new();
    for part in ids.chunks(1_000) {
        let versions = tx.registered(county, kind, part, end).await?;
        found.extend(versions.into_iter().map(|it| it.version.id));
    }
    let mut missing = BTreeSet::new();
    for id in ids.into_iter().filter(|it| !found.contains(it)) {
        if tx.registry_history(county, kind, &id).await?.is_empty() {
            missing.insert(id);
        }
    }
    Ok(missing)
}

/// The schemes that have a say about a fact: those of its subject's kind in force on the first day
/// of a veto, or on the last day of a sheet's period.
fn asks_schemes_of(fact: &Fact) -> Option<(SubjectKind, Day)> {
    let kind = SubjectKind::named(&fact.subject_kind);
    let day = match fact.kind {
        FactKind::Veto => fact.on_day,
        FactKind::Sheet => Period::parse(&fact.period).ok().map(Period::last_day),
        FactKind::Entry
        | FactKind::Proposal
        | FactKind::Ballot
        | FactKind::Survey
        | FactKind::Metric
        | FactKind::Import
        | FactKind::Finding
        | FactKind::NodeState
        | FactKind::Decision
        | FactKind::CheckIn
        | FactKind::Conduct
        | FactKind::ConductStep
        | FactKind::VetoStep
        | FactKind::EntryCheck
        | FactKind::Objection
        | FactKind::Answer
        | FactKind::Reversal => None,
    };
    kind.zip(day)
}

/// Whether a veto's role may raise it: if schemes list the item, one of them names the role, or leaves
/// it to anybody.
fn may_raise(items: &[Veto], fact: &Fact) -> bool {
    let mut listed = false;
    for veto in items.iter().filter(|it| it.id == fact.item) {
        if veto.may_raise(Some(&fact.by_whom)) {
            return true;
        }
        listed = true;
    }
    !listed
}

/// The full marks that a sheet passes, if it does.
fn full_marks_passed(plans: &[Arc<Plan>], fact: &Fact) -> Option<Decimal> {
    let points = fact.amount_a.and_then(Decimal::from_ten_thousandths)?;
    let nodes = plans.iter().flat_map(|it| &it.scheme().nodes);
    let assessed =
        nodes.filter(|it| it.id == fact.item && matches!(it.kind, NodeKind::Assessed(_)));
    assessed.filter_map(|it| it.out_of).find(|full| points > *full)
}
