//! Who is evaluated, and where they belong: the registry as the engine's subjects, groups and
//! attributes, on the last day of the period, as known at a moment.

mod posts;

use std::collections::BTreeMap;

pub(crate) use posts::{PostTrees, Posts, load_posts};

use super::{
    AppError,
    registry::{Detail, Record},
};
use crate::{
    domain::{
        exact::Decimal,
        facts::Facts,
        scheme::{Appraised, Scheme, SubjectKind},
        time::{Moment, Period},
    },
    store::{AsOf, ReadTx},
};

/// How many records are read at once.
const PAGE: i64 = 1_000;

/// The kinds of units above a subject, from the county down.
const UNITS: [&str; 5] = ["county", "street", "community", "compound", "building"];

/// One subject as the registry has it.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// Its facts, with groups and attributes, and nothing else yet.
    pub(crate) facts: Facts,
    /// The unit or company that it stands for, seen from the results below it.
    pub(crate) anchor: (String, String),
    /// What it weighs among others, such as households.
    pub(crate) weight: Option<i64>,
    /// Its floor area, in square metres.
    pub(crate) floor_area: Option<Decimal>,
    /// The person it is, or who holds it; empty for none.
    pub(crate) person: String,
    /// The branch of its unit; empty for none.
    pub(crate) branch: String,
}

/// The organisation's units of a county: who is above whom.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    parents: BTreeMap<(String, String), (String, String)>,
    /// By compound.
    households: BTreeMap<String, i64>,
    /// By compound, in square metres.
    floor_areas: BTreeMap<String, Decimal>,
    /// The branch of a unit, by kind and id; of several, the first by id.
    branches: BTreeMap<(String, String), String>,
    /// The status of members who hold posts.
    members: BTreeMap<String, String>,
}

impl Tree {
    /// Reads all units, and, for posts, the status of every member who holds one.
    pub(crate) async fn read(
        tx: &mut dyn ReadTx,
        county: &str,
        as_of: AsOf,
    ) -> Result<Self, AppError> {
        let mut tree = Self::default();
        for kind in UNITS {
            for record in all(tx, county, kind, as_of).await? {
                if let (Detail::OrgUnit { households: Some(households), .. }, "compound") =
                    (&record.detail, kind)
                {
                    tree.households.insert(record.id.clone(), *households);
                }
                if let (Detail::OrgUnit { floor_area, .. }, "compound") = (&record.detail, kind)
                    && let Some(area) = area(floor_area.as_ref())
                {
                    tree.floor_areas.insert(record.id.clone(), area);
                }
                if let Some(parent) = record.parent {
                    let parent = (parent.kind.word().to_owned(), parent.id);
                    tree.parents.insert((kind.to_owned(), record.id), parent);
                }
            }
        }
        for record in all(tx, county, "branch", as_of).await? {
            if let Some(parent) = record.parent {
                let unit = (parent.kind.word().to_owned(), parent.id);
                tree.branches.entry(unit).or_insert(record.id);
            }
        }
        Ok(tree)
    }

    /// The unit and everything above it, by kind.
    fn groups(&self, kind: &str, id: &str) -> BTreeMap<String, String> {
        let mut groups = BTreeMap::new();
        let mut at = Some((kind.to_owned(), id.to_owned()));
        while let Some((kind, id)) = at {
            at = self.parents.get(&(kind.clone(), id.clone())).cloned();
            if groups.insert(kind, id).is_some() {
                break;
            }
        }
        groups
    }
}

/// All records of a kind.
async fn all(
    tx: &mut dyn ReadTx,
    county: &str,
    kind: &str,
    as_of: AsOf,
) -> Result<Vec<Record>, AppError> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let after = records.last().map(|it| it.id.clone()).unwrap_or_default();
        let page = tx.registry_page(county, kind, as_of, &after, PAGE).await?;
        let full = i64::try_from(page.len()).is_ok_and(|it| it >= PAGE);
        for stored in page {
            records.push(Record::from_version(&stored.version)?);
        }
        if !full {
            return Ok(records);
        }
    }
}

/// The ids of everybody that a run of the scheme over a period takes, ascending, as known at a
/// moment: those registered on the period's last day, or the posts that were held longest (S1).
pub(crate) async fn subjects(
    tx: &mut dyn ReadTx,
    county: &str,
    scheme: &Scheme,
    period: Period,
    known: Moment,
) -> Result<Vec<String>, AppError> {
    if scheme.appraised == Some(Appraised::Longest) {
        return Ok(Posts::read(tx, county, scheme, period, known).await?.subjects());
    }
    let as_of = AsOf { day: period.last_day(), known };
    let mut ids = Vec::new();
    for record in all(tx, county, scheme.subject.name(), as_of).await? {
        if scheme.roster.as_ref().is_none_or(|it| it.takes(&record.predicates())) {
            ids.push(record.id);
        }
    }
    Ok(ids)
}

