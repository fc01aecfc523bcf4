//! Which records of a message the county's state lets in.

mod homes;

use std::collections::{BTreeMap, BTreeSet};

use super::{LEVELS_MAX, PAGE, Record, RecordKind, RecordRef, UNITS_MAX};
use crate::{
    app::{AppError, FieldFault, Item, Outcome, RefusedBecause, places},
    domain::time::{Day, Moment},
    store::{AsOf, RegistryVersion, StoreTx},
};

/// What a record asks of another: that it holds on a day.
type Held = (RecordRef, Day);

/// One message under judgement. A record without a verdict is let in.
struct Bench<'a> {
    items: &'a [Item<Record>],
    verdicts: Vec<Option<Outcome>>,
}

/// What becomes of each item, in their order.
pub(in crate::app) async fn judge(
    tx: &mut dyn StoreTx,
    county: &str,
    at: Moment,
    items: &[Item<Record>],
) -> Result<Vec<Outcome>, AppError> {
    let verdicts = items.iter().map(|it| it.as_ref().err().map(refused_for_shape)).collect();
    let mut bench = Bench { items, verdicts };
    bench.refuse_doubles();
    bench.leave_unchanged(tx, county, at).await?;
    let held = bench.held_before(tx, county, at).await?;
    bench.refuse_without_parents(&held);
    bench.refuse_elsewhere(tx, county, at).await?;
    bench.refuse_circles(tx, county, at).await?;
    bench.refuse_too_many(tx, county, at).await?;
    bench.refuse_without_parents(&held);
    let verdicts = bench.verdicts.into_iter().zip(items);
    Ok(verdicts
        .map(|(verdict, item)| match (verdict, item) {
            (Some(verdict), _) => verdict,
            (None, Ok(record)) => Outcome::Recorded(record.id.clone()),
            (None, Err(faults)) => refused_for_shape(faults),
        })
        .collect())
}

fn refused_for_shape((id, faults): &(String, Vec<FieldFault>)) -> Outcome {
    Outcome::Refused { id: id.clone(), because: RefusedBecause::Shape(faults.clone()) }
}

fn refused(record: &Record, reason: &'static str, en: String, zh: &str) -> Outcome {
    let because = RefusedBecause::State { reason, en, zh: zh.to_owned() };
    Outcome::Refused { id: record.id.clone(), because }
}

