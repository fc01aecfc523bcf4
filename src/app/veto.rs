//! The register of vetoes (P3): every veto with what became of it, and how it stands on a day.
//! Nothing is kept for it: vetoes and their steps are facts, and the days decide.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use super::{
    App, AppError,
    access::{Node, places},
    fact::object_days,
    registry::{RecordKind, as_of},
};
use crate::{
    domain::{
        facts::{VetoRecord, VetoStep, VetoStepKind},
        scheme::{PutRight, SubjectKind, Veto},
        time::{Day, Moment},
    },
    store::{FactKind, FactQuery, ReadTx, StoreError, StoredFact, fact_id},
};

/// How many vetoes are looked at for one page.
const LOOKED_AT_MAX: usize = 5_000;
/// How many are read at once.
const PAGE: i64 = 500;
/// How many ids are asked for at once.
const TOGETHER_MAX: usize = 1_000;

/// How a veto stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VetoStanding {
    /// Raised, and the company was not told yet.
    Raised,
    /// The company was told.
    NoticeServed,
    /// The company objected, and has no answer yet.
    ObjectionOpen,
    /// Put right in time, where the item says what comes of that.
    PutRight,
    /// Lifted by a recorded decision.
    Lifted,
    /// Its own last day is over.
    Lapsed,
    /// The record was reversed: it counts for nothing.
    Reversed,
}

/// A veto with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VetoCase {
    /// The veto.
    pub veto: StoredFact,
    /// Its steps by day, then in the order recorded; reversed ones stay.
    pub steps: Vec<StoredFact>,
    /// How it stands on the day that is asked for.
    pub standing: VetoStanding,
    /// Whether it is in force on that day.
    pub in_force: bool,
    /// The last day in force by everything that is recorded; none while it is, or if it never was.
    pub until: Option<Day>,
    /// The last day to put it right; none before the company was told, or without such a rule.
    pub put_right_due: Option<Day>,
    /// The last day to object, alike.
    pub object_due: Option<Day>,
}

/// Which vetoes are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VetoesListed {
    /// Only about this subject, by kind and id.
    pub subject: Option<(String, String)>,
    /// Only about subjects in this unit, or of this company.
    pub unit: Option<Node>,
    /// Only those that stand so; empty for all.
    pub standings: Vec<VetoStanding>,
    /// The day on which they stand.
    pub on: Day,
    /// As known at this moment.
    pub known: Moment,
    /// After this number.
    pub after: i64,
    /// At most so many.
    pub limit: usize,
}

impl App {
    /// A page of vetoes in the order recorded, and after which number to go on; none at the end.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn vetoes(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        listed: &VetoesListed,
    ) -> Result<(Vec<VetoCase>, Option<i64>), AppError> {
        let (mut found, mut after, mut looked_at) = (Vec::new(), listed.after, 0_usize);
        loop {
            let page = tx.vetoes_after(county, after, (listed.known, PAGE)).await?;
            if page.is_empty() {
                return Ok((found, None));
            }
            looked_at = looked_at.saturating_add(page.len());
            let of_subject = |it: &StoredFact| {
                let it = &it.fact;
                listed
                    .subject
                    .as_ref()
                    .is_none_or(|(kind, id)| (&it.subject_kind, &it.subject) == (kind, id))
            };
            let last = page.last().map_or(after, |it| it.seq);
            let mut page: Vec<_> = page.into_iter().filter(of_subject).collect();
            if let Some(unit) = &listed.unit {
                page = self.within(tx, county, (unit, listed.known), page).await?;
            }
            for case in self.cases(tx, county, page, listed).await? {
                if found.len() == listed.limit {
                    return Ok((found, Some(after)));
                }
                after = case.veto.seq;
                if listed.standings.is_empty() || listed.standings.contains(&case.standing) {
                    found.push(case);
                }
            }
            after = last;
            if looked_at >= LOOKED_AT_MAX {
                return Ok((found, Some(after)));
            }
        }
    }

    /// Those about subjects that lie in a unit today.
    async fn within(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        (unit, known): (&Node, Moment),
        page: Vec<StoredFact>,
    ) -> Result<Vec<StoredFact>, AppError> {
        let node = |it: &StoredFact| {
            RecordKind::named(&it.fact.subject_kind).map(|kind| Node::new(kind, &it.fact.subject))
        };
        let subjects: BTreeSet<Node> = page.iter().filter_map(node).collect();
        let placed = places(tx, county, as_of(self.today()?, known), &subjects).await?;
        let inside = |it: &StoredFact| {
            let at = node(it).and_then(|it| placed.get(&it));
            at.is_some_and(|it| it.nodes.contains(unit))
        };
        Ok(page.into_iter().filter(inside).collect())
    }

    async fn cases(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        page: Vec<StoredFact>,
        listed: &VetoesListed,
    ) -> Result<Vec<VetoCase>, AppError> {
        let ids: Vec<String> = page.iter().map(|it| fact_id(it.seq)).collect();
        let mut steps: BTreeMap<String, Vec<StoredFact>> = BTreeMap::new();
        for it in tx.facts_about(county, &ids, listed.known).await? {
            if it.fact.kind == FactKind::VetoStep {
                steps.entry(it.fact.item.clone()).or_default().push(it);
            }
        }
        let mut lists: BTreeMap<(SubjectKind, Day), Vec<Veto>> = BTreeMap::new();
        let mut cases = Vec::with_capacity(page.len());
        for veto in page {
            let mut own = steps.remove(&fact_id(veto.seq)).unwrap_or_default();
            own.sort_by_key(|it| (it.fact.on_day, it.seq));
            let key = SubjectKind::named(&veto.fact.subject_kind).zip(veto.fact.on_day);
            let key = key.ok_or_else(|| StoreError::corrupt("on_day", "a veto without its day"))?;
            let list = match lists.entry(key) {
                Entry::Occupied(there) => there.into_mut(),
                Entry::Vacant(free) => free.insert(self.plans.veto_items(tx, county, key).await?),
            };
            cases.push(case(veto, own, list, listed.on)?);
        }
        Ok(cases)
    }
}