/// Everybody that a run of the scheme over a period takes, by id, with groups and attributes.
pub(crate) async fn all_subjects(
    tx: &mut dyn ReadTx,
    county: &str,
    scheme: &Scheme,
    period: Period,
    known: Moment,
) -> Result<Vec<Subject>, AppError> {
    let as_of = AsOf { day: period.last_day(), known };
    let mut tree = Tree::read(tx, county, as_of).await?;
    let ids = subjects(tx, county, scheme, period, known).await?;
    let posts = match scheme.appraised {
        Some(_) => Some(Posts::read(tx, county, scheme, period, known).await?),
        None => None,
    };
    let (mut all, mut earlier) = (Vec::with_capacity(ids.len()), PostTrees::new());
    for part in ids.chunks(1_000) {
        all.extend(match &posts {
            Some(posts) => {
                let trees = (&mut tree, &mut earlier);
                load_posts(tx, county, part, posts, trees, as_of).await?
            }
            None => load(tx, county, scheme.subject, part, &mut tree, as_of).await?,
        });
    }
    Ok(all)
}

/// The given subjects with their groups and attributes, in the order of the ids.
pub(crate) async fn load(
    tx: &mut dyn ReadTx,
    county: &str,
    kind: SubjectKind,
    ids: &[String],
    tree: &mut Tree,
    as_of: AsOf,
) -> Result<Vec<Subject>, AppError> {
    let stored = tx.registered(county, kind.name(), ids, as_of).await?;
    let records: Result<Vec<Record>, _> =
        stored.iter().map(|it| Record::from_version(&it.version)).collect();
    let records = records?;
    if kind == SubjectKind::Post {
        holders(tx, county, &records, tree, as_of).await?;
    }
    Ok(records.into_iter().map(|it| subject(it, kind, county, tree)).collect())
}

/// Reads the status of those who hold these posts.
async fn holders(
    tx: &mut dyn ReadTx,
    county: &str,
    posts: &[Record],
    tree: &mut Tree,
    as_of: AsOf,
) -> Result<(), AppError> {
    let mut persons = Vec::new();
    for post in posts {
        if let Detail::Post { person, .. } = &post.detail {
            persons.push(person.clone());
        }
    }
    persons.sort_unstable();
    persons.dedup();
    for chunk in persons.chunks(1_000) {
        for member in tx.registered(county, "member", chunk, as_of).await? {
            let member = Record::from_version(&member.version)?;
            if let Detail::Member { status, .. } = member.detail {
                tree.members.insert(member.id, status.word().to_owned());
            }
        }
    }
    Ok(())
}

fn subject(record: Record, kind: SubjectKind, county: &str, tree: &Tree) -> Subject {
    let mut attributes = record.predicates();
    let id = record.id;
    let mut anchor = (kind.name().to_owned(), id.clone());
    let (mut weight, mut floor_area) = (None, None);
    let mut person = String::new();
    let mut groups = match record.detail {
        Detail::Member { unit_branch, compound, .. } => {
            person.clone_from(&id);
            let mut groups = compound.map(|it| tree.groups("compound", &it)).unwrap_or_default();
            groups.extend(unit_branch.map(|it| ("unit_branch".to_owned(), it)));
            groups
        }
        Detail::Project { company, compound, class, households, floor_area: own } => {
            floor_area = area(own.as_ref()).or_else(|| tree.floor_areas.get(&compound).copied());
            let mut groups = tree.groups("compound", &compound);
            groups.insert("company".to_owned(), company);
            groups.extend(class.map(|it| ("class".to_owned(), it)));
            weight = households.or_else(|| tree.households.get(&compound).copied());
            groups
        }
        Detail::Post { person: holder, unit, .. } => {
            if let (false, Some(status)) =
                (attributes.contains_key("status"), tree.members.get(&holder))
            {
                attributes.insert("status".to_owned(), status.clone());
            }
            person = holder;
            let groups = tree.groups(unit.kind.word(), &unit.id);
            anchor = (unit.kind.word().to_owned(), unit.id);
            groups
        }
        Detail::OrgUnit { households, floor_area: own, .. } => {
            weight = households;
            floor_area = area(own.as_ref());
            tree.groups(kind.name(), &id)
        }
        Detail::Branch { .. } | Detail::Company {} => BTreeMap::new(),
    };
    groups.entry("county".to_owned()).or_insert_with(|| county.to_owned());
    let facts = Facts { subject: id, groups, attributes, ..Facts::default() };
    let branch = tree.branches.get(&anchor).cloned().unwrap_or_default();
    Subject { facts, anchor, weight, floor_area, person, branch }
}

/// An area as the registry keeps it.
fn area(text: Option<&String>) -> Option<Decimal> {
    text.and_then(|it| Decimal::parse(it).ok())
}