impl Bench<'_> {
    /// The records that nothing speaks against so far, with their positions.
    fn undecided(&self) -> Vec<(usize, &Record)> {
        let pairs = self.items.iter().zip(&self.verdicts).enumerate();
        pairs
            .filter(|(_, (_, verdict))| verdict.is_none())
            .filter_map(|(index, (item, _))| item.as_ref().ok().map(|it| (index, it)))
            .collect()
    }

    fn decide(&mut self, verdicts: Vec<(usize, Outcome)>) -> bool {
        let any = !verdicts.is_empty();
        for (index, verdict) in verdicts {
            if let Some(place) = self.verdicts.get_mut(index) {
                *place = Some(verdict);
            }
        }
        any
    }

    /// Two versions of one record from one day on in one message: nobody can tell which is meant.
    fn refuse_doubles(&mut self) {
        let mut by_key: BTreeMap<(RecordRef, Day), Vec<usize>> = BTreeMap::new();
        for (index, record) in self.undecided() {
            by_key.entry((record.reference(), record.from)).or_default().push(index);
        }
        let mut verdicts = Vec::new();
        for ((of, _), indexes) in by_key.iter().filter(|(_, indexes)| indexes.len() > 1) {
            let places = places("records", indexes);
            for index in indexes {
                let fault = FieldFault {
                    path: "id".to_owned(),
                    reason: "DUPLICATE_IN_BATCH",
                    en: format!("the same record from the same day on: {places}"),
                    zh: format!("同一记录同一生效日重复：{places}"),
                };
                let because = RefusedBecause::Shape(vec![fault]);
                verdicts.push((*index, Outcome::Refused { id: of.id.clone(), because }));
            }
        }
        self.decide(verdicts);
    }

    /// A version that stands in the registry as it is.
    async fn leave_unchanged(
        &mut self,
        tx: &mut dyn StoreTx,
        county: &str,
        at: Moment,
    ) -> Result<(), AppError> {
        let undecided = self.undecided();
        let wanted = undecided.iter().map(|(_, it)| (it.reference(), it.from)).collect();
        let known = read(tx, county, at, &wanted).await?;
        let mut same = Vec::new();
        for (index, record) in undecided {
            if let Some(version) = known.get(&(record.reference(), record.from))
                && Record::from_version(version)?.says_what(record)
            {
                same.push((index, Outcome::Unchanged(record.id.clone())));
            }
        }
        self.decide(same);
        Ok(())
    }

    /// Which of the records that are referred to hold in the registry on the day asked for.
    async fn held_before(
        &self,
        tx: &mut dyn StoreTx,
        county: &str,
        at: Moment,
    ) -> Result<BTreeSet<Held>, AppError> {
        let undecided = self.undecided();
        let wanted = undecided.iter().flat_map(|(_, it)| {
            let all = it.parent.clone().into_iter().chain(it.refers_to());
            all.map(|of| (of, it.from))
        });
        let known = read(tx, county, at, &wanted.collect()).await?;
        Ok(known.into_keys().collect())
    }

    /// Refuses what lies in, or refers to, something that holds neither in the registry nor in this
    /// message; one refusal may bring others with it.
    fn refuse_without_parents(&mut self, held: &BTreeSet<Held>) {
        loop {
            let undecided = self.undecided();
            let mut here: BTreeMap<RecordRef, Vec<&Record>> = BTreeMap::new();
            for (_, record) in &undecided {
                here.entry(record.reference()).or_default().push(record);
            }
            let holds = |of: &RecordRef, day: Day| {
                held.contains(&(of.clone(), day))
                    || here.get(of).is_some_and(|all| all.iter().any(|it| it.holds_on(day)))
            };
            let mut verdicts = Vec::new();
            for (index, record) in &undecided {
                let parent = ("PARENT_UNKNOWN", "上级未登记或当日无效");
                let reference = ("REFERENCE_UNKNOWN", "引用的记录未登记或当日无效");
                let parents = record.parent.clone().into_iter().map(|it| (parent, it));
                let references = record.refers_to().into_iter().map(|it| (reference, it));
                let mut wanted = parents.chain(references);
                let lacking = wanted.find(|(_, of)| !holds(of, record.from));
                if let Some(((reason, zh), of)) = lacking {
                    let (kind, id, day) = (of.kind.word(), of.id, record.from);
                    let en = format!("no {kind} `{id}` is registered on {day}");
                    verdicts.push((*index, refused(record, reason, en, zh)));
                }
            }
            if !self.decide(verdicts) {
                return;
            }
        }
    }

    /// Refuses party groups that would lie below themselves, or too deep, on any day on which they
    /// hold. Only they can lie below another of their kind.
    async fn refuse_circles(
        &mut self,
        tx: &mut dyn StoreTx,
        county: &str,
        at: Moment,
    ) -> Result<(), AppError> {
        let undecided = self.undecided();
        let branches: Vec<&Record> = undecided
            .iter()
            .map(|(_, it)| *it)
            .filter(|it| it.kind == RecordKind::Branch)
            .collect();
        let mut verdicts = Vec::new();
        for (index, record) in &undecided {
            if record.kind != RecordKind::Branch {
                continue;
            }
            let below = lies_in_branch(record);
            if !below {
                continue;
            }
            let lines = Lines::above(tx, county, record, &branches).await?;
            let height = height(tx, county, record, at).await?;
            let zh = "调整后将形成循环隶属";
            if lines.close(record) {
                let en = format!("`{}` would lie below itself", record.id);
                verdicts.push((*index, refused(record, "TREE_CYCLE", en, zh)));
            } else if lines.depth(record).saturating_add(height) > LEVELS_MAX {
                let en = format!("the tree has at most {LEVELS_MAX} levels");
                verdicts.push((*index, refused(record, "TREE_TOO_DEEP", en, "组织层级过深")));
            }
        }
        self.decide(verdicts);
        Ok(())
    }

    /// Refuses new units beyond the most that a county may have.
    async fn refuse_too_many(
        &mut self,
        tx: &mut dyn StoreTx,
        county: &str,
        at: Moment,
    ) -> Result<(), AppError> {
        let undecided = self.undecided();
        let units: Vec<_> = undecided.into_iter().filter(|(_, it)| it.kind.is_unit()).collect();
        let Some(day) = units.iter().map(|(_, it)| it.from).max() else { return Ok(()) };
        let as_of = AsOf { day, known: at };
        let mut ids: BTreeSet<RecordRef> = BTreeSet::new();
        for kind in RecordKind::ALL.into_iter().filter(|it| it.is_unit()) {
            for record in super::all(tx, county, kind, as_of).await? {
                ids.insert(record.reference());
            }
        }
        let mut verdicts = Vec::new();
        for (index, record) in units {
            let of = record.reference();
            if !ids.contains(&of) && ids.len() >= UNITS_MAX {
                let en = format!("a county has at most {UNITS_MAX} units");
                verdicts.push((index, refused(record, "TREE_TOO_LARGE", en, "组织单位数量超限")));
            } else {
                ids.insert(of);
            }
        }
        self.decide(verdicts);
        Ok(())
    }
}

