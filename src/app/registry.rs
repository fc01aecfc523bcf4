//! The registry of a county: what a record is, which record lies in which, recording and reading.

mod judge;
mod record;
mod rules;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

pub(super) use judge::judge as judge_records;
pub use record::{Attributes, Detail, Record, RecordKind, RecordRef};
pub use words::{BranchForm, Formality, MemberStatus};

use super::{App, AppError, Done, Effect, Item, Missing, Outcome, Write, digest};
use crate::{
    domain::time::{Day, Moment},
    store::{AsOf, ReadTx, RegistryVersion, StoreTx, StoredVersion},
};

/// The most units of a county, and so the most nodes of its tree.
pub const UNITS_MAX: usize = 10_000;
/// How many levels the tree may have.
pub const LEVELS_MAX: usize = 16;
/// How many rows are read at once.
const PAGE: i64 = 1_000;

/// The answer to one message of a bulk write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The encoded answer.
    pub response: Vec<u8>,
    /// Whether it is the answer of an earlier time, so that nothing was stored.
    pub replayed: bool,
}

/// A record as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The record.
    pub record: Record,
    /// When it was recorded.
    pub recorded: Moment,
}

impl TryFrom<StoredVersion> for Recorded {
    type Error = AppError;

    fn try_from(stored: StoredVersion) -> Result<Self, AppError> {
        let record = Record::from_version(&stored.version)?;
        Ok(Self { record, recorded: stored.recorded })
    }
}

/// Which records of a kind are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The kind.
    pub kind: RecordKind,
    /// Only those directly below this one.
    pub parent: Option<RecordRef>,
    /// As of when.
    pub as_of: AsOf,
    /// After this id.
    pub after: String,
    /// At most so many.
    pub limit: i64,
}

/// One node of the organisation tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeNode {
    /// The unit or branch.
    pub record: Record,
    /// How far below the root of the answer.
    pub depth: usize,
    /// How many nodes lie directly below it.
    pub children: usize,
}

impl App {
    /// Records versions of records; each is judged by itself and the sound ones are stored together.
    /// `encode` makes the answer out of what became of each.
    pub async fn upsert_records(
        &self,
        call: Write,
        items: Vec<Item<Record>>,
        encode: impl Fn(&[Outcome]) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Written, AppError> {
        let worked = Arc::new(AtomicBool::new(false));
        let shared = Arc::new((items, encode, call.clone(), Arc::clone(&worked)));
        let response = self
            .write(call, move |tx, at| {
                let shared = Arc::clone(&shared);
                Box::pin(async move {
                    let (items, encode, call, worked) = &*shared;
                    let outcomes = judge::judge(tx, &call.county, at, items).await?;
                    let erased = erased(tx, &call.county, items).await?;
                    let versions = versions(items, &outcomes, &call.principal, &erased)?;
                    if !versions.is_empty() {
                        tx.insert_registry(&call.county, &call.request_id, &versions).await?;
                    }
                    worked.store(true, Ordering::Relaxed);
                    let effect = effect(&versions);
                    Ok(Done { response: encode(&outcomes), effects: vec![effect] })
                })
            })
            .await?;
        Ok(Written { response, replayed: !worked.load(Ordering::Relaxed) })
    }

    /// One record as of a day and a moment.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn record(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        of: &RecordRef,
        as_of: AsOf,
    ) -> Result<Recorded, AppError> {
        let ids = [of.id.clone()];
        let found = tx.registered(county, of.kind.word(), &ids, as_of).await?;
        let missing = || AppError::not_found(Missing::Record, &of.id);
        Recorded::try_from(found.into_iter().next().ok_or_else(missing)?)
    }

