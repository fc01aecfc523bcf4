//! What the registry says of compounds, their members, organisations and posts on a day.

use std::collections::BTreeMap;

use super::{Bounds, Building, Committee, Form, Formation, Known, Organisation, judge};
use crate::{
    app::{
        App, AppError,
        registry::{
            BranchForm, Detail, Formality, MemberStatus, Record, RecordKind, RecordRef, all,
        },
        timeline::{Held, joined, stays, timelines},
    },
    domain::time::Day,
    store::{AsOf, ReadTx},
};

/// How long a member has to have lived somewhere to have settled, in months (I1: 半年以上).
const SETTLED_MONTHS: u32 = 6;
/// Members read at once.
const PAGE: i64 = 1_000;

/// What is registered of a county's organisations and posts on a day, read once for many compounds.
#[derive(Debug)]
pub struct Registered {
    pub(super) as_of: AsOf,
    branches: Vec<Record>,
    pub(super) posts: BTreeMap<RecordRef, Vec<Record>>,
    buildings: BTreeMap<String, Vec<Record>>,
}

/// A member of a compound, as far as it counts.
pub(in crate::app) struct Resident {
    /// Its id.
    pub(in crate::app) id: String,
    /// What is registered of it over time.
    pub(in crate::app) held: Vec<Held>,
    /// Whether it is in service on the day.
    pub(in crate::app) in_service: bool,
    building: Option<String>,
    directly_managed: bool,
    formality: Option<Formality>,
    settled: bool,
}

/// What is registered of a county's organisations, posts and buildings on a day.
pub(in crate::app) async fn registered(
    tx: &mut dyn ReadTx,
    county: &str,
    as_of: AsOf,
) -> Result<Registered, AppError> {
    let mut posts: BTreeMap<RecordRef, Vec<Record>> = BTreeMap::new();
    for post in all(tx, county, RecordKind::Post, as_of).await? {
        if let Detail::Post { unit, .. } = &post.detail {
            posts.entry(unit.clone()).or_default().push(post);
        }
    }
    let mut buildings: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for building in all(tx, county, RecordKind::Building, as_of).await? {
        if let Some(compound) = &building.parent {
            buildings.entry(compound.id.clone()).or_default().push(building);
        }
    }
    let branches = all(tx, county, RecordKind::Branch, as_of).await?;
    Ok(Registered { as_of, branches, posts, buildings })
}

/// A compound's organisations against rules I1 to I3, and who lives there.
pub(in crate::app) async fn formation_of(
    tx: &mut dyn ReadTx,
    county: &str,
    compound: &Record,
    registered: &Registered,
) -> Result<(Formation, Vec<Resident>), AppError> {
    let as_of = registered.as_of;
    let residents = residents(tx, county, &compound.id, as_of).await?;
    let known = registered.known(compound, &residents);
    let findings = judge(&known);
    Ok((Formation { day: as_of.day, known, findings }, residents))
}

impl App {
    /// Reads what is registered of a county's organisations, posts and buildings.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn registered_organisations(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        as_of: AsOf,
    ) -> Result<Registered, AppError> {
        registered(tx, county, as_of).await
    }

    /// A compound's organisations on a day, against rules I1 to I3.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn formation(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        compound: &Record,
        registered: &Registered,
    ) -> Result<Formation, AppError> {
        Ok(formation_of(tx, county, compound, registered).await?.0)
    }
}

impl Registered {
    /// The day, and the moment as known at which.
    pub const fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// Takes a post as if it were registered, in the place of another in its unit if one is named.
    /// Answers whether that other was there.
    pub(in crate::app) fn suppose(&mut self, post: Record, replaces: Option<&str>) -> bool {
        let Some(unit) = post.parent.clone() else { return false };
        let posts = self.posts.entry(unit).or_default();
        let before = posts.len();
        posts.retain(|it| Some(it.id.as_str()) != replaces);
        let replaced = posts.len() < before;
        posts.push(post);
        replaced
    }

    /// The posts that a person holds, by id.
    pub fn held_by(&self, person: &str) -> Vec<Record> {
        let all = self.posts.values().flatten();
        let mut held: Vec<Record> = all.filter(|it| it.person() == Some(person)).cloned().collect();
        held.sort_by(|a, b| a.id.cmp(&b.id));
        held
    }

    fn known(&self, compound: &Record, residents: &[Resident]) -> Known {
        let community = compound.parent.as_ref().map(|it| it.id.clone());
        let of =
            |counts: &dyn Fn(&Resident) -> bool| bounds(residents.iter().filter(|it| counts(it)));
        let buildings = self.buildings.get(&compound.id).into_iter().flatten();
        Known {
            compound: compound.id.clone(),
            community_form: community.as_deref().and_then(|it| self.form_of(it)),
            community,
            residents: residents.len(),
            formal: of(&|_| true),
            settled: of(&|it| it.settled),
            directly_managed: residents.iter().filter(|it| it.directly_managed).count(),
            organisations: self.serving(&compound.id),
            committee: self.committee(&compound.reference()),
            buildings: buildings.map(|it| self.building(it, residents)).collect(),
        }
    }