/// All vetoes about subjects, whatever their days, with what became of each.
pub(super) async fn vetoes_about(
    tx: &mut dyn ReadTx,
    county: &str,
    (kind, subjects): (SubjectKind, &[String]),
    known: Moment,
) -> Result<Vec<(StoredFact, Vec<StoredFact>)>, AppError> {
    let (Some(from), Some(until)) = (Day::new(1, 1, 1), Day::new(9999, 12, 31)) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for part in subjects.chunks(TOGETHER_MAX) {
        let query = FactQuery {
            subject_kind: kind.name().to_owned(),
            subjects: part.to_vec(),
            kinds: vec![FactKind::Veto],
            periods: Vec::new(),
            from,
            until,
            known,
        };
        found.extend(tx.facts(county, &query).await?);
    }
    let ids: Vec<String> = found.iter().map(|it| fact_id(it.seq)).collect();
    let mut steps: BTreeMap<String, Vec<StoredFact>> = BTreeMap::new();
    for part in ids.chunks(TOGETHER_MAX) {
        for it in tx.facts_about(county, part, known).await? {
            if it.fact.kind == FactKind::VetoStep {
                steps.entry(it.fact.item.clone()).or_default().push(it);
            }
        }
    }
    let of = |it: StoredFact| {
        let own = steps.remove(&fact_id(it.seq)).unwrap_or_default();
        (it, own)
    };
    let mut vetoes: Vec<_> = found.into_iter().map(of).collect();
    vetoes.sort_by_key(|it| it.0.seq);
    Ok(vetoes)
}

/// A veto with its steps, by what a list (of the schemes in force on its first day) says of its item.
pub(super) fn case(
    veto: StoredFact,
    steps: Vec<StoredFact>,
    list: &[Veto],
    on: Day,
) -> Result<VetoCase, StoreError> {
    let item = &veto.fact.item;
    let mut items = list.iter().filter(|it| it.id == *item);
    let rule: Option<PutRight> = items.find_map(|it| it.put_right);
    let mut record = VetoRecord {
        item: item.clone(),
        by: None,
        from: veto.fact.on_day.ok_or_else(|| StoreError::corrupt("on_day", "absent"))?,
        until: veto.fact.until_day,
        steps: Vec::new(),
        of_holder: None,
    };
    for it in steps.iter().filter(|it| it.reversed.is_none()) {
        let kind = VetoStepKind::named(&it.fact.name);
        let kind = kind.ok_or_else(|| StoreError::unknown_word("name", &it.fact.name))?;
        let on = it.fact.on_day.ok_or_else(|| StoreError::corrupt("on_day", "absent"))?;
        record.steps.push(VetoStep { kind, on });
    }
    let days = record.days(rule.as_ref());
    let standing = if veto.reversed.is_some() {
        VetoStanding::Reversed
    } else {
        standing(&record, rule.as_ref(), on)
    };
    let running = record.from <= on && days.until.is_none_or(|it| on <= it);
    let in_force = running && !days.never && veto.reversed.is_none();
    let told = record.first(VetoStepKind::NoticeServed);
    let object = told.zip(object_days(list, item));
    Ok(VetoCase {
        standing,
        in_force,
        until: days.until.filter(|_| !days.never),
        put_right_due: record.put_right_due(rule.as_ref()),
        object_due: object.and_then(|(day, days)| day.plus_days(days)),
        veto,
        steps,
    })
}

/// How a veto stands on a day: by what had happened by then.
fn standing(record: &VetoRecord, rule: Option<&PutRight>, on: Day) -> VetoStanding {
    let by_then = |kind| record.first(kind).is_some_and(|it| it <= on);
    let last = |kinds: &[VetoStepKind]| {
        let own = record.steps.iter().filter(|it| it.on <= on && kinds.contains(&it.kind));
        own.map(|it| it.on).max()
    };
    let answered = last(&[VetoStepKind::ObjectionDismissed, VetoStepKind::ObjectionUpheld]);
    // An answer from before the objection answers nothing.
    let objected = last(&[VetoStepKind::Objected]);
    if by_then(VetoStepKind::Lifted) {
        VetoStanding::Lifted
    } else if by_then(VetoStepKind::PutRight) && record.in_time(rule) {
        VetoStanding::PutRight
    } else if record.until.is_some_and(|it| it < on) {
        VetoStanding::Lapsed
    } else if objected.is_some_and(|it| answered.is_none_or(|answer| answer < it)) {
        VetoStanding::ObjectionOpen
    } else if by_then(VetoStepKind::NoticeServed) {
        VetoStanding::NoticeServed
    } else {
        VetoStanding::Raised
    }
}