    /// A page of records of a kind, by id.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn records(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        listing: &Listing,
    ) -> Result<Vec<Recorded>, AppError> {
        let Listing { kind, parent, as_of, after, limit } = listing;
        let word = kind.word();
        let found = match parent {
            None => tx.registry_page(county, word, *as_of, after, *limit).await?,
            Some(parent) => {
                let parent = (parent.kind.word(), parent.id.as_str());
                tx.registry_children(county, word, parent, *as_of, after, *limit).await?
            }
        };
        found.into_iter().map(Recorded::try_from).collect()
    }

    /// The tree below a unit, itself first: every node after its parent, children by kind, then by
    /// id.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn tree(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        root: &RecordRef,
        (as_of, with_branches): (AsOf, bool),
    ) -> Result<Vec<TreeNode>, AppError> {
        let root = self.record(tx, county, root, as_of).await?.record;
        let mut below: BTreeMap<RecordRef, Vec<Record>> = BTreeMap::new();
        let kinds = RecordKind::ALL.into_iter();
        for kind in kinds.filter(|it| it.is_unit() || (with_branches && *it == RecordKind::Branch))
        {
            for record in all(tx, county, kind, as_of).await? {
                if let Some(parent) = record.parent.clone() {
                    below.entry(parent).or_default().push(record);
                }
            }
        }
        let mut nodes = Vec::new();
        let mut open = vec![(root, 0_usize)];
        while let Some((record, depth)) = open.pop() {
            let inside = below.remove(&record.reference()).unwrap_or_default();
            let children = inside.len();
            nodes.push(TreeNode { record, depth, children });
            let deeper = depth.saturating_add(1);
            open.extend(inside.into_iter().rev().map(|it| (it, deeper)));
        }
        Ok(nodes)
    }
}

/// All records of a kind, by id.
pub(in crate::app) async fn all(
    tx: &mut dyn ReadTx,
    county: &str,
    kind: RecordKind,
    as_of: AsOf,
) -> Result<Vec<Record>, AppError> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let after = records.last().map_or_else(String::new, |it| it.id.clone());
        let page = tx.registry_page(county, kind.word(), as_of, &after, PAGE).await?;
        let last = i64::try_from(page.len()).is_ok_and(|it| it < PAGE);
        for stored in page {
            records.push(Record::from_version(&stored.version)?);
        }
        if last {
            return Ok(records);
        }
    }
}

/// The versions to store: those of the items that nothing refuses.
fn versions(
    items: &[Item<Record>],
    outcomes: &[Outcome],
    principal: &str,
    erased: &BTreeSet<String>,
) -> Result<Vec<RegistryVersion>, AppError> {
    let recorded = items.iter().zip(outcomes).filter_map(|(item, outcome)| match outcome {
        Outcome::Recorded(_) => item.as_ref().ok(),
        Outcome::Unchanged(_) | Outcome::Refused { .. } => None,
    });
    recorded.map(|it| it.version(principal, erased)).collect()
}

/// Those of the persons of the items whose names were erased; they stay so.
async fn erased(
    tx: &mut dyn StoreTx,
    county: &str,
    items: &[Item<Record>],
) -> Result<BTreeSet<String>, AppError> {
    let persons = items.iter().filter_map(|it| it.as_ref().ok()).filter_map(Record::person);
    let persons: Vec<String> = persons.map(str::to_owned).collect();
    let mut erased = BTreeSet::new();
    for part in persons.chunks(1_000) {
        erased.extend(tx.erasures(county, part).await?.into_iter().map(|it| it.id));
    }
    Ok(erased)
}

/// What the message changed, for the audit trail. Of a person's name it is the commitment, so that the
/// trail can be followed when the name is erased.
pub(super) fn effect(versions: &[RegistryVersion]) -> Effect {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for it in versions {
        let until = it.effective_until.map_or_else(String::new, |it| it.to_string());
        let from = it.effective_from.to_string();
        let commitment = it.kept.commitment(&it.name);
        let name: &[u8] = commitment.as_ref().map_or(it.name.as_bytes(), <[u8; 32]>::as_slice);
        for field in [
            it.kind.as_bytes(),
            it.id.as_bytes(),
            from.as_bytes(),
            until.as_bytes(),
            name,
            it.parent_kind.as_bytes(),
            it.parent_id.as_bytes(),
            it.attributes.as_bytes(),
        ] {
            parts.push(field.to_vec());
        }
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let subject = match versions {
        [one] => format!("registry/{}/{}", one.kind, one.id),
        _ => format!("registry/{} records", versions.len()),
    };
    Effect { subject, digest: digest(&parts) }
}

/// As of a day as known at a moment.
pub const fn as_of(day: Day, known: Moment) -> AsOf {
    AsOf { day, known }
}