/// The versions that hold of these records on these days, in one statement per kind and day.
async fn read(
    tx: &mut dyn StoreTx,
    county: &str,
    at: Moment,
    wanted: &BTreeSet<Held>,
) -> Result<BTreeMap<Held, RegistryVersion>, AppError> {
    let mut groups: BTreeMap<(RecordKind, Day), Vec<String>> = BTreeMap::new();
    for (of, day) in wanted {
        groups.entry((of.kind, *day)).or_default().push(of.id.clone());
    }
    let mut found = BTreeMap::new();
    for ((kind, day), ids) in groups {
        let as_of = AsOf { day, known: at };
        for part in ids.chunks(1_000) {
            for stored in tx.registered(county, kind.word(), part, as_of).await? {
                let of = RecordRef { kind, id: stored.version.id.clone() };
                found.insert((of, day), stored.version);
            }
        }
    }
    Ok(found)
}

fn lies_in_branch(record: &Record) -> bool {
    record.parent.as_ref().is_some_and(|it| it.kind == RecordKind::Branch)
}

/// All versions of all branches that one lies below, on whatever day.
struct Lines {
    /// By id; later ones of one day take the place of earlier ones.
    versions: BTreeMap<String, Vec<Record>>,
}

impl Lines {
    async fn above(
        tx: &mut dyn StoreTx,
        county: &str,
        record: &Record,
        here: &[&Record],
    ) -> Result<Self, AppError> {
        let mut versions: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        let mut open = vec![record.id.clone()];
        while let Some(id) = open.pop() {
            if versions.contains_key(&id) || versions.len() > 1_000 {
                continue;
            }
            let mut all = Vec::new();
            for stored in tx.registry_history(county, RecordKind::Branch.word(), &id).await? {
                all.push(Record::from_version(&stored.version)?);
            }
            all.extend(here.iter().filter(|it| it.id == id).map(|it| (*it).clone()));
            // Stable: of two versions from one day on, the later recorded stays behind.
            all.sort_by_key(|it| it.from);
            let above = all.iter().filter(|it| lies_in_branch(it));
            open.extend(above.filter_map(|it| it.parent.as_ref()).map(|it| it.id.clone()));
            versions.insert(id, all);
        }
        Ok(Self { versions })
    }

    /// The days on which something changes while the record holds.
    fn days(&self, record: &Record) -> BTreeSet<Day> {
        let all = self.versions.values().flatten().map(|it| it.from);
        let mut days: BTreeSet<Day> = all.filter(|it| record.holds_on(*it)).collect();
        days.insert(record.from);
        days
    }

    fn on(&self, id: &str, day: Day) -> Option<&Record> {
        let latest = self.versions.get(id)?.iter().rfind(|it| it.from <= day);
        latest.filter(|it| it.holds_on(day))
    }

    /// The level on which the record lies on that day; too deep to be any in a circle.
    fn level(&self, record: &Record, day: Day) -> usize {
        let mut at = self.on(&record.id, day);
        let mut level = 0_usize;
        while let Some(branch) = at {
            level = level.saturating_add(1);
            if level > LEVELS_MAX {
                return level;
            }
            at = match &branch.parent {
                Some(parent) if parent.kind == RecordKind::Branch => self.on(&parent.id, day),
                Some(parent) => return level.saturating_add(parent.kind.level().unwrap_or(0)),
                None => None,
            };
        }
        level
    }

    fn depth(&self, record: &Record) -> usize {
        self.days(record).into_iter().map(|day| self.level(record, day)).max().unwrap_or(0)
    }

    /// Whether the record lies below itself on any day.
    fn close(&self, record: &Record) -> bool {
        self.days(record).into_iter().any(|day| {
            let mut seen = BTreeSet::new();
            let mut at = self.on(&record.id, day);
            while let Some(branch) = at {
                if !seen.insert(&branch.id) {
                    return true;
                }
                let parent = branch.parent.as_ref();
                let branches = parent.filter(|it| it.kind == RecordKind::Branch);
                at = branches.and_then(|it| self.on(&it.id, day));
            }
            false
        })
    }
}

/// How many levels of branches lie below a branch on its first day.
async fn height(
    tx: &mut dyn StoreTx,
    county: &str,
    record: &Record,
    at: Moment,
) -> Result<usize, AppError> {
    let as_of = AsOf { day: record.from, known: at };
    let kind = RecordKind::Branch.word();
    let mut level = vec![record.id.clone()];
    for height in 0..LEVELS_MAX {
        let mut next = Vec::new();
        for id in &level {
            let children = tx.registry_children(county, kind, (kind, id), as_of, "", PAGE).await?;
            next.extend(children.into_iter().map(|it| it.version.id));
        }
        if next.is_empty() {
            return Ok(height);
        }
        level = next;
    }
    Ok(LEVELS_MAX)
}