    /// The highest form of a community's own organisations.
    fn form_of(&self, community: &str) -> Option<BranchForm> {
        let rank = |form: &BranchForm| match form {
            BranchForm::PartyCommittee => 3,
            BranchForm::GeneralBranch => 2,
            BranchForm::CompoundBranch => 1,
            // A joint branch is of compounds, wherever it is anchored.
            BranchForm::JointBranch | BranchForm::PartyGroup | BranchForm::UnitBranch => 0,
        };
        let own = self.branches.iter().filter_map(|it| match &it.detail {
            Detail::Branch { anchor, form, .. } => {
                let here = anchor.kind == RecordKind::Community && anchor.id == community;
                (here && rank(form) > 0).then_some(*form)
            }
            Detail::OrgUnit { .. }
            | Detail::Member { .. }
            | Detail::Post { .. }
            | Detail::Company {}
            | Detail::Project { .. } => None,
        });
        own.max_by_key(rank)
    }

    /// What serves a compound: what lies in it, and the joint branches that join it.
    fn serving(&self, compound: &str) -> Vec<Organisation> {
        let serves = |it: &Record| {
            let Detail::Branch { anchor, form, joins } = &it.detail else { return None };
            let here = anchor.kind == RecordKind::Compound && anchor.id == compound;
            let form = match form {
                BranchForm::CompoundBranch if here => Form::Own,
                BranchForm::JointBranch if here || joins.iter().any(|it| it == compound) => {
                    Form::Joint
                }
                BranchForm::PartyGroup if here => Form::Group,
                BranchForm::CompoundBranch
                | BranchForm::JointBranch
                | BranchForm::PartyGroup
                | BranchForm::UnitBranch
                | BranchForm::GeneralBranch
                | BranchForm::PartyCommittee => return None,
            };
            Some(Organisation { id: it.id.clone(), anchor: anchor.clone(), form })
        };
        self.branches.iter().filter_map(serves).collect()
    }

    /// Who holds the posts of a committee in a unit.
    fn committee(&self, unit: &RecordRef) -> Committee {
        let mut committee = Committee::default();
        for post in self.posts.get(unit).into_iter().flatten() {
            let Detail::Post { person, title, .. } = &post.detail else { continue };
            match title.as_str() {
                "branch_secretary" => committee.secretaries.insert(person.clone()),
                "deputy_secretary" => committee.deputies.insert(person.clone()),
                "committee_member" => true,
                _ => continue,
            };
            committee.members.insert(person.clone());
        }
        committee
    }

    fn building(&self, building: &Record, residents: &[Resident]) -> Building {
        let lives = |it: &&Resident| it.building.as_deref() == Some(building.id.as_str());
        let own = bounds(residents.iter().filter(lives));
        let unsaid = bounds(residents.iter().filter(|it| it.building.is_none()));
        let groups = self.branches.iter().filter(|it| match &it.detail {
            Detail::Branch { anchor, form, .. } => {
                *form == BranchForm::PartyGroup && *anchor == building.reference()
            }
            Detail::OrgUnit { .. }
            | Detail::Member { .. }
            | Detail::Post { .. }
            | Detail::Company {}
            | Detail::Project { .. } => false,
        });
        let posts = self.posts.get(&building.reference()).into_iter().flatten();
        let head = |it: &&Record| matches!(&it.detail, Detail::Post { title, .. } if title == "building_head");
        Building {
            id: building.id.clone(),
            formal: Bounds { least: own.least, most: own.most.saturating_add(unsaid.most) },
            groups: groups.map(|it| it.id.clone()).collect(),
            heads: posts.filter(head).count(),
        }
    }
}

/// How many of them are formal.
fn bounds<'r>(residents: impl Iterator<Item = &'r Resident>) -> Bounds {
    residents.fold(Bounds::default(), |so_far, it| match it.formality {
        Some(Formality::Formal) => {
            Bounds { least: so_far.least.saturating_add(1), most: so_far.most.saturating_add(1) }
        }
        None => Bounds { most: so_far.most.saturating_add(1), ..so_far },
        Some(Formality::Probationary) => so_far,
    })
}

/// The members who live in a compound on a day.
async fn residents(
    tx: &mut dyn ReadTx,
    county: &str,
    compound: &str,
    as_of: AsOf,
) -> Result<Vec<Resident>, AppError> {
    let (member, parent) = (RecordKind::Member.word(), (RecordKind::Compound.word(), compound));
    let mut residents = Vec::new();
    let mut after = String::new();
    loop {
        let page = tx.registry_children(county, member, parent, as_of, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(residents) };
        after.clone_from(&last.version.id);
        let ids: Vec<String> = page.iter().map(|it| it.version.id.clone()).collect();
        let mut held = timelines(tx, county, member, &ids, as_of.known).await?;
        for stored in &page {
            let record = Record::from_version(&stored.version)?;
            let Detail::Member { building, directly_managed, formality, status, .. } =
                record.detail
            else {
                continue;
            };
            let held = held.remove(&record.id).unwrap_or_default();
            let stays = joined(stays(&held), |it| &mut it.days, |a, b| a.place == b.place);
            let here = stays.iter().find(|it| it.place == compound && it.days.contains(as_of.day));
            let settled = here.is_some_and(|it| has_settled(it.days.from, as_of.day));
            residents.push(Resident {
                id: record.id,
                held,
                in_service: status == MemberStatus::InService,
                building,
                directly_managed,
                formality,
                settled,
            });
        }
    }
}

/// Whether half a year is over on a day: from the same day six months after the first one on, or
/// that month's last.
fn has_settled(since: Day, day: Day) -> bool {
    since.plus_months(SETTLED_MONTHS).is_some_and(|it| it <= day)
}
