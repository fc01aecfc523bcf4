//! Where an object lies: every unit that it is in or below, and itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    app::{
        AppError,
        registry::{Detail, Record, RecordKind, RecordRef},
    },
    store::{AsOf, ReadTx},
};

/// A node that a role can be held over.
pub type Node = RecordRef;

/// How far up the tree is followed.
const LEVELS_MAX: usize = 16;
/// How many records are asked for at once.
const TOGETHER_MAX: usize = 1_000;

/// An object with every node that it is in or below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// What it is.
    pub kind: RecordKind,
    /// Itself and what is above it; the county is above all and not listed.
    pub nodes: BTreeSet<Node>,
}

impl Placed {
    /// A subject by the groups that its result was kept with.
    pub fn by_groups(kind: RecordKind, id: &str, groups: &BTreeMap<String, String>) -> Self {
        let mut nodes = BTreeSet::from([Node::new(kind, id)]);
        for (dimension, id) in groups {
            let kind = match dimension.as_str() {
                "unit_branch" => Some(RecordKind::Branch),
                word => RecordKind::named(word),
            };
            nodes.extend(kind.map(|kind| Node::new(kind, id)));
        }
        Self { kind, nodes }
    }
}

/// Nodes that are followed further up, and nodes that end there.
type Above = (Vec<Node>, Vec<Node>);

/// What a record lies in: nodes that are followed further up, and nodes that end there (a member's
/// unit branch may see the member; whoever is above that branch does not for that).
fn above(record: &Record) -> Above {
    let mut up: Vec<Node> = record.parent.iter().cloned().collect();
    let mut beside = Vec::new();
    match &record.detail {
        Detail::Member { compound, unit_branch, .. } => {
            up.extend(compound.as_ref().map(|it| Node::new(RecordKind::Compound, it)));
            beside.extend(unit_branch.as_ref().map(|it| Node::new(RecordKind::Branch, it)));
        }
        Detail::Post { person, unit, .. } => {
            up.push(unit.clone());
            beside.push(Node::new(RecordKind::Member, person));
        }
        Detail::Project { company, compound, .. } => {
            up.push(Node::new(RecordKind::Compound, compound));
            beside.push(Node::new(RecordKind::Company, company));
        }
        Detail::Branch { anchor, .. } => up.push(anchor.clone()),
        Detail::OrgUnit { .. } | Detail::Company {} => (),
    }
    (up, beside)
}

/// Records by node, with what each lies in; read level by level.
#[derive(Debug, Default)]
struct Known(BTreeMap<Node, Option<Above>>);

impl Known {
    fn learn(&mut self, record: &Record) {
        self.0.insert(record.reference(), Some(above(record)));
    }

    /// Reads what is above the wanted nodes, and above that, up to the root.
    async fn read(
        &mut self,
        tx: &mut dyn ReadTx,
        county: &str,
        as_of: AsOf,
        wanted: impl IntoIterator<Item = Node>,
    ) -> Result<(), AppError> {
        let mut open: BTreeSet<Node> = wanted.into_iter().collect();
        for _ in 0..LEVELS_MAX {
            let mut by_kind: BTreeMap<RecordKind, Vec<String>> = BTreeMap::new();
            let mut next = BTreeSet::new();
            for node in open {
                match self.0.get(&node) {
                    Some(known) => next.extend(known.iter().flat_map(|it| it.0.iter().cloned())),
                    None if node.kind == RecordKind::County => (),
                    None => by_kind.entry(node.kind).or_default().push(node.id),
                }
            }
            for (kind, ids) in by_kind {
                for chunk in ids.chunks(TOGETHER_MAX) {
                    for id in chunk {
                        self.0.insert(Node::new(kind, id), None);
                    }
                    for found in tx.registered(county, kind.word(), chunk, as_of).await? {
                        let record = Record::from_version(&found.version)?;
                        next.extend(above(&record).0);
                        self.learn(&record);
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            open = next;
        }
        Ok(())
    }

    /// The place of a node; nothing where it is not registered.
    fn place(&self, of: &Node) -> Option<Placed> {
        self.0.get(of)?.as_ref()?;
        let mut nodes = BTreeSet::new();
        let mut open = vec![of.clone()];
        while let Some(node) = open.pop() {
            if let Some(Some((up, beside))) = self.0.get(&node) {
                open.extend(up.iter().filter(|it| !nodes.contains(*it)).cloned());
                nodes.extend(beside.iter().filter(|_| node == *of).cloned());
            }
            nodes.insert(node);
        }
        Some(Placed { kind: of.kind, nodes })
    }
}

/// Where registered objects lie; those that are not registered are left out.
pub async fn places(
    tx: &mut dyn ReadTx,
    county: &str,
    as_of: AsOf,
    of: &BTreeSet<Node>,
) -> Result<BTreeMap<Node, Placed>, AppError> {
    let mut known = Known::default();
    known.read(tx, county, as_of, of.iter().cloned()).await?;
    let found = of.iter().filter_map(|it| Some((it.clone(), known.place(it)?)));
    Ok(found.collect())
}

/// Where records lie, as they themselves say, in their order.
pub async fn stated(
    tx: &mut dyn ReadTx,
    county: &str,
    as_of: AsOf,
    records: &[&Record],
) -> Result<Vec<Placed>, AppError> {
    let mut known = Known::default();
    for record in records {
        known.learn(record);
    }
    known.read(tx, county, as_of, records.iter().map(|it| it.reference())).await?;
    let mut placed = Vec::with_capacity(records.len());
    for record in records {
        // Two versions of one record in a message: each by what it says itself.
        known.learn(record);
        known.read(tx, county, as_of, [record.reference()]).await?;
        let itself = || Placed { kind: record.kind, nodes: BTreeSet::from([record.reference()]) };
        placed.push(known.place(&record.reference()).unwrap_or_else(itself));
    }
    Ok(placed)
}
